/** Mistakes in parallel loops, sub-arrays, functions of coordinates and ufunc methods. */
import * as wf from '../../src/index.ts';
import { bad, badKernels, functionOf, refusals, type Call } from './bad-kernels.ts';

const line = wf.array([1, 2, 3]), mat = wf.array([[1, 2], [3, 4]]);
const kernelOf = (...a: wf.ArrayInput[]): Call => (f) => wf.kernel(f as never)(...a);

const turns = 'its turns run at the same time: ';
const inOneWay = 'reduce into it in one way: s += x, s -= x, s *= x, s = Math.min(s, x) or s = Math.max(s, x)';
const cannotSet = (name: string) => `'${name}' is declared outside the parallel loop and cannot be set by its turns`;
const noValue = (name: string) => `'${name}' is reduced by this parallel loop and has no value before its end`;
const leftEarly = ['a parallel loop cannot be left early', `${turns}use continue to skip the rest of one, or an inner for loop`] as const;
const sizes = 'make it of sizes (x.shape[0], x.length), literals, constants and number arguments';
const forms = ['the variables of this loop do not match its prange', 'for (const i of prange(n)) or for (const [i, j] of prange([h, w]))'] as const;
const after = `${turns}read it after the loop, or declare it inside`;

badKernels('parallel loops: jumps', 'kernel', kernelOf(line), [
  bad('(x) => { for (const i of wf.prange(x.length)) { if (x[i] > 1) ▸break; } return 1; }', ...leftEarly),
  bad('(x) => { all: for (const i of wf.prange(3)) { for (let j = 0; j < i; j++) if (x[j] > 1) ▸break all; } return 1; }', ...leftEarly),
  bad('(x) => { for (const i of wf.prange(x.length)) { if (x[i] > 1) ▸return 1; } return 0; }', 'return inside a parallel loop is not possible', `${turns}reduce into a variable and return it after the loop`),
]);

badKernels('parallel loops: variables from outside', 'kernel', kernelOf(line), [
  bad('(x) => { let s = 0; for (const i of wf.prange(x.length)) ▸s = x[i]; return s; }', cannotSet('s'), inOneWay),
  bad('(x) => { let s = 0; for (const i of wf.prange(x.length)) { s += x[i]; ▸s *= 2; } return s; }', cannotSet('s'), inOneWay),
  bad('(x) => { let s = 1; for (const i of wf.prange(x.length)) ▸s /= x[i]; return s; }', cannotSet('s'), inOneWay),
  bad('(x) => { let s = 1; for (const i of wf.prange(x.length)) ▸s = x[i] - s; return s; }', cannotSet('s'), inOneWay),
  bad('(x) => { const h = [0, 0]; for (const i of wf.prange(x.length)) ▸h[i] = x[i]; return h; }', cannotSet('h'), inOneWay),
  bad('(x) => { let s = 0; for (const i of wf.prange(x.length)) { s += x[i]; if (▸s > 3) s += 1; } return s; }', noValue('s'), after),
  bad('(x) => { let s = 1; for (const i of wf.prange(x.length)) s += ▸s * x[i]; return s; }', noValue('s'), after),
  bad('(x) => { const h = [0, 0]; for (const i of wf.prange(x.length)) h[▸h[0]] += x[i]; return h; }', noValue('h'), after),
  bad('(x) => { let s = 0, t = 0; ▸for (const i of wf.prange(3)) { [s, t] = [x[i], 1]; } return s + t; }', "the parallel loop sets 's', which is declared outside", 'declare it inside, or reduce into it: s += x, s *= x, s = Math.min(s, x)'),
  bad('(x) => { let s = 0; const add = (v) => { s += v; }; ▸for (const i of wf.prange(3)) add(x[i]); return s; }', "the parallel loop sets 's', which is declared outside", 'declare it inside, or reduce into it: s += x, s *= x, s = Math.min(s, x)'),
  bad('(x) => { for (const i of wf.prange(3)) ▸i = 2; return x[0]; }', "'i' is a const", 'declare it with let: let i = ...'),
]);

badKernels('parallel loops: ranges', 'kernel', kernelOf(line), [
  bad('(x) => { let s = 0; for (const i of wf.prange(▸x[0])) s += x[i]; return s; }', 'the range of a parallel loop must be known before the kernel runs', sizes),
  bad('(x) => { let s = 0; for (const i of wf.prange(▸x.length / 2)) s += x[i]; return s; }', 'a range ends at a whole number, not at 1.5', 'round it: Math.floor(x)'),
  bad('(x) => { let s = 0; for (const i of wf.prange(▸2.5)) s += x[i]; return s; }', 'a range ends at a whole number, not at 2.5', 'round it: Math.floor(x)'),
  bad('(x) => { let s = 0; for (const i of wf.prange(0, 3, ▸0)) s += x[i]; return s; }', 'the step of a range cannot be 0'),
  bad('(x) => { let s = 0; ▸for (const i of wf.prange()) s += x[i]; return s; }', ...forms),
  bad('(x) => { let s = 0; ▸for (const [i, j] of wf.prange(x.length)) s += x[i]; return s; }', ...forms),
  bad('(x) => { let s = 0; ▸for (const i of wf.prange([2, 2])) s += x[i]; return s; }', ...forms),
  bad('(x) => { let s = 0; ▸for (const [i, j] of wf.prange([1, 2, 3])) s += x[i]; return s; }', ...forms),
  bad('(x) => { let s = 0; ▸for (const [i, j] of wf.prange(x.shape)) s += x[i]; return s; }', ...forms),
  bad('(x) => { let s = 0; ▸for (const { i } of wf.prange(3)) s += x[i]; return s; }', ...forms),
  bad('(x) => { const n = ▸wf.prange(3); return x[0]; }', 'prange is the range of a loop', 'for (const i of prange(n)) { ... }'),
]);

badKernels('parallel loops: outputs', 'kernel', kernelOf(line, mat), [
  bad('(x, out) => { ▸out[0] = x[0]; }', "'out' has 2 axes, 1 of them indexed", 'index them all: out[i][j]'),
  bad('(x, out) => { out[0][0] = ▸x + x[0]; }', "'x' is an array: read an element of it", 'index it: x[i]'),
  bad('(x, out) => { out[0][0] = x[0]; ▸out = x; }', "'out' is an array parameter and stays what it is", 'assign its elements, or use another variable'),
  bad('(x, out) => { out[0][0] = x[0]; ▸out.length = 1; }', 'properties cannot be assigned', 'assign variables and elements of arrays'),
  bad('(x, out) => ▸{ out[0][0] = x[0]; if (x[1] > 0) return 1; }', 'not every way through the function returns a value', 'end it with a return'),
]);

const kernel = (text: string, options: wf.KernelFunctionOptions, ...a: wf.ArrayInput[]) =>
  () => wf.kernel(functionOf(text), options)(...a);

refusals('kernels with parallel loops: arguments', [
  ['no function', wf.ArgumentError, 'kernel: the kernel must be a function, got object', () => wf.kernel({} as never)],
  ['a parameter that is called', wf.ArgumentError, 'kernel: x is called like an array with neighbours; index it: x[i]', kernel('(x) => x(0)', {}, line)],
  ['nothing comes out', wf.ArgumentError, 'kernel: the kernel neither stores into a parameter nor returns anything', kernel('(x) => { const y = x[0]; }', {}, line)],
  ['a wrong number of arguments', wf.ArgumentError, 'kernel: takes 2 inputs (x, y), or all 3 parameters (x, y, out), got 1', kernel('(x, y, out) => { out[0] = x[0] + y; }', {}, line)],
  ['an array for a number', wf.ShapeError, 'kernel: n is used as a number in the kernel, but an array of shape [3] was given; index it', kernel('(x, n) => n + x[0]', {}, line, line)],
  ['more indices than axes', wf.ShapeError, 'kernel: the kernel indexes x along 2 axes (x[i][j]), the array has shape [3]', kernel('(x) => x[0][0]', {}, line)],
  ['an output of unknown shape', wf.ShapeError, 'kernel: the shape of the output out is not known: no input has 2 axes; pass it in the call, or give shapes: { out: [...] }', kernel('(x, out) => { out[0][1] = x[0]; }', {}, line)],
  ['an output with too few axes', wf.ShapeError, 'kernel: the kernel indexes out along 2 axes (out[i][j]), the array has shape [2]', kernel('(x, out) => { out[0][1] = x[0]; }', { shapes: { out: [2] } }, line)],
  ['shapes of nothing', wf.ArgumentError, "kernel: shapes names 'y', the parameters that are stored to are out; where a minifier renames parameters, give the outputs in the call", kernel('(x, out) => { out[0] = x[0]; }', { shapes: { y: [2] } }, line)],
  ['dtypes of nothing', wf.ArgumentError, "kernel: dtypes names 'x', the kernel stores to no parameter; where a minifier renames parameters, give the outputs in the call", kernel('(x) => x[0]', { dtypes: { x: 'int32' } }, line)],
  ['the shape of nothing', wf.ArgumentError, "kernel: shapes.out names 'z', the inputs are x", kernel('(x, out) => { out[0] = x[0]; }', { shapes: { out: 'z' } }, line)],
  ['an unknown dtype', wf.DTypeError, 'kernel: dtypes.out: unknown dtype "int64"; the web has no 64-bit integer arrays that compute; use int32, or float64 (exact to 2^53)', kernel('(x, out) => { out[0] = x[0]; }', { dtypes: { out: 'int64' as never } }, line)],
]);

const gu = (signature: string, text: string, ...a: wf.ArrayInput[]) => () => wf.guvectorize(signature, functionOf(text))(...a);
const writeIt = "; write it like '(m,n),(n)->(m)', with () for a scalar";

refusals('sub-arrays: signatures', [
  ['no text', wf.ArgumentError, `guvectorize: the signature must be a string, got number${writeIt}`, gu(5 as never, '(x) => x[0]')],
  ['no function', wf.ArgumentError, 'guvectorize: the kernel must be a function, got undefined', () => wf.guvectorize('(n)->()', undefined as never)],
  ['no arrow', wf.ArgumentError, `guvectorize: the signature '(n)' has no '->'${writeIt}`, gu('(n)', '(x) => x[0]')],
  ['two groups without a comma', wf.ArgumentError, `guvectorize: cannot read '(n)(m)' in the signature '(n)(m)->()'${writeIt}`, gu('(n)(m)->()', '(x) => x[0]')],
  ['a sum of dimensions', wf.ArgumentError, `guvectorize: cannot read '(n-1)' in the signature '(n-1)->()'${writeIt}`, gu('(n-1)->()', '(x) => x[0]')],
  ['neither name nor size', wf.ArgumentError, `guvectorize: '2n' in the signature '(2n)->()' is neither a name nor a size${writeIt}`, gu('(2n)->()', '(x) => x[0]')],
  ['an unknown dimension of an output', wf.ArgumentError, "guvectorize: 'm' in the outputs of '(n)->(m)' is no dimension of an input; give its size as a number", gu('(n)->(m)', '(x, o) => { o[0] = x[0]; }')],
  ['too many parameters', wf.ArgumentError, "guvectorize: the signature '(n)->(n)' has 1 input and 1 output, the kernel 3 parameters", gu('(n)->(n)', '(x, o, p) => { o[0] = 1; }')],
  ['an array without a parameter', wf.ArgumentError, "guvectorize: '(n)->(n)' has outputs that are arrays: the kernel needs a parameter for each, to store into", gu('(n)->(n)', '(x) => x[0]')],
  ['an output that nothing is stored into', wf.ArgumentError, "guvectorize: the kernel stores nothing into o, which is an output of '(n)->(n)'; assign its elements: o[0] = ...", gu('(n)->(n)', '(x, o) => x[0]')],
  ['an output that is assigned itself', wf.ArgumentError, "guvectorize: the kernel stores nothing into o, which is an output of '(n)->()'; assign its elements: o[0] = ...", gu('(n)->()', '(x, o) => { o = x[0]; }')],
]);

refusals('sub-arrays: arguments', [
  ['too few results', wf.ArgumentError, "guvectorize: '(n)->(),()' has 2 outputs, the kernel returns 1 value", gu('(n)->(),()', '(x) => x[0]', line)],
  ['a result beside outputs', wf.ArgumentError, "guvectorize: the kernel returns a value although it has parameters for the outputs of '(n)->(n)'; store into them, or leave them out", gu('(n)->(n)', '(x, o) => { o[0] = 1; return 2; }', line)],
  ['an array too many', wf.ArgumentError, "guvectorize: '(n)->()' takes 1 array, got 2", gu('(n)->()', '(x) => x[0]', line, line)],
  ['too few axes', wf.ShapeError, "guvectorize: x has shape [3], the signature '(m,n)->()' asks for at least 2 axes", gu('(m,n)->()', '(x) => x[0][0]', line)],
  ['a dimension of two sizes', wf.ShapeError, "guvectorize: dimension n of '(n),(n)->()' is 3 in x and 4 in y (shape [4])", gu('(n),(n)->()', '(x, y) => x[0] + y[0]', line, wf.ones(4))],
  ['a dimension of another size', wf.ShapeError, "guvectorize: dimension 3 of '(3)->()' is 3 in the signature and 2 in x (shape [2])", gu('(3)->()', '(x) => x[0]', wf.ones(2))],
  ['loop axes that do not broadcast', wf.ShapeError, 'guvectorize: shapes [2] and [3] do not broadcast: axis -1 has 2 and 3. Sizes must be equal or 1; insert axes with expandDims, or reshape',
    gu('(n),(m)->()', '(x, y) => x[0] + y[0]', wf.ones([2, 3]), wf.ones([3, 3]))],
  ['dtypes for other outputs', wf.ArgumentError, 'guvectorize: 2 dtypes for 1 output', () => wf.guvectorize('(n)->()', functionOf('(x) => x[0]'), { dtype: ['int32', 'int32'] })(line)],
]);

badKernels('sub-arrays: kernels', 'guvectorize', (f) => wf.guvectorize('(n)->()', f as never)(line), [
  bad('(x) => ▸x', "'x' is an array: read an element of it", 'index it: x[i]'),
  bad('(x) => ▸x(0)', "'x' is indexed, not called", 'write x[i]'),
  bad('(x) => ▸x[0][1]', 'only arrays can be indexed', 'this is an element already: the array has no further axis'),
  bad('(x) => ▸{ for (let i = 0; i < x.length; i++) if (x[i] > 1) return i; }', 'not every way through the function returns a value', 'end it with a return'),
]);
badKernels('sub-arrays: kernels that store', 'guvectorize', (f) => wf.guvectorize('(n)->(n)', f as never)(line), [
  bad('(x, o) => { o[0] = 1; ▸x[0] = 1; }', "'x' is an input and cannot be written", 'return the value, or store it into an output parameter'),
  bad('(x, o) => { o[0] = x[0]; ▸o = x; }', "'o' is an array parameter and stays what it is", 'assign its elements, or use another variable'),
  bad('(x, o) => { o[▸1.5] = x[0]; }', 'an index must be a whole number, not 1.5', 'round it: Math.floor(x)'),
]);

const from = (shape: unknown, text: string, options?: wf.FromFunctionOptions) =>
  () => wf.fromFunction(shape as never, functionOf(text), options as never);
refusals('functions of coordinates', [
  ['no function', wf.ArgumentError, 'fromFunction: the second argument must be a function of the coordinates, got number', from([2], '5')],
  ['a fraction of an element', wf.ShapeError, 'fromFunction: shape: expected non-negative integers such as [480, 640], got [2.5]', from([2.5], '(i) => i')],
  ['too many coordinates', wf.ArgumentError, 'fromFunction: the function has 2 parameters, for 1 coordinate and 0 inputs', from([2], '(i, j) => i + j')],
  ['an input too few', wf.ArgumentError, 'fromFunction: the function has 2 parameters, for 1 coordinate and 0 inputs', from([2], '(i, x) => x[i]', { inputs: [] })],
  ['several results', wf.ArgumentError, 'fromFunction: the function returns 2 values, it must return one', from([2], '(i) => [i, i]')],
  ['more indices than axes', wf.ShapeError, 'fromFunction: the kernel indexes x along 2 axes (x[i][j]), the array has shape [2]', from([2], '(i, x) => x[i][0]', { inputs: [[1, 2]] })],
]);
badKernels('functions of coordinates: kernels', 'fromFunction', (f) => wf.fromFunction([2], f as never), [
  bad('(i) => ▸i(0)', "'i' is not a function", 'a number is used without ()'),
  bad('(i) => ▸i[0]', 'only arrays can be indexed', 'a number is used by its name'),
  bad('(i) => ▸"a"', 'kernels compute on numbers and bools, not on text', 'pass a number, e.g. a mode as 0, 1, 2'),
]);

const sum = wf.vectorize((a: number, b: number) => a + b);
refusals('ufunc methods', [
  ['a function of several results', wf.ArgumentError, 'vectorize: a function of several results cannot be reduced', () => wf.vectorize((a: number, b: number) => [a, b]).reduce(line)],
  ['nothing to reduce', wf.ShapeError, 'reduce: nothing to reduce: shape [0] is empty along axis [0]; give the function an identity', () => sum.reduce(wf.zeros(0))],
  ['an axis that is not there', wf.ShapeError, 'accumulate: axis: 3 is out of range for rank 1 (use -1 to 0)', () => sum.accumulate(line, { axis: 3 })],
  ['at: several axes', wf.ShapeError, 'at: a must have one axis, got shape [2, 2]; reshape it and compute flat indices', () => sum.at(mat, [0], 1)],
  ['at: bools', wf.DTypeError, 'at: indices must be integers, got bool', () => sum.at(line, [true], 1)],
]);
