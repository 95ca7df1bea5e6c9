/** Selections whose size depends on the data, and the different elements of an array, against plain JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { compute, computeAll } from '../support/compute.ts';
import { compare, dtypesOn, sortedIndices, tied } from '../support/lists.ts';
import * as nd from '../support/nd.ts';
import { random, typed } from '../support/special.ts';
import { expectClose, targets } from '../support/targets.ts';

const toWeft = (x: nd.Nd, dtype: DType): wf.WeftArray => wf.array(typed(dtype, x.data), { shape: x.shape, dtype });

/** How much is chosen, of how much. */
const cases: readonly (readonly [shape: number[], share: number])[] = [
  [[0], 1], [[1], 1], [[5], 0], [[7], 1], [[40], 0.5], [[3, 4], 0.5], [[2, 3, 5], 0.3], [[2, 0], 1],
  [[700], 0.1], [[31, 33], 0.9],
];
for (const target of targets) {
  const test = suite(`selections on ${target}`);
  const mask = (shape: readonly number[], share: number): nd.Nd => {
    const next = random(nd.sizeOf(shape) + share);
    return nd.build(shape, () => Number(next() < share));
  };
  for (const [shape, share] of cases) {
    test(`${share} of [${shape.join()}]`, async () => {
      const m = mask(shape, share);
      const x = nd.build(shape, (at) => at.reduce((sum, i) => 100 * sum + i, 1));
      const chosen = nd.coordinates(shape).filter((_, k) => m.data[k]);
      const found = await wf.nonZero(toWeft(m, 'bool'), { target });
      assert.is(found.length, shape.length);
      const positions = await computeAll(target, () => found);
      positions.forEach(({ values, dtype }, axis) => {
        assert.is(dtype, 'int32');
        expectClose(values, chosen.map((at) => at[axis]), { label: `axis ${axis}` });
      });
      const kept = await wf.compress(toWeft(x, 'float32'), toWeft(m, 'bool'), null, { target });
      expectClose((await compute(target, () => kept)).values, chosen.map((at) => nd.element(x, at)));
    });
  }
  test('what counts as true', async () => {
    for (const [dtype, data] of [['float32', [0, -0, 0.25, NaN, -3]], ['uint8', [0, 255, 1]], ['int16', [0, -256, 256]]] as const) {
      const [found] = await wf.nonZero(toWeft({ shape: [data.length], data }, dtype), { target });
      const { values } = await compute(target, () => found);
      expectClose(values, nd.range(data.length).filter((k) => data[k] !== 0), { label: dtype });
    }
  });
  test('a mask of the first axes, and along an axis', async () => {
    const x = nd.build([3, 4, 2], (at) => at.reduce((sum, i) => 10 * sum + i, 1));
    const first = mask([3, 4], 0.5);
    const pairs = await wf.compress(toWeft(x, 'int32'), toWeft(first, 'bool'), undefined, { target });
    const chosen = nd.coordinates([3, 4]).filter((_, k) => first.data[k]);
    assert.equal([...pairs.shape], [chosen.length, 2]);
    const expectedPairs = chosen.flatMap((at) => [nd.element(x, [...at, 0]), nd.element(x, [...at, 1])]);
    expectClose((await compute(target, () => pairs)).values, expectedPairs);
    for (const axis of [0, 1, -1]) {
      const along = axis < 0 ? 2 : axis;
      const some = nd.range(x.shape[along]).filter((k) => k !== 1);
      const mask1 = nd.build([x.shape[along]], ([k]) => Number(k !== 1));
      const kept = await wf.compress(toWeft(x, 'int32'), toWeft(mask1, 'bool'), axis, { target });
      const expected = nd.take(x, x.shape.map((n, k) => (k === along ? some : nd.range(n))));
      assert.equal([...kept.shape], [...expected.shape]);
      expectClose((await compute(target, () => kept)).values, expected.data, { label: `axis ${axis}` });
    }
  });
  test('of what is computed, and computed with', async () => {
    const x = nd.range(1000).map((k) => (k * 7919) % 211 - 105);
    const a = wf.array(Int32Array.from(x));
    const large = await wf.compress(a.mul(2), a.abs().gt(100), null, { target });
    const expected = x.filter((v) => Math.abs(v) > 100).reduce((s, v) => s + 2 * v + 1, 0);
    expectClose((await compute(target, () => large.add(1).sum())).values, [expected]);
  });
  test.run();
}

for (const target of targets) {
  const test = suite(`unique on ${target}`);
  for (const dtype of dtypesOn(target)) {
    test(dtype, async () => {
      for (const shape of [[0], [1], [2, 3], [90], [19, 31]]) {
        const x = tied(dtype, shape, 1 + nd.sizeOf(shape));
        const order = sortedIndices(x.data);
        const firsts = order.filter((i, k) => k === 0 || compare(x.data[i], x.data[order[k - 1]]) !== 0);
        const values = firsts.map((i) => x.data[i]);
        const different = await wf.unique(toWeft(x, dtype), { target });
        assert.is(different.dtype, dtype);
        expectClose((await compute(target, () => different)).values, values, { label: `[${shape.join()}]` });
        const all = await wf.uniqueAll(toWeft(x, dtype), { target });
        const [v, indices, inverse, counts] = await computeAll(target, () => [all.values, all.indices, all.inverse, all.counts]);
        const rank = x.data.map((e) => values.findIndex((u) => compare(u, e) === 0));
        expectClose(v.values, values, { label: 'values' });
        expectClose(indices.values, firsts, { label: 'indices' });
        assert.equal([...inverse.shape], shape);
        expectClose(inverse.values, rank, { label: 'inverse' });
        expectClose(counts.values, values.map((_, k) => rank.filter((r) => r === k).length), { label: 'counts' });
      }
    });
  }
  test.run();
}

const errors = suite('errors of selections');
errors('say what is wrong', async () => {
  const rejects = async (promise: Promise<unknown>, message: RegExp) => {
    const error = await promise.then(() => undefined, (e: unknown) => e as Error);
    assert.match(error?.message ?? 'no error', message);
  };
  await rejects(wf.nonZero(3), /nonZero: a scalar has no axes/);
  await rejects(wf.compress(wf.ones([2, 3]), [true, false, true]), /compress: a mask of shape \[3\] does not fit an array of shape \[2, 3\]/);
  await rejects(wf.compress(wf.ones([2, 3]), [true, false], 1),
    /compress: along axis 1 of shape \[2, 3\] the mask must have shape \[3\], got \[2\]/);
  await rejects(wf.compress(wf.ones([2]), [true, false], 1), /compress: axis: 1 is out of range/);
});
errors.run();
