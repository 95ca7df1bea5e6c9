/** How a sweep is run, for people. */
import type { BufferSlot, Sweep } from '../../../fusion/kernel.ts';
import type { SweepDescription } from '../../target.ts';
import { describeBytes } from '../../../bytes.ts';
import type { Conditions } from './prepare.ts';
import { lowerSweep } from './program.ts';

/** `least`: below so many nanoseconds it stays on the calling thread. */
export function describeSweep(
  sweep: Sweep, slots: readonly BufferSlot[], conditions: Conditions, least: number,
): SweepDescription {
  const { threads, memory64 } = conditions;
  const { prepared, paired, emit } = lowerSweep(sweep, slots, conditions, { memory: { memory64 } });
  const { pieces: { bands, bandUnits, chunk }, strips, work, certain, workspace } = prepared;
  const tasks = bands * (strips?.count ?? 1);
  const workers = work >= least || !certain ? Math.min(threads, tasks) : 1;
  const cut = sweep.cut === 'columns'
    ? `${tasks === 1 ? '1 strip' : `${tasks} strips`} of ${strips!.columns} columns, one stage after the other`
    : `${bands} ${bands === 1 ? 'band' : 'bands'} of ${bandUnits} units, computed in pieces of ${chunk}`;
  return {
    piece: sweep.cut === 'columns' ? strips!.columns : chunk,
    layout: `${cut}; ${describeBytes(workspace)} of cache per thread${paired ? '; in vectors of 256 bits' : ''}`,
    workers: workers > 1 ? `${workers} threads` : '1 thread',
    estimate: work / workers / 1e6,
    get code() { return `;; ${sweep.stages.length} stages side by side\n${emit().module.toWat()}`; },
  };
}
