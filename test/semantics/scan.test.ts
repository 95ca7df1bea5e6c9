/** Cumulative sums, products, maxima and minima against plain JavaScript; long axes against their error bound. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypes, wrapInteger, type DType } from '../../src/dsl/dtype.ts';
import { compute } from '../support/compute.ts';
import { alongAxis, dtypesOn, small } from '../support/lists.ts';
import * as nd from '../support/nd.ts';
import { random, typed } from '../support/special.ts';
import { expectClose, targets } from '../support/targets.ts';

type Scan = 'cumSum' | 'cumProd' | 'cumMax' | 'cumMin';
const names: readonly Scan[] = ['cumSum', 'cumProd', 'cumMax', 'cumMin'];
const wide: Partial<Record<DType, DType>> = { int8: 'int32', int16: 'int32', bool: 'int32', uint8: 'uint32', uint16: 'uint32' };

/** Left to right, in the dtype of the result. */
function scanned(name: Scan, list: readonly number[], dtype: DType): number[] {
  const isInteger = dtypes[dtype].kind === 'int' || dtypes[dtype].kind === 'uint';
  const combine = {
    cumSum: (a: number, b: number) => a + b,
    cumProd: (a: number, b: number) => (isInteger ? Math.imul(a, b) : a * b),
    cumMax: Math.max, cumMin: Math.min,
  }[name];
  const round = (v: number): number => (isInteger ? wrapInteger(v, dtype) : v);
  const out: number[] = [];
  list.forEach((v, k) => out.push(round(k === 0 ? v : combine(out[k - 1], v))));
  return out;
}
const resultOf = (name: Scan, dtype: DType): DType => (name === 'cumSum' || name === 'cumProd' ? wide[dtype] ?? dtype : dtype);
const toWeft = (x: nd.Nd, dtype: DType): wf.WeftArray => wf.array(typed(dtype, x.data), { shape: x.shape, dtype });

// --- every dtype, rank and axis ---

const layouts: readonly (readonly [shape: number[], axes: number[]])[] = [
  [[1], [0]], [[13], [-1]], [[2, 3, 5], [1, -3]], [[0], [0]], [[2, 0, 3], [0, 1]],
  [[3, 37], [0, 1]], [[300], [0]], [[2, 261, 2], [1]],
];
const twosAndOnes = (shape: readonly number[], dtype: DType): nd.Nd =>
  nd.build(shape, (at) => (dtype !== 'bool' && at.every((i) => i % 29 === 0) ? 2 : 1));

for (const target of targets) {
  const test = suite(`scans on ${target}`);
  for (const name of names) for (const dtype of dtypesOn(target)) {
    test(`${name} of ${dtype}`, async () => {
      for (const [shape, axes] of target === 'webgpu' ? layouts.slice(-3) : layouts) for (const axis of axes) {
        // Products stay exact: of ones and twos, and few of these.
        const x = name === 'cumProd' ? twosAndOnes(shape, dtype) : small(dtype, shape, 3 + nd.sizeOf(shape));
        const result = resultOf(name, dtype);
        const expected = alongAxis(x, axis < 0 ? axis + shape.length : axis, (list) => scanned(name, list, result));
        const { values, shape: got, dtype: gotType } = await compute(target, () => toWeft(x, dtype)[name](axis));
        const label = `${name} of ${dtype} [${shape.join()}] along ${axis}`;
        assert.is(gotType, result, label);
        assert.equal([...got], shape, label);
        expectClose(values, expected.data, { label });
      }
    });
  }
  test('the only axis needs not be named; a scalar stands for itself', async () => {
    assert.equal([...(await compute(target, () => wf.array([1, 2, 3]).cumSum())).values], [1, 3, 6]);
    assert.equal([...(await compute(target, () => wf.array(true).cumSum())).values], [1]);
    assert.equal([...wf.array(5).cumSum().shape], []);
  });
  test('the option dtype', async () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, k) => k);
    const { values, dtype } = await compute(target, () => wf.array(bytes).cumSum(0, { dtype: 'uint8' }));
    assert.is(dtype, 'uint8');
    expectClose(values, scanned('cumSum', [...bytes], 'uint8'));
    const floats = await compute(target, () => wf.array(bytes).cumSum(0, { dtype: 'float32' }));
    expectClose(floats.values, scanned('cumSum', [...bytes], 'float32'));
  });
  test('of views, and of what is computed', async () => {
    const x = small('int32', [20, 30], 5);
    const every = nd.build([10, 30], ([i, j]) => nd.element(x, [19 - 2 * i, j]) + 1);
    const build = () => toWeft(x, 'int32').slice([null, null, -2]).add(1);
    for (const axis of [0, 1]) {
      const { values } = await compute(target, () => build().cumSum(axis).mul(2));
      expectClose(values, alongAxis(every, axis, (l) => scanned('cumSum', l, 'int32')).data.map((v) => 2 * v));
    }
    const turned = await compute(target, () => toWeft(x, 'int32').transpose().cumMax(0));
    expectClose(turned.values, alongAxis(nd.transpose(x), 0, (l) => scanned('cumMax', l, 'int32')).data);
    expectClose((await compute(target, () => wf.ones([700]).cumSum())).values, nd.range(700).map((k) => k + 1));
  });
  test('NaN and infinities stay where they came', async () => {
    for (const n of [7, 700]) {
      const data = new Float32Array(n).fill(1);
      const expectScan = async (name: Scan, expected: (k: number) => number): Promise<void> =>
        expectClose((await compute(target, () => wf.array(data)[name]())).values, nd.range(n).map(expected), { label: `${name} of ${n}` });
      data[3] = Infinity;
      await expectScan('cumSum', (k) => (k < 3 ? k + 1 : Infinity));
      data[5] = -Infinity;
      await expectScan('cumSum', (k) => (k < 3 ? k + 1 : k < 5 ? Infinity : NaN));
      await expectScan('cumMin', (k) => (k < 5 ? 1 : -Infinity));
      data[4] = NaN;
      await expectScan('cumMax', (k) => (k < 3 ? 1 : k < 4 ? Infinity : NaN));
    }
  });
  test.run();
}

// --- long axes ---

/** In eps (|sum| + sum of |elements|): the docstring says 2. A device may reassociate the compensation away; pieces stay. */
const room = { interpreter: 1, cpu: 1, webgpu: 128 };
for (const target of targets) {
  const test = suite(`long scans on ${target}`);
  for (const n of target === 'interpreter' ? [257, 4200] : [257, 4160, 5000, 70000, 266305]) {
    test(`${n} elements: the error is bounded, whatever their number`, async () => {
      const next = random(n);
      const data = Float32Array.from({ length: n }, () => (next() - 0.45) * 1000);
      // Added up one by one, the same number is rounded the same way many times.
      for (const list of [data, new Float32Array(n).fill(0.1)]) {
        const { values } = await compute(target, () => wf.array(list).cumSum());
        let [sum, sizes] = [0, 0];
        list.forEach((v, k) => {
          [sum, sizes] = [sum + v, sizes + Math.abs(v)];
          const allowed = 2 ** -23 * room[target] * (Math.abs(sum) + sizes);
          assert.ok(Math.abs(values[k] - sum) <= allowed, `element ${k}: ${values[k]}, expected ${sum}, allowed ${allowed}`);
        });
      }
      const whole = Int32Array.from(data);
      expectClose((await compute(target, () => wf.array(whole).cumSum())).values, scanned('cumSum', [...whole], 'int32'));
      expectClose((await compute(target, () => wf.array(data).cumMin())).values, scanned('cumMin', [...data], 'float32'));
    });
  }
  test('rows, columns and inner axes of all widths', async () => {
    for (const [shape, axis] of [[[2, 700], 1], [[700, 2], 0], [[300, 70], 0], [[3, 260, 5], 1], [[1100, 270], 1]] as const) {
      if (target === 'interpreter' && shape[0] > 1000) continue;
      const x = small('float32', shape, shape[0]);
      const { values } = await compute(target, () => toWeft(x, 'float32').cumSum(axis));
      expectClose(values, alongAxis(x, axis, (l) => scanned('cumSum', l, 'float32')).data, { label: `[${shape.join()}]` });
    }
  });
  test.run();
}

const threads = suite('scans and threads');
threads.after(() => void wf.configure({ threads: 0 }));
threads('the same bits for 1, 2 and 3', async () => {
  const next = random(9);
  for (const dtype of ['float32', 'float64'] as const) {
    const data = nd.range(150_000).map(() => next() * 2 ** (20 * next()));
    const runs: string[] = [];
    for (const count of [1, 2, 3]) {
      wf.configure({ threads: count });
      const results = [[150_000], [50, 3000]].map((shape) => compute('cpu', () => toWeft({ shape, data }, dtype).cumSum(-1)));
      runs.push((await Promise.all(results)).map(({ values }) => values.join()).join('|'));
    }
    assert.ok(runs[0] === runs[1] && runs[0] === runs[2], dtype);
  }
});
threads.run();

const errors = suite('errors of scans');
errors('an axis that is missing or is none, and bool', () => {
  const x = wf.ones([2, 3]);
  assert.throws(() => x.cumSum(), /cumSum: which axis\? The array has shape \[2, 3\]/);
  assert.throws(() => x.cumMax(2), /cumMax: axis: 2 is out of range for rank 2/);
  assert.throws(() => wf.array(1).cumSum(0), /cumSum: axis: 0 names an axis, but the array is a scalar/);
  assert.throws(() => x.cumSum(0, { dtype: 'bool' }), /cumSum: bool cannot be added up in bool/);
});
errors.run();
