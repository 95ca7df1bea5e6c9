/** Targets that have no room, are closed, or cannot start: what users are told, and that they can go on. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { spy } from '../support/spy.ts';
import { fastTargets } from '../support/targets.ts';

async function errorOf(run: () => Promise<unknown>): Promise<Error> {
  const error: unknown = await run().then(() => undefined, (e: unknown) => e);
  assert.instance(error, Error, 'it did not fail');
  return error as Error;
}

for (const target of fastTargets) {
  const on = { target };
  const test = suite(`limits of ${target}`);
  test('an array beyond the memory of the target', async () => {
    const error = await errorOf(() => wf.zeros([2 ** 31]).add(1).eval(on));
    assert.instance(error, wf.OutOfMemoryError);
    assert.match(error.message, /(GiB|bytes).*(Dispose|dispose|work in parts|target: 'cpu')/);
    assert.equal(await wf.array([1, 2]).add(1).array(on), [2, 3]);
  });
  test('a closed target starts again, and says what was lost with it', async () => {
    const source = wf.array([1, 2]);
    const result = await source.add(1).eval(on);
    await wf.closeTargets();
    assert.equal(await source.mul(2).array(on), [2, 4], 'values from outside are still there');
    if (target === 'cpu') {
      assert.equal(await result.array(on), [2, 3], 'results too, in memory that JavaScript sees');
      return;
    }
    const error = await errorOf(() => result.data(on));
    assert.instance(error, wf.TargetError);
    assert.match(error.message, /float32 array of shape \[2\] was lost: target '\w+' was closed.*data\(\)/);
  });
  test.run();
}

const memory = suite('out of memory');
memory('leaves nothing behind', async () => {
  const on = { target: 'spy' };
  const a = await wf.array([1, 2, 3]).add(1).eval(on);
  const before = spy.buffers;
  const error = await errorOf(() => wf.evaluate([a.mul(2), a.sum(), wf.zeros([2 ** 31]).add(a.sum())], on));
  assert.instance(error, wf.OutOfMemoryError);
  assert.is(spy.buffers, before);
  assert.equal(await a.array(on), [2, 3, 4]);
});
memory.run();

const starting = suite('a target that cannot start');
starting('says why, and is tried again', async () => {
  let ready = false;
  wf.registerTarget({
    name: 'sometimes', sync: false,
    create: () => (ready ? referenceLike() : Promise.reject(new wf.TargetError('not yet; plug it in'))),
  });
  const x = wf.array([1, 2]);
  assert.is((await errorOf(() => x.add(1).data({ target: 'sometimes' }))).message, 'not yet; plug it in');
  assert.throws(() => x.add(1).dataSync({ target: 'sometimes' }), /target 'sometimes' is not running.*await data\(\)/);
  ready = true;
  assert.equal(await x.add(1).array({ target: 'sometimes' }), [7, 7]);
  assert.equal(await x.add(2).array({ target: 'reference' }), [3, 4]);
});
starting.run();

/** A target of one's own: everything is 7. */
function referenceLike(): wf.GraphTarget {
  return {
    kind: 'graph', name: 'sometimes', describe: () => 'sevens', refuses: () => undefined, close: async () => {},
    evaluate: (roots) => roots.map((r) => new Float32Array(r.shape.reduce((n, s) => n * s, 1)).fill(7)),
  };
}
