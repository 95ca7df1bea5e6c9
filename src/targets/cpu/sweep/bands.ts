/**
 * How a sweep is cut into bands, which threads take. Bands overlap: what stages need of their neighbours they compute themselves.
 * Values do not depend on it.
 */
import type { Sweep } from '../../../fusion/kernel.ts';

export interface Bands {
  readonly bands: number;
  readonly bandsPerBatch: number;
  readonly bandUnits: number;
}

/** How high bands are. */
export interface BandLimits {
  /** So many times as high as they overlap, at least; unless there would be fewer than threads. */
  readonly bandPerOverlap: number;
  readonly mostBands: number;
}

/** Bands that are few because they overlap much are more, up to the number of threads, while they are so many times as high. */
const PER_OVERLAP = 8;
/** Estimated nanoseconds of a sweep from which on it is cut for all threads. */
const WORTH_CUTTING = 40_000;

interface Circumstances extends BandLimits {
  /** Units of a piece; with `together`, bands are multiples of that. */
  readonly chunk: number;
  readonly together: boolean;
  /** Strips that every band has. */
  readonly strips: number;
  readonly threads: number;
  /** Estimated nanoseconds. */
  readonly work: number;
}

export function bandsOf({ batch, units, stages }: Sweep, given: Circumstances): Bands {
  const { bandPerOverlap, mostBands, chunk, together, strips, threads, work } = given;
  const overlap = stages.reduce((sum, s) => sum + s.hi - s.lo, 0) / stages.length;
  const fit = (perOverlap: number): number => Math.floor(units / Math.max(chunk, Math.ceil(perOverlap * overlap)));
  const forAll = work < WORTH_CUTTING ? 1 : Math.min(Math.ceil(threads / (batch * strips)), fit(PER_OVERLAP));
  const perBatch = Math.max(1, Math.min(Math.max(fit(bandPerOverlap), forAll), Math.ceil(mostBands / batch)));
  const even = Math.ceil(units / shared(perBatch));
  const bandUnits = together ? Math.ceil(even / chunk) * chunk : even;
  const bandsPerBatch = Math.ceil(units / bandUnits);
  return { bands: batch * bandsPerBatch, bandsPerBatch, bandUnits };
}

/** Few bands are as many as threads can share evenly. */
const shared = (bands: number): number => (bands < 16 ? 2 ** Math.ceil(Math.log2(bands)) : bands);
