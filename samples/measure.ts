/** Runs a sample and takes its time: from arrays that are resident to results that JavaScript can read. */
import * as wf from '../src/index.ts';
import type { Prepared, Target, Values } from './sample.ts';

export interface Measurement {
  readonly results: readonly Values[];
  /** The first run: compiling, starting threads or the device, and the work itself. */
  readonly firstMs: number;
  readonly bestMs: number;
}

/** Runs after the first one: as many as fit in the time, and no more than that many. */
export interface Effort {
  readonly budgetMs: number;
  readonly mostRuns: number;
}

export const TIMED: Effort = { budgetMs: 800, mostRuns: 10 };
/** For results that are only compared. */
export const ONCE: Effort = { budgetMs: 0, mostRuns: 0 };

export async function measureWeft(prepared: Prepared, target: Target, effort: Effort): Promise<Measurement> {
  let arrays = upload(prepared);
  const run = async (): Promise<readonly Values[]> => {
    const results = await wf.evaluate(prepared.weft(arrays), { target });
    const values = await Promise.all(results.map((result) => result.data()));
    for (const result of results) result.dispose();
    return values as Values[];
  };
  // The same expression of the same arrays would find its answer waiting, so every run gets arrays of its own.
  const renew = async (): Promise<void> => {
    for (const array of Object.values(arrays)) array.dispose();
    arrays = upload(prepared);
    const touched = Object.values(arrays).map((array) => array.max()); // a first use brings them to the target
    for (const result of await wf.evaluate(touched, { target })) result.dispose();
  };
  try {
    return await best(run, effort, renew);
  } finally {
    for (const array of Object.values(arrays)) array.dispose();
  }
}

/** One warm run, kernel by kernel, with bringing the inputs there and the results back. */
export async function profileWeft(prepared: Prepared, target: Target): Promise<wf.Profile> {
  const arrays = upload(prepared);
  const results = prepared.weft(arrays);
  try {
    return await wf.profile(async () => {
      await wf.evaluate(results, { target });
      for (const result of results) await result.data();
    });
  } finally {
    for (const array of [...results, ...Object.values(arrays)]) array.dispose();
  }
}

function upload({ inputs }: Prepared): Record<string, wf.WeftArray> {
  const arrays: Record<string, wf.WeftArray> = {};
  for (const [name, { data, shape }] of Object.entries(inputs)) arrays[name] = wf.array(data as wf.TypedArray, { shape });
  return arrays;
}

/** Plain JavaScript has no first run worth telling: engines replace its loops while they run. */
export async function measurePlain(prepared: Prepared): Promise<Measurement> {
  return best(() => prepared.plainJs(), TIMED);
}

type Run = () => readonly Values[] | Promise<readonly Values[]>;

async function best(run: Run, effort: Effort, before?: () => Promise<void>): Promise<Measurement> {
  const begin = performance.now();
  const results = await run();
  const firstMs = performance.now() - begin;
  let bestMs = firstMs;
  for (let runs = 0; runs < effort.mostRuns && performance.now() - begin < effort.budgetMs; runs++) {
    await before?.();
    const start = performance.now();
    await run();
    bestMs = Math.min(bestMs, performance.now() - start);
  }
  return { results, firstMs, bestMs };
}
