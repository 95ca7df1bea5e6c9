/** Nests: points that store anywhere, load what they have stored, and share the words of packed outputs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DType } from '../../src/dsl/dtype.ts';
import type { Builder, Effect, Value } from '../../src/dsl/kernel/ir.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import type { Launch } from '../../src/fusion/kernel.ts';
import { emitNest } from '../../src/targets/webgpu/nest.ts';
import { anyValue, random, typed } from '../support/special.ts';
import { available, closeTargets, expectSame, expectValid, runOn, sharedTarget, slotsOf } from './harness.ts';
import { nestLaunch, type NestSpec } from './launches.ts';
import { deviceDtypes } from './random-functions.ts';

const gpuTest = available ? test : test.skip;
const emitOptions = { portable: false, library: () => undefined };
const int = (b: Builder, v: number): Value => b.constant(v, 'int32');
const always = (b: Builder): Value => b.constant(1, 'bool');

const fill = (dtype: DType, length: number) => {
  const next = random(length);
  return typed(dtype, Array.from({ length }, () => anyValue(dtype, next)));
};

/** `for (let k = 0; k < turns; k++) effects(k)`. */
function repeat(b: Builder, turns: Value, effects: (k: Value) => Effect[]): Effect {
  const [k] = b.states(['int32']);
  const [after] = b.loop({
    states: [k], initial: [int(b, 0)], test: b.op('lt', [k, turns]), next: [b.op('add', [k, int(b, 1)])], effects: effects(k),
  });
  return { kind: 'loop', loop: (after as Value & { kind: 'after' }).loop };
}

/** Every element of a matrix, row by row: `for i of prange(h) for j < w: out[i][j] = x[i][j]`. */
const copyRows = (dtype: DType, sizes: readonly [number, number]): NestSpec => ({
  domain: [sizes[0]], inputs: [{ dtype, sizes }], stored: [{ dtype, sizes }],
  effects: (b) => [repeat(b, b.size('output', 0, 1), (j) => [
    { kind: 'store', output: 0, index: [b.coord(0), j], value: b.gather(0, dtype, [b.coord(0), j]), when: always(b) },
  ])],
});

test('a nest reads like its loops', () => {
  const { kernel, inner } = nestLaunch(copyRows('float32', [3, 4]));
  const lines = emitNest(kernel, inner, emitOptions).code.split('\n');
  assert.equal(lines.slice(lines.indexOf('  let c0 = i32(i);') + 1, lines.lastIndexOf('}')), [
    '  let v1: i32 = P.in0_size0 - 1i;',
    '  let v2: i32 = min(c0, v1);',
    '  let v3: i32 = max(v2, 0i);',
    '  let v4: i32 = P.in0_size1 - 1i;',
    '  var s0: i32 = 0i;',
    '  loop {',
    '    let v7: bool = s0 < P.out0_size1;',
    '    if (!v7) { break; }',
    '    let v9: i32 = min(s0, v4);',
    '    let v10: i32 = max(v9, 0i);',
    '    let v11: f32 = in0[P.in0_offset + v3 * P.in0_stride0 + v10];',
    '    if (u32(c0) < u32(P.out0_size0) && u32(s0) < u32(P.out0_size1)) { out0[c0 * P.out0_size1 + s0] = v11; }',
    '    let v13: i32 = s0 + 1i;',
    '    s0 = v13;',
    '  }',
  ]);
});

for (const dtype of deviceDtypes) {
  gpuTest(`rows of ${dtype}, whose ends share words`, async () => {
    for (const sizes of [[1, 1], [3, 1], [5, 3], [7, 5], [300, 7], [2, 64]] as const) {
      await expectSame(nestLaunch(copyRows(dtype, sizes)), [fill(dtype, sizeOf(sizes))]);
    }
  });

  gpuTest(`neighbours of ${dtype} that many points store at once`, async () => {
    // Point i stores element i * 7 mod n, so that one word is written from all over the device.
    const n = 4099;
    await expectSame(nestLaunch({
      domain: [n], inputs: [{ dtype }], stored: [{ dtype, sizes: [n] }],
      effects: (b) => [{ kind: 'store', output: 0, index: [b.op('rem', [b.op('mul', [b.coord(0), int(b, 7)]), b.extent(0)])], value: b.read(0, dtype), when: always(b) }],
    }), [fill(dtype, n)]);
  });

  gpuTest(`outputs of ${dtype} start with zeros or with what they are given`, async () => {
    for (const n of [1, 2, 3, 4, 5, 31, 64]) {
      const odd = (b: Builder): Value => b.op('eq', [b.op('bitAnd', [b.coord(0), int(b, 1)]), int(b, 1)]);
      const launch = nestLaunch({
        domain: [n], inputs: [{ dtype }], stored: [{ dtype, sizes: [n], initial: true }, { dtype, sizes: [n] }],
        effects: (b) => [0, 1].map((output) => ({ kind: 'store', output, index: [b.coord(0)], value: b.read(0, dtype), when: odd(b) })),
      });
      await expectSame(launch, [fill(dtype, n), typed(dtype, [...fill(dtype, n + 1)].slice(1))]);
    }
  });
}

gpuTest('the memory that an output gets is not clean', async () => {
  // The same buffers twice: the second run must not see what the first has stored.
  const target = await sharedTarget();
  const launch = (value: number): Launch => nestLaunch({
    domain: [9], inputs: [], uniforms: [{ dtype: 'int32', value }], stored: [{ dtype: 'uint8', sizes: [9] }],
    effects: (b) => [{ kind: 'store', output: 0, index: [b.uniform(0, 'int32')], value: b.constant(9, 'uint8'), when: always(b) }],
  });
  const slots = slotsOf(launch(2), []), buffers = slots.map((s) => target.allocate(s.bytes));
  for (const at of [2, 5]) {
    await target.run({ slots, buffers, runs: [launch(at)] });
    assert.equal([...await target.read(buffers[0], 'uint8', 9)], Array.from({ length: 9 }, (_, k) => (k === at ? 9 : 0)));
  }
  buffers.forEach((b) => target.release(b));
});

gpuTest('initial elements of five bytes leave what follows alone', async () => {
  const target = await sharedTarget();
  const launch = nestLaunch({ domain: [1], inputs: [], stored: [{ dtype: 'uint8', sizes: [5], initial: true }], effects: () => [] });
  const buffers = [target.allocate(64), target.allocate(5)];
  target.upload(buffers[0], new Uint8Array(64).fill(9));
  target.upload(buffers[1], typed('uint8', [1, 2, 3, 4, 5]));
  const slot = (bytes: number) => ({ role: 'input' as const, dtype: 'uint8' as const, length: bytes, bytes });
  await target.run({ slots: [slot(64), slot(5)], buffers, runs: [launch] });
  assert.equal([...await target.read(buffers[0], 'uint8', 12)], [1, 2, 3, 4, 5, 0, 0, 0, 9, 9, 9, 9]);
  buffers.forEach((b) => target.release(b));
});

gpuTest('indices outside are left out by stores, on every axis', async () => {
  const next = random(4);
  const far = [-(2 ** 31), 2 ** 31 - 1];
  const index = () => typed('int32', Array.from({ length: 40 }, (_, k) => far[k] ?? Math.floor(next() * 9) - 2));
  for (const dtype of ['float32', 'int8'] as const) {
    // A third axis of its own keeps the points apart.
    await expectSame(nestLaunch({
      domain: [40], inputs: [{ dtype: 'int32' }, { dtype: 'int32' }, { dtype }], stored: [{ dtype, sizes: [4, 5, 40] }],
      effects: (b) => {
        const index = [b.read(0, 'int32'), b.read(1, 'int32'), b.coord(0)];
        return [{ kind: 'store', output: 0, index, value: b.read(2, dtype), when: always(b) }];
      },
    }), [index(), index(), fill(dtype, 40)]);
  }
});

gpuTest('loads see what their point has stored, and are brought inside', async () => {
  // Running sums of a row, in place: out[i][j] += out[i][j - 1], with j from 0, where the load is clamped.
  for (const dtype of ['int32', 'uint8', 'int16', 'float32'] as const) {
    const launch = nestLaunch({
      domain: [30], inputs: [], stored: [{ dtype, sizes: [30, 9], initial: true }],
      effects: (b) => [repeat(b, int(b, 9), (j) => {
        const [before, here] = [b.loaded(dtype), b.loaded(dtype)];
        return [
          { kind: 'load', output: 0, index: [b.coord(0), b.op('sub', [j, int(b, 1)])], value: before },
          { kind: 'load', output: 0, index: [b.coord(0), j], value: here },
          { kind: 'store', output: 0, index: [b.coord(0), j], value: b.op('add', [before, here]), when: always(b) },
        ];
      })],
    });
    await expectSame(launch, [typed(dtype, Array.from({ length: 270 }, (_, k) => (k * 7) % 25))]);
  }
});

gpuTest('a loop that stores happens in its turn, though nothing in it depends on the turn', async () => {
  const launch = nestLaunch({
    domain: [5], inputs: [], stored: [{ dtype: 'int32', sizes: [5] }, { dtype: 'int32', sizes: [5] }],
    effects: (b) => {
      const at = [b.coord(0)], ten = int(b, 10);
      // for k < 3: out[i] = 10 k; then twice: out[i]++. The counts of the inner loop are used outside of it.
      const [j] = b.states(['int32']), value = b.loaded('int32');
      const [twice] = b.loop({
        states: [j], initial: [int(b, 0)], test: b.op('lt', [j, int(b, 2)]), next: [b.op('add', [j, int(b, 1)])],
        effects: [
          { kind: 'load', output: 0, index: at, value },
          { kind: 'store', output: 0, index: at, value: b.op('add', [value, int(b, 1)]), when: always(b) },
        ],
      });
      const [k, sum] = b.states(['int32', 'int32']);
      const [, total] = b.loop({
        states: [k, sum], initial: [int(b, 0), int(b, 0)], test: b.op('lt', [k, int(b, 3)]),
        next: [b.op('add', [k, int(b, 1)]), b.op('add', [sum, twice])],
        effects: [
          { kind: 'store', output: 0, index: at, value: b.op('mul', [k, ten]), when: always(b) },
          { kind: 'loop', loop: (twice as Value & { kind: 'after' }).loop },
        ],
      });
      return [
        { kind: 'loop', loop: (total as Value & { kind: 'after' }).loop },
        { kind: 'store', output: 1, index: at, value: total, when: always(b) },
      ];
    },
  });
  await expectSame(launch, []);
  const [out, total] = await runOn(await sharedTarget(), launch, []);
  assert.equal([out[4], total[4]], [22, 6]);
});

gpuTest('sorting a row in place', async () => {
  const n = 12;
  const launch = nestLaunch({
    domain: [25], inputs: [], stored: [{ dtype: 'int8', sizes: [25, n], initial: true }],
    effects: (b) => [repeat(b, int(b, n), () => [repeat(b, int(b, n - 1), (j) => {
      const after = b.op('add', [j, int(b, 1)]), [x, y] = [b.loaded('int8'), b.loaded('int8')];
      const at = (k: Value): Value[] => [b.coord(0), k];
      const wrong = b.op('gt', [x, y]);
      return [
        { kind: 'load', output: 0, index: at(j), value: x },
        { kind: 'load', output: 0, index: at(after), value: y },
        { kind: 'store', output: 0, index: at(j), value: y, when: wrong },
        { kind: 'store', output: 0, index: at(after), value: x, when: wrong },
      ];
    })])],
  });
  const data = fill('int8', 25 * n);
  await expectSame(launch, [data]);
  const [sorted] = await runOn(await sharedTarget(), launch, [data]);
  for (let r = 0; r < 25; r++) {
    const row = (of: ArrayLike<number>): number[] => Array.from({ length: n }, (_, k) => of[r * n + k]);
    assert.equal(row(sorted), row(data).sort((a, b) => a - b));
  }
});

gpuTest('many points store to one element: one of them wins, whole', async () => {
  for (const dtype of ['uint8', 'int16', 'uint16'] as const) {
    const values = dtype === 'uint8' ? [0x55, 0xaa] : [0x5555, 0x2aaa];
    const launch = nestLaunch({
      domain: [20_000], inputs: [], stored: [{ dtype, sizes: [3] }],
      effects: (b) => {
        const odd = b.op('eq', [b.op('bitAnd', [b.coord(0), int(b, 1)]), int(b, 1)]);
        const value = b.op('select', [odd, b.constant(values[0], dtype), b.constant(values[1], dtype)]);
        return [{ kind: 'store', output: 0, index: [int(b, 1)], value, when: always(b) }];
      },
    });
    const [[before, winner, after]] = await runOn(await sharedTarget(), launch, []);
    assert.ok(values.includes(winner), `${winner}`);
    assert.equal([before, after], [0, 0]);
  }
});

gpuTest('long rows get workgroups of their own', async () => {
  const target = await sharedTarget();
  for (const domain of [[3, 64], [5, 250], [2, 3, 200]]) {
    const launch = nestLaunch({
      domain, inputs: [{ dtype: 'int16' }], stored: [{ dtype: 'int16', sizes: [...domain].reverse() }],
      effects: (b) => [{ kind: 'store', output: 0, index: domain.map((_, k) => b.coord(domain.length - 1 - k)), value: b.read(0, 'int16'), when: always(b) }],
    });
    assert.match(target.explain(launch).layout, /^nest-rows/);
    await expectSame(launch, [fill('int16', sizeOf(domain))]);
  }
});

gpuTest('empty domains and empty outputs', async () => {
  const store = (b: Builder): Effect => ({ kind: 'store', output: 0, index: [b.coord(0)], value: int(b, 3), when: always(b) });
  await expectSame(nestLaunch({ domain: [0], inputs: [], stored: [{ dtype: 'int32', sizes: [5], initial: true }], effects: (b) => [store(b)] }), [fill('int32', 5)]);
  await expectSame(nestLaunch({ domain: [0, 300], inputs: [], stored: [{ dtype: 'int32', sizes: [5] }], effects: (b) => [store(b)] }), []);
  for (const initial of [false, true]) {
    const launch = nestLaunch({
      domain: [6], inputs: [], stored: [{ dtype: 'int32', sizes: [0], initial }, { dtype: 'int32', sizes: [6] }],
      effects: (b) => {
        const value = b.loaded('int32');
        return [store(b), { kind: 'load', output: 0, index: [b.coord(0)], value }, { kind: 'store', output: 1, index: [b.coord(0)], value, when: always(b) }];
      },
    });
    await expectSame(launch, initial ? [fill('int32', 0)] : []);
  }
});

gpuTest('a nest between other launches: each sees what the one before has written', async () => {
  const target = await sharedTarget();
  // a = (1, 1, ...), then b = a with b[i] += i, then c = b with c[i] += i.
  const add = (from: number, to: number): Launch => ({
    ...nestLaunch({
      domain: [10], inputs: [], stored: [{ dtype: 'uint16', sizes: [10], initial: true }],
      effects: (b) => {
        const value = b.loaded('uint16');
        return [
          { kind: 'load', output: 0, index: [b.coord(0)], value },
          { kind: 'store', output: 0, index: [b.coord(0)], value: b.op('add', [value, b.cast(b.coord(0), 'uint16')]), when: always(b) },
        ];
      },
    }),
    outputs: [to], stored: [{ sizes: [10], initial: from }],
  });
  const slots = Array.from({ length: 3 }, () => ({ role: 'scratch' as const, dtype: 'uint16' as const, length: 10, bytes: 20 }));
  const buffers = slots.map((s) => target.allocate(s.bytes));
  target.upload(buffers[0], new Uint16Array(10).fill(1));
  await target.run({ slots, buffers, runs: [add(0, 1), add(1, 2), add(2, 0)] });
  assert.equal([...await target.read(buffers[0], 'uint16', 10)], Array.from({ length: 10 }, (_, k) => 1 + 3 * k));
  buffers.forEach((b) => target.release(b));
});

gpuTest('explain() says what outputs start with', async () => {
  const launch = nestLaunch({
    domain: [4], inputs: [], stored: [{ dtype: 'int8', sizes: [4] }, { dtype: 'int8', sizes: [4], initial: true }], effects: () => [],
  });
  assert.match((await sharedTarget()).explain(launch).layout, /^nest: 1 workgroups of 64; .*; out0 starts with zeros; out1 starts as a copy of slot 2$/);
});

gpuTest('an output beyond what an index reaches is refused', async () => {
  const launch = nestLaunch({ domain: [1], inputs: [], stored: [{ dtype: 'uint8', sizes: [2 ** 16, 2 ** 15] }], effects: () => [] });
  const target = await sharedTarget();
  assert.throws(() => target.explain(launch), /'test' stores to \[65536, 32768\], more than 2\^31 elements/);
});

gpuTest('as many buffers as the profile promises', async () => {
  const target = await sharedTarget();
  const most = target.profile.maxBuffers;
  const inputs = Array.from({ length: most - 3 }, () => ({ dtype: 'int32' as const }));
  const launch = nestLaunch({
    domain: [8], inputs, stored: [0, 1, 2].map((k) => ({ dtype: 'int32' as const, sizes: [8], initial: k === 1 })),
    effects: (b) => {
      const sum = inputs.map((_, k) => b.read(k, 'int32')).reduce((x, y) => b.op('add', [x, y]));
      return [0, 1, 2].map((output) => ({ kind: 'store' as const, output, index: [b.coord(0)], value: b.op('add', [sum, int(b, output)]), when: always(b) }));
    },
  });
  await expectSame(launch, [...inputs.map((_, k) => fill('int32', 8 + k).slice(0, 8)), fill('int32', 8)]);
});

test('shaders of nests are valid without a driver', async () => {
  for (const dtype of deviceDtypes) {
    const { kernel, inner } = nestLaunch(copyRows(dtype, [5, 3]));
    await expectValid([false, true].map((rows) => emitNest(kernel, inner, emitOptions, rows).code));
  }
});

test.after(closeTargets);
test.run();
