/** What ran last for arrays that are evaluated, for `explain()`. Goes with the arrays, and keeps nothing else in memory. */
import type { Expr } from './dsl/expr.ts';
import type { BoundPlan } from './fusion/index.ts';
import { pastOf, setPast } from './residency.ts';
import type { Measurement } from './targets/target.ts';

/** A plan that has run. */
export interface PastRun {
  readonly target: string;
  readonly bound: BoundPlan;
  readonly measured: Measurement | undefined;
}

/** `results` were computed by this plan. */
export function remember(results: readonly Expr[], target: string, bound: BoundPlan, measured: Measurement | undefined): void {
  if (results.length === 0) return;
  const run: PastRun = { target, bound: bound.detach(), measured };
  for (const e of results) setPast(e, run);
}

/** The runs that computed the nodes, each once; undefined where one of them was not computed. */
export function recall(nodes: readonly Expr[]): readonly PastRun[] | undefined {
  const found = nodes.map((e) => pastOf(e) as PastRun | undefined);
  return found.includes(undefined) ? undefined : [...new Set(found as PastRun[])];
}
