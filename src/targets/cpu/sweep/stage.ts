/**
 * A stage of a sweep as calls: the same calls that a launch makes, but cut so that units `a` up to `b` are the blocks from
 * `a / grain * blocks` up to `b / grain * blocks` of each of them.
 */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import { sizeOf, stridesOf } from '../../../dsl/shape.ts';
import { InternalError } from '../../../errors.ts';
import { cutOf, type Cut, type Units } from '../../../fusion/sweep/window.ts';
import { blockMap, blockReduceInner, blockReduceOuter, type Blocking } from '../blocks.ts';
import type { Geometry, Walk } from '../layout.ts';
import type { OrientedLaunch } from '../orient.ts';
import { endSizes, makeCall, outputsFrom, type Call, type CallParts } from '../prepare.ts';
import type { Program } from '../program.ts';

export interface StageCall {
  readonly call: Call;
  /** Of the units that are computed at a time. */
  readonly blocks: number;
}

export interface PreparedStage {
  /** Made for every piece. */
  readonly calls: readonly StageCall[];
  /** Made once after the sweep: what ends a reduction over the units. */
  readonly finish: Call | undefined;
  /**
   * Of partial results: elements from unit to unit; and as many as there are at a time for each of the units that there is room
   * for, or for all together where they are needed after the sweep; times `chunks`.
   */
  readonly planes: readonly { readonly dtype: DType; readonly unit: number; readonly length: number; readonly chunks: number }[];
}

interface Where {
  readonly units: Units;
  readonly cut: Cut;
  /** Units to a block. */
  readonly grain: number;
  /** Units for which partial results are kept at a time. */
  readonly room: number;
  /** Of columns: as many as are computed at a time. */
  readonly width?: number;
}

/**
 * Of private slots that lie otherwise than they would in memory. Rings: units there is room for, and elements from one to the
 * next. Strips: elements from row to row, and what those were.
 */
export type Room =
  | { readonly kind: 'ring'; readonly units: number; readonly length: number }
  | { readonly kind: 'strip'; readonly from: number; readonly to: number };
export type Rooms = ReadonlyMap<number, Room>;

export function prepareStage(
  program: Program, given: OrientedLaunch, where: Where, terminal: boolean, rooms: Rooms,
): PreparedStage {
  const { domain } = given;
  const { launch, stored, masks } = inRooms(given, where.cut, rooms);
  const walk = (k: number): Walk => stored[k];
  const body = { inputs: launch.inputs, outputs: outputsFrom(launch, 'body'), masks, walk };
  const work = program.work(launch);
  if (program.kind === 'map') {
    const { nest } = program.map;
    const blocking = cutMap(domain, where);
    const call = makeCall(0, nest, blocking, work, { sizes: domain, ...body });
    return { calls: [{ call, blocks: 1 }], finish: undefined, planes: [] };
  }
  if (program.kind !== 'reduce') return fail(`${launch.kernel.name} is no stage of a sweep`);

  const { reduce, finish, keptAxes } = program;
  const { blocking, blocks, planeUnit } = terminal ? cutTerminal(domain, reduce.axes, where)
    : where.width === undefined ? cutReduction(domain, reduce.axes, work.cost, where)
    : cutColumns(domain, reduce.axes, work.cost, program.loops, where);
  const { chunks, planeLength } = blocking.geometry;
  const first = makeCall(0, reduce, blocking, work, { sizes: domain, ...body });
  const alongKept = (list: readonly number[], none: number): number[] =>
    (keptAxes.length > 0 ? keptAxes.map((k) => list[k]) : [none]);
  const own = alongKept(domain, 1);
  const dense: Walk = { offset: 0, strides: stridesOf(own) };
  const ends = outputsFrom(launch, 'epilogue').map((k) => inRoom(rooms.get(launch.outputs[k]), dense));
  const inputs = launch.inputs.map((a) => (a.sizes ? a : { ...a, strides: alongKept(a.strides, 0) }));
  const kept = where.width === undefined ? endSizes(finish.nest, own, inputs, ends.map((w) => w.strides)) : own;
  const last = terminal
    ? blockMap(sizeOf(kept.slice(0, -1)), kept.at(-1)!, 16 + chunks)
    : cutMap(kept, { ...where, cut: cutOf(kept, where.units)! });
  const combining = { ...last, geometry: { ...last.geometry, chunks, planeLength } };
  const second = makeCall(1, finish.nest, combining, { cost: 4 + chunks, certain: true }, {
    sizes: kept, inputs, outputs: outputsFrom(launch, 'epilogue'), walk: (k) => ends[k],
  });
  const planes = reduce.planes.map((dtype) =>
    ({ dtype, unit: planeUnit, length: terminal ? planeLength : where.width ?? planeUnit, chunks }));
  const calls = [{ call: first, blocks }, ...terminal ? [] : [{ call: second, blocks: 1 }]];
  return { calls, finish: terminal ? second : undefined, planes };
}

interface InRooms {
  readonly launch: OrientedLaunch;
  /** How what the body stores is walked. */
  readonly stored: readonly Walk[];
  readonly masks: NonNullable<CallParts['masks']>;
}

/** A launch as its inputs and outputs are where they have rooms. */
function inRooms(launch: OrientedLaunch, { axis }: Cut, rooms: Rooms): InRooms {
  const maskOf = (slot: number): number | undefined => {
    const room = rooms.get(slot);
    return room?.kind === 'ring' ? room.units - 1 : undefined;
  };
  const outputs = outputsFrom(launch, 'body').map((k) => launch.outputs[k]);
  return {
    launch: { ...launch, inputs: launch.inputs.map((x) => ({ ...x, ...inRoom(rooms.get(x.slot), x, axis) })) },
    stored: outputs.map((slot) => inRoom(rooms.get(slot), { offset: 0, strides: launch.bodyStrides }, axis)),
    masks: { inputs: launch.inputs.map((x) => maskOf(x.slot)), outputs: outputs.map(maskOf) },
  };
}

/** `axis`: that of the units. In a ring coordinates come round, and axes before do not move. */
function inRoom(room: Room | undefined, { offset, strides }: Walk, axis = 0): Walk {
  if (room?.kind === 'ring') return { offset, strides: strides.map((s, k) => (k < axis ? 0 : k === axis ? room.length : s)) };
  if (room?.kind !== 'strip') return { offset, strides };
  const { from, to } = room;
  const column = offset % from, inner = strides.length - 1;
  return { offset: (offset - column) / from * to + column, strides: strides.map((s, k) => (k === inner ? s : s / from * to)) };
}

export const planeBytes = (p: PreparedStage['planes'][number]): number => p.length * p.chunks * dtypes[p.dtype].bytes;

const product = (list: readonly number[]): number => list.reduce((n, s) => n * s, 1);
const blocked = (geometry: Partial<Geometry>, elements: number, blocks: number): Blocking => ({
  geometry: {
    columnBlocks: 1, columnsPerBlock: 1, rowBlocks: 1, rowsPerBlock: 1, rows: 1,
    keptPerBlock: 1, kept: 1, chunks: 1, planeLength: 0, ...geometry,
  },
  blocks, elements,
});

/** One block to each `grain` units. */
function cutMap(sizes: readonly number[], { units: { batch, units }, cut: { axis, per }, grain }: Where): Blocking {
  const inner = sizes.length - 1;
  const [rows, columns] = [product(sizes.slice(0, inner)), sizes[inner]];
  const blocks = batch * Math.ceil(units / grain);
  if (axis === inner) {
    const columnsPerBlock = grain * per;
    const columnBlocks = Math.ceil(columns / columnsPerBlock);
    // Units are pieces of each row in turn, or of turned axes: the same columns of all rows.
    const rowsPerBlock = batch * units * per === columns ? rows : 1;
    return blocked({ columnBlocks, columnsPerBlock, rowBlocks: rows / rowsPerBlock, rowsPerBlock, rows }, rows * columns, blocks);
  }
  const rowsPerBlock = grain * per * product(sizes.slice(axis + 1, inner));
  const rowBlocks = Math.ceil(rows / rowsPerBlock);
  return blocked({ columnsPerBlock: columns, rowsPerBlock, rowBlocks, rows }, rows * columns, blocks);
}

interface CutReduction {
  readonly blocking: Blocking;
  /** To each `grain` units. */
  readonly blocks: number;
  /** Elements of a plane for a unit. */
  readonly planeUnit: number;
}

/** Units are kept points: as many partial results to each point as there would be without a sweep. */
function cutReduction(
  sizes: readonly number[], axes: readonly number[], cost: number, { cut: { axis, per }, grain, room }: Where,
): CutReduction {
  const inner = sizes.length - 1;
  const isReduced = (k: number): boolean => axes.includes(k);
  const keptOuter = sizes.map((n, k) => (k === inner || isReduced(k) ? 1 : n));
  const rows = product(sizes.filter((_, k) => k !== inner && isReduced(k)));
  const columns = sizes[inner];
  const kept = product(keptOuter);
  const elements = product(sizes);
  if (axis === inner) {
    // Lanes are units: rows are reduced all at once.
    const columnsPerBlock = grain * per;
    const columnBlocks = Math.ceil(columns / columnsPerBlock);
    const geometry = { columnBlocks, columnsPerBlock, rowsPerBlock: rows, rows, kept, planeLength: room * per };
    return { blocking: blocked(geometry, elements, columnBlocks), blocks: 1, planeUnit: per };
  }
  const points = per * product(keptOuter.slice(axis + 1));
  const keptPerBlock = grain * points;
  const own = isReduced(inner)
    ? blockReduceInner(keptPerBlock, rows, columns, cost)
    : blockReduceOuter(keptPerBlock, rows, columns, cost);
  const { columnBlocks, rowBlocks } = own.geometry;
  const planeUnit = isReduced(inner) ? points : points * columns;
  const geometry = { ...own.geometry, keptPerBlock, kept, planeLength: room * planeUnit };
  const blocks = columnBlocks * rowBlocks;
  return { blocking: { geometry, blocks: blocks * Math.ceil(kept / keptPerBlock), elements }, blocks, planeUnit };
}

/** Units are batches, of which columns are kept: as many partial results to each as there would be without a sweep. */
function cutColumns(
  sizes: readonly number[], axes: readonly number[], cost: number, loops: boolean, { units: { batch }, width }: Where,
): CutReduction {
  const columns = sizes.at(-1)!;
  const own = blockReduceOuter(batch, product(axes.map((k) => sizes[k])), columns, cost, loops);
  const geometry = {
    ...own.geometry, columnBlocks: 1, columnsPerBlock: columns, keptPerBlock: 1, kept: batch, planeLength: width!,
  };
  const blocks = own.geometry.rowBlocks;
  return { blocking: { geometry, blocks: batch * blocks, elements: product(sizes) }, blocks, planeUnit: columns };
}

/** Units are reduced: a partial result to each `grain` of them. */
function cutTerminal(sizes: readonly number[], axes: readonly number[], { cut: { axis, per }, grain }: Where): CutReduction {
  const inner = sizes.length - 1;
  const reducedOuter = sizes.map((n, k) => (k !== inner && axes.includes(k) ? n : 1));
  const kept = product(sizes.filter((_, k) => k !== inner && !axes.includes(k)));
  const [rows, columns] = [product(reducedOuter), sizes[inner]];
  const planeLength = Math.ceil((axes.includes(inner) ? kept : kept * columns) / 128) * 128;
  const shared = { keptPerBlock: kept, kept, planeLength, rows };
  const elements = product(sizes);
  if (axis === inner) {
    const columnsPerBlock = grain * per;
    const columnBlocks = Math.ceil(columns / columnsPerBlock);
    const geometry = { ...shared, columnBlocks, columnsPerBlock, rowsPerBlock: rows, chunks: columnBlocks };
    return { blocking: blocked(geometry, elements, columnBlocks), blocks: 1, planeUnit: 0 };
  }
  const rowsPerBlock = grain * per * product(reducedOuter.slice(axis + 1));
  const rowBlocks = Math.ceil(rows / rowsPerBlock);
  const geometry = { ...shared, rowsPerBlock, rowBlocks, columnsPerBlock: columns, chunks: rowBlocks };
  return { blocking: blocked(geometry, elements, rowBlocks), blocks: 1, planeUnit: 0 };
}

function fail(message: string): never {
  throw new InternalError(message);
}

