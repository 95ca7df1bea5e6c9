/** The planner: graphs in, launches out. Plans are cached by structure, so sizes and scalars never plan or compile again. */
import type { Expr } from '../dsl/expr.ts';
import type { CostProfile } from '../targets/target.ts';
import { bind, type BoundPlan } from './bind.ts';
import { canonicalise, graphOf, type Graph } from './canonical.ts';
import { PlanCache } from './plan-cache.ts';
import { makePlan, type Plan } from './plan.ts';
import { canPrecompute, precompute } from './precompute.ts';

export { describe, explain } from './explain.ts';
export { dotOf } from './picture-dot.ts';
export { svgOf } from './picture-svg.ts';
export { pictureOf } from './picture.ts';
export { namesOfInputs } from './names.ts';
export { peakBytes } from './peak.ts';
export { report, type Circumstances } from './report.ts';
export { validateBound } from './validate.ts';
export { unroll } from './steps.ts';
export { flopsOf } from './flops.ts';
export { domainOf, namesOfRuns, type NameOfRun } from './run-names.ts';
export { bytesMoved } from './traffic.ts';
export { launchesOf, type Run, type Sweep } from './kernel.ts';
export { graphOf, type Graph } from './canonical.ts';
export type { BoundPlan, BoundSlot } from './bind.ts';
export type { Plan, PlanLoop, PlanStep } from './plan.ts';
export type { PlanKernel } from './kernelize.ts';

/** What the planner decides depends on these numbers, so plans are kept per profile. */
const caches = new Map<string, PlanCache>();
const cacheOf = new WeakMap<CostProfile, PlanCache>();

/**
 * Launches for `roots` under a target's profile, with at most `max` fusions. `resident(e)` says that a node's values are at
 * hand: it is an input.
 */
export const planFor = (roots: readonly Expr[], resident: (e: Expr) => boolean, profile: CostProfile, max?: number): BoundPlan =>
  planGraph(graphOf(roots, resident), roots, profile, max);

/** The same for a graph that is known. */
export function planGraph(graph: Graph, roots: readonly Expr[], profile: CostProfile, max = Infinity): BoundPlan {
  const cache = cacheFor(profile);
  const plan = cache.find(graph, max, () => makeUnless(graph, profile, max));
  if (plan) return bind(plan, graph, roots);
  const resident = inputsOf(graph);
  const better = graphOf(precompute(roots, resident, profile), resident);
  return bind(cache.find(better, max, () => makePlan(canonicalise(better), profile, max))!, better, roots);
}

/** The plan; undefined when `precompute` has to change the graph first. */
const makeUnless = (graph: Graph, profile: CostProfile, max: number): Plan | undefined =>
  (canPrecompute(graph.nodes, inputsOf(graph), profile) ? undefined : makePlan(canonicalise(graph), profile, max));

function inputsOf({ nodes, isInput }: Graph): (e: Expr) => boolean {
  const inputs = new Set(nodes.filter((_, n) => isInput[n]));
  return (e) => inputs.has(e);
}

function cacheFor(profile: CostProfile): PlanCache {
  let cache = cacheOf.get(profile);
  if (!cache) {
    const { memoryRoundTrip, launch, maxBuffers, maxBufferBytes, mostReads, sweeps, tiles } = profile;
    const key = [
      memoryRoundTrip, launch, maxBuffers, maxBufferBytes, mostReads, profile.fuseMultiplyAdd, profile.flushSubnormals,
      sweeps?.cache, sweeps?.depth, sweeps?.lineDepth, tiles?.memory, tiles?.depth,
    ].join();
    cache = caches.get(key);
    if (!cache) caches.set(key, (cache = new PlanCache()));
    cacheOf.set(profile, cache);
  }
  return cache;
}

export function planCacheStats(): { readonly plans: number; readonly hits: number; readonly misses: number } {
  const all = [...caches.values()];
  const sum = (of: (c: PlanCache) => number): number => all.reduce((n, c) => n + of(c), 0);
  return { plans: sum((c) => c.size), hits: sum((c) => c.hits), misses: sum((c) => c.misses) };
}

/** Forgets all plans and counts: for tests. */
export function clearPlanCache(): void {
  caches.forEach((c) => c.clear());
}
