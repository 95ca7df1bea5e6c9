/**
 * Columns as units: a launch whose points are cut along the last axis, so that all rows of a few columns are computed one launch
 * after the other. So a reduction along another axis meets its elements again while they are in cache, and so the points of a
 * single row, which are too small to be units in turn, are cut into strips.
 */
import type { Launch, Sweep } from '../kernel.ts';
import { unitBytes } from './unit.ts';
import { reachAlong, spanAlong, type Reading, type Units } from './window.ts';

/**
 * Columns that are worth a strip: from row to row it is a long way. Measured, on arrays that are in memory: in strips of 64
 * columns a z-score of 300 rows is 1.4 times as slow as its launches one after the other, in strips of 1024 1.2 times as fast.
 */
export const NARROWEST = 1024;
/** Strips that threads can share. */
const FEWEST_STRIPS = 4;

const product = (list: readonly number[]): number => list.reduce((n, s) => n * s, 1);

/** How many of the outer axes make the batches; undefined when none do. */
function batchAxes(domain: readonly number[], batch: number): number | undefined {
  for (let count = 0, points = 1; count < domain.length; points *= domain[count++]) if (points === batch) return count;
  return undefined;
}

/** The columns of a launch; undefined when it has none: what it gives for a column has to be in that column, and in its batch. */
export function columnsOf({ kernel: { reduction }, domain }: Launch, batch: number): Units | undefined {
  const inner = domain.length - 1, outer = batchAxes(domain, batch);
  if (outer === undefined || reduction?.axes.some((k) => k === inner || k < outer)) return undefined;
  const kept = domain.slice(0, inner).filter((_, k) => !reduction?.axes.includes(k));
  return reduction && product(kept) !== batch ? undefined : { batch, units: domain[inner] };
}

/**
 * Which columns of another launch's results an input reads, where those have `units` columns of `rows` elements in each batch;
 * undefined when it reads anything else.
 */
export function columnWindow(
  launch: Launch, input: number, batch: number, { units, rows }: { readonly units: number; readonly rows: number },
): Reading | undefined {
  const { kernel, domain } = launch;
  const { offset, strides, sizes } = launch.inputs[input];
  const inner = domain.length - 1, outer = batchAxes(domain, batch)!;
  if (sizes !== undefined || strides[inner] !== 1) return undefined;
  const column = offset % units;
  let [first, last] = [offset - column, offset - column];
  for (let k = outer; k < inner; k++) {
    const span = spanAlong(launch, input, k);
    if (span[0] !== span[1] && strides[k] % units !== 0) return undefined;
    const ends = span.map((x) => x * strides[k]);
    first += Math.min(...ends);
    last += Math.max(...ends);
  }
  const [left, right] = spanAlong(launch, input, inner);
  if (first < 0 || last >= rows * units || column + left < 0 || column + right >= units) return undefined;
  // A batch reads its own.
  let apart = rows * units;
  for (let k = outer - 1; k >= 0; k--) {
    const far = reachAlong(kernel, input, k);
    if ((domain[k] > 1 && strides[k] !== apart) || !far || far.lo !== 0 || far.hi !== 0) return undefined;
    apart *= domain[k];
  }
  const along = reachAlong(kernel, input, inner);
  return along && { lo: column + along.lo, hi: column + along.hi, wraps: false };
}

/**
 * Whether columns are worth it: strips that are wide enough have to be in the cache, with what is computed twice at their edges
 * a small part of them. What is small is in the cache as a whole.
 */
export function columnsPay(sweep: Sweep, cache: number, isSmall: boolean, columnsPerOverlap: number): boolean {
  const { units, stages } = sweep;
  const most = Math.floor(cache / unitBytes(sweep));
  if (isSmall) return most >= Math.min(units, NARROWEST);
  const overlap = stages.reduce((sum, s) => sum + s.hi - s.lo, 0) / stages.length;
  const strip = Math.min(most, units / FEWEST_STRIPS);
  return strip >= NARROWEST && overlap * columnsPerOverlap <= strip;
}
