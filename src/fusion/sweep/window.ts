/**
 * Units: a launch whose results are cut, in row-major order, into equal runs (rows, planes) that can be computed one after the
 * other. Says where the units of a launch are, and which units of another launch's results each of them reads.
 */
import type { EdgeMap } from '../../dsl/border.ts';
import type { Point } from '../../dsl/kernel/ir.ts';
import { valuesIn } from '../../dsl/kernel/walk.ts';
import type { Access, Kernel, Launch } from '../kernel.ts';

/** `batch` times `units` units: what is relative to a unit stays within its batch. */
export interface Units {
  readonly batch: number;
  readonly units: number;
}

/** Unit `u` reads units `u + lo` to `u + hi` of the other, as far as there are any. */
export interface Window {
  readonly lo: number;
  readonly hi: number;
}

/** What a launch reads of another one. */
export interface Reading extends Window {
  /** Beyond the last unit is the first one again. */
  readonly wraps: boolean;
}

/** Where the units of some points are: `per` neighbouring coordinates along `axis` make one. */
export interface Cut {
  readonly axis: number;
  readonly per: number;
}

/** How points of these sizes fall into units; undefined when they do not. */
export function cutOf(sizes: readonly number[], { batch, units }: Units): Cut | undefined {
  const count = batch * units;
  let before = 1;
  for (let axis = 0; axis < sizes.length; axis++) {
    const points = before * sizes[axis];
    if (points >= count) {
      const per = points / count;
      return Number.isInteger(per) && sizes[axis] % per === 0 ? { axis, per } : undefined;
    }
    before = points;
  }
  return undefined;
}

/** Points of a batch are points along one axis: units can be told apart by that coordinate. */
export const isAligned = (sizes: readonly number[], { axis, per }: Cut, { units }: Units): boolean =>
  per === 1 && sizes[axis] === units;

/** The window of an input in units of `length / (batch * units of the other)` elements; undefined when it has none. */
export function windowOf(launch: Launch, input: number, own: Units, cut: Cut, unitLength: number): Reading | undefined {
  const { domain } = launch;
  const access = launch.inputs[input];
  if (access.sizes !== undefined || !movesByUnits(access, domain, cut, unitLength)) return undefined;
  let lo = Infinity, hi = -Infinity, wraps = false;
  for (const at of readsOf(launch.kernel, input)) {
    const w = windowAt(at, access, domain, cut, own, unitLength);
    if (!w) return undefined;
    lo = Math.min(lo, w.lo);
    hi = Math.max(hi, w.hi);
    wraps ||= w.wraps;
  }
  // A batch is a world of its own: what lies in the next one is not a neighbour.
  if (lo > hi || (own.batch > 1 && (lo !== 0 || hi !== 0) && !isAligned(domain, cut, own))) return undefined;
  return { lo, hi, wraps };
}

/** From unit to unit an access moves by one unit of what it reads, across outer axes too. */
function movesByUnits({ strides }: Access, domain: readonly number[], { axis, per }: Cut, unitLength: number): boolean {
  if (domain[axis] > 1 && strides[axis] * per !== unitLength) return false;
  let expected = (unitLength / per) * domain[axis];
  for (let k = axis - 1; k >= 0; k--) {
    if (domain[k] > 1 && strides[k] !== expected) return false;
    expected *= domain[k];
  }
  return true;
}

function windowAt(
  at: Point | undefined, { offset, strides }: Access, domain: readonly number[],
  { axis, per }: Cut, own: Units, unitLength: number,
): Reading | undefined {
  // Elements, relative to the first of the unit, that the points of one unit read.
  let first = offset, last = offset;
  const range = (stride: number, from: number, to: number): void => {
    first += Math.min(stride * from, stride * to);
    last += Math.max(stride * from, stride * to);
  };
  range(strides[axis], 0, per - 1);
  for (let k = 0; k < domain.length; k++) {
    const moves = linksOf(at, k);
    if (k < axis && moves.some((m) => m.offset !== 0)) return undefined;
    if (k <= axis) continue;
    const free = moves.filter((m) => m.edge === 'none').reduce((sum, m) => sum + m.offset, 0);
    range(strides[k], Math.min(0, free), domain[k] - 1 + Math.max(0, free));
  }
  const along = reach(linksOf(at, axis));
  // Where there is a single unit, only what is read beside it asks how far away the next one is.
  if (!along || (along.moves && (!isAligned(domain, { axis, per }, own) || strides[axis] !== unitLength))) return undefined;
  return { lo: Math.floor(first / unitLength) + along.lo, hi: Math.floor(last / unitLength) + along.hi, wraps: along.wraps };
}

interface Link {
  readonly offset: number;
  readonly edge: EdgeMap;
}

function linksOf(at: Point | undefined, axis: number): Link[] {
  const links: Link[] = [];
  for (let p = at; p; p = p.base) if (p.offset[axis] !== 0) links.push({ offset: p.offset[axis], edge: p.edge[axis] });
  return links;
}

/** How far beside its point a kernel reads an input along an axis, edges included; undefined when it may be at the other end. */
export function reachAlong(kernel: Kernel, input: number, axis: number): Window | undefined {
  let lo = 0, hi = 0;
  for (const at of readsOf(kernel, input)) {
    const far = reach(linksOf(at, axis));
    if (!far || far.wraps) return undefined;
    lo = Math.min(lo, far.lo);
    hi = Math.max(hi, far.hi);
  }
  return { lo, hi };
}

/** The first and the last coordinate along an axis at which a launch reads an input. */
export function spanAlong({ kernel, domain }: Launch, input: number, axis: number): readonly [first: number, last: number] {
  const spans = readsOf(kernel, input).map((at) => linksOf(at, axis).reverse().reduce<readonly [number, number]>(
    ([first, last], { offset, edge }) => (edge === 'none' ? [first + offset, last + offset] : [0, domain[axis] - 1]),
    [0, domain[axis] - 1],
  ));
  return [Math.min(0, ...spans.map(([first]) => first)), Math.max(0, ...spans.map(([, last]) => last))];
}

/** How far a read may be from its point along the swept axis, edges included; undefined when that is anywhere. */
function reach(links: readonly Link[]): (Reading & { moves: boolean }) | undefined {
  let lo = 0, hi = 0, wraps = false, turns = false;
  for (const { offset, edge } of links) {
    switch (edge) {
      case 'none': lo += offset; hi += offset; break;
      case 'nearest': turns = true; lo += Math.min(offset, 0); hi += Math.max(offset, 0); break;
      case 'reflect': case 'mirror': turns = true; lo -= Math.abs(offset); hi += Math.abs(offset); break;
      case 'wrap': wraps = true; lo += offset; hi += offset; break;
      default: edge satisfies never;
    }
  }
  // Once around and then back from the edge is near to where it began, but not by a fixed way.
  return wraps && turns ? undefined : { lo, hi, wraps, moves: links.length > 0 };
}

const reads = new WeakMap<Kernel, readonly (readonly (Point | undefined)[])[]>();

/** The places at which a kernel reads an input, relative to its points. */
function readsOf(kernel: Kernel, input: number): readonly (Point | undefined)[] {
  let lists = reads.get(kernel);
  if (!lists) {
    const made = kernel.inputs.map((): (Point | undefined)[] => []);
    for (const fn of [kernel.body, ...kernel.reduction ? [kernel.reduction.epilogue] : []]) {
      for (const v of valuesIn(fn)) if (v.kind === 'read') made[v.input].push(v.at);
    }
    reads.set(kernel, lists = made);
  }
  return lists[input];
}
