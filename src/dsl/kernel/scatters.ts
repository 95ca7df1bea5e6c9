/** Functions that add into elements at computed indices. An index of -1 is nowhere. */
import type { DType } from '../dtype.ts';
import { Builder, type Effect, type Fn, type Value } from './ir.ts';
import { fromBack } from './picks.ts';
import { count, int, pieceOf, scalar, scalarSlot } from './turns.ts';

/** out[index] += value, as two effects. `inside`: the index is, whatever it is. */
function addTo(b: Builder, output: number, index: readonly Value[], value: Value, inside = true): Effect[] {
  const before = b.loaded(value.dtype);
  return [
    { kind: 'load', output, index, value: before, inside },
    { kind: 'store', output, index, value: b.op('add', [before, value]), when: b.constant(1, 'bool'), inside },
  ];
}

/** `index`, or `size` where it is outside 0 to size - 1: for an output that has one element more. No test is faster than one. */
function orBeyond(b: Builder, index: Value, size: Value): Value {
  const [i, n] = [index, size].map((v) => b.cast(v, 'uint32'));
  return b.cast(b.op('min', [i, n]), 'int32');
}

export interface AddSpec {
  readonly indices: DType;
  readonly dtype: DType;
  /** Indices count from the back where they are negative; otherwise all negative ones are nowhere. */
  readonly fromBack: boolean;
  /** What is added is 1, and there are no values. */
  readonly ones: boolean;
  /** There is a row more, for what goes nowhere. */
  readonly spare: boolean;
  /** Rows are single elements. */
  readonly flat: boolean;
}

/**
 * At the points (piece, inner): adds rows `values[k]` of one piece of the updates into row `at[k]` of its own copy of the
 * output, one after the other. The output is (pieces, rows, inner). `flat`: there is no inner axis anywhere.
 */
export function addPiecesFn({ indices, dtype, fromBack: both, ones, spare, flat }: AddSpec): Fn {
  const b = new Builder();
  const piece = b.coord(0), inner = flat ? [] : [b.coord(1)];
  const rank = 1 + inner.length;
  const length = scalar(b, 1);
  const rows = b.op('sub', [b.size('output', 0, 1), int(b, spare ? 1 : 0)]);
  const [from, to] = pieceOf(b, piece, length, b.size('input', 0, 0));
  const { effect } = count(b, from, to, [], (k) => {
    const given = b.cast(b.gatherInside(0, indices, [k]), 'int32');
    const index = both ? fromBack(b, given, rows) : given;
    const row = spare ? orBeyond(b, index, rows) : index;
    const value = ones ? b.constant(1, dtype) : b.gatherInside(2, dtype, [k, ...inner]);
    return { next: [], effects: addTo(b, 0, [piece, row, ...inner], value, spare) };
  });
  return b.fn('add', {
    rank, results: [], effects: [effect], outputs: [{ name: 'out', dtype, whole: rank + 1 }],
    inputs: [{ name: 'at', dtype: indices, whole: 1 }, scalarSlot('piece'), ...ones ? [] : [{ name: 'values', dtype, whole: rank }]],
  });
}

/** Updates sorted by the part of the output that they go to: 2 to the power `shift` rows, or, at the end, nowhere. */
const partOf = (b: Builder, at: Value, shift: Value, output: number): Value =>
  orBeyond(b, b.op('shr', [at, shift]), b.op('sub', [b.size('output', output, 0), int(b, 1)]));

/** At the points (piece): how many updates of one piece go to every part, as (parts + 1, pieces). */
export function countPartsFn(): Fn {
  const b = new Builder();
  const piece = b.coord(0);
  const [from, to] = pieceOf(b, piece, scalar(b, 1), b.size('input', 0, 0));
  const { effect } = count(b, from, to, [], (k) => ({
    next: [], effects: addTo(b, 0, [partOf(b, b.gatherInside(0, 'int32', [k]), scalar(b, 2), 0), piece], int(b, 1)),
  }));
  return b.fn('count', {
    rank: 1, results: [], effects: [effect], outputs: [{ name: 'counts', dtype: 'int32', whole: 2 }],
    inputs: [{ name: 'at', dtype: 'int32', whole: 1 }, scalarSlot('piece'), scalarSlot('shift')],
  });
}

/**
 * At the points (piece): puts the numbers of its updates where the second output says that the next one of its part goes,
 * which therefore begins as the places of the first ones.
 */
export function orderByPartFn(): Fn {
  const b = new Builder();
  const piece = b.coord(0);
  const [from, to] = pieceOf(b, piece, scalar(b, 1), b.size('input', 0, 0));
  const { effect } = count(b, from, to, [], (k) => {
    const index = [partOf(b, b.gatherInside(0, 'int32', [k]), scalar(b, 2), 1), piece];
    const place = b.loaded('int32');
    const yes = b.constant(1, 'bool');
    return {
      next: [], effects: [
        { kind: 'load', output: 1, index, value: place, inside: true },
        { kind: 'store', output: 0, index: [place], value: k, when: yes },
        { kind: 'store', output: 1, index, value: b.op('add', [place, int(b, 1)]), when: yes, inside: true },
      ],
    };
  });
  return b.fn('order', {
    rank: 1, results: [], effects: [effect],
    inputs: [{ name: 'at', dtype: 'int32', whole: 1 }, scalarSlot('piece'), scalarSlot('shift')],
    outputs: [{ name: 'order', dtype: 'int32', whole: 1 }, { name: 'next', dtype: 'int32', whole: 2 }],
  });
}

/** At the points (part, inner): adds the updates of its part, in their order, into the rows that only it stores to. */
export function addPartsFn(dtype: DType): Fn {
  const b = new Builder();
  const [part, inner] = [b.coord(0), b.coord(1)];
  const last = b.op('sub', [b.size('input', 3, 1), int(b, 1)]);
  const endOf = (p: Value): Value => b.gather(3, 'int32', [p, last]);
  const from = b.op('select', [b.op('eq', [part, int(b, 0)]), int(b, 0), endOf(b.op('sub', [part, int(b, 1)]))]);
  const { effect } = count(b, from, endOf(part), [], (k) => {
    const update = b.gatherInside(2, 'int32', [k]);
    return { next: [], effects: addTo(b, 0, [b.gatherInside(0, 'int32', [update]), inner], b.gatherInside(1, dtype, [update, inner]), false) };
  });
  return b.fn('add', {
    rank: 2, results: [], effects: [effect], outputs: [{ name: 'out', dtype, whole: 2 }],
    inputs: [
      { name: 'at', dtype: 'int32', whole: 1 }, { name: 'values', dtype, whole: 2 }, { name: 'order', dtype: 'int32', whole: 1 },
      { name: 'ends', dtype: 'int32', whole: 2 },
    ],
  });
}
