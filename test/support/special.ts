/** Values at which arithmetic goes wrong, for every dtype, and typed arrays made of them. */
import { dtypes, type DType, type TypedArray } from '../../src/dsl/dtype.ts';

/** Uniform in [0, 1), the same numbers for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const bothSigns = (values: readonly number[]): number[] => values.flatMap((v) => [v, -v]);

const floats = bothSigns([
  0, 1, 0.5, 1.5, 2.5, 3.5, 0.1, 3, 7, 10, Math.PI, Math.PI / 2, 1 - 2 ** -24, 1 + 2 ** -23, 0.25, 127.5, 128, 255, 255.5,
  32767.5, 65535.5, 2 ** 23 - 0.5, 2 ** 23 + 1, 2 ** 24, 2 ** 31 - 128, 2 ** 31, 2 ** 32 - 256, 2 ** 32, 1e10, 1e-10, 1e20, 1e-20,
  16.5, 87.5, 88.9, 104.5, Infinity,
]).concat(NaN);

/** Every boundary that a dtype has. */
export const specials: { readonly [D in DType]: readonly number[] } = {
  float32: [...floats, ...bothSigns([2 ** -149, 2 ** -127, 2 ** -126 - 2 ** -149, 2 ** -126, 3.4028234663852886e38])],
  float64: [...floats, ...bothSigns([
    2 ** -1074, 2 ** -1022 - 2 ** -1074, 2 ** -1022, Number.MAX_VALUE, 2 ** 52 + 0.5, 2 ** 53, 1e300, 1e-300, 709.5, 745.5,
  ])],
  int32: [
    0, 1, -1, 2, -2, 3, -3, 7, 31, 32, 33, -31, 100, 46341, -46341, 65536, 2 ** 24 + 1, 2 ** 30, 2 ** 31 - 1, -(2 ** 31),
    1 - 2 ** 31,
  ],
  uint32: [
    0, 1, 2, 3, 7, 31, 32, 33, 100, 65535, 65536, 2 ** 24 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 2, 2 ** 32 - 1,
  ],
  int16: [0, 1, -1, 2, -2, 3, -3, 7, 15, 16, 17, 100, 181, 182, -182, 255, 256, 32767, -32768, -32767],
  uint16: [0, 1, 2, 3, 7, 15, 16, 17, 100, 255, 256, 257, 32767, 32768, 65534, 65535],
  int8: [0, 1, -1, 2, -2, 3, -3, 5, 7, 8, 9, 11, 12, -12, 64, 100, 126, 127, -128, -127, -64],
  uint8: [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 64, 100, 127, 128, 200, 254, 255],
  bool: [0, 1],
};

/** A random value of a dtype: floats of moderate size, integers of any. */
export function anyValue(dtype: DType, next: () => number): number {
  const { kind, min, max } = dtypes[dtype];
  if (kind === 'float') return (next() < 0.5 ? -1 : 1) * 10 ** (next() * 4 - 2);
  return Math.floor(min + next() * (max - min + 1));
}

export const typed = (dtype: DType, values: readonly number[]): TypedArray => {
  const out = new dtypes[dtype].array(values.length) as TypedArray;
  out.set(values);
  return out;
};

/** Subnormals of float32, which WGSL lets a device read and write as 0. */
export const subnormal = (v: number): boolean => v !== 0 && Math.abs(v) < 2 ** -126;
