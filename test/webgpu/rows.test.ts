/** Reductions of rows whose results go back to the elements: one dispatch, one read of the row. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { BoundPlan } from '../../src/fusion/index.ts';
import { available, closeTargets, expectValid } from './harness.ts';
import { check, planOf, shadersOf } from './planned.ts';

const gpuTest = available ? test : test.skip;

const runsOf = ({ runs }: BoundPlan): string[] =>
  runs.map((run) => ('stages' in run ? `${run.kind} of ${run.stages.length}` : run.kernel.schedule));
const buffersOf = ({ slots }: BoundPlan): number => slots.filter((s) => s.role !== 'private').length;
const keptOf = ({ runs }: BoundPlan): boolean[] => runs.map((run) => 'stages' in run && run.kind === 'rows' && run.room > 0);

const table = (...shape: number[]): wf.WeftArray =>
  wf.array(Float32Array.from({ length: shape.reduce((n, s) => n * s, 1) }, (_, k) => ((k * 7919) % 251) / 64 - 2), { shape });

const keep = { keepDims: true };
const tolerance = { rtol: 1e-4, atol: 1e-4 };
function softmax(x: wf.WeftArray, axis: number): wf.WeftArray {
  const e = x.sub(x.max(axis, keep)).exp();
  return e.div(e.sum(axis, keep));
}
const standard = (x: wf.WeftArray, axis: number): wf.WeftArray => x.sub(x.mean(axis, keep)).div(x.std(axis, keep).add(0.125));
const normal = (x: wf.WeftArray, axis: number): wf.WeftArray => x.div(x.square().sum(axis, keep).sqrt().add(1));
function layerNorm(x: wf.WeftArray, gain: wf.WeftArray, bias: wf.WeftArray): wf.WeftArray {
  return x.sub(x.mean(-1, keep)).div(x.var(-1, keep).add(1e-5).sqrt()).mul(gain).add(bias);
}
function entropy(x: wf.WeftArray): wf.WeftArray {
  const p = softmax(x, -1);
  return p.mul(p.add(1e-3).log()).sum(-1).neg();
}

const programs: readonly (readonly [string, stages: number, (x: wf.WeftArray) => wf.WeftArray])[] = [
  ['softmax', 3, (x) => softmax(x, -1)],
  ['softmax of columns', 3, (x) => softmax(x, 0)],
  ['z-score', 3, (x) => standard(x, -1)],
  ['z-score of columns', 3, (x) => standard(x, 0)],
  ['normalised rows', 2, (x) => normal(x, -1)],
  ['layer norm', 3, (x) => layerNorm(x, table(x.shape[1]), table(x.shape[1]).mul(0.5))],
  ['entropy', 3, entropy],
];

test('rows are reduced and mapped in one dispatch, with nothing in memory between', async () => {
  const x = table(4096, 768);
  for (const [name, stages, program] of programs) {
    const plan = planOf([program(x)]);
    assert.equal(runsOf(plan), [`rows of ${stages}`], name);
    assert.is(buffersOf(plan), name === 'layer norm' ? 4 : 2, name);
    await expectValid(shadersOf(plan.runs));
  }
});

test('a row that workgroup memory has no room for is read again', async () => {
  const [short, long] = [planOf([softmax(table(64, 2000), -1)]), planOf([softmax(table(64, 5000), -1)])];
  assert.equal([keptOf(short), keptOf(long)], [[true], [false]]);
  const reads = (plan: BoundPlan): number => shadersOf(plan.runs)[0].match(/= in0\[/g)!.length;
  assert.equal([reads(short), reads(long)], [1, 3]);
  await expectValid(shadersOf([...short.runs, ...long.runs]));
});

test('one long row stays with reductions that use the whole device', () => {
  assert.equal(runsOf(planOf([table(1 << 18).div(table(1 << 18).max())])), ['reduce', 'map']);
});

test('what is read beside the element is no row', () => {
  const x = table(256, 256);
  const shifted = wf.stencil((u: wf.Neighbors2, m: wf.Neighbors2) => u(0, 1) - m(0, 0), { border: 'nearest' });
  const e = x.sub(x.max(-1, keep)).exp();
  // The maximum is that of the row, the neighbour one of memory.
  assert.equal(runsOf(planOf([shifted(x, x.max(-1, keep).broadcastTo([256, 256]))])), ['rows of 2']);
  // A result of another row.
  assert.equal(runsOf(planOf([e.div(e.sum(-1, keep).flip(0))])).at(-1), 'map');
});

test('the same code for all numbers of rows', () => {
  const shader = (n: number): string => shadersOf(planOf([softmax(table(n, 300), -1)]).runs)[0];
  assert.is(shader(100), shader(1000));
});

// Fewer elements than invocations, rows that do not fill a workgroup, several elements for each invocation.
for (const [h, w] of [[3, 5], [70, 33], [5, 700], [1, 1]]) {
  gpuTest(`rows and columns of ${h} x ${w}`, async () => {
    for (const [, , program] of programs) await check([program(table(h, w))], { validate: false, tolerance });
  });
}

gpuTest('rows that are read again', async () => {
  await check([softmax(table(20, 5000), -1)], { validate: false });
  await check([standard(table(300, 40), 0)], { validate: false, tolerance });
});

gpuTest('a middle axis, positions, several results, elements that are kept in memory too', async () => {
  const x = table(7, 6, 50);
  await check([softmax(x, 1)]);
  const flat = table(40, 50);
  await check([flat.mul(flat.argMax(-1, keep)), flat.min(-1)]);
  const p = softmax(flat, -1);
  await check([p, p.mul(flat).sum(-1)], { tolerance });
  const whole = flat.asType('int32');
  await check([whole.sub(whole.max(-1, keep)).mul(whole.sum(-1, keep))], { tolerance: {} });
});

gpuTest('rows are written in place of what nobody reads later', async () => {
  const plan = await check([softmax(table(300, 50).cumSum(-1), -1)], { tolerance });
  const last = plan.runs[plan.runs.length - 1];
  if (!('stages' in last)) throw new Error(runsOf(plan).join());
  const [first, , end] = last.stages.map((s) => s.launch);
  assert.is(end.outputs[0], first.inputs[0].slot);
});

/** Other programs at every run only when asked for, so that a failure is a change's own. */
const asked = Number(process.env.WEFT_FUZZ_RUNS ?? 0);

const reductions: readonly ((x: wf.WeftArray, axis: number) => wf.WeftArray)[] = [
  (x, axis) => x.max(axis, keep), (x, axis) => x.min(axis, keep), (x, axis) => x.sum(axis, keep).mul(0.125),
  (x, axis) => x.mean(axis, keep), (x, axis) => x.square().sum(axis, keep).sqrt(),
  (x, axis) => x.argMin(axis, keep).asType('float32').mul(0.25),
];
const maps: readonly ((x: wf.WeftArray, s: wf.WeftArray) => wf.WeftArray)[] = [
  (x, s) => x.sub(s), (x, s) => x.mul(s).tanh(), (x, s) => wf.where(x.lt(s), x, s),
  (x, s) => x.div(s.abs().add(1)),
  (x, s) => s.sub(x).sin(),
];
const rowPrograms = fc.record({
  shape: fc.constantFrom([6, 40], [40, 6], [33, 17], [3, 4, 9], [2, 70], [130, 3]),
  code: fc.array(
    fc.record({ reduction: fc.nat(5), map: fc.nat(4), axis: fc.nat(9), other: fc.boolean() }), { minLength: 1, maxLength: 4 }),
});

gpuTest('random programs of rows', async () => {
  let met = 0;
  await fc.assert(fc.asyncProperty(rowPrograms, async ({ shape, code }) => {
    const source = table(...shape);
    let x = source;
    const axis = code[0].axis % shape.length;
    const sums: wf.WeftArray[] = [];
    for (const step of code) {
      const s = reductions[step.reduction](step.other ? source : x, step.axis === 9 ? 0 : axis);
      sums.push(s);
      x = maps[step.map](x, s);
    }
    const plan = await check([x, sums[sums.length - 1]], { tolerance: { rtol: 1e-3, atol: 1e-3 } });
    met += plan.runs.filter((r) => 'stages' in r && r.kind === 'rows').length;
  }), { includeErrorInReport: true, ...(asked > 0 ? { numRuns: asked } : { numRuns: 12, seed: 11 }) });
  assert.ok(met >= 6, `${met} runs of rows`);
});

test.after(closeTargets);
test.run();
