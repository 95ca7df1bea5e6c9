/** Errors in units in the last place, and numbers to measure them at. */

export type FloatDType = 'float32' | 'float64';

const formats = {
  float32: { digits: 24, least: -149, largest: 2 ** 127 * (2 - 2 ** -23) },
  float64: { digits: 53, least: -1074, largest: Number.MAX_VALUE },
} as const;

/** Significant bits, the exponent of the smallest number, and the largest number. */
export const formatOf = (dtype: FloatDType): (typeof formats)[FloatDType] => formats[dtype];

/** The distance between neighbouring numbers of a dtype at `x`. */
export function spacing(x: number, dtype: FloatDType): number {
  const { digits, least } = formats[dtype];
  const a = Math.abs(x);
  const lowest = least + digits - 1; // the exponent of the smallest normal number
  let e = Math.max(lowest, Math.min(1023, Math.floor(Math.log2(a || 2 ** -1074))));
  if (2 ** e > a && e > lowest) e--; // log2 rounds up just below a power of two
  return 2 ** (e - digits + 1);
}

/** The error of a float32 whose exact value is `want`, a double: Infinity where the kind of result is wrong. */
export function error32(got: number, want: number): number {
  const rounded = Math.fround(want);
  if (Object.is(got, rounded)) return Number.isFinite(rounded) ? Math.abs(got - want) / spacing(rounded, 'float32') : 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) return overflowing(got, want, 'float32') ? 1 : Infinity;
  if (got === 0 && rounded === 0) return Infinity; // the sign of zero
  return Math.abs(got - want) / spacing(rounded, 'float32');
}

/** One of the two is infinite, the other is next to the largest number. */
export function overflowing(got: number, want: number, dtype: FloatDType): boolean {
  const near = formats[dtype].largest * (1 - 2 ** -20);
  return Math.abs(want) > near && Math.abs(got) > near && Math.sign(got) === Math.sign(want);
}

/** Numbers from a fixed sequence, in [0, 1). */
export function sequence(seed = 1): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const view = new DataView(new ArrayBuffer(8));
export const float32OfBits = (bits: number): number => (view.setUint32(0, bits), view.getFloat32(0));
const float64OfBits = (bits: bigint): number => (view.setBigUint64(0, bits), view.getFloat64(0));

/** `x` and the `count` numbers of a dtype on either side of it. */
export function neighbours(x: number, dtype: FloatDType, count: number): number[] {
  if (!Number.isFinite(x)) return [x];
  const out: number[] = [];
  for (let k = -count; k <= count; k++) {
    if (dtype === 'float32') {
      view.setFloat32(0, x);
      const bits = view.getUint32(0);
      if (k >= 0 || (bits & 0x7fffffff) >= -k) out.push(float32OfBits((bits + k) >>> 0));
    } else {
      view.setFloat64(0, x);
      const bits = view.getBigUint64(0);
      if (k >= 0 || (bits & 0x7fffffffffffffffn) >= BigInt(-k)) out.push(float64OfBits(bits + BigInt(k)));
    }
  }
  return out;
}
