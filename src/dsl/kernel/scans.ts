/** Functions that combine elements along an axis and keep all partial results. */
import { isFloat, type DType } from '../dtype.ts';
import type { OpName } from '../ops.ts';
import { reducerInfo, type ReducerName } from '../reducers.ts';
import { Builder, type Effect, type Fn, type Value } from './ir.ts';
import { count, int, pieceOf } from './turns.ts';

/** Elements of a piece of a cumulative sum: enough for targets that go along it. */
export const SCANNED = 256;

export interface ScanSpec {
  readonly reducer: Extract<ReducerName, 'sum' | 'prod' | 'min' | 'max' | 'any' | 'all'>;
  readonly input: DType;
  /** Of the results, in which elements are combined. */
  readonly dtype: DType;
  /** Elements per point; undefined: one point does all. */
  readonly chunk: number | undefined;
}

/**
 * At the points (outer, piece, inner) of a cube (outer, n, inner), the last input: the partial results of one piece, stored in
 * order. With several pieces there is an input before with the results at their ends, and a piece begins with that of the one
 * before. Inputs are in the order of their first use, as the planner has them.
 */
export function scanFn({ reducer, input, dtype, chunk }: ScanSpec): Fn {
  const b = new Builder();
  const [outer, piece, inner] = [0, 1, 2].map((axis) => b.coord(axis));
  const cube = chunk === undefined ? 0 : 1;
  const n = b.size('input', cube, 1);
  const identity = b.constant(reducerInfo(reducer).identity(dtype), dtype);
  const yes = b.constant(1, 'bool');
  const before = (): Value => b.op('select', [
    b.op('eq', [piece, int(b, 0)]), identity, b.gather(0, dtype, [outer, b.op('sub', [piece, int(b, 1)]), inner]),
  ]);
  const [from, to] = chunk === undefined ? [int(b, 0), n] : pieceOf(b, piece, int(b, chunk), n);
  const start = chunk === undefined ? identity : before();
  const exact = reducer === 'sum' && isFloat(dtype);
  const { effect } = count(b, from, to, exact ? [start, b.constant(0, dtype)] : [start], (k, states) => {
    const x = b.cast(b.gather(cube, input, [outer, k, inner]), dtype);
    const { next, value } = exact ? compensated(b, states, x) : plain(b, reducerInfo(reducer).combine as OpName, states, x);
    const store: Effect = { kind: 'store', output: 0, index: [outer, k, inner], value, when: yes };
    return { next, effects: [store] };
  });
  return b.fn(`scan ${reducer}`, {
    rank: 3, results: [], outputs: [{ name: 'out', dtype, whole: 3, filled: true }], effects: [effect],
    inputs: [...chunk === undefined ? [] : [{ name: 'ends', dtype, whole: 3 }], { name: 'x', dtype: input, whole: 3 }],
  });
}

/**
 * The elements of a whole cube (outer, n, inner) at the points (outer, piece, element of the piece, inner). A cut and a reshape
 * would say the same, but not without a copy.
 */
export function piecesFn(input: DType, dtype: DType, chunk: number): Fn {
  const b = new Builder();
  const [outer, piece, k, inner] = [0, 1, 2, 3].map((axis) => b.coord(axis));
  const at = b.op('add', [b.op('mul', [piece, int(b, chunk)]), k]);
  return b.fn('pieces', {
    rank: 4, inputs: [{ name: 'x', dtype: input, whole: 3 }], results: [b.cast(b.gather(0, input, [outer, at, inner]), dtype)],
  });
}

interface Step {
  readonly next: readonly Value[];
  readonly value: Value;
}

function plain(b: Builder, op: OpName, [sum]: readonly Value[], x: Value): Step {
  const value = b.op(op, [sum, x]);
  return { next: [value], value };
}

/** Knuth's sum of two: what every rounding lost is added up apart. An infinity leaves NaN there and stands alone. */
function compensated(b: Builder, [sum, lost]: readonly Value[], x: Value): Step {
  const total = b.op('add', [sum, x]);
  const part = b.op('sub', [total, sum]);
  const error = b.op('add', [b.op('sub', [sum, b.op('sub', [total, part])]), b.op('sub', [x, part])]);
  const all = b.op('add', [lost, error]);
  return { next: [total, all], value: b.op('select', [b.op('isFinite', [all]), b.op('add', [total, all]), total]) };
}
