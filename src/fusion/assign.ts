/**
 * Decides for every node of a region whether it gets a buffer or is computed where it is used. Guarantees: demanded nodes and
 * reductions are stored; what is inlined is legal at every use and pays; no group needs more buffers than the target binds,
 * as long as no single node does. Goes from users to sources, so that all uses of a node are known when it is decided.
 */
import { attempt, whyNoMore, type Attempts } from './attempts.ts';
import { multipliesMatrices } from './contract.ts';
import { evaluationCost, weighRecompute, type Costs } from './cost.ts';
import {
  distinctUses, find, isRepeated, isSamePoint, readFrom, readKey, usesOf,
  type Assignment, type Group, type LoopRegion, type Region, type Use,
} from './groups.ts';
import { followsReduction, whyNoRoom, whyNotInline } from './legality.ts';
import { tryMergeAll } from './merge.ts';
import { here, isWhole, type Path } from './path.ts';
import { readingsOf } from './reads.ts';
import type { Nest, NestNode, Node, PlanGraph } from './simplify.ts';
import type { CostProfile } from '../targets/target.ts';

export function assign(graph: PlanGraph, region: Region, profile: CostProfile, attempts: Attempts): Assignment {
  const a: Assignment = {
    graph, region, profile, groups: [], usesOf: new Map(), useIndex: new Map(), groupOf: new Map(),
    inlined: new Set(), reasons: new Map(), attempts,
  };
  const own = new Set(region.nodes);
  // A loop or a nest is decided at the first of its results: after all users of any, before all that it needs.
  const loopAt = new Map<Node, LoopRegion>();
  for (const l of region.loops) loopAt.set(region.nodes.find((n) => n.kind === 'result' && n.loop === l.loop)!, l);
  const nests = new Map<Nest, NestNode[]>();
  for (const n of region.nodes) if (n.kind === 'nest') nests.set(n.nest, [...nests.get(n.nest) ?? [], n]);
  const costs = [true, false].map((beside): Costs => ({ beside, known: new Map() }));
  // A view that cuts off, reverses or leaves out says at run time only how far apart neighbours are.
  const costsFor = (uses: readonly Use[]): Costs => costs[uses.every((u) => isWhole(u.path)) ? 0 : 1];
  const follows = new Map<Node, boolean>();
  // What may be the epilogue of a reduction comes from there, if it is needed at more than the kept points.
  const inMemory = (n: Node): boolean => region.demanded.has(n) || !own.has(n) || followsReduction(n, follows);

  for (const node of [...region.nodes].reverse()) {
    if (node.kind === 'carry') continue;
    if (node.kind === 'result') {
      const loop = loopAt.get(node);
      if (loop) addLoop(a, loop);
      continue;
    }
    if (node.kind === 'nest') {
      const results = nests.get(node.nest)!;
      if (node === results[0]) addNest(a, results);
      continue;
    }
    const uses = usesOf(a, node);
    const reason = whyStore(a, node, uses, {
      cost: () => evaluationCost(node, inMemory, costsFor(uses)), follows: () => followsReduction(node, follows),
    }) ?? whyNoFusion(a, node, uses);
    if (reason === undefined) inlineAt(a, node, uses);
    else {
      a.reasons.set(node, reason);
      if (uses.length > 0 || region.demanded.has(node)) store(a, node);
    }
  }
  return a;
}

interface Questions { readonly cost: () => number; readonly follows: () => boolean }

/** Why a node gets a buffer; undefined when it is computed at its uses. */
function whyStore(a: Assignment, node: Node, uses: readonly Use[], ask: Questions): string | undefined {
  const demand = a.region.demanded.get(node);
  if (demand !== undefined) return demand;
  if (node.kind === 'fill' && !uses.some((u) => u.asBuffer)) return undefined;
  for (const u of uses) {
    const why = whyNotInline(node, u);
    if (why) return why;
  }
  const groups = [...new Set(uses.map((u) => find(u.group)))];
  if (groups.length > 1 && uses.every(isSamePoint)) tryMergeAll(a, groups);
  const contexts = distinctUses(uses);
  if (contexts.some(isRepeated) && ask.follows()) return 'computed once per result of the reduction, in its epilogue';
  return whyNotWorth(a, contexts, ask) ?? whyNoRoom(a, node, contexts);
}

/** Inlining is a fusion, except of numbers. */
function whyNoFusion(a: Assignment, node: Node, uses: readonly Use[]): string | undefined {
  if (node.kind === 'fill' || uses.length === 0) return undefined;
  const [consumer] = uses[0].consumers;
  const made = attempt(a.attempts, { kind: 'inline', producer: node.number, consumer: consumer.number }, undefined);
  return made ? undefined : whyNoMore(a.attempts);
}

function whyNotWorth(a: Assignment, contexts: readonly Use[], ask: Questions): string | undefined {
  if (contexts.length === 1 && !isRepeated(contexts[0])) return undefined;
  const { pays, extra } = weighRecompute(ask.cost(), contexts, a.profile);
  if (pays) return undefined;
  const where = contexts.length > 1 ? `at each of ${contexts.length} uses` : 'for every repeat';
  return `computing it ${where} costs ${extra} operations more, a buffer ${a.profile.memoryRoundTrip}`;
}

function store(a: Assignment, node: Node): void {
  const reduction = node.kind === 'reduce' ? node.expr.axes : undefined;
  const group = addGroup(a, {
    loop: undefined, nest: undefined, product: multipliesMatrices(node, a.graph.canonical),
    domain: reduction ? node.srcShapes[0] : node.shape,
    kept: reduction && node.shape, axes: reduction,
    stored: new Set([node]), epilogue: new Set(reduction ? [node] : []),
  });
  a.groupOf.set(node, group);
  useSources(a, node, group, here, '');
}

function inlineAt(a: Assignment, node: Node, uses: readonly Use[]): void {
  a.inlined.add(node);
  for (const u of uses) find(u.group).reads.delete(readKey(u));
  for (const u of distinctUses(uses)) useSources(a, node, find(u.group), u.path, u.place);
}

/** Records what evaluating `node` at the end of `path` needs. */
function useSources(a: Assignment, node: Node, group: Group, path: Path, place: string): void {
  group.weight++;
  if (node.kind === 'stencil') group.usesNeighbours = true;
  if (node.kind === 'map' && node.usesCoordinates) group.usesCoordinates = true;
  if (node.kind === 'map' && node.gathers) group.gathers = true;
  for (const reading of readingsOf(node)) {
    if (reading.edge.to.kind === 'fill') continue;
    const { kept: _, ...read } = readFrom(reading, path, false);
    const places = read.whole === undefined ? [...reading.places].map((p) => place + p) : [''];
    for (const p of places) addUse(a, { ...read, group, place: p, asBuffer: false }, node);
  }
}

function addUse(a: Assignment, use: Omit<Use, 'consumers' | 'kept'>, consumer: Node): void {
  const key = readKey({ ...use, kept: false });
  const full = `${key}|${use.group.id}|${use.place}`;
  const same = a.useIndex.get(full);
  if (same) {
    same.consumers.add(consumer);
    return;
  }
  const made: Use = { ...use, consumers: new Set([consumer]), kept: false };
  a.useIndex.set(full, made);
  const list = a.usesOf.get(use.node);
  if (list) list.push(made);
  else a.usesOf.set(use.node, [made]);
  use.group.uses.push(made);
  use.group.reads.set(key, made);
}

/** A loop is a step of its own: it stores the final states and needs the initial ones, and what does not change, in memory. */
function addLoop(a: Assignment, loop: LoopRegion): void {
  const results = a.region.nodes.filter((n) => n.kind === 'result' && n.loop === loop.loop);
  const group = addGroup(a, {
    loop, nest: undefined, product: false, domain: -1, kept: undefined, axes: undefined,
    stored: new Set(results), epilogue: new Set(),
  });
  results.forEach((r) => a.groupOf.set(r, group));
  const needed = new Set([...loop.states.map((k) => loop.loop.states[k].initial), ...loop.outside]);
  for (const node of needed) addUse(a, { node, group, path: here, place: '', whole: undefined, asBuffer: true }, results[0]);
}

/** A nest is a kernel of its own, with all its outputs. */
function addNest(a: Assignment, results: readonly NestNode[]): void {
  const [first] = results;
  const { nest } = first;
  const group = addGroup(a, {
    loop: undefined, nest, product: false, domain: nest.domain, kept: undefined, axes: undefined,
    stored: new Set(results), epilogue: new Set(),
  });
  for (const r of results) {
    a.groupOf.set(r, group);
    a.reasons.set(r, 'it is stored to by a nest of loops');
  }
  useSources(a, first, group, here, '');
  for (const { initial } of nest.outputs) {
    if (initial) addUse(a, { node: initial, group, path: here, place: '', whole: undefined, asBuffer: true }, first);
  }
}

function addGroup(a: Assignment, parts: Pick<Group, 'loop' | 'nest' | 'product' | 'domain' | 'kept' | 'axes' | 'stored' | 'epilogue'>): Group {
  const group: Group = {
    id: a.groups.length, mergedInto: undefined, reads: new Map(), uses: [],
    usesCoordinates: false, usesNeighbours: false, gathers: false, weight: 0, ...parts,
  };
  a.groups.push(group);
  return group;
}
