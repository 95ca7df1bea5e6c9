/** Elements at indices: take, takeAlongAxis, gather, against plain JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { compute } from '../support/compute.ts';
import { dtypesOn } from '../support/lists.ts';
import * as nd from '../support/nd.ts';
import { typed } from '../support/special.ts';
import { expectClose, targets } from '../support/targets.ts';

/** Every element is different. */
const numbered = (shape: readonly number[]): nd.Nd => ({ shape, data: nd.range(nd.sizeOf(shape)).map((v) => v + 1) });
const toWeft = (x: nd.Nd, dtype: DType = 'float32'): wf.WeftArray => wf.array(typed(dtype, x.data), { shape: x.shape, dtype });
const int = (data: readonly number[], shape: readonly number[] = [data.length]): wf.WeftArray =>
  wf.array(Int32Array.from(data), { shape });

/** From the back when it is negative; beyond the array, the edge. */
const place = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i < 0 ? i + n : i));

async function expectNd(target: string, build: () => wf.WeftArray, expected: nd.Nd, label: string): Promise<void> {
  const { values, shape } = await compute(target, build);
  assert.equal([...shape], [...expected.shape], `${label}: shape`);
  expectClose(values, expected.data, { label });
}

function taken(x: nd.Nd, indices: nd.Nd, axis: number): nd.Nd {
  const rank = indices.shape.length;
  return nd.build([...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], (at) => {
    const i = place(nd.element(indices, at.slice(axis, axis + rank)), x.shape[axis]);
    return nd.element(x, [...at.slice(0, axis), i, ...at.slice(axis + rank)]);
  });
}

for (const target of targets) {
  const test = suite(`take on ${target}`);
  const indices: readonly nd.Nd[] = [
    { shape: [3], data: [0, 2, 1] }, { shape: [5], data: [-1, 0, -2, 1, 1] }, { shape: [2, 2], data: [1, 0, 9, -9] },
    { shape: [], data: [1] }, { shape: [0], data: [] }, { shape: [2, 1, 2], data: [0, 1, 2, 3] },
  ];
  for (const [shape, axis] of [[[4], 0], [[3, 4], 0], [[3, 4], 1], [[2, 3, 4], 1], [[2, 3, 4], -1]] as const) {
    test(`along axis ${axis} of [${shape.join()}]`, async () => {
      for (const i of indices) {
        const x = numbered(shape), along = axis < 0 ? axis + shape.length : axis;
        await expectNd(target, () => toWeft(x).take(int(i.data, i.shape), axis), taken(x, i, along), `indices [${i.shape.join()}]`);
      }
    });
  }
  test('every dtype, of elements and of indices', async () => {
    for (const dtype of dtypesOn(target)) {
      const x: nd.Nd = { shape: [4], data: dtype === 'bool' ? [1, 0, 0, 1] : [1, 2, 3, 4] };
      const { values, dtype: got } = await compute(target, () => toWeft(x, dtype).take([3, 1, 0]));
      assert.is(got, dtype);
      expectClose(values, [x.data[3], x.data[1], x.data[0]], { label: dtype });
      if (!dtype.includes('int')) continue;
      const byIndex = await compute(target, () => toWeft(numbered([4])).take(wf.array([2, 0], { dtype })));
      expectClose(byIndex.values, [3, 1], { label: `indices of ${dtype}` });
    }
    const huge = wf.array(Uint32Array.of(2 ** 32 - 1, 0));
    expectClose((await compute(target, () => toWeft(numbered([4])).take(huge))).values, [4, 1], { label: 'beyond int32 is beyond the array' });
  });
  test('indices that are computed, of arrays that are computed, within an expression', async () => {
    const x = numbered([5, 4]);
    const at = nd.build([6], ([k]) => (k * 3) % 5);
    const tens = nd.map(nd.transpose(x), (v) => 10 * v);
    const computed = (): wf.WeftArray => wf.arange(6, { dtype: 'int32' }).mul(3).mod(5);
    const within = () => toWeft(x).mul(10).transpose().take(computed(), 1).add(1);
    await expectNd(target, within, nd.map(taken(tens, at, 1), (v) => v + 1), 'computed');
    const rows = taken(x, { shape: [2], data: [0, 2] }, 0);
    await expectNd(target, () => toWeft(x).take([0, 2], 0).sum(1), nd.reduce(rows, [1], (g) => g.reduce((a, b) => a + b)), 'summed');
    await expectNd(target, () => wf.full([3], 7).take([2, 2]), { shape: [2], data: [7, 7] }, 'of one number everywhere');
    await expectNd(target, () => wf.ones([0, 3]).take([0, 1], 1), { shape: [0, 2], data: [] }, 'of nothing');
  });
  test('takeAlongAxis: the other axes broadcast', async () => {
    const x = numbered([3, 4]);
    for (const [shape, axis] of [[[3, 2], 1], [[2, 4], 0], [[1, 3], 1], [[3, 5], -1]] as const) {
      const i = nd.build(shape, (at) => (at[0] * 5 + at[1] * 3) % 7 - 2);
      const along = axis < 0 ? axis + 2 : axis;
      const out = x.shape.map((n, k) => (k === along ? shape[k] : n));
      const expected = nd.build(out, (at) => {
        const own = nd.element(i, at.map((v, k) => (shape[k] === 1 ? 0 : v)));
        return nd.element(x, at.map((v, k) => (k === along ? place(own, x.shape[k]) : v)));
      });
      await expectNd(target, () => wf.takeAlongAxis(toWeft(x), int(i.data, shape), axis), expected, `[${shape.join()}] along ${axis}`);
    }
    const row = nd.build([4, 2], (at) => at[0] % 3);
    const ofColumn = () => wf.takeAlongAxis(toWeft(numbered([3, 1])), int(row.data, [4, 2]), 0);
    await expectNd(target, ofColumn, nd.map(row, (i) => i + 1), 'x broadcasts');
    const largest = () => wf.takeAlongAxis(toWeft(x), toWeft(x).argMax(1, { keepDims: true }));
    await expectNd(target, largest, { shape: [3, 1], data: [4, 8, 12] }, 'argMax');
  });
  test('gather: an index per axis, which broadcast; the rest whole', async () => {
    const x = numbered([3, 4, 2]);
    const [rows, columns] = [[0, 2, -1], [1, -4]];
    await expectNd(target, () => wf.gather(toWeft(x), [int(rows, [3, 1]), int(columns)]),
      nd.build([3, 2, 2], ([p, q, k]) => nd.element(x, [place(rows[p], 3), place(columns[q], 4), k])), 'two of three axes');
    const points: nd.Nd = { shape: [2], data: [nd.element(x, [0, 1, 1]), nd.element(x, [2, 1, 0])] };
    await expectNd(target, () => wf.gather(toWeft(x), [[0, 9], 1, [1, 0]]), points, 'all axes');
  });
  test.run();
}

const errors = suite('errors of take');
errors('say what is wrong', () => {
  const x = wf.ones([2, 3]);
  assert.throws(() => x.take([0]), /take: which axis\? The array has shape \[2, 3\]/);
  assert.throws(() => wf.array(1).take([0]), /take: a scalar has no axis to take from/);
  assert.throws(() => x.take([0], 5), /take: axis: 5 is out of range/);
  assert.throws(() => x.take([0.5], 0), /take: indices: 0.5 is not an index/);
  assert.throws(() => x.take(wf.array([0, 1]), 0), /indices must be integers, got float32; cast them/);
  assert.throws(() => x.take([true, false], 0), /got bool; to pick elements by a mask use await wf.compress/);
  assert.throws(() => wf.ones([0]).take([0]), /take: nothing to take: axis 0 of shape \[0\] is empty/);
  assert.throws(() => wf.takeAlongAxis(x, [0, 1]), /takeAlongAxis: indices need 2 axes as x has, got shape \[2\]/);
  assert.throws(() => wf.gather(x, []), /gather: expected a list with an array of indices/);
  assert.throws(() => wf.gather(x, [0, 0, 0]), /gather: 3 arrays of indices for an array of shape \[2, 3\]/);
  assert.throws(() => wf.gather(x, [[0, 1], [0, 1, 2]]), /gather: indices: shapes \[2\] and \[3\] do not broadcast/);
});
errors.run();
