/** Stencil pipelines and time loops by tiles: what runs together, valid shaders, and the interpreter's values. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { explain, type BoundPlan } from '../../src/fusion/index.ts';
import { buildStencils, stencilPrograms } from '../support/stencil-programs.ts';
import { available, closeTargets, expectValid } from './harness.ts';
import { check, planOf, shadersOf } from './planned.ts';

const gpuTest = available ? test : test.skip;

/** The runs of a plan, as what they are and how many launches they stand for. */
const runsOf = ({ runs }: BoundPlan): string[] =>
  runs.map((run) => ('stages' in run ? `${run.kind} of ${run.stages.length}` : run.kernel.schedule));
const buffersOf = ({ slots }: BoundPlan): number => slots.filter((s) => s.role !== 'private').length;

const picture = (h: number, w: number): wf.WeftArray =>
  wf.array(Float32Array.from({ length: h * w }, (_, k) => ((k * 7919) % 256) / 256), { shape: [h, w] });

const blurRows = wf.stencil((u: wf.Neighbors2) => (u(-2, 0) + 4 * u(-1, 0) + 6 * u(0, 0) + 4 * u(1, 0) + u(2, 0)) / 16, { border: 'reflect' });
const blurColumns = wf.stencil((u: wf.Neighbors2) => (u(0, -2) + 4 * u(0, -1) + 6 * u(0, 0) + 4 * u(0, 1) + u(0, 2)) / 16, { border: 'reflect' });
const blur = (x: wf.WeftArray): wf.WeftArray => blurColumns(blurRows(x));
const gradient = wf.stencil((u: wf.Neighbors2) => [u(0, 1) - u(0, -1), u(1, 0) - u(-1, 0)], { border: 'nearest' });
const box = wf.stencil((u: wf.Neighbors2) =>
  u(-1, -1) + u(-1, 0) + u(-1, 1) + u(0, -1) + u(0, 0) + u(0, 1) + u(1, -1) + u(1, 0) + u(1, 1), { border: 'nearest' });
const cross = wf.stencil((u: wf.Neighbors2) => 0.2 * (u(-1, 0) + u(0, -1) + u(0, 0) + u(0, 1) + u(1, 0)), { border: 'mirror' });
const heat = wf.stencil((u: wf.Neighbors2) => u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)), { border: 'nearest' });
const grayScott = wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2) => {
  const a = u(0, 0), b = v(0, 0), r = a * b * b;
  return [
    a + 0.16 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * a) - r + 0.06 * (1 - a),
    b + 0.08 * (v(-1, 0) + v(1, 0) + v(0, -1) + v(0, 1) - 4 * b) + r - 0.12 * b,
  ];
}, { border: 'wrap' });

function harris(x: wf.WeftArray): wf.WeftArray {
  const [gx, gy] = gradient(x);
  const [a, b, c] = [box(gx.square()), box(gx.mul(gy)), box(gy.square())];
  return a.mul(c).sub(b.square()).sub(a.add(c).square().mul(0.04));
}

/** Thinned edges: the magnitude of the gradient where it is the largest along the gradient. */
const thin = wf.stencil((m: wf.Neighbors2, gx: wf.Neighbors2, gy: wf.Neighbors2) => {
  const across = Math.abs(gx(0, 0)) > Math.abs(gy(0, 0));
  const before = across ? m(0, -1) : m(-1, 0), behind = across ? m(0, 1) : m(1, 0);
  return m(0, 0) >= before && m(0, 0) >= behind ? m(0, 0) : 0;
});
const grow = wf.stencil((e: wf.Neighbors2) => (e(0, 0) > 0.1 && Math.max(e(-1, 0), e(1, 0), e(0, -1), e(0, 1)) > 0.5 ? 1 : 0), { border: 'constant' });
function canny(x: wf.WeftArray): wf.WeftArray {
  const [gx, gy] = gradient(blur(x));
  return grow(thin(gx.square().add(gy.square()).sqrt(), gx, gy));
}

const chain = (x: wf.WeftArray, n: number): wf.WeftArray => (n === 0 ? x : chain(cross(x), n - 1));

test('pipelines of stencils are one dispatch, and nothing between them is in memory', async () => {
  const x = picture(300, 500);
  const cases: readonly (readonly [string, wf.WeftArray, stages: number])[] = [
    ['separable blur', blur(x), 2],
    ['unsharp', x.add(x.sub(blur(x)).mul(1.5)).clamp(0, 1), 2],
    ['harris', harris(x), 2],
    ['canny', canny(x), 5],
  ];
  for (const [name, result, stages] of cases) {
    const plan = planOf([result]);
    assert.equal(runsOf(plan), [`tile of ${stages}`], name);
    assert.is(buffersOf(plan), 2, name);
    await expectValid(shadersOf(plan.runs));
  }
});

test('a long chain is cut where the overlap of tiles would cost more than memory', async () => {
  const plan = planOf([chain(picture(600, 600), 32)]);
  assert.ok(plan.runs.length >= 2 && plan.runs.length <= 6, runsOf(plan).join());
  assert.ok(plan.runs.every((r) => 'stages' in r && r.stages.length >= 4), runsOf(plan).join());
  await expectValid(shadersOf(plan.runs));
});

test('a time loop goes four steps per tile', async () => {
  const plan = planOf([wf.iterate(picture(300, 500), 20, (u) => heat(u))]);
  assert.equal(runsOf(plan), Array.from({ length: 5 }, () => 'tile of 4'));
  assert.is(shadersOf(plan.runs).length, 1);
  await expectValid(shadersOf(plan.runs));
});

test('two states go through one pass, several steps per tile', async () => {
  const x = picture(128, 128);
  const plan = planOf([...wf.iterate([x, picture(128, 128).mul(0.5)], 8, ([u, v]) => grayScott(u, v))]);
  const steps = plan.runs.filter((r) => 'stages' in r);
  assert.equal(steps.map((r) => r.stages.length), [4, 4]);
  assert.ok(steps.every((r) => r.stages.every((s) => s.launch.outputs.length === 2)));
  await expectValid(shadersOf(plan.runs));
});

test('what is needed elsewhere stays in memory, and is read in the tile all the same', () => {
  const x = picture(100, 100);
  const rows = blurRows(x);
  const plan = planOf([blurColumns(rows), rows]);
  assert.equal(runsOf(plan), ['tile of 2']);
  assert.is(buffersOf(plan), 3);
});

test('tiles that do not pay are not made', () => {
  const x = picture(100, 100);
  // Memory costs next to nothing, and so does a launch.
  assert.equal(runsOf(planOf([chain(x, 3)], { memoryRoundTrip: 1, launch: 1 })), ['map', 'map', 'map']);
  // Neighbours too far away for workgroup memory.
  const far = wf.stencil((u: wf.Neighbors2) => u(-500, 0) + u(0, 500) + u(500, 0), { border: 'nearest' });
  assert.equal(runsOf(planOf([far(far(x))])), ['map', 'map']);
  assert.equal(runsOf(planOf([blur(x)], { tiles: undefined })), ['map', 'map']);
});

test('tiles have a point for every invocation', () => {
  const plan = planOf([wf.iterate(picture(300, 300), 4, (u) => blurColumns(u))]);
  assert.ok(plan.runs.every((r) => 'stages' in r && r.kind === 'tile' && r.shape[0] * r.shape[1] >= 256));
});

test('sizes do not change the code', () => {
  const shader = (h: number, w: number): string => shadersOf(planOf([blur(picture(h, w))]).runs)[0];
  assert.is(shader(40, 300), shader(512, 512));
});

test('a stage goes as far beyond its tile as later ones look', () => {
  const { runs } = planOf([harris(picture(64, 64))]);
  const [tile] = runs;
  if (!('stages' in tile) || tile.kind !== 'tile') throw new Error('no tile');
  assert.equal(tile.stages.map((s) => [s.lo, s.hi]), [[[-1, -1], [1, 1]], [[0, 0], [0, 0]]]);
});

test('explain says what is staged, in which tiles', () => {
  const text = explain(planOf([blur(picture(64, 128))]));
  assert.match(text, /stencil -> stencil +staged +.*in workgroup memory until its readers, tile by tile, have had it \(saves 65.5 kB\)/);
  assert.match(text, /^ {5}\d+ tiles, halo 2 before and 2 behind, 1 buffer in workgroup memory only, 65.5 kB$/m);
});

// Smaller than a tile, as large as several, smaller than the neighbourhood.
const sizes = [[70, 45], [3, 2], [1, 9]] as const;
for (const [h, w] of sizes) {
  gpuTest(`pipelines of ${h} x ${w}`, async () => {
    const x = picture(h, w);
    await check([blur(x)]);
    await check([harris(x)], { tolerance: { rtol: 1e-4, atol: 1e-4 } });
  });
}

gpuTest('another number in the same program', async () => {
  const x = picture(20, 20);
  for (const n of [2, 3]) await check([wf.iterate(blur(x).mul(n), 4, (u) => heat(u).sub(n))], { validate: false });
});

gpuTest('canny', async () => {
  await check([canny(picture(70, 45))]);
});

gpuTest('time loops of any number of steps', async () => {
  const x = picture(37, 41);
  for (const steps of [1, 2, 3, 4, 5, 7, 8, 9]) await check([wf.iterate(x, steps, (u) => heat(u))], { validate: false });
  const both = wf.iterate([x, x.mul(0.5)], 2, ([u, v]) => grayScott(u, v));
  await check([...both], { validate: false, tolerance: { rtol: 1e-4, atol: 1e-4 } });
});

/** Other programs at every run only when asked for, so that a failure is a change's own. */
const asked = Number(process.env.WEFT_FUZZ_RUNS ?? 0);

gpuTest('random pipelines with all borders', async () => {
  await fc.assert(fc.asyncProperty(stencilPrograms(40), async (program) => {
    await check(buildStencils(program), { tolerance: { rtol: 1e-4, atol: 1e-4 }, options: { launch: 10_000 } });
  }), { includeErrorInReport: true, ...(asked > 0 ? { numRuns: asked } : { numRuns: 10, seed: 7 }) });
});

test.after(closeTargets);
test.run();
