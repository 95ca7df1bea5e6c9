/** Reads at computed positions, and loops inside functions. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { blockOf } from '../../src/dsl/kernel/blocks.ts';
import { mapOf, mapsOf, stencilOf, type Source } from '../support/nodes.ts';
import { checkValues, expectPlan, planOf } from '../support/plan.ts';

const ramp = (n: number, by = 37) => Float32Array.from({ length: n }, (_, k) => ((k * by) % 101) / 10 - 4);
const vector = (n = 24, by = 37) => wf.array(ramp(n, by));
const matrix = (h = 4, w = 6) => wf.array(ramp(h * w), { shape: [h, w] });
const indices = (n = 10) => wf.array(Int32Array.from({ length: n }, (_, k) => (k * 7) % 31 - 3));

/** x[i], clamped. */
const take = (x: wf.WeftArray, i: wf.WeftArray) =>
  mapOf('take', i.shape, [{ whole: x }, i], (b) => b.take(0, b.at(1)));
/** Element n - 1 - i. */
const backwards = (x: wf.WeftArray) => mapOf('backwards', x.shape, [{ whole: x }], (b) =>
  b.take(0, b.op('sub', [b.op('sub', [b.size('input', 0, 0), b.int(1)]), b.coord(0)])));
/** The sum of every row of a matrix. */
const rows = (x: wf.WeftArray) => mapOf('rows', [x.shape[0]], [{ whole: x }], (b) =>
  b.sum(b.size('input', 0, 1), (k) => b.take(0, b.coord(0), k)));

test('what is read at computed positions is in memory, what reads it fuses with what follows', () => {
  const x = vector(), i = indices();
  expectPlan(take(x, i)).kernels(1).shape([2, 1]);
  expectPlan(take(x.exp(), i)).kernels(2).verdict('exp', 'take', 'materialised');
  expectPlan(take(x.add(1), i)).kernels(2);
  expectPlan(take(x, i.add(1))).kernels(1);
  expectPlan(take(x, i).mul(2).add(i)).kernels(1).shape([2, 1]);
});

test('rows that indices pick are read again where neighbours stay neighbours; through slices they are in memory', () => {
  const x = matrix(), rows = x.take(indices(), 0);
  expectPlan([rows.mul(2), rows.sum(0)]).scratch(0);
  expectPlan(rows.slice(null, [1, null]).sub(rows.slice(null, [0, -1]))).kernels(2).verdict('take', 'sub', 'materialised');
  expectPlan(rows.sub(rows.flip(1))).kernels(2);
});

test('a map, a gather of it and a sum are two loops', () => {
  const x = vector(), i = indices();
  expectPlan(take(x.exp(), i).sum()).kernels(2).passesOver(x, 1);
  expectPlan(take(x, i).mul(take(x, i.add(1))).sum()).kernels(1).shape([2, 1]);
  expectPlan(take(take(x, i), i)).kernels(2);
});

test('one array: an input for every path by which it is read anywhere, and one for reads at the point', () => {
  const x = vector();
  expectPlan(take(x, indices()).add(take(x, indices().mul(2)))).kernels(1).shape([3, 1]);
  expectPlan(take(x, indices()).add(take(x.flip(), indices().mul(2)))).kernels(1).shape([4, 1]);
  const [launch] = planOf([x.sub(backwards(x))]).launches;
  assert.equal(launch.inputs.map((a) => a.slot), [0, 0]);
  assert.equal(launch.kernel.inputs.map((s) => s.whole), [undefined, 1]);
  expectPlan(x.sub(backwards(x))).kernels(1).shape([2, 1]);
});

test('trap: a gather needs the whole of what it reads', () => {
  const x = vector();
  const e = x.exp();
  expectPlan(e.add(backwards(e))).kernels(2).passesOver(x, 1);
  expectPlan([e, backwards(e)]).kernels(2);
  expectPlan([e.sum(), backwards(e)]).kernels(2).passesOver(x, 1);
  const c = x.add(1);
  expectPlan(c.mul(backwards(c))).kernels(2);
});

test('one number everywhere is no array', () => {
  expectPlan(backwards(wf.full(9, 3))).kernels(1).shape([0, 1]);
  expectPlan(rows(wf.full([3, 5], 2))).kernels(1).shape([0, 1]);
  // Only asked for its size: not even computed.
  const sized = mapOf('sized', [2], [{ whole: matrix().exp() }], (b) => b.add(b.size('input', 0, 1), b.coord(0)));
  expectPlan(sized).kernels(1).shape([0, 1]);
});

test('views of a whole input are strides over its own axes', () => {
  const x = matrix();
  const y = (v: wf.WeftArray) => rows(v);
  const access = (v: wf.WeftArray) => {
    const { launches } = checkValues([y(v)]);
    assert.is(launches.length, 1);
    const [{ offset, strides, sizes }] = launches[0].inputs;
    return { offset, strides, sizes, inner: launches[0].inner };
  };
  assert.equal(access(x), { offset: 0, strides: [6, 1], sizes: [4, 6], inner: ['unit'] });
  assert.equal(access(x.transpose()), { offset: 0, strides: [1, 6], sizes: [6, 4], inner: ['strided'] });
  assert.equal(access(x.slice([1, 4, 2], [5, null, -2])), { offset: 11, strides: [12, -2], sizes: [2, 3], inner: ['strided'] });
  assert.equal(access(x.flip()), { offset: 23, strides: [-6, -1], sizes: [4, 6], inner: ['strided'] });
  assert.equal(access(vector(6).broadcastTo([3, 6])), { offset: 0, strides: [0, 1], sizes: [3, 6], inner: ['unit'] });
  assert.equal(access(vector(6).expandDims(1).broadcastTo([6, 5])), { offset: 0, strides: [1, 0], sizes: [6, 5], inner: ['zero'] });
  assert.equal(access(x.reshape([8, 3])), { offset: 0, strides: [3, 1], sizes: [8, 3], inner: ['unit'] });
  assert.equal(access(x.reshape([8, 3]).transpose()), { offset: 0, strides: [1, 3], sizes: [3, 8], inner: ['strided'] });
});

test('where a view is tangled with a reshape there is a copy', () => {
  const x = matrix();
  expectPlan(rows(x.transpose().reshape([3, 8]))).kernels(2);
  expectPlan(rows(x.exp().transpose())).kernels(2);
});

test('loops inside functions fuse like everything else', () => {
  const x = matrix();
  const power = mapOf('power', [24], [vector()], (b) => b.sum(b.int(5), () => b.op('mul', [b.at(0), b.at(0)])));
  expectPlan(power.add(1).sum()).kernels(1);
  expectPlan(rows(x).add(1)).kernels(1);
  expectPlan(rows(x).max()).kernels(1).shape([1, 1]);
  // Too costly to be done at every use.
  expectPlan(rows(x).expandDims(1).add(x)).kernels(2);
  const shift = wf.stencil((u: wf.Neighbors1) => u(-1) + u(1), { border: 'wrap' });
  expectPlan(shift(power)).kernels(2);
});

test('results of one function are one loop, even where it reads nothing, and share its loops', () => {
  const both = (n: number) => mapsOf('both', [n], [], (b) => {
    const sum = b.sum(b.coord(0), (k) => b.op('mul', [k, k]));
    return [b.add(sum, b.int(1)), b.op('mul', [sum, b.int(2)])];
  });
  expectPlan(both(9)).kernels(1).shape([0, 2]);
  const [launch] = planOf(both(9)).launches;
  assert.is(blockOf(launch.kernel.body).filter((s) => s.kind === 'loop').length, 1);
});

test('maps with gathers go through views like any other', () => {
  const x = vector(6);
  expectPlan(backwards(x).slice([null, null, 2]).add(1)).kernels(1);
  expectPlan(backwards(x).reshape([2, 3]).add(1)).kernels(2);
  expectPlan(take(x, indices()).reshape([2, 5]).transpose().add(1)).kernels(1);
  const shift = wf.stencil((u: wf.Neighbors1) => u(-1) + u(1), { border: 'reflect' });
  expectPlan(shift(take(x, indices())), { memoryRoundTrip: 100 }).kernels(1);
});

test('an epilogue gathers nothing: a table read at the result of a reduction is a loop of its own', () => {
  const x = matrix(), table = vector(6);
  expectPlan(take(table, x.argMax(1))).kernels(2);
  expectPlan(take(table, x.argMax(1)).add(x.sum(1))).kernels(2).passesOver(x, 1);
  expectPlan(take(x.sum(0), indices())).kernels(2);
});

test('stencils read tables: borders are for their relative reads only', () => {
  const x = vector(), table = vector(5, 11);
  const look = (border: wf.BorderMode, n: number) => stencilOf('look', [n], [x, { whole: table }], { border: [border], lo: [-1], hi: [2], cval: 3 },
    (b) => b.add(b.at(0, -1), b.op('mul', [b.at(0, 2), b.take(1, b.cast(b.at(0, 0), 'int32'))])));
  for (const border of ['reflect', 'constant', 'fill', 'wrap'] as const) expectPlan(look(border, 24)).kernels(1).shape([2, 1]);
  expectPlan(look('valid', 21)).kernels(1).shape([2, 1]);
  const self = (u: wf.WeftArray) => stencilOf('self', u.shape, [u, { whole: u }], { border: ['nearest'], lo: [-1], hi: [0] },
    (b) => b.add(b.at(0, -1), b.take(1, b.op('mul', [b.coord(0), b.int(2)]))));
  expectPlan(self(x)).kernels(1).shape([2, 1]);
  expectPlan(self(x.exp())).kernels(2);
  // Computing x + 1 at the neighbours as well would need it in memory all the same.
  expectPlan(self(x.add(1))).kernels(2);
});

test('states of a loop are read anywhere', () => {
  const x = vector(), i = wf.array(Int32Array.from({ length: 24 }, (_, k) => (k * 5) % 24));
  for (const n of [0, 1, 2, 5]) {
    expectPlan(wf.iterate(x, n, (u) => take(u, i)));
    expectPlan(wf.iterate(x, n, (u) => backwards(u).mul(0.5).add(u))).launches(n);
    expectPlan(wf.iterate(x, n, (u) => u.add(take(x.exp(), i)))).launches(n + 2);
    const [p, q] = wf.iterate([x, x.mul(2)], n, ([a, b]) => [backwards(b), take(a.add(1), i)]);
    expectPlan([p, q]);
  }
});

test('sizes are not part of the code: one plan for all of them', () => {
  const make = (h: number, w: number) => planOf([rows(matrix(h, w)).add(1)]);
  const first = make(3, 4), second = make(5, 7);
  assert.is(first.plan, second.plan);
  assert.is(first.launches[0].code, second.launches[0].code);
  assert.is.not(first.launches[0].code, planOf([rows(matrix(4, 3).transpose()).add(1)]).launches[0].code);
});

test('empty arrays', () => {
  const none = wf.array(new Float32Array(0));
  checkValues([rows(wf.array(new Float32Array(0), { shape: [3, 0] })), rows(wf.array(new Float32Array(0), { shape: [0, 3] }))]);
  checkValues([take(none, indices()), take(vector(), wf.array(new Int32Array(0)))]);
});

test('names: what is read where, and what loops', () => {
  const x = vector(), i = indices();
  const name = (y: wf.WeftArray) => planOf([y]).launches[0].kernel.name;
  assert.is(name(take(x, i)), 'b[a]');
  assert.is(name(take(x, i.add(1)).mul(2)), 'b[a + k]*k');
  const two = mapOf('', [4], [{ whole: matrix() }], (b) => b.take(0, b.coord(0), b.op('mul', [b.coord(0), b.int(2)])));
  assert.is(name(two), 'a[i0, i0*2]');
  assert.is(name(rows(matrix())), 'rows(a)');
  assert.is(name(mapOf('vectorize', [3], [vector(3)], (b) => b.sum(b.int(9), () => b.at(0))).add(x.slice([0, 3]))), 'loop(a) + b');
});

test('of an array that is taken from, no more is read than there are points, unless in a loop', () => {
  const planned = (y: wf.WeftArray) => wf.explain([y], { target: 'cpu', format: 'json' });
  const x = wf.zeros([100, 1000]).add(wf.arange(1000)).add(wf.arange(100).reshape([100, 1]));
  const source = wf.array(new Float32Array(100_000), { shape: [100, 1000] });
  const row = planned(source.take(wf.array([7, 9], { dtype: 'int32' }), 0).mul(2)).kernels[0];
  assert.equal([row.bytes, row.bytesUnfused], [4 * (2000 + 2 + 2000), 4 * (2000 + 2 + 2000) + 4 * (2000 + 2000)]);
  const all = planned(source.take(wf.arange(1000, { dtype: 'int32' }).mod(100), 0)).kernels.at(-1)!;
  assert.is(all.bytes, 4 * (100_000 + 1000 + 1000 * 1000));
  assert.is(planned(rows(x)).kernels.at(-1)!.bytes, 4 * (100_000 + 100));
});

const wholeOf = (x: wf.WeftArray): Source => ({ whole: x });
test('a kernel that would bind too many arrays is refused or split', () => {
  const many = Array.from({ length: 6 }, (_, k) => vector(8, 3 + k));
  const all = mapOf('all', [8], many.map(wholeOf), (b) => many.map((_, k) => b.take(k, b.coord(0))).reduce((p, q) => b.add(p, q)));
  assert.throws(() => planOf([all], { maxBuffers: 4 }), /binds 4 buffers/);
  const parts = many.map((x) => backwards(x)).reduce((p, q) => p.add(q));
  const plan = checkValues([parts], undefined, { maxBuffers: 4 });
  assert.ok(plan.launches.every((l) => l.inputs.length + l.outputs.length <= 4));
});

test.run();
