/**
 * Points of launches along the axes of tiles: how a launch over merged axes is seen along all of them, what of another launch's
 * results its points read, and how far from them.
 */
import type { Point, Value } from '../../dsl/kernel/ir.ts';
import { valuesIn } from '../../dsl/kernel/walk.ts';
import { stridesOf } from '../../dsl/shape.ts';
import type { Access, Kernel, Launch } from '../kernel.ts';

/** For each axis of a domain the first and the last axis of the tiles that it stands for. */
export type Spans = readonly (readonly [first: number, last: number])[];

/** The spans of a domain over points of these sizes, whose axes it merges; undefined when it does not. */
export function spansOf(domain: readonly number[], sizes: readonly number[]): Spans | undefined {
  const spans: (readonly [number, number])[] = [];
  let axis = 0;
  for (const [k, size] of domain.entries()) {
    const first = axis;
    let points = 1;
    // Axes of size 1 go with the axis before them.
    while (axis < sizes.length && (axis === first || points < size || sizes[axis] === 1)) {
      if (k + 1 < domain.length && axis > first && points === size && domain[k + 1] === 1) break;
      points *= sizes[axis++];
    }
    if (axis === first || points !== size) return undefined;
    spans.push([first, axis - 1]);
  }
  return axis === sizes.length ? spans : undefined;
}

/** Reads of one input along one axis of a domain: how far from the point, and by which ways across the border. */
export interface Span {
  readonly lo: number;
  readonly hi: number;
  /** The other end of the axis counts as near. */
  readonly wraps: boolean;
  /** Something else happens at the end of the axis, or nothing is beyond it. */
  readonly ends: boolean;
}

interface Reading {
  /** By input and axis; undefined where the input is not read at points. */
  readonly inputs: readonly (readonly Span[] | undefined)[];
  /** By axis: the farthest that anything is from the point, or is asked for. */
  readonly reach: readonly number[];
}

const known = new WeakMap<Kernel, Reading>();

/** Where a kernel that maps reads. */
export function readingOf(kernel: Kernel): Reading {
  let found = known.get(kernel);
  if (!found) known.set(kernel, found = look(kernel));
  return found;
}

function look({ body, rank, inputs }: Kernel): Reading {
  const spans = inputs.map((): Span[] | undefined => undefined);
  const reach = new Array<number>(rank).fill(0);
  const axes = Array.from({ length: rank }, (_, k) => k);
  for (const v of valuesIn(body)) {
    if (v.kind !== 'read' && v.kind !== 'coord' && v.kind !== 'inside') continue;
    const here = axes.map((axis) => spanAt(v.at, axis));
    const asked = v.kind === 'inside' ? v : undefined;
    here.forEach((s, axis) => {
      reach[axis] = Math.max(reach[axis], -s.lo - (asked?.lo[axis] ?? 0), s.hi + (asked?.hi[axis] ?? 0));
    });
    if (v.kind === 'read') spans[v.input] = spans[v.input]?.map((s, axis) => join(s, here[axis])) ?? here;
  }
  return { inputs: spans, reach };
}

const join = (a: Span, b: Span): Span =>
  ({ lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi), wraps: a.wraps || b.wraps, ends: a.ends || b.ends });

/** Border maps never lead farther away from a point inside than its neighbour beyond the border is. */
function spanAt(at: Point | undefined, axis: number): Span {
  let lo = 0, hi = 0, wraps = false, ends = false;
  for (let p = at; p; p = p.base) {
    const offset = p.offset[axis];
    if (offset === 0) continue;
    switch (p.edge[axis]) {
      case 'none': ends = true; lo += offset; hi += offset; break;
      case 'nearest': ends = true; lo += Math.min(offset, 0); hi += Math.max(offset, 0); break;
      case 'reflect': case 'mirror': ends = true; lo -= Math.abs(offset); hi += Math.abs(offset); break;
      case 'wrap': wraps = true; lo += offset; hi += offset; break;
      default: p.edge[axis] satisfies never;
    }
  }
  return { lo, hi, wraps, ends };
}

/** Reads at points, each counted once: what the cache or workgroup memory is asked for. */
export const countReads = (values: readonly Value[]): number => values.filter((v) => v.kind === 'read').length;

/**
 * By how many points along each axis an access to dense points of sizes `of` is shifted, as seen from points of `sizes`;
 * undefined when it does anything else than to shift.
 */
export function shiftOf(
  { domain }: Launch, { offset, strides, sizes: whole }: Access, spans: Spans, sizes: readonly number[], of: readonly number[],
): number[] | undefined {
  if (whole) return undefined;
  const dense = stridesOf(of);
  for (const [k, [first, last]] of spans.entries()) {
    if (domain[k] === 1) continue;
    let stride = strides[k];
    for (let axis = last; axis >= first; axis--) {
      if (sizes[axis] > 1 && stride !== dense[axis]) return undefined;
      stride *= sizes[axis];
    }
  }
  let rest = offset;
  const shift = of.map((size, axis) => {
    const by = size > 1 ? Math.floor(rest / dense[axis]) : 0;
    rest -= by * dense[axis];
    return by;
  });
  return rest === 0 && shift.every((by, axis) => by >= 0 && by + sizes[axis] <= of[axis]) ? shift : undefined;
}
