/** The passes of the planner, one by one. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { WeftArray } from '../../src/dsl/array.ts';
import { Builder } from '../../src/dsl/kernel/ir.ts';
import { graphOf } from '../../src/fusion/canonical.ts';
import type { Access, Stored } from '../../src/fusion/kernel.ts';
import { clearPlanCache, planCacheStats } from '../../src/fusion/index.ts';
import { shareSlots } from '../../src/fusion/memory.ts';
import { joinPaths, type ReshapeStep } from '../../src/fusion/path.ts';
import { groupAxes, groupSizes, groupStrides, specialise } from '../../src/fusion/specialise.ts';
import { validateBound, validateKernel, validateLaunch } from '../../src/fusion/validate.ts';
import { sameBesidesOnes, viewClass } from '../../src/fusion/view-class.ts';
import { isResident } from '../../src/residency.ts';
import { mapOf, nestOf } from '../support/nodes.ts';
import { planOf } from '../support/plan.ts';

const zeros = (...shape: number[]): wf.WeftArray => wf.array(new Float32Array(shape.reduce((n, s) => n * s, 1)), { shape });
const keyOf = (x: wf.WeftArray): string => graphOf([WeftArray.node(x)], isResident).structure.join();

test('canonical: the key tells structure apart, and nothing else', () => {
  const same: [string, () => wf.WeftArray, () => wf.WeftArray][] = [
    ['sizes', () => zeros(3, 4).add(1), () => zeros(5, 6).add(1)],
    ['square or not', () => zeros(3, 4).add(1), () => zeros(4, 4).add(1)],
    ['scalars', () => zeros(3).mul(2), () => zeros(3).mul(-7)],
    ['slice bounds', () => zeros(9).slice([1, 5]), () => zeros(9).slice([2, 8, 2])],
    ['loop counts', () => wf.iterate(zeros(3), 2, (u) => u.add(1)), () => wf.iterate(zeros(3), 9, (u) => u.add(1))],
    ['which arrays', () => zeros(3).add(zeros(3)), () => zeros(3).add(zeros(3))],
  ];
  for (const [what, a, b] of same) assert.is(keyOf(a()), keyOf(b()), what);
  const x = zeros(3, 4);
  const others = [
    x.add(1), x.sub(1), x.add(x), x.add(zeros(3, 4)), x.add(zeros(4)), x.add(zeros(1, 4)), x.asType('int32').add(1),
    x.sum(), x.sum(0), x.sum(1), x.max(), x.transpose(), x.reshape([12]), x.reshape([3, 4, 1]), x.flip(), zeros(3).add(1),
  ];
  assert.is(new Set(others.map(keyOf)).size, others.length);
});

test('canonical: cval is bound, borders and offsets are structure', () => {
  const stencil = (border: wf.BorderMode, cval: number, lo: number) =>
    wf.stencil((u: wf.Neighbors1) => u(0), { border, cval, neighborhood: [[lo, 0]] })(zeros(5));
  assert.is(keyOf(stencil('constant', 0, -1)), keyOf(stencil('constant', 3, -1)));
  assert.is.not(keyOf(stencil('constant', 0, -1)), keyOf(stencil('nearest', 0, -1)));
  assert.is.not(keyOf(stencil('constant', 0, -1)), keyOf(stencil('constant', 0, -2)));
});

test('canonical: what a view does to its source', () => {
  const x = zeros(3, 4);
  const cases: [wf.WeftArray, string][] = [
    [x.transpose(), 'whole'], [x.expandDims(1), 'order'], [x.expandDims(0).squeeze(0).slice([0, 2]), 'affine'],
    [x.reshape([12]), 'reshape'], [x.reshape([3, 1, 4]), 'order'], [x.flip(), 'affine'], [x.slice([0, 2]), 'affine'],
    [x.broadcastTo([2, 3, 4]), 'whole'], [x.slice(1), 'affine'], [x.slice([null, null, -1]), 'affine'],
    [zeros(1, 4).transpose(), 'order'], [zeros(1, 4).broadcastTo([3, 4]), 'whole'],
  ];
  for (const [y, expected] of cases) {
    const e = WeftArray.node(y);
    assert.is(e.kind === 'view' && viewClass(e), expected, JSON.stringify(y.shape));
  }
  assert.ok(sameBesidesOnes([1, 2, 3], [2, 1, 1, 3]));
  assert.not(sameBesidesOnes([2, 3], [3, 2]));
  assert.not(sameBesidesOnes([2, 3], [2]));
  assert.ok(sameBesidesOnes([], [1, 1]));
});

test('the cache counts', () => {
  clearPlanCache();
  for (let n = 1; n <= 5; n++) planOf([zeros(n + 1).mul(n)]);
  planOf([zeros(4).sum()]);
  assert.equal(planCacheStats(), { plans: 2, hits: 4, misses: 2 });
});

test('paths: reshapes that meet become one, or none', () => {
  const step = (from: number, to: number, ones = false): ReshapeStep => ({ kind: 'reshape', from, to, ones });
  assert.equal(joinPaths([step(0, 1)], [step(1, 2, true)]), [step(0, 2)]);
  assert.equal(joinPaths([step(0, 1)], [step(1, 0)]), []);
  assert.equal(joinPaths([step(0, 1, true)], [step(1, 2, true)]), [step(0, 2, true)]);
});

test('axes: neighbours that are walked as one merge, those of one element vanish', () => {
  const group = (sizes: number[], strides: number[][], pinned: number[] = [], reduced?: number[]) =>
    groupAxes({ sizes, pinned: sizes.map((_, k) => pinned.includes(k)), reduced }, strides.map((s) => ({ strides: s })));
  assert.equal(group([2, 3, 4], [[12, 4, 1]]), [0, 0, 0]);
  assert.equal(group([2, 3, 4], [[12, 4, 1], [0, 4, 1]]), [0, 1, 1]);
  assert.equal(group([2, 3, 4], [[12, 4, 1], [0, 0, 0]]), [0, 0, 0]);
  assert.equal(group([2, 3, 4], [[12, 4, 1], [0, 0, 1]]), [0, 0, 1]);
  assert.equal(group([2, 3, 4], [[12, -4, 1]]), [0, 1, 2]);
  assert.equal(group([2, 1, 4], [[4, 99, 1]]), [0, -1, 0]);
  assert.equal(group([1, 1], [[1, 1]]), [-1, 0]);
  assert.equal(group([2, 3, 4], [[12, 4, 1]], [1]), [0, 1, 2]);
  assert.equal(group([2, 1, 4], [[4, 4, 1]], [1]), [0, 1, 2]);
  assert.equal(group([2, 3, 4], [[12, 4, 1]], [], [1, 2]), [0, 1, 1]);
  assert.equal(group([2, 3, 4], [[12, 4, 1]], [], [1]), [0, 1, 2]);
  assert.equal(group([2, 1, 4], [[4, 4, 1]], [], [1]), [0, 1, 0], 'a reduction keeps an axis to reduce');
  assert.equal(group([1, 1], [[0, 0]], [], [0, 1]), [-1, 0]);
  assert.equal(groupSizes([2, 3, 4], [0, 1, 1]), [2, 12]);
  assert.equal(groupStrides([12, 4, 1], [0, 1, 1]), [12, 1]);
});

test('axes: a specialised kernel refers to its own axes', () => {
  const a = zeros(2, 3, 4, 5);
  const dy = wf.stencil((u: wf.Neighbors4) => u(0, 0, 1, 0) - u(0, 0, -1, 0), { border: 'constant' });
  const [launch] = planOf([dy(a)]).launches;
  assert.equal(launch.domain, [6, 4, 5]);
  validateKernel(launch.kernel);
  assert.is(specialise(launch.kernel, [0, 1, 2]), launch.kernel);
});

test('memory: slots are shared by what is not needed at the same time', () => {
  const types = [10, 20, 5, 20].map((length) => ({ dtype: 'float32' as const, length }));
  const slots = shareSlots([
    { node: 0, from: 1, to: 2 }, { node: 1, from: 2, to: 4 }, { node: 2, from: 3, to: 5 }, { node: 3, from: 5, to: 6 },
  ].map((life) => ({ ...life, over: [] })), (n) => types[n]);
  assert.equal(slots.map((s) => [s.length, s.nodes]), [[10, [0, 2]], [20, [1, 3]]]);
});

test('memory: a chain of stencils runs between two scratch buffers', () => {
  const s = wf.stencil((u: wf.Neighbors1) => u(-1) + u(1));
  let x = zeros(16);
  for (let k = 0; k < 6; k++) x = s(x);
  assert.is(planOf([x]).slots.filter((slot) => slot.role === 'scratch').length, 2);
});

test('validators refuse what targets could not run', () => {
  const bound = planOf([zeros(4).add(zeros(4).sum())]);
  const { slots, inputs, outputs, steps, launches } = bound;
  const rest = { slots, inputs, outputs, steps };
  const [first] = launches;
  const broken: [RegExp, () => void][] = [
    [/reads elements 0 to 7 of 4/, () => validateLaunch({ ...first, domain: [8] }, bound.slots)],
    [/reads elements 1 to 4/, () => validateLaunch({ ...first, inputs: first.inputs.map((x) => ({ ...x, offset: 1 })) }, bound.slots)],
    [/reads a slot that it writes|writes an input/, () => validateLaunch({ ...first, outputs: [first.inputs[0].slot] }, bound.slots)],
    [/before anything is written/, () => validateBound({ ...rest, launches: launches.slice(1) })],
    [/never written/, () => validateBound({ ...rest, launches: launches.slice(0, 1) })],
    [/stores nothing/, () => validateKernel({ ...first.kernel, outputs: [] })],
    [/has no axis|of rank/, () => validateKernel({ ...first.kernel, rank: 0 })],
  ];
  for (const [message, f] of broken) assert.throws(f, message);
  const b = new Builder();
  const reduced = b.fn('r', { rank: 1, inputs: [], results: [b.reduced(0, 'float32')] });
  assert.throws(() => validateKernel({ ...first.kernel, inputs: [], uniforms: [], body: reduced }), /reduced value in the body/);
});

test('validators refuse whole inputs and nests that targets could not run', () => {
  const gather = planOf([mapOf('look', [4], [{ whole: zeros(3, 2) }], (b) => b.take(0, b.coord(0), b.int(1)))]);
  const nest = planOf([nestOf('put', [4], [zeros(3)], [zeros(5)], (b) => [b.store(0, [b.coord(0)], b.take(0, b.coord(0)))])[0]]);
  const [g] = gather.launches, [n] = nest.launches;
  const access = (change: Partial<Access>) => () =>
    validateLaunch({ ...g, inputs: g.inputs.map((x) => ({ ...x, ...change })) }, gather.slots);
  const stored = (change: Partial<Stored>) => () =>
    validateLaunch({ ...n, stored: n.stored!.map((s) => ({ ...s, ...change })) }, nest.slots);
  const broken: [RegExp, () => void][] = [
    [/read with 2 indices, its access has 1 sizes/, access({ sizes: [3] })],
    [/read with 2 indices, its access has undefined sizes/, access({ sizes: undefined })],
    [/reads elements 0 to 6 of 6/, access({ strides: [2, 2] })],
    [/reads elements -1 to 4 of 6/, access({ offset: -1 })],
    [/has 2 axes, the body stores to 1/, stored({ sizes: [5, 1] })],
    [/writes 6 elements into 5/, stored({ sizes: [6] })],
    [/reads slot 99/, stored({ initial: 99 })],
    [/reads a slot that it writes/, stored({ initial: n.outputs[0] })],
    [/without stored outputs/, () => validateLaunch({ ...n, stored: undefined }, nest.slots)],
    [/a function that stores/, () => validateKernel({ ...n.kernel, schedule: 'map' })],
    [/an output from its body/, () => validateKernel({ ...n.kernel, outputs: [{ dtype: 'float32', from: 'body', result: 0 }] })],
    [/does not store each output once/, () => validateKernel({ ...n.kernel, outputs: [n.kernel.outputs[0], n.kernel.outputs[0]] })],
    [/other inputs/, () => validateKernel({ ...g.kernel, inputs: g.kernel.inputs.map(({ name, dtype }) => ({ name, dtype })) })],
  ];
  for (const [message, f] of broken) assert.throws(f, message);
});

test('a function that reads more arrays than the target binds is refused with a way out', () => {
  const wide = wf.stencil((a: wf.Neighbors1, b: wf.Neighbors1, c: wf.Neighbors1, d: wf.Neighbors1) => a(0) + b(0) + c(0) + d(0));
  const [a, b, c, d] = [zeros(4), zeros(4), zeros(4), zeros(4)];
  assert.throws(() => planOf([wide(a, b, c, d)], { maxBuffers: 4 }), /binds 4 buffers.*split the function/);
});

test.run();
