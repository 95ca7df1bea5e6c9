/** How partial results of reductions combine, register by register: single values, or (value, index) pairs of arg reducers. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { isArgReducer, reducers, type ReducerName } from '../../dsl/reducers.ts';
import type { Code } from './code.ts';
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

/** No index: larger than any real one, so that a tie goes to the real one. */
export const NO_INDEX = 2 ** 31 - 1;

export function identity(c: Code, t: Term): Partial {
  const value = constant(c, reducers[t.reducer].identity(t.dtype), t.dtype);
  const index = isArg(t) ? c.f.constant(widthOf(t.dtype) === 64 ? 'i64x2' : 'i32x4', NO_INDEX) : undefined;
  return { value, index };
}

export function combine(c: Code, t: Term, a: Partial, b: Partial): Partial {
  const how = reducers[t.reducer].combine;
  if (how === 'argMin' || how === 'argMax') return better(c, t.dtype, how, a, b);
  const context: OpContext = { c, dtype: t.dtype, shift: undefined, lanes: 4, fmod: undefined };
  const op = t.dtype === 'bool' ? (how === 'min' ? 'and' : how === 'max' ? 'or' : how) : how;
  return { value: opTable(t.dtype)[op](context, a.value, b.value, b.value), index: undefined };
}

/** The larger (smaller) value, NaN before all numbers, the smaller index among equals. */
function better(c: Code, d: DType, how: 'argMin' | 'argMax', a: Partial, b: Partial): Partial {
  const context: OpContext = { c, dtype: d, shift: undefined, lanes: 4, fmod: undefined };
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
  return {
    value: c.x('v128.bitselect', [b.value, a.value, take]),
    index: c.x('v128.bitselect', [indexB, indexA, take]),
  };
}

/** Combines neighbours, then neighbours of the results, and so on: the order of pairwise summation. */
export function pairwise<T>(list: readonly T[], f: (a: T, b: T) => T): T {
  if (list.length === 1) return list[0];
  const half = Math.ceil(list.length / 2);
  return f(pairwise(list.slice(0, half), f), pairwise(list.slice(half), f));
}

/** All lanes combined, in every lane. */
export function horizontal(c: Code, t: Term, p: Partial): Partial {
  const shuffled = (by: number[]): Partial => ({
    value: c.x('i8x16.shuffle', [p.value, p.value], by),
    index: p.index && c.x('i8x16.shuffle', [p.index, p.index], by),
  });
  const halves = combine(c, t, p, shuffled(SWAP_HALVES));
  if (widthOf(t.dtype) === 64) return halves;
  p = halves;
  return combine(c, t, p, shuffled(SWAP_PAIRS));
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

export const accumulate = (c: Code, to: Accumulator, p: Partial): void => assign(c, to, combine(c, to.term, to, p));
export const reset = (c: Code, to: Accumulator): void => assign(c, to, identity(c, to.term));
