/** Values that are computed past an operand, from what the operand is computed from; and what the form of a value tells. */
import type { Value } from '../../../dsl/kernel/ir.ts';

type Op = Value & { kind: 'op' };
const isOp = (v: Value | undefined, op: Op['op']): v is Op => v?.kind === 'op' && v.op === op;

/** Of x * 2^n for an integer n that was a rounded float: the float. It is small, as exponents are. */
export function roundedExponent(v: Value): Value | undefined {
  if (!isOp(v, 'ldexp') || !isOp(v.args[1], 'cast')) return undefined;
  const [n] = v.args[1].args;
  return isOp(n, 'round') && n.dtype === v.dtype ? n : undefined;
}

/** Of the exponent of a positive normal float64, as a float64: the number. */
export function exponentOf(v: Value): Value | undefined {
  if (!isOp(v, 'cast') || v.dtype !== 'float64' || !isOp(v.args[0], 'exponent')) return undefined;
  const [x] = v.args[0].args;
  return x.dtype === 'float64' && isNormal(x) ? x : undefined;
}

/** What such a value is computed from besides its operands. */
export const passedOver = (v: Value): Value | undefined => roundedExponent(v) ?? exponentOf(v);

/** Whether a float is surely positive and not subnormal: it is a maximum with a number that is. */
export const isNormal = (v: Value): boolean => isOp(v, 'max') && v.args[1].kind === 'const'
  && v.args[1].value >= (v.dtype === 'float64' ? 2 ** -1022 : 2 ** -126);
