/** A number for every function. */
import type { Fn } from './ir.ts';

const ids = new WeakMap<Fn, number>();
const byKey = new Map<string, number>();

/** Equal keys, equal numbers. */
export function fnId(fn: Fn): number {
  let id = ids.get(fn);
  if (id === undefined) {
    id = byKey.get(fn.key);
    if (id === undefined) byKey.set(fn.key, (id = byKey.size));
    ids.set(fn, id);
  }
  return id;
}
