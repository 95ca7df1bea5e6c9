/** Which loops products of vectors and matrices become, and what is computed along with them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { checkValues, expectPlan, planOf } from '../support/plan.ts';

const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => ((k * 37) % 101) / 10 - 4);
const vector = (n: number) => wf.array(ramp(n));
const matrix = (h: number, w: number) => wf.array(ramp(h * w), { shape: [h, w] });
const schedules = (y: wf.WeftArray | readonly wf.WeftArray[]): string[] =>
  planOf(y instanceof wf.WeftArray ? [y] : y).launches.map((l) => l.kernel.schedule);

test('a product with bias and activation is one kernel', () => {
  const x = matrix(6, 5), w = matrix(5, 7), b = vector(7);
  const y = x.matmul(w).add(b).maximum(0);
  expectPlan(y).kernels(1).shape([3, 1]).passesOver(x, 1).passesOver(w, 1);
  assert.equal(schedules(y), ['contract']);
});

test('what is computed of an operand is computed where it is packed, however costly', () => {
  const x = matrix(6, 5), w = matrix(5, 7);
  const y = x.exp().matmul(w.sub(w.mean(0)));
  expectPlan(x.exp().matmul(w)).kernels(1).verdict('exp', 'contract', 'fused');
  assert.equal(schedules(y).at(-1), 'contract');
  expectPlan(x.sin().cos().matmul(w.tanh())).kernels(1);
});

test('transposed and sliced operands are strides', () => {
  const x = matrix(5, 6), w = matrix(14, 5);
  expectPlan(x.transpose().matmul(w.slice([null, null, 2]).transpose())).kernels(1).scratch(0);
});

test('leading axes that broadcast are strides', () => {
  const x = wf.array(ramp(2 * 3 * 4 * 5), { shape: [2, 3, 4, 5] }), w = wf.array(ramp(3 * 5 * 2), { shape: [3, 5, 2] });
  expectPlan(x.matmul(w)).kernels(1).scratch(0);
});

test('a matrix times a vector is a reduction, and shares its loop with others over the same points', () => {
  const x = matrix(6, 5), w = vector(5);
  assert.equal(schedules(x.matVec(w)), ['reduce']);
  expectPlan([x.matVec(w), x.sum(1)]).kernels(1).passesOver(x, 1);
  expectPlan([x.matVec(w), x.matVec(w.mul(2))]).kernels(1).passesOver(x, 1);
});

test('a costly vector is computed once, not for every row', () => {
  const x = matrix(60, 5), z = vector(5);
  expectPlan(x.matVec(z.exp())).kernels(2);
});

test('the gradient of logistic regression: two kernels over the matrix, along its rows', () => {
  const x = matrix(60, 5), y = vector(60), w = vector(5);
  const p = wf.div(1, wf.add(1, x.matVec(w).neg().exp()));
  const gradient = p.sub(y).vecMat(x);
  const bound = expectPlan(gradient).kernels(2).passesOver(x, 2);
  bound.ranks(2, 2);
  // The first axis of both domains is that of the samples.
  assert.equal(planOf([gradient]).launches.map((l) => l.domain), [[60, 5], [60, 5]]);
});

test('a product and something else of the same operands stay apart', () => {
  const x = matrix(6, 5), w = matrix(5, 7);
  const y = x.matmul(w);
  assert.equal(schedules([y, y.sum(0)]).filter((s) => s === 'contract').length, 1);
  checkValues([y, y.sum(0), x.add(1), y.add(1).matmul(w.transpose())], { rtol: 1e-5, atol: 1e-4 });
});

test('products in a time loop', () => {
  const a = matrix(4, 4).mul(0.1), x0 = matrix(4, 3);
  checkValues([wf.iterate(x0, 5, (x) => a.matmul(x).add(x))], { rtol: 1e-5, atol: 1e-5 });
});

test('an einsum of three operands is contracted in pairs, the cheap one first', () => {
  const a = matrix(40, 2), b = matrix(2, 40), c = vector(40);
  const y = wf.einsum('ij,jk,k->i', a, b, c);
  expectPlan(y).kernels(2);
  assert.equal(planOf([y]).launches.map((l) => l.domain.reduce((n, s) => n * s, 1)), [80, 80]);
});

test('the CPU packs operands in panels and multiplies in tiles, if it is a product of matrices', () => {
  const target = createCpuTarget({ threads: 1 });
  const layoutOf = (y: wf.WeftArray): string => target.explain(planOf([y]).launches.at(-1)!).layout;
  assert.match(layoutOf(matrix(6, 5).matmul(matrix(5, 7))), /^k0: packs 30 elements[^]*k2: multiplies 6 x 5 by 5 x 7/);
  assert.match(layoutOf(matrix(6, 5).asType('uint8').matmul(matrix(5, 7).asType('uint8'))), /multiplies 6 x 5 by 5 x 7/);
  assert.not.match(layoutOf(matrix(6, 5).matVec(vector(5))), /multiplies/);
  void target.close();
});

test('tiles have five rows where that is less work, and the left operand is transposed', () => {
  const target = createCpuTarget({ threads: 1 });
  const layoutOf = (y: wf.WeftArray): string => target.explain(planOf([y]).launches.at(-1)!).layout;
  const panels = (m: number): number => Number(/left operand in panels of (\d)/.exec(layoutOf(matrix(m, 40).matmul(matrix(40, 16))))![1]);
  assert.equal([4, 5, 8, 9, 16, 20, 64, 1024].map(panels), [4, 5, 4, 5, 4, 5, 5, 5]);
  assert.match(layoutOf(matrix(40, 64).transpose().matmul(matrix(40, 16))), /left operand in panels of 4/);
  void target.close();
});

test.run();
