/**
 * Exponentials and logarithms of float64, in the kernel language: fdlibm's algorithms and coefficients (e_exp.c, s_expm1.c,
 * e_log.c, s_log1p.c; Sun Microsystems, freely granted) and musl's e_log2.c and e_log10.c, with branches made selections.
 * Sums of a high and a low part must be evaluated in the order written (fused multiply-add is harmless).
 */
/* eslint-disable no-loss-of-precision -- coefficients keep the digits they were published with */
declare function rint(x: number): number;
declare function ldexp(x: number, n: number): number;
declare function exponent(x: number): number;
declare function mantissa(x: number): number;
declare function float64(n: number): number;
declare function expOfParts(hi: number, lo: number): number;
declare function expm1OfParts(hi: number, lo: number): number;
declare function halfExpm1(x: number): number;
declare function logParts(x: number): [m: number, k: number];
declare function logTail(f: number): [tail: number, halfSquare: number];
declare function naturalLog(x: number, less: number): number;
declare function binaryLog(x: number, less: number): number;
declare function decimalLog(x: number, less: number): number;
declare function isOrdinary(x: number): boolean;
declare function logLimits(x: number, y: number): number;
declare function chop(x: number): number;

export const helpers = {
  /** e^(hi - lo) for |hi| <= 0.35. */
  expOfParts(hi: number, lo: number) {
    return 1 + expm1OfParts(hi, lo);
  },

  /** e^(hi - lo) - 1 for |hi| <= 0.35. */
  expm1OfParts(hi: number, lo: number) {
    const r = hi - lo;
    const z = r * r;
    const c = r - z * (1.66666666666666019037e-1 + z * (-2.77777777770155933842e-3 + z * (6.61375632143793436117e-5
      + z * (-1.65339022054652515390e-6 + z * 4.13813679705723846039e-8))));
    return r * c / (2 - c) - lo + hi;
  },

  /** (e^x - 1) / 2, which is finite as long as sinh is. For x >= -40; -0 and subnormals lose their sign and bits. */
  halfExpm1(x: number) {
    const a = Math.min(x, 710.5);
    const n = rint(a * Math.LOG2E);
    const hi = a - n * 6.93147180369123816490e-1;
    const lo = n * 1.90821492927058770002e-10;
    const r = hi - lo;
    const lost = hi - r - lo;
    const half = 0.5 * r;
    const z = r * half;
    const r1 = 1 + z * (-3.33333333333331316428e-2 + z * (1.58730158725481460165e-3 + z * (-7.93650757867487942473e-5
      + z * (4.00821782732936239552e-6 + z * -2.01099218183624371326e-7))));
    const t = 3 - r1 * half;
    const e = z * ((r1 - t) / (6 - r * t));
    const q = r - (r * (e - lost) - lost - z);
    const s = ldexp(0.25, n | 0); // 2^(n - 2)
    return 2 * (s * q + (s - 0.25));
  },

  /** x = m * 2^k with m in [sqrt(1/2), sqrt(2)), for positive normal x. */
  logParts(x: number) {
    const a = Math.max(x, 2.2250738585072014e-308); // says that it is normal
    const m = mantissa(a);
    const upper = m > Math.SQRT2;
    return [m - (upper ? 0.5 * m : 0), float64(exponent(a)) + (upper ? 1 : 0)];
  },

  /** log(1 + f) = f - h + tail with h = f * f / 2. */
  logTail(f: number) {
    const s = f / (2 + f);
    const z = s * s;
    const w = z * z;
    const r = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1))
      + z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1
        + w * 1.479819860511658591e-1)));
    const h = 0.5 * f * f;
    return [s * (h + r), h];
  },

  /** log(x / 2^less) for positive normal x. */
  naturalLog(x: number, less: number) {
    const [m, n] = logParts(x);
    const k = n - less;
    const f = m - 1;
    const [tail, h] = logTail(f);
    return tail + k * 1.90821492927058770002e-10 - h + f + k * 6.93147180369123816490e-1;
  },

  /** log2(x / 2^less) for positive normal x. */
  binaryLog(x: number, less: number) {
    const [m, n] = logParts(x);
    const k = n - less;
    const f = m - 1;
    const [tail, h] = logTail(f);
    const hi = chop(f - h);
    const lo = f - hi - h + tail;
    const high = hi * 1.4426950216293335;
    const low = (lo + hi) * 1.9259629911266174681e-8 + lo * 1.4426950216293335;
    const w = k + high;
    return low + (k - w + high) + w;
  },

  /** log10(x / 2^less) for positive normal x. */
  decimalLog(x: number, less: number) {
    const [m, n] = logParts(x);
    const k = n - less;
    const f = m - 1;
    const [tail, h] = logTail(f);
    const hi = chop(f - h);
    const lo = f - hi - h + tail;
    const high = hi * 0.4342944920063019;
    const y = k * 3.01029995663611771306e-1;
    const low = k * 3.69423907715893078616e-13 + (lo + hi) * -1.0103050052231683581e-8 + lo * 0.4342944920063019;
    const w = y + high;
    return low + (y - w + high) + w;
  },

  /** Whether x is positive and normal: where logarithms are no exception. */
  isOrdinary(x: number) {
    return x >= 2.2250738585072014e-308 && x < Infinity;
  },

  /** A logarithm y of x at the ends of its domain. */
  logLimits(x: number, y: number) {
    return x > 0 && x < Infinity ? y : x === 0 ? -Infinity : x < 0 ? NaN : x;
  },

  /** The leading 24 bits of the significand, rounded; 0 where float32 underflows. Products of two are exact. */
  chop(x: number) {
    return float64(Math.fround(x));
  },
};

export const functions = {
  exp(x: number) {
    const a = Math.min(Math.max(x, -746), 710); // beyond, results round to 0 and to Infinity
    const n = rint(a * Math.LOG2E);
    return ldexp(expOfParts(a - n * 6.93147180369123816490e-1, n * 1.90821492927058770002e-10), n | 0);
  },

  exp2(x: number) {
    const a = Math.min(Math.max(x, -1076), 1025); // beyond, results round to 0 and to Infinity
    const n = rint(a);
    const r = a - n;
    // r * ln 2 in two parts: the product of the high parts is exact.
    const high = chop(r);
    const hi = high * 0.6931471824645996;
    const lo = high * 1.904654299957767878e-9 - (r - high) * Math.LN2;
    return ldexp(expOfParts(hi, lo), n | 0);
  },

  expm1(x: number) {
    const y = 2 * halfExpm1(Math.max(x, -40));
    return Math.abs(x) < 2 ** -54 ? x : y;
  },

  log(x: number) {
    return isOrdinary(x) ? naturalLog(x, 0) : logLimits(x, naturalLog(x * 2 ** 54, 54));
  },

  log2(x: number) {
    return isOrdinary(x) ? binaryLog(x, 0) : logLimits(x, binaryLog(x * 2 ** 54, 54));
  },

  log10(x: number) {
    return isOrdinary(x) ? decimalLog(x, 0) : logLimits(x, decimalLog(x * 2 ** 54, 54));
  },

  log1p(x: number) {
    const near = x > -0.2928932188134524 && x < 0.4142135623730951; // no scaling, nothing is lost
    const u = 1 + x;
    const [m, k] = logParts(u);
    // What rounding 1 + x lost, relative to u.
    const lost = (x > 1 ? 1 - (u - x) : x - (u - 1)) / u;
    const c = near || k > 54 ? 0 : lost;
    const f = near ? x : m - 1;
    const e = near ? 0 : k;
    const [tail, h] = logTail(f);
    const y = tail + (e * 1.90821492927058770002e-10 + c) - h + f + e * 6.93147180369123816490e-1;
    const tiny = Math.abs(x) < 2 ** -54;
    return u > 0 && u < Infinity && !tiny ? y : tiny ? x : logLimits(u, x);
  },
};
