/**
 * Integers in lanes of 8, 16 and 32 bits, as wide as their dtype or wider. What narrow lanes have no instruction for is done in
 * wider ones.
 */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { OpName } from '../../../dsl/ops.ts';
import type { Code } from './code.ts';
import { integerPower, integerQuotient, lanewise, smallQuotient } from './integers.ts';
import { constant, SHAPES, type Width } from './lanes.ts';
import { libraryOps, never, notIntegers, one, pick, two, type Named } from './op-parts.ts';
import type { OpContext, RegOp } from './ops.ts';
import type { Local } from '../wasm/index.ts';

type IntegerWidth = 8 | 16 | 32;
type Table = Readonly<Partial<Record<OpName, RegOp>>>;

const isSigned = (d: DType): boolean => dtypes[d].kind === 'int';
const isPowerOfTwo = (v: number | undefined): v is number => v !== undefined && v >= 1 && Number.isInteger(Math.log2(v));

/** Reduces lanes of `width` bits modulo 2^bits into the range of an integer dtype. */
function wrap(c: Code, v: Local, d: DType, width: IntegerWidth): Local {
  const { bits } = dtypes[d];
  if (bits === width) return v;
  const p = SHAPES[width];
  if (!isSigned(d)) return c.x('v128.and', [v, c.f.constant(p, 2 ** bits - 1)]);
  return c.x(`${p}.shr_s`, [c.x(`${p}.shl`, [v, width - bits]), width - bits]);
}

const wrapped = (width: IntegerWidth, op: RegOp): RegOp => (o, a, b, s) => wrap(o.c, op(o, a, b, s), o.dtype, width);

/** Ops that lanes of all widths have instructions for; shifts and quotients for some second operands only. */
function commonOps(width: IntegerWidth) {
  const p = SHAPES[width];
  /** Unsigned numbers narrower than their lanes are small signed ones. */
  const bySign = (signed: Named, unsigned: Named): RegOp => (o, a, b, s) =>
    two(!isSigned(o.dtype) && dtypes[o.dtype].bits === width ? unsigned : signed)(o, a, b, s);
  const shift = (by: 'shl' | 'shr_s' | 'shr_u'): RegOp => ({ c, dtype, right }, a) =>
    c.x(`${p}.${by}`, [a, right! & (dtypes[dtype].bits - 1)]);
  const shiftRight = (o: OpContext, a: Local, by: number): Local => o.c.x(isSigned(o.dtype) ? `${p}.shr_s` : `${p}.shr_u`, [a, by]);
  return {
    add: wrapped(width, two(`${p}.add`)), sub: wrapped(width, two(`${p}.sub`)), neg: wrapped(width, one(`${p}.neg`)),
    abs: (o, a) => (isSigned(o.dtype) ? wrap(o.c, o.c.x(`${p}.abs`, [a]), o.dtype, width) : a),
    sign: ({ c, dtype }, a) => (isSigned(dtype)
      ? c.x(`${p}.max_s`, [c.x(`${p}.min_s`, [a, c.f.constant(p, 1)]), c.f.constant(p, -1)])
      : c.x(`${p}.min_u`, [a, c.f.constant(p, 1)])),
    min: bySign(`${p}.min_s`, `${p}.min_u`), max: bySign(`${p}.max_s`, `${p}.max_u`),
    lt: bySign(`${p}.lt_s`, `${p}.lt_u`), le: bySign(`${p}.le_s`, `${p}.le_u`),
    gt: bySign(`${p}.gt_s`, `${p}.gt_u`), ge: bySign(`${p}.ge_s`, `${p}.ge_u`),
    eq: two(`${p}.eq`), ne: two(`${p}.ne`),
    bitAnd: two('v128.and'), bitOr: two('v128.or'), bitXor: two('v128.xor'), bitNot: wrapped(width, one('v128.not')),
    select: pick,
    shl: wrapped(width, shift('shl')),
    shr: (o, a, b, s) => shift(isSigned(o.dtype) ? 'shr_s' : 'shr_u')(o, a, b, s),
    floorDiv: (o, a) => shiftRight(o, a, Math.log2(o.right!)),
    mod: ({ c, right }, a) => lowBits(c, a, Math.log2(right!), width, false),
    rem: ({ c, dtype, right }, a) => lowBits(c, a, Math.log2(right!), width, isSigned(dtype)),
  } satisfies Table;
}

/** The remainder of division by 2^k; `signed`: with the sign of `a`, that is of a + 2^k - 1 where `a` is negative. */
function lowBits(c: Code, a: Local, k: number, width: IntegerWidth, signed: boolean): Local {
  const p = SHAPES[width];
  const mask = c.f.constant(p, 2 ** k - 1);
  if (!signed || k === 0) return c.x('v128.and', [a, mask]);
  const bias = c.x(`${p}.shr_u`, [c.x(`${p}.shr_s`, [a, width - 1]), width - k]);
  return c.x(`${p}.sub`, [c.x('v128.and', [c.x(`${p}.add`, [a, bias]), mask]), bias]);
}

/** The second operands that common ops ask for; all others take any. */
const special: Partial<Record<OpName, (right: number | undefined) => boolean>> = {
  shl: (right) => right !== undefined, shr: (right) => right !== undefined,
  floorDiv: isPowerOfTwo, mod: isPowerOfTwo, rem: isPowerOfTwo,
};
const isCommon = (op: OpName, right: number | undefined): boolean => special[op]?.(right) ?? true;

const common32 = commonOps(32);
/** The common op for second operands that it takes, or else `other`. */
const either = (op: keyof typeof common32, other: RegOp): RegOp => (o, a, b, s) =>
  (isCommon(op, o.right) ? common32[op] : other)(o, a, b, s);

/** Shifts take one count for all lanes; counts that differ are shifted lane by lane. */
const shiftEach = (each: (d: DType) => 'i32.shl' | 'i32.shr_s' | 'i32.shr_u'): RegOp => (o, a, b) =>
  lanewise(o.c, o.lanes, [a, b], ([x, n]) => o.c.x(each(o.dtype), [x, o.c.x('i32.and', [n, dtypes[o.dtype].bits - 1])]));

const quotient = ({ c, dtype }: OpContext, a: Local, b: Local, rounding: 'floor' | 'trunc'): Local =>
  (dtypes[dtype].bits < 32 ? smallQuotient(c, a, b, rounding) : integerQuotient(c, a, b, !isSigned(dtype), rounding));

/** a - b * floor(a / b), in wrapping arithmetic; by zero the quotient is 0, so the rest must be cleared. */
const remainder = (rounding: 'floor' | 'trunc'): RegOp => (o, a, b) => {
  const { c } = o;
  const r = c.x('i32x4.sub', [a, c.x('i32x4.mul', [quotient(o, a, b, rounding), b])]);
  return c.x('v128.and', [r, c.x('i32x4.ne', [b, constant(c, 0, 'int32')])]);
};

const table32 = {
  ...libraryOps, ...notIntegers, ...common32,
  mul: wrapped(32, two('i32x4.mul')),
  floorDiv: either('floorDiv', wrapped(32, (o, a, b) => quotient(o, a, b, 'floor'))),
  mod: either('mod', remainder('floor')), rem: either('rem', remainder('trunc')),
  pow: wrapped(32, (o, a, b) => integerPower(o.c, a, b, isSigned(o.dtype))),
  shl: either('shl', wrapped(32, shiftEach(() => 'i32.shl'))),
  shr: either('shr', shiftEach((d) => (isSigned(d) ? 'i32.shr_s' : 'i32.shr_u'))),
  and: never, or: never, xor: never, not: never, cast: never, floatBits: never, bitsFloat: (_, x) => x,
} satisfies Record<OpName, RegOp>;

const narrowTables: Readonly<Record<8 | 16, Table>> = {
  8: commonOps(8),
  16: { ...commonOps(16), mul: wrapped(16, two('i16x8.mul')) },
};

/** Whether there is code for lanes that narrow. `right`: the second operand, if it is constant. */
export const hasNarrow = (width: 8 | 16, op: OpName, right: number | undefined): boolean =>
  narrowTables[width][op] !== undefined && isCommon(op, right);

const tables = { 8: { ...table32, ...narrowTables[8] }, 16: { ...table32, ...narrowTables[16] }, 32: table32, 64: table32 };

/** For ops that lanes of this width have. */
export const integerTable = (width: Width): Readonly<Record<OpName, RegOp>> => tables[width];
