/** Functions of positions whose number depends on the data. */
import type { DType } from '../dtype.ts';
import { Builder, type Fn } from './ir.ts';
import { count, int, pieceOf, scalar, scalarSlot } from './turns.ts';

/**
 * At the points (piece) of a whole array: stores the positions of the elements that are true. With several pieces the second
 * input has the number of them up to the end of each but the last.
 */
export function positionsFn(input: DType, chunk: number | undefined): Fn {
  const b = new Builder();
  const piece = b.coord(0);
  const n = b.size('input', 0, 0);
  const zero = int(b, 0);
  const [from, to] = chunk === undefined ? [zero, n] : pieceOf(b, piece, int(b, chunk), n);
  const first = chunk === undefined ? zero
    : b.op('select', [b.op('eq', [piece, zero]), zero, b.gather(1, 'int32', [b.op('sub', [piece, int(b, 1)])])]);
  const { effect } = count(b, from, to, [first], (k, [place]) => {
    const found = b.cast(b.gather(0, input, [k]), 'bool');
    return {
      next: [b.op('add', [place, b.cast(found, 'int32')])],
      effects: [{ kind: 'store', output: 0, index: [place], value: k, when: found }],
    };
  });
  return b.fn('positions', {
    rank: 1, results: [], effects: [effect], outputs: [{ name: 'out', dtype: 'int32', whole: 1 }],
    inputs: [{ name: 'mask', dtype: input, whole: 1 }, ...chunk === undefined ? [] : [{ name: 'ends', dtype: 'int32' as const, whole: 1 }]],
  });
}

/**
 * At the points (piece) of a whole array of integers: 1 where one of them less the smallest, the second input, says. Where there
 * is a 1 none is stored: threads that keep storing to the same lines of cache wait for each other.
 */
export function presentFn(input: DType, piece: number): Fn {
  const b = new Builder();
  const [from, to] = pieceOf(b, b.coord(0), int(b, piece), b.size('input', 0, 0));
  const { effect } = count(b, from, to, [], (k) => {
    const index = [b.op('sub', [b.cast(b.gatherInside(0, input, [k]), 'int32'), scalar(b, 1)])];
    const before = b.loaded('int32');
    return {
      next: [], effects: [
        { kind: 'load', output: 0, index, value: before },
        { kind: 'store', output: 0, index, value: int(b, 1), when: b.op('eq', [before, int(b, 0)]) },
      ],
    };
  });
  return b.fn('present', {
    rank: 1, results: [], effects: [effect], outputs: [{ name: 'present', dtype: 'int32', whole: 1 }],
    inputs: [{ name: 'x', dtype: input, whole: 1 }, scalarSlot('smallest')],
  });
}

/** Of a whole sorted array: whether an element is another one than that before it. NaN equals NaN. */
export function firstsFn(dtype: DType): Fn {
  const b = new Builder();
  const k = b.coord(0);
  const x = b.gatherInside(0, dtype, [k]);
  const previous = b.gather(0, dtype, [b.op('sub', [k, int(b, 1)])]);
  const isFloat = dtype === 'float32' || dtype === 'float64';
  const differs = b.op('ne', [x, previous]);
  const both = isFloat ? b.op('and', [b.op('isNaN', [x]), b.op('isNaN', [previous])]) : b.constant(0, 'bool');
  const other = b.op('and', [differs, b.op('not', [both])]);
  return b.fn('firsts', {
    rank: 1, inputs: [{ name: 'sorted', dtype, whole: 1 }], results: [b.op('or', [b.op('eq', [k, int(b, 0)]), other])],
  });
}

/** From whole positions to the number of elements from each to the next, or to the end: the second input. */
export function lengthsFn(): Fn {
  const b = new Builder();
  const k = b.coord(0);
  const next = b.op('add', [k, int(b, 1)]);
  const end = b.op('select', [b.op('lt', [next, b.extent(0)]), b.gather(0, 'int32', [next]), b.read(1, 'int32')]);
  return b.fn('lengths', {
    rank: 1, results: [b.op('sub', [end, b.gatherInside(0, 'int32', [k])])],
    inputs: [{ name: 'positions', dtype: 'int32', whole: 1 }, { name: 'n', dtype: 'int32' }],
  });
}
