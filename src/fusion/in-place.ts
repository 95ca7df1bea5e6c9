/**
 * Launches that write where they read. Legal where every point reads, of the buffer that is overwritten, only the element that
 * the point itself writes: then no order between points matters, and a point has read before it writes.
 */
import type { Fn } from '../dsl/kernel/ir.ts';
import { valuesIn } from '../dsl/kernel/walk.ts';
import { stridesOf } from '../dsl/shape.ts';
import type { Launch } from './kernel.ts';

/** Whether output `output` may be in the buffer of input `input`. */
export function mayOverwrite({ kernel, domain, inputs, outputs }: Launch, input: number, output: number): boolean {
  const { slot, offset, strides, sizes } = inputs[input];
  const { from, dtype } = kernel.outputs[output];
  if (kernel.schedule !== 'map' || from !== 'body' || dtype !== kernel.inputs[input].dtype) return false;
  const dense = stridesOf(domain);
  if (sizes || offset !== 0 || domain.some((size, axis) => size > 1 && strides[axis] !== dense[axis])) return false;
  const alone = inputs.every((x, k) => k === input || x.slot !== slot) && outputs.every((s, k) => k === output || s !== slot);
  return alone && readsOnlyHere(kernel.body, input);
}

/** Whether a function reads an input at the current point and nowhere else. */
export function readsOnlyHere(fn: Fn, input: number): boolean {
  return valuesIn(fn).every((v) => (v.kind === 'read' ? v.input !== input || v.at === undefined : v.kind !== 'gather' || v.input !== input));
}

/** For every input the output that is written in its place, if there is one. */
export const overwritten = ({ inputs, outputs }: Launch): (number | undefined)[] => inputs.map(({ slot }) => {
  const found = outputs.indexOf(slot);
  return found < 0 ? undefined : found;
});
