/** Time loops against plain JavaScript loops. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { compute, computeAll, nested } from '../support/compute.ts';
import * as nd from '../support/nd.ts';
import { expectClose, targets } from '../support/targets.ts';

const grid = (shape: readonly number[]): nd.Nd => ({ shape, data: nd.range(nd.sizeOf(shape)).map((k) => (k * 37) % 64 - 11) });
const toWeft = (x: nd.Nd): wf.WeftArray<'float32'> => wf.array(Float32Array.from(x.data), { shape: x.shape });
const repeat = <T>(start: T, steps: number, step: (x: T) => T): T => nd.range(steps).reduce((x) => step(x), start);

for (const target of targets) {
  const test = suite(`iterate on ${target}`);

  test('one state, 0, 1, 2 and 7 steps', async () => {
    for (const steps of [0, 1, 2, 7]) {
      assert.equal(await nested(target, () => wf.iterate(wf.array([1, 2, 3]), steps, (u) => u.mul(2).sub(1))), [1, 2, 3].map((v) => repeat(v, steps, (u) => 2 * u - 1)), `${steps} steps`);
    }
  });

  test('the initial state may be lazy, a scalar, integers', async () => {
    assert.equal(await nested(target, () => wf.iterate(wf.arange(4).add(1), 3, (u) => u.mul(2))), [8, 16, 24, 32]);
    assert.equal(await nested(target, () => wf.iterate(wf.array(1), 10, (u) => u.mul(2))), 1024);
    assert.equal(await nested(target, () => wf.iterate(wf.array(Uint8Array.of(1, 200)), 3, (u) => u.add(u))), [8, 64], 'uint8 wraps');
    assert.equal(await nested(target, () => wf.iterate(wf.array([true, false]), 3, (u) => u.logicalNot())), [false, true]);
    assert.equal(await nested(target, () => wf.iterate(wf.array([], { shape: [0] }), 3, (u) => u.mul(2))), []);
  });

  test('arrays and numbers from outside are the same in every step', async () => {
    const k = wf.array([1, 10, 100]);
    assert.equal(await nested(target, () => wf.iterate(wf.zeros([3]), 4, (u) => u.add(k).add(k.sum()))), [448, 484, 844]);
  });

  test('two states see each other as they were', async () => {
    const fibonacci = await computeAll(target, () => wf.iterate([wf.array([0]), wf.array([1])], 20, ([a, b]) => [b, a.add(b)]));
    assert.equal(fibonacci.map((r) => [...r.values]), [[6765], [10946]]);
    const swapped = await computeAll(target, () => wf.iterate([wf.array([1, 2]), wf.array([3, 4])], 3, ([a, b]) => [b, a]));
    assert.equal(swapped.map((r) => [...r.values]), [[3, 4], [1, 2]]);
  });

  test('a state that is passed through, and one that is not used', async () => {
    const moving = () => wf.iterate([wf.array([1, 2]), wf.array([5, 5])], 3, ([u, speed]) => [u.add(speed), speed]);
    const results = await computeAll(target, moving);
    assert.equal(results.map((r) => [...r.values]), [[16, 17], [5, 5]]);
    const growing = () => wf.iterate([wf.array([1]), wf.array([2])], 5, ([u, v]) => [u.add(v), v.mul(2)])[0];
    const only = await compute(target, growing);
    assert.equal([...only.values], [1 + 2 * 31]);
  });

  test('states of different shapes and dtypes', async () => {
    const start = () => [wf.zeros([2, 3]), wf.array(Int32Array.of(1))] as const;
    const results = await computeAll(target, () => wf.iterate(start(), 4, ([u, n]) => [u.add(n), n.mul(2)]));
    assert.equal([...results[0].values], [15, 15, 15, 15, 15, 15]);
    assert.equal([...results[1].values], [16]);
  });

  test('reductions and views in the body', async () => {
    assert.equal(await nested(target, () => wf.iterate(wf.array([1, 2, 5]), 3, (u) => u.sub(u.min()).mul(2))), [0, 8, 32]);
    const turned = repeat([1, 2, 3, 4], 3, ([a, b, c, d]) => [d + 1, c, b, a]);
    assert.equal(await nested(target, () => wf.iterate(wf.array([1, 2, 3, 4]), 3, (u) => u.flip().add([1, 0, 0, 0]))), turned);
  });

  for (const border of nd.borders) {
    if (border === 'valid') continue;
    test(`heat with border ${border}`, async () => {
      for (const [shape, steps] of [[[9, 14], 12], [[1, 5], 3], [[70, 67], 5]] as const) {
        const kernel = (u: wf.Neighbors2): number => u(0, 0) + (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)) * 0.125;
        const heat = wf.stencil(kernel, { border, cval: 3 });
        const options = { border: [border, border], cval: 3, lo: [-1, -1], hi: [1, 1] };
        const expected = repeat(grid(shape), steps, (x) => nd.stencil([x], options, (u) => Math.fround(kernel(u))));
        const { values } = await compute(target, () => wf.iterate(toWeft(grid(shape)), steps, (u) => heat(u)));
        expectClose(values, expected.data, { rtol: 1e-5, atol: 1e-4, label: `[${shape.join()}], ${steps} steps` });
      }
    });
  }

  test('heat in three dimensions', async () => {
    const lo = [-1, 0, -1], hi = [1, 0, 1];
    const step = wf.stencil((u: wf.Neighbors3) => (u(-1, 0, 0) + u(1, 0, 0) + u(0, 0, -1) + u(0, 0, 1)) * 0.25, { border: 'mirror' });
    const expected = repeat(grid([6, 3, 9]), 6, (x) => nd.stencil([x], { border: ['mirror', 'mirror', 'mirror'], lo, hi }, (u) => (u(-1, 0, 0) + u(1, 0, 0) + u(0, 0, -1) + u(0, 0, 1)) * 0.25));
    const { values } = await compute(target, () => wf.iterate(toWeft(grid([6, 3, 9])), 6, (u) => step(u)));
    expectClose(values, expected.data, { atol: 1e-4, label: 'exact in float32 but for the last bits' });
  });

  test('the wave equation: the state before last is passed on as [v, f(u, v)]', async () => {
    const laplace = (v: (...o: number[]) => number): number => v(-1, 0) + v(1, 0) + v(0, -1) + v(0, 1) - 4 * v(0, 0);
    const wave = wf.stencil((u: wf.Neighbors2, v: wf.Neighbors2) => 2 * v(0, 0) - u(0, 0) + (v(-1, 0) + v(1, 0) + v(0, -1) + v(0, 1) - 4 * v(0, 0)) * 0.25, { border: 'constant' });
    const start = grid([20, 23]);
    const options = { border: ['constant', 'constant'] as const, lo: [-1, -1], hi: [1, 1] };
    const next = (u: nd.Nd, v: nd.Nd): nd.Nd => nd.stencil([u, v], options, (p, q) => 2 * q(0, 0) - p(0, 0) + laplace(q) * 0.25);
    const [, expected] = repeat<[nd.Nd, nd.Nd]>([start, start], 10, ([u, v]) => [v, next(u, v)]);
    const results = await computeAll(target, () => wf.iterate([toWeft(start), toWeft(start)], 10, ([u, v]) => [v, wave(u, v)]));
    expectClose(results[1].values, expected.data, { rtol: 1e-4, atol: 0.05, label: 'wave' });
  });

  test('two coupled stencils with a field from outside (Gray-Scott)', async () => {
    const lap = (u: (...o: number[]) => number): number => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0);
    const weftLap = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0), { border: 'wrap' });
    const shape = [12, 17];
    const u0 = nd.build(shape, ([i, j]) => ((i + j) % 5 === 0 ? 0.5 : 1));
    const v0 = nd.build(shape, ([i, j]) => ((i * j) % 7 === 0 ? 0.25 : 0));
    const feed = nd.build(shape, ([i]) => 0.02 + i * 0.001);
    const options = { border: ['wrap', 'wrap'] as const, lo: [-1, -1], hi: [1, 1] };
    const [eu, ev] = repeat<[nd.Nd, nd.Nd]>([u0, v0], 8, ([u, v]) => {
      const lu = nd.stencil([u], options, lap), lv = nd.stencil([v], options, lap);
      const reaction = nd.zip(u, nd.map(v, (x) => x * x), (a, b) => a * b);
      const gain = nd.zip(feed, u, (f, x) => f * (1 - x)), loss = nd.zip(feed, v, (f, x) => (f + 0.06) * x);
      const du = nd.zip(nd.zip(lu, reaction, (a, b) => 0.2 * a - b), gain, (a, b) => a + b);
      const dv = nd.zip(nd.zip(lv, reaction, (a, b) => 0.1 * a + b), loss, (a, b) => a - b);
      return [nd.zip(u, du, (a, b) => a + b), nd.zip(v, dv, (a, b) => a + b)];
    });
    const results = await computeAll(target, () => {
      const f = toWeft(feed);
      return wf.iterate([toWeft(u0), toWeft(v0)], 8, ([u, v]) => {
        const reaction = u.mul(v).mul(v);
        return [
          u.add(weftLap(u).mul(0.2).sub(reaction).add(f.mul(wf.sub(1, u)))),
          v.add(weftLap(v).mul(0.1).add(reaction).sub(f.add(0.06).mul(v))),
        ];
      });
    });
    expectClose(results[0].values, eu.data, { atol: 1e-5, label: 'u' });
    expectClose(results[1].values, ev.data, { atol: 1e-5, label: 'v' });
  });

  test('a loop of a loop, and a loop in a loop', async () => {
    assert.equal(await nested(target, () => wf.iterate(wf.iterate(wf.array([1]), 3, (u) => u.mul(2)), 2, (u) => u.add(1))), [10]);
    assert.equal(await nested(target, () => wf.iterate(wf.array([1, 2]), 2, (u) => wf.iterate(u, 3, (v) => v.add(u)))), [16, 32]);
  });

  test('what follows a loop: both states, a reduction, the initial state', async () => {
    const results = await computeAll(target, () => {
      const start = wf.array([1, 2, 3]);
      const [a, b] = wf.iterate([start, start.mul(10)], 2, ([x, y]) => [x.add(1), y.sub(x)]);
      return [a.add(b), b.sum(), start.mul(2)];
    });
    assert.equal(results.map((r) => [...r.values]), [[10, 19, 28], [45], [2, 4, 6]]);
  });

  test('many steps', async () => {
    const { values } = await compute(target, () => wf.iterate(wf.zeros([5]), 1000, (u) => u.add(1)));
    assert.equal([...values], [1000, 1000, 1000, 1000, 1000]);
  });

  test.run();
}
