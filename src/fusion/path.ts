/**
 * Paths: how the points of one node become the points of another, through the views between them. A path refers to views
 * and shapes by number, so it is part of a plan; at bind time it becomes strides.
 */
import { InternalError } from '../errors.ts';
import type { Expr, ViewExpr } from '../dsl/expr.ts';
import type { Shape } from '../dsl/shape.ts';
import { axis, composeAxes, identityAxes, toStrided, type AxisMap, type Strided } from '../dsl/view.ts';
import type { Canonical } from './canonical.ts';
import { viewClass } from './view-class.ts';

/** Coordinates through the affine view node numbered `view`. */
export interface AffineStep {
  readonly kind: 'affine';
  readonly view: number;
  /** Nothing is cut off or reversed. */
  readonly whole: boolean;
  /** Points of the source are read several times. */
  readonly repeats: boolean;
  /** The last axis says nothing about where the source is read. */
  readonly sameAlongRows: boolean;
}
/** The same row-major position in another shape; shapes are named by number. */
export interface ReshapeStep {
  readonly kind: 'reshape';
  readonly from: number;
  readonly to: number;
  /** Only axes of size 1 come or go. */
  readonly ones: boolean;
}
export type Step = AffineStep | ReshapeStep;

/** From the reader's points (first step) to the producer's (after the last). */
export type Path = readonly Step[];

export const here: Path = [];

/** The step that a view node stands for. */
export function stepOf(graph: Canonical, view: number): Step {
  const e = graph.nodes[view] as ViewExpr;
  const kind = viewClass(e);
  if (e.view.kind === 'affine' && kind !== 'order') {
    const used = new Set(e.view.axes.map((m) => m.from));
    const isUnused = (k: number): boolean => e.shape[k] !== 1 && !used.has(k);
    return {
      kind: 'affine', view, whole: kind === 'whole',
      repeats: e.shape.some((_, k) => isUnused(k)), sameAlongRows: isUnused(e.shape.length - 1),
    };
  }
  const from = graph.shapeOf[view], to = graph.shapeOf[graph.numberOf.get(e.src[0])!];
  return { kind: 'reshape', from, to, ones: kind === 'order' };
}

/** `first`, then `then`. Reshapes that meet become one, or none. */
export function joinPaths(first: Path, then: Path): Path {
  if (first.length === 0) return then;
  if (then.length === 0) return first;
  const a = first[first.length - 1], b = then[0];
  if (a.kind !== 'reshape' || b.kind !== 'reshape') return [...first, ...then];
  const head = first.slice(0, -1), tail = then.slice(1);
  if (a.from === b.to) return joinPaths(head, tail);
  return [...head, { kind: 'reshape', from: a.from, to: b.to, ones: a.ones && b.ones }, ...tail];
}

export const pathKey = (path: Path): string =>
  path.map((s) => (s.kind === 'affine' ? `v${s.view}` : `r${s.from}>${s.to}`)).join('');

/** The same elements in the same row-major order: a buffer of one is a buffer of the other. */
export const keepsOrder = (path: Path): boolean => path.every((s) => s.kind === 'reshape');
/** Only axes of size 1 come or go. */
export const onlyOnes = (path: Path): boolean => path.every((s) => s.kind === 'reshape' && s.ones);
/** Row-major positions are mixed with coordinates: strides cannot say it, so what the affine view gives has to be in memory. */
export const isTangled = (path: Path): boolean => {
  const reshape = path.findIndex((s) => s.kind === 'reshape' && !s.ones);
  return reshape >= 0 && path.some((s, k) => k > reshape && s.kind === 'affine');
};
/** Every coordinate of the producer is a multiple of one of the reader's, plus a constant. */
export const isAffine = (path: Path): boolean => path.every((s) => s.kind === 'affine' || s.ones);
/** What is read is the same in all of a row of the reader's points. */
export const isSameAlongRows = ([first]: Path): boolean => first?.kind === 'affine' && first.sameAlongRows;
export const repeats = (path: Path): boolean => path.some((s) => s.kind === 'affine' && s.repeats);
/** Scales are 1 and offsets 0 throughout. */
export const isWhole = (path: Path): boolean => path.every((s) => (s.kind === 'affine' ? s.whole : s.ones));

/** What resolving a path needs of the concrete graph. */
export type Sizes = Pick<Canonical, 'nodes' | 'shapes'>;

/** The coordinates at the end of an affine path in terms of those at its start. */
export function resolveAxes(path: Path, sizes: Sizes, rank: number): readonly AxisMap[] {
  let axes: readonly AxisMap[] = identityAxes(rank);
  for (const step of path) axes = composeAxes(stepAxes(step, sizes), axes);
  return axes;
}

function stepAxes(step: Step, { nodes, shapes }: Sizes): readonly AxisMap[] {
  if (step.kind === 'reshape') return acrossOnes(shapes[step.from], shapes[step.to]);
  const view = viewOf(nodes[step.view]);
  return view.kind === 'affine' ? view.axes : fail('an affine step over a reshape');
}

const viewOf = (e: Expr) => (e.kind === 'view' ? e.view : fail(`node is ${e.kind}, not a view`));

/** A reshape in which only axes of size 1 come or go, as axes of `to` in terms of those of `from`. */
function acrossOnes(from: Shape, to: Shape): AxisMap[] {
  let k = 0;
  return to.map((size) => {
    if (size === 1) return axis(-1);
    while (from[k] === 1) k++;
    return axis(k++);
  });
}

/** Linear access, over points of rank `rank`, to a dense buffer of shape `buffer` at the end of the path. */
export function resolveStrides(path: Path, sizes: Sizes, rank: number, buffer: Shape): Strided {
  // From the first real reshape on only the row-major position counts, so the buffer may as well have that shape.
  const cut = path.findIndex((s) => s.kind === 'reshape' && !s.ones);
  if (cut < 0) return toStrided(resolveAxes(path, sizes, rank), buffer, rank);
  if (isTangled(path)) fail('a path that strides cannot say');
  return toStrided(resolveAxes(path.slice(0, cut), sizes, rank), sizes.shapes[(path[cut] as ReshapeStep).from], rank);
}

function fail(message: string): never {
  throw new InternalError(`path: ${message}`);
}
