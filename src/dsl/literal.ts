/** Values from outside: typed arrays, nested arrays and numbers become source nodes; results become nested arrays. */
import { isOfOtherCopy, OTHER_COPY } from './copies.ts';
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { asDType, castNumber, dtypeOf, dtypes, isInteger, type DType, type TypedArray } from './dtype.ts';
import { evaluator } from './evaluator.ts';
import { makeExpr, type Expr } from './expr.ts';
import { asShape, showShape, sizeOf, type Shape } from './shape.ts';

/** Numbers or booleans nested to any depth. */
export type NestedArray = number | boolean | readonly NestedArray[];

export interface ArrayOptions {
  /** Shape of flat data; by default the length, or the nesting. */
  readonly shape?: number | readonly number[];
  /** By default a typed array's own dtype, float32 for numbers, bool for booleans. */
  readonly dtype?: DType;
  /**
   * Take a typed array as it is instead of a copy; it must not be written to while arrays made of it are in use. Values that have
   * to be cast are copied all the same.
   */
  readonly adopt?: boolean;
}

/** Puts values into a new source node. */
export function sourceOf(data: unknown, options: ArrayOptions, argument = 'array'): Expr {
  const { values, shape, from } = flatten(data, argument);
  const dtype = options.dtype === undefined ? from : asDType(options.dtype, `${argument}: dtype`);
  const wanted = options.shape === undefined ? shape : asShape(options.shape, `${argument}: shape`);
  if (sizeOf(wanted) !== values.length) {
    throw new ShapeError(`${argument}: shape ${showShape(wanted)} needs ${sizeOf(wanted)} elements, the data has ${values.length}`);
  }
  const node = makeExpr({ kind: 'source', name: argument, dtype, shape: wanted, src: [] });
  const own = options.adopt ? asItIs(data, dtype) : undefined;
  if (own) evaluator().adopt(node, own);
  else fill(evaluator().roomFor(node), values, from, dtype);
  return node;
}

interface Flat {
  readonly values: ArrayLike<number>;
  readonly shape: Shape;
  /** The dtype the values have before any cast; plain JS numbers count as float64, taken as float32. */
  readonly from: DType;
}

function flatten(data: unknown, argument: string): Flat {
  const dtype = dtypeOf(data);
  if (dtype) return { values: data as TypedArray, shape: [(data as TypedArray).length], from: dtype };
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    throw new DTypeError(`${argument}: 64-bit integers are not supported; convert with Float64Array.from(data, Number), exact to 2^53, or Int32Array`);
  }
  if (data instanceof ArrayBuffer || data instanceof DataView) {
    throw new ArgumentError(`${argument}: an ArrayBuffer has no element type; wrap it, e.g. new Float32Array(buffer)`);
  }
  const values: number[] = [];
  const shape = shapeOf(data, argument);
  let booleans = 0;
  const visit = (x: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof x !== 'number' && typeof x !== 'boolean') throw new DTypeError(`${argument}: expected numbers or booleans, got ${describe(x)}`);
      booleans += typeof x === 'boolean' ? 1 : 0;
      values.push(Number(x));
      return;
    }
    if (!isList(x) || x.length !== shape[depth]) {
      throw new ShapeError(`${argument}: ragged nesting: at depth ${depth} expected ${shape[depth]} entries, got ${isList(x) ? x.length : describe(x)}`);
    }
    for (let k = 0; k < x.length; k++) visit(x[k], depth + 1);
  };
  visit(data, 0);
  const allBooleans = booleans > 0 && booleans === values.length;
  return { values: allBooleans ? values : Float64Array.from(values), shape, from: allBooleans ? 'bool' : 'float32' };
}

const isList = (x: unknown): x is ArrayLike<unknown> => Array.isArray(x) || dtypeOf(x) !== undefined;
const describe = (x: unknown): string =>
  (x === null ? 'null' : isOfOtherCopy(x) ? `an array among them, ${String(x)}` : typeof x === 'object' ? Object.prototype.toString.call(x) : `${typeof x} ${String(x)}`);

function shapeOf(data: unknown, argument: string): number[] {
  if (typeof data === 'number' || typeof data === 'boolean') return [];
  if (!isList(data)) throw new ArgumentError(`${argument}: expected a typed array, nested arrays or a number, got ${isOfOtherCopy(data) ? OTHER_COPY : describe(data)}`);
  const shape: number[] = [];
  for (let x: unknown = data; isList(x); x = x[0]) shape.push(x.length);
  return shape;
}

/** A typed array whose elements need no cast. */
function asItIs(data: unknown, dtype: DType): TypedArray | undefined {
  if (dtypeOf(data) !== dtype) return undefined;
  const { array } = dtypes[dtype];
  const given = data as TypedArray;
  return given instanceof array ? given : new array(given.buffer, given.byteOffset, given.length);
}

/** Numbers that do not fit an integer dtype asked for are cast by the usual rules. */
function fill(out: TypedArray, values: ArrayLike<number>, from: DType, to: DType): void {
  // Same meaning: the engine's copy is a plain move, or the float64 -> float32 rounding of the elements.
  const plain = dtypeOf(values) === to || to === 'float64' || (to === 'float32');
  if (plain) out.set(values);
  // Plain numbers arrive as doubles, so that large integers reach integer dtypes exactly.
  else for (let k = 0; k < values.length; k++) out[k] = castNumber(values[k], isInteger(from) || from === 'bool' ? from : 'float64', to);
}

/** Row-major values as nested arrays. */
export function nest(data: TypedArray, shape: Shape, dtype: DType): NestedArray {
  const value = (v: number): number | boolean => (dtype === 'bool' ? v !== 0 : v);
  let next = 0;
  const build = (depth: number): NestedArray =>
    depth === shape.length ? value(data[next++]) : Array.from({ length: shape[depth] }, () => build(depth + 1));
  return build(0);
}
