/**
 * Random programs with gathers, loops and stores, at the level of plans: what the planner makes of them gives the reference's
 * values, fused and step by step.
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { validateGraph } from '../../src/dsl/validate.ts';
import { hostOf } from '../../src/residency.ts';
import { interpreterTarget } from '../../src/targets/reference.ts';
import { checkValues, nodesOf, valuesAlone } from '../support/plan.ts';
import { expectClose } from '../support/targets.ts';
import { buildAll, programs } from './program.ts';

const runs = Number(process.env.WEFT_FUZZ_RUNS) || 150;
const seed = Number(process.env.WEFT_FUZZ_SEED) || 20261124;
console.log(`\nfuzz of plans: ${runs} programs, seed ${seed}`);

const plans = suite('plans of random programs');
plans(`${runs} programs, fused and alone`, () => {
  const used = new Set<string>();
  const profiles = fc.record({ memoryRoundTrip: fc.constantFrom(0, 8, 1000), maxBuffers: fc.constantFrom(6, 32) });
  fc.assert(fc.property(programs(16), profiles, (program, profile) => {
    const arrays = buildAll(program);
    validateGraph(nodesOf(arrays));
    program.roots.forEach((r) => checkValues([arrays[r]], { rtol: 2e-6, atol: program.values[r].error }, profile));
    const atol = Math.max(...program.roots.map((r) => program.values[r].error));
    checkValues(program.roots.map((r) => arrays[r]), { rtol: 2e-6, atol }, profile);
    const expected = interpreterTarget.evaluate(nodesOf(arrays), hostOf);
    valuesAlone(arrays).forEach((values, k) =>
      expectClose(values, expected[k], { rtol: 2e-6, atol: program.values[k].error, label: `v${k} alone` }));
    for (const s of program.steps) for (const [name] of s.source.matchAll(/\w+(?=\()/g)) used.add(name);
  }), { numRuns: runs, seed, includeErrorInReport: true });
  for (const name of ['take', 'backwards', 'lastSums', 'collatz', 'scanRows', 'lookAround', 'atan']) assert.ok(used.has(name), `${name} was never used`);
});
plans.run();
