/** How partial results of reductions combine, register by register: single values, or (value, index) pairs of arg reducers. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { isArgReducer, reducers, type ReducerName } from '../../dsl/reducers.ts';
import type { Code, Scalar } from './code.ts';
import { opTable, type OpContext } from './emit-ops.ts';
import { constant, SWAP_HALVES, SWAP_PAIRS, widthOf } from './lanes.ts';
import type { Local } from './wasm.ts';

/** One reduction of a kernel. */
export interface Term {
  readonly reducer: ReducerName;
  /** Of the accumulator. */
  readonly dtype: DType;
  /** Index among the body's results. */
  readonly value: number;
}

/** A partial result in one register; the index has lanes as wide as the value's. */
export interface Partial {
  readonly value: Local;
  readonly index: Local | undefined;
}

export const isArg = (t: Term): boolean => isArgReducer(t.reducer);
/** Rounding errors grow with the number of terms: these are summed in blocks. */
export const isRounded = (t: Term): boolean => dtypes[t.dtype].kind === 'float' && (t.reducer === 'sum' || t.reducer === 'prod');

/** The dtypes of a term's partial results in memory. */
export const planesOf = (t: Term): readonly DType[] => (isArg(t) ? [t.dtype, 'int32'] : [t.dtype]);

/**
 * What a reduction starts from. The index is that of the first point, `start`: where no value is ahead of the identity, all
 * values equal it, and the first one is the answer.
 */
export function identity(c: Code, t: Term, start: Scalar): Partial {
  const value = constant(c, reducers[t.reducer].identity(t.dtype), t.dtype);
  if (!isArg(t)) return { value, index: undefined };
  const index = c.x('i32x4.splat', [start]);
  return { value, index: widthOf(t.dtype) === 64 ? c.x('i64x2.extend_low_i32x4_s', [index]) : index };
}

export function combine(c: Code, t: Term, a: Partial, b: Partial): Partial {
  const how = reducers[t.reducer].combine;
  if (how === 'argMin' || how === 'argMax') return better(c, t.dtype, how, a, b);
  const context = contextOf(c, t.dtype);
  const op = t.dtype === 'bool' ? (how === 'min' ? 'and' : how === 'max' ? 'or' : how) : how;
  return { value: opTable(t.dtype)[op](context, a.value, b.value, b.value), index: undefined };
}

/** `combine` where `b` comes later than `a` in every lane, so that a tie needs no look at the index. */
export function next(c: Code, t: Term, a: Partial, b: Partial): Partial {
  if (!isArg(t)) return combine(c, t, a, b);
  const context = contextOf(c, t.dtype);
  const ops = opTable(t.dtype);
  const largest = t.reducer === 'argMax';
  const test = (name: 'lt' | 'gt' | 'le' | 'ge' | 'eq', x: Local, y: Local): Local => ops[name](context, x, y, y);
  // For floats: a is a number, and b is not behind it or level, as a NaN is not either.
  const take = dtypes[t.dtype].kind === 'float'
    ? c.x('v128.andnot', [test('eq', a.value, a.value), test(largest ? 'le' : 'ge', b.value, a.value)])
    : test(largest ? 'gt' : 'lt', b.value, a.value);
  return chosen(c, take, a, b);
}

const contextOf = (c: Code, dtype: DType): OpContext => ({ c, dtype, shift: undefined, lanes: 4, fmod: undefined });

const chosen = (c: Code, take: Local, a: Partial, b: Partial): Partial => ({
  value: c.x('v128.bitselect', [b.value, a.value, take]),
  index: c.x('v128.bitselect', [b.index!, a.index!, take]),
});

/** The larger (smaller) value, NaN before all numbers, the smaller index among equals. */
function better(c: Code, d: DType, how: 'argMin' | 'argMax', a: Partial, b: Partial): Partial {
  const context = contextOf(c, d);
  const ops = opTable(d);
  const test = (name: 'lt' | 'gt' | 'eq', x: Local, y: Local): Local => ops[name](context, x, y, y);
  const [indexA, indexB] = [a.index!, b.index!];
  let ahead = test(how === 'argMax' ? 'gt' : 'lt', b.value, a.value);
  let equal = test('eq', a.value, b.value);
  if (dtypes[d].kind === 'float') {
    const [nanA, nanB] = [a, b].map(({ value }) => ops.isNaN(context, value, value, value));
    ahead = c.x('v128.or', [ahead, c.x('v128.andnot', [nanB, nanA])]);
    equal = c.x('v128.or', [equal, c.x('v128.and', [nanA, nanB])]);
  }
  const earlier = c.x(widthOf(d) === 64 ? 'i64x2.lt_s' : 'i32x4.lt_s', [indexB, indexA]);
  const take = c.x('v128.or', [ahead, c.x('v128.and', [equal, earlier])]);
  return chosen(c, take, a, b);
}

/** Combines neighbours, then neighbours of the results, and so on: the order of pairwise summation. */
export function pairwise<T>(list: readonly T[], f: (a: T, b: T) => T): T {
  if (list.length === 1) return list[0];
  const half = Math.ceil(list.length / 2);
  return f(pairwise(list.slice(0, half), f), pairwise(list.slice(half), f));
}

/** All lanes combined, in every lane. */
export function horizontal(c: Code, t: Term, p: Partial): Partial {
  const shuffled = ({ value, index }: Partial, by: number[]): Partial => ({
    value: c.x('i8x16.shuffle', [value, value], by),
    index: index && c.x('i8x16.shuffle', [index, index], by),
  });
  const halves = combine(c, t, p, shuffled(p, SWAP_HALVES));
  return widthOf(t.dtype) === 64 ? halves : combine(c, t, halves, shuffled(halves, SWAP_PAIRS));
}

/** Partial results in locals that change. */
export interface Accumulator {
  readonly term: Term;
  readonly value: Local;
  readonly index: Local | undefined;
}

export function accumulator(c: Code, term: Term, name: string): Accumulator {
  return { term, value: c.f.local('v128', name), index: isArg(term) ? c.f.local('v128', `${name}_index`) : undefined };
}

export function assign(c: Code, to: Accumulator, p: Partial): void {
  c.f.get(p.value);
  c.f.set(to.value);
  if (to.index && p.index) {
    c.f.get(p.index);
    c.f.set(to.index);
  }
}

/** Takes a later value. */
export const step = (c: Code, to: Accumulator, p: Partial): void => assign(c, to, next(c, to.term, to, p));
export const reset = (c: Code, to: Accumulator, start: Scalar): void => assign(c, to, identity(c, to.term, start));
