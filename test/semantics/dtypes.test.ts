/** The dtype table, promotion and weak numbers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypeNames, dtypes, type DType } from '../../src/dsl/dtype.ts';
import { reducerNames } from '../../src/dsl/reducers.ts';

const order: readonly DType[] = ['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'];

/** NumPy 2's table, with int64 read as int32, and the float64 that 32-bit integers ask for read as float32. */
const promotion: Record<DType, readonly DType[]> = {
  bool: ['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'],
  int8: ['int8', 'int8', 'int16', 'int16', 'int32', 'int32', 'int32', 'float32', 'float64'],
  uint8: ['uint8', 'int16', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'],
  int16: ['int16', 'int16', 'int16', 'int16', 'int32', 'int32', 'int32', 'float32', 'float64'],
  uint16: ['uint16', 'int32', 'uint16', 'int32', 'uint16', 'int32', 'uint32', 'float32', 'float64'],
  int32: ['int32', 'int32', 'int32', 'int32', 'int32', 'int32', 'int32', 'float32', 'float64'],
  uint32: ['uint32', 'int32', 'uint32', 'int32', 'uint32', 'int32', 'uint32', 'float32', 'float64'],
  float32: ['float32', 'float32', 'float32', 'float32', 'float32', 'float32', 'float32', 'float32', 'float64'],
  float64: ['float64', 'float64', 'float64', 'float64', 'float64', 'float64', 'float64', 'float64', 'float64'],
};

const table = suite('promotion');
for (const a of order) order.forEach((b, k) => {
  table(`${a} with ${b}`, () => {
    assert.is(wf.promote(a, b), promotion[a][k]);
    assert.is(wf.zeros([2], { dtype: a }).maximum(wf.zeros([2], { dtype: b })).dtype, promotion[a][k]);
    assert.is(wf.where(true, wf.zeros([2], { dtype: a }), wf.zeros([2], { dtype: b })).dtype, promotion[a][k]);
  });
});
table.run();

const weak = suite('numbers take the dtype of what they meet');
for (const dtype of order) {
  const x = wf.zeros([2], { dtype });
  const float = dtypes[dtype].kind === 'float';
  weak(`${dtype} and an integer`, () => assert.is(x.mul(3).dtype, dtype === 'bool' ? 'int32' : dtype));
  weak(`${dtype} and a fraction`, () => assert.is(x.mul(0.5).dtype, float ? dtype : 'float32'));
  weak(`${dtype} and NaN`, () => assert.is(x.mul(NaN).dtype, float ? dtype : 'float32'));
  weak(`${dtype} and a boolean`, () => assert.is(x.mul(true).dtype, dtype));
  weak(`${dtype} and an array of rank 0 is promotion`, () => assert.is(x.mul(wf.array(3)).dtype, wf.promote(dtype, 'float32')));
}
weak('every dtype takes its own extremes', () => {
  for (const dtype of order) {
    const { kind, min, max } = dtypes[dtype];
    if (kind !== 'int' && kind !== 'uint') continue;
    assert.is(wf.zeros([1], { dtype }).add(min).dtype, dtype);
    assert.is(wf.zeros([1], { dtype }).add(max).dtype, dtype);
    assert.throws(() => wf.zeros([1], { dtype }).add(max + 1), new RegExp(`${max + 1} does not fit ${dtype}`));
    assert.throws(() => wf.zeros([1], { dtype }).sub(min - 1), new RegExp(`${min - 1} does not fit ${dtype}`));
  }
});
weak.run();

const results = suite('dtypes of results');
const widened: Record<DType, DType> = {
  float32: 'float32', float64: 'float64', int32: 'int32', uint32: 'uint32', int16: 'int32', uint16: 'uint32', int8: 'int32', uint8: 'uint32', bool: 'int32',
};
for (const dtype of dtypeNames) {
  const x = wf.ones([3], { dtype });
  const float: DType = dtype === 'float64' ? 'float64' : 'float32';
  results(`${dtype}: div, sqrt, sin, mean, var and std are floating`, () => {
    for (const y of [x.div(x), x.sqrt(), x.sin(), x.atan2(x), x.mean(), x.var(), x.std()]) assert.is(y.dtype, float);
  });
  results(`${dtype}: sum and prod are at least 32 bits wide`, () => {
    assert.is(x.sum().dtype, widened[dtype]);
    assert.is(x.prod().dtype, widened[dtype]);
  });
  results(`${dtype}: min and max keep it, argMin and argMax are int32, any and all bool`, () => {
    assert.is(x.min().dtype, dtype);
    assert.is(x.max().dtype, dtype);
    assert.is(x.argMin().dtype, 'int32');
    assert.is(x.argMax().dtype, 'int32');
    assert.is(x.any().dtype, 'bool');
    assert.is(x.all().dtype, 'bool');
  });
  results(`${dtype}: comparison and logic are bool`, () => {
    for (const y of [x.lt(x), x.eq(1), x.logicalAnd(x), x.logicalNot(), x.isNaN()]) assert.is(y.dtype, 'bool');
  });
  results(`${dtype}: rounding and views keep it`, () => {
    for (const y of [x.round(), x.floor(), x.flip(), x.slice([1]), x.reshape([3, 1]), x.clamp(x, x)]) assert.is(y.dtype, dtype);
  });
}
results('the option dtype of sum, prod and mean', () => {
  const x = wf.ones([3], { dtype: 'uint8' });
  assert.is(x.sum({ dtype: 'float64' }).dtype, 'float64');
  assert.is(x.sum(0, { dtype: 'uint8' }).dtype, 'uint8');
  assert.is(x.prod({ dtype: 'int16' }).dtype, 'int16');
  assert.is(x.mean({ dtype: 'float64' }).dtype, 'float64');
});
results('every reducer is a method', () => {
  for (const name of reducerNames) assert.type(wf.ones([1])[name], 'function');
});
results('the table says what typed arrays hold', () => {
  for (const d of dtypeNames) {
    assert.is(wf.dtypes[d].name, d);
    assert.is(wf.dtypes[d].bits, 8 * wf.dtypes[d].array.BYTES_PER_ELEMENT);
  }
});
results.run();

// The compiler checks this suite: each annotation is a claim about an inferred type.
const types = suite('types follow dtypes');
types('arrays', () => {
  const float: wf.WeftArray<'float32'> = wf.array([[1, 2], [3, 4]]);
  const int: wf.WeftArray<'int32'> = wf.array(Int32Array.of(1, 2));
  const cast: wf.WeftArray<'uint8'> = wf.array([1, 2], { dtype: 'uint8' });
  const bool: wf.WeftArray<'bool'> = wf.array([true, false]);
  const zeros: wf.WeftArray<'int16'> = wf.zeros([2], { dtype: 'int16' });
  assert.equal([float, int, cast, bool, zeros].map((x) => x.dtype), ['float32', 'int32', 'uint8', 'bool', 'int16']);
});
types('results', () => {
  const x = wf.array([1, 2]), n = wf.array(Int32Array.of(1, 2)), bytes = wf.array(Uint8Array.of(1, 2));
  const compared: wf.WeftArray<'bool'> = x.gt(1);
  const quotient: wf.WeftArray<'float32'> = n.div(2);
  const promoted: wf.WeftArray<'float32'> = n.mul(x);
  const wide: wf.WeftArray<'float64'> = x.add(wf.array(Float64Array.of(1, 2)));
  const total: wf.WeftArray<'uint32'> = bytes.sum();
  const place: wf.WeftArray<'int32'> = bytes.argMax();
  const same: wf.WeftArray<'uint8'> = bytes.slice([1]).flip().reshape([1, 1]);
  assert.equal([compared, quotient, promoted, wide, total, place, same].map((y) => y.dtype), ['bool', 'float32', 'float32', 'float64', 'uint32', 'int32', 'uint8']);
});
types('values', async () => {
  const reference = { target: 'reference' };
  const data: Int16Array = await wf.array(Int16Array.of(1)).data(reference);
  const item: number = await wf.array([1, 2]).sum().item(reference);
  const truth: boolean = await wf.array([1, 2]).gt(0).all().item(reference);
  assert.equal([[...data], item, truth], [[1], 3, true]);
});
types.run();
