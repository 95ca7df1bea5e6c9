/** Time on the GPU: a timestamp before and after every dispatch, where the device has them. */
import type { Measurement } from '../target.ts';
import { mapForReading, usage } from './device.ts';

export interface Timer {
  /** For the pass of a dispatch that is alone in it. */
  writes(dispatch: number): GPUComputePassTimestampWrites;
  /** After the last pass. */
  resolve(encoder: GPUCommandEncoder): void;
  /** Milliseconds and starts of every dispatch, once the work is done. */
  read(): Promise<Measurement>;
  destroy(): void;
}

/** Timestamps of one query set: the most that there may be. */
const mostQueries = 4096;
const bytesPerQuery = 8;

/** Undefined where the device has no timestamps. */
export function createTimer(device: GPUDevice, dispatches: number): Timer | undefined {
  if (!device.features.has('timestamp-query') || dispatches === 0) return undefined;
  const queries = 2 * dispatches, bytes = queries * bytesPerQuery;
  const sets = Array.from({ length: Math.ceil(queries / mostQueries) }, (_, k) =>
    device.createQuerySet({ type: 'timestamp', count: Math.min(mostQueries, queries - k * mostQueries) }));
  const resolved = device.createBuffer({ size: bytes, usage: usage.queryResolve | usage.copySource });
  const staged = device.createBuffer({ size: bytes, usage: usage.mapRead | usage.copyTarget });
  return {
    writes(dispatch) {
      const at = 2 * dispatch, first = at % mostQueries;
      return { querySet: sets[Math.floor(at / mostQueries)], beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 };
    },
    resolve(encoder) {
      sets.forEach((set, k) => encoder.resolveQuerySet(set, 0, set.count, resolved, k * mostQueries * bytesPerQuery));
      encoder.copyBufferToBuffer(resolved, 0, staged, 0, bytes);
    },
    async read() {
      await staged.mapAsync(mapForReading);
      const stamps = new BigUint64Array(staged.getMappedRange().slice(0));
      staged.unmap();
      const now = performance.now(), zero = stamps[0];
      const since = (stamp: bigint): number => Number(stamp - zero) / 1e6;
      // A clock that was set back in between gives nothing.
      const took = (k: number): number => Math.max(0, since(stamps[2 * k + 1]) - since(stamps[2 * k]));
      const milliseconds = Array.from({ length: dispatches }, (_, k) => took(k));
      // The last of them has ended by now. Numbers keep milliseconds of the clock exact to a fraction of a microsecond.
      const first = Number(zero) / 1e6;
      const starts = milliseconds.map((_, k) => first + since(stamps[2 * k]));
      const ended = starts.reduce((latest, at, k) => Math.max(latest, at + milliseconds[k]), first);
      return { milliseconds, starts, behind: now - ended, clock: `timestamps of the GPU${roundedTo(stamps)}` };
    },
    destroy() {
      sets.forEach((set) => set.destroy());
      resolved.destroy();
      staged.destroy();
    },
  };
}

/** Browsers round timestamps, against pages that listen in on others. */
function roundedTo(stamps: BigUint64Array): string {
  const all = stamps.reduce((bits, s) => bits | s, 0n);
  const step = Number(all & -all);
  return step < 2 ** 12 ? '' : `, in steps of ${(step / 1e6).toPrecision(2)} ms here`;
}
