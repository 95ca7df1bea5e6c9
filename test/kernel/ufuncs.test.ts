/** The methods of functions of two numbers on every target, against loops of plain JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { compute, computeAll } from '../support/compute.ts';
import { build, coordinates, element, reduce, transpose, type Nd } from '../support/nd.ts';
import { targets } from '../support/targets.ts';
import { arrayOf, compare, given } from './plain.ts';

type F = (a: number, b: number) => number;
const sum: F = (a, b) => a + b;
const gcd: F = (a, b) => {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
};
const larger: F = (a, b) => (a > b ? a : b);
const modulo: F = (a, b) => (a * 3 + b) % 101;
const either: F = (a, b) => a | b;

const floats = (...shape: number[]): Nd => arrayOf(shape, (k) => (k * 7) % 23 - 9);
const integers = (...shape: number[]): Nd & { dtype: DType } => ({ ...arrayOf(shape, (k) => 12 + (k * 30) % 105), dtype: 'int32' });
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const wrapped = (f: F, identity?: number) => wf.vectorize(f, { identity });

async function same(make: () => wf.WeftArray, want: Nd, gives?: DType): Promise<void> {
  for (const target of targets) {
    const got = await compute(target, make);
    compare([got], [{ shape: want.shape, values: want.data }], target);
    if (gives) assert.is(got.dtype, gives, target);
  }
}

// ---- reduce ----

const reducing = suite('ufuncs: reduce');
const folded = (f: F, x: Nd, axes: number[], keepDims = false): Nd => reduce(x, axes, (group) => group.reduce(f), keepDims);

const reductions: readonly [string, F, Nd & { dtype?: DType }, wf.UfuncReduceOptions | undefined, number[], DType?][] = [
  ['the first axis, by default', sum, floats(3, 4), undefined, [0]],
  ['the last axis', sum, floats(3, 4), { axis: 1 }, [1]],
  ['an axis from the end', sum, floats(2, 3, 4), { axis: -2 }, [1]],
  ['two axes', sum, floats(2, 3, 4), { axis: [0, 2] }, [0, 2]],
  ['two axes side by side', sum, floats(2, 3, 4), { axis: [1, 2] }, [1, 2]],
  ['all axes', sum, floats(2, 3, 4), { axis: null }, [0, 1, 2]],
  ['axes that stay', sum, floats(2, 3, 4), { axis: [0, 2], keepDims: true }, [0, 2]],
  ['one element', sum, floats(1), undefined, [0]],
  ['a long axis', larger, floats(1000), undefined, [0]],
  ['a long axis among others', larger, floats(3, 700, 2), { axis: 1 }, [1]],
  ['very long', larger, floats(70000), undefined, [0]],
  ['integers', gcd, integers(5, 40), { axis: 1 }, [1], 'int32'],
  ['bits', either, integers(6, 3), undefined, [0], 'int32'],
  ['bytes compute as int32', sum, { ...arrayOf([300], (k) => k % 256), dtype: 'uint8' }, undefined, [0], 'int32'],
];
for (const [name, f, x, options, axes, gives] of reductions) {
  reducing(name, () => same(() => wrapped(f).reduce(given(x), options), folded(f, x, axes, options?.keepDims), gives));
}
reducing('nothing gives the identity', async () => {
  await same(() => wrapped(sum, 0).reduce(wf.zeros([0, 3])), arrayOf([3], () => 0));
  await same(() => wrapped((a, b) => a * b, 1).reduce(wf.zeros([2, 0]), { axis: 1, keepDims: true }), arrayOf([2, 1], () => 1));
  await same(() => wrapped(sum).reduce(wf.zeros([0, 0]), { axis: 1 }), arrayOf([0], () => 0));
});
reducing('a scalar is its own reduction', () => same(() => wrapped(sum).reduce(5), { shape: [], data: [5] }));
reducing('bools', () => same(() => wf.vectorize((a: number, b: number) => a !== b).reduce(wf.array([true, true, false, true])), { shape: [], data: [1] }, 'bool'));
reducing('what comes before and after is part of the plan', () => same(
  () => wrapped(larger).reduce(wf.array([[1, 5], [4, 2]]).mul(-1), { axis: 1 }).add(10), { shape: [2], data: [9, 8] }));
reducing('the same bits for one thread and for several', async () => {
  const x = wf.array(Float32Array.from({ length: 200003 }, (_, k) => Math.sin(k)));
  const runs: Uint32Array[] = [];
  for (const threads of [1, 2, 3]) {
    wf.configure({ threads });
    const [{ values }] = await computeAll('cpu', () => [wrapped(sum).reduce(x)]);
    runs.push(new Uint32Array(values.slice().buffer));
  }
  wf.configure({ threads: 0 });
  assert.equal(runs[1], runs[0]);
  assert.equal(runs[2], runs[0]);
});
reducing.run();

// ---- accumulate, outer, at ----

const accumulating = suite('ufuncs: accumulate');
const accumulated = (f: F, x: Nd, axis: number): Nd => {
  const data = [...x.data];
  const out: Nd = { shape: x.shape, data };
  const index = (at: readonly number[]): number => at.reduce((k, i, n) => k * x.shape[n] + i, 0);
  for (const at of coordinates(x.shape)) {
    const before = at.map((i, k) => (k === axis ? i - 1 : i));
    if (at[axis] > 0) data[index(at)] = f(data[index(before)], element(x, at));
  }
  return out;
};
for (const [name, f, x, axis] of [
  ['one axis', sum, floats(9), 0], ['the first of two', sum, floats(3, 4), 0], ['the last of two', sum, floats(3, 4), 1],
  ['the middle one', larger, floats(2, 5, 3), 1], ['in order', modulo, integers(30), 0], ['integers', gcd, integers(4, 6), 1], ['nothing', sum, floats(0, 3), 0],
] as const) accumulating(name, () => same(() => wrapped(f).accumulate(given(x), { axis }), accumulated(f, x, axis)));
accumulating('an axis from the end', () => same(() => wrapped(sum).accumulate(given(floats(3, 4)), { axis: -1 }), accumulated(sum, floats(3, 4), 1)));
accumulating.run();

const pairing = suite('ufuncs: outer');
const paired = (f: F, a: Nd, b: Nd): Nd =>
  build([...a.shape, ...b.shape], (at) => f(element(a, at.slice(0, a.shape.length)), element(b, at.slice(a.shape.length))));
for (const [name, f, a, b] of [
  ['vectors', sum, floats(3), floats(4)], ['a matrix and a vector', modulo, floats(2, 3), floats(4)], ['integers', gcd, integers(5), integers(6)],
  ['a scalar', sum, { shape: [], data: [2] }, floats(3)], ['nothing', sum, floats(0), floats(3)],
] as const) pairing(name, () => same(() => wrapped(f).outer(given(a), given(b)), paired(f, a, b)));
pairing.run();

const setting = suite('ufuncs: at');
const set = (f: F, a: Nd, indices: readonly number[], b: readonly number[]): Nd => {
  const data = [...a.data];
  indices.forEach((i, k) => {
    const at = i < 0 ? i + data.length : i;
    if (at >= 0 && at < data.length) data[at] = f(data[at], b[k % b.length]);
  });
  return { shape: a.shape, data };
};
const where = [0, 3, 3, -1, 2, 3, 99, -50];
const int = (values: readonly number[], shape = [values.length]): wf.WeftArray => wf.array(values as number[], { dtype: 'int32', shape });
setting('repeated indices, from the end, and outside', () => same(() => wrapped(sum).at(given(floats(6)), int(where), where.map((k) => k + 1)), set(sum, floats(6), where, where.map((k) => k + 1))));
setting('in order', () => same(() => wrapped(modulo).at(given(integers(6)), int(where), int(where)), set(modulo, integers(6), where, where), 'int32'));
setting('one number for all', () => same(() => wrapped(sum).at(given(floats(6)), int(where), 5), set(sum, floats(6), where, [5])));
setting('indices of two axes', () => same(() => wrapped(sum).at(given(floats(6)), int(where, [2, 4]), 1), set(sum, floats(6), where, [1])));
setting('no indices', () => same(() => wrapped(sum).at(given(floats(6)), int([]), 1), floats(6)));
setting('a histogram', () => {
  const samples = range(500).map((k) => (k * k) % 10);
  return same(() => wrapped(sum).at(wf.zeros(10, { dtype: 'int32' }), int(samples), 1), { shape: [10], data: range(10).map((b) => samples.filter((s) => s === b).length) }, 'int32');
});
setting.run();

const mixed = suite('ufuncs: as functions');
mixed('they broadcast and have a dtype', async () => {
  await same(() => wrapped(gcd)(given(integers(3, 1)), int([8, 9])), build([3, 2], ([i, j]) => gcd(integers(3, 1).data[i], [8, 9][j])), 'int32');
  await same(() => wf.vectorize(sum, { dtype: 'int16' })(given(floats(3)), 0.75), { shape: [3], data: floats(3).data.map((v) => Math.trunc(v + 0.75)) }, 'int16');
});
mixed('functions of other numbers of arguments have no methods', () => {
  assert.is('reduce' in wf.vectorize((a: number) => a), false);
  assert.is('reduce' in wf.vectorize((a: number, b: number, c: number) => a + b + c), false);
  assert.is('reduce' in wf.vectorize((a: number, t: wf.Vec) => t[a]), false);
});
mixed('transposed arrays', () => {
  const x = floats(3, 4);
  return same(() => wrapped(sum).accumulate((given(x) as wf.WeftArray).transpose()), accumulated(sum, transpose(x), 0));
});
mixed.run();
