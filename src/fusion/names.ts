/** Names of the nodes and buffers of a bound plan, for people: those of the run, not of the run that made the plan. */
import type { Expr } from '../dsl/expr.ts';
import type { BoundPlan } from './bind.ts';
import type { Canonical } from './canonical.ts';
import type { Plan, PlanLoop } from './plan.ts';
import { label } from './text.ts';

export type Names = ReadonlyMap<Expr, string>;

/** The node of a number; a copy is named after what it copies. */
export const exprAt = (
  { canonical: { nodes }, plan }: { readonly canonical: Pick<Canonical, 'nodes'>; readonly plan: Pick<Plan, 'copies'> }, n: number,
): Expr => nodes[n] ?? nodes[plan.copies[n - nodes.length]];

/** Sources by their names; those that share one get a number. */
export function namesOfInputs({ nodes, isInput }: Pick<Canonical, 'nodes' | 'isInput'>): Map<Expr, string> {
  const names = new Map<Expr, string>();
  const used = new Map<string, number>();
  nodes.forEach((e, n) => {
    if (!isInput[n]) return;
    const name = e.kind === 'source' ? e.name || 'array' : label(e);
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    names.set(e, count === 1 ? name : `${name}${count}`);
  });
  return names;
}

/** Names of all buffers: inputs by their own, results in the order in which they were asked for, intermediates, states. */
export function namesOfBuffers(bound: BoundPlan): Map<Expr, string> {
  const { plan, canonical: { nodes } } = bound;
  const names = namesOfInputs(bound.canonical);
  const roots = [...new Set(plan.roots)];
  let intermediates = 0;
  const name = (n: number, text: () => string): void => {
    const e = nodes[n];
    if (e && !names.has(e)) names.set(e, roots.includes(n) ? `result${roots.length > 1 ? roots.indexOf(n) + 1 : ''}` : text());
  };
  const enter = (loop: PlanLoop): void => {
    for (const s of loop.states) {
      const after = `${label(nodes[s.carry])}'`;
      if (nodes[s.next]?.kind !== 'carry') name(s.next, () => after);
      for (const r of s.results) name(r, () => after);
    }
  };
  const visit = (steps: Plan['steps']): void => {
    for (const step of steps) {
      if (step.kind === 'loop') {
        enter(step);
        visit(step.body);
      } else for (const w of step.writes) name(w, () => `t${++intermediates}`);
    }
  };
  visit(plan.steps);
  return names;
}
