/** The planner: graphs in, launches out. Plans are cached by structure, so sizes and scalars never plan or compile again. */
import type { Expr } from '../dsl/expr.ts';
import type { CostProfile } from '../targets/target.ts';
import { bind, type BoundPlan } from './bind.ts';
import { canonicalise } from './canonical.ts';
import { makePlan, type Plan } from './plan.ts';

export { explain, report, type KernelReport, type PlanReport } from './explain.ts';
export { validateBound } from './validate.ts';
export { unroll } from './steps.ts';
export type { BoundPlan, BoundSlot } from './bind.ts';
export type { Plan, PlanLoop, PlanStep } from './plan.ts';
export type { PlanKernel } from './kernelize.ts';

/** Plans kept; the least recently used go first. */
const MAX_PLANS = 512;
const plans = new Map<string, Plan>();
let hits = 0, misses = 0;

/** Launches for `roots` under a target's profile. `resident(e)` says that a node's values are at hand: it is an input. */
export function planFor(roots: readonly Expr[], resident: (e: Expr) => boolean, profile: CostProfile): BoundPlan {
  const canonical = canonicalise(roots, resident);
  const key = `${profile.memoryRoundTrip},${profile.launch},${profile.maxBuffers},${profile.maxBufferBytes}|${canonical.key}`;
  let plan = plans.get(key);
  if (plan) {
    hits++;
    plans.delete(key);
  } else {
    misses++;
    plan = makePlan(canonical, profile);
    if (plans.size >= MAX_PLANS) plans.delete(plans.keys().next().value!);
  }
  plans.set(key, plan);
  return bind(plan, canonical, roots);
}

export const planCacheStats = (): { readonly plans: number; readonly hits: number; readonly misses: number } =>
  ({ plans: plans.size, hits, misses });

/** Forgets all plans and counts: for tests. */
export function clearPlanCache(): void {
  plans.clear();
  hits = misses = 0;
}
