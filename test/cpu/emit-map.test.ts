/** Map kernels on the cpu target: lengths, strides, broadcasting, coordinates, several outputs. */
import { suite } from 'uvu';
import { dtypeNames } from '../../src/dsl/dtype.ts';
import { expectSame, sample, target } from './emit-support.ts';

const test = suite('cpu map kernels');

const lengths = [...Array.from({ length: 18 }, (_, n) => n), 31, 32, 33, 65536 + 3];

for (const dtype of dtypeNames) {
  test(`x + x of ${dtype}, every length of tail`, async () => {
    for (const n of lengths) {
      await expectSame({
        domain: [n], inputs: [{ dtype, data: sample(dtype, n) }],
        body: (b, read) => [dtype === 'bool' ? b.op('xor', [read(0), b.constant(1, 'bool')]) : b.op('add', [read(0), read(0)])],
      }, `${dtype}[${n}]`);
    }
  });

  test(`strides of ${dtype}: reversed, every third, splat, transposed, broadcast`, async () => {
    for (const [h, w] of [[1, 1], [3, 5], [7, 8], [5, 17], [40, 33]]) {
      const data = sample(dtype, 3 * h * w + 8);
      for (const strides of [[w, 1], [0, 1], [1, 0], [0, 0], [1, h], [3 * w, 3], [w, -1], [-w, 1], [-w, -1], [1, 1]]) {
        const offset = strides.reduce((o, s, k) => o + (s < 0 ? -s * ([h, w][k] - 1) : 0), 0);
        await expectSame({
          domain: [h, w], inputs: [{ dtype, data, strides, offset }, { dtype, data, offset: 3 }],
          body: (b, read) => [b.op('eq', [read(0), read(1)]), b.op('select', [b.op('lt', [read(0), read(1)]), read(0), read(1)])],
        }, `${dtype} ${h}x${w} by ${strides}`);
      }
    }
  });
}

test('short inner axes: channels of a picture, coordinates among them', async () => {
  for (const dtype of ['float32', 'float64', 'uint8', 'int16', 'bool'] as const) {
    for (const [n, channels] of [[64, 1], [65, 2], [200, 3], [3000, 4], [70, 15]]) {
      for (const domain of [[n, channels], [2, n, channels], [n, 2, channels]]) {
        const inputs = [
          { dtype, data: sample(dtype, 2 * n * channels) },
          { dtype, data: sample(dtype, channels), strides: [...domain.slice(2).map(() => 0), 0, 1] },
          { dtype, data: sample(dtype, 2 * n), strides: [...domain.slice(2).map(() => 0), 1, 0] },
        ];
        await expectSame({
          domain, inputs,
          body: (b, read) => [b.op('select', [b.op('lt', [read(0), read(1)]), read(2), read(0)]), b.op('eq', [read(0), read(1)])],
        }, `${dtype}[${domain}]`);
        await expectSame({
          domain, inputs, body: (b) => [b.op('mul', [b.coord(0), b.op('add', [b.coord(domain.length - 1), b.extent(0)])])],
        }, `coordinates of [${domain}]`);
      }
    }
  }
});

test('coordinates and extents, ranks 1 to 4', async () => {
  for (const domain of [[19], [3, 11], [2, 3, 9], [2, 2, 3, 5], [3, 1, 1, 2], [1, 9, 1, 1]]) {
    await expectSame({
      domain, inputs: [],
      body: (b) => [domain.reduce((sum, _, k) => b.op('add', [b.op('mul', [sum, b.extent(k)]), b.coord(k)]), b.constant(0, 'int32'))],
    }, `positions in ${domain}`);
  }
});

test('uniforms of every dtype', async () => {
  for (const dtype of dtypeNames) {
    const value = dtype === 'bool' ? 1 : dtype.startsWith('u') ? 3 : -3;
    await expectSame({
      domain: [21], inputs: [{ dtype, data: sample(dtype, 21) }], uniforms: [{ dtype, value }],
      body: (b, read, uniform) => [dtype === 'bool' ? b.op('and', [read(0), uniform(0)]) : b.op('mul', [read(0), uniform(0)])],
    }, dtype);
  }
});

test('several outputs of different dtypes', async () => {
  await expectSame({
    domain: [5, 13], inputs: [{ dtype: 'float32', data: sample('float32', 65) }, { dtype: 'uint8', data: sample('uint8', 13), strides: [0, 1] }],
    body: (b, read) => {
      const y = b.op('mul', [read(0), b.cast(read(1), 'float32')]);
      const larger = b.op('gt', [y, read(0)]);
      return [y, b.cast(y, 'float64'), b.cast(y, 'int16'), b.cast(y, 'uint8'), larger, b.cast(larger, 'float64')];
    },
  }, 'outputs');
});

test('more blocks than one, in rank 3', async () => {
  const domain = [5, 130, 301];
  await expectSame({
    domain, inputs: [{ dtype: 'int32', data: sample('int32', 5 * 130 * 301) }, { dtype: 'int32', data: sample('int32', 650), strides: [130, 1, 0] }],
    body: (b, read) => [b.op('add', [b.op('mul', [read(0), read(1)]), b.coord(1)])],
  }, 'blocks');
});

test('a body of thousands of values', async () => {
  for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
    await expectSame({
      domain: [3, 21], inputs: [{ dtype, data: sample(dtype, 63) }],
      body: (b, read) => {
        // Values that live long, masks and casts between: what is used again must not be in use.
        const early = Array.from({ length: 30 }, (_, k) => b.op('mul', [read(0), b.constant(k + 1, dtype)]));
        let v = read(0);
        for (let k = 0; k < 700; k++) {
          const larger = b.op('lt', [v, early[k % 30]]);
          v = b.op('select', [larger, b.op('sub', [early[(k * 7) % 30], v]), b.op('add', [v, b.constant(k % 5, dtype)])]);
          if (k % 50 === 0) v = b.cast(b.cast(v, k % 100 === 0 ? 'float32' : 'float64'), dtype);
        }
        return [v, early[29], b.op('lt', [v, early[3]])];
      },
    }, dtype);
  }
});

test.after(() => target().close());
test.run();
