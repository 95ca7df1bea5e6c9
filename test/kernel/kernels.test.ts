/** Kernels compute what the same function computes when it is called with numbers; and the dtypes of what they return. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelFn, lowerKernel, neighborhoodOf, usageOf, type KernelFunction, type KernelParam } from '../../src/dsl/kernel/index.ts';
import { expandMath } from '../../src/dsl/kernel/math/index.ts';
import { validateFn } from '../../src/dsl/kernel/validate.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { evaluator, scalarFunction } from './evaluate.ts';

const test = suite('kernels');
type U1 = (i: number) => number;
type U2 = (i: number, j: number) => number;
const scalars = (...dtypes: DType[]): KernelParam[] => dtypes.map((dtype) => ({ kind: 'scalar', dtype }));
const arrays = (...dtypes: DType[]): KernelParam[] => dtypes.map((dtype) => ({ kind: 'array', dtype }));
const compile = (f: KernelFunction, params: KernelParam[], constants?: Record<string, unknown>, rank = 0) => {
  const fn = kernelFn(f, params, { rank, label: 'test', constants });
  validateFn(fn);
  return fn;
};

// ---- the same numbers as in JavaScript: float64 kernels of two scalars ----

const N = 3, W = [1, 2, 1], options = { scale: 0.5, kinds: { exact: true } }, DEBUG = false;
const constants = { N, W, options, DEBUG };
type F2 = (x: number, y: number) => number;
const methods = {
  method(x: number, y: number) {
    return x - y;
  },
};

const kernels: readonly F2[] = [
  (x, y) => x + y * 2 - x / y,
  (x, y) => x % y + (-x) % y,
  (x, y) => x ** 2 + y ** 3 - x ** 0 + Math.abs(x) ** y,
  (x, y) => (x < y ? x : y) + (x >= y ? 1 : 0.5),
  (x, y) => (x === y || x > 0 && !(y < 0) ? 1 : -1),
  (x, y) => (x ? 2 : 3) + (!y ? 0.25 : 0.125),
  (x, y) => { const a = x * x, b = y * y; const c = a + b; return Math.sqrt(c); },
  // eslint-disable-next-line prefer-const
  (x, y) => { let s = x; { const s2 = s * 2; return s2 + y; } },
  function named(x, y) { return Math.max(x, y, N) - Math.min(x, y, -N); },
  methods.method,
  (x, y) => x * W[0] + y * W[W.length - 2] * W[N - 1],
  (x, y) => (DEBUG ? x : y) * options.scale + (options.kinds.exact ? 1 : 0),
  (x, y) => { const [a, b] = [x + 1, y + 1]; const { scale } = options; const [, w] = W; return a * b * scale * w; },
  (x, y) => Math.floor(x) + Math.ceil(y) + Math.trunc(x) + Math.round(y) + Math.round(-2.5) + Math.sign(x),
  (x, y) => Math.hypot(x, y, 2) + Math.hypot(x) + Math.hypot(),
  (x, y) => Math.PI * x + Math.E + Math.LN2 + Math.LN10 + Math.LOG2E + Math.LOG10E + Math.SQRT2 + Math.SQRT1_2 * y,
  (x, y) => Math.exp(x / 8) + Math.expm1(y / 8) + Math.log(x * x + 1) + Math.log1p(y * y),
  (x, y) => Math.log2(3 + x * x) + Math.log10(2 + y * y),
  (x, y) => Math.sin(x) + Math.cos(y) + Math.tan(x) + Math.asin(x / 99) + Math.acos(y / 99) + Math.atan(x) + Math.atan2(x, y),
  (x, y) => Math.sinh(x / 8) + Math.cosh(y / 8) + Math.tanh(x) + Math.asinh(y) + Math.acosh(1 + x * x) + Math.atanh(y / 99),
  (x, y) => Math.cbrt(x) + Math.pow(y * y, 1.5) + Math.fround(x) + Math.sqrt(y * y),
  (x, y) => Math.imul(x, y) + Math.clz32(Math.abs(x)) + Math.clz32(0) + Math.clz32(y * y * 1e6),
  (x, y) => (x | 0) + (~~y) + (x & 6) + (y ^ 5) + (Math.abs(x) << 2) + (x >> 1) + (Math.abs(y) >>> 1) + (-1 >>> 28),
  (x, y) => (Number.isNaN(x / y - x / y) ? 1 : 2) + (Number.isFinite(x / 0) ? 4 : 8) + (isNaN(y) ? 16 : 32),
  (x, y) => (Number.isInteger(x) ? 64 : 0) + (Number.isInteger(y / 0) ? 1 : 2),
  (x, y) => Number(x > y) + +(x < y) * 2 + (Boolean(x) === y > 0 ? 5 : 6),
  (x, y) => 1 / 0 > x && y !== Infinity ? Number.EPSILON : Number.MAX_VALUE,
  (x, y) => (x > 0 ? (y > 0 ? 1 : 2) : 3) * 2 + -(x > y ? 1 : 2),
  // what minifiers write
  (x, y) => (void 0, x + y),
  // eslint-disable-next-line eqeqeq
  (x, y) => (x == y ? x : 0) + (x != y ? 2 : 0) + 0x10 + 1e-3 + 1_000,
];

const points = [[1, 2], [2, 1], [-3.5, 2.5], [0, 4], [4, 4], [-2, -7.25], [2.5, -0.5], [7, 3]];

for (const f of kernels) {
  test(`${f.toString().replace(/\s+/g, ' ')}`, () => {
    const g = scalarFunction(compile(f as KernelFunction, scalars('float64', 'float64'), constants));
    for (const [x, y] of points) {
      const got = g(x, y), want = f(x, y);
      assert.ok(Object.is(got, want) || Math.abs(got - want) <= 1e-14 * Math.abs(want), `f(${x}, ${y}) = ${got}, expected ${want}`);
    }
  });
}

test('the math library computes the same kernels', () => {
  for (const f of kernels) {
    const g = scalarFunction(expandMath(compile(f as KernelFunction, scalars('float64', 'float64'), constants)));
    for (const [x, y] of points) {
      const got = g(x, y), want = f(x, y);
      assert.ok(Object.is(got, want) || Math.abs(got - want) <= 1e-13 * Math.abs(want), `${f.toString()}: f(${x}, ${y}) = ${got}, expected ${want}`);
    }
  }
});

// ---- dtypes ----

const typed: readonly [string, KernelFunction, DType[], DType][] = [
  ['literals take the dtype beside them', (x: number) => x + 1, ['int32'], 'int32'],
  ['a fraction makes float32 of integers', (x: number) => x + 0.5, ['int32'], 'float32'],
  ['a fraction keeps float64', (x: number) => x + 0.5, ['float64'], 'float64'],
  ['narrow integers compute as int32', (x: number) => x, ['uint8'], 'int32'],
  ['uint32 stays uint32', (x: number) => x + 1, ['uint32'], 'uint32'],
  ['uint32 beside a negative number is int32', (x: number) => x * -1, ['uint32'], 'int32'],
  ['int32 with uint32 is int32', (x: number, y: number) => x + y, ['int32', 'uint32'], 'int32'],
  ['integers with float32 are float32', (x: number, y: number) => x * y, ['int32', 'float32'], 'float32'],
  ['division is floating', (x: number) => x / 2, ['int32'], 'float32'],
  ['remainder of integers is an integer', (x: number) => x % 2, ['int32'], 'int32'],
  ['a whole power of an integer is an integer', (x: number) => x ** 5, ['int16'], 'int32'],
  ['other powers of integers are floats', (x: number) => x ** -1, ['int32'], 'float32'],
  ['comparisons are bool', (x: number) => x > 1, ['float32'], 'bool'],
  ['bool in arithmetic is int32', (x: number) => +(x > 1) + 1, ['float32'], 'int32'],
  ['bool stays bool', (x: number) => x, ['bool'], 'bool'],
  ['choosing between whole numbers among integers', (x: number) => x * (x > 0 ? 1 : -1), ['int32'], 'int32'],
  ['choosing between fractions among float64', (x: number) => x * (x > 0 ? 0.1 : 0.2), ['float64'], 'float64'],
  ['choosing unifies', (x: number, y: number) => (x > 0 ? x : y), ['int32', 'float32'], 'float32'],
  ['bare numbers are float32', (x: number) => (x > 0 ? 1 : 0), ['int32'], 'float32'],
  ['bare numbers are float64 in a float64 kernel', (x: number) => (x > 0 ? 0.1 : 0.2), ['float64'], 'float64'],
  ['| 0 truncates', (x: number) => x | 0, ['float32'], 'int32'],
  ['>>> 0 is uint32', (x: number) => x >>> 0, ['float64'], 'uint32'],
  ['bit operators are int32', (x: number) => x & 0xff, ['uint32'], 'int32'],
  ['sqrt of integers is float32', (x: number) => Math.sqrt(x), ['int32'], 'float32'],
  ['abs, min, max, sign, floor keep integers', (x: number) => Math.max(Math.abs(Math.floor(x)), Math.sign(x)), ['int8'], 'int32'],
  ['fround is float32', (x: number) => Math.fround(x), ['float64'], 'float32'],
  ['imul is int32', (x: number) => Math.imul(x, 3), ['float32'], 'int32'],
];

for (const [name, f, dtypes, want] of typed) {
  test(`dtype: ${name}`, () => assert.is(compile(f, scalars(...dtypes)).results[0].dtype, want));
}

test('choices of fractions keep double precision in float64 kernels', () => {
  const f = scalarFunction(compile((x: number) => x * (x > 0 ? 0.1 : 0.2), scalars('float64')));
  assert.is(f(3), 3 * 0.1);
  assert.is(f(-3), -3 * 0.2);
});

test('uint8 neighbours do not wrap', () => {
  const fn = compile((u: U1) => u(-1) + u(1), arrays('uint8'), undefined, 1);
  assert.equal(evaluator(fn)(() => 200), [400]);
});

// ---- stencils ----

test('relative reads', () => {
  const fn = compile((u: U2) => u(0, 0) + 0.5 * (u(-1, 0) + u(1, 0) - u(0, 2 * N - 7)), arrays('float32'), { N }, 2);
  assert.equal(evaluator(fn)((_, [i = 0, j = 0]) => 100 * i + j), [0.5 * 1]);
  assert.is(fn.rank, 2);
});

test('several results and several parameters', () => {
  const f = (u: U1, v: U1, s: number) => [u(1) * s, v(-1) > s, 7];
  const fn = compile(f, [...arrays('float32', 'int32'), ...scalars('float32')], undefined, 1);
  assert.equal(fn.results.map((r) => r.dtype), ['float32', 'bool', 'float32']);
  assert.equal(fn.inputs.map((i) => i.name), ['u', 'v', 's']);
  assert.equal(evaluator(fn)((input, [i = 0]) => 10 * input + i), [20, 0, 7]);
});

test('neighbourhoods count dead reads, and always the current element', () => {
  const f = (u: U1, v: U1) => { const [, used] = [u(-3), v(2)]; u(4); return used + v(1) + (DEBUG ? u(9) : 0); };
  const lowered = lowerKernel(f, arrays('float32', 'float32'), { rank: 1, label: 'test', constants });
  assert.equal(neighborhoodOf(lowered), [{ lo: [-3], hi: [4] }, { lo: [0], hi: [2] }], 'what a constant leaves out is not there');
});

test('neighbourhoods of loops', () => {
  const f = (u: U2) => {
    let s = 0;
    for (let i = -N; i <= N; i += 2) for (let j = i; j < 2; j++) s += u(i, j);
    return s;
  };
  assert.equal(neighborhoodOf(lowerKernel(f, arrays('float32'), { rank: 2, label: 'test', constants })), [{ lo: [-3, -3], hi: [1, 1] }]);
});

// ---- what a kernel's text says of its parameters ----

const used = (f: KernelFunction, outer?: Readonly<Record<string, unknown>>) => usageOf(f, 'test', outer).map(({ name, indices, indexed, written }) =>
  `${name}${indices === undefined ? '' : ` called ${indices}`}${indexed === undefined ? '' : ` indexed ${indexed}`}${written ? ' written' : ''}`);
type Mat = readonly (readonly number[])[] & { shape: readonly number[] };

const usages: readonly [string, () => string[], string[]][] = [
  ['calls and scalars', () => used((u: U2, s: number, v: U1) => { const a = u(0, 1); return a * s + Math.sqrt(v(1)); }), ['u called 2', 's', 'v called 1']],
  ['indices', () => used((x: Mat, y: number[], n: number) => x[n][0] + y[1] + x[0].length), ['x indexed 2', 'y indexed 1', 'n']],
  ['shapes', () => used((x: Mat, y: number[]) => x.shape[1] + y.length), ['x indexed 0', 'y indexed 0']],
  ['stores', () => used((x: number[], y: number[], z: number[][]) => { y[0] = x[0]; z[1][0] += 1; [y[1]] = [x[1]]; }), ['x indexed 1', 'y indexed 1 written', 'z indexed 2 written']],
  ['rows', () => used((x: number[][], y: number[][]) => { const a = x[0], b = y[1]; b[0] = a[1]; }), ['x indexed 2', 'y indexed 2 written']],
  ['functions inside', () => used((x: number[][], u: U1) => { const f = (r: number[], g: U1) => r[0] + g(1); return f(x[1], u); }), ['x indexed 2', 'u called 1']],
  ['functions that store', () => used((x: number[]) => { function put(to: number[], v: number) { to[0] = v; } put(x, 1); }), ['x indexed 1 written']],
  ['helpers', () => used((x: number[], u: U1) => first(x, u), { first: (r: number[], g: U1) => r[0] + g(1) }), ['x indexed 1', 'u called 1']],
  ['patterns', () => used(([u, { v }]: [U1, { v: U1 }], [x]: number[][]) => u(1) + v(1) + x[0]), ['u called 1', 'v called 1', 'x indexed 1']],
  // the bundler would rename these: they are given as text
  ['a parameter of a function with the same name', () => used(textual('(x, y) => { const f = (x) => x[0] + x[1]; return f([y, x]); }')), ['x', 'y']],
  ['a variable of a block with the same name', () => used(textual('(x) => { { const x = [1, 2]; x[0] = 5; } return x; }')), ['x']],
  ['a function of the same name', () => used(textual('(f) => { { function f(v) { return v; } f(1); } return f; }')), ['f']],
];
declare const first: (r: number[], g: U1) => number;
// eslint-disable-next-line no-new-func
const textual = (text: string) => new Function(`return ${text}`)() as KernelFunction;

for (const [name, actual, expected] of usages) test(`parameters: ${name}`, () => assert.equal(actual(), expected));

test('equal kernels have equal keys', () => {
  const key = (f: KernelFunction) => compile(f, scalars('float32')).key;
  assert.is(key((x: number) => x * 2 + 1), key(function other(y: number) { const a = 2; return y * a + 1; }));
});

test('a kernel is parsed in well under a millisecond, and fast when it is lowered again', () => {
  const f = (x: number, y: number) => { const a = x * y; return Math.sqrt(a * a + 1) * (a > 0 ? x : y) + Math.hypot(x, y); };
  compile(f, scalars('float32', 'float32'));
  const start = performance.now();
  for (let k = 0; k < 100; k++) compile(f, scalars('float32', 'float32'));
  assert.ok((performance.now() - start) / 100 < 5);
});

test.run();
