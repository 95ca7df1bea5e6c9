/** Kernels with names that stand for nothing, for something else, or for what cannot be changed. */
import * as wf from '../../src/index.ts';
import { bad, badKernels, type Call } from './bad-kernels.ts';

const constants = {
  N: 3, W: [1, 2], LONG: Array.from({ length: 70 }, (_, k) => k), options: { scale: 2, mode: 1 },
  when: new Date(0), nothing: null, text: 'a', again: (x: number): number => x,
};
const stencil: Call = (f) => wf.stencil(f as (u: wf.Neighbors1) => number, { constants })(wf.array([1, 2, 3]));

const constantKinds = 'constants are numbers, bools, functions, and arrays or plain objects of them';
const outer = (name: string) => `a kernel sees its parameters and its own variables; pass an outer one in: constants: { ${name} }, or, where a minifier renames variables, use the build plugin`;
const functions = (name: string) => 'call array parameters, members of Math and functions declared inside; '
  + `pass an outer function in: constants: { ${name} }`;
const members = (of: object, ...names: string[]) => [...names, ...Object.getOwnPropertyNames(of).filter((name) =>
  typeof Reflect.get(of, name) === 'number' && name !== 'length')].join(', ');
const ownNames = 'a kernel has Math, Number and what it is given: parameters and constants';

badKernels('kernels: unknown names', 'stencil', stencil, [
  bad('(u) => u(▸RADIUS)', "unknown variable 'RADIUS'", outer('RADIUS')),
  bad('(u) => u(0) + ▸x.y', "unknown variable 'x'", outer('x')),
  bad('(u) => u(0) * ▸PI', "unknown variable 'PI'", 'write Math.PI'),
  bad('(u) => {\n  const a = u(0);\n  return a + ▸b;\n}', "unknown variable 'b'", outer('b')),
  bad('(u) => u(0) * ▸helper(2)', "'helper' is not a function the kernel can call", functions('helper')),
  bad('(u) => ▸min(u(0), 1)', "'min' is not a function the kernel can call", 'write Math.min(...)'),
  bad('(u) => { const v = ▸y; const y = 1; return u(v); }', "'y' is used before it is declared", 'move the declaration up'),
  bad('(u) => { return ▸f(u(0)); const f = (x) => x; }', "'f' is used before it is declared", 'move the declaration up'),
  bad('(u) => { { const inner = 1; } return u(0) + ▸inner; }', "unknown variable 'inner'", outer('inner')),
  bad('(u) => ▸globalThis.x + u(0)', "'globalThis' is not available", ownNames),
  bad('(u) => ▸eval("1") + u(0)', "'eval' is not available", ownNames),
  bad('(u) => ▸Array.from([1, u(0)])[0]', "'Array' is not available", 'write the elements out, [a, b], or new Array(3).fill(0)'),
  bad('(u) => ▸parseInt(u(0))', "'parseInt' is not available", 'Math.trunc(x) rounds towards 0'),
  bad('(u) => ▸console.log(u(0)) + 1', "'console' is not available", 'print in a statement of its own, console.log(x), and use the reference target'),
]);

badKernels('kernels: members', 'stencil', stencil, [
  bad('(u) => u(0) * Math.▸TAU', 'Math.TAU is not available', `Math has ${members(Math, 'abs, acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, ceil, clz32, cos, cosh, exp, expm1, floor, fround, hypot, imul, log, log10, log1p, log2, max, min, pow, round, sign, sin, sinh, sqrt, tan, tanh, trunc')}`),
  bad('(u) => u(0) * Math.▸random()', 'Math.random is not available', 'random numbers come from outside: fill a typed array with them and pass it in as an argument'),
  bad('(u) => u(0) + Number.▸parse(1)', 'Number.parse is not available', `Number has ${members(Number, 'isNaN', 'isFinite', 'isInteger')}`),
  bad('(u) => u(0) * options.▸size', "the object has no 'size'", 'it has scale, mode'),
  bad('(u) => { const { ▸a } = options; return a + u(0); }', "the object has no 'a'", 'it has scale, mode'),
  bad('(u) => u(0).▸toFixed(2)', "a number has no member 'toFixed'", 'use operators and Math; only Math, Number, arrays, and objects among the constants have members'),
  bad('(u) => W.▸map((x) => x)[0] + u(0)', "'.map' of an array is not available", 'index it, or loop over it: for (const v of a), for (let i = 0; i < a.length; i++)'),
  bad('(u) => Math.sin.▸x + u(0)', "'.x' is not available here", 'members are those of Math, Number, of arrays, and of objects among the constants'),
]);

badKernels('kernels: what constants cannot be', 'stencil', stencil, [
  bad('(u) => u(0) * ▸when', "the constant 'when' cannot be used in a kernel: it is an instance of Date", constantKinds),
  bad('(u) => u(0) * ▸nothing', "the constant 'nothing' cannot be used in a kernel: it is null", constantKinds),
  bad('(u) => u(0) * ▸text', "the constant 'text' cannot be used in a kernel: it is a string", constantKinds),
  bad('(u) => u(0) * ▸options', 'an object cannot be used as a number', 'name one of its fields: options.scale'),
  bad('(u) => u(0) * ▸W', 'an array cannot be used as a number', 'index it: W[0]'),
  bad('(u) => u(0) * ▸Math', "'Math' is not a number", 'name one of its members: Math.PI'),
  bad('(u) => u(0) * ▸Math.sin', "'Math.sin' is a function", 'call it: Math.sin(...)'),
  bad('(u) => u(0) * ▸again', "'again' is a function", 'call it: again(...)'),
  bad('(u) => ▸W(0) + u(0)', "'W' is not a function", 'index it: W[0]'),
  bad('(u) => ▸N() + u(0)', "'N' is not a function", 'a number is used without ()'),
  bad('(u) => ▸u(0)(1)', 'this is not a function', 'a number is used without ()'),
  bad('(u) => ▸N[0] + u(0)', 'only arrays can be indexed', 'a number is used by its name'),
  bad('(u) => W[▸2] + u(0)', 'index 2 is outside the array: it has 2 elements', 'the first is 0, the last 1'),
  bad('(u) => W[▸-1] + u(0)', 'index -1 is outside the array: it has 2 elements', 'the first is 0, the last 1'),
  bad('(u) => W[▸0.5] + u(0)', 'an index must be a whole number, not 0.5', 'round it: Math.floor(x)'),
  bad('(u) => ▸LONG[u(0)]', 'the index of an array of 70 elements must be known when the kernel is built', 'pass a longer table as an array argument that is indexed: table[i]'),
]);

badKernels('kernels: assignments', 'stencil', stencil, [
  bad('(u) => { ▸y = u(0); return y; }', "unknown variable 'y'", 'declare it: let y = ...'),
  bad('(u) => { const y = 1; ▸y = 2; return u(0); }', "'y' is a const", 'declare it with let: let y = ...'),
  bad('(u) => { const y = 1; ▸y++; return u(0); }', "'y' is a const", 'declare it with let: let y = ...'),
  bad('(u) => { for (const i = 0; i < 2; ▸i++) u(i); return u(0); }', "'i' is a const", 'declare it with let: let i = ...'),
  bad('(u) => { for (const w of W) ▸w += 1; return u(0); }', "'w' is a const", 'declare it with let: let w = ...'),
  bad('(u) => { ▸N = 2; return u(0); }', "'N' cannot be assigned: it comes from outside", 'copy it first: let y = N'),
  bad('(u) => { ▸Math = 2; return u(0); }', "'Math' cannot be assigned: it comes from outside", 'copy it first: let y = Math'),
  bad('(u) => { ▸W[0] = 2; return u(0); }', 'this array cannot be written: it is a constant, or a choice between arrays', 'copy its elements into a local array'),
  bad('(u) => { ▸options.scale = 2; return u(0); }', 'properties cannot be assigned', 'assign variables and elements of arrays'),
  bad('(u) => { ▸u = 2; return u(0); }', "'u' is an array parameter and stays what it is", 'assign its elements, or use another variable'),
  bad('(u) => { ▸u[0] = 1; return u(0); }', "'u' is an input and cannot be written", 'return the value, or store it into an output parameter'),
  bad('(u) => { let s; return u(0) + ▸s; }', "'s' has no value", 'give it one before it is used'),
  bad('(u) => { let s; ▸s += u(0); return s; }', "'s' has no value", 'give it one before it is used'),
  bad('(u) => { const f = (x, y) => x + ▸y; return f(u(0)); }', "'y' has no value", 'give it one before it is used'),
  bad('(u) => u(0) + ▸undefined', 'undefined is not a number', 'give a value, e.g. 0 or NaN'),
  bad('(u) => { const f = () => {}; return ▸f() + u(0); }', 'undefined is not a number', 'give a value, e.g. 0 or NaN'),
]);
