/** Elementwise methods against values worked out by hand: one table per rule, on every target. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import { compute } from '../support/compute.ts';
import { typed } from '../support/special.ts';
import { computes, expectClose, targets } from '../support/targets.ts';

const of = (dtype: DType, ...values: number[]): wf.WeftArray => wf.array(typed(dtype, values), { dtype });

interface Row {
  readonly label: string;
  readonly build: () => wf.WeftArray;
  readonly dtype: DType;
  readonly expected: readonly number[];
  /** 0 where it is missing. */
  readonly ulp?: number;
}
const row = (label: string, dtype: DType, expected: readonly number[], build: () => wf.WeftArray, ulp?: number): Row =>
  ({ label, dtype, expected, build, ulp });

function table(title: string, rows: readonly Row[]): void {
  const test = suite(title);
  for (const target of targets) for (const r of rows) {
    if (!computes(target, r.dtype)) continue;
    test(`${target}: ${r.label}`, async () => {
      const { values, dtype } = await compute(target, r.build);
      assert.is(dtype, r.dtype);
      expectClose(values, r.expected, { ulp: r.ulp, label: `${target}: ${r.label}` });
    });
  }
  test.run();
}

table('integers wrap', [
  row('int8 add', 'int8', [-128, 127], () => of('int8', 127, -128).add(of('int8', 1, -1))),
  row('int8 mul', 'int8', [16, -112], () => of('int8', 16, 100).mul(of('int8', 17, 4))),
  row('uint8 sub', 'uint8', [255, 1], () => of('uint8', 0, 255).sub(of('uint8', 1, 254))),
  row('uint8 add', 'uint8', [0, 254], () => of('uint8', 255, 255).add(of('uint8', 1, 255))),
  row('int16 mul', 'int16', [-32768, 1], () => of('int16', 256, 32767).mul(of('int16', 128, 32767))),
  row('uint16 mul', 'uint16', [1, 0], () => of('uint16', 65535, 256).mul(of('uint16', 65535, 256))),
  row('int32 mul', 'int32', [1, 0, -2], () => of('int32', 2 ** 31 - 1, 65536, 2 ** 31 - 1).mul(of('int32', 2 ** 31 - 1, 65536, 2))),
  row('uint32 mul', 'uint32', [1, 4294967294], () => of('uint32', 2 ** 32 - 1, 2 ** 32 - 1).mul(of('uint32', 2 ** 32 - 1, 2))),
  row('neg of the most negative', 'int8', [-128, 127], () => of('int8', -128, -127).neg()),
  row('neg of unsigned', 'uint8', [0, 255, 1], () => of('uint8', 0, 1, 255).neg()),
  row('abs of the most negative', 'int32', [-(2 ** 31), 1], () => of('int32', -(2 ** 31), -1).abs()),
  row('square', 'uint8', [144], () => of('uint8', 20).square()),
]);

table('floorDiv, mod and rem of every pair of signs', [
  row('int32 floorDiv', 'int32', [2, -3, -3, 2, 0], () => of('int32', 7, -7, 7, -7, 7).floorDiv(of('int32', 3, 3, -3, -3, 0))),
  row('int32 mod', 'int32', [1, 2, -2, -1, 0], () => of('int32', 7, -7, 7, -7, 7).mod(of('int32', 3, 3, -3, -3, 0))),
  row('int32 rem', 'int32', [1, -1, 1, -1, 0], () => of('int32', 7, -7, 7, -7, 7).rem(of('int32', 3, 3, -3, -3, 0))),
  row('float32 floorDiv', 'float32', [2, -3, -3, 2], () => of('float32', 7, -7, 7, -7).floorDiv(of('float32', 3, 3, -3, -3))),
  row('float32 mod', 'float32', [1.5, 0.5, -0.5, -1.5], () => of('float32', 5.5, -5.5, 5.5, -5.5).mod(of('float32', 2, 2, -2, -2))),
  row('float32 rem', 'float32', [1.5, -1.5, 1.5, -1.5], () => of('float32', 5.5, -5.5, 5.5, -5.5).rem(of('float32', 2, 2, -2, -2))),
  row('uint8 floorDiv and mod by 0', 'uint8', [0], () => of('uint8', 200).floorDiv(of('uint8', 0)).add(of('uint8', 200).mod(of('uint8', 0)))),
  row('the most negative by -1', 'int32', [-(2 ** 31)], () => of('int32', -(2 ** 31)).floorDiv(of('int32', -1))),
  row('its remainder', 'int32', [0, 0], () => of('int32', -(2 ** 31), -(2 ** 31)).mod(of('int32', -1, 1))),
  row('floorDiv is the floor of the exact quotient', 'float32', [9, 4], () => of('float32', 1, 0.5).floorDiv(0.1)),
]);

table('rounding', [
  row('halves to even', 'float32', [0, 2, 2, 4, -0, -2, -2, 8388608], () => of('float32', 0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 8388607.5).round()),
  row('just below a half', 'float32', [0, 1, 0], () => of('float32', 0.49999997, 0.50000006, -0.49999997).round()),
  row('floor', 'float32', [-2, -1, 0, 1], () => of('float32', -1.5, -1, 0.9, 1.1).floor()),
  row('ceil', 'float32', [-1, -1, 1, 2], () => of('float32', -1.5, -1, 0.9, 1.1).ceil()),
  row('trunc', 'float32', [-1, -1, 0, 1], () => of('float32', -1.5, -1, 0.9, 1.1).trunc()),
  row('integers stay', 'int16', [-3, 7], () => of('int16', -3, 7).round()),
  row('large doubles stay', 'float64', [2 ** 52 + 2, 2 ** 53 + 2], () => of('float64', 2 ** 52 + 2, 2 ** 53 + 2).round()),
]);

table('shifts and bits', [
  row('left shift counts modulo the width', 'int32', [2, 1, -(2 ** 31)], () => of('int32', 1, 1, 1).leftShift(of('int32', 33, 32, 31))),
  row('left shift of uint8', 'uint8', [254, 128, 255], () => of('uint8', 255, 1, 255).leftShift(of('uint8', 1, 7, 8))),
  row('right shift copies the sign', 'int8', [-1, -64, 63], () => of('int8', -128, -128, 127).rightShift(of('int8', 7, 1, 1))),
  row('right shift of unsigned', 'uint32', [1, 2 ** 31 - 1], () => of('uint32', 2 ** 32 - 1, 2 ** 32 - 1).rightShift(of('uint32', 31, 1))),
  row('and', 'uint8', [0b1000], () => of('uint8', 0b1100).bitwiseAnd(0b1010)),
  row('or', 'uint8', [0b1110], () => of('uint8', 0b1100).bitwiseOr(0b1010)),
  row('xor', 'uint8', [0b0110], () => of('uint8', 0b1100).bitwiseXor(0b1010)),
  row('not of signed', 'int16', [-1, 0, -256], () => of('int16', 0, -1, 255).bitwiseNot()),
  row('not of unsigned', 'uint16', [65535, 0], () => of('uint16', 0, 65535).bitwiseNot()),
  row('not of bool', 'bool', [1, 0], () => of('bool', 0, 1).bitwiseNot()),
]);

table('powers', [
  row('integers wrap', 'int32', [1024, 0, -27, 1977326743], () => of('int32', 2, 2, -3, 7).pow(of('int32', 10, 32, 3, 11))),
  row('a negative exponent truncates 1 / x', 'int32', [0, 1, -1, 1, 0], () => of('int32', 2, 1, -1, -1, 0).pow(of('int32', -1, -5, -3, -2, -1))),
  row('anything to the power 0', 'float32', [1, 1, 1], () => of('float32', 0, 5, -5).pow(of('float32', 0, 0, 0))),
  row('negative bases', 'float32', [-8, 4, 0.25, NaN], () => of('float32', -2, -2, -2, -2).pow(of('float32', 3, 2, -2, 0.5)), 4),
  row('a constant square', 'float32', [9, 2.25], () => of('float32', -3, 1.5).pow(2)),
  row('a constant cube of integers', 'int8', [-27, 0], () => of('int8', -3, 8).pow(3)),
]);

table('min, max and comparison', [
  row('NaN wins minimum', 'float32', [NaN, NaN, 1], () => of('float32', NaN, 1, 1).minimum(of('float32', 1, NaN, 2))),
  row('NaN wins maximum', 'float32', [NaN, NaN, 2], () => of('float32', NaN, 1, 1).maximum(of('float32', 1, NaN, 2))),
  row('NaN stays NaN in clamp', 'float32', [NaN, -1, 1, 0.5], () => of('float32', NaN, -5, 5, 0.5).clamp(-1, 1)),
  row('NaN equals nothing', 'bool', [0, 1, 1], () => of('float32', NaN, 1, 0).eq(of('float32', NaN, 1, -0))),
  row('NaN differs from itself', 'bool', [1, 0], () => of('float32', NaN, 1).ne(of('float32', NaN, 1))),
  row('NaN is not less', 'bool', [0, 0, 1], () => of('float32', NaN, 1, 1).lt(of('float32', 1, NaN, 2))),
  row('NaN is not greater or equal', 'bool', [0, 0, 1], () => of('float32', NaN, 1, 2).ge(of('float32', 1, NaN, 2))),
  row('unsigned compares as unsigned', 'bool', [1, 0], () => of('uint32', 2 ** 32 - 1, 0).gt(of('uint32', 1, 1))),
  row('bool compares as 0 and 1', 'bool', [1, 0, 0, 0], () => of('bool', 0, 0, 1, 1).lt(of('bool', 1, 0, 1, 0))),
]);

table('bool', [
  row('add is or', 'bool', [0, 1, 1], () => of('bool', 0, 0, 1).add(of('bool', 0, 1, 1))),
  row('mul is and', 'bool', [0, 0, 1], () => of('bool', 0, 0, 1).mul(of('bool', 0, 1, 1))),
  row('pow is int8', 'int8', [1, 0, 1], () => of('bool', 0, 0, 1).pow(of('bool', 0, 1, 1))),
  row('div is float32', 'float32', [0, 1], () => of('bool', 0, 1).div(of('bool', 1, 1))),
  row('logic by truth', 'bool', [1, 0, 1], () => of('float32', 0.5, 0, NaN).logicalAnd(of('int8', -1, 1, 1))),
  row('logicalNot', 'bool', [1, 0, 0], () => of('float32', 0, 2, NaN).logicalNot()),
  row('logicalXor of integers', 'bool', [0, 1, 0], () => of('int32', 4, 4, 0).logicalXor(of('int32', 2, 0, 0))),
]);

table('tests of integers are constant', [
  row('isNaN', 'bool', [0, 0], () => of('int32', 0, -1).isNaN()),
  row('isFinite', 'bool', [1, 1], () => of('uint8', 0, 255).isFinite()),
  row('isInf', 'bool', [0, 0], () => of('bool', 0, 1).isInf()),
  row('isNaN of floats', 'bool', [1, 0, 0], () => of('float32', NaN, Infinity, 0).isNaN()),
  row('isFinite of floats', 'bool', [0, 0, 1], () => of('float32', NaN, -Infinity, 0).isFinite()),
  row('isInf of floats', 'bool', [0, 1, 0], () => of('float32', NaN, -Infinity, 3).isInf()),
]);

table('casts', [
  row('floats truncate', 'int32', [1, -1, 0], () => of('float32', 1.9, -1.9, -0.9).asType('int32')),
  row('floats saturate to int8', 'int8', [127, -128, 127, -128], () => of('float32', 128, -129, Infinity, -Infinity).asType('int8')),
  row('floats saturate to uint8', 'uint8', [255, 0, 255, 0], () => of('float32', 256, -1, Infinity, -Infinity).asType('uint8')),
  row('floats saturate to int32', 'int32', [2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1], () => of('float32', 2 ** 31, -(2 ** 31), 1e20).asType('int32')),
  row('floats saturate to uint32', 'uint32', [2 ** 32 - 1, 0, 2 ** 31], () => of('float32', 2 ** 32, -5, 2 ** 31).asType('uint32')),
  row('NaN becomes 0', 'int16', [0], () => of('float32', NaN).asType('int16')),
  row('integers wrap', 'int8', [-128, -1, 44], () => of('int32', 128, 255, 300).asType('int8')),
  row('signed to unsigned', 'uint32', [2 ** 32 - 1], () => of('int8', -1).asType('uint32')),
  row('to bool: not 0', 'bool', [1, 1, 0, 0, 1], () => of('float32', 0.1, NaN, 0, -0, -Infinity).asType('bool')),
  row('bool to number', 'float32', [0, 1], () => of('bool', 0, 1).asType('float32')),
  row('int32 to float32 rounds to even', 'float32', [2 ** 24, 2 ** 24 + 4], () => of('int32', 2 ** 24 + 1, 2 ** 24 + 3).asType('float32')),
  row('uint32 to float32', 'float32', [2 ** 32], () => of('uint32', 2 ** 32 - 1).asType('float32')),
]);

table('where', [
  row('picks', 'float32', [1, 20], () => wf.where(of('bool', 1, 0), of('float32', 1, 2), of('float32', 10, 20))),
  row('a condition of numbers is their truth', 'int8', [5, 6, 5], () => wf.where(of('float32', NaN, 0, -1), of('int8', 5, 5, 5), 6)),
  row('promotes', 'float32', [1, 0.5], () => wf.where(of('bool', 1, 0), of('int32', 1, 1), 0.5)),
  row('numbers on both sides', 'float32', [1, -1], () => wf.where(of('bool', 1, 0), 1, -1)),
  row('a constant condition', 'float32', [7, 8], () => wf.where(true, of('float32', 7, 8), 0)),
]);

table('functions of a number and an array', [
  row('sub', 'float32', [9, 8], () => wf.sub(10, of('float32', 1, 2))),
  row('div', 'float32', [0.5, 0.25], () => wf.div(1, of('int32', 2, 4))),
  row('pow', 'float32', [2, 8], () => wf.pow(2, of('float32', 1, 3)), 4),
  row('leftShift', 'int32', [2, 8], () => wf.leftShift(1, of('int32', 1, 3))),
  row('nested lists', 'float32', [11, 22], () => wf.add([10, 20], of('float32', 1, 2))),
  row('typed arrays keep their dtype', 'int32', [11, 22], () => of('int8', 1, 2).add(Int32Array.of(10, 20))),
]);

const integers = dtypeNames.filter((d) => !d.startsWith('float') && d !== 'bool');
table('every integer dtype', integers.flatMap((d) => [
  row(`${d}: identity of chained operations`, d, [5, 6, 7], () => of(d, 5, 6, 7).add(3).mul(2).sub(6).floorDiv(2)),
  row(`${d}: div is float32`, 'float32', [2.5, 3, 3.5], () => of(d, 5, 6, 7).div(2)),
  row(`${d}: a fraction makes float32`, 'float32', [5.5, 6.5, 7.5], () => of(d, 5, 6, 7).add(0.5)),
]));
