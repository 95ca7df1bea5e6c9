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

/** Called at every evaluation, so it does as little as it can. */
function bareOf(canonical: Canonical): Canonical {
  const { isInput, numberOf } = canonical;
  const nodes = new Array<Expr>(canonical.nodes.length);
  const copy = <E extends Expr>(e: E): E => nodes[numberOf.get(e)!] as E;
  for (let n = 0; n < nodes.length; n++) {
    const e = canonical.nodes[n];
    nodes[n] = isInput[n] ? sourceLike(e) : below(e, copy);
  }
  return { ...canonical, nodes, numberOf: nowhere };
}

const nowhere: ReadonlyMap<Expr, number> = new Map();

const sourceLike = (e: Expr): Expr =>
  ({ kind: 'source', id: e.id, name: label(e), dtype: e.dtype, shape: e.shape, src: [] });

function below(e: Expr, copy: <E extends Expr>(e: E) => E): Expr {
  const { id, dtype, shape } = e;
  if (e.src.length === 0 && e.kind !== 'loop') return e;
  const src = e.src.map(copy);
  switch (e.kind) {
    // Most nodes are maps and views: written out, they are made several times as fast.
    case 'map': return { kind: 'map', id, dtype, shape, src, fn: e.fn, result: e.result };
    case 'view': return { kind: 'view', id, dtype, shape, src, view: e.view };
    case 'loop': return { ...e, src, carries: e.carries.map(copy), next: e.next.map(copy) };
    default: return { ...e, src };
  }
}
