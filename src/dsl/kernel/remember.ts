/** Kernels that were lowered before: the same function for the same kinds of arguments and the same constants. */
import type { KernelFunction } from './source.ts';

const lowered = new WeakMap<KernelFunction, Map<string, unknown>>();

/** Versions of one function; a program that changes its constants all the time does not fill the memory with them. */
const MOST_VERSIONS = 32;

/** What `make` made for this function, these constants and this key. */
export function remembered<T>(f: KernelFunction, constants: Readonly<Record<string, unknown>>, key: string, make: () => T): T {
  let versions = lowered.get(f);
  if (!versions) lowered.set(f, (versions = new Map()));
  const full = `${key}|${textOf(constants)}`;
  const found = versions.get(full) as T | undefined;
  if (found) return found;
  const made = make();
  if (versions.size >= MOST_VERSIONS) versions.delete(versions.keys().next().value!);
  versions.set(full, made);
  return made;
}

const ids = new WeakMap<object, number>();
let nextId = 0;

/** Equal texts are equal constants. Numbers tell -0 from 0; functions are told apart by identity. */
function textOf(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'function') return `f${idOf(value)}`;
  if (typeof value !== 'object' || value === null) return `${typeof value}:${String(value)}`;
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    return `[${Array.from(value as ArrayLike<unknown>, textOf).join()}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return `o${idOf(value)}`;
  return `{${Object.entries(value).map(([k, v]) => `${k}:${textOf(v)}`).join()}}`;
}

function idOf(value: object): number {
  let id = ids.get(value);
  if (id === undefined) ids.set(value, (id = nextId++));
  return id;
}
