/**
 * What is known of a value of a random program without computing it: how large it can be, of which number all its elements
 * are multiples, and how far two correct targets may be apart. As long as everything fits the significand, floats are
 * exact, and targets must agree to the bit whatever order they add in.
 */
import { dtypes, type DType } from '../../src/dsl/dtype.ts';

export interface Info {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** No element is larger in magnitude. */
  readonly bound: number;
  /** All elements are multiples of this power of two; 0 when rounding has happened. */
  readonly grain: number;
  /** Two targets differ by no more than this; 0: equal. */
  readonly error: number;
}

export const isFloat = (d: DType): boolean => dtypes[d].kind === 'float';
export const isInteger = (d: DType): boolean => dtypes[d].kind === 'int' || dtypes[d].kind === 'uint';
export const exact = (x: Info): boolean => x.error === 0;
export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, s) => n * s, 1);

/** Relative error granted to one inexact float operation: the 2.5 ULP of WGSL's division and the 4 ULP of the library. */
const SLACK = 2 ** -20;
/** Larger values than this are not made: programs stay well-conditioned. */
export const LARGEST = 2 ** 22;

/** A float result whose operands are exact multiples of `grain`; it is exact itself when it fits the significand. */
export function floatInfo(dtype: DType, shape: readonly number[], bound: number, grain: number, error: number): Info {
  if (error === 0 && grain > 0 && bound <= grain * 2 ** 23) return { dtype, shape, bound, grain, error };
  return { dtype, shape, bound, grain: 0, error: error + bound * SLACK };
}

/** An integer or bool result; what does not fit has wrapped. */
export function integerInfo(dtype: DType, shape: readonly number[], bound: number): Info {
  const { min, max } = dtypes[dtype];
  const largest = Math.max(-min, max);
  return { dtype, shape, bound: bound <= max ? bound : largest, grain: 1, error: 0 };
}

export const infoOf = (dtype: DType, shape: readonly number[], bound: number, grain: number, error: number): Info =>
  isFloat(dtype) ? floatInfo(dtype, shape, bound, grain, error) : integerInfo(dtype, shape, bound);

/** The same values in another shape. */
export const reshaped = (x: Info, shape: readonly number[]): Info => ({ ...x, shape });

/** How `x` counts when it is computed with in `dtype`; undefined when the conversion would round or jump. */
export function converted(x: Info, dtype: DType): Info | undefined {
  if (x.dtype === dtype) return x;
  if (isFloat(dtype)) return isFloat(x.dtype) || x.bound <= 2 ** 23 ? { ...x, dtype } : undefined;
  if (!exact(x)) return undefined;
  if (dtype === 'bool') return integerInfo('bool', x.shape, 1);
  if (isFloat(x.dtype)) return integerInfo(dtype, x.shape, Math.min(x.bound, dtypes[dtype].max));
  // A negative number wraps to a large one.
  const wraps = dtypes[dtype].kind === 'uint' && dtypes[x.dtype].kind === 'int';
  return integerInfo(dtype, x.shape, wraps ? Infinity : x.bound);
}
