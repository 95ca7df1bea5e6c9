/**
 * Groups: which nodes are computed by which loop nest. A group stores some nodes (they get buffers, unless in the end nobody
 * else needs them) and computes others on the way. Groups grow by union; `find` gives the group that a group has become.
 */
import type { CostProfile } from '../targets/target.ts';
import type { Attempts } from './attempts.ts';
import { joinPaths, onlyOnes, pathKey, repeats, type Path } from './path.ts';
import type { Reading } from './reads.ts';
import type { Loop, Nest, Node, PlanGraph } from './simplify.ts';

/** The part of the graph that is planned at once: what is outside all loops, or the body of one. */
export interface Region {
  readonly loop: Loop | undefined;
  /** Computed here, by number. */
  readonly nodes: readonly Node[];
  /** Must have a buffer: roots, states, and what the bodies of loops need from outside. Values say why. */
  readonly demanded: ReadonlyMap<Node, string>;
  readonly loops: readonly LoopRegion[];
}
export interface LoopRegion extends Region {
  readonly loop: Loop;
  /** What the body needs that does not change from step to step, in buffers. */
  readonly outside: readonly Node[];
  /** Indices of the states that the results depend on. */
  readonly states: readonly number[];
}

export interface Group {
  readonly id: number;
  /** The group this one was merged into. */
  mergedInto: Group | undefined;
  /** A loop step, which nothing joins. */
  readonly loop: LoopRegion | undefined;
  /** A nest of loops that stores, which nothing joins either. */
  readonly nest: Nest | undefined;
  /** A product of matrices: nothing is computed beside it, but what it multiplies and what becomes of the result. */
  readonly product: boolean;
  /** Number of the shape it runs over. */
  readonly domain: number;
  /** Number of the shape of the kept points, and the reduced axes, of a group with reductions. */
  kept: number | undefined;
  axes: readonly number[] | undefined;
  /** Nodes with a buffer; those in `epilogue` (reductions included) have one value per kept point. */
  readonly stored: Set<Node>;
  readonly epilogue: Set<Node>;
  /** Everything it reads that it does not compute, by `readKey`. */
  readonly reads: Map<string, Use>;
  readonly uses: Use[];
  usesCoordinates: boolean;
  usesNeighbours: boolean;
  gathers: boolean;
  /** Evaluations of nodes: keeps the size of the code, and of the recursion over it, bounded. */
  weight: number;
}

/** A node is needed by a group at the end of a path, at a place (see reads.ts). */
export interface Use {
  readonly node: Node;
  readonly consumers: Set<Node>;
  readonly group: Group;
  path: Path;
  readonly place: string;
  /** Needed once per kept point of a reduction; the path starts there. */
  kept: boolean;
  /** Read at computed positions: number of the shape that the path starts from, instead of the group's points. */
  readonly whole: number | undefined;
  /** Needed as a buffer, whatever else. */
  readonly asBuffer: boolean;
}

export interface Assignment {
  readonly graph: PlanGraph;
  readonly region: Region;
  readonly profile: CostProfile;
  readonly groups: Group[];
  readonly usesOf: Map<Node, Use[]>;
  /** By node, group, path and place, so that no use is listed twice. */
  readonly useIndex: Map<string, Use>;
  readonly groupOf: Map<Node, Group>;
  /** Nodes that are computed wherever they are used. */
  readonly inlined: Set<Node>;
  readonly attempts: Attempts;
  /** Why a node that could have been inlined is stored. */
  readonly reasons: Map<Node, string>;
}

export function find(group: Group): Group {
  let g = group;
  while (g.mergedInto) g = g.mergedInto;
  return g;
}

export const liveGroups = (a: Assignment): Group[] => a.groups.filter((g) => !g.mergedInto);
export const usesOf = (a: Assignment, node: Node): readonly Use[] => a.usesOf.get(node) ?? [];

export const readKey = (use: Pick<Use, 'node' | 'path' | 'kept' | 'whole'>): string =>
  `${use.whole === undefined ? '' : 'w'}${use.kept ? 'k' : ''}${use.node.number}@${pathKey(use.path)}`;

/** What a group reads that evaluates a node at the end of `path`. A whole source is the same from everywhere. */
export const readFrom = (
  { edge: { to: node, path: then }, whole }: Reading, path: Path, kept: boolean,
): Pick<Use, 'node' | 'path' | 'kept' | 'whole'> =>
  (whole === undefined ? { node, path: joinPaths(path, then), kept, whole } : { node, path: then, kept: false, whole });

/** The group needs the node's value at the very point it is at. */
export const isSamePoint = (use: Use): boolean =>
  !use.asBuffer && use.whole === undefined && !use.kept && use.path.length === 0 && use.place === '' && use.node.shape === find(use.group).domain;

/** A value per kept point that is needed at that kept point. */
export const isSameKeptPoint = (use: Use): boolean =>
  !use.asBuffer && use.whole === undefined && use.place === '' && onlyOnes(use.path);

/** Computed there, the value would be computed once for every repeat. What a product of matrices multiplies is packed first. */
export const isRepeated = (use: Use): boolean => repeats(use.path) && !find(use.group).product;

/** From the kept points of a group's reduction to a shape that differs in axes of size 1 only. */
export const fromKept = (group: Group, shape: number): Path =>
  (group.kept === shape ? [] : [{ kind: 'reshape', from: group.kept!, to: shape, ones: true }]);

/** The use is served inside the group that stores the node, without memory. */
export function isInternal(a: Assignment, use: Use): boolean {
  const home = a.groupOf.get(use.node);
  return home !== undefined && find(home) === find(use.group);
}

/** Groups that were merged may need a node in the same way: one evaluation serves them all. */
export function distinctUses(uses: readonly Use[]): Use[] {
  if (uses.length < 2) return [...uses];
  const byKey = new Map<string, Use>();
  for (const u of uses) byKey.set(`${find(u.group).id}|${readKey(u)}|${u.place}`, u);
  return [...byKey.values()];
}

/** Stored nodes that somebody outside the group, or outside the region, needs. */
export const outputsOf = (a: Assignment, g: Group): Node[] =>
  [...g.stored].filter((s) => a.region.demanded.has(s) || usesOf(a, s).some((u) => !isInternal(a, u)))
    .sort((x, y) => x.number - y.number);

/** Buffers that a kernel of these groups together would bind. */
export function buffersOf(a: Assignment, groups: readonly Group[]): number {
  const together = new Set(groups.map(find));
  const inside = (g: Group | undefined) => g !== undefined && together.has(find(g));
  const reads = new Set<string>();
  let outputs = 0;
  for (const g of together) {
    for (const [key, use] of g.reads) if (!inside(a.groupOf.get(use.node))) reads.add(key);
    for (const s of g.stored) {
      if (a.region.demanded.has(s) || usesOf(a, s).some((u) => !inside(u.group))) outputs++;
    }
  }
  return reads.size + outputs;
}

/** Groups that read what this one stores. */
export function consumersOf(a: Assignment, group: Group): Set<Group> {
  const out = new Set<Group>();
  for (const s of group.stored) for (const u of usesOf(a, s)) out.add(find(u.group));
  out.delete(group);
  return out;
}

/** Whether `to` needs, directly or not, something of `from`; with `through`, only by way of a third group. */
export function reaches(a: Assignment, from: Group, to: Group, through: boolean): boolean {
  const seen = new Set<Group>();
  const stack = [...consumersOf(a, from)].filter((g) => !through || g !== to);
  while (stack.length > 0) {
    const g = stack.pop()!;
    if (g === to) return true;
    if (seen.has(g)) continue;
    seen.add(g);
    stack.push(...consumersOf(a, g));
  }
  return false;
}
