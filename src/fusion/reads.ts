/** Where a node reads its sources: at the current point, or for a stencil at neighbours, with what its borders say. */
import { borderRules, type EdgeMap } from '../dsl/border.ts';
import type { Point, Value } from '../dsl/kernel/ir.ts';
import { valuesIn, valuesOf } from '../dsl/kernel/walk.ts';
import type { Edge, MapNode, NestNode, Node, StencilNode } from './simplify.ts';

/** One read of a stencil, relative to the cell it computes. */
export interface Neighbour {
  readonly offset: readonly number[];
  readonly edge: readonly EdgeMap[];
  /** The offset on the axes on which a read beyond the edge gives cval, else 0. */
  readonly guard: readonly number[];
}

/** `at` is a point of the stencil's own function. On `valid` axes the result's first cell is the source's cell -lo. */
export function neighbour(node: StencilNode, input: number, at: Point | undefined): Neighbour {
  const { border, lo } = node.expr;
  const larger = node.srcShapes[input] !== node.shape;
  const own = border.map((_, k) => at?.offset[k] ?? 0);
  return {
    offset: own.map((o, k) => (larger && borderRules[border[k]].shrinks ? o - lo[k] : o)),
    edge: border.map((mode) => borderRules[mode].edge),
    guard: own.map((o, k) => (borderRules[border[k]].readGuard ? o : 0)),
  };
}

/**
 * A name for the place of a read relative to the current point, '' for the point itself. Equal names are equal places;
 * a place seen from another place is their names in a row.
 */
type Place = string;

/** The sources a node really reads, each with the places where it reads them. */
export interface Reading {
  readonly edge: Edge;
  readonly places: ReadonlySet<Place>;
  /** It is read at computed positions of the shape with this number. */
  readonly whole: number | undefined;
}

/** All that is computed for a node, operands before users. */
export const valuesOfNode = ({ kind, expr }: MapNode | StencilNode | NestNode): Value[] =>
  (kind === 'nest' ? valuesIn(expr.fn) : valuesOf([expr.fn.results[expr.result]]));

export function readingsOf(node: Node): Reading[] {
  switch (node.kind) {
    case 'input': case 'fill': case 'carry': case 'result': return [];
    case 'copy': case 'reduce': return node.src.map((edge) => ({ edge, places: new Set(['']), whole: undefined }));
    case 'map': case 'stencil': case 'nest': {
      const places = node.src.map(() => new Set<Place>());
      for (const v of valuesOfNode(node)) {
        if (v.kind === 'gather') places[v.input].add('');
        if (v.kind === 'read') places[v.input].add(node.kind === 'stencil' ? placeOf(neighbour(node, v.input, v.at)) : '');
      }
      const shapeOf = (k: number) => (node.expr.fn.inputs[k].whole === undefined ? undefined : node.srcShapes[k]);
      return node.src.map((edge, k) => ({ edge, places: places[k], whole: shapeOf(k) })).filter((r) => r.places.size > 0);
    }
    default: return node satisfies never;
  }
}

const placeOf = ({ offset, edge }: Neighbour): Place =>
  offset.every((o) => o === 0) ? '' : `>${offset.map((o, k) => (o === 0 ? '0' : o + edge[k])).join()}`;
