/**
 * The passes of a merge sort: short runs first, then two runs into one. The rows of a matrix are sorted apart. Keys are moved,
 * and with them, if somebody asks, the position that each had in its row; equal keys keep their order.
 */
import type { DType } from '../dtype.ts';
import { before, keyDType, keyOf, ofKey, type KeyDType } from './keys.ts';
import { Builder, type Effect, type Fn, type Value } from './ir.ts';
import { count, firstNot, int, scalar, scalarSlot } from './turns.ts';

export interface RunsSpec {
  readonly input: DType;
  readonly descending: boolean;
  /** Elements of a run. */
  readonly length: number;
  /** What is stored: the keys, keys that tell -0 from 0, or the positions. */
  readonly what: 'keys' | 'exact' | 'order';
}

/**
 * At the points (row, run) of a whole matrix: a sorted run. Every pair of elements is compared once, and an element goes where
 * as many are before it: no element waits for another.
 */
export function runsFn({ input, descending, length, what }: RunsSpec): Fn {
  const b = new Builder();
  const [row, run] = [b.coord(0), b.coord(1)];
  const n = b.size('input', 0, 1);
  const first = b.op('mul', [run, int(b, length)]);
  const at = Array.from({ length }, (_, k) => b.op('add', [first, int(b, k)]));
  const isThere = at.map((i) => b.op('lt', [i, n]));
  const keys = at.map((i) => keyOf(b, b.gather(0, input, [row, i]), descending, what === 'exact'));
  const places: Value[] = at.map(() => first);
  for (let later = 1; later < length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const swapped = b.cast(b.op('and', [isThere[later], before(b, keys[later], keys[earlier])]), 'int32');
      places[earlier] = b.op('add', [places[earlier], swapped]);
      places[later] = b.op('add', [places[later], b.op('sub', [int(b, 1), swapped])]);
    }
  }
  const values = what === 'order' ? at : keys;
  const effects = values.map((value, k): Effect => ({ kind: 'store', output: 0, index: [row, places[k]], value, when: isThere[k] }));
  return b.fn('sort runs', {
    rank: 2, results: [], effects, inputs: [{ name: 'x', dtype: input, whole: 2 }],
    outputs: [{ name: what, dtype: what === 'order' ? 'int32' : keyDType(input), whole: 2 }],
  });
}

/**
 * At the points (row, piece): some of the elements that two runs beside each other become. `run` elements are in each of them,
 * the last ones may have fewer; the first `kept` of the merged ones are stored. A point makes `piece` of them, `pieces` points
 * make all. Where a point begins in both runs it finds by binary search; from there it always takes the smaller one.
 */
export function mergeFn(dtype: KeyDType, order: boolean): Fn {
  const b = new Builder();
  const add = (x: Value, y: Value): Value => b.op('add', [x, y]);
  const sub = (x: Value, y: Value): Value => b.op('sub', [x, y]);
  const min = (x: Value, y: Value): Value => b.op('min', [x, y]);
  const [row, point] = [b.coord(0), b.coord(1)];
  const [run, kept, piece, pieces] = [0, 1, 2, 3].map((k) => scalar(b, (order ? 2 : 1) + k));
  const n = b.size('input', 0, 1);
  const keyAt = (i: Value): Value => b.gather(0, dtype, [row, i]);

  const pair = b.op('floorDiv', [point, pieces]);
  const begin = b.op('mul', [pair, add(run, run)]);
  const middle = min(add(begin, run), n);
  const end = min(add(middle, run), n);
  /** Merged elements that earlier points make. */
  const done = b.op('mul', [sub(point, b.op('mul', [pair, pieces])), piece]);

  // Of the first `done` merged elements, as many are of the first run as are not after those of the second in their place.
  const ofFirst = firstNot(b, b.op('max', [int(b, 0), sub(done, sub(end, middle))]), min(done, sub(middle, begin)), (i) =>
    b.op('not', [before(b, keyAt(sub(add(middle, done), add(i, int(b, 1)))), keyAt(add(begin, i)))]));
  const [left, right] = [add(begin, ofFirst), add(middle, sub(done, ofFirst))];
  const out = b.op('mul', [pair, kept]);
  const last = min(min(add(done, piece), kept), sub(end, begin));
  const { effect } = count(b, done, last, [left, right, keyAt(left), keyAt(right)], (k, [i, j, x, y]) => {
    const second = b.op('and', [b.op('lt', [j, end]), b.op('or', [b.op('ge', [i, middle]), before(b, y, x)])]);
    const step = b.cast(second, 'int32');
    const [nextI, nextJ] = [add(i, sub(int(b, 1), step)), add(j, step)];
    const key = keyAt(b.op('select', [second, nextJ, nextI]));
    const store = (output: number, value: Value): Effect =>
      ({ kind: 'store', output, index: [row, add(out, k)], value, when: b.constant(1, 'bool') });
    return {
      next: [nextI, nextJ, b.op('select', [second, x, key]), b.op('select', [second, key, y])],
      effects: [
        store(0, b.op('select', [second, y, x])),
        ...order ? [store(1, b.gather(1, 'int32', [row, b.op('select', [second, j, i])]))] : [],
      ],
    };
  });
  const slots = [{ name: 'keys', dtype, whole: 2 }, ...order ? [{ name: 'order', dtype: 'int32' as const, whole: 2 }] : []];
  return b.fn('merge', {
    rank: 2, results: [], effects: [effect], outputs: slots,
    inputs: [...slots, ...['run', 'kept', 'piece', 'pieces'].map(scalarSlot)],
  });
}

/** The elements of keys. */
export function ofKeysFn(dtype: DType, descending: boolean): Fn {
  const b = new Builder();
  const key = keyDType(dtype);
  return b.fn('sorted', { rank: 0, inputs: [{ name: 'key', dtype: key }], results: [ofKey(b, b.read(0, key), dtype, descending)] });
}

/**
 * For every element: how many of a whole sorted array come before it, or, on the right side, are not after it.
 */
export function searchFn(dtype: DType, side: 'left' | 'right'): Fn {
  const b = new Builder();
  const wanted = keyOf(b, b.read(1, dtype), false);
  const found = firstNot(b, int(b, 0), b.size('input', 0, 0), (i) => {
    const key = keyOf(b, b.gather(0, dtype, [i]), false);
    return side === 'left' ? before(b, key, wanted) : b.op('not', [before(b, wanted, key)]);
  });
  return b.fn('searchSorted', { rank: 0, inputs: [{ name: 'sorted', dtype, whole: 1 }, { name: 'x', dtype }], results: [found] });
}
