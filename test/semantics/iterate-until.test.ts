/** Loops that end themselves, report and can be stopped, against plain JavaScript loops; and what they leave in memory. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { spy } from '../support/spy.ts';
import { targets } from '../support/targets.ts';

/** Newton's steps to square roots, in float32. */
const newton = (x: readonly number[], steps: number): number[] => x.map((v) => {
  let r = v;
  for (let n = 0; n < steps; n++) r = Math.fround(Math.fround(r + Math.fround(v / r)) * 0.5);
  return r;
});
const squares = [4, 9, 16, 25];
const rejection = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (e: unknown) => e);
const halve = (u: wf.WeftArray<'float32'>): wf.WeftArray => u.mul(0.5);

for (const target of targets) {
  const test = suite(`iterate with a condition on ${target}`);
  const on = { target };

  test('stops at the first check that holds', async () => {
    for (const [check, steps] of [[1, 7], [2, 8], [3, 9], [5, 10], [32, 20]] as const) {
      const [u, made] = wf.iterate(wf.array([100, 50]), 20, halve, { until: (s) => s.max().lt(1), check, countSteps: true });
      await wf.evaluate([u, made], on);
      assert.is(await made.item(on), steps, `check ${check}`);
      assert.equal(await u.array(on), [100 / 2 ** steps, 50 / 2 ** steps]);
    }
  });

  test('makes all steps where the condition never holds, none where there are none', async () => {
    for (const steps of [0, 1, 7, 64, 65]) {
      const never = { until: (s: wf.WeftArray) => s.lt(0).any(), check: 8, countSteps: true } as const;
      const [u, made] = wf.iterate(wf.array([0, 1]), steps, (s) => s.add(1), never);
      assert.equal([await u.array(on), await made.item(on)], [[steps, steps + 1], steps]);
    }
  });

  test('the condition sees the state one step earlier', async () => {
    const x = wf.array(squares);
    const roots = (check: number) => wf.iterate(x, 100, (r) => r.add(x.div(r)).mul(0.5), {
      until: (r, before) => r.eq(before).all(), check, countSteps: true,
    });
    const [root, steps] = roots(1);
    const made = await steps.item(on);
    assert.ok(made > 3 && made < 12, `${made} steps`);
    assert.equal(await root.array(on), newton(squares, made));
    assert.equal(newton(squares, made), newton(squares, made - 1), 'stopped where nothing changes');
    assert.not.equal(newton(squares, made - 1), newton(squares, made - 2), 'and not later');
    assert.is(await roots(4)[1].item(on), Math.ceil(made / 4) * 4);
  });

  test('several states, conditions on one of them, a counter among them', async () => {
    const start = [wf.array([64, 8]), wf.array(Int32Array.of(0)), wf.array(0.5)] as const;
    const [u, n, factor, made] = wf.iterate(start, 1000, ([s, k, f]) => [s.mul(f), k.add(1), f], {
      until: ([s], [before]) => before.sub(s).sum().lt(1), check: 2, countSteps: true,
    });
    const sum = (k: number) => 72 / 2 ** k;
    let steps = 2;
    while (sum(steps - 1) - sum(steps) >= 1) steps += 2;
    assert.equal([await made.item(on), await n.item(on), await factor.item(on)], [steps, steps, 0.5]);
    assert.equal(await u.array(on), [64 / 2 ** steps, 8 / 2 ** steps]);
  });

  test('no end but the condition', async () => {
    const [u, made] = wf.iterate(wf.array([1]), Infinity, (s) => s.add(1), {
      until: (s) => s.ge(100).all(), check: 10, countSteps: true,
    });
    assert.equal([await u.array(on), await made.item(on)], [[101], 100]);
  });

  test('conditions of any dtype: true is what is not 0', async () => {
    const down = (until: (s: wf.WeftArray<'int32'>) => wf.WeftArray) =>
      wf.iterate(wf.array(Int32Array.of(5, 2)), 10, (s) => s.sub(1), { until, check: 1, countSteps: true })[1].item(on);
    assert.is(await down((s) => s.min().add(3)), 1);
    assert.is(await down((s) => s.add(0.5).max()), 1);
    assert.is(await down((s) => s.slice([0, 1]).sub(3).eq(0)), 2, 'shape [1]');
  });

  test('lazy: its result is used, twice, and it runs once', async () => {
    const seen: number[] = [];
    const u = wf.iterate(wf.arange(6).add(1), 50, halve, {
      until: (s) => s.max().lt(1), check: 1, every: 1, onProgress: (n) => void seen.push(n),
    });
    const [total, largest] = await wf.evaluate([u.sum(), u.max()], on);
    assert.equal([await total.item(on), await largest.item(on)], [21 / 8, 6 / 8]);
    assert.equal(await u.slice([1, 3]).array(on), [2 / 8, 3 / 8]);
    assert.equal(seen, [1, 2, 3]);
  });

  test('what the loop does not change is computed once, and may be lazy', async () => {
    const k = wf.array([1, 2, 3]), shift = k.mul(10).sum();
    const u = wf.iterate(wf.zeros([3]), 100, (s) => s.add(k).add(shift), { until: (s) => s.min().gt(200), check: 1 });
    assert.equal(await u.array(on), [244, 248, 252]);
  });

  test('one after the other, and one in the other', async () => {
    const first = wf.iterate(wf.array([100]), 99, halve, { until: (s) => s.max().lt(10), check: 1 });
    const second = wf.iterate(first, 99, (s) => s.add(first), { until: (s) => s.max().gt(20), check: 1 });
    assert.equal(await second.array(on), [25]);
    // Doubles each row's number until it is past the limit that the outer loop moves.
    const nested = wf.iterate([wf.array([1]), wf.array([10])], 3, ([u, limit]) => [
      wf.iterate(u, 99, (s) => s.mul(2), { until: (s) => s.ge(limit).all(), check: 1 }), limit.mul(10),
    ]);
    await wf.evaluate(nested, on);
    assert.equal([await nested[0].array(on), await nested[1].array(on)], [[1024], [10000]]);
  });

  test('snapshots can be kept and read later', async () => {
    const kept: [number, wf.WeftArray][] = [];
    const u = wf.iterate(wf.array([1, 2]), 10, (s) => s.mul(2), { every: 4, onProgress: (step, s) => void kept.push([step, s]) });
    assert.equal(await u.array(on), [1024, 2048]);
    assert.equal(await Promise.all(kept.map(async ([step, s]) => [step, await s.array(on)])), [[4, [16, 32]], [8, [256, 512]]]);
  });

  test('a report that takes its time is waited for', async () => {
    const order: string[] = [];
    const u = wf.iterate([wf.array([1]), wf.array([3])], 3, ([a, b]) => [b, a], {
      every: 1,
      onProgress: async (step, [a]) => {
        order.push(`begin ${step}`);
        await new Promise((done) => setTimeout(done, 2));
        order.push(`end ${step} with ${String(await a.item(on))}`);
      },
    });
    await wf.evaluate(u, on);
    assert.equal(order, ['begin 1', 'end 1 with 3', 'begin 2', 'end 2 with 1', 'begin 3', 'end 3 with 3']);
  });

  test('checks and reports at their own intervals', async () => {
    const steps: number[] = [];
    const [, made] = wf.iterate(wf.array([0]), 100, (s) => s.add(1), {
      until: (s) => s.ge(12).all(), check: 5, every: 3, onProgress: (step) => void steps.push(step), countSteps: true,
    });
    assert.is(await made.item(on), 15);
    assert.equal(steps, [3, 6, 9, 12, 15]);
  });

  test('a signal stops it, before it starts and while it runs', async () => {
    const control = new AbortController();
    const seen: number[] = [];
    const program = () => wf.iterate(wf.array([1, 2]), Infinity, (s) => s.add(1), {
      signal: control.signal, check: 2, every: 3, onProgress(step) {
        seen.push(step);
        if (step === 9) control.abort(new Error('enough'));
      },
    });
    const error = await rejection(program().data(on)) as wf.AbortError;
    assert.instance(error, wf.AbortError);
    assert.is(error.name, 'AbortError');
    assert.is(error.message, 'iterate: stopped by its signal after 9 of any number of steps: enough');
    assert.is((error.cause as Error).message, 'enough');
    assert.equal(seen, [3, 6, 9]);
    assert.is((await rejection(program().data(on)) as Error).message, 'iterate: stopped by its signal after 0 of any number of steps: enough');
    const late = new AbortController();
    const timed = wf.iterate(wf.array([0]), Infinity, (s) => s.add(1), { signal: late.signal });
    setTimeout(() => late.abort(), 5);
    assert.match((await rejection(timed.data(on)) as Error).message, /^iterate: stopped by its signal after \d+ of any number of steps: This operation was aborted$/);
  });

  test('a signal that stays quiet changes nothing', async () => {
    const u = wf.iterate(wf.array([1]), 70, (s) => s.add(1), { signal: new AbortController().signal });
    assert.equal(await u.array(on), [71]);
  });

  test('an error in a report is the error', async () => {
    for (const onProgress of [() => { throw new RangeError('mine'); }, async () => Promise.reject(new RangeError('mine'))]) {
      const error = await rejection(wf.iterate(wf.array([1]), 9, (s) => s.add(1), { onProgress, every: 2 }).data(on));
      assert.instance(error, RangeError);
      assert.is((error as Error).message, 'mine');
    }
  });

  test('an input that is disposed while the loop runs', async () => {
    const x = wf.array([1, 2]), k = wf.array([10, 20]);
    const u = wf.iterate(x, 9, (s) => s.add(k), {
      every: 2, onProgress: (step) => {
        if (step !== 4) return;
        x.dispose();
        k.dispose();
      },
    });
    assert.equal(await u.add(k).array(on), [101, 202]);
    assert.ok(x.disposed && k.disposed);
  });

  test.run();
}

const sync = suite('loops with a condition, synchronously');
sync('on the cpu', () => {
  const steps: number[] = [];
  const [u, made] = wf.iterate(wf.array([100, 50]), 20, halve, {
    until: (s) => s.max().lt(1), check: 2, countSteps: true,
    every: 4, onProgress: (n, s) => void steps.push(n, s.dataSync({ target: 'cpu' })[0]),
  });
  assert.is(made.dataSync({ target: 'cpu' })[0], 8);
  assert.equal([...u.dataSync({ target: 'cpu' })], [100 / 256, 50 / 256]);
  assert.equal(steps, [4, 100 / 16, 8, 100 / 256]);
});
sync('a report that wants to be waited for', () => {
  const u = wf.iterate(wf.array([1]), 4, halve, { every: 2, onProgress: async () => Promise.resolve() });
  assert.throws(() => u.dataSync({ target: 'cpu' }), /^iterate: onProgress returned a promise, which dataSync cannot wait for; use await data\(\)$/);
});
sync.run();

const shown = suite('explain of loops that need the host');
shown('a piece stands for the loop, with its condition', () => {
  const u = wf.iterate(wf.array([100, 50]), 1000, halve, { until: (s) => s.max().lt(1), check: 8, countSteps: true });
  const text = u[0].sum().explain({ target: 'cpu' });
  assert.match(text, /a piece of 8 steps stands for a loop that the host looks after/);
  assert.match(text, /8 x /);
  assert.match(text, /max/);
  assert.match(u[1].explain({ target: 'cpu' }), /a piece of 8 steps/);
});
shown.run();

const leaks = suite('what loops leave in memory');
const onSpy = { target: 'spy' };
const inputs = () => [wf.array(new Float32Array(1000).fill(2)), wf.array(new Float32Array(1000).fill(1))] as const;

/** Buffers of `work`, which is given two arrays, that are left after it. The collector may come for older ones meanwhile. */
async function left(work: (x: wf.WeftArray<'float32'>, k: wf.WeftArray<'float32'>) => Promise<unknown>): Promise<number> {
  await wf.zeros(1).add(1).eval(onSpy);
  const [x, k] = inputs();
  await x.add(k).eval(onSpy).then((y) => y.dispose());
  const before = new Set(spy.live);
  await work(x, k);
  const after = [...spy.live].filter((buffer) => !before.has(buffer)).length;
  x.dispose();
  k.dispose();
  return after;
}
const body = (k: wf.WeftArray) => (u: wf.WeftArray) => u.add(k.mul(2).sub(k.sum().div(1000)));

leaks('nothing but the result, and then nothing', async () => {
  assert.is(await left(async (x, k) => {
    const u = wf.iterate(x, 100, body(k), { until: (s, before) => s.sub(before).max().gt(9), check: 7 });
    await u.data(onSpy);
    u.dispose();
  }), 0);
  assert.is(await left(async (x, k) => {
    const [u, v] = wf.iterate([x.add(1), k.mul(3)], 100, ([a, b]) => [body(k)(a), b.sub(a)], {
      until: ([s]) => s.max().gt(20), check: 3,
    });
    await wf.evaluate([u, v], onSpy);
    u.dispose();
    v.dispose();
  }), 0);
});
leaks('an error in a report', async () => {
  for (const report of [() => { throw new Error('mine'); }, async () => Promise.reject(new Error('mine'))]) {
    assert.is(await left(async (x, k) => {
      let snapshot: wf.WeftArray | undefined;
      const onProgress = (step: number, s: wf.WeftArray) => (step < 6 ? s.dispose() : (snapshot = s, report()));
      assert.instance(await rejection(wf.iterate(x, 100, body(k), { every: 3, onProgress }).data(onSpy)), Error);
      assert.ok(snapshot!.disposed, 'the snapshot of the report that failed');
    }), 0);
  }
});
leaks('a signal', async () => {
  assert.is(await left(async (x, k) => {
    const control = new AbortController();
    const onProgress = (step: number, s: wf.WeftArray) => (s.dispose(), step === 6 && control.abort());
    await rejection(wf.iterate(x, 100, body(k), { signal: control.signal, every: 3, onProgress }).data(onSpy));
  }), 0);
});
leaks('an error of the target in the middle', async () => {
  assert.is(await left(async (x, k) => {
    const onProgress = (step: number, s: wf.WeftArray) => {
      s.dispose();
      if (step === 6) spy.failNext = new Error('broken');
    };
    assert.match(String(await rejection(wf.iterate(x, 100, body(k), { every: 3, onProgress }).data(onSpy))), /broken/);
  }), 0);
});
leaks('no copies go to the host and back', async () => {
  assert.is(await left(async (x, k) => {
    const before = spy.uploads;
    const u = wf.iterate(x, 100, body(k), { until: (s) => s.max().gt(1e9), check: 5 });
    await u.eval(onSpy);
    assert.is(spy.uploads, before);
    u.dispose();
  }), 0);
});
leaks.run();
