/** Points of relative reads, axis by axis: a chain of steps, each an offset and then a border map. */
import { edgeMaps, type EdgeMap } from '../../../dsl/border.ts';
import { inlineAll, sameLeaves } from '../../../dsl/kernel/copy.ts';
import { Builder, type Point, type Value } from '../../../dsl/kernel/ir.ts';
import type { Code, Scalar } from './code.ts';
import type { Piece } from './uniformity.ts';

export interface AxisStep {
  readonly offset: number;
  readonly edge: EdgeMap;
}

/** From the current cell outwards; steps that do not move along the axis are left out. */
export function stepsAlong(at: Point | undefined, axis: number): AxisStep[] {
  if (!at) return [];
  const steps = stepsAlong(at.base, axis);
  if (at.offset[axis] !== 0) steps.push({ offset: at.offset[axis], edge: at.edge[axis] });
  return steps;
}

/** The same where there are coordinates beyond the ends of an axis that wraps. */
export const unwrapped = (steps: readonly AxisStep[]): AxisStep[] =>
  steps.map((s) => (s.edge === 'wrap' ? { ...s, edge: 'none' } : s));

export const stepsKey = (steps: readonly AxisStep[]): string => steps.map((s) => `${s.offset}${s.edge}`).join('/');
export const totalOffset = (steps: readonly AxisStep[]): number => steps.reduce((sum, s) => sum + s.offset, 0);

type InsideValue = Value & { kind: 'inside' };
const isInside = (v: Value): v is InsideValue => v.kind === 'inside';

/** Cells along `axis` at either end where some border map may act or some `inside` may fail. */
export function margins(values: readonly Value[], axis: number): { low: number; high: number } {
  let low = 0;
  let high = 0;
  const reach = (from: number, to: number): void => {
    low = Math.max(low, -from);
    high = Math.max(high, to);
  };
  for (const v of values) {
    if (!('at' in v)) continue;
    let at = 0;
    for (const { offset, edge } of stepsAlong(v.at, axis)) {
      at += offset;
      if (edge !== 'none') reach(at, at);
    }
    if (isInside(v)) reach(at + v.lo[axis], at + v.hi[axis]);
  }
  return { low, high };
}

/** Whether an `inside` asks something of an axis other than the inner one. */
export const asksOuter = (v: InsideValue, rank: number): boolean =>
  v.lo.some((lo, k) => k < rank - 1 && (lo !== 0 || v.hi[k] !== 0));

/** The same where every `inside` holds. */
export function assumeInside({ results, effects }: Piece): Piece {
  const b = new Builder();
  return inlineAll(b, results, effects, { ...sameLeaves(b), inside: () => b.constant(1, 'bool') });
}

export const insideValues = (values: readonly Value[]): InsideValue[] => values.filter(isInside);

/** Follows the steps from coordinate `x` of an axis of `n` cells. Coordinates that are inside skip the border's arithmetic. */
export function followSteps(c: Code, x: Scalar, n: Scalar, steps: readonly AxisStep[]): Scalar {
  let at = x;
  for (const { offset, edge } of steps) {
    at = c.add(at, offset);
    if (edge === 'none') continue;
    const mapped = c.variable(at);
    c.raw('i32.ge_u', [mapped, n]);
    c.f.if(() => c.assign(mapped, edgeMaps[edge](c.index, mapped, n)));
    at = mapped;
  }
  return at;
}

/** x + lo >= 0 and x + hi < n, as 0 or 1. */
export function within(c: Code, x: Scalar, n: Scalar, lo: number, hi: number): Scalar {
  if (lo === 0 && hi === 0) return 1;
  return c.and(c.x('i32.ge_s', [c.add(x, lo), 0]), c.x('i32.lt_s', [c.add(x, hi), n]));
}
