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

interface State {
  readonly contender: Contender;
  readonly first: number;
  readonly times: number[];
  readonly problem?: string;
  rounds: number;
}

/** A contender has had its rounds when it has had so many, or has run for so many ms. */
const MIN_ROUNDS = 3, MAX_ROUNDS = 9, BUDGET = 800;

/**
 * Short calls are timed as in a loop of their own: so many ms of calls that are not timed, then as many that are. Otherwise
 * they would time what the contender before left in the caches, and threads that the system has yet to spread over cores.
 */
const WARM = 50;

/** A call of so many ms is its own warm-up. */
const LONG = 300;

/** And one of so many ms is timed once more only. */
const VERY_LONG = 4000;

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
      states.push({ contender, first, times: [], rounds: 0, problem: disagreement(results, expected, tolerance) });
    } catch (error) {
      states.push({ contender, first: NaN, times: [], rounds: 0, problem: messageOf(error) });
    }
  }
  let waiting = states.filter((s) => !s.problem);
  while (waiting.length > 0) {
    for (const s of waiting) {
      await rested();
      if (s.first < LONG) await repeated(s.contender);
      s.times.push(...await repeated(s.contender));
      s.rounds++;
    }
    waiting = waiting.filter(({ first, rounds, times }) =>
      rounds < (first > VERY_LONG ? 1 : MIN_ROUNDS) || (rounds < MAX_ROUNDS && times.reduce((a, b) => a + b) < BUDGET));
  }
  return states.map(({ contender, first, times, rounds, problem }) => {
    const sorted = times.sort((a, b) => a - b);
    return { name: contender.name, first, median: medianOf(sorted), min: sorted[0] ?? NaN, rounds, problem };
  });
}

/** Calls for about `WARM` ms, at least one. */
async function repeated(contender: Contender): Promise<number[]> {
  const times: number[] = [];
  const start = performance.now();
  do times.push(await timed(contender)); while (performance.now() - start < WARM);
  return times;
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
