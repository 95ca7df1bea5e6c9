/**
 * From a list of launches to what a target of workgroups runs: launches that are cheaper together become one run. The best
 * way to cut the list, by the costs of the target.
 */
import type { BufferSlot, Launch, Run } from '../kernel.ts';
import { instancesOf, PrivateSlots, type Instance } from './form.ts';
import { launchCost, type TileLimits } from './tile-shape.ts';
import { formRows } from './tile-rows.ts';
import { formTile } from './tile.ts';

/** As many launches as are looked at together. */
const LONGEST = 16;

/**
 * Guarantees: the launches of all runs, one after the other, give the same values as those given. `ends`: indices that no run
 * goes across. `wanted`: slots whose values are needed afterwards. Slots that are needed by runs only are added to `slots`.
 * `derived` is told about every launch made from another one.
 */
export function tiles(
  launches: readonly Launch[], ends: ReadonlySet<number>, wanted: ReadonlySet<number>, slots: BufferSlot[],
  limits: TileLimits, derived: (from: Launch, to: Launch) => void = () => {},
): Run[] {
  const instances = instancesOf(launches, wanted);
  const privateSlots = new PrivateSlots(slots);
  // The steps of a time loop come again and again.
  const made = new Map<string, readonly Run[]>();
  const idOf = new Map<Launch, number>();
  const id = (l: Launch): number => idOf.get(l) ?? idOf.set(l, idOf.size).size - 1;
  const runs: Run[] = [];
  for (let from = 0; from < launches.length;) {
    let to = from + 1;
    while (to < launches.length && !ends.has(to)) to++;
    const fates = instances.slice(from, to).map((list) => list.map((x) => (x.lastUse < to ? x.lastUse - from : 'k')).join());
    const key = `${launches.slice(from, to).map(id).join()}|${fates.join(';')}`;
    let part = made.get(key);
    if (!part) {
      part = best(launches, instances, from, to, privateSlots, slots, limits);
      let at = from;
      for (const run of part) {
        if ('stages' in run) run.stages.forEach((s, k) => derived(launches[at + k], s.launch));
        at += 'stages' in run ? run.stages.length : 1;
      }
      made.set(key, part);
    }
    runs.push(...part);
    from = to;
  }
  return runs;
}

/** Whether these launches would be one run. */
export function isOneTile(
  launches: readonly Launch[], wanted: ReadonlySet<number>, slots: readonly BufferSlot[], limits: TileLimits,
): boolean {
  const runs = tiles(launches, new Set(), wanted, [...slots], limits);
  return runs.length === 1 && 'stages' in runs[0];
}

/** The cheapest runs of launches `from` up to `to`: of every number of launches the best last run. */
function best(
  launches: readonly Launch[], instances: readonly (readonly Instance[])[], from: number, to: number,
  privateSlots: PrivateSlots, slots: BufferSlot[], limits: TileLimits,
): Run[] {
  const costs = [0];
  const last: Run[] = [];
  for (let end = from + 1; end <= to; end++) {
    const own = launches[end - 1];
    let cost = costs[end - 1 - from] + launchCost(own, slots, limits), run: Run = own;
    for (let start = end - 2; start >= Math.max(from, end - LONGEST); start--) {
      const formed = formTile(launches, instances, start, end, privateSlots, slots, limits)
        ?? formRows(launches, instances, start, end, privateSlots, slots, limits);
      if (!formed || costs[start - from] + formed.cost >= cost) continue;
      cost = costs[start - from] + formed.cost;
      run = formed.run;
    }
    costs.push(cost);
    last.push(run);
  }
  const runs: Run[] = [];
  for (let end = to; end > from;) {
    const run = last[end - 1 - from];
    runs.unshift(run);
    end -= 'stages' in run ? run.stages.length : 1;
  }
  return runs;
}
