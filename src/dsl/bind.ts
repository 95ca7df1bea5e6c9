/** From the arguments of a call to the inputs of a kernel. */
import { ArgumentError, ShapeError } from '../errors.ts';
import { arrayNode, type ArrayInput } from './array.ts';
import { promote, weak, type DType } from './dtype.ts';
import { fillExpr, type Expr } from './expr.ts';
import { count, subscripts, type KernelParam, type ParamUsage } from './kernel/index.ts';
import { broadcastShapes, showShape } from './shape.ts';
import { broadcastView } from './views.ts';

/** Inputs in the order of the kernel's parameters, and how the kernel reads them. */
export interface Bound {
  readonly inputs: readonly Expr[];
  readonly params: readonly KernelParam[];
}

/** What the kernel does with an argument. */
export const roleOf = (u: ParamUsage): 'array' | 'whole' | 'scalar' =>
  (u.indices !== undefined ? 'array' : u.indexed !== undefined ? 'whole' : 'scalar');

/** The argument at a path, through lists and objects. */
export function argumentAt(args: readonly unknown[], { path, name }: ParamUsage, label: string): ArrayInput {
  let at: unknown = args;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !(key in at)) throw new ArgumentError(`${label}: nothing is given for '${name}'`);
    at = (at as Record<number | string, unknown>)[key];
  }
  return at as ArrayInput;
}

export function checkArguments(label: string, args: readonly unknown[], usage: readonly ParamUsage[]): void {
  const wanted = new Set(usage.map((u) => u.path[0])).size;
  if (args.length !== wanted) {
    throw new ArgumentError(`${label}: the kernel takes ${count(wanted, 'argument', 'arguments')} (${usage.map((p) => p.name).join(', ')}), got ${args.length}`);
  }
}

/**
 * Of a kernel that runs over the points of its relative arrays: these broadcast to one shape; scalars take the dtype they
 * have beside them.
 */
export function bindArguments(label: string, args: readonly unknown[], usage: readonly ParamUsage[], rank: number): Bound {
  const nodes = usage.map((u) => {
    const a = argumentAt(args, u, label);
    const role = roleOf(u);
    if (role === 'scalar' && (typeof a === 'number' || typeof a === 'boolean')) return a;
    const node = arrayNode(a, `${label}: ${u.name}`);
    if (role === 'scalar' && node.shape.length > 0) throw new ShapeError(`${label}: ${u.name} is used as a scalar in the kernel, but an array of shape ${showShape(node.shape)} was given; read it as ${u.name}(${new Array(rank).fill('0').join(', ')})`);
    if (role === 'array' && node.shape.length !== rank) throw new ShapeError(`${label}: the kernel reads ${u.name} with ${rank} ${rank === 1 ? 'index' : 'indices'}, but the array has shape ${showShape(node.shape)} (rank ${node.shape.length})`);
    if (role === 'whole') checkRank(label, u, node);
    return node;
  });
  const arrays = nodes.filter((_, k) => roleOf(usage[k]) === 'array') as Expr[];
  const common = broadcastShapes(arrays.map((n) => n.shape), label);
  const dtype = arrays.map((n) => n.dtype).reduce(promote);
  const inputs = nodes.map((n, k): Expr => {
    if (typeof n !== 'object') return scalarFill(n, dtype);
    return roleOf(usage[k]) === 'array' ? broadcastView(n, common) : n;
  });
  return { inputs, params: inputs.map((n, k) => paramOf(usage[k], n)) };
}

/** The shape must have the axes that the kernel indexes. */
export function checkRank(label: string, { name, indexed = 0 }: ParamUsage, node: Expr, axes = node.shape.length): void {
  if (axes === 0) throw new ShapeError(`${label}: the kernel indexes ${name}, but a scalar was given`);
  if (indexed > axes) throw new ShapeError(`${label}: the kernel indexes ${name} along ${count(indexed, 'axis', 'axes')} (${name}${subscripts(indexed)}), the array has shape ${showShape(node.shape)}`);
}

/** How the kernel reads an input. */
export function paramOf(u: ParamUsage, { dtype, shape }: Expr): KernelParam {
  const kind = roleOf(u);
  return kind === 'whole' ? { kind, dtype, rank: shape.length } : { kind, dtype };
}

/** A number beside arrays of some dtype. */
export const scalarFill = (value: number | boolean, beside: DType): Expr =>
  fillExpr(value, typeof value === 'boolean' ? 'bool' : weak(value, beside));
