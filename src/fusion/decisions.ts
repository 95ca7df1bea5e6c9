/** What became of every edge of the graph and why: the raw material of `explain()`. */
import { ownCost } from './cost.ts';
import { distinctUses, find, isInternal, outputsOf, usesOf, type Assignment, type Group, type Use } from './groups.ts';
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
    const evaluations = distinctUses(uses).length;
    let first = true;
    for (const [consumer, own] of byConsumer(uses)) {
      const made = a.inlined.has(node) ? judgeInlined(node, own, evaluations, first) : judgeStored(a, node, own, isOutput);
      decisions.push({ producer: node.number, consumer: consumer.number, ...made });
      first = false;
    }
  }
  return decisions;
}

function byConsumer(uses: readonly Use[]): Map<Node, Use[]> {
  const lists = new Map<Node, Use[]>();
  for (const u of uses) {
    for (const c of u.consumers) {
      const list = lists.get(c);
      if (list) list.push(u);
      else lists.set(c, [u]);
    }
  }
  return lists;
}

type Judgement = Omit<PlanDecision, 'producer' | 'consumer'>;

function judgeInlined(node: Node, own: readonly Use[], evaluations: number, first: boolean): Judgement {
  if (evaluations === 1) return { verdict: 'fused', reason: 'needed at one point of one loop', passesSaved: 2, extra: 0 };
  const again = distinctUses(own).length - (first ? 1 : 0);
  return {
    verdict: 'recomputed', reason: `computed at ${evaluations} points: cheaper than storing it`, passesSaved: 2, extra: ownCost(node) * again,
  };
}

function judgeStored(a: Assignment, node: Node, own: readonly Use[], isOutput: (n: Node) => boolean): Judgement {
  if (!own.every((u) => isInternal(a, u))) return { verdict: 'materialised', reason: why(a, node), passesSaved: 0, extra: 0 };
  const epilogue = own.some((u) => u.kept);
  const reason = epilogue ? 'epilogue of the reduction' : 'same loop, same point';
  return isOutput(node)
    ? { verdict: 'merged', reason: `${reason}; also stored: ${why(a, node)}`, passesSaved: 1, extra: 0 }
    : { verdict: epilogue ? 'fused' : 'merged', reason, passesSaved: 2, extra: 0 };
}

function why(a: Assignment, node: Node): string {
  const other = node.kind === 'result' ? 'it is the result of a loop' : 'another loop needs it';
  return a.region.demanded.get(node) ?? a.reasons.get(node) ?? other;
}
