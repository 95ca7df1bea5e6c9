/** Reductions on the cpu target: every reducer, dtype and pattern of axes, and the same bits for any number of threads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dtypeNames, isFloat, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import type { Builder, Value } from '../../src/dsl/kernel/ir.ts';
import { reducerInfo, reducerNames, type ReducerName } from '../../src/dsl/reducers.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { build, expectSame, onCpu, random, sample, sameBits, target, type Program } from './emit-support.ts';

const test = suite('cpu reductions');

/** Every set of axes but the empty one. */
function subsets(rank: number): number[][] {
  const axes = Array.from({ length: rank }, (_, k) => k);
  return Array.from({ length: 2 ** rank - 1 }, (_, set) => axes.filter((k) => (set + 1) & (1 << k)));
}

const reduction = (
  dtype: DType, domain: readonly number[], axes: readonly number[], reducer: ReducerName, seed = 1,
): Program => ({
  domain, inputs: [{ dtype, data: sample(dtype, domain.reduce((n, s) => n * s, 1), seed) }],
  body: (b, read) => [accumulated(b, read(0), reducer)],
  reduce: { axes, terms: [{ reducer, value: 0 }] },
});

const accumulated = (b: Builder, v: Value, reducer: ReducerName): Value =>
  b.cast(v, reducerInfo(reducer).accumulator(v.dtype));

/** Products of floats round. */
const tolerance = (dtype: DType, reducer: ReducerName): number =>
  (reducer !== 'prod' || !isFloat(dtype) ? 0 : dtype === 'float64' ? 1e-12 : 1e-4);

for (const reducer of reducerNames) {
  test(`${reducer} of every dtype over every set of axes`, async () => {
    for (const dtype of dtypeNames) {
      for (const domain of [[1], [13], [70], [3, 5], [9, 18], [2, 3, 11], [4, 1, 9], [2, 3, 2, 5], [70, 3], [2, 67, 2]]) {
        for (const axes of subsets(domain.length)) {
          // Products overflow float32 soon.
          const p = reduction(dtype, domain, axes, reducer);
          if (reducer === 'prod' && isFloat(dtype)) p.inputs[0].data.forEach((v, k, list) => (list[k] = 1 + v / 100));
          await expectSame(p, `${reducer} of ${dtype}[${domain}] over ${axes}`, tolerance(dtype, reducer));
        }
      }
    }
  });
}

test('reduced axes of size 0 give the identity', async () => {
  for (const reducer of ['sum', 'prod', 'any', 'all'] as const) {
    for (const [domain, axes] of [[[0], [0]], [[3, 0], [1]], [[0, 9], [0]], [[2, 0, 5], [1]], [[0, 4], [0, 1]]]) {
      await expectSame(reduction('float32', domain, axes, reducer), `${reducer} of [${domain}] over ${axes}`);
    }
  }
  await expectSame(reduction('float32', [0, 5], [1], 'sum'), 'nothing is kept');
});

test('NaN: min and max give it, argMin and argMax its first place; ties go to the first', async () => {
  const specials: Record<string, number[]> = {
    nan: [3, NaN, 1, NaN, 0, 9, 2, 5, 7, 8, 1, 1, 4], ties: [1, 5, 5, 1, 5, 1, 2, 2, 5, 1, 1, 5, 5],
    infinite: [-Infinity, -Infinity, -Infinity, -Infinity], high: [Infinity, Infinity, Infinity], zeros: [0, -0, 0, -0],
  };
  for (const [name, values] of Object.entries(specials)) {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const reducer of ['min', 'max', 'argMin', 'argMax'] as const) {
        const data = dtype === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
        const body = (_: Builder, read: (k: number) => Value): Value[] => [read(0)];
        const terms = [{ reducer, value: 0 }];
        if (name === 'zeros' && !reducer.startsWith('arg')) continue;
        await expectSame({ domain: [values.length], inputs: [{ dtype, data }], body, reduce: { axes: [0], terms } }, `${reducer} of ${name} along`);
        await expectSame({ domain: [values.length, 1], inputs: [{ dtype, data }], body, reduce: { axes: [0], terms } }, `${reducer} of ${name} across`);
      }
    }
  }
});

test('several terms, an epilogue that reads, and stores of the body', async () => {
  for (const axes of [[0], [1], [0, 1], [2], [0, 2], [1, 2], [0, 1, 2]]) {
    for (const domain of [[4, 7, 19], [3, 70, 4], [80, 2, 3]]) {
    const kept = domain.map((n, k) => (axes.includes(k) ? 1 : n));
    const keptStrides = kept.map((_, k) => (axes.includes(k) ? 0 : kept.slice(k + 1).reduce((a, s) => a * s, 1)));
    await expectSame({
      domain,
      inputs: [
        { dtype: 'float32', data: sample('float32', domain.reduce((a, s) => a * s, 1)) },
        { dtype: 'float32', data: sample('float32', kept.reduce((a, s) => a * s, 1), 3), strides: keptStrides },
      ],
      body: (b, read) => [b.op('mul', [read(0), b.constant(2, 'float32')]), read(0), b.op('lt', [read(0), read(1)])],
      reduce: {
        axes, stores: [0, 2],
        terms: [{ reducer: 'sum', value: 0 }, { reducer: 'argMax', value: 1 }, { reducer: 'max', value: 1 }, { reducer: 'any', value: 2 }],
        epilogue: (b, reduced, read) => [
          b.op('add', [reduced(0), read(1)]), reduced(1), b.op('sub', [reduced(2), reduced(0)]), reduced(3),
          b.op('select', [reduced(3), reduced(2), read(1)]),
        ],
      },
    }, `[${domain}] over ${axes}`);
    }
  }
});

test('ends run along all kept axes as one, where what they read and store lies as one', () => {
  const ends = (p: Program): string => target().explain(build(p).launch).layout.split('\n').at(-1)!;
  const sums = reduction('float32', [100, 5, 64], [2], 'sum');
  assert.match(ends(sums), /^k1: 500 elements in 1 blocks of 1 rows by 500 columns/);
  assert.match(ends(reduction('float32', [100, 5, 64], [1], 'sum')), /^k1: 6400 elements in \d+ blocks of 1 rows/);
  const scaled = (strides: readonly number[], length: number): Program => ({
    ...sums, inputs: [...sums.inputs, { dtype: 'float32', data: sample('float32', length), strides }],
    reduce: { ...sums.reduce!, epilogue: (b, reduced, read) => [b.op('mul', [reduced(0), read(1)])] },
  });
  assert.match(ends(scaled([5, 1, 0], 500)), /by 500 columns/);
  assert.match(ends(scaled([0, 1, 0], 5)), /of 100 rows by 5 columns/);
});

test('many chunks', async () => {
  const cases: [number[], number[]][] = [
    [[400_003], [0]], [[3, 150_001], [1]], [[3000, 41], [0]], [[3000, 41], [0, 1]],
    [[70_000, 3], [1]], [[2, 1500, 9], [1]], [[9, 2000, 17], [0, 2]],
  ];
  for (const [domain, axes] of cases) {
    for (const reducer of ['sum', 'max', 'argMin'] as const) {
      await expectSame(reduction('int32', domain, axes, reducer, 9), `${reducer} of int32[${domain}] over ${axes}`);
    }
    await expectSame(reduction('float32', domain, axes, 'sum', 9), `sum of float32[${domain}] over ${axes}`);
  }
});

test('float sums are right to the last place or two, however long and however biased', async () => {
  const next = random(5);
  const fillers: Record<string, () => number> = { thirds: () => next() / 3, tenths: () => 0.1, 'mixed signs': () => next() - 0.45 };
  for (const [name, value] of Object.entries(fillers)) {
    for (const dtype of ['float32', 'float64'] as const) {
      const [n, m] = [100_000, 7];
      const data = sample(dtype, n * m).map(value) as TypedArray;
      for (const [domain, axes] of [[[n * m], [0]], [[n, m], [0]], [[m, n], [1]], [[10, n / 10, m], [1, 2]]] as const) {
        const expected = exactSum(data, domain, axes);
        const [sums] = await onCpu(build({
          domain, inputs: [{ dtype, data }], body: (_, read) => [read(0)], reduce: { axes, terms: [{ reducer: 'sum', value: 0 }] },
        }));
        expected.forEach((e, k) => {
          const error = Math.abs(sums[k] - e) / Math.abs(e);
          const allowed = dtype === 'float32' ? 2 ** -23 : 2 ** -52;
          if (error > allowed) throw new Error(`${name} in ${dtype}[${domain}] over ${axes}: ${sums[k]}, expected ${e}: ${error / allowed} ulp`);
        });
      }
    }
  }
});

/** Sums in pairs of doubles. */
function exactSum(data: TypedArray, domain: readonly number[], axes: readonly number[]): number[] {
  const kept = domain.map((n, k) => (axes.includes(k) ? 1 : n));
  const high = new Float64Array(kept.reduce((n, s) => n * s, 1));
  const low = new Float64Array(high.length);
  data.forEach((v, i) => {
    let [rest, at, scale] = [i, 0, 1];
    for (let k = domain.length - 1; k >= 0; k--) {
      if (kept[k] > 1) at += (rest % domain[k]) * scale;
      scale *= kept[k];
      rest = Math.floor(rest / domain[k]);
    }
    const sum = high[at] + v;
    const part = sum - high[at];
    low[at] += (high[at] - (sum - part)) + (v - part);
    high[at] = sum;
  });
  return Array.from(high, (h, k) => h + low[k]);
}

test('infinite sums', async () => {
  for (const values of [[1, Infinity, 2], [Infinity, 3, -Infinity], [3e38, 3e38, 1], [-3e38, -3e38, 3e38, 1], [NaN, 1]]) {
    const data = new Float32Array(100).map((_, k) => values[k] ?? 0);
    const sum = Math.fround(data.reduce((s, v) => Math.fround(s + v), 0));
    for (const domain of [[100], [100, 1], [1, 100]]) {
      const [[actual]] = await onCpu(build({
        domain, inputs: [{ dtype: 'float32', data }], body: (_, read) => [read(0)],
        reduce: { axes: domain.map((_, k) => k), terms: [{ reducer: 'sum', value: 0 }] },
      }));
      if (values[0] !== -3e38 && !Object.is(actual, sum)) throw new Error(`sum of ${values} over [${domain}] is ${actual}, expected ${sum}`);
      if (values[0] === -3e38 && Number.isNaN(actual)) throw new Error(`sum of ${values} is NaN`);
    }
  }
});

test('the same bits for 1, 2, 3 and 8 threads', async () => {
  const next = random(7);
  const data = Float32Array.from({ length: 700_001 }, () => next() - 0.4);
  const cases = [[[700_001], [0]], [[700, 1000], [0]], [[700, 1000], [1]], [[70, 100, 100], [0, 2]]] as const;
  const programs = cases.map(([domain, axes]) => build({
    domain, inputs: [{ dtype: 'float32', data }], body: (b, read) => [b.op('mul', [read(0), read(0)])],
    reduce: { axes, terms: [{ reducer: 'sum', value: 0 }, { reducer: 'prod', value: 0 }] },
  }));
  const results: TypedArray[][][] = [];
  for (const threads of [1, 2, 3, 8]) {
    const cpu = createCpuTarget({ threads });
    results.push(await Promise.all(programs.map(async (p) => onCpu(p, cpu))));
    await cpu.close();
  }
  for (const other of results.slice(1)) other.forEach((r, k) => r.forEach((values, j) => sameBits(values, results[0][k][j], `program ${k}`)));
});

test.after(() => target().close());
test.run();
