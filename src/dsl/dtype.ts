/** Element types: their sizes, ranges, storage and promotion. The only place that knows how two dtypes meet. */
import { DTypeError } from '../errors.ts';

export type DType = 'float32' | 'float64' | 'int32' | 'uint32' | 'int16' | 'uint16' | 'int8' | 'uint8' | 'bool';

export type TypedArray =
  | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer> | Uint16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;

/** A typed array from a user, whatever buffer it views. */
export type TypedArrayInput =
  | Float32Array | Float64Array
  | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array
  | Uint8Array | Uint8ClampedArray;

/** Which JavaScript typed array holds a dtype. bool is one byte, 0 or 1. */
export interface ArrayOf {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  uint32: Uint32Array<ArrayBuffer>;
  int16: Int16Array<ArrayBuffer>;
  uint16: Uint16Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}

/** The same over memory that may be shared with threads. */
export interface ViewOf {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

interface TypedArrayConstructor<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): A;
}

export type Kind = 'float' | 'int' | 'uint' | 'bool';

export interface DTypeInfo<D extends DType = DType> {
  readonly name: D;
  readonly kind: Kind;
  readonly bytes: number;
  readonly bits: number;
  /** Smallest and largest value; -Infinity and Infinity for floats. */
  readonly min: number;
  readonly max: number;
  readonly array: TypedArrayConstructor<ArrayOf[D]>;
}

const info = <D extends DType>(name: D, kind: Kind, bytes: number, min: number, max: number, array: unknown): DTypeInfo<D> => ({
  name, kind, bytes, bits: bytes * 8, min, max, array: array as TypedArrayConstructor<ArrayOf[D]>,
});

/**
 * What is to be known of each dtype.
 * @example
 * wf.dtypes.int16.bytes; // 2
 * wf.dtypes.uint8.max; // 255
 */
export const dtypes: { readonly [D in DType]: DTypeInfo<D> } = {
  float32: info('float32', 'float', 4, -Infinity, Infinity, Float32Array),
  float64: info('float64', 'float', 8, -Infinity, Infinity, Float64Array),
  int32: info('int32', 'int', 4, -(2 ** 31), 2 ** 31 - 1, Int32Array),
  uint32: info('uint32', 'uint', 4, 0, 2 ** 32 - 1, Uint32Array),
  int16: info('int16', 'int', 2, -(2 ** 15), 2 ** 15 - 1, Int16Array),
  uint16: info('uint16', 'uint', 2, 0, 2 ** 16 - 1, Uint16Array),
  int8: info('int8', 'int', 1, -(2 ** 7), 2 ** 7 - 1, Int8Array),
  uint8: info('uint8', 'uint', 1, 0, 2 ** 8 - 1, Uint8Array),
  bool: info('bool', 'bool', 1, 0, 1, Uint8Array),
};

export const dtypeNames = Object.keys(dtypes) as DType[];
/** Small numbers for keys. */
export const dtypeCodes = Object.fromEntries(dtypeNames.map((d, k) => [d, k])) as { readonly [D in DType]: number };

export const isFloat = (d: DType): boolean => dtypes[d].kind === 'float';
export const isInteger = (d: DType): boolean => dtypes[d].kind === 'int' || dtypes[d].kind === 'uint';

/** Checks a dtype that came from outside. */
export function asDType(value: unknown, argument = 'dtype'): DType {
  if (typeof value === 'string' && Object.hasOwn(dtypes, value)) return value as DType;
  const hint = value === 'int64' || value === 'uint64'
    ? 'the web has no 64-bit integer arrays that compute; use int32, or float64 (exact to 2^53)'
    : value === 'float16'
      ? 'float16 is not available yet; use float32'
      : `use one of ${dtypeNames.join(', ')}`;
  throw new DTypeError(`${argument}: unknown dtype ${JSON.stringify(value)}; ${hint}`);
}

/** The dtype of a typed array, or undefined when it is none of ours. Uint8ClampedArray is uint8. */
export function dtypeOf(data: unknown): DType | undefined {
  if (data instanceof Uint8ClampedArray) return 'uint8';
  return dtypeNames.find((d) => d !== 'bool' && data instanceof dtypes[d].array);
}

/**
 * The dtype two arrays meet in: NumPy 2's table restricted to these dtypes. Where NumPy would go to int64 Weft stays at
 * int32, and where it would go to float64 because of 32-bit integers Weft stays at float32.
 * @example
 * wf.promote('uint8', 'int8'); // 'int16'
 * wf.promote('int32', 'float32'); // 'float32'
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const A = dtypes[a], B = dtypes[b];
  if (A.kind === 'bool') return b;
  if (B.kind === 'bool') return a;
  if (A.kind === 'float' || B.kind === 'float') return a === 'float64' || b === 'float64' ? 'float64' : 'float32';
  if (A.kind === B.kind) return A.bits > B.bits ? a : b;
  const [signed, unsigned] = A.kind === 'int' ? [A, B] : [B, A];
  const bits = Math.min(32, Math.max(signed.bits, 2 * unsigned.bits));
  return bits === 32 ? 'int32' : 'int16';
}

/** The floating dtype in which `div`, `sqrt`, `mean` and their like compute. */
export const floating = (d: DType): 'float32' | 'float64' => (d === 'float64' ? 'float64' : 'float32');

/**
 * The dtype a JS number takes beside an array: the array's own, unless it is a fraction (or not finite) among integers,
 * which makes both float32, or a number among booleans. Throws when an integer does not fit.
 */
export function weak(value: number, beside: DType): DType {
  const d = dtypes[beside];
  if (d.kind === 'float') return beside;
  if (!Number.isInteger(value)) return 'float32';
  if (d.kind === 'bool') return 'int32';
  if (value < d.min || value > d.max) {
    throw new DTypeError(`the number ${value} does not fit ${beside} (${d.min} to ${d.max}); cast the array first, e.g. x.asType('${value < 0 || value < 2 ** 31 ? 'int32' : 'float64'}')`);
  }
  return beside;
}

/** Casts one JS number: floats to integers truncate and saturate with NaN to 0; integers among themselves wrap. */
export function castNumber(value: number, from: DType, to: DType): number {
  const t = dtypes[to];
  if (to === 'float64') return value;
  if (to === 'float32') return Math.fround(value);
  if (to === 'bool') return value !== 0 ? 1 : 0; // NaN is true, as in NumPy
  if (isFloat(from)) return Number.isNaN(value) ? 0 : Math.min(t.max, Math.max(t.min, Math.trunc(value))) + 0;
  return wrapInteger(value, to);
}

/** An integer of any size reduced modulo 2^bits into the dtype's range. */
export function wrapInteger(value: number, to: DType): number {
  switch (to) {
    case 'int32': return value | 0;
    case 'uint32': return value >>> 0;
    case 'int16': return (value << 16) >> 16;
    case 'uint16': return value & 0xffff;
    case 'int8': return (value << 24) >> 24;
    case 'uint8': return value & 0xff;
    default: return value;
  }
}
