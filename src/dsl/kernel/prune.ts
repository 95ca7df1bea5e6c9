/** A function of only those inputs and outputs that are used. */
import type { DType } from '../dtype.ts';
import { inlineAll, sameLeaves } from './copy.ts';
import { Builder, type Effect, type Fn, type Slot, type Value } from './ir.ts';

interface Whole {
  readonly name: string;
  readonly dtype: DType;
  readonly rank: number;
}

interface Parts {
  readonly results: readonly Value[];
  readonly effects: readonly Effect[];
  readonly inputs: readonly Whole[];
  readonly outputs: readonly Whole[];
}

interface Pruned {
  readonly fn: Fn;
  /** By input and output: the number it had before. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * The function of these parts. One with effects reads its numbers from arrays of one element.
 * An input that is read at the point and anywhere stays one and the other.
 */
export function pruned(name: string, rank: number, parts: Parts): Pruned {
  const inputs = new Map<string, number>();
  const outputs = new Map<number, number>();
  const place = <K>(map: Map<K, number>, key: K): number => {
    let at = map.get(key);
    if (at === undefined) map.set(key, (at = map.size));
    return at;
  };
  const slots: { array: number; whole: boolean }[] = [];
  const input = (array: number, whole: boolean): number => {
    const at = place(inputs, `${array}${whole ? 'w' : ''}`);
    slots[at] ??= { array, whole };
    return at;
  };
  const effectful = parts.effects.length > 0;
  const b = new Builder();
  const { results, effects } = inlineAll(b, parts.results, parts.effects, {
    ...sameLeaves(b),
    read: (k, _, v) => (effectful ? b.gatherInside(input(k, true), v.dtype, [b.constant(0, 'int32')]) : b.read(input(k, false), v.dtype)),
    gather: (k, index, v) => b.gatherInside(input(k, true), v.dtype, index),
    output: (o) => place(outputs, o),
    size: (v) => b.size(v.of, v.of === 'input' ? input(v.array, true) : place(outputs, v.array), v.axis),
  });
  const slot = (a: Whole, asWhole: boolean): Slot =>
    ({ name: a.name, dtype: a.dtype, ...(asWhole && { whole: Math.max(1, a.rank) }) });
  const fn = b.fn(name, {
    rank, results, effects,
    inputs: slots.map((s) => slot(parts.inputs[s.array], s.whole)),
    outputs: [...outputs.keys()].map((o) => slot(parts.outputs[o], true)),
  });
  return { fn, inputs: slots.map((s) => s.array), outputs: [...outputs.keys()] };
}
