/**
 * Strips: sweeps over long rows do so many columns of them at a time, so that the windows of all stages are in the nearest
 * caches. As with units, each stage computes as many columns beyond the strip as those after it read. A sweep that is cut in
 * columns has nothing but strips: all rows of a batch are one unit.
 */
import type { Private, Sweep } from '../../../fusion/kernel.ts';
import { unitBytes } from '../../../fusion/sweep/unit.ts';
import { reachAlong } from '../../../fusion/sweep/window.ts';

export interface Strips {
  readonly count: number;
  /** Columns of a strip. */
  readonly columns: number;
  /** Of the widest stage. */
  readonly all: number;
  /** By stage: how far beyond its strip it computes, and how many columns it has. */
  readonly stages: readonly { readonly lo: number; readonly hi: number; readonly all: number }[];
}

/** Equal strips of about so many columns, but for the last one. */
function cutEvenly(all: number, columns: number): Pick<Strips, 'count' | 'columns' | 'all'> {
  const even = Math.ceil(all / Math.ceil(all / columns) / 8) * 8;
  return { count: Math.ceil(all / even), columns: even, all };
}

/** The strips of a sweep whose windows are all rings; undefined where whole rows are better, or the only way. */
export function stripsOf(sweep: Sweep, columns: number): Strips | undefined {
  const { batch, stages } = sweep;
  const all = stages[0].launch.domain[1];
  const fits = batch === 1 && stages.every(({ launch: { domain, kernel } }) =>
    kernel.schedule === 'map' && domain.length === 2 && domain[1] === all);
  if (!fits || all < 2 * columns) return undefined;
  const beyond = stages.map(() => ({ lo: 0, hi: 0 }));
  for (let s = stages.length - 1; s >= 0; s--) {
    const { launch } = stages[s];
    for (const [input, { slot }] of launch.inputs.entries()) {
      // What is kept besides in a buffer of its own is read there, and has to be computed by this strip as well.
      const producer = stages.slice(0, s).findLastIndex((before) => before.launch.outputs.includes(slot));
      if (producer < 0) continue;
      const reach = reachAlong(launch.kernel, input, 1);
      if (!reach || launch.inputs[input].strides[1] !== 1) return undefined;
      const b = beyond[producer];
      b.lo = Math.min(b.lo, beyond[s].lo + reach.lo);
      b.hi = Math.max(b.hi, beyond[s].hi + reach.hi);
    }
  }
  if (beyond.some((b) => 8 * (b.hi - b.lo) > columns)) return undefined;
  return { ...cutEvenly(all, columns), stages: beyond.map((b) => ({ ...b, all })) };
}

/** How columns are cut; see `Cutting`. */
interface Sizes {
  readonly strip: number;
  readonly bandPerOverlap: number;
  readonly narrowest: number;
}

/** The strips of a sweep that is cut in columns: so wide that what is wanted at a time is in the first cache, if it can be. */
export function columnStrips(sweep: Sweep, { strip, bandPerOverlap, narrowest }: Sizes): Strips {
  const { units, stages } = sweep;
  const overlap = stages.reduce((sum, s) => sum + s.hi - s.lo, 0) / stages.length;
  const columns = Math.max(narrowest, Math.floor(strip / unitBytes(sweep)), Math.ceil(bandPerOverlap * overlap));
  return {
    ...cutEvenly(units, Math.min(units, columns)),
    stages: stages.map(({ lo, hi, units: all }) => ({ lo, hi, all })),
  };
}

/** A sweep that is cut in columns, with the rows of a batch as its one unit. */
export const asRows = (sweep: Sweep): Sweep => ({
  ...sweep, units: 1,
  stages: sweep.stages.map((s) => ({ ...s, units: 1, lo: 0, hi: 0 })),
  privates: sweep.privates.map((p) => ({ ...p, consumers: p.consumers.map(({ stage }) => ({ stage, lo: 0, hi: 0 })) })),
});

/** The columns that a stage computes at a time, at most. */
export const widthOf = ({ columns, stages }: Strips, stage: number): number => columns + stages[stage].hi - stages[stage].lo;

/**
 * Places for things that are wanted from when stage `producer` runs until their last reader has: of `bytes`, from 0 on; those
 * that are not wanted at the same time share one.
 */
export function sharedPlaces(
  privates: readonly Private[], bytes: readonly number[],
): { readonly at: readonly number[]; readonly bytes: number } {
  const last = privates.map((p) => Math.max(p.producer, ...p.consumers.map((c) => c.stage)));
  const at: number[] = [];
  privates.forEach((p, k) => {
    const atOnce = (j: number): boolean => last[j] >= p.producer && privates[j].producer <= last[k];
    const busy = at.flatMap((from, j) => (atOnce(j) ? [{ from, to: from + bytes[j] }] : [])).sort((a, b) => a.from - b.from);
    at.push(busy.reduce((free, { from, to }) => (free + bytes[k] <= from ? free : Math.max(free, to)), 0));
  });
  return { at, bytes: Math.max(0, ...at.map((from, k) => from + bytes[k])) };
}
