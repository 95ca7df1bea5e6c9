/** The different elements of an array. */
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { isInteger, type DType } from './dtype.ts';
import { applyRule, binary, castExpr, memo } from './elementwise.ts';
import { evaluator, type EvaluateOptions } from './evaluator.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { firstsFn, lengthsFn, presentFn } from './kernel/selects.ts';
import { reduceExpr } from './reduce.ts';
import { positionsOf } from './select.ts';
import { sizeOf } from './shape.ts';
import { argSortExpr, searchExpr, sortExpr } from './sort.ts';
import { takeExpr } from './take.ts';
import { broadcastView, reshapeView } from './views.ts';

const flattened = (x: ArrayInput, argument: string): Expr => {
  const node = arrayNode(x, argument);
  return reshapeView(node, [sizeOf(node.shape)]);
};

/** Positions in a sorted array where another element begins. */
function firstsOf(sorted: Expr, options: EvaluateOptions): Promise<Expr> {
  const { dtype, shape } = sorted;
  const fn = memo(`firsts:${dtype}`, () => firstsFn(dtype));
  return positionsOf(makeExpr({ kind: 'map', fn, result: 0, dtype: 'bool', shape, src: [sorted] }), options);
}

/** Elements from which on it is worth to ask for the range of integers first; those that a point looks at. */
const MANY = 16384, PIECE = 4096;

/** Of many integers that are close to each other: which numbers between the smallest and the largest there are. No sorting. */
async function uniqueAmongFew(flat: Expr, options: EvaluateOptions): Promise<Expr | undefined> {
  const { dtype, shape: [n] } = flat;
  if (!isInteger(dtype) || n < MANY) return undefined;
  const ends = await evaluator().evaluate([reduceExpr('min', flat), reduceExpr('max', flat)], options);
  const [[low], [high]] = [await evaluator().read(ends[0]), await evaluator().read(ends[1])];
  const range = high - low + 1;
  if (range > n) return undefined;
  const fn = memo(`present:${dtype}`, () => presentFn(dtype, PIECE));
  const present = makeExpr({
    kind: 'nest', fn, result: 0, dtype: 'int32', shape: [range], domain: [Math.ceil(n / PIECE)],
    src: [flat, fillExpr(low | 0, 'int32', [1]), fillExpr(0, 'int32', [range])],
  });
  return castExpr(applyRule('add', binary.add, [await positionsOf(present, options), low | 0]), dtype);
}

/**
 * The different elements of an array, in ascending order, as one axis. All NaN count as one, which is last. Asynchronous, because
 * the number of them depends on the data: it is computed before the promise resolves.
 *
 * @param options where to compute the number
 * @example
 * const different = await wf.unique([[3, 1, 3], [2, 1, 1]]);
 * await different.array(); // [1, 2, 3]
 */
export async function unique<D extends DType = DType>(
  x: WeftArray<D> | ArrayInput, options: EvaluateOptions = {},
): Promise<WeftArray<D>> {
  const flat = flattened(x, 'unique: x');
  const close = await uniqueAmongFew(flat, options);
  if (close) return wrap(close);
  const sorted = sortExpr(flat);
  return wrap(takeExpr(sorted, await firstsOf(sorted, options), 0));
}

export interface Unique<D extends DType = DType> {
  /** In ascending order. */
  readonly values: WeftArray<D>;
  /** Row-major position of the first of each in the array. */
  readonly indices: WeftArray<'int32'>;
  /** For every element of the array, the index of its value in `values`; of the array's shape. */
  readonly inverse: WeftArray<'int32'>;
  /** How often each occurs. */
  readonly counts: WeftArray<'int32'>;
}

/**
 * `unique`, and where the elements are: values, indices, inverse and counts. What is not used is not computed.
 *
 * @param options where to compute the number
 * @example
 * const { values, indices, inverse, counts } = await wf.uniqueAll([30, 10, 30]);
 * await values.array(); // [10, 30]
 * await indices.array(); // [1, 0]
 * await inverse.array(); // [1, 0, 1]
 * await counts.array(); // [1, 2]
 */
export async function uniqueAll<D extends DType = DType>(
  x: WeftArray<D> | ArrayInput, options: EvaluateOptions = {},
): Promise<Unique<D>> {
  const node = arrayNode(x, 'uniqueAll: x');
  const flat = reshapeView(node, [sizeOf(node.shape)]);
  const order = argSortExpr('uniqueAll', flat, 0, false);
  const sorted = takeExpr(flat, order, 0);
  const firsts = await firstsOf(sorted, options);
  const values = takeExpr(sorted, firsts, 0);
  const n = broadcastView(fillExpr(sizeOf(node.shape), 'int32'), firsts.shape);
  const counts = makeExpr({
    kind: 'map', fn: memo('lengths', lengthsFn), result: 0, dtype: 'int32', shape: firsts.shape, src: [firsts, n],
  });
  return {
    values: wrap(values), indices: wrap(takeExpr(order, firsts, 0)),
    inverse: wrap(searchExpr(values, node)), counts: wrap(counts),
  };
}
