/** How launches become runs of several: by sweeps or by tiles, as the target has it. */
import type { BufferSlot, Launch, Run } from '../kernel.ts';
import { accepts, sweeps, type SweepLimits } from './index.ts';
import { isOneTile, tiles } from './partition.ts';
import type { TileLimits } from './tile-shape.ts';

export interface Grouping {
  /** Most steps in one run, of a time loop whose steps are these launches. */
  depth(body: readonly Launch[]): number;
  /** Whether these launches would be one run, if `wanted` are the slots that are read afterwards. */
  accepts(launches: readonly Launch[], wanted: ReadonlySet<number>, slots: readonly BufferSlot[]): boolean;
  /** See `sweeps` and `tiles`. */
  runs(
    launches: readonly Launch[], ends: ReadonlySet<number>, wanted: ReadonlySet<number>, slots: BufferSlot[],
    derived: (from: Launch, to: Launch) => void,
  ): Run[];
}

/** Undefined where every launch is a run of its own. */
export function groupingOf(
  { sweeps: bySweeps, tiles: byTiles }: { readonly sweeps: SweepLimits | undefined; readonly tiles: TileLimits | undefined },
): Grouping | undefined {
  if (bySweeps) {
    return {
      depth: (body) => (body.every((l) => l.domain.length === 1) ? bySweeps.lineDepth : undefined) ?? bySweeps.depth,
      accepts: (launches, wanted, slots) => accepts(launches, wanted, slots, bySweeps),
      runs: (launches, ends, wanted, slots, derived) => sweeps(launches, ends, wanted, slots, bySweeps, derived),
    };
  }
  return byTiles && {
    depth: () => byTiles.depth,
    accepts: (launches, wanted, slots) => isOneTile(launches, wanted, slots, byTiles),
    runs: (launches, ends, wanted, slots, derived) => tiles(launches, ends, wanted, slots, byTiles, derived),
  };
}
