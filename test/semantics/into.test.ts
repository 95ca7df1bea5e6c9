/** `y.into(x)`: the values of y in the memory of x; who else may use what x held; what an error leaves. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { spy } from '../support/spy.ts';
import { targets } from '../support/targets.ts';

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(() => new Error('nothing was thrown'), (e: unknown) => e as Error);
const blur = wf.stencil((u: wf.Neighbors1) => u(-1) + u(0) + u(1), { border: 'wrap' });

for (const target of targets) {
  const test = suite(`into on ${target}`);
  const on = { target };
  const filled = (...list: number[]) => wf.array(list).mul(1).eval(on);

  test('the array stands for the new values', async () => {
    const x = await filled(1, 2, 3), y = x.mul(10).add(x);
    assert.is(await y.into(x, on), x);
    assert.equal(await x.array(on), [11, 22, 33]);
    assert.equal(await x.add(1).array(on), [12, 23, 34]);
  });

  test('again and again, of itself', async () => {
    const x = await filled(1, 2, 3, 4);
    for (let n = 0; n < 5; n++) await x.mul(2).sub(1).into(x, on);
    assert.equal(await x.array(on), [1, 33, 65, 97]);
    for (let n = 0; n < 3; n++) await blur(x).into(x, on);
    assert.equal((await x.sum().item(on)), 196 * 27);
  });

  test('of a reduction, a time loop, a flip: whatever reads the array first', async () => {
    const x = await filled(1, 2, 3, 4);
    await x.sub(x.mean()).into(x, on);
    assert.equal(await x.array(on), [-1.5, -0.5, 0.5, 1.5]);
    await x.flip().add(x.mul(0)).into(x, on);
    assert.equal(await x.array(on), [1.5, 0.5, -0.5, -1.5]);
    for (const steps of [0, 1, 2, 5]) {
      const before = await x.array(on) as number[];
      let expected = before;
      for (let n = 0; n < steps; n++) expected = expected.map((v, k) => expected[(k + 3) % 4] + v + expected[(k + 1) % 4]);
      await wf.iterate(x, steps, (u) => blur(u)).into(x, on);
      assert.equal(await x.array(on), expected, `${steps} steps`);
    }
    await wf.iterate(x, 9, (u) => u.add(1), { until: (u) => u.max().gt(3), check: 1 }).into(x, on);
    assert.ok((await x.max().item(on)) > 3);
  });

  test('an array that has nothing to do with it', async () => {
    const x = await filled(1, 2), z = wf.array([5, 6]);
    await x.add(1).into(z, on);
    assert.equal([await x.array(on), await z.array(on)], [[1, 2], [2, 3]]);
    const lazy = wf.array([1, 1]).add(1);
    await x.add(z).into(lazy, on);
    assert.equal(await lazy.array(on), [3, 5]);
    await x.into(x, on);
    await x.into(z, on);
    assert.equal([await x.array(on), await z.array(on)], [[1, 2], [1, 2]]);
  });

  test('what was evaluated keeps its values, what was not is an error', async () => {
    const x = await filled(1, 2, 3);
    const early = await x.add(1).eval(on), late = x.add(2), y = x.mul(5);
    await y.into(x, on);
    assert.equal(await early.array(on), [2, 3, 4]);
    const error = await rejection(late.data(on));
    assert.instance(error, wf.DisposedError);
    assert.is(error.message, 'the values of a float32 array of shape [3] that this result needs were replaced by into(); evaluate the result before, or put the new values into another array');
    assert.equal(await x.array(on), [5, 10, 15]);
  });

  test('another handle on the same values keeps them', async () => {
    const x = await filled(1, 2, 3), same = x.reshape([3]), view = await x.reshape([3, 1]).eval(on);
    await x.mul(2).into(x, on);
    assert.equal([await x.array(on), await same.array(on), await view.array(on)], [[2, 4, 6], [1, 2, 3], [[1], [2], [3]]]);
  });

  test('an evaluation that is under way', async () => {
    const x = await filled(1, 2, 3);
    const before = x.add(blur(x)).data(on);
    await x.mul(0).into(x, on);
    assert.equal([...await before], [7, 8, 9]);
    assert.equal(await x.array(on), [0, 0, 0]);
  });

  test('disposed while it waits', async () => {
    const x = await filled(1, 2, 3);
    const waiting = x.mul(2).into(x, on);
    x.dispose();
    assert.ok((await waiting).disposed);
    assert.instance(await rejection(Promise.resolve().then(() => x.data(on))), wf.DisposedError);
  });

  test('wrong arguments change nothing', async () => {
    const x = await filled(1, 2, 3);
    const cases: [() => Promise<unknown>, string][] = [
      [() => x.slice([1]).into(x, on), 'into: values of shape [2] do not fit an array of shape [3]'],
      [() => x.gt(1).into(x as never, on), "into: bool values do not fit a float32 array; cast them with .asType('float32')"],
      [() => x.into(5 as never, on), 'into: expected an array that gets the values, got number'],
    ];
    for (const [call, message] of cases) assert.is((await rejection(call())).message, message);
    assert.equal(await x.array(on), [1, 2, 3]);
  });

  test.run();
}

const memory = suite('the memory of into');
const onSpy = { target: 'spy' };
const large = () => wf.array(Float32Array.from({ length: 4096 }, (_, k) => k % 50)).add(1).eval(onSpy);
/** The most bytes that there are besides those before, while `work` runs. */
async function extra(work: () => Promise<unknown>): Promise<number> {
  spy.peak = spy.bytes;
  const before = spy.bytes;
  await work();
  return spy.peak - before;
}

memory('in place, where the result has read what it overwrites', async () => {
  const x = await large();
  await x.mul(2).into(x, onSpy);
  assert.is(await extra(() => x.mul(3).add(1).into(x, onSpy)), 0);
  assert.is(await extra(() => x.sub(x.mean()).into(x, onSpy)), 4, 'the mean');
  assert.is(await extra(() => x.flip().into(x, onSpy)), 4 * 4096, 'backwards');
  const z = await large(), k = await large();
  assert.is(await extra(() => x.flip().add(k).into(z, onSpy)), 0, 'another array');
  assert.is((await z.data(onSpy)).length, 4096);
});
memory('a time loop uses it as one of its buffers', async () => {
  const x = await large();
  for (const steps of [1, 2, 3, 10]) {
    assert.ok(await extra(() => wf.iterate(x, steps, (u) => blur(u).mul(0.3)).into(x, onSpy)) <= 4 * 4096, `${steps} steps`);
  }
});
memory('nothing piles up', async () => {
  const x = await large();
  await x.mul(1.5).into(x, onSpy);
  const before = spy.buffers;
  for (let n = 0; n < 50; n++) await x.mul(0.5).add(1).into(x, onSpy);
  assert.is(spy.buffers, before);
  x.dispose();
  assert.is(spy.buffers, before - 1);
});
memory('no room, a target that fails: the array is as it was, or says so', async () => {
  const x = await large();
  const values = await x.add(0).data(onSpy);
  await rejection(x.asType('float64').asType('float32').into(x, { target: 'no such target' }));
  assert.equal(await x.data(onSpy), values);
  const y = await large();
  spy.failNext = new Error('broken');
  assert.match((await rejection(y.mul(2).into(y, onSpy))).message, /broken/);
  assert.match((await rejection(y.data(onSpy))).message, /were replaced by into\(\)/);
});
memory.run();
