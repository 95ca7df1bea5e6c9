/** From a sweep to the parameters of its driver: pieces, windows, and where everything is in a thread's workspace. */
import { dtypes } from '../../../dsl/dtype.ts';
import type { BufferSlot, Private, Stage, Sweep } from '../../../fusion/kernel.ts';
import { NARROWEST } from '../../../fusion/sweep/columns.ts';
import { isRing } from '../../../fusion/sweep/rings.ts';
import { cutOf } from '../../../fusion/sweep/window.ts';
import { sizeOf } from '../../../dsl/shape.ts';
import { asItIs, orientStage, type OrientedLaunch } from '../orient.ts';
import type { Base, Call } from '../prepare.ts';
import { programOf, type Program } from '../program.ts';
import { bandsOf, type BandLimits, type Bands } from './bands.ts';
import { ringsOf } from './rings.ts';
import { asRows, columnStrips, sharedPlaces, stripsOf, widthOf, type Strips } from './strips.ts';
import { planeBytes, prepareStage, type PreparedStage, type Room, type Rooms } from './stage.ts';

/** How sweeps are cut. */
export interface Cutting extends BandLimits {
  /** Bytes that a piece of a stage should take of a thread's cache. */
  readonly piece: number;
  /** Bytes of all windows together, where that leaves room to move on without copying too often. */
  readonly windows: number;
  /** Points of a stage that are worth a call. */
  readonly points: number;
  /** Columns of a strip of rows. */
  readonly columns: number;
  /** Of a strip of whole columns: bytes that it should take of a thread's first cache, and columns at least. */
  readonly strip: number;
  readonly narrowest: number;
}

export const CUTTING: Cutting = {
  piece: 128 * 1024, windows: 768 * 1024, bandPerOverlap: 32, mostBands: 64, points: 512, columns: 2048,
  strip: 32 * 1024, narrowest: NARROWEST,
};

const align = (n: number): number => Math.ceil(n / 64) * 64;

/** What the driver goes by; see driver.ts for the meaning. */
export interface Pieces extends Bands {
  readonly chunk: number;
  /** How far before a band pieces begin, so that the first of what stages do ahead is no longer than the others. */
  readonly lead: number;
}

export interface StagePlan {
  readonly program: Program;
  readonly launch: OrientedLaunch;
  readonly grain: number;
  /** Most units that are computed at a time. */
  readonly room: number;
  readonly prepared: PreparedStage;
  /** Where the parameters of its calls are, from the start of the parameters of all. */
  readonly at: readonly number[];
}

export interface WindowPlan {
  readonly of: Private;
  /** Bytes of a unit. */
  readonly unitBytes: number;
  /** Units it has room for; of a ring a power of two. */
  readonly room: number;
  readonly ring: boolean;
  readonly elementBytes: number;
  /** From the start of the workspace. */
  readonly at: number;
}

export interface PreparedSweep {
  /** One that is cut in columns as `asRows` has it. */
  readonly sweep: Sweep;
  /** See `Nest`. */
  readonly memory64: boolean;
  readonly pieces: Pieces;
  readonly strips: Strips | undefined;
  readonly stages: readonly StagePlan[];
  readonly windows: readonly WindowPlan[];
  /** By stage and plane, from the start of the workspace; undefined for planes that outlive the sweep. */
  readonly planes: readonly (readonly (number | undefined)[])[];
  /** Bytes of the parameters of all calls, which come first in a workspace. */
  readonly parameters: number;
  /** Bytes of a workspace. */
  readonly workspace: number;
  readonly finish: readonly { readonly stage: number; readonly call: Call }[];
  /** Estimated nanoseconds on one thread. */
  readonly work: number;
  readonly certain: boolean;
}

/** What a sweep is prepared for. */
export interface Conditions {
  readonly threads: number;
  /** See `Nest`. */
  readonly memory64: boolean;
  /** For vectors of 256 bits, where they pay. */
  readonly paired?: boolean;
  readonly cutting?: Cutting;
}

export function prepareSweep(
  given: Sweep, slots: readonly BufferSlot[], { threads, memory64, paired = false, cutting = CUTTING }: Conditions,
): PreparedSweep {
  const byColumns = given.cut === 'columns' ? columnStrips(given, cutting) : undefined;
  const sweep = byColumns ? asRows(given) : given;
  const { batch, units } = sweep;
  // Nobody needs more than its own piece: units can be taken together.
  const single = batch > 1 || sweep.stages.some((s) => s.lo !== 0 || s.hi !== 0 || s.units !== units || arePartsOfRows(s, batch));
  const ring = sweep.privates.map((p) => !byColumns && single && isRing(p, sweep));
  const strips = byColumns ?? (single && ring.every((is) => is) ? stripsOf(sweep, cutting.columns) : undefined);
  const chunk = byColumns ? 1 : chunkOf(sweep, slots, cutting, strips);
  // In strips a window has the columns that its stage computes.
  const lengthOf = (p: Private): number =>
    (strips ? widthOf(strips, p.producer) * (byColumns ? p.length : 1) : p.length);
  const rooms: Rooms = new Map(sweep.privates.flatMap((p, k): [number, Room][] => {
    if (byColumns) return [[p.slot, { kind: 'strip', from: byColumns.stages[p.producer].all, to: widthOf(byColumns, p.producer) }]];
    return ring[k] ? [[p.slot, { kind: 'ring', units: ringRoom(p, sweep, chunk), length: lengthOf(p) }]] : [];
  }));
  const roomFor = (p: Private): number => {
    const room = rooms.get(p.slot);
    return !room ? roomOf(p, sweep, slots, chunk, cutting) : room.kind === 'ring' ? room.units : 1;
  };
  const stages: StagePlan[] = [];
  let at = 0;
  for (const { launch: given, units: own, lo, hi, terminal } of sweep.stages) {
    const grain = single && !(lo === 0 && hi === 0 && terminal) ? 1 : chunk;
    const count = { batch, units: own };
    const { launch, cut } = byColumns ? { launch: asItIs(given), cut: cutOf(given.domain, count)! }
      : orientStage(given, count, grain === 1, ringsOf(given, count, rooms, sweep, strips !== undefined));
    const program = programOf(launch.kernel, launch.inner, launch.bodyInner, memory64, paired);
    const room = chunk + Math.abs(own - units);
    const width = byColumns && widthOf(byColumns, stages.length);
    const prepared = prepareStage(program, launch, { units: count, cut, grain, room, width }, terminal, rooms);
    const places = prepared.calls.map(({ call }) => (at += align(4 * call.words.length)) - align(4 * call.words.length));
    stages.push({ program, launch, grain, room, prepared, at: places });
  }
  const parameters = at;
  const take = (bytes: number): number => (at += align(bytes + 64)) - align(bytes + 64);
  const sizes = sweep.privates.map((p) => {
    const elementBytes = dtypes[slots[p.slot].dtype].bytes;
    const room = roomFor(p), unitBytes = lengthOf(p) * elementBytes;
    return { elementBytes, unitBytes, room, bytes: room * unitBytes };
  });
  const shared = byColumns && sharedPlaces(sweep.privates, sizes.map(({ bytes }) => align(bytes)));
  const first = shared && take(shared.bytes);
  const windows = sweep.privates.map((of, k): WindowPlan => {
    const { bytes, ...size } = sizes[k];
    return { of, ...size, ring: ring[k], at: shared ? first! + shared.at[k] : take(bytes) };
  });
  const planes = stages.map(({ prepared, room }, s) =>
    prepared.planes.map((p) => (sweep.stages[s].terminal ? undefined : take(planeBytes(p) * room))));
  const calls = stages.flatMap(({ prepared }) => prepared.calls.map(({ call }) => call));
  const work = calls.reduce((sum, c) => sum + c.work, 0);
  // What takes units together takes them from multiples of a piece on.
  const together = !single || sweep.stages.some((s) => s.terminal);
  const pieces: Pieces = byColumns ? { ...wholeBatches(batch), chunk, lead: 0 } : {
    ...bandsOf(sweep, { ...cutting, chunk, together, strips: strips?.count ?? 1, threads, work }), chunk,
    lead: chunk * Math.ceil(Math.max(...sweep.stages.map((s) => s.hi - s.lo)) / chunk),
  };
  return {
    sweep, memory64, pieces, strips, stages, windows, planes, parameters, workspace: align(at),
    finish: stages.flatMap(({ prepared: { finish } }, stage) => (finish ? [{ stage, call: finish }] : [])),
    work, certain: calls.every((c) => c.certain),
  };
}

const wholeBatches = (batch: number): Bands => ({ bands: batch, bandsPerBatch: 1, bandUnits: 1 });

/** Together, parts of rows would begin in one row and end in the next. */
function arePartsOfRows({ launch: { domain }, units }: Stage, batch: number): boolean {
  const inner = domain.length - 1;
  return cutOf(domain, { batch, units })?.axis === inner && domain.slice(0, inner).some((n) => n !== 1);
}

/** Bytes of memory that a unit of a slot is. */
const bytesPerUnit = (slots: readonly BufferSlot[], slot: number, count: number): number => slots[slot].bytes / count;

/** Units of a piece. */
function chunkOf(
  { batch, units, stages }: Sweep, slots: readonly BufferSlot[], cutting: Cutting, strips: Strips | undefined,
): number {
  const count = batch * units * (strips ? strips.all / strips.columns : 1);
  const touched = ({ launch: { inputs, outputs } }: Stage): Set<number> =>
    new Set([...inputs.filter((x) => x.sizes === undefined).map((x) => x.slot), ...outputs]);
  const bytesOf = (s: Stage): number => [...touched(s)].reduce((sum, slot) => sum + bytesPerUnit(slots, slot, count), 0);
  const unitBytes = Math.max(...stages.map(bytesOf));
  const points = Math.max(...stages.map(({ launch }) => sizeOf(launch.domain))) / count;
  return Math.max(1, Math.min(units, Math.max(Math.round(cutting.piece / unitBytes), Math.ceil(cutting.points / points))));
}

/** Units that have to be in a window at a time. */
function leastRoom({ producer, consumers }: Private, { units, stages }: Sweep, chunk: number): number {
  const own = stages[producer];
  const behind = Math.max(0, ...consumers.map((c) => own.hi - stages[c.stage].hi - c.lo));
  return chunk + behind + Math.abs(own.units - units) + 1;
}

const ringRoom = (p: Private, sweep: Sweep, chunk: number): number => 2 ** Math.ceil(Math.log2(leastRoom(p, sweep, chunk)));

/** Units that a window holds: what has to be there at least, and room for more, so that it is not moved for every piece. */
function roomOf(p: Private, sweep: Sweep, slots: readonly BufferSlot[], chunk: number, cutting: Cutting): number {
  const spare = Math.floor(cutting.windows / sweep.privates.length / (p.length * dtypes[slots[p.slot].dtype].bytes));
  return Math.min(sweep.stages[p.producer].units + 1, Math.max(leastRoom(p, sweep, chunk), spare));
}

interface MovingBase {
  readonly word: number;
  /** One of the two. */
  readonly window?: number;
  readonly plane?: number;
}

/** What in the parameters of a stage's call is the address of a window or plane, which moves. */
export function movingBases(prepared: PreparedSweep, stage: number, call: Call): MovingBase[] {
  const { sweep, windows, planes } = prepared;
  const { launch } = sweep.stages[stage];
  const windowOf = (slot: number): number => windows.findIndex((w) => w.of.slot === slot);
  return call.bases.flatMap(({ word, of, index }: Base): MovingBase[] => {
    if (of === 'plane') return planes[stage][index] === undefined ? [] : [{ word, plane: index }];
    const slot = of === 'input' ? launch.inputs[index].slot : of === 'output' ? launch.outputs[index] : -1;
    const window = windowOf(slot);
    return window < 0 ? [] : [{ word, window }];
  });
}
