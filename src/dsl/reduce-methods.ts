/** Reductions as methods. Importing this file adds them. */
import { addMethods } from './add-methods.ts';
import { WeftArray, wrap } from './array.ts';
import { axisAndOptions, type AxisArguments } from './axis-options.ts';
import type { DType } from './dtype.ts';
import type { Expr } from './expr.ts';
import type { OptionNames } from './option-names.ts';
import { meanExpr, reduceExpr, stdExpr, varExpr, type Axes, type ReduceOptions, type SumOptions, type VarOptions } from './reduce.ts';
import type { ReducerName } from './reducers.ts';
import type { AxisOption, Floating, ReducedSum } from './types.ts';

export interface ReduceMethods<D extends DType> {
  // --- reductions: over all axes, or over `axis`, given first or among the options ---

  /**
   * Sum; narrow integers and bool in 32 bits, wrapping. 0 of nothing. Floats add up in blocks and pairs, the same for any
   * number of threads.
   * @throws ShapeError for an axis there is not
   * @example
   * const a = wf.array([[1, 2], [3, 4]]);
   * await a.sum().item(); // 10
   * await a.sum(0).array(); // [4, 6]
   * await a.sum({ axis: 1, keepDims: true }).array(); // [[3], [7]]
   */
  sum(axis?: Axes, options?: SumOptions): WeftArray<ReducedSum<D>>;
  sum(options?: SumOptions & AxisOption): WeftArray<ReducedSum<D>>;
  /** Product; narrow integers and bool in 32 bits, wrapping. 1 of nothing. */
  prod(axis?: Axes, options?: SumOptions): WeftArray<ReducedSum<D>>;
  prod(options?: SumOptions & AxisOption): WeftArray<ReducedSum<D>>;
  /** Smallest element; NaN wins. */
  min(axis?: Axes, options?: ReduceOptions): WeftArray<D>;
  min(options?: ReduceOptions & AxisOption): WeftArray<D>;
  /** Largest element; NaN wins. */
  max(axis?: Axes, options?: ReduceOptions): WeftArray<D>;
  max(options?: ReduceOptions & AxisOption): WeftArray<D>;
  /** Whether any element is true (not 0). */
  any(axis?: Axes, options?: ReduceOptions): WeftArray<'bool'>;
  any(options?: ReduceOptions & AxisOption): WeftArray<'bool'>;
  /** Whether all elements are true (not 0). */
  all(axis?: Axes, options?: ReduceOptions): WeftArray<'bool'>;
  all(options?: ReduceOptions & AxisOption): WeftArray<'bool'>;
  /** Position (row-major over the reduced axes) of the first smallest element; the first NaN wins. int32. */
  argMin(axis?: Axes, options?: ReduceOptions): WeftArray<'int32'>;
  argMin(options?: ReduceOptions & AxisOption): WeftArray<'int32'>;
  /**
   * Position (row-major over the reduced axes) of the first largest element; the first NaN wins. int32.
   * @throws ShapeError when there is nothing to choose from
   * @example
   * await wf.array([[1, 5], [7, 2]]).argMax(1).array(); // [1, 0]
   */
  argMax(axis?: Axes, options?: ReduceOptions): WeftArray<'int32'>;
  argMax(options?: ReduceOptions & AxisOption): WeftArray<'int32'>;
  /** Arithmetic mean, floating; NaN of nothing. */
  mean(axis?: Axes, options?: SumOptions): WeftArray<Floating<D>>;
  mean(options?: SumOptions & AxisOption): WeftArray<Floating<D>>;
  /**
   * Variance in two passes; option `correction` (0) is subtracted from n.
   * @example
   * await wf.array([1, 2, 3, 4]).var({ correction: 1 }).item(); // 1.6666666
   */
  var(axis?: Axes, options?: VarOptions): WeftArray<Floating<D>>;
  var(options?: VarOptions & AxisOption): WeftArray<Floating<D>>;
  /** Standard deviation: the square root of `var`. */
  std(axis?: Axes, options?: VarOptions): WeftArray<Floating<D>>;
  std(options?: VarOptions & AxisOption): WeftArray<Floating<D>>;
}

const ofSum: OptionNames<SumOptions & AxisOption> = { axis: true, keepDims: true, dtype: true };
const ofVar: OptionNames<VarOptions & AxisOption> = { axis: true, keepDims: true, correction: true };

const method = <O extends object, D extends DType>(
  name: string, names: OptionNames<O & AxisOption>, make: (x: Expr, axes: Axes | undefined, options: O | undefined) => Expr,
) =>
  function reduced(this: WeftArray, ...given: AxisArguments<Axes, O>): WeftArray<D> {
    const { axis, options } = axisAndOptions(name, given, names);
    return wrap(make(WeftArray.node(this), axis, options));
  };

const reducer = <D extends DType>(name: ReducerName) =>
  method<SumOptions, D>(name, ofSum, (x, axes, options) => reduceExpr(name, x, axes, options));

addMethods<ReduceMethods<DType>>({
  sum: reducer('sum'),
  prod: reducer('prod'),
  min: reducer('min'),
  max: reducer('max'),
  any: reducer('any'),
  all: reducer('all'),
  argMin: reducer('argMin'),
  argMax: reducer('argMax'),
  mean: method('mean', ofSum, meanExpr),
  var: method('var', ofVar, varExpr),
  std: method('std', ofVar, stdExpr),
});
