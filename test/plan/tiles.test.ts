/** Tiles of random pipelines: every point finds what it reads, stores are complete, and the values are the interpreter's. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planFor, validateBound } from '../../src/fusion/index.ts';
import { hostOf, isResident } from '../../src/residency.ts';
import { interpreterTarget } from '../../src/targets/reference.ts';
import { nodesOf, profile } from '../support/plan.ts';
import { runRuns } from '../support/run-tile.ts';
import { buildStencils, stencilPrograms } from '../support/stencil-programs.ts';
import { expectClose } from '../support/targets.ts';

const runs = Number(process.env.WEFT_FUZZ_RUNS) || 200;

/** How often the test met what it is for. */
const met = { tiles: 0, deepest: 0, wraps: 0, merged: 0, shifted: 0, kept: 0, loops: 0 };

/** Memory is dear, so that tiles pay; there is room for them, or hardly any. */
const options = [{ memory: 16384, depth: 4 }, { memory: 3000, depth: 2 }, { memory: 65536, depth: 4 }]
  .map((tiles) => ({ ...profile, memoryRoundTrip: 64, launch: 10_000, maxBuffers: 7, tiles }));

test(`${runs} random pipelines by tiles`, () => {
  fc.assert(fc.property(stencilPrograms(50), fc.nat(options.length - 1), (program, choice) => {
    const roots = nodesOf(buildStencils(program));
    const bound = planFor(roots, isResident, options[choice]);
    validateBound(bound);
    for (const run of bound.runs) {
      if (!('stages' in run) || run.kind !== 'tile') continue;
      met.tiles++;
      met.deepest = Math.max(met.deepest, run.stages.length);
      met.wraps += Number(run.wraps.includes(true));
      met.merged += Number(run.stages.some((s) => s.spans.length < run.sizes.length));
      met.shifted += Number(run.stages.some((s) => s.reads.some((r) => r?.shift.some((n) => n !== 0))));
      met.kept += Number(run.stages.slice(0, -1).some((s) => s.stored.includes(true)));
      met.loops += Number(program.steps > 1);
    }
    const expected = interpreterTarget.evaluate(roots, hostOf);
    runRuns(bound, (e) => hostOf(e)!).forEach((values, k) => expectClose(values, expected[k], { rtol: 1e-5, atol: 1e-5, label: `root ${k}` }));
  }), { numRuns: runs, includeErrorInReport: true });
});

test('they were of every kind', () => {
  for (const [what, times] of Object.entries(met)) assert.ok(times >= Math.min(1, runs / 50), `${what}: ${times}, ${JSON.stringify(met)}`);
});

test.run();
