/** What a random kernel can name at one place of its text, and the numbers that decide what comes next. */
import type { Expr, Kind } from './kernel-maker-tree.ts';

/** What a value can be: see `Expr`. */
export interface Type {
  readonly kind: Kind;
  readonly bound: number;
  readonly grain: number;
}

/** All int32. */
export const INT: Type = { kind: 'int', bound: 2 ** 31, grain: 1 };
/** Integers that may meet floats. */
export const SMALL: Type = { kind: 'int', bound: 63, grain: 1 };
export const UINT: Type = { kind: 'uint', bound: 2 ** 32, grain: 1 };
/** The product of three of them, and sums of some of these, fit a float32. */
export const FLOAT: Type = { kind: 'float', bound: 64, grain: 1 / 8 };
/** Of kernels that round. */
const SMOOTH: Type = { kind: 'float', bound: 4, grain: 0 };
export const BOOL: Type = { kind: 'bool', bound: 1, grain: 1 };
/** Counts what happens. */
export const COUNT: Type = { kind: 'int', bound: 2 ** 16, grain: 1 };

export interface Variable {
  readonly name: string;
  readonly type: Type;
  /** May be assigned any value of its type. */
  readonly free: boolean;
  readonly positive?: boolean;
  /** Known while the kernel is built, and at most this far from 0: an offset of neighbours. */
  readonly offset?: number;
  /** Counts up from 0 by `++` and its like, nothing else. */
  readonly counter?: boolean;
}

export type ArrayName =
  /** `text`, and then as many indices as it has axes, anything at all. */
  | { readonly access: 'whole'; readonly text: string; readonly rank: number; readonly type: Type }
  /** A local array: what is beyond its ends is no matter of JavaScript. */
  | { readonly access: 'local'; readonly text: string; readonly length: number; readonly type: Type; readonly free: boolean }
  /** Called with offsets. */
  | { readonly access: 'relative'; readonly text: string; readonly reach: readonly number[]; readonly type: Type };

/** A place in an output. */
export type Place = ArrayName & { readonly access: 'whole'; readonly output: string };

export interface FunctionName {
  readonly name: string;
  readonly params: readonly Type[];
  /** Several: it returns a list. */
  readonly results: readonly Type[];
  /** Turns of the loops inside. */
  readonly turns: number;
}

export interface LoopName {
  readonly label: string | undefined;
  /** A parallel loop cannot be left. */
  readonly parallel?: boolean;
  /** Its variable, where a turn may skip ahead. */
  readonly skips?: string;
}

/** Something that turns of a parallel loop reduce into. */
export interface Reduction {
  readonly name: string;
  readonly combine: '+' | '*' | 'min' | 'max';
  readonly type: Type;
  /** A local array of counts: elements are reduced into. */
  readonly length?: number;
}

export interface Scope {
  /** A number from 0 to n - 1. */
  draw(n: number): number;
  /** A name that is used nowhere else. */
  fresh(letter: string): string;
  readonly variables: readonly Variable[];
  readonly arrays: readonly ArrayName[];
  readonly functions: readonly FunctionName[];
  /** From the outermost one in. */
  readonly loops: readonly LoopName[];
  /** What the function returns; undefined: it does not return here. */
  readonly returns: readonly Type[] | undefined;
  /** How often this place is come to. */
  readonly turns: number;
  /** Blocks around this place. */
  readonly depth: number;
  /** Where the elements of outputs may be stored. */
  readonly stores: readonly Place[];
  readonly reductions: readonly Reduction[];
  /** A wild index needs a value that only a run can tell. */
  readonly unknown: Expr | undefined;
  /** Indices stay inside their arrays. */
  readonly tame: boolean;
  /** Floats are rounded, by functions that make no error larger, and nothing is decided by them. */
  readonly smooth: boolean;
}

/** What floats are in a scope. */
export const floatIn = (s: Pick<Scope, 'smooth'>): Type => (s.smooth ? SMOOTH : FLOAT);

/** One of a list. */
export const pick = <T>(s: Pick<Scope, 'draw'>, list: readonly T[]): T => list[s.draw(list.length)];
export const chance = (s: Pick<Scope, 'draw'>, one: number): boolean => s.draw(one) === 0;

export interface Choice<T> {
  readonly weight: number;
  /** Undefined when it does not apply here. */
  make(): T | undefined;
}

/** What one of the choices makes; the ones that do not apply are left out. */
export function choose<T>(s: Pick<Scope, 'draw'>, choices: readonly Choice<T>[]): T | undefined {
  let rest = choices.filter((c) => c.weight > 0);
  while (rest.length > 0) {
    let at = s.draw(rest.reduce((n, c) => n + c.weight, 0));
    const chosen = rest.find((c) => (at -= c.weight) < 0)!;
    const made = chosen.make();
    if (made !== undefined) return made;
    rest = rest.filter((c) => c !== chosen);
  }
  return undefined;
}
