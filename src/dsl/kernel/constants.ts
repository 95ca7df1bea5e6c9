/** The `constants` option: outer values a kernel uses, as terms. */
import { weakly } from './infer.ts';
import type { Builder } from './ir.ts';
import type { KernelFunction } from './source.ts';
import type { Term } from './terms.ts';

/** Numbers, bools, functions, and arrays, typed arrays and plain objects of them; anything else complains when it is used. */
export function asConstant(builder: Builder, name: string, value: unknown): Term {
  if (typeof value === 'number') return weakly(value);
  if (typeof value === 'boolean') return { kind: 'value', value: builder.constant(value ? 1 : 0, 'bool') };
  const typed = ArrayBuffer.isView(value) && !(value instanceof DataView);
  const list = Array.isArray(value) || typed ? Array.from(value as ArrayLike<unknown>) : undefined;
  if (list) return { kind: 'list', items: list.map((v, k) => asConstant(builder, `${name}[${k}]`, v)) };
  if (isPlain(value)) {
    return { kind: 'record', fields: new Map(Object.entries(value).map(([key, v]) => [key, asConstant(builder, `${name}.${key}`, v)])) };
  }
  if (typeof value === 'function') return { kind: 'helper', name, body: value as KernelFunction };
  return { kind: 'unusable', name, problem: `it is ${describe(value)}` };
}

const isPlain = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  return `an instance of ${(value as { constructor?: { name?: string } }).constructor?.name ?? 'a class'}`;
}
