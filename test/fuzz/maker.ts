/** How steps of random programs are made. */
import type * as wf from '../../src/index.ts';
import { borderModes, type BorderMode } from '../../src/dsl/border.ts';
import type { Context, Step } from './program.ts';
import type { Info } from './values.ts';

/** Undefined when the step does not apply to the values there are. `weight`: how often it is tried. */
export type Maker = ((c: Context) => Step | undefined) & { readonly weight: number };
export const often = (weight: number, maker: (c: Context) => Step | undefined): Maker =>
  Object.assign((c: Context) => maker(c), { weight });

/** A step with one result. */
export const step = (source: string, output: Info, make: (v: readonly wf.WeftArray[]) => wf.WeftArray): Step =>
  ({ source, outputs: [output], make: (v) => [make(v)] });

/** Borders for every axis: one, or a list. */
export function anyBorder(c: Context, rank: number): { border: BorderMode | BorderMode[]; each: BorderMode[]; text: string } {
  const each = Array.from({ length: rank }, () => borderModes[c.draw(borderModes.length)]);
  if (c.draw(3) > 0) return { border: each[0], each: each.map(() => each[0]), text: `'${each[0]}'` };
  return { border: each, each, text: JSON.stringify(each) };
}
