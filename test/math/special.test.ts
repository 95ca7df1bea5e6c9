/** Zeros with their signs, infinities, NaN, subnormals and exact results: as in JavaScript, in both precisions. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expandMath, libraryFn } from '../../src/dsl/kernel/math/index.ts';
import { kernelFn } from '../../src/dsl/kernel/index.ts';
import { validateFn } from '../../src/dsl/kernel/validate.ts';
import { valuesOf } from '../../src/dsl/kernel/walk.ts';
import { opNames, ops, type OpName } from '../../src/dsl/ops.ts';
import { scalarFunction } from '../kernel/evaluate.ts';

const test = suite('math library, special values');
const names: readonly OpName[] = [
  'exp', 'exp2', 'expm1', 'log', 'log2', 'log10', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan',
  'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'cbrt',
];
const pairNames: readonly OpName[] = ['pow', 'atan2', 'hypot'];
const dtypes = ['float32', 'float64'] as const;
const close = (got: number, want: number): boolean =>
  Object.is(got, want) || Number.isFinite(want) && want !== 0 && Math.abs(got - want) <= Math.abs(want) * 2.5e-7;

const values = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, Infinity, -Infinity, NaN];

for (const dtype of dtypes) {
  const library = (op: OpName): (...args: number[]) => number => {
    const fn = libraryFn(op, dtype);
    if (!fn) throw new Error(`${op} is missing`);
    validateFn(fn);
    return scalarFunction(fn);
  };

  for (const op of names) {
    test(`${op} of ${dtype}`, () => {
      for (const x of values) {
        const got = library(op)(x), want = ops[op].js(x, 0, 0, dtype);
        assert.ok(close(got, want), `${op}(${Object.is(x, -0) ? '-0' : x}) = ${got}, expected ${want}`);
      }
    });
  }

  for (const op of pairNames) {
    test(`${op} of ${dtype}`, () => {
      const f = library(op);
      for (const x of values) for (const y of values) {
        const got = f(x, y), want = ops[op].js(x, y, 0, dtype);
        assert.ok(close(got, want), `${op}(${x}, ${y}) = ${Object.is(got, -0) ? '-0' : got}, expected ${want}`);
      }
    });
  }

  test(`exact results of ${dtype}`, () => {
    const [log2, exp2, cbrt, log10] = (['log2', 'exp2', 'cbrt', 'log10'] as const).map(library);
    for (let n = -126; n < 128; n++) {
      assert.is(log2(2 ** n), n);
      assert.is(exp2(n), 2 ** n);
    }
    for (let n = 1; n < 30; n++) assert.is(cbrt(n ** 3), n);
    for (let n = 0; n < 11; n++) assert.is(log10(10 ** n), n);
    for (let n = 1; n < 9; n++) assert.is(library('pow')(3, n), 3 ** n);
    assert.is(library('hypot')(3, 4), 5);
  });

  test(`subnormals of ${dtype}`, () => {
    const tiny = dtype === 'float32' ? 2 ** -149 : 5e-324;
    for (const op of ['sin', 'tan', 'asin', 'atan', 'sinh', 'tanh', 'asinh', 'atanh', 'expm1', 'log1p'] as const) {
      assert.is(library(op)(tiny), tiny, op);
      assert.is(library(op)(-3 * tiny), -3 * tiny, op);
    }
    assert.is(library('log2')(tiny), dtype === 'float32' ? -149 : -1074);
    assert.is(library('exp2')(dtype === 'float32' ? -149 : -1074), tiny);
    assert.is(library('hypot')(3 * tiny, 4 * tiny), 5 * tiny);
    assert.is(library('exp')(dtype === 'float32' ? -104 : -746), 0);
  });
}

test('library functions are made of primitive ops', () => {
  const inLibrary = new Set<OpName>([...names, ...pairNames]);
  for (const dtype of dtypes) {
    for (const op of opNames) {
      const fn = libraryFn(op, dtype);
      assert.is(fn !== undefined, inLibrary.has(op), op);
      for (const v of valuesOf(fn?.results ?? [])) assert.not.ok(v.kind === 'op' && inLibrary.has(v.op), `${op} uses itself or another function`);
    }
  }
});

test('expandMath replaces the functions in a kernel', () => {
  const fn = kernelFn((x: number, y: number) => Math.sin(x) * Math.hypot(x, y) + Math.sqrt(y), [
    { kind: 'scalar', dtype: 'float32' }, { kind: 'scalar', dtype: 'float32' },
  ], { rank: 0, label: 'test' });
  const expanded = expandMath(fn);
  validateFn(expanded);
  assert.not.ok(valuesOf(expanded.results).some((v) => v.kind === 'op' && (v.op === 'sin' || v.op === 'hypot')));
  assert.ok(close(scalarFunction(expanded)(0.5, 2), Math.sin(0.5) * Math.hypot(0.5, 2) + Math.SQRT2));
  assert.is(expandMath(expanded), expanded);
});

test.run();
