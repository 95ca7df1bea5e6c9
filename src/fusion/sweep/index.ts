/** From a list of launches to what is run: launches that gain from it become sweeps. */
import { launchesOf, type BufferSlot, type Launch, type Run } from '../kernel.ts';
import { formSweep, instancesOf, PrivateSlots, type SweepLimits } from './form.ts';

export type { SweepLimits } from './form.ts';

/** Whether these launches would be one sweep. */
export function accepts(
  launches: readonly Launch[], wanted: ReadonlySet<number>, slots: readonly BufferSlot[], limits: SweepLimits,
): boolean {
  const scratch = [...slots];
  const instances = instancesOf(launches, wanted);
  return formSweep(launches, instances, 0, launches.length, new PrivateSlots(scratch), scratch, limits) !== undefined;
}

/** As many launches as are looked at together. */
const LONGEST = 40;

/**
 * Guarantees: the launches of all runs, one after the other, give the same values as those given. `ends`: indices that no
 * sweep goes across. `wanted`: slots whose values are needed afterwards. Slots that only sweeps need are added to `slots`.
 * `derived` is told about every launch made from another one.
 */
export function sweeps(
  launches: readonly Launch[], ends: ReadonlySet<number>, wanted: ReadonlySet<number>, slots: BufferSlot[],
  limits: SweepLimits, derived: (from: Launch, to: Launch) => void,
): Run[] {
  const instances = instancesOf(launches, wanted);
  const privateSlots = new PrivateSlots(slots);
  const runs: Run[] = [];
  // The steps of a time loop come again and again.
  const made = new Map<string, Run | undefined>();
  const idOf = new Map<Launch, number>();
  const id = (l: Launch): number => idOf.get(l) ?? idOf.set(l, idOf.size).size;
  const form = (from: number, to: number): Run | undefined => {
    const fate = instances.slice(from, to).map((list) => list.map((x) => (x.lastUse < to ? 'p' : 'k')).join('')).join();
    const key = `${launches.slice(from, to).map(id).join()}|${fate}`;
    if (!made.has(key)) {
      const sweep = formSweep(launches, instances, from, to, privateSlots, slots, limits);
      sweep?.stages.forEach(({ launch }, k) => derived(launches[from + k], launch));
      made.set(key, sweep);
    }
    return made.get(key);
  };
  for (let from = 0; from < launches.length;) {
    let end = from + 1;
    while (end < launches.length && end - from < LONGEST && !ends.has(end)) end++;
    let run: Run | undefined;
    for (let to = end; to > from + 1 && !run; to--) run = form(from, to);
    runs.push(run ?? launches[from]);
    from += run ? launchesOf(run).length : 1;
  }
  return runs;
}
