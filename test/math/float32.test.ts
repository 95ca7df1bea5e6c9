/**
 * The float32 math library against Math.* in double precision (whose own error is below 2^-28 ULP of float32): all
 * functions stay within 2 ULP over floats of every size, and around the ends of their branches.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { libraryFn } from '../../src/dsl/kernel/math/index.ts';
import type { OpName } from '../../src/dsl/ops.ts';
import { scalarFunction } from '../kernel/evaluate.ts';
import { bitsOfFloat32, error32, float32OfBits, sequence } from './accuracy.ts';

const test = suite('math library, float32');

interface Case {
  readonly op: OpName;
  readonly exact: (x: number, y: number) => number;
  /** Largest error, in ULP: measured over 70 million floats, rounded up. */
  readonly bound: number;
  /** Largest |x| for which the bound holds. */
  readonly limit?: number;
}

const largestAngle = 102943;
const unary: readonly Case[] = [
  { op: 'exp', exact: Math.exp, bound: 1.0 },
  { op: 'exp2', exact: (x) => 2 ** x, bound: 1.2 },
  { op: 'expm1', exact: Math.expm1, bound: 1.6 },
  { op: 'log', exact: Math.log, bound: 0.9 },
  { op: 'log2', exact: Math.log2, bound: 0.9 },
  { op: 'log10', exact: Math.log10, bound: 0.9 },
  { op: 'log1p', exact: Math.log1p, bound: 0.9 },
  { op: 'sin', exact: Math.sin, bound: 1.6, limit: largestAngle },
  { op: 'cos', exact: Math.cos, bound: 1.6, limit: largestAngle },
  { op: 'tan', exact: Math.tan, bound: 2.0, limit: largestAngle },
  { op: 'asin', exact: Math.asin, bound: 1.2 },
  { op: 'acos', exact: Math.acos, bound: 1.2 },
  { op: 'atan', exact: Math.atan, bound: 1.8 },
  { op: 'sinh', exact: Math.sinh, bound: 1.5 },
  { op: 'cosh', exact: Math.cosh, bound: 1.6 },
  { op: 'tanh', exact: Math.tanh, bound: 1.4 },
  { op: 'asinh', exact: Math.asinh, bound: 1.8 },
  { op: 'acosh', exact: Math.acosh, bound: 1.6 },
  { op: 'atanh', exact: Math.atanh, bound: 1.1 },
  { op: 'cbrt', exact: Math.cbrt, bound: 1.1 },
];

/** Where the branches of one function or another meet, and where results over- and underflow. */
const edges = [
  0, 1, 0.5, 0.625, 2, 2 ** -12, 2 ** -24, 2 ** -25, 2 ** -126, 2 ** -149,
  Math.SQRT2, Math.SQRT1_2, Math.SQRT2 - 1, 1 - Math.SQRT1_2,
  Math.PI / 4, Math.PI / 2, Math.PI, 1e5, 4096, 10, 26, 87.33, 88.72, 89.4, 103.97, 126, 127, 128, 149, 150,
  2 ** 100, 3.4028234e38, Infinity,
];

function* samples(): Generator<number> {
  for (let bits = 0; bits < 2 ** 32; bits += 400009) yield float32OfBits(bits);
  for (const edge of edges) {
    for (let k = -20; k <= 20; k++) {
      const x = float32OfBits((bitsOfFloat32(edge) + k) >>> 0);
      yield x;
      yield -x;
    }
  }
  // Multiples of pi/2, where trigonometric functions cancel; halves of whole numbers, where exponents round.
  for (let n = 1; n < 65536; n += 37) yield Math.fround(n * Math.PI / 2);
  for (let n = -300; n < 300; n++) yield n / 2 * Math.LN2;
}

const inputs = Float32Array.from(samples());

function library(op: OpName): (...args: number[]) => number {
  const fn = libraryFn(op, 'float32');
  if (!fn) throw new Error(`${op} is not in the library`);
  return scalarFunction(fn);
}

for (const { op, exact, bound, limit = Infinity } of unary) {
  test(`${op} is within ${bound} ULP`, () => {
    const f = library(op);
    let worst = 0, at = 0;
    for (const x of inputs) {
      if (Math.abs(x) > limit) continue;
      const error = error32(f(x), exact(x, 0));
      if (error > worst) [worst, at] = [error, x];
    }
    console.log(`  ${op.padEnd(6)} float32  ${worst.toFixed(3)} ULP at ${at}`);
    assert.ok(worst <= bound, `${op}(${at}) = ${f(at)}, expected ${Math.fround(exact(at, 0))}: ${worst} ULP`);
  });
}

const binary: readonly Case[] = [
  { op: 'pow', exact: Math.pow, bound: 1.0 },
  { op: 'atan2', exact: Math.atan2, bound: 1.9 },
  { op: 'hypot', exact: Math.hypot, bound: 1.3 },
];

/** Pairs of every size, pairs of one size, and powers whose results are in range. */
function* pairs(): Generator<[number, number]> {
  const random = sequence();
  for (let k = 0; k < 5000; k++) {
    yield [float32OfBits(random() * 2 ** 32), float32OfBits(random() * 2 ** 32)];
    yield [(random() - 0.5) * 4, (random() - 0.5) * 4];
    const base = float32OfBits(random() * 2 ** 31);
    yield [base, (random() * 300 - 150) / Math.log2(base)];
    yield [1 + (random() - 0.5) * 0.1, (random() - 0.5) * 4000];
    yield [random() * 40 - 20, Math.round(random() * 40 - 20)];
  }
}

const pairsOfFloats = [...pairs()].map((p) => p.map(Math.fround) as [number, number]);

for (const { op, exact, bound } of binary) {
  test(`${op} is within ${bound} ULP`, () => {
    const f = library(op);
    let worst = 0, at = [0, 0];
    for (const [x, y] of pairsOfFloats) {
      const error = error32(f(x, y), exact(x, y));
      if (error > worst) [worst, at] = [error, [x, y]];
    }
    console.log(`  ${op.padEnd(6)} float32  ${worst.toFixed(3)} ULP at ${at.join(', ')}`);
    assert.ok(worst <= bound, `${op}(${at.join(', ')}) = ${f(...at)}, expected ${Math.fround(exact(at[0], at[1]))}: ${worst} ULP`);
  });
}

test('sine and cosine of huge arguments stay in range', () => {
  for (const op of ['sin', 'cos'] as const) {
    const f = library(op);
    for (const x of [1e6, 1e10, 1e30, 3.4e38]) assert.ok(Math.abs(f(x)) <= 1, `${op}(${x}) = ${f(x)}`);
  }
});

test.run();
