/**
 * What users get wrong: each row is a call, the class of its error and its message, which names the argument and the way
 * out. After every error the library works as before, and nothing stays allocated.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { hasMemory64 } from '../../src/targets/cpu/wasm/index.ts';
import { spy } from '../support/spy.ts';

type ErrorClass = new (...args: never[]) => Error;

interface Row {
  readonly label: string;
  /** May throw at once or reject. */
  readonly call: () => unknown;
  readonly error: ErrorClass;
  readonly message: string | RegExp;
}
const row = (label: string, error: ErrorClass, message: string | RegExp, call: () => unknown): Row =>
  ({ label, error, message, call });

/** A value of the wrong type, as it comes from JavaScript. */
const wrong = <T = never>(value: unknown): T => value as T;
const onSpy = { target: 'spy' };

async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('did not throw');
}

/** Something ordinary still gives the right answer. */
async function stillWorks(): Promise<void> {
  using a = wf.array([[1, 2], [3, 4]]), b = wf.array([10, 20]), c = a.add(b).sum(0);
  assert.equal(await c.array(onSpy), [24, 46]);
}

function table(title: string, rows: readonly Row[]): void {
  const test = suite(title);
  test.before(() => stillWorks());
  for (const { label, call, error, message } of rows) {
    test(label, async () => {
      const before = { buffers: spy.buffers, options: wf.configure() };
      const thrown = await thrownBy(call);
      assert.instance(thrown, error);
      assert.instance(thrown, wf.WeftError);
      const text = (thrown as Error).message;
      if (typeof message === 'string') assert.is(text, message);
      else assert.match(text, message);
      assert.is((thrown as Error).name, error.name);
      await stillWorks();
      assert.is(spy.buffers, before.buffers, 'buffers alive');
      assert.equal(wf.configure(), before.options, 'options');
    });
  }
  test.run();
}

const x = wf.array([[1, 2, 3], [4, 5, 6]]);
const bytes = wf.array(Uint8Array.of(1, 2, 3));
const flags = wf.array([true, false]);

table('making arrays', [
  row('ragged rows', wf.ShapeError, 'array: ragged nesting: at depth 1 expected 2 entries, got 3', () => wf.array([[1, 2], [3, 4, 5]])),
  row('a number among rows', wf.ShapeError, /^array: ragged nesting: at depth 1 expected 2 entries, got number 3$/, () => wf.array([[1, 2], 3])),
  row('rows among numbers', wf.DTypeError, /^array: expected numbers or booleans, got \[object Array\]$/, () => wf.array(wrong([1, [2]]))),
  row('text', wf.ArgumentError, 'array: expected a typed array, nested arrays or a number, got string hello', () => wf.array(wrong('hello'))),
  row('text among numbers', wf.DTypeError, 'array: expected numbers or booleans, got string 2', () => wf.array(wrong([1, '2']))),
  row('nothing', wf.ArgumentError, /^array: expected a typed array, nested arrays or a number, got undefined/, () => wf.array(wrong(undefined))),
  row('null', wf.ArgumentError, /^array: .*got null$/, () => wf.array(wrong(null))),
  row('an ArrayBuffer', wf.ArgumentError, 'array: an ArrayBuffer has no element type; wrap it, e.g. new Float32Array(buffer)', () => wf.array(wrong(new ArrayBuffer(8)))),
  row('64-bit integers', wf.DTypeError, /^array: 64-bit integers are not supported; convert with Float64Array\.from\(data, Number\)/, () => wf.array(wrong(new BigInt64Array(2)))),
  row('a list of arrays', wf.DTypeError, 'array: expected numbers or booleans, got an array among them, WeftArray(float32 [2, 3], evaluated)', () => wf.array(wrong([x, x]))),
  row('a bigint', wf.DTypeError, 'array: expected numbers or booleans, got bigint 1', () => wf.array(wrong([1n]))),
  row('a shape of another size', wf.ShapeError, 'array: shape [2, 2] needs 4 elements, the data has 3', () => wf.array([1, 2, 3], { shape: [2, 2] })),
  row('a negative size', wf.ShapeError, /^array: shape: expected non-negative integers such as \[480, 640\], got \[2,-1\]$/, () => wf.array([1, 2], { shape: [2, -1] })),
  row('a fraction as size', wf.ShapeError, /^zeros: shape: /, () => wf.zeros([2.5])),
  row('an unknown dtype of ones', wf.DTypeError, /^ones: dtype: /, () => wf.ones(2, { dtype: wrong('double') })),
  row('a huge shape', wf.ShapeError, /more than 2\^32 elements/, () => wf.zeros([2 ** 20, 2 ** 20])),
  row('an unknown dtype', wf.DTypeError, /^array: dtype: unknown dtype "float"; use one of float32, float64, int32/, () => wf.array([1], { dtype: wrong('float') })),
  row('int64', wf.DTypeError, /unknown dtype "int64"; the web has no 64-bit integer arrays that compute; use int32, or float64/, () => wf.zeros([1], { dtype: wrong('int64') })),
  row('float16', wf.DTypeError, /unknown dtype "float16"; float16 is not available yet; use float32/, () => wf.ones([1], { dtype: wrong('float16') })),
  row('a dtype that is a property of objects', wf.DTypeError, /unknown dtype "toString"/, () => wf.zeros([1], { dtype: wrong('toString') })),
  row('full of text', wf.ArgumentError, 'full: value must be a number or boolean, got abc', () => wf.full([2], wrong('abc'))),
  row('arange with step 0', wf.ArgumentError, 'arange: expected finite start, stop and a step other than 0, got 0, 5, 0', () => wf.arange(0, 5, 0)),
  row('arange without end', wf.ArgumentError, /^arange: expected finite/, () => wf.arange(Infinity)),
  row('arange of bool', wf.DTypeError, 'arange: not defined for bool', () => wf.arange(2, { dtype: 'bool' })),
  row('linspace to infinity', wf.ArgumentError, /^linspace: start and stop must be finite, got 0 and Infinity$/, () => wf.linspace(0, Infinity)),
  row('linspace of half a value', wf.ArgumentError, 'linspace: count must be a non-negative integer, got 1.5', () => wf.linspace(0, 1, 1.5)),
  row('eye with a fraction as k', wf.ArgumentError, 'eye: k must be an integer, got 0.5', () => wf.eye(3, { k: 0.5 })),
  row('eye of a negative size', wf.ShapeError, /^eye: shape: expected non-negative integers/, () => wf.eye(-1)),
]);

table('elementwise operations', [
  row('shapes that do not broadcast', wf.ShapeError, 'add: shapes [2, 3] and [2] do not broadcast: axis -1 has 3 and 2. Sizes must be equal or 1; insert axes with expandDims, or reshape', () => x.add([1, 2])),
  row('three shapes of where', wf.ShapeError, /^where: shapes \[2, 3\] and \[3\] and \[2\] do not broadcast: axis -1 has 3 and 2/, () => wf.where(x.gt(0), [1, 2, 3], [1, 2])),
  row('no operand', wf.ArgumentError, 'add: expected an array or a number, got undefined', () => x.add(wrong(undefined))),
  row('null', wf.ArgumentError, 'mul: expected an array or a number, got null', () => x.mul(wrong(null))),
  row('text', wf.ArgumentError, /^mul: expected a typed array, nested arrays or a number, got string 3$/, () => x.mul(wrong('3'))),
  row('a ragged operand', wf.ShapeError, /^sub: ragged nesting/, () => x.sub(wrong([[1], [2, 3]]))),
  row('a number that does not fit uint8', wf.DTypeError, "the number 300 does not fit uint8 (0 to 255); cast the array first, e.g. x.asType('int32')", () => bytes.add(300)),
  row('a negative number beside uint8', wf.DTypeError, /the number -1 does not fit uint8 \(0 to 255\); cast the array first/, () => bytes.mul(-1)),
  row('subtraction of bool', wf.DTypeError, "sub: not defined for bool; use logicalXor or logicalNot, or cast with asType('int32')", () => flags.sub(flags)),
  row('negation of bool', wf.DTypeError, /^neg: not defined for bool; use logicalXor or logicalNot/, () => flags.neg()),
  row('bits of floats', wf.DTypeError, "bitwiseAnd: needs integers, got float32; cast with asType('int32')", () => x.bitwiseAnd(1)),
  row('shift by a fraction', wf.DTypeError, /^leftShift: needs integers, got float32/, () => bytes.leftShift(0.5)),
  row('shift of bool', wf.DTypeError, /^rightShift: needs integers, got bool/, () => flags.rightShift(flags)),
  row('a negative power of integers', wf.DTypeError, /^pow: (u?int\d+) to the power -1 is not an integer; cast with asType\('float32'\) first$/, () => wf.array(Int32Array.of(2)).pow(-1)),
  row('asType of an unknown dtype', wf.DTypeError, /unknown dtype "double"/, () => x.asType(wrong('double'))),
  row('clamp without an upper end', wf.ArgumentError, 'clamp: hi: expected an array or a number, got undefined', () => x.clamp(1, wrong(undefined))),
  row('an operator', wf.DTypeError, 'an array is not a number: write a.add(b) instead of a + b, and `await a.item()` for the value of a scalar', () => (wrong(x) as number) + 1),
]);

table('views', [
  row('reshape to another size', wf.ShapeError, 'reshape: [2, 3] has 6 elements, [4] has 4', () => x.reshape([4])),
  row('reshape with -1 that does not divide', wf.ShapeError, 'reshape: [2, 3] (6 elements) does not divide into [4, -1]', () => x.reshape([4, -1])),
  row('reshape with two -1', wf.ShapeError, /^reshape/, () => x.reshape([-1, -1])),
  row('transpose with a repeated axis', wf.ShapeError, 'transpose: axes [0, 0] must name each of the 2 axes once', () => x.transpose([0, 0])),
  row('transpose with an axis missing', wf.ShapeError, /^transpose: axes \[1\] must name each of the 2 axes once/, () => x.transpose([1])),
  row('transpose by numbers', wf.ArgumentError, 'transpose: axes must be a list, e.g. transpose([1, 0]), got 1', () => wrong<(...axes: number[]) => unknown>(x.transpose.bind(x))(1, 0)),
  row('transpose out of range', wf.ShapeError, 'transpose: axes: 2 is out of range for rank 2 (use -2 to 1)', () => x.transpose([0, 2])),
  row('too many ranges', wf.ShapeError, 'slice: 3 ranges for an array of rank 2', () => x.slice(null, null, null)),
  row('an index out of range', wf.ShapeError, 'slice: index 2 is out of range for axis 0 of size 2', () => x.slice(2)),
  row('a negative index out of range', wf.ShapeError, /^slice: index -4 is out of range for axis 1 of size 3/, () => x.slice(null, -4)),
  row('a fraction as an index', wf.ArgumentError, 'slice: expected a whole number for axis 0, got 0.5', () => x.slice(0.5)),
  row('a step of 0', wf.ArgumentError, 'slice: axis 0 expects [start, stop, step] of integers with a step other than 0, got [0,2,0]', () => x.slice([0, 2, 0])),
  row('a fraction in a range', wf.ArgumentError, /^slice: axis 1 expects \[start, stop, step\]/, () => x.slice(null, [0.5])),
  row('flip out of range', wf.ShapeError, /^flip: axis: 2 is out of range for rank 2 \(use -2 to 1\)/, () => x.flip(2)),
  row('squeeze of an axis that is longer', wf.ShapeError, 'squeeze: axis 1 has size 3, not 1; shape is [2, 3]', () => x.squeeze(1)),
  row('expandDims twice at one place', wf.ShapeError, /^expandDims: axis: \[1, 1\] names an axis twice/, () => x.expandDims([1, 1])),
  row('expandDims beyond the result', wf.ShapeError, /^expandDims: axis: 3 is out of range for rank 3/, () => x.expandDims(3)),
  row('broadcastTo a shape that does not fit', wf.ShapeError, 'broadcastTo: [2, 3] does not broadcast to [3, 3]; sizes must be equal or 1, counted from the last axis', () => x.broadcastTo([3, 3])),
  row('broadcastTo fewer axes', wf.ShapeError, /^broadcastTo: \[2, 3\] does not broadcast to \[3\]/, () => x.broadcastTo([3])),
  row('broadcastTo a shape that is none', wf.ShapeError, 'broadcastTo: expected non-negative integers such as [480, 640], got [-2]', () => wf.array(1).broadcastTo([-2])),
]);

table('reductions', [
  row('an axis out of range', wf.ShapeError, 'sum: axis: 2 is out of range for rank 2 (use -2 to 1)', () => x.sum(2)),
  row('an axis of a scalar', wf.ShapeError, 'max: axis: 0 names an axis, but the array is a scalar (rank 0)', () => wf.array(1).max(0)),
  row('the same axis twice', wf.ShapeError, 'mean: axis: [1, 1] names an axis twice', () => x.mean([1, -1])),
  row('an axis that is no integer', wf.ShapeError, 'sum: axis: expected an integer, got 0.5', () => x.sum(0.5)),
  row('min of nothing', wf.ShapeError, 'min: nothing to reduce: shape [0] is empty along axis [0] and min has no identity', () => wf.zeros([0]).min()),
  row('max over an empty axis', wf.ShapeError, /^max: nothing to reduce: shape \[3, 0\] is empty along axis \[1\]/, () => wf.zeros([3, 0]).max(1)),
  row('argMin of nothing', wf.ShapeError, /^argMin: nothing to reduce/, () => wf.zeros([0]).argMin()),
  row('a dtype for argMax', wf.DTypeError, 'argMax: the result is an index, int32; the option dtype does not apply', () => x.argMax(0, wrong({ dtype: 'float32' }))),
  row('an unknown dtype', wf.DTypeError, /^sum: dtype: unknown dtype "int64"/, () => x.sum({ dtype: wrong('int64') })),
  row('a correction that is no number', wf.ArgumentError, 'var: correction must be a number, got one', () => x.var({ correction: wrong('one') })),
  row('item of many', wf.ArgumentError, 'item: the array has 6 elements (shape [2, 3]); use data() or reduce it first', () => x.item(onSpy)),
  row('item of none', wf.ArgumentError, /^item: the array has 0 elements/, () => wf.zeros([0]).item(onSpy)),
]);

table('targets and options', [
  row('an unknown target', wf.ArgumentError, /^unknown target 'gpu'; use one of auto, cpu, webgpu, reference/, () => x.add(1).data({ target: 'gpu' })),
  row('an unknown option', wf.ArgumentError, "configure: unknown option 'thread'; options are target, threads, memoryLimit, math, subnormals, wide, validate, fusion", () => wf.configure(wrong({ thread: 2 }))),
  row('a wrong number of threads', wf.ArgumentError, /^configure: threads: expected an integer from 0 \(all\) to 1024, got -1$/, () => wf.configure({ threads: -1 })),
  row('no room at all', wf.ArgumentError, /^configure: memoryLimit: expected a number of bytes, at least 1 MiB .* got 4096$/, () => wf.configure({ memoryLimit: 4096 })),
  ...hasMemory64() ? [] : [
    row('more than the engine has', wf.ArgumentError, /^configure: memoryLimit: 8 GiB are more than this engine has, which is 4 GiB.* Infinity takes/, () => wf.configure({ memoryLimit: 2 ** 33 })),
  ],
  row('another limit while arrays are in use', wf.ArgumentError, /^configure: memoryLimit: the cpu target has started with 4 GiB; set it before the first array/, () => wf.configure({ memoryLimit: 2 ** 30 })),
  row('a wide that is no bool', wf.ArgumentError, /^configure: wide: expected true or false, got 256$/, () => wf.configure({ wide: wrong(256) })),
  row('a wrong value among good ones changes nothing', wf.ArgumentError, /^configure: math: expected 'fast' or 'portable', got "exact"/, () => wf.configure({ threads: 1, math: wrong('exact') })),
  row('an option that every object has', wf.ArgumentError, /unknown option 'toString'/, () => wf.configure(wrong({ toString: 1 }))),
  row('evaluate of one array', wf.ArgumentError, 'evaluate: expected a list of arrays, e.g. evaluate([a.min(), a.max()])', () => wf.evaluate(wrong(x))),
  row('a target that there is not, configured', wf.ArgumentError, /^configure: unknown target 'gpu'; use one of auto, cpu, webgpu, reference/, () => wf.configure({ target: 'gpu' })),
  row('configure with null', wf.ArgumentError, /^configure: expected an object, e.g. .*, got null$/, () => wf.configure(wrong(null))),
  row('evaluate of numbers', wf.ArgumentError, /^evaluate: expected a list of arrays/, () => wf.evaluate(wrong([1, 2]))),
  row('evaluate of an array and a number', wf.ArgumentError, 'evaluate: expected a list of arrays, e.g. evaluate([a.min(), a.max()])', () => wf.evaluate(wrong([x, 1]))),
  row('a scope without a function', wf.ArgumentError, /^scope: expected a function, as in scope\(\(\) => .*, got 3$/, () => wf.scope(wrong(3))),
  row('registering a target twice', wf.ArgumentError, "registerTarget: target 'spy' is already in use", () => wf.registerTarget({ name: 'spy', sync: true, create: wrong(undefined) })),
  row('registering auto', wf.ArgumentError, "registerTarget: the name 'auto' is taken", () => wf.registerTarget({ name: 'auto', sync: true, create: wrong(undefined) })),
]);

const typo = (of: string, option: string, options: string, call: () => unknown): Row =>
  row(`${option} of ${of}`, wf.ArgumentError, `${of}: unknown option '${option}'; options are ${options}`, call);

table('options that there are not', [
  typo('array', 'dType', 'shape, dtype, adopt', () => wf.array([1], wrong({ dType: 'int32' }))),
  typo('zeros', 'type', 'dtype', () => wf.zeros(3, wrong({ type: 'int32' }))),
  row('a dtype in place of options', wf.ArgumentError, 'ones: expected an object of options (dtype), got "int32"', () => wf.ones(3, wrong('int32'))),
  typo('alloc', 'type', 'dtype', () => wf.alloc(3, wrong({ type: 'int32' }))),
  typo('arange', 'step', 'dtype', () => wf.arange(0, 3, wrong({ step: 2 }))),
  typo('linspace', 'endPoint', 'dtype, endpoint', () => wf.linspace(0, 1, 3, wrong({ endPoint: false }))),
  typo('eye', 'cols', 'dtype, columns, k', () => wf.eye(3, wrong({ cols: 2 }))),
  typo('sum', 'keepdims', 'axis, keepDims, dtype', () => x.sum(0, wrong({ keepdims: true }))),
  typo('mean', 'keepdims', 'axis, keepDims, dtype', () => x.mean({ axis: 0, ...wrong<object>({ keepdims: true }) })),
  typo('std', 'ddof', 'axis, keepDims, correction', () => x.std(wrong({ ddof: 1 }))),
  typo('cumSum', 'type', 'axis, dtype', () => x.cumSum(0, wrong({ type: 'int32' }))),
  typo('matmul', 'type', 'dtype', () => x.matmul(x.transpose(), wrong({ type: 'int32' }))),
  typo('einsum', 'type', 'dtype', () => wf.einsum('ij->i', x, wrong({ type: 'int32' }))),
  row('an axis twice', wf.ArgumentError, /^sum: the axis is given twice/, () => x.sum(0, wrong({ axis: 1 }))),
  typo('sort', 'desc', 'axis, descending', () => x.sort(0, wrong({ desc: true }))),
  typo('argSort', 'desc', 'axis, descending', () => x.argSort(0, wrong({ desc: true }))),
  row('a side in place of options', wf.ArgumentError, 'searchSorted: expected an object of options (side, sorter), got "right"', () => wf.arange(3).searchSorted(1, wrong('right'))),
  typo('topK', 'descending', 'axis, largest', () => wf.topK(x, 1, wrong({ descending: true }))),
  typo('histogram', 'bins', 'range, weights', () => wf.histogram(x, 10, wrong({ bins: 3 }))),
  typo('bincount', 'minlength', 'weights, minLength, target, fusion, profile', () => wf.bincount(bytes, wrong({ minlength: 9 }))),
  typo('stencil', 'boder', 'border, cval, neighborhood, constants, standardIndexing, dtype', () => wf.stencil((u: wf.Neighbors1) => u(1), wrong({ boder: 'wrap' }))),
  typo('stencil', 'Out', 'out', () => wf.stencil((u: wf.Neighbors1) => u(1))([1, 2], wrong({ Out: x }))),
  typo('correlate', 'mode', 'border, cval, axis, origin', () => wf.correlate([1, 2], wrong({ mode: 'wrap' }))),
  typo('vectorize', 'constant', 'constants, dtype, identity', () => wf.vectorize((a: number) => a, wrong({ constant: {} }))),
  typo('reduce', 'axes', 'axis, keepDims, constants, dtype, identity', () => wf.reduce((a, b) => a + b, x, wrong({ axes: 0 }))),
  typo('guvectorize', 'dtypes', 'constants, dtype', () => wf.guvectorize('(n)->()', (a: wf.Vec) => a[0], wrong({ dtypes: [] }))),
  typo('kernel', 'shape', 'constants, shapes, dtypes', () => wf.kernel((a: wf.Vec) => a.length, wrong({ shape: {} }))),
  typo('fromFunction', 'input', 'constants, inputs, dtype', () => wf.fromFunction(3, (i) => i, wrong({ input: [] }))),
  typo('evaluation', 'taget', 'target, fusion, profile', () => x.add(1).data(wrong({ taget: 'spy' }))),
  typo('evaluation', 'taget', 'target, fusion, profile', () => x.add(1).dataSync(wrong({ taget: 'spy' }))),
  row('a target in place of options', wf.ArgumentError, 'evaluation: expected an object of options (target, fusion, profile), got "webgpu"', () => x.add(1).data(wrong('webgpu'))),
  typo('explain', 'cod', 'target, fusion, level, format, code', () => x.add(1).explain(wrong({ cod: true }))),
]);

table('disposed arrays', [
  row('directly', wf.DisposedError, 'this float32 array of shape [2] was disposed; read or evaluate before dispose(), or let garbage collection free it', () => gone().add(1)),
  row('as an operand', wf.DisposedError, /was disposed/, () => x.add(wf.array([1, 2, 3]).sum().mul(gone()))),
  row('read', wf.DisposedError, /was disposed/, () => gone().data(onSpy)),
  row('as a dependency', wf.DisposedError, 'a float32 array of shape [2] that this result needs was disposed; evaluate the result before disposing, or keep the array in the scope\'s return value', () => dependent().data(onSpy)),
  row('as a dependency of one of several', wf.DisposedError, /that this result needs was disposed/, () => wf.evaluate([x.add(1), dependent()], onSpy)),
  row('inside the body of a loop', wf.DisposedError, /that this result needs was disposed/, () => {
    const a = wf.array([1, 2]);
    const looped = wf.iterate(wf.zeros([2]), 3, (u) => u.add(a));
    a.dispose();
    return looped.data(onSpy);
  }),
  row('an argument of a stencil', wf.DisposedError, /was disposed/, () => wf.correlate([1, 2])(gone())),
]);

function gone(): wf.WeftArray {
  const a = wf.array([1, 2]);
  a.dispose();
  return a;
}

function dependent(): wf.WeftArray {
  const a = wf.array([1, 2]);
  const y = a.mul(2).add(1).sum();
  a.dispose();
  return y;
}
