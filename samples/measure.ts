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
  const arrays: Record<string, wf.WeftArray> = {};
  for (const [name, { data, shape }] of Object.entries(prepared.inputs)) arrays[name] = wf.array(data, { shape });
  const run = async (): Promise<readonly Values[]> => {
    const results = prepared.weft(arrays);
    await wf.evaluate(results, { target });
    const values = await Promise.all(results.map((result) => result.data({ target })));
    for (const result of results) result.dispose(); // or the next run would find its answer waiting
    return values as Values[];
  };
  try {
    return await best(run, effort);
  } finally {
    for (const array of Object.values(arrays)) array.dispose();
  }
}

/** Plain JavaScript has no first run worth telling: engines replace its loops while they run. */
export async function measurePlain(prepared: Prepared): Promise<Measurement> {
  return best(() => prepared.plainJs(), TIMED);
}

async function best(run: () => readonly Values[] | Promise<readonly Values[]>, effort: Effort): Promise<Measurement> {
  const begin = performance.now();
  const results = await run();
  const firstMs = performance.now() - begin;
  let bestMs = firstMs;
  for (let runs = 0; runs < effort.mostRuns && performance.now() - begin < effort.budgetMs; runs++) {
    const start = performance.now();
    await run();
    bestMs = Math.min(bestMs, performance.now() - start);
  }
  return { results, firstMs, bestMs };
}
