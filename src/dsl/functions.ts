/** The methods of two operands as functions, for when a number comes first: `sub(1, a)`. Generated from the op table. */
import { operand, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { applyRule, binary, type BinaryName } from './elementwise.ts';
import type { BinaryResult } from './types.ts';
import type { DType } from './dtype.ts';

type ResultOf<K extends BinaryName, A, B> =
  A extends WeftArray<infer D> ? WeftArray<BinaryResult<(typeof binary)[K]['kind'], D, B>>
    : B extends WeftArray<infer D> ? WeftArray<BinaryResult<(typeof binary)[K]['kind'], D, A>>
      : WeftArray<DType>;

type Functions = {
  readonly [K in keyof typeof binary]: <A extends ArrayInput, B extends ArrayInput>(a: A, b: B) => ResultOf<K, A, B>;
};

const functions = Object.fromEntries((Object.keys(binary) as BinaryName[]).map((name) => [
  name,
  (a: ArrayInput, b: ArrayInput) => wrap(applyRule(name, binary[name], [operand(a, name), operand(b, name)])),
])) as unknown as Functions;

/**
 * The methods of the same names with both operands as arguments, each an array, a number, a boolean, or values that make an
 * array. They broadcast; dtypes and errors are those of the methods.
 * @example
 * const a = wf.array([1, 2, 4]);
 * await wf.sub(1, a).array(); // [0, -1, -3]
 * await wf.div(1, a).array(); // [1, 0.5, 0.25]
 * await wf.maximum(2, a).array(); // [2, 2, 4]
 */
export const {
  add, sub, mul, div, floorDiv, mod, rem, pow, minimum, maximum, hypot, atan2, eq, ne, lt, le, gt, ge,
  logicalAnd, logicalOr, logicalXor, bitwiseAnd, bitwiseOr, bitwiseXor, leftShift, rightShift,
} = functions;
