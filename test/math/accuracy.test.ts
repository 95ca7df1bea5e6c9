/**
 * The largest error of every function on the CPU target, in both dtypes, against BigNumbers of 64 digits. Prints the table
 * that README.md cites, and fails where a number in it is exceeded.
 *
 * BigNumbers are slow, so what they look at is chosen: in float32, the arguments at which the function is farthest from
 * the float64 one, among 130,000 of all sizes; in float64, those where it is farthest from `Math`'s, and a sample of all.
 */
import { readFileSync } from 'node:fs';
import type { BigNumber } from 'mathjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { ops } from '../../src/dsl/ops.ts';
import { compute } from '../support/compute.ts';
import { error32, formatOf, overflowing, spacing, type FloatDType } from './accuracy.ts';
import { big, exact, mathNames, type MathName } from './exact.ts';
import { samplesOf, type Samples } from './samples.ts';

const test = suite('math library, errors');

/** Largest errors that are promised: 4 where a function is hard, and for angles beyond 1e5. */
const promised = (name: MathName, x: number): number => {
  if (['pow', 'gamma', 'lgamma', 'erf', 'erfc'].includes(name)) return 4;
  return ['sin', 'cos', 'tan'].includes(name) && Math.abs(x) > 1e5 ? 4 : 2;
};

const arrayOf = (dtype: FloatDType, values: readonly number[]): wf.WeftArray =>
  wf.array(dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values));

/** The function on the CPU target. */
async function onCpu(name: MathName, dtype: FloatDType, [a, b]: Samples): Promise<ArrayLike<number>> {
  const { values } = await compute('cpu', () => {
    const x = arrayOf(dtype, a);
    if (name === 'pow' || name === 'atan2' || name === 'hypot') return x[name](arrayOf(dtype, b));
    return x[name]();
  });
  return values;
}

/** The error of `got` where `want` is the exact value: both finite, or next to the largest number. */
function errorOf(got: number, want: BigNumber, dtype: FloatDType): number {
  const near = want.toNumber();
  if (!Number.isFinite(got)) return overflowing(got, near, dtype) ? 1 : Infinity;
  if (overflowing(got, near, dtype) && Math.abs(near) > formatOf(dtype).largest) return 1;
  return want.minus(big(got)).abs().div(spacing(near, dtype)).toNumber();
}

/** Results that are exact and not a number or infinite are special.test.ts's. */
const defined = (want: number): boolean => Number.isFinite(want);

interface Worst { readonly error: number; readonly at: readonly number[] }

/** The largest error among chosen samples. */
function measure(name: MathName, dtype: FloatDType, samples: Samples, got: ArrayLike<number>, chosen: Iterable<number>): Worst {
  let worst: Worst = { error: 0, at: [] };
  for (const k of chosen) {
    const args = samples.map((column) => column[k]);
    const error = errorOf(got[k], (exact[name] as (...args: BigNumber[]) => BigNumber)(...args.map(big)), dtype);
    const limit = promised(name, args[0]);
    assert.ok(error <= limit, `${name}(${args.join(', ')}) of ${dtype} is ${got[k]}: off by ${error} ULP, ${limit} are promised`);
    if (error > worst.error) worst = { error, at: args };
  }
  return worst;
}

/** Indices of the `count` largest numbers. */
const largest = (numbers: Float64Array, count: number): number[] =>
  [...numbers.keys()].filter((k) => numbers[k] > 0).sort((a, b) => numbers[b] - numbers[a]).slice(0, count);

async function worst32(name: MathName): Promise<Worst> {
  const samples = samplesOf(name, 'float32', 60000);
  const got = await onCpu(name, 'float32', samples);
  const reference = await onCpu(name, 'float64', samples);
  const errors = Float64Array.from(reference, (want, k) => (defined(want) ? error32(got[k], want) : 0));
  return measure(name, 'float32', samples, got, largest(errors, 12));
}

async function worst64(name: MathName): Promise<Worst> {
  const samples = samplesOf(name, 'float64', 20000);
  const got = await onCpu(name, 'float64', samples);
  const [a, b = []] = samples;
  const wanted = Float64Array.from(a, (x, k) => ops[name].js(x, b[k], 0, 'float64'));
  // Next to the ends of the range the double may be one and the exact value the other.
  const usable = [...a.keys()].filter((k) => defined(wanted[k]) && samples.every((column) => defined(column[k])));
  const differences = new Float64Array(a.length);
  for (const k of usable) differences[k] = Math.abs(got[k] - wanted[k]) / spacing(wanted[k], 'float64');
  const first = usable.slice(0, 130); // the hard cases and the edges
  const some = usable.filter((_, k) => k % Math.ceil(usable.length / 60) === 0);
  return measure(name, 'float64', samples, got, new Set([...first, ...some, ...largest(differences, 30)]));
}

const measured = new Map<MathName, readonly [Worst, Worst]>();

for (const name of mathNames) {
  test(name, async () => {
    measured.set(name, [await worst32(name), await worst64(name)]);
  });
}

const upwards = (error: number): string => (Math.ceil(error * 10) / 10).toFixed(1);

test('README.md cites these errors', () => {
  const cells = [...readFileSync('README.md', 'utf8').matchAll(/`(\w+)` \| ([\d.]+) \| ([\d.]+) \|/g)];
  const cited = new Map(cells.map(([, name, ...numbers]) => [name, numbers.map(Number)]));
  console.log('| function | float32 | float64 |\n|---|---|---|');
  for (const [name, errors] of measured) {
    console.log(`| \`${name}\` | ${errors.map(({ error }) => upwards(error)).join(' | ')} |  at ${errors.map(({ at }) => at.join(', ')).join('; ')}`);
  }
  for (const [name, errors] of measured) {
    errors.forEach(({ error, at }, k) => {
      const claim = cited.get(name)?.[k] ?? 0;
      assert.ok(error <= claim, `README.md says ${claim} ULP of ${name}, but it is ${error} at ${at.join(', ')}`);
    });
  }
});

test.run();
