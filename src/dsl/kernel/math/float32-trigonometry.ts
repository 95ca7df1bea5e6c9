/**
 * Trigonometric functions of float32 and their inverses, in the kernel language. Polynomials: Cephes (sinf, tanf, asinf,
 * atanf; Moshier, public domain as distributed with netlib).
 *
 * The argument is reduced by parts of pi/2 of 8 bits each, whose products with n are exact while |n| < 2^16, that is for
 * |x| < 102943; the differences are then exact or compensated. Beyond, the error grows with |x|, and the result stays in
 * range. The reduction depends on strict evaluation order (fused multiply-add is harmless).
 */
/* eslint-disable no-loss-of-precision -- coefficients keep the digits they were published with */
declare function floatBits(x: number): number;
declare function rint(x: number): number;
declare function reducePi(x: number): [r: number, rest: number, quadrant: number];
declare function sinPolynomial(r: number): number;
declare function cosPolynomial(r: number): number;
declare function asinSeries(z: number): number;
declare function atanTail(t: number): number;

export const helpers = {
  /** x = quadrant * pi/2 + r + rest with |r| <= pi/4, a little more for large |x|. */
  reducePi(x: number) {
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
    const rest = r2 - r + low;
    return [Math.min(Math.max(r, -1), 1), Math.min(Math.max(rest, -1e-7), 1e-7), n | 0];
  },

  sinPolynomial(r: number) {
    const z = r * r;
    return ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  },

  cosPolynomial(r: number) {
    const z = r * r;
    return ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1;
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
    const [r, , q] = reducePi(x);
    const s = sinPolynomial(r);
    const c = cosPolynomial(r);
    const y = (q & 1) === 0 ? s : c;
    return x === 0 ? x : (q & 2) === 0 ? y : -y;
  },

  cos(x: number) {
    const [r, , q] = reducePi(x);
    const s = sinPolynomial(r);
    const c = cosPolynomial(r);
    const y = (q & 1) === 0 ? c : s;
    return (q + 1 & 2) === 0 ? y : -y;
  },

  tan(x: number) {
    const [r, rest, q] = reducePi(x);
    const z = r * r;
    const p = ((((9.38540185543e-3 * z + 3.11992232697e-3) * z + 2.44301354525e-2) * z + 5.34112807005e-2) * z
      + 1.33387994085e-1) * z + 3.33331568548e-1;
    const e = p * z * r + rest;
    const t = r + e;
    const lost = r - t + e;
    const i = -1 / t;
    const y = (q & 1) === 0 ? t : i + i * i * lost;
    return x === 0 ? x : y;
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
    return x === 0 ? x : x < 0 ? -y : y;
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
    return x === 0 ? x : x < 0 ? -y : y;
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
