/** Ops on int32, uint32 and bool as plain i32 code, for values that are the same in every lane: loop counters, indices, tests. */
import type { DType } from '../../../dsl/dtype.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import type { OpName } from '../../../dsl/ops.ts';
import type { Code, Scalar } from './code.ts';
import type { OpName as Instruction } from '../wasm/index.ts';

/** bool is 0 or 1. `dtype` is that of the operands; of the alternatives, for select. */
type ScalarOp = (c: Code, dtype: DType, a: Scalar, b: Scalar, s: Scalar) => Scalar;

type Binary = { [I in Instruction]: I }[Instruction];
const two = (name: Binary): ScalarOp => (c, _, a, b) => c.x(name as 'i32.add', [a, b]);
const bySign = (signed: Binary, unsigned: Binary): ScalarOp =>
  (c, d, a, b) => c.x((d === 'int32' ? signed : unsigned) as 'i32.add', [a, b]);
const larger = (test: Binary, unsigned: Binary): ScalarOp =>
  (c, d, a, b) => c.choose(() => c.raw((d === 'int32' ? test : unsigned) as 'i32.gt_s', [a, b]), a, b);

/** By zero 0, and no trap: the remainder by 1 is 0. */
const remainder: ScalarOp = (c, d, a, b) => {
  const divisor = typeof b === 'number' && b !== 0 ? b : c.x('i32.or', [b, c.x('i32.eqz', [b])]);
  return c.x(d === 'int32' ? 'i32.rem_s' : 'i32.rem_u', [a, divisor]);
};

const table: Partial<Record<OpName, ScalarOp>> = {
  add: (c, _, a, b) => c.add(a, b),
  sub: (c, _, a, b) => c.sub(a, b),
  mul: (c, _, a, b) => c.mul(a, b),
  neg: (c, _, a) => c.sub(0, a),
  rem: remainder,
  mod: (c, d, a, b) => {
    const r = remainder(c, d, a, b, 0);
    if (d === 'uint32') return r;
    const opposite = c.x('i32.and', [c.x('i32.lt_s', [c.x('i32.xor', [r, b]), 0]), c.x('i32.ne', [r, 0])]);
    return c.add(r, c.x('i32.and', [b, c.sub(0, opposite)]));
  },
  min: larger('i32.lt_s', 'i32.lt_u'), max: larger('i32.gt_s', 'i32.gt_u'),
  lt: bySign('i32.lt_s', 'i32.lt_u'), le: bySign('i32.le_s', 'i32.le_u'),
  gt: bySign('i32.gt_s', 'i32.gt_u'), ge: bySign('i32.ge_s', 'i32.ge_u'),
  eq: two('i32.eq'), ne: two('i32.ne'),
  and: (c, _, a, b) => c.and(a, b),
  or: two('i32.or'), xor: two('i32.xor'), not: (c, _, a) => c.x('i32.eqz', [a]),
  bitAnd: two('i32.and'), bitOr: two('i32.or'), bitXor: two('i32.xor'), bitNot: (c, _, a) => c.x('i32.xor', [a, -1]),
  shl: two('i32.shl'), shr: bySign('i32.shr_s', 'i32.shr_u'),
  select: (c, _, condition, a, b) => c.choose(() => c.push(condition), a, b),
};

/** Dtypes that are held as one i32. */
export const isScalarType = (d: DType): boolean => d === 'int32' || d === 'uint32' || d === 'bool';

/** Whether an op of such values has scalar code. */
export function hasScalarCode(v: Value & { kind: 'op' }): boolean {
  if (!isScalarType(v.dtype) || !v.args.every((a) => isScalarType(a.dtype))) return false;
  return v.op === 'cast' || table[v.op] !== undefined;
}

export function scalarCode(c: Code, v: Value & { kind: 'op' }, args: readonly Scalar[]): Scalar {
  // Between int32 and uint32 the bits stay, and so does a bool, which is 0 or 1.
  if (v.op === 'cast') return v.dtype === 'bool' && v.args[0].dtype !== 'bool' ? c.x('i32.ne', [args[0], 0]) : args[0];
  const dtype = v.args[v.op === 'select' ? 1 : 0].dtype;
  return table[v.op]!(c, dtype, args[0], args[1] ?? 0, args[2] ?? 0);
}
