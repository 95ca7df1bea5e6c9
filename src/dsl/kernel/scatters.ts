/** Functions that add into elements at computed indices. An index of -1 is nowhere. */
import type { DType } from '../dtype.ts';
import { Builder, type Effect, type Fn, type Value } from './ir.ts';
import { count, int, pieceOf, scalar, scalarSlot } from './turns.ts';

/** out[index] += value, as two effects. */
function addTo(b: Builder, output: number, index: readonly Value[], value: Value): Effect[] {
  const before = b.loaded(value.dtype);
  return [
    { kind: 'load', output, index, value: before },
    { kind: 'store', output, index, value: b.op('add', [before, value]), when: b.constant(1, 'bool') },
  ];
}

/**
 * At the points (piece, inner): adds rows `values[k]` of one piece of the updates into row `at[k]` of its own copy of the
 * output, one after the other. The output is (pieces, rows, inner).
 */
export function addPiecesFn(dtype: DType): Fn {
  const b = new Builder();
  const [piece, inner] = [b.coord(0), b.coord(1)];
  const [from, to] = pieceOf(b, piece, scalar(b, 2), b.size('input', 0, 0));
  const { effect } = count(b, from, to, [], (k) => ({
    next: [], effects: addTo(b, 0, [piece, b.gather(0, 'int32', [k]), inner], b.gather(1, dtype, [k, inner])),
  }));
  return b.fn('add', {
    rank: 2, results: [], effects: [effect], outputs: [{ name: 'out', dtype, whole: 3 }],
    inputs: [{ name: 'at', dtype: 'int32', whole: 1 }, { name: 'values', dtype, whole: 2 }, scalarSlot('piece')],
  });
}

/** Updates sorted by the part of the output that they go to. A part is 2 to the power `shift` rows. */
const partOf = (b: Builder, at: Value, shift: Value): Value => b.op('shr', [at, shift]);

/** At the points (piece): how many updates of one piece go to every part, as (parts, pieces). */
export function countPartsFn(): Fn {
  const b = new Builder();
  const piece = b.coord(0);
  const [from, to] = pieceOf(b, piece, scalar(b, 1), b.size('input', 0, 0));
  const { effect } = count(b, from, to, [], (k) => ({
    next: [], effects: addTo(b, 0, [partOf(b, b.gather(0, 'int32', [k]), scalar(b, 2)), piece], int(b, 1)),
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
    const at = b.gather(0, 'int32', [k]);
    const index = [partOf(b, at, scalar(b, 2)), piece];
    const place = b.loaded('int32');
    return {
      next: [], effects: [
        { kind: 'load', output: 1, index, value: place },
        { kind: 'store', output: 0, index: [place], value: k, when: b.op('ge', [at, int(b, 0)]) },
        { kind: 'store', output: 1, index, value: b.op('add', [place, int(b, 1)]), when: b.constant(1, 'bool') },
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
    const update = b.gather(2, 'int32', [k]);
    return { next: [], effects: addTo(b, 0, [b.gather(0, 'int32', [update]), inner], b.gather(1, dtype, [update, inner])) };
  });
  return b.fn('add', {
    rank: 2, results: [], effects: [effect], outputs: [{ name: 'out', dtype, whole: 2 }],
    inputs: [
      { name: 'at', dtype: 'int32', whole: 1 }, { name: 'values', dtype, whole: 2 }, { name: 'order', dtype: 'int32', whole: 1 },
      { name: 'ends', dtype: 'int32', whole: 2 },
    ],
  });
}
