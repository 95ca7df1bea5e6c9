/** Methods of arrays whose docstrings and functions have files of their own. */
import { WeftArray } from './array.ts';

/** The function behind a method; of several signatures the last one counts. */
type Implementation<F> = F extends (...args: infer A) => infer R ? (this: WeftArray, ...args: A) => R : never;

/** They are not enumerable, as those of a class are not. */
export function addMethods<M>(methods: { readonly [K in keyof M]: Implementation<M[K]> }): void {
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(WeftArray.prototype, name, { value });
}
