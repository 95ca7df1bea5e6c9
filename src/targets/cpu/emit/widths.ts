/**
 * In lanes of what width each value is computed, and asked for: known from its form, before anything is emitted. Another width
 * than the one foreseen costs conversions and is right all the same.
 */
import { isFloat, isInteger, type DType } from '../../../dsl/dtype.ts';
import type { Effect, Loop, Value } from '../../../dsl/kernel/ir.ts';
import { widthOf, type Width } from './lanes.ts';
import { opWidth } from './ops.ts';
import { loopsIn, valuesIn, type Piece } from './uniformity.ts';

type Op = Value & { kind: 'op' };

const widest = (widths: readonly Width[]): Width => Math.max(...widths) as Width;
const atLeast32 = (d: DType): Width => widest([32, widthOf(d)]);

/** The width of all operands of an op; casts aside, that of its result. */
export function operandWidth({ op, args, dtype }: Op): Width {
  const [first, second] = args;
  if (op === 'cast') return castFrom(first, dtype);
  const of = op === 'select' ? second.dtype : first.dtype;
  if (of === 'bool') return widest(args.map(likelyWidth));
  return opWidth(op, of, second?.kind === 'const' ? second.value : undefined);
}

/** Integers that become wider, and bools, are asked for in the width of the result. */
function castFrom(v: Value, to: DType): Width {
  if (to === 'bool') return likelyWidth(v);
  if (v.dtype === 'bool') return widthOf(to);
  if (isFloat(v.dtype)) return widthOf(v.dtype);
  return isInteger(to) ? widest([widthOf(v.dtype), widthOf(to)]) : atLeast32(v.dtype);
}

const masks = new WeakMap<Value, Width>();

/** The width that a value is held in; of bools that of the comparison that they come from, as far as that is known. */
export function likelyWidth(v: Value): Width {
  if (v.dtype !== 'bool') return widthOf(v.dtype);
  let width = masks.get(v);
  if (width === undefined) masks.set(v, width = widthOfMask(v));
  return width;
}

function widthOfMask(v: Value): Width {
  switch (v.kind) {
    case 'op': return operandWidth(v);
    case 'state': case 'after': return 32;
    default: return widthOf('bool');
  }
}

/** The width of the lanes that a loop leaves one by one. */
export const activeWidth = (tests: readonly Value[]): Width => widest([32, ...tests.map(likelyWidth)]);

const wants = new WeakMap<Piece, ReadonlyMap<Value, ReadonlySet<Width>>>();

/** The widths in which the users of a value ask for it. */
export function wantedWidths(piece: Piece): ReadonlyMap<Value, ReadonlySet<Width>> {
  let found = wants.get(piece);
  if (!found) wants.set(piece, found = listWants(piece));
  return found;
}

function listWants(piece: Piece): ReadonlyMap<Value, ReadonlySet<Width>> {
  const found = new Map<Value, Set<Width>>();
  const want = (v: Value, width: Width): void => {
    const set = found.get(v);
    if (set) set.add(width);
    else found.set(v, new Set([width]));
  };
  const effect = (e: Effect): void => {
    if (e.kind === 'loop') return;
    e.index.forEach((i) => want(i, 32));
    if (e.kind !== 'store') return;
    want(e.value, widthOf(e.value.dtype));
    want(e.when, 32);
  };
  const loop = ({ states, initial, next, test, effects }: Loop): void => {
    states.forEach((s, k) => [initial[k], next[k]].forEach((v) => want(v, likelyWidth(s))));
    want(test, activeWidth([test]));
    effects.forEach(effect);
  };
  const values = valuesIn(piece);
  for (const v of values) {
    if (v.kind === 'gather') v.index.forEach((i) => want(i, 32));
    if (v.kind !== 'op') continue;
    const width = operandWidth(v);
    v.args.forEach((a) => want(a, width));
  }
  loopsIn(piece, values).forEach(loop);
  piece.effects.forEach(effect);
  piece.results.forEach((v) => want(v, likelyWidth(v)));
  return found;
}

/** The width that a read is loaded in: the narrowest that anybody wants. */
export function loadWidth(piece: Piece, v: Value & { kind: 'read' }): Width {
  const widths = wantedWidths(piece).get(v);
  return widths && v.dtype !== 'bool' ? Math.max(widthOf(v.dtype), Math.min(...widths, 32)) as Width : widthOf(v.dtype);
}
