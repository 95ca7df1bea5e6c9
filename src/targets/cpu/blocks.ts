/**
 * How a domain is cut into blocks, from its sizes and the body's cost alone: the same blocks, and so the same partial
 * sums, for any number of threads.
 */
import type { Geometry } from './layout.ts';

/**
 * Points that a loop goes through, and elements of an array: both are counted in i32, and the last of equal blocks may end
 * beyond them.
 */
export const MOST_ELEMENTS = 2 ** 31 - 2 ** 24;

/** Dense reductions read several address streams: 1.7x the bandwidth of one. */
export const STREAMS = 4;
/** Rows that accumulate side by side where the inner axis is kept: their sum is one access to the partial results. */
export const ROWS_TOGETHER = 4;

/** Elements of a block of light work; heavier bodies get smaller blocks, down to a floor. */
const BLOCK = 65536;
const FLOOR = 2048;
/** Reduced rows of one partial result where the inner axis is kept. */
const ROWS = { least: 256, most: 1024 } as const;
/** Kept columns that accumulate in the first cache. */
const KEPT_COLUMNS = 4096;

/** Elements of 1 to 8 bytes that fill two cache lines: planes of different chunks, which threads write at once, share none. */
const APART = 128;
const planeOf = (keptPoints: number): number => Math.ceil(keptPoints / APART) * APART;

export interface Blocking {
  readonly geometry: Geometry;
  readonly blocks: number;
  /** Elements of the domain. */
  readonly elements: number;
}

/** So many blocks at least, where they are not smaller than this share of one of full size. */
const PIECES = 8;

const blockSize = (cost: number, least = FLOOR): number => Math.max(least, Math.floor(BLOCK / Math.max(1, cost / 16)));

/** The same, but smaller for a domain of few elements, so that threads can share it. */
function blockSizeFor(elements: number, cost: number, least?: number): number {
  const full = blockSize(cost, least);
  return Math.max(Math.min(full, FLOOR), Math.floor(full / PIECES), Math.min(full, Math.ceil(elements / PIECES)));
}

/**
 * Bodies with loops are more work in one place than in another, and may be much more than is thought: they get small blocks,
 * and as many as keep all threads busy to the end, down to a vector or so. Rows are left whole where there are many: what is
 * the same for a row may be a loop as well.
 */
const FINE = { blocks: 512, longest: 5e7, chunk: 256, rows: 16 } as const;

function cutFine(
  rows: number, columns: number, cost: number, lanes: number,
): { readonly block: number; readonly columns: number } {
  const block = Math.max(lanes, Math.min(blockSize(cost, lanes), Math.ceil(rows * columns / FINE.blocks)));
  const even = Math.ceil(columns / Math.ceil(FINE.blocks / Math.max(1, rows)));
  return { block, columns: Math.max(lanes, Math.min(even, Math.floor(FINE.longest / cost))) };
}

/** Pieces of about equal length, each a multiple of `step` but the last. */
function split(length: number, most: number, step: number): { count: number; per: number } {
  if (length <= most) return { count: 1, per: length };
  const per = Math.ceil(length / Math.ceil(length / most) / step) * step;
  return { count: Math.ceil(length / per), per };
}

/**
 * A map: long rows are cut, short rows grouped. `tile`: rows are cut to at most that many columns. `fine`: there are loops, and
 * vectors have so many lanes.
 */
export function blockMap(
  rows: number, columns: number, cost: number, { tile = Infinity, fine }: { readonly tile?: number; readonly fine?: number } = {},
): Blocking {
  const cut = fine ? cutFine(rows, columns, cost, fine) : undefined;
  const most = cut?.block ?? blockSizeFor(rows * columns, cost);
  const c = split(columns, Math.min(cut?.columns ?? most, tile), fine ?? 64);
  const r = split(rows, Math.max(1, Math.floor(most / Math.max(1, c.per))), 1);
  return {
    geometry: {
      columnBlocks: c.count, columnsPerBlock: c.per, rowBlocks: r.count, rowsPerBlock: r.per, rows,
      keptPerBlock: 1, kept: 1, chunks: 1, planeLength: 0,
    },
    blocks: rows * columns === 0 ? 0 : c.count * r.count,
    elements: rows * columns,
  };
}

/**
 * The inner axis is reduced: a chunk is a piece of a row, or several rows, of one kept point. `together`: as many kept points
 * share cache lines, so their chunks are small enough for all to be done while those are there.
 */
export function blockReduceInner(
  kept: number, rows: number, columns: number, cost: number,
  { together = 1, fine = false }: { readonly together?: number; readonly fine?: boolean } = {},
): Blocking {
  const least = fine ? FINE.chunk : FLOOR;
  const most = blockSizeFor(kept * rows * columns, cost, least);
  const c = split(columns, Math.max(least, Math.floor(most / together)), 64);
  const r = split(rows, Math.max(1, Math.floor(most / Math.max(1, c.per))), 1);
  const k = split(kept, Math.max(1, Math.floor(most / Math.max(1, c.per * r.per))), 1);
  return {
    geometry: {
      columnBlocks: c.count, columnsPerBlock: c.per, rowBlocks: r.count, rowsPerBlock: r.per, rows,
      keptPerBlock: k.per, kept, chunks: c.count * r.count, planeLength: planeOf(kept),
    },
    blocks: kept === 0 ? 0 : c.count * r.count * k.count,
    elements: kept * rows * columns,
  };
}

/** The inner axis is kept: a chunk is some of the reduced rows. */
export function blockReduceOuter(kept: number, rows: number, columns: number, cost: number, fine = false): Blocking {
  const most = blockSizeFor(kept * rows * columns, cost, fine ? FINE.chunk : FLOOR);
  const c = split(columns, fine ? FINE.chunk : KEPT_COLUMNS, 64);
  const least = fine ? FINE.rows : ROWS.least;
  const r = split(rows, Math.min(ROWS.most, Math.max(least, Math.floor(most / Math.max(1, c.per)))), 1);
  const k = split(kept, Math.max(1, Math.floor(most / Math.max(1, c.per * r.per))), 1);
  return {
    geometry: {
      columnBlocks: c.count, columnsPerBlock: c.per, rowBlocks: r.count, rowsPerBlock: r.per, rows,
      keptPerBlock: k.per, kept, chunks: r.count, planeLength: planeOf(kept * columns),
    },
    blocks: kept * columns === 0 ? 0 : c.count * r.count * k.count,
    elements: kept * rows * columns,
  };
}
