/** How a sweep is run, for people. */
import type { BufferSlot, Sweep } from '../../../fusion/kernel.ts';
import type { SweepDescription } from '../../target.ts';
import { describeBytes } from '../../../bytes.ts';
import { prepareSweep } from './prepare.ts';
import { emitSweep } from './program.ts';

/** `least`: below so many nanoseconds it stays on the calling thread. */
export function describeSweep(sweep: Sweep, slots: readonly BufferSlot[], threads: number, least: number): SweepDescription {
  const prepared = prepareSweep(sweep, slots);
  const { pieces: { bands, bandUnits, chunk }, work, certain, workspace } = prepared;
  const several = Math.min(threads, bands) > 1 && (work >= least || !certain);
  return {
    piece: chunk,
    layout: `${bands} ${bands === 1 ? 'band' : 'bands'} of ${bandUnits} units, computed in pieces of ${chunk}; ${describeBytes(workspace)} of cache per thread`,
    workers: several ? `${Math.min(threads, bands)} threads` : '1 thread',
    estimate: work / (several ? Math.min(threads, bands) : 1) / 1e6,
    get code() { return `;; ${sweep.stages.length} stages side by side\n${emitSweep(prepared, {}).module.toWat()}`; },
  };
}
