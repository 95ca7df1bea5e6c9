/** What became of every edge of the graph and why: the raw material of `explain()`. */
import { evaluationCost } from './cost.ts';
import { find, isInternal, outputsOf, usesOf, type Assignment, type Group } from './groups.ts';
import type { Verdict } from './kernel.ts';
import type { Node } from './simplify.ts';

/** A decision before sizes are known. Nodes and shapes are named by number. */
export interface PlanDecision {
  readonly producer: number;
  readonly consumer: number;
  readonly verdict: Verdict;
  readonly reason: string;
  /** How often the producer's values no longer go through memory: written, and read. */
  readonly passesSaved: number;
  /** Adds per element done more than once, and how many elements. */
  readonly extra: number;
}

export function decisionsOf(a: Assignment): PlanDecision[] {
  const decisions: PlanDecision[] = [];
  const live = new Map<Group, ReadonlySet<Node>>();
  const isOutput = (n: Node): boolean => {
    const home = a.groupOf.get(n);
    if (!home) return true;
    const g = find(home);
    let outputs = live.get(g);
    if (!outputs) live.set(g, (outputs = new Set(outputsOf(a, g))));
    return outputs.has(n);
  };
  for (const node of a.region.nodes) {
    if (node.kind === 'fill' || node.kind === 'carry') continue;
    const uses = usesOf(a, node);
    const byConsumer = new Map<Node, typeof uses[number][]>();
    for (const u of uses) {
      for (const c of u.consumers) {
        const list = byConsumer.get(c);
        if (list) list.push(u);
        else byConsumer.set(c, [u]);
      }
    }
    for (const [consumer, own] of byConsumer) {
      decisions.push({ producer: node.number, consumer: consumer.number, ...judge(a, node, own, uses.length, isOutput) });
    }
  }
  return decisions;
}

function judge(a: Assignment, node: Node, own: readonly ReturnType<typeof usesOf>[number][], total: number, isOutput: (n: Node) => boolean): Omit<PlanDecision, 'producer' | 'consumer'> {
  if (a.inlined.has(node)) {
    if (total === 1) return { verdict: 'fused', reason: 'one user, at one point', passesSaved: 2, extra: 0 };
    const cost = evaluationCost(node, () => true, new Map());
    return { verdict: 'recomputed', reason: `computed at ${total} points instead of being stored: cheaper than memory`, passesSaved: 2, extra: cost * (own.length - 1) };
  }
  if (own.every((u) => isInternal(a, u))) {
    const epilogue = own.some((u) => u.kept);
    const reason = epilogue ? 'epilogue of the reduction' : 'same loop, same point';
    return isOutput(node)
      ? { verdict: 'merged', reason: `${reason}; also stored, because ${why(a, node)}`, passesSaved: 1, extra: 0 }
      : { verdict: epilogue ? 'fused' : 'merged', reason, passesSaved: 2, extra: 0 };
  }
  return { verdict: 'materialised', reason: why(a, node), passesSaved: 0, extra: 0 };
}

function why(a: Assignment, node: Node): string {
  return a.region.demanded.get(node) ?? a.reasons.get(node) ?? (node.kind === 'result' ? 'it is the result of a loop' : 'another loop needs it');
}
