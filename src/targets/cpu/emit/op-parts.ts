/** What the tables of ops share. */
import { InternalError } from '../../../errors.ts';
import type { OpName } from '../../../dsl/ops.ts';
import type { RegOp } from './ops.ts';
import type { OpName as Instruction } from '../wasm/index.ts';

/** The name of an instruction, without its type. */
export type Named = { [I in Instruction]: I }[Instruction];
export const one = (name: Named): RegOp => ({ c }, a) => c.x(name as 'f32x4.neg', [a]);
export const two = (name: Named): RegOp => ({ c }, a, b) => c.x(name as 'f32x4.add', [a, b]);
/** One or none of the alternatives may be +0, whose bits are none. */
export const pick: RegOp = ({ c, right, third }, condition, a, b) => (Object.is(right, 0) ? c.x('v128.andnot', [b, condition])
  : Object.is(third, 0) ? c.x('v128.and', [a, condition])
    : c.x('v128.bitselect', [a, b, condition]));

/** Expanded by `expandMath` before emission. */
export const library: RegOp = () => { throw new InternalError('a library function reached the CPU emitter unexpanded'); };
/** Ruled out by the signatures of ops.ts. */
export const never: RegOp = ({ dtype }) => { throw new InternalError(`no CPU code for this op on ${dtype}`); };

export const libraryOps = {
  cbrt: library, hypot: library, exp: library, exp2: library, expm1: library, log: library, log2: library, log10: library,
  log1p: library, sin: library, cos: library, tan: library, asin: library, acos: library, atan: library, atan2: library,
  sinh: library, cosh: library, tanh: library, asinh: library, acosh: library, atanh: library,
  erf: library, erfc: library, gamma: library, lgamma: library,
} satisfies Partial<Record<OpName, RegOp>>;

export const notIntegers = {
  fma: never, fnma: never,
  div: never, floor: never, ceil: never, trunc: never, round: never, roundHalfUp: never, sqrt: never, isNaN: never,
  isFinite: never, isInf: never, ldexp: never, exponent: never, mantissa: never,
} satisfies Partial<Record<OpName, RegOp>>;
