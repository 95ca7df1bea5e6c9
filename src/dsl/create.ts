/** Making arrays: from values, and from rules that the planner computes where they are used. */
import { ArgumentError, DTypeError } from '../errors.ts';
import { asDType, isFloat, type DType, type TypedArrayInput, type ViewOf } from './dtype.ts';
import { wrap, WeftArray } from './array.ts';
import { castExpr, mapExpr, memo } from './elementwise.ts';
import { evaluator } from './evaluator.ts';
import { fillExpr, type Expr } from './expr.ts';
import { Builder, type Fn } from './kernel/ir.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { sourceOf, type ArrayOptions, type NestedArray } from './literal.ts';
import { asShape, sizeOf, type Shape } from './shape.ts';
import { reshapeView } from './views.ts';

export interface DTypeOption<D extends DType = DType> {
  /** Default float32. */
  readonly dtype?: D;
}

const dtypeOnly: OptionNames<DTypeOption> = { dtype: true };
const ofArray: OptionNames<ArrayOptions> = { shape: true, dtype: true, adopt: true };

type DTypeOfData<T> = T extends readonly boolean[] | boolean ? 'bool'
  : T extends number | NestedArray ? 'float32'
    : T extends Float32Array ? 'float32' : T extends Float64Array ? 'float64'
      : T extends Int32Array ? 'int32' : T extends Uint32Array ? 'uint32'
        : T extends Int16Array ? 'int16' : T extends Uint16Array ? 'uint16'
          : T extends Int8Array ? 'int8' : T extends Uint8Array | Uint8ClampedArray ? 'uint8' : DType;

/**
 * An array of given values. Typed arrays keep their dtype; JavaScript numbers become float32, booleans bool. The values
 * are copied, once: on the cpu target into the memory where they are computed with.
 *
 * With `adopt` a typed array is taken as it is. One from `alloc` is computed with in its place; of any other the target gets a
 * copy when it first needs one (on WebGPU both are such).
 *
 * @param data typed array, nested arrays, or a number
 * @param options `shape` for flat data, `dtype` to cast, `adopt`
 * @throws ShapeError when the nesting is ragged or the shape does not match the number of values; TargetError, when it is used,
 *   for an adopted typed array whose buffer was transferred before it was needed
 * @example
 * const a = wf.array([[1, 2], [3, 4]]);
 * await a.sum().item(); // 10
 */
export function array<const D extends DType>(
  data: TypedArrayInput | NestedArray | WeftArray, options: ArrayOptions & { readonly dtype: D },
): WeftArray<D>;
export function array<T extends TypedArrayInput | NestedArray>(data: T, options?: ArrayOptions): WeftArray<DTypeOfData<T>>;
export function array(data: TypedArrayInput | NestedArray | WeftArray, options?: ArrayOptions): WeftArray;
export function array(data: TypedArrayInput | NestedArray | WeftArray, options: ArrayOptions = {}): WeftArray {
  checkOptions('array', options, ofArray);
  if (!(data instanceof WeftArray)) return wrap(sourceOf(data, options));
  let node = WeftArray.node(data);
  if (options.dtype !== undefined) node = castExpr(node, asDType(options.dtype, 'array: dtype'));
  return wrap(options.shape === undefined ? node : reshapeView(node, options.shape));
}

/**
 * A typed array in the memory in which the cpu target computes, for you to fill: decode a file into it, let a worker write it,
 * and `array(data, { adopt: true })` makes an array of it without a copy. What it holds at first is undefined. float32, or the
 * option `dtype`.
 *
 * The array sees what is in the memory whenever something is computed from it. So the same memory may be filled again for the
 * next frame, with a new `array` of it, once everything that is wanted of the last one is computed (`eval`, `data`); what was
 * computed keeps its values. The memory is free again when the typed array, everything that shares its `buffer` and all arrays
 * made of it are gone.
 *
 * Its `buffer` is shared memory, and much larger than the typed array: some functions of the web platform take no shared memory,
 * and none must be given the whole buffer. Where memory is not shared (a page that is not cross-origin isolated, `target:
 * 'webgpu'`), or the cpu target has no room now, it is an ordinary typed array, which is copied when it is first computed with.
 *
 * @throws ShapeError, DTypeError for a shape or dtype there is not
 * @example
 * const frame = wf.alloc([2, 3], { dtype: 'uint8' });
 * for (let k = 0; k < frame.length; k++) frame[k] = 10 * k;
 * await wf.array(frame, { shape: [2, 3], adopt: true }).sum(1).array(); // [30, 120]
 */
export function alloc<D extends DType = 'float32'>(shape: number | readonly number[], options: DTypeOption<D> = {}): ViewOf[D] {
  checkOptions('alloc', options, dtypeOnly);
  const dtype = options.dtype === undefined ? 'float32' : asDType(options.dtype, 'alloc: dtype');
  return evaluator().allocate(sizeOf(asShape(shape, 'alloc: shape')), dtype) as ViewOf[DType] as ViewOf[D];
}

/**
 * Every element is `value`. float32, bool for a boolean, or the option `dtype`. Takes no memory: it is written into the loops
 * that use it.
 * @param shape sizes per axis; a number for one axis
 * @throws ShapeError for a shape there is not; ArgumentError when `value` is no number or boolean
 * @example
 * await wf.full([2, 2], 7).array(); // [[7, 7], [7, 7]]
 */
export function full(shape: number | readonly number[], value: boolean): WeftArray<'bool'>;
export function full<D extends DType = 'float32'>(
  shape: number | readonly number[], value: number | boolean, options?: DTypeOption<D>,
): WeftArray<D>;
export function full(shape: number | readonly number[], value: number | boolean, options: DTypeOption = {}): WeftArray {
  if (typeof value !== 'number' && typeof value !== 'boolean') throw new ArgumentError(`full: value must be a number or boolean, got ${String(value)}`);
  return filled('full', shape, value, options);
}

function filled<D extends DType>(
  name: string, shape: number | readonly number[], value: number | boolean, options: DTypeOption,
): WeftArray<D> {
  checkOptions(name, options, dtypeOnly);
  const dtype = options.dtype === undefined ? (typeof value === 'boolean' ? 'bool' : 'float32') : asDType(options.dtype, `${name}: dtype`);
  return wrap(fillExpr(value, dtype, asShape(shape, `${name}: shape`)));
}

/**
 * Every element is 0: see `full`.
 * @example
 * await wf.zeros([2], { dtype: 'int32' }).array(); // [0, 0]
 */
export const zeros = <D extends DType = 'float32'>(shape: number | readonly number[], options: DTypeOption<D> = {}): WeftArray<D> =>
  filled('zeros', shape, 0, options);

/**
 * Every element is 1: see `full`.
 * @example
 * await wf.ones(3).sum().item(); // 3
 */
export const ones = <D extends DType = 'float32'>(shape: number | readonly number[], options: DTypeOption<D> = {}): WeftArray<D> =>
  filled('ones', shape, 1, options);

/**
 * start, start + step, ... up to but not including stop, in one axis. `arange(stop)` starts at 0. float32 by default.
 * @throws ArgumentError when a number is not finite or the step is 0; DTypeError for bool
 * @example
 * await wf.arange(4).array(); // [0, 1, 2, 3]
 * await wf.arange(1, 2, 0.25).array(); // [1, 1.25, 1.5, 1.75]
 */
export function arange<D extends DType = 'float32'>(...args: ArangeArguments<D>): WeftArray<D> {
  const options = (typeof args.at(-1) === 'object' ? args.at(-1) : {}) as DTypeOption<D>;
  checkOptions('arange', options, dtypeOnly);
  const numbers = args.filter((a): a is number => typeof a === 'number');
  const [start, stop] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  const step = numbers[2] ?? 1;
  if (![start, stop, step].every(Number.isFinite) || step === 0) throw new ArgumentError(`arange: expected finite start, stop and a step other than 0, got ${numbers.join(', ')}`);
  const dtype = options.dtype === undefined ? 'float32' : asDType(options.dtype, 'arange: dtype');
  if (dtype === 'bool') throw new DTypeError('arange: not defined for bool');
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return wrap(rampExpr(count, dtype, start, step));
}
type ArangeArguments<D extends DType> =
  | [stop: number, options?: DTypeOption<D>]
  | [start: number, stop: number, options?: DTypeOption<D>]
  | [start: number, stop: number, step: number, options?: DTypeOption<D>];

type LinspaceOptions<D extends DType = DType> = DTypeOption<D> & { readonly endpoint?: boolean };

/**
 * `count` evenly spaced values from start to stop, both included (`endpoint: false` leaves stop out). float32 by default;
 * for integer dtypes the values are truncated.
 * @throws ArgumentError when start or stop is not finite, or count is no number of values
 * @example
 * await wf.linspace(0, 1, 5).array(); // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace<D extends DType = 'float32'>(
  start: number, stop: number, count = 50, options: LinspaceOptions<D> = {},
): WeftArray<D> {
  checkOptions('linspace', options, { dtype: true, endpoint: true } satisfies OptionNames<LinspaceOptions>);
  if (!Number.isFinite(start) || !Number.isFinite(stop)) throw new ArgumentError(`linspace: start and stop must be finite, got ${start} and ${stop}`);
  if (!Number.isInteger(count) || count < 0) throw new ArgumentError(`linspace: count must be a non-negative integer, got ${count}`);
  const dtype = options.dtype === undefined ? 'float32' : asDType(options.dtype, 'linspace: dtype');
  const endpoint = options.endpoint ?? true;
  const intervals = Math.max(1, endpoint ? count - 1 : count);
  const computed: DType = dtype === 'float64' ? 'float64' : 'float32';
  const step = (stop - start) / intervals;
  const spaced = [fillExpr(start, computed), fillExpr(step, computed), fillExpr(stop, computed), fillExpr(intervals, 'int32')];
  const ramp = endpoint && count > 1
    ? mapExpr(spacedFn(computed), spaced, 0, 'linspace', [count])
    : rampExpr(count, computed, start, step);
  return wrap(castExpr(ramp, dtype));
}

type EyeOptions<D extends DType = DType> = DTypeOption<D> & { readonly columns?: number; readonly k?: number };

/**
 * Ones on a diagonal, zeros elsewhere.
 * @param rows number of rows
 * @param options `columns` (default: rows), `k`: which diagonal, positive above the main one; `dtype`, float32 by default
 * @throws ShapeError for a size there is not; ArgumentError when `k` is no integer
 * @example
 * await wf.eye(2, { columns: 3, k: 1 }).array(); // [[0, 1, 0], [0, 0, 1]]
 */
export function eye<D extends DType = 'float32'>(
  rows: number, options: EyeOptions<D> = {},
): WeftArray<D> {
  checkOptions('eye', options, { dtype: true, columns: true, k: true } satisfies OptionNames<EyeOptions>);
  const shape = asShape([rows, options.columns ?? rows], 'eye: shape');
  const k = options.k ?? 0;
  if (!Number.isInteger(k)) throw new ArgumentError(`eye: k must be an integer, got ${k}`);
  const dtype = options.dtype === undefined ? 'float32' : asDType(options.dtype, 'eye: dtype');
  return wrap(mapExpr(eyeFn(dtype), [fillExpr(k, 'int32')], 0, 'eye', shape));
}

/** start + step * i. Numbers are inputs, so a new start or step compiles nothing. */
function rampExpr(count: number, dtype: DType, start: number, step: number): Expr {
  const shape: Shape = [count];
  const integer = !isFloat(dtype);
  if (integer && !(Number.isInteger(start) && Number.isInteger(step))) {
    return castExpr(rampExpr(count, 'float32', start, step), dtype);
  }
  const computed: DType = integer ? 'int32' : dtype;
  return castExpr(mapExpr(rampFn(computed), [fillExpr(start, computed), fillExpr(step, computed)], 0, 'arange', shape), dtype);
}

const rampFn = (dtype: DType): Fn => memo(`ramp:${dtype}`, () => {
  const b = new Builder();
  const i = b.cast(b.coord(0), dtype);
  const result = b.op('add', [b.read(0, dtype), b.op('mul', [i, b.read(1, dtype)])]);
  return b.fn('arange', { rank: 1, inputs: [{ name: 'start', dtype }, { name: 'step', dtype }], results: [result] });
});

/** Like a ramp, but the last element is exactly `stop`. */
const spacedFn = (dtype: DType): Fn => memo(`spaced:${dtype}`, () => {
  const b = new Builder();
  const i = b.coord(0);
  const ramp = b.op('add', [b.read(0, dtype), b.op('mul', [b.cast(i, dtype), b.read(1, dtype)])]);
  const result = b.op('select', [b.op('eq', [i, b.read(3, 'int32')]), b.read(2, dtype), ramp]);
  return b.fn('linspace', {
    rank: 1, results: [result],
    inputs: [{ name: 'start', dtype }, { name: 'step', dtype }, { name: 'stop', dtype }, { name: 'last', dtype: 'int32' }],
  });
});

const eyeFn = (dtype: DType): Fn => memo(`eye:${dtype}`, () => {
  const b = new Builder();
  const on = b.op('eq', [b.op('add', [b.coord(0), b.read(0, 'int32')]), b.coord(1)]);
  return b.fn('eye', { rank: 2, inputs: [{ name: 'k', dtype: 'int32' }], results: [b.cast(on, dtype)] });
});
