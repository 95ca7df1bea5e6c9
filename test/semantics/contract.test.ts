/** Products of vectors and matrices of every size, layout and dtype against plain loops; their rounding; threads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypes, promote, wrapInteger, type DType } from '../../src/dsl/dtype.ts';
import { reducerInfo } from '../../src/dsl/reducers.ts';
import { compute } from '../support/compute.ts';
import { dtypesOn } from '../support/lists.ts';
import * as nd from '../support/nd.ts';
import { random, typed } from '../support/special.ts';
import { expectClose, fastTargets, targets } from '../support/targets.ts';

const toWeft = (x: nd.Nd, dtype: DType): wf.WeftArray => wf.array(typed(dtype, x.data), { shape: x.shape, dtype });

/** Small whole numbers: products and sums of them are exact. */
function whole(dtype: DType, shape: readonly number[], seed: number): nd.Nd {
  const next = random(seed);
  const low = dtypes[dtype].min < 0 ? -4 : 0, values = dtype === 'bool' ? 2 : 9;
  return { shape, data: nd.range(nd.sizeOf(shape)).map(() => low + Math.floor(next() * values)) };
}

/** The product of (..., m, k) and (..., k, n), by its definition. */
function product(a: nd.Nd, b: nd.Nd): nd.Nd {
  const [m, k] = a.shape.slice(-2), n = b.shape.at(-1)!;
  const lead = nd.commonShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [left, right] = [nd.broadcastTo(a, [...lead, m, k]), nd.broadcastTo(b, [...lead, k, n])];
  return nd.build([...lead, m, n], (at) => {
    const [i, j] = at.slice(-2), before = at.slice(0, -2);
    return nd.range(k).reduce((sum, q) => sum + nd.element(left, [...before, i, q]) * nd.element(right, [...before, q, j]), 0);
  });
}

const resultOf = (a: DType, b: DType): DType => reducerInfo('sum').accumulator(promote(a, b));
const inRange = (x: nd.Nd, dtype: DType): nd.Nd => nd.map(x, (v) => (dtypes[dtype].kind === 'float' ? v : wrapInteger(v, dtype)));

/** How an operand lies in memory, and how to see it as it should be. */
interface Layout {
  readonly name: string;
  readonly store: (x: nd.Nd) => nd.Nd;
  readonly view: (x: wf.WeftArray) => wf.WeftArray;
}
const swapped = (rank: number): number[] => [...nd.range(rank - 2), rank - 1, rank - 2];
const layouts: readonly Layout[] = [
  { name: 'plain', store: (x) => x, view: (x) => x },
  { name: 'transposed', store: (x) => nd.transpose(x, swapped(x.shape.length)), view: (x) => x.transpose(swapped(x.rank)) },
  { name: 'flipped', store: (x) => nd.flip(x, [x.shape.length - 1]), view: (x) => x.flip(-1) },
  {
    name: 'every second', view: (x) => x.slice(...new Array<wf.SliceRange>(x.rank - 1).fill([]), [1, null, 2]),
    store: (x) => nd.build([...x.shape.slice(0, -1), 2 * x.shape.at(-1)! + 1], (at) => {
      const last = at.at(-1)!;
      return last % 2 === 1 ? nd.element(x, [...at.slice(0, -1), last >> 1]) : 99;
    }),
  },
];

// --- sizes, layouts, dtypes ---

const sizes: readonly (readonly [m: number, k: number, n: number])[] = [
  [4, 4, 8], [1, 5, 9], [5, 1, 3], [3, 7, 1], [2, 2, 2], [13, 9, 17], [65, 3, 70], [9, 300, 8], [7, 260, 16], [33, 258, 21],
];

for (const target of targets) {
  const test = suite(`products of matrices on ${target}`);
  const few = target === 'webgpu';
  for (const dtype of dtypesOn(target)) {
    test(`${dtype}: tiles that fit and tiles that do not`, async () => {
      for (const [m, k, n] of few ? sizes.slice(0, 6) : sizes) {
        const a = whole(dtype, [m, k], m + k), b = whole(dtype, [k, n], k + n);
        const result = resultOf(dtype, dtype);
        const { values, dtype: got } = await compute(target, () => toWeft(a, dtype).matmul(toWeft(b, dtype)));
        assert.is(got, result);
        expectClose(values, inRange(product(a, b), result).data, { label: `${dtype} ${m} x ${k} x ${n}` });
      }
    });
  }
  for (const left of layouts) {
    test(`${left.name} on the left`, async () => {
      for (const right of layouts) for (const [m, k, n] of [[6, 10, 9], [3, 17, 12]]) {
        const a = whole('float32', [2, m, k], m), b = whole('float32', [k, n], n);
        const make = (): wf.WeftArray => left.view(toWeft(left.store(a), 'float32')).matmul(right.view(toWeft(right.store(b), 'float32')));
        expectClose((await compute(target, make)).values, product(a, b).data, { label: `${right.name} on the right` });
      }
    });
  }
  test('leading axes broadcast', async () => {
    for (const [one, other] of [[[3], []], [[], [3]], [[2, 1], [3]], [[2, 3], [2, 3]], [[1], [4]]]) {
      const a = whole('float32', [...one, 5, 6], 1), b = whole('float32', [...other, 6, 4], 2);
      const { values, shape } = await compute(target, () => toWeft(a, 'float32').matmul(toWeft(b, 'float32')));
      const expected = product(a, b);
      assert.equal([...shape], expected.shape);
      expectClose(values, expected.data, { label: `${one.join()} and ${other.join()}` });
    }
  });
  test('of nothing: sums are 0, results may be empty', async () => {
    const of = (m: number, k: number, n: number) => compute(target, () => wf.zeros([m, k]).matmul(wf.zeros([k, n])));
    assert.equal([...(await of(2, 0, 3)).values], [0, 0, 0, 0, 0, 0]);
    assert.is((await of(0, 4, 3)).values.length, 0);
  });
  test('operands and results are computed on the way', async () => {
    const a = whole('float32', [7, 12], 3), b = whole('float32', [12, 10], 4), bias = whole('float32', [10], 5);
    const make = (): wf.WeftArray => {
      const [x, w, c] = [toWeft(a, 'float32'), toWeft(b, 'float32'), toWeft(bias, 'float32')];
      return x.mul(2).add(1).matmul(w.abs().transpose().transpose()).add(c).maximum(0).add(x.sum(1).expandDims(1));
    };
    const sums = nd.range(7).map((i) => nd.range(12).reduce((s, k) => s + nd.element(a, [i, k]), 0));
    const plain = product(nd.map(a, (v) => 2 * v + 1), nd.map(b, Math.abs));
    const expected = nd.build([7, 10], ([i, j]) => Math.max(0, nd.element(plain, [i, j]) + bias.data[j]) + sums[i]);
    expectClose((await compute(target, make)).values, expected.data, {});
  });
  test('the result in another dtype, also a narrow one', async () => {
    const a = whole('float32', [6, 5], 6), b = whole('float32', [5, 9], 7);
    const plain = product(a, b);
    const positive = await compute(target, () => toWeft(a, 'float32').matmul(toWeft(b, 'float32')).gt(0));
    assert.is(positive.dtype, 'bool');
    expectClose(positive.values, nd.map(plain, (v) => Number(v > 0)).data, {});
    const bytes = await compute(target, () => toWeft(a, 'float32').matmul(toWeft(b, 'float32')).asType('uint8'));
    expectClose(bytes.values, nd.map(plain, (v) => Math.min(255, Math.max(0, v))).data, {});
  });
  test('the option dtype: what is multiplied, added up and returned', async () => {
    const a = wf.array(Int8Array.of(100, 100)), wide = await compute(target, () => a.dot(a, { dtype: 'float32' }));
    assert.is(wide.dtype, 'float32');
    assert.equal([...wide.values], [20000]);
    const narrow = await compute(target, () => a.dot(a, { dtype: 'uint8' }));
    assert.equal([narrow.dtype, ...narrow.values], ['uint8', 20000 % 256]);
  });
  test('coordinates and elements at indices among the operands', async () => {
    const place = wf.vectorize((v: number, i: number) => v + i);
    const x = whole('float32', [9, 4], 8), w = whole('float32', [6, 5], 9), pick = [3, 0, 5, 1];
    const make = (): wf.WeftArray => {
      const rows = wf.fromFunction([9, 4], (i, j) => i * 2 - j);
      return place(toWeft(x, 'float32'), rows).matmul(toWeft(w, 'float32').take(wf.array(Int32Array.from(pick)), 0));
    };
    const left = nd.build([9, 4], ([i, j]) => nd.element(x, [i, j]) + i * 2 - j);
    const right = nd.build([4, 5], ([i, j]) => nd.element(w, [pick[i], j]));
    expectClose((await compute(target, make)).values, product(left, right).data, {});
  });
  test.run();
}

// --- random programs against the interpreter ---

for (const target of fastTargets) {
  const test = suite(`random products on ${target}`);
  test('shapes, layouts, batches, operands and results', async () => {
    const next = random(target === 'cpu' ? 11 : 12);
    const pick = <T>(options: readonly T[]): T => options[Math.floor(next() * options.length)];
    const size = (): number => 1 + Math.floor(next() ** 3 * 40);
    for (let round = 0; round < (target === 'cpu' ? 60 : 10); round++) {
      const [m, k, n] = [size(), size(), size()];
      const lead = pick([[], [], [2], [3, 2]]);
      const dtype = pick<DType>(['float32', 'int32', 'float32', 'uint8']);
      const [left, right] = [pick(layouts), pick(layouts)];
      const a = whole(dtype, [...pick([[], lead]), m, k], round), b = whole(dtype, [...lead, k, n], round + 1);
      const before = pick([(x: wf.WeftArray) => x, (x: wf.WeftArray) => x.add(1), (x: wf.WeftArray) => x.asType('float32').mul(0.5)]);
      const after = pick([
        (x: wf.WeftArray) => x, (x: wf.WeftArray) => x.mul(2).sub(1), (x: wf.WeftArray) => x.add(x.sum(-1, { keepDims: true })),
      ]);
      const make = (): wf.WeftArray =>
        after(before(left.view(toWeft(left.store(a), dtype))).matmul(right.view(toWeft(right.store(b), dtype))));
      const expected = await compute('interpreter', make), actual = await compute(target, make);
      const label = `round ${round}: ${dtype} ${left.name} [${a.shape.join()}] by ${right.name} [${b.shape.join()}]`;
      assert.is(actual.dtype, expected.dtype, label);
      expectClose(actual.values, expected.values, { label });
    }
  });
  test.run();
}

// --- short rows ---

for (const target of fastTargets) {
  const test = suite(`vectors and matrices of short rows on ${target}`);
  const columns = target === 'cpu' ? [1, 3, 4, 5, 8, 10, 16, 31, 32, 33] : [3, 10];
  for (const dtype of dtypesOn(target)) {
    test(`${dtype}: products with rows and with columns, sums and extremes of both`, async () => {
      for (const n of columns) for (const m of target === 'cpu' ? [1, 63, 70, 1300] : [70]) {
        const x = whole(dtype, [m, n], m + n), w = whole(dtype, [n], n), r = whole(dtype, [m], m);
        const label = `${dtype} [${m}, ${n}]`;
        const make = (): wf.WeftArray[] => {
          const [X, W, R] = [toWeft(x, dtype), toWeft(w, dtype), toWeft(r, dtype)];
          return [X.matVec(W), R.vecMat(X), X.transpose().matVec(R), X.sum(1), X.sum(0), X.max(1), X.min(0)];
        };
        for (const [k] of make().entries()) {
          const one = (): wf.WeftArray => make()[k];
          expectClose((await compute(target, one)).values, (await compute('interpreter', one)).values, { label: `${label}: result ${k}` });
        }
      }
    });
  }
  test.run();
}

// --- rounding, and who computes ---

const rounding = suite('rounding of products');
for (const target of targets) {
  rounding(`errors stay below k eps times the sum of absolute products on ${target}`, async () => {
    const next = random(21);
    for (const [m, k, n] of target === 'cpu' ? [[20, 3000, 16], [1, 20000, 1]] : [[5, 500, 4]]) {
      const fill = (length: number): Float32Array => Float32Array.from({ length }, () => next() * 2 - 0.5);
      const a = fill(m * k), b = fill(k * n);
      const { values } = await compute(target, () => wf.array(a, { shape: [m, k] }).matmul(wf.array(b, { shape: [k, n] })));
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) {
        let exact = 0, sizes = 0;
        for (let q = 0; q < k; q++) {
          const p = a[i * k + q] * b[q * n + j];
          exact += p;
          sizes += Math.abs(p);
        }
        const error = Math.abs(values[i * n + j] - exact);
        assert.ok(error <= (k + 1) * 2 ** -24 * sizes, `element ${i}, ${j} of ${m} x ${k} x ${n} is off by ${error}`);
      }
    }
  });
}
rounding('the same bits for one thread and for two', async () => {
  const next = random(22);
  const fill = (length: number): Float32Array => Float32Array.from({ length }, () => next() - 0.5);
  const a = fill(300 * 170), b = fill(170 * 210), x = fill(5000 * 10), w = fill(10), r = fill(5000);
  const defaults = wf.configure();
  const results: number[][] = [];
  try {
    for (const threads of [1, 2]) {
      wf.configure({ target: 'cpu', threads });
      const X = wf.array(x, { shape: [5000, 10] });
      const A = wf.array(a, { shape: [300, 170] }), B = wf.array(b, { shape: [170, 210] });
      const made = [A.matmul(B), X.matVec(w), X.transpose().matVec(r)];
      const values: number[] = [];
      for (const y of made) values.push(...await y.data());
      results.push(values);
    }
  } finally {
    wf.configure(defaults);
  }
  assert.equal(results[0], results[1]);
});
rounding("with math: 'portable' products are rounded before they are added", async () => {
  const defaults = wf.configure();
  try {
    wf.configure({ target: 'cpu', math: 'portable' });
    // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24, which float32 rounds to 1 + 2^-11.
    const v = 1 + 2 ** -12;
    const b = wf.array(Float32Array.from({ length: 16 }, (_, k) => (k < 8 ? v : Math.fround(v * v))), { shape: [2, 8] });
    const y = wf.full([8, 2], v).mul(wf.array([1, -1])).matmul(b);
    const expected = Math.fround(Math.fround(v * v) - Math.fround(v * Math.fround(v * v)));
    assert.equal([...await y.data()], new Array(64).fill(expected));
  } finally {
    wf.configure(defaults);
  }
});
rounding.run();
