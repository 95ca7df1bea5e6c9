/** The planner: graphs in, launches out. Plans are cached by structure, so sizes and scalars never plan or compile again. */
import type { Expr } from '../dsl/expr.ts';
import type { CostProfile } from '../targets/target.ts';
import { bind, type BoundPlan } from './bind.ts';
import { canonicalise, type Canonical } from './canonical.ts';
import { makePlan, type Plan } from './plan.ts';
import { canPrecompute, precompute } from './precompute.ts';

export { detach } from './detach.ts';
export { describe, explain } from './explain.ts';
export { dotOf } from './picture-dot.ts';
export { svgOf } from './picture-svg.ts';
export { pictureOf } from './picture.ts';
export { peakBytes } from './peak.ts';
export { report, type Circumstances } from './report.ts';
export { validateBound } from './validate.ts';
export { unroll } from './steps.ts';
export { flopsOf } from './flops.ts';
export { domainOf, namesOfRuns, type NameOfRun } from './run-names.ts';
export { bytesMoved } from './traffic.ts';
export { launchesOf, type Run, type Sweep } from './kernel.ts';
export type { BoundPlan, BoundSlot } from './bind.ts';
export type { Plan, PlanLoop, PlanStep } from './plan.ts';
export type { PlanKernel } from './kernelize.ts';

/** Plans kept; the least recently used go first. */
const MAX_PLANS = 512;

interface Entry {
  /** Undefined: the graph is planned as `precompute` makes it. */
  readonly plan: Plan | undefined;
  /** When it was last asked for. */
  used: number;
}

/** What the planner decides depends on these numbers, so plans are kept per profile. */
const caches = new Map<string, Map<string, Entry>>();
const cacheOf = new WeakMap<CostProfile, Map<string, Entry>>();
let hits = 0, misses = 0;

/**
 * Launches for `roots` under a target's profile, with at most `max` fusions. `resident(e)` says that a node's values are at
 * hand: it is an input.
 */
export function planFor(roots: readonly Expr[], resident: (e: Expr) => boolean, profile: CostProfile, max = Infinity): BoundPlan {
  const canonical = canonicalise(roots, resident);
  const plan = lookUp(canonical, resident, profile, max);
  if (plan) return bind(plan, canonical, roots);
  const better = canonicalise(precompute(roots, resident, profile), resident);
  return bind(lookUp(better, resident, profile, max)!, better, roots);
}

/** The plan of a graph; undefined when `precompute` has to change the graph first. */
function lookUp(canonical: Canonical, resident: (e: Expr) => boolean, profile: CostProfile, max: number): Plan | undefined {
  const plans = cacheFor(profile);
  const key = max === Infinity ? canonical.key : `${canonical.key} max ${max}`;
  let entry = plans.get(key);
  if (entry) hits++;
  else {
    const plan = canPrecompute(canonical.nodes, resident, profile) ? undefined : makePlan(canonical, profile, max);
    entry = { plan, used: 0 };
    if (plans.size >= MAX_PLANS) forgetOldest(plans);
    plans.set(key, entry);
    misses++;
  }
  entry.used = hits + misses;
  return entry.plan;
}

function cacheFor(profile: CostProfile): Map<string, Entry> {
  let plans = cacheOf.get(profile);
  if (!plans) {
    const key = `${profile.memoryRoundTrip},${profile.launch},${profile.maxBuffers},${profile.maxBufferBytes},${profile.mostReads},${profile.fuseMultiplyAdd},${profile.sweeps?.cache},${profile.sweeps?.depth},${profile.tiles?.memory},${profile.tiles?.depth}`;
    plans = caches.get(key);
    if (!plans) caches.set(key, (plans = new Map()));
    cacheOf.set(profile, plans);
  }
  return plans;
}

function forgetOldest(plans: Map<string, Entry>): void {
  let oldest: string | undefined, when = Infinity;
  for (const [key, { used }] of plans) if (used < when) [oldest, when] = [key, used];
  if (oldest !== undefined) plans.delete(oldest);
}

export const planCacheStats = (): { readonly plans: number; readonly hits: number; readonly misses: number } =>
  ({ plans: [...caches.values()].reduce((n, c) => n + c.size, 0), hits, misses });

/** Forgets all plans and counts: for tests. */
export function clearPlanCache(): void {
  caches.forEach((c) => c.clear());
  hits = misses = 0;
}
