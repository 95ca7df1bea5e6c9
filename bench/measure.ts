/** Interleaved timing: every contender in turn, round after round, so that drift of the machine hits all alike. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { disagreement } from './compare.ts';
import type { Contender, Tolerance, Values } from './workload.ts';

export interface Timing {
  readonly of: string;
  readonly name: string;
  /** Of the very first call in ms: parsing, planning, compiling and starting threads included. */
  readonly first: number;
  readonly median: number;
  readonly min: number;
  /** Half the distance between the quartiles, relative to the median. */
  readonly spread: number;
  /** What the first call took beyond the median of later ones. */
  readonly compile: number;
  readonly rounds: number;
  /** Why it did not finish, or what is wrong with its results. */
  readonly problem?: string;
}

/** A contender that was called once. */
export interface Started {
  readonly contender: Contender;
  readonly first: number;
  readonly times: number[];
  readonly problem?: string;
  rounds: number;
}

/** A contender has had its rounds when it has had so many, or has run for so many ms. */
const MIN_ROUNDS = 3, MAX_ROUNDS = 7, BUDGET = 600;

/**
 * Short calls are timed as in a loop of their own: so many ms of calls that are not timed, then as many that are. Otherwise
 * they would time what the contender before left in the caches, and threads that the system has yet to spread over cores.
 */
const WARM = 40;

/** A call of so many ms is its own warm-up. */
const LONG = 300;

/** One of so many ms is timed once more only. */
const LONGER = 1500;

/** And of one of so many ms the first call has to do: what it takes to compile is lost in it. */
const LONGEST = 4000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/**
 * What the contender before left is collected now: V8 would do it on all cores, in the time of the next one. And its threads may
 * still spin for a while.
 */
async function cleanUp(): Promise<void> {
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, 3));
}

/** The first call, and the check of what it gave. */
export async function begin(contender: Contender, expected?: readonly Values[], tolerance?: Tolerance): Promise<Started> {
  const began = (first: number, problem?: string): Started =>
    ({ contender, first, problem, times: first > LONGEST ? [first] : [], rounds: first > LONGEST ? 1 : 0 });
  try {
    const first = await timed(contender);
    return began(first, expected && tolerance && disagreement(await contender.results(), expected, tolerance));
  } catch (error) {
    return began(NaN, messageOf(error));
  }
}

/** Times all that are right. */
export async function race(all: readonly Started[]): Promise<void> {
  const states = all.filter((s) => !s.problem);
  const wanted = (s: Started): number => (s.first > LONGER ? 1 : MIN_ROUNDS);
  const unfinished = (s: Started): boolean =>
    s.rounds < wanted(s) || (s.first <= LONGER && s.rounds < MAX_ROUNDS && s.times.reduce((a, b) => a + b) < BUDGET);
  for (let waiting = states.filter(unfinished); waiting.length > 0; waiting = waiting.filter(unfinished)) {
    for (const s of waiting) {
      await cleanUp();
      if (s.first < LONG) await repeated(s.contender);
      for (const time of await repeated(s.contender)) s.times.push(time);
      s.rounds++;
    }
  }
}

export function timingOf({ contender: { of, name }, first, times, rounds, problem }: Started): Timing {
  const sorted = times.toSorted((a, b) => a - b), median = medianOf(sorted);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median;
  return { of, name, first, median, min: sorted[0] ?? NaN, spread, compile: Math.max(0, first - median), rounds, problem };
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

export const medianOf = (sorted: readonly number[]): number => quantile(sorted, 0.5);

/** Between the two elements next to it where it falls between them; NaN of nothing. */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1), below = Math.floor(at);
  return sorted.length === 0 ? NaN : sorted[below] + (at - below) * (sorted[Math.ceil(at)] - sorted[below]);
}
