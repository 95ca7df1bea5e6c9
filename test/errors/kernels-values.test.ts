/** Kernels whose values do not fit: what they return, dtypes, arrays inside, functions. */
import * as wf from '../../src/index.ts';
import { bad, badKernels, type Call } from './bad-kernels.ts';

const floats = wf.array([1, 2, 3]), ints = wf.array([1, 2, 3], { dtype: 'int32' });
const vectorize = (x: wf.WeftArray): Call => (f) => {
  const call = wf.vectorize(f as (...v: number[]) => number) as (...a: wf.WeftArray[]) => unknown;
  return call(...Array.from({ length: f.length }, () => x));
};

const everywhere = 'return arrays of the same length everywhere';
const noWay = 'not every way through the function returns a value';
const loop = 'recursion is not supported: use a loop';
const arrayAsNumber = 'an array cannot be used as a number';

badKernels('kernels: what they return', 'vectorize', vectorize(floats), [
  bad('(x) => ▸{ const a = x; }', 'the kernel does not return a value', 'end it with return, e.g. return x * 2'),
  bad('(x) => ▸{ return; }', 'the kernel does not return a value', 'end it with return, e.g. return x * 2'),
  bad('(x) => ▸{ if (x > 0) return 1; }', noWay, 'end it with a return'),
  bad('(x) => ▸{ for (let i = 0; i < x; i++) if (x > i) return i; }', noWay, 'end it with a return'),
  bad('(x) => ▸{ if (x > 0) return [1, 2]; }', noWay, 'end it with a return'),
  bad('(x) => { const f = (v) => ▸{ if (v > 0) return 1; }; return f(x); }', noWay, 'end it with a return'),
  bad('(x) => { if (x > 0) ▸return; return 3; }', 'one return gives a value, this one none', 'return a value everywhere, or store into parameters and return nothing'),
  bad('(x) => { if (x > 0) return [1, 2]; ▸return 3; }', 'one return gives an array, another one a number', everywhere),
  bad('(x) => { if (x > 0) return 3; ▸return [1, 2]; }', 'one return gives an array, another one a number', everywhere),
  bad('(x) => { if (x > 0) return [1, 2]; ▸return [1, 2, 3]; }', 'one return gives 2 values, another one 3', everywhere),
  bad('(x) => ▸[]', 'the kernel returns an empty array', 'return a number, or [a, b] for several results'),
  bad('(x) => ▸[[x], [1]]', 'the kernel returns an array of arrays', 'return [a, b]: numbers only'),
  bad('(x) => ▸Math.sin', "'Math.sin' is a function", 'call it: Math.sin(...)'),
]);

const keepToOne = 'keep to one: x | 0 gives int32, x >>> 0 gives uint32';
badKernels('kernels: dtypes of integers', 'vectorize', vectorize(ints), [
  bad('(x) => { let s = x >>> 0; ▸for (let i = 0; i < x; i++) s = s ^ i; return s; }', "'s' is uint32 before the loop and int32 after a turn", keepToOne),
  bad('(x) => {\n  let n = 0;\n  ▸while (n < x) {\n    n++;\n    x = x + n >>> 0;\n  }\n  return x;\n}', "'x' is int32 before the loop and uint32 after a turn", keepToOne),
  bad('(x) => { let s = x >>> 0; ▸for (let i = 0; i < x; i++) s = -1; return s; }', "'s' is uint32 before the loop and int32 after a turn", keepToOne),
  bad('(x) => ▸x + 5000000000', 'the number 5000000000 does not fit int32 (-2147483648 to 2147483647)', 'compute in floats: Math.fround(x) makes a float32 of an integer x'),
  bad('(x) => ▸(x >>> 0) * 4294967296', 'the number 4294967296 does not fit uint32 (0 to 4294967295)', 'compute in floats: Math.fround(x) makes a float32 of an integer x'),
  bad('(x) => ▸x > 0 && x', '&& takes two bools or two numbers: the left side is a bool, the right side a number', 'write a !== 0 && b !== 0, or a ternary: a !== 0 ? b : c'),
  bad('(x) => ▸x || x > 1', '|| takes two bools or two numbers: the left side is a number, the right side a bool', 'write a !== 0 || b !== 0, or a ternary: a !== 0 ? b : c'),
]);

badKernels('kernels: numbers of arguments', 'vectorize', vectorize(floats), [
  bad('(x) => ▸Math.sin(1, x)', 'Math.sin takes 1 argument, got 2'),
  bad('(x) => x + ▸Math.sin()', 'Math.sin takes 1 argument, got 0'),
  bad('(x) => ▸Math.atan2(x)', 'Math.atan2 takes 2 arguments, got 1'),
  bad('(x) => ▸Number(x, 1)', 'Number takes 1 argument, got 2'),
  bad('(x) => ▸wf.i32(x, 1)', 'i32 takes 1 argument, got 2'),
]);

badKernels('kernels: arrays inside', 'vectorize', vectorize(floats), [
  bad('(x) => ▸[1, 2] + x', arrayAsNumber, 'index it: W[0]'),
  bad('(x) => { if (▸[1]) return x; return 1; }', arrayAsNumber, 'index it: W[0]'),
  bad('(x) => (▸x > 0 ? [1, 2] : [1, 2, 3])[0]', 'a choice between arrays of 2 and 3 elements', 'make them equally long'),
  bad('(x) => (▸x > 0 ? [1, 2] : 3)', 'a choice between an array and a number', 'make both sides numbers, or arrays of one length'),
  bad('(x) => { let a = 1; ▸if (x > 0) a = [1, 2]; return a; }', 'a choice between an array and a number', 'make both sides numbers, or arrays of one length'),
  bad('(x) => { let a = [1, 2]; ▸for (let i = 0; i < x; i++) a = [i, 1]; return a; }', "the loop replaces the local array 'a'", 'assign its elements one by one'),
  bad('(x) => { const a = x > 0 ? [1, 2] : [3, 4]; ▸a[0] = 1; return a; }', 'this array cannot be written: it is a constant, or a choice between arrays', 'copy its elements into a local array'),
  bad('(x) => { const a = [1, 2]; a[▸5] = 3; return a[0] + x; }', 'index 5 is outside the array: it has 2 elements', 'the first is 0, the last 1'),
  bad('(x) => { const a = [1, 2]; ▸a.length = 1; return x; }', 'properties cannot be assigned', 'assign variables and elements of arrays'),
  bad('(x) => { const a = [1, 2]; a.▸push(3); return x; }', "'.push' of an array is not available", 'index it, or loop over it: for (const v of a), for (let i = 0; i < a.length; i++)'),
  bad('(x) => { const a = [1, 2]; ▸a.fill(); return x; }', 'fill takes one argument here', 'a.fill(0) sets all elements'),
  bad('(x) => { const a = ▸[1, 2].fill(0, 1); return a[0] + x; }', 'fill takes one argument here', 'a.fill(0) sets all elements'),
  bad('(x) => ▸x.fill(0)', 'only local arrays can be filled', 'new Array(3).fill(0)'),
  bad('(x) => { const a = ▸new Array(x); return a[0]; }', 'the length of a local array must be known when the kernel is built', 'a literal or one of the constants: new Array(3).fill(0)'),
  bad('(x) => { const a = ▸new Float32Array(2.5); return a[0] + x; }', 'the length of a local array must be known when the kernel is built', 'a literal or one of the constants: new Array(3).fill(0)'),
  bad('(x) => { const a = ▸new Array(300).fill(0); return a[0] + x; }', 'a local array of 300 elements is too large: 256 at most', 'pass it in as an array argument'),
  bad('(x) => { const a = ▸new Int32Array(100000); return a[0] + x; }', 'a local array of 100000 elements is too large: 256 at most', 'pass it in as an array argument'),
]);

badKernels('kernels: functions', 'vectorize', vectorize(floats), [
  bad('(x) => { const f = (v) => ▸f(v - 1) + 1; return f(x); }', "'f' calls itself", loop),
  bad('(x) => { const f = (v) => g(v), g = (v) => ▸f(v); return f(x); }', "'f' calls itself", loop),
  bad('function fact(x) { return x > 1 ? x * ▸fact(x - 1) : 1; }', "'fact' calls itself", loop),
  bad('(x) => { const f = ▸x > 0 ? (v) => v : (v) => -v; return f(x); }', 'functions cannot be chosen while the kernel runs', 'call them where they are chosen: c ? f(x) : g(x)'),
  bad('(x) => { let f = (v) => v; ▸for (let i = 0; i < x; i++) f = (v) => v + 1; return f(x); }', "the loop replaces the function 'f'", 'declare it before the loop, once'),
  bad('(x) => { const f = (v) => v; return x + ▸f; }', "'f' is a function", 'call it: f(...)'),
]);
