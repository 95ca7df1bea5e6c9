/** What emitted code computes once per row, for people: see `Row`, which does it. */
import type { Value } from '../../dsl/kernel/ir.ts';
import { costOf, operandsOf } from '../../dsl/kernel/walk.ts';
import type { Launch } from '../../fusion/kernel.ts';
import { isSameInRow } from './emit/row.ts';
import { fixedIn, valuesIn } from './emit/uniformity.ts';

/** Operations of the body that do not depend on the column, but for those that only lead to others. */
export function hoistedIn({ kernel: { body, rank, inputs }, inner }: Launch): Value[] {
  const arrays = inputs.map(({ dtype, whole }, k) => ({ dtype, inner: inner[k], whole }));
  const fixed = fixedIn(body, isSameInRow({ rank, inputs: arrays }));
  const inside = new Set([...fixed].flatMap(operandsOf));
  const used = new Set(valuesIn(body).filter((v) => !fixed.has(v)).flatMap(operandsOf));
  const isDone = (v: Value): boolean => v.kind === 'op' && v.op !== 'cast' && costOf([v]) > 0;
  return [...fixed].filter((v) => isDone(v) && (used.has(v) || !inside.has(v)));
}
