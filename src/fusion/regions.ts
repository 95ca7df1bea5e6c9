/** Cuts the graph into regions: what is outside all loops, and each body. What does not change from step to step is outside. */
import { InternalError } from '../errors.ts';
import type { LoopRegion, Region } from './groups.ts';
import { readingsOf } from './reads.ts';
import type { Loop, NestNode, Node, PlanGraph } from './simplify.ts';

export function regionOf(graph: PlanGraph): Region {
  const { region, outside } = collect(undefined, graph.roots.map((node): [Node, string] => [node, 'it was asked for']));
  if (outside.length > 0) throw new InternalError('a state of a loop is used outside its body');
  return region;
}

function loopRegion(loop: Loop, wanted: readonly number[]): LoopRegion {
  const states = neededStates(loop, wanted);
  const { region, outside } = collect(loop, states.map((k): [Node, string] => [loop.states[k].next, 'it is the next state of a loop']));
  return { ...region, loop, outside, states };
}

function collect(loop: Loop | undefined, roots: readonly (readonly [Node, string])[]): { region: Region; outside: Node[] } {
  const inside = (n: Node): boolean => loop === undefined || n.within.has(loop);
  const seen = new Set<Node>();
  const nodes: Node[] = [];
  const outside = new Set<Node>();
  const demanded = new Map<Node, string>();
  const loops = new Map<Loop, LoopRegion>();
  const stack: Node[] = [];

  const demand = (node: Node, why: string): void => {
    if (node.kind === 'input') return;
    if (!inside(node)) outside.add(node);
    else if (node.kind !== 'carry' && !demanded.has(node)) demanded.set(node, why);
    stack.push(node);
  };
  const enterLoop = (inner: Loop, results: readonly Node[]): void => {
    const region = loopRegion(inner, results.map((r) => (r.kind === 'result' ? r.expr.result : 0)));
    loops.set(inner, region);
    for (const k of region.states) demand(inner.states[k].initial, 'it is the initial state of a loop');
    for (const n of region.outside) demand(n, 'it stays the same in every step of a loop, which reads it from memory');
  };

  for (const [node, why] of roots) demand(node, why);
  // Loops are entered when everything else is known, because which states are needed depends on all uses of their results.
  const results = new Map<Loop, Node[]>();
  for (;;) {
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (seen.has(node) || node.kind === 'input') continue;
      if (!inside(node)) {
        if (node.kind !== 'fill') outside.add(node);
        continue;
      }
      seen.add(node);
      nodes.push(node);
      if (node.kind === 'nest') for (const n of startsOf(node)) demand(n, 'an output of a nest of loops starts with it');
      if (node.kind === 'result') {
        const list = results.get(node.loop);
        if (list) list.push(node);
        else results.set(node.loop, [node]);
      }
      for (const { edge } of readingsOf(node)) stack.push(edge.to);
    }
    // The last loop first: what it needs may be results of the others.
    const pending = [...results.keys()].filter((l) => !loops.has(l)).sort((x, y) => y.number - x.number);
    if (pending.length === 0) break;
    enterLoop(pending[0], results.get(pending[0])!);
  }
  return {
    region: { loop, nodes: nodes.sort((x, y) => x.number - y.number), demanded, loops: [...loops.values()] },
    outside: [...outside],
  };
}

const startsOf = ({ nest }: NestNode): Node[] => nest.outputs.flatMap(({ initial }) => initial ?? []);

/** The states that the wanted ones depend on, step after step. */
function neededStates(loop: Loop, wanted: readonly number[]): number[] {
  const needed = new Set<number>();
  const stack = [...wanted];
  while (stack.length > 0) {
    const k = stack.pop()!;
    if (needed.has(k)) continue;
    needed.add(k);
    stack.push(...statesBelow(loop, loop.states[k].next));
  }
  return [...needed].sort((x, y) => x - y);
}

function statesBelow(loop: Loop, root: Node): number[] {
  const seen = new Set<Node>();
  const stack = [root];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node) || !node.within.has(loop)) continue;
    seen.add(node);
    if (node.kind === 'result') node.loop.states.forEach((s) => stack.push(s.initial, s.next));
    else stack.push(...node.src.map((e) => e.to), ...node.kind === 'nest' ? startsOf(node) : []);
  }
  return loop.states.filter((s) => seen.has(s.carry)).map((s) => s.index);
}
