/**
 * Sorting: long rows by their digits (radix.ts), others by a merge sort in passes. Each is a kernel over all rows: runs of a few
 * elements, then runs of twice the length, and so on. Where only the first k are wanted, no run grows beyond k. The result
 * follows from the values alone.
 */
import { ArgumentError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { promote, type DType } from './dtype.ts';
import { castExpr, mapExpr, memo } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { keyDType } from './kernel/keys.ts';
import { mergeFn, ofKeysFn, runsFn, searchFn, type RunsSpec } from './kernel/merges.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { isForRadix, radixOrder, radixSort } from './radix.ts';
import { asAxis, showShape, sizeOf } from './shape.ts';
import { takeAlongAxis, takeExpr } from './take.ts';
import { reshapeView, sliceView, transposeView } from './views.ts';

export interface SortOptions {
  /** Largest first. NaN comes last all the same. */
  readonly descending?: boolean;
}

/**
 * Elements of the runs that are sorted at once: with 16, the code takes twice as long to make and no less to run. Elements that
 * a point merges, at least and at most.
 */
const RUN = 4;
const PIECE = { least: 32, most: 256 } as const;
/** Points that are enough to occupy everything. */
const POINTS = 2048;

interface Sorted {
  readonly keys: Expr;
  readonly order: Expr | undefined;
}

interface RowSort {
  readonly descending: boolean;
  /** How many of each row are wanted, from the first. */
  readonly kept: number;
  /** Whether the order is wanted; then -0 equals 0. */
  readonly order: boolean;
}

/** The rows of a matrix that is not empty. */
function sortRows(x: Expr, { descending, kept, order }: RowSort): Sorted {
  const [rows, n] = x.shape;
  const runs = (what: RunsSpec['what']): Expr => {
    const fn = memo(`runs:${x.dtype}:${descending}:${what}`, () => runsFn({ input: x.dtype, descending, length: RUN, what }));
    const { dtype } = fn.outputs[0];
    return makeExpr({
      kind: 'nest', fn, result: 0, dtype, shape: x.shape, domain: [rows, Math.ceil(n / RUN)], src: [x, fillExpr(0, dtype, x.shape)],
    });
  };
  let sorted: Sorted = { keys: runs(order ? 'keys' : 'exact'), order: order ? runs('order') : undefined };
  for (let run = RUN, left = n; left > run;) {
    const merged = Math.min(2 * run, kept);
    const pairs = Math.ceil(left / (2 * run));
    left = (pairs - 1) * merged + Math.min(merged, left - (pairs - 1) * 2 * run);
    sorted = mergePairs(sorted, { run, merged, pairs, left });
    run = merged;
  }
  const first = (e: Expr): Expr => sliceView(e, [null, [0, kept]]);
  return { keys: first(sorted.keys), order: sorted.order && first(sorted.order) };
}

interface Pass {
  readonly run: number;
  /** Elements that are kept of two runs. */
  readonly merged: number;
  readonly pairs: number;
  /** Elements of a row afterwards. */
  readonly left: number;
}

function mergePairs({ keys, order }: Sorted, { run, merged, pairs, left }: Pass): Sorted {
  const [rows] = keys.shape;
  const share = 2 ** Math.ceil(Math.log2(Math.max(1, rows * left / POINTS)));
  const piece = Math.min(merged, Math.max(PIECE.least, Math.min(PIECE.most, share)));
  const pieces = Math.ceil(merged / piece);
  const dtype = keyDType(keys.dtype);
  const fn = memo(`merge:${dtype}:${order !== undefined}`, () => mergeFn(dtype, order !== undefined));
  const src = [
    keys, ...order ? [order] : [], ...[run, merged, piece, pieces].map((v) => fillExpr(v, 'int32', [1])),
    ...fn.outputs.map((o) => fillExpr(0, o.dtype, [rows, left])),
  ];
  const output = (result: number): Expr => makeExpr({
    kind: 'nest', fn, result, dtype: fn.outputs[result].dtype, shape: [rows, left], domain: [rows, pairs * pieces], src,
  });
  return { keys: output(0), order: order && output(1) };
}

/** Brings an axis to the end, sorts the rows there, and back. */
function alongAxis(name: string, x: Expr, axis: number | undefined, f: (rows: Expr) => Expr): Expr {
  const rank = x.shape.length;
  const along = asAxis(axis ?? -1, rank, `${name}: axis`);
  const order = [...Array.from({ length: rank }, (_, k) => k).filter((k) => k !== along), along];
  const turned = along === rank - 1 ? x : transposeView(x, order);
  const outer = turned.shape.slice(0, -1);
  const made = f(reshapeView(turned, [sizeOf(outer), x.shape[along]]));
  const back = reshapeView(made, [...outer, made.shape[1]]);
  return along === rank - 1 ? back : transposeView(back, order.map((_, k) => order.indexOf(k)));
}

export const sortOptions: OptionNames<SortOptions> = { descending: true };
export const searchOptions: OptionNames<SearchOptions> = { side: true, sorter: true };

/** `x.sort()` on nodes. */
export function sortExpr(x: Expr, axis?: number, { descending = false }: SortOptions = {}): Expr {
  if (x.shape.length === 0 && axis === undefined) return x;
  return alongAxis('sort', x, axis, (rows) => {
    if (sizeOf(rows.shape) === 0) return rows;
    if (isForRadix(rows)) return radixSort(rows, descending);
    const { keys } = sortRows(rows, { descending, kept: rows.shape[1], order: false });
    if (keys.dtype === x.dtype && !descending) return keys;
    return mapExpr(memo(`ofKeys:${x.dtype}:${descending}`, () => ofKeysFn(x.dtype, descending)), [keys]);
  });
}

/** `x.argSort()` on nodes; the first `kept` of each row. */
export function argSortExpr(name: string, x: Expr, axis: number | undefined, descending: boolean, kept?: number): Expr {
  if (x.shape.length === 0 && axis === undefined) return fillExpr(0, 'int32');
  return alongAxis(name, x, axis, (rows) => {
    const wanted = kept ?? rows.shape[1];
    if (rows.shape[0] * wanted === 0) return fillExpr(0, 'int32', [rows.shape[0], wanted]);
    if (wanted === rows.shape[1] && isForRadix(rows)) return radixOrder(rows, descending);
    return sortRows(rows, { descending, kept: wanted, order: true }).order!;
  });
}

export interface TopKOptions {
  /** Default: the last. */
  readonly axis?: number;
  /** False: the k smallest, smallest first. */
  readonly largest?: boolean;
}

/**
 * The k largest elements along an axis, largest first, and their indices. Of equal elements the first ones; NaN comes last. Where
 * k is small this is much less work than sorting: no run of the merge sort grows beyond k.
 *
 * @returns [values, indices (int32)], with size k along the axis
 * @throws ArgumentError when k is no whole number from 0 to the size of the axis; ShapeError for an axis there is not
 * @example
 * const [values, indices] = wf.topK([3, 9, 4, 9, 1], 3);
 * await values.array(); // [9, 9, 4]
 * await indices.array(); // [1, 3, 2]
 */
export function topK<D extends DType = DType>(
  x: WeftArray<D> | ArrayInput, k: number, options: TopKOptions = {},
): [values: WeftArray<D>, indices: WeftArray<'int32'>] {
  checkOptions('topK', options, { axis: true, largest: true } satisfies OptionNames<TopKOptions>);
  const { axis = -1, largest = true } = options;
  const node = arrayNode(x, 'topK: x');
  const n = node.shape[asAxis(axis, node.shape.length, 'topK: axis')];
  if (!Number.isInteger(k) || k < 0 || k > n) throw new ArgumentError(`topK: k must be a whole number from 0 to ${n}, the size of axis ${axis} of shape ${showShape(node.shape)}, got ${k}`);
  const indices = wrap<'int32'>(argSortExpr('topK', node, axis, largest, k));
  return [takeAlongAxis(wrap<D>(node), indices, axis), indices];
}

export interface SearchOptions {
  /** Where an element goes that is there already: before its equals (`left`, the default) or after them. */
  readonly side?: 'left' | 'right';
  /** Indices that sort the array, as `argSort` gives them. */
  readonly sorter?: ArrayInput;
}

/** `sorted.searchSorted(x)` on nodes. */
export function searchExpr(sorted: Expr, x: Expr, { side = 'left' }: SearchOptions = {}, sorter?: Expr): Expr {
  if (sorted.shape.length !== 1) throw new ShapeError(`searchSorted: the sorted array must have one axis, got shape ${showShape(sorted.shape)}`);
  if (side !== 'left' && side !== 'right') throw new ArgumentError(`searchSorted: side must be 'left' or 'right', got ${JSON.stringify(side)}`);
  const dtype = promote(sorted.dtype, x.dtype);
  const array = castExpr(sorter ? takeExpr(sorted, sorter, 0) : sorted, dtype);
  const fn = memo(`search:${dtype}:${side}`, () => searchFn(dtype, side));
  return makeExpr({ kind: 'map', fn, result: 0, shape: x.shape, dtype: 'int32', src: [array, castExpr(x, dtype)] });
}
