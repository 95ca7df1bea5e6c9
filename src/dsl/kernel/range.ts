/**
 * What whole numbers a value can be, by interval arithmetic from the ranges of dtypes and constants (Moore, Interval Analysis,
 * 1966).
 */
import { dtypes, isFloat, type DType } from '../dtype.ts';
import type { OpName } from '../ops.ts';
import type { Value } from './ir.ts';

/** Both ends are possible numbers of the dtype. */
export interface Range {
  readonly lo: number;
  readonly hi: number;
}

export const rangeOf = (d: DType): Range => ({ lo: dtypes[d].min, hi: dtypes[d].max });
export const holds = (d: DType, { lo, hi }: Range): boolean => lo >= dtypes[d].min && hi <= dtypes[d].max;
export const union = (a: Range, b: Range): Range => ({ lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi) });

type Rule = (a: Range, b: Range, c: Range) => Range | undefined;
const around = (...ends: number[]): Range => ({ lo: Math.min(...ends), hi: Math.max(...ends) });
const constant = ({ lo, hi }: Range): number | undefined => (lo === hi ? lo : undefined);
const isPositive = ({ lo }: Range): boolean => lo >= 0;
/** The largest number with as many bits. */
const allBits = (n: number): number => 2 ** Math.ceil(Math.log2(n + 1)) - 1;

/** Shift counts are taken modulo 32 at most; only those that need none are known. */
const shiftCount = (r: Range): number | undefined => {
  const count = constant(r);
  return count !== undefined && count >= 0 && count < 8 ? count : undefined;
};

/** What bits of numbers that are not negative can make. */
const ofBits: Rule = (a, b) => (isPositive(a) && isPositive(b) ? { lo: 0, hi: allBits(Math.max(a.hi, b.hi)) } : undefined);

/** Undefined: anything. A result that the dtype does not hold wraps, so it may be anything, too. */
const rules: Partial<Record<OpName, Rule>> = {
  add: (a, b) => ({ lo: a.lo + b.lo, hi: a.hi + b.hi }),
  sub: (a, b) => ({ lo: a.lo - b.hi, hi: a.hi - b.lo }),
  mul: (a, b) => around(a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi),
  neg: (a) => ({ lo: -a.hi, hi: -a.lo }),
  abs: (a) => (isPositive(a) ? a : { lo: a.hi < 0 ? -a.hi : 0, hi: Math.max(-a.lo, a.hi) }),
  sign: (a) => ({ lo: Math.sign(a.lo), hi: Math.sign(a.hi) }),
  min: (a, b) => ({ lo: Math.min(a.lo, b.lo), hi: Math.min(a.hi, b.hi) }),
  max: (a, b) => ({ lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }),
  floorDiv: (a, b) => (b.lo > 0
    ? around(...[a.lo, a.hi].flatMap((x) => [b.lo, b.hi].map((y) => Math.floor(x / y))))
    : undefined),
  mod: (a, b) => (b.lo <= 0 ? undefined : isPositive(a) && a.hi < b.lo ? a : { lo: 0, hi: b.hi - 1 }),
  rem: (a, b) => (b.lo > 0
    ? { lo: Math.max(Math.min(a.lo, 0), 1 - b.hi), hi: Math.min(Math.max(a.hi, 0), b.hi - 1) }
    : undefined),
  bitAnd: (a, b) => {
    const tops = [a, b].filter(isPositive).map((r) => r.hi);
    return tops.length > 0 ? { lo: 0, hi: Math.min(...tops) } : undefined;
  },
  bitOr: ofBits, bitXor: ofBits,
  bitNot: (a) => ({ lo: -1 - a.hi, hi: -1 - a.lo }),
  shl: (a, b) => {
    const count = shiftCount(b);
    return count === undefined ? undefined : { lo: a.lo * 2 ** count, hi: a.hi * 2 ** count };
  },
  shr: (a, b) => {
    const count = shiftCount(b);
    return count === undefined ? undefined : { lo: Math.floor(a.lo / 2 ** count), hi: Math.floor(a.hi / 2 ** count) };
  },
  select: (_, a, b) => union(a, b),
  cast: (a) => a,
};

/** The ranges of integers, and of bools as 0 and 1; those of floats are not looked at. `values`: operands before users. */
export function rangesOf(values: readonly Value[]): (v: Value) => Range {
  const known = new Map<Value, Range>();
  for (const v of values) known.set(v, decide(v));
  return (v) => known.get(v) ?? rangeOf(v.dtype);

  function decide(v: Value): Range {
    if (v.kind === 'const') return { lo: v.value, hi: v.value };
    const any = rangeOf(v.dtype);
    if (v.kind !== 'op' || v.dtype === 'bool' || isFloat(v.dtype) || v.args.some((a) => isFloat(a.dtype))) return any;
    const [a, b = any, c = any] = v.args.map((o) => known.get(o) ?? rangeOf(o.dtype));
    const found = rules[v.op]?.(a, b, c);
    return found && holds(v.dtype, found) ? found : any;
  }
}
