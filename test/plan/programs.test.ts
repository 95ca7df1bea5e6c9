/**
 * What the planner makes of whole programs, on a target that runs sweeps: the samples, and programs as users write them. One run
 * is one pass over what it reads.
 */
import { test } from 'uvu';
import { SAMPLES } from '../../samples/pipelines/index.ts';
import * as wf from '../../src/index.ts';
import { expectationOf, type PlanExpectation } from '../../src/expectation.ts';
import { checkValues, expectPlan, sweeping } from '../support/plan.ts';

/** Values from 0.1 to 1.1 times `scale`, row-major. */
const scaled = (scale: number, ...shape: number[]) => {
  const length = shape.reduce((n, s) => n * s, 1);
  return wf.array(Float32Array.from({ length }, (_, k) => scale * (((k * 37) % 101) / 100 + 0.1)), { shape });
};
const ramp = (...shape: number[]) => scaled(10, ...shape);
const keep = { keepDims: true } as const;
const of = (x: wf.WeftArray | readonly wf.WeftArray[]) => expectPlan(x, sweeping);

// --- samples ---

const small: Readonly<Record<string, number>> =
  { width: 12, height: 20, radius: 2, steps: 8, side: 20, rows: 30, columns: 9, count: 40, bandwidth: 3 };
const photo = { width: 12, height: 20, rgb: Uint8Array.from({ length: 12 * 20 * 3 }, (_, k) => (k * 37) % 251) };

interface Planned {
  readonly plan: PlanExpectation;
  readonly inputs: Readonly<Record<string, wf.WeftArray>>;
}

/** A sample of a small size: its plan, whose values are right, and its inputs. */
async function sample(name: string): Promise<Planned> {
  const found = SAMPLES.find((s) => s.name === name)!;
  const overrides = Object.fromEntries(Object.keys(found.defaults('small')).filter((k) => k in small).map((k) => [k, small[k]]));
  const prepared = await found.prepare('small', overrides, { photo: () => Promise.resolve(photo) });
  const arrays = Object.entries(prepared.inputs).map(([k, { data, shape }]) => [k, wf.array(data, { shape })] as const);
  const inputs = Object.fromEntries(arrays);
  return { plan: expectationOf(checkValues(prepared.weft(inputs), { rtol: 1e-4, atol: 1e-4 }, sweeping)), inputs };
}

test('response: a kernel function among ordinary operations is one loop', async () => {
  const { plan, inputs: { light } } = await sample('response');
  plan.kernels(1).runs(1).passesOver(light, 1);
});

test('blur: linear light, rows, columns and bytes again, in one pass over the picture', async () => {
  const { plan, inputs: { rgb } } = await sample('blur');
  plan.runs(1).stages(3).privates(2).scratch(0).passesOver(rgb, 1);
});

test('gamma-blur: the powers are computed once, not at every neighbour', async () => {
  const { plan, inputs: { gray } } = await sample('gamma-blur');
  plan.runs(1).stages(2).privates(1).scratch(0).passesOver(gray, 1);
});

test('sobel: luminance and gradients in one pass', async () => {
  const { plan, inputs: { rgb } } = await sample('sobel');
  plan.runs(1).scratch(0).passesOver(rgb, 1);
});

test('unsharp: the picture, its blur and their difference in one pass', async () => {
  const { plan, inputs: { rgb } } = await sample('unsharp');
  plan.runs(1).stages(2).privates(1).scratch(0).passesOver(rgb, 1);
});

test('harris: one pass up to the strongest response, which all corners need, and one for the corners', async () => {
  const { plan, inputs: { rgb } } = await sample('harris');
  plan.runs(2).stages(6).privates(7).passesOver(rgb, 1);
});

test('mean3, mandelbrot, black-scholes, band: one loop each', async () => {
  for (const name of ['mean3', 'mandelbrot', 'black-scholes', 'band']) {
    const { plan, inputs } = await sample(name);
    plan.kernels(1).runs(1).scratch(0);
    for (const x of Object.values(inputs)) plan.passesOver(x, 1);
  }
});

test('normalize: a loop over rows, or a reduction and a map with rows in cache: one pass', async () => {
  const kernel = await sample('normalize');
  kernel.plan.kernels(1).runs(1).passesOver(kernel.inputs.x, 1);
  const rows = await sample('normalize-rows');
  rows.plan.runs(1).stages(2).privates(1).scratch(0).passesOver(rows.inputs.x, 1);
});

test('heat: four steps in one pass', async () => {
  const { plan, inputs: { start } } = await sample('heat');
  plan.kernels(1).launches(8).runs(2).stages(4, 4).privates(6).scratch(1).passesOver(start, 1);
});

test('wave: the state before is the old one, and is not copied; four steps in one pass', async () => {
  const { plan } = await sample('wave');
  plan.kernels(1).launches(8).runs(2).stages(4, 4);
});

test('gray-scott, life: on a torus, both states of some steps are one pass', async () => {
  for (const name of ['gray-scott', 'life']) {
    const { plan, inputs } = await sample(name);
    plan.kernels(1).launches(8).runs(3).stages(3, 3, 2).passesOver(Object.values(inputs)[0], 1);
  }
});

test('logistic regression: one pass over the matrix per step', async () => {
  const { plan, inputs: { features, labels } } = await sample('logistic-regression');
  plan.passesOver(features, 8).passesOver(labels, 8).stages(...new Array<number>(8).fill(2));
});

// --- programs of users ---

test('several statistics of one array are one pass', () => {
  const x = ramp(20, 12);
  of([x.min(), x.max(), x.mean()]).kernels(1).runs(1).passesOver(x, 1);
  of([x.min(1), x.max(1), x.mean(1)]).kernels(1).runs(1).passesOver(x, 1);
  of(x.sub(1).square().sum().sqrt().add(x.abs().max())).kernels(1).passesOver(x, 1);
});

test('softmax, layer norm, z-scores and unit rows read rows once', () => {
  const x = ramp(20, 12), scale = ramp(12), shift = ramp(12);
  const e = x.sub(x.max(1, keep)).exp();
  of(e.div(e.sum(1, keep))).runs(1).stages(3).scratch(0).passesOver(x, 1);
  const centred = x.sub(x.mean(1, keep));
  of(centred.div(x.var(1, keep).add(1e-5).sqrt()).mul(scale).add(shift)).runs(1).scratch(0).passesOver(x, 1).passesOver(scale, 1);
  of(centred.div(x.std(1, keep))).runs(1).scratch(0).passesOver(x, 1);
  of(x.div(x.square().sum(1, keep).sqrt())).runs(1).stages(2).privates(1).passesOver(x, 1);
  // The logarithm of a softmax, and what it costs to be wrong.
  const log = x.sub(x.max(1, keep)).sub(x.sub(x.max(1, keep)).exp().sum(1, keep).log());
  of(log.mul(ramp(20, 12)).sum().neg()).runs(1).passesOver(x, 1);
});

test('softmax, z-scores and spans of columns read the array once', () => {
  const x = ramp(20, 12);
  const e = x.sub(x.max(0)).exp();
  of(e.div(e.sum(0))).runs(1).stages(3).scratch(0).passesOver(x, 1);
  of(x.sub(x.mean(0)).div(x.std(0))).runs(1).scratch(0).passesOver(x, 1);
  of(x.sub(x.min(0)).div(x.max(0).sub(x.min(0)))).runs(1).stages(2).scratch(0).passesOver(x, 1);
});

test('a signal: 32 filters, and heat in a rod, are few passes', () => {
  const x = ramp(90);
  let y: wf.WeftArray = x;
  for (let k = 0; k < 32; k++) y = wf.correlate([0.25, 0.5, 0.25], { border: 'reflect' })(y);
  of(y).runs(1).stages(32).scratch(0).passesOver(x, 1);
  const rod = wf.stencil((u: wf.Neighbors1) => u(0) + 0.2 * (u(-1) - 2 * u(0) + u(1)), { border: 'nearest' });
  of(wf.iterate(x, 12, (u) => rod(u))).runs(3).stages(4, 4, 4).passesOver(x, 1);
});

test('attention scores: a product of matrices is a kernel of its own, its softmax is one pass', () => {
  const q = scaled(1, 10, 6), k = scaled(1, 10, 6);
  const scores = wf.matmul(q, k.transpose());
  const e = scores.sub(scores.max(1, keep)).exp();
  of(e.div(e.sum(1, keep))).sweeps(1);
});

test('separable blur, and a chain of 32 stencils, are one pass without buffers', () => {
  const x = ramp(40, 8);
  const blur = (a: wf.WeftArray, weights: number[]) =>
    wf.correlate(weights, { axis: 0, border: 'reflect' })(wf.correlate(weights, { axis: 1, border: 'reflect' })(a));
  of(blur(x, [1, 4, 6, 4, 1])).runs(1).stages(2).privates(1).scratch(0).passesOver(x, 1);
  const smooth = wf.stencil((u: wf.Neighbors2) => 0.5 * u(0, 0) + 0.25 * (u(-1, 0) + u(0, 1)), { border: 'mirror' });
  let y: wf.WeftArray = x;
  for (let k = 0; k < 32; k++) y = smooth(y);
  of(y).runs(1).stages(32).privates(31).scratch(0).passesOver(x, 1);
});

const gaussian = (x: wf.WeftArray) =>
  wf.correlate([0.25, 0.5, 0.25], { axis: 0, border: 'nearest' })(wf.correlate([0.25, 0.5, 0.25], { axis: 1, border: 'nearest' })(x));
const across = wf.stencil(
  (u: wf.Neighbors2) => u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1), { border: 'nearest' });
const along = wf.stencil(
  (u: wf.Neighbors2) => u(1, -1) + 2 * u(1, 0) + u(1, 1) - u(-1, -1) - 2 * u(-1, 0) - u(-1, 1), { border: 'nearest' });
/** Keeps what is the strongest along its gradient. */
const thin = wf.stencil((m: wf.Neighbors2, dx: wf.Neighbors2, dy: wf.Neighbors2) => {
  const ax = Math.abs(dx(0, 0)), ay = Math.abs(dy(0, 0));
  let before, behind;
  if (ax > 2 * ay) {
    before = m(0, -1);
    behind = m(0, 1);
  } else if (ay > 2 * ax) {
    before = m(-1, 0);
    behind = m(1, 0);
  } else if (dx(0, 0) * dy(0, 0) > 0) {
    before = m(-1, -1);
    behind = m(1, 1);
  } else {
    before = m(-1, 1);
    behind = m(1, -1);
  }
  return m(0, 0) >= before && m(0, 0) >= behind ? m(0, 0) : 0;
}, { border: 'constant' });
const largestNear = wf.stencil((s: wf.Neighbors2) => Math.max(
  s(-1, -1), s(-1, 0), s(-1, 1), s(0, -1), s(0, 0), s(0, 1), s(1, -1), s(1, 0), s(1, 1)), { border: 'constant' });

test('canny: blur, gradients, thinning and thresholds in one pass', () => {
  const image = ramp(24, 16);
  const smooth = gaussian(image);
  const dx = across(smooth), dy = along(smooth);
  const edges = thin(dx.square().add(dy.square()).sqrt(), dx, dy);
  const strong = edges.gt(6), weak = edges.gt(2);
  const near = largestNear(strong.asType('uint8')).gt(0);
  of(weak.logicalAnd(near)).runs(1).stages(5).scratch(0).passesOver(image, 1);
});

test('an edge filter with all that is between asked for: one pass all the same', () => {
  const image = ramp(24, 16);
  const smooth = gaussian(image);
  const dx = across(smooth), dy = along(smooth);
  of([smooth, dx, dy, dx.square().add(dy.square()).sqrt()]).runs(1).scratch(0).passesOver(image, 1);
});

test('gray-scott with walls, and on a torus: four steps of both states in one pass', () => {
  const u = scaled(0.5, 32, 6), v = scaled(0.2, 32, 6);
  const cross = (border: wf.BorderMode) =>
    wf.stencil((a: wf.Neighbors2) => a(-1, 0) + a(1, 0) + a(0, -1) + a(0, 1) - 4 * a(0, 0), { border });
  for (const spread of [cross('reflect'), cross('wrap')]) {
    const states = wf.iterate([u, v], 8, ([a, b]) => {
      const eaten = a.mul(b).mul(b);
      return [a.add(spread(a).mul(0.1)).sub(eaten), b.add(spread(b).mul(0.05)).add(eaten)];
    });
    of(states).launches(8).runs(2).stages(4, 4).passesOver(u, 1).passesOver(v, 1);
  }
});

test('gradient descent: products of tall matrices, one pass over them per step', () => {
  const x = scaled(1, 40, 9), y = ramp(40);
  const fit = wf.iterate(wf.zeros([9]), 5, (w) => {
    const error = x.mul(w).sum(1).sub(y);
    return w.sub(x.mul(error.expandDims(1)).sum(0).mul(0.001));
  });
  of(fit).passesOver(x, 5).passesOver(y, 5);
});

test('k-means: which centre is nearest is known before points are read again', () => {
  const points = ramp(40, 3), centres = ramp(4, 3).mul(2);
  const distance = points.expandDims(1).sub(centres.expandDims(0)).square().sum(2);
  of(distance.argMin(1)).runs(1).passesOver(points, 1);
  // What belongs to each centre, added up and counted, in the same pass.
  const mine = distance.argMin(1).expandDims(1).eq(wf.arange(4, { dtype: 'int32' })).asType('float32');
  of([mine.expandDims(2).mul(points.expandDims(1)).sum(0), mine.sum(0)]).runs(1).scratch(0).passesOver(points, 1);
});

test('traps: everything of one before anything of the other', () => {
  const a = ramp(20, 6);
  of(a.div(a.max())).runs(2).passesOver(a, 2);
  of(a.sub(a.mean()).div(a.std())).runs(3).passesOver(a, 3);
  of(a.sub(a.mean(0, keep)).add(a.mean(1, keep)));
  const next = wf.stencil((c: wf.Neighbors1) => c(-1) + c(0), { border: 'nearest' });
  const c = ramp(40).exp();
  of([next(c), c.mul(2)]);
  of(next(c).add(c).sub(c.sum()));
});

test('traps: a loop writes over what it still reads', () => {
  const u = ramp(20, 6);
  const lift = wf.stencil((x: wf.Neighbors2) => x(-1, 0) + 0.5 * x(1, 0), { border: 'nearest' });
  for (const n of [1, 2, 3, 4, 5, 8]) {
    of(wf.iterate(u, n, (x) => lift(x).add(x)));
    of(wf.iterate([u, u], n, ([x, y]) => [lift(y), x]));
    of(wf.iterate([u, u.mul(2)], n, ([x, y]) => [y, lift(x).sub(y)]));
  }
});

test.run();
