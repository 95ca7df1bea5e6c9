/** Reads anywhere: elements of whole inputs, at indices that are computed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DType } from '../../src/dsl/dtype.ts';
import type { Builder, Value } from '../../src/dsl/kernel/ir.ts';
import { emitMap } from '../../src/targets/webgpu/emit.ts';
import { anyValue, random, typed } from '../support/special.ts';
import { available, closeTargets, expectSame, expectValid, sharedTarget } from './harness.ts';
import { mapLaunch, reduceLaunch, type MapSpec, type Where } from './launches.ts';
import { deviceDtypes } from './random-functions.ts';

const gpuTest = available ? test : test.skip;

const fill = (dtype: DType, length: number) => {
  const next = random(length);
  return typed(dtype, Array.from({ length }, () => anyValue(dtype, next)));
};

const indices = (length: number, lo: number, hi: number) => {
  const next = random(length + hi);
  return typed('int32', Array.from({ length }, () => lo + Math.floor(next() * (hi - lo + 1))));
};

/** `x[i]` for the indices of input 0. */
const pickFrom = (dtype: DType, where: Omit<Where, 'dtype'>, domain: readonly number[]): MapSpec => ({
  domain, inputs: [{ dtype: 'int32' }, { dtype, ...where }],
  body: (b) => [b.gather(1, dtype, [b.read(0, 'int32')])],
});

for (const dtype of deviceDtypes) {
  gpuTest(`elements of ${dtype}, also beyond the ends`, async () => {
    await expectSame(mapLaunch(pickFrom(dtype, { sizes: [77] }, [300])), [indices(300, -20, 100), fill(dtype, 77)]);
  });
}

gpuTest('the far ends of int32 are brought inside', async () => {
  const wild = typed('int32', [-(2 ** 31), 2 ** 31 - 1, -1, 5, 0, 4]);
  await expectSame(mapLaunch(pickFrom('uint8', { sizes: [5] }, [6])), [wild, fill('uint8', 5)]);
});

gpuTest('reversed, strided and broadcast arrays', async () => {
  const given = [indices(60, 0, 8), fill('int16', 30)];
  for (const [stride, offset] of [[-1, 8], [3, 2], [-3, 29], [0, 7]]) {
    await expectSame(mapLaunch(pickFrom('int16', { sizes: [9], strides: [stride], offset }, [60])), given);
  }
});

/** An element of every axis order of a whole array, at coordinates of the domain that do not belong to it. */
const crossed = (dtype: DType, where: Omit<Where, 'dtype'>, domain: readonly number[]): MapSpec => ({
  domain, inputs: [{ dtype, ...where }],
  body: (b) => {
    const index = (k: number): Value => b.op('sub', [b.coord((k + 1) % domain.length), b.constant(k, 'int32')]);
    return [b.gather(0, dtype, where.sizes!.map((_, k) => index(k)))];
  },
});

gpuTest('arrays of other ranks than the domain', async () => {
  const data = fill('uint8', 120);
  for (const domain of [[70], [9, 8], [3, 4, 5]]) {
    for (const where of [
      { sizes: [7, 4] }, { sizes: [4, 7], strides: [1, 4] }, { sizes: [4, 5, 6] },
      { sizes: [4, 5, 6], strides: [-30, 6, -1], offset: 95 }, { sizes: [2, 3, 2, 2] }, { sizes: [] },
    ]) await expectSame(mapLaunch(crossed('uint8', where, domain)), [data]);
  }
});

gpuTest('one array both ways', async () => {
  // x[i] + x[n - 1 - i] * size
  const body = (b: Builder): Value[] => {
    const size = b.size('input', 1, 0);
    const other = b.op('sub', [b.op('sub', [size, b.constant(1, 'int32')]), b.coord(0)]);
    return [b.op('add', [b.read(0, 'int32'), b.op('mul', [b.gather(1, 'int32', [other]), size])])];
  };
  const data = fill('int32', 33);
  await expectSame(mapLaunch({ domain: [33], inputs: [{ dtype: 'int32' }, { dtype: 'int32', sizes: [33] }], body }), [data, data]);
});

gpuTest('an index that follows the data: pointer chasing', async () => {
  const body = (b: Builder): Value[] => {
    const [at, k] = b.states(['int32', 'int32']);
    const next = [b.gather(0, 'int32', [at]), b.op('add', [k, b.constant(1, 'int32')])];
    return [b.loop({ states: [at, k], initial: [b.coord(0), b.constant(0, 'int32')], test: b.op('lt', [k, b.constant(20, 'int32')]), next })[0]];
  };
  await expectSame(mapLaunch({ domain: [50], inputs: [{ dtype: 'int32', sizes: [50] }], body }), [indices(50, 0, 49)]);
});

/** Row r of a matrix times a vector, which a loop of the function adds up; the vector is whole, the matrix is too. */
const matrixVector = (b: Builder): Value[] => {
  const [k, sum] = b.states(['int32', 'int32']);
  const product = b.op('mul', [b.gather(0, 'int32', [b.coord(0), k]), b.gather(1, 'int32', [k])]);
  return [b.loop({
    states: [k, sum], initial: [b.constant(0, 'int32'), b.constant(0, 'int32')], test: b.op('lt', [k, b.size('input', 0, 1)]),
    next: [b.op('add', [k, b.constant(1, 'int32')]), b.op('add', [sum, product])],
  })[1]];
};

gpuTest('matrix times vector as a loop over a whole matrix', async () => {
  const given = [fill('int32', 12 * 17), fill('int32', 17)];
  for (const [strides, offset] of [[[17, 1], 0], [[1, 12], 0], [[-17, 1], 17 * 11]] as const) {
    const inputs = [{ dtype: 'int32' as const, sizes: [12, 17], strides, offset }, { dtype: 'int32' as const, sizes: [17] }];
    await expectSame(mapLaunch({ domain: [12], inputs, body: matrixVector }), given);
    await expectSame(reduceLaunch({ domain: [12], axes: [0], inputs, body: matrixVector, terms: ['sum'] }), given);
  }
});

gpuTest('reductions and their epilogues read anywhere', async () => {
  for (const [domain, axes] of [[[30, 20], [1]], [[30, 20], [0]], [[30, 20], [0, 1]], [[2, 9000], [1]]]) {
    const launch = reduceLaunch({
      domain, axes, terms: ['sum', 'argMin'], inputs: [{ dtype: 'int32' }, { dtype: 'uint8', sizes: [11] }],
      body: (b) => [b.cast(b.gather(1, 'uint8', [b.op('mod', [b.read(0, 'int32'), b.constant(13, 'int32')])]), 'int32')],
      epilogue: (e, [sum, at]) => [e.op('add', [sum, e.cast(e.gather(1, 'uint8', [at]), 'int32')])],
    });
    await expectSame(launch, [indices(domain[0] * domain[1], 0, 1000), fill('uint8', 11)]);
  }
});

gpuTest('an empty array reads as 0', async () => {
  await expectSame(mapLaunch(pickFrom('float32', { sizes: [0] }, [5])), [indices(5, -1, 1), fill('float32', 0)]);
});

gpuTest('new sizes compile nothing', async () => {
  const target = await sharedTarget();
  await expectSame(mapLaunch(pickFrom('int32', { sizes: [10] }, [20])), [indices(20, 0, 9), fill('int32', 10)]);
  const before = target.compilations;
  await expectSame(mapLaunch(pickFrom('int32', { sizes: [99] }, [50])), [indices(50, 0, 99), fill('int32', 99)]);
  assert.is(target.compilations, before);
});

test('shaders that gather are valid without a driver', async () => {
  for (const spec of [pickFrom('int8', { sizes: [5] }, [6]), crossed('bool', { sizes: [4, 5, 6], strides: [-30, 6, -1], offset: 95 }, [3, 4])]) {
    const { kernel, inner } = mapLaunch(spec);
    await expectValid([emitMap(kernel, inner, { portable: false, library: () => undefined }).code]);
  }
});

test.after(closeTargets);
test.run();
