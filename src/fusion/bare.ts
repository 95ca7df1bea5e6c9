/** Graphs without arrays: what is kept to explain a run must not keep values in memory. */
import { nodeOf, type Expr } from '../dsl/expr.ts';
import type { Canonical, Graph } from './canonical.ts';
import { label } from './text.ts';

/** What the inputs are called, in the order of the nodes. */
export function inputLabels({ nodes, isInput }: Pick<Graph, 'nodes' | 'isInput'>): string[] {
  const labels: string[] = [];
  for (let n = 0; n < nodes.length; n++) if (isInput[n]) labels.push(label(nodes[n]));
  return labels;
}

/** The same nodes, which stand for nothing that has values. */
export function bareOf(canonical: Canonical): Graph {
  return bareGraph(canonical, canonical.scalars, inputLabels(canonical), canonical.numberOf);
}

/** A graph of the same sizes with other scalars and inputs. */
export function bareGraph(
  graph: Graph, scalars: readonly number[], labels: readonly string[],
  numberOf: ReadonlyMap<Expr, number> = new Map(graph.nodes.map((e, n) => [e, n])),
): Graph {
  const nodes: Expr[] = [];
  const copy = <E extends Expr>(e: E): E => nodes[numberOf.get(e)!] as E;
  let scalar = 0, input = 0;
  graph.nodes.forEach((e, n) =>
    nodes.push(graph.isInput[n] ? sourceLike(e, labels[input++]) : below(e, copy, () => scalars[scalar++])));
  const { isInput, roots, structure, sizes } = graph;
  return { nodes, isInput, roots, structure, sizes, scalars };
}

const sourceLike = ({ dtype, shape }: Expr, name: string): Expr => nodeOf({ kind: 'source', name, dtype, shape, src: [] });

function below(e: Expr, copy: <E extends Expr>(e: E) => E, scalar: () => number): Expr {
  const src = e.src.map(copy);
  switch (e.kind) {
    case 'fill': return nodeOf({ ...e, value: scalar() });
    case 'stencil': return nodeOf({ ...e, src, cval: scalar() });
    case 'loop': return nodeOf({ ...e, src, carries: e.carries.map(copy), next: e.next.map(copy) });
    default: return nodeOf({ ...e, src });
  }
}
