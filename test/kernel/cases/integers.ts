/** Integers of 32 bits, explicit conversions, narrow dtypes, bools and float64. */
import * as wf from '../../../src/index.ts';
import { kernel } from '../language.ts';

type F1 = (x: number) => unknown;
type F2 = (x: number, y: number) => unknown;
const int = (name: string, f: F1 | F2, options = {}) => kernel(name, f, { dtype: 'int32', ...options });

export const integers = [
  int('sums, products, remainders', (x: number, y: number) => [x + y * 3, x - y, x * y, y === 0 ? 0 : x % y],
    { gives: ['int32', 'int32', 'int32', 'int32'] }),
  int('division gives floats', (x: number) => x / 4, { gives: 'float32' }),
  int('division to integers', (x: number) => [x / 4 | 0, Math.floor(x / 4), Math.trunc(x / 4)],
    { gives: ['int32', 'float32', 'float32'] }),
  int('powers', (x: number) => [x ** 2, x ** 0, (x % 5) ** 3], { gives: ['int32', 'int32', 'int32'] }),
  int('bits', (x: number, y: number) => [x & y, x | y, x ^ y, ~x, x << 2, x >> 1, x >>> 28],
    { gives: ['int32', 'int32', 'int32', 'int32', 'int32', 'int32', 'uint32'] }),
  int('minimum and maximum', (x: number, y: number) => [Math.min(x, y, 3), Math.max(x, -y)], { gives: ['int32', 'int32'] }),
  int('absolute value and sign', (x: number) => [Math.abs(x), Math.sign(x)], { gives: ['int32', 'int32'] }),
  int('imul wraps', (x: number) => [Math.imul(x, 123456789), Math.imul(x, -5)], { gives: ['int32', 'int32'] }),
  int('leading zeros', (x: number) => [Math.clz32(x), Math.clz32(x * x)], { gives: ['int32', 'int32'] }),
  int('a fraction makes floats', (x: number) => [x + 0.5, x * 0.25, x > 0.5], { gives: ['float32', 'float32', 'bool'] }),
  int('Collatz', (x: number) => {
    let n = x > 0 ? x : 1 - x, c = 0;
    while (n !== 1) { n = n % 2 === 0 ? n / 2 | 0 : 3 * n + 1; c++; }
    return c;
  }, { gives: 'int32' }),
  int('greatest common divisor', (x: number, y: number) => {
    let a = Math.abs(x), b = Math.abs(y);
    while (b !== 0) [a, b] = [b, a % b];
    return a;
  }, { gives: 'int32' }),
  int('digits', (x: number) => {
    let n = Math.abs(x), s = 0;
    do { s += n % 10; n = n / 10 | 0; } while (n > 0);
    return s;
  }, { gives: 'int32' }),
  int('prime numbers', (x: number) => {
    const n = Math.abs(x);
    if (n < 2) return false;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
    return true;
  }, { gives: 'bool' }),
  int('bits counted', (x: number) => { let n = x, c = 0; while (n !== 0) { n &= n - 1; c++; } return c; }, { gives: 'int32' }),
  int('a power modulo', (x: number) => {
    let b = Math.abs(x) % 97, e = 13, r = 1;
    while (e > 0) { if (e & 1) r = r * b % 97; b = b * b % 97; e >>= 1; }
    return r;
  }, { gives: 'int32' }),
  int('xorshift', (x: number) => {
    let s = (x | 0) + 12345 >>> 0;
    for (let i = 0; i < 5; i++) { s = (s ^ s << 13) >>> 0; s = (s ^ s >>> 17) >>> 0; s = (s ^ s << 5) >>> 0; }
    return s;
  }, { gives: 'uint32' }),
  int('xorshift by assignments', (x: number) => {
    let s = x | 1;
    for (let i = 0; i < 40; i++) { s ^= s << 13; s ^= s >>> 17; s ^= s << 5; }
    return s;
  }, { gives: 'int32' }),
  int('a linear congruential generator', (x: number) => {
    let s = x >>> 0;
    for (let i = 0; i < 40; i++) s = Math.imul(s, 1664525) + 1013904223 >>> 0;
    return s;
  }, { gives: 'uint32' }),
  int('FNV hash', (x: number) => {
    let h = 0x811c9dc5 | 0;
    for (let i = 0; i < 4; i++) { h ^= x >>> i * 8 & 255; h = Math.imul(h, 16777619); }
    return h >>> 0;
  }, { gives: 'uint32' }),
  int('a mixer', (x: number) => {
    let h = x; h = Math.imul(h ^ h >>> 16, 0x85ebca6b | 0); h = Math.imul(h ^ h >>> 13, 0xc2b2ae35 | 0);
    return (h ^ h >>> 16) >>> 0;
  }, { gives: 'uint32' }),
  int('uint32', (x: number) => [x >>> 0, (x >>> 0) % 7, x >>> 0 > 100, (x >>> 0) / 2],
    { gives: ['uint32', 'uint32', 'bool', 'float32'] }),
  int('conversions by functions', (x: number) => [wf.i32(x / 2), wf.u32(x), wf.f32(x) / 3, wf.i32(2.75) + x],
    { gives: ['int32', 'uint32', 'float32', 'int32'] }),
  kernel('conversions of floats', (x: number) => [wf.i32(x * 1.5), wf.u32(x), wf.f32(x)],
    { inputs: [[-3.5, -0.25, 0, 0.5, 7.75, 1e6]], gives: ['int32', 'uint32', 'float32'] }),
];

const narrow = (dtype: 'uint8' | 'int8' | 'uint16' | 'int16', values: readonly number[]) =>
  kernel(`${dtype} computes as int32`, (x: number) => [x + 200, x * x, -x, x / 2, x],
    { inputs: [{ dtype, values }], gives: ['int32', 'int32', 'int32', 'float32', 'int32'] });

export const dtypes = [
  narrow('uint8', [0, 1, 100, 255, 128]),
  narrow('int8', [0, 1, -100, 127, -128]),
  narrow('uint16', [0, 1, 1000, 40000, 32768]),
  narrow('int16', [0, 1, -1000, 32767, -32768]),
  kernel('uint32 stays', (x: number) => [x + 1, x % 10, x >> 1, x >>> 1],
    { inputs: [{ dtype: 'uint32', values: [0, 1, 5, 1000000] }], gives: ['uint32', 'uint32', 'int32', 'uint32'] }),
  kernel('bools in and out', (a: boolean, b: boolean) => [a && !b, a || b, a !== b, a === b, a ? 1 : 2],
    { dtype: 'bool', gives: ['bool', 'bool', 'bool', 'bool', 'float32'] }),
  kernel('bools counted', (a: boolean, b: boolean) => {
    let n = 0;
    if (a) n++;
    if (b) n++;
    n += Number(a);
    return n + +b;
  }, { dtype: 'bool' }),
  kernel('a bool and a float', (a: boolean, x: number) => (a ? x : -x) + (a && x > 1 ? 1 : 0),
    { inputs: [{ dtype: 'bool', values: [0, 1, 1, 0] }, [1, 2, -3, 0.5]], gives: 'float32' }),
  kernel('an integer and a float', (n: number, x: number) => {
    let s = 0;
    for (let i = 0; i < n; i++) s += x;
    return s;
  }, { inputs: [{ dtype: 'int32', values: [0, 1, 5, 9] }, [1, 2, -3, 0.5]], gives: 'float32' }),
  kernel('an integer and a byte', (n: number, b: number) => n * b + b % 3, {
    inputs: [{ dtype: 'int32', values: [0, 1, 5, -9] }, { dtype: 'uint8', values: [1, 200, 255, 7] }], gives: 'int32',
  }),
  kernel('float64', (x: number) => {
    let s = 0;
    for (let i = 1; i <= 10; i++) s += x / i;
    return s * 0.1;
  }, { dtype: 'float64', inputs: [[0.1, 1 / 3, 1e-20, 12345.678]], gives: 'float64', close: { rtol: 1e-15 } }),
  kernel('float64: numbers are doubles', (x: number) => [x > 0 ? 0.1 : 0.2, x + 1e-12, x * 1e300],
    { dtype: 'float64', inputs: [[1, -1, 3]], gives: ['float64', 'float64', 'float64'], close: {} }),
  kernel('float64: roots by Newton', (x: number) => {
    let r = x > 1 ? x : 1;
    for (let i = 0; i < 60; i++) { const next = (r + x / r) / 2; if (Math.abs(next - r) < 1e-15 * r) return next; r = next; }
    return r;
  }, { dtype: 'float64', inputs: [[2, 3, 0.25, 1e6, 144]], close: { rtol: 1e-15 } }),
  kernel('float64 beside integers', (x: number, n: number) => x * n + n / 3, {
    inputs: [{ dtype: 'float64', values: [0.1, 2, -3.5] }, { dtype: 'int32', values: [3, -7, 100] }],
    gives: 'float64', close: { rtol: 1e-15 },
  }),
];
