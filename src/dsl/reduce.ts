/** Reductions on nodes: the primitive ones of the reducer table, and mean, var and std built from them. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { asDType, floating, type DType } from './dtype.ts';
import { applyRule, binary, castExpr, unary } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { isArgReducer, reducerInfo, type ReducerName } from './reducers.ts';
import { asAxes, showShape, sizeOf } from './shape.ts';
import { expandDimsView } from './views.ts';

/** Which axes to reduce: one, several, or all (undefined or null). */
export type Axes = number | readonly number[] | null;

export interface ReduceOptions {
  /** Keep reduced axes with size 1, so that the result broadcasts against the input. */
  readonly keepDims?: boolean;
}

export interface SumOptions extends ReduceOptions {
  /** Compute and return in this dtype instead of the usual one. */
  readonly dtype?: DType;
}

export interface VarOptions extends ReduceOptions {
  /** Divide by n - correction: 0 for a population (default), 1 for a sample. */
  readonly correction?: number;
}

export function reduceExpr(name: ReducerName, x: Expr, axes?: Axes, options: SumOptions = {}): Expr {
  const info = reducerInfo(name);
  const reduced = asAxes(axes, x.shape.length, `${name}: axis`);
  if (options.dtype !== undefined && isArgReducer(name)) throw new DTypeError(`${name}: the result is an index, int32; the option dtype does not apply`);
  const input = options.dtype === undefined ? x : castExpr(x, asDType(options.dtype, `${name}: dtype`));
  const extent = reduced.reduce((n, k) => n * x.shape[k], 1);
  if (extent === 0 && info.empty === undefined && sizeOf(x.shape.filter((_, k) => !reduced.includes(k))) > 0) {
    throw new ShapeError(`${name}: nothing to reduce: shape ${showShape(x.shape)} is empty along axis ${showShape(reduced)} and ${name} has no identity`);
  }
  // An overriding dtype stays: sum({ dtype: 'uint8' }) wraps in uint8.
  const accumulator = options.dtype === undefined ? info.accumulator(x.dtype) : info.accumulator(input.dtype) === 'bool' ? 'bool' : input.dtype;
  const value = castExpr(input, accumulator);
  const result: DType = isArgReducer(name) ? 'int32' : accumulator;
  const shape = x.shape.filter((_, k) => !reduced.includes(k));
  // A scalar, or no axes: nothing to add up.
  const made = reduced.length === 0 && !isArgReducer(name)
    ? value
    : makeExpr({ kind: 'reduce', reducer: name, axes: reduced, dtype: result, shape, src: [value] });
  return options.keepDims && reduced.length > 0 ? expandDimsView(made, reduced) : made;
}

const div = (a: Expr, b: Expr) => applyRule('div', binary.div, [a, b]);

export function meanExpr(x: Expr, axes?: Axes, options: SumOptions = {}): Expr {
  const dtype = options.dtype === undefined ? floating(x.dtype) : floating(asDType(options.dtype, 'mean: dtype'));
  const reduced = asAxes(axes, x.shape.length, 'mean: axis');
  const count = reduced.reduce((n, k) => n * x.shape[k], 1);
  const mean = div(reduceExpr('sum', castExpr(x, dtype), reduced), fillExpr(count, dtype));
  return options.keepDims ? expandDimsView(mean, reduced) : mean;
}

/** Two passes: the mean first, then the mean square of what is left, which loses no digits. */
export function varExpr(x: Expr, axes?: Axes, options: VarOptions = {}): Expr {
  const correction = options.correction ?? 0;
  if (!Number.isFinite(correction)) throw new ArgumentError(`var: correction must be a number, got ${String(correction)}`);
  const reduced = asAxes(axes, x.shape.length, 'var: axis');
  const count = reduced.reduce((n, k) => n * x.shape[k], 1);
  const values = castExpr(x, floating(x.dtype));
  const rest = applyRule('sub', binary.sub, [values, meanExpr(values, reduced, { keepDims: true })]);
  const squares = applyRule('mul', binary.mul, [rest, rest]);
  const variance = div(reduceExpr('sum', squares, reduced), fillExpr(Math.max(0, count - correction), values.dtype));
  return options.keepDims ? expandDimsView(variance, reduced) : variance;
}

export const stdExpr = (x: Expr, axes?: Axes, options: VarOptions = {}): Expr =>
  applyRule('sqrt', unary.sqrt, [varExpr(x, axes, options)]);
