/**
 * Trigonometric functions of float32 and their inverses, in the kernel language. Polynomials: Cephes (sinf, tanf, asinf,
 * atanf; Moshier, public domain as distributed with netlib).
 *
 * The argument is reduced by parts of pi/2 of 8 bits each, whose products with n are exact while |n| < 2^16, that is for
 * |x| < 102943; the differences are then exact or compensated. Larger ones are multiplied with those bits of 2/pi that
 * matter, in integers (Payne and Hanek, SIGNUM 1983). All of that is one side of a single selection, so a target may leave
 * it out where nobody takes it. The reduction depends on strict evaluation order (fused multiply-add is harmless).
 */
/* eslint-disable no-loss-of-precision -- coefficients keep the digits they were published with */
declare function floatBits(x: number): number;
declare function bitsFloat(i: number): number;
declare function rint(x: number): number;
declare function float32(n: number): number;
declare function twoOverPi32(word: number, offset?: number): number;
declare function reduce(x: number): [r: number, rest: number, quadrant: number];
declare function upperHalf(m: number, word: number): number;
declare function reduceLarge(x: number): [r: number, rest: number, quadrant: number];
declare function turnedSin(r: number, quadrant: number): number;
declare function turnedTan(r: number, rest: number, quadrant: number): number;
declare function sinTail(r: number): number;
declare function sinPolynomial(r: number): number;
declare function cosPolynomial(r: number): number;
declare function asinSeries(z: number): number;
declare function atanTail(t: number): number;

export const helpers = {
  /** x = quadrant * pi/2 + r + rest with |r| <= pi/4, for |x| < 102943. */
  reduce(x: number) {
    const n = rint(x * 0.63661975);
    const a = x - n * 1.5703125 - n * 4.84466552734375e-4; // exact
    const b = n * -6.40749931335449219e-7;
    const c = n * 9.895302355289459e-10;
    const d = n * 2.557953848736360669e-12;
    // Each difference with what its rounding lost.
    const r0 = a - b;
    const r1 = r0 - c;
    const r2 = r1 - d;
    const low = a - r0 - b + (r0 - r1 - c) + (r1 - r2 - d) - n * 5.3903028581581190529e-15;
    const r = r2 + low;
    return [r, r2 - r + low, n | 0];
  },

  /** The upper word of the product of m < 2^24 and a word. */
  upperHalf(m: number, word: number) {
    const [m1, m0] = [m >>> 16, (m & 0xffff) >>> 0];
    const [w1, w0] = [word >>> 16, (word & 0xffff) >>> 0];
    const [outer, inner] = [m0 * w1, m1 * w0];
    const middle = (m0 * w0 >>> 16) + ((outer & 0xffff) >>> 0) + inner;
    return m1 * w1 + (outer >>> 16) + (middle >>> 16);
  },

  /** The same for |x| >= 2^16, up to the largest. */
  reduceLarge(x: number) {
    // |x| = m * 2^(e - 10); before bit e of 2/pi, which has 12 zeros put in front, everything adds whole turns.
    const bits = floatBits(Math.abs(x));
    const m = (bits & 0x7fffff | 0x800000) >>> 0;
    const e = (bits >> 23) - 140;
    const word = e >> 5;
    const shift = e & 31;
    const [t0, t1, t2, t3] = [twoOverPi32(word), twoOverPi32(word, 1), twoOverPi32(word, 2), twoOverPi32(word, 3)];
    const w2 = (t0 << shift | t1 >>> 1 >>> 31 - shift) >>> 0;
    const w1 = (t1 << shift | t2 >>> 1 >>> 31 - shift) >>> 0;
    const w0 = (t2 << shift | t3 >>> 1 >>> 31 - shift) >>> 0;
    // The product with |x|, in quarter turns: 2 bits before the point, 62 behind it.
    const lower = m * w1;
    const lo = lower + upperHalf(m, w0);
    const hi = m * w2 + upperHalf(m, w1) + (lo < lower ? 1 : 0);
    const quarters = hi + 0x20000000 >>> 30 | 0;
    // The rest, from -1/2 to 1/2 of a quarter, in three parts that are exact.
    const top = (hi | 0) - (quarters << 30);
    const p0 = float32(top >> 6) * 2 ** -24;
    const p1 = float32((top & 63) << 18 | lo >>> 14) * 2 ** -48;
    const p2 = float32(lo & 0x3fff) * 2 ** -62;
    const sum = p0 + p1;
    const tail = p1 - (sum - p0) + p2;
    const f = sum + tail;
    const fTail = sum - f + tail;
    // ... times pi/2
    const fHigh = bitsFloat(floatBits(f) & -4096);
    const r0 = fHigh * 1.5703125;
    const low = (f - fHigh) * 1.5703125 + f * 4.838267948966e-4 + fTail * 1.5707963;
    const sign = Math.abs(x) < Infinity ? (x < 0 ? -1 : 1) : NaN;
    const r = r0 + low;
    return [sign * r, sign * (r0 - r + low), x < 0 ? -quarters : quarters];
  },

  /** sin(r) - r. */
  sinTail(r: number) {
    const z = r * r;
    return ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r;
  },

  sinPolynomial(r: number) {
    return sinTail(r) + r;
  },

  cosPolynomial(r: number) {
    const z = r * r;
    return ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1;
  },

  /** sin(quadrant * pi/2 + r) */
  turnedSin(r: number, quadrant: number) {
    const y = (quadrant & 1) === 0 ? sinPolynomial(r) : cosPolynomial(r);
    return (quadrant & 2) === 0 ? y : -y;
  },

  /** tan(quadrant * pi/2 + r + rest) */
  turnedTan(r: number, rest: number, quadrant: number) {
    const z = r * r;
    const p = ((((9.38540185543e-3 * z + 3.11992232697e-3) * z + 2.44301354525e-2) * z + 5.34112807005e-2) * z
      + 1.33387994085e-1) * z + 3.33331568548e-1;
    const e = p * z * r + rest;
    const t = r + e;
    const lost = r - t + e;
    const i = -1 / t;
    return (quadrant & 1) === 0 ? t : i + i * i * lost;
  },

  /** asin(x) / x - 1 for z = x * x, |x| <= 1/2. */
  asinSeries(z: number) {
    return ((((4.2163199048e-2 * z + 2.4181311049e-2) * z + 4.5470025998e-2) * z + 7.4953002686e-2) * z
      + 1.6666752422e-1) * z;
  },

  /** atan(t) - t for |t| <= 1/2; the polynomial was fitted for Weft (Remez, error 2^-29). */
  atanTail(t: number) {
    const z = t * t;
    return ((((-0.0514981806077 * z + 0.101708115203) * z - 0.141773708208) * z + 0.199944341624) * z
      - 0.333332402126) * z * t;
  },
};

export const functions = {
  sin(x: number) {
    const [r, , q] = reduce(x);
    const [large, , largeQ] = reduceLarge(x);
    const y = turnedSin(r, q);
    return x === 0 || Math.abs(x) > 102943 ? (x === 0 ? x : turnedSin(large, largeQ)) : y;
  },

  cos(x: number) {
    const [r, , q] = reduce(x);
    // Of -x, so that it shares nothing with the sine of x: a target could not leave out what two selections need.
    const [large, , largeQ] = reduceLarge(-x);
    return Math.abs(x) > 102943 ? turnedSin(large, largeQ + 1) : turnedSin(r, q + 1);
  },

  tan(x: number) {
    const [r, rest, q] = reduce(x);
    const [large, largeRest, largeQ] = reduceLarge(Math.abs(x)); // sharing nothing, as above
    const y = turnedTan(r, rest, q);
    const z = turnedTan(large, largeRest, largeQ);
    return x === 0 || Math.abs(x) > 102943 ? (x === 0 ? x : x < 0 ? -z : z) : y;
  },

  asin(x: number) {
    const a = Math.abs(x);
    const large = a > 0.5;
    const half = 0.5 * (1 - a);
    const z = large ? half : a * a;
    const s = large ? Math.sqrt(half) : a;
    const tail = asinSeries(z) * s;
    const h = 1.5707963705062866 - 2 * s;
    const lost = 1.5707963705062866 - h - 2 * s;
    const y = large ? h - (2 * tail + 4.371139e-8 - lost) : tail + s;
    return floatBits(x) < 0 ? -y : y;
  },

  acos(x: number) {
    const a = Math.abs(x);
    const large = a > 0.5;
    const half = 0.5 * (1 - a);
    const z = large ? half : x * x;
    const s = large ? Math.sqrt(half) : x;
    const p = asinSeries(z) * s + s;
    const far = x < 0 ? 3.1415927410125732 - (p + p + 8.742278e-8) : p + p;
    return large ? far : 1.5707963705062866 - (p + 4.371139e-8);
  },

  atan(x: number) {
    const a = Math.abs(x);
    const large = a > 2;
    const middle = a > 0.5 && !large;
    const t = (large ? -1 : middle ? a - 1 : a) / (large ? a : middle ? a + 1 : 1);
    const base = large ? 1.5707963705062866 : middle ? 0.7853981852531433 : 0;
    const y = base + t + (atanTail(t) - (large ? 4.371139e-8 : middle ? 2.1855695e-8 : 0));
    return floatBits(x) < 0 ? -y : y;
  },

  atan2(y: number, x: number) {
    const a = Math.abs(y);
    const b = Math.abs(x);
    const infinite = Math.max(a, b) === Infinity;
    // Infinities become 1 beside 0, or 1 and 1; large numbers are scaled so that their sum is finite.
    const scale = Math.max(a, b) > 2 ** 125 ? 0.25 : 1;
    const p = infinite ? (a === Infinity ? 1 : 0) : a * scale;
    const q = infinite ? (b === Infinity ? 1 : 0) : b * scale;
    const lo = Math.min(p, q);
    const hi = Math.max(p, q);
    const middle = lo > 0.5 * hi;
    const d = middle ? lo + hi : hi;
    const t = (middle ? lo - hi : lo) / (d === 0 ? 1 : d);
    // The angle from the nearest multiple of pi/4, k, with its sign as the octant has it.
    const steep = a > b;
    const back = floatBits(x) < 0;
    const k0 = middle ? 1 : 0;
    const k1 = steep ? 2 - k0 : k0;
    const k = back ? 4 - k1 : k1;
    const turned = steep === back ? t : -t;
    const r = k * 0.78539824485778808594 + turned + (k * -8.14603397763e-8 + atanTail(turned));
    return floatBits(y) < 0 ? -r : r;
  },
};
