/** Reductions: every reducer and dtype over every pattern of axes and every way a launch is cut into passes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dtypeNames, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import { reducerNames, type ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import { cutReduction, reducePasses } from '../../src/targets/webgpu/reduce.ts';
import { anyValue, random, typed } from '../support/special.ts';
import { available, closeTargets, expectSame, expectValid } from './harness.ts';
import { reduceLaunch, type ReduceSpec } from './launches.ts';

const gpuTest = available ? test : test.skip;
const dtypes = dtypeNames.filter((d) => d !== 'float64');

/** Values whose sums and products are exact in any order: the tree adds in another one than the oracle. */
function data(d: DType, length: number): TypedArray {
  const next = random(length + 5);
  return typed(d, Array.from({ length }, () => {
    if (d === 'bool') return Number(next() < 0.5);
    return d === 'float32' ? [1, -1, 1, -1, 1, -1, 1, -1, 2, 0.5][Math.floor(next() * 10)] : anyValue(d, next);
  })) as TypedArray;
}

const reducersOf = (d: DType): ReducerName[] => reducerNames.filter((r) => d === 'bool' || (r !== 'any' && r !== 'all'));

const spec = (domain: number[], axes: number[], d: DType, terms: ReducerName[]): ReduceSpec =>
  ({ domain, axes, inputs: [{ dtype: d }], terms, body: (b) => [b.read(0, d)] });

const patterns: [number[], number[]][] = [
  [[1], [0]], [[7], [0]], [[1000], [0]], [[20_000], [0]],
  [[3, 5], [1]], [[70, 40], [1]], [[5, 300], [1]], [[3, 20_000], [1]],
  [[5, 3], [0]], [[300, 10], [0]], [[5000, 3], [0]],
  [[4, 5, 6], [0, 2]], [[4, 5, 6], [1]], [[4, 5, 6], [0, 1]], [[4, 5, 6], [1, 2]], [[4, 5, 6], [0, 1, 2]], [[2, 3, 4, 5], [1, 3]],
];

/** One of each way to cut, for the dtypes that differ in their casts only: compiling takes the time here. */
const few = patterns.filter(([domain]) => ['20000', '70,40', '300,10'].includes(domain.join()));

/** Three at a time: software drivers take long over large accumulators. */
const groups = (list: readonly ReducerName[]): ReducerName[][] =>
  [list.slice(0, 3), list.slice(3, 6), list.slice(6)].filter((g) => g.length > 0);

for (const d of dtypes) {
  gpuTest(`all reducers of ${d}`, async () => {
    for (const [domain, axes] of d === 'float32' ? patterns : few) {
      for (const terms of groups(reducersOf(d))) {
        await expectSame(reduceLaunch(spec(domain, axes, d, terms)), [data(d, sizeOf(domain))]);
      }
    }
  });
}

gpuTest('one exception among many is found', async () => {
  for (const n of [1, 100, 10_000, 300_000]) {
    for (const at of [0, Math.floor(n / 2), n - 1]) {
      const [few, most] = [new Uint8Array(n), new Uint8Array(n).fill(1)];
      [few[at], most[at]] = [1, 0];
      const launch = reduceLaunch({ ...spec([n], [0], 'bool', ['any', 'all']), inputs: [{ dtype: 'bool' }, { dtype: 'bool' }], body: (b) => [b.read(0, 'bool'), b.read(1, 'bool')] });
      await expectSame(launch, [few, most]);
    }
  }
});

gpuTest('several terms at once, an epilogue that reads, and outputs of the body', async () => {
  for (const [domain, axes] of patterns) {
    const kept = domain.map((n, k) => (axes.includes(k) ? 1 : n));
    const strides = kept.map((_, k) => (axes.includes(k) ? 0 : kept.slice(k + 1).reduce((a, b) => a * b, 1)));
    const launch = reduceLaunch({
      domain, axes, inputs: [{ dtype: 'float32' }, { dtype: 'uint8', strides }], uniforms: [{ dtype: 'float32', value: 3 }],
      terms: ['sum', 'max', 'argMin'],
      body: (b) => [b.op('mul', [b.read(0, 'float32'), b.uniform(0, 'float32')]), b.op('sub', [b.read(0, 'float32'), b.cast(b.read(1, 'uint8'), 'float32')])],
      store: [0, 1],
      epilogue: (b, [sum, max, at]) => [
        b.op('add', [sum, b.cast(b.read(1, 'uint8'), 'float32')]), b.op('gt', [max, b.uniform(0, 'float32')]), at,
        b.cast(b.op('mod', [at, b.constant(200, 'int32')]), 'uint8'),
      ],
    });
    await expectSame(launch, [data('float32', sizeOf(domain)), data('uint8', sizeOf(kept))]);
  }
});

gpuTest('packed outputs of the body are stored in a pass of their own', async () => {
  const launch = reduceLaunch({
    domain: [9, 7], axes: [1], inputs: [{ dtype: 'uint8' }], terms: ['sum'], body: (b) => [b.read(0, 'uint8'), b.op('gt', [b.read(0, 'uint8'), b.constant(99, 'uint8')])], store: [0, 1],
  });
  await expectSame(launch, [data('uint8', 63)]);
});

gpuTest('reducing nothing gives the identity', async () => {
  const launch = reduceLaunch(spec([3, 0], [1], 'float32', ['sum', 'prod', 'min', 'max']));
  await expectSame(launch, [new Float32Array(0)]);
  await expectSame(reduceLaunch(spec([0], [0], 'bool', ['any', 'all'])), [new Uint8Array(0)]);
  await expectSame(reduceLaunch(spec([0, 4], [1], 'int32', ['sum'])), [new Int32Array(0)]);
});

gpuTest('NaN: min and max propagate it, the first one wins an arg reduction', async () => {
  for (const n of [5, 700, 20_000]) {
    const values = data('float32', n);
    values[n - 1] = values[Math.floor(n / 2)] = NaN;
    await expectSame(reduceLaunch(spec([n], [0], 'float32', ['min', 'max', 'argMin', 'argMax'])), [values]);
  }
});

gpuTest('ties go to the first position', async () => {
  for (const n of [6, 700, 20_000]) {
    const values = Float32Array.from({ length: n }, (_, k) => (k % 3 === 2 ? 9 : -9));
    await expectSame(reduceLaunch(spec([n], [0], 'float32', ['argMin', 'argMax'])), [values]);
    await expectSame(reduceLaunch(spec([n], [0], 'float32', ['argMin', 'argMax'])), [new Float32Array(n).fill(Infinity)]);
  }
});

test('accumulators too large for workgroup memory: each invocation works alone, in as many passes as it takes', async () => {
  for (const [domain, axes] of [...patterns, [[3_000_000], [0]] as [number[], number[]]]) {
    const passes = reducePasses(reduceLaunch(spec(domain, axes, 'float32', ['sum', 'argMin'])), 256);
    const elements = sizeOf(axes.map((axis) => domain[axis]));
    passes.forEach((p, k) => assert.is(p.reduced, k === 0 ? elements : passes[k - 1].chunks));
    assert.is(passes.at(-1)!.chunks, 1);
    const shaders = passes.map((p) => p.emit({ portable: false, library: () => undefined }).code);
    assert.not.ok(shaders.some((code) => code.includes('workgroupBarrier')));
  }
});

gpuTest('a long sum keeps its digits', async () => {
  const n = 1_500_000;
  const values = new Float32Array(n).fill(0.1);
  await expectSame(reduceLaunch(spec([n], [0], 'float32', ['sum'])), [values], { ulp: 1 });
  values[77] = Infinity;
  await expectSame(reduceLaunch(spec([n], [0], 'float32', ['sum'])), [values]);
});

test('every cut covers all elements once', () => {
  for (const kept of [1, 3, 10, 100, 5000, 100_000]) {
    for (const reduced of [0, 1, 31, 33, 500, 5000, 100_000, 40_000_000]) {
      for (const along of [false, true]) {
        for (const teams of [false, true]) {
          const { chunk, chunks } = cutReduction(kept, reduced, along, teams);
          assert.ok(chunks * chunk >= reduced && (chunks - 1) * chunk <= reduced, `${kept} x ${reduced}: ${chunks} chunks of ${chunk}`);
        }
      }
    }
  }
});

test('the shaders of all passes are valid without a driver', async () => {
  for (const d of dtypes) {
    for (const [domain, axes] of patterns) {
      const passes = reducePasses(reduceLaunch(spec(domain, axes, d, reducersOf(d).slice(0, 6))), 16384);
      await expectValid(passes.map((p) => p.emit({ portable: false, library: () => undefined }).code));
    }
  }
});

test.after(closeTargets);
test.run();
