/** What scans, indices, counts, selections and sorting have to do with each other, for random arrays of any rank. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import { compute, computeAll } from '../support/compute.ts';
import { compare, dtypesOn, small, tied } from '../support/lists.ts';
import { random, typed } from '../support/special.ts';
import { expectClose, fastTargets, type TargetName } from '../support/targets.ts';

interface Input {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly axis: number;
  readonly seed: number;
}

/** Few long axes: around the sizes at which work is cut. */
const inputs = (target: TargetName): fc.Arbitrary<Input> => {
  const few = fc.integer({ min: 1, max: 7 }), many = fc.integer({ min: 250, max: 600 });
  const size = fc.oneof({ weight: 3, arbitrary: few }, { weight: 1, arbitrary: many });
  const shapes = fc.array(size, { minLength: 1, maxLength: 3 }).filter((s) => s.reduce((n, k) => n * k, 1) <= 6000);
  return shapes.chain((shape) => fc.record({
    dtype: fc.constantFrom(...(target === 'webgpu' ? dtypesOn(target) : dtypeNames)), shape: fc.constant(shape),
    axis: fc.integer({ min: 0, max: shape.length - 1 }), seed: fc.integer({ min: 1, max: 1e6 }),
  }));
};

const arrayOf = (make: typeof small, { dtype, shape, seed }: Input): wf.WeftArray =>
  wf.array(typed(dtype, make(dtype, shape, seed).data), { shape, dtype });

const laws: Readonly<Record<string, (input: Input, target: TargetName) => Promise<void>>> = {
  'a scan ends with the reduction, and its differences are the elements': async (input, target) => {
    const { shape, axis } = input;
    const x = arrayOf(small, input);
    const at = (...range: number[]) => shape.map((_, k) => (k === axis ? range : null));
    const [last, total, step, rest, largest, max] = await computeAll(target, () => [
      x.cumSum(axis).slice(...at(-1)), x.sum(axis, { keepDims: true }),
      x.cumSum(axis).slice(...at(1)).sub(x.cumSum(axis).slice(...at(0, -1))), x.slice(...at(1)).asType('float32'),
      x.cumMax(axis).slice(...at(-1)), x.max(axis, { keepDims: true }),
    ]);
    expectClose(last.values, total.values, { label: 'cumSum' });
    expectClose(step.values.map((v) => (step.dtype === 'uint32' ? v | 0 : v)), rest.values, { label: 'differences' });
    expectClose(largest.values, max.values, { label: 'cumMax' });
  },
  'what argSort picks is sorted, and searchSorted finds it': async (input, target) => {
    const { axis, seed } = input;
    const descending = seed % 2 === 0;
    const x = arrayOf(tied, input);
    const [picked, sorted] = await computeAll(target, () => [
      wf.takeAlongAxis(x, x.argSort(axis, { descending }), axis), x.sort(axis, { descending }),
    ]);
    expectClose(picked.values, sorted.values, { label: 'take by argSort' });
    const flat = x.reshape(-1).sort();
    const found = await compute(target, () => flat.take(flat.searchSorted(x.reshape(-1))));
    const own = await compute(target, () => x.reshape(-1).add(wf.zeros([1], { dtype: x.dtype })));
    assert.ok([...found.values].every((v, k) => compare(v, own.values[k]) === 0), 'searchSorted');
  },
  'scatterAdd is the transpose of take': async (input, target) => {
    const { shape, axis, seed } = input;
    const next = random(seed);
    const n = shape[axis], count = 1 + Math.floor(next() * 700);
    const indices = Int32Array.from({ length: count }, () => Math.floor(next() * 2 * n) - n);
    const x = arrayOf(small, { ...input, dtype: 'int32' }).transpose([axis, ...shape.map((_, k) => k).filter((k) => k !== axis)]);
    const y = arrayOf(small, { dtype: 'int32', shape: [count, ...x.shape.slice(1)], axis: 0, seed: seed + 1 });
    const [left, right] = await computeAll(target, () => [
      x.take(indices, 0).mul(y).sum(), x.mul(wf.scatterAdd(x.shape, indices, y)).sum(),
    ]);
    assert.is(left.values[0], right.values[0]);
  },
  'unique and its inverse give the array back; counts add up': async (input, target) => {
    const x = arrayOf(tied, input);
    const { values, inverse, counts, indices } = await wf.uniqueAll(x, { target });
    const [back, total, first, different] = await computeAll(target, () => [
      values.take(inverse, 0), counts.sum(), x.reshape(-1).take(indices), values.add(wf.zeros([1], { dtype: x.dtype })),
    ]);
    const own = tied(input.dtype, input.shape, input.seed).data;
    assert.ok([...back.values].every((v, k) => compare(v, own[k]) === 0), 'values by inverse');
    assert.is(total.values[0], own.length);
    assert.ok([...first.values].every((v, k) => compare(v, different.values[k]) === 0), 'values by indices');
  },
  'a mask and its negation share out the elements': async (input, target) => {
    const x = arrayOf(small, input);
    const mask = x.asType('float32').gt(1);
    const parts = [await wf.compress(x, mask, null, { target }), await wf.compress(x, mask.logicalNot(), null, { target })];
    assert.is(parts[0].size + parts[1].size, x.size);
    const [yes, no, all] = await computeAll(target, () => [parts[0].sum(), parts[1].sum(), x.sum()]);
    assert.is(yes.values[0] + no.values[0], all.values[0]);
    const [rows] = await wf.nonZero(mask, { target });
    const [counted, summed] = await computeAll(target, () => [
      wf.scatterAdd([input.shape[0]], rows, 1), mask.reshape([input.shape[0], -1]).sum(1),
    ]);
    expectClose(counted.values, summed.values, { label: 'nonZero' });
  },
};

const runs = Number(process.env.WEFT_FUZZ_RUNS) || 20;
const seed = Number(process.env.WEFT_FUZZ_SEED) || 20261125;
for (const target of fastTargets) {
  const test = suite(`laws of order on ${target}`);
  for (const [name, law] of Object.entries(laws)) {
    test(name, () => fc.assert(fc.asyncProperty(inputs(target), (input) => law(input, target)),
      { numRuns: target === 'webgpu' ? Math.ceil(runs / 4) : runs, seed, includeErrorInReport: true }));
  }
  test.run();
}
