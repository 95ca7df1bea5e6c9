/**
 * Random pipelines on the cpu: sweeps, in which launches run piece by piece beside each other, give the bits of every operation
 * run alone, for any number of threads and any size of pieces; and what the interpreter gives.
 *
 *   WEFT_FUZZ_RUNS=1000 npm test -- pipelines     more of them (default 120)
 *   WEFT_FUZZ_SEED=7 npm test -- pipelines        others; the seed of a failure is in its message
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TypedArray } from '../../src/dsl/dtype.ts';
import type { Expr } from '../../src/dsl/expr.ts';
import { validateGraph } from '../../src/dsl/validate.ts';
import { planFor, validateBound, type BoundPlan } from '../../src/fusion/index.ts';
import { hostOf, isResident } from '../../src/residency.ts';
import { hasMemory64 } from '../../src/targets/cpu/wasm/index.ts';
import { interpreterTarget } from '../../src/targets/reference.ts';
import { machine, SHARE_ALL, sameBits, type Machine } from '../support/machine.ts';
import { nodesOf } from '../support/plan.ts';
import { expectClose } from '../support/targets.ts';
import { pipelineMakers } from './pipeline-steps.ts';
import { buildAll, evenPrograms, orderDependent, type Program } from './program.ts';

const runs = Number(process.env.WEFT_FUZZ_RUNS) || 120;
const seed = Number(process.env.WEFT_FUZZ_SEED) || 20261125;
console.log(`\nfuzz of pipelines: ${runs}, seed ${seed}`);

/** From pieces of a single unit, in windows that move on all the time, to pieces that hold everything. */
const tunings = [
  { piece: 1, windows: 0, bandPerOverlap: 0, mostBands: 64, points: 1, columns: 8, strip: 1, narrowest: 1 },
  { piece: 600, windows: 0, bandPerOverlap: 1, mostBands: 64, points: 1, columns: 5, strip: 1, narrowest: 8 },
  { piece: 300, windows: 4000, bandPerOverlap: 2, mostBands: 3, points: 20, columns: 3, strip: 300, narrowest: 3 },
  { piece: 2000, windows: 10_000, bandPerOverlap: 0, mostBands: 7, points: 1, columns: 1024, strip: 1, narrowest: 20 },
  undefined,
];
/** Every thread compiles everything: few machines have many. */
const threads = [3, 2, 8, 2, 3];
/** Some have addresses of 64 bits, where the engine can. */
const far = [1, 4];
if (!hasMemory64()) console.log('skip: pipelines with addresses of 64 bits: this engine has no memory64');
const machines: Machine[] = tunings.map((cutting, k) =>
  machine(threads[k], { cutting, worth: SHARE_ALL, pairs: k % 2 === 0, heap: { memory64: hasMemory64() && far.includes(k) } }));

const dataOf = (e: Expr): TypedArray => hostOf(e)!;

/** How often the tests met what they are for. */
const met = {
  sweeps: 0, stages: 0, deepest: 0, terminals: 0, batches: 0, halos: 0, privates: 0, wraps: 0, often: 0,
  columns: 0, wideColumns: 0, columnHalos: 0, columnReductions: 0, lineLoops: 0,
};

function countSweeps({ runs: list }: BoundPlan): void {
  for (const run of list) {
    if (!('stages' in run) || run.kind !== 'sweep') continue;
    met.sweeps++;
    met.stages += run.stages.length;
    met.deepest = Math.max(met.deepest, run.stages.length);
    met.terminals += Number(run.stages.some((s) => s.terminal));
    met.halos += Number(run.stages.some((s) => s.hi > s.lo));
    met.batches += Number(run.batch > 1);
    met.privates += Number(run.privates.length > 0);
    met.wraps += Number(run.wraps);
    // Beyond the array that is beyond the end.
    met.often += Number(run.wraps && run.stages.some((s) => Math.max(s.hi, -s.lo) > run.units));
    if (run.cut === 'rows') continue;
    const launches = run.stages.map((s) => s.launch);
    met.columns++;
    met.wideColumns += Number(run.units > 16);
    met.columnHalos += Number(run.stages.some((s) => s.hi > s.lo));
    met.columnReductions += Number(launches.some((l) => l.kernel.reduction));
    met.lineLoops += Number(launches.every((l) => l.domain.length === 1 && l.kernel === launches[0].kernel));
  }
}

/** The roots of a program, as it is planned with and without fusions. */
function plansOf(program: Program, { target: { profile } }: Machine, depth: number) {
  const arrays = buildAll(program);
  const roots = nodesOf(program.roots.map((r) => arrays[r]));
  validateGraph(roots);
  const fused = planFor(roots, isResident, { ...profile, sweeps: { cache: profile.sweeps!.cache, depth, roundUnits: 0 } });
  const alone = planFor(roots, isResident, { ...profile, sweeps: undefined }, 0);
  validateBound(fused);
  validateBound(alone);
  countSweeps(fused);
  return { roots, fused, alone };
}

const labels = (program: Program) => (k: number): string => `v${program.roots[k]}`;

function expectBits(actual: readonly TypedArray[], expected: readonly TypedArray[], label: (k: number) => string): void {
  actual.forEach((values, k) => {
    // Zeros of either sign are equal; but where they differ in more, the message says where.
    if (!sameBits(values, expected[k])) expectClose(values, expected[k], { label: label(k) });
  });
}

const pipelines = suite('random pipelines');
const choices = fc.record({
  machine: fc.nat(tunings.length - 1), depth: fc.constantFrom(4, 1, 2, 5),
});

pipelines(`${runs} of them: bits of single operations, on any number of threads`, () => fc.assert(
  fc.asyncProperty(evenPrograms(10, pipelineMakers), choices, async (program, choice) => {
    const used = machines[choice.machine];
    const { roots, fused, alone } = plansOf(program, used, choice.depth);
    const label = labels(program);
    const expected = interpreterTarget.evaluate(roots, hostOf);
    used.target.configure!({ threads: 1 });
    const separate = await used.run(alone, dataOf);
    const together = await used.run(fused, dataOf);
    const loose = orderDependent(program);
    together.forEach((values, k) => {
      const atol = program.values[program.roots[k]].error;
      expectClose(values, separate[k], { atol: loose.has(program.roots[k]) ? atol : 0, label: `${label(k)}, fused or not` });
      expectClose(values, expected[k], { atol, label: `${label(k)}, against the interpreter` });
    });
    used.target.configure!({ threads: threads[choice.machine] });
    expectBits(await used.run(fused, dataOf), together, (k) => `${label(k)}, on ${threads[choice.machine]} threads`);
  }), { numRuns: runs, seed, includeErrorInReport: true }));

pipelines('they had what they are for', () => {
  console.log(`  sweeps: ${JSON.stringify(met)}`);
  assert.ok(met.sweeps > runs / 4, `${met.sweeps} sweeps in ${runs} programs`);
  for (const [name, n] of Object.entries(met)) assert.ok(n > 0, `there was no sweep with ${name}`);
});

pipelines.after(async () => {
  await Promise.all(machines.map((m) => m.close()));
});
pipelines.run();
