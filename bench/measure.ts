/** Interleaved timing: every contender in turn, round after round, so that drift of the machine hits all alike. */
import type { Contender, Tolerance, Values } from './workload.ts';

export interface Timing {
  readonly name: string;
  /** Of the very first call in ms: parsing, planning, compiling and starting threads included. */
  readonly first: number;
  readonly median: number;
  readonly min: number;
  readonly rounds: number;
  /** Why it did not finish, or what is wrong with its results. */
  readonly problem?: string;
}

interface State { readonly contender: Contender; readonly first: number; readonly times: number[]; readonly problem?: string }

/** A contender has had its rounds when it has had so many, or has run for so many ms. */
const MIN_ROUNDS = 3, MAX_ROUNDS = 25, BUDGET = 800;

/** A call shorter than so many ms is preceded by one that is not timed: caches and threads are as in a loop of its own. */
const SHORT = 300;

/** Threads of the contender before may still spin for a while. */
const rested = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3));

/** Checks every contender against the first, then times them. */
export async function measure(contenders: readonly Contender[], tolerance: Tolerance): Promise<Timing[]> {
  const states: State[] = [];
  let expected: readonly Values[] | undefined;
  for (const contender of contenders) {
    try {
      const first = await timed(contender);
      const results = await contender.results();
      expected ??= results;
      states.push({ contender, first, times: [], problem: disagreement(results, expected, tolerance) });
    } catch (error) {
      states.push({ contender, first: NaN, times: [], problem: messageOf(error) });
    }
  }
  let waiting = states.filter((s) => !s.problem);
  while (waiting.length > 0) {
    for (const s of waiting) {
      await rested();
      if (s.first < SHORT) await s.contender.run();
      s.times.push(await timed(s.contender));
    }
    waiting = waiting.filter(({ times }) =>
      times.length < MIN_ROUNDS || (times.length < MAX_ROUNDS && times.reduce((a, b) => a + b) < BUDGET));
  }
  return states.map(({ contender, first, times, problem }) => {
    const sorted = times.sort((a, b) => a - b);
    return { name: contender.name, first, median: medianOf(sorted), min: sorted[0] ?? NaN, rounds: sorted.length, problem };
  });
}

async function timed(contender: Contender): Promise<number> {
  const start = performance.now();
  const own = await contender.run();
  return own ?? performance.now() - start;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0];

export const medianOf = (sorted: readonly number[]): number =>
  sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;

function disagreement(actual: readonly Values[], expected: readonly Values[], tolerance: Tolerance): string | undefined {
  if (actual.length !== expected.length) return `wrong: ${actual.length} results instead of ${expected.length}`;
  for (let k = 0; k < expected.length; k++) {
    if (actual[k].length !== expected[k].length) return `wrong: ${actual[k].length} values instead of ${expected[k].length}`;
    if ('share' in tolerance) {
      const share = differing(actual[k], expected[k]);
      if (share > tolerance.share) return `wrong in ${(100 * share).toFixed(1)} % of the cells`;
    } else {
      const off = difference(actual[k], expected[k]);
      if (!(off <= tolerance.largest)) return `wrong by ${off.toExponential(1)}`;
    }
  }
  return undefined;
}

/** Largest difference relative to the largest expected value. */
function difference(actual: Values, expected: Values): number {
  let worst = 0, scale = 0;
  for (let k = 0; k < expected.length; k++) {
    scale = Math.max(scale, Math.abs(expected[k]));
    const d = Math.abs(actual[k] - expected[k]);
    worst = d <= worst ? worst : d; // a NaN sticks
  }
  return worst / (scale || 1);
}

function differing(actual: Values, expected: Values): number {
  let count = 0;
  for (let k = 0; k < expected.length; k++) count += actual[k] === expected[k] ? 0 : 1;
  return count / expected.length;
}
