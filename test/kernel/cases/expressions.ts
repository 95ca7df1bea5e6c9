/** Operators, conditions and numbers. */
import { kernel } from '../language.ts';

/* eslint-disable eqeqeq, no-useless-assignment, no-constant-binary-expression */
/* eslint-disable @typescript-eslint/no-unused-expressions */

type F1 = (x: number) => unknown;
type F2 = (x: number, y: number) => unknown;
const of1 = (name: string, f: F1, options = {}) => kernel(name, f, options);
const of2 = (name: string, f: F2, options = {}) => kernel(name, f, options);

const COUNT = 3, SCALE = 0.5, ON = true, OFF = false;
const TAPS = [1, 2, 1], TABLE = [[1, 2, 3], [4, 5, 6]], SETTINGS = { gain: 2, range: { low: -1, high: [4, 5] } };
const FLOATS = Float32Array.of(0.5, 0.25, 0.125);
const constants = { COUNT, SCALE, ON, OFF, TAPS, TABLE, SETTINGS, FLOATS };

const loosely = { inputs: [[-3, -1, 0, 0.5, 1, 7]], close: { ulp: 64, atol: 1e-5 } };
const whole = [[-7, -1, 0, 1, 3, 12, 100], [2, 3, 5, 1, -2, 7, -9]];

export const expressions = [
  // arithmetic
  of2('sums and differences', (x, y) => x + y - 2 * x - -y),
  of2('products and quotients', (x, y) => x * y / 4 + 1 / y),
  of2('remainders have the sign of the dividend', (x, y) => x % y),
  of2('powers', (x, y) => x ** 2 + y ** 3 + Math.abs(x) ** 0.5, { close: { ulp: 16 } }),
  of2('a power of two variables', (x, y) => Math.abs(x) ** y,
    { inputs: [[0.5, 1, 2, 3, 7, 0], [2, -2, 5, 0, 1, 3]], close: { ulp: 16 } }),
  of1('powers associate to the right', (x) => x * 2 ** 3 ** 0),
  of1('plus and minus as signs', (x) => -x + +x - (-(-x)), { inputs: [[-3, -0.5, 0, 1, 7]] }),
  of2('operators in their order', (x, y) => x + y * x - y / 2 ** 2 % 3),
  of2('division by zero', (x, y) => [x / 0, 0 / (y - y), -1 / (x * 0)], { inputs: [[1, 2, -3], [1, 2, 3]], special: true }),

  // comparisons and conditions
  of2('less and greater', (x, y) => [x < y, x <= y, x > y, x >= y], { gives: ['bool', 'bool', 'bool', 'bool'] }),
  of2('equal and not, with two and with three signs', (x, y) => [x === y, x !== y, x == y, x != y]),
  of1('a number is compared with what it is not', (x) => [x < Infinity, x > -Infinity, x === x, x !== x],
    { gives: ['bool', 'bool', 'bool', 'bool'] }),
  of2('ternaries', (x, y) => (x < y ? x : y)),
  of2('ternaries in ternaries', (x, y) => (x < 0 ? (y < 0 ? 1 : 2) : y < 0 ? 3 : x > y ? 4 : 5)),
  of2('a ternary of a number', (x, y) => (x ? y : -y)),
  of2('a choice of numbers takes the dtype beside it', (x, y) => x * (y > 0 ? 1 : 0.5) + (x > 1 ? 3 : 4)),
  of2('and, or, not of comparisons', (x, y) => [x > 0 && y > 0, x > 0 || y > 0, !(x > 0), !(x > 0 && y > 1) || x === 2]),
  of2('and, or of numbers are one of them', (x, y) => [x && y, x || y, x && y || 4, (x || 1) && y]),
  of2('conditions of numbers', (x, y) => (x && y ? 1 : x || !y ? 2 : 3)),
  of1('not of a number', (x) => [!x, !!x, !!(x - 1)], { gives: ['bool', 'bool', 'bool'] }),
  of2('a condition that is known', (x, y) => (ON && !OFF ? x : y) + (OFF || COUNT > 2 ? 1 : 2) + (COUNT && SCALE ? 8 : 16),
    { constants }),
  of2('Boolean and Number', (x, y) => [Boolean(x), Number(x > y) + 1, +(x > y) * 2, Number(y)]),
  of2('bools in arithmetic', (x, y) => (x > 0 ? 1 : 0) + +(y > 0) - +(x > y)),
  of2('bools compared', (x, y) => [(x > 0) === (y > 0), (x > 0) !== (y > 0)]),

  // assignment
  of1('a chain of assignments', (x) => { let a, b; a = b = x + 1; a += b; return a * b; }),
  of1('arithmetic assignments', (x) => { let a = 5; a -= x; a *= 2; a /= 4; a += 1; a %= 3; return a; }),
  of1('a power assignment', (x) => {
    let a = x / 8; a **= 2; a **= 3; return a;
  }, { inputs: [[-3, -1, 0, 0.5, 2, 7]], close: { ulp: 32 } }),
  of1('logical assignments of bools', (x) => { let a = x > 0, b = x > 1; a &&= x > 2; b ||= x < -1; return [a, b]; }),
  of1('logical assignments of numbers', (x) => { let a = x, b = x; a &&= a + 1; b ||= 4; return [a, b]; }),
  of1('the value of an assignment', (x) => { let a = 1; const b = (a = x * 2) + a; return a + b; }),
  of1('before and after', (x) => { let i = 3; const a = i++ + ++i, b = i-- - --i; return a * 10 + b + i * x; }),
  of1('increments of a float', (x) => { let y = x; y++; ++y; return y-- * --y; }),
  of2('assignments in conditions', (x, y) => { let a = 0; if ((a = x + 1) > y) a = -a; return a; }),
  of2('assignments that a condition leaves out', (x, y) => {
    let a = 1; x > 0 && (a = 2); x > y || (a += 10); x > 1 ? a *= 3 : a -= 1; return a;
  }),
  of2('assignments inside conditions', (x, y) => {
    let a = 0;
    if (x > 0 && (a = 1) > 0 && y > 0 && (a = 2) > 0) a += 10;
    return a;
  }),
  of2('swaps', (x, y) => { [x, y] = [y, x]; return x - 2 * y; }),
  of2('a rotation', (x, y) => { let z = 1; [x, y, z] = [y, z, x]; return [x, y, z]; }),
  of1('commas', (x) => { let a = 1, b = 2; a = (b = x + b, b * 2); return (a += 1, b += 1, a - b); }),
  of1('commas as statements', (x) => { let a = 0; a += 1, x > 0 && (a = 2), a *= 2; return a; }),
  of1('void', (x) => (void 0, void (x > 1), x)),

  // bits, of floats inside the range of int32
  of2('and, or, exclusive or', (x, y) => [x & y, x | y, x ^ y], { inputs: whole, gives: ['int32', 'int32', 'int32'] }),
  of2('shifts', (x, y) => [x << 3, x >> 1, x >>> 1, y << 31, x >> y], { inputs: [whole[0], [1, 2, 3, 0, 4, 1, 2]] }),
  of1('not, twice not', (x) => [~x, ~~x, ~~(x * 1.5)], { inputs: [[-7, -1.5, 0, 0.5, 3, 1e6]] }),
  of1('conversions', (x) => [x | 0, x >>> 0], { inputs: [[0.5, 1.75, 3, 100, 2147483520]], gives: ['int32', 'uint32'] }),
  of1('bit assignments', (x) => {
    let a = 53; a |= x; a &= 61; a ^= 3; a <<= 2; a >>= 1; a >>>= 1; return a;
  }, { inputs: [whole[0]] }),
  of1('known bits', (x) => x + (5 & 6) + (5 | 6) + (5 ^ 6) + (1 << 4) + (-8 >> 1) + (-1 >>> 28) + ~5),

  // numbers, constants and members
  of1('literals', (x) => x + 0x10 + 0b11 + 0o17 + 1e-3 + 1_000 + .5 + 2.),
  of2('constants', (x, y) => x * COUNT + y * SCALE + (ON ? 1 : 0), { constants }),
  of2('constants in lists', (x, y) => x * TAPS[1] + y * TAPS[TAPS.length - 1], { constants }),
  of1('constants in objects', (x) => x + SETTINGS.gain * SETTINGS.range.high[1] + SETTINGS.range.low, { constants }),
  of2('tables of tables, and typed ones', (x, y) => x * TABLE[1][2] + y * TABLE[0][COUNT - 2] + FLOATS[2], { constants }),
  of1('tables at an index of the run', (x) => TAPS[x > 0 ? 1 : 0] * FLOATS[x > 1 ? 2 : 0] + TABLE[x > 2 ? 1 : 0][x > 3 ? 2 : 1], {
    constants,
  }),
  of1('members of Math', (x) => Math.PI * x + Math.E + Math.LN2 + Math.SQRT2 * x, { inputs: [[-3, 0, 1, 8]] }),
  of1('members of Number', (x) => (x > Number.MAX_SAFE_INTEGER ? 1 : 2) + (x * Number.EPSILON > 0 ? 4 : 8)),
  of1('Number.isNaN and its like', (x) => [Number.isNaN(x), isNaN(x / 2), Number.isFinite(x), isFinite(x), Number.isInteger(x)]),
  of2('Math.min and Math.max', (x, y) => [Math.min(x, y, 2), Math.max(x, y, -1, COUNT), Math.min(x), Math.max(x, -Infinity)], {
    constants,
  }),
  of1('rounding', (x) => [Math.floor(x), Math.ceil(x), Math.trunc(x), Math.round(x), Math.round(x * 0.5)]),
  of1('sign and absolute value', (x) => [Math.sign(x), Math.abs(x)]),
  of2('roots and hypotenuses', (x, y) => [Math.sqrt(x), Math.cbrt(x), Math.hypot(x, y), Math.hypot(x, y, 1)],
    { close: { ulp: 16 } }),
  // how exact these are is tested in test/math
  of1('exponentials', (x) => [Math.exp(x / 8), Math.expm1(x / 8)], loosely),
  of1('logarithms', (x) => [Math.log(x * x + 1), Math.log1p(x * x), Math.log2(x * x + 2), Math.log10(x * x + 2)], loosely),
  of1('trigonometry', (x) => [Math.sin(x), Math.cos(x), Math.tan(x / 8), Math.atan2(x, 2)], loosely),
  of1('inverse trigonometry', (x) => [Math.asin(x / 8), Math.acos(x / 8), Math.atan(x)], loosely),
  of1('hyperbolic functions', (x) => [Math.sinh(x), Math.cosh(x), Math.tanh(x)], loosely),
  of1('inverse hyperbolic functions', (x) => [Math.asinh(x), Math.acosh(1 + x * x), Math.atanh(x / 8)], loosely),
];
