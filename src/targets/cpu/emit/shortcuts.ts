/** Values that are computed past an operand, from what the operand is computed from; and what the form of a value tells. */
import type { DType } from '../../../dsl/dtype.ts';
import type { Builder, Value } from '../../../dsl/kernel/ir.ts';

type Op = Value & { kind: 'op' };
const isOp = (v: Value | undefined, op: Op['op']): v is Op => v?.kind === 'op' && v.op === op;

/** A number so large that only whole floats have room beside it; its low bits are 0 but for twice the bias of exponents. */
const large = (dtype: DType): number => (dtype === 'float32' ? 1.5 * 2 ** 23 + 2 * 127 : 1.5 * 2 ** 52 + 2 * 1023);

/** x, up to 2^21, rounded half to even by way of a sum, whose low bits are the number. Of -0.3 it makes 0, not -0. */
export function wholeBySum(b: Builder, x: Value): Value {
  const beside = b.constant(large(x.dtype), x.dtype);
  return b.op('sub', [b.op('add', [x, beside]), beside]);
}

/** Of x * 2^n for an integer n of `wholeBySum`: the sum. */
function exponentSum(v: Value): Value | undefined {
  if (!isOp(v, 'ldexp') || !isOp(v.args[1], 'cast')) return undefined;
  const [n] = v.args[1].args;
  if (!isOp(n, 'sub') || n.dtype !== v.dtype || !isOp(n.args[0], 'add')) return undefined;
  const [sum, beside] = n.args;
  return beside.kind === 'const' && beside.value === large(v.dtype) && sum.args[1] === beside ? sum : undefined;
}

/** Of the exponent of a positive normal float64, as a float64: the number. */
export function exponentOf(v: Value): Value | undefined {
  if (!isOp(v, 'cast') || v.dtype !== 'float64' || !isOp(v.args[0], 'exponent')) return undefined;
  const [x] = v.args[0].args;
  return x.dtype === 'float64' && isNormal(x) ? x : undefined;
}

/** What such a value is computed from besides its operands. */
export const passedOver = (v: Value): Value | undefined => exponentSum(v) ?? exponentOf(v);

/** Whether a float is surely positive and not subnormal: it is a maximum with a number that is. */
export const isNormal = (v: Value): boolean => isOp(v, 'max') && v.args[1].kind === 'const'
  && v.args[1].value >= (v.dtype === 'float64' ? 2 ** -1022 : 2 ** -126);
