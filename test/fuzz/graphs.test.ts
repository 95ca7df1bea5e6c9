/**
 * Random programs: every target computes what the reference computes, and fusing changes nothing.
 *
 *   WEFT_FUZZ_RUNS=1000 npm test -- fuzz     more programs (default 150, and a third of that on WebGPU)
 *   WEFT_FUZZ_SEED=7 npm test -- fuzz        other programs; the seed of a failure is in its message
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { computeAll, type Computed } from '../support/compute.ts';
import { wideProblem } from '../../src/targets/cpu/wide.ts';
import { sameBits } from '../support/machine.ts';
import { expectClose, fastTargets } from '../support/targets.ts';
import { buildAll, orderDependent, programs, type Program } from './program.ts';

const runs = Number(process.env.WEFT_FUZZ_RUNS) || 150;
const seed = Number(process.env.WEFT_FUZZ_SEED) || 20261123;
console.log(`\nfuzz: ${runs} programs, seed ${seed}`);
wf.configure({ validate: true });

const rootsOf = (program: Program) => () => {
  const values = buildAll(program);
  return program.roots.map((r) => values[r]);
};

/** The program as the reference sees it, checked against what was predicted of its values. */
async function expectedOf(program: Program): Promise<Computed[]> {
  const results = await computeAll('interpreter', rootsOf(program));
  results.forEach(({ values, shape, dtype }, k) => {
    const info = program.values[program.roots[k]];
    assert.equal([...shape], [...info.shape], `shape of v${program.roots[k]}`);
    assert.is(dtype, info.dtype, `dtype of v${program.roots[k]}`);
    const worst = [...values].reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    assert.ok(worst <= info.bound * 1.001 + info.error, `v${program.roots[k]} reaches ${worst}, predicted ${info.bound}`);
  });
  return results;
}

function compare(program: Program, actual: readonly Computed[], expected: readonly Computed[]): void {
  actual.forEach(({ values, shape, dtype }, k) => {
    const label = `v${program.roots[k]}`;
    assert.equal([...shape], [...expected[k].shape], `${label}: shape`);
    assert.is(dtype, expected[k].dtype, `${label}: dtype`);
    expectClose(values, expected[k].values, { atol: program.values[program.roots[k]].error, label });
  });
}

const settings = (count: number): fc.Parameters<[Program]> => ({ numRuns: count, seed, includeErrorInReport: true });

const agreement = suite('random programs agree with the reference');
for (const target of fastTargets) {
  const count = target === 'webgpu' ? Math.ceil(runs / 3) : runs;
  agreement(`${target}: ${count} programs`, () => fc.assert(fc.asyncProperty(programs(24), async (program) => {
    fc.pre(target !== 'webgpu' || program.values.every((v) => v.dtype !== 'float64'));
    compare(program, await computeAll(target, rootsOf(program)), await expectedOf(program));
  }), settings(count)));
}
agreement.run();

const wide = suite('vectors of 256 bits give the bits of those of 128');
const why = wideProblem();
if (why) console.log(`skip: vectors of 256 bits: wide ${why}`);
else wide(`cpu: ${runs} programs`, () => fc.assert(fc.asyncProperty(programs(24), async (program) => {
  const expected = await computeAll('cpu', rootsOf(program));
  wf.configure({ wide: true });
  try {
    const actual = await computeAll('cpu', rootsOf(program));
    actual.forEach(({ values }, k) => assert.ok(sameBits(values, expected[k].values), `v${program.roots[k]}`));
  } finally {
    wf.configure({ wide: false });
  }
}), { ...settings(runs), seed: seed + 2 }));
wide.run();

const fusion = suite('fused and step by step give the same bits');
fusion(`cpu: ${runs} programs`, () => fc.assert(fc.asyncProperty(programs(24), async (program) => {
  const fused = await computeAll('cpu', rootsOf(program));
  const alone: wf.WeftArray[] = [];
  for (const step of program.steps) {
    for (const array of step.make(alone)) alone.push(await array.eval({ target: 'cpu' }));
  }
  const loose = orderDependent(program);
  for (const [k, root] of program.roots.entries()) {
    const expected = await alone[root].data({ target: 'cpu' });
    // Zeros of either sign are equal; everything else is the same number.
    expectClose(fused[k].values, expected, { atol: loose.has(root) ? program.values[root].error : 0, label: `v${root}` });
  }
  alone.forEach((a) => a.dispose());
}), { ...settings(runs), seed: seed + 1 }));
fusion.run();
