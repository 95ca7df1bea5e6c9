/**
 * From the array graph to the planner's graph. Guarantees: views are gone, they are paths on the edges; an edge never mixes
 * row-major positions with coordinates (a copy node stands between); every loop is one object with its states; what a loop
 * carries and what the caller asked for are nodes whose buffers hold the values in row-major order.
 */
import type { CarryExpr, ContractExpr, Expr, FillExpr, LoopExpr, MapExpr, NestExpr, ReduceExpr, StencilExpr } from '../dsl/expr.ts';
import type { Value } from '../dsl/kernel/ir.ts';
import { valuesOf } from '../dsl/kernel/walk.ts';
import type { DType } from '../dsl/dtype.ts';
import { InternalError } from '../errors.ts';
import { sameNumbers, startsWithZeros, type Canonical } from './canonical.ts';
import { here, isTangled, joinPaths, keepsOrder, stepOf, type Path } from './path.ts';

export interface Edge {
  readonly to: Node;
  readonly path: Path;
}

interface Common {
  /** The canonical number; sources have smaller ones. */
  readonly number: number;
  readonly dtype: DType;
  /** Number of its shape. */
  readonly shape: number;
  readonly src: readonly Edge[];
  /** Numbers of the shapes in which the sources are seen, after their views. */
  readonly srcShapes: readonly number[];
  /** Loops in whose bodies the node lies: those with a state it depends on. */
  readonly within: ReadonlySet<Loop>;
}

export interface InputNode extends Common { readonly kind: 'input'; readonly expr: Expr }
export interface FillNode extends Common { readonly kind: 'fill'; readonly expr: FillExpr }
export interface MapNode extends Common {
  readonly kind: 'map';
  readonly expr: MapExpr;
  readonly usesCoordinates: boolean;
  /** It reads whole sources. */
  readonly gathers: boolean;
}
/** A view that has to be in memory, or the result of an inner loop that is a state of an outer one. */
export interface CopyNode extends Common { readonly kind: 'copy'; readonly expr: Expr }
/** A contraction is a sum, of what its two sources are multiplied to. */
export interface ReduceNode extends Common { readonly kind: 'reduce'; readonly expr: ReduceExpr | ContractExpr }
export interface StencilNode extends Common { readonly kind: 'stencil'; readonly expr: StencilExpr }
/** One output of a nest. Its sources are the inputs, all of them whole. */
export interface NestNode extends Common { readonly kind: 'nest'; readonly expr: NestExpr; readonly nest: Nest }
export interface CarryNode extends Common { readonly kind: 'carry'; readonly expr: CarryExpr }
/** One state of a loop after its last step. */
export interface ResultNode extends Common { readonly kind: 'result'; readonly expr: LoopExpr; readonly loop: Loop }

export type Node = InputNode | FillNode | MapNode | CopyNode | ReduceNode | StencilNode | NestNode | CarryNode | ResultNode;

export interface Loop {
  /** Number of the first of its results. */
  readonly number: number;
  readonly states: readonly LoopState[];
}
export interface LoopState {
  readonly index: number;
  readonly carry: CarryNode;
  readonly initial: Node;
  readonly next: Node;
}

/** What nodes of the same function, sources and domain share: one kernel computes them. */
export interface Nest {
  /** Number of the shape of the domain. */
  readonly domain: number;
  readonly outputs: readonly NestOutput[];
}
export interface NestOutput {
  /** Number of its node, which may be one that nobody asked for. */
  readonly number: number;
  /** Number of a node of its shape and dtype in the canonical graph. */
  readonly like: number;
  /** The node whose buffer it starts with; undefined for zeros. */
  readonly initial: Node | undefined;
}

export interface PlanGraph {
  readonly canonical: Canonical;
  /** One per root: the node whose buffer holds the root's values. */
  readonly roots: readonly Node[];
  readonly nodes: readonly Node[];
  readonly loops: readonly Loop[];
  /** Nodes that are not in the canonical graph, numbered from its end: they have the shapes and dtypes of these. */
  readonly copies: readonly number[];
}

export function simplify(canonical: Canonical): PlanGraph {
  const { nodes: exprs, isInput, shapes, shapeOf, numberOf } = canonical;
  const made = new Map<number, Node>();
  const copies: number[] = [];
  const loops = new Map<number, Loop>();
  const nests = new Map<string, Nest & { outputs: NestOutput[] }>();

  const common = (number: number, src: readonly Edge[]) => ({
    number, dtype: exprs[number].dtype, shape: shapeOf[number], src,
    srcShapes: exprs[number].src.map((s) => shapeOf[numberOf.get(s)!]),
    within: union(src.map((e) => e.to.within)),
  });
  const isView = (number: number): boolean => exprs[number].kind === 'view' && !isInput[number];

  /** The node below the views at `start`, and the path to it. */
  const edgeTo = (start: number): Edge => {
    let path: Path = here;
    let at = start;
    while (isView(at)) {
      const longer = joinPaths(path, [stepOf(canonical, at)]);
      if (isTangled(longer)) return { to: copyOf(at), path };
      path = longer;
      at = numberOf.get(exprs[at].src[0])!;
    }
    return { to: nodeOf(at), path };
  };

  /** The node whose buffer holds the values of `number` in row-major order. */
  const bufferOf = (number: number): Node => {
    const edge = edgeTo(number);
    return keepsOrder(edge.path) && (edge.to.kind !== 'fill' || edge.path.length === 0) ? edge.to : copyOf(number);
  };

  const copyOf = (number: number): Node => memo(number, () => {
    const source = edgeTo(numberOf.get(exprs[number].src[0])!);
    const path = joinPaths([stepOf(canonical, number)], source.path);
    // A copy of something tangled further down starts from the copy that unties it.
    const untied = () => ({ to: bufferOf(numberOf.get(exprs[number].src[0])!), path: [stepOf(canonical, number)] });
    const src = isTangled(path) ? untied() : { to: source.to, path };
    return { ...common(number, [src]), kind: 'copy', expr: exprs[number] };
  });

  const nodeOf = (number: number): Node => memo(number, () => {
    const e = exprs[number];
    if (isInput[number]) return { ...common(number, []), kind: 'input', expr: e };
    const below = () => e.src.map((s) => edgeTo(numberOf.get(s)!));
    switch (e.kind) {
      case 'source': return { ...common(number, []), kind: 'input', expr: e };
      case 'fill': return { ...common(number, []), kind: 'fill', expr: e };
      case 'map': return { ...common(number, below()), kind: 'map', expr: e, ...leavesOf(e.fn.results[e.result]) };
      case 'view': return copyOf(number);
      case 'reduce': case 'contract': return { ...common(number, below()), kind: 'reduce', expr: e };
      case 'stencil': return { ...common(number, below()), kind: 'stencil', expr: e };
      case 'carry': throw new InternalError('a state of a loop outside its body');
      case 'loop': return resultOf(number, e);
      case 'nest': return nestOf(number, e);
      default: return e satisfies never;
    }
  });

  const resultOf = (number: number, e: LoopExpr): ResultNode => {
    const loop = loops.get(e.loop)!;
    if (loop.states.length === 0) fillStates(loop.states as LoopState[], e);
    const outer = new Set(union(loop.states.flatMap((s) => [s.initial.within, s.next.within])));
    outer.delete(loop);
    return { ...common(number, []), kind: 'result', expr: e, loop, within: outer };
  };

  const nestOf = (number: number, e: NestExpr): NestNode => {
    const numbers = e.src.map((s) => numberOf.get(s)!);
    const inputs = e.fn.inputs.length;
    const key = `${e.fn.key}|${e.domain.join()}|${numbers.join()}`;
    let nest = nests.get(key);
    if (!nest) {
      const outputs = numbers.slice(inputs).map((like): NestOutput =>
        ({ number: -1, like, initial: startsWithZeros(exprs[like]) ? undefined : bufferOf(like) }));
      nests.set(key, (nest = { outputs, domain: shapes.findIndex((s) => sameNumbers(s, e.domain)) }));
    }
    nest.outputs[e.result] = { ...nest.outputs[e.result], number };
    const made = common(number, numbers.slice(0, inputs).map(edgeTo));
    const within = union([made.within, ...nest.outputs.map((o) => o.initial?.within ?? nothing)]);
    return { ...made, kind: 'nest', expr: e, nest, within };
  };

  /** Outputs that nobody asked for are stored to as well. */
  const completeNests = (): void => nests.forEach(({ outputs }) => outputs.forEach((o, k) => {
    if (o.number < 0) outputs[k] = { ...o, number: exprs.length + copies.push(o.like) - 1 };
  }));

  const fillStates = (states: LoopState[], e: LoopExpr): void => e.carries.forEach((c, index) => states.push({
    index,
    carry: made.get(numberOf.get(c)!) as CarryNode,
    initial: bufferOf(numberOf.get(e.src[index])!),
    next: stateOf(numberOf.get(e.next[index])!),
  }));

  /** Results of an inner loop live in its own rotating buffers, so they are copied to those of the outer one. */
  const stateOf = (number: number): Node => {
    const node = bufferOf(number);
    if (node.kind !== 'result' || node.within.size === 0) return node;
    const copy = exprs.length + copies.push(node.number) - 1;
    return memo(copy, () => ({
      number: copy, dtype: node.dtype, shape: node.shape, srcShapes: [node.shape], within: node.within,
      src: [{ to: node, path: here }], kind: 'copy', expr: node.expr,
    }));
  };

  /** Carries know their loop before its body is built. */
  const declareLoop = (number: number, e: LoopExpr): void => {
    if (loops.has(e.loop)) return;
    const loop: Loop = { number, states: [] };
    loops.set(e.loop, loop);
    for (const c of e.carries) {
      const at = numberOf.get(c)!;
      memo(at, () => ({ ...common(at, []), kind: 'carry', expr: c, within: new Set([loop]) }));
    }
  };

  const memo = (number: number, make: () => Node): Node => {
    let node = made.get(number);
    if (!node) made.set(number, (node = make()));
    return node;
  };

  exprs.forEach((e, number) => { if (e.kind === 'loop' && !isInput[number]) declareLoop(number, e); });
  // In order of their numbers, so that a node's sources exist and nothing recurses deeply.
  exprs.forEach((_, number) => { if (!isView(number)) nodeOf(number); });
  const roots = canonical.roots.map(bufferOf);
  completeNests();
  return { canonical, roots, nodes: [...made.values()].sort((a, b) => a.number - b.number), loops: [...loops.values()], copies };
}

function leavesOf(result: Value): Pick<MapNode, 'usesCoordinates' | 'gathers'> {
  const values = valuesOf([result]);
  return {
    usesCoordinates: values.some((v) => v.kind === 'coord' || v.kind === 'extent'),
    gathers: values.some((v) => v.kind === 'gather'),
  };
}

function union<T>(sets: readonly ReadonlySet<T>[]): ReadonlySet<T> {
  const filled = sets.filter((s) => s.size > 0);
  return filled.length === 0 ? nothing : filled.length === 1 ? filled[0] : new Set(filled.flatMap((s) => [...s]));
}
const nothing: ReadonlySet<never> = new Set<never>();
