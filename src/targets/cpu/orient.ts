/**
 * Which axis is innermost. Vectors run along the inner axis, so a short one wastes lanes: neighbouring axes that all inputs
 * walk as one are merged, and where the inner axis stays short a longer one takes its place. Depends on sizes and strides
 * only, and leaves every result where it was.
 */
import { inlineAll, sameLeaves } from '../../dsl/kernel/copy.ts';
import { Builder, type Fn, type Point } from '../../dsl/kernel/ir.ts';
import { valuesIn } from '../../dsl/kernel/walk.ts';
import { stridesOf } from '../../dsl/shape.ts';
import { InternalError } from '../../errors.ts';
import type { InnerStride, Kernel, Launch } from '../../fusion/kernel.ts';
import { cutOf, type Cut, type Units } from '../../fusion/sweep/window.ts';

/** A launch whose outputs of the body need not be dense along the inner axis. */
export interface OrientedLaunch extends Launch {
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
  const launch = settleEmpty(given);
  const dense: OrientedLaunch = { ...launch, bodyStrides: stridesOf(launch.domain), bodyInner: 'unit' };
  if (launch.domain.length === 1) return dense;
  const merged = mergeAxes(dense);
  const axis = isShort(merged) ? longAxis(merged) : undefined;
  return axis === undefined ? merged : turn(merged, axis);
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
  given: Launch, units: Units, single: boolean,
): { readonly launch: OrientedLaunch; readonly cut: Cut } {
  const launch = settleEmpty(given);
  const dense: OrientedLaunch = { ...launch, bodyStrides: stridesOf(launch.domain), bodyInner: 'unit' };
  const merged = launch.domain.length === 1 ? dense : mergeAxes(dense);
  const cut = cutOf(merged.domain, units) ?? fail(`${given.kernel.name} has no ${units.units} units`);
  const axis = isShort(merged) ? longAxis(merged) : undefined;
  const between = merged.domain.slice(0, cut.axis).some((n) => n !== 1);
  if (axis === undefined || axis < cut.axis || (axis === cut.axis && (single || between))) return { launch: merged, cut };
  return { launch: turn(merged, axis), cut: axis === cut.axis ? { ...cut, axis: merged.domain.length - 1 } : cut };
}

function fail(message: string): never {
  throw new InternalError(message);
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
function mergeAxes(launch: OrientedLaunch): OrientedLaunch {
  if (launch.kernel.reduction || isLocated(launch.kernel)) return launch;
  const domain = [...launch.domain];
  const walks = [...launch.inputs.filter((a) => !a.sizes).map((a) => a.strides), launch.bodyStrides].map((s) => [...s]);
  let into = domain.length - 1;
  for (let k = into - 1; k >= 0; k--) {
    if (domain[k] === 1) continue;
    if (walks.every((s) => s[k] === s[into] * domain[into])) {
      domain[into] *= domain[k];
      domain[k] = 1;
    } else {
      into = k;
    }
  }
  let next = 0;
  const inputs = launch.inputs.map((a) => (a.sizes ? a : { ...a, strides: walks[next++] }));
  return { ...launch, domain, inputs, bodyStrides: walks[next] };
}

/**
 * The axis to run along instead: of a reduction the last kept or the last reduced one, which leaves the order of kept and of
 * reduced points, and so the place and the index of every result, as it is.
 */
function longAxis({ kernel, domain }: Launch): number | undefined {
  const inner = domain.length - 1;
  const outer = domain.map((_, k) => k).slice(0, -1);
  if (!kernel.reduction) return outer.filter((k) => domain[k] >= LONG).at(-1);
  const reduced = new Set(kernel.reduction.axes);
  const other = outer.filter((k) => reduced.has(k) !== reduced.has(inner)).at(-1);
  return other !== undefined && domain[other] >= LONG ? other : undefined;
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
