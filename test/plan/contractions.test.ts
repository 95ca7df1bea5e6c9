/** Products that meet a sum are rounded once, on targets that have it: where, and where not. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { contracted } from '../../src/dsl/kernel/contractions.ts';
import { validateFn } from '../../src/dsl/kernel/validate.ts';
import { valuesIn } from '../../src/dsl/kernel/walk.ts';
import { WeftArray } from '../../src/dsl/array.ts';
import { relaxedSimd } from '../../src/targets/cpu/wasm/index.ts';

/** The ops of the function of an array, contracted. */
function opsOf(x: wf.WeftArray): string[] {
  const e = WeftArray.node(x);
  if (e.kind !== 'map' && e.kind !== 'stencil') throw new Error('no function');
  const fn = contracted(e.fn);
  validateFn(fn);
  return valuesIn(fn).flatMap((v) => (v.kind === 'op' ? [v.op] : [])).sort();
}

const values = (n: number, by: number): Float32Array => Float32Array.from({ length: n }, (_, k) => Math.sin(k * by) * 10);
const a = () => wf.array(values(1000, 0.37));
const b = () => wf.array(values(1000, 0.73));
const at = (f: (x: number, y: number) => number): wf.WeftArray => wf.vectorize(f)(a(), b()) as wf.WeftArray;

const heat = wf.stencil((u: wf.Neighbors2) => u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)), { border: 'nearest' });

test('a product that is added or subtracted joins the sum', () => {
  assert.equal(opsOf(at((x, y) => x * y + 1)), ['fma']);
  assert.equal(opsOf(at((x, y) => 1 + x * y)), ['fma']);
  assert.equal(opsOf(at((x, y) => 1 - x * y)), ['fnma']);
  assert.equal(opsOf(heat(wf.zeros([8, 9]))), ['add', 'add', 'add', 'fma', 'fnma']);
  assert.equal(opsOf(at((x, y) => ((x * 2.5 + y) * x + 1) * y + x)), ['fma', 'fma', 'fma']);
});

test('a product that is needed besides, and sums of two products, stay', () => {
  assert.equal(opsOf(at((x, y) => (x * y + 1) / (x * y))), ['add', 'div', 'mul']);
  assert.equal(opsOf(at((x, y) => x * x - 4 * x * y)), ['mul', 'mul', 'mul', 'sub']);
  assert.equal(opsOf(at((x, y) => x * y - 1)), ['mul', 'sub']);
});

test('what decides is computed as it is written', () => {
  assert.equal(opsOf(at((x, y) => (x * y + 1 > 2 ? x : y))), ['add', 'gt', 'mul', 'select']);
  assert.equal(opsOf(at((x, y) => Math.floor(x * y + 0.5))), ['add', 'floor', 'mul']);
  // The sum decides, the results do not.
  assert.equal(opsOf(at((x, y) => (x * y + 1 > 2 ? x * 3 + y : y))), ['add', 'fma', 'gt', 'mul', 'select']);
  const steps = wf.vectorize((x: number, y: number) => {
    let re = x, im = y, k = 0;
    while (re * re + im * im < 4 && k < 50) {
      const t = re * re - im * im + x;
      im = 2 * re * im + y;
      re = t;
      k++;
    }
    return k;
  });
  assert.not.ok(opsOf(steps(a(), b()) as wf.WeftArray).includes('fma'), 'the states of a loop decide when it ends');
  const free = wf.vectorize((x: number, y: number) => {
    let sum = 0;
    for (let k = 0; k < 100; k++) sum = sum * x + y;
    return sum;
  });
  assert.ok(opsOf(free(a(), b()) as wf.WeftArray).includes('fma'), 'a count does not depend on the sum');
});

test('integers are not concerned', () => {
  const x = wf.array(Int32Array.from([1, 2, 3]));
  assert.equal(opsOf(wf.vectorize((v: number) => v * v + 1)(x) as wf.WeftArray), ['add', 'mul']);
});

const bits = (x: ArrayLike<number>): Uint32Array => new Uint32Array((x as Float32Array).slice().buffer);

test('fused and unfused programs agree to the bit, and with plain JavaScript under math: portable', async () => {
  const line = wf.vectorize((x: number) => 0.3 * x + 0.7);
  // A new array each time: what was computed once is not computed again.
  const program = (): wf.WeftArray => {
    const u = wf.array(values(64 * 48, 0.31), { shape: [64, 48] });
    return heat(heat(u).mul(1.1).add(0.3)).sub(line(u) as wf.WeftArray);
  };
  const run = (more: object = {}) => program().data({ target: 'cpu', ...more });
  const fused = await run();
  assert.equal(bits(await run({ fusion: { max: 0 } })), bits(fused));
  const exact = await program().data({ target: 'interpreter' as 'cpu' });
  if (relaxedSimd()) assert.not.equal(bits(fused), bits(exact), 'this test would see nothing');
  wf.configure({ math: 'portable' });
  try {
    assert.equal(bits(await run()), bits(exact));
  } finally {
    wf.configure({ math: 'fast' });
  }
});

test('products of matrices and vectors are added up with it: rows and columns, short and long, fused or not', async () => {
  for (const columns of [3, 10, 100]) {
    const error = wf.vectorize((s: number) => 1 / (1 + s * s));
    const program = (): wf.WeftArray => {
      const x = wf.array(values(60 * columns, 0.41), { shape: [60, columns] });
      return (error(x.matVec(wf.array(values(columns, 0.9)))) as wf.WeftArray).vecMat(x);
    };
    const run = (more: object = {}) => program().data({ target: 'cpu', ...more });
    const fused = await run();
    assert.equal(bits(await run({ fusion: { max: 0 } })), bits(fused), `${columns} columns`);
    wf.configure({ math: 'portable' });
    try {
      if (relaxedSimd()) assert.not.equal(bits(await run()), bits(fused), `${columns} columns: this test would see nothing`);
    } finally {
      wf.configure({ math: 'fast' });
    }
  }
});

test('what the factors of a row are behind its end does not count', async () => {
  // Five columns are two vectors, the second with NaN of the next row.
  const x = new Float32Array(60).fill(1);
  for (let row = 1; row < 12; row += 2) x.fill(NaN, 5 * row, 5 * row + 5);
  const ones = wf.ones([5]);
  const sums = await wf.array(x, { shape: [12, 5] }).matVec(ones).data({ target: 'cpu' });
  assert.equal([...sums], Array.from({ length: 12 }, (_, row) => (row % 2 ? NaN : 5)));
  const both = await wf.vecDot(wf.array(x, { shape: [12, 5] }), wf.array(x, { shape: [12, 5] })).data({ target: 'cpu' });
  assert.equal([...both], Array.from({ length: 12 }, (_, row) => (row % 2 ? NaN : 5)));
});

test.run();
