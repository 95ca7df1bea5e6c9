/** What kernels may call besides `Math`. Outside a kernel, in plain JavaScript, they do the same to plain numbers. */

/**
 * The int32 of a number: truncated, modulo 2^32. (In a kernel a float beyond the range saturates.)
 * @example
 * wf.i32(-2.7); // -2
 */
export const i32 = (x: number): number => x | 0;

/**
 * The uint32 of a number: truncated, modulo 2^32. (In a kernel a float beyond the range saturates.)
 * @example
 * wf.u32(-1); // 4294967295
 */
export const u32 = (x: number): number => x >>> 0;

/**
 * The float32 nearest to a number. In a kernel, what is computed from it alone is computed in float32.
 * @example
 * wf.f32(16777217); // 16777216
 */
export const f32 = (x: number): number => Math.fround(x);

/**
 * The number itself. In a kernel it makes a float64, and what is computed from it is float64 (not on WebGPU).
 * @example
 * const third = wf.vectorize((x: number) => wf.f64(x) / 3);
 * await third(wf.array([1])).item(); // 0.3333333333333333
 */
export const f64 = (x: number): number => x;

/**
 * The turns of a parallel loop of `wf.kernel`: 0 to n - 1; `from` to `to` - 1 in steps of `step`; or all pairs of a grid. In
 * plain JavaScript they come one after the other.
 * @example
 * let pairs = 0;
 * for (const [i, j] of wf.prange([2, 3])) pairs += i * j >= 0 ? 1 : 0;
 * pairs; // 6
 */
export function prange(n: number): Iterable<number>;
export function prange(from: number, to: number, step?: number): Iterable<number>;
export function prange<const T extends readonly number[]>(sizes: T): Iterable<{ -readonly [K in keyof T]: number }>;
export function* prange(first: number | readonly number[], to?: number, step = 1): Iterable<unknown> {
  if (typeof first !== 'number') {
    const size = first.reduce((n, s) => n * s, 1);
    for (let flat = 0; flat < size; flat++) {
      let rest = flat;
      yield [...first].reverse().map((s) => {
        const at = rest % s;
        rest = Math.floor(rest / s);
        return at;
      }).reverse();
    }
    return;
  }
  const [from, end] = to === undefined ? [0, first] : [first, to];
  for (let i = from; step > 0 ? i < end : i > end; i += step) yield i;
}
