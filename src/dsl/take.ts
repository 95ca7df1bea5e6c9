/** Elements at given indices. They are part of whatever loop uses them: an index is computed where the element is read. */
import { ArgumentError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import type { DType } from './dtype.ts';
import { memo } from './elementwise.ts';
import { makeExpr, type Expr } from './expr.ts';
import { indexNode } from './indices.ts';
import { pickFn, type From } from './kernel/picks.ts';
import { asAxis, broadcastShapes, showShape, sizeOf, type Shape } from './shape.ts';
import { broadcastView, reshapeView } from './views.ts';

/** The array of this shape whose elements are those of `x` at coordinates of its own or at `indices`, which have that shape. */
function pickExpr(name: string, x: Expr, axes: readonly From[], indices: readonly Expr[], shape: Shape): Expr {
  const chosen = axes.findIndex((from, k) => 'index' in from && x.shape[k] === 0);
  if (chosen >= 0 && sizeOf(shape) > 0) throw new ShapeError(`${name}: nothing to take: axis ${chosen} of shape ${showShape(x.shape)} is empty`);
  const places = axes.map((from) => ('coord' in from ? `c${from.coord}` : `i${from.index}`)).join();
  const fn = memo(`pick:${x.dtype}:${shape.length}:${places}`, () => pickFn(x.dtype, shape.length, axes, indices.length));
  return makeExpr({ kind: 'map', fn, result: 0, shape, dtype: x.dtype, src: [x, ...indices.map((i) => broadcastView(i, shape))] });
}

const coords = (count: number, first = 0): From[] => Array.from({ length: count }, (_, k) => ({ coord: first + k }));
const ones = (count: number): number[] => new Array<number>(count).fill(1);

/** `x.take(indices, axis)` on nodes. */
export function takeExpr(x: Expr, indices: Expr, axis: number | undefined): Expr {
  const rank = x.shape.length;
  if (axis === undefined && rank !== 1) throw new ShapeError(`take: ${rank === 0 ? 'a scalar has no axis to take from' : `which axis? The array has shape ${showShape(x.shape)}; give 0 to ${rank - 1}, or reshape(-1) first`}`);
  const along = asAxis(axis ?? 0, rank, 'take: axis');
  const after = rank - along - 1;
  const shape = [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)];
  const spread = reshapeView(indices, [...indices.shape, ...ones(after)]);
  return pickExpr('take', x, [...coords(along), { index: 0 }, ...coords(after, along + indices.shape.length)], [spread], shape);
}

/**
 * For every position of `indices`, the element of `x` at that index along `axis` and at the position's own coordinates along
 * the others: what `argSort` and `argMax` with `keepDims` give picks the elements they stand for. The other axes broadcast.
 * Negative indices count from the end; those beyond the array take the element at its edge.
 *
 * @param axis default: the last
 * @returns an array of the shape of `indices`, of the dtype of `x`
 * @throws ShapeError when ranks differ or shapes do not broadcast; DTypeError for indices that are no integers
 * @example
 * const x = wf.array([[3, 1, 2], [7, 9, 8]]);
 * await wf.takeAlongAxis(x, x.argSort(1), 1).array(); // [[1, 2, 3], [7, 8, 9]]
 */
export function takeAlongAxis<D extends DType = DType>(
  x: WeftArray<D> | ArrayInput, indices: ArrayInput, axis = -1,
): WeftArray<D> {
  const node = arrayNode(x, 'takeAlongAxis: x'), where = indexNode(indices, 'takeAlongAxis: indices');
  const rank = node.shape.length;
  const along = asAxis(axis, rank, 'takeAlongAxis: axis');
  if (where.shape.length !== rank) throw new ShapeError(`takeAlongAxis: indices need ${rank} axes as x has, got shape ${showShape(where.shape)}; insert axes with expandDims`);
  const without = (shape: Shape, size: number): number[] => shape.map((n, k) => (k === along ? size : n));
  const others = broadcastShapes([without(node.shape, 1), without(where.shape, 1)], 'takeAlongAxis');
  const from = broadcastView(node, without(others, node.shape[along]));
  const axes = coords(rank).map((c, k): From => (k === along ? { index: 0 } : c));
  return wrap(pickExpr('takeAlongAxis', from, axes, [where], without(others, where.shape[along])));
}

/**
 * Elements at points: `x[i, j]` in NumPy for `gather(x, [i, j])`. The arrays of indices, one for each of the first axes,
 * broadcast; axes beyond these are taken whole. Negative indices count from the end; those beyond the array take the element
 * at its edge.
 *
 * @returns an array of the shape of the indices, then of the remaining axes
 * @throws ShapeError when there are more arrays of indices than axes; DTypeError for indices that are no integers
 * @example
 * const x = wf.array([[1, 2, 3], [4, 5, 6]]);
 * await wf.gather(x, [[0, 1, 1], [2, 0, -1]]).array(); // [3, 4, 6]
 * await wf.gather(x, [[1, 0]]).array(); // [[4, 5, 6], [1, 2, 3]]
 */
export function gather<D extends DType = DType>(x: WeftArray<D> | ArrayInput, indices: readonly ArrayInput[]): WeftArray<D> {
  const node = arrayNode(x, 'gather: x');
  if (!Array.isArray(indices) || indices.length === 0) throw new ArgumentError('gather: expected a list with an array of indices for each of the first axes, e.g. gather(x, [rows, columns])');
  const [rank, picked] = [node.shape.length, indices.length];
  if (picked > rank) throw new ShapeError(`gather: ${picked} arrays of indices for an array of shape ${showShape(node.shape)}`);
  const nodes = (indices as readonly ArrayInput[]).map((i, k) => indexNode(i, `gather: indices of axis ${k}`));
  const common = broadcastShapes(nodes.map((n) => n.shape), 'gather: indices');
  const rest = node.shape.slice(picked);
  const spread = nodes.map((n) => reshapeView(broadcastView(n, common), [...common, ...ones(rest.length)]));
  const axes = [...nodes.map((_, index): From => ({ index })), ...coords(rest.length, common.length)];
  return wrap(pickExpr('gather', node, axes, spread, [...common, ...rest]));
}
