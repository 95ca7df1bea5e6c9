/** sort, argSort, topK and searchSorted against plain JavaScript: every dtype, ties, NaN, both directions, any axis. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import { compute, computeAll } from '../support/compute.ts';
import { alongAxis, compare, dtypesOn, sortedIndices, tied } from '../support/lists.ts';
import * as nd from '../support/nd.ts';
import { random, specials, typed } from '../support/special.ts';
import { computes, expectClose, targets } from '../support/targets.ts';

const toWeft = (x: nd.Nd, dtype: DType): wf.WeftArray => wf.array(typed(dtype, x.data), { shape: x.shape, dtype });
const pick = (list: readonly number[], indices: readonly number[]): number[] => indices.map((i) => list[i]);

for (const target of targets) {
  const test = suite(`sort on ${target}`);
  for (const dtype of dtypesOn(target)) {
    test(`${dtype}, both directions`, async () => {
      for (const shape of [[0], [1], [2], [5], [33], [3, 70], [2, 0]]) {
        const x = tied(dtype, shape, 7 + nd.sizeOf(shape));
        const axis = shape.length - 1;
        for (const descending of [false, true]) {
          const label = `[${shape.join()}]${descending ? ' descending' : ''}`;
          const build = () => [toWeft(x, dtype).sort({ descending }), toWeft(x, dtype).argSort({ axis: -1, descending })];
          const [sorted, order] = await computeAll(target, build);
          assert.is(sorted.dtype, dtype);
          assert.is(order.dtype, 'int32');
          expectClose(sorted.values, alongAxis(x, axis, (l) => pick(l, sortedIndices(l, descending))).data, { label });
          expectClose(order.values, alongAxis(x, axis, (l) => sortedIndices(l, descending)).data, { label: `${label}: order` });
        }
      }
    });
  }
  test('the ends of every dtype', async () => {
    for (const dtype of dtypeNames) {
      if (!computes(target, dtype)) continue;
      // A device may take subnormals for 0.
      const data = specials[dtype].filter((v) => dtype !== 'float32' || v === 0 || !(Math.abs(v) < 2 ** -126));
      const { values } = await compute(target, () => toWeft({ shape: [data.length], data }, dtype).sort());
      expectClose(values, pick(data, sortedIndices(data)).map((v) => (dtype === 'float32' ? Math.fround(v) : v)), { label: dtype });
    }
  });
  test('along any axis', async () => {
    const x = tied('int32', [4, 9, 3], 5);
    for (const axis of [0, 1, 2, -2]) {
      const along = axis < 0 ? axis + 3 : axis;
      const [sorted, order] = await computeAll(target, () => [toWeft(x, 'int32').sort(axis), toWeft(x, 'int32').argSort(axis)]);
      assert.equal([...sorted.shape], [4, 9, 3]);
      expectClose(sorted.values, alongAxis(x, along, (l) => pick(l, sortedIndices(l))).data, { label: `axis ${axis}` });
      expectClose(order.values, alongAxis(x, along, (l) => sortedIndices(l)).data, { label: `order along ${axis}` });
    }
  });
  test('of views and of what is computed; a scalar stands for itself', async () => {
    const x = tied('int32', [6, 10], 8);
    const build = () => toWeft(x, 'int32').transpose().slice([null, null, -1]).add(1);
    const plain = nd.map(nd.flip(nd.transpose(x), [0]), (v) => (v + 1) | 0);
    const expected = alongAxis(plain, 1, (l) => pick(l, sortedIndices(l)));
    expectClose((await compute(target, () => build().sort().mul(2))).values, expected.data.map((v) => (2 * v) | 0));
    assert.equal([...(await compute(target, () => wf.array(3).sort())).values], [3]);
    assert.equal([...(await compute(target, () => wf.array(3).argSort())).values], [0]);
    assert.equal([...(await compute(target, () => wf.full([5], 2).argSort())).values], [0, 1, 2, 3, 4]);
  });
  const lengths = target === 'interpreter' ? [100, 513] : [100, 513, 1000, 4097, 20_000];
  test('long lists', async () => {
    for (const n of lengths) {
      const next = random(n);
      const data = nd.range(n).map(() => Math.floor(next() * n) - n / 2);
      const build = () => [wf.array(data).sort(), wf.array(data).argSort(0, { descending: true })];
      const [sorted, order] = await computeAll(target, build);
      expectClose(sorted.values, [...data].sort((a, b) => a - b), { label: `${n}` });
      expectClose(order.values, sortedIndices(data, true), { label: `${n}: order` });
    }
  });
  test('topK: any k, both ends, any axis', async () => {
    for (const [n, ks] of [[1, [0, 1]], [9, [3, 9]], [200, [1, 7, 64, 199]], [1500, target === 'interpreter' ? [5] : [5, 100]]] as const) {
      for (const dtype of ['float32', 'uint8'] as const) for (const k of ks) {
        const x = tied(dtype, [n], n + k);
        for (const largest of [true, false]) {
          const [values, indices] = await computeAll(target, () => wf.topK(toWeft(x, dtype), k, { largest }));
          const expected = sortedIndices(x.data, largest).slice(0, k);
          expectClose(indices.values, expected, { label: `${k} of ${n} ${dtype}` });
          expectClose(values.values, pick(x.data, expected), { label: `${k} of ${n} ${dtype}: values` });
        }
      }
    }
    const x = tied('int32', [5, 12, 2], 3);
    for (const axis of [0, 1, 2]) {
      const [values] = await computeAll(target, () => wf.topK(toWeft(x, 'int32'), 2, { axis }));
      assert.equal([...values.shape], x.shape.map((n, k) => (k === axis ? 2 : n)));
      expectClose(values.values, alongAxis(x, axis, (l) => pick(l, sortedIndices(l, true)).slice(0, 2)).data, { label: `axis ${axis}` });
    }
  });
  test('searchSorted: both sides, NaN, dtypes that meet', async () => {
    for (const dtype of dtypesOn(target)) {
      for (const n of [0, 1, 40]) {
        const sorted = [...tied(dtype, [n], n + 1).data].sort(compare);
        const x = tied(dtype, [5, 6], n + 2);
        for (const side of ['left', 'right'] as const) {
          const before = (e: number, v: number): boolean => (side === 'left' ? compare(e, v) < 0 : compare(e, v) <= 0);
          const build = () => toWeft({ shape: [n], data: sorted }, dtype).searchSorted(toWeft(x, dtype), { side });
          const { values, shape, dtype: got } = await compute(target, build);
          assert.equal([...shape], [5, 6]);
          assert.is(got, 'int32');
          expectClose(values, x.data.map((v) => sorted.filter((e) => before(e, v)).length), { label: `${dtype}, ${n} elements, ${side}` });
        }
      }
    }
    assert.equal([...(await compute(target, () => wf.array([1, 2, 3], { dtype: 'int32' }).searchSorted([1.5, 9]))).values], [1, 3]);
    const shuffled = wf.array([30, 10, 20]);
    assert.equal([...(await compute(target, () => shuffled.searchSorted(25, { sorter: shuffled.argSort() }))).values], [2]);
  });
  test.run();
}

const threads = suite('sorting and threads');
threads.after(() => void wf.configure({ threads: 0 }));
threads('the same for 1, 2 and 3; float64', async () => {
  const next = random(2);
  const data = Float64Array.from({ length: 30_000 }, () => (next() < 0.01 ? NaN : Math.floor(next() * 5000) / 7 - 300));
  const expected = sortedIndices([...data]);
  for (const count of [1, 2, 3]) {
    wf.configure({ threads: count });
    expectClose((await compute('cpu', () => wf.array(data).argSort())).values, expected, { label: `${count} threads` });
  }
});
threads.run();

const errors = suite('errors of sorting');
errors('say what is wrong', () => {
  assert.throws(() => wf.ones([2]).sort(1), /sort: axis: 1 is out of range/);
  assert.throws(() => wf.ones([2]).argSort(-2), /argSort: axis: -2 is out of range/);
  assert.throws(() => wf.array(1).sort(0), /sort: axis: 0 names an axis, but the array is a scalar/);
  assert.throws(() => wf.topK([1, 2], 3), /topK: k must be a whole number from 0 to 2, the size of axis -1 of shape \[2\], got 3/);
  assert.throws(() => wf.topK([1, 2], 0.5), /topK: k must be a whole number/);
  assert.throws(() => wf.ones([2, 2]).searchSorted([1]), /searchSorted: the sorted array must have one axis, got shape \[2, 2\]/);
  assert.throws(() => wf.ones([2]).searchSorted([1], { side: 'up' as 'left' }), /searchSorted: side must be 'left' or 'right', got "up"/);
});
errors.run();
