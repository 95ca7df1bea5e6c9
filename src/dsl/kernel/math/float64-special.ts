/**
 * Error functions and gamma functions of float64, in the kernel language. What a range of arguments needs is computed
 * apart from the others, up to the last selection, so that a target may leave out what nobody takes.
 *
 * All polynomials were fitted for Weft, results to a relative error below 2^-56 (scripts/math-coefficients.py prints them).
 * Their forms: e^(x^2) (1 + 2x) erfc(x) by a polynomial in (x - k) / (x + k), after Shepherd and Laframboise (Math. Comp. 36,
 * 1981); lgamma around its zeros at 1 and 2 and by Stirling's series, as in fdlibm's e_lgamma_r.c; gamma as
 * sqrt(2 pi) (y / e)^y h(1 / y) with y = x - 1/2.
 */
declare function rint(x: number): number;
declare function ldexp(x: number, n: number): number;
declare function chop(x: number): number;
declare function expm1OfParts(hi: number, lo: number): number;
declare function exp2m1OfParts(hi: number, lo: number): number;
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
declare function lgammaLow(x: number): number;
declare function lgammaFar(x: number): number;
declare function lgammaMiddle(x: number): number;
declare function lgammaOne(u: number): number;
declare function lgammaTwo(u: number): number;
declare function gammaMiddle(x: number): number;
declare function gammaFar(x: number): number;
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
    const square = h * h; // exact
    const n = rint(square * Math.LOG2E);
    const s = 1 + 2 * a;
    const factor = p / s;
    const lost = (2 * a - (s - 1)) * (factor * 0.83); // what rounding s lost, relative to s: factor * 0.83 is nearly 1 / s
    const power = expm1OfParts(n * 6.93147180369123816490e-1 - square, (a - h) * (a + h) - n * 1.90821492927058770002e-10 + lost);
    return ldexp(factor + factor * power, -n | 0);
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
    return [first, u - first + (lo - 1.9259629911266175e-8)];
  },

  /** (1 + q) * (1 - d / factor) - 1. */
  grow(q: number, d: number, factor: number) {
    const t = -d / factor;
    return q + (t + q * t);
  },

  /** lgamma(x) for x in [-2.8, -2.42], around its zeros there: by the distances from both and a polynomial. */
  lgammaLow(x: number) {
    const v = x + 2.625;
    const p = 5.7023048246997785 + ((((((((((((((((((((((((((((8.391187515359294e11 * v - 5.3697338398138293e11) * v
      - 9.883596705859615e9) * v + 5.8820099089452545e10) * v + 2.6620100293326087e9) * v - 7.427383469482238e9) * v
      + 1.1225007824237313e9) * v - 1199234.1752803524) * v + 8.230295316186148e7) * v - 5.198021977102993e7) * v
      + 1.7837404637786563e7) * v - 6430970.701501378) * v + 2605253.802472247) * v - 1046859.5139583983) * v
      + 416128.2721693457) * v - 166024.8138158233) * v + 66772.68595914169) * v - 26888.07046172759) * v
      + 10957.449358997826) * v - 4450.03195919281) * v + 1853.6440132591165) * v - 757.7808034963695) * v
      + 328.89770671449287) * v - 133.88363180669384) * v + 63.47769903219068) * v - 24.781102436117298) * v
      + 14.588330928660467) * v - 4.882179481432863) * v + 2.9370196082589986e-16);
    return (x + 2.4570247382208006 + 3.7075610815513266e-17) * (x + 2.7476826467274127 - 9.055340329338315e-17) * p;
  },

  /**
   * lgamma(x) for x in (-17.5, -2), relative to the zero z nearest to it, whose distance d is known to the last place. It
   * is lgamma(x) - lgamma(z), or lgamma(x + n) - lgamma(z + n) and the logarithm of the product of (z + k) / (x + k) for
   * k < n. The former is d times the divided difference of a polynomial, the factors are 1 - d / (x + k).
   */
  lgammaNearZeros(x: number) {
    const m = rint(-x);
    const s = x + m;
    const index = 2 * (m | 0) - (s < 0 ? 4 : 3);
    const zero = gammaZero64(index);
    // d + dLow = s - zero
    const near = s - zero;
    const back = near + zero;
    const low = s - back + (back - near - zero) - gammaZeroLow64(index);
    const d = near + low;
    const dLow = near - d + low;

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
    // The factors by the size of what they add, those of both signs in turn, so that the sums stay small.
    const q0 = Math.expm1(d * slope);
    const q1 = grow(grow(q0, d, m >= 3 ? s + 1 : 2 ** 100), d, s + 2);
    const q2 = grow(q1, d, m >= 17 ? s - 17 : 2 ** 100);
    const q3 = grow(grow(q2, d, m >= 16 ? s - 16 : 2 ** 100), d, m >= 15 ? s - 15 : 2 ** 100);
    const q4 = grow(grow(q3, d, m >= 14 ? s - 14 : 2 ** 100), d, m >= 13 ? s - 13 : 2 ** 100);
    const q5 = grow(grow(q4, d, m >= 12 ? s - 12 : 2 ** 100), d, m >= 11 ? s - 11 : 2 ** 100);
    const q6 = grow(grow(q5, d, m >= 10 ? s - 10 : 2 ** 100), d, m >= 9 ? s - 9 : 2 ** 100);
    const q7 = grow(grow(q6, d, m >= 8 ? s - 8 : 2 ** 100), d, m >= 7 ? s - 7 : 2 ** 100);
    const q8 = grow(grow(q7, d, m >= 6 ? s - 6 : 2 ** 100), d, m >= 5 ? s - 5 : 2 ** 100);
    const q9 = grow(grow(q8, d, m >= 4 ? s - 4 : 2 ** 100), d, m >= 3 ? s - 3 : 2 ** 100);
    const q = grow(grow(q9, d, s - 2), d, s - 1);
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
    const log = first * 0.6931471824645996 + ((sum - first + lost) * Math.LN2 - first * 1.904654299957768e-9 + series);
    // Beyond, chop would overflow.
    return a > 2 ** 100 ? a * ((h + l) * Math.LN2) : x < 0 ? -log : log;
  },

  /** lgamma(1 + u) for u in [-1/4, 3/4], by u (1 - u) times a polynomial. */
  lgammaOne(u: number) {
    const v = u - 0.25;
    const p = 0.5241164609163369 + ((((((((((((((((((((((((2.5640117727107815e-4 * v - 3.1830431894037394e-4) * v
      + 1.2665687555489561e-5) * v - 3.9219444927464194e-5) * v + 3.285825645250618e-4) * v - 4.1546180995925304e-4) * v
      + 4.3468091258651786e-4) * v - 5.778095355098135e-4) * v + 7.910327822901994e-4) * v - 1.0460680706052168e-3) * v
      + 1.385186704385292e-3) * v - 1.8482801068745935e-3) * v + 2.4778173116313455e-3) * v - 3.3387072021397427e-3) * v
      + 4.526878676715113e-3) * v - 6.1839670137604184e-3) * v + 8.525117456312991e-3) * v - 0.01188823815300368) * v
      + 0.01682767908032975) * v - 0.024308805041096258) * v + 0.03615879797542222) * v - 0.0562734072737932) * v
      + 0.09456573803301084) * v - 0.1845583844368161) * v - 4.0258483592456245e-17);
    return u * (u - 1) * p;
  },

  /** lgamma(2 + u) for u in [-1/4, 3/4], by u times a polynomial. */
  lgammaTwo(u: number) {
    const v = u - 0.25;
    const p = 0.4994868595695864 + (((((((((((((((((3.691759344973006e-8 * v - 8.301985684376172e-8) * v
      + 1.569497318198336e-7) * v - 3.822718040713017e-7) * v + 9.422909501636053e-7) * v - 2.2855143051421657e-6) * v
      + 5.583459532197675e-6) * v - 1.3771497122358024e-5) * v + 3.433621942175786e-5) * v - 8.680585644666027e-5) * v
      + 2.235200824977411e-4) * v - 5.901656731995803e-4) * v + 1.6148854204903764e-3) * v - 4.6626266712413295e-3) * v
      + 0.014688323717317951) * v - 0.05429540385214969) * v + 0.29223842821659285) * v - 6.5272317662959386e-18);
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
    const rest = expm1OfParts(lgammaOne(x - r), 0);
    const above = (r > 1 ? x - 1 : 1) * (r > 2 ? x - 2 : 1);
    const below = (r < 1 ? x : 1) * (r < 0 ? x + 1 : 1) * (r < -1 ? x + 2 : 1) * (r < -2 ? x + 3 : 1);
    return (above + above * rest) / below;
  },

  /** gamma(x) for x >= 3.75 and x < -3.25, there by gamma(-a) = -pi / (sin(pi a) gamma(a + 1)). */
  gammaFar(x: number) {
    const a = Math.min(Math.abs(x), 200); // beyond, results are 0 or infinite
    const negative = x < 0;
    const b = negative ? a + 1 : a;
    const y = b - 0.5;
    const w = 1 / y;
    const series = 2.5066282746310007 + ((((((((((((((-4.818621061535882e-3 * w + 0.013975976173478333) * w
      - 0.016912641822816328) * w + 9.599988301728958e-3) * w - 6.395498964683111e-4) * w - 2.0884767677947485e-3) * w
      - 4.774539113123299e-5) * w + 1.4739239799975111e-3) * w + 8.819510908607883e-5) * w - 1.9219774545079949e-3) * w
      - 2.5353711582616156e-4) * w + 6.062278479237672e-3) * w + 2.1758926007267045e-3) * w - 0.10444284477630242) * w
      - 1.4918305347255467e-16);
    const [h, l] = log2OverE(y);
    const y1 = chop(y);
    const product = y1 * h;
    // What rounding a + 1 and pi lost.
    const lost = negative ? (a - (b - 1)) * (h + Math.LOG2E) - 5.6e-17 : 0;
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
    return whole && x < 0 ? NaN : whole && y < 2 ** 50 ? rint(y) : y; // factorials are exact
  },

  lgamma(x: number) {
    const near = x < -2 && x > -17.5;
    const far = x >= 8 || x <= -17.5;
    const low = x >= -2.8 && x <= -2.42;
    const y = low ? lgammaLow(x) : near ? lgammaNearZeros(x) : far ? lgammaFar(x) : lgammaMiddle(x);
    const pole = x <= 0 && Math.trunc(x) === x;
    return pole || x === Infinity ? Infinity : y;
  },
};
