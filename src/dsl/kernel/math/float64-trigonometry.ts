/**
 * Trigonometric functions of float64 and their inverses, in the kernel language: fdlibm's kernels and coefficients (k_sin.c,
 * k_cos.c, e_asin.c; Sun Microsystems, freely granted).
 *
 * The argument is reduced by parts of pi/2 of 23 bits each, whose products with n are exact while |n| < 2^30, that is for
 * |x| < 1.6e9; the differences are then exact or compensated. Beyond, the error grows with |x|, and the result stays in
 * range. Strict evaluation order is needed (fused multiply-add is harmless). `tan` is a quotient: up to 2.1 ULP.
 */
/* eslint-disable no-loss-of-precision -- coefficients keep the digits they were published with */
declare function floatBits(x: number): number;
declare function rint(x: number): number;
declare function float64(n: number): number;
declare function reducePi(x: number): [r: number, rest: number, quadrant: number];
declare function sinOfParts(r: number, rest: number): number;
declare function cosOfParts(r: number, rest: number): number;
declare function asinSeries(z: number): number;
declare function atanTail(t: number): number;

export const helpers = {
  /** x = quadrant * pi/2 + r + rest with |r| <= pi/4, a little more for large |x|. */
  reducePi(x: number) {
    const n = rint(x * 0.6366197723675814);
    const a = x - n * 1.570796251296997070313 - n * 7.549789415861596353352e-8; // exact
    const b = n * 5.390302529957764765545e-15;
    const c = n * 3.282003668243402611955e-22;
    // Each difference with what its rounding lost.
    const r0 = a - b;
    const r1 = r0 - c;
    const low = a - r0 - b + (r0 - r1 - c) - n * -1.253699020693249989e-29;
    const r = r1 + low;
    const rest = r1 - r + low;
    return [Math.min(Math.max(r, -1), 1), Math.min(Math.max(rest, -1e-15), 1e-15), n | 0];
  },

  sinOfParts(r: number, rest: number) {
    const z = r * r;
    const w = z * z;
    const p = 8.33333333332248946124e-3 + z * (-1.98412698298579493134e-4 + z * 2.75573137070700676789e-6)
      + z * w * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10);
    const v = z * r;
    return r - (z * (0.5 * rest - v * p) - rest - v * -1.66666666666666324348e-1);
  },

  cosOfParts(r: number, rest: number) {
    const z = r * r;
    const w = z * z;
    const p = z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * 2.48015872894767294178e-5))
      + w * w * (-2.75573143513906633035e-7 + z * (2.08757232129817482790e-9 + z * -1.13596475577881948265e-11));
    const half = 0.5 * z;
    const s = 1 - half;
    return s + (1 - s - half + (z * p - r * rest));
  },

  /** asin(x) / x - 1 for z = x * x, |x| <= 1/2. */
  asinSeries(z: number) {
    const p = z * (1.66666666666666657415e-1 + z * (-3.25565818622400915405e-1 + z * (2.01212532134862925881e-1
      + z * (-4.00555345006794114027e-2 + z * (7.91534994289814532176e-4 + z * 3.47933107596021167570e-5)))));
    const q = 1 + z * (-2.40339491173441421878 + z * (2.02094576023350569471 + z * (-6.88283971605453293030e-1
      + z * 7.70381505559019352791e-2)));
    return p / q;
  },

  /** atan(t) - t for |t| <= 1/2; the polynomial was fitted for Weft (Remez, error 2^-57). */
  atanTail(t: number) {
    const z = t * t;
    return (((((((((((0.0104475871681111551 * z - 0.0279382940090155115) * z + 0.0422006661843368551) * z
      - 0.0513488236469009125) * z + 0.0586143743356928496) * z - 0.0666431685546867762) * z + 0.0769212848855590615) * z
      - 0.0909090012379752381) * z + 0.111111108344374059) * z - 0.142857142810127153) * z + 0.199999999999650955) * z
      - 0.333333333333332763) * z * t;
  },
};

export const functions = {
  sin(x: number) {
    const [r, rest, q] = reducePi(x);
    const s = sinOfParts(r, rest);
    const c = cosOfParts(r, rest);
    const y = (q & 1) === 0 ? s : c;
    return x === 0 ? x : (q & 2) === 0 ? y : -y;
  },

  cos(x: number) {
    const [r, rest, q] = reducePi(x);
    const s = sinOfParts(r, rest);
    const c = cosOfParts(r, rest);
    const y = (q & 1) === 0 ? c : s;
    return (q + 1 & 2) === 0 ? y : -y;
  },

  tan(x: number) {
    const [r, rest, q] = reducePi(x);
    const s = sinOfParts(r, rest);
    const c = cosOfParts(r, rest);
    const even = (q & 1) === 0;
    const y = (even ? s : -c) / (even ? c : s);
    return x === 0 ? x : y;
  },

  asin(x: number) {
    const a = Math.abs(x);
    const large = a > 0.5;
    const half = 0.5 * (1 - a);
    const z = large ? half : a * a;
    const s = large ? Math.sqrt(half) : a;
    const tail = asinSeries(z) * s;
    const h = 1.570796326794896558 - 2 * s;
    const lost = 1.570796326794896558 - h - 2 * s;
    const y = large ? h - (2 * tail - 6.1232339957367658861e-17 - lost) : tail + s;
    return x === 0 ? x : x < 0 ? -y : y;
  },

  acos(x: number) {
    const a = Math.abs(x);
    const large = a > 0.5;
    const half = 0.5 * (1 - a);
    const z = large ? half : x * x;
    const s = large ? Math.sqrt(half) : x;
    const p = asinSeries(z) * s + s;
    const far = x < 0 ? 3.141592653589793116 - (p + p - 1.2246467991473531772e-16) : p + p;
    return large ? far : 1.570796326794896558 - (p - 6.1232339957367658861e-17);
  },

  atan(x: number) {
    const a = Math.abs(x);
    const large = a > 2;
    const middle = a > 0.5 && !large;
    const t = (large ? -1 : middle ? a - 1 : a) / (large ? a : middle ? a + 1 : 1);
    const base = large ? 1.570796326794896558 : middle ? 0.785398163397448279 : 0;
    const low = large ? 6.1232339957367658861e-17 : middle ? 3.06161699786838294305e-17 : 0;
    const y = base + t + (atanTail(t) + low);
    return x === 0 ? x : x < 0 ? -y : y;
  },

  atan2(y: number, x: number) {
    const a = Math.abs(y);
    const b = Math.abs(x);
    const infinite = Math.max(a, b) === Infinity;
    // Infinities become 1 beside 0, or 1 and 1; large numbers are scaled so that their sum is finite.
    const scale = Math.max(a, b) > 2 ** 1020 ? 0.25 : 1;
    const p = infinite ? (a === Infinity ? 1 : 0) : a * scale;
    const q = infinite ? (b === Infinity ? 1 : 0) : b * scale;
    const lo = Math.min(p, q);
    const hi = Math.max(p, q);
    const middle = lo > 0.5 * hi;
    const d = middle ? lo + hi : hi;
    const t = (middle ? lo - hi : lo) / (d === 0 ? 1 : d);
    // The angle from the nearest multiple of pi/4, k, with its sign as the octant has it.
    const steep = a > b;
    const back = floatBits(Math.fround(x)) < 0; // -0 keeps its sign in float32
    const k0 = middle ? 1 : 0;
    const k1 = steep ? 2 - k0 : k0;
    const k = float64(back ? 4 - k1 : k1);
    const turned = steep === back ? t : -t;
    const r = k * 0.7853981633974482789995 + turned + (k * 3.0616169978683829431e-17 + atanTail(turned));
    return floatBits(Math.fround(y)) < 0 ? -r : r;
  },
};
