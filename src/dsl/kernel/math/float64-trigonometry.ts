/**
 * Trigonometric functions of float64 and their inverses, in the kernel language: fdlibm's kernels and coefficients (k_sin.c,
 * k_cos.c, k_tan.c, e_asin.c; Sun Microsystems, freely granted).
 *
 * The argument is reduced by parts of pi/2 of 23 bits each, whose products with n are exact while |n| < 2^30, that is for
 * |x| < 1.6e9; the differences are then exact or compensated. Larger ones are multiplied with those bits of 2/pi that
 * matter, in exact sums of products of 24 bits (Payne and Hanek, SIGNUM 1983; k_rem_pio2.c). All of that is one side of a
 * single selection, so a target may leave it out where nobody takes it. Strict evaluation order is needed (fused
 * multiply-add is harmless).
 */
/* eslint-disable no-loss-of-precision -- coefficients keep the digits they were published with */
declare function floatBits(x: number): number;
declare function rint(x: number): number;
declare function float64(n: number): number;
declare function ldexp(x: number, n: number): number;
declare function exponent(x: number): number;
declare function chop(x: number): number;
declare function twoOverPi64(word: number, offset?: number): number;
declare function reduce(x: number): [r: number, rest: number, quadrant: number];
declare function twoSum(a: number, b: number): [sum: number, lost: number];
declare function reduceLarge(x: number): [r: number, rest: number, quadrant: number];
declare function turnedSin(r: number, rest: number, quadrant: number): number;
declare function turnedTan(r: number, rest: number, quadrant: number): number;
declare function sinOfParts(r: number, rest: number): number;
declare function cosOfParts(r: number, rest: number): number;
declare function asinSeries(z: number): number;
declare function atanTail(t: number): number;

export const helpers = {
  /** x = quadrant * pi/2 + r + rest with |r| <= pi/4, for |x| < 1.6e9. */
  reduce(x: number) {
    const n = rint(x * 0.6366197723675814);
    const a = x - n * 1.570796251296997070313 - n * 7.549789415861596353352e-8; // exact
    const b = n * 5.390302529957764765545e-15;
    const c = n * 3.282003668243402611955e-22;
    // Each difference with what its rounding lost.
    const r0 = a - b;
    const r1 = r0 - c;
    const low = a - r0 - b + (r0 - r1 - c) - n * -1.253699020693249989e-29;
    const r = r1 + low;
    return [r, r1 - r + low, n | 0];
  },

  /** a + b and what it loses to rounding. */
  twoSum(a: number, b: number) {
    const sum = a + b;
    const added = sum - a;
    return [sum, a - (sum - added) + (b - added)];
  },

  /** The same for |x| >= 2^28, up to the largest. */
  reduceLarge(x: number) {
    // |x| = z * 2^(24 k - 24) with a whole z in three parts of 24 bits, the first of 28.
    const a = Math.abs(x);
    const k = (exponent(a) - 28) * 2731 >> 16; // divided by 24
    const z = ldexp(a, 24 - 24 * k);
    const z2 = Math.trunc(z * 2 ** -48);
    const z01 = z - z2 * 2 ** 48;
    const z1 = Math.trunc(z01 * 2 ** -24);
    const z0 = z01 - z1 * 2 ** 24;
    // Before word k of 2/pi, which has two words of zeros put in front, everything adds whole turns.
    const [t0, t1, t2, t3, t4] = [twoOverPi64(k), twoOverPi64(k, 1), twoOverPi64(k, 2), twoOverPi64(k, 3), twoOverPi64(k, 4)];
    const [t5, t6, t7, t8, t9] = [twoOverPi64(k, 5), twoOverPi64(k, 6), twoOverPi64(k, 7), twoOverPi64(k, 8), twoOverPi64(k, 9)];
    // The product with |x|, in quarter turns: eight sums, all exact, the first three without their whole turns.
    const s0 = z0 * t0 + z1 * t1 + z2 * t2;
    const s1 = (z0 * t1 + z1 * t2 + z2 * t3) * 2 ** -24;
    const s2 = (z0 * t2 + z1 * t3 + z2 * t4) * 2 ** -48;
    const s3 = (z0 * t3 + z1 * t4 + z2 * t5) * 2 ** -72;
    const s4 = (z0 * t4 + z1 * t5 + z2 * t6) * 2 ** -96;
    const s5 = (z0 * t5 + z1 * t6 + z2 * t7) * 2 ** -120;
    const s6 = (z0 * t6 + z1 * t7 + z2 * t8) * 2 ** -144;
    const s7 = (z0 * t7 + z1 * t8 + z2 * t9) * 2 ** -168;
    const leading = s0 - 4 * Math.floor(0.25 * s0) + (s1 - 4 * Math.floor(0.25 * s1)) + (s2 - 4 * Math.floor(0.25 * s2));
    const quarters = rint(leading);
    const [f0, lost0] = twoSum(leading - quarters, s3);
    const [f1, lost1] = twoSum(s4, s5 + (s6 + s7));
    const [f2, lost2] = twoSum(f0, f1);
    const tail = lost0 + lost1 + lost2;
    const f = f2 + tail;
    const fTail = f2 - f + tail;
    // ... times pi/2
    const fHigh = chop(f);
    const r0 = fHigh * 1.5707963705062866;
    const low = (f - fHigh) * 1.5707963705062866 + f * -4.371139000186242e-8 + fTail * 1.5707963267948966;
    const sign = a < Infinity ? (x < 0 ? -1 : 1) : NaN;
    const r = r0 + low;
    return [sign * r, sign * (r0 - r + low), (x < 0 ? -quarters : quarters) | 0];
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

  /** sin(quadrant * pi/2 + r + rest) */
  turnedSin(r: number, rest: number, quadrant: number) {
    const y = (quadrant & 1) === 0 ? sinOfParts(r, rest) : cosOfParts(r, rest);
    return (quadrant & 2) === 0 ? y : -y;
  },

  /** tan(quadrant * pi/2 + r + rest); beyond 0.6744 from its value at pi/4, the cotangent with what its rounding loses. */
  turnedTan(r: number, rest: number, quadrant: number) {
    const a = Math.abs(r);
    const big = a > 0.6744;
    const x = big ? 0.785398163397448278999 - a + (3.06161699786838301793e-17 - (r < 0 ? -rest : rest)) : r;
    const y = big ? 0 : rest;
    const z = x * x;
    const w = z * z;
    const p = 1.33333333333201242699e-1 + w * (2.18694882948595424599e-2 + w * (3.59207910759131235356e-3
      + w * (5.88041240820264096874e-4 + w * (7.81794442939557092300e-5 + w * -1.85586374855275456654e-5))));
    const v = z * (5.39682539762260521377e-2 + w * (8.86323982359930005737e-3 + w * (1.45620945432529025516e-3
      + w * (2.46463134818469906812e-4 + w * (7.14072491382608190305e-5 + w * 2.59073051863633712884e-5)))));
    const s = z * x;
    const tail = y + z * (s * (p + v) + y) + 3.33333333333334091986e-1 * s;
    const t = x + tail;
    const odd = (quadrant & 1) !== 0;
    const one = odd ? -1 : 1;
    const quotient = (big ? t * t : -1) / (big ? t + one : t);
    const far = one - 2 * (x - (quotient - tail));
    const th = chop(t);
    const qh = chop(quotient);
    const cotangent = qh + quotient * (1 + qh * th + qh * (tail - (th - x)));
    return big ? (r < 0 ? -far : far) : odd ? cotangent : t;
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
    const [r, rest, q] = reduce(x);
    const [large, largeRest, largeQ] = reduceLarge(x);
    const y = turnedSin(r, rest, q);
    return x === 0 || Math.abs(x) > 1.6e9 ? (x === 0 ? x : turnedSin(large, largeRest, largeQ)) : y;
  },

  cos(x: number) {
    const [r, rest, q] = reduce(x);
    // Of -x, so that it shares nothing with the sine of x: a target could not leave out what two selections need.
    const [large, largeRest, largeQ] = reduceLarge(-x);
    return Math.abs(x) > 1.6e9 ? turnedSin(large, largeRest, largeQ + 1) : turnedSin(r, rest, q + 1);
  },

  tan(x: number) {
    const [r, rest, q] = reduce(x);
    const [large, largeRest, largeQ] = reduceLarge(Math.abs(x)); // sharing nothing, as above
    const y = turnedTan(r, rest, q);
    const z = turnedTan(large, largeRest, largeQ);
    return x === 0 || Math.abs(x) > 1.6e9 ? (x === 0 ? x : x < 0 ? -z : z) : y;
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
    return floatBits(Math.fround(x)) < 0 ? -y : y;
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
    return floatBits(Math.fround(x)) < 0 ? -y : y;
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
