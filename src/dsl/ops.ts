/**
 * The op table: every scalar operation of the language, with its typing rule, its meaning in JavaScript and its cost.
 * Targets keep a table keyed by the same names; a missing emitter is a type error there.
 *
 * A `signature` says what a scalar `Value` may look like (the planner and emitters rely on it); how an array method picks
 * dtypes before it makes such a value is `src/dsl/elementwise.ts`.
 */
import { InternalError } from '../errors.ts';
import { castNumber, dtypes, isFloat, isInteger, wrapInteger, type DType } from './dtype.ts';

/**
 * number   any dtype but bool, all operands alike, result alike; integers wrap to their width
 * float    float32 or float64, all operands alike, result alike
 * integer  integers, all operands alike, result alike
 * logic    bool -> bool
 * compare  all operands alike (any dtype) -> bool
 * test     float -> bool
 * select   (bool, T, T) -> T
 * cast     any -> any
 * special  typed by hand in `typedByHand`
 */
export type Signature = 'number' | 'float' | 'integer' | 'logic' | 'compare' | 'test' | 'select' | 'cast' | 'special';

export interface OpInfo {
  readonly arity: number;
  readonly signature: Signature;
  /**
   * The meaning on JS numbers (bool as 0 and 1), computed in double precision; the caller rounds to the dtype.
   * `dtype` is the operands' dtype.
   */
  readonly js: (a: number, b: number, c: number, dtype: DType) => number;
  /** Rough cost in units of one add; drives recompute-or-store. */
  readonly cost: number;
  /** How it prints: an infix operator, or undefined for a call. */
  readonly infix?: string;
}

const op = (arity: number, signature: Signature, cost: number, js: OpInfo['js'], infix?: string): OpInfo =>
  ({ arity, signature, cost, js, infix });
const bool = (b: boolean): number => (b ? 1 : 0);

const shiftCount = (count: number, d: DType): number => count & (dtypes[d].bits - 1);
/** 32-bit product modulo 2^32; doubles for floats. */
const multiply = (a: number, b: number, d: DType): number => (isInteger(d) ? Math.imul(a, b) : a * b);

/** Integer power by squaring, modulo 2^32. A negative exponent gives 1/x truncated: 1 and -1 keep their powers, others give 0. */
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? (exponent % 2 ? -1 : 1) : 0;
  let result = 1;
  for (let b = base | 0, e = exponent; e > 0; e = Math.floor(e / 2), b = Math.imul(b, b)) {
    if (e % 2 === 1) result = Math.imul(result, b);
  }
  return result;
}

const floorDivide = (a: number, b: number, d: DType): number =>
  isFloat(d) ? floatFloorDivide(a, b) : b === 0 ? 0 : Math.floor(a / b);

/** Python's rule, consistent with `mod`: floor of the exact quotient, from the exact remainder. */
function floatFloorDivide(a: number, b: number): number {
  if (b === 0) return a / b;
  const r = a % b;
  const q = Math.round((a - r) / b);
  return (r !== 0 && (r < 0) !== (b < 0) ? q - 1 : q);
}

/** The sign of the divisor, as in Python and NumPy; integers by zero give 0. */
function floorModulo(a: number, b: number, d: DType): number {
  if (b === 0) return isFloat(d) ? NaN : 0;
  const r = a % b;
  if (r === 0) return isFloat(d) ? (b < 0 || Object.is(b, -0) ? -0 : 0) : 0;
  return (r < 0) !== (b < 0) ? r + b : r;
}

/** Half to even, exact for every double. */
function roundEven(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const f = Math.floor(x), d = x - f;
  const r = d < 0.5 || (d === 0.5 && f % 2 === 0) ? f : f + 1;
  return r === 0 && (x < 0 || Object.is(x, -0)) ? -0 : r;
}

const bits32 = new DataView(new ArrayBuffer(8));

/** Exponent of the leading bit: floor(log2|x|), exact, subnormals included; meaningless for 0, NaN and infinities. */
function leadingExponent(x: number): number {
  bits32.setFloat64(0, Math.abs(x) < 2 ** -1022 ? x * 2 ** 54 : x);
  const e = ((bits32.getUint32(0) >>> 20) & 0x7ff) - 1023;
  return Math.abs(x) < 2 ** -1022 ? e - 54 : e;
}

/** x * 2^n in steps whose powers are finite and not 0, so that zeros and infinities stay and a subnormal is rounded once. */
function scaleByPower(x: number, n: number): number {
  let rest = Math.max(-2200, Math.min(2200, n));
  while (rest !== 0) {
    const step = Math.max(-1000, Math.min(1000, rest));
    x *= 2 ** step;
    rest -= step;
  }
  return x;
}

/** What an op means on numbers where JavaScript has no word for it. */
type Special = 'erf' | 'erfc' | 'gamma' | 'lgamma';
let specialMeaning = (op: Special, _x: number): number => {
  throw new InternalError(`${op}: the math library is not loaded`);
};
/** The math library gives the special functions their meaning: its own float64 functions. */
export const setSpecialMeaning = (meaning: (op: Special, x: number) => number): void => {
  specialMeaning = meaning;
};
const special = (name: Special): OpInfo => op(1, 'float', 45, (a) => specialMeaning(name, a));

export const ops = {
  // arithmetic
  add: op(2, 'number', 1, (a, b) => a + b, '+'),
  sub: op(2, 'number', 1, (a, b) => a - b, '-'),
  mul: op(2, 'number', 1, (a, b, _, d) => multiply(a, b, d), '*'),
  /**
   * a + b * c and a - b * c, rounded once or twice: as the target has it. What a chain of them hands on comes first, so that it
   * is computed first, as everywhere.
   */
  fma: op(3, 'float', 1, (a, b, c) => a + b * c),
  fnma: op(3, 'float', 1, (a, b, c) => a - b * c),
  div: op(2, 'float', 8, (a, b) => a / b, '/'),
  floorDiv: op(2, 'number', 10, (a, b, _, d) => floorDivide(a, b, d)),
  /** Sign of the divisor (Python, NumPy). */
  mod: op(2, 'number', 10, (a, b, _, d) => floorModulo(a, b, d)),
  /** Sign of the dividend (JavaScript's `%`). Integers by zero give 0. */
  rem: op(2, 'number', 10, (a, b, _, d) => (b === 0 && isInteger(d) ? 0 : a % b), '%'),
  pow: op(2, 'number', 40, (a, b, _, d) => (isInteger(d) ? integerPower(a, b) : a ** b)),
  neg: op(1, 'number', 1, (a) => -a),
  abs: op(1, 'number', 1, (a) => Math.abs(a)),
  sign: op(1, 'number', 2, (a) => Math.sign(a)),
  /** Propagate NaN. */
  min: op(2, 'number', 1, (a, b) => Math.min(a, b)),
  max: op(2, 'number', 1, (a, b) => Math.max(a, b)),

  // rounding
  floor: op(1, 'float', 1, (a) => Math.floor(a)),
  ceil: op(1, 'float', 1, (a) => Math.ceil(a)),
  trunc: op(1, 'float', 1, (a) => Math.trunc(a)),
  /** Half to even. */
  round: op(1, 'float', 1, (a) => roundEven(a)),
  /** Half towards +Infinity: JavaScript's `Math.round`. */
  roundHalfUp: op(1, 'float', 3, (a) => Math.round(a)),

  // exponentials, powers
  sqrt: op(1, 'float', 8, (a) => Math.sqrt(a)),
  cbrt: op(1, 'float', 25, (a) => Math.cbrt(a)),
  hypot: op(2, 'float', 20, (a, b) => Math.hypot(a, b)),
  exp: op(1, 'float', 20, (a) => Math.exp(a)),
  exp2: op(1, 'float', 20, (a) => 2 ** a),
  expm1: op(1, 'float', 25, (a) => Math.expm1(a)),
  log: op(1, 'float', 20, (a) => Math.log(a)),
  log2: op(1, 'float', 20, (a) => Math.log2(a)),
  log10: op(1, 'float', 20, (a) => Math.log10(a)),
  log1p: op(1, 'float', 25, (a) => Math.log1p(a)),

  // trigonometry
  sin: op(1, 'float', 25, (a) => Math.sin(a)),
  cos: op(1, 'float', 25, (a) => Math.cos(a)),
  tan: op(1, 'float', 30, (a) => Math.tan(a)),
  asin: op(1, 'float', 25, (a) => Math.asin(a)),
  acos: op(1, 'float', 25, (a) => Math.acos(a)),
  atan: op(1, 'float', 25, (a) => Math.atan(a)),
  atan2: op(2, 'float', 35, (a, b) => Math.atan2(a, b)),
  sinh: op(1, 'float', 30, (a) => Math.sinh(a)),
  cosh: op(1, 'float', 30, (a) => Math.cosh(a)),
  tanh: op(1, 'float', 30, (a) => Math.tanh(a)),
  asinh: op(1, 'float', 30, (a) => Math.asinh(a)),
  acosh: op(1, 'float', 30, (a) => Math.acosh(a)),
  atanh: op(1, 'float', 30, (a) => Math.atanh(a)),

  // special functions
  erf: special('erf'),
  erfc: special('erfc'),
  /** NaN at negative integers and -Infinity; infinite, with its sign, at 0. */
  gamma: special('gamma'),
  /** log|gamma(x)|: Infinity at 0, negative integers and infinities. */
  lgamma: special('lgamma'),

  // comparison
  lt: op(2, 'compare', 1, (a, b) => bool(a < b), '<'),
  le: op(2, 'compare', 1, (a, b) => bool(a <= b), '<='),
  gt: op(2, 'compare', 1, (a, b) => bool(a > b), '>'),
  ge: op(2, 'compare', 1, (a, b) => bool(a >= b), '>='),
  eq: op(2, 'compare', 1, (a, b) => bool(a === b), '=='),
  ne: op(2, 'compare', 1, (a, b) => bool(a !== b), '!='),
  isNaN: op(1, 'test', 1, (a) => bool(Number.isNaN(a))),
  isFinite: op(1, 'test', 1, (a) => bool(Number.isFinite(a))),
  isInf: op(1, 'test', 1, (a) => bool(a === Infinity || a === -Infinity)),

  // logic on bool
  and: op(2, 'logic', 1, (a, b) => a & b, '&&'),
  or: op(2, 'logic', 1, (a, b) => a | b, '||'),
  xor: op(2, 'logic', 1, (a, b) => a ^ b, '^^'),
  not: op(1, 'logic', 1, (a) => 1 - a),

  // bits of integers; shift counts are masked to the width, as in JavaScript; shr copies the sign of signed integers
  bitAnd: op(2, 'integer', 1, (a, b) => a & b, '&'),
  bitOr: op(2, 'integer', 1, (a, b) => a | b, '|'),
  bitXor: op(2, 'integer', 1, (a, b) => a ^ b, '^'),
  bitNot: op(1, 'integer', 1, (a) => ~a),
  shl: op(2, 'integer', 1, (a, b, _, d) => a << shiftCount(b, d), '<<'),
  shr: op(2, 'integer', 1, (a, b, _, d) => (dtypes[d].kind === 'uint' ? a >>> shiftCount(b, d) : a >> shiftCount(b, d)), '>>'),

  select: op(3, 'select', 1, (c, a, b) => (c ? a : b)),
  /** To the value's own dtype; the rules are `castNumber`'s. */
  cast: op(1, 'cast', 1, (a) => a),

  // what the math library is built from
  /** The bits of a float32 as int32. */
  floatBits: op(1, 'special', 1, (a) => (bits32.setFloat32(0, a), bits32.getInt32(0))),
  /** An int32 read as the bits of a float32. */
  bitsFloat: op(1, 'special', 1, (a) => (bits32.setInt32(0, a), bits32.getFloat32(0))),
  /** (float x, int32 n) -> x * 2^n, exact while the result is normal; |n| at most 252 in float32 and 2044 in float64. */
  ldexp: op(2, 'special', 4, (x, n) => scaleByPower(x, n)),
  /** float -> int32: floor(log2|x|), subnormals included; any value for 0, NaN and infinities. */
  exponent: op(1, 'special', 4, (x) => (x === 0 || !Number.isFinite(x) ? 0 : leadingExponent(x))),
  /** float -> float: x / 2^exponent(x), its magnitude in [1, 2); any value for 0, NaN and infinities. */
  mantissa: op(1, 'special', 4, (x) => (x === 0 || !Number.isFinite(x) ? x : scaleByPower(x, -leadingExponent(x)))),
} as const satisfies Record<string, OpInfo>;

export type OpName = keyof typeof ops;
export const opNames = Object.keys(ops) as OpName[];
export const opInfo = (name: OpName): OpInfo => ops[name];

/** The result dtype of an op, or a sentence that says why the operands do not fit. `to` is the target of a cast. */
export function resultOf(name: OpName, args: readonly DType[], to?: DType): { dtype: DType } | { problem: string } {
  const info = opInfo(name);
  if (args.length !== info.arity) return { problem: `${name} takes ${info.arity} operands, got ${args.length}` };
  const alike = args.every((d) => d === args[0]);
  const wrong = (expected: string) => ({ problem: `${name} takes ${expected}, got ${args.join(', ')}` });
  switch (info.signature) {
    case 'number': return alike && args[0] !== 'bool' ? { dtype: args[0] } : wrong('numbers of one dtype');
    case 'float': return alike && isFloat(args[0]) ? { dtype: args[0] } : wrong('floats of one dtype');
    case 'integer': return alike && isInteger(args[0]) ? { dtype: args[0] } : wrong('integers of one dtype');
    case 'logic': return args.every((d) => d === 'bool') ? { dtype: 'bool' } : wrong('bool');
    case 'compare': return alike ? { dtype: 'bool' } : wrong('operands of one dtype');
    case 'test': return isFloat(args[0]) ? { dtype: 'bool' } : wrong('a float');
    case 'select': return args[0] === 'bool' && args[1] === args[2] ? { dtype: args[1] } : wrong('(bool, T, T)');
    case 'cast': return to ? { dtype: to } : { problem: 'cast needs a target dtype' };
    case 'special': return typedByHand(name, args) ?? wrong('other operands');
    default: return info.signature satisfies never;
  }
}

function typedByHand(name: OpName, [a, b]: readonly DType[]): { dtype: DType } | undefined {
  switch (name) {
    case 'floatBits': return a === 'float32' ? { dtype: 'int32' } : undefined;
    case 'bitsFloat': return a === 'int32' ? { dtype: 'float32' } : undefined;
    case 'ldexp': return isFloat(a) && b === 'int32' ? { dtype: a } : undefined;
    case 'exponent': return isFloat(a) ? { dtype: 'int32' } : undefined;
    case 'mantissa': return isFloat(a) ? { dtype: a } : undefined;
    default: return undefined;
  }
}

/** Evaluates one op on JS numbers with the rounding, wrapping and casting of its dtypes. */
export function evaluateOp(name: OpName, args: readonly number[], operand: DType, result: DType): number {
  if (name === 'cast') return castNumber(args[0], operand, result);
  const raw = opInfo(name).js(args[0], args[1] ?? 0, args[2] ?? 0, operand);
  if (result === 'float32') return Math.fround(raw);
  return isInteger(result) ? wrapInteger(raw, result) : raw;
}
