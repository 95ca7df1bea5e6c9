/** The float64 math library against BigNumbers of 80 digits. */
import { all, create, type BigNumber } from 'mathjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { libraryFn } from '../../src/dsl/kernel/math/index.ts';
import type { OpName } from '../../src/dsl/ops.ts';
import { scalarFunction } from '../kernel/evaluate.ts';
import { sequence, spacing64 } from './accuracy.ts';

const test = suite('math library, float64');
const math = create(all, { number: 'BigNumber', precision: 80 });
/** The exact value of a double: a BigNumber made of the number itself would take its shortest decimal form. */
function big(x: number): BigNumber {
  const e = x === 0 ? 0 : Math.floor(Math.log2(Math.abs(x))) - 53;
  const whole = e < -900 ? x * 2 ** 600 * 2 ** (-e - 600) : x * 2 ** -e;
  return math.bignumber(whole).times(math.bignumber(2).pow(e));
}
type Exact = (...args: BigNumber[]) => BigNumber;

/** A function of mathjs on BigNumbers. */
const exactly = (name: string): Exact => {
  const f = (math as unknown as Record<string, (...args: BigNumber[]) => unknown>)[name];
  return (...args) => f(...args) as BigNumber;
};

type Random = () => number;
interface Case {
  readonly op: OpName;
  /** Largest error, in ULP. */
  readonly bound: number;
  readonly sample: (random: Random, k: number) => number[];
  readonly exact?: Exact;
}

/** Of every size up to `largest`, both signs; half of them near 1, where branches meet. */
const upTo = (largest: number) => (random: Random, k: number): number[] =>
  [(random() < 0.5 ? -1 : 1) * (k % 2 ? random() * Math.min(3, largest) : largest * 2 ** (-50 * random() ** 2))];
const positive = (random: Random, k: number): number[] => [k % 2 ? random() * 3 : 2 ** (random() * 2000 - 1000)];
const angle = (random: Random, k: number): number[] =>
  k % 3 ? upTo(1.6e9)(random, k) : [Math.round(random() * 1e9 * random() ** 4) * Math.PI / 2];
const pair = (random: Random, k: number): number[] =>
  [upTo(k % 3 ? 4 : 1e100)(random, k)[0], upTo(k % 3 ? 4 : 1e100)(random, k + 1)[0]];
const basePower = (random: Random, k: number): number[] => {
  const base = k % 2 ? 1 + (random() - 0.5) * 0.1 : positive(random, k)[0];
  return [base, (random() * 2040 - 1020) / Math.log2(base)];
};

const cases: readonly Case[] = [
  { op: 'exp', bound: 1.0, sample: upTo(708) },
  { op: 'exp2', bound: 1.0, sample: upTo(1020), exact: (x) => exactly('pow')(big(2), x) },
  { op: 'expm1', bound: 1.5, sample: upTo(708) },
  { op: 'log', bound: 1.0, sample: positive },
  { op: 'log2', bound: 1.0, sample: positive },
  { op: 'log10', bound: 1.0, sample: positive },
  { op: 'log1p', bound: 1.0, sample: (random, k) => (k % 2 ? [random() * 2 - 1] : [Math.abs(upTo(1e9)(random, k)[0])]) },
  { op: 'sin', bound: 1.0, sample: angle },
  { op: 'cos', bound: 1.0, sample: angle },
  { op: 'tan', bound: 2.5, sample: angle },
  { op: 'asin', bound: 1.3, sample: upTo(1) },
  { op: 'acos', bound: 1.3, sample: upTo(1) },
  { op: 'atan', bound: 1.7, sample: upTo(1e6) },
  { op: 'sinh', bound: 1.5, sample: upTo(708) },
  { op: 'cosh', bound: 1.6, sample: upTo(708) },
  { op: 'tanh', bound: 1.5, sample: upTo(25) },
  { op: 'asinh', bound: 1.8, sample: upTo(1e12) },
  { op: 'acosh', bound: 2.0, sample: (random, k) => [1 + Math.abs(upTo(1e9)(random, k)[0])] },
  { op: 'atanh', bound: 1.2, sample: upTo(1) },
  { op: 'cbrt', bound: 1.1, sample: upTo(1e300) },
  { op: 'pow', bound: 1.0, sample: basePower },
  { op: 'atan2', bound: 1.8, sample: pair },
  { op: 'hypot', bound: 1.3, sample: pair },
];

for (const { op, bound, sample, exact = exactly(op) } of cases) {
  test(`${op} is within ${bound} ULP`, () => {
    const fn = libraryFn(op, 'float64');
    if (!fn) throw new Error(`${op} is not in the library`);
    const f = scalarFunction(fn);
    const random = sequence();
    let worst = 0, at: number[] = [];
    for (let k = 0; k < 240; k++) {
      const args = sample(random, k);
      const want = exact(...args.map(big));
      const got = f(...args);
      const error = Number.isFinite(got) ? want.minus(big(got)).abs().div(spacing64(want.toNumber())).toNumber() : Infinity;
      if (error > worst) [worst, at] = [error, args];
    }
    console.log(`  ${op.padEnd(6)} float64  ${worst.toFixed(3)} ULP at ${at.join(', ')}`);
    assert.ok(worst <= bound, `${op}(${at.join(', ')}) = ${f(...at)}: ${worst} ULP`);
  });
}

test('sine and cosine of huge arguments stay in range', () => {
  for (const op of ['sin', 'cos'] as const) {
    const fn = libraryFn(op, 'float64');
    const f = fn ? scalarFunction(fn) : () => NaN;
    for (const x of [1e10, 1e20, 1e100, 1.7e308]) assert.ok(Math.abs(f(x)) <= 1, `${op}(${x}) = ${f(x)}`);
  }
});

test.run();
