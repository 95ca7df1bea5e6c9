/**
 * Forms tiles: which of the launches that follow each other may run as one, tile by tile, and what needs no buffer then.
 * Guarantees that every stage finds what it reads: computed before for the same tile, with the border of its own array at the
 * array's edge, or complete before all of them.
 */
import { dtypes } from '../../dsl/dtype.ts';
import { sizeOf } from '../../dsl/shape.ts';
import type { BufferSlot, Launch, StageRead, Tile, TileStage } from '../kernel.ts';
import type { Instance, PrivateSlots } from './form.ts';
import { readingOf, shiftOf, spansOf, type Span, type Spans } from './tile-points.ts';
import { shapeOf, type TileLimits } from './tile-shape.ts';

/** More stages than this make code that nobody has measured. */
const MOST_STAGES = 16;
/** Axes of tiles. */
const MOST_AXES = 4;
/** Indices have 32 bits. */
const MOST_POINTS = 2 ** 31;

/** A group of launches as it is being looked at. */
interface Member {
  readonly launch: Launch;
  readonly sizes: readonly number[];
  readonly spans: Spans;
  readonly reads: readonly (Read | undefined)[];
}

interface Read extends StageRead {
  /** Along the axes of the tiles. */
  readonly near: readonly Span[];
}

/** Launches `from` up to `to` as one, and what it costs; undefined when they cannot be one. */
export function formTile(
  launches: readonly Launch[], instances: readonly (readonly Instance[])[], from: number, to: number,
  privateSlots: PrivateSlots, slots: readonly BufferSlot[], limits: TileLimits,
): { readonly run: Tile; readonly cost: number } | undefined {
  const group = launches.slice(from, to);
  if (group.length < 2 || group.length > MOST_STAGES) return undefined;
  if (group.some((l) => l.kernel.schedule !== 'map' || l.domain.includes(0))) return undefined;
  const isNeeded = (member: number, output: number): boolean => instances[from + member][output].lastUse >= to;
  const members = membersOf(group);
  if (!members || !areConnected(members) || !areApart(members, isNeeded)) return undefined;
  const { sizes } = members[members.length - 1];
  const wraps = wrapsOf(members, sizes.length);
  const halos = wraps && halosOf(members, isNeeded, sizes);
  if (!halos || buffersOf(members, isNeeded) > limits.buffers || sizeOf(sizes) >= MOST_POINTS) return undefined;

  const taken = new Set<number>();
  const privates: { readonly slot: number }[] = [];
  const stored = members.map((m, k) => m.launch.outputs.map((_, output) => isNeeded(k, output)));
  const slotOf = members.map(({ launch }, k) => launch.outputs.map((slot, output) => {
    if (stored[k][output]) return slot;
    const own = privateSlots.like(slot, taken);
    taken.add(own);
    privates.push({ slot: own });
    return own;
  }));
  const stages = members.map(({ launch, sizes: own, spans, reads }, k): TileStage => {
    const inputs = launch.inputs.map((x, input) => {
      const read = reads[input];
      return read ? { ...x, slot: slotOf[read.stage][read.output] } : x;
    });
    return {
      launch: { ...launch, inputs, outputs: slotOf[k] }, sizes: own, spans, ...halos[k],
      reach: alongAxes(readingOf(launch.kernel).reach, spans, 0, sizes.length),
      reads: reads.map((r) => r && { stage: r.stage, output: r.output, shift: r.shift }), stored: stored[k],
    };
  });
  const found = shapeOf(stages, slots, limits);
  return found && { run: { kind: 'tile', sizes, shape: found.shape, wraps, stages, privates }, cost: found.cost };
}

/** All launches along the axes of the one that has most; undefined when one cannot be seen so. */
function membersOf(group: readonly Launch[]): Member[] | undefined {
  const rank = Math.max(...group.map((l) => l.domain.length));
  if (rank > MOST_AXES) return undefined;
  const full = group.filter((l) => l.domain.length === rank).map((l) => l.domain);
  const members: Member[] = [];
  const home = new Map<number, { readonly stage: number; readonly output: number }>();
  for (const launch of group) {
    const seen = launch.domain.length === rank ? [launch.domain] : full;
    const member = seen.map((sizes) => memberOf(launch, sizes, members, home)).find((m) => m !== undefined);
    if (!member) return undefined;
    const stage = members.push(member) - 1;
    launch.outputs.forEach((slot, output) => home.set(slot, { stage, output }));
  }
  return members;
}

function memberOf(
  launch: Launch, sizes: readonly number[], members: readonly Member[],
  home: ReadonlyMap<number, { readonly stage: number; readonly output: number }>,
): Member | undefined {
  const spans = spansOf(launch.domain, sizes);
  if (!spans) return undefined;
  const { inputs, reach } = readingOf(launch.kernel);
  // A border is that of one axis.
  if (spans.some(([first, last], k) => first !== last && reach[k] > 0)) return undefined;
  const reads: (Read | undefined)[] = [];
  for (const [input, access] of launch.inputs.entries()) {
    const from = home.get(access.slot);
    const near = inputs[input];
    if (!from) {
      reads.push(undefined);
      continue;
    }
    const shift = shiftOf(launch, access, spans, sizes, members[from.stage].sizes);
    if (!shift || !near) return undefined;
    reads.push({ ...from, shift, near: alongAxes(near, spans, still, sizes.length) });
  }
  return { launch, sizes, spans, reads };
}

const still: Span = { lo: 0, hi: 0, wraps: false, ends: false };

/** What holds for the axes of a domain, for those of the tiles. */
function alongAxes<T>(list: readonly T[], spans: Spans, otherwise: T, rank: number): T[] {
  const along = new Array<T>(rank).fill(otherwise);
  spans.forEach(([first, last], k) => { if (first === last) along[first] = list[k]; });
  return along;
}

/** The first and the last have to do with others; one in between that has not is taken along. */
function areConnected(members: readonly Member[]): boolean {
  const isRead = members.some(({ reads }) => reads.some((r) => r?.stage === 0));
  return isRead && members[members.length - 1].reads.some((r) => r !== undefined);
}

/** No buffer is written that the group reads as it was before, or that it has written something else to. */
function areApart(members: readonly Member[], isNeeded: (member: number, output: number) => boolean): boolean {
  const read = new Set(members.flatMap(({ launch, reads }) => launch.inputs.flatMap(({ slot }, k) => (reads[k] ? [] : [slot]))));
  const written = members.flatMap(({ launch }, m) => launch.outputs.filter((_, output) => isNeeded(m, output)));
  return new Set(written).size === written.length && !written.some((slot) => read.has(slot));
}

const buffersOf = (members: readonly Member[], isNeeded: (member: number, output: number) => boolean): number =>
  new Set(members.flatMap(({ launch, reads }, m) => [
    ...launch.inputs.flatMap(({ slot }, k) => (reads[k] ? [] : [slot])),
    ...launch.outputs.filter((_, output) => isNeeded(m, output)),
  ])).size;

/** Which axes wrap; undefined where one of them does for some stages only. */
function wrapsOf(members: readonly Member[], rank: number): boolean[] | undefined {
  const wraps: boolean[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const reads = members.flatMap((m) => m.reads.filter((r) => r !== undefined));
    const wrap = reads.some((r) => r.near[axis].wraps);
    const [{ sizes }] = members;
    const alike = members.every((m) => m.sizes[axis] === sizes[axis]);
    if (wrap && (!alike || reads.some((r) => r.near[axis].ends || r.shift[axis] !== 0))) return undefined;
    wraps.push(wrap);
  }
  return wraps;
}

/**
 * How far beyond a tile each stage has to go for those after it; undefined where a stage stores other points than the last
 * one, or what it computes is needed by nobody.
 */
function halosOf(
  members: readonly Member[], isNeeded: (member: number, output: number) => boolean, sizes: readonly number[],
): { readonly lo: number[]; readonly hi: number[] }[] | undefined {
  const halos = members.map((_, m) => {
    const stores = members[m].launch.outputs.some((_, output) => isNeeded(m, output));
    return { lo: sizes.map(() => (stores ? 0 : Infinity)), hi: sizes.map(() => (stores ? 0 : -Infinity)), stores };
  });
  for (let m = members.length - 1; m >= 0; m--) {
    const own = halos[m];
    if (own.lo.includes(Infinity)) return undefined;
    if (own.stores && !canStore(members[m], isNeeded, m, sizes)) return undefined;
    for (const r of members[m].reads) {
      if (!r) continue;
      const { lo, hi } = halos[r.stage];
      r.near.forEach((near, axis) => {
        lo[axis] = Math.min(lo[axis], own.lo[axis] + near.lo + r.shift[axis]);
        hi[axis] = Math.max(hi[axis], own.hi[axis] + near.hi + r.shift[axis]);
      });
    }
  }
  return halos.map(({ lo, hi }) => ({ lo, hi }));
}

/** A tile stores the same points of all results. Elements that share words are stored by launches of their own. */
function canStore(
  { launch, sizes }: Member, isNeeded: (member: number, output: number) => boolean, m: number, all: readonly number[],
): boolean {
  return sizes.every((n, axis) => n === all[axis])
    && launch.kernel.outputs.every((o, output) => !isNeeded(m, output) || dtypes[o.dtype].bytes === 4);
}
