/** Which buffers a plan has: lifetimes, shared slots, kernels that write where they read. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { mayOverwrite, overwritten } from '../../src/fusion/in-place.ts';
import { shareSlots } from '../../src/fusion/memory.ts';
import { peakBytes } from '../../src/fusion/peak.ts';
import { validateLaunch } from '../../src/fusion/validate.ts';
import { checkValues, planOf } from '../support/plan.ts';

const vector = (n = 64): wf.WeftArray<'float32'> => wf.array(Float32Array.from({ length: n }, (_, k) => Math.sin(k)));
const bytesOf = (...arrays: wf.WeftArray[]): number => peakBytes(planOf(arrays));
/** Launches that write in place, as [input, output]. */
const inPlace = (...arrays: wf.WeftArray[]): [number, number][] => checkValues(arrays, undefined, {}).launches.flatMap((launch) =>
  overwritten(launch).flatMap((output, input): [number, number][] => (output === undefined ? [] : [[input, output]])));

test('a map writes in place of what it reads for the last time, results too', () => {
  const e = vector().exp();
  assert.equal(inPlace(e.div(e.sum())), [[0, 0]]);
  assert.is(bytesOf(e.div(e.sum())), 4 * (64 + 64 + 1), 'input, result, sum');
  const twice = e.div(e.sum()).add(1);
  assert.equal(inPlace(twice), [[0, 0]], 'whatever is fused into it');
});

test('a chain of reductions and maps runs in one buffer', () => {
  let x: wf.WeftArray = vector(1000).sin();
  for (let k = 0; k < 5; k++) x = x.sub(x.sum()).sin();
  checkValues([x], undefined, {});
  assert.is(planOf([x]).slots.filter((s) => s.length === 1000).length, 2 + 1, 'the input, the result, and one for kernels that also reduce');
});

test('not in place: another offset, order, size or dtype, a later reader, a second path, a result that is asked for', () => {
  const e = vector().exp();
  const shift = wf.stencil((u: wf.Neighbors1) => u(-1) + u(1), { border: 'wrap' });
  const m = vector().reshape([8, 8]).exp();
  const cases: Record<string, wf.WeftArray[]> = {
    'a neighbour': [shift(e).mul(e.sum())],
    'backwards': [e.flip().mul(e.sum())],
    'transposed': [m.transpose().mul(m.sum())],
    'a part': [e.slice([0, 32]).mul(e.sum())],
    'spread over more elements': [e.expandDims(0).broadcastTo([3, 64]).mul(e.sum())],
    'another dtype': [e.mul(e.sum()).gt(1)],
    'read again': [e.mul(e.sum()), shift(e)],
    'on two paths': [e.sub(e.flip()).mul(e.sum())],
    'asked for': [e, e.mul(e.sum())],
    'an input': [vector().mul(2)],
    'elements anywhere': [e.take(wf.array(Int32Array.of(3, 1, 2)), 0).mul(e.sum())],
  };
  for (const [label, arrays] of Object.entries(cases)) assert.equal(inPlace(...arrays), [], label);
});

test('of several candidates one is overwritten, of several outputs one writes there', () => {
  const a = vector().sin(), b = vector().cos();
  const [s, t] = [a.sum(), b.sum()];
  assert.is(inPlace(a.mul(s).add(b.mul(t))).length, 1, 'a and b die together');
  const p = a.mul(s), q = a.add(s);
  assert.is(inPlace(p, q).length, 1, 'one kernel with two results');
});

test('in the body of a loop', () => {
  const program = wf.iterate(vector(), 4, (u) => {
    const e = u.exp();
    return e.div(e.sum().add(e.flip().mul(0))).mul(2);
  });
  checkValues([program], undefined, {});
});

test('what is legal, by launch', () => {
  const e = vector().exp();
  const bound = planOf([e.div(e.sum())]);
  const launch = bound.launches.at(-1)!;
  assert.ok(mayOverwrite(launch, 0, 0));
  assert.not.ok(mayOverwrite(launch, 1, 0), 'a scalar for every point');
  const change = (access: object) => ({ ...launch, inputs: [{ ...launch.inputs[0], ...access }, launch.inputs[1]] });
  assert.not.ok(mayOverwrite(change({ strides: [-1], offset: 63 }), 0, 0), 'backwards');
  assert.not.ok(mayOverwrite(change({ offset: 1 }), 0, 0), 'an offset');
  assert.not.ok(mayOverwrite({ ...launch, inputs: [launch.inputs[0], launch.inputs[0]] }, 0, 0), 'read twice');
  assert.throws(() => validateLaunch(change({ strides: [-1], offset: 63 }), bound.slots), /reads a slot that it writes/);
  validateLaunch(launch, bound.slots);
});

test('shareSlots: results take over what fits them exactly, and are not taken over', () => {
  const types = [10, 10, 20, 20, 10].map((length) => ({ dtype: 'float32' as const, length }));
  const life = (node: number, from: number, to: number, over: number[] = []) => ({ node, from, to, over });
  const share = (...list: ReturnType<typeof life>[]) => shareSlots(list, (n) => types[n]).map((s) => [s.length, s.nodes]);
  assert.equal(share(life(0, 1, 2), life(1, 2, Infinity, [0])), [[10, [0, 1]]]);
  assert.equal(share(life(0, 1, 2), life(1, 2, Infinity)), [[10, [0]], [10, [1]]], 'not without leave');
  assert.equal(share(life(2, 1, 2), life(0, 3, 4), life(1, 4, Infinity, [0])), [[20, [2, 0]], [10, [1]]], 'a slot that is too large');
  assert.equal(share(life(0, 1, 3), life(1, 2, 4, [0])), [[10, [0]], [10, [1]]], 'still read later');
  assert.equal(share(life(0, 1, 2), life(1, 2, 3, [0]), life(4, 3, 5)), [[10, [0, 1]], [10, [4]]], 'one step is not over yet');
  assert.equal(share(life(0, 1, Infinity), life(4, 2, 3)), [[10, [0]], [10, [4]]]);
});

test.run();
