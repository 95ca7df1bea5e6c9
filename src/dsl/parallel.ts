/** Kernels over whole arrays with explicit parallel loops. */
import { ArgumentError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { argumentAt, checkRank, roleOf } from './bind.ts';
import { asDType, type DType } from './dtype.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { lowerParallel, subscripts, usageOf, type Combine, type KernelFunction, type KernelParam, type ParamUsage, type Program, type Step } from './kernel/index.ts';
import { interpret } from './kernel/interpret.ts';
import { pruned } from './kernel/prune.ts';
import type { Fn, Value } from './kernel/ir.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { fromKernel } from './plainly.ts';
import { reduceExpr } from './reduce.ts';
import type { ReducerName } from './reducers.ts';
import { asShape, showShape, type Shape } from './shape.ts';
import type { MutMat, MutTensor3, MutVec } from './kernel-types.ts';
import { broadcastView, reshapeView } from './views.ts';

export interface KernelFunctionOptions {
  /** Outer variables of the kernel. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /**
   * Of outputs that are not given in the call, by parameter: sizes, the name of the parameter whose shape they have, or a
   * function of the shapes of the inputs. Default: the shape of the first input with as many axes.
   */
  readonly shapes?: Readonly<Record<string, string | readonly number[] | ((...shapes: Shape[]) => readonly number[])>>;
  /** Of outputs that are not given in the call, by parameter. Default: that of the first array. */
  readonly dtypes?: Readonly<Record<string, DType>>;
}

const kernelOptions: OptionNames<KernelFunctionOptions> = { constants: true, shapes: true, dtypes: true };

type Output = MutVec | MutMat | MutTensor3;
type OutputOf<A> = A extends Output ? (Output extends A ? [] : [WeftArray]) : [];
type Outputs<P extends readonly unknown[]> =
  P extends readonly [infer A, ...infer Rest] ? [...OutputOf<A>, ...Outputs<Rest>] : [];
type Returned<R> = R extends void ? [] : R extends readonly unknown[] ? { -readonly [K in keyof R]: WeftArray } : [WeftArray];
type All<P extends readonly unknown[], R> = [...Outputs<P>, ...Returned<R>];

/** What a call gives: one array, or a list of the outputs and then of what the kernel returns. */
export type KernelResult<P extends readonly unknown[], R> = All<P, R> extends [infer One] ? One : All<P, R>;

/**
 * Makes an array function from a kernel over whole arrays. Its outermost loops over `prange` run in parallel, on all threads and
 * lanes or on the GPU: their turns may come in any order, so a turn must not read what another one stores. Parameters whose
 * elements are assigned are outputs. Variables from outside a parallel loop can be reduced into: `s += x`, `s -= x`,
 * `s *= x`, `s = Math.min(s, x)`, `s = Math.max(s, x)`, elements of small local arrays too; the result has the same bits for
 * any number of threads.
 *
 * Arrays are values: a call changes nothing, it gives new arrays. An output may be given in the call, and is then what the
 * result starts from; otherwise it starts with zeros. Elements outside an array are not stored, and read as those at its edge.
 *
 * @param kernel e.g. (x: wf.Mat, out: wf.MutMat) => { for (const i of wf.prange(x.shape[0])) ... }; may return numbers
 * @returns a function of the inputs, or of all parameters; gives the outputs in order, then what the kernel returns
 * @throws KernelError when the kernel leaves the language; ShapeError, ArgumentError when arrays do not fit it
 * @example
 * const normalize = wf.kernel((x: wf.Mat, out: wf.MutMat) => {
 *   for (const i of wf.prange(x.shape[0])) {
 *     let sum = 0;
 *     for (let j = 0; j < x.shape[1]; j++) sum += x[i][j] ** 2;
 *     const norm = Math.sqrt(sum);
 *     for (let j = 0; j < x.shape[1]; j++) out[i][j] = x[i][j] / norm;
 *   }
 * });
 * await normalize([[3, 4], [0, 2]]).array(); // [[0.6, 0.8], [0, 1]]
 *
 * const range = wf.kernel((x: wf.Vec) => {
 *   let [lo, hi] = [Infinity, -Infinity];
 *   for (const i of wf.prange(x.length)) {
 *     lo = Math.min(lo, x[i]);
 *     hi = Math.max(hi, x[i]);
 *   }
 *   return [lo, hi];
 * });
 * const [lo, hi] = range([3, 1, 2]);
 * await hi.sub(lo).item(); // 2
 */
export function kernel<P extends readonly unknown[], const R>(
  kernel: (...args: P) => R, options: KernelFunctionOptions = {},
): (...args: ArrayInput[]) => KernelResult<P, R> {
  if (typeof kernel !== 'function') throw new ArgumentError(`kernel: the kernel must be a function, got ${typeof kernel}`);
  checkOptions('kernel', options, kernelOptions);
  const f = kernel as unknown as KernelFunction;
  const usage = usageOf(f, 'kernel', options.constants);
  for (const u of usage) {
    if (u.indices !== undefined) throw new ArgumentError(`kernel: ${u.name} is called like an array with neighbours; index it: ${u.name}${subscripts(u.indices)}`);
  }
  const inputs = usage.filter((u) => !u.written);
  const outputs = usage.filter((u) => u.written);
  checkNames('shapes', options.shapes, outputs);
  checkNames('dtypes', options.dtypes, outputs);
  const positions = (list: readonly ParamUsage[]): number => new Set(list.map((u) => u.path[0])).size;

  const call = (...args: readonly unknown[]): WeftArray | WeftArray[] => {
    const all = positions(usage), some = positions(inputs);
    if (args.length !== all && args.length !== some) {
      const names = (list: readonly ParamUsage[]) => list.map((u) => u.name).join(', ');
      throw new ArgumentError(`kernel: takes ${some} inputs (${names(inputs)})${all > some ? `, or all ${all} parameters (${names(usage)})` : ''}, got ${args.length}`);
    }
    const given = args.length === all && all > some;
    const order = [...new Set(inputs.map((u) => u.path[0]))];
    const at = (u: ParamUsage): ArrayInput => argumentAt(args, given ? u : { ...u, path: [order.indexOf(u.path[0]), ...u.path.slice(1)] }, 'kernel');
    const sources = inputs.map((u) => inputNode(u, at(u)));
    const initial = outputs.map((u) => (given ? outputNode(u, at(u)) : freshOutput(u, inputs, sources, options)));
    return run(f, usage, options, sources, initial);
  };
  return call as unknown as (...args: ArrayInput[]) => KernelResult<P, R>;
}

function checkNames(option: string, given: object | undefined, outputs: readonly ParamUsage[]): void {
  const wrong = Object.keys(given ?? {}).find((name) => !outputs.some((u) => u.name === name));
  if (wrong === undefined) return;
  const known = outputs.length > 0 ? `the parameters that are stored to are ${outputs.map((u) => u.name).join(', ')}` : 'the kernel stores to no parameter';
  throw new ArgumentError(`kernel: ${option} names '${wrong}', ${known}; where a minifier renames parameters, give the outputs in the call`);
}

function inputNode(u: ParamUsage, a: ArrayInput): Expr {
  if (roleOf(u) === 'scalar') {
    if (typeof a === 'boolean') return fillExpr(a, 'bool');
    if (typeof a === 'number') return fillExpr(a, Number.isInteger(a) && Math.abs(a) < 2 ** 31 ? 'int32' : 'float32');
    const node = arrayNode(a, `kernel: ${u.name}`);
    if (node.shape.length > 0) throw new ShapeError(`kernel: ${u.name} is used as a number in the kernel, but an array of shape ${showShape(node.shape)} was given; index it`);
    return node;
  }
  const node = arrayNode(a, `kernel: ${u.name}`);
  checkRank('kernel', u, node);
  return node;
}

function outputNode(u: ParamUsage, a: ArrayInput): Expr {
  const node = arrayNode(a, `kernel: ${u.name}`);
  checkRank('kernel', u, node);
  return node;
}

/** Zeros of the shape that was asked for, or that is the likely one. */
function freshOutput(
  u: ParamUsage, inputs: readonly ParamUsage[], sources: readonly Expr[], { shapes, dtypes }: KernelFunctionOptions,
): Expr {
  const rule = shapes?.[u.name];
  const arrays = sources.filter((s) => s.shape.length > 0);
  const dtype = dtypes?.[u.name] === undefined ? arrays[0]?.dtype ?? 'float32' : asDType(dtypes[u.name], `kernel: dtypes.${u.name}`);
  const unknown = (): never => {
    throw new ShapeError(`kernel: the shape of the output ${u.name} is not known: no input has ${u.indexed} axes; pass it in the call, or give shapes: { ${u.name}: [...] }`);
  };
  const shapeNamed = (name: string): Shape => {
    const k = inputs.findIndex((i) => i.name === name);
    if (k < 0) throw new ArgumentError(`kernel: shapes.${u.name} names '${name}', the inputs are ${inputs.map((i) => i.name).join(', ')}`);
    return sources[k].shape;
  };
  const shape = typeof rule === 'string' ? shapeNamed(rule)
    : typeof rule === 'function' ? asShape(rule(...sources.map((s) => s.shape)), `kernel: shapes.${u.name}`)
      : rule ? asShape(rule, `kernel: shapes.${u.name}`)
        : arrays.find((s) => s.shape.length === u.indexed)?.shape ?? unknown();
  const node = fillExpr(0, dtype, shape);
  checkRank('kernel', u, node);
  return node;
}

const reducers: Readonly<Record<Combine, ReducerName>> = { add: 'sum', mul: 'prod', min: 'min', max: 'max' };

function run(
  f: KernelFunction, usage: readonly ParamUsage[], options: KernelFunctionOptions,
  sources: readonly Expr[], initial: readonly Expr[],
): WeftArray | WeftArray[] {
  let [input, output] = [0, 0];
  const params = usage.map((u): KernelParam => {
    if (u.written) {
      const node = initial[output++];
      return { kind: 'output', dtype: node.dtype, rank: node.shape.length };
    }
    const node = sources[input++];
    return roleOf(u) === 'scalar' ? { kind: 'scalar', dtype: node.dtype } : { kind: 'whole', dtype: node.dtype, rank: node.shape.length };
  });
  const shapes = { input: sources.map((s) => s.shape), output: initial.map((s) => s.shape) };
  const program = lowerParallel(f, params, { rank: 0, constants: options.constants, label: 'kernel' }, {
    shapes, numberOf: (v) => numberOf(v, sources, shapes),
  });
  const results = new Run(program, sources, initial).all();
  if (results.length === 0) throw new ArgumentError('kernel: the kernel neither stores into a parameter nor returns anything');
  let [read, stored] = [0, 0];
  const all = usage.map((u) => (u.written ? initial[stored++] : sources[read++]));
  const arrays = results.map((e, result) => wrap(fromKernel(e, { kind: 'whole', f, usage, sources: all, result })));
  return arrays.length === 1 ? arrays[0] : arrays;
}

interface Shapes {
  readonly input: readonly Shape[];
  readonly output: readonly Shape[];
}

/** The number of a value that is made of sizes and numbers. */
function numberOf(v: Value, sources: readonly Expr[], shapes: Shapes): number | undefined {
  try {
    return interpret({ results: [v], effects: [] }, {
      leaf: (l) => {
        if (l.kind === 'size') return shapes[l.of][l.array][l.axis];
        const node = l.kind === 'read' ? sources[l.input] : undefined;
        if (node?.kind === 'fill') return node.value;
        throw notKnown;
      },
      gather: () => { throw notKnown; },
    })[0];
  } catch (error) {
    if (error === notKnown) return undefined;
    throw error;
  }
}
const notKnown = new Error('a value that only a run can tell');

/** Makes the nodes of a program, step by step. */
class Run {
  private readonly inputs: Expr[];
  private readonly outputs: Expr[];

  constructor(private readonly program: Program, sources: readonly Expr[], initial: readonly Expr[]) {
    this.inputs = [...sources];
    this.outputs = [...initial];
  }

  all(): Expr[] {
    const { program } = this;
    let extra = 0;
    /** Inputs that stand for outputs as they are before the next step. */
    const current = (step: number): void => {
      for (; extra < program.extra.length; extra++) {
        const e = program.extra[extra];
        if (e.kind !== 'output' || e.before > step) return;
        this.inputs.push(this.outputs[e.output]);
      }
    };
    program.steps.forEach((step, k) => {
      current(k);
      this.step(step);
      if ('inputs' in step) extra += step.inputs.length;
    });
    const fn = this.fn([], program.results, undefined);
    return [...this.outputs, ...program.results.map((r, result) =>
      makeExpr({ kind: 'map', fn: fn.fn, result, shape: [], dtype: r.dtype, src: fn.src }))];
  }

  private step(step: Step): void {
    const { domain } = step;
    switch (step.kind) {
      case 'map': {
        const { fn, src } = this.fn(domain, step.values, undefined);
        step.outputs.forEach((o, result) => {
          this.outputs[o] = makeExpr({ kind: 'map', fn, result, shape: domain, dtype: step.values[result].dtype, src });
        });
        return;
      }
      case 'reduce': {
        const { fn, src } = this.fn(domain, step.values, undefined);
        step.values.forEach((v, result) => this.reduce(makeExpr({ kind: 'map', fn, result, shape: domain, dtype: v.dtype, src }), step.combine[result]));
        return;
      }
      case 'nest': return this.nest(step);
      default: step satisfies never;
    }
  }

  private nest(step: Step & { kind: 'nest' }): void {
    const { domain, effects, values, combine } = step;
    const { builder } = this.program;
    const at = domain.map((_, axis) => builder.coord(axis));
    const first = this.outputs.length;
    const yes = builder.constant(1, 'bool');
    const all = [...effects, ...values.map((value, k) => ({ kind: 'store' as const, output: first + k, index: at, value, when: yes }))];
    const outputs = [...this.outputs, ...values.map((v) => fillExpr(0, v.dtype, domain))];
    const { fn, src, stored } = this.fn(domain, [], { effects: all, outputs });
    const made = stored.map((o, result): Expr => {
      const { dtype, shape } = outputs[o];
      return makeExpr({ kind: 'nest', fn, result, domain, shape, dtype, src: [...src, ...stored.map((s) => outputs[s])] });
    });
    stored.forEach((o, k) => { if (o < first) this.outputs[o] = made[k]; });
    values.forEach((_, k) => this.reduce(made[stored.indexOf(first + k)], combine[k]));
  }

  private reduce(contributions: Expr, combine: Combine): void {
    const empty = contributions.shape.includes(0);
    this.inputs.push(empty ? fillExpr(0, contributions.dtype) : reduceExpr(reducers[combine], contributions));
  }

  /** The function of a step over the inputs it uses, and these; `stored`: the outputs it uses. */
  private fn(
    domain: Shape, results: readonly Value[], storing: { readonly effects: Fn['effects']; readonly outputs: readonly Expr[] } | undefined,
  ): { readonly fn: Fn; readonly src: readonly Expr[]; readonly stored: readonly number[] } {
    const slots = (nodes: readonly Expr[], name: string) => nodes.map((n, k) => ({ name: `${name}${k}`, dtype: n.dtype, rank: n.shape.length }));
    const { fn, inputs, outputs } = pruned('kernel', domain.length, {
      results, effects: storing?.effects ?? [], inputs: slots(this.inputs, 'x'), outputs: slots(storing?.outputs ?? [], 'out'),
    });
    // A nest reads nothing at its own points: its numbers are arrays of one element.
    const src = inputs.map((k, slot) => (fn.inputs[slot].whole === undefined ? broadcastView(this.inputs[k], domain)
      : this.inputs[k].shape.length === 0 ? reshapeView(this.inputs[k], [1]) : this.inputs[k]));
    return { fn, src, stored: outputs };
  }
}

