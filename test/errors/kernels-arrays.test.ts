/** Array parameters used in ways they are not meant for, and arrays that do not fit a kernel. */
import * as wf from '../../src/index.ts';
import { bad, badKernels, functionOf, refusals, type Call } from './bad-kernels.ts';

const line = wf.array([1, 2, 3]), mat = wf.array([[1, 2], [3, 4]]);
type Arrays = (...a: wf.ArrayInput[]) => unknown;
const stencilOf = (options: wf.StencilOptions, ...a: wf.ArrayInput[]): Call =>
  (f) => (wf.stencil(f as never, options) as Arrays)(...a);
const vectorizeOf = (...a: wf.ArrayInput[]): Call => (f) => (wf.vectorize(f as never) as unknown as Arrays)(...a);

const known = 'the indices of u must be known when the kernel is built';
const howKnown = 'make them of literals, constants and the variables of loops whose bounds are such; or declare the neighborhood they stay in';

badKernels('kernels: neighbours', 'stencil', stencilOf({}, line), [
  bad('(u) => u(▸u(0))', known, howKnown),
  bad('(u) => { let s = 0; for (let i = 0; i < u(0); i++) s += u(▸i); return s; }', known, howKnown),
  bad('(u) => { let i = 0; while (i < 3) { i += u(▸i); } return i; }', known, howKnown),
  bad('(u) => { let s = 0; for (let i = 0; i < 5000; i++) s += u(▸i); return s; }', known, howKnown),
  bad('(u) => u(▸0.5)', 'an index must be a whole number, not 0.5', 'round it: Math.floor(x)'),
  bad('(u) => u(0) + Number(▸u)', "'u' is an array: read an element of it", 'u(0) is the current one, u(-1) the one before; one index per axis'),
  bad('(u) => ▸[u, u(0)]', "'u' is an array: read an element of it", 'u(0) is the current one, u(-1) the one before; one index per axis'),
  bad('(u) => u(0) + ▸u[1]', "'u' is read by relative indices", 'call it: u(0) is the current element'),
  bad('(u) => ▸{ let s = 0; for (let i = 0; i < 2500; i++) s += u(i); return s; }',
    'the kernel is too long: its loops, written out, are more than 2000 operations one after the other',
    'loops that index neighbours, local arrays or constants are written out: read long tables from array arguments, x[i]; give wide stencils a neighborhood, or several passes'),
]);
badKernels('kernels: neighbours along two axes', 'stencil', stencilOf({}, mat), [
  bad('(u) => u(0, 0) + ▸u(1)', 'u takes one index per axis: 2 indices, got 1', 'the current element is u(0, 0)'),
  bad('(u) => u(0, 0) + ▸u(0, 0, 1)', 'u takes one index per axis: 2 indices, got 3', 'the current element is u(0, 0)'),
]);
badKernels('kernels: indexed arrays of stencils', 'stencil', stencilOf({}, line, mat), [
  bad('(u, w) => u(0) * ▸w[0]', "'w' has 2 axes, 1 of them indexed", 'index them all: w[i][j]'),
  bad('(u, w) => { ▸w[0][0] = u(0); return 1; }', "'w' is an input and cannot be written", 'return the value, or store it into an output parameter'),
]);
badKernels('kernels: indexed arrays', 'vectorize', vectorizeOf(1, mat), [
  bad('(x, t) => t[0][x] + ▸t', "'t' is an array: read an element of it", 'index it: t[i][j]'),
  bad('(x, t) => t[0][0] + ▸t[x]', "'t' has 2 axes, 1 of them indexed", 'index them all: t[i][j]'),
  bad('(x, t) => t[0][▸0.5] + x', 'an index must be a whole number, not 0.5', 'round it: Math.floor(x)'),
  bad('(x, t) => { ▸t[0][1] += 1; return x; }', "'t' is an input and cannot be written", 'return the value, or store it into an output parameter'),
  bad('(x, t) => ▸t.shape + x', 'a shape is a list of sizes', 'index it: t.shape[0]'),
  bad('(x, t) => t.shape[▸2] + x', "'t' has 2 axes: there is no size 2"),
  bad('(x, t) => t.▸rank + x', "'.rank' of an array is not available", 'an array has .shape, .length and its elements'),
  bad('(x, t) => t.length.▸x + x', "a number has no member 'x'", 'use operators and Math; only Math, Number, arrays, and objects among the constants have members'),
  bad('(x, t) => { for (const row of ▸t) x += row[0]; return x + t[0][0]; }', 'only lists of constants and local arrays can be iterated', 'write for (let i = 0; i < n; i++)'),
  bad('(x, t) => { const ▸[a, b] = t; return a[0] + t[0][0] + x; }', "'t' is an array parameter and cannot be taken apart", 'read its elements by their indices'),
  bad('(x, t) => { const r = ▸x > 0 ? t[0] : t[1]; return r[0] + x; }', 'arrays cannot be chosen while the kernel runs', 'choose between elements: c ? x[i] : y[i]'),
  bad('(x, t) => { let s = t; ▸s = 1; return s + t[0][0] + x; }', "'s' is an array parameter and stays what it is", 'assign its elements, or use another variable'),
  bad('(x, t) => ▸t[0][0](1) + x', 'this is not a function', 'a number is used without ()'),
]);

const stencil = (text: string, options: wf.StencilOptions, ...a: wf.ArrayInput[]) =>
  () => stencilOf(options, ...a)(functionOf(text));
const vectorize = (text: string, ...a: wf.ArrayInput[]) => () => vectorizeOf(...a)(functionOf(text));

refusals('kernels: arrays that do not fit stencils', [
  ['no neighbours', wf.ArgumentError, 'stencil: the kernel reads no neighbours; call a parameter with relative indices, e.g. u(0, -1), or use array methods', stencil('(u) => u[0]', {}, line)],
  ['a call without indices', wf.ArgumentError, 'stencil: kernels read arrays of rank 1 to 4, this one uses 0 indices', stencil('(u) => u()', {}, line)],
  ['too many indices for the array', wf.ShapeError, 'stencil: the kernel reads u with 2 indices, but the array has shape [3] (rank 1)', stencil('(u) => u(0, 1)', {}, line)],
  ['too few indices for the array', wf.ShapeError, 'stencil: the kernel reads u with 1 index, but the array has shape [2, 2] (rank 2)', stencil('(u) => u(0)', {}, mat)],
  ['arrays of different ranks', wf.ArgumentError, 'stencil: u is read with 1 index and v with 2; all arrays of a stencil have the same rank', stencil('(u, v) => u(0) * v(0, 1)', {}, line, mat)],
  ['an array for a scalar', wf.ShapeError, 'stencil: k is used as a scalar in the kernel, but an array of shape [3] was given; read it as k(0)', stencil('(u, k) => u(0) * k', {}, line, line)],
  ['an array too few', wf.ArgumentError, 'stencil: the kernel takes 2 arguments (u, k), got 1', stencil('(u, k) => u(0) * k', {}, line)],
  ['a neighbourhood declared too small', wf.ArgumentError, 'stencil: the kernel reads offsets -2 to 2 along axis 0, outside the declared neighborhood [-1, 1]; widen it, or leave it out to have it inferred',
    stencil('(u) => { let s = 0; for (let i = -2; i <= 2; i++) s += u(i); return s; }', { neighborhood: [[-1, 1]] }, line)],
  ['more indices than axes', wf.ShapeError, 'stencil: the kernel indexes w along 2 axes (w[i][j]), the array has shape [3]', stencil('(u, w) => u(0) * w[0][1]', {}, line, line)],
  ['a number that is indexed', wf.ShapeError, 'stencil: the kernel indexes w, but a scalar was given', stencil('(u, w) => u(0) * w[0]', {}, line, 3)],
  ['standard indexing of an array that is called', wf.ArgumentError, "stencil: standardIndexing names 'w', but the kernel calls it: write w[i]", stencil('(u, w) => u(0) * w(0)', { standardIndexing: ['w'] }, line, line)],
  ['standard indexing of nothing', wf.ArgumentError, "stencil: standardIndexing names 'v', the kernel's parameters are u, w", stencil('(u, w) => u(0) * w[0]', { standardIndexing: ['v'] }, line, line)],
]);

refusals('kernels: arrays that do not fit ufuncs', [
  ['no function', wf.ArgumentError, 'vectorize: the kernel must be a function, got number', () => wf.vectorize(5 as never)],
  ['a parameter that is called', wf.ArgumentError, 'vectorize: the kernel calls x like an array with neighbours; use stencil, or index it: x[i]', vectorize('(x) => x(0)', line)],
  ['an argument too few', wf.ArgumentError, 'vectorize: the kernel takes 2 arguments (x, y), got 1', vectorize('(x, y) => x + y', line)],
  ['an argument too many', wf.ArgumentError, 'vectorize: the kernel takes 1 argument (x), got 2', vectorize('(x) => x', line, line)],
  ['a number that is indexed', wf.ShapeError, 'vectorize: the kernel indexes x, but a scalar was given', vectorize('(x) => x[0]', 3)],
  ['more indices than axes', wf.ShapeError, 'vectorize: the kernel indexes t along 2 axes (t[i][j]), the array has shape [3]', vectorize('(x, t) => x + t[0][1]', line, line)],
  ['shapes that do not broadcast', wf.ShapeError, 'vectorize: shapes [3] and [2] do not broadcast: axis -1 has 3 and 2. Sizes must be equal or 1; insert axes with expandDims, or reshape', vectorize('(x, y) => x + y', line, wf.ones(2))],
  ['an object without a field', wf.ArgumentError, "vectorize: nothing is given for 'b'", vectorize('({ a, b }) => a + b', { a: line } as never)],
  ['a number for a list', wf.ArgumentError, "vectorize: nothing is given for 'a'", vectorize('([a, b]) => a + b', 5)],
]);
