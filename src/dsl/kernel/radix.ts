/**
 * The passes of a radix sort (Knuth, The Art of Computer Programming 3, 5.2.5): digit by digit from the lowest, elements go to
 * where those of their digit belong, and keep their order there. Keys are the bits of unsigned numbers, held as int32.
 */
import { dtypes, type DType } from '../dtype.ts';
import { Builder, type Effect, type Fn, type Value } from './ir.ts';
import { keyOf, ofKey } from './keys.ts';
import { count, int, pieceOf, scalar, scalarSlot } from './turns.ts';

/** Numbers that a digit can be. */
export const DIGITS = 256;

/** What makes keys, in which signed numbers are in order, unsigned: the sign comes first and the other way round. */
const bias = (d: DType): number => (dtypes[d].bits === 32 ? dtypes.int32.min : dtypes[d].kind === 'int' ? 1 << (dtypes[d].bits - 1) : 0);

export interface RadixKeys {
  readonly dtype: DType;
  readonly descending: boolean;
}

/** From elements to keys. `exact`: see `keyOf`. */
export function radixKeysFn({ dtype, descending }: RadixKeys, exact: boolean): Fn {
  const b = new Builder();
  const key = keyOf(b, b.read(0, dtype), descending, exact);
  return b.fn('keys', { rank: 0, inputs: [{ name: 'x', dtype }], results: [b.op('bitXor', [key, int(b, bias(dtype))])] });
}

/** And back. */
export function ofRadixKeysFn({ dtype, descending }: RadixKeys): Fn {
  const b = new Builder();
  // Narrow keys have only their own bits.
  const key = b.op('bitXor', [b.read(0, 'int32'), int(b, bias(dtype))]);
  return b.fn('sorted', { rank: 0, inputs: [{ name: 'key', dtype: 'int32' }], results: [ofKey(b, key, dtype, descending)] });
}

const digitOf = (b: Builder, key: Value, shift: Value): Value => {
  const shifted = b.op('shr', [b.cast(key, 'uint32'), b.cast(shift, 'uint32')]);
  return b.op('bitAnd', [b.cast(shifted, 'int32'), int(b, DIGITS - 1)]);
};

/** At the points (row, piece) of whole rows of keys: how often each digit occurs, as (rows, pieces, digits). */
export function countDigitsFn(): Fn {
  const b = new Builder();
  const [row, piece] = [b.coord(0), b.coord(1)];
  const [from, to] = pieceOf(b, piece, scalar(b, 1), b.size('input', 0, 1));
  const { effect } = count(b, from, to, [], (k) => {
    const index = [row, piece, digitOf(b, b.gatherInside(0, 'int32', [row, k]), scalar(b, 2))];
    const before = b.loaded('int32');
    return {
      next: [], effects: [
        { kind: 'load', output: 0, index, value: before, inside: true },
        { kind: 'store', output: 0, index, value: b.op('add', [before, int(b, 1)]), when: b.constant(1, 'bool'), inside: true },
      ],
    };
  });
  return b.fn('count digits', {
    rank: 2, results: [], effects: [effect], outputs: [{ name: 'counts', dtype: 'int32', whole: 3 }],
    inputs: [{ name: 'keys', dtype: 'int32', whole: 2 }, scalarSlot('piece'), scalarSlot('shift')],
  });
}

export interface Moved {
  readonly keys: boolean;
  /** `own`: the position that a key has now; `given`: what comes with it. */
  readonly order: 'none' | 'own' | 'given';
}

/**
 * At the points (row, piece): puts its keys, and what belongs to them, where the last output says that the next one of its digit
 * goes, which therefore begins as the places of the first ones. It has been counted, so places are inside.
 */
export function byDigitFn({ keys, order }: Moved): Fn {
  const b = new Builder();
  const [row, piece] = [b.coord(0), b.coord(1)];
  const moved = [...keys ? ['keys'] : [], ...order === 'none' ? [] : ['order']];
  const [from, to] = pieceOf(b, piece, scalar(b, 1), b.size('input', 0, 1));
  const { effect } = count(b, from, to, [], (k) => {
    const key = b.gatherInside(0, 'int32', [row, k]);
    const index = [row, piece, digitOf(b, key, scalar(b, 2))];
    const place = b.loaded('int32');
    const store = (output: number, at: readonly Value[], value: Value): Effect =>
      ({ kind: 'store', output, index: at, value, when: b.constant(1, 'bool'), inside: true });
    const position = order === 'given' ? b.gatherInside(3, 'int32', [row, k]) : k;
    return {
      next: [], effects: [
        { kind: 'load', output: moved.length, index, value: place, inside: true },
        ...moved.map((what, output) => store(output, [row, place], what === 'keys' ? key : position)),
        store(moved.length, index, b.op('add', [place, int(b, 1)])),
      ],
    };
  });
  return b.fn('by digit', {
    rank: 2, results: [], effects: [effect],
    inputs: [
      { name: 'keys', dtype: 'int32', whole: 2 }, scalarSlot('piece'), scalarSlot('shift'),
      ...order === 'given' ? [{ name: 'order', dtype: 'int32' as const, whole: 2 }] : [],
    ],
    outputs: [
      ...moved.map((name) => ({ name, dtype: 'int32' as const, whole: 2, filled: true })), { name: 'next', dtype: 'int32', whole: 3 },
    ],
  });
}
