/** Zeros with their signs, infinities, NaN, subnormals and exact results: as in JavaScript, in both precisions. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expandMath, libraryFn } from '../../src/dsl/kernel/math/index.ts';
import { blockOf, type Block } from '../../src/dsl/kernel/blocks.ts';
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
/** These mean what the library says, so what they give at special values is written out. */
const specialNames: readonly OpName[] = ['erf', 'erfc', 'gamma', 'lgamma'];
const specialValues: Readonly<Record<string, readonly (readonly [x: number, value: number])[]>> = {
  erf: [[0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1], [NaN, NaN], [7, 1], [-7, -1], [0.5, 0.5204998778130465]],
  erfc: [[0, 1], [-0, 1], [Infinity, 0], [-Infinity, 2], [NaN, NaN], [-7, 2], [30, 0], [1e30, 0], [0.5, 0.4795001221869535]],
  gamma: [
    [0, Infinity], [-0, -Infinity], [Infinity, Infinity], [-Infinity, NaN], [NaN, NaN], [-1, NaN], [-2, NaN], [-50, NaN],
    [-200, NaN], [-1e10, NaN], [172, Infinity], [1e30, Infinity], [-185.5, 0], [-186.5, -0], [-1e5 - 0.5, -0],
    [0.5, 1.772453850905516], [-0.5, -3.5449077018110322], [-1.5, 2.363271801207355], [-5.5, 0.010912654781909813],
  ],
  lgamma: [
    [0, Infinity], [-0, Infinity], [Infinity, Infinity], [-Infinity, Infinity], [NaN, NaN], [1, 0], [2, 0], [-1, Infinity],
    [-2, Infinity], [-17, Infinity], [-100, Infinity], [-1e20, Infinity], [3, Math.LN2], [0.5, 0.5723649429247001],
    [-0.5, 1.2655121234846454], [-2.5, -0.056243716497674054], [1e20, 4.505170185988091e21],
  ],
};
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

  for (const op of specialNames) {
    test(`${op} of ${dtype}`, () => {
      for (const [x, want] of specialValues[op]) {
        const got = library(op)(dtype === 'float32' ? Math.fround(x) : x);
        assert.ok(close(got, want), `${op}(${Object.is(x, -0) ? '-0' : x}) = ${Object.is(got, -0) ? '-0' : got}, expected ${want}`);
      }
    });
  }

  test(`factorials of ${dtype}`, () => {
    const gamma = library('gamma');
    let factorial = 1;
    for (let n = 1; n <= (dtype === 'float32' ? 10 : 17); n++) {
      assert.is(gamma(n + 1), factorial *= n);
      assert.ok(Math.abs(library('lgamma')(n + 1) - Math.log(factorial)) <= 4e-7 * Math.log(factorial), `lgamma(${n + 1})`);
    }
    assert.is(gamma(dtype === 'float32' ? 36 : 172), Infinity);
    assert.ok(Number.isFinite(gamma(dtype === 'float32' ? 35 : 171)));
  });

  test(`gamma of the smallest ${dtype} numbers`, () => {
    for (const x of dtype === 'float32' ? [2 ** -127, 2 ** -126, 1e-20] : [2 ** -1023, 2 ** -1022, 1e-200]) {
      const y = dtype === 'float32' ? Math.fround(x) : x;
      assert.ok(close(library('gamma')(y), 1 / y) && close(library('gamma')(-y), -1 / y), `gamma(${y})`);
    }
    const tiny = dtype === 'float32' ? 2 ** -149 : 5e-324;
    assert.is(library('gamma')(tiny), Infinity);
    assert.is(library('gamma')(-tiny), -Infinity);
    assert.ok(close(library('lgamma')(tiny), -Math.log(tiny)));
    assert.is(library('erf')(-3 * tiny), -3 * tiny);
  });

  test(`angles of any size in ${dtype}`, () => {
    // 1e22 is a double; the others are what is nearest in float32 to it and to the largest double.
    const [x, sine, cosine, tangent] = dtype === 'float32'
      ? [2 ** 127 * (2 - 2 ** -23), -0.5218765, 0.8530210, -0.6117979]
      : [1e22, -0.8522008497671888, 0.5232147853951389, -1.628778225606898];
    assert.ok(close(library('sin')(x), sine) && close(library('sin')(-x), -sine), `sin: ${library('sin')(x)}`);
    assert.ok(close(library('cos')(x), cosine) && close(library('cos')(-x), cosine), `cos: ${library('cos')(x)}`);
    assert.ok(close(library('tan')(x), tangent) && close(library('tan')(-x), -tangent), `tan: ${library('tan')(x)}`);
  });

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
  const inLibrary = new Set<OpName>([...names, ...pairNames, ...specialNames]);
  for (const dtype of dtypes) {
    for (const op of opNames) {
      const fn = libraryFn(op, dtype);
      assert.is(fn !== undefined, inLibrary.has(op), op);
      for (const v of valuesOf(fn?.results ?? [])) assert.not.ok(v.kind === 'op' && inLibrary.has(v.op), `${op} uses itself or another function`);
    }
  }
});

/** Values, with those in branches. */
const sizeOf = (block: Block): number =>
  block.reduce((n, s) => n + (s.kind === 'branch' ? 1 + sizeOf(s.yes) + sizeOf(s.no) : 1), 0);

test('large angles cost nothing where there are none', () => {
  // What they need is on one side of a branch, also where a kernel has several functions of one angle.
  for (const dtype of dtypes) {
    const fn = kernelFn((x: number) => Math.sin(x) + Math.cos(x) + Math.tan(x), [{ kind: 'scalar', dtype }], { rank: 0, label: 'test' });
    const block = blockOf(expandMath(fn));
    const [plain, branches] = [block.filter((s) => s.kind === 'let'), block.filter((s) => s.kind === 'branch')];
    assert.is(branches.length, 3);
    assert.ok(plain.length < 180, `${plain.length} values are computed in any case`);
    for (const b of branches) assert.ok(sizeOf([b]) > 140, `only ${sizeOf([b])} values are in a branch`);
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
