/** Freeing memory: dispose, using, scope, and garbage collection, counted in buffers of the cpu target. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { collect, spy } from '../support/spy.ts';
import { targets } from '../support/targets.ts';

const onSpy = { target: 'spy' };
/** Bytes that are alive after `run` and not before. */
async function kept(run: () => Promise<unknown> | void): Promise<number> {
  await collect();
  const before = spy.bytes;
  await run();
  return spy.bytes - before;
}
const isDisposed = (e: unknown): boolean => e instanceof wf.DisposedError;

const dispose = suite('dispose');
dispose.before(async () => { await wf.ones([4]).sum().eval(onSpy); });
dispose('frees the buffer of a source at once', async () => {
  const a = wf.array(new Float32Array(1000));
  await a.mul(2).sum().eval(onSpy);
  assert.is(await kept(() => a.dispose()), -4000);
});
dispose('frees the buffer of a result at once, even while the graph is alive', async () => {
  const a = wf.array(new Float32Array(1000));
  const y = a.add(1);
  const later = y.mul(2);
  await y.eval(onSpy);
  assert.is(await kept(() => y.dispose()), -4000);
  assert.is(later.shape[0], 1000);
});
dispose('twice is once', () => {
  const a = wf.ones([3]);
  a.dispose();
  a.dispose();
  assert.ok(a.disposed);
});
dispose('makes every use an error', async () => {
  const a = wf.array([1, 2]);
  a.dispose();
  assert.throws(() => a.add(1), isDisposed);
  assert.throws(() => wf.add(1, a), isDisposed);
  assert.throws(() => a.sum(), isDisposed);
  assert.throws(() => a.slice([1]), isDisposed);
  assert.throws(() => a.dataSync(onSpy), isDisposed);
  await a.data(onSpy).then(() => assert.unreachable(), (e: unknown) => assert.ok(isDisposed(e)));
});
dispose('of a source makes what still needs it an error, and leaves what was evaluated', async () => {
  const a = wf.array([1, 2]);
  const evaluated = await a.add(1).eval(onSpy);
  const lazy = a.add(2);
  a.dispose();
  assert.equal(await evaluated.array(onSpy), [2, 3]);
  assert.equal(await evaluated.mul(2).array(onSpy), [4, 6]);
  await lazy.data(onSpy).then(() => assert.unreachable(), (e: unknown) => assert.ok(isDisposed(e)));
});
dispose('of an equal expression leaves the other alone', async () => {
  const a = wf.array([1, 2]);
  const one = await a.mul(3).eval(onSpy), two = await a.mul(3).eval(onSpy);
  one.dispose();
  assert.equal(await two.array(onSpy), [3, 6]);
  assert.equal(await two.add(1).array(onSpy), [4, 7]);
});
dispose('does not stop the same expression from being made again', async () => {
  const a = wf.array([1, 2]);
  (await a.mul(5).eval(onSpy)).dispose();
  const again = await a.mul(5).eval(onSpy);
  assert.equal(await again.add(1).array(onSpy), [6, 11]);
});
dispose('while an evaluation is under way: it finishes, or says that it lost its input', async () => {
  const a = wf.array(new Float32Array(100_000).fill(1));
  const running = a.mul(2).sum().item(onSpy).catch((e: unknown) => e);
  a.dispose();
  const result = await running;
  assert.ok(result === 200_000 || isDisposed(result), String(result));
});
dispose('using frees at the end of the block', async () => {
  const left = await kept(async () => {
    using a = wf.array(new Float32Array(1000));
    using b = await a.mul(2).eval(onSpy);
    assert.is(b.size, 1000);
  });
  assert.is(left, 0);
});
dispose.run();

const scope = suite('scope');
for (const target of targets) {
  scope(`${target}: what is returned can still be evaluated`, async () => {
    const total = wf.scope(() => {
      const a = wf.ones([1000]);
      return a.mul(2).sum();
    });
    assert.is(await total.item({ target }), 2000);
    const [x, y] = wf.scope(() => {
      const a = wf.array([1, 2]);
      return [a.add(1), a.mul(a)];
    });
    assert.equal(await x.add(y).array({ target }), [3, 7]);
    const { u } = wf.scope(() => ({ u: wf.array([4]).sqrt() }));
    assert.equal(await u.array({ target }), [2]);
  });
}
scope('disposes what was made in it, and only that', () => {
  const outside = wf.array([1]);
  let inside: wf.WeftArray | undefined;
  const result = wf.scope(() => {
    inside = outside.add(1);
    return outside.mul(2);
  });
  assert.ok(inside?.disposed);
  assert.not.ok(outside.disposed);
  assert.not.ok(result.disposed);
});
scope('frees the buffers of async work, also when it fails', async () => {
  const work = async (own: <T extends wf.WeftArray>(x: T) => T, fail: boolean): Promise<wf.WeftArray> => {
    const a = wf.array(new Float32Array(1000).fill(1));
    await a.eval(onSpy);
    const b = own(a.add(1));
    await b.eval(onSpy);
    if (fail) throw new Error('as planned');
    const total = b.sum();
    await total.eval(onSpy);
    return total;
  };
  const left = await kept(async () => {
    const total = await wf.scope((own) => work(own, false));
    assert.is(await total.item(onSpy), 2000);
    total.dispose();
    await wf.scope((own) => work(own, true)).then(() => assert.unreachable(), (e: Error) => assert.is(e.message, 'as planned'));
  });
  assert.is(left, 0);
});
scope('passes errors on', () => {
  assert.throws(() => wf.scope(() => { throw new RangeError('mine'); }), (e: unknown) => e instanceof RangeError);
  assert.not.ok(wf.array([1]).disposed);
});
scope('scopes nest: the inner result belongs to the outer scope', () => {
  let inner: wf.WeftArray | undefined;
  wf.scope(() => {
    inner = wf.scope(() => wf.array([1, 2]).add(1));
    assert.not.ok(inner.disposed);
  });
  assert.ok(inner?.disposed);
});
scope('what a scope disposes does not touch an equal expression outside', async () => {
  const keep = await wf.ones([64]).eval(onSpy);
  wf.scope(() => wf.ones([64]).add(1).sum());
  assert.is((await keep.data(onSpy))[5], 1);
  assert.is(await keep.sum().item(onSpy), 64);
});
scope('returns values that are no arrays', () => {
  assert.is(wf.scope(() => 5), 5);
  assert.is(wf.scope(() => undefined), undefined);
  assert.equal(wf.scope(() => [1, 'a', null]), [1, 'a', null]);
});
scope.run();

const garbage = suite('garbage collection');
garbage('frees what nobody can reach', async () => {
  const left = await kept(async () => {
    await (async () => {
      const a = wf.array(new Float32Array(100_000).fill(2));
      const b = await a.mul(3).add(1).eval(onSpy);
      assert.is((await b.data(onSpy))[7], 7);
    })();
    await collect();
  });
  assert.is(left, 0);
});
garbage('a chain of evaluated arrays does not keep its history', async () => {
  let u: wf.WeftArray = wf.array(new Float32Array(10_000).fill(1));
  const left = await kept(async () => {
    for (let k = 0; k < 50; k++) {
      u = await u.mul(1.01).eval(onSpy);
      if (k % 10 === 9) await collect();
    }
    await collect();
  });
  assert.ok(left <= 2 * 40_000, `${left} bytes`);
  assert.is(u.size, 10_000);
});
garbage('a loop that never frees stays bounded by itself', async () => {
  await collect();
  const before = spy.bytes;
  let peak = 0;
  for (let k = 0; k < 300; k++) {
    const a = wf.array(new Float32Array(1 << 20).fill(k));
    assert.is(await a.max().item(onSpy), k);
    peak = Math.max(peak, spy.bytes - before);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(peak < 300 * (4 << 20) / 2, `peak ${peak / 2 ** 20} MB of 1200 MB`);
});
garbage.run();
