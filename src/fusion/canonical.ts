/**
 * Canonical form: numbers the nodes of an unevaluated graph in an order that depends on its structure only, and writes the
 * structure as a list of numbers. Graphs of equal structure get the same plan. The structure holds kinds, dtypes, ranks,
 * functions, axis permutations and borders; which nodes share a shape and which axes have size 1 (both decide what may be fused);
 * and never a size, an offset, a fill value, a cval or a loop count: those are bound to the plan at every run. (Except that a
 * nest's outputs start with zeros or not.)
 */
import { borderModes, type BorderMode } from '../dsl/border.ts';
import { dtypeCodes } from '../dsl/dtype.ts';
import { dependencies, newWalk, type Expr, type LoopExpr, type ViewExpr } from '../dsl/expr.ts';
import { fnId } from '../dsl/kernel/identity.ts';
import { reducerNames, type ReducerName } from '../dsl/reducers.ts';
import type { Shape } from '../dsl/shape.ts';
import { viewClass, type ViewClass } from './view-class.ts';

/** What every evaluation finds out about its graph. */
export interface Graph {
  /** Sources before users; a node's position is its number. */
  readonly nodes: readonly Expr[];
  readonly isInput: readonly boolean[];
  /** Numbers of the roots, in the caller's order. */
  readonly roots: readonly number[];
  readonly structure: readonly number[];
  /** What the structure leaves out and strides and launches depend on: equal sizes give equal launches, scalars aside. */
  readonly sizes: readonly number[];
  /** Values of fills and cvals of stencils, in the order of the nodes. */
  readonly scalars: readonly number[];
}

/** A graph as planning and binding need it. */
export interface Canonical extends Graph {
  /** The distinct shapes, in order of appearance, and which of them each node has. */
  readonly shapes: readonly Shape[];
  readonly shapeOf: readonly number[];
  readonly numberOf: ReadonlyMap<Expr, number>;
}

/** Element by element, without a call for each. */
export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (!Object.is(a[k], b[k])) return false;
  return true;
}

type Kind = Expr['kind'] | 'input';
const kinds: { readonly [K in Kind]: number } = {
  input: 0, source: 0, fill: 1, map: 2, view: 3, reduce: 4, contract: 5, stencil: 6, nest: 7, carry: 8, loop: 9,
};
const codes = <K extends string>(list: readonly K[]) =>
  Object.fromEntries(list.map((name, k) => [name, k])) as { [N in K]: number };
const borderCodes: { readonly [M in BorderMode]: number } = codes(borderModes);
const reducerCodes: { readonly [R in ReducerName]: number } = codes(reducerNames);
const viewCodes: { readonly [C in ViewClass]: number } = { order: 0, whole: 1, reshape: 2, affine: 3 };

/** The parts of a graph while it is written. */
class Writer {
  readonly nodes: Expr[] = [];
  readonly isInput: boolean[] = [];
  readonly structure: number[] = [];
  readonly sizes: number[] = [];
  readonly scalars: number[] = [];
  readonly shapes: Shape[] = [];
  private readonly loops: number[] = [];

  /** A node whose sources have been written. Every number, and every list, can be told from what comes before it. */
  node(e: Expr, input: boolean): void {
    const kind = input ? 'input' : e.kind;
    this.structure.push(kinds[kind] * 16 + dtypeCodes[e.dtype]);
    this.shape(e.shape);
    if (!input) this.own(e);
    e.place = this.nodes.push(e) - 1;
    this.isInput.push(input);
  }

  private own(e: Expr): void {
    const { structure } = this;
    switch (e.kind) {
      case 'source': return;
      case 'fill':
        this.scalars.push(e.value);
        return;
      case 'map':
        structure.push(fnId(e.fn), e.result);
        break;
      case 'view':
        this.view(e);
        break;
      case 'reduce':
        structure.push(reducerCodes[e.reducer]);
        this.list(e.axes);
        break;
      case 'contract':
        this.list(e.axes);
        break;
      case 'stencil':
        this.scalars.push(e.cval);
        structure.push(fnId(e.fn), e.result, e.border.length);
        e.border.forEach((mode, k) => structure.push(borderCodes[mode], e.lo[k], e.hi[k]));
        break;
      case 'nest':
        structure.push(fnId(e.fn), e.result);
        this.shape(e.domain);
        for (let k = e.fn.inputs.length; k < e.src.length; k++) structure.push(startsWithZeros(e.src[k]) ? 0 : 1);
        break;
      case 'carry':
        structure.push(this.loop(e.loop), e.index);
        return;
      case 'loop':
        this.sizes.push(e.count);
        structure.push(this.loop(e.loop), e.result, e.carries.length);
        this.places(e.carries);
        this.places(e.next);
        break;
      default: return e satisfies never;
    }
    structure.push(e.src.length);
    this.places(e.src);
  }

  /** Scales and offsets are bound later: they are sizes. */
  private view(e: ViewExpr): void {
    this.structure.push(viewCodes[viewClass(e)]);
    if (e.view.kind === 'reshape') return void this.structure.push(-1);
    this.structure.push(e.view.axes.length);
    for (const { from, scale, offset } of e.view.axes) {
      this.structure.push(from);
      this.sizes.push(scale, offset);
    }
  }

  private list(numbers: readonly number[]): void {
    this.structure.push(numbers.length);
    for (const n of numbers) this.structure.push(n);
  }

  private places(list: readonly Expr[]): void {
    for (const e of list) this.structure.push(e.place);
  }

  /** The number of a shape. With a new one go its rank, and which of its axes have size 1. */
  private shape(shape: Shape): void {
    const { shapes, structure } = this;
    let k = 0;
    while (k < shapes.length && shapes[k] !== shape && !sameNumbers(shapes[k], shape)) k++;
    structure.push(k);
    if (k < shapes.length) return;
    shapes.push(shape);
    structure.push(shape.length);
    for (const size of shape) {
      structure.push(size === 1 ? 1 : 0);
      this.sizes.push(size);
    }
  }

  private loop(loop: number): number {
    const found = this.loops.indexOf(loop);
    return found >= 0 ? found : this.loops.push(loop) - 1;
  }
}

/** Not written yet: its sources come first. */
const ENTERED = -1;

/** `resident(e)` says that a node's values are at hand: it is an input. */
export function graphOf(roots: readonly Expr[], resident: (e: Expr) => boolean): Graph {
  const writer = new Writer();
  const walk = newWalk();
  const stack: Expr[] = [];
  for (const root of roots) {
    stack.push(root);
    while (stack.length > 0) {
      const e = stack[stack.length - 1];
      if (e.walk !== walk) {
        const input = e.kind === 'source' || resident(e);
        const below = input ? none : e.kind === 'loop' ? loopDependencies(e) : e.src;
        e.walk = walk;
        e.place = ENTERED;
        if (below.length === 0) {
          stack.pop();
          writer.node(e, input);
        } else {
          for (let k = below.length - 1; k >= 0; k--) if (below[k].walk !== walk) stack.push(below[k]);
        }
      } else {
        stack.pop();
        if (e.place === ENTERED) writer.node(e, false);
      }
    }
  }
  const places = roots.map((r) => r.place);
  writer.structure.push(...places);
  const { nodes, isInput, structure, sizes, scalars } = writer;
  return { nodes, isInput, roots: places, structure, sizes, scalars };
}

const none: readonly Expr[] = [];

/** States of a loop that its body never reads still have numbers. */
const loopDependencies = (e: LoopExpr): readonly Expr[] => [...e.carries, ...dependencies(e)];

export function canonicalise(graph: Graph): Canonical {
  const shapes: Shape[] = [];
  const shapeId = (shape: Shape): number => {
    const found = shapes.findIndex((s) => sameNumbers(s, shape));
    return found >= 0 ? found : shapes.push(shape) - 1;
  };
  const shapeOf = graph.nodes.map((e, n) => {
    const shape = shapeId(e.shape);
    if (e.kind === 'nest' && !graph.isInput[n]) shapeId(e.domain);
    return shape;
  });
  return { ...graph, shapes, shapeOf, numberOf: new Map(graph.nodes.map((e, n) => [e, n])) };
}

/** An output that starts with zeros: the one scalar that a plan knows, since nothing has to be copied then. */
export const startsWithZeros = (initial: Expr): boolean => initial.kind === 'fill' && Object.is(initial.value, 0);
