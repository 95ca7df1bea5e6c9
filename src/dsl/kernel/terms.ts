/** What a name or an expression of a kernel can stand for while it is lowered, and the scopes names are looked up in. */
import type { Function as FunctionSyntax } from 'acorn';
import type { DType } from '../dtype.ts';
import { apiFunctions, globalFunctions, globalNumbers, namespaces, type Callable, type Namespace } from './intrinsics.ts';
import { strongly, weakly, type Operand, type Weak } from './infer.ts';
import type { Value } from './ir.ts';
import type { KernelFunction, Source } from './source.ts';
import type { Variable } from './state.ts';

/** A parameter that is an array. */
export interface ArrayTerm {
  readonly kind: 'array';
  readonly name: string;
  /** Inputs are read; outputs are stored to, and read back. */
  readonly of: 'input' | 'output';
  /** Its number among the inputs or outputs. */
  readonly array: number;
  readonly rank: number;
  /** Leading axes that are at the point's own coordinates: they need no look at the array's size. */
  readonly lead?: number;
  /** `relative`: called with offsets, `u(-1, 0)`. `whole`: indexed, `x[i][j]`. */
  readonly access: 'relative' | 'whole';
}

export type Term =
  | Operand
  /** Values that do not change: an array among the constants, a choice between arrays. */
  | { readonly kind: 'list'; readonly items: readonly Term[] }
  /** A local array: every element is a variable. `dtype`: what elements are cast to, in a typed array. */
  | { readonly kind: 'cells'; readonly items: readonly Variable[]; readonly dtype?: DType }
  /** An object among the constants. */
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Term> }
  | ArrayTerm
  /** `x[i]` of an array of more axes. */
  | { readonly kind: 'row'; readonly array: ArrayTerm; readonly index: readonly Value[] }
  /** `x.shape`, without the axes that are indexed already. */
  | { readonly kind: 'shape'; readonly array: ArrayTerm; readonly from: number }
  | { readonly kind: 'callable'; readonly name: string; readonly callable: Callable }
  /** A function among the constants: it is copied into its caller. */
  | { readonly kind: 'helper'; readonly name: string; readonly body: KernelFunction }
  /** A function declared inside the kernel. */
  | { readonly kind: 'closure'; readonly name: string; readonly node: FunctionSyntax; readonly scope: Scope; readonly source: Source }
  | { readonly kind: 'namespace'; readonly name: string; readonly members: Namespace }
  /** The name that the user gave to the library: unknown until a member is asked for. */
  | { readonly kind: 'undefined' }
  /** A constant the kernel cannot use; says so only when it does. */
  | { readonly kind: 'unusable'; readonly name: string; readonly problem: string };

/** A term with other values. */
export function mapValues(term: Term, f: (v: Value) => Value): Term {
  const ofWeak = (w: Weak): Weak => (typeof w === 'number' ? w : { cond: f(w.cond), yes: ofWeak(w.yes), no: ofWeak(w.no) });
  switch (term.kind) {
    case 'value': return strongly(f(term.value));
    case 'weak': return weakly(ofWeak(term.weak));
    case 'list': return { ...term, items: term.items.map((t) => mapValues(t, f)) };
    case 'row': return { ...term, index: term.index.map(f) };
    default: return term;
  }
}

export interface Scope {
  readonly names: Map<string, Term | Variable>;
  readonly parent: Scope | undefined;
  /** Names that the block declares, somewhere. */
  readonly declares?: ReadonlySet<string>;
}

export const scopeIn = (parent: Scope | undefined, names: Iterable<readonly [string, Term | Variable]> = []): Scope =>
  ({ names: new Map(names), parent });

export const isVariable = (found: Term | Variable): found is Variable => 'constant' in found;

export function lookUp(scope: Scope, name: string): Term | Variable | undefined {
  for (let s: Scope | undefined = scope; s; s = s.parent) {
    const found = s.names.get(name);
    if (found) return found;
  }
  return undefined;
}

/** Whether a block around declares a name, further down. */
export function isDeclaredLater(scope: Scope, name: string): boolean {
  for (let s: Scope | undefined = scope; s; s = s.parent) if (s.declares?.has(name)) return true;
  return false;
}

const callables = (functions: Readonly<Record<string, Callable>>): [string, Term][] =>
  Object.entries(functions).map(([name, callable]) => [name, { kind: 'callable', name, callable }]);

let globals: Scope | undefined;

/** What every kernel knows: Math, Number, NaN, Infinity and their like. */
export const globalScope = (): Scope => (globals ??= scopeIn(undefined, [
  ...callables(globalFunctions),
  ...Object.entries(globalNumbers).map(([name, value]): [string, Term] => [name, weakly(value)]),
  // Number is a function too; `expressions.ts` asks for a namespace only before a dot.
  ...Object.entries(namespaces).filter(([name]) => !(name in globalFunctions)).map(([name, members]): [string, Term] =>
    [name, { kind: 'namespace', name, members }]),
  ['undefined', { kind: 'undefined' }],
]));

/**
 * A function of the library by the name under which a kernel calls it. Bundlers rename imports on a clash: `prange2`.
 */
export function apiFunction(name: string): Term | undefined {
  const plain = Object.hasOwn(apiFunctions, name) ? name : name.replace(/\$?\d+$/, '');
  return Object.hasOwn(apiFunctions, plain) ? { kind: 'callable', name: plain, callable: apiFunctions[plain] } : undefined;
}

/** The library's scope: the globals, its intrinsics, and helpers by the names of their properties. */
export const libraryScope = (
  functions: Readonly<Record<string, Callable>>, helpers: Readonly<Record<string, KernelFunction>>,
): Scope => scopeIn(globalScope(), [
  ...callables(functions),
  ...Object.entries(helpers).map(([name, body]): [string, Term] => [name, { kind: 'helper', name, body }]),
]);
