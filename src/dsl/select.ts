/**
 * Selections whose size depends on the data. The graph knows every shape, so these are asynchronous: they compute the number of
 * elements at once; the elements themselves are computed when they are needed, as everything is.
 */
import { ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import type { DType } from './dtype.ts';
import { applyRule, binary, castExpr, memo } from './elementwise.ts';
import { evaluator, type EvaluateOptions } from './evaluator.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { positionsFn } from './kernel/selects.ts';
import { reduceExpr } from './reduce.ts';
import { PIECE, pieceEnds } from './scan.ts';
import { asAxis, sameShape, showShape, sizeOf, stridesOf } from './shape.ts';
import { takeExpr } from './take.ts';
import { reshapeView } from './views.ts';

/** Row-major positions, in order, of the elements that are not 0: int32, of one axis. */
export async function positionsOf(x: Expr, options: EvaluateOptions): Promise<Expr> {
  const n = sizeOf(x.shape);
  if (n === 0) return fillExpr(0, 'int32', [0]);
  const cube = castExpr(castExpr(reshapeView(x, [1, n, 1]), 'bool'), 'int32');
  const ends = pieceEnds(cube, 'sum', 'int32', PIECE);
  const roots = [reduceExpr('sum', cube), ...ends ? [ends] : []];
  const [total, computed] = await evaluator().evaluate(roots, options) as [Expr, Expr | undefined];
  const [found] = await evaluator().read(total);
  const fn = memo(`positions:${x.dtype}:${ends ? PIECE : ''}`, () => positionsFn(x.dtype, ends && PIECE));
  return makeExpr({
    kind: 'nest', fn, result: 0, dtype: 'int32', shape: [found], domain: [ends ? Math.ceil(n / PIECE) : 1],
    src: [reshapeView(x, [n]), ...computed ? [reshapeView(computed, [sizeOf(computed.shape)])] : [], fillExpr(0, 'int32', [found])],
  });
}

/**
 * Where an array is not 0 (true, NaN): one array of int32 indices per axis, in row-major order. Asynchronous, because the
 * number of them depends on the data: it is computed before the promise resolves, the indices when they are needed.
 *
 * @param options where to compute the number
 * @throws ShapeError for a scalar
 * @example
 * const [rows, columns] = await wf.nonZero([[0, 5], [7, 0]]);
 * await rows.array(); // [0, 1]
 * await columns.array(); // [1, 0]
 */
export async function nonZero(x: ArrayInput, options: EvaluateOptions = {}): Promise<WeftArray<'int32'>[]> {
  const node = arrayNode(x, 'nonZero: x');
  if (node.shape.length === 0) throw new ShapeError('nonZero: a scalar has no axes; reshape it to [1]');
  const flat = await positionsOf(node, options);
  return stridesOf(node.shape).map((stride, axis) => {
    const outer = applyRule('floorDiv', binary.floorDiv, [flat, Math.max(1, stride)]);
    return wrap(axis === 0 ? outer : applyRule('mod', binary.mod, [outer, Math.max(1, node.shape[axis])]));
  });
}

/**
 * The elements for which a mask is true. Without an axis the mask has the shape of `x`, or of its first axes: `x[mask]` in NumPy.
 * With an axis it has one axis, and says which slices along that axis are kept. Asynchronous, because the number of them depends
 * on the data: it is computed before the promise resolves, the elements when they are needed.
 *
 * @param mask bool, or anything that counts as true where it is not 0
 * @param options where to compute the number
 * @returns of the dtype of `x`; without an axis (number, remaining axes), else `x` with another size along the axis
 * @throws ShapeError when the mask does not fit
 * @example
 * const x = wf.array([3, -1, 4, -1, 5]);
 * const positive = await wf.compress(x, x.gt(0));
 * await positive.array(); // [3, 4, 5]
 * const columns = await wf.compress([[1, 2, 3], [4, 5, 6]], [true, false, true], 1);
 * await columns.array(); // [[1, 3], [4, 6]]
 */
export async function compress<D extends DType = DType>(
  x: WeftArray<D> | ArrayInput, mask: ArrayInput, axis?: number | null, options: EvaluateOptions = {},
): Promise<WeftArray<D>> {
  const node = arrayNode(x, 'compress: x'), chosen = arrayNode(mask, 'compress: mask');
  if (axis !== undefined && axis !== null) {
    const along = asAxis(axis, node.shape.length, 'compress: axis');
    if (!sameShape(chosen.shape, [node.shape[along]])) throw new ShapeError(`compress: along axis ${along} of shape ${showShape(node.shape)} the mask must have shape [${node.shape[along]}], got ${showShape(chosen.shape)}`);
    return wrap(takeExpr(node, await positionsOf(chosen, options), along));
  }
  const lead = chosen.shape.length;
  if (!sameShape(chosen.shape, node.shape.slice(0, lead))) {
    throw new ShapeError(`compress: a mask of shape ${showShape(chosen.shape)} does not fit an array of shape ${showShape(node.shape)}; it has the array's shape, or that of its first axes`);
  }
  const flat = reshapeView(node, [sizeOf(chosen.shape), ...node.shape.slice(lead)]);
  return wrap(takeExpr(flat, await positionsOf(chosen, options), 0));
}
