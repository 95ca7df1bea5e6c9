/**
 * Which axis is innermost. Vectors run along the inner axis, so a short one wastes lanes: neighbouring axes that all inputs
 * walk as one are merged, and where the inner axis stays short a longer one takes its place. Depends on sizes and strides
 * only, and leaves every result where it was.
 */
import { inlineAll, sameLeaves } from '../../dsl/kernel/copy.ts';
import { Builder, type Fn, type Point } from '../../dsl/kernel/ir.ts';
import { costOf, valuesIn } from '../../dsl/kernel/walk.ts';
import { isArgReducer } from '../../dsl/reducers.ts';
import { sizeOf, stridesOf } from '../../dsl/shape.ts';
import { InternalError } from '../../errors.ts';
import type { InnerStride, Kernel, Launch } from '../../fusion/kernel.ts';
import type { Steps } from './emit/reduce-short.ts';
import { isSerial } from './emit/serial.ts';
import { cutOf, type Cut, type Units } from '../../fusion/sweep/window.ts';
import { scanOf, type ScanSums } from './scan.ts';

/** `steps`: rows of a reduction are so short that they are written out. */
export interface OrientedKernel extends Kernel {
  readonly steps?: Steps;
  /** It is one of these. */
  readonly scan?: ScanSums;
  /** An output overwrites an input: no point may be computed twice. */
  readonly inPlace?: boolean;
  /** Inputs and outputs that are rings along an outer axis. */
  readonly rings?: Rings;
}

export interface Rings {
  readonly axis: number;
  /** The axis goes round: there are coordinates beyond its ends. */
  readonly wraps: boolean;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A launch whose outputs of the body need not be dense along the inner axis. */
export interface OrientedLaunch extends Launch {
  readonly kernel: OrientedKernel;
  /** Elements from point to point of the domain, for outputs of the body. */
  readonly bodyStrides: readonly number[];
  readonly bodyInner: 'unit' | 'strided';
}

/**
 * A shorter inner axis gives its place to one that is at least `LONG`: when it is kept, one of less than a vector; when it is
 * reduced, one whose few cells do not pay for combining the lanes at its end (measured: 16 loses threefold, 24 gains).
 */
const SHORT = { kept: 8, reduced: 24 } as const;
const LONG = 64;

export function orient(given: Launch): OrientedLaunch {
  const dense = asItIs(given);
  if (dense.domain.length === 1) return dense;
  const scan = scanOf(dense);
  if (scan) return { ...dense, kernel: scanKernel(dense.kernel, scan), code: `${dense.code}|scan` };
  const merged = mergeAxes(dense);
  const axis = betterAxis(merged);
  return written(axis === undefined ? merged : turn(merged, axis));
}

const scanKernels = new WeakMap<Kernel, OrientedKernel>();

function scanKernel(kernel: Kernel, scan: ScanSums): OrientedKernel {
  let found = scanKernels.get(kernel);
  if (!found) scanKernels.set(kernel, found = { ...kernel, scan });
  return found;
}

/** The axis that should be innermost, where it is another one than is. */
function betterAxis(launch: OrientedLaunch): number | undefined {
  if (stepsOf(launch) !== undefined) return undefined;
  const { kernel, domain } = launch;
  const other = kernel.reduction && otherAxis(launch);
  const stores = kernel.outputs.some((o) => o.from === 'body');
  const walksBetter = (axis: number): boolean => !isDense(launch, domain.length - 1) && isDense(launch, axis);
  if (other !== undefined && !stores && domain[other] >= STEPS.shortest && walksBetter(other)) return other;
  const longer = isShort(launch) ? longAxis(launch) : undefined;
  return longer !== undefined && isSerialAlong(kernel, longer) ? undefined : longer;
}

const serial = new WeakMap<Kernel, Map<number, boolean>>();

/** Whether points along an axis are done one by one: then none needs to be next to another. */
function isSerialAlong(kernel: Kernel, axis: number): boolean {
  if (kernel.schedule !== 'nest') return false;
  let known = serial.get(kernel);
  if (!known) serial.set(kernel, known = new Map<number, boolean>());
  let is = known.get(axis);
  if (is === undefined) known.set(axis, is = isSerial(kernel.body, axis));
  return is;
}

/** Neighbours along an axis are neighbours in memory, or the same. */
const isDense = ({ inputs }: Launch, axis: number): boolean =>
  inputs.every(({ strides, sizes }) => sizes !== undefined || strides[axis] === 0 || strides[axis] === 1);

/** Rows of so many cells are written out, if a cell costs no more than this. */
const STEPS = { shortest: 4, longest: 32, cost: 12 } as const;

/** How many steps of four lanes rows are, where they are to be written out. */
function stepsOf(launch: OrientedLaunch): Steps | undefined {
  const { kernel: { reduction, outputs, body }, domain } = launch;
  const inner = domain.length - 1, columns = domain[inner];
  if (!reduction || reduction.terms.length > 2 || columns < STEPS.shortest || columns > STEPS.longest) return undefined;
  if (reduction.axes.includes(inner) && (reduction.axes.length > 1 || sizeOf(domain) < LONG * columns)) return undefined;
  const plain = !isLocated(launch.kernel) && !launch.inputs.some((a) => a.sizes) && outputs.every((o) => o.from === 'epilogue');
  if (!plain || !isDense(launch, inner) || reduction.terms.some((t) => isArgReducer(t.reducer))) return undefined;
  if (costOf(body.results) > STEPS.cost) return undefined;
  const still = launch.inputs.map(({ strides }) => strides.every((s, k) => (k === inner ? s !== 0 : s === 0 || domain[k] === 1)));
  return { count: Math.ceil(columns / 4), still };
}

const writtenKernels = new WeakMap<Kernel, Map<string, OrientedKernel>>();

function written(launch: OrientedLaunch): OrientedLaunch {
  const steps = stepsOf(launch);
  if (steps === undefined) return launch;
  let known = writtenKernels.get(launch.kernel);
  if (!known) writtenKernels.set(launch.kernel, known = new Map<string, OrientedKernel>());
  const key = `${steps.count} ${steps.still.map(Number).join('')}`;
  let kernel = known.get(key);
  if (!kernel) known.set(key, kernel = { ...launch.kernel, steps });
  return { ...launch, kernel, code: `${launch.code}|steps ${key}` };
}

function isShort({ kernel, domain }: Launch): boolean {
  const inner = domain.length - 1;
  return domain[inner] < SHORT[kernel.reduction?.axes.includes(inner) ? 'reduced' : 'kept'];
}

/**
 * The same for a stage of a sweep: also says where its units are. `single`: units are computed one by one, so they have to be
 * something other than lanes.
 */
export function orientStage(
  given: Launch, units: Units, single: boolean, rings?: Rings,
): { readonly launch: OrientedLaunch; readonly cut: Cut } {
  // Lanes are neighbours in memory, which the units of a ring are not.
  const found = orientUnits(given, units, single || rings !== undefined, rings?.axis);
  return rings ? { ...found, launch: withRings(found.launch, rings) } : found;
}

/** Every axis stays where it is: that of a stage which is cut in columns. */
export function asItIs(given: Launch): OrientedLaunch {
  const launch = settle(given);
  return { ...launch, bodyStrides: stridesOf(launch.domain), bodyInner: 'unit' };
}

const ringKernels = new WeakMap<Kernel, Map<string, OrientedKernel>>();

function withRings(launch: OrientedLaunch, rings: Rings): OrientedLaunch {
  let known = ringKernels.get(launch.kernel);
  if (!known) ringKernels.set(launch.kernel, known = new Map<string, OrientedKernel>());
  const key = `${rings.axis}${rings.wraps ? 'w' : ''}:${rings.inputs.join()}>${rings.outputs.join()}`;
  let kernel = known.get(key);
  if (!kernel) known.set(key, kernel = { ...launch.kernel, rings });
  return { ...launch, kernel, code: `${launch.code}|rings ${key}` };
}

/** `alone`: an axis that does not merge with others. */
function orientUnits(
  given: Launch, units: Units, single: boolean, alone: number | undefined,
): { readonly launch: OrientedLaunch; readonly cut: Cut } {
  const dense = asItIs(given);
  const merged = dense.domain.length === 1 ? dense : mergeAxes(dense, alone);
  const cut = cutOf(merged.domain, units) ?? fail(`${given.kernel.name} has no ${units.units} units`);
  const axis = betterAxis(merged);
  const between = merged.domain.slice(0, cut.axis).some((n) => n !== 1);
  const inner = merged.domain.length - 1;
  if (axis === undefined || axis < cut.axis || (axis === cut.axis && (single || between))) {
    // Rows that are written out are done as a whole.
    return { launch: cut.axis === inner ? merged : written(merged), cut };
  }
  const turned = turn(merged, axis);
  return axis === cut.axis ? { launch: turned, cut: { ...cut, axis: inner } } : { launch: written(turned), cut };
}

function fail(message: string): never {
  throw new InternalError(message);
}

export const isInPlace = ({ inputs, outputs }: Launch): boolean => inputs.some((x) => outputs.includes(x.slot));

const inPlace = new WeakMap<Kernel, OrientedKernel>();

function settle(given: Launch): Launch {
  const launch = settleEmpty(given);
  if (!isInPlace(launch)) return launch;
  let kernel = inPlace.get(launch.kernel);
  if (!kernel) inPlace.set(launch.kernel, kernel = { ...launch.kernel, inPlace: true });
  return { ...launch, kernel, code: `${launch.code}|in place` };
}

/** A whole input without elements is read at one place only, which prepare.ts makes a zero. */
function settleEmpty(launch: Launch): Launch {
  if (!launch.inputs.some((a) => a.sizes?.includes(0))) return launch;
  const inner = launch.inputs.map((a, k) => (a.sizes?.includes(0) ? 'zero' : launch.inner[k]));
  const inputs = launch.inputs.map((a) => (a.sizes?.includes(0) ? { ...a, offset: 0, strides: a.strides.map(() => 0) } : a));
  return { ...launch, inner, inputs, code: `${launch.code}|${inner.join()}` };
}

const located = new WeakMap<Kernel, boolean>();

/** Whether the body asks where it is, or reads elsewhere: found once per kernel. */
function isLocated(kernel: Kernel): boolean {
  let is = located.get(kernel);
  if (is === undefined) {
    is = valuesIn(kernel.body).some((v) =>
      v.kind === 'coord' || v.kind === 'extent' || v.kind === 'inside' || ('at' in v && v.at !== undefined));
    located.set(kernel, is);
  }
  return is;
}

/** Merges axes of maps; the number of axes stays, merged ones have size 1. */
function mergeAxes(launch: OrientedLaunch, alone?: number): OrientedLaunch {
  if (launch.kernel.reduction || isLocated(launch.kernel)) return launch;
  const walks = [...launch.inputs.filter((a) => !a.sizes).map((a) => a.strides), launch.bodyStrides];
  return { ...launch, domain: mergedSizes(launch.domain, walks, alone) };
}

/** Sizes after neighbouring axes that all of `walks` walk as one are merged, into the last of them. `alone`: not that axis. */
export function mergedSizes(sizes: readonly number[], walks: readonly (readonly number[])[], alone?: number): number[] {
  const merged = [...sizes];
  let into = merged.length - 1;
  for (let k = into - 1; k >= 0; k--) {
    if (merged[k] === 1) continue;
    if (k !== alone && into !== alone && walks.every((s) => s[k] === s[into] * merged[into])) {
      merged[into] *= merged[k];
      merged[k] = 1;
    } else {
      into = k;
    }
  }
  return merged;
}

/**
 * The axis to run along instead: of a reduction the last kept or the last reduced one, which leaves the order of kept and of
 * reduced points, and so the place and the index of every result, as it is.
 */
function longAxis({ kernel, domain }: Launch): number | undefined {
  const outer = domain.map((_, k) => k).slice(0, -1);
  if (!kernel.reduction) return outer.filter((k) => domain[k] >= LONG).at(-1);
  const other = otherAxis({ kernel, domain });
  return other !== undefined && domain[other] >= LONG ? other : undefined;
}

/** Of a reduction: the last axis that is reduced, if the inner one is not, or the other way round. */
function otherAxis({ kernel, domain }: Pick<Launch, 'kernel' | 'domain'>): number | undefined {
  const reduced = new Set(kernel.reduction!.axes);
  const found = domain.findLastIndex((_, k) => reduced.has(k) !== reduced.has(domain.length - 1));
  return found < 0 ? undefined : found;
}

const innerOf = (stride: number): InnerStride => (stride === 1 ? 'unit' : stride === 0 ? 'zero' : 'strided');

/** Makes `axis` the innermost one; the others keep their order. */
function turn(launch: OrientedLaunch, axis: number): OrientedLaunch {
  const { kernel, domain } = launch;
  const order = [...domain.map((_, k) => k).filter((k) => k !== axis), axis];
  const permute = (list: readonly number[]): number[] => order.map((k) => list[k]);
  // Whole inputs are indexed along their own axes, which stay.
  const inputs = launch.inputs.map((a) => (a.sizes ? a : { ...a, strides: permute(a.strides) }));
  const inner = inputs.map((a, k) => (a.sizes ? launch.inner[k] : innerOf(a.strides.at(-1)!)));
  return {
    ...launch, inputs, inner, domain: permute(domain), kernel: turnedKernel(kernel, order),
    bodyStrides: permute(launch.bodyStrides), bodyInner: 'strided',
    code: `${launch.code}|axes ${order.join()}|${inner.join()}`,
  };
}

const turned = new WeakMap<Kernel, Map<string, Kernel>>();

function turnedKernel(kernel: Kernel, order: readonly number[]): Kernel {
  let known = turned.get(kernel);
  if (!known) turned.set(kernel, known = new Map<string, Kernel>());
  let found = known.get(order.join());
  if (!found) known.set(order.join(), found = makeTurned(kernel, order));
  return found;
}

function makeTurned(kernel: Kernel, order: readonly number[]): Kernel {
  const to = (axis: number): number => order.indexOf(axis);
  const permute = <T>(list: readonly T[]): T[] => order.map((k) => list[k]);
  const b = new Builder();
  const point = (p: Point | undefined): Point | undefined => p && b.point(point(p.base), permute(p.offset), permute(p.edge));
  const copied = inlineAll(b, kernel.body.results, kernel.body.effects, {
    ...sameLeaves(b),
    read: (input, at, v) => b.read(input, v.dtype, point(at)),
    coord: (axis, at) => b.coord(to(axis), point(at)),
    extent: (axis) => b.extent(to(axis)),
    inside: (v) => b.inside(point(v.at), permute(v.lo), permute(v.hi)),
  });
  const body: Fn = b.fn(kernel.body.name, { ...kernel.body, ...copied });
  const reduction = kernel.reduction && { ...kernel.reduction, axes: kernel.reduction.axes.map(to).sort((x, y) => x - y) };
  return { ...kernel, body, reduction };
}
