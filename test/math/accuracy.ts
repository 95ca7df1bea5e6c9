/** Measures errors in units in the last place. */

/** The distance between neighbouring floats of `bits` significant bits at `x`, with subnormals from 2^lowest on. */
const spacing = (x: number, bits: number, lowest: number): number => {
  const a = Math.abs(x);
  let e = Math.max(lowest + bits - 1, Math.min(1023, Math.floor(Math.log2(a || 1e-300))));
  if (2 ** e > a && e > lowest + bits - 1) e--; // log2 rounds up just below a power of two
  return 2 ** (e - bits + 1);
};
export const spacing32 = (x: number): number => spacing(x, 24, -149);
export const spacing64 = (x: number): number => spacing(x, 53, -1074);

/** The error of a float32 whose exact value is `want` (a double): Infinity where the kind of result is wrong. */
export function error32(got: number, want: number): number {
  const rounded = Math.fround(want);
  if (Object.is(got, rounded)) return Number.isFinite(rounded) ? Math.abs(got - want) / spacing32(rounded) : 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) return overflowing(got, want) ? 1 : Infinity;
  if (got === 0 && rounded === 0) return Infinity; // the sign of zero
  return Math.abs(got - want) / spacing32(rounded);
}

/** One of the two is infinite, the other is next to the largest float32. */
const overflowing = (got: number, want: number): boolean =>
  Math.abs(want) > 3.4028230e38 && Math.abs(got) > 3.4028230e38 && Math.sign(got) === Math.sign(want);

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
export const bitsOfFloat32 = (x: number): number => (view.setFloat32(0, x), view.getUint32(0));
