/**
 * Sums of products in the planner: which of them are products of matrices, where each operand is needed again for every row or
 * column of the other one. Targets pack such operands, so whatever computes them costs as if they were in memory.
 */
import type { DType } from '../dsl/dtype.ts';
import type { Fn, Value } from '../dsl/kernel/ir.ts';
import { valuesOf } from '../dsl/kernel/walk.ts';
import type { Canonical } from './canonical.ts';
import type { Launch } from './kernel.ts';
import { resolveAxes, type Path } from './path.ts';
import type { Edge, Node } from './simplify.ts';

/** Whether both operands of a contraction walk an axis of the result on which the other one stands still. */
export function multipliesMatrices(node: Node, canonical: Canonical): boolean {
  if (node.kind !== 'reduce' || node.expr.kind !== 'contract') return false;
  const domain = canonical.shapes[node.srcShapes[0]];
  const [left, right] = node.src.map((edge) => axesWalked(edge, canonical, domain.length));
  const { axes } = node.expr;
  const kept = domain.map((_, k) => k).filter((k) => domain[k] !== 1 && !axes.includes(k));
  return kept.some((k) => left.has(k) && !right.has(k)) && kept.some((k) => right.has(k) && !left.has(k));
}

/** The axes of the domain along which what is at the end of an edge may change. */
function axesWalked({ to, path }: Edge, canonical: Canonical, rank: number): Set<number> {
  if (to.kind === 'fill') return new Set();
  // Behind a reshape only positions count, which all axes before it move.
  const cut = path.findIndex((s) => s.kind === 'reshape' && !s.ones);
  const affine: Path = cut < 0 ? path : path.slice(0, cut);
  return new Set(resolveAxes(affine, canonical, rank).map((m) => m.from).filter((k) => k >= 0));
}

/** A launch of schedule `contract` as a product of matrices, by axes of its domain. */
export interface Product {
  readonly dtype: DType;
  readonly left: Factor;
  readonly right: Factor;
  /** The body has them the other way round. */
  readonly swapped: boolean;
  /** Further axes of the result. */
  readonly outer: readonly number[];
  /** The axes that are summed over. */
  readonly depth: readonly number[];
}

/** The operand that walks the rows of the result, or the one that walks its columns. */
export interface Factor {
  /** In the body. */
  readonly value: Value;
  /** The rows, or the columns. */
  readonly axis: number;
  /** All axes along which it may change. */
  readonly walks: ReadonlySet<number>;
  /** Neighbours along the last axis of the depth are neighbours in memory, and not those along `axis`. */
  readonly deep: boolean;
}

/** `body` stands for the kernel's own. Undefined where there is no such product, and nothing to multiply. */
export function productOf(launch: Launch, body: Fn = launch.kernel.body): Product | undefined {
  const { kernel, domain } = launch;
  if (kernel.schedule !== 'contract' || domain.includes(0)) return undefined;
  const { axes: depth, terms } = kernel.reduction!;
  const product = body.results[terms[0].value];
  if (terms.length > 1 || kernel.outputs.some((o) => o.from !== 'epilogue')) return undefined;
  if (product.kind !== 'op' || product.op !== 'mul') return undefined;
  const [a, b] = product.args.map((v) => axesOf(v, launch));
  if (!a || !b) return undefined;
  const kept = domain.map((_, k) => k).filter((k) => !depth.includes(k));
  const columns = kept.findLast((k) => a.has(k) !== b.has(k));
  if (columns === undefined) return undefined;
  const swapped = !b.has(columns);
  const [l, r] = swapped ? [b, a] : [a, b];
  const rows = kept.findLast((k) => l.has(k) && !r.has(k));
  if (rows === undefined) return undefined;
  const [left, right] = swapped ? [...product.args].reverse() : product.args;
  const factor = (value: Value, axis: number, walks: ReadonlySet<number>): Factor =>
    ({ value, axis, walks, deep: isDeep(value, launch, axis, depth.at(-1)!) });
  return {
    dtype: product.dtype, swapped, depth, outer: kept.filter((k) => k !== rows && k !== columns),
    left: factor(left, rows, l), right: factor(right, columns, r),
  };
}

/** The axes of the domain along which a value may change; undefined when it is read elsewhere than at its own point. */
function axesOf(value: Value, { domain, inputs }: Launch): ReadonlySet<number> | undefined {
  const axes = new Set<number>();
  for (const v of valuesOf([value])) {
    if (('at' in v && v.at !== undefined) || v.kind === 'inside') return undefined;
    if (v.kind === 'coord' || v.kind === 'extent') axes.add(v.axis);
    if (v.kind === 'gather' && inputs[v.input].sizes!.includes(0)) return undefined;
    if (v.kind === 'read') inputs[v.input].strides.forEach((s, k) => { if (s !== 0 && domain[k] > 1) axes.add(k); });
  }
  return axes;
}

function isDeep(value: Value, { inputs }: Launch, axis: number, inner: number): boolean {
  const strides = valuesOf([value]).flatMap((v) => (v.kind === 'read' ? [inputs[v.input].strides] : []));
  return strides.some((s) => s[inner] === 1) && !strides.some((s) => s[axis] === 1);
}
