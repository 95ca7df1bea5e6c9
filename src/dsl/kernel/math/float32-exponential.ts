/**
 * Exponentials and logarithms of float32, in the kernel language. Straight-line: both sides of a ternary are computed, so
 * the side that is not taken may be anything but must not be slow; arguments are therefore clamped to where the result is
 * finite instead of letting it underflow step by step.
 *
 * Polynomials: fitted for Weft (exp, to a relative error of 2^-28; scripts/math-coefficients.py), Cephes (expf in halfExpm1,
 * exp2f; Moshier, public domain as distributed with netlib) and fdlibm/musl (logf, log2f, log10f, log1pf; Sun Microsystems,
 * freely granted). Products with the high parts of split constants are exact; `x - n * hi - n * lo` must be evaluated in this
 * order (fused multiply-add is harmless).
 */
declare function floatBits(x: number): number;
declare function bitsFloat(i: number): number;
declare function rint(x: number): number;
declare function ldexp(x: number, n: number): number;
declare function halfExpm1(x: number): number;
declare function logParts(x: number): [m: number, k: number];
declare function logTail(f: number): [tail: number, halfSquare: number];
declare function naturalLog(x: number, less: number): number;
declare function binaryLog(x: number, less: number): number;
declare function decimalLog(x: number, less: number): number;
declare function isOrdinary(x: number): boolean;
declare function logLimits(x: number, y: number): number;

export const helpers = {
  /** (e^x - 1) / 2, which is finite as long as sinh is. For x >= -26; -0 and subnormals lose their sign and bits. */
  halfExpm1(x: number) {
    const a = Math.min(x, 89.5);
    const n = rint(a * Math.LOG2E);
    const r = a - n * 0.693359375 - n * -2.12194440e-4;
    const p = ((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r
      + 1.6666665459e-1) * r + 5.0000001201e-1;
    const q = r + r * r * p;
    const s = ldexp(0.25, n | 0); // 2^(n - 2)
    return 2 * (s * q + (s - 0.25));
  },

  /** x = m * 2^k with m in [sqrt(1/2), sqrt(2)), for positive normal x. */
  logParts(x: number) {
    const i = floatBits(x) - 0x3f3504f3; // the bits of sqrt(1/2)
    return [bitsFloat((i & 0x7fffff) + 0x3f3504f3), Math.fround(i >> 23)];
  },

  /** log(1 + f) = f - h + tail with h = f * f / 2. */
  logTail(f: number) {
    const s = f / (2 + f);
    const z = s * s;
    const w = z * z;
    const r = z * (0.66666662693 + w * 0.28498786688) + w * (0.40000972152 + w * 0.24279078841);
    const h = 0.5 * f * f;
    return [s * (h + r), h];
  },

  /** log(x / 2^less) for positive normal x. */
  naturalLog(x: number, less: number) {
    const [m, n] = logParts(x);
    const k = n - less;
    const f = m - 1;
    const [tail, h] = logTail(f);
    return tail + k * 9.0580006145e-6 - h + f + k * 0.69313812256;
  },

  /** log2(x / 2^less) for positive normal x. */
  binaryLog(x: number, less: number) {
    const [m, n] = logParts(x);
    const f = m - 1;
    const [tail, h] = logTail(f);
    const hi = bitsFloat(floatBits(f - h) & -4096);
    const lo = f - hi - h + tail;
    return (lo + hi) * -1.7605285393e-4 + lo * 1.4428710938 + hi * 1.4428710938 + (n - less);
  },

  /** log10(x / 2^less) for positive normal x. */
  decimalLog(x: number, less: number) {
    const [m, n] = logParts(x);
    const k = n - less;
    const f = m - 1;
    const [tail, h] = logTail(f);
    const hi = bitsFloat(floatBits(f - h) & -4096);
    const lo = f - hi - h + tail;
    return k * 7.9034151668e-7 + (lo + hi) * -3.1689971365e-5 + lo * 0.43432617188 + hi * 0.43432617188 + k * 0.30102920532;
  },

  /** Whether x is positive and normal: where logarithms are no exception. */
  isOrdinary(x: number) {
    return x >= 1.1754943508222875e-38 && x < Infinity;
  },

  /** A logarithm y of x at the ends of its domain. */
  logLimits(x: number, y: number) {
    return x > 0 && x < Infinity ? y : x === 0 ? -Infinity : x < 0 ? NaN : x;
  },
};

export const functions = {
  exp(x: number) {
    const a = Math.min(Math.max(x, -104), 89); // beyond, results round to 0 and to Infinity
    const n = rint(a * Math.LOG2E);
    const r = a - n * 0.693359375 - n * -2.12194440e-4;
    const p = (((1.3814642e-3 * r + 8.36871e-3) * r + 4.1668385e-2) * r + 1.6666521e-1) * r + 4.9999994e-1;
    return ldexp(r * r * p + r + 1, n | 0);
  },

  exp2(x: number) {
    const a = Math.min(Math.max(x, -151), 129); // beyond, results round to 0 and to Infinity
    const n = rint(a);
    const r = a - n;
    const p = ((((1.535336188319500e-4 * r + 1.339887440266574e-3) * r + 9.618437357674640e-3) * r
      + 5.550332471162809e-2) * r + 2.402264791363012e-1) * r + 6.931472028550421e-1;
    return ldexp(r * p + 1, n | 0);
  },

  expm1(x: number) {
    const y = 2 * halfExpm1(Math.max(x, -26));
    return Math.abs(x) < 2 ** -25 ? x : y;
  },

  log(x: number) {
    return isOrdinary(x) ? naturalLog(x, 0) : logLimits(x, naturalLog(x * 33554432, 25));
  },

  log2(x: number) {
    return isOrdinary(x) ? binaryLog(x, 0) : logLimits(x, binaryLog(x * 33554432, 25));
  },

  log10(x: number) {
    return isOrdinary(x) ? decimalLog(x, 0) : logLimits(x, decimalLog(x * 33554432, 25));
  },

  log1p(x: number) {
    const near = x > -0.29289323 && x < 0.41421354; // 1 + x is within sqrt(2) of 1: no scaling, nothing is lost
    const u = 1 + x;
    const [m, k] = logParts(u);
    // What rounding 1 + x lost, relative to u.
    const lost = (x > 1 ? 1 - (u - x) : x - (u - 1)) / u;
    const c = near || k > 24 ? 0 : lost;
    const f = near ? x : m - 1;
    const e = near ? 0 : k;
    const [tail, h] = logTail(f);
    const y = tail + (e * 9.0580006145e-6 + c) - h + f + e * 0.69313812256;
    const tiny = Math.abs(x) < 2 ** -24;
    return u > 0 && u < Infinity && !tiny ? y : tiny ? x : logLimits(u, x);
  },
};
