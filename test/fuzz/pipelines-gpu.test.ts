/**
 * Random pipelines on WebGPU, whose stencils and steps of time loops are computed by tiles in workgroup memory: what the
 * interpreter gives. `WEFT_FUZZ_RUNS` and `WEFT_FUZZ_SEED` as for the others (default a quarter of theirs).
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as wf from '../../src/index.ts';
import { computeAll } from '../support/compute.ts';
import { expectClose, targets } from '../support/targets.ts';
import { pipelineMakers } from './pipeline-steps.ts';
import { buildAll, evenPrograms } from './program.ts';

const runs = Math.ceil((Number(process.env.WEFT_FUZZ_RUNS) || 120) / 4);
const seed = Number(process.env.WEFT_FUZZ_SEED) || 20261126;
console.log(`\nfuzz of pipelines on webgpu: ${runs}, seed ${seed}`);
wf.configure({ validate: true });

const pipelines = suite('random pipelines on webgpu');
const run = targets.includes('webgpu') ? pipelines : pipelines.skip;

run(`${runs} of them, against the interpreter`, () => fc.assert(
  fc.asyncProperty(evenPrograms(8, pipelineMakers), async (program) => {
    fc.pre(program.values.every((v) => v.dtype !== 'float64'));
    const roots = () => {
      const values = buildAll(program);
      return program.roots.map((r) => values[r]);
    };
    const actual = await computeAll('webgpu', roots), expected = await computeAll('interpreter', roots);
    actual.forEach(({ values }, k) => {
      const root = program.roots[k];
      expectClose(values, expected[k].values, { atol: program.values[root].error, label: `v${root}` });
    });
  }), { numRuns: runs, seed, includeErrorInReport: true }));

pipelines.run();
