/** Making arrays: from values (their dtype, shape and copies), and from rules. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypeNames, dtypes, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import type { NestedArray } from '../../src/dsl/literal.ts';
import { compute, nested } from '../support/compute.ts';
import { computes, expectClose, targets, type TargetName } from '../support/targets.ts';

/** A test for every target. */
const test = suite('making arrays');
const on = (label: string, run: (target: TargetName) => Promise<void>): void =>
  targets.forEach((target) => test(`${target}: ${label}`, () => run(target)));

interface Values {
  readonly label: string;
  readonly data: TypedArray | NestedArray;
  readonly dtype: DType;
  readonly shape: number[];
  readonly expected: NestedArray;
}

const values: readonly Values[] = [
  { label: 'a list of numbers is float32', data: [1, 2.5, -3], dtype: 'float32', shape: [3], expected: [1, 2.5, -3] },
  { label: 'nested lists', data: [[1, 2, 3], [4, 5, 6]], dtype: 'float32', shape: [2, 3], expected: [[1, 2, 3], [4, 5, 6]] },
  { label: 'deeper nesting', data: [[[1], [2]], [[3], [4]]], dtype: 'float32', shape: [2, 2, 1], expected: [[[1], [2]], [[3], [4]]] },
  { label: 'booleans are bool', data: [[true, false], [false, true]], dtype: 'bool', shape: [2, 2], expected: [[true, false], [false, true]] },
  { label: 'booleans among numbers are numbers', data: [true, 2], dtype: 'float32', shape: [2], expected: [1, 2] },
  { label: 'a number is a scalar', data: 5, dtype: 'float32', shape: [], expected: 5 },
  { label: 'a boolean is a scalar', data: true, dtype: 'bool', shape: [], expected: true },
  { label: 'an empty list', data: [], dtype: 'float32', shape: [0], expected: [] },
  { label: 'empty rows', data: [[], []], dtype: 'float32', shape: [2, 0], expected: [[], []] },
  { label: 'Float32Array', data: Float32Array.of(1, 0.5), dtype: 'float32', shape: [2], expected: [1, 0.5] },
  { label: 'Float64Array', data: Float64Array.of(0.1), dtype: 'float64', shape: [1], expected: [0.1] },
  { label: 'Int32Array', data: Int32Array.of(-(2 ** 31)), dtype: 'int32', shape: [1], expected: [-(2 ** 31)] },
  { label: 'Uint32Array', data: Uint32Array.of(2 ** 32 - 1), dtype: 'uint32', shape: [1], expected: [2 ** 32 - 1] },
  { label: 'Int16Array', data: Int16Array.of(-32768, 1, 2), dtype: 'int16', shape: [3], expected: [-32768, 1, 2] },
  { label: 'Uint16Array', data: Uint16Array.of(65535), dtype: 'uint16', shape: [1], expected: [65535] },
  { label: 'Int8Array', data: Int8Array.of(-128, 127, 5), dtype: 'int8', shape: [3], expected: [-128, 127, 5] },
  { label: 'Uint8Array', data: Uint8Array.of(255, 0, 1, 2, 3), dtype: 'uint8', shape: [5], expected: [255, 0, 1, 2, 3] },
  { label: 'Uint8ClampedArray is uint8', data: Uint8ClampedArray.of(300, -5, 7), dtype: 'uint8', shape: [3], expected: [255, 0, 7] },
  { label: 'a list of typed arrays', data: [Float32Array.of(1, 2), Float32Array.of(3, 4)] as unknown as NestedArray, dtype: 'float32', shape: [2, 2], expected: [[1, 2], [3, 4]] },
];

for (const { label, data, dtype, shape, expected } of values) {
  on(label, async (target) => {
    if (!computes(target, dtype)) return;
    const x = wf.array(data);
    assert.is(x.dtype, dtype);
    assert.equal([...x.shape], shape);
    assert.is(x.rank, shape.length);
    assert.is(x.size, shape.reduce((n, s) => n * s, 1));
    assert.equal(await x.array({ target }), expected);
    assert.is((await x.data({ target })).constructor, dtypes[dtype].array);
  });
}

on('the option shape arranges flat data row-major', async (target) => {
  const x = wf.array(Int32Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] });
  assert.equal(await x.array({ target }), [[1, 2, 3], [4, 5, 6]]);
  assert.equal(await wf.array([[1, 2], [3, 4]], { shape: [4] }).array({ target }), [1, 2, 3, 4]);
  assert.equal([...wf.array([1, 2, 3], { shape: 3 }).shape], [3]);
});

on('the option dtype casts the values', async (target) => {
  const cast = (data: TypedArray | NestedArray, dtype: DType) => wf.array(data, { dtype }).array({ target });
  assert.equal(await cast([1.9, -1.9, 300, NaN], 'uint8'), [1, 0, 255, 0]);
  assert.equal(await cast([2 ** 31, -5], 'uint32'), [2 ** 31, 0]);
  assert.equal(await cast([16777217], 'int32'), [16777217], 'a number that float32 does not have reaches int32 unharmed');
  assert.equal(await cast(Int32Array.of(300, -1), 'uint8'), [44, 255], 'integers wrap');
  assert.equal(await cast([0, 0.5, NaN], 'bool'), [false, true, true]);
  assert.equal(await cast([true, false], 'int16'), [1, 0]);
  assert.equal(await cast(Uint8Array.of(0, 7), 'bool'), [false, true]);
  if (computes(target, 'float64')) assert.equal(await cast([0.1], 'float64'), [0.1], 'float64 keeps every digit of a JS number');
});

on('the values are copied, in and out', async (target) => {
  const data = Float32Array.of(1, 2, 3);
  const x = wf.array(data);
  data[0] = 100;
  const out = await x.data({ target });
  out[1] = 100;
  assert.equal(await x.array({ target }), [1, 2, 3]);
});

on('array of an array casts and reshapes it', async (target) => {
  const x = wf.array([1.5, 2.5, 3.5, 4.5]);
  assert.equal(await wf.array(x, { shape: [2, 2], dtype: 'int32' }).array({ target }), [[1, 2], [3, 4]]);
  assert.equal(await wf.array(x).array({ target }), [1.5, 2.5, 3.5, 4.5]);
});

on('zeros, ones and full', async (target) => {
  for (const dtype of dtypeNames) {
    if (!computes(target, dtype)) continue;
    const one: NestedArray = dtype === 'bool' ? true : 1, zero: NestedArray = dtype === 'bool' ? false : 0;
    assert.equal(await nested(target, () => wf.zeros([1, 3], { dtype })), [[zero, zero, zero]]);
    assert.equal(await nested(target, () => wf.ones([2], { dtype })), [one, one]);
    assert.is(wf.full([2], 1, { dtype }).dtype, dtype);
  }
  assert.equal(await nested(target, () => wf.full([2, 2], -2.5)), [[-2.5, -2.5], [-2.5, -2.5]]);
  assert.equal(await nested(target, () => wf.full(3, 300, { dtype: 'uint8' })), [255, 255, 255], 'cast as any number is');
  assert.equal(await nested(target, () => wf.full([], 7)), 7);
  assert.is(wf.full([2], true).dtype, 'bool');
  assert.is(wf.zeros(4).dtype, 'float32');
  assert.equal(await nested(target, () => wf.zeros([0, 3])), []);
});

interface Ramp {
  readonly label: string;
  readonly make: () => wf.WeftArray;
  readonly dtype?: DType;
  readonly expected: number[];
}
const ramps: readonly Ramp[] = [
  { label: 'arange(5)', make: () => wf.arange(5), expected: [0, 1, 2, 3, 4] },
  { label: 'arange(2, 5)', make: () => wf.arange(2, 5), expected: [2, 3, 4] },
  { label: 'arange(1, 2, 0.25)', make: () => wf.arange(1, 2, 0.25), expected: [1, 1.25, 1.5, 1.75] },
  { label: 'arange backwards', make: () => wf.arange(3, -1, -1.5), expected: [3, 1.5, 0] },
  { label: 'arange of nothing', make: () => wf.arange(5, 2), expected: [] },
  { label: 'arange of a fraction', make: () => wf.arange(2.5), expected: [0, 1, 2] },
  { label: 'arange int32', make: () => wf.arange(-2, 2, { dtype: 'int32' }), dtype: 'int32', expected: [-2, -1, 0, 1] },
  { label: 'arange uint8', make: () => wf.arange(250, 256, 2, { dtype: 'uint8' }), dtype: 'uint8', expected: [250, 252, 254] },
  { label: 'arange int32 of fractions truncates', make: () => wf.arange(0, 2, 0.5, { dtype: 'int32' }), dtype: 'int32', expected: [0, 0, 1, 1] },
  { label: 'arange int32 beyond 2^24', make: () => wf.arange(2 ** 24, 2 ** 24 + 3, { dtype: 'int32' }), dtype: 'int32', expected: [2 ** 24, 2 ** 24 + 1, 2 ** 24 + 2] },
  { label: 'linspace(0, 1, 5)', make: () => wf.linspace(0, 1, 5), expected: [0, 0.25, 0.5, 0.75, 1] },
  { label: 'linspace without its end', make: () => wf.linspace(0, 1, 4, { endpoint: false }), expected: [0, 0.25, 0.5, 0.75] },
  { label: 'linspace backwards', make: () => wf.linspace(1, -1, 3), expected: [1, 0, -1] },
  { label: 'linspace of one', make: () => wf.linspace(3, 9, 1), expected: [3] },
  { label: 'linspace of none', make: () => wf.linspace(3, 9, 0), expected: [] },
  { label: 'linspace int32 truncates', make: () => wf.linspace(0, 5, 4, { dtype: 'int32' }), dtype: 'int32', expected: [0, 1, 3, 5] },
  { label: 'linspace float64', make: () => wf.linspace(0, 0.3, 3, { dtype: 'float64' }), dtype: 'float64', expected: [0, 0.15, 0.3] },
];
for (const { label, make, dtype = 'float32', expected } of ramps) {
  on(label, async (target) => {
    if (!computes(target, dtype)) return;
    const result = await compute(target, make);
    assert.is(result.dtype, dtype);
    assert.equal(result.shape, [expected.length]);
    expectClose(result.values, expected, { label });
  });
}

on('the last element of linspace is exactly stop', async (target) => {
  for (const [stop, count] of [[0.1, 7], [1 / 3, 50], [1e10, 999], [-0.7, 3]]) {
    const { values: v } = await compute(target, () => wf.linspace(-0.3, stop, count));
    assert.is(v.at(-1), Math.fround(stop));
    assert.is(v[0], Math.fround(-0.3));
  }
});

on('eye: square, wide, tall and off the main diagonal', async (target) => {
  assert.equal(await nested(target, () => wf.eye(3)), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
  assert.equal(await nested(target, () => wf.eye(2, { columns: 3, k: 1 })), [[0, 1, 0], [0, 0, 1]]);
  assert.equal(await nested(target, () => wf.eye(3, { columns: 2, k: -1 })), [[0, 0], [1, 0], [0, 1]]);
  assert.equal(await nested(target, () => wf.eye(2, { k: 5 })), [[0, 0], [0, 0]]);
  assert.is(wf.eye(2, { dtype: 'int8' }).dtype, 'int8');
  assert.equal(await nested(target, () => wf.eye(2, { dtype: 'bool' })), [[true, false], [false, true]]);
});

on('rules meet arrays without being stored', async (target) => {
  const make = () => wf.arange(4).mul(wf.array([1, 2, 3, 4])).add(wf.ones([4])).add(wf.full([], 0.5));
  const { values: v } = await compute(target, make);
  assert.equal([...v], [1.5, 3.5, 7.5, 13.5]);
});

test('item gives the one value, a boolean for bool', async () => {
  assert.is(await wf.array([[4]]).item({ target: 'reference' }), 4);
  assert.is(await wf.array(true).item({ target: 'reference' }), true);
  assert.is(await wf.array([2, 3]).sum().item({ target: 'reference' }), 5);
});

test.run();
