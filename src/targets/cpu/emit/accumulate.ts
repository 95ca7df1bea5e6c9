/**
 * How partial results of reductions combine, register by register: single values, the (value, index) pairs of arg reducers,
 * and the (sum, rounding errors) pairs of float sums.
 */
import { InternalError } from '../../../errors.ts';
import { isFloat, type DType } from '../../../dsl/dtype.ts';
import type { Builder, Value } from '../../../dsl/kernel/ir.ts';
import type { OpName } from '../../../dsl/ops.ts';
import { isArgReducer, reducers } from '../../../dsl/reducers.ts';
import type { Term as KernelTerm } from '../../../fusion/kernel.ts';
import type { Code, Scalar } from './code.ts';
import { opTable, opWidth, type OpContext } from './ops.ts';
import { constant, perRegister, resize, SWAP_HALVES, SWAP_PAIRS, type Width } from './lanes.ts';
import { likelyWidth } from './widths.ts';
import type { Local } from '../wasm/index.ts';

/** One reduction of a kernel. */
export interface Term extends KernelTerm {
  /** Of the accumulator. */
  readonly dtype: DType;
  /** Of its lanes. */
  readonly width: Width;
  /** Of a sum of narrower integers: theirs, see widening.ts. */
  readonly summed?: DType;
  /** It adds up products, with fused multiply-add. */
  readonly products?: boolean;
  /** The result that `value` is multiplied by, see products.ts. */
  readonly factor?: number;
}

/** A term of a value. The indices of arg reducers, which go with the values, need lanes of 32 bits. */
export function termOf(t: Pick<Term, 'reducer' | 'value' | 'plain' | 'products'>, value: Value): Term {
  const { dtype } = value;
  const { combine: how } = reducers[t.reducer];
  if (how === 'argMin' || how === 'argMax') return { ...t, dtype, width: Math.max(32, likelyWidth(value)) as Width };
  return { ...t, dtype, width: dtype === 'bool' ? likelyWidth(value) : opWidth(how, dtype, undefined) };
}

/**
 * A partial result in one register. What goes with it: the index of an arg reducer's value, in lanes as wide as the value's;
 * of a float sum the rounding errors so far.
 */
export interface Partial {
  readonly value: Local;
  readonly extra: Local | undefined;
}

export const isArg = (t: Term): boolean => isArgReducer(t.reducer);
/** Float sums carry their rounding errors along, so that the result is right to the last place or two, however many terms. */
const isCompensated = (t: Term): boolean => t.reducer === 'sum' && !t.plain && isFloat(t.dtype);

/** The dtypes of a term's partial results in memory. */
export const planesOf = (t: Term): readonly DType[] =>
  (isArg(t) ? [t.dtype, 'int32'] : isCompensated(t) ? [t.dtype, t.dtype] : [t.dtype]);

/** The value of a finished term as an expression; `plane(k)` reads its k-th plane. */
export function finished(b: Builder, t: Term, plane: (k: 0 | 1) => Value): Value {
  if (isArg(t)) return plane(1);
  if (!isCompensated(t)) return plane(0);
  // The errors of an infinite sum are NaN and of no interest.
  const errors = b.op('select', [b.op('isFinite', [plane(1)]), plane(1), b.constant(0, t.dtype)]);
  return b.op('add', [plane(0), errors]);
}

/**
 * What a reduction starts from. The index is that of the first point, `start`: where no value is ahead of the identity, all
 * values equal it, and the first one is the answer.
 */
export function identity(c: Code, t: Term, start: Scalar): Partial {
  const value = constant(c, reducers[t.reducer].identity(t.dtype), t.dtype, t.width);
  if (isCompensated(t)) return { value, extra: constant(c, 0, t.dtype) };
  if (!isArg(t)) return { value, extra: undefined };
  const index = c.x('i32x4.splat', [start]);
  return { value, extra: t.width === 64 ? c.x('i64x2.extend_low_i32x4_s', [index]) : index };
}

/** Applies an op to registers of a term's values. */
export function applier(c: Code, { dtype, width }: Term): (op: OpName, a: Local, b?: Local, s?: Local) => Local {
  const context: OpContext = { c, dtype, right: undefined, lanes: 4, fmod: undefined };
  return (op, a, b = a, s = b) => opTable(dtype, width)[op](context, a, b, s);
}

/** Combines values without what goes with them. */
export function combineValues(c: Code, t: Term, a: Local, b: Local): Local {
  const how = reducers[t.reducer].combine;
  if (how === 'argMin' || how === 'argMax') throw new InternalError('the values of arg reducers go with their indices');
  const op = t.dtype === 'bool' ? (how === 'min' ? 'and' : how === 'max' ? 'or' : how) : how;
  return applier(c, t)(op, a, b);
}

export function combine(c: Code, t: Term, a: Partial, b: Partial): Partial {
  if (isArg(t)) return better(c, t, a, b);
  if (isCompensated(t)) return exactSum(c, t.dtype === 'float64' ? 'f64x2' : 'f32x4', a, b);
  return { value: combineValues(c, t, a.value, b.value), extra: undefined };
}

/** a + b with the rounding error of the sum, exact whatever their sizes (Knuth), added to the errors so far. */
function exactSum(c: Code, p: 'f32x4' | 'f64x2', a: Partial, b: Partial): Partial {
  const [add, sub] = [`${p}.add`, `${p}.sub`] as const;
  const value = c.x(add, [a.value, b.value]);
  const ofB = c.x(sub, [value, a.value]);
  const ofA = c.x(sub, [value, ofB]);
  const error = c.x(add, [c.x(sub, [a.value, ofA]), c.x(sub, [b.value, ofB])]);
  const before = b.extra ? c.x(add, [a.extra!, b.extra]) : a.extra!;
  return { value, extra: c.x(add, [before, error]) };
}

/** `combine` where `b` comes later than `a` in every lane, so that a tie needs no look at the index. */
export function next(c: Code, t: Term, a: Partial, b: Partial): Partial {
  if (!isArg(t)) return combine(c, t, a, b);
  const test = applier(c, t);
  const largest = t.reducer === 'argMax';
  // For floats: a is a number, and b is not behind it or level, as a NaN is not either.
  const take = isFloat(t.dtype)
    ? c.x('v128.andnot', [test('eq', a.value, a.value), test(largest ? 'le' : 'ge', b.value, a.value)])
    : test(largest ? 'gt' : 'lt', b.value, a.value);
  return chosen(c, take, a, b);
}

const chosen = (c: Code, take: Local, a: Partial, b: Partial): Partial => ({
  value: c.x('v128.bitselect', [b.value, a.value, take]),
  extra: c.x('v128.bitselect', [b.extra!, a.extra!, take]),
});

/** The larger (smaller) value, NaN before all numbers, the smaller index among equals. */
function better(c: Code, t: Term, a: Partial, b: Partial): Partial {
  const test = applier(c, t);
  let ahead = test(t.reducer === 'argMax' ? 'gt' : 'lt', b.value, a.value);
  let equal = test('eq', a.value, b.value);
  if (isFloat(t.dtype)) {
    const [nanA, nanB] = [a, b].map(({ value }) => test('isNaN', value));
    ahead = c.x('v128.or', [ahead, c.x('v128.andnot', [nanB, nanA])]);
    equal = c.x('v128.or', [equal, c.x('v128.and', [nanA, nanB])]);
  }
  const earlier = c.x(t.width === 64 ? 'i64x2.lt_s' : 'i32x4.lt_s', [b.extra!, a.extra!]);
  return chosen(c, c.x('v128.or', [ahead, c.x('v128.and', [equal, earlier])]), a, b);
}

/** Combines neighbours, then neighbours of the results, and so on: the order of pairwise summation. */
export function pairwise<T>(list: readonly T[], f: (a: T, b: T) => T): T {
  if (list.length === 1) return list[0];
  const half = Math.ceil(list.length / 2);
  return f(pairwise(list.slice(0, half), f), pairwise(list.slice(half), f));
}

/** A term in lanes of at least 32 bits. */
export const inWideLanes = (t: Term): Term => (t.width < 32 ? { ...t, width: 32 } : t);

/** The first `lanes` lanes of a register of partial results, as those of registers of `inWideLanes`; 1: of one in every lane. */
export function widePartials(c: Code, t: Term, p: Partial, lanes: number): Partial[] {
  if (t.width >= 32) return [p];
  return resize(c, [p.value], t.width, 32, lanes, t.dtype).map((value) => ({ value, extra: undefined }));
}

/** All lanes of vectors of `count` cells combined, in every lane; in lanes of at least 32 bits. */
export function horizontal(c: Code, term: Term, lanes: Partial, count: number): Partial {
  const t = inWideLanes(term);
  const p = pairwise(widePartials(c, term, lanes, Math.min(count, perRegister(term.width))), (a, b) => combine(c, t, a, b));
  const shuffled = ({ value, extra }: Partial, by: number[]): Partial => ({
    value: c.x('i8x16.shuffle', [value, value], by),
    extra: extra && c.x('i8x16.shuffle', [extra, extra], by),
  });
  const halves = combine(c, t, p, shuffled(p, SWAP_HALVES));
  return t.width === 64 ? halves : combine(c, t, halves, shuffled(halves, SWAP_PAIRS));
}

/** Partial results in locals that change. */
export interface Accumulator extends Partial {
  readonly term: Term;
}

export function accumulator(c: Code, term: Term, name: string): Accumulator {
  return { term, value: c.f.local('v128', name), extra: planesOf(term).length > 1 ? c.f.local('v128', `${name}_extra`) : undefined };
}

function assign(c: Code, to: Accumulator, p: Partial): void {
  c.f.get(p.value);
  c.f.set(to.value);
  if (to.extra && p.extra) {
    c.f.get(p.extra);
    c.f.set(to.extra);
  }
}

/** Takes a later value. */
export const step = (c: Code, to: Accumulator, p: Partial): void => assign(c, to, next(c, to.term, to, p));
export const reset = (c: Code, to: Accumulator, start: Scalar): void => assign(c, to, identity(c, to.term, start));
