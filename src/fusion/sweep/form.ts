/**
 * Forms sweeps: which of the launches that follow each other may run side by side, and what needs no buffer then. Guarantees
 * that every stage finds what it reads: computed before by the same sweep, within the windows that `Stage` and `Private` say,
 * or complete before the sweep.
 */
import { dtypes } from '../../dsl/dtype.ts';
import type { Fn } from '../../dsl/kernel/ir.ts';
import { valuesIn, valuesOf } from '../../dsl/kernel/walk.ts';
import { sizeOf } from '../../dsl/shape.ts';
import type { BufferSlot, Launch, Private, Stage, Sweep } from '../kernel.ts';
import { columnsOf, columnsPay, columnWindow } from './columns.ts';
import { isRing } from './rings.ts';
import { unitBytes } from './unit.ts';
import { cutOf, windowOf, type Cut, type Reading, type Units, type Window } from './window.ts';

/** What a target says of sweeps. */
export interface SweepLimits {
  /** Bytes of the cache in which stages leave things for each other. */
  readonly cache: number;
  /** Most steps of a time loop in one sweep. */
  readonly depth: number;
  /** The same where all arrays have one axis, of which little is in cache at a time; `depth` if it is not given. */
  readonly lineDepth?: number;
  /** Where units go round: so many there are at least for each that is computed again beyond the ends; 8 if not given. */
  readonly roundUnits?: number;
}

/** More stages than this make code that nobody has measured. */
const MOST_STAGES = 40;
/** Fewer elements than this are in cache anyhow, and are not worth a second thread. */
const SMALL = 1 << 16;
/**
 * Pieces that threads work on overlap by the windows. There should be some pieces, and the overlap a small part of them: so
 * many units there are at least for each that is computed twice, on average of the stages.
 */
const UNITS_PER_OVERLAP = 32;
const ROUND_UNITS = 8;

/**
 * Of units that take more than the cache something is still found there, or in a larger one: rows of 8 MB gain an eighth. Of
 * units that take so many caches nothing is.
 */
const UNIT_CACHES = 8;

/** The results of one launch in one slot, until the slot is written again. */
export interface Instance {
  readonly slot: number;
  /** Index of the last launch that reads it; Infinity: it is wanted after all of them. */
  readonly lastUse: number;
}

/** By launch and output. `wanted`: slots that are read after the last launch. */
export function instancesOf(launches: readonly Launch[], wanted: ReadonlySet<number>): Instance[][] {
  const last = new Map<number, number>([...wanted].map((slot) => [slot, Infinity]));
  const result: Instance[][] = new Array<Instance[]>(launches.length);
  for (let i = launches.length - 1; i >= 0; i--) {
    result[i] = launches[i].outputs.map((slot) => ({ slot, lastUse: last.get(slot) ?? -1 }));
    launches[i].outputs.forEach((slot) => last.delete(slot));
    for (const slot of slotsRead(launches[i])) if (!last.has(slot)) last.set(slot, i);
  }
  return result;
}

const slotsRead = ({ inputs, stored = [] }: Launch): number[] =>
  [...inputs.map((x) => x.slot), ...stored.flatMap((s) => s.initial ?? [])];

/** Private slots: those of earlier sweeps are used again. */
export class PrivateSlots {
  private readonly byType = new Map<string, number[]>();

  constructor(private readonly slots: BufferSlot[]) {}

  /** `taken`: by the sweep that is being formed. */
  like(slot: number, taken: ReadonlySet<number>): number {
    const { dtype, length, bytes } = this.slots[slot];
    const key = `${dtype}${length}`;
    const list = this.byType.get(key) ?? [];
    this.byType.set(key, list);
    const free = list.find((s) => !taken.has(s));
    if (free !== undefined) return free;
    const made = this.slots.push({ role: 'private', dtype, length, bytes }) - 1;
    list.push(made);
    return made;
  }
}

/** A group of launches as it is being looked at. */
interface Member {
  readonly launch: Launch;
  readonly own: Units;
  /** Where its rows are; undefined of columns. */
  readonly cut: Cut | undefined;
  readonly terminal: boolean;
  /** For each input what it reads of another member. */
  readonly reads: readonly (Read | undefined)[];
}
interface Place {
  readonly member: number;
  readonly output: number;
}
type Read = Reading & Place;

/** Launches `from` up to `to` as one sweep; undefined when they cannot be one, or gain nothing. */
export function formSweep(
  launches: readonly Launch[], instances: readonly (readonly Instance[])[], from: number, to: number,
  privateSlots: PrivateSlots, slots: readonly BufferSlot[], limits: SweepLimits,
): Sweep | undefined {
  const group = launches.slice(from, to);
  if (to - from < 2 || to - from > MOST_STAGES || group.some((l) => l.kernel.schedule !== 'map' && l.kernel.schedule !== 'reduce')) return undefined;
  if (group.some((l) => l.domain.includes(0))) return undefined;
  const isPrivate = (member: number, output: number): boolean => instances[from + member][output].lastUse < to;
  for (const { cut, members } of waysToCut(group)) {
    if (!members || !areConnected(members) || !areApart(members, isPrivate)) continue;
    const sweep = sweepOf(cut, members, isPrivate, privateSlots);
    if (sweep && pays(sweep, slots, limits)) return sweep;
  }
  return undefined;
}

/** Rows first: their windows are smaller than columns. */
function* waysToCut(group: readonly Launch[]): Iterable<Pick<Sweep, 'cut'> & { readonly members: Member[] | undefined }> {
  for (const units of candidates(group)) {
    yield { cut: 'rows', members: membersOf(group, (launch, before) => ownUnits(launch, units, before.home)
      .map((own) => memberOf(launch, own, before)).find((m) => m !== undefined)) };
  }
  for (const batch of batchesOf(group)) {
    yield { cut: 'columns', members: membersOf(group, (launch, before) => columnMember(launch, batch, before)) };
  }
}

/** Numbers of batches that launches suggest: of the first axis along which anything happens, all before it. */
function batchesOf(group: readonly Launch[]): Set<number> {
  return new Set([1, ...group.map(({ kernel: { reduction, body }, domain }) =>
    sizeOf(domain.slice(0, Math.min(reduction?.axes[0] ?? Infinity, movedAxis(body) ?? Infinity, domain.length - 1))))]);
}

/** Units that rows or planes of one of the launches suggest: those of stencils, which cannot be cut otherwise, first. */
function candidates(group: readonly Launch[]): Units[] {
  const found = new Map<string, Units>();
  const add = (batch: number, units: number): void => {
    if (units > 1) found.set(`${batch},${units}`, { batch, units });
  };
  const product = (list: readonly number[]): number => list.reduce((n, s) => n * s, 1);
  for (const { kernel, domain } of group) {
    const axis = movedAxis(kernel.body);
    if (axis !== undefined) add(product(domain.slice(0, axis)), domain[axis]);
  }
  for (const { domain } of group) domain.forEach((_, axis) => add(1, product(domain.slice(0, axis + 1))));
  return [...found.values()];
}

const moved = new WeakMap<Fn, { readonly axis: number | undefined }>();

/** The first axis along which a body reads anything beside its point. */
function movedAxis(body: Fn): number | undefined {
  let known = moved.get(body);
  if (!known) {
    let axis: number | undefined;
    for (const v of valuesIn(body)) {
      for (let p = v.kind === 'read' ? v.at : undefined; p; p = p.base) {
        const first = p.offset.findIndex((o) => o !== 0);
        axis = Math.min(axis ?? first, first);
      }
    }
    moved.set(body, known = { axis });
  }
  return known.axis;
}

/** Members of a group so far, and which of them gives what is in a slot. */
interface Before {
  readonly members: readonly Member[];
  readonly home: ReadonlyMap<number, Place>;
}

/** All launches as `make` cuts them; undefined when one cannot be, or reads what is not at its place. */
function membersOf(group: readonly Launch[], make: (launch: Launch, before: Before) => Member | undefined): Member[] | undefined {
  const members: Member[] = [];
  const home = new Map<number, Place>();
  for (const launch of group) {
    const member = make(launch, { members, home });
    if (!member) return undefined;
    const index = members.push(member) - 1;
    launch.outputs.forEach((slot, output) => home.set(slot, { member: index, output }));
  }
  return members;
}

/** A stage may have other rows than the one before it: those of `valid` borders and slices. */
function ownUnits({ domain, inputs }: Launch, units: Units, home: ReadonlyMap<number, unknown>): Units[] {
  const mayDiffer = units.batch === 1 && domain[0] !== units.units && inputs.some((x) => home.has(x.slot));
  return mayDiffer ? [units, { batch: 1, units: domain[0] }] : [units];
}

/** The first and the last have to do with others; one in between that has not is taken along. */
function areConnected(members: readonly Member[]): boolean {
  const isRead = members[0] && members.some(({ reads }) => reads.some((r) => r?.member === 0));
  return isRead && members[members.length - 1].reads.some((r) => r !== undefined);
}

function memberOf(launch: Launch, own: Units, before: Before): Member | undefined {
  const cut = cutOf(launch.domain, own);
  if (!cut) return undefined;
  const terminal = isTerminal(launch, cut);
  if (terminal === undefined || (terminal && own.batch > 1)) return undefined;
  const epilogueReads = terminal ? inputsOfEpilogue(launch) : new Set<number>();
  const reads = readsOf(launch, before, (input, producer, output) => {
    const isLate = producer.terminal && producer.launch.kernel.outputs[output].from === 'epilogue';
    if (isLate || epilogueReads.has(input) || producer.own.batch !== own.batch) return undefined;
    return windowOf(launch, input, own, cut, unitLength(producer, output));
  });
  return reads && { launch, own, cut, terminal, reads };
}

function columnMember(launch: Launch, batch: number, before: Before): Member | undefined {
  const own = columnsOf(launch, batch);
  if (!own) return undefined;
  const reads = readsOf(launch, before, (input, producer, output) =>
    columnWindow(launch, input, batch, { units: producer.own.units, rows: unitLength(producer, output) }));
  return reads && { launch, own, cut: undefined, terminal: false, reads };
}

/** What each input reads of other members, as `windowAt` has it; undefined when one has no window. */
function readsOf(
  launch: Launch, { members, home }: Before, windowAt: (input: number, producer: Member, output: number) => Reading | undefined,
): (Read | undefined)[] | undefined {
  const reads: (Read | undefined)[] = [];
  for (const [input, { slot }] of launch.inputs.entries()) {
    const from = home.get(slot);
    const window = from && windowAt(input, members[from.member], from.output);
    if (from && !window) return undefined;
    reads.push(from && { ...window!, ...from });
  }
  return reads;
}

/** Whether a reduction goes across units; undefined when it is neither within them nor across all. */
function isTerminal({ kernel: { reduction }, domain }: Launch, { axis }: Cut): boolean | undefined {
  if (!reduction || reduction.axes[0] > axis) return false;
  return reduction.axes[0] === axis && domain.slice(0, axis).every((n) => n === 1) ? true : undefined;
}

function inputsOfEpilogue({ kernel: { reduction } }: Launch): Set<number> {
  return new Set(valuesOf(reduction!.epilogue.results).flatMap((v) => (v.kind === 'read' ? [v.input] : [])));
}

/** Elements of output `output` that a unit has. */
function unitLength({ launch: { kernel, domain }, own }: Member, output: number): number {
  const kept = kernel.outputs[output].from === 'body' ? domain : domain.filter((_, k) => !kernel.reduction!.axes.includes(k));
  return sizeOf(kept) / (own.batch * own.units);
}

/** No buffer is written that the group still reads, or that it has written something else to. */
function areApart(members: readonly Member[], isPrivate: (member: number, output: number) => boolean): boolean {
  const readBefore = new Set<number>();
  const written = new Set<number>();
  for (const [m, { launch, reads }] of members.entries()) {
    launch.inputs.forEach(({ slot }, k) => { if (!reads[k]) readBefore.add(slot); });
    for (const [output, slot] of launch.outputs.entries()) {
      if (staysPrivate(members[m], output, isPrivate(m, output))) continue;
      if (readBefore.has(slot) || written.has(slot)) return false;
      written.add(slot);
    }
  }
  return true;
}

/** What is complete only after the sweep needs a buffer all the same. */
const staysPrivate = ({ terminal, launch }: Member, output: number, dead: boolean): boolean =>
  dead && !(terminal && launch.kernel.outputs[output].from === 'epilogue');

function sweepOf(
  cut: Sweep['cut'], members: readonly Member[], isPrivate: (member: number, output: number) => boolean, privateSlots: PrivateSlots,
): Sweep | undefined {
  const halos = halosOf(members);
  if (!halos) return undefined;
  const taken = new Set<number>();
  const privates: Private[] = [];
  const slotOf = members.map(({ launch }) => [...launch.outputs]);
  members.forEach((member, m) => member.launch.outputs.forEach((slot, output) => {
    if (!staysPrivate(member, output, isPrivate(m, output))) return;
    const own = privateSlots.like(slot, taken);
    taken.add(own);
    slotOf[m][output] = own;
    const consumers = members.flatMap(({ reads }, stage) => {
      const mine = reads.filter((r) => r?.member === m && r.output === output) as Read[];
      if (mine.length === 0) return [];
      return [{ stage, lo: Math.min(...mine.map((r) => r.lo)), hi: Math.max(...mine.map((r) => r.hi)) }];
    });
    privates.push({ slot: own, producer: m, length: unitLength(member, output), consumers });
  }));
  const stages = members.map(({ launch, own, reads, terminal }, m): Stage => {
    const inputs = launch.inputs.map((x, k) => {
      const read = reads[k];
      return read ? { ...x, slot: slotOf[read.member][read.output] } : x;
    });
    return { launch: { ...launch, inputs, outputs: slotOf[m] }, units: own.units, ...halos[m], terminal };
  });
  // Cells as units would be computed one by one, unless they are those of a single row, and nobody needs more than its own.
  const isCell = ({ launch: { domain }, cut: rows }: Member): boolean => rows?.per === 1 && rows.axis === domain.length - 1;
  const inRow = ({ launch: { domain }, cut: rows }: Member): boolean => domain.every((n, axis) => n === 1 || axis === rows!.axis);
  const areSingle = halos.some((h) => h.lo !== h.hi);
  if (members.some((m) => isCell(m) && (areSingle || !inRow(m)))) return undefined;
  const { own: { batch, units: own } } = members[members.length - 1];
  const units = cut === 'rows' ? own : Math.max(...members.map((m) => m.own.units));
  const wraps = members.some((m) => m.reads.some((r) => r?.wraps));
  const sweep: Sweep = { kind: 'sweep', cut, batch, units, wraps, stages, privates, origin: undefined };
  return !wraps || goesRound(sweep) ? sweep : undefined;
}

/** All stages have the same units, and what they compute beyond the ends has a place there. */
const goesRound = (sweep: Sweep): boolean => sweep.stages.every((s) => s.units === sweep.units)
  && sweep.privates.every((p) => isInside(sweep.stages[p.producer]) || isRing(p, sweep));

const isInside = ({ lo, hi }: Stage): boolean => lo === 0 && hi === 0;

/** How far beyond its piece each stage has to go for those after it; undefined where a stage may not go beyond. */
function halosOf(members: readonly Member[]): Window[] | undefined {
  const halos = members.map(() => ({ lo: 0, hi: 0 }));
  for (let m = members.length - 1; m >= 0; m--) {
    const { reads, terminal, own } = members[m];
    // A term that is computed twice counts twice.
    const isBeyond = halos[m].lo !== 0 || halos[m].hi !== 0 || own.units !== members[members.length - 1].own.units;
    if (terminal && isBeyond) return undefined;
    for (const r of reads) {
      if (!r) continue;
      const h = halos[r.member];
      h.lo = Math.min(h.lo, halos[m].lo + r.lo);
      h.hi = Math.max(h.hi, halos[m].hi + r.hi);
    }
  }
  return halos;
}

function pays(sweep: Sweep, slots: readonly BufferSlot[], { cache, roundUnits = ROUND_UNITS }: SweepLimits): boolean {
  const { cut, batch, units, wraps, stages, privates } = sweep;
  if (cut === 'columns') return columnsPay(sweep, cache, isSmall(sweep), UNITS_PER_OVERLAP);
  const overlap = stages.reduce((sum, s) => sum + s.hi - s.lo, 0) / stages.length;
  if (!isSmall(sweep) && batch < 8 && overlap * UNITS_PER_OVERLAP > units) return false;
  if (wraps && overlap * roundUnits > units) return false;
  const windows = privates.reduce((sum, { slot, length, producer, consumers }) => {
    const far = Math.max(0, ...consumers.map((c) => stages[producer].hi - stages[c.stage].hi - c.lo));
    return sum + Math.min((far + 1) * length, slots[slot].length) * dtypes[slots[slot].dtype].bytes;
  }, 0);
  return windows <= cache && unitBytes(sweep) <= UNIT_CACHES * cache;
}

const isSmall = ({ stages }: Sweep): boolean => stages.every(({ launch }) => sizeOf(launch.domain) < SMALL);
