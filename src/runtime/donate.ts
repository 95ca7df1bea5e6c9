/**
 * The buffer of an array that is to be replaced, as memory of the plan that computes what replaces it. Guarantees: the plan has
 * read for the last time what the buffer held before it writes there.
 */
import { mayOverwrite } from '../fusion/in-place.ts';
import { launchesOf, type BoundPlan, type Run } from '../fusion/index.ts';

export interface Donation {
  /** Lives in the buffer. */
  readonly slot: number;
  /** The plan's, changed where one of them now writes in place. */
  readonly runs: readonly Run[];
}

/** `given`: the input slot of the array, undefined when the plan does not read it. A result comes before intermediates. */
export function donationOf(bound: BoundPlan, given: number | undefined, bytes: number): Donation | undefined {
  const { runs, slots, outputs } = bound;
  if (outputs.some((o) => o.slot === given)) return undefined;
  const firstWrite = new Map<number, number>();
  let lastRead = -1;
  runs.forEach((run, time) => {
    for (const { inputs, outputs: written, stored = [] } of launchesOf(run)) {
      if (inputs.some((x) => x.slot === given) || stored.some((s) => given !== undefined && s.initial === given)) lastRead = time;
      for (const slot of written) if (!firstWrite.has(slot)) firstWrite.set(slot, time);
    }
  });
  const fits = (slot: number): boolean => {
    const { role, bytes: own } = slots[slot];
    return role === 'output' ? own === bytes : role === 'scratch' && own <= bytes;
  };
  const order = (slot: number): number => (slots[slot].role === 'output' ? Infinity : slots[slot].bytes);
  for (const slot of [...firstWrite.keys()].filter(fits).sort((x, y) => order(y) - order(x) || x - y)) {
    const time = firstWrite.get(slot)!;
    if (time > lastRead) return { slot, runs };
    const run = time === lastRead ? inPlace(runs[time], given!, slot) : undefined;
    if (run) return { slot, runs: runs.with(time, run) };
  }
  return undefined;
}

/** A launch that writes `slot` over the input in slot `given`, if that is legal. */
function inPlace(run: Run, given: number, slot: number): Run | undefined {
  if ('stages' in run || run.stored) return undefined;
  const input = run.inputs.findIndex((x) => x.slot === given);
  if (input < 0 || !mayOverwrite(run, input, run.outputs.indexOf(slot))) return undefined;
  return { ...run, inputs: run.inputs.with(input, { ...run.inputs[input], slot }), origin: undefined };
}
