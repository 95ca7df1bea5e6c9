/** Of a stage's inputs and outputs those whose windows are rings: nothing in them is ever moved, coordinates come round. */
import type { Launch, Sweep } from '../../../fusion/kernel.ts';
import { rowCut } from '../../../fusion/sweep/rings.ts';
import type { Units } from '../../../fusion/sweep/window.ts';
import type { Rings } from '../orient.ts';

/** `slots`: those that are rings. `always`: even if the stage has none of them. */
export function ringsOf(
  launch: Launch, units: Units, slots: ReadonlyMap<number, unknown>, { wraps }: Pick<Sweep, 'wraps'>, always: boolean,
): Rings | undefined {
  const inputs = launch.inputs.flatMap((x, k) => (slots.has(x.slot) ? [k] : []));
  const outputs = launch.outputs.flatMap((slot, k) => (slots.has(slot) ? [k] : []));
  if (inputs.length + outputs.length === 0 && !always) return undefined;
  return { axis: rowCut(launch, units)!.axis, wraps, inputs, outputs };
}
