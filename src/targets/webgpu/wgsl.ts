/**
 * How dtypes, literals and ops are spelled in WGSL. Narrow integers compute in 32 bits and are wrapped to their width
 * after each op; bool is `bool` in code and one byte in memory.
 *
 * Two things shape the spellings. WGSL evaluates what it can at compile time and rejects overflow, division by zero,
 * infinities and NaN there, so such operands go through function parameters or the params buffer. And an implementation
 * may assume that there are no NaN or infinities, so tests for them look at the bits.
 */
import { dtypes, isFloat, isInteger, type DType } from '../../dsl/dtype.ts';
import type { OpName } from '../../dsl/ops.ts';
import type { HelperName } from './helpers.ts';

export type Scalar = 'f32' | 'i32' | 'u32' | 'bool';

/** The type a value of this dtype has in code. */
export function scalarOf(dtype: DType): Scalar {
  switch (dtypes[dtype].kind) {
    case 'float': return 'f32';
    case 'int': return 'i32';
    case 'uint': return 'u32';
    case 'bool': return 'bool';
    default: return dtypes[dtype].kind satisfies never;
  }
}

/** Elements per 32-bit word of memory. */
export const packing = (dtype: DType): number => (dtypes[dtype].bytes < 4 ? 4 / dtypes[dtype].bytes : 1);

/** The element type of the array in memory. */
export const storedAs = (dtype: DType): Scalar => (packing(dtype) > 1 ? 'u32' : scalarOf(dtype));

/** A constant. NaN and infinities have no literal; `special` names a run-time value that holds them. */
export function literal(value: number, dtype: DType, special: (which: 'inf' | 'nan') => string): string {
  switch (scalarOf(dtype)) {
    case 'bool': return value ? 'true' : 'false';
    case 'u32': return `${value}u`;
    case 'i32': return value === -(2 ** 31) ? '(-2147483647i - 1i)' : `${value < 0 ? `(${value}i)` : `${value}i`}`;
    default: return floatLiteral(value, special);
  }
}

function floatLiteral(value: number, special: (which: 'inf' | 'nan') => string): string {
  if (Number.isNaN(value)) return special('nan');
  if (!Number.isFinite(value)) return value > 0 ? special('inf') : `(-${special('inf')})`;
  const magnitude = Math.abs(value);
  // A subnormal as decimal digits may be read as 0; as bits it is what it is.
  const text = magnitude > 0 && magnitude < 2 ** -126
    ? `bitcast<f32>(${Math.round(magnitude * 2 ** 149)}u)`
    : `${magnitude}${Number.isInteger(magnitude) && magnitude < 1e21 ? '.0' : ''}f`;
  return value < 0 || Object.is(value, -0) ? `(-${text})` : text;
}

/** Brings the 32-bit result of an op back into a narrow dtype's range. */
export function wrapped(text: string, dtype: DType): string {
  const { bits, kind } = dtypes[dtype];
  if (bits === 32 || kind === 'bool' || kind === 'float') return text;
  return kind === 'uint' ? `((${text}) & ${2 ** bits - 1}u)` : `(((${text}) << ${32 - bits}u) >> ${32 - bits}u)`;
}

/** What an op's spelling may use. `dtype` is the operands' dtype, `to` the result's. */
export interface Spelling {
  readonly dtype: DType;
  readonly to: DType;
  /** Declares a helper function and gives its name. */
  helper(name: HelperName): string;
  /** Calls this op's function of the math library. */
  library(): string;
}

type Speller = (args: readonly string[], s: Spelling) => string;

const infix = (operator: string): Speller => ([a, b]) => `${a} ${operator} ${b}`;
const call = (name: string): Speller => (args) => `${name}(${args.join(', ')})`;
const library: Speller = (args, s) => `${s.library()}(${args.join(', ')})`;
const helper = (name: HelperName): Speller => (args, s) => `${s.helper(name)}(${args.join(', ')})`;
const suffix = (d: DType): 'f32' | 'i32' | 'u32' => (isFloat(d) ? 'f32' : dtypes[d].kind === 'int' ? 'i32' : 'u32');
/** A helper per scalar type: `floorDiv` of i32 is `floorDiv_i32`. */
const typed = (stem: 'floorDiv' | 'mod' | 'rem' | 'pow'): Speller => (args, s) =>
  `${s.helper(`${stem}_${suffix(s.dtype)}`)}(${args.join(', ')})`;
const minmax = (name: 'min' | 'max'): Speller => (args, s) => (isFloat(s.dtype) ? helper(`${name}_f32`) : call(name))(args, s);
const compare = (operator: string): Speller => ([a, b], s) =>
  (s.dtype === 'bool' ? `u32(${a}) ${operator} u32(${b})` : `${a} ${operator} ${b}`);
const shift = (operator: string): Speller => ([a, b], s) => `${a} ${operator} (u32(${b}) & ${dtypes[s.dtype].bits - 1}u)`;

function cast([a]: readonly string[], s: Spelling): string {
  const from = s.dtype, to = s.to;
  if (to === 'bool') return isFloat(from) ? `${s.helper('truthy_f32')}(${a})` : `${a} != 0${suffix(from)[0]}`;
  if (isFloat(to)) return `f32(${a})`;
  if (!isFloat(from)) return wrapped(`${scalarOf(to)}(${a})`, isInteger(from) && fits(from, to) ? 'int32' : to);
  if (to === 'int32') return `${s.helper('toInt32')}(${a})`;
  if (to === 'uint32') return `${s.helper('toUint32')}(${a})`;
  const { min, max } = dtypes[to];
  return `${scalarOf(to)}(clamp(${s.helper('number_f32')}(${a}), ${min}.0f, ${max}.0f))`;
}

/** Whether every value of one integer dtype is one of the other. */
const fits = (from: DType, to: DType): boolean => dtypes[from].min >= dtypes[to].min && dtypes[from].max <= dtypes[to].max;

/** Results of these leave the range of a narrow integer dtype. */
const overflowing: ReadonlySet<OpName> = new Set<OpName>(['add', 'sub', 'mul', 'neg', 'abs', 'pow', 'shl', 'floorDiv', 'bitNot']);

const spellings = {
  add: infix('+'), sub: infix('-'), mul: infix('*'), div: infix('/'), fma: ([z, x, y]) => `fma(${x}, ${y}, ${z})`, fnma: ([z, x, y]) => `fma(-(${x}), ${y}, ${z})`,
  floorDiv: typed('floorDiv'), mod: typed('mod'), rem: typed('rem'), pow: typed('pow'),
  neg: ([a], s) => (dtypes[s.dtype].kind === 'uint' ? `0u - ${a}` : `-${a}`),
  abs: call('abs'),
  sign: ([a], s) => (isFloat(s.dtype) ? `${s.helper('sign_f32')}(${a})` : dtypes[s.dtype].kind === 'uint' ? `min(${a}, 1u)` : `sign(${a})`),
  min: minmax('min'), max: minmax('max'),

  // WGSL's round is half to even, as ours.
  floor: call('floor'), ceil: call('ceil'), trunc: call('trunc'), round: call('round'), roundHalfUp: helper('roundHalfUp_f32'),

  sqrt: call('sqrt'), exp: helper('exp_f32'), exp2: helper('exp2_f32'), log: helper('log_f32'), log2: helper('log2_f32'),
  cbrt: library, hypot: library, expm1: library, log10: library, log1p: library,
  // WGSL promises sin and cos to 2^-11 between -pi and pi only, atan to 4096 ULP, and what derives from them no better.
  sin: library, cos: library, tan: library, asin: library, acos: library, atan: library, atan2: library,
  sinh: library, cosh: library, tanh: library, asinh: library, acosh: library, atanh: library,
  erf: library, erfc: library, gamma: library, lgamma: library,

  lt: compare('<'), le: compare('<='), gt: compare('>'), ge: compare('>='),
  // `x != x` is how people test for NaN: it must not be folded away.
  eq: ([a, b], s) => (a === b && isFloat(s.dtype) ? `!${s.helper('isNaN_f32')}(${a})` : `${a} == ${b}`),
  // Not `!=` of floats: it becomes an ordered comparison on some devices, which says that NaN equals everything.
  ne: ([a, b], s) => (!isFloat(s.dtype) ? `${a} != ${b}` : a === b ? `${s.helper('isNaN_f32')}(${a})` : `!(${a} == ${b})`),
  isNaN: helper('isNaN_f32'), isFinite: helper('isFinite_f32'), isInf: helper('isInf_f32'),

  and: infix('&&'), or: infix('||'), xor: infix('!='), not: ([a]) => `!${a}`,
  bitAnd: infix('&'), bitOr: infix('|'), bitXor: infix('^'), bitNot: ([a]) => `~${a}`, shl: shift('<<'), shr: shift('>>'),

  select: ([c, a, b]) => `select(${b}, ${a}, ${c})`,
  cast,
  floatBits: ([a]) => `bitcast<i32>(${a})`, bitsFloat: ([a]) => `bitcast<f32>(${a})`,
  ldexp: helper('ldexp_f32'), exponent: helper('exponent_f32'), mantissa: helper('mantissa_f32'),
} as const satisfies Record<OpName, Speller>;

/** With `math: 'portable'` these too come from the library; otherwise the device's own are close enough and far faster. */
const nativeMath: ReadonlySet<OpName> = new Set<OpName>(['exp', 'exp2', 'log', 'log2', 'pow']);

/** The WGSL expression of an op. */
export function spell(op: OpName, args: readonly string[], s: Spelling, portable: boolean): string {
  const spelling: Speller = portable && nativeMath.has(op) && isFloat(s.dtype) ? library : spellings[op];
  const text = spelling(args, s);
  return overflowing.has(op) ? wrapped(text, s.to) : text;
}
