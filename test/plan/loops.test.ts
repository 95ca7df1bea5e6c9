import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { Step } from '../../src/fusion/kernel.ts';
import { checkValues, expectPlan, planOf } from '../support/plan.ts';

const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => ((k * 37) % 101) / 10 - 4);
const vector = (n = 12) => wf.array(ramp(n));
const heat = wf.stencil((u: wf.Neighbors1) => u(0) + 0.2 * (u(-1) - 2 * u(0) + u(1)), { border: 'nearest' });
const wave = wf.stencil((now: wf.Neighbors1, before: wf.Neighbors1) => 2 * now(0) - before(0) + 0.3 * (now(-1) - 2 * now(0) + now(1)), { border: 'constant' });

const loopOf = (steps: readonly Step[]) => {
  const loop = steps.find((s) => s.kind === 'loop');
  if (loop?.kind !== 'loop') throw new Error('no loop');
  return loop;
};

test('a loop of a stencil is one kernel, launched once per step, between two buffers', () => {
  const u = vector();
  for (const n of [1, 2, 3, 10]) expectPlan(wf.iterate(u, n, (x) => heat(x))).kernels(1).launches(n).scratch(n > 1 ? 1 : 0);
});

test('no step gives the initial state', () => {
  const u = vector();
  expectPlan(wf.iterate(u, 0, (x) => heat(x))).launches(0);
  expectPlan(wf.iterate(u.exp(), 0, (x) => heat(x)).add(1)).launches(2);
  expectPlan(wf.iterate(u.exp(), 0, (x) => heat(x))).launches(1);
});

test('the count is not part of the plan', () => {
  const make = (n: number) => planOf([wf.iterate(vector(), n, (x) => heat(x))]);
  assert.is(make(3).plan, make(5).plan);
});

test('states are handed on without copies', () => {
  const u = vector();
  for (const n of [0, 1, 2, 3, 7]) {
    const [now, before] = wf.iterate([u, u], n, ([a, b]) => [wave(a, b), a]);
    expectPlan([now]).launches(n);
    expectPlan([now, before]).launches(n);
    expectPlan(now.sub(before)).launches(n + 1);
  }
});

test('trap: a swap of states, and states that are computed from each other\'s old values', () => {
  const u = vector(), v = u.mul(2);
  for (const n of [0, 1, 2, 5]) {
    expectPlan(wf.iterate([u, v], n, ([a, b]) => [b, a])).launches(1);
    expectPlan(wf.iterate([u, v], n, ([a, b]) => [heat(b).add(a), heat(a).sub(b)])).launches(n + 1);
  }
});

test('what does not change is computed once, before the loop', () => {
  const u = vector(), k = vector();
  expectPlan(wf.iterate(u, 4, (x) => heat(x).mul(k.exp().sqrt()))).launches(5);
  expectPlan(wf.iterate(u, 4, (x) => heat(x).mul(k.max()))).launches(5);
  expectPlan(wf.iterate(u, 4, (x) => heat(x).mul(2).add(k))).launches(4);
});

test('a state that does not depend on the loop, and one that is not needed', () => {
  const u = vector(), k = vector();
  for (const n of [0, 1, 3]) {
    expectPlan(wf.iterate([u, u], n, ([a, b]) => [heat(a).add(b), k.exp()]));
    expectPlan(wf.iterate([u, u], n, ([a, b]) => [heat(a).add(b), k]));
    expectPlan(wf.iterate([u, u], n, ([a, b]) => [heat(a).add(b), wf.zeros([12])]));
    expectPlan(wf.iterate([u, u], n, ([a, b]) => [heat(a), heat(b).exp()])[0]).launches(n);
  }
});

test('intermediate results of a body do not meet the states', () => {
  const u = vector();
  for (const n of [1, 2, 5]) {
    expectPlan(wf.iterate(u, n, (x) => heat(heat(heat(x))))).launches(3 * n);
    expectPlan(wf.iterate(u, n, (x) => heat(x.exp().div(x.exp().sum())))).launches(3 * n);
    expectPlan(wf.iterate(u, n, (x) => x.sub(x.mean())));
  }
});

test('trap: memory of what a loop needs again, or may hand on, is not used for something else', () => {
  const u = vector(), k = vector();
  for (const n of [0, 1, 2, 3]) {
    // k.exp() is read by the first kernel of the body, which the second and third step need it for again.
    expectPlan(wf.iterate(u, n, (x) => heat(heat(heat(heat(x).mul(k.exp())))))).launches(1 + 4 * n);
    // The initial state is the result, with other intermediates between the loop and its last use.
    const [now, before] = wf.iterate([u.exp(), k.exp()], n, ([a, b]) => [wave(a, b), a]);
    expectPlan(heat(heat(heat(now))).add(before));
    const [p, q] = wf.iterate([u, k], n, ([a, b]) => [heat(a).add(b), k.exp()]);
    expectPlan(heat(heat(heat(p))).add(q));
  }
});

test('the two substances of a reaction are one kernel', () => {
  const next = (a: wf.WeftArray, b: wf.WeftArray) => heat(a).add(b.mul(a));
  const [a, b] = wf.iterate([vector(), vector().mul(2)], 3, ([u, v]) => [next(u, v).clamp(-9, 9), next(v, u).clamp(-9, 9)]);
  expectPlan([a, b]).launches(4).passesOver(vector(), 0);
});

test('a body may hand on views', () => {
  const m = wf.array(ramp(9), { shape: [3, 3] });
  for (const n of [1, 2, 3]) {
    expectPlan(wf.iterate(m, n, (x) => x.transpose())).launches(n);
    expectPlan(wf.iterate(m, n, (x) => x.add(1).reshape([9]).reshape([3, 3]))).launches(n);
    expectPlan(wf.iterate(m.transpose(), n, (x) => x.mul(2)));
    expectPlan(wf.iterate(m.reshape([9]), n, (x) => x.mul(2))).launches(n);
  }
});

test('one loop after another, and beside another', () => {
  const u = vector();
  const first = wf.iterate(u, 3, (x) => heat(x));
  expectPlan(wf.iterate(first.add(1), 2, (x) => heat(x).mul(2))).launches(6);
  expectPlan(first.add(wf.iterate(u, 2, (x) => heat(x).mul(2)))).launches(6);
  expectPlan([first, first.max()]).launches(4);
});

test('loops inside loops', () => {
  const u = vector(), k = vector();
  for (const [n, m] of [[1, 1], [2, 3], [3, 0], [0, 2], [3, 2]] as const) {
    expectPlan(wf.iterate(u, n, (x) => wf.iterate(x, m, (y) => heat(y))));
    expectPlan(wf.iterate(u, n, (x) => wf.iterate(x.mul(0.5), m, (y) => heat(y).add(x)).add(k)));
    expectPlan(wf.iterate([u, k], n, ([a, b]) => {
      const [p, q] = wf.iterate([a, b], m, ([c, d]) => [d.mul(0.5), heat(c)]);
      return [q, p];
    }));
    expectPlan(wf.iterate([u, k], n, ([a, b]) => [wf.iterate(a.exp().minimum(1).sub(b), m, (y) => heat(y).add(b)), a]));
  }
});

test('loops of integers, of several dtypes and shapes', () => {
  const cells = wf.array(Uint8Array.from({ length: 30 }, (_, k) => (k * 7) % 3 === 0 ? 1 : 0), { shape: [5, 6] });
  const life = wf.stencil((u: wf.Neighbors2) => {
    const n = u(-1, -1) + u(-1, 0) + u(-1, 1) + u(0, -1) + u(0, 1) + u(1, -1) + u(1, 0) + u(1, 1);
    return n === 3 || (n === 2 && u(0, 0) === 1) ? 1 : 0;
  }, { border: 'wrap', dtype: 'uint8' });
  expectPlan(wf.iterate(cells, 5, (u) => life(u))).launches(5);
  const [count, state] = wf.iterate([wf.zeros([], { dtype: 'int32' }), cells], 4, ([c, u]) => [c.add(u.sum().asType('int32')), life(u)]);
  expectPlan([count, state]);
});

test('many steps share few launches', () => {
  const plan = planOf([wf.iterate(vector(), 1000, (x) => heat(x))]);
  assert.is(plan.launches.length, 1000);
  assert.ok(new Set(plan.launches).size <= 4);
  assert.is(loopOf(plan.steps).count, 1000);
});

test('inputs are not written even when a loop hands them on', () => {
  const u = vector();
  checkValues(wf.iterate([u, u.mul(2)], 5, ([a, b]) => [b, a.add(1)]));
});

test.run();
