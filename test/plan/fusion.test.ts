import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { checkValues, coordinates, expectPlan, planOf } from '../support/plan.ts';

const values = (k: number): number => ((k * 37) % 101) / 10 - 4;
const ramp = (n: number, f = values) => Float32Array.from({ length: n }, (_, k) => f(k));
const vector = (n = 24) => wf.array(ramp(n));
const matrix = (h = 4, w = 6) => wf.array(ramp(h * w), { shape: [h, w] });

test('an elementwise chain is one loop over one axis', () => {
  const a = matrix(), b = matrix();
  expectPlan(a.mul(b).add(1).exp().sub(a)).kernels(1).shape([2, 1]).ranks(1);
});

test('broadcasting is strides: nothing is copied', () => {
  const a = matrix(), row = vector(6), column = wf.array(ramp(4), { shape: [4, 1] });
  expectPlan(a.add(row)).kernels(1).shape([2, 1]).ranks(2);
  expectPlan(a.mul(column).add(row)).kernels(1).shape([3, 1]).ranks(2);
});

test('views are strides', () => {
  const a = matrix();
  expectPlan(a.transpose().add(1)).kernels(1).ranks(2);
  expectPlan(a.slice([1, 3], [null, null, -2]).mul(2)).kernels(1);
  expectPlan(a.exp().transpose().flip().add(1)).kernels(1).passesOver(a, 1);
});

test('a common subexpression is computed once, with both results from one pass', () => {
  const a = vector();
  const e = a.exp();
  expectPlan([e.add(1), e.mul(2)]).kernels(1).shape([1, 2]);
  expectPlan([e, e.mul(2)]).kernels(1).shape([1, 2]);
});

test('maps fuse into a reduction, and its epilogue is the same loop', () => {
  const a = matrix(), b = matrix();
  expectPlan(a.mul(b).sum()).kernels(1).shape([2, 1]).ranks(1);
  expectPlan(a.mean()).kernels(1);
  expectPlan(a.mul(a).sum(1).sqrt().add(1)).kernels(1).ranks(2);
  expectPlan(a.mean(1, { keepDims: true })).kernels(1);
  expectPlan(a.sum(0, { keepDims: true }).mul(2)).kernels(1);
});

test('an epilogue reads arrays of the kept shape', () => {
  const a = matrix(), bias = vector(4);
  expectPlan(a.sum(1).add(bias).exp()).kernels(1).shape([2, 1]);
});

test('several reductions of one array are one pass', () => {
  const a = matrix();
  expectPlan([a.min(), a.max(), a.mean()]).kernels(1).passesOver(a, 1).shape([1, 3]);
  expectPlan(a.max(1).sub(a.min(1))).kernels(1).passesOver(a, 1).shape([1, 1]);
  expectPlan([a.argMax(), a.exp().sum()]).kernels(1);
});

test('a result and its reduction come from one loop', () => {
  const a = matrix();
  const e = a.exp();
  expectPlan([e, e.sum()]).kernels(1).shape([1, 2]);
});

test('trap: A / A.max() needs two loops', () => {
  const a = matrix();
  expectPlan(a.div(a.max())).kernels(2).passesOver(a, 2);
  const e = a.exp();
  expectPlan(e.div(e.max())).kernels(2).passesOver(a, 1);
});

test('softmax: maximum, exponential with its sum, quotient', () => {
  const a = matrix();
  const e = a.sub(a.max(1, { keepDims: true })).exp();
  expectPlan(e.div(e.sum(1, { keepDims: true }))).kernels(3).passesOver(a, 2);
});

test('standardising: mean, spread, result', () => {
  const a = matrix();
  expectPlan(a.sub(a.mean()).div(a.std())).kernels(3);
  expectPlan(a.sub(a.mean(1, { keepDims: true })).div(a.std(1, { keepDims: true }))).kernels(3);
});

const mean3 = wf.stencil((u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3);
const cross = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1), { border: 'reflect' });
const shift = wf.stencil((u: wf.Neighbors1) => u(1), { border: 'wrap' });

test('trap: a stencil needs the whole of what it reads', () => {
  const a = vector();
  expectPlan(mean3(a.exp())).kernels(2);
  expectPlan(mean3(mean3(a))).kernels(2);
});

test('cheap maps are computed at every neighbour', () => {
  const a = vector();
  expectPlan(mean3(a.add(1))).kernels(1).verdict('add', 'stencil', 'recomputed');
  for (const border of ['constant', 'fill', 'nearest', 'wrap', 'reflect', 'mirror', 'valid'] as const) {
    const s = wf.stencil((u: wf.Neighbors1) => u(-2) + 2 * u(1), { border, cval: 7 });
    expectPlan(s(a.add(1))).kernels(1);
    expectPlan(s(a.exp())).kernels(2);
  }
});

test('a stencil fuses with what is done to its result, and into a reduction', () => {
  const a = matrix();
  expectPlan(cross(a).mul(2).add(a)).kernels(1).ranks(2);
  expectPlan(cross(a).sum()).kernels(1);
  expectPlan(cross(a).mul(cross(a)).sum(1).sqrt()).kernels(1);
});

test('trap: two consumers at different offsets', () => {
  const a = vector();
  const e = a.exp();
  expectPlan(e.add(shift(e))).kernels(2).passesOver(a, 1);
  expectPlan([shift(e), e.mul(2)]).kernels(2).passesOver(a, 1);
  const c = a.add(1);
  expectPlan(c.add(shift(c))).kernels(1);
});

test('stencils over the same points that share an input are one loop', () => {
  const a = matrix();
  const dx = wf.stencil((u: wf.Neighbors2) => u(0, 1) - u(0, -1), { border: 'nearest' });
  const dy = wf.stencil((u: wf.Neighbors2) => u(1, 0) - u(-1, 0), { border: 'nearest' });
  expectPlan([dx(a), dy(a)]).kernels(1).passesOver(a, 1);
  const gx = dx(a), gy = dy(a);
  expectPlan(gx.mul(gx).add(gy.mul(gy)).sqrt()).kernels(1);
});

test('a stencil inside a smaller domain is not at its own points, even where offsets cancel', () => {
  const left = wf.stencil((u: wf.Neighbors1) => u(-1), { border: 'valid' });
  const smooth = wf.stencil((u: wf.Neighbors1) => u(-1) + u(1), { border: 'reflect' });
  const a = vector();
  expectPlan(left(smooth(a))).kernels(2);
  expectPlan([left(a.exp()), a.exp().mul(2)]).kernels(2);
});

test('stencils of views read through strides', () => {
  const a = matrix();
  expectPlan(cross(a.transpose())).kernels(1);
  expectPlan(cross(a.add(1).flip())).kernels(1);
  expectPlan(cross(vector(6).broadcastTo([4, 6]))).kernels(1);
  expectPlan(cross(a).transpose().add(1)).kernels(2);
});

test('a reshape is free over a buffer, and sinks through maps', () => {
  const a = matrix();
  expectPlan(a.reshape([24]).add(1)).kernels(1).ranks(1);
  expectPlan(a.add(1).reshape([6, 4]).sum(1)).kernels(1);
  expectPlan(a.exp().reshape([3, 8])).kernels(1);
  expectPlan(a.transpose().reshape([24]).add(1)).kernels(2);
  expectPlan(a.reshape([24])).kernels(0);
});

test('roots without computation', () => {
  const a = matrix();
  expectPlan(a).kernels(0);
  expectPlan(a.transpose()).kernels(1);
  expectPlan(wf.full([3, 2], 5)).kernels(1);
  expectPlan(wf.full([3, 2], 5).sum().add(1)).kernels(1).shape([0, 1]);
  expectPlan([a.exp(), a.exp()]).kernels(1);
});

test('coordinates go through views', () => {
  const f = coordinates([4, 6]);
  expectPlan(f).kernels(1);
  expectPlan(f.transpose().add(1)).kernels(1);
  expectPlan(f.slice([null, null, 2], [4, 1, -1]).mul(2)).kernels(1);
  expectPlan(f.slice(1).sum()).kernels(1);
  expectPlan(f.reshape([24]).mul(2)).kernels(2);
});

test('scalars and empty arrays', () => {
  expectPlan(wf.array(5).mul(2)).kernels(1).ranks(1);
  expectPlan(wf.array([5], { shape: [] }).argMax()).kernels(1);
  expectPlan(wf.array(new Float32Array(0)).sum()).kernels(1);
  checkValues([wf.array(new Float32Array(0), { shape: [0, 3] }).add(1)]);
  checkValues([wf.array(new Float32Array(0), { shape: [3, 0] }).sum(1).add(1)]);
});

test('no kernel uses more buffers than the target binds', () => {
  const many = Array.from({ length: 12 }, (_, k): wf.WeftArray => wf.array(ramp(8, (i) => i + k)));
  const sum = many.reduce((x, y) => x.add(y));
  const plan = checkValues([sum], undefined, { maxBuffers: 5 });
  assert.ok(plan.launches.every((l) => l.inputs.length + l.outputs.length <= 5));
  const separate = many.map((x) => x.add(1));
  const split = checkValues(separate, undefined, { maxBuffers: 4 });
  assert.ok(split.launches.every((l) => l.inputs.length + l.outputs.length <= 4));
});

test('long chains are cut before they are too deep', () => {
  let x = vector() as wf.WeftArray;
  for (let k = 0; k < 3000; k++) x = x.mul(0.999).add(0.001);
  const plan = checkValues([x], { rtol: 1e-4, atol: 1e-4 });
  assert.ok(plan.launches.length > 5 && plan.launches.length < 40, `${plan.launches.length} launches`);
});

test('one key for all sizes and scalars; structure makes another', () => {
  const make = (n: number, s: number) => planOf([wf.array(ramp(n)).mul(s).sum()]);
  const first = make(10, 2), second = make(20, 3);
  assert.is(first.plan, second.plan);
  assert.is(first.launches[0].code, second.launches[0].code);
  assert.equal(second.launches[0].uniforms, [3]);
  assert.is.not(planOf([wf.array(ramp(10)).mul(2).mean()]).plan, first.plan);
});

test('equal sizes give the same launches, with new scalars', () => {
  const make = (s: number) => planOf([wf.array(ramp(10)).mul(s)]);
  const first = make(2);
  assert.is(make(2).runs, first.runs);
  assert.equal(make(4).launches[0].uniforms, [4]);
  assert.equal(first.launches[0].uniforms, [2]);
});

test.run();
