/**
 * What every op becomes: one table per kind of operand and width of lanes, each from registers to one register. Operands arrive
 * in lanes of that width (conditions and exponents beside float64 in those of 64 bits); `cast` changes the number of
 * registers and lives in casts.ts.
 */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { OpName } from '../../../dsl/ops.ts';
import type { Code } from './code.ts';
import { hasNarrow, integerTable } from './integer-ops.ts';
import { widthOf, type Width } from './lanes.ts';
import { library, libraryOps, never, notIntegers, one, pick, two, type Named } from './op-parts.ts';
import { float32Remainder, float64Remainder } from './remainder.ts';
import { relaxedSimd, type Func, type Local } from '../wasm/index.ts';

export interface OpContext {
  readonly c: Code;
  /** Of the operands (of the alternatives, for select). */
  readonly dtype: DType;
  /** The second operand, where it is a constant: a shift count, a divisor. */
  readonly right: number | undefined;
  /** The last operand of a select, where it is a constant. */
  readonly third?: number;
  /** The first operand is known to be positive and not subnormal. */
  readonly isNormal?: boolean;
  /** Lanes of the register that are used. */
  readonly lanes: number;
  /** (f64, f64) -> f64, JavaScript's `%`; there when the function uses `rem`, `mod` or `floorDiv` of floats. */
  readonly fmod: Func | undefined;
}

export type RegOp = (o: OpContext, a: Local, b: Local, s: Local) => Local;

/** Beside a number that is neither 0 nor NaN, the simple instruction has nothing to look after: x stays what it is, NaN too. */
const bound = (full: Named, simple: Named): RegOp => ({ c, right }, a, b) =>
  c.x((right !== undefined && right !== 0 && !Number.isNaN(right) ? simple : full) as 'f32x4.min', [a, b]);

/** Of floats: whose inverse is a normal number in float32, too. */
const isPowerOfTwo = (v: number | undefined): v is number =>
  v !== undefined && Number.isInteger(Math.log2(v)) && Math.abs(Math.log2(v)) <= 126;

const notFloats = {
  and: never, or: never, xor: never, not: never,
  bitAnd: never, bitOr: never, bitXor: never, bitNot: never, shl: never, shr: never,
} satisfies Partial<Record<OpName, RegOp>>;

/** The ops that read alike for both floats, over the instructions of their shape. */
function floatOps(p: 'f32x4' | 'f64x2') {
  const constant = (c: Code, v: number): Local => c.f.constant(p, v);
  const signBit = (c: Code, v: Local): Local => c.x('v128.and', [v, constant(c, -0)]);
  return {
    ...libraryOps, ...notFloats,
    add: two(`${p}.add`), sub: two(`${p}.sub`), mul: two(`${p}.mul`),
    fma: ({ c }, z, x, y) => (relaxedSimd() ? c.x(`${p}.relaxed_madd`, [x, y, z]) : c.x(`${p}.add`, [z, c.x(`${p}.mul`, [x, y])])),
    fnma: ({ c }, z, x, y) => (relaxedSimd() ? c.x(`${p}.relaxed_nmadd`, [x, y, z]) : c.x(`${p}.sub`, [z, c.x(`${p}.mul`, [x, y])])),
    // By a power of two the product with its inverse is the same number, rounded alike.
    div: ({ c, right }, a, b) => (isPowerOfTwo(right) ? c.x(`${p}.mul`, [a, constant(c, 1 / right)]) : c.x(`${p}.div`, [a, b])),
    pow: library, abs: one(`${p}.abs`), sqrt: one(`${p}.sqrt`),
    // V8 13.6 has a wider f64x2.neg that may flip 33 bits instead of one.
    neg: ({ c }, x) => (p === 'f64x2' && c.f.wide ? c.x('v128.xor', [x, constant(c, -0)]) : c.x(`${p}.neg`, [x])),
    min: bound(`${p}.min`, `${p}.pmin`), max: bound(`${p}.max`, `${p}.pmax`),
    floor: one(`${p}.floor`), ceil: one(`${p}.ceil`), trunc: one(`${p}.trunc`), round: one(`${p}.nearest`),
    sign: ({ c }, x) => {
      const unit = c.x('v128.or', [constant(c, 1), signBit(c, x)]);
      const nonZero = c.x(`${p}.gt`, [c.x(`${p}.abs`, [x]), constant(c, 0)]);
      return c.x('v128.bitselect', [unit, x, nonZero]);
    },
    // floor(x), plus one where the rest is at least a half; the sign bit of x keeps -0.3 at -0.
    roundHalfUp: ({ c }, x) => {
      const low = c.x(`${p}.floor`, [x]);
      const up = c.x(`${p}.ge`, [c.x(`${p}.sub`, [x, low]), constant(c, 0.5)]);
      const rounded = c.x(`${p}.add`, [low, c.x('v128.and', [up, constant(c, 1)])]);
      return c.x('v128.or', [rounded, signBit(c, x)]);
    },
    lt: two(`${p}.lt`), le: two(`${p}.le`), gt: two(`${p}.gt`), ge: two(`${p}.ge`), eq: two(`${p}.eq`), ne: two(`${p}.ne`),
    isNaN: ({ c }, x) => c.x(`${p}.ne`, [x, x]),
    isFinite: ({ c }, x) => c.x(`${p}.lt`, [c.x(`${p}.abs`, [x]), constant(c, Infinity)]),
    isInf: ({ c }, x) => c.x(`${p}.eq`, [c.x(`${p}.abs`, [x]), constant(c, Infinity)]),
    select: pick, cast: never,
  } satisfies Partial<Record<OpName, RegOp>>;
}

/** 2^k for every lane, k within the exponents of normal numbers. */
const powerOfTwo32 = (c: Code, k: Local): Local =>
  c.x('i32x4.shl', [c.x('i32x4.add', [k, c.f.constant('i32x4', 127)]), 23]);
const powerOfTwo64 = (c: Code, k: Local): Local =>
  c.x('i64x2.shl', [c.x('i64x2.add', [k, c.f.constant('i64x2', 1023)]), 52]);

/** x, or x * 2^shift where x is subnormal: so that its bits have an exponent. */
function normal(
  { c, isNormal }: OpContext, p: 'f32x4' | 'f64x2', x: Local, smallest: number, shift: number,
): { readonly x: Local; readonly subnormal?: Local } {
  if (isNormal) return { x };
  const subnormal = c.x(`${p}.lt`, [c.x(`${p}.abs`, [x]), c.f.constant(p, smallest)]);
  return { x: c.x('v128.bitselect', [c.x(`${p}.mul`, [x, c.f.constant(p, 2 ** shift)]), x, subnormal]), subnormal };
}

const float32Ops = {
  ...floatOps('f32x4'),
  rem: float32Remainder('rem'), mod: float32Remainder('mod'), floorDiv: float32Remainder('floorDiv'),
  floatBits: (_, x) => x, bitsFloat: never,
  // In two halves, so that both powers are normal numbers; a subnormal result is rounded once.
  ldexp: ({ c }, x, n) => {
    const half = c.x('i32x4.shr_s', [n, 1]);
    const rest = c.x('i32x4.sub', [n, half]);
    return c.x('f32x4.mul', [c.x('f32x4.mul', [x, powerOfTwo32(c, half)]), powerOfTwo32(c, rest)]);
  },
  exponent: (o, v) => {
    const { c } = o;
    const { x, subnormal } = normal(o, 'f32x4', v, 2 ** -126, 24);
    if (!subnormal) return c.x('i32x4.sub', [c.x('i32x4.shr_u', [x, 23]), c.f.constant('i32x4', 127)]);
    const biased = c.x('v128.and', [c.x('i32x4.shr_u', [x, 23]), c.f.constant('i32x4', 0xff)]);
    const bias = c.x('v128.bitselect', [c.f.constant('i32x4', 127 + 24), c.f.constant('i32x4', 127), subnormal]);
    return c.x('i32x4.sub', [biased, bias]);
  },
  mantissa: (o, v) => {
    const { c } = o;
    const { x } = normal(o, 'f32x4', v, 2 ** -126, 24);
    const fraction = c.x('v128.and', [x, c.f.constant('i32x4', 0x807fffff | 0)]);
    return c.x('v128.or', [fraction, c.f.constant('f32x4', 1)]);
  },
} satisfies Record<OpName, RegOp>;

const float64Ops = {
  ...floatOps('f64x2'),
  rem: float64Remainder('rem'), mod: float64Remainder('mod'), floorDiv: float64Remainder('floorDiv'),
  floatBits: never, bitsFloat: never,
  ldexp: ({ c }, x, n) => {
    // Of the 64-bit lanes, both words shift rightly: the upper one is all sign.
    const half = c.x('i32x4.shr_s', [n, 1]);
    const rest = c.x('i64x2.sub', [n, half]);
    return c.x('f64x2.mul', [c.x('f64x2.mul', [x, powerOfTwo64(c, half)]), powerOfTwo64(c, rest)]);
  },
  exponent: (o, v) => {
    const { c } = o;
    const { x, subnormal } = normal(o, 'f64x2', v, 2 ** -1022, 54);
    if (!subnormal) return c.x('i64x2.sub', [c.x('i64x2.shr_u', [x, 52]), c.f.constant('i64x2', 1023)]);
    const biased = c.x('v128.and', [c.x('i64x2.shr_u', [x, 52]), c.f.constant('i64x2', 0x7ff)]);
    const bias = c.x('v128.bitselect', [c.f.constant('i64x2', 1023 + 54), c.f.constant('i64x2', 1023), subnormal]);
    return c.x('i64x2.sub', [biased, bias]);
  },
  mantissa: (o, v) => {
    const { c } = o;
    const { x } = normal(o, 'f64x2', v, 2 ** -1022, 54);
    // The bits of sign and fraction: all but those of the exponent, which are the bits of Infinity.
    const fraction = c.x('v128.andnot', [x, c.f.constant('f64x2', Infinity)]);
    return c.x('v128.or', [fraction, c.f.constant('f64x2', 1)]);
  },
} satisfies Record<OpName, RegOp>;

/** Masks, of any width. */
const boolOps = {
  ...libraryOps, ...notIntegers,
  add: never, sub: never, mul: never, floorDiv: never, mod: never, rem: never, pow: never, neg: never, abs: never, sign: never,
  min: never, max: never, bitAnd: never, bitOr: never, bitXor: never, bitNot: never, shl: never, shr: never,
  lt: ({ c }, a, b) => c.x('v128.andnot', [b, a]),
  le: ({ c }, a, b) => c.x('v128.or', [b, c.x('v128.not', [a])]),
  gt: ({ c }, a, b) => c.x('v128.andnot', [a, b]),
  ge: ({ c }, a, b) => c.x('v128.or', [a, c.x('v128.not', [b])]),
  eq: ({ c }, a, b) => c.x('v128.not', [c.x('v128.xor', [a, b])]),
  ne: two('v128.xor'),
  and: two('v128.and'), or: two('v128.or'), xor: two('v128.xor'), not: one('v128.not'),
  select: pick, cast: never, floatBits: never, bitsFloat: never,
} satisfies Record<OpName, RegOp>;

/** For operands in lanes of `width`; casts aside, the result is in such lanes, too. */
export const opTable = (d: DType, width: Width): Readonly<Record<OpName, RegOp>> => {
  switch (dtypes[d].kind) {
    case 'float': return d === 'float64' ? float64Ops : float32Ops;
    case 'bool': return boolOps;
    case 'int': case 'uint': return integerTable(width);
    default: return dtypes[d].kind satisfies never;
  }
};

/** The narrowest lanes for an op on values of a dtype, its second operand being `right` if that is constant. */
export function opWidth(op: OpName, d: DType, right: number | undefined): Width {
  const own = widthOf(d);
  if (own >= 32) return own;
  return ([8, 16] as const).find((w) => w >= own && hasNarrow(w, op, right)) ?? 32;
}
