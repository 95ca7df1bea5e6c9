/** Interleaved timing: every contender in turn, round after round, so that drift of the machine hits all alike. */
import type { Contender, Values } from './workload.ts';

export interface Timing {
  readonly name: string;
  /** Of the very first call: parsing, planning, compiling and starting threads included. */
  readonly first: number;
  /** Milliseconds, sorted. */
  readonly times: readonly number[];
  readonly median: number;
  /** Why it did not finish, or what is wrong with its result. */
  readonly problem?: string;
}

const medianOf = (sorted: readonly number[]): number =>
  sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;

async function timed(contender: Contender): Promise<{ ms: number; result: Values }> {
  const start = performance.now();
  const result = await contender.run();
  return { ms: performance.now() - start, result };
}

/** Largest difference relative to the largest expected value. */
function difference(actual: Values, expected: Values): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0, scale = 0;
  for (let k = 0; k < expected.length; k++) {
    scale = Math.max(scale, Math.abs(expected[k]));
    const d = Math.abs(actual[k] - expected[k]);
    worst = d <= worst ? worst : d; // a NaN sticks
  }
  return worst / (scale || 1);
}

/** Checks every contender against the first, warms all up, then times at least `rounds` rounds and `budget` milliseconds. */
export async function measure(contenders: readonly Contender[], tolerance: number, rounds = 7, budget = 1500): Promise<Timing[]> {
  const states: { contender: Contender; first: number; times: number[]; problem?: string }[] = [];
  let expected: Values | undefined;
  for (const contender of contenders) {
    try {
      const { ms, result } = await timed(contender);
      expected ??= result;
      const off = difference(result, expected);
      states.push({ contender, first: ms, times: [], problem: off <= tolerance ? undefined : `wrong by ${off.toExponential(1)}` });
    } catch (error) {
      states.push({ contender, first: NaN, times: [], problem: error instanceof Error ? error.message.split('\n')[0] : String(error) });
    }
  }
  const alive = states.filter((s) => !s.problem);
  for (const s of alive) await timed(s.contender);
  const start = performance.now();
  for (let round = 0; round < rounds || (performance.now() - start < budget && round < 50); round++) {
    for (const s of alive) s.times.push((await timed(s.contender)).ms);
  }
  return states.map(({ contender, first, times, problem }) => {
    const sorted = [...times].sort((a, b) => a - b);
    return { name: contender.name, first, times: sorted, median: medianOf(sorted), problem };
  });
}
