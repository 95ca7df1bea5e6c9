import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { explain, report } from '../../src/fusion/index.ts';
import { planOf } from '../support/plan.ts';

const matrix = () => wf.array(new Float32Array(200), { shape: [10, 20] });

test('explain prints kernels, bytes and decisions', () => {
  const a = matrix();
  const text = explain(planOf([a.sub(a.mean(1, { keepDims: true })).mul(2.2)]));
  assert.is(text, [
    '2 kernels, 2 launches; moves 2.48 kB, unfused 4.16 kB; scratch 40 B',
    '  1. t1 = sum(array)/20',
    '     reduce over [10, 20], 1 input, 1 output, 840 B (unfused 920 B)',
    '  2. result = (array - t1)*2.2',
    '     map over [10, 20], 2 inputs, 1 output, 1.64 kB (unfused 3.24 kB)',
    'decisions',
    '  sum -> div  fused         epilogue of the reduction (saves 80 B)',
    '  div -> sub  materialised  computed once per result of the reduction, in its epilogue',
    '  sub -> mul  fused         needed at one point of one loop (saves 1.60 kB)',
  ].join('\n'));
});

test('names follow the run, not the run that made the plan', () => {
  const name = (s: number) => explain(planOf([matrix().mul(s)])).split('\n')[1];
  assert.is(name(3), '  1. result = array*3');
  assert.is(name(4), '  1. result = array*4');
});

test('a report counts what is moved', () => {
  const a = matrix();
  const fused = report(planOf([a.add(1).exp().mul(a)]));
  assert.is(fused.bytes, 3 * 800 - 800);
  assert.is(fused.bytesUnfused, (2 + 2 + 3) * 800);
  assert.is(fused.kernels.length, 1);
  const s = wf.stencil((u: wf.Neighbors2) => u(0, 1) - u(0, -1));
  const loop = report(planOf([wf.iterate(a, 7, (u) => s(u))]));
  assert.equal([loop.launches, loop.kernels.length, loop.bytes], [7, 1, 7 * 1600]);
});

test('recomputation says what it costs', () => {
  const s = wf.stencil((u: wf.Neighbors1) => u(-1) + u(1));
  const bound = planOf([s(wf.array(new Float32Array(100)).mul(3))]);
  assert.equal(bound.decisions.map((d) => [d.verdict, d.bytesSaved, d.extraFlops]), [['recomputed', 800, 100]]);
});

test('kernel names have no values, fit in a line, and name longer functions', () => {
  const blur = wf.stencil(function bell(u: wf.Neighbors1) { return Math.exp(u(-1)) + Math.exp(u(1)) + u(0) * 3; });
  const x = wf.array(new Float32Array(100));
  assert.is(planOf([blur(x).mul(5).add(x)]).launches[0].kernel.name, 'bell(a)*k + a');
  let deep = x as wf.WeftArray;
  for (let k = 0; k < 40; k++) deep = deep.sin().add(x).mul(k);
  assert.ok(planOf([deep]).launches.every((l) => l.kernel.name.length < 120));
});

test.run();
