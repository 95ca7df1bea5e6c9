/**
 * What the functions of the library are, to 64 digits: mathjs on BigNumbers, and what it lacks. Arguments are exact, that is,
 * the doubles they were made of.
 */
import { all, create, type BigNumber } from 'mathjs';
import type { OpName } from '../../src/dsl/ops.ts';

const math = create(all, { number: 'BigNumber', precision: 64 });
type Exact = (...args: BigNumber[]) => BigNumber;

const number = (x: number | string): BigNumber => math.bignumber(x);
const zero = number(0), one = number(1), two = number(2), half = number(0.5);
const pi = math.pi as unknown as BigNumber;

/** A function of mathjs on BigNumbers. */
const exactly = (name: string): Exact => {
  const f = (math as unknown as Record<string, (...args: BigNumber[]) => unknown>)[name];
  return (...args) => f(...args) as BigNumber;
};
const ln = exactly('log'), exp = exactly('exp'), sin = exactly('sin'), abs = exactly('abs'), sqrt = exactly('sqrt');

/** All digits of a finite double; a BigNumber made of the number itself would take its shortest decimal form. */
export function big(x: number): BigNumber {
  if (Number.isInteger(x)) return number(BigInt(x).toString());
  const e = Math.max(-1074, Math.floor(Math.log2(Math.abs(x))) - 53);
  const whole = e < -900 ? x * 2 ** 600 * 2 ** (-e - 600) : x * 2 ** -e;
  return number(whole).times(two.pow(e));
}

/** Near 0 a function is the first terms of its series, where mathjs takes the difference of numbers that are nearly equal. */
const withSeries = (f: Exact, ...series: readonly [power: number, numerator: number, denominator: number][]): Exact => (x) => {
  if (x.abs().gt(1e-12)) return f(x);
  return series.reduce((sum, [power, a, b]) => sum.plus(x.pow(power).times(a).div(b)), x);
};

// ---- the error function ----

/** The series of positive terms: 2 / sqrt(pi) e^(-x^2) times the sum of 2^n x^(2n + 1) / (1 * 3 * ... * (2n + 1)). */
function erfSeries(x: BigNumber): BigNumber {
  const square = x.times(x).times(two);
  let term = x, sum = x;
  for (let n = 1; term.abs().gt(sum.abs().times(1e-66)); n++) {
    term = term.times(square).div(2 * n + 1);
    sum = sum.plus(term);
  }
  return sum.times(exp(x.times(x).neg())).times(two).div(sqrt(pi));
}

/** The continued fraction, for x from 5 on: e^(-x^2) / (sqrt(pi) (x + (1/2) / (x + (2/2) / (x + (3/2) / ...)))). */
function erfcFraction(x: BigNumber): BigNumber {
  let tail = x;
  for (let n = 160; n > 0; n--) tail = x.plus(number(n / 2).div(tail));
  return exp(x.times(x).neg()).div(sqrt(pi).times(tail));
}

const erf: Exact = (x) =>
  (x.abs().lt(5) ? erfSeries(x) : x.gt(0) ? one.minus(erfcFraction(x)) : erfcFraction(x.neg()).minus(one));
const erfc: Exact = (x) => (x.gt(5) ? erfcFraction(x) : one.minus(erf(x)));

// ---- the gamma function ----

/** B(2k) / (2k (2k - 1)) for k = 1, 2, ...: the coefficients of Stirling's series. */
const stirling: readonly BigNumber[] = (() => {
  const bernoulli: BigNumber[] = [one];
  const choose = (n: number, k: number): BigNumber => {
    let c = one;
    for (let j = 1; j <= k; j++) c = c.times(n - k + j).div(j);
    return c;
  };
  for (let n = 1; n <= 52; n++) {
    const sum = bernoulli.reduce((s, b, k) => s.plus(choose(n + 1, k).times(b)), zero);
    bernoulli.push(sum.div(n + 1).neg());
  }
  return Array.from({ length: 26 }, (_, j) => bernoulli[2 * j + 2].div((2 * j + 2) * (2 * j + 1)));
})();

/** log(gamma(x)) for x > 0: Stirling's series at x + n, less the logarithm of x (x + 1) ... (x + n - 1). */
function positiveLgamma(x: BigNumber): BigNumber {
  let product = one, z = x;
  for (; z.lt(45); z = z.plus(one)) product = product.times(z);
  const square = z.times(z);
  let power = z, sum = z.minus(half).times(ln(z)).minus(z).plus(half.times(ln(pi.times(two))));
  for (const c of stirling) {
    sum = sum.plus(c.div(power));
    power = power.times(square);
  }
  return sum.minus(ln(product));
}

/** sin(pi x), exact near whole numbers. */
function sinPi(x: BigNumber): BigNumber {
  const turns = x.div(two).round();
  return sin(x.minus(turns.times(two)).times(pi));
}

/** gamma(x) gamma(1 - x) = pi / sin(pi x); 64 digits leave a rest of 0. */
const lgamma: Exact = (x) => {
  if (x.eq(1) || x.eq(2)) return zero;
  return x.gt(0) ? positiveLgamma(x) : ln(pi.div(abs(sinPi(x)))).minus(positiveLgamma(one.minus(x)));
};
const gamma: Exact = (x) => (x.lt(0) && sinPi(x).lt(0) ? exp(lgamma(x)).neg() : exp(lgamma(x)));

/** 1 to 64 digits from 80 on; mathjs takes long to find that. */
const tanh: Exact = (x) => (x.abs().gt(80) ? x.div(abs(x)) : exactly('tanh')(x));

// ---- all of them ----

export const exact = {
  exp, exp2: (x) => two.pow(x), expm1: withSeries(exactly('expm1'), [2, 1, 2], [3, 1, 6], [4, 1, 24]),
  log: ln, log2: exactly('log2'), log10: exactly('log10'), log1p: withSeries(exactly('log1p'), [2, -1, 2], [3, 1, 3], [4, -1, 4]),
  sin: withSeries(sin, [3, -1, 6]), cos: exactly('cos'), tan: withSeries(exactly('tan'), [3, 1, 3]),
  asin: withSeries(exactly('asin'), [3, 1, 6]), acos: exactly('acos'), atan: withSeries(exactly('atan'), [3, -1, 3]),
  sinh: withSeries(exactly('sinh'), [3, 1, 6]), cosh: exactly('cosh'), tanh: withSeries(tanh, [3, -1, 3]),
  asinh: withSeries(exactly('asinh'), [3, -1, 6]), acosh: exactly('acosh'), atanh: withSeries(exactly('atanh'), [3, 1, 3]),
  cbrt: exactly('cbrt'), erf, erfc, gamma, lgamma,
  pow: exactly('pow'), atan2: exactly('atan2'), hypot: (x, y) => sqrt(x.times(x).plus(y.times(y))),
} as const satisfies Partial<Record<OpName, Exact>>;

export type MathName = keyof typeof exact;
export const mathNames = Object.keys(exact) as MathName[];
