/**
 * Sweeps as the cpu runs them: pieces of any size, windows that move on, bands on several threads. What they give is what every
 * operation alone gives, to the bit where nothing is summed up in other pieces.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { TypedArray } from '../../src/dsl/dtype.ts';
import type { Expr } from '../../src/dsl/expr.ts';
import { planFor, validateBound, type BoundPlan } from '../../src/fusion/index.ts';
import { hostOf, isResident } from '../../src/residency.ts';
import type { DeviceBuffer } from '../../src/targets/target.ts';
import { machine, SHARE_ALL } from '../support/machine.ts';
import { nodesOf } from '../support/plan.ts';
import { expectClose, type Tolerance } from '../support/targets.ts';

const test = suite('sweeps on the cpu');

/** A unit at a time in windows that are as small as can be; some units at a time; as it comes. */
const least = { windows: 0, mostBands: 64, points: 1, strip: 1, narrowest: 3 };
const machines = [
  machine(2, { cutting: { ...least, piece: 1, bandPerOverlap: 0, columns: 8 }, worth: SHARE_ALL }),
  machine(3, { cutting: { ...least, piece: 600, bandPerOverlap: 1, columns: 5 }, worth: SHARE_ALL }),
  machine(2),
];
const [tiny] = machines;
const dataOf = (e: Expr): TypedArray => hostOf(e)!;

interface Plans {
  readonly swept: BoundPlan;
  /** The same launches, one after the other. */
  readonly apart: BoundPlan;
  /** Every operation by itself. */
  readonly alone: BoundPlan;
}

/** `roundUnits`: 0 for arrays that are smaller than what is computed again beyond their ends. */
function plansOf(arrays: readonly wf.WeftArray[], cache = 2 ** 20, roundUnits = 0): Plans {
  const { profile } = tiny.target;
  const roots = nodesOf(arrays);
  const swept = planFor(roots, isResident, { ...profile, sweeps: { cache, depth: 4, roundUnits } });
  validateBound(swept);
  const unswept = (most?: number) => planFor(roots, isResident, { ...profile, sweeps: undefined }, most);
  return { swept, apart: unswept(), alone: unswept(0) };
}

/** There are sweeps. */
async function check(arrays: readonly wf.WeftArray[], tolerance: Tolerance = {}): Promise<void> {
  assert.ok(plansOf(arrays).swept.runs.some((r) => 'stages' in r), 'there is no sweep');
  await compare(arrays, tolerance);
}

/** On every machine, and on one thread, sweeps give the values of single operations. */
async function compare(arrays: readonly wf.WeftArray[], tolerance: Tolerance = {}): Promise<void> {
  const { swept, alone } = plansOf(arrays);
  await compareWith(swept, alone, tolerance);
}

async function compareWith(swept: BoundPlan, other: BoundPlan, tolerance: Tolerance = {}): Promise<void> {
  const expected = await machines[2].run(other, dataOf);
  for (const [k, { run, target }] of machines.entries()) {
    const several = await run(swept, dataOf);
    target.configure!({ threads: 1 });
    const single = await run(swept, dataOf);
    target.configure!({});
    several.forEach((values, r) => {
      expectClose(values, expected[r], { ...tolerance, label: `root ${r}, machine ${k}` });
      expectClose(values, single[r], { label: `root ${r}, machine ${k}, several threads` });
    });
  }
}

const ramp = (...shape: number[]) => {
  const length = shape.reduce((n, s) => n * s, 1);
  return wf.array(Float32Array.from({ length }, (_, k) => ((k * 37) % 101) - 40), { shape });
};
const keep = { keepDims: true } as const;
const sums: Tolerance = { rtol: 1e-5, atol: 1e-5 };

/** Of arrays that go round, units beyond the ends as well. */
const around = (arrays: readonly wf.WeftArray[]): boolean =>
  plansOf(arrays).swept.runs.some((r) => 'stages' in r && r.kind === 'sweep' && r.wraps);

const cross = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0) - u(0, 1), { border: 'reflect' });
const blur = wf.stencil((u: wf.Neighbors2) => 0.5 * u(-1, 0) + 0.25 * u(2, 0) + 0.25 * u(0, -1), { border: 'nearest' });
const wave = wf.stencil((now: wf.Neighbors2, before: wf.Neighbors2) =>
  0.5 * now(-1, 0) - 0.25 * before(0, 0) + 0.25 * now(1, 0), { border: 'constant' });

test('chains of every border, of sizes below the neighbourhood and below a piece', async () => {
  for (const border of ['reflect', 'mirror', 'nearest', 'constant', 'fill', 'wrap'] as const) {
    const far = wf.stencil((u: wf.Neighbors2) => u(-3, 0) - u(2, 1), { border, cval: 3 });
    for (const [h, w] of [[1, 1], [2, 5], [3, 3], [7, 1], [23, 9], [150, 4]]) {
      if (h > 1) await check([far(far(far(ramp(h, w))))]);
    }
  }
});

test('borders that shrink', async () => {
  const inner = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(2, 0) - u(0, 1), { border: 'valid' });
  for (const [h, w] of [[10, 4], [31, 7], [90, 5]]) {
    const x = ramp(h, w);
    await check([inner(inner(inner(x)))]);
    await check([cross(inner(x)), inner(cross(inner(x)))]);
  }
});

test('slices: stages that are through before others, or begin late', async () => {
  const x = ramp(200, 5);
  const a = cross(x), b = cross(a), c = cross(b);
  for (const [from, to] of [[0, 10], [5, 8], [50, 60], [190, 200]]) {
    await check([cross(a.slice([from, to])), cross(c)]);
    await check([cross(b.slice([from, to])), cross(a.slice([from, to])), cross(c)]);
    await check([cross(c), cross(a.slice([from, to]))]);
  }
});

test('few columns: rows are lanes', async () => {
  for (const [h, w] of [[64, 5], [200, 3], [640, 1], [70, 7]]) {
    const x = ramp(h, w);
    const e = x.sub(x.max(1, keep)).mul(0.1).exp();
    await check([e.div(e.sum(1, keep))], sums);
    await check([x.sub(x.mean(1, keep)).div(x.var(1, keep).add(1).sqrt())], sums);
    await check([x.max(1, keep).sub(x), x.max(1).min()]);
  }
});

test('a single row that reads others: how far those are', async () => {
  const inner = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + 2 * u(0, 0) - 3 * u(1, 0), { border: 'valid' });
  const made = (h: number, w: number) => ramp(h, w).add(ramp(h, 1)).abs().sqrt().sqrt();
  for (const [rows, n, m] of [[3, 2, 2], [3, 4, 5], [3, 3, 40]]) await compare([inner(made(rows * n, m).reshape([rows, n * m]))]);
  for (const [h, w] of [[4, 6], [7, 12], [40, 60]]) await compare([inner(made(h, w).reshape([3, -1]).slice(null, [0, w]))]);
});

test('rows of one shape are not rows of another', async () => {
  const a = cross(ramp(12, 20)), z = ramp(12, 20).add(ramp(20));
  for (const [h, w] of [[6, 40], [24, 10], [4, 60], [20, 12]]) {
    await compare([a, a.reshape([h, w]).add(ramp(w)), cross(a)]);
    await compare([a, a.reshape([h, w]).add(ramp(w))]);
    await compare([z, z.reshape([h, w]).mul(ramp(w))]);
    await compare([z, z.reshape([h, w]).mul(ramp(w)), cross(z), z.reshape([240]).sum()]);
  }
});

test('rows of reductions, of every dtype', async () => {
  for (const dtype of ['float32', 'float64', 'int32', 'uint8', 'int16'] as const) {
    const x = wf.array(Array.from({ length: 37 * 11 }, (_, k) => (k * 37) % 101), { shape: [37, 11], dtype });
    const y = x.max(1, keep);
    await check([x.sub(y).mul(2), y]);
    await check([x.eq(y), x.argMax(1), x.min(1, keep).add(x)]);
    await check([x.gt(50).any(1, keep).logicalAnd(x.gt(20))]);
  }
});

test('strips of columns, and the last one that is narrow', async () => {
  for (const border of ['reflect', 'nearest', 'constant', 'fill', ['wrap', 'mirror']] as const) {
    const s = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 1) - u(0, -1), { border, cval: 2 });
    for (const w of [16, 17, 23, 40, 100]) await check([s(s(s(ramp(20, w))))]);
  }
  const wide = ramp(130, 4500);
  await check([blur(blur(wide))]);
  await check([wf.iterate(wide, 3, (u) => blur(u))]);
});

const far = (border: wf.BorderMode, cval = 2) => wf.stencil((u: wf.Neighbors1) => u(-3) - u(2) + u(0), { border, cval });
/** Cut in columns, launches give the bits that they give one after the other. */
async function checkColumns(arrays: readonly wf.WeftArray[], cache?: number): Promise<void> {
  const { swept, apart } = plansOf(arrays, cache, 8);
  assert.ok(swept.runs.some((r) => 'stages' in r && r.kind === 'sweep' && r.cut === 'columns'), 'there is no sweep of columns');
  await compareWith(swept, apart);
}

test('columns: single rows, of every border and size', async () => {
  for (const border of ['reflect', 'mirror', 'nearest', 'constant', 'fill'] as const) {
    const s = far(border);
    for (const n of [1, 2, 5, 8, 17, 100]) await check([s(s(s(ramp(n))))]);
    await check([s(s(ramp(41))), s(ramp(41))]);
  }
  const inner = far('valid');
  for (const n of [16, 17, 90]) {
    await check([inner(inner(inner(ramp(n))))]);
    await check([far('reflect')(inner(ramp(n))), inner(far('nearest')(inner(ramp(n))))]);
  }
  await check([far('nearest')(far('reflect')(ramp(70_001)))]);
  await check([wf.iterate(ramp(70_001), 9, (u) => far('reflect')(u).mul(0.25))]);
});

test('columns: stages of other lengths, which begin late or are through before others', async () => {
  const x = ramp(100), s = far('reflect');
  const a = s(x), b = s(a);
  for (const [from, to] of [[0, 10], [5, 8], [50, 60], [90, 100], [1, 100]]) {
    await check([s(a.slice([from, to])), s(b)]);
    await check([s(b), s(a.slice([from, to]))]);
  }
});

test('columns: time loops over single rows', async () => {
  const s = far('nearest');
  for (const steps of [2, 3, 4, 5, 9, 13]) {
    await check([wf.iterate(ramp(61), steps, (u) => s(u).mul(0.25))]);
    await check(wf.iterate([ramp(33), ramp(33).mul(2)], steps, ([a, b]) => [s(a).sub(b).mul(0.25), a]));
  }
});

/** What is reduced along an axis goes back to the elements. */
const backs = (x: wf.WeftArray, axis: number): wf.WeftArray[] => {
  const e = x.sub(x.max(axis, keep)).mul(0.1).exp();
  return [
    x.sub(x.mean(axis, keep)).div(x.std(axis, keep).add(1)), e.div(e.sum(axis, keep)),
    x.sub(x.min(axis, keep)).div(x.max(axis, keep).sub(x.min(axis, keep)).add(1)),
  ];
};

test('columns: what is reduced along them is there when it is needed again', async () => {
  for (const [h, w] of [[2, 40], [9, 33], [300, 70], [1200, 50], [20, 4500]]) {
    const x = ramp(h, w);
    for (const y of backs(x, 0)) await checkColumns([y]);
    await checkColumns([x.sub(x.max(0)), x.sub(x.max(0)).min(0)]);
    await checkColumns([x.flip(0).sub(x.max(0)), x.argMax(0), x.max(0)]);
    await checkColumns([far('nearest')(far('nearest')(x.max(0))), x.sub(x.max(0))]);
  }
});

test('columns: sums of narrow arrays, which alone are done in another order', async () => {
  for (const [h, w] of [[100, 2], [64, 5], [200, 3], [70, 20]]) {
    const x = ramp(h, w);
    await compare([x.sub(x.mean(0)).div(x.var(0).add(1).sqrt())], sums);
    await checkColumns([x.sub(x.max(0)), x.argMin(0)]);
  }
});

test('columns: batches, where a plane does not fit the cache', async () => {
  for (const shape of [[3, 2, 12_501], [2, 2, 3, 12_500]]) {
    const x = ramp(...shape), axis = shape.length - 2;
    const cache = 10_000 * (shape[axis] + 1);
    for (const y of backs(x, axis)) await checkColumns([y], cache);
    await checkColumns([x.sub(x.max(axis, keep)), x.argMax(axis)], cache);
  }
});

test('columns of every dtype', async () => {
  const all = ramp(37, 41);
  await checkColumns([all.gt(50).any(0).logicalAnd(all.gt(20))]);
  for (const dtype of ['float64', 'int32', 'uint32', 'int16', 'int8', 'uint8'] as const) {
    const x = wf.array(Array.from({ length: 37 * 41 }, (_, k) => (k * 37) % 101), { shape: [37, 41], dtype });
    await checkColumns([x.eq(x.max(0)).mul(2)]);
    await checkColumns([x.eq(x.min(0)), x.argMax(0), x.min(0, keep).add(x), x.sub(x.mean(0))]);
    await checkColumns([far('mirror')(far('constant')(x.reshape([37 * 41])))]);
  }
});

test('columns: few long rows, whose planes are stencils', async () => {
  const s = wf.stencil((u: wf.Neighbors2) => u(-1, 1) + u(2, 0) - u(0, -2), { border: ['wrap', 'reflect'] });
  for (const [h, w] of [[2, 40], [3, 61], [5, 100]]) {
    await checkColumns([s(s(s(ramp(h, w))))]);
    await checkColumns([s(s(ramp(h, w))).sub(s(s(ramp(h, w))).max(0))]);
  }
});

test('a torus: wrap along the rows with every border along the columns, and the other way round', async () => {
  for (const border of ['reflect', 'nearest', 'constant', 'fill', 'wrap'] as const) {
    const rows = wf.stencil((u: wf.Neighbors2) => u(-2, 1) - u(1, 0) + u(0, -1), { border: ['wrap', border], cval: 3 });
    const columns = wf.stencil((u: wf.Neighbors2) => u(-2, 1) - u(1, 0) + u(0, -1), { border: [border, 'wrap'], cval: 3 });
    for (const [h, w] of [[2, 5], [7, 1], [64, 9]]) {
      const x = ramp(h, w);
      await check([columns(rows(x)), rows(columns(rows(columns(x))))]);
      assert.ok(around([rows(rows(x))]));
    }
  }
});

test('a torus whose rows are read several times round', async () => {
  const far = wf.stencil((u: wf.Neighbors2) => u(-9, 0) + u(4, 1) - u(0, 0), { border: 'wrap' });
  for (const [h, w] of [[2, 3], [3, 4], [5, 2], [8, 1], [9, 3], [40, 2]]) await check([far(far(far(ramp(h, w))))]);
});

test('a torus: results that are kept, reductions beside it, what asks where it is, rows that meet their sums', async () => {
  const s = wf.stencil((u: wf.Neighbors2) => 0.5 * u(-1, 0) - u(1, 1) + 0.25 * u(2, 0), { border: 'wrap' });
  for (const [h, w] of [[2, 3], [17, 6], [50, 4]]) {
    const x = ramp(h, w), place = wf.fromFunction([h, w], (i, j) => 3 * i - j);
    const a = s(x), b = s(a.add(place)), c = s(b.mul(place));
    await check([a, b, c]);
    await check([b, c]);
    await check([a, c]);
    await check([c, c.max(), c.min(0), b.max(1)]);
    await check([c.sub(c.max(1, keep)), c], sums);
    await check([cross(s(cross(x))), s(cross(s(blur(x))))]);
    // Sums of rows beyond the ends have no place.
    await compare([s(s(x).sub(s(x).max(1, keep)))]);
    assert.ok(around([a, b, c]) && around([c]) && around([c.sub(c.max(1, keep)), c]));
  }
});

test('a torus: several states, static inputs, any number of steps', async () => {
  const laplace = wf.stencil((u: wf.Neighbors2) =>
    0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1)) + 0.05 * (u(-1, -1) + u(1, 1)) - u(0, 0), { border: 'wrap' });
  const life = wf.stencil((u: wf.Neighbors2) => {
    const n = u(-1, -1) + u(-1, 0) + u(-1, 1) + u(0, -1) + u(0, 1) + u(1, -1) + u(1, 0) + u(1, 1);
    return n === 3 ? 1 : n === 2 ? u(0, 0) : 0;
  }, { border: 'wrap' });
  for (const [h, w] of [[2, 2], [3, 7], [40, 6]]) {
    const x = ramp(h, w).mul(0.01), still = ramp(h, w).mul(0.001), cells = ramp(h, w).gt(10).asType('uint8');
    for (const n of [2, 4, 7]) {
      const states = wf.iterate([x, still], n, ([u, v]) => {
        const eaten = u.mul(v).mul(v);
        return [u.add(laplace(u)).sub(eaten).add(still), v.add(laplace(v).mul(0.5)).add(eaten)];
      });
      await check(states);
      await check([wf.iterate(cells, n, (u) => life(u).asType('uint8'))]);
      await check([wf.iterate(x, n, (u) => laplace(cross(u)).add(still))]);
      assert.ok(around(states));
    }
  }
});

test('a torus along a middle axis: every plane is one of its own', async () => {
  const s = wf.stencil((u: wf.Neighbors3) => 0.5 * u(0, -1, 0) + 0.25 * u(0, 2, 1), { border: 'wrap' });
  const deep = wf.stencil((u: wf.Neighbors3) => 0.5 * u(-1, 0, 0) + 0.25 * u(2, 1, 1), { border: ['wrap', 'reflect', 'wrap'] });
  for (const shape of [[5, 16, 6], [3, 2, 1], [20, 3, 9]]) {
    const x = ramp(...shape);
    await check([s(s(s(x)))]);
    await check([s(s(x)), s(x)]);
    await check([deep(deep(x)), deep(deep(deep(x)))]);
    assert.ok(around([s(s(x))]) && around([deep(deep(x))]));
  }
});

test('batches: planes that do not see each other', async () => {
  const s = wf.stencil((u: wf.Neighbors3) => 0.5 * u(0, -1, 0) + 0.25 * u(0, 2, 1), { border: 'reflect' });
  for (const shape of [[5, 16, 6], [3, 40, 1], [20, 3, 9]]) {
    const x = ramp(...shape);
    await check([s(s(s(x)))]);
    await check([s(s(x)), s(x)]);
    await check([s(x).sub(s(x).max(2, keep))]);
  }
});

test('terms over all units are complete, and counted once', async () => {
  for (const [h, w] of [[90, 8], [300, 3], [17, 40]]) {
    const x = ramp(h, w);
    await check([cross(cross(x)).max(), cross(cross(x)).min(0), cross(x)]);
    await check([cross(cross(x)).sum(), cross(cross(x)).sum(0)]);
    await check([blur(blur(x)).argMax(), blur(blur(x)).mean()], sums);
  }
});

test('time loops of every count, and what they leave', async () => {
  const x = ramp(40, 6);
  for (const n of [2, 3, 4, 5, 7, 8, 9, 13]) {
    await check([wf.iterate(x, n, (u) => blur(u))]);
    const waves = (u: wf.WeftArray) => wf.iterate([u, u.mul(2)], n, ([a, b]) => [wave(a, b), a]);
    const [p, q] = waves(x.add(1)), [r, t] = waves(x.mul(3));
    await check([p.add(q).add(r).add(t)]);
    await check(wf.iterate([x, blur(x), x.mul(2)], n, ([a, b, c]) => [blur(b), c, blur(blur(a))]));
  }
});

test('two programs at once, and the same one again with other scalars', async () => {
  const x = ramp(60, 7);
  const [a, b] = [plansOf([cross(cross(x).mul(2))]), plansOf([cross(cross(x).mul(3))])];
  for (const { run } of machines) {
    const [first, second, again] = await Promise.all([run(a.swept, dataOf), run(b.swept, dataOf), run(a.swept, dataOf)]);
    expectClose(first[0], (await run(a.alone, dataOf))[0]);
    expectClose(second[0], (await run(b.alone, dataOf))[0]);
    expectClose(again[0], first[0]);
  }
});

test('after one that fails, the next one works', async () => {
  const x = ramp(60, 7);
  const { swept, alone } = plansOf([cross(cross(x))]);
  const [expected] = await machines[2].run(alone, dataOf);
  for (const { run, target } of machines) {
    const beyond = { bytes: 4 * 420, live: true, block: { address: 2 ** 32 - 65536, bytes: 4 * 420 } } as unknown as DeviceBuffer;
    const input = target.allocate(4 * 420);
    target.upload(input, dataOf(swept.inputs[0].expr));
    const buffers = swept.slots.map((_, k) => (k === swept.inputs[0].slot ? input : beyond));
    for (let k = 0; k < 3; k++) {
      const failed = await target.run({ slots: swept.slots, buffers, runs: swept.runs }).then(() => undefined, (e: unknown) => e);
      assert.ok(failed instanceof Error, 'it should have failed');
      expectClose((await run(swept, dataOf))[0], expected);
    }
    target.release(input);
  }
});

test.after(async () => {
  await Promise.all(machines.map((m) => m.close()));
});
test.run();
