/** Errors of stencils, time loops and targets: class, message with the way out, and no trace left behind. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { spy } from '../support/spy.ts';
import { targets } from '../support/targets.ts';

const wrong = (value: unknown): never => value as never;
const onSpy = { target: 'spy' };
const x = wf.array([[1, 2, 3], [4, 5, 6]]);
const line = wf.array([1, 2, 3]);

/** Outside of every kernel: kernels cannot see it. */
const OUTER = 3;

interface Row {
  readonly label: string;
  readonly error: new (...args: never[]) => Error;
  readonly message: string | RegExp;
  /** May throw at once or reject. */
  readonly call: () => unknown;
}
const row = (label: string, error: Row['error'], message: string | RegExp, call: () => unknown): Row => ({ label, error, message, call });

function table(title: string, rows: readonly Row[]): void {
  const test = suite(title);
  test.before(async () => { await line.add(1).eval(onSpy); });
  for (const { label, call, error, message } of rows) {
    test(label, async () => {
      const before = spy.buffers;
      let thrown: unknown;
      try {
        await call();
      } catch (e) {
        thrown = e;
      }
      assert.instance(thrown, error, `threw ${String(thrown)}`);
      const text = (thrown as Error).message;
      if (typeof message === 'string') assert.is(text, message);
      else assert.match(text, message);
      assert.is(spy.buffers, before, 'buffers alive');
      assert.equal(await wf.correlate([1, 2], { border: 'wrap' })([1, 2, 3]).array({ target: 'reference' }), [5, 5, 8]);
    });
  }
  test.run();
}

table('stencils: options', [
  row('no function', wf.ArgumentError, 'stencil: the kernel must be a function, got undefined', () => wf.stencil(wrong(undefined))),
  row('an unknown border', wf.ArgumentError, 'stencil: border: unknown mode "zero"; use one of reflect, mirror, nearest, wrap, constant, fill, valid', () => wf.stencil((u: wf.Neighbors1) => u(1), { border: wrong('zero') })),
  row('a border that every object has', wf.ArgumentError, /unknown mode "toString"/, () => wf.stencil((u: wf.Neighbors1) => u(1), { border: wrong('toString') })),
  row('a list of borders of another length', wf.ArgumentError, 'stencil: border: 3 modes given for 2 axes; give one mode, or one per axis', () => wf.stencil((u: wf.Neighbors2) => u(1, 0), { border: ['wrap', 'wrap', 'wrap'] })),
  row('cval that is no number', wf.ArgumentError, 'stencil: cval must be a number, got zero', () => wf.stencil((u: wf.Neighbors1) => u(1), { cval: wrong('zero') })),
  row('cval that does not fit the result', wf.DTypeError, /^stencil: cval 0\.5 does not fit the result's dtype int32; give another cval, or compute in floats$/, () => wf.stencil((u: wf.Neighbors1) => u(0) + u(1), { cval: 0.5 })(wf.array(Int32Array.of(1, 2)))),
  row('an unknown dtype', wf.DTypeError, /^stencil: dtype: unknown dtype "int64"/, () => wf.stencil((u: wf.Neighbors1) => u(1), { dtype: wrong('int64') })),
  row('a neighbourhood of another rank', wf.ArgumentError, 'stencil: neighborhood must give [lowest, highest] for each of the 2 axes, e.g. [[-1,1],[-1,1]], got [[-1,1]]', () => wf.stencil((u: wf.Neighbors2) => u(1, 0), { neighborhood: [[-1, 1]] })),
  row('a neighbourhood the wrong way round', wf.ArgumentError, /^stencil: neighborhood must give \[lowest, highest\]/, () => wf.stencil((u: wf.Neighbors1) => u(1), { neighborhood: [[1, -1]] })),
  row('a neighbourhood that is too small', wf.ArgumentError, 'stencil: the kernel reads offsets 0 to 2 along axis 0, outside the declared neighborhood [-1, 1]; widen it, or leave it out to have it inferred', () => wf.stencil((u: wf.Neighbors1) => u(0) + u(2), { neighborhood: [[-1, 1]] })(line)),
]);

table('stencils: arguments', [
  row('too few', wf.ArgumentError, 'stencil: the kernel takes 2 arguments (u, v), got 1', () => (wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => u(1) + v(0)) as (a: wf.WeftArray) => unknown)(line)),
  row('too many', wf.ArgumentError, 'stencil: the kernel takes 1 argument (u), got 2', () => (wf.stencil((u: wf.Neighbors1) => u(1)) as (...a: wf.WeftArray[]) => unknown)(line, line)),
  row('an array of another rank', wf.ShapeError, 'stencil: the kernel reads u with 2 indices, but the array has shape [3] (rank 1)', () => wf.stencil((u: wf.Neighbors2) => u(1, 0))(line)),
  row('one index for two axes', wf.ShapeError, /^stencil: the kernel reads u with 1 index, but the array has shape \[2, 3\] \(rank 2\)/, () => wf.stencil((u: wf.Neighbors1) => u(1))(x)),
  row('two arrays read with different ranks', wf.ArgumentError, 'stencil: u is read with 1 index and v with 2; all arrays of a stencil have the same rank', () => wf.stencil((u: wf.Neighbors1, v: wf.Neighbors2) => u(1) + v(0, 0))),
  row('shapes that do not broadcast', wf.ShapeError, /^stencil: shapes \[3\] and \[2\] do not broadcast/, () => wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => u(1) + v(0))(line, [1, 2])),
  row('an array where a scalar is used', wf.ShapeError, 'stencil: k is used as a scalar in the kernel, but an array of shape [3] was given; read it as k(0)', () => wf.stencil((u: wf.Neighbors1, k: number) => u(1) * k)(line, line)),
  row('no neighbours at all', wf.ArgumentError, /^stencil: the kernel reads no neighbours; call a parameter with relative indices, e\.g\. k\(0, -1\), or use array methods/, () => wf.stencil((k: number) => k * 2)),
  row('valid on an array that is too small', wf.ShapeError, "stencil: border 'valid' needs at least 2 cells along axis 0, the array has 1 (shape [1])", () => wf.stencil((u: wf.Neighbors1) => u(-1) + u(1), { border: 'valid' })([1])),
  row('nothing', wf.ArgumentError, /^stencil: u: expected an array or a number, got undefined/, () => wf.stencil((u: wf.Neighbors1) => u(1))(wrong(undefined))),
]);

table('stencils: kernels', [
  row('an outer variable', wf.KernelError, /OUTER[\s\S]*\^[\s\S]*constants/, () => wf.stencil((u: wf.Neighbors1) => u(1) * OUTER)(line)),
  row('a relative index that is not constant', wf.KernelError, /\^/, () => wf.stencil((u: wf.Neighbors1) => u(u(0)))(line)),
  row('a method call', wf.KernelError, /\^/, () => wf.stencil((u: wf.Neighbors1) => u(1).toFixed(2) as unknown as number)(line)),
  row('a native function', wf.WeftError, /source|native|kernel/i, () => wf.stencil(Math.max as unknown as (u: wf.Neighbors1) => number)(line)),
  row('a call with fewer indices', wf.KernelError, /\^/, () => wf.stencil((u: wf.Neighbors2) => u(1, 0) + (u as unknown as wf.Neighbors1)(1))(x)),
]);

table('correlate', [
  row('no weights', wf.ArgumentError, 'correlate: weights must be numbers nested evenly, e.g. [1, 2, 1] or [[0, 1, 0], [1, -4, 1], [0, 1, 0]]', () => wf.correlate([])),
  row('ragged weights', wf.ArgumentError, /^correlate: weights must be numbers nested evenly/, () => wf.correlate([[1, 2], [3]])),
  row('unevenly nested weights', wf.ArgumentError, /^correlate: weights must be numbers nested evenly/, () => wf.correlate([[1], [[2]]] as wf.Weights)),
  row('text', wf.ArgumentError, /^correlate: weights must be numbers nested evenly/, () => wf.correlate(wrong(['1']))),
  row('weights of another rank', wf.ShapeError, 'correlate: weights of rank 1 do not fit an array of shape [2, 3]; use the option axis to apply a list along one axis', () => wf.correlate([1, 2, 1])(x)),
  row('an axis for a table', wf.ShapeError, 'correlate: with the option axis the weights must be a flat list, got shape [1, 2]', () => wf.correlate([[1, 2]], { axis: 0 })),
  row('an axis out of range', wf.ShapeError, /^correlate: axis: 2 is out of range for rank 2/, () => wf.correlate([1, 2], { axis: 2 })(x)),
  row('an origin outside the weights', wf.ArgumentError, 'correlate: origin must be a position in the weights, 0 to [2], got [3]', () => wf.correlate([1, 2, 1], { origin: [3] })),
  row('an unknown border', wf.ArgumentError, /^correlate: border: unknown mode "edge"/, () => wf.correlate([1, 2], { border: wrong('edge') })),
  row('an unknown border along an axis', wf.ArgumentError, /^correlate: border: unknown mode "edge"/, () => wf.correlate([1, 2], { axis: 0, border: wrong('edge') })(line)),
  row('a scalar', wf.ShapeError, /^correlate: arrays of rank 1 to 4, got shape \[\]/, () => wf.correlate([1, 2], { axis: 0 })(wf.array(1))),
]);

table('iterate', [
  row('a negative number of steps', wf.ArgumentError, 'iterate: steps must be a non-negative integer, got -1', () => wf.iterate(line, -1, (u) => u)),
  row('half a step', wf.ArgumentError, /^iterate: steps must be a non-negative integer, got 0\.5/, () => wf.iterate(line, 0.5, (u) => u)),
  row('no step', wf.ArgumentError, 'iterate: the third argument must be a function from state to state', () => wf.iterate(line, 2, wrong(undefined))),
  row('no state', wf.ArgumentError, 'iterate: the initial state must be an array or a list of arrays', () => wf.iterate([], 2, () => [])),
  row('a number as state', wf.ArgumentError, /^iterate: the initial state must be an array or a list of arrays/, () => wf.iterate(wrong(5) as wf.WeftArray, 2, (u) => u)),
  row('another shape', wf.ShapeError, 'iterate: state 0 goes in with shape [3] and comes out with [2]; a step must keep the shape', () => wf.iterate(line, 2, (u) => u.slice([1]))),
  row('a shape that broadcasting enlarges', wf.ShapeError, /^iterate: state 0 goes in with shape \[3\] and comes out with \[2, 3\]/, () => wf.iterate(line, 2, (u) => u.add(x))),
  row('another dtype', wf.DTypeError, "iterate: state 0 goes in as int32 and comes out as float32; end the step with .asType('int32')", () => wf.iterate(wf.array(Int32Array.of(1)), 2, (u) => u.mul(0.5))),
  row('nothing returned', wf.ArgumentError, /^iterate: the step returned undefined for state 0; return an array/, () => wf.iterate(line, 2, wrong(() => undefined))),
  row('too few states returned', wf.ArgumentError, 'iterate: the step must return a list of 2 arrays', () => wf.iterate([line, line], 2, ([u]) => [u])),
  row('a number among the states returned', wf.ArgumentError, 'iterate: the step returned number for state 1; return an array', () => wf.iterate([line, line], 2, ([u]) => [u, wrong(0)])),
  row('a promise', wf.ArgumentError, 'iterate: the step returned a promise for state 0; return an array', () => wf.iterate(line, 2, wrong(async (u: wf.WeftArray) => Promise.resolve(u)))),
  row('a state used outside its loop', wf.ArgumentError, 'a state of wf.iterate was used outside its step function; return what you need from the step instead', () => {
    let escaped: wf.WeftArray | undefined;
    wf.iterate(line, 2, (u) => (escaped = u).add(1));
    return escaped!.mul(2).data(onSpy);
  }),
  row('a loop without end', wf.ArgumentError, 'iterate: steps must be a non-negative integer, got Infinity; a loop without end needs until or signal', () => wf.iterate(line, Infinity, (u) => u)),
  row('options that are none', wf.ArgumentError, 'iterate: options must be an object, e.g. { until: (u) => u.max().lt(1) }, got 5', () => wf.iterate(line, 2, (u) => u, wrong(5))),
  row('an unknown option', wf.ArgumentError, "iterate: unknown option 'while'; options are until, onProgress, check, every, signal, countSteps", () => wf.iterate(line, 2, (u) => u, wrong({ while: 3 }))),
  row('a condition that is no function', wf.ArgumentError, 'iterate: until must be a function, got true', () => wf.iterate(line, 2, (u) => u, { until: wrong(true) })),
  row('a condition that gives a number', wf.ArgumentError, 'iterate: until returned boolean; return an array of one element, e.g. until: (u) => u.max().lt(1)', () => wf.iterate(line, 2, (u) => u, { until: wrong(() => true) })),
  row('a condition that gives a promise', wf.ArgumentError, /^iterate: until returned a promise; return an array of one element/, () => wf.iterate(line, 2, (u) => u, { until: wrong(async (u: wf.WeftArray) => u.max().item()) })),
  row('a condition for every element', wf.ShapeError, 'iterate: until gives shape [3]; reduce it to one element with all(), any(), max() and the like', () => wf.iterate(line, 2, (u) => u, { until: (u) => u.lt(1) })),
  row('a check after half a step', wf.ArgumentError, 'iterate: check must be a positive whole number of steps, got 0.5', () => wf.iterate(line, 2, (u) => u, { until: (u) => u.max(), check: 0.5 })),
  row('a check of nothing', wf.ArgumentError, /^iterate: check without until or signal looks at nothing/, () => wf.iterate(line, 2, (u) => u, { check: 5 })),
  row('reports to nobody', wf.ArgumentError, /^iterate: every without onProgress reports nothing/, () => wf.iterate(line, 2, (u) => u, { every: 5 })),
  row('a report that is no function', wf.ArgumentError, 'iterate: onProgress must be a function, got log', () => wf.iterate(line, 2, (u) => u, { onProgress: wrong('log') })),
  row('no signal', wf.ArgumentError, 'iterate: signal must be an AbortSignal, got null', () => wf.iterate(line, 2, (u) => u, { signal: wrong(null) })),
  row('a controller for its signal', wf.ArgumentError, 'iterate: signal must be an AbortSignal, e.g. new AbortController().signal', () => wf.iterate(line, 2, (u) => u, { signal: wrong(new AbortController()) })),
  row('a state of the condition used outside', wf.ArgumentError, /^a state of wf\.iterate was used outside its step function/, () => {
    let escaped: wf.WeftArray | undefined;
    wf.iterate(line, 2, (u) => u.add(1), { until: (_, before) => (escaped = before).max() });
    return escaped!.data(onSpy);
  }),
  row('an error in the step is the error', RangeError, 'mine', () => wf.iterate(line, 2, () => { throw new RangeError('mine'); })),
]);

const gpu = suite('float64 on WebGPU');
if (targets.includes('webgpu')) {
  for (const [label, make, message] of [
    ['a source', () => wf.array(new Float64Array(6), { shape: [2, 3] }), /^the float64 array of shape \[2, 3\] cannot be computed on target 'webgpu': .*(asType\('float32'\)|float32).*cpu/s],
    ['a result in the middle', () => line.asType('float64').sum().asType('float32'), /^the float64 array of shape \[3?\] \(a result of .*\) cannot be computed on target 'webgpu'/],
  ] as const) {
    gpu(`${label}: an error that names the array and both ways out`, async () => {
      let thrown: unknown;
      await make().add(1).data({ target: 'webgpu' }).catch((e: unknown) => { thrown = e; });
      assert.instance(thrown, wf.DTypeError);
      assert.match((thrown as Error).message, message);
    });
  }
  gpu('the other target still takes it', async () => {
    assert.equal(await wf.array(Float64Array.of(0.1)).add(0.2).array({ target: 'cpu' }), [0.1 + 0.2]);
  });
  gpu('dataSync says that there is no waiting', () => {
    assert.throws(() => line.mul(7).dataSync({ target: 'webgpu' }), (e: unknown) => e instanceof wf.TargetError && /await data\(\)/.test(e.message));
  });
} else {
  gpu.skip('no WebGPU adapter', () => {});
}
gpu.run();
