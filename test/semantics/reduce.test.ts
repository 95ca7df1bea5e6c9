/** Reductions over all axes and over some, against plain JavaScript. Integers are exact; floats carry their error bound. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypeNames, dtypes, wrapInteger, type DType } from '../../src/dsl/dtype.ts';
import { reducerNames, type ReducerName } from '../../src/dsl/reducers.ts';
import { compute, computeAll } from '../support/compute.ts';
import * as nd from '../support/nd.ts';
import { random, specials, typed } from '../support/special.ts';
import { computes, expectClose, fastTargets, targets } from '../support/targets.ts';

const isFloat = (d: DType): boolean => dtypes[d].kind === 'float';
const sumDType: Record<DType, DType> = {
  float32: 'float32', float64: 'float64', int32: 'int32', uint32: 'uint32', int16: 'int32', uint16: 'uint32', int8: 'int32', uint8: 'uint32', bool: 'int32',
};

/** What each reducer means, said once more. */
const plain: Record<ReducerName, (group: number[], dtype: DType) => number> = {
  sum: (g, d) => (isFloat(d) ? g.reduce((a, b) => a + b, 0) : g.reduce((a, b) => wrapInteger(a + b, sumDType[d]), 0)),
  prod: (g, d) => (isFloat(d) ? g.reduce((a, b) => a * b, 1) : g.reduce((a, b) => wrapInteger(Math.imul(a, b), sumDType[d]), 1)),
  min: (g) => (g.some(Number.isNaN) ? NaN : Math.min(...g)),
  max: (g) => (g.some(Number.isNaN) ? NaN : Math.max(...g)),
  any: (g) => Number(g.some((v) => v !== 0)),
  all: (g) => Number(g.every((v) => v !== 0)),
  argMin: (g) => firstBest(g, (a, b) => a < b),
  argMax: (g) => firstBest(g, (a, b) => a > b),
};

function firstBest(g: readonly number[], better: (a: number, b: number) => boolean): number {
  const nan = g.findIndex(Number.isNaN);
  return nan >= 0 ? nan : g.reduce((best, v, k) => (better(v, g[best]) ? k : best), 0);
}

/** Floats are powers of two near 1, whose sums and products are exact; integers reach their extremes. */
function sample(shape: readonly number[], dtype: DType, seed: number): nd.Nd {
  const next = random(seed);
  const pool = isFloat(dtype) ? [1, -1, 2, 0.5, -0.5, 1, 4, -2, 0.25] : specials[dtype];
  return { shape, data: nd.range(nd.sizeOf(shape)).map(() => pool[Math.floor(next() * pool.length)]) };
}

const toWeft = (x: nd.Nd, dtype: DType): wf.WeftArray => wf.array(typed(dtype, x.data), { shape: x.shape, dtype });

async function expectReduced(
  target: string, reducer: ReducerName, x: nd.Nd, dtype: DType, axes: readonly number[] | undefined, keepDims: boolean,
): Promise<void> {
  const label = `${reducer} of ${dtype} [${x.shape.join()}] over ${axes ? `[${axes.join()}]` : 'all'}${keepDims ? ', keepDims' : ''}`;
  const over = axes ? [...axes].map((a) => (a < 0 ? a + x.shape.length : a)).sort() : nd.range(x.shape.length);
  const expected = nd.reduce(x, over, (group) => plain[reducer](group, dtype), keepDims);
  const { values, shape } = await compute(target, () => toWeft(x, dtype)[reducer](axes, { keepDims }));
  assert.equal([...shape], [...expected.shape], label);
  expectClose(values, expected.data, { label });
}

// --- every reducer, dtype, rank, axes and keepDims ---

const layouts: readonly (readonly [shape: number[], axes: (number[] | undefined)[]])[] = [
  [[], [undefined]],
  [[1], [undefined, [0]]],
  [[13], [undefined, [0], [-1]]],
  [[37, 3], [undefined, [0], [1]]],
  [[3, 37], [undefined, [0], [-1], [0, 1]]],
  [[2, 1, 5], [undefined, [0], [1], [2], [0, 2]]],
  [[4, 3, 5], [[1], [0, 1], [1, 2], [2, 0], []]],
  [[2, 3, 2, 3, 2], [[1], [0, 2, 4], [1, 3], [-1]]],
];
for (const target of targets) {
  const test = suite(`reductions on ${target}`);
  for (const reducer of reducerNames) for (const dtype of dtypeNames) {
    if (!computes(target, dtype)) continue;
    test(`${reducer} of ${dtype}`, async () => {
      for (const [shape, choices] of layouts) {
        const x = sample(shape, dtype, nd.sizeOf(shape));
        // Products of many floats would leave their range.
        if (reducer === 'prod' && isFloat(dtype) && nd.sizeOf(shape) > 40) continue;
        for (const axes of choices) await expectReduced(target, reducer, x, dtype, axes, false);
        await expectReduced(target, reducer, x, dtype, choices.at(-1), true);
      }
    });
  }
  test.run();
}

// --- lengths around blocks ---

for (const target of targets) {
  const test = suite(`lengths around the blocks of a reduction on ${target}`);
  const lengths = [
    2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 127, 129, 255, 256, 257, 511, 513, 1023, 1025, 4095, 4097, 16385, 65537, 100003,
  ];
  for (const n of lengths) {
    test(`${n} elements`, async () => {
      const x = sample([n], 'int32', n);
      const f: nd.Nd = { shape: [n], data: x.data.map((_, k) => (k * 7919) % 1009 - 500) };
      await expectReduced(target, 'sum', x, 'int32', undefined, false);
      for (const reducer of ['min', 'argMin', 'argMax'] as const) await expectReduced(target, reducer, f, 'float32', undefined, false);
      await expectReduced(target, 'sum', { shape: [n], data: f.data.map((v) => v & 255) }, 'uint8', [0], false);
      await expectReduced(target, 'any', { shape: [n], data: f.data.map((_, k) => Number(k === n - 1)) }, 'bool', undefined, false);
      await expectReduced(target, 'all', { shape: [n], data: f.data.map((_, k) => Number(k !== n - 1)) }, 'bool', undefined, false);
    });
  }
  for (const [rows, columns] of [[1, 5000], [5000, 1], [3, 4097], [4097, 3], [257, 129], [64, 64]]) {
    test(`${rows} x ${columns} along either axis`, async () => {
      const x: nd.Nd = { shape: [rows, columns], data: nd.range(rows * columns).map((k) => (k * 7919) % 101 - 50) };
      for (const axis of [0, 1]) for (const reducer of ['sum', 'max', 'argMin'] as const) await expectReduced(target, reducer, x, 'float32', [axis], false);
    });
  }
  test.run();
}

// --- special values ---

for (const target of targets) {
  const test = suite(`special values in reductions on ${target}`);
  const on = async (build: () => wf.WeftArray): Promise<number[]> => [...(await compute(target, build)).values];
  test('the first NaN wins min, max, argMin and argMax, wherever it is', async () => {
    for (const at of [0, 5, 299]) {
      const data = Float32Array.from({ length: 300 }, (_, k) => Math.sin(k));
      data[at] = NaN;
      if (at < 200) data[at + 50] = NaN;
      const make = () => wf.array(data);
      assert.equal(await on(() => make().min()), [NaN]);
      assert.equal(await on(() => make().max()), [NaN]);
      assert.equal(await on(() => make().argMin()), [at]);
      assert.equal(await on(() => make().argMax()), [at]);
    }
  });
  test('ties go to the first position', async () => {
    const data = Float32Array.from({ length: 1000 }, (_, k) => k % 100);
    assert.equal(await on(() => wf.array(data).argMax()), [99]);
    assert.equal(await on(() => wf.array(data).argMin()), [0]);
    assert.equal(await on(() => wf.array(data, { shape: [10, 100] }).argMax(0)), new Array<number>(100).fill(0));
  });
  test('infinities', async () => {
    assert.equal(await on(() => wf.array([-Infinity, 1, Infinity]).min()), [-Infinity]);
    assert.equal(await on(() => wf.array([-Infinity, 1, Infinity]).max()), [Infinity]);
    assert.equal(await on(() => wf.array([Infinity, Infinity]).argMin()), [0]);
    assert.equal(await on(() => wf.array([-Infinity, -Infinity, -Infinity]).argMax()), [0]);
    assert.equal(await on(() => wf.array([-Infinity, -Infinity]).max()), [-Infinity]);
  });
  test('argMin and argMax over several axes count row-major over these', async () => {
    const x = wf.array([[[1, 5], [9, 2]], [[7, 0], [3, 9]]]);
    assert.equal(await on(() => x.argMax()), [2]);
    assert.equal(await on(() => x.argMin([0, 2])), [3, 1]);
    assert.equal(await on(() => x.argMax([0, 2])), [2, 0]);
    assert.equal(await on(() => x.argMax([0, 1])), [1, 3]);
  });
  test('extremes of unsigned integers', async () => {
    assert.equal(await on(() => wf.array(Uint32Array.of(0, 2 ** 32 - 1, 5)).max()), [2 ** 32 - 1]);
    assert.equal(await on(() => wf.array(Uint32Array.of(2 ** 31, 2 ** 32 - 1)).min()), [2 ** 31]);
  });
  test('empty arrays: sum 0, prod 1, any false, all true, mean and var NaN', async () => {
    const make = () => wf.array([], { shape: [0, 3] });
    assert.equal(await on(() => make().sum()), [0]);
    assert.equal(await on(() => make().sum(0)), [0, 0, 0]);
    assert.equal(await on(() => make().prod(0)), [1, 1, 1]);
    assert.equal(await on(() => make().any()), [0]);
    assert.equal(await on(() => make().all(0)), [1, 1, 1]);
    assert.equal(await on(() => make().sum(1)), []);
    assert.equal(await on(() => make().max(1)), []);
    assert.equal(await on(() => make().mean()), [NaN]);
    assert.equal(await on(() => make().var(0)), [NaN, NaN, NaN]);
  });
  test('sums wrap at 32 bits, or where dtype says', async () => {
    assert.equal(await on(() => wf.array(Int32Array.of(2 ** 31 - 1, 1)).sum()), [-(2 ** 31)]);
    assert.equal(await on(() => wf.array(new Uint8Array(1000).fill(255)).sum()), [255000]);
    assert.equal(await on(() => wf.array(new Uint8Array(1000).fill(255)).sum({ dtype: 'uint8' })), [255000 % 256]);
    assert.equal(await on(() => wf.array(new Int8Array(300).fill(100)).sum({ dtype: 'int16' })), [30000]);
    assert.equal(await on(() => wf.array(new Uint8Array(40).fill(3)).prod()), [Number((3n ** 40n) % (2n ** 32n))]);
    assert.equal(await on(() => wf.array([0.5, 1.75, 2]).sum({ dtype: 'int32' })), [3]);
  });
  test.run();
}

// --- mean, var, std ---

for (const target of targets) {
  const test = suite(`mean, var and std on ${target}`);
  const x: nd.Nd = { shape: [7, 13], data: nd.range(91).map((k) => Math.fround(Math.sin(k) * 10 + 3)) };
  const mean = (g: readonly number[]): number => g.reduce((a, b) => a + b, 0) / g.length;
  const variance = (g: readonly number[], correction = 0): number =>
    g.reduce((a, v) => a + (v - mean(g)) ** 2, 0) / (g.length - correction);
  const rounded = { rtol: 2e-6, atol: 1e-6 };
  for (const [label, axes] of [['all', [0, 1]], ['axis 0', [0]], ['axis 1', [1]]] as const) {
    test(`over ${label}`, async () => {
      expectClose((await compute(target, () => toWeft(x, 'float32').mean(axes))).values, nd.reduce(x, axes, mean).data, { ...rounded, label: 'mean' });
      expectClose((await compute(target, () => toWeft(x, 'float32').var(axes))).values, nd.reduce(x, axes, (g) => variance(g)).data, { ...rounded, label: 'var' });
      expectClose((await compute(target, () => toWeft(x, 'float32').std(axes, { correction: 1 }))).values, nd.reduce(x, axes, (g) => Math.sqrt(variance(g, 1))).data, { ...rounded, label: 'std' });
    });
  }
  test('keepDims broadcasts against the input', async () => {
    const standard = nd.reduce(x, [1], (g) => mean(g.map((v) => (v - mean(g)) / Math.sqrt(variance(g)))), true);
    const { values, shape } = await compute(target, () => {
      const a = toWeft(x, 'float32');
      return a.sub(a.mean(1, { keepDims: true })).div(a.std(1, { keepDims: true })).mean(1, { keepDims: true });
    });
    assert.equal([...shape], [7, 1]);
    expectClose(values, standard.data, { atol: 1e-6, label: 'mean of the standardised' });
  });
  test('the variance of large values with small differences', async () => {
    const data = Float32Array.from({ length: 1000 }, (_, k) => 10000 + (k % 2));
    expectClose((await compute(target, () => wf.array(data).var())).values, [0.25], { rtol: 1e-5, label: 'var' });
  });
  test('of integers and bool', async () => {
    expectClose((await compute(target, () => wf.array(Uint8Array.of(1, 2, 4)).mean())).values, [7 / 3], { ulp: 3, label: 'uint8' });
    expectClose((await compute(target, () => wf.array([true, false, true, true]).mean())).values, [0.75], { label: 'bool' });
    expectClose((await compute(target, () => wf.array(Int32Array.of(2 ** 31 - 1, 2 ** 31 - 1)).mean())).values, [2 ** 31], { label: 'no overflow' });
  });
  test.run();
}

// --- accuracy ---

for (const target of fastTargets) {
  const test = suite(`accuracy of long sums on ${target}`);
  test('10 million times 0.1', async () => {
    const n = 10_000_000;
    const expected = n * Math.fround(0.1);
    const { values } = await compute(target, () => wf.array(new Float32Array(n).fill(0.1)).sum());
    expectClose(values, [expected], { ulp: 4, label: 'adding one after the other is off by 8.7 %' });
  });
  test('the mean of a million and one', async () => {
    const { values } = await compute(target, () => wf.arange(1_000_001).mul(1e-3).mean());
    expectClose(values, [500], { ulp: 4, label: 'mean' });
  });
  test('long columns', async () => {
    const data = new Float32Array(3 * 500_000).fill(0.1);
    const { values } = await compute(target, () => wf.array(data, { shape: [500_000, 3] }).sum(0));
    expectClose(values, [1, 1, 1].map(() => 500_000 * Math.fround(0.1)), { ulp: 4, label: 'columns' });
  });
  test.run();
}

// --- several at once ---

for (const target of targets) {
  const test = suite(`several reductions at once on ${target}`);
  test('of one array', async () => {
    const data = Float32Array.from({ length: 1003 }, (_, k) => (k * 31) % 97 - 20);
    const results = await computeAll(target, () => {
      const a = wf.array(data);
      return [
        a.min(), a.max(), a.argMin(), a.argMax(), a.sum(), a.mean(), a.gt(0).sum(), a.lt(-100).any(), a.ne(77).all(),
        a.min(null, { keepDims: true }),
      ];
    });
    const g = [...data];
    const expected = [Math.min(...g), Math.max(...g), plain.argMin(g, 'float32'), plain.argMax(g, 'float32'), plain.sum(g, 'float32'), plain.sum(g, 'float32') / 1003, g.filter((v) => v > 0).length, 0, 1, Math.min(...g)];
    results.forEach((r, k) => expectClose(r.values, [expected[k]], { ulp: k === 5 ? 4 : 0, label: `result ${k}` }));
  });
  test('over different axes', async () => {
    const x: nd.Nd = { shape: [6, 10, 7], data: nd.range(420).map((k) => (k * 13) % 31 - 9) };
    const results = await computeAll(target, () => {
      const a = toWeft(x, 'float32');
      return [a.sum(0), a.sum(1), a.sum(2), a.sum([0, 2]), a.sum(), a.max(0), a.argMin(1)];
    });
    [[0], [1], [2], [0, 2], [0, 1, 2], [0], [1]].forEach((axes, k) => {
      const expected = nd.reduce(x, axes, (g) => (k < 5 ? plain.sum(g, 'float32') : k === 5 ? plain.max(g, 'float32') : plain.argMin(g, 'float32')));
      expectClose(results[k].values, expected.data, { label: `result ${k}` });
    });
  });
  test('a result used by the next: A / A.max(), and deeper', async () => {
    const data = Float32Array.from({ length: 999 }, (_, k) => (k * 31) % 97 - 20);
    const top = Math.max(...data);
    const { values } = await compute(target, () => {
      const a = wf.array(data);
      return a.div(a.max());
    });
    expectClose(values, [...data].map((v) => v / top), { ulp: 3, label: 'A / A.max()' });
    const { values: count } = await compute(target, () => {
      const a = wf.array(data);
      const b = a.sub(a.min());
      return b.gt(b.max().mul(0.5)).sum();
    });
    const low = Math.min(...data);
    expectClose(count, [[...data].filter((v) => v - low > (top - low) / 2).length], { label: 'three passes' });
  });
  test.run();
}
