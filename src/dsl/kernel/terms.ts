/** What a name or an expression of a kernel can stand for while it is lowered, and the scopes names are looked up in. */
import { globalFunctions, globalNumbers, namespaces, type Callable, type Namespace } from './intrinsics.ts';
import { weakly, type Operand } from './infer.ts';
import type { KernelFunction } from './source.ts';

export type Term =
  | Operand
  /** `[a, b]`, or an array among the constants. */
  | { readonly kind: 'list'; readonly items: readonly Term[] }
  /** An object among the constants. */
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Term> }
  /** An array parameter: it can be called with offsets, nothing else. */
  | { readonly kind: 'array'; readonly name: string; readonly input: number }
  | { readonly kind: 'callable'; readonly name: string; readonly callable: Callable }
  /** A function of the kernel language that is copied into its caller. */
  | { readonly kind: 'helper'; readonly name: string; readonly body: KernelFunction }
  | { readonly kind: 'namespace'; readonly name: string; readonly members: Namespace }
  | { readonly kind: 'undefined' }
  /** A constant the kernel cannot use; says so only when it does. */
  | { readonly kind: 'unusable'; readonly name: string; readonly problem: string };

export interface Scope {
  readonly names: Map<string, Term>;
  readonly parent: Scope | undefined;
}

export const scopeIn = (parent: Scope | undefined, names: Iterable<readonly [string, Term]> = []): Scope =>
  ({ names: new Map(names), parent });

export function lookUp(scope: Scope, name: string): Term | undefined {
  for (let s: Scope | undefined = scope; s; s = s.parent) {
    const found = s.names.get(name);
    if (found) return found;
  }
  return undefined;
}

const callables = (functions: Readonly<Record<string, Callable>>): [string, Term][] =>
  Object.entries(functions).map(([name, callable]) => [name, { kind: 'callable', name, callable }]);

let globals: Scope | undefined;

/** What every kernel knows: Math, Number, NaN, Infinity and their like. */
export const globalScope = (): Scope => (globals ??= scopeIn(undefined, [
  ...callables(globalFunctions),
  ...Object.entries(globalNumbers).map(([name, value]): [string, Term] => [name, weakly(value)]),
  // Number is a function too; `lower.ts` asks for a namespace only before a dot.
  ...Object.entries(namespaces).filter(([name]) => !(name in globalFunctions)).map(([name, members]): [string, Term] =>
    [name, { kind: 'namespace', name, members }]),
  ['undefined', { kind: 'undefined' }],
]));

/** The library's scope: the globals, its intrinsics, and helpers by the names of their properties. */
export const libraryScope = (
  functions: Readonly<Record<string, Callable>>, helpers: Readonly<Record<string, KernelFunction>>,
): Scope => scopeIn(globalScope(), [
  ...callables(functions),
  ...Object.entries(helpers).map(([name, body]): [string, Term] => [name, { kind: 'helper', name, body }]),
]);

