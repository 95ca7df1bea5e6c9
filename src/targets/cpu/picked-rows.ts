/**
 * Rows of whole arrays that indices pick: a gather along a row whose other indices are the same for all of it. It is a read of
 * neighbours, as of any input, once it is known where the row begins; so loops run over it as over other rows.
 */
import { inline, sameLeaves } from '../../dsl/kernel/copy.ts';
import { Builder, type Value } from '../../dsl/kernel/ir.ts';
import { valuesOf } from '../../dsl/kernel/walk.ts';
import type { Nest, NestArray } from './emit/frame.ts';
import { isSameInRow } from './emit/row.ts';
import { fixedIn } from './emit/uniformity.ts';

type Gather = Value & { kind: 'gather' };

/** A nest that reads such rows as further inputs. Loops keep their gathers. */
export function withPickedRows<N extends Nest>(nest: N): N {
  const { results, effects, rank } = nest;
  const values = valuesOf(results);
  const gathers = values.filter((v) => v.kind === 'gather');
  if (gathers.length === 0 || effects.length > 0 || values.some((v) => v.kind === 'after')) return nest;
  const isFixed = fixedIn({ results, effects }, isSameInRow(nest));
  const isAlong = (v: Value): boolean => v.kind === 'coord' && v.axis === rank - 1 && v.at === undefined;
  const isRow = ({ input, index }: Gather): boolean =>
    nest.inputs[input].inner === 'unit' && isAlong(index.at(-1)!) && index.slice(0, -1).every((v) => isFixed.has(v));
  if (!gathers.some(isRow)) return nest;
  const inputs: NestArray[] = [...nest.inputs];
  const b = new Builder();
  const read = (from: number, dtype: Value['dtype'], index: readonly Value[]): Value =>
    b.read(inputs.push({ dtype, inner: 'unit', picked: { from, index } }) - 1, dtype);
  const reading = inline(b, results, {
    ...sameLeaves(b),
    gather: (input, index, v) =>
      (isRow(v as Gather) ? read(input, v.dtype, index.slice(0, -1)) : b.gatherInside(input, v.dtype, index)),
  });
  return { ...nest, results: reading, inputs };
}
