/**
 * Merging groups: loops over the same points become one. Guarantees that what was legal stays legal: the graph of groups has
 * no cycle, and nothing in a group needs the same group's results at other points.
 */
import { attempt, type Fusion } from './attempts.ts';
import {
  consumersOf, find, fromKept, isSameKeptPoint, isSamePoint, liveGroups, readKey, usesOf, type Assignment, type Group,
} from './groups.ts';
import { whyNotEpilogue, whyNotMerge } from './legality.ts';
import { joinPaths } from './path.ts';

/** `g` takes over everything of `h`. */
function unite(g: Group, h: Group): void {
  h.mergedInto = g;
  h.stored.forEach((s) => g.stored.add(s));
  h.epilogue.forEach((s) => g.epilogue.add(s));
  h.uses.forEach((u) => g.uses.push(u));
  h.reads.forEach((u, key) => g.reads.set(key, u));
  g.kept ??= h.kept;
  g.axes ??= h.axes;
  g.usesCoordinates ||= h.usesCoordinates;
  g.usesNeighbours ||= h.usesNeighbours;
  g.gathers ||= h.gathers;
  g.weight += h.weight;
}

/** Merges as many of the groups as is legal. */
export function tryMergeAll(a: Assignment, groups: readonly Group[]): void {
  groups.forEach((g, i) => groups.slice(i + 1).forEach((h) => tryMerge(a, g, h)));
}

function tryMerge(a: Assignment, g: Group, h: Group): boolean {
  [g, h] = [find(g), find(h)];
  if (g === h) return true;
  if (!attempt(a.attempts, fusionOf('merge', g, h), whyNotMerge(a, g, h))) return false;
  unite(g, h);
  return true;
}

/** Groups go by the first of what they store. */
const fusionOf = (kind: Fusion['kind'], g: Group, h: Group): Fusion => ({ kind, producer: firstOf(g), consumer: firstOf(h) });
const firstOf = (g: Group): number => Math.min(...[...g.stored].map((s) => s.number));

/** All merges: until nothing changes, since one merge may make another one possible. */
export function mergeGroups(a: Assignment): void {
  let before: number;
  do {
    before = liveGroups(a).length;
    mergeProducers(a);
    mergeReaders(a, (g) => g.axes !== undefined);
    mergeEpilogues(a);
    mergeReaders(a, () => true);
  } while (liveGroups(a).length < before);
}

/** A stored value and a loop that reads it at the same point. */
function mergeProducers(a: Assignment): void {
  for (const [node, home] of a.groupOf) {
    for (const use of usesOf(a, node)) if (isSamePoint(use)) tryMerge(a, home, use.group);
  }
}

/** Loops over the same points that read the same thing, or compute results of one function. */
function mergeReaders(a: Assignment, eligible: (g: Group) => boolean): void {
  const readers = new Map<string, Group[]>();
  for (const g of liveGroups(a)) {
    if (g.loop || g.nest || !eligible(g)) continue;
    for (const key of sharedBy(g)) {
      const list = readers.get(key);
      if (list) list.push(g);
      else readers.set(key, [g]);
    }
  }
  for (const list of readers.values()) {
    for (let i = 0; i < list.length; i++) for (let j = i + 1; j < list.length; j++) tryMerge(a, list[i], list[j]);
  }
}

/** What makes it worth to run together with another group: what it reads, and functions of which others give other results. */
function* sharedBy(g: Group): Iterable<string> {
  yield* g.reads.keys();
  for (const s of g.stored) if ((s.kind === 'map' || s.kind === 'stencil') && s.expr.fn.results.length > 1) yield s.expr.fn.key;
}

/** Maps over the kept points of a reduction, or of several over the same points, which then become one. */
function mergeEpilogues(a: Assignment): void {
  for (const maps of liveGroups(a)) {
    if (maps.loop || maps.nest || maps.axes || maps.mergedInto) continue;
    const reductions = new Set<Group>();
    for (const u of maps.uses) {
      const home = a.groupOf.get(u.node);
      if (home && find(home).epilogue.has(u.node) && isSameKeptPoint(u)) reductions.add(find(home));
    }
    const [first, ...rest] = reductions;
    if (!first) continue;
    for (const other of rest) tryMerge(a, first, other);
    const into = [...reductions].map(find).find((r) => attempt(a.attempts, fusionOf('epilogue', r, maps), whyNotEpilogue(a, maps, r)));
    if (into) becomeEpilogue(a, maps, into);
  }
}

/** From now on the maps run once per kept point: their paths start there. */
function becomeEpilogue(a: Assignment, maps: Group, reduction: Group): void {
  const lead = fromKept(reduction, maps.domain);
  maps.stored.forEach((s) => maps.epilogue.add(s));
  for (const u of maps.uses) {
    u.kept = true;
    u.path = joinPaths(lead, u.path);
  }
  maps.reads.clear();
  for (const u of maps.uses) if (!a.inlined.has(u.node)) maps.reads.set(readKey(u), u);
  unite(reduction, maps);
}

/** Groups in an order in which each comes after what it needs; among the ready ones, in order of their smallest node. */
export function schedule(a: Assignment): Group[] {
  const groups = liveGroups(a);
  const waiting = new Map<Group, number>(groups.map((g) => [g, 0]));
  const consumers = new Map(groups.map((g) => [g, consumersOf(a, g)]));
  for (const list of consumers.values()) for (const c of list) waiting.set(c, waiting.get(c)! + 1);
  const ready = groups.filter((g) => waiting.get(g) === 0);
  const order: Group[] = [];
  while (ready.length > 0) {
    ready.sort((x, y) => firstOf(y) - firstOf(x));
    const g = ready.pop()!;
    order.push(g);
    for (const c of consumers.get(g)!) {
      waiting.set(c, waiting.get(c)! - 1);
      if (waiting.get(c) === 0) ready.push(c);
    }
  }
  return order;
}
