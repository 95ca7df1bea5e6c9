/** What a unit of a sweep takes of a cache. */
import { dtypes } from '../../dsl/dtype.ts';
import type { Sweep } from '../kernel.ts';

const product = (list: readonly number[]): number => list.reduce((n, s) => n * s, 1);

/** Bytes of a unit that are wanted at a time: what is read again, and what one stage leaves for others. */
export function unitBytes({ batch, stages }: Pick<Sweep, 'batch' | 'stages'>): number {
  const spans = new Map<number, { readonly first: number; last: number; bytes: number }>();
  const touch = (slot: number, stage: number, bytes: number): void => {
    const span = spans.get(slot) ?? { first: stage, last: stage, bytes: 0 };
    spans.set(slot, { first: span.first, last: stage, bytes: Math.max(span.bytes, bytes) });
  };
  stages.forEach(({ launch: { kernel, domain, inputs, outputs }, units }, stage) => {
    const share = (has: (axis: number) => boolean): number => product(domain.filter((_, k) => has(k))) / (batch * units);
    inputs.forEach(({ slot, strides, sizes }, k) => {
      if (sizes === undefined) touch(slot, stage, share((axis) => strides[axis] !== 0) * dtypes[kernel.inputs[k].dtype].bytes);
    });
    outputs.forEach((slot, k) => {
      const { dtype, from } = kernel.outputs[k];
      touch(slot, stage, share((axis) => from === 'body' || !kernel.reduction!.axes.includes(axis)) * dtypes[dtype].bytes);
    });
  });
  const at = (stage: number): number =>
    [...spans.values()].reduce((sum, { first, last, bytes }) => sum + (first <= stage && stage <= last ? bytes : 0), 0);
  return Math.max(...stages.map((_, stage) => at(stage)));
}
