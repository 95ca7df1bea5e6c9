/** Which launches run side by side, piece by piece, on a target that wants that; and what needs no buffer then. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { EdgeMap } from '../../src/dsl/border.ts';
import { Builder, type Point } from '../../src/dsl/kernel/ir.ts';
import type { Kernel, Launch, Sweep } from '../../src/fusion/kernel.ts';
import { windowOf, type Reading } from '../../src/fusion/sweep/window.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { expectPlan, planOf, sweeping } from '../support/plan.ts';

const ramp = (...shape: number[]) => {
  const length = shape.reduce((n, s) => n * s, 1);
  return wf.array(Float32Array.from({ length }, (_, k) => ((k * 37) % 101) / 10 - 4), { shape });
};
const keep = { keepDims: true } as const;
const of = (x: wf.WeftArray | readonly wf.WeftArray[]) => expectPlan(x, sweeping);
/** Plans only: for arrays that are too large for the oracle. */
const sweepsOf = (x: wf.WeftArray): Sweep[] => planOf([x], sweeping).runs.flatMap((r) => ('stages' in r && r.kind === 'sweep' ? [r] : []));

const cross = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1), { border: 'nearest' });
const down = (border: wf.BorderMode | wf.BorderMode[]) => wf.stencil((u: wf.Neighbors2) => u(-2, 0) - u(1, 0), { border });
const heat = wf.stencil((u: wf.Neighbors2) => u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)), { border: 'nearest' });
const wave = wf.stencil((now: wf.Neighbors2, before: wf.Neighbors2) => now(-1, 0) + now(1, 0) - before(0, 0), { border: 'constant' });

test('the cpu target asks for sweeps', async () => {
  const cpu = createCpuTarget({ threads: 1 });
  assert.ok(cpu.profile.sweeps!.depth >= 4);
  await cpu.close();
});

test('a target that does not ask for sweeps has none', () => {
  const x = ramp(20, 6);
  expectPlan(cross(cross(x))).runs(2).sweeps(0).privates(0).scratch(1);
});

test('a stencil of a stencil: one pass, and no buffer in between', () => {
  const x = ramp(20, 6);
  of(cross(cross(x))).runs(1).stages(2).privates(1).scratch(0).passesOver(x, 1);
  const [sweep] = sweepsOf(cross(cross(x)));
  assert.equal(sweep.stages.map((s) => [s.lo, s.hi]), [[-1, 1], [0, 0]]);
  assert.equal([sweep.batch, sweep.units], [1, 20]);
});

test('neighbourhoods of one side add up on that side', () => {
  const ahead = wf.stencil((u: wf.Neighbors2) => u(0, 0) + u(3, 1), { border: 'constant' });
  const behind = wf.stencil((u: wf.Neighbors2) => u(-2, 0) - u(0, 0), { border: 'nearest' });
  const [sweep] = sweepsOf(ahead(behind(ahead(ramp(40, 6)))));
  // What is beyond the edge on one side is on the edge, so that side is never further away than it was.
  assert.equal(sweep.stages.map((s) => s.hi), [3, 3, 0]);
  assert.equal(sweep.stages.map((s) => s.lo), [-2, 0, 0]);
});

test('every border has its elements near', () => {
  const x = ramp(20, 6);
  for (const border of ['reflect', 'mirror', 'nearest', 'constant', 'fill'] as const) {
    of(down(border)(down(border)(x.exp()).exp())).runs(1).passesOver(x, 1);
  }
  of(down('valid')(down('valid')(x).exp())).runs(1).passesOver(x, 1);
  of(down(['reflect', 'wrap'])(down(['nearest', 'wrap'])(x))).runs(1);
});

test('wrap has those of the other end near: units beyond the ends are computed again', () => {
  const x = ramp(40, 6);
  of(down('wrap')(down('wrap')(x))).runs(1).stages(2).privates(1).passesOver(x, 1);
  of(cross(cross(down('wrap')(cross(cross(x)))))).runs(1).stages(5);
  const [sweep] = sweepsOf(down('wrap')(down('wrap')(x)));
  assert.equal(sweep.stages.map((s) => [s.lo, s.hi]), [[-2, 1], [0, 0]]);
  assert.ok(sweep.wraps);
  assert.not(sweepsOf(down('reflect')(down('reflect')(x)))[0].wraps);
  // Only what others of the sweep have left is beyond an end.
  assert.not(sweepsOf(cross(down('wrap')(x)))[0].wraps);
});

test('wrap: not where much of it would be computed again', () => {
  const torus = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 1), { border: 'wrap' });
  const far = wf.stencil((u: wf.Neighbors2) => u(-2, 1) - u(1, 0), { border: 'wrap' });
  of(far(far(ramp(12, 6)))).runs(1);
  of(far(far(ramp(11, 6)))).runs(2).sweeps(0);
  // Fewer steps at a time, then none.
  const steps = (h: number) => of(wf.iterate(ramp(h, 6).mul(0.01), 12, (u) => torus(u)));
  steps(24).stages(4, 4, 4);
  steps(23).stages(3, 3, 3, 3);
  steps(8).stages(2, 2, 2, 2, 2, 2);
  steps(7).sweeps(0);
});

test('a read by several borders in turn: those that wrap are a fixed way off, together with others they are not', () => {
  const windowBy = (...edges: EdgeMap[]): Reading | undefined => {
    const b = new Builder();
    const at = edges.reduce<Point | undefined>((base, edge) => b.point(base, [-1, 0], [edge, 'none']), undefined);
    const body = b.fn('f', { rank: 2, inputs: [{ name: 'x', dtype: 'float32' }], results: [b.read(0, 'float32', at)] });
    const kernel = { body, inputs: body.inputs } as unknown as Kernel;
    const launch = { kernel, domain: [40, 6], inputs: [{ slot: 0, offset: 0, strides: [6, 1] }] } as unknown as Launch;
    return windowOf(launch, 0, { batch: 1, units: 40 }, { axis: 0, per: 1 }, 6);
  };
  assert.equal(windowBy('wrap', 'wrap'), { lo: -2, hi: -2, wraps: true });
  assert.equal(windowBy('none', 'wrap'), { lo: -2, hi: -2, wraps: true });
  assert.equal(windowBy('nearest', 'nearest'), { lo: -2, hi: 0, wraps: false });
  for (const edge of ['nearest', 'reflect', 'mirror'] as const) {
    assert.is(windowBy('wrap', edge), undefined);
    assert.is(windowBy(edge, 'wrap'), undefined);
  }
});

test('trap: beyond the end is not where a slice, a shorter array or another border has its neighbours', () => {
  const x = ramp(40, 6);
  const back = wf.stencil((u: wf.Neighbors2) => u(-1, 1), { border: 'wrap' });
  of(back(cross(x).slice([3, 30]))).runs(2);
  of([cross(back(cross(x))).slice([0, 30]), cross(back(cross(x)))]);
  of(back(cross(x).sum(1, keep)));
});

test('results that others ask for are stored, and are part of the sweep', () => {
  const x = ramp(20, 6);
  const a = cross(x), b = cross(a), c = cross(b);
  of([a, b, c]).runs(1).stages(3).privates(0);
  of([a, c]).runs(1).stages(3).privates(1);
  of([c]).runs(1).stages(3).privates(2);
});

test('rows: what is reduced along them is there when it is needed again', () => {
  const x = ramp(30, 12);
  of(x.div(x.sum(1, keep))).runs(1).stages(2).privates(1).passesOver(x, 1);
  of(x.sub(x.mean(1, keep)).div(x.std(1, keep))).runs(1).passesOver(x, 1);
  of(cross(x.div(x.sum(1, keep).abs().add(1)))).runs(1).passesOver(x, 1);
  of(cross(x).argMax(1)).runs(1).passesOver(x, 1);
});

test('columns: what is reduced along them is there when it is needed again', () => {
  const x = ramp(12, 30);
  of(x.sub(x.mean(0)).div(x.std(0))).runs(1).passesOver(x, 1).scratch(0);
  of(x.sub(x.min(0)).div(x.max(0).sub(x.min(0)))).runs(1).stages(2).passesOver(x, 1);
  const e = x.sub(x.max(0)).exp();
  of(e.div(e.sum(0))).runs(1).passesOver(x, 1).scratch(0);
  of(cross(x).sub(cross(x).max(0))).runs(1).passesOver(x, 1);
  const [sweep] = sweepsOf(cross(x).sub(cross(x).max(0)));
  assert.equal([sweep.cut, sweep.batch, sweep.units], ['columns', 1, 30]);
  // What is reduced along the columns as well is complete only in the end.
  of(x.sub(x.sum(0)).add(x.sum())).runs(3).sweeps(0);
});

test('columns pay where strips that are wide enough fit the cache', () => {
  const zscore = (h: number, w: number) => {
    const x = wf.array(new Float32Array(h * w), { shape: [h, w] });
    return sweepsOf(x.sub(x.mean(0)).div(x.std(0))).map((s) => s.cut);
  };
  assert.equal(zscore(100, 10_000), ['columns']);
  assert.equal(zscore(4000, 1000), []);
  assert.equal(zscore(20_000, 8), []);
});

test('lines: stencils of one axis by strips, which overlap by what later stages read', () => {
  const s = wf.stencil((u: wf.Neighbors1) => u(-2) + u(1), { border: 'nearest' });
  const x = ramp(50);
  of(s(s(s(x)))).runs(1).stages(3).privates(2).scratch(0).passesOver(x, 1);
  const [sweep] = sweepsOf(s(s(s(x))));
  assert.equal([sweep.cut, sweep.batch, sweep.units], ['columns', 1, 50]);
  assert.equal(sweep.stages.map(({ lo, hi }) => [lo, hi]), [[-4, 2], [-2, 1], [0, 0]]);
  const shrinking = wf.stencil((u: wf.Neighbors1) => u(-2) + u(1), { border: 'valid' });
  assert.equal(sweepsOf(s(shrinking(s(x)))).map((w) => w.stages.map((t) => t.units)), [[50, 47, 47]]);
  const ring = wf.stencil((u: wf.Neighbors1) => u(-2) + u(1), { border: 'wrap' });
  of(ring(ring(x))).runs(2).sweeps(0);
});

test('planes: the last axes of an array of three', () => {
  const x = ramp(9, 5, 6);
  of(x.sub(x.mean([1, 2], keep))).runs(1).passesOver(x, 1);
  of(x.sub(x.mean(2, keep))).runs(1).passesOver(x, 1);
});

test('a stencil along a middle axis: batches, that do not see each other', () => {
  const x = ramp(5, 16, 6);
  const s = wf.stencil((u: wf.Neighbors3) => u(0, -1, 0) + u(0, 2, 1), { border: 'reflect' });
  of(s(s(x))).runs(1).passesOver(x, 1);
  const [sweep] = sweepsOf(s(s(x)));
  assert.equal([sweep.batch, sweep.units], [5, 16]);
});

test('a reduction of everything ends the sweep, and what needs it comes after', () => {
  const x = ramp(30, 12);
  const y = cross(x);
  const [sweep] = sweepsOf(cross(y).sum());
  assert.equal(sweep.stages.map((s) => s.terminal), [false, true]);
  of(cross(y).sum()).runs(1).passesOver(x, 1).scratch(0);
  of(cross(y).sub(cross(y).max())).runs(2).passesOver(x, 1);
  of([cross(y), cross(y).sum(0)]).runs(1).passesOver(x, 1);
});

test('trap: what is not at its place is not read before it is complete', () => {
  const x = ramp(12, 12);
  const y = cross(x);
  of(cross(y.transpose())).runs(2);
  of(cross(y.flip())).runs(2);
  of(cross(y).add(y.sum())).runs(2);
  of(y.take(wf.array([3, 0, 11], { dtype: 'int32' }), 0)).runs(2);
  // Along one axis: rows of what is flipped are those that it has, or columns are.
  of(cross(y.flip(1))).runs(1);
  of(cross(y.flip(0))).runs(1);
});

test('trap: rows of one shape are not rows of another', () => {
  const x = ramp(6, 4);
  const z = x.add(ramp(4));
  of([z, z.reshape([4, 6]).add(ramp(6))]).sweeps(0);
  of([cross(z), cross(cross(z).reshape([4, 6]))]);
  of([cross(z), cross(cross(z).reshape([12, 2]))]);
});

test('a slice of rows: fewer units, or others', () => {
  const x = ramp(40, 6);
  const y = cross(x);
  for (const [from, to] of [[0, 10], [25, 30], [39, 40]]) {
    of([cross(y.slice([from, to])), cross(cross(y))]).passesOver(x, 1);
    of([cross(cross(y)), cross(y.slice([from, to]))]).passesOver(x, 1);
  }
});

test('trap: A / A.max(), neighbours of what the loop writes, two consumers at different offsets', () => {
  const a = ramp(20, 6);
  of(a.div(a.max())).runs(2).passesOver(a, 2);
  const e = a.exp();
  of(e.div(e.max())).runs(2).passesOver(a, 1);
  const shift = wf.stencil((u: wf.Neighbors2) => u(1, 0), { border: 'wrap' });
  of(e.add(shift(e))).runs(2).passesOver(a, 1);
  of([shift(e), e.mul(2)]).runs(2).passesOver(a, 1);
  const near = wf.stencil((u: wf.Neighbors2) => u(-1, 0), { border: 'nearest' });
  of(e.add(near(e))).runs(1).passesOver(a, 1);
  of(near(e.mul(e)).add(e)).runs(1).passesOver(a, 1);
});

test('windows have to fit the cache', () => {
  const wide = wf.array(new Float32Array(300 * 20_000), { shape: [300, 20_000] });
  const tall = wf.array(new Float32Array(64 * 20_000), { shape: [20_000, 64] });
  const far = wf.stencil((u: wf.Neighbors2) => u(-9, 0) + u(9, 0), { border: 'nearest' });
  assert.is(sweepsOf(far(far(tall))).length, 1);
  assert.is(sweepsOf(far(far(wide))).length, 0);
});

test('pieces of large arrays overlap by a small part of them', () => {
  const s = wf.stencil((u: wf.Neighbors2) => u(-4, 0) + u(4, 0), { border: 'nearest' });
  const chain = (h: number, w: number, n: number) => {
    let x: wf.WeftArray = wf.array(new Float32Array(h * w), { shape: [h, w] });
    for (let k = 0; k < n; k++) x = s(x);
    return sweepsOf(x).map((sweep) => sweep.stages.length);
  };
  assert.equal(chain(4000, 64, 6), [6]);
  // A few together, and not all, where the overlap of all would be half the array.
  assert.ok(Math.max(...chain(256, 1024, 6)) < 6);
});

test('32 stencils are one pass, and more are two', () => {
  const chain = (n: number, x: wf.WeftArray) => {
    for (let k = 0; k < n; k++) x = wf.correlate([0.25, 0.5, 0.25], { axis: 0, border: 'reflect' })(x);
    return x;
  };
  const x = ramp(40, 3);
  of(chain(32, x)).runs(1).stages(32).privates(31).scratch(0).passesOver(x, 1);
  of(chain(50, x)).runs(2).scratch(1);
});

test('32 stencils along a line are one pass; time loops along lines have a depth of their own', () => {
  let x: wf.WeftArray = ramp(90);
  const given = x;
  for (let k = 0; k < 32; k++) x = wf.correlate([0.25, 0.5, 0.25], { border: 'reflect' })(x);
  of(x).runs(1).stages(32).privates(31).scratch(0).passesOver(given, 1);
  const rod = wf.stencil((u: wf.Neighbors1) => u(0) + 0.2 * (u(-1) - 2 * u(0) + u(1)), { border: 'nearest' });
  of(wf.iterate(given, 8, (u) => rod(u))).runs(2).stages(4, 4).scratch(1);
  const deep = { ...sweeping, sweeps: { cache: 2 ** 20, depth: 4, lineDepth: 10 } };
  expectPlan(wf.iterate(given, 20, (u) => rod(u)), deep).runs(2).stages(10, 10);
  expectPlan(wf.iterate(ramp(40, 6), 8, (u) => heat(u)), deep).runs(2).stages(4, 4);
});

test('time loops: four steps at a time, and no buffer for those in between', () => {
  const u = ramp(40, 6);
  of(wf.iterate(u, 4, (x) => heat(x))).runs(1).stages(4).privates(3).scratch(0);
  of(wf.iterate(u, 8, (x) => heat(x))).runs(2).stages(4, 4).scratch(1);
  of(wf.iterate(u, 20, (x) => heat(x))).runs(5).stages(4, 4, 4, 4, 4).scratch(1);
  // As many steps as leave none over, rather than the most.
  of(wf.iterate(u, 9, (x) => heat(x))).stages(3, 3, 3);
  of(wf.iterate(u, 7, (x) => heat(x))).stages(4, 3);
  of(wf.iterate(u, 5, (x) => heat(x))).runs(2).stages(4);
  of(wf.iterate(u, 1, (x) => heat(x))).runs(1).sweeps(0);
  of(wf.iterate(u, 0, (x) => heat(x))).runs(0);
});

test('the depth is the target\'s', () => {
  const u = ramp(40, 6);
  const deep = (depth: number) =>
    expectPlan(wf.iterate(u, 12, (x) => heat(x)), { ...sweeping, sweeps: { cache: 2 ** 20, depth } });
  deep(1).runs(12).sweeps(0);
  deep(2).runs(6);
  deep(6).runs(2).stages(6, 6);
  deep(8).runs(2).stages(6, 6);
});

test('a state that is another one\'s old value; states that swap', () => {
  const u = ramp(40, 6), v = ramp(40, 6);
  for (const n of [1, 2, 3, 4, 5, 7, 8, 9]) {
    const [now, before] = wf.iterate([u, v], n, ([a, b]) => [wave(a, b), a]);
    of(now).runs(Math.ceil(n / 4));
    of([now, before]).runs(Math.ceil(n / 4));
    of(wf.iterate([u, v], n, ([a, b]) => [heat(b), heat(a).sub(b)]));
  }
});

test('trap: what a loop leaves behind stays while others run', () => {
  const u = ramp(24, 3);
  for (const n of [3, 4, 7, 8, 9]) {
    const waves = (x: wf.WeftArray) => wf.iterate([x, x.mul(2)], n, ([a, b]) => [wave(a, b).mul(0.3), a]);
    const [p, q] = waves(u.add(1)), [r, s] = waves(u.mul(3));
    of(p.add(q).add(r).add(s));
    of([p, q, r, s]);
    const [t] = wf.iterate([heat(p), q], n, ([a, b]) => [wave(a, b).mul(0.3), a]);
    of([t.add(p), q]);
  }
});

test('loops in loops, and loops of several stencils or reductions', () => {
  const u = ramp(24, 4);
  for (const n of [1, 2, 4, 5]) {
    of(wf.iterate(u, 3, (x) => wf.iterate(x.mul(0.5), n, (y) => heat(y)).add(wf.iterate(x, n + 1, (y) => heat(y)))));
    of(wf.iterate(u, n, (x) => heat(heat(x)))).stages(...n <= 2 ? [2 * n] : n === 4 ? [8] : [8, 2]);
    of(wf.iterate(u, n, (x) => heat(x.div(x.abs().sum(1, keep).add(1)))));
    of(wf.iterate([u, wf.zeros([])], n, ([a, t]) => [heat(a), t.add(heat(a).max())]));
  }
});

test('peak: what is private is not counted', () => {
  const x = wf.array(new Float32Array(1000 * 100), { shape: [1000, 100] });
  const bytes = 4 * 100_000;
  let y: wf.WeftArray = x;
  for (let k = 0; k < 6; k++) y = cross(y);
  assert.ok(planOf([y], sweeping).slots.filter((s) => s.role !== 'private').length === 2);
  assert.ok(planOf([y], sweeping).slots.reduce((n, s) => n + (s.role === 'private' ? 0 : s.bytes), 0) === 2 * bytes);
});

test.run();
