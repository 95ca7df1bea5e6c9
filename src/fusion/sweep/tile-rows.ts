/**
 * Forms rows: reductions of rows and the launches that need the results, as one run that works row by row. Guarantees that a
 * row needs nothing of another one but what is complete before, and that an element of a row is read, kept and stored by one
 * and the same invocation; results of reductions are there for all invocations of the row.
 */
import { dtypes } from '../../dsl/dtype.ts';
import { valuesIn } from '../../dsl/kernel/walk.ts';
import { sizeOf, stridesOf } from '../../dsl/shape.ts';
import type { Access, BufferSlot, Kernel, Launch, RowAxes, RowRead, Rows, RowStage } from '../kernel.ts';
import type { Instance, PrivateSlots } from './form.ts';
import { memoryCost, workOf, type TileLimits } from './tile-shape.ts';

const MOST_STAGES = 8;
/** Invocations of a workgroup, and the most neighbouring rows of one where a row's elements are not neighbours in memory. */
const GROUP = 256, ABREAST = 32;
/** Invocations that keep a device busy: with fewer, little is gained but launches. */
const MANY = 4096;
/** Bytes of an accumulator. */
const ACCUMULATOR = 8;
const WORD = 4;
/** What it costs an invocation to combine its share of a reduction with those of others. */
const COMBINE = 40;

interface Shape {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

interface Member {
  readonly launch: Launch;
  readonly axes: RowAxes | undefined;
  readonly once: boolean;
  /** What earlier members leave; memory is decided later. */
  readonly left: readonly ((RowRead & { readonly kind: 'left' }) | undefined)[];
}

/** Launches `from` up to `to` as one, and what it costs; undefined when they cannot be one. */
export function formRows(
  launches: readonly Launch[], instances: readonly (readonly Instance[])[], from: number, to: number,
  privateSlots: PrivateSlots, slots: readonly BufferSlot[], limits: TileLimits,
): { readonly run: Rows; readonly cost: number } | undefined {
  const group = launches.slice(from, to);
  if (group.length < 2 || group.length > MOST_STAGES || group.some((l) => l.domain.includes(0))) return undefined;
  if (group.some((l) => l.kernel.schedule !== 'map' && l.kernel.schedule !== 'reduce')) return undefined;
  const isNeeded = (member: number, output: number): boolean => instances[from + member][output].lastUse >= to;
  const first = group.find((l) => l.kernel.reduction);
  const shape = first && shapeOf(first);
  const members = shape && membersOf(group, shape);
  if (!members || !members[members.length - 1].left.some((r) => r !== undefined)) return undefined;
  const stored = members.map(({ launch }, m) => launch.outputs.map((_, output) => isNeeded(m, output)));
  if (!canStore(members, stored) || !areApart(members, stored) || buffersOf(members, stored) > limits.buffers) return undefined;

  const team = shape.inner > 1 ? GROUP / ABREAST : teamOf(shape.length);
  const kept = keptSlots(members);
  const vectors = new Set(members.flatMap((m) => m.left.flatMap((r) => (r && !r.once ? [`${r.stage}.${r.output}`] : []))));
  const room = roomFor(members, vectors.size + kept.size, shape.length, team, limits.memory);
  if (room === 0 && vectors.size > 0) return undefined;

  const taken = new Set<number>();
  const privates: { readonly slot: number }[] = [];
  const slotOf = members.map(({ launch }, m) => launch.outputs.map((slot, output) => {
    if (stored[m][output]) return slot;
    const own = privateSlots.like(slot, taken);
    taken.add(own);
    privates.push({ slot: own });
    return own;
  }));
  const stages = members.map(({ launch, axes, once, left }, m): RowStage => {
    const inputs = launch.inputs.map((x, k) => {
      const read = left[k];
      return read ? { ...x, slot: slotOf[read.stage][read.output] } : x;
    });
    const reads = launch.inputs.map((x, k): RowRead | undefined =>
      left[k] ?? (room > 0 && !once && kept.has(x.slot) && isOwnElement(launch, k, axes) ? { kind: 'kept', slot: x.slot } : undefined));
    return { launch: { ...launch, inputs, outputs: slotOf[m] }, axes, once, reads, stored: stored[m], lo: [0], hi: [0] };
  });
  const run: Rows = { kind: 'rows', ...shape, team, room, stages, privates };
  return { run, cost: costOf(run, slots, limits) };
}

/** Invocations for a row whose elements are neighbours. */
const teamOf = (length: number): number => (length <= 16 ? 4 : length <= 256 ? 16 : length <= 1024 ? 64 : 256);

const count = (sizes: readonly number[], axes: readonly number[]): number => axes.reduce((n, k) => n * sizes[k], 1);

/** The rows of a launch that reduces; undefined where the reduced axes are not neighbours. */
function shapeOf({ domain, kernel: { reduction } }: Launch): Shape | undefined {
  const { axes } = reduction!;
  const [first] = axes, last = axes[axes.length - 1];
  if (last - first + 1 !== axes.length) return undefined;
  const all = [...domain.keys()];
  return {
    outer: count(domain, all.slice(0, first)), length: count(domain, axes), inner: count(domain, all.slice(last + 1)),
  };
}

/** Which axes of a domain are which; undefined when one of them is part of two. */
function axesOf(domain: readonly number[], { outer, length, inner }: Shape): RowAxes | undefined {
  const parts: number[][] = [];
  let axis = 0;
  for (const size of [outer, length, inner]) {
    const part: number[] = [];
    for (let points = 1; points < size;) {
      if (axis === domain.length) return undefined;
      points *= domain[axis];
      if (points > size) return undefined;
      part.push(axis++);
    }
    parts.push(part);
  }
  // What is left has one point.
  while (axis < domain.length) {
    if (domain[axis] !== 1) return undefined;
    parts[2].push(axis++);
  }
  return { outer: parts[0], length: parts[1], inner: parts[2] };
}

/** Where a member leaves what it computes. */
interface Home {
  readonly stage: number;
  readonly output: number;
  readonly once: boolean;
}

function membersOf(group: readonly Launch[], shape: Shape): Member[] | undefined {
  const members: Member[] = [];
  const home = new Map<number, Home>();
  for (const launch of group) {
    const member = memberOf(launch, shape, home);
    if (!member) return undefined;
    const stage = members.push(member) - 1;
    launch.outputs.forEach((slot, output) =>
      home.set(slot, { stage, output, once: member.once || launch.kernel.outputs[output].from === 'epilogue' }));
  }
  return members;
}

function memberOf(launch: Launch, shape: Shape, home: ReadonlyMap<number, Home>): Member | undefined {
  const { kernel, domain } = launch;
  const points = sizeOf(domain), rows = shape.outer * shape.inner;
  // Rows of one element are as well the results of reductions.
  const once = points === rows && points !== rows * shape.length;
  if (!once && points !== rows * shape.length) return undefined;
  const axes = kernel.reduction ? reducedAxes(launch, shape) : axesOf(domain, once ? { ...shape, length: 1 } : shape);
  if (!axes && (kernel.reduction || domain.length !== 1)) return undefined;
  const left: Member['left'][number][] = [];
  for (const [k, { slot }] of launch.inputs.entries()) {
    const from = home.get(slot);
    if (from && !(from.once ? isOfRow(launch, k, axes, once) : !once && isOwnElement(launch, k, axes))) return undefined;
    left.push(from && { kind: 'left', ...from });
  }
  return { launch, axes, once, left };
}

/** The same rows, in a launch that reduces them. */
function reducedAxes(launch: Launch, shape: Shape): RowAxes | undefined {
  const own = shapeOf(launch);
  if (!own || own.outer !== shape.outer || own.length !== shape.length || own.inner !== shape.inner) return undefined;
  const all = [...launch.domain.keys()], { axes } = launch.kernel.reduction!;
  return { outer: all.slice(0, axes[0]), length: axes, inner: all.slice(axes[axes.length - 1] + 1) };
}

const places = new WeakMap<Kernel, { readonly away: ReadonlySet<number>; readonly late: ReadonlySet<number> }>();

/** Inputs that are read beside the point, or anywhere; and those that an epilogue reads. */
function placesOf(kernel: Kernel): { readonly away: ReadonlySet<number>; readonly late: ReadonlySet<number> } {
  let found = places.get(kernel);
  if (!found) {
    const away = new Set<number>(), late = new Set<number>();
    for (const v of valuesIn(kernel.body)) if ((v.kind === 'read' && v.at) || v.kind === 'gather') away.add(v.input);
    for (const v of kernel.reduction ? valuesIn(kernel.reduction.epilogue) : []) if (v.kind === 'read') late.add(v.input);
    places.set(kernel, found = { away, late });
  }
  return found;
}

/** Every point reads its own element of dense points. */
function isOwnElement(launch: Launch, input: number, axes: RowAxes | undefined): boolean {
  const { domain, kernel } = launch;
  const { away, late } = placesOf(kernel);
  return !away.has(input) && !late.has(input) && walks(launch.inputs[input], domain, axes ? [...domain.keys()] : [0]);
}

/** Every point reads the element of its row. */
function isOfRow(launch: Launch, input: number, axes: RowAxes | undefined, once: boolean): boolean {
  if (placesOf(launch.kernel).away.has(input)) return false;
  if (!axes) return once && walks(launch.inputs[input], launch.domain, [0]);
  const { strides } = launch.inputs[input];
  const still = axes.length.every((k) => launch.domain[k] === 1 || strides[k] === 0);
  return still && walks(launch.inputs[input], launch.domain, [...axes.outer, ...axes.inner]);
}

/** An access goes densely along some axes, from the first element on. */
function walks({ offset, strides, sizes }: Access, domain: readonly number[], axes: readonly number[]): boolean {
  const dense = stridesOf(axes.map((k) => domain[k]));
  return sizes === undefined && offset === 0 && axes.every((k, n) => domain[k] === 1 || strides[k] === dense[n]);
}

/** Elements that share words are stored by launches of their own. */
const canStore = (members: readonly Member[], stored: readonly (readonly boolean[])[]): boolean =>
  members.every(({ launch: { kernel } }, m) => kernel.outputs.every((o, k) => !stored[m][k] || dtypes[o.dtype].bytes === WORD));

/** What the group reads as it was before is written by nobody, or by whom every point reads its own element only. */
function areApart(members: readonly Member[], stored: readonly (readonly boolean[])[]): boolean {
  const written = members.flatMap(({ launch }, m) => launch.outputs.filter((_, k) => stored[m][k]));
  if (new Set(written).size !== written.length) return false;
  return members.every(({ launch, left, axes, once }, m) => launch.inputs.every(({ slot }, k) => {
    if (left[k] || !written.includes(slot)) return true;
    const writer = members.findIndex((w, n) => w.launch.outputs.some((s, output) => s === slot && stored[n][output]));
    return m <= writer && !once && !members[writer].once && isOwnElement(launch, k, axes) && isBody(members[writer].launch, slot);
  }));
}

const isBody = ({ kernel, outputs }: Launch, slot: number): boolean => kernel.outputs[outputs.indexOf(slot)].from === 'body';

const buffersOf = (members: readonly Member[], stored: readonly (readonly boolean[])[]): number =>
  new Set(members.flatMap(({ launch, left }, m) => [
    ...launch.inputs.flatMap(({ slot }, k) => (left[k] ? [] : [slot])), ...launch.outputs.filter((_, k) => stored[m][k]),
  ])).size;

/** Arrays of which several stages read the elements of the row. */
function keptSlots(members: readonly Member[]): Set<number> {
  const readers = new Map<number, number>();
  for (const { launch, left, axes, once } of members) {
    const own = launch.inputs.flatMap(({ slot }, k) => (left[k] || once || !isOwnElement(launch, k, axes) ? [] : [slot]));
    for (const slot of new Set(own)) readers.set(slot, (readers.get(slot) ?? 0) + 1);
  }
  return new Set([...readers].filter(([, n]) => n > 1).map(([slot]) => slot));
}

/** Elements for which a row has room in workgroup memory; 0 where it does not fit. */
function roomFor(members: readonly Member[], vectors: number, length: number, team: number, memory: number): number {
  if (vectors === 0) return 0;
  const shares = new Map<string, number>();
  for (const { launch: { kernel } } of members) {
    const terms = kernel.reduction?.terms ?? [];
    shares.set(terms.map((t) => `${t.reducer} ${kernel.body.results[t.value].dtype}`).join(), terms.length * ACCUMULATOR * GROUP);
  }
  const room = 2 ** Math.ceil(Math.log2(Math.max(length, team)));
  const bytes = [...shares.values()].reduce((x, y) => x + y, vectors * (GROUP / team) * room * WORD);
  return bytes <= memory ? room : 0;
}

/** Like the cost of tiles. Few rows leave most of a device idle. */
function costOf({ stages, outer, length, inner, team }: Rows, slots: readonly BufferSlot[], limits: TileLimits): number {
  const rows = outer * inner, points = rows * length;
  const read = new Map<number, number>();
  let work = 0, bytes = 0;
  for (const { launch, once, reads, stored } of stages) {
    work += (once ? rows : points) * workOf(launch.kernel) + (launch.kernel.reduction ? rows * team * COMBINE : 0);
    launch.inputs.forEach(({ slot }, k) => {
      if (reads[k]?.kind === 'left') return;
      const all = Math.min(points, slots[slot].length) * dtypes[slots[slot].dtype].bytes;
      // A row that is read again is in cache, more or less.
      read.set(slot, read.has(slot) ? read.get(slot)! + (reads[k] ? 0 : all / 4) : all);
    });
    launch.outputs.forEach((slot, k) => { if (stored[k]) bytes += slots[slot].bytes; });
  }
  bytes += [...read.values()].reduce((x, y) => x + y, 0);
  const idle = Math.max(1, MANY / (rows * team));
  return limits.launch + (work + memoryCost(1, bytes, limits)) * idle;
}
