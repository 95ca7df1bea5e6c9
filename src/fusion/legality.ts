/** What may be fused. Every function gives undefined when it is legal, else the reason why not, for `explain()`. */
import {
  buffersOf, find, isSameKeptPoint, isSamePoint, reaches, readFrom, readKey, usesOf, type Assignment, type Group, type Use,
} from './groups.ts';
import { isAffine, isTangled, onlyOnes } from './path.ts';
import { readingsOf } from './reads.ts';
import type { Node } from './simplify.ts';

/** More evaluations than this in one kernel make code that compiles slowly and spills registers. */
const MAX_WEIGHT = 400;

/** Whether a node can be computed where it is used, instead of being read from memory. */
export function whyNotInline(node: Node, use: Use): string | undefined {
  if (use.asBuffer) return find(use.group).nest ? 'an output of a nest of loops starts with it' : 'a loop needs it as a buffer';
  switch (node.kind) {
    case 'input': case 'carry': return 'it is in memory already';
    case 'result': return 'it is the result of a loop';
    case 'reduce': return 'a reduction is complete only after its loop';
    case 'nest': return 'it is stored to by a nest of loops';
    case 'fill': return undefined;
    case 'stencil':
      if (use.whole !== undefined) return anywhere;
      if (use.place !== '') return 'a stencil of a stencil: the inner one would be computed at every neighbour';
      if (!isSamePoint(use)) return 'a stencil is fused at its own points only, not through a view';
      return undefined;
    case 'map':
      if (use.whole !== undefined) return anywhere;
      if (node.usesCoordinates && !isAffine(use.path)) return 'it uses coordinates, which a reshape does not keep';
      return whyTangled(node, use);
    case 'copy': return use.whole === undefined ? whyTangled(node, use) : anywhere;
    default: return node satisfies never;
  }
}

const anywhere = 'it is read at computed positions';

const whyTangled = (node: Node, use: Use): string | undefined =>
  readingsOf(node).some((r) => r.edge.to.kind !== 'fill' && isTangled(readFrom(r, use.path, false).path))
    ? 'a reshape of a view has to be in memory' : undefined;

/** Whether a group has room to compute a node that it now reads. */
export function whyNoRoom(a: Assignment, node: Node, uses: readonly Use[]): string | undefined {
  for (const group of new Set(uses.map((u) => find(u.group)))) {
    const own = uses.filter((u) => find(u.group) === group);
    if (group.weight + own.length > MAX_WEIGHT) return `the kernel has ${MAX_WEIGHT} operations already`;
    const before = new Set(own.map(readKey));
    const after = new Set<string>();
    for (const u of own) {
      for (const reading of readingsOf(node)) {
        if (reading.edge.to.kind === 'fill') continue;
        const key = readKey(readFrom(reading, u.path, u.kept));
        if (!group.reads.has(key)) after.add(key);
      }
    }
    const buffers = buffersOf(a, [group]) - before.size + after.size;
    if (buffers > a.profile.maxBuffers && after.size > before.size) return `the kernel would use ${buffers} buffers of ${a.profile.maxBuffers}`;
  }
  return undefined;
}

/** Whether two groups can be one loop: what one stores, the other reads at the same point or not at all. */
export function whyNotMerge(a: Assignment, g: Group, h: Group): string | undefined {
  if (g.loop || h.loop) return 'a time loop is a step of its own';
  if (g.nest || h.nest) return 'a nest of loops is a kernel of its own';
  if (g.product || h.product) return 'a product of matrices is a kernel of its own';
  if (g.domain !== h.domain) return 'different shapes';
  if (g.axes && h.axes && g.axes.join() !== h.axes.join()) return 'they reduce different axes';
  if (g.weight + h.weight > MAX_WEIGHT) return `together more than ${MAX_WEIGHT} operations`;
  if (readsElsewhere(a, g, h) || readsElsewhere(a, h, g)) return 'one needs all of the other first';
  if (reaches(a, g, h, true) || reaches(a, h, g, true)) return 'a third loop has to run in between';
  const buffers = buffersOf(a, [g, h]);
  return buffers > a.profile.maxBuffers ? `together they would use ${buffers} buffers of ${a.profile.maxBuffers}` : undefined;
}

/** `reader` needs something of `writer` at other points than its own. */
function readsElsewhere(a: Assignment, writer: Group, reader: Group): boolean {
  for (const s of writer.stored) {
    for (const u of usesOf(a, s)) {
      if (find(u.group) === reader && (writer.epilogue.has(s) || !isSamePoint(u))) return true;
    }
  }
  return false;
}

/** Whether a group of maps over the kept points of a reduction can be its epilogue. */
export function whyNotEpilogue(a: Assignment, maps: Group, reduction: Group): string | undefined {
  if (maps.loop || maps.nest || reduction.loop || maps.axes || !reduction.axes) return 'not maps over a reduction';
  if (maps.usesCoordinates) return 'an epilogue has no coordinates';
  if (maps.usesNeighbours) return 'an epilogue reads no neighbours';
  if (maps.gathers) return 'an epilogue reads nothing at computed positions';
  for (const s of reduction.stored) {
    for (const u of usesOf(a, s)) {
      if (find(u.group) === maps && !(reduction.epilogue.has(s) && isSameKeptPoint(u))) return 'it needs other points of the result';
    }
  }
  if (reaches(a, maps, reduction, false)) return 'the reduction needs it';
  if (reaches(a, reduction, maps, true)) return 'a third loop has to run in between';
  if (maps.weight + reduction.weight > MAX_WEIGHT) return `together more than ${MAX_WEIGHT} operations`;
  const buffers = buffersOf(a, [maps, reduction]);
  return buffers > a.profile.maxBuffers ? `together they would use ${buffers} buffers of ${a.profile.maxBuffers}` : undefined;
}

/** Whether a map may be part of the epilogue of a reduction below it: worth a buffer of its own, since it costs no launch. */
export function followsReduction(node: Node, memo: Map<Node, boolean>): boolean {
  const known = memo.get(node);
  if (known !== undefined) return known;
  const answer = node.kind === 'map' && !node.usesCoordinates && !node.gathers
    && node.src.some((e) => onlyOnes(e.path) && (e.to.kind === 'reduce' || followsReduction(e.to, memo)));
  memo.set(node, answer);
  return answer;
}

