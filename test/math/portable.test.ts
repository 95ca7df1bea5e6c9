/**
 * `math: 'portable'`: the library on WebGPU beside the library on the CPU. Mesa's lavapipe gives the same bits everywhere; other
 * devices may divide less exactly and fuse multiplications with additions, so 2 ULP are allowed. Not compared: arguments
 * that are subnormal, infinite or NaN, which WGSL lets a device take for 0 or for anything; results that are subnormal.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { libraryFn } from '../../src/dsl/kernel/math/index.ts';
import { valuesOf } from '../../src/dsl/kernel/walk.ts';
import * as wf from '../../src/index.ts';
import { verbatim } from '../../src/targets/webgpu/verbatim.ts';
import { compute } from '../support/compute.ts';
import { fastTargets } from '../support/targets.ts';
import { spacing } from './accuracy.ts';
import { mathNames, type MathName } from './exact.ts';
import { samplesOf } from './samples.ts';

const allowed = 2;
const normal = (x: number): boolean => x === 0 || Math.abs(x) >= 2 ** -126 && Number.isFinite(x);

/** Arguments that are normal numbers, every fifth of those that accuracy.test.ts takes. */
function samples(name: MathName): Float32Array[] {
  const columns = samplesOf(name, 'float32', 20000);
  const rows = [...columns[0].keys()].filter((k) => (k < 4000 || k % 5 === 0) && columns.every((column) => normal(column[k])));
  return columns.map((column) => Float32Array.from(rows, (k) => column[k]));
}

const apply = (name: MathName, [a, b]: readonly Float32Array[]): wf.WeftArray =>
  (name === 'pow' || name === 'atan2' || name === 'hypot' ? wf.array(a)[name](wf.array(b)) : wf.array(a)[name]());

if (fastTargets.includes('webgpu')) {
  const test = suite("math: 'portable' on cpu and webgpu");
  test.before(() => { wf.configure({ math: 'portable' }); });
  test.after(async () => {
    wf.configure({ math: 'fast' });
    await wf.closeTargets();
  });

  for (const name of mathNames) {
    test(`${name} is the same`, async () => {
      const columns = samples(name);
      const { values: cpu } = await compute('cpu', () => apply(name, columns));
      const { values: gpu } = await compute('webgpu', () => apply(name, columns));
      let worst = 0, at = 0, compared = 0;
      for (let k = 0; k < cpu.length; k++) {
        const want = cpu[k], got = gpu[k];
        if (want !== 0 && !normal(want)) continue;
        compared++;
        const difference = want === got ? 0 : Math.abs(got - want) / spacing(want, 'float32');
        if (!(difference <= worst)) [worst, at] = [difference, k];
      }
      console.log(`  ${name.padEnd(6)} ${worst} ULP between cpu and webgpu, at ${columns.map((c) => c[at]).join(', ')}, of ${compared}`);
      assert.ok(compared > 4000, `only ${compared} results are numbers`);
      assert.ok(worst <= allowed, `${name}(${columns.map((c) => c[at]).join(', ')}) is ${cpu[at]} on cpu, ${gpu[at]} on webgpu`);
    });
  }
  test.run();
} else {
  console.log('skip: no WebGPU adapter');
  const test = suite("math: 'portable'");
  test.skip('cpu and webgpu give the same', () => {});
  test.run();
}

const text = suite('what a shader compiler must not simplify');

text('sums in sums, and products with a common factor', () => {
  for (const name of ['sin', 'log1p', 'lgamma'] as const) {
    const fn = libraryFn(name, 'float32');
    assert.ok(fn);
    const kept = verbatim(fn);
    for (const v of valuesOf(fn.results)) {
      if (v.kind !== 'op' || (v.op !== 'add' && v.op !== 'sub') || v.dtype !== 'float32') continue;
      for (const a of v.args) assert.is(kept.has(a), a.kind === 'op' && (a.op === 'add' || a.op === 'sub') || kept.has(a), name);
    }
    assert.ok(kept.size > 3, name);
  }
});

text('only what needs it: steps of polynomials are left alone', () => {
  const fn = libraryFn('exp2', 'float32');
  assert.ok(fn);
  assert.ok(verbatim(fn).size <= 1, `${verbatim(fn).size} values of exp2 are hidden`);
});
text.run();
