/** Where lowering is: the function whose text it reads, the names it knows there, and the way that led there. */
import type { ForOfStatement, Node } from 'acorn';
import type { BorderMode } from '../border.ts';
import type { DType } from '../dtype.ts';
import type { Site } from './infer.ts';
import type { Builder, Effect, Value } from './ir.ts';
import { complain, type Source } from './source.ts';
import type { State, Variable } from './state.ts';
import type { Scope } from './terms.ts';

/** One relative read of an array parameter, whether its value is used or not. */
export interface KernelRead {
  readonly input: number;
  readonly offset: readonly number[];
}

/** A declared neighbourhood, and what its border is. */
export interface Window {
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  readonly border: readonly BorderMode[];
  readonly cval: number;
  /** The whole input, by number, that stands for a relative one; made when it is asked for. */
  wholeOf(input: number): number;
}

/** What does not change while one kernel is lowered. */
export interface Session {
  readonly builder: Builder;
  readonly label: string;
  /** Of the points of the domain. */
  readonly rank: number;
  /** What numbers with nothing beside them become. */
  readonly lone: DType;
  /** Of the array parameters, by input. */
  readonly dtypes: readonly DType[];
  /** Of the arrays that are stored to. */
  readonly outputs: readonly DType[];
  readonly reads: KernelRead[];
  /** Of a stencil with a declared neighbourhood: reads at offsets that only a run can tell stay in it. */
  readonly window?: Window;
  /** Loops of such a stencil stay loops also where they index neighbours: written out they would be too long. */
  readonly rolled?: boolean;
  /** What a parallel loop becomes, in kernels that may have some; only where no other loop or condition is around it. */
  readonly parallel?: (place: Place, node: ForOfStatement, label: string | undefined) => void;
  /** int32: the sizes of the domain, where they are known to the kernel. */
  readonly bounds?: readonly Value[];
}

/** A call of a function: what it has returned so far. */
export interface FunctionFrame {
  /** What was known where the function is called; undefined: it is called by nobody. */
  readonly outside: State | undefined;
  /** bool: the point has returned already. */
  readonly returned: Variable;
  readonly result: Variable;
  /** The elements of an array that is returned. */
  items: readonly Variable[] | undefined;
  /** A return without a value. */
  empty: Node | undefined;
}

/** The innermost loop or labelled statement. */
export interface LoopFrame {
  readonly label: string | undefined;
  /** bools: the point has left the loop, or this turn of it. */
  readonly broken: Variable;
  readonly continued: Variable;
  readonly outer: LoopFrame | undefined;
}

export interface Place {
  readonly session: Session;
  readonly source: Source;
  readonly scope: Scope;
  readonly state: State;
  readonly frame: FunctionFrame;
  readonly loop: LoopFrame | undefined;
  /** bool: which points come here, of those that started the function or the turn of the loop. */
  readonly path: Value;
  /** What is to happen in order, in this function or turn. */
  readonly effects: Effect[];
  /** Calls within calls. */
  readonly depth: number;
}

export const siteAt = (place: Place, node: Node): Site => ({
  builder: place.session.builder,
  lone: place.session.lone,
  fail: (problem, hint) => reject(place, node, problem, hint),
});

export const reject = (place: Place, node: Node, problem: string, hint?: string): never =>
  complain(place.source, place.session.label, node, problem, hint);

/** `[i][j]`, for as many axes. */
export const subscripts = (rank: number): string => [...'ijklmnop'.slice(0, rank)].map((i) => `[${i}]`).join('');

export const count = (n: number, one: string, several: string): string => `${n} ${n === 1 ? one : several}`;
