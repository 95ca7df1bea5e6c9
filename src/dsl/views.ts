/** The view methods as functions on nodes: they check their arguments and make `view` nodes, composing with a view below. */
import { ArgumentError, ShapeError } from '../errors.ts';
import { makeExpr, type Expr, type FillExpr } from './expr.ts';
import { asAxes, asAxis, asShape, sameShape, showShape, sizeOf, type Shape } from './shape.ts';
import { affine, axis, composeAxes, identityAxes, type AxisMap } from './view.ts';

/** Coordinates of `x` for each point of `shape`. */
export function viewExpr(x: Expr, axes: readonly AxisMap[], shape: Shape): Expr {
  if (x.kind === 'fill') return fillLike(x, shape);
  if (x.kind === 'view' && x.view.kind === 'affine') return viewExpr(x.src[0], composeAxes(x.view.axes, axes), shape);
  const same = sameShape(shape, x.shape) && axes.every((m, k) => m.from === k && m.scale === 1 && m.offset === 0);
  return same ? x : makeExpr({ kind: 'view', dtype: x.dtype, shape, src: [x], view: affine(axes) });
}

const fillLike = ({ dtype, value }: FillExpr, shape: Shape): Expr => makeExpr({ kind: 'fill', dtype, shape, src: [], value });

export function broadcastView(x: Expr, wanted: Shape): Expr {
  if (sameShape(x.shape, wanted)) return x;
  const shape = asShape(wanted, 'broadcastTo');
  const lead = shape.length - x.shape.length;
  if (lead < 0 || x.shape.some((s, k) => s !== 1 && s !== shape[k + lead])) {
    throw new ShapeError(`broadcastTo: ${showShape(x.shape)} does not broadcast to ${showShape(shape)}; sizes must be equal or 1, counted from the last axis`);
  }
  return viewExpr(x, x.shape.map((s, k) => (s === shape[k + lead] ? axis(k + lead) : axis(-1))), shape);
}

export function transposeView(x: Expr, axes?: readonly number[]): Expr {
  const rank = x.shape.length;
  if (axes !== undefined && !Array.isArray(axes)) throw new ArgumentError(`transpose: axes must be a list, e.g. transpose([1, 0]), got ${String(axes)}`);
  const order = axes ? axes.map((a) => asAxis(a, rank, 'transpose: axes')) : identityAxes(rank).map((_, k) => rank - 1 - k);
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new ShapeError(`transpose: axes ${showShape(axes ?? [])} must name each of the ${rank} axes once`);
  }
  const maps = new Array<AxisMap>(rank);
  order.forEach((from, k) => (maps[from] = axis(k)));
  return viewExpr(x, maps, order.map((a) => x.shape[a]));
}

/**
 * [start, stop, step] as in Python: missing or null means the end, negatives count from the back. One number picks an index
 * and drops the axis.
 */
export type SliceRange = number | null | undefined | readonly (number | null | undefined)[];

export function sliceView(x: Expr, ranges: readonly SliceRange[]): Expr {
  if (ranges.length > x.shape.length) {
    throw new ShapeError(`slice: ${ranges.length} ranges for an array of rank ${x.shape.length}`);
  }
  const shape: number[] = [];
  const axes = x.shape.map((n, k): AxisMap => {
    const r = ranges[k];
    if (typeof r === 'number') return axis(-1, 1, pickIndex(r, n, k));
    const { start, step, count } = resolveRange(r ?? [], n, k);
    shape.push(count);
    return axis(shape.length - 1, step, start);
  });
  return viewExpr(x, axes, shape);
}

function pickIndex(i: number, n: number, k: number): number {
  if (!Number.isInteger(i)) throw new ArgumentError(`slice: expected a whole number for axis ${k}, got ${i}`);
  if (i < -n || i >= n) throw new ShapeError(`slice: index ${i} is out of range for axis ${k} of size ${n}`);
  return i < 0 ? i + n : i;
}

interface Steps { readonly start: number; readonly step: number; readonly count: number }

/** Python's slice.indices, for axis `k` of size `n`. */
function resolveRange(range: readonly (number | null | undefined)[], n: number, k: number): Steps {
  const [a, b, s] = range;
  const step = s ?? 1;
  if (range.length > 3 || ![a ?? 0, b ?? 0, step].every(Number.isInteger) || step === 0) {
    throw new ArgumentError(`slice: axis ${k} expects [start, stop, step] of integers with a step other than 0, got ${JSON.stringify(range)}`);
  }
  const low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
  const clip = (v: number) => Math.min(high, Math.max(low, v < 0 ? v + n : v));
  const start = a == null ? (step > 0 ? low : high) : clip(a);
  const stop = b == null ? (step > 0 ? high : low) : clip(b);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return { start: count === 0 ? 0 : start, step, count };
}

export function flipView(x: Expr, axes?: number | readonly number[] | null): Expr {
  const flipped = new Set(asAxes(axes, x.shape.length, 'flip: axis'));
  return viewExpr(x, x.shape.map((n, k) => (flipped.has(k) ? axis(k, -1, n - 1) : axis(k))), x.shape);
}

export function expandDimsView(x: Expr, axes: number | readonly number[]): Expr {
  const list = typeof axes === 'number' ? [axes] : axes;
  const rank = x.shape.length + list.length;
  const added = new Set(asAxes(list, rank, 'expandDims: axis'));
  const kept = Array.from({ length: rank }, (_, k) => k).filter((k) => !added.has(k));
  const shape = Array.from({ length: rank }, (_, k) => (added.has(k) ? 1 : x.shape[kept.indexOf(k)]));
  return viewExpr(x, kept.map((k) => axis(k)), shape);
}

export function squeezeView(x: Expr, axes?: number | readonly number[] | null): Expr {
  const ones = x.shape.flatMap((n, k) => (n === 1 ? [k] : []));
  const gone = axes == null ? ones : asAxes(axes, x.shape.length, 'squeeze: axis');
  for (const k of gone) {
    if (x.shape[k] !== 1) throw new ShapeError(`squeeze: axis ${k} has size ${x.shape[k]}, not 1; shape is ${showShape(x.shape)}`);
  }
  let next = 0;
  const maps = x.shape.map((_, k) => (gone.includes(k) ? axis(-1) : axis(next++)));
  return viewExpr(x, maps, x.shape.filter((_, k) => !gone.includes(k)));
}

export function reshapeView(x: Expr, wanted: number | readonly number[]): Expr {
  const total = sizeOf(x.shape);
  const list = typeof wanted === 'number' ? [wanted] : [...wanted];
  const unknown = list.indexOf(-1);
  if (unknown >= 0) {
    const known = list.reduce((n, s, k) => (k === unknown ? n : n * s), 1);
    if (known > 0 && total % known === 0) list[unknown] = total / known;
  }
  if (unknown >= 0 && list[unknown] === -1) throw new ShapeError(`reshape: ${showShape(x.shape)} (${total} elements) does not divide into ${showShape(list)}`);
  const shape = asShape(list, 'reshape');
  if (sizeOf(shape) !== total) {
    throw new ShapeError(`reshape: ${showShape(x.shape)} has ${total} elements, ${showShape(shape)} has ${sizeOf(shape)}`);
  }
  if (sameShape(shape, x.shape)) return x;
  if (x.kind === 'fill') return fillLike(x, shape);
  const below = x.kind === 'view' && x.view.kind === 'reshape' ? x.src[0] : x;
  return sameShape(shape, below.shape) ? below : makeExpr({ kind: 'view', dtype: x.dtype, shape, src: [below], view: { kind: 'reshape' } });
}
