/**
 * How values of a kernel get their dtypes. JavaScript numbers known while lowering are weak: they compute in double
 * precision among themselves and take a dtype only when they meet a run-time value.
 */
import { dtypes, isFloat, isInteger, promote, type DType } from '../dtype.ts';
import type { OpName } from '../ops.ts';
import type { Builder, Value } from './ir.ts';

/** A number without a dtype yet, or a choice between such numbers: `u(0) < 0 ? 0 : 0.5`. */
export type Weak = number | { readonly cond: Value; readonly yes: Weak; readonly no: Weak };

/** What an operator takes and gives. */
export type Operand = { readonly kind: 'weak'; readonly weak: Weak } | { readonly kind: 'value'; readonly value: Value };

/** Where an operator stands: the builder it makes values with, and how it complains about its place in the source. */
export interface Site {
  readonly builder: Builder;
  /** What numbers with nothing beside them become: float64 in a kernel that has float64 arguments, else float32. */
  readonly lone: DType;
  fail(problem: string, hint?: string): never;
}

export const weakly = (weak: Weak): Operand => ({ kind: 'weak', weak });
export const strongly = (value: Value): Operand => ({ kind: 'value', value });
/** The number an operand is known to be: without a dtype, or a whole number with one. */
export function knownNumber(a: Operand): number | undefined {
  if (a.kind === 'weak') return typeof a.weak === 'number' ? a.weak : undefined;
  return a.value.kind === 'const' && isInteger(a.value.dtype) ? a.value.value : undefined;
}

const leaves = (w: Weak): number[] => (typeof w === 'number' ? [w] : [...leaves(w.yes), ...leaves(w.no)]);
const mapWeak = (w: Weak, f: (n: number) => Weak): Weak =>
  (typeof w === 'number' ? f(w) : { cond: w.cond, yes: mapWeak(w.yes, f), no: mapWeak(w.no, f) });

/** Choices of choices multiply; beyond this many numbers they become values. */
const manyLeaves = 16;

/** Applies `f` in double precision when nothing but weak numbers is involved; undefined otherwise. */
export function fold(args: readonly Operand[], f: (...numbers: number[]) => number): Operand | undefined {
  let product = 1;
  for (const a of args) {
    if (a.kind !== 'weak') return undefined;
    product *= leaves(a.weak).length;
  }
  if (product > manyLeaves) return undefined;
  const rest = (k: number, numbers: number[]): Weak => {
    const a = args[k];
    return a?.kind === 'weak' ? mapWeak(a.weak, (n) => rest(k + 1, [...numbers, n])) : f(...numbers);
  };
  return weakly(rest(0, []));
}

/** The dtype a weak number takes beside a value: its own, unless a fraction meets integers or a negative number uint32. */
function dtypeBeside(site: Site, n: number, beside: DType): DType {
  if (isFloat(beside)) return beside;
  if (!Number.isInteger(n)) return site.lone;
  const int = beside === 'uint32' && n >= 0 ? 'uint32' : 'int32';
  const { min, max } = dtypes[int];
  if (n < min || n > max) {
    site.fail(`the number ${n} does not fit ${int} (${min} to ${max})`, 'compute in floats: Math.fround(x) makes a float32 of an integer x');
  }
  return int;
}

/** The dtype several operands meet in. */
export function commonDType(site: Site, args: readonly Operand[]): DType {
  let dtype: DType | undefined;
  for (const a of args) if (a.kind === 'value') dtype = dtype ? promote(dtype, a.value.dtype) : a.value.dtype;
  if (!dtype) return site.lone;
  const strong = dtype;
  for (const a of args) {
    if (a.kind === 'weak') for (const n of leaves(a.weak)) dtype = promote(dtype, dtypeBeside(site, n, strong));
  }
  return dtype;
}

/** The operand as a value of a dtype. */
export function valueAs(site: Site, a: Operand, dtype: DType): Value {
  if (a.kind === 'value') return site.builder.cast(a.value, dtype);
  const make = (w: Weak): Value => typeof w === 'number'
    ? site.builder.constant(w, dtype)
    : site.builder.op('select', [w.cond, make(w.yes), make(w.no)]);
  return make(a.weak);
}

/** The operand as a value of whatever dtype it has. */
export const valueOf = (site: Site, a: Operand): Value => (a.kind === 'value' ? a.value : valueAs(site, a, site.lone));

/** bool takes part in arithmetic as 0 and 1 of int32, as `true + 1` in JavaScript. */
const arithmetic = (dtype: DType): DType => (dtype === 'bool' ? 'int32' : dtype);

/** An op whose operands are alike and whose result is alike or bool, in the dtype they meet in. */
export function alike(site: Site, op: OpName, args: readonly Operand[]): Operand {
  const dtype = arithmetic(commonDType(site, args));
  return strongly(site.builder.op(op, args.map((a) => valueAs(site, a, dtype))));
}

/** A comparison; two bools compare as bools. */
export function compare(site: Site, op: OpName, a: Operand, b: Operand): Operand {
  const dtype = commonDType(site, [a, b]);
  return strongly(site.builder.op(op, [valueAs(site, a, dtype), valueAs(site, b, dtype)]));
}

/** An op that exists for floats only: integers and bools become what lone numbers are. */
export function floats(site: Site, op: OpName, args: readonly Operand[]): Operand {
  const common = commonDType(site, args);
  const dtype = isFloat(common) ? common : site.lone;
  return strongly(site.builder.op(op, args.map((a) => valueAs(site, a, dtype))));
}

/** An op that leaves integers as they are: `Math.floor` and its like. */
export function roundings(site: Site, op: OpName, [a]: readonly Operand[]): Operand {
  const value = valueAs(site, a, arithmetic(commonDType(site, [a])));
  return strongly(isInteger(value.dtype) ? value : site.builder.op(op, [value]));
}

/**
 * The operand as int32 or uint32, for bit operators. Integers wrap. Floats truncate; of negative ones uint32 has the bits of
 * their int32; unlike JavaScript, which takes them modulo 2^32, those beyond 32 bits saturate.
 */
export function bits(site: Site, a: Operand, dtype: 'int32' | 'uint32'): Value {
  const folded = fold([a], (n) => (dtype === 'int32' ? n | 0 : n >>> 0));
  const value = valueAs(site, folded ?? a, folded || a.kind === 'weak' ? dtype : a.value.dtype);
  const { builder } = site;
  const cast = builder.cast(value, dtype);
  if (dtype === 'int32' || !isFloat(value.dtype)) return cast;
  const negative = builder.op('lt', [value, builder.constant(0, value.dtype)]);
  return builder.op('select', [negative, builder.cast(builder.cast(value, 'int32'), dtype), cast]);
}

/** JavaScript's truthiness: numbers other than 0 and NaN. */
export function truth(site: Site, a: Operand): Value {
  const { builder } = site;
  const value = valueOf(site, a);
  if (value.dtype === 'bool') return value;
  const zero = builder.constant(0, value.dtype);
  // |x| > 0 is false for NaN too.
  return isFloat(value.dtype) ? builder.op('gt', [builder.op('abs', [value]), zero]) : builder.op('ne', [value, zero]);
}

/** `cond ? yes : no`; both sides are computed, one is taken. */
export function choose(site: Site, cond: Value, yes: Operand, no: Operand): Operand {
  if (cond.kind === 'const') return cond.value ? yes : no;
  if (yes.kind === 'weak' && no.kind === 'weak' && leaves(yes.weak).length + leaves(no.weak).length <= manyLeaves) {
    return Object.is(yes.weak, no.weak) ? yes : weakly({ cond, yes: yes.weak, no: no.weak });
  }
  const dtype = commonDType(site, [yes, no]);
  return strongly(site.builder.op('select', [cond, valueAs(site, yes, dtype), valueAs(site, no, dtype)]));
}
