/**
 * Stencils of every rank and border against their own kernel functions, run as the plain JavaScript that they are. The
 * data are small integers and the weights powers of two, so that results are exact on every target.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { compute, computeAll, nested } from '../support/compute.ts';
import * as nd from '../support/nd.ts';
import { random } from '../support/special.ts';
import { expectClose, targets } from '../support/targets.ts';

type Kernel = (...u: ((...offset: number[]) => number)[]) => number;

const image = (shape: readonly number[], seed = 1): nd.Nd => {
  const next = random(seed);
  return { shape, data: nd.range(nd.sizeOf(shape)).map(() => Math.floor(next() * 64) - 20) };
};
const toWeft = (x: nd.Nd): wf.WeftArray => wf.array(Float32Array.from(x.data), { shape: x.shape });

async function expectNd(target: string, build: () => wf.WeftArray, expected: nd.Nd, label: string): Promise<void> {
  const { values, shape } = await compute(target, build);
  assert.equal([...shape], [...expected.shape], `${label}: shape`);
  expectClose(values, expected.data, { label });
}

// --- rank 1 to 4, all borders ---

const line = (u: wf.Neighbors1): number => u(-2) * 4 - u(0) + u(1) * 2 + u(3);
const plane = (u: wf.Neighbors2): number => u(-1, 0) + u(1, 2) * 2 - u(0, -2) * 4 + u(0, 0) + u(-1, -1);
const block = (u: wf.Neighbors3): number => u(0, 0, 0) * 8 - u(-1, 0, 1) + u(1, -1, 0) * 2 + u(0, 1, -2);
const hyper = (u: wf.Neighbors4): number => u(0, 0, 0, 0) + u(-1, 0, 0, 1) * 2 - u(0, 1, -1, 0) + u(1, 0, 0, -1) * 4;

interface Case {
  readonly label: string;
  readonly kernel: Kernel;
  readonly apply: (options: wf.BorderOptions) => (x: wf.WeftArray) => wf.WeftArray;
  readonly lo: number[];
  readonly hi: number[];
  readonly shapes: number[][];
}
const cases: readonly Case[] = [
  {
    label: '1-D, asymmetric', kernel: line as Kernel, apply: (o) => wf.stencil(line, o), lo: [-2], hi: [3],
    shapes: [[1], [2], [5], [6], [7], [31], [67], [1000]],
  },
  {
    label: '2-D', kernel: plane as Kernel, apply: (o) => wf.stencil(plane, o), lo: [-1, -2], hi: [1, 2],
    shapes: [[1, 1], [1, 7], [7, 1], [2, 2], [3, 5], [17, 19], [5, 130], [66, 3]],
  },
  {
    label: '3-D', kernel: block as Kernel, apply: (o) => wf.stencil(block, o), lo: [-1, -1, -2], hi: [1, 1, 1],
    shapes: [[1, 1, 1], [3, 3, 4], [2, 1, 5], [5, 6, 19]],
  },
  {
    label: '4-D', kernel: hyper as Kernel, apply: (o) => wf.stencil(hyper, o), lo: [-1, 0, -1, -1], hi: [1, 1, 0, 1],
    shapes: [[1, 1, 1, 1], [3, 2, 2, 3], [4, 3, 5, 7]],
  },
];

for (const target of targets) {
  const test = suite(`borders on ${target}`);
  for (const c of cases) for (const mode of nd.borders) {
    test(`${c.label}, ${mode}`, async () => {
      for (const shape of c.shapes) {
        const border = shape.map(() => mode);
        const reach = c.hi.map((h, k) => h - c.lo[k]);
        if (mode === 'valid' && shape.some((n, k) => n < reach[k])) continue;
        for (const cval of mode === 'fill' || mode === 'constant' ? [0, -7] : [0]) {
          const x = image(shape);
          await expectNd(target, () => c.apply({ border: mode, cval })(toWeft(x)), nd.stencil([x], { border, cval, lo: c.lo, hi: c.hi }, c.kernel), `[${shape.join()}], cval ${cval}`);
        }
      }
    });
  }
  for (const first of nd.borders) for (const second of nd.borders) {
    if (first === second) continue;
    test(`2-D, ${first} then ${second}`, async () => {
      for (const shape of [[6, 9], [3, 40]]) {
        const x = image(shape, 2);
        const expected = nd.stencil([x], { border: [first, second], cval: 5, lo: [-1, -2], hi: [1, 2] }, plane as Kernel);
        await expectNd(target, () => wf.stencil(plane, { border: [first, second], cval: 5 })(toWeft(x)), expected, `[${shape.join()}]`);
      }
    });
  }
  test('an empty array stays empty', async () => {
    const make = (): wf.WeftArray => wf.stencil(plane, { border: 'reflect' })(wf.array([], { shape: [0, 5] }));
    await expectNd(target, make, { shape: [0, 5], data: [] }, 'empty');
  });
  test.run();
}

// --- options and arguments ---

for (const target of targets) {
  const test = suite(`stencil options and arguments on ${target}`);
  test('mean3, with the default border', async () => {
    const mean3 = wf.stencil((u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3);
    assert.equal(await nested(target, () => mean3(wf.array([1, 2, 3, 4, 5]))), [0, 2, 3, 4, 0]);
    assert.equal(await nested(target, () => mean3([1, 2, 3, 4, 5])), [0, 2, 3, 4, 0]);
  });
  test('a declared neighbourhood is the one that counts', async () => {
    const x = image([9]);
    const wide = wf.stencil((u: wf.Neighbors1) => u(0) + u(1), { neighborhood: [[-2, 3]], cval: 9 });
    await expectNd(target, () => wide(toWeft(x)), nd.stencil([x], { border: ['fill'], cval: 9, lo: [-2], hi: [3] }, (u) => u(0) + u(1)), 'fill');
    const shrunk = wf.stencil((u: wf.Neighbors1) => u(0) + u(1), { neighborhood: [[-2, 3]], border: 'valid' });
    await expectNd(target, () => shrunk(toWeft(x)), nd.stencil([x], { border: ['valid'], lo: [-2], hi: [3] }, (u) => u(0) + u(1)), 'valid');
  });
  test('constants: numbers and lists, by name', async () => {
    const N = 2, WEIGHTS = [1, 2, 4];
    const kernel = (u: wf.Neighbors2): number => u(-N, 0) * WEIGHTS[0] + u(0, N) * WEIGHTS[1] + u(N - 1, -1) * WEIGHTS[2];
    const f = wf.stencil((u: wf.Neighbors2) => u(-N, 0) * WEIGHTS[0] + u(0, N) * WEIGHTS[1] + u(N - 1, -1) * WEIGHTS[2], { border: 'mirror', constants: { N, WEIGHTS } });
    const x = image([8, 11]);
    await expectNd(target, () => f(toWeft(x)), nd.stencil([x], { border: ['mirror', 'mirror'], lo: [-2, -1], hi: [1, 2] }, kernel as Kernel), 'constants');
  });
  test('cval may be NaN or infinite', async () => {
    for (const border of ['fill', 'constant'] as const) for (const cval of [NaN, Infinity]) {
      const x = image([5]);
      const expected = nd.stencil([x], { border: [border], cval, lo: [-1], hi: [0] }, (u) => u(-1) + u(0));
      await expectNd(target, () => wf.stencil((u: wf.Neighbors1) => u(-1) + u(0), { border, cval })(toWeft(x)), expected, `${border} ${cval}`);
    }
  });
  test('the option dtype casts the result', async () => {
    const make = () => wf.stencil((u: wf.Neighbors1) => (u(0) + u(1)) / 2, { border: 'nearest', dtype: 'int32' })(wf.array([1, 4, -3]));
    assert.is(make().dtype, 'int32');
    assert.equal(await nested(target, make), [2, 0, -3]);
  });
  test('several arrays, which broadcast, and scalars', async () => {
    const x = image([6, 7], 3), y = image([7], 4);
    const f = wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2, k: number) => u(0, 1) * k + v(-1, 0) - u(1, 0), { border: 'wrap' });
    const expected = nd.stencil([x, nd.broadcastTo(y, [6, 7])], { border: ['wrap', 'wrap'], lo: [-1, 0], hi: [1, 1] }, (u, v) => u(0, 1) * 3 + v(-1, 0) - u(1, 0));
    await expectNd(target, () => f(toWeft(x), toWeft({ ...y, shape: [1, 7] }), 3), expected, 'a number');
    await expectNd(target, () => f(toWeft(x), toWeft({ ...y, shape: [1, 7] }), wf.array(3)), expected, 'an array of rank 0');
    await expectNd(target, () => f(toWeft(x), toWeft({ ...y, shape: [1, 7] }), wf.array([1, 2]).sum()), expected, 'a reduction');
  });
  test('several results', async () => {
    const x = image([40]);
    const both = wf.stencil((u: wf.Neighbors1) => [u(1) - u(-1), Math.max(u(-1), u(0), u(1))], { border: 'nearest' });
    const [slope, top] = await computeAll(target, () => both(toWeft(x)) as wf.WeftArray[]);
    const options = { border: ['nearest'] as const, lo: [-1], hi: [1] };
    expectClose(slope.values, nd.stencil([x], options, (u) => u(1) - u(-1)).data, { label: 'slope' });
    expectClose(top.values, nd.stencil([x], options, (u) => Math.max(u(-1), u(0), u(1))).data, { label: 'top' });
  });
  test('a kernel that chooses', async () => {
    const kernel = (u: wf.Neighbors1): number => (u(0) > 0 ? u(0) - u(-1) : u(1) - u(0));
    const x = image([50]);
    await expectNd(target, () => wf.stencil(kernel, { border: 'reflect' })(toWeft(x)), nd.stencil([x], { border: ['reflect'], lo: [-1], hi: [1] }, kernel as Kernel), 'upwind');
  });
  for (const dtype of ['int32', 'uint8', 'int16', 'bool'] as const) {
    test(`of ${dtype}`, async () => {
      const x: nd.Nd = { shape: [9, 13], data: nd.range(117).map((v) => (dtype === 'bool' ? v % 3 % 2 : v * 7 % 100)) };
      for (const border of ['reflect', 'constant', 'valid', 'fill'] as const) {
        const expected = nd.stencil([x], { border: [border, border], lo: [-1, 0], hi: [0, 1] }, (u) => u(-1, 0) + u(0, 1) * 2);
        const f = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(0, 1) * 2, { border });
        await expectNd(target, () => f(wf.array(x.data, { shape: x.shape, dtype })), expected, border);
      }
    });
  }
  test('into uint8: the cast saturates floats', async () => {
    const make = () => wf.stencil((u: wf.Neighbors1) => (u(0) - u(1)) * 1.5, { border: 'wrap', dtype: 'uint8' })(wf.array(Uint8Array.of(0, 200, 10)));
    assert.equal(await nested(target, make), [0, 255, 15]);
  });
  test.run();
}

// --- correlate ---

for (const target of targets) {
  const test = suite(`correlate on ${target}`);
  test('weights in the order of the array', async () => {
    assert.equal(await nested(target, () => wf.correlate([1, 2, 4], { border: 'constant' })(wf.array([1, 0, 0, 1, 0]))), [2, 1, 4, 2, 1]);
  });
  test('an even number of weights, and an origin', async () => {
    assert.equal(await nested(target, () => wf.correlate([1, 2], { border: 'nearest' })(wf.array([1, 3, 5]))), [3, 7, 13]);
    assert.equal(await nested(target, () => wf.correlate([1, 2], { border: 'nearest', origin: [0] })(wf.array([1, 3, 5]))), [7, 13, 15]);
  });
  test('2-D', async () => {
    const laplace = [[0, 1, 0], [1, -4, 1], [0, 1, 0]];
    const x = image([7, 9]);
    const expected = nd.stencil([x], { border: ['reflect', 'reflect'], lo: [-1, -1], hi: [1, 1] }, (u) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0));
    await expectNd(target, () => wf.correlate(laplace, { border: 'reflect' })(toWeft(x)), expected, 'laplace');
  });
  test('along one axis of an array of any rank', async () => {
    for (const axis of [0, 1, 2, -1]) {
      const x = image([4, 5, 6]);
      const at = axis < 0 ? axis + 3 : axis;
      const offset = (o: number): number[] => [0, 1, 2].map((k) => (k === at ? o : 0));
      const expected = nd.stencil([x], { border: ['wrap', 'wrap', 'wrap'], lo: offset(-1), hi: offset(1) }, (u) => u(...offset(-1)) + 2 * u(...offset(0)) + 4 * u(...offset(1)));
      await expectNd(target, () => wf.correlate([1, 2, 4], { axis, border: 'wrap' })(toWeft(x)), expected, `axis ${axis}`);
    }
  });
  test('integers stay integers when the weights are', async () => {
    assert.is(wf.correlate([1, 2])(wf.array(Uint8Array.of(1, 2))).dtype, 'int32');
    assert.is(wf.correlate([0.5, 0.5])(wf.array(Uint8Array.of(1, 2))).dtype, 'float32');
    assert.equal(await nested(target, () => wf.correlate([-1, 0, 2], { border: 'mirror' })(wf.array(Uint8Array.of(200, 100, 0)))), [100, -200, 100]);
  });
  test('all weights 0', async () => {
    assert.equal(await nested(target, () => wf.correlate([0, 0, 0], { border: 'wrap' })(wf.array([1, 2, 3]))), [0, 0, 0]);
  });
  test.run();
}

// --- fused ---

for (const target of targets) {
  const test = suite(`stencils with producers and consumers on ${target}`);
  const borders: readonly nd.Border[] = ['reflect', 'mirror', 'nearest', 'wrap', 'constant', 'fill', 'valid'];
  const cross = (u: wf.Neighbors2): number => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) * 2;
  const weftCross = (border: nd.Border, cval = 0) => wf.stencil(cross, { border, cval });
  const plainCross = (x: nd.Nd, border: nd.Border, cval = 0): nd.Nd =>
    nd.stencil([x], { border: [border, border], cval, lo: [-1, -1], hi: [1, 1] }, cross);
  const total = (x: nd.Nd): number => x.data.reduce((a, b) => a + b, 0);
  for (const first of borders) {
    test(`${first}: a producer, a consumer, a reduction`, async () => {
      const x = image([13, 18]);
      const make = () => weftCross(first, 3)(toWeft(x).mul(2).add(1)).sub(5);
      const expected = nd.map(plainCross(nd.map(x, (v) => v * 2 + 1), first, 3), (v) => v - 5);
      await expectNd(target, make, expected, 'map of stencil of map');
      await expectNd(target, () => make().sum(0), nd.reduce(expected, [0], (g) => g.reduce((a, b) => a + b, 0)), 'its sum');
    });
    for (const second of borders) {
      test(`a ${second} stencil of a ${first} stencil`, async () => {
        const x = image([12, 15]);
        await expectNd(target, () => weftCross(second, 1)(weftCross(first, 4)(toWeft(x))), plainCross(plainCross(x, first, 4), second, 1), 'two');
        const between = plainCross(nd.map(plainCross(x, first, 4), (v) => v + 1), second, 1);
        await expectNd(target, () => weftCross(second, 1)(weftCross(first, 4)(toWeft(x)).add(1)).sub(toWeft(x).sum()),
          nd.map(between, (v) => v - total(x)), 'with a map between');
      });
    }
  }
  test('five in a row', async () => {
    const x = image([9, 40]);
    const five = (y: wf.WeftArray): wf.WeftArray => nd.range(5).reduce((z) => weftCross('reflect')(z).mul(0.25), y);
    const expected = nd.range(5).reduce((z) => nd.map(plainCross(z, 'reflect'), (v) => v * 0.25), x);
    await expectNd(target, () => five(toWeft(x)), expected, 'five');
  });
  test('of views: transposed, sliced, flipped, broadcast, reshaped', async () => {
    const x = image([10, 14]);
    await expectNd(target, () => weftCross('reflect')(toWeft(x).transpose()), plainCross(nd.transpose(x), 'reflect'), 'transposed');
    await expectNd(target, () => weftCross('wrap')(toWeft(x).slice([1, -1, 2], [null, null, -1])), plainCross(nd.take(x, [[1, 3, 5, 7], nd.range(14).reverse()]), 'wrap'), 'sliced');
    await expectNd(target, () => weftCross('mirror')(toWeft(x).flip(1)), plainCross(nd.flip(x, [1]), 'mirror'), 'flipped');
    await expectNd(target, () => weftCross('nearest')(toWeft(image([14])).broadcastTo([6, 14])), plainCross(nd.broadcastTo(image([14]), [6, 14]), 'nearest'), 'broadcast');
    await expectNd(target, () => weftCross('constant', 9)(toWeft(x).add(1).reshape([7, 20])), plainCross(nd.reshape(nd.map(x, (v) => v + 1), [7, 20]), 'constant', 9), 'reshaped');
  });
  test('views of it: its slice, its transpose', async () => {
    const x = image([10, 14]);
    await expectNd(target, () => weftCross('reflect')(toWeft(x)).transpose().slice([2, 5]), nd.take(nd.transpose(plainCross(x, 'reflect')), [[2, 3, 4], nd.range(10)]), 'slice of transpose');
    await expectNd(target, () => weftCross('fill', 2)(toWeft(x)).slice([0, 1]), nd.take(plainCross(x, 'fill', 2), [[0], nd.range(14)]), 'the first row');
  });
  test('the same producer at different offsets, and by itself', async () => {
    const x = image([200]);
    const results = await computeAll(target, () => {
      const a = toWeft(x).mul(3);
      const left = wf.stencil((u: wf.Neighbors1) => u(-1), { border: 'constant', cval: 1 })(a);
      const right = wf.stencil((u: wf.Neighbors1) => u(2), { border: 'constant', cval: 1 })(a);
      return [left.sub(right), a, left.mul(a), right.add(a).sum()];
    });
    const a = x.data.map((v) => 3 * v), left = a.map((_, k) => a[k - 1] ?? 1), right = a.map((_, k) => a[k + 2] ?? 1);
    expectClose(results[0].values, a.map((_, k) => left[k] - right[k]), { label: 'left - right' });
    expectClose(results[1].values, a, { label: 'a' });
    expectClose(results[2].values, a.map((v, k) => left[k] * v), { label: 'left * a' });
    expectClose(results[3].values, [a.reduce((s, v, k) => s + v + right[k], 0)], { label: 'sum' });
  });
  test('of the result of a reduction that broadcasts', async () => {
    const x = image([8, 9]);
    const expected = plainCross(nd.zip(x, nd.reduce(x, [1], (g) => Math.max(...g), true), (a, b) => a - b), 'nearest');
    await expectNd(target, () => {
      const a = toWeft(x);
      return weftCross('nearest')(a.sub(a.max(1, { keepDims: true })));
    }, expected, 'minus row maximum');
  });
  test.run();
}
