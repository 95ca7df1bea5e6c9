/**
 * Cumulative sums of contiguous rows, vector by vector: the lanes of a vector are added up among themselves (Hillis and Steele,
 * Data parallel algorithms, 1986), and then what came before is added to all of them. Only that last addition waits for the
 * vector before. What came before is kept in float64 where floats are added up, so eight of them are what rounding adds up over.
 */
import type { Code } from './code.ts';
import { Frame, paramsOf, type Nest } from './frame.ts';
import { loadSplat, storeOne } from './memory.ts';
import { asResult } from './subnormals.ts';
import type { ScanSums } from '../scan.ts';
import type { Func, Local, ModuleBuilder } from '../wasm/index.ts';

/** Elements of a turn: two vectors. */
const TURN = 8;

/** How sums are held: `carry` is what came before, in every lane. */
interface Way {
  readonly zero: (c: Code) => Local;
  /** Of one element in every lane. */
  readonly widened: (c: Code, x: Local) => Local;
  readonly plus: (c: Code, a: Local, b: Local) => Local;
  readonly stored: (c: Code, sum: Local) => Local;
  readonly sums: (c: Code, x: readonly [Local, Local]) => Sums;
}

/** Of two vectors: what is to be stored, given the carry, and the total in every lane. */
interface Sums {
  readonly vectors: (carry: Local) => readonly Local[];
  readonly total: Local;
}

const shuffle = (c: Code, a: Local, b: Local, by: readonly number[]): Local => c.x('i8x16.shuffle', [a, b], by);
const words = (...picks: number[]): number[] => picks.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]);

/** Lanes moved up by one and by two, what comes in is of the first operand: zeros. One lane in all. */
const UP_ONE = words(0, 4, 5, 6), UP_TWO = words(0, 0, 4, 5), LAST = words(3, 3, 3, 3), FIRST = words(0, 0, 0, 0);

/** Two vectors, each with the sums of its lanes; the second with all of the first. */
function added(c: Code, add: (a: Local, b: Local) => Local, x: readonly [Local, Local]): readonly [Local, Local] {
  const zero = c.f.constant('i32x4', 0);
  const [a, b] = x.map((v) => {
    const pairs = add(v, shuffle(c, zero, v, UP_ONE));
    return add(pairs, shuffle(c, zero, pairs, UP_TWO));
  });
  return [a, add(b, shuffle(c, a, a, LAST))];
}

const integers: Way = {
  zero: (c) => c.f.constant('i32x4', 0),
  widened: (_, x) => x,
  plus: (c, a, b) => c.x('i32x4.add', [a, b]),
  stored: (_, sum) => sum,
  sums: (c, x) => {
    const add = (a: Local, b: Local): Local => c.x('i32x4.add', [a, b]);
    const [a, b] = added(c, add, x);
    return { vectors: (carry) => [add(a, carry), add(b, carry)], total: shuffle(c, b, b, LAST) };
  },
};

const floats: Way = {
  zero: (c) => c.f.constant('i32x4', 0),
  widened: (c, x) => c.x('f64x2.promote_low_f32x4', [x]),
  plus: (c, a, b) => c.x('f64x2.add', [a, b]),
  stored: (c, sum) => c.x('f32x4.demote_f64x2_zero', [sum]),
  sums: (c, x) => {
    const add = (a: Local, b: Local): Local => c.x('f32x4.add', [a, b]);
    const [a, b] = added(c, add, x);
    const vectors = (carry: Local): Local[] => {
      const rounded = c.x('f32x4.demote_f64x2_zero', [carry]);
      const before = shuffle(c, rounded, rounded, FIRST);
      return [add(a, before), add(b, before)];
    };
    return { vectors, total: c.x('f64x2.promote_low_f32x4', [shuffle(c, b, b, LAST)]) };
  },
};

const ways = { float32: floats, int32: integers, uint32: integers } as const satisfies Record<ScanSums['dtype'], Way>;

/** Rows of the frame are the points (row, piece); with pieces, input 0 has the sums up to their ends. */
export function emitScan(module: ModuleBuilder, name: string, nest: Nest, { dtype, chunk }: ScanSums): Func {
  const way = ways[dtype];
  return module.func(name, { params: paramsOf(module) }, (f, { start, end, params }) => {
    const frame = new Frame(f, params, nest, undefined);
    const { c, coords: [row, piece] } = frame;
    const x = frame.whole.input.at(-1)!, [out] = frame.whole.output;
    const ends = chunk === undefined ? undefined : frame.whole.input[0];
    const n = x.sizes[1];
    const carry = f.local('v128', 'carry');
    const at = f.local('i32', 'at');
    const stored = (v: Local): Local => asResult(c, dtype, [v])[0];
    frame.blocks(start, end, ({ rows }) => frame.walk([0, 1], rows[0], rows[1], 'row', () => {
      const from = chunk === undefined ? c.variable(0) : c.variable(c.mul(piece, chunk));
      const length = c.variable(chunk === undefined ? n : c.min(c.sub(n, from), chunk), 'length');
      const source = c.at.variable(c.at.plus(c.at.plus(x.base, c.at.times(row, x.strides[0])), c.at.times(from, 4)), 'source');
      const target = c.at.variable(c.at.plus(c.at.plus(out!.base, c.at.times(row, out!.strides[0])), c.at.times(from, 4)), 'target');
      c.push(way.zero(c));
      f.set(carry);
      if (ends) {
        c.push(piece);
        f.if(() => {
          const before = c.at.times(c.sub(piece, 1), ends.strides[1]);
          const sum = loadSplat(c, dtype, c.at.plus(c.at.plus(ends.base, c.at.times(row, ends.strides[0])), before));
          c.push(way.widened(c, sum));
          f.set(carry);
        });
      }
      c.assign(at, 0);
      c.whileBelow(at, c.variable(c.sub(length, TURN - 1)), () => {
        const vectors = [0, 16].map((offset) => c.x('v128.load', [source], offset)) as [Local, Local];
        const { vectors: sums, total } = way.sums(c, vectors);
        sums(carry).forEach((v, k) => c.raw('v128.store', [target, stored(v)], 16 * k));
        c.push(way.plus(c, carry, total));
        f.set(carry);
        c.at.advance(source, 4 * TURN);
        c.at.advance(target, 4 * TURN);
        c.advance(at, TURN);
      });
      c.whileBelow(at, length, () => {
        c.push(way.plus(c, carry, way.widened(c, loadSplat(c, dtype, source))));
        f.set(carry);
        storeOne(c, dtype, target, 0, stored(way.stored(c, carry)));
        c.at.advance(source, 4);
        c.at.advance(target, 4);
        c.advance(at, 1);
      });
    }));
  });
}
