/** Adding at indices, counting and histograms against plain JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypes, wrapInteger, type DType } from '../../src/dsl/dtype.ts';
import { compute, computeAll } from '../support/compute.ts';
import { dtypesOn } from '../support/lists.ts';
import * as nd from '../support/nd.ts';
import { random, typed } from '../support/special.ts';
import { computes, expectClose, targets } from '../support/targets.ts';

const toWeft = (x: nd.Nd, dtype: DType): wf.WeftArray => wf.array(typed(dtype, x.data), { shape: x.shape, dtype });
const int = (data: readonly number[], shape: readonly number[] = [data.length]): wf.WeftArray =>
  wf.array(Int32Array.from(data), { shape });

/** One after the other, rows of `values` into rows of `into`. */
function added(into: nd.Nd, at: readonly number[], values: readonly (readonly number[])[]): number[] {
  const [rows] = into.shape, inner = nd.sizeOf(into.shape.slice(1));
  const out = [...into.data];
  at.forEach((i, k) => {
    const row = i < 0 ? i + rows : i;
    if (row >= 0 && row < rows) values[k].forEach((v, j) => { out[row * inner + j] += v; });
  });
  return out;
}

for (const target of targets) {
  const test = suite(`scatterAdd on ${target}`);
  test('every dtype, with repeated, negative and outside indices', async () => {
    for (const dtype of dtypesOn(target)) {
      if (dtype === 'bool') continue;
      const into: nd.Nd = { shape: [4], data: [1, 2, 3, 100] };
      const at = [0, 3, 3, -1, 9, -9, 1, 0], values = [1, 2, 3, 60, 5, 6, 7, 8];
      const build = () => wf.scatterAdd(toWeft(into, dtype), int(at), toWeft({ shape: [8], data: values }, dtype));
      const { values: got, dtype: type } = await compute(target, build);
      assert.is(type, dtype);
      const { kind } = dtypes[dtype];
      expectClose(got, added(into, at, values.map((v) => [v])).map((v) => (kind === 'float' ? v : wrapInteger(v, dtype))), { label: dtype });
    }
  });
  test('into a shape: the dtype of sums', async () => {
    const of = async (values: wf.ArrayInput) => (await compute(target, () => wf.scatterAdd(3, [0, 2, 2], values)));
    for (const [values, dtype] of [[wf.array([1, 2, 3], { dtype: 'int8' }), 'int32'], [Uint8Array.of(1, 2, 3), 'uint32'], [[1, 2, 3], 'float32']] as const) {
      const got = await of(values);
      assert.is(got.dtype, dtype);
      assert.equal([...got.values], [1, 0, 5]);
    }
    assert.equal([...(await of(2)).values], [2, 0, 4]);
    const trues = await of(true);
    assert.is(trues.dtype, 'int32');
    assert.equal([...trues.values], [1, 0, 2]);
  });
  test('rows, several axes, broadcasting', async () => {
    const x = nd.build([3, 2], ([i, j]) => 10 * i + j);
    const rows = await compute(target, () => wf.scatterAdd(toWeft(x, 'float32'), [2, 0, 2], wf.array([[1], [2], [3]])));
    expectClose(rows.values, added(x, [2, 0, 2], [[1, 1], [2, 2], [3, 3]]));
    const points = await compute(target, () => wf.scatterAdd(toWeft(x, 'float32'), [int([0, -1, 7], [3, 1]), int([1, 0])], wf.array([1, 10])));
    const expected = [...x.data];
    for (const i of [0, 2]) for (const [k, j] of [1, 0].entries()) expected[2 * i + j] += [1, 10][k];
    expectClose(points.values, expected);
    assert.equal([...points.shape], [3, 2]);
  });
  test('nothing to add, and nothing to add to', async () => {
    const none = await compute(target, () => wf.scatterAdd(wf.array([1, 2]), int([]), wf.array(new Float32Array(0))));
    assert.equal([...none.values], [1, 2]);
    assert.equal([...(await compute(target, () => wf.scatterAdd([0], int([0, 1]), 1))).shape], [0]);
  });
  // Few updates, copies, and parts of a large output; one element per row and several.
  const sizes: readonly (readonly [rows: number, inner: number, updates: number])[] = target === 'interpreter'
    ? [[10, 1, 3000], [5000, 1, 1100]]
    : [[10, 1, 3000], [10, 3, 20000], [300, 1, 40000], [5000, 1, 1100], [70000, 1, 30000], [3000, 4, 5000], [4, 1100, 1500]];
  for (const [rows, inner, updates] of sizes) {
    test(`${updates} updates of ${rows} x ${inner}`, async () => {
      const next = random(rows + updates);
      const at = nd.range(updates).map(() => Math.floor(next() ** 2 * rows * 1.1) - Math.floor(rows / 20));
      const values = at.map(() => nd.range(inner).map(() => Math.floor(next() * 9) - 4));
      const into = nd.build([rows, inner], () => Math.floor(next() * 5));
      for (const dtype of ['float32', 'int32'] as const) {
        const what: nd.Nd = { shape: [updates, inner], data: values.flat() };
        const build = () => wf.scatterAdd(toWeft(into, dtype), int(at), toWeft(what, dtype));
        expectClose((await compute(target, build)).values, added(into, at, values), { label: dtype });
      }
    });
  }
  test.run();
}

for (const target of targets) {
  const test = suite(`counts on ${target}`);
  test('bincount: lengths, weights, shapes', async () => {
    const x = [1, 4, 1, 0, 4, 4];
    const of = async (options: wf.BincountOptions, data: nd.Nd = { shape: [6], data: x }, dtype: DType = 'int32') => {
      const counted = await wf.bincount(toWeft(data, dtype), { ...options, target });
      return compute(target, () => counted);
    };
    assert.equal([...(await of({})).values], [1, 2, 0, 0, 3]);
    assert.is((await of({})).dtype, 'int32');
    assert.equal([...(await of({ minLength: 7 })).values], [1, 2, 0, 0, 3, 0, 0]);
    assert.equal([...(await of({ minLength: 2 }, { shape: [2, 3], data: x }, 'uint8')).values], [1, 2, 0, 0, 3]);
    assert.equal([...(await of({ weights: [0.5, 1, 0.25, 2, 4, 8] })).values], [2, 0.75, 0, 0, 13]);
    assert.equal([...(await of({ minLength: 3 }, { shape: [0], data: [] })).values], [0, 0, 0]);
    assert.equal([...(await of({}, { shape: [0], data: [] })).shape], [0]);
  });
  const edgesOf = (low: number, high: number, bins: number): number[] =>
    nd.range(bins + 1).map((k) => low + (k * (high - low)) / bins);
  /** The last bin holds its upper edge. */
  const binned = (x: readonly number[], edges: readonly number[], weights?: readonly number[]): number[] => {
    const counts = new Array<number>(edges.length - 1).fill(0);
    x.forEach((v, k) => {
      const bin = v === edges.at(-1) ? counts.length - 1 : edges.findIndex((e, j) => v >= e && v < edges[j + 1]);
      if (bin >= 0) counts[bin] += weights?.[k] ?? 1;
    });
    return counts;
  };
  test('histogram: numbers of bins, ranges, edges', async () => {
    const next = random(4);
    const x = nd.range(3000).map(() => Math.floor(next() * 64) / 8 - 2);
    for (const [bins, range] of [[16, [-2, 6]], [1, [0, 1]], [5, [0, 5]], [10, undefined]] as const) {
      const [counts, edges] = await computeAll(target, () => wf.histogram(wf.array(x), bins, { range: range && [...range] }));
      const expected = edgesOf(...(range ?? [Math.min(...x), Math.max(...x)] as const), bins);
      expectClose(edges.values, expected, { ulp: 2, atol: 1e-6, label: 'edges' });
      // The edges that were given decide.
      expectClose(counts.values, binned(x, [...edges.values]), { label: `${bins} bins` });
      assert.is(counts.dtype, 'int32');
    }
    const uneven = [-1, 0, 0.5, 0.5, 4, 5.875];
    const [counts] = await computeAll(target, () => [wf.histogram(wf.array(x), uneven)[0]]);
    expectClose(counts.values, binned(x, uneven), { label: 'edges' });
  });
  test('histogram: one value, no value, NaN, integers, weights', async () => {
    const of = async (x: wf.ArrayInput, bins: number | wf.ArrayInput, options?: wf.HistogramOptions) =>
      (await computeAll(target, () => wf.histogram(x, bins, options))).map(({ values }) => [...values]);
    assert.equal(await of([3, 3], 2), [[0, 2], [2.5, 3, 3.5]]);
    assert.equal(await of(wf.zeros([0]), 2), [[0, 0], [0, 0.5, 1]]);
    assert.equal(await of([NaN, 1, 2], 2, { range: [0, 2] }), [[0, 2], [0, 1, 2]]);
    assert.equal((await of([NaN, 0, 1, 5, -1], [0, 1, 5]))[0], [1, 2]);
    assert.equal(await of(wf.array([[1, 2], [3, 200]], { dtype: 'uint8' }), 2, { range: [0, 4] }), [[1, 2], [0, 2, 4]]);
    assert.equal((await of([0, 1, 1], 2, { weights: [0.5, 2, 4] }))[0], [0.5, 6]);
    assert.equal(await of(5, 1, { range: [5, 5] }), [[1], [4.5, 5.5]]);
  });
  if (computes(target, 'float64')) {
    test('histogram of float64', async () => {
      const x = Float64Array.of(0, 0.1, 0.2, 0.30000000000000004, 0.3, 1);
      const [counts, edges] = await computeAll(target, () => wf.histogram(x, 10));
      assert.is(edges.dtype, 'float64');
      expectClose(counts.values, binned([...x], [...edges.values]));
    });
  }
  test.run();
}

const threads = suite('sums at indices and threads');
threads.after(() => void wf.configure({ threads: 0 }));
threads('the same bits for 1, 2 and 3', async () => {
  const next = random(6);
  const n = 60_000;
  const values = Float32Array.from({ length: n }, () => next() * 2 ** (20 * next()));
  for (const rows of [20, 100_000]) {
    const at = Int32Array.from({ length: n }, () => next() ** 3 * rows);
    const runs: string[] = [];
    for (const count of [1, 2, 3]) {
      wf.configure({ threads: count });
      runs.push((await compute('cpu', () => wf.scatterAdd([rows], wf.array(at), wf.array(values)))).values.join());
    }
    assert.ok(runs[0] === runs[1] && runs[0] === runs[2], `${rows} rows`);
  }
});
threads.run();

const errors = suite('errors of scatterAdd and histograms');
errors('say what is wrong', async () => {
  assert.throws(() => wf.scatterAdd([3], [0, 1], [1, 2, 3]), /scatterAdd: values of shape \[3\] do not broadcast to \[2\]/);
  assert.throws(() => wf.scatterAdd(wf.array([true]), [0], [1]), /scatterAdd: nothing can be added to bool/);
  assert.throws(() => wf.scatterAdd([3], wf.array([0.5]), [1]), /scatterAdd: indices of axis 0: indices must be integers, got float32/);
  assert.throws(() => wf.scatterAdd([3], [int([0]), int([0])], [1]), /scatterAdd: 2 arrays of indices for an array of shape \[3\]/);
  assert.throws(() => wf.scatterAdd([-1], [0], [1]), /scatterAdd: into, unless it is an array,: expected non-negative integers/);
  assert.throws(() => wf.histogram([1], 0), /histogram: expected a number of bins from 1/);
  assert.throws(() => wf.histogram([1], 2, { range: [1, NaN] }), /histogram: range must be two finite numbers/);
  assert.throws(() => wf.histogram([1], [1, 3, 2]), /histogram: edges must be ascending, but 2 follows 3/);
  assert.throws(() => wf.histogram([1], [1, 2], { range: [0, 1] }), /histogram: with a list of edges there is no range/);
  assert.throws(() => wf.histogram([1], [1]), /histogram: edges are an array of one axis with at least two elements/);
  assert.throws(() => wf.histogram([1, 2], 2, { weights: [1] }), /histogram: weights of shape \[1\] for an array of shape \[2\]/);
  const rejects = async (promise: Promise<unknown>, message: RegExp) => {
    const error = await promise.then(() => undefined, (e: unknown) => e as Error);
    assert.match(error?.message ?? 'no error', message);
  };
  await rejects(wf.bincount([0.5]), /bincount: x must be integers, got float32/);
  await rejects(wf.bincount(int([1, -2]), { target: 'cpu' }), /bincount: x must not be negative, its smallest element is -2/);
  await rejects(wf.bincount(int([1]), { minLength: -1 }), /bincount: minLength must be a whole number/);
});
errors.run();
