/** weftjs/testing: expectations of plans, and how they fail. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../src/index.ts';
import { expectPlan, PlanAssertionError } from '../src/testing.ts';

wf.configure({ target: 'cpu' });
const matrix = () => wf.array(new Float32Array(800), { shape: [40, 20] });

test('expectations chain', () => {
  const x = matrix();
  expectPlan(x.sub(x.mean(1, { keepDims: true })).mul(2))
    .kernels(2).launches(2).shape([1, 1], [2, 1]).ranks(2, 2)
    .verdict('sub', 'mul', 'fused').verdict('div', 'sub', 'staged');
  expectPlan(x.div(x.sum()))
    .kernels(2).runs(2).sweeps(0).passesOver(x, 2).scratch(1).peakBytes(3200 + 3200 + 4).bytesMoved(3 * 3200 + 2 * 4);
  expectPlan([x.min(), x.max()]).kernels(1).passesOver(x, 1).scratch(0);
  expectPlan(x).kernels(0).launches(0);
});

test('launches that run side by side are one pass', () => {
  const x = matrix();
  const s = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0), { border: 'nearest' });
  const y = () => s(s(x).sqrt()).exp();
  expectPlan(y()).kernels(2).launches(2).runs(1).sweeps(1).stages(2).privates(1).passesOver(x, 1).scratch(0);
  fails(() => expectPlan(y(), { fusion: { max: 0 } }).runs(1), /expected runs 1, got 4/);
});

test('a loop is one kernel and many launches', () => {
  expectPlan(wf.iterate(matrix(), 10, (u) => u.mul(2).add(1))).kernels(1).launches(10);
});

test('passes over an array that was evaluated meanwhile, and over one that the plan does not read', async () => {
  const x = matrix().add(1);
  const y = x.sub(x.sum());
  await x.eval();
  expectPlan(y).passesOver(x, 2).passesOver(matrix(), 0);
});

const fails = (expectation: () => unknown, message: RegExp): void => {
  try {
    expectation();
  } catch (error) {
    assert.instance(error, PlanAssertionError);
    assert.is((error as Error).name, 'AssertionError');
    assert.match((error as Error).message, message);
    return;
  }
  throw new Error(`no error that matches ${message}`);
};

test('what does not hold is an assertion error that shows the plan', () => {
  const x = matrix();
  const plan = expectPlan(x.sub(x.mean()).exp());
  fails(() => plan.kernels(1), /^plan: expected kernels 1, got 2\n2 kernels, 2 launches; moves [^]*sub -> exp +fused/);
  fails(() => plan.launches(3), /expected launches 3, got 2/);
  fails(() => plan.passesOver(x, 1), /expected passes 1, got 2/);
  fails(() => plan.shape([1, 1]), /expected inputs and outputs \[\[1,1\]\], got \[\[1,1\],\[2,1\]\]/);
  fails(() => plan.ranks(2, 2), /expected ranks \[2,2\], got \[1,1\]/);
  fails(() => plan.scratch(0), /expected scratch buffers 0, got 1/);
  fails(() => plan.peakBytes(6403), /expected at most 6403 bytes at once, got 6404/);
  fails(() => plan.bytesMoved(100), /expected at most 100 bytes moved, got \d+/);
  fails(() => plan.verdict('sub', 'exp', 'materialised'), /expected sub -> exp \["materialised"\], got \["fused"\]/);
  fails(() => plan.verdict('sub', 'log', 'fused'), /there is no edge sub -> log; edges are .*sub -> exp/);
  fails(() => plan.passesOver(x.add(1), 1), /passesOver: this array has no values, the plan computes it/);
});

test('the error carries what test runners show', () => {
  try {
    expectPlan(matrix().add(1)).kernels(2);
    assert.unreachable();
  } catch (error) {
    const { actual, expected, code } = error as PlanAssertionError;
    assert.equal([actual, expected, code], [1, 2, 'ERR_ASSERTION']);
  }
});

test('arrays that are evaluated already have nothing to plan', async () => {
  const y = await matrix().mul(2).eval();
  fails(() => expectPlan(y).kernels(1), /there is nothing to compute: expect something of arrays before they are evaluated/);
});

test('its report is the plan as data', () => {
  const { report } = expectPlan(matrix().add(1).sum());
  assert.equal(report.kernels.map((k) => k.expression), ['result = sum(array + 1)']);
});

test('what is not an array, and targets that do not plan', () => {
  assert.throws(() => expectPlan([]), /expectPlan: expected an array of weftjs/);
  assert.throws(() => expectPlan(3 as unknown as wf.WeftArray), /expectPlan: expected an array of weftjs/);
  assert.throws(() => expectPlan(matrix().add(1), { target: 'reference' }), /target 'reference' does not plan/);
});

test.run();
