/**
 * Sums of products in the planner: which of them are products of matrices, where each operand is needed again for every row or
 * column of the other one. Targets pack such operands, so whatever computes them costs as if they were in memory.
 */
import type { Canonical } from './canonical.ts';
import { resolveAxes, type Path } from './path.ts';
import type { Edge, Node } from './simplify.ts';

/** Whether both operands of a contraction walk an axis of the result on which the other one stands still. */
export function multipliesMatrices(node: Node, canonical: Canonical): boolean {
  if (node.kind !== 'reduce' || node.expr.kind !== 'contract') return false;
  const domain = canonical.shapes[node.srcShapes[0]];
  const [left, right] = node.src.map((edge) => axesWalked(edge, canonical, domain.length));
  const { axes } = node.expr;
  const kept = domain.map((_, k) => k).filter((k) => domain[k] !== 1 && !axes.includes(k));
  return kept.some((k) => left.has(k) && !right.has(k)) && kept.some((k) => right.has(k) && !left.has(k));
}

/** The axes of the domain along which what is at the end of an edge may change. */
function axesWalked({ to, path }: Edge, canonical: Canonical, rank: number): Set<number> {
  if (to.kind === 'fill') return new Set();
  // Behind a reshape only positions count, which all axes before it move.
  const cut = path.findIndex((s) => s.kind === 'reshape' && !s.ones);
  const affine: Path = cut < 0 ? path : path.slice(0, cut);
  return new Set(resolveAxes(affine, canonical, rank).map((m) => m.from).filter((k) => k >= 0));
}
