/** A bound plan without its inputs: what is kept of a run, so that it can be explained, must not keep arrays in memory. */
import type { Expr } from '../dsl/expr.ts';
import type { BoundPlan } from './bind.ts';
import type { Canonical } from './canonical.ts';
import { launchesOf } from './kernel.ts';
import { bindDecisions } from './report.ts';
import { label } from './text.ts';

/** Equal for `report`; its nodes stand for nothing that has values. */
export function detach({ plan, canonical, slots, runs, steps }: BoundPlan): BoundPlan {
  const bare = bareOf(canonical);
  return {
    plan, canonical: bare, slots, runs, steps, inputs: [], outputs: [],
    get launches() { return runs.flatMap(launchesOf); },
    get decisions() { return bindDecisions(plan, bare); },
  };
}

function bareOf(canonical: Canonical): Canonical {
  const copies = new Map<Expr, Expr>();
  const copy = <E extends Expr>(e: E): E => copies.get(e) as E;
  const nodes = canonical.nodes.map((e, n) => {
    const made = canonical.isInput[n] ? sourceLike(e) : below(e, copy);
    copies.set(e, made);
    return made;
  });
  return { ...canonical, nodes, numberOf: new Map() };
}

const sourceLike = (e: Expr): Expr =>
  ({ kind: 'source', id: e.id, name: label(e), dtype: e.dtype, shape: e.shape, src: [] });

function below(e: Expr, copy: <E extends Expr>(e: E) => E): Expr {
  if (e.src.length === 0 && e.kind !== 'loop') return e;
  const src = e.src.map(copy);
  return e.kind === 'loop' ? { ...e, src, carries: e.carries.map(copy), next: e.next.map(copy) } : { ...e, src };
}
