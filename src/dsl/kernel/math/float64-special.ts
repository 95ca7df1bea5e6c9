/**
 * Error functions and gamma functions of float64, in the kernel language. What a range of arguments needs is computed
 * apart from the others, up to the last selection, so that a target may leave out what nobody takes.
 *
 * All polynomials were fitted for Weft (Remez, relative errors below 2^-57). Their forms: e^(x^2) (1 + 2x) erfc(x) by a
 * polynomial in (x - k) / (x + k), after Shepherd and Laframboise (Math. Comp. 36, 1981); lgamma around its zeros at 1 and
 * 2 and by Stirling's series, as in fdlibm's e_lgamma_r.c; gamma as sqrt(2 pi) (y / e)^y h(1 / y) with y = x - 1/2.
 */
declare function rint(x: number): number;
declare function ldexp(x: number, n: number): number;
declare function chop(x: number): number;
declare function float64(n: number): number;
declare function expOfParts(hi: number, lo: number): number;
declare function exp2OfParts(hi: number, lo: number): number;
declare function log2Parts(a: number): [hi: number, lo: number];
declare function sinOfParts(r: number, rest: number): number;
declare function cosOfParts(r: number, rest: number): number;
declare function gammaZero64(index: number): number;
declare function gammaZeroLow64(index: number): number;
declare function erfSeries(z: number): number;
declare function erfcTail(a: number): number;
declare function sinPi(a: number): number;
declare function log2OverE(a: number): [hi: number, lo: number];
declare function lgammaNearZeros(x: number): number;
declare function lgammaFar(x: number): number;
declare function lgammaMiddle(x: number): number;
declare function grow(q: number, d: number, factor: number): number;

export const helpers = {
  /** erf(x) / x - 1 for z = x * x, |x| <= 0.8. */
  erfSeries(z: number) {
    return (((((((((1.1068237589240888e-8 * z - 1.582420737973896e-7) * z + 1.6416584454172067e-6) * z
      - 1.492324737714372e-5) * z + 1.2055251027516242e-4) * z - 8.548325221636253e-4) * z + 5.223977600676568e-3) * z
      - 0.02686617064314066) * z + 0.11283791670946901) * z - 0.3761263890318362) * z + 0.12837916709551256;
  },

  /** erfc(a) for a >= 0.8: e^(-a * a) with the square in two parts, times a factor near 1 / (sqrt(pi) * a). */
  erfcTail(x: number) {
    const a = Math.min(x, 28);
    const t = (a - 3) / (a + 3);
    const p = (((((((((((((((((((-1.514285262750105e-8 * t + 1.1851371509496938e-7) * t - 6.963962199562469e-8) * t
      - 6.629654273466093e-7) * t + 3.175452510047861e-7) * t + 3.5085611190346553e-6) * t - 7.20842806649116e-7) * t
      - 2.0115060549124067e-5) * t + 4.948245922468857e-6) * t + 1.25102753834821e-4) * t - 1.0515984274397656e-4) * t
      - 7.798327549618164e-4) * t + 1.888690386973583e-3) * t + 2.529391856694566e-3) * t - 0.02377051492151146) * t
      + 0.06830802734209915) * t - 0.11927366341519162) * t + 0.12964515870280088) * t - 0.0475622943534524) * t
      - 0.13562110612458142) * t + 1.2530080582697296;
    const h = chop(a);
    const square = a * a;
    const low = h * h - square + 2 * h * (a - h) + (a - h) * (a - h);
    const n = rint(square * Math.LOG2E);
    const power = expOfParts(n * 6.93147180369123816490e-1 - square, low - n * 1.90821492927058770002e-10);
    return ldexp(power * (p / (1 + 2 * a)), -n | 0);
  },

  /** sin(pi * a) for a >= 0. */
  sinPi(a: number) {
    const r = a - 2 * rint(0.5 * a);
    const quarter = rint(2 * r);
    const s = r - 0.5 * quarter;
    const h = chop(s);
    const hi = s * Math.PI;
    const lo = h * 3.1415927410125732 - hi + (s - h) * 3.1415927410125732 + s * -8.742278000372485e-8;
    const sine = sinOfParts(hi, lo);
    const cosine = cosOfParts(hi, lo);
    return quarter === 0 ? sine : quarter === 1 ? cosine : quarter === -1 ? -cosine : -sine;
  },

  /** log2(a / e), the first of the sums with 24 bits. */
  log2OverE(a: number) {
    const [hi, lo] = log2Parts(a);
    const u = hi - 1.4426950216293335;
    const first = chop(u);
    return [first, u - first + (lo - 1.9259629911266174681e-8)];
  },

  /** (1 + q) * (1 - d / factor) - 1. */
  grow(q: number, d: number, factor: number) {
    const t = -d / factor;
    return q + (t + q * t);
  },

  /**
   * lgamma(x) for x in (-17.5, -2), relative to the zero z nearest to it, whose distance d is known to the last place:
   * lgamma(x) - lgamma(z) = lgamma(x + n) - lgamma(z + n) + log of the product of (z + k) / (x + k), k < n. What is
   * before the + is d times the divided difference of a polynomial, the factors are 1 - d / (x + k).
   */
  lgammaNearZeros(x: number) {
    const m = x > -2.61 ? 2 : rint(-x); // the right one of -2 and -3: between, log|gamma| has its minimum
    const s = x + m;
    const index = 2 * (m | 0) - (s < 0 ? 4 : 3);
    const zero = gammaZero64(index);
    const d = s - zero - gammaZeroLow64(index);

    const q1 = grow(grow(0, d, m >= 17 ? s - 17 : Infinity), d, m >= 16 ? s - 16 : Infinity);
    const q2 = grow(grow(q1, d, m >= 15 ? s - 15 : Infinity), d, m >= 14 ? s - 14 : Infinity);
    const q3 = grow(grow(q2, d, m >= 13 ? s - 13 : Infinity), d, m >= 12 ? s - 12 : Infinity);
    const q4 = grow(grow(q3, d, m >= 11 ? s - 11 : Infinity), d, m >= 10 ? s - 10 : Infinity);
    const q5 = grow(grow(q4, d, m >= 9 ? s - 9 : Infinity), d, m >= 8 ? s - 8 : Infinity);
    const q6 = grow(grow(q5, d, m >= 7 ? s - 7 : Infinity), d, m >= 6 ? s - 6 : Infinity);
    const q7 = grow(grow(q6, d, m >= 5 ? s - 5 : Infinity), d, m >= 4 ? s - 4 : Infinity);
    const q8 = grow(grow(q7, d, m >= 3 ? s - 3 : Infinity), d, s - 2);
    const q = grow(grow(grow(q8, d, s + 2), d, s + 1), d, s - 1);
    // The factor of the pole itself may be near 0, where 1 - d / s would lose its digits.
    const ratio = (zero + zero * q) / s;
    const logarithm = ratio < 0.5 ? Math.log(ratio) : Math.log1p(grow(q, d, s));

    // The divided difference of lgamma(3 + s) = c0 + c1 s + ...: by Horner's rule, at the zero for its coefficients.
    const b16 = zero * -7.900011765932597e-10 + 1.5599370661361265e-9;
    const b15 = zero * b16 - 4.368504466484829e-9;
    const b14 = zero * b15 + 1.521812293288205e-8;
    const b13 = zero * b14 - 4.962103173013594e-8;
    const b12 = zero * b13 + 1.6214225000846157e-7;
    const b11 = zero * b12 - 5.369928977481537e-7;
    const b10 = zero * b11 + 1.8012689370162284e-6;
    const b9 = zero * b10 - 6.140875299014211e-6;
    const b8 = zero * b9 + 2.1388273803576792e-5;
    const b7 = zero * b8 - 7.668248264676151e-5;
    const b6 = zero * b7 + 2.8634366414770335e-4;
    const b5 = zero * b6 - 1.13555102869626e-3;
    const b4 = zero * b5 + 4.955808427781858e-3;
    const b3 = zero * b4 - 0.025685634386530955;
    const b2 = zero * b3 + 0.19746703342411326;
    const b1 = zero * b2 + 0.9227843350984671;
    const slope = (((((((((((((((-7.900011765932597e-10 * s + b16) * s + b15) * s + b14) * s + b13) * s + b12) * s + b11)
      * s + b10) * s + b9) * s + b8) * s + b7) * s + b6) * s + b5) * s + b4) * s + b3) * s + b2) * s + b1;
    return logarithm + d * slope;
  },

  /** lgamma(x) for x >= 8 and x <= -17.5, by Stirling's series and, left of 0, gamma(-a) gamma(a) = -pi / (a sin(pi a)). */
  lgammaFar(x: number) {
    const a = Math.abs(x);
    const z = 1 / a;
    const w = z * z;
    const series = (((((-1.6532321156213056e-3 * w + 8.373081770668504e-4) * w - 5.952029341350809e-4) * w
      + 7.936506668471085e-4) * w - 2.7777777776099703e-3) * w + 0.0833333333333333) * z + 0.4189385332046727;
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
    const log = first * 0.6931471824645996 + ((sum - first + lost) * Math.LN2 - first * 1.904654299957767878e-9 + series);
    // Beyond, chop would overflow.
    return a > 2 ** 100 ? a * ((h + l) * Math.LN2) : x < 0 ? -log : log;
  },

  /**
   * lgamma(x) for x in [-2, 8): rational functions of the distance u from x, x + n or x - n to one of the zeros, and the
   * logarithm of the factors between. The factors are exact.
   */
  lgammaMiddle(x: number) {
    const r = Math.floor(x + 0.25);
    const u = x - r;
    const one = r < 2;
    const p = ((((((((one ? 7.668044586580737e-6 : 0) * u + (one ? 2.1630979334271785e-3 : 0))
      * u + (one ? 0.04665169098925537 : 4.714751468781339e-5)) * u + (one ? 0.3214149518113464 : 2.708274271739981e-3))
      * u + (one ? 0.9013938009081813 : 0.0409913880241669)) * u + (one ? 0.901354292628378 : 0.25229426162770135))
      * u + (one ? -0.3715428425475045 : 0.7188230302739749)) * u + (one ? -1.2242269948661229 : 0.9276433647113242))
      * u + (one ? -0.5772156649015329 : 0.42278433509846713);
    const q = (((((((one ? 6.153501021460531e-4 : 0) * u + (one ? 0.023107501334400433 : 9.888657574940885e-6))
      * u + (one ? 0.2654913376256889 : 9.673453206795665e-4)) * u + (one ? 1.3601328305863731 : 0.021742392469717136))
      * u + (one ? 3.572939460972539 : 0.19051562015728962)) * u + (one ? 5.001882089787066 : 0.7677528024602713))
      * u + (one ? 3.545804718656382 : 1.4314067032456737)) * u + 1;
    const lower = (r > 2 ? x - 1 : r < 1 ? x : 1) * (r > 3 ? x - 2 : r < 0 ? x + 1 : 1) * (r > 4 ? x - 3 : r < -1 ? x + 2 : 1);
    const factors = lower * (r > 5 ? x - 4 : 1) * (r > 6 ? x - 5 : 1) * (r > 7 ? x - 6 : 1);
    const log = Math.log(Math.abs(factors));
    return u * (p / q) + (r > 2 ? log : -log);
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
    const a = Math.min(Math.abs(x), 200); // beyond, results are 0 or infinite
    // gamma(b) with b >= 3, by gamma(a + 3) = (a + 2) (a + 1) a gamma(a).
    const small = a < 3;
    const b = small ? a + 3 : a;
    const lost = small ? a - (b - 3) : 0;
    const y = b - 0.5;
    const w = 1 / y;
    const series = ((((((((((((((4.654872708156598e-3 * w - 0.017732601488959963) * w + 0.030138800591641153) * w
      - 0.028974461929130658) * w + 0.01557669991900996) * w - 2.711900407046769e-3) * w - 1.5721806359412808e-3) * w
      - 1.4116478708347199e-4) * w + 1.4861900509770664e-3) * w + 8.703951241082406e-5) * w - 1.9219010732186388e-3) * w
      - 2.535405311707739e-4) * w + 6.062278576900947e-3) * w + 2.1758925990914076e-3) * w - 0.10444284477628861) * w
      + 2.5066282746310007;
    const [h, l] = log2OverE(y);
    const y1 = chop(y);
    const product = y1 * h;
    const rest = (y - y1) * h + y * l + lost * (h + Math.LOG2E);
    const n = rint(product + rest);
    const m = exp2OfParts(product - n, rest) * series; // gamma(b) = m * 2^n

    const factors = small ? (a + 1) * (a + 2) : 1;
    const negative = x < 0;
    // gamma(-a) = -pi / (sin(pi a) a gamma(a))
    const quotient = (negative ? -Math.PI * factors : m) / (negative ? sinPi(a) * (small ? m : a * m) : small ? a * factors : 1);
    const value = ldexp(quotient, (negative ? -n : n) | 0);
    const whole = Math.trunc(x) === x;
    const exact = whole && value < 2 ** 50 ? rint(value) : value; // a factorial
    return Math.abs(x) < 2 ** -54 ? 1 / x : negative && whole ? NaN : exact;
  },

  lgamma(x: number) {
    const near = x < -2 && x > -17.5;
    const far = x >= 8 || x <= -17.5;
    const y = near ? lgammaNearZeros(x) : far ? lgammaFar(x) : lgammaMiddle(x);
    const pole = x <= 0 && Math.trunc(x) === x;
    return pole || x === Infinity ? Infinity : y;
  },
};
