/**
 * Strips: sweeps over long rows do so many columns of them at a time, so that the windows of all stages are in the nearest
 * caches. As with units, each stage computes as many columns beyond the strip as those after it read.
 */
import type { Sweep } from '../../../fusion/kernel.ts';
import { reachAlong } from '../../../fusion/sweep/window.ts';

export interface Strips {
  readonly count: number;
  /** Columns of a strip. */
  readonly columns: number;
  /** Of a row. */
  readonly all: number;
  /** By stage: how far beyond its strip it computes. */
  readonly beyond: readonly { readonly lo: number; readonly hi: number }[];
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
  const count = Math.ceil(all / columns);
  return { count, columns: Math.ceil(all / count / 8) * 8, all, beyond };
}
