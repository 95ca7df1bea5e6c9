/** Maps: broadcasting and strides, packed dtypes, uniforms and constants, stencils over every border. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import type { EdgeMap } from '../../src/dsl/border.ts';
import type { Value, Builder } from '../../src/dsl/kernel/ir.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import { anyValue, random, typed } from '../support/special.ts';
import { available, closeTargets, expectSame, expectValid, sharedTarget } from './harness.ts';
import { mapLaunch, type MapSpec } from './launches.ts';
import { emitMap } from '../../src/targets/webgpu/emit.ts';

const gpuTest = available ? test : test.skip;
const dtypes = dtypeNames.filter((d) => d !== 'float64');
const emitOptions = { portable: false, library: () => undefined };

const fill = (dtype: DType, length: number, seed = 1) => {
  const next = random(seed);
  return typed(dtype, Array.from({ length }, () => anyValue(dtype, next)));
};

/** Every dtype at once: each input copied to an output of its own. */
const copies = (domain: number[], list: readonly DType[]): MapSpec => ({
  domain, inputs: list.map((dtype) => ({ dtype })), body: (b) => list.map((d, k) => b.read(k, d)),
});

for (const length of [1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 1023, 1025, 70_001]) {
  gpuTest(`all dtypes, ${length} elements`, async () => {
    for (const list of [dtypes.slice(0, 4), dtypes.slice(4)]) {
      const launch = mapLaunch(copies([length], list));
      await expectSame(launch, list.map((d, k) => fill(d, length, k + 1)));
    }
  });
}

gpuTest('one element beyond a word leaves the next word alone', async () => {
  const target = await sharedTarget();
  const launch = mapLaunch(copies([5], ['uint8']));
  const [source, sink] = [target.allocate(5), target.allocate(64)];
  target.upload(source, typed('uint8', [1, 2, 3, 4, 5]));
  target.upload(sink, new Uint8Array(64).fill(9));
  const slot = (bytes: number) => ({ role: 'input' as const, dtype: 'uint8' as const, length: bytes, bytes });
  await target.run({ slots: [slot(5), slot(64)], buffers: [source, sink], runs: [launch] });
  assert.equal([...await target.read(sink, 'uint8', 12)], [1, 2, 3, 4, 5, 0, 0, 0, 9, 9, 9, 9]);
  target.release(source);
  target.release(sink);
});

const add = (d: DType) => (b: Builder): Value[] => [b.op('add', [b.read(0, d), b.read(1, d)])];

for (const d of ['float32', 'int16', 'uint8'] as const) {
  gpuTest(`broadcasting, transposed and reversed reads of ${d}`, async () => {
    const a = fill(d, 5 * 7, 1), row = fill(d, 7, 2);
    const cases: [number[], MapSpec['inputs']][] = [
      [[5, 7], [{ dtype: d }, { dtype: d, strides: [0, 1] }]],
      [[5, 7], [{ dtype: d }, { dtype: d, strides: [1, 0] }]],
      [[7, 5], [{ dtype: d, strides: [1, 7] }, { dtype: d, strides: [1, 0] }]],
      [[5, 7], [{ dtype: d, strides: [-7, -1], offset: 34 }, { dtype: d, strides: [0, -1], offset: 6 }]],
      [[5, 3], [{ dtype: d, strides: [7, 2], offset: 1 }, { dtype: d, strides: [0, 0], offset: 3 }]],
      [[2, 3, 1, 4], [{ dtype: d, strides: [3, 2, 5, -1], offset: 4 }, { dtype: d, strides: [0, 1, 0, 1] }]],
    ];
    for (const [domain, inputs] of cases) await expectSame(mapLaunch({ domain, inputs, body: add(d) }), [a, row], { ulp: 0.001 });
  });
}

gpuTest('uniforms of every dtype', async () => {
  for (const d of dtypes) {
    const value = anyValue(d, random(3));
    const spec: MapSpec = {
      domain: [6], inputs: [{ dtype: d }], uniforms: [{ dtype: d, value: typed(d, [value])[0] }],
      body: (b) => [b.op('select', [b.op('eq', [b.coord(0), b.constant(2, 'int32')]), b.uniform(0, d), b.read(0, d)])],
    };
    await expectSame(mapLaunch(spec), [fill(d, 6)]);
  }
});

gpuTest('constants that WGSL has no literal for', async () => {
  const numbers = [Infinity, -Infinity, NaN, -0, 3.4028234663852886e38, -1e-30, 1e21, 123456789, 0.1];
  const spec: MapSpec = {
    domain: [3], inputs: [{ dtype: 'float32' }, { dtype: 'int32' }, { dtype: 'uint32' }],
    body: (b) => [
      ...numbers.map((n) => b.op('select', [b.op('eq', [b.coord(0), b.constant(1, 'int32')]), b.constant(n, 'float32'), b.read(0, 'float32')])),
      b.op('max', [b.read(1, 'int32'), b.constant(-(2 ** 31), 'int32')]),
      b.op('min', [b.read(2, 'uint32'), b.constant(2 ** 32 - 1, 'uint32')]),
    ].slice(0),
  };
  // More outputs than a device binds at once: three at a time.
  const all = spec.body as (b: Builder) => Value[];
  for (let k = 0; k < numbers.length + 2; k += 3) {
    await expectSame(mapLaunch({ ...spec, body: (b) => all(b).slice(k, k + 3) }), [fill('float32', 3), fill('int32', 3), fill('uint32', 3)]);
  }
});

gpuTest('coordinates and extents', async () => {
  const body = (b: Builder): Value[] => [
    b.op('add', [b.op('mul', [b.coord(0), b.extent(1)]), b.op('sub', [b.coord(1), b.extent(2)])]),
    b.cast(b.coord(2), 'float32'),
  ];
  await expectSame(mapLaunch({ domain: [3, 4, 5], inputs: [], body }), []);
});

const edges: readonly EdgeMap[] = ['nearest', 'wrap', 'reflect', 'mirror'];

/** Reads at offsets of several sizes, far beyond small arrays; some of them moved twice. */
const stencil = (domain: number[], edge: EdgeMap, d: DType): MapSpec => ({
  domain, inputs: [{ dtype: d }],
  body: (b) => {
    const map = domain.map(() => edge);
    const offsets = [-7, -1, 0, 2, 5].map((o) => domain.map((_, k) => (k % 2 ? -o : o + k)));
    const points = offsets.map((o) => b.point(undefined, o, map));
    const chained = b.point(points[1], domain.map((_, k) => (k === 0 ? 3 : 0)), map);
    const reads = [...points, chained].map((p) => b.cast(b.read(0, d, p), 'int32'));
    return [reads.reduce((sum, v, k) => b.op('add', [sum, b.op('mul', [v, b.constant(k + 2, 'int32')])]))];
  },
});

const domains = [[1], [2], [5], [40], [3, 4], [1, 9], [17, 13], [2, 3, 4], [2, 1, 3, 5]];

for (const edge of edges) {
  gpuTest(`stencils with border map ${edge}, 1-D to 4-D`, async () => {
    for (const domain of domains) {
      for (const d of ['int32', 'uint8'] as const) await expectSame(mapLaunch(stencil(domain, edge, d)), [fill(d, sizeOf(domain))]);
    }
  });
}

gpuTest('reads inside a larger array need no border map', async () => {
  const spec: MapSpec = {
    domain: [4, 5], inputs: [{ dtype: 'float32', strides: [7, 1], offset: 8 }],
    body: (b) => [b.op('add', [b.read(0, 'float32', b.point(undefined, [-1, 0], ['none', 'none'])), b.read(0, 'float32', b.point(undefined, [1, 1], ['none', 'none']))])],
  };
  await expectSame(mapLaunch(spec), [fill('float32', 42)], { ulp: 1 });
});

gpuTest('inside tests guard cells and reads', async () => {
  for (const domain of [[6], [4, 5], [2, 2]]) {
    const lo = domain.map((_, k) => (k === 0 ? -1 : -2)), hi = domain.map((_, k) => (k === 0 ? 2 : 0));
    const spec: MapSpec = {
      domain, inputs: [{ dtype: 'float32' }],
      body: (b) => {
        const moved = b.point(undefined, domain.map(() => 1), domain.map(() => 'nearest'));
        const here = b.op('select', [b.inside(undefined, lo, hi), b.read(0, 'float32'), b.constant(-1, 'float32')]);
        return [here, b.op('select', [b.inside(moved, domain.map(() => 0).fill(1, 0, 1), domain.map(() => 0).fill(1, 0, 1)), b.read(0, 'float32', moved), here])];
      },
    };
    await expectSame(mapLaunch(spec), [fill('float32', sizeOf(domain))]);
  }
});

test('stencil shaders are valid without a driver', async () => {
  for (const edge of edges) {
    for (const domain of [[5], [3, 4], [2, 2, 2, 2]]) {
      const { kernel, inner } = mapLaunch(stencil(domain, edge, 'uint8'));
      await expectValid([emitMap(kernel, inner, emitOptions).code]);
    }
  }
});

gpuTest('rows long enough for workgroups of their own', async () => {
  for (const domain of [[3, 256], [2, 3, 250], [5, 800], [300, 1024]]) {
    const target = await sharedTarget();
    for (const list of [['float32'], ['uint8', 'int16'], ['uint16', 'float32']] as DType[][]) {
      const launch = mapLaunch(copies(domain, list));
      if (list[0] === 'float32') assert.match(target.explain(launch).layout, /^rows/);
      await expectSame(launch, list.map((d, k) => fill(d, sizeOf(domain), k)));
    }
    await expectSame(mapLaunch(stencil(domain, 'mirror', 'uint8')), [fill('uint8', sizeOf(domain))]);
  }
});

gpuTest('more rows than one dimension holds', async () => {
  const launch = mapLaunch({ domain: [70_000, 200], inputs: [], body: (b) => [b.op('add', [b.coord(0), b.coord(1)])] });
  const target = await sharedTarget();
  assert.match(target.explain(launch).layout, /^rows: 1 x 35000 x 2 workgroups/);
  const out = target.allocate(4 * 14_000_000);
  await target.run({ slots: [{ role: 'output', dtype: 'int32', length: 14_000_000, bytes: 4 * 14_000_000 }], buffers: [out], runs: [launch] });
  const values = await target.read(out, 'int32', 14_000_000);
  for (const [r, c] of [[0, 0], [0, 199], [34_999, 7], [35_000, 0], [69_999, 199]]) assert.is(values[200 * r + c], r + c);
  target.release(out);
});

gpuTest('empty domains store nothing', async () => {
  await expectSame(mapLaunch(copies([0], ['float32', 'uint8'])), [fill('float32', 0), fill('uint8', 0)]);
  await expectSame(mapLaunch(copies([3, 0, 2], ['int16'])), [fill('int16', 0)]);
});

gpuTest('more workgroups than one dimension holds', async () => {
  // 65535 workgroups of 256 are 16.8 million elements.
  const n = 65535 * 256 + 1000;
  const launch = mapLaunch({ domain: [n], inputs: [], body: (b) => [b.coord(0)] });
  const target = await sharedTarget();
  const out = target.allocate(4 * n);
  await target.run({ slots: [{ role: 'output', dtype: 'int32', length: n, bytes: 4 * n }], buffers: [out], runs: [launch] });
  const values = await target.read(out, 'int32', n);
  for (const k of [0, 255, 256, 65535 * 256 - 1, 65535 * 256, n - 1]) assert.is(values[k], k);
  assert.match(target.explain(launch).layout, / x 2 workgroups/);
  target.release(out);
});

test.after(closeTargets);
test.run();
