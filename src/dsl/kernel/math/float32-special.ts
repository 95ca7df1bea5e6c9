/**
 * Error functions and gamma functions of float32, in the kernel language. What a range of arguments needs is computed
 * apart from the others, up to the last selection, so that a target may leave out what nobody takes.
 *
 * All polynomials were fitted for Weft, results to a relative error below 2^-26 (scripts/math-coefficients.py prints them).
 * Their forms: e^(x^2) (1 + 2x) erfc(x) by a polynomial in (x - k) / (x + k), after Shepherd and Laframboise (Math. Comp. 36,
 * 1981); lgamma around its zeros at 1 and 2 and by Stirling's series, as in fdlibm's e_lgamma_r.c; gamma as
 * sqrt(2 pi) (y / e)^y h(1 / y) with y = x - 1/2.
 */
declare function rint(x: number): number;
declare function ldexp(p: number, n: number): number;
declare function chop(x: number): number;
declare function smallExpm1(r: number): number;
declare function exp2m1OfParts(hi: number, lo: number): number;
declare function log2Parts(a: number): [hi: number, lo: number];
declare function sinTail(r: number): number;
declare function cosPolynomial(r: number): number;
declare function gammaZero32(index: number): number;
declare function gammaZeroLow32(index: number): number;
declare function erfSeries(z: number): number;
declare function erfcTail(a: number): number;
declare function sinPi(a: number): number;
declare function log2OverE(a: number): [hi: number, lo: number];
declare function lgammaNearZeros(x: number): number;
declare function lgammaLow(x: number): number;
declare function lgammaFar(x: number): number;
declare function lgammaMiddle(x: number): number;
declare function lgammaOne(u: number): number;
declare function lgammaTwo(u: number): number;
declare function gammaMiddle(x: number): number;
declare function gammaFar(x: number): number;
declare function grow(q: number, d: number, factor: number): number;

export const helpers = {
  /** e^r - 1 for |r| <= 0.35. */
  smallExpm1(r: number) {
    const p = ((((1.9875691500e-4 * r + 1.3981999507e-3) * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r
      + 1.6666665459e-1) * r + 5.0000001201e-1;
    return r * r * p + r;
  },

  /** erf(x) / x - 1 for z = x * x, |x| <= 0.8. */
  erfSeries(z: number) {
    return (((((9.152874e-5 * z - 8.3040464e-4) * z + 5.213505e-3) * z - 0.026863838) * z + 0.112837665) * z
      - 0.37612638) * z + 0.12837917;
  },

  /** erfc(a) for a >= 0.8: e^(-a * a) with the square in two parts, times a factor near 1 / (sqrt(pi) * a). */
  erfcTail(x: number) {
    const a = Math.min(x, 10.1);
    const t = (a - 2.5) / (a + 2.5);
    const p = ((((((((4.9168465e-4 * t + 4.3528288e-4) * t - 4.3233074e-3) * t + 9.450996e-4) * t + 0.032750756) * t
      - 0.10296836) * t + 0.15763061) * t - 0.09902449) * t - 0.12235677) * t + 1.2648382;
    const h = chop(a);
    const square = h * h; // exact
    const n = rint(square * Math.LOG2E);
    const s = 1 + 2 * a;
    const factor = p / s;
    const lost = (2 * a - (s - 1)) * (factor * 0.83); // what rounding s lost, relative to s: factor * 0.83 is nearly 1 / s
    const power = smallExpm1(n * 0.693359375 - square - ((a - h) * (a + h) + n * 2.12194440e-4 + lost));
    return ldexp(factor + factor * power, -n | 0);
  },

  /** sin(pi * a) for a >= 0. */
  sinPi(a: number) {
    const r = a - 2 * rint(0.5 * a);
    const quarter = rint(2 * r);
    const s = r - 0.5 * quarter;
    const h = chop(s);
    const hi = s * Math.PI;
    const lo = h * 3.140625 - hi + (s - h) * 3.140625 + s * 9.67653589793e-4;
    const sine = hi + (sinTail(hi) + lo);
    const cosine = cosPolynomial(hi);
    return quarter === 0 ? sine : quarter === 1 ? cosine : quarter === -1 ? -cosine : -sine;
  },

  /** log2(a / e), the first of the sums with 12 bits. */
  log2OverE(a: number) {
    const [hi, lo] = log2Parts(a);
    const u = hi - 1.4423828125;
    const first = chop(u);
    return [first, u - first + (lo - 3.1222839e-4)];
  },

  /** (1 + q) * (1 - d / factor) - 1. */
  grow(q: number, d: number, factor: number) {
    const t = -d / factor;
    return q + (t + q * t);
  },

  /** lgamma(x) for x in [-2.8, -2.42], around its zeros there: by the distances from both and a polynomial. */
  lgammaLow(x: number) {
    const v = x + 2.625;
    const p = 5.702305 + ((((((((((((125141.68 * v - 61977.95) * v + 9231.203) * v - 2514.317) * v + 1850.913) * v
      - 805.408) * v + 329.66168) * v - 133.32755) * v + 63.467834) * v - 24.783863) * v + 14.588367) * v - 4.8821754) * v
      - 3.442744e-8);
    return (x + 2.4570248 - 7.447756e-8) * (x + 2.7476826 + 7.531628e-8) * p;
  },

  /**
   * lgamma(x) for x in (-10.5, -2), relative to the zero z nearest to it, whose distance d is known to the last place. It
   * is lgamma(x) - lgamma(z), or lgamma(x + n) - lgamma(z + n) and the logarithm of the product of (z + k) / (x + k) for
   * k < n. The former is d times the divided difference of a polynomial, the factors are 1 - d / (x + k).
   */
  lgammaNearZeros(x: number) {
    const m = rint(-x);
    const s = x + m;
    const index = 2 * (m | 0) - (s < 0 ? 4 : 3);
    const zero = gammaZero32(index);
    // d + dLow = s - zero
    const near = s - zero;
    const back = near + zero;
    const low = s - back + (back - near - zero) - gammaZeroLow32(index);
    const d = near + low;
    const dLow = near - d + low;

    // The divided difference of lgamma(3 + s) = c0 + c1 s + ...: by Horner's rule, at the zero for its coefficients.
    const b7 = zero * 2.7997401e-5 - 8.055208e-5;
    const b6 = zero * b7 + 2.8283172e-4;
    const b5 = zero * b6 - 1.1347331e-3;
    const b4 = zero * b5 + 4.956456e-3;
    const b3 = zero * b4 - 0.025685702;
    const b2 = zero * b3 + 0.197467;
    const b1 = zero * b2 + 0.9227843;
    const slope = ((((((2.7997401e-5 * s + b7) * s + b6) * s + b5) * s + b4) * s + b3) * s + b2) * s + b1;
    // The factors by the size of what they add, those of both signs in turn, so that the sums stay small.
    const q0 = Math.expm1(d * slope);
    const q1 = grow(grow(q0, d, m >= 3 ? s + 1 : 2 ** 100), d, s + 2);
    const q2 = grow(grow(q1, d, m >= 10 ? s - 10 : 2 ** 100), d, m >= 9 ? s - 9 : 2 ** 100);
    const q3 = grow(grow(q2, d, m >= 8 ? s - 8 : 2 ** 100), d, m >= 7 ? s - 7 : 2 ** 100);
    const q4 = grow(grow(q3, d, m >= 6 ? s - 6 : 2 ** 100), d, m >= 5 ? s - 5 : 2 ** 100);
    const q5 = grow(grow(q4, d, m >= 4 ? s - 4 : 2 ** 100), d, m >= 3 ? s - 3 : 2 ** 100);
    const q = grow(grow(q5, d, s - 2), d, s - 1);
    // The last factor, 1 + t = zero / s, matters most: t + tLow with all digits.
    const t = -d / s;
    const [th, sh] = [chop(t), chop(s)];
    const tLow = (-d - th * sh - th * (s - sh) - (t - th) * sh - (t - th) * (s - sh) - dLow) / s;
    const sum = q + t;
    const all = sum + q * t;
    const allLow = q - (sum - (sum - q)) + (t - (sum - q)) + (sum - all + q * t) + tLow;
    // Right of -2.5 those of -2 and -3 nearly cancel: (1 - d / s) (1 - d / (s + 1)) in one.
    const last = m < 3 ? grow(q, d * (s + 1 + zero), s * (s + 1)) : all;
    const ratio = (zero + zero * q) / s;
    const few = ratio < 0.3;
    const logarithm = few ? Math.log(ratio) : Math.log1p(last);
    return few || m < 3 ? logarithm : logarithm + allLow / (1 + all);
  },

  /** lgamma(x) for x >= 8 and x <= -10.5, by Stirling's series and, left of 0, gamma(-a) gamma(a) = -pi / (a sin(pi a)). */
  lgammaFar(x: number) {
    const a = Math.abs(x);
    const z = 1 / a;
    const w = z * z;
    const series = (-2.7655184e-3 * w + 0.083333306) * z + 0.4189385332046727;
    const [h, l] = log2OverE(a);
    const y = a - 0.5;
    const y1 = chop(y);
    const product = y1 * h;
    const rest = (y - y1) * h + y * l;
    const [p, q] = x < 0 ? log2Parts(Math.abs(sinPi(a)) * a * 0.3183098861837907) : [0, 0];
    const sum = product + p;
    const added = sum - product;
    const lost = product - (sum - added) + (p - added) + (rest + q);
    const first = chop(sum);
    const log = first * 0.693115234375 + ((sum - first + lost) * Math.LN2 + first * 3.1946185e-5 + series);
    // Beyond, the product would overflow.
    return a > 2 ** 100 ? a * ((h + l) * Math.LN2) : x < 0 ? -log : log;
  },

  /** lgamma(1 + u) for u in [-1/4, 3/4], by u (1 - u) times a polynomial. */
  lgammaOne(u: number) {
    const v = u - 0.25;
    const p = 0.52411646 + ((((((((((7.0275944e-3 * v - 9.185663e-3) * v + 7.750456e-3) * v - 0.011072068) * v
      + 0.016933551) * v - 0.024401931) * v + 0.03615236) * v - 0.05626914) * v + 0.09456588) * v - 0.18455844) * v
      + 3.89883e-9);
    return u * (u - 1) * p;
  },

  /** lgamma(2 + u) for u in [-1/4, 3/4], by u times a polynomial. */
  lgammaTwo(u: number) {
    const v = u - 0.25;
    const p = 0.49948686 + (((((((2.5423797e-4 * v - 6.358655e-4) * v + 1.6065096e-3) * v - 4.6554054e-3) * v
      + 0.014689155) * v - 0.054295763) * v + 0.2922384) * v - 1.2661013e-9);
    return u * p;
  },

  /** lgamma(x) for x in [-2, 8), from where it is near one of the zeros at 1 and 2: the factors between are exact. */
  lgammaMiddle(x: number) {
    const r = Math.floor(x + 0.25);
    const u = x - r;
    const lower = (r > 2 ? x - 1 : r < 1 ? x : 1) * (r > 3 ? x - 2 : r < 0 ? x + 1 : 1) * (r > 4 ? x - 3 : r < -1 ? x + 2 : 1);
    const factors = lower * (r > 5 ? x - 4 : 1) * (r > 6 ? x - 5 : 1) * (r > 7 ? x - 6 : 1);
    const log = Math.log(Math.abs(factors));
    return (r < 2 ? lgammaOne(u) : lgammaTwo(u)) + (r > 2 ? log : 0 - log); // not -0 at 1
  },

  /** gamma(x) for x in [-3.25, 3.75), from the interval around 1: the factors between are exact. */
  gammaMiddle(x: number) {
    const r = Math.floor(x + 0.25);
    const rest = smallExpm1(lgammaOne(x - r));
    const above = (r > 1 ? x - 1 : 1) * (r > 2 ? x - 2 : 1);
    const below = (r < 1 ? x : 1) * (r < 0 ? x + 1 : 1) * (r < -1 ? x + 2 : 1) * (r < -2 ? x + 3 : 1);
    return (above + above * rest) / below;
  },

  /** gamma(x) for x >= 3.75 and x < -3.25, there by gamma(-a) = -pi / (sin(pi a) gamma(a + 1)). */
  gammaFar(x: number) {
    const a = Math.min(Math.abs(x), 50); // beyond, results are 0 or infinite
    const negative = x < 0;
    const b = negative ? a + 1 : a;
    const y = b - 0.5;
    const w = 1 / y;
    const series = 2.5066283 + (((((-9.51161e-4 * w - 7.852136e-4) * w + 6.186249e-3) * w + 2.1620234e-3) * w
      - 0.10444215) * w - 1.2030169e-8);
    const [h, l] = log2OverE(y);
    const y1 = chop(y);
    const product = y1 * h;
    // What rounding a + 1 and pi lost.
    const lost = negative ? (a - (b - 1)) * (h + Math.LOG2E) + 4.0e-8 : 0;
    const rest = (y - y1) * h + (y * l + lost);
    const n = rint(product + rest);
    const m = series + series * exp2m1OfParts(product - n, rest); // gamma(b) = m * 2^n
    return negative ? ldexp(-Math.PI / (sinPi(Math.abs(x)) * m), -n | 0) : ldexp(m, n | 0);
  },
};

export const functions = {
  erf(x: number) {
    const a = Math.abs(x);
    const tail = 1 - erfcTail(a);
    return a < 0.8 ? x + x * erfSeries(x * x) : x < 0 ? -tail : tail;
  },

  erfc(x: number) {
    const a = Math.abs(x);
    const y = x * erfSeries(x * x);
    const near = x < 0.25 ? 1 - (x + y) : 0.5 - (x - 0.5 + y);
    const tail = erfcTail(a);
    return a < 0.8 ? near : x < 0 ? 2 - tail : tail;
  },

  gamma(x: number) {
    const y = x >= -3.25 && x < 3.75 ? gammaMiddle(x) : gammaFar(x);
    const whole = Math.trunc(x) === x;
    return whole && x < 0 ? NaN : whole && y < 2 ** 22 ? rint(y) : y; // factorials are exact
  },

  lgamma(x: number) {
    const near = x < -2 && x > -10.5;
    const far = x >= 8 || x <= -10.5;
    const low = x >= -2.8 && x <= -2.42;
    const y = low ? lgammaLow(x) : near ? lgammaNearZeros(x) : far ? lgammaFar(x) : lgammaMiddle(x);
    const pole = x <= 0 && Math.trunc(x) === x;
    return pole || x === Infinity ? Infinity : y;
  },
};
