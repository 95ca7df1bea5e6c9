/**
 * `Expr`: the array level. An immutable node of the lazy graph that knows its shape and dtype. Equal nodes are one object
 * (hash-consing), so common subexpressions meet by identity. Nodes hold no data: a source's values and every evaluated
 * result live in the runtime's residency table, keyed by node.
 */
import type { BorderMode } from './border.ts';
import { castNumber, type DType } from './dtype.ts';
import type { Fn } from './kernel/ir.ts';
import { hashOf, isLike, isShared, type Shared, type SharedSpec } from './likeness.ts';
import type { PlainKernel } from './plainly.ts';
import type { ReducerName } from './reducers.ts';
import type { Shape } from './shape.ts';
import type { View } from './view.ts';
import { WeakSetOf } from './weak-set.ts';

interface Base extends Notes {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly src: readonly Expr[];
}

/** What is written on a node after it was made. Weak maps would say the same, at several times the price of the node. */
interface Notes {
  /** Of src/residency.ts, which alone looks at it: where the node's values are. */
  residency: object | undefined;
  /** Of plainly.ts: the kernel that made it. */
  kernel: PlainKernel | undefined;
  /** The walk that came here last, see `newWalk`, and what it noted. */
  walk: number;
  place: number;
}

/** Values that came from outside. Never shared: two uploads are two sources. */
export interface SourceExpr extends Base { readonly kind: 'source'; readonly name: string }
/** One number everywhere. */
export interface FillExpr extends Base { readonly kind: 'fill'; readonly value: number }
/**
 * `fn.results[result]` at every point. Sources have this node's shape and are read at the current point, except those whose
 * slot is `whole`: they have any shape of that rank and are read anywhere. `fn` may use coordinates.
 */
export interface MapExpr extends Base { readonly kind: 'map'; readonly fn: Fn; readonly result: number }
/** Other coordinates for the same values. */
export interface ViewExpr extends Base { readonly kind: 'view'; readonly view: View }
/** Reduces `axes` (sorted) of its one source; they vanish from the shape. */
export interface ReduceExpr extends Base { readonly kind: 'reduce'; readonly reducer: ReducerName; readonly axes: readonly number[] }
/** Adds up the products of its two sources, which have one shape and this node's dtype, over `axes` (sorted); they vanish. */
export interface ContractExpr extends Base { readonly kind: 'contract'; readonly axes: readonly number[] }
/**
 * `fn.results[result]` at every point, with relative reads of `src`. All sources have the same shape: this node's, or on
 * `valid` axes that plus the neighbourhood's reach. The points of `fn` carry offsets only (edge 'none'); `border` says what
 * happens at the edge. `lo` <= 0 <= `hi` bound the offsets per axis. Whole sources are as in a map.
 */
export interface StencilExpr extends Base {
  readonly kind: 'stencil';
  readonly fn: Fn;
  readonly result: number;
  readonly border: readonly BorderMode[];
  readonly cval: number;
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}
/** A state inside the body of a loop. `loop` tells the states of different loops apart. */
export interface CarryExpr extends Base { readonly kind: 'carry'; readonly loop: number; readonly index: number }
/**
 * The state `result` after `count` steps. `src` are the initial states; `carries[i]` stands for state i in `next`, and
 * `next[i]` is its value one step later. What `next` uses besides the carries is the same in every step.
 */
export interface LoopExpr extends Base {
  readonly kind: 'loop';
  /** With a `host` condition the most steps, which may be Infinity. */
  readonly count: number;
  readonly loop: number;
  readonly carries: readonly CarryExpr[];
  readonly next: readonly Expr[];
  /** The number of states stands for the number of steps made: only where there is a `host`. */
  readonly result: number;
  /** Such a loop is no part of a plan: the runtime evaluates it piece by piece (src/runtime/loops.ts). */
  readonly host?: HostLoop;
}
/** What the host does between the steps of a loop. */
export interface HostLoop {
  /** Ends the loop where it is true: a bool scalar of the states (`carries`) and of those one step earlier (`before`). */
  readonly until: Expr | undefined;
  readonly before: readonly CarryExpr[];
  /** Steps from one look at the condition and the signal to the next. */
  readonly check: number;
  /** Called with the states after every so many steps; a promise is waited for. */
  readonly report: ((step: number, states: readonly Expr[]) => unknown) | undefined;
  readonly every: number;
  readonly signal: AbortSignal | undefined;
}
/**
 * Output `result` of `fn`, whose effects happen at every point of `domain`, in any order between points. The first sources
 * are the inputs of `fn`, all of them whole; the others are what the outputs start with, one per output.
 */
export interface NestExpr extends Base {
  readonly kind: 'nest';
  readonly fn: Fn;
  readonly result: number;
  readonly domain: Shape;
}

export type Expr =
  | SourceExpr | FillExpr | MapExpr | ViewExpr | ReduceExpr | ContractExpr | StencilExpr | CarryExpr | LoopExpr | NestExpr;

/** A node without the fields that `makeExpr` adds. */
export type ExprSpec = Expr extends infer E ? (E extends Expr ? Omit<E, 'id' | keyof Notes> : never) : never;

let nextId = 1;
const shared = new WeakSetOf<Shared, SharedSpec>(isLike);

/** The one constructor: returns the existing equal node where there is one, else `spec` becomes a node. */
export function makeExpr(spec: ExprSpec): Expr {
  if (!isShared(spec)) return nodeOf(spec);
  const hash = hashOf(spec);
  const found = shared.find(hash, spec);
  if (found) return found;
  const made = nodeOf(spec) as Shared;
  shared.add(hash, made);
  return made;
}

/** A node that equal ones do not find. Made of `spec` itself: engines take 100 times as long to spread it into another object. */
export function nodeOf(spec: ExprSpec): Expr {
  const node = spec as unknown as Omit<Base, 'id'> & { id: number };
  node.id = nextId++;
  node.residency = undefined;
  node.kernel = undefined;
  node.walk = 0;
  node.place = 0;
  return spec as Expr;
}

let walks = 0;
/** The number of a walk over graphs. It notes things on nodes, and counts on them until the next walk begins. */
export const newWalk = (): number => ++walks;

/** One number everywhere, cast to the dtype; a scalar by default, which broadcasts. */
export const fillExpr = (value: number | boolean, dtype: DType, shape: Shape = []): Expr =>
  makeExpr({ kind: 'fill', dtype, shape, src: [], value: castNumber(Number(value), 'float64', dtype) });

/** Fresh number for a loop's carries. */
export const newLoop = (): number => nextId++;

/** Nodes a node needs: its sources, and for a loop its body. */
export const dependencies = (e: Expr): readonly Expr[] =>
  (e.kind === 'loop' ? [...e.src, ...e.next, ...e.host?.until ? [e.host.until] : []] : e.src);

/** All nodes below `roots`, sources before users, each once. Does not go below nodes for which `stop` holds. */
export function topological(
  roots: readonly Expr[],
  stop: (e: Expr) => boolean = () => false,
  below: (e: Expr) => readonly Expr[] = dependencies,
): Expr[] {
  const done = new Set<Expr>();
  const stack: { node: Expr; entered: boolean }[] = [...roots].reverse().map((node) => ({ node, entered: false }));
  while (stack.length > 0) {
    const top = stack.pop()!;
    if (done.has(top.node)) continue;
    if (top.entered || stop(top.node)) {
      done.add(top.node);
      continue;
    }
    stack.push({ node: top.node, entered: true });
    const next = below(top.node);
    for (let k = next.length - 1; k >= 0; k--) if (!done.has(next[k])) stack.push({ node: next[k], entered: false });
  }
  return [...done];
}
