/** Every op on every dtype it takes, on special values, against `evaluateOp`; every cast against `castNumber`. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { castNumber, dtypeNames, dtypes, isFloat, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import { evaluateOp, opInfo, opNames, resultOf, type OpName } from '../../src/dsl/ops.ts';
import { libraryFn } from '../../src/dsl/kernel/math/index.ts';
import { build, closeTargets, expectSame, expectSameInAllWays, onCpu, target } from './emit-support.ts';

const test = suite('cpu ops');

const floats = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.3, -0.3, 0.49999997, 3, -3, 7.25, -7.25, 1e3, 12345.678,
  1e10, -1e10, 3e38, -3e38, 8388607.5, 8388609, 2 ** 31, -(2 ** 31), 2 ** 32, 1e-10, -1e-10, 1e-38, 1e-40, -1e-44, 1e-45,
  255.5, 256, 65535.9, 127.5, -128.9, Infinity, -Infinity, NaN,
];
const doubles = [1e300, -1e-310, 5e-324, 1e17, 123456789.123456789];
const integers = [
  0, 1, 2, 3, 5, 7, 8, 13, 31, 32, 33, 100, 127, 128, 200, 255, 256, 1000, 32767, 32768, 65535, 65536,
  2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, -1, -2, -3, -7, -8, -100, -127, -128, -129, -32768, -(2 ** 31),
];

function values(d: DType): number[] {
  if (d === 'bool') return [0, 1];
  if (isFloat(d)) return floats.map((v) => castNumber(v, 'float64', d)).concat(d === 'float64' ? doubles : []);
  return [...new Set(integers.map((v) => castNumber(v, 'int32', d)).concat(dtypes[d].min, dtypes[d].max))].filter((v) => v >= dtypes[d].min);
}

const typed = (d: DType, list: readonly number[]): TypedArray => {
  const out = new dtypes[d].array(list.length) as TypedArray;
  list.forEach((v, k) => (out[k] = v));
  return out;
};

/** All pairs (triples: a condition before them). */
function operands(dtypesOf: readonly DType[]): number[][] {
  return dtypesOf.reduce<number[][]>((rows, d) => rows.flatMap((r) => values(d).map((v) => [...r, v])), [[]]);
}

async function check(op: OpName, args: readonly DType[], to?: DType): Promise<void> {
  const typing = resultOf(op, args, to);
  if ('problem' in typing) throw new Error(typing.problem);
  const rows = operands(args);
  const columns = args.map((d, k) => typed(d, rows.map((r) => r[k])));
  const [actual] = await onCpu(build({
    domain: [rows.length], inputs: columns.map((data, k) => ({ dtype: args[k], data })),
    body: (b, read) => [b.op(op, args.map((_, k) => read(k)), to)],
  }));
  rows.forEach((row, k) => {
    const expected = evaluateOp(op, row, args[op === 'select' ? 1 : 0], typing.dtype);
    if (Object.is(actual[k], expected) || accepts(op, args[0], row, actual[k], expected)) return;
    throw new Error(`${op}(${row.map((v, j) => `${v}: ${args[j]}`).join(', ')})${to ? ` to ${to}` : ''} is ${actual[k]}, expected ${expected}`);
  });
}

/** What ops.ts leaves open. */
function accepts(op: OpName, d: DType, row: readonly number[], actual: number, expected: number): boolean {
  const [x, n] = row;
  switch (op) {
    // Rounded once or twice, the error is that of a sum of these sizes; a product that would overflow meets an infinity.
    case 'fma': case 'fnma': return Number.isNaN(expected) || Math.abs(actual - expected) <= 2 ** (d === 'float32' ? -23 : -52) * (Math.abs(x) + Math.abs(n * row[2])) + Number.MIN_VALUE;
    case 'exponent': case 'mantissa': return x === 0 || !Number.isFinite(x);
    // Exact while the result is normal, and n in the reach of two steps.
    case 'ldexp': return Math.abs(n) > 250 || Math.abs(expected) < (d === 'float32' ? 2 ** -126 : 2 ** -1022);
    case 'floatBits': return Number.isNaN(x) && actual !== 0;
    // A NaN may come back with another payload, which no one can see.
    case 'bitsFloat': return Number.isNaN(actual) && Number.isNaN(expected);
    default: return false;
  }
}

const isLibrary = (op: OpName): boolean => opInfo(op).cost >= 20 && !(op === 'pow');

for (const op of opNames) {
  if (op === 'cast' || isLibrary(op)) continue;
  test(op, async () => {
    if (op === 'ldexp') for (const d of ['float32', 'float64'] as const) await check(op, [d, 'int32']);
    for (const d of dtypeNames) {
      if (op === 'pow' && isFloat(d)) continue;
      const args = op === 'select' ? ['bool' as const, d, d] : new Array<DType>(opInfo(op).arity).fill(d);
      if (!('problem' in resultOf(op, args))) await check(op, args);
    }
  });
}

for (const from of dtypeNames) {
  test(`cast from ${from}`, async () => {
    for (const to of dtypeNames) if (to !== from) await check('cast', [from], to);
  });
}

test('shifts by constants', async () => {
  for (const d of dtypeNames.filter((n) => dtypes[n].kind === 'int' || dtypes[n].kind === 'uint')) {
    for (const count of [0, 1, 3, 7, 9, 31, 33]) {
      const data = typed(d, values(d));
      const by = castNumber(count, 'int32', d);
      const results = await onCpu(build({
        domain: [data.length], inputs: [{ dtype: d, data }],
        body: (b, read) => [b.op('shl', [read(0), b.constant(by, d)]), b.op('shr', [read(0), b.constant(by, d)])],
      }));
      (['shl', 'shr'] as const).forEach((op, k) => data.forEach((v, i) => {
        const expected = evaluateOp(op, [v, by], d, d);
        if (results[k][i] !== expected) throw new Error(`${op}(${v}, ${by}) of ${d} is ${results[k][i]}, expected ${expected}`);
      }));
    }
  }
});

test('divisors and shift counts that are constants', async () => {
  for (const d of dtypeNames.filter((n) => n !== 'bool')) {
    const divisors = isFloat(d) ? [1, 2, 0.5, 2 ** 126, 2 ** -126, 2 ** 127, 3, -2, 0] : [1, 2, 8, 64, 3, 100, 0];
    for (const op of ['div', 'rem', 'mod', 'floorDiv', 'shl', 'shr'] as const) {
      if ('problem' in resultOf(op, [d, d])) continue;
      const data = typed(d, values(d));
      const actual = await onCpu(build({
        domain: [data.length], inputs: [{ dtype: d, data }],
        body: (b, read) => divisors.map((n) => b.op(op, [read(0), b.constant(n, d)])),
      }));
      divisors.forEach((n, j) => data.forEach((v, k) => {
        const expected = evaluateOp(op, [v, n], d, d);
        if (!Object.is(actual[j][k], expected)) throw new Error(`${op}(${v}, ${n}) of ${d} is ${actual[j][k]}, expected ${expected}`);
      }));
    }
  }
});

test('bounds that are constants, before and after; alternatives that are zeros', async () => {
  for (const d of dtypeNames.filter((n) => n !== 'bool')) {
    const constants = isFloat(d) ? [0, -0, 1, -1, 2.5, 1e-40, Infinity, -Infinity, NaN] : [0, 1, 5, 100];
    const data = typed(d, values(d));
    await expectSame({
      domain: [data.length], inputs: [{ dtype: d, data }],
      body: (b, read) => constants.flatMap((n) => {
        const [x, k] = [read(0), b.constant(n, d)];
        const larger = b.op('lt', [b.constant(3, d), x]);
        return [
          b.op('min', [x, k]), b.op('min', [k, x]), b.op('max', [x, k]), b.op('max', [k, x]),
          b.op('select', [larger, x, k]), b.op('select', [larger, k, x]), b.op('select', [larger, k, b.constant(0, d)]),
        ];
      }),
    }, d);
  }
});

test('exponents from and to rounded floats, in code that keeps its locals and in code that uses them again', async () => {
  const least = { float32: 2 ** -126, float64: 2 ** -1022 };
  for (const d of ['float32', 'float64'] as const) {
    const x = typed(d, [...values(d)].map((v) => (Number.isNaN(v) ? 1 : v)));
    const n = typed(d, [...x].map((_, k) => (k * 37) % (d === 'float32' ? 250 : 2000) / 1.7 - (d === 'float32' ? 75 : 600)));
    await expectSameInAllWays({
      domain: [x.length], inputs: [{ dtype: d, data: x }, { dtype: d, data: n }],
      body: (b, read) => {
        const positive = b.op('min', [b.op('max', [read(0), b.constant(least[d], d)]), b.constant(2 ** 100, d)]);
        const normal = b.op('max', [positive, b.constant(least[d], d)]);
        const e = b.op('exponent', [normal]);
        const whole = b.op('round', [read(1)]);
        return [
          b.op('ldexp', [b.op('mantissa', [normal]), b.cast(whole, 'int32')]), b.cast(e, 'float64'), e, b.op('mantissa', [normal]),
          b.op('ldexp', [b.op('mantissa', [normal]), b.op('add', [e, b.constant(1, 'int32')])]),
        ];
      },
    }, d);
  }
});

test('whole numbers that become exponents are rounded by an addition', () => {
  for (const d of ['float32', 'float64'] as const) {
    const { code } = target().explain(build({
      domain: [100], inputs: [{ dtype: d, data: typed(d, floats) }], body: (b, read) => [b.op('exp', [read(0)])],
    }).launch);
    assert.not.match(code, /\.nearest/);
    assert.match(code, /\.shl/);
  }
});

test('library functions stay close to JavaScript', async () => {
  const x = Float32Array.from({ length: 1003 }, (_, k) => 0.001 + k / 250);
  for (const op of opNames.filter((n) => isLibrary(n) || n === 'pow')) {
    for (const d of ['float32', 'float64'] as const) {
      if (!libraryFn(op, d)) continue;
      const inside = ['asin', 'acos', 'atanh'].includes(op) ? 0.249 : 1;
      const shift = op === 'acosh' ? 1 : 0;
      const data = typed(d, [...x].map((v) => v * inside + shift));
      const [actual] = await onCpu(build({
        domain: [data.length], inputs: [{ dtype: d, data }],
        body: (b, read) => [b.op(op, new Array(opInfo(op).arity).fill(read(0)))],
      }));
      data.forEach((v, k) => {
        const expected = evaluateOp(op, [v, v], d, d);
        const near = Math.abs(actual[k] - expected) <= 1e-5 * Math.max(0.01, Math.abs(expected));
        if (!near) throw new Error(`${op}(${v}) of ${d} is ${actual[k]}, expected ${expected}`);
      });
    }
  }
});

test.after(closeTargets);
test.run();
