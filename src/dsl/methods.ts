/** Methods of arrays whose functions have files of their own. Importing this file adds them. */
import { addMethods } from './add-methods.ts';
import { arrayNode, WeftArray, wrap, type ArrayInput } from './array.ts';
import { axisAndOptions, type AxisArguments } from './axis-options.ts';
import type { DType } from './dtype.ts';
import { indexNode } from './indices.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import './into.ts';
import './peek.ts';
import './reduce-methods.ts';
import { scanExpr, type ScanName, type ScanOptions } from './scan.ts';
import { argSortExpr, searchExpr, searchOptions, sortExpr, sortOptions, type SearchOptions, type SortOptions } from './sort.ts';
import { takeExpr } from './take.ts';
import type { ReducedSum } from './types.ts';

/** The axis among the options. */
interface AlongAxis { readonly axis?: number }

export interface OrderMethods<D extends DType> {
  // --- partial results along an axis: given, or the only one ---

  /**
   * Sums of all elements up to each along an axis; narrow integers and bool in 32 bits, wrapping. Floats are compensated: the
   * error is at most about 2 eps (|sum| + sum of |elements|), whatever their number, with eps = 2^-23 in float32 and 2^-52 in
   * float64, and on the CPU it is the same for any number of threads. WebGPU may fold the compensation away: then 32 times that.
   * @throws ShapeError when there are several axes and none is given
   * @example
   * await wf.array([1, 2, 3]).cumSum().array(); // [1, 3, 6]
   * await wf.array([[1, 2], [3, 4]]).cumSum(1).array(); // [[1, 3], [3, 7]]
   */
  cumSum(axis?: number, options?: ScanOptions): WeftArray<ReducedSum<D>>;
  cumSum(options?: ScanOptions & AlongAxis): WeftArray<ReducedSum<D>>;
  /** Products of all elements up to each along an axis; narrow integers and bool in 32 bits, wrapping. */
  cumProd(axis?: number, options?: ScanOptions): WeftArray<ReducedSum<D>>;
  cumProd(options?: ScanOptions & AlongAxis): WeftArray<ReducedSum<D>>;
  /** The largest element up to each along an axis; NaN wins. Of bool: whether any is true. */
  cumMax(axis?: number): WeftArray<D>;
  /** The smallest element up to each along an axis; NaN wins. Of bool: whether all are true. */
  cumMin(axis?: number): WeftArray<D>;

  // --- elements at indices ---

  /**
   * Slices at these indices along an axis, which is replaced by the axes of the indices; an index that is a number drops it.
   * Negative indices count from the end; those beyond the array take the slice at its edge. Costs nothing but the reads: the
   * planner takes the elements where they are used.
   * @param indices an array of integers, or whole numbers
   * @param axis may be left out when there is only one
   * @throws DTypeError for indices that are no integers; ShapeError for an axis there is not, or one without elements
   * @example
   * const x = wf.array([[1, 2, 3], [4, 5, 6]]);
   * await x.take([2, 0], 1).array(); // [[3, 1], [6, 4]]
   * await x.take(-1, 0).array(); // [4, 5, 6]
   */
  take(indices: ArrayInput, axis?: number): WeftArray<D>;

  // --- order ---

  /**
   * Elements in ascending order along an axis, the last by default. NaN comes last, in either direction.
   * @throws ShapeError for an axis there is not
   * @example
   * await wf.array([3, NaN, 1]).sort().slice([0, 2]).array(); // [1, 3]
   * await wf.array([3, 1, 2]).sort({ descending: true }).array(); // [3, 2, 1]
   */
  sort(axis?: number, options?: SortOptions): WeftArray<D>;
  sort(options?: SortOptions & AlongAxis): WeftArray<D>;
  /**
   * The int32 indices that sort an axis, the last by default. Stable: equal elements stay in order, also in descending order.
   * @throws ShapeError for an axis there is not
   * @example
   * await wf.array([30, 10, 20, 10]).argSort().array(); // [1, 3, 2, 0]
   */
  argSort(axis?: number, options?: SortOptions): WeftArray<'int32'>;
  argSort(options?: SortOptions & AlongAxis): WeftArray<'int32'>;
  /**
   * Of a sorted array of one axis: the int32 indices where these elements would go, by binary search.
   * @throws ShapeError when the array has more axes; ArgumentError for an unknown side
   * @example
   * await wf.array([10, 20, 30]).searchSorted([20, 25]).array(); // [1, 2]
   * await wf.array([10, 20, 30]).searchSorted([20, 25], { side: 'right' }).array(); // [2, 2]
   */
  searchSorted(x: ArrayInput, options?: SearchOptions): WeftArray<'int32'>;
}

const ofScan: OptionNames<ScanOptions & AlongAxis> = { axis: true, dtype: true };
const ofSort: OptionNames<SortOptions & AlongAxis> = { axis: true, ...sortOptions };

const scan = (name: ScanName) => function scanned(this: WeftArray, ...given: AxisArguments<number, ScanOptions>) {
  const { axis, options } = axisAndOptions(name, given, ofScan);
  return wrap(scanExpr(name, WeftArray.node(this), axis, options));
};

addMethods<OrderMethods<DType>>({
  cumSum: scan('cumSum'),
  cumProd: scan('cumProd'),
  cumMax: scan('cumMax'),
  cumMin: scan('cumMin'),
  take(indices, axis) { return wrap(takeExpr(WeftArray.node(this), indexNode(indices, 'take: indices'), axis)); },
  sort(...given: AxisArguments<number, SortOptions>) {
    const { axis, options } = axisAndOptions('sort', given, ofSort);
    return wrap(sortExpr(WeftArray.node(this), axis, options));
  },
  argSort(...given: AxisArguments<number, SortOptions>) {
    const { axis, options } = axisAndOptions('argSort', given, ofSort);
    return wrap(argSortExpr('argSort', WeftArray.node(this), axis, options?.descending ?? false));
  },
  searchSorted(x, options) {
    checkOptions('searchSorted', options, searchOptions);
    const sorter = options?.sorter === undefined ? undefined : indexNode(options.sorter, 'searchSorted: sorter');
    return wrap(searchExpr(WeftArray.node(this), arrayNode(x, 'searchSorted: x'), options, sorter));
  },
});
