/**
 * Whether a legal fusion pays, under the target's cost profile. Sizes are not known here (plans are shared by all sizes), so
 * costs are per element, in adds.
 */
import type { Value } from '../dsl/kernel/ir.ts';
import { costOf, operandsOf } from '../dsl/kernel/walk.ts';
import type { CostProfile } from '../targets/target.ts';
import { isRepeated, type Use } from './groups.ts';
import { isSameAlongRows } from './path.ts';
import { readingsOf } from './reads.ts';
import type { MapNode, Node, StencilNode } from './simplify.ts';

/** A load from cache, where everything that is read twice comes from the second time. */
const LOAD = 1;

/** Costs found so far. `beside`: of points that are neighbours along a row of the node, and not only of the loop. */
export interface Costs {
  readonly beside: boolean;
  readonly known: Map<Node, number>;
}

/** What one more evaluation of a node costs, down to what is in memory. */
export function evaluationCost(node: Node, inMemory: (n: Node) => boolean, { beside, known }: Costs): number {
  const cost = (n: Node): number => {
    const found = known.get(n);
    if (found !== undefined) return found;
    const made = ownCost(n, beside) + readingsOf(n).reduce((sum, { edge: { to }, places, whole }) =>
      sum + places.size * (isLeaf(to) || inMemory(to) || whole !== undefined ? LOAD : to.kind === 'fill' ? 0 : cost(to)), 0);
    known.set(n, made);
    return made;
  };
  return cost(node);
}

/** Stencils are materialised when they are read elsewhere, so below them nothing is evaluated again. */
const isLeaf = (n: Node): boolean => n.kind !== 'map' && n.kind !== 'copy' && n.kind !== 'fill';

export const ownCost = (n: Node, beside = true): number =>
  n.kind === 'map' || n.kind === 'stencil' ? costOf([n.expr.fn.results[n.expr.result]], [], beside ? isRowIn(n) : undefined) : 0;

/** Elements taken one beside the other are as good as read: the indices that pick the row are the same for all of it. */
function isRowIn({ expr, src }: MapNode | StencilNode): (v: Value) => boolean {
  const inner = expr.shape.length - 1;
  const known = new Map<Value, boolean>();
  const decide = (v: Value): boolean => {
    switch (v.kind) {
      case 'const': case 'extent': case 'size': return true;
      case 'coord': return v.axis !== inner;
      case 'read': return isSameAlongRows(src[v.input].path);
      case 'op': case 'gather': return operandsOf(v).every(isSame);
      default: return false;
    }
  };
  const isSame = (v: Value): boolean => {
    let found = known.get(v);
    if (found === undefined) known.set(v, found = decide(v));
    return found;
  };
  const isInner = (v: Value): boolean => v.kind === 'coord' && v.axis === inner && v.at === undefined;
  return (v) => v.kind === 'gather' && isInner(v.index.at(-1)!) && v.index.slice(0, -1).every(isSame);
}

export interface Recompute {
  /** Operations done more often than with a buffer, per element, less the loads from that buffer. */
  readonly extra: number;
  readonly pays: boolean;
}

/** Computing at every use against storing once and loading. A value repeated by broadcasting counts as evaluated once more. */
export function weighRecompute(cost: number, uses: readonly Use[], profile: CostProfile): Recompute {
  const evaluations = uses.length + (uses.some(isRepeated) ? 1 : 0);
  const extra = Math.max(0, (evaluations - 1) * cost - evaluations * LOAD);
  return { extra, pays: extra <= profile.memoryRoundTrip };
}
