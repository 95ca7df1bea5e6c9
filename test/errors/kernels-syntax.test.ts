/** Syntax that kernels do not have, and what each is told to write instead. */
import * as wf from '../../src/index.ts';
import { bad, badKernels, type Call } from './bad-kernels.ts';

const constants = { W: [1, 2], options: { scale: 2 } };
const stencil: Call = (f) => wf.stencil(f as (u: wf.Neighbors1) => number, { constants })(wf.array([1, 2, 3]));

const text = 'kernels compute on numbers and bools, not on text';
const asNumber = 'pass a number, e.g. a mode as 0, 1, 2';
const madeOf = 'a kernel is made of numbers, variables, loops and functions';
const asArgument = 'pass what you need in as a parameter or through constants';
const plainFunctions = 'write an arrow function such as (x, y) => x + y, or a function that ends with return';
const missing = 'no value of a kernel is missing; test for NaN with Number.isNaN(x) ? y : x';
const flagged = 'return NaN, or a second result that flags the element';
const noSource = 'the source of this function cannot be read: it is built in, or made by bind()';

badKernels('kernels: expressions outside the language', 'stencil', stencil, [
  bad('(u) => u(0) + ▸"px"', text, asNumber),
  bad('(u) => ▸`${u(0)}`', text, asNumber),
  bad('(u) => W[▸"0"] + u(0)', text, asNumber),
  bad('(u) => u(0) + ▸null', 'null is not a number', 'use 0 or NaN'),
  bad('(u) => ▸10n * u(0)', 'bigint is not supported', 'write a plain number; integers are 32 bits wide'),
  bad('(u) => ▸/a/.test(u(0))', 'regular expressions are not supported', 'kernels compute on numbers and bools'),
  bad('(u) => (▸{ value: u(0) })', 'objects cannot be made here', 'return [a, b] gives several results; options come from constants'),
  bad('(u) => u(0) + ▸new Date()', 'objects cannot be made here', madeOf),
  bad('(u) => ▸new Uint8Array(3)[0] + u(0)', 'Uint8Array is not available', 'local arrays are [a, b] and new Array(n), new Float32Array(n), new Float64Array(n), new Int32Array(n), new Uint32Array(n)'),
  bad('(u) => [u(0), ▸...W][0]', "'...' is not supported", 'write the elements out'),
  bad('(u) => Math.max(▸...[u(0), 1])', "'...' is not supported", 'write the elements out'),
  bad('(u) => ▸[u(0), , 1]', 'the array has a hole', 'give every element'),
  bad('(u) => ▸u(0) ?? 1', "'??' is not supported", missing),
  bad('(u) => { let a = u(0); ▸a ??= 1; return a; }', "'??' is not supported", missing),
  bad('(u) => ▸options?.scale * u(0)', "'?.' is not supported", "constants are known to exist: use '.'"),
  bad('(u) => ▸typeof u(0) === "number" ? 1 : 0', 'typeof is not supported', 'the dtypes are known before the kernel runs'),
  bad('(u) => { ▸delete u.x; return u(0); }', 'delete is not supported', 'a kernel computes values'),
  bad('(u) => (▸1 in u ? u(0) : 1)', "'in' is not supported", 'write the comparison out'),
  bad('(u) => (▸u instanceof Array ? 1 : u(0))', 'instanceof is not supported', 'the dtypes are known before the kernel runs'),
  bad('function (u) { return ▸this.scale * u(0); }', "'this' is not available", asArgument),
  bad('function (u) { return ▸new.target + u(0); }', "'new.target' is not available", asArgument),
  bad('(u) => ▸import("x") + u(0)', 'importing is not possible', 'pass outer values in through constants'),
  bad('(u) => (▸class {}) + u(0)', 'classes are not supported', madeOf),
]);

badKernels('kernels: statements outside the language', 'stencil', stencil, [
  bad('(u) => { ▸switch (u(0)) { case 1: return 2; default: return 3; } }', 'switch is not supported', 'write if (mode === 0) ... else if (mode === 1) ...'),
  bad('(u) => { ▸throw u(0); }', 'throwing and catching are not possible', flagged),
  bad('(u) => { ▸try { return u(0); } catch { return 1; } }', 'throwing and catching are not possible', flagged),
  bad('(u) => { ▸for (const k in W) return 1; return u(0); }', 'for...in is not supported', 'count: for (let i = 0; i < n; i++)'),
  bad('(u) => { for (const x of ▸u) return 1; return u(0); }', 'only lists of constants and local arrays can be iterated', 'write for (let i = 0; i < n; i++)'),
  bad('(u) => { ▸class A {} return u(0); }', 'classes are not supported', madeOf),
  bad('(u) => { ▸with (Math) { return abs(u(0)); } }', 'WithStatement is not supported', madeOf),
  bad('(u) => { ▸a: { if (u(0) > 1) break a; } return 1; }', 'a label here is not supported', 'label a loop'),
  bad('(u) => { ▸5; return u(0); }', 'this statement has no effect', 'a kernel computes values: const y = ..., return ...'),
  bad('(u) => {\n  const a = u(0);\n  ▸a + 1;\n  return a;\n}', 'this statement has no effect', 'a kernel computes values: const y = ..., return ...'),
  bad('(u) => { ▸while (true) { u(0); } return 1; }', 'this loop never ends', 'leave it with break or return'),
  bad('(u) => { ▸for (;;) { const a = u(0); } }', 'this loop never ends', 'leave it with break or return'),
]);

badKernels('kernels: patterns outside the language', 'stencil', stencil, [
  bad('(u) => { const { ▸...r } = options; return u(0); }', 'only plain names can be destructured', 'const { a, b } = options'),
  bad('(u) => { const { ▸"scale": s } = options; return s * u(0); }', 'only plain names can be destructured', 'const { a, b } = options'),
  bad('(u) => { const [▸...r] = W; return u(0); }', "'...' is not supported", 'name the elements'),
  bad('(u) => { const ▸[a] = u(0); return a; }', 'only arrays can be destructured with []', 'const [a, b] = [x, y]'),
  bad('(u) => { const [a, b, ▸c] = W; return a + u(0); }', 'the array has 2 elements', 'give a default value: [a, b = 0]'),
  bad('(u) => { const f = (▸...v) => v[0]; return f(u(0)); }', "'...' is not supported", 'name the elements'),
  bad('(▸u = () => 0) => u(0)', 'default values of parameters are not supported', 'pass every argument, or take the value from constants'),
  bad('({ ▸u = 1 }) => u(0)', 'default values of parameters are not supported', 'pass every argument, or take the value from constants'),
  bad('(▸...u) => u[0](0)', 'rest parameters are not supported', 'name each parameter'),
  bad('([u, ▸...v]) => u(0)', 'rest parameters are not supported', 'name each parameter'),
  bad('(▸{ ["u"]: v }) => v(0)', 'this pattern of parameters is not supported', 'name the arrays: ([a, b]) => ..., ({ a, b }) => ...'),
]);

badKernels('kernels: functions that are none', 'stencil', stencil, [
  bad('▸async (u) => u(0)', 'async functions are not supported', 'it runs once per element, on numbers; await before the call'),
  bad('▸function* (u) { yield u(0); }', 'generators are not supported', 'return [a, b] gives several results'),
  bad('(u) => { const f = async (x) => x; return ▸f(u(0)); }', 'async functions are not supported', 'a kernel waits for nothing'),
  bad('(u) => { const f = function* (x) { yield x; }; return ▸f(u(0)); }', 'generators are not supported', 'return [a, b] gives several results'),
  bad('▸class {}', 'classes are not supported', plainFunctions),
]);

badKernels('kernels: functions without a text', 'stencil', stencil, [
  { ...bad('▸function abs() { [native code] }', noSource, plainFunctions), f: Math.abs },
  { ...bad('▸function () { [native code] }', noSource, plainFunctions), f: ((u: wf.Neighbors1) => u(0)).bind(null) },
]);
