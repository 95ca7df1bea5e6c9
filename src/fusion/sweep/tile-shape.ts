/**
 * The shape of tiles, and what they cost. Larger tiles compute less around them that their neighbours compute too, and need
 * more workgroup memory. The shape depends on the stages only, never on how many points there are.
 */
import { dtypes } from '../../dsl/dtype.ts';
import { costOf, valuesIn } from '../../dsl/kernel/walk.ts';
import { sizeOf } from '../../dsl/shape.ts';
import type { BufferSlot, Kernel, Launch, TileStage } from '../kernel.ts';
import { countReads, readingOf } from './tile-points.ts';

/** What a target says of tiles. */
export interface TileLimits {
  /** Bytes of workgroup memory of one workgroup. */
  readonly memory: number;
  /** Most buffers of a shader. */
  readonly buffers: number;
  /** Most steps of a time loop in one tile. */
  readonly depth: number;
  /** Writing one 4-byte element to memory and reading it back, and starting one kernel: in adds on one element. */
  readonly memoryRoundTrip: number;
  readonly launch: number;
}

/** Points of a tile: enough for all invocations of a workgroup, few enough for many workgroups. */
const LEAST_POINTS = 256, MOST_POINTS = 4096;
/** Neighbours in memory that are read at once. */
const LINE = 32;
/** What it costs a point to wait for the others, once for every stage. */
const SYNC = 4;

const WORD = 4;

/** What one point costs, without memory. */
const works = new WeakMap<Kernel, number>();
export function workOf(kernel: Kernel): number {
  let work = works.get(kernel);
  if (work === undefined) works.set(kernel, work = costOf(kernel.body.results) + countReads(valuesIn(kernel.body)));
  return work;
}

/** Half a round trip for every word that is read or written. */
export const memoryCost = (points: number, bytes: number, { memoryRoundTrip }: TileLimits): number =>
  points * (bytes / WORD) * (memoryRoundTrip / 2);

/** What a launch costs by itself. */
export function launchCost(
  { kernel, domain, inputs, outputs }: Launch, slots: readonly BufferSlot[], limits: TileLimits,
): number {
  const points = sizeOf(domain);
  const read = new Set(inputs.map((x) => x.slot));
  const bytesIn = ({ dtype, length }: BufferSlot): number => Math.min(points, length) * dtypes[dtype].bytes;
  const bytes = [...read, ...outputs].reduce((sum, slot) => sum + bytesIn(slots[slot]), 0);
  return limits.launch + points * workOf(kernel) + memoryCost(1, bytes, limits);
}

/** The best shape; undefined when no tile has room in workgroup memory. */
export function shapeOf(
  stages: readonly TileStage[], slots: readonly BufferSlot[], limits: TileLimits,
): { readonly shape: readonly number[]; readonly cost: number } | undefined {
  let best: { readonly shape: readonly number[]; readonly perPoint: number } | undefined;
  for (const shape of candidates(stages)) {
    if (bytesOf(stages, shape) > limits.memory) continue;
    const perPoint = pointCost(stages, shape, slots, limits);
    if (!best || perPoint < best.perPoint) best = { shape, perPoint };
  }
  if (!best) return undefined;
  const { sizes } = stages[stages.length - 1];
  return { shape: best.shape, cost: limits.launch + best.perPoint * sizeOf(sizes) };
}

/** Powers of two. Where no stage meets a neighbour a tile need not be larger than the array. */
function candidates(stages: readonly TileStage[]): number[][] {
  const { sizes } = stages[stages.length - 1];
  const last = sizes.length - 1;
  let shapes: number[][] = [[]];
  sizes.forEach((size, axis) => {
    const moves = stages.some((s) => s.lo[axis] !== s.hi[axis] || s.reach[axis] > 0);
    const choices = powers(last === 0 ? 2048 : axis === last ? 128 : moves ? 64 : 16).filter((n) => moves || n < 2 * size);
    shapes = shapes.flatMap((s) => choices.map((n) => [...s, n]));
  });
  const large = shapes.filter((s) => sizeOf(s) <= MOST_POINTS);
  const enough = large.filter((s) => sizeOf(s) >= LEAST_POINTS);
  return enough.length > 0 ? enough : large;
}

const powers = (most: number): number[] => Array.from({ length: Math.log2(most) + 1 }, (_, k) => 2 ** k);

/** Points along each axis that a stage computes for one tile. */
export const regionOf = ({ lo, hi }: Pick<TileStage, 'lo' | 'hi'>, shape: readonly number[]): number[] =>
  shape.map((n, axis) => n + hi[axis] - lo[axis]);

/** What a stage leaves for others, in workgroup memory. */
export interface Held {
  readonly stage: number;
  readonly output: number;
  /** Arrays of workgroup memory by number: what is no longer needed makes room. */
  readonly array: number;
}

export interface Memory {
  readonly held: readonly Held[];
  /** Type and elements of each array. Numbers are 32 bits wide there, whatever their dtype. */
  readonly arrays: readonly { readonly kind: string; readonly length: number }[];
}

/** Where the results of stages are kept until the last stage that reads them. */
export function memoryOf(stages: readonly TileStage[], shape: readonly number[]): Memory {
  const held: Held[] = [];
  const arrays: { kind: string; length: number; busyUntil: number }[] = [];
  stages.forEach((s, stage) => s.launch.kernel.outputs.forEach(({ dtype }, output) => {
    const readers = stages.flatMap(({ reads }, k) => (reads.some((r) => r?.stage === stage && r.output === output) ? [k] : []));
    if (readers.length === 0) return;
    const { kind } = dtypes[dtype];
    const length = sizeOf(regionOf(s, shape));
    const free = arrays.filter((a) => a.kind === kind && a.busyUntil < stage).sort((a, b) => b.length - a.length)[0];
    const array = free ?? { kind, length: 0, busyUntil: 0 };
    if (!free) arrays.push(array);
    array.length = Math.max(array.length, length);
    array.busyUntil = Math.max(...readers);
    held.push({ stage, output, array: arrays.indexOf(array) });
  }));
  return { held, arrays };
}

const bytesOf = (stages: readonly TileStage[], shape: readonly number[]): number =>
  memoryOf(stages, shape).arrays.reduce((sum, a) => sum + a.length * WORD, 0);

/** How wide the neighbourhood is in which an input is read. */
function widthOf({ launch, spans }: TileStage, input: number, axis: number): number {
  const k = spans.findIndex(([first, last]) => first === axis && last === axis);
  const near = readingOf(launch.kernel).inputs[input]?.[k];
  return near ? near.hi - near.lo : 0;
}

/** All stages, for one point of the tile. */
function pointCost(
  stages: readonly TileStage[], shape: readonly number[], slots: readonly BufferSlot[], limits: TileLimits,
): number {
  const points = sizeOf(shape);
  const line = Math.max(1, LINE / regionOf(stages[0], shape)[shape.length - 1]);
  const read = new Map<number, number>();
  let cost = 0, written = 0;
  for (const s of stages) {
    const share = sizeOf(regionOf(s, shape)) / points;
    cost += share * (workOf(s.launch.kernel) + SYNC);
    s.launch.inputs.forEach(({ slot, strides }, k) => {
      const { dtype, length } = slots[slot];
      // Neighbours' points around the tile are mostly in cache.
      if (s.reads[k] || strides.every((n) => n === 0)) return;
      const around = sizeOf(regionOf(s, shape).map((n, axis) => n + widthOf(s, k, axis))) / points;
      const bytes = ((1 + around) / 2) * Math.min(1, length / sizeOf(s.sizes)) * dtypes[dtype].bytes;
      read.set(slot, Math.max(read.get(slot) ?? 0, bytes));
    });
    s.launch.outputs.forEach((slot, k) => { if (s.stored[k]) written += dtypes[slots[slot].dtype].bytes; });
  }
  const bytes = [...read.values()].reduce((x, y) => x + y, written);
  return cost + memoryCost(1, bytes, limits) * line;
}
