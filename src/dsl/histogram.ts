/** Counting: how often numbers occur, or fall into bins. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { arrayNode, operand, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { floating, isInteger, type DType } from './dtype.ts';
import { applyRule, binary, castExpr, mapExpr, memo, whereExpr } from './elementwise.ts';
import { evaluateOptions, evaluator, type EvaluateOptions } from './evaluator.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { binFn, edgesFn } from './kernel/bins.ts';
import { sourceOf } from './literal.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { reduceExpr } from './reduce.ts';
import { reducerInfo } from './reducers.ts';
import { addAt } from './scatter.ts';
import { sameShape, showShape, sizeOf } from './shape.ts';
import { searchExpr } from './sort.ts';
import { broadcastView, reshapeView, sliceView } from './views.ts';

const flat = (x: Expr): Expr => reshapeView(x, [sizeOf(x.shape)]);
const sub = (a: Expr, b: Expr | number): Expr => applyRule('sub', binary.sub, [a, b]);
const add = (a: Expr, b: Expr | number): Expr => applyRule('add', binary.add, [a, b]);
const div = (a: Expr, b: Expr): Expr => applyRule('div', binary.div, [a, b]);
const eq = (a: Expr, b: Expr | number): Expr => applyRule('eq', binary.eq, [a, b]);

/** Adds the weights, or ones, at these indices of `count` zeros; -1 counts nowhere. */
function countAt(name: string, indices: Expr, count: number, weights: ArrayInput | undefined, x: Expr): Expr {
  const addTo = (dtype: DType, values: Expr | undefined): Expr => flat(addAt(fillExpr(0, dtype, [count, 1]), {
    at: indices, fromBack: false, values: values && reshapeView(values, [sizeOf(x.shape), 1]),
  }));
  if (weights === undefined) return addTo('int32', undefined);
  const given = operand(weights, `${name}: weights`);
  const node = typeof given === 'object' ? given : fillExpr(given, 'float32', x.shape);
  if (!sameShape(node.shape, x.shape)) throw new ShapeError(`${name}: weights of shape ${showShape(node.shape)} for an array of shape ${showShape(x.shape)}; every element has one`);
  return addTo(reducerInfo('sum').accumulator(node.dtype), node);
}

export interface BincountOptions extends EvaluateOptions {
  /** What an element counts, instead of 1: an array of the same shape. */
  readonly weights?: ArrayInput;
  /** The result has at least so many elements. Default 0. */
  readonly minLength?: number;
}

/**
 * How often every number from 0 to the largest occurs in an array of integers. Asynchronous, because the size of the result
 * depends on the data: the largest is computed before the promise resolves. Where the size is known, `scatterAdd(size, x, 1)`
 * needs no promise.
 *
 * @returns int32 counts, or the sums of the weights, in the dtype of their sum
 * @throws DTypeError for floats; ArgumentError for negative numbers; ShapeError when the weights do not fit
 * @example
 * const counts = await wf.bincount(wf.array([1, 3, 1], { dtype: 'int32' }));
 * await counts.array(); // [0, 2, 0, 1]
 */
export async function bincount(x: ArrayInput, given: BincountOptions = {}): Promise<WeftArray> {
  checkOptions('bincount', given, { weights: true, minLength: true, ...evaluateOptions } satisfies OptionNames<BincountOptions>);
  const { weights, minLength = 0, ...options } = given;
  const node = arrayNode(x, 'bincount: x');
  if (!isInteger(node.dtype)) throw new DTypeError(`bincount: x must be integers, got ${node.dtype}; cast it: x.asType('int32'), or use histogram`);
  if (!Number.isInteger(minLength) || minLength < 0) throw new ArgumentError(`bincount: minLength must be a whole number from 0, got ${minLength}`);
  let length = minLength;
  if (sizeOf(node.shape) > 0) {
    const ends = await evaluator().evaluate([reduceExpr('min', node), reduceExpr('max', node)], options);
    const [[low], [high]] = [await evaluator().read(ends[0]), await evaluator().read(ends[1])];
    if (low < 0) throw new ArgumentError(`bincount: x must not be negative, its smallest element is ${low}`);
    length = Math.max(length, high + 1);
  }
  return wrap(countAt('bincount', castExpr(flat(node), 'int32'), length, weights, node));
}

export interface HistogramOptions {
  /** First and last edge. Default: the smallest and the largest element. */
  readonly range?: readonly [low: number, high: number];
  /** What an element counts, instead of 1: an array of the same shape. */
  readonly weights?: ArrayInput;
}

/**
 * How many elements fall into bins. A bin holds its lower edge and not its upper one, but the last bin holds both, as in NumPy;
 * elements outside, and NaN, are not counted. Integers are compared as floats.
 *
 * @param bins the number of bins of equal width, or their edges, ascending, one more than there are bins
 * @returns [counts, edges]: int32, or the sums of the weights; float32, or float64 for float64
 * @throws ArgumentError for a number of bins, edges or a range that make no bins; ShapeError when the weights do not fit
 * @example
 * const [counts, edges] = wf.histogram([0, 1, 1, 3, 4], 4);
 * await counts.array(); // [1, 2, 0, 2]
 * await edges.array(); // [0, 1, 2, 3, 4]
 * const [few] = wf.histogram([0.5, 1.5, 9], [0, 1, 5]);
 * await few.array(); // [1, 1]
 */
export function histogram(
  x: ArrayInput, bins: number | ArrayInput = 10, options: HistogramOptions = {},
): [counts: WeftArray, edges: WeftArray<'float32' | 'float64'>] {
  checkOptions('histogram', options, { range: true, weights: true } satisfies OptionNames<HistogramOptions>);
  const { range, weights } = options;
  const node = arrayNode(x, 'histogram: x');
  const dtype = floating(node.dtype);
  const { indices, edges } = typeof bins === 'number' ? equalBins(node, bins, range, dtype) : binsBetween(node, bins, range, dtype);
  return [wrap(countAt('histogram', flat(indices), edges.shape[0] - 1, weights, node)), wrap(edges)];
}

type Floating = 'float32' | 'float64';

interface Bins {
  /** Per element of the array, -1 for none. */
  readonly indices: Expr;
  readonly edges: Expr;
}

function equalBins(x: Expr, bins: number, range: readonly [number, number] | undefined, dtype: Floating): Bins {
  if (!Number.isInteger(bins) || bins < 1) throw new ArgumentError(`histogram: expected a number of bins from 1, or a list of edges, got ${bins}`);
  const { first, last, edges } = range ? givenEdges(bins, range, dtype) : edgesOfData(x, bins, dtype);
  const scale = div(fillExpr(bins, dtype), sub(last, first));
  const fn = memo(`bin:${x.dtype}`, () => binFn(x.dtype, dtype));
  const point = (e: Expr): Expr => broadcastView(e, x.shape);
  const indices = makeExpr({ kind: 'map', fn, result: 0, shape: x.shape, dtype: 'int32', src: [x, point(first), point(scale), edges] });
  return { indices, edges };
}

interface Edges {
  readonly first: Expr;
  readonly last: Expr;
  readonly edges: Expr;
}

function givenEdges(bins: number, range: readonly [number, number], dtype: DType): Edges {
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isFinite) || range[0] > range[1]) throw new ArgumentError(`histogram: range must be two finite numbers, the smaller one first, got ${JSON.stringify(range)}`);
  const [low, high] = range[0] < range[1] ? range as [number, number] : [range[0] - 0.5, range[1] + 0.5];
  const width = (high - low) / bins;
  const list = Float64Array.from({ length: bins + 1 }, (_, k) => (k === bins ? high : low + k * width));
  return { first: fillExpr(low, dtype), last: fillExpr(high, dtype), edges: sourceOf(list, { dtype }, 'histogram: edges') };
}

/** A single value gets half a unit to either side; nothing at all, the range from 0 to 1. */
function edgesOfData(x: Expr, bins: number, dtype: DType): Edges {
  if (sizeOf(x.shape) === 0) return givenEdges(bins, [0, 1], dtype);
  const [low, high] = [castExpr(reduceExpr('min', x), dtype), castExpr(reduceExpr('max', x), dtype)];
  const half = whereExpr(eq(low, high), fillExpr(0.5, dtype), fillExpr(0, dtype));
  const [first, last] = [sub(low, half), add(high, half)];
  const parts = [first, last, div(sub(last, first), fillExpr(bins, dtype))];
  return { first, last, edges: mapExpr(memo(`edges:${dtype}`, () => edgesFn(dtype)), parts, 0, 'histogram', [bins + 1]) };
}

function binsBetween(x: Expr, given: ArrayInput, range: unknown, dtype: DType): Bins {
  if (range !== undefined) throw new ArgumentError('histogram: with a list of edges there is no range');
  checkAscending(given);
  const edges = castExpr(arrayNode(given, 'histogram: edges'), dtype);
  if (edges.shape.length !== 1 || edges.shape[0] < 2) throw new ShapeError(`histogram: edges are an array of one axis with at least two elements, got shape ${showShape(edges.shape)}`);
  const bins = edges.shape[0] - 1;
  const value = castExpr(x, dtype);
  const below = sub(searchExpr(edges, value, { side: 'right' }), 1);
  // Beyond all edges, unless it is the last one itself.
  const onLast = eq(value, sliceView(edges, [bins]));
  const beyond = whereExpr(onLast, fillExpr(bins - 1, 'int32'), fillExpr(-1, 'int32'));
  return { indices: whereExpr(eq(below, bins), beyond, below), edges };
}

/** Of edges that are numbers; those of a lazy array are not known. */
function checkAscending(edges: ArrayInput): void {
  if (!Array.isArray(edges)) return;
  const down = edges.findIndex((e, k) => k > 0 && !((edges as number[])[k - 1] <= (e as number)));
  if (down > 0) throw new ArgumentError(`histogram: edges must be ascending, but ${String(edges[down])} follows ${String(edges[down - 1])}`);
}
