/** When things are computed and where results are: residency, sharing, threads, reuse of compiled code. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { liveTarget } from '../../src/targets/registry.ts';
import { compute, computeAll } from '../support/compute.ts';
import { spy } from '../support/spy.ts';
import { expectClose, fastTargets, targets } from '../support/targets.ts';

const onSpy = { target: 'spy' };
/** How many jobs a piece of work starts. */
async function jobs(run: () => Promise<unknown> | void): Promise<number> {
  const before = spy.jobs;
  await run();
  return spy.jobs - before;
}

const residency = suite('residency');
residency('nothing runs until a value is asked for', async () => {
  assert.is(await jobs(() => { wf.array([1, 2]).add(1).mul(2).sum(); }), 0);
});
residency('a result is computed once', async () => {
  const y = wf.array([1, 2, 3]).mul(2);
  assert.is(await jobs(async () => { await y.eval(onSpy); }), 1);
  assert.is(await jobs(async () => {
    await y.data(onSpy);
    await y.array(onSpy);
    await y.eval(onSpy);
    y.dataSync(onSpy);
  }), 0);
});
residency('what was built before the evaluation uses the result too', async () => {
  const a = wf.array([1, 2, 3]);
  const y = a.mul(2);
  const z = y.add(1);
  await y.eval(onSpy);
  const launches = spy.launches, uploads = spy.uploads;
  assert.equal(await z.array(onSpy), [3, 5, 7]);
  assert.is(spy.launches - launches, 1);
  assert.is(spy.uploads, uploads, 'nothing was sent again');
});
residency('a source is uploaded once', async () => {
  const a = wf.array([1, 2, 3]);
  const before = spy.uploads;
  await a.add(1).eval(onSpy);
  await a.add(2).eval(onSpy);
  await a.sum().eval(onSpy);
  assert.is(spy.uploads - before, 1);
});
residency('evaluate computes several arrays together, and gives them back', async () => {
  const a = wf.array([3, 1, 2]);
  const shared = a.sub(a.mean());
  const arrays = [shared.min(), shared.max(), shared.mul(2)] as const;
  assert.is(await jobs(async () => {
    const back = await wf.evaluate(arrays, onSpy);
    assert.is(back[0], arrays[0]);
  }), 1);
  assert.equal(await Promise.all(arrays.map((x) => x.array(onSpy))), [-1, 1, [2, -2, 0]]);
});
residency('evaluate of nothing, of a source, of one array twice', async () => {
  assert.equal(await wf.evaluate([], onSpy), []);
  const a = wf.array([1, 2]);
  await wf.evaluate([a], onSpy);
  const y = a.add(1);
  await wf.evaluate([y, y, a, a.add(1)], onSpy);
  assert.equal(await y.array(onSpy), [2, 3]);
});
residency('a root that another root needs', async () => {
  const results = await computeAll('spy', () => {
    const y = wf.array([1, 4, 9]).sqrt();
    return [y, y.sum(), y.add(y.sum()), y.reshape([3, 1]), y.slice([1])];
  });
  assert.equal(results.map((r) => [...r.values]), [[1, 2, 3], [6], [7, 8, 9], [1, 2, 3], [2, 3]]);
});
residency('evaluations at the same time', async () => {
  const a = wf.array(Float32Array.from({ length: 1000 }, (_, k) => k));
  const sums = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((k) => a.mul(k).sum().item(onSpy)));
  assert.equal(sums, [1, 2, 3, 4, 5, 6, 7, 8].map((k) => k * 499500));
  const y = a.add(1);
  const [p, q] = await Promise.all([y.data(onSpy), y.data(onSpy)]);
  assert.equal([...p], [...q]);
});
residency('dataSync on the cpu', () => {
  const a = wf.array([1, 2, 3]);
  assert.equal([...a.mul(2).dataSync({ target: 'cpu' })], [2, 4, 6]);
  assert.equal([...a.dataSync({ target: 'cpu' })], [1, 2, 3]);
  assert.equal([...a.add(0.5).dataSync({ target: 'reference' })], [1.5, 2.5, 3.5]);
});
for (const from of targets) for (const to of targets) {
  residency(`values move from ${from} to ${to}`, async () => {
    const a = await wf.array([1, 2, 3]).add(1).to(from);
    const b = await a.mul(10).to(to);
    assert.equal(await b.sub(a).array({ target: to }), [18, 27, 36]);
    assert.equal(await b.add(a).array({ target: from }), [22, 33, 44]);
  });
}
residency('a failed run leaves no buffers, and the next one works', async () => {
  const a = wf.array(new Float32Array(5000).fill(1));
  await a.eval(onSpy);
  const y = a.mul(2).add(a.sum());
  const before = [spy.buffers, spy.bytes];
  spy.failNext = new Error('device on fire');
  await y.data(onSpy).then(() => assert.unreachable(), (e: Error) => assert.is(e.message, 'device on fire'));
  assert.equal([spy.buffers, spy.bytes], before);
  assert.is((await y.data(onSpy))[0], 5002);
});
residency('a large result is released from scratch buffers', async () => {
  const a = await wf.array(new Float32Array(10_000)).eval(onSpy);
  const before = spy.bytes;
  const y = await a.sub(a.mean()).div(a.std().add(1)).eval(onSpy);
  assert.is(spy.bytes - before, 40_000, 'only the result stays');
  assert.is(y.size, 10_000);
});
residency.run();

const guard = suite('an array is not a number');
guard('operators throw and say what to write', () => {
  const a = wf.array([1, 2]) as unknown as number;
  assert.throws(() => a + 1, /write a\.add\(b\) instead of a \+ b/);
  assert.throws(() => a * 2, /array is not a number/);
  assert.throws(() => a < 3, /array is not a number/);
  assert.throws(() => Math.sqrt(a), /array is not a number/);
});
guard('toString tells dtype, shape and state', async () => {
  const a = wf.array([[1, 2, 3]]);
  assert.is(`${a}`, 'WeftArray(float32 [1, 3], evaluated)');
  assert.is(String(a.add(1)), 'WeftArray(float32 [1, 3], lazy)');
  const y = a.gt(2);
  await y.eval({ target: 'reference' });
  assert.is(String(y), 'WeftArray(bool [1, 3], evaluated)');
  y.dispose();
  assert.is(String(y), 'WeftArray(bool [1, 3], disposed)');
});
guard.run();

// --- the same bits for any number of threads ---

const threads = suite('threads');
threads.after(() => { wf.configure({ threads: 0 }); });
threads('sums, means and stencils have the same bits for 1, 2, 3 and 8', async () => {
  const n = 1_234_567;
  const data = Float32Array.from({ length: n }, (_, k) => Math.sin(k) * 10 ** (k % 7 - 3));
  const blur = wf.stencil((u: wf.Neighbors1) => u(-2) * 0.1 + u(-1) * 0.2 + u(0) * 0.4 + u(1) * 0.2 + u(2) * 0.1, { border: 'reflect' });
  const results: Float32Array[] = [];
  for (const count of [1, 2, 3, 8]) {
    wf.configure({ threads: count });
    const parts = await computeAll('cpu', () => {
      const a = wf.array(data);
      const even = a.slice([0, 15_432 * 80]);
      return [
        a.sum(), a.mean(), a.std(), a.mul(a).sum(), blur(a).sum(), blur(blur(a)).slice([1000, 2000]),
        even.reshape([15_432, 80]).sum(0), even.reshape([80, 15_432]).sum(1),
      ];
    });
    results.push(Float32Array.from(parts.flatMap((p) => [...p.values])));
  }
  for (const r of results.slice(1)) assert.equal(r, results[0]);
});
threads('the number asked for is the number used', async () => {
  for (const count of [1, 3]) {
    wf.configure({ threads: count });
    await wf.arange(10).add(count).sum().eval({ target: 'cpu' });
    assert.match(liveTarget('cpu')!.describe(), new RegExp(`\\b${count} threads?\\b`));
  }
});
threads.run();

// --- compiled code is reused ---

for (const target of fastTargets) {
  const test = suite(`compiled code is reused on ${target}`);
  const compilations = (): number => {
    const live = liveTarget(target);
    return live?.kind === 'plan' ? live.compilations : 0;
  };
  /** Programs compiled for each variant after the first. */
  type Build<T> = (variant: T) => wf.WeftArray | readonly wf.WeftArray[];
  async function compiledFor<T>(variants: readonly T[], build: Build<T>): Promise<number[]> {
    const counts: number[] = [];
    for (const v of variants) {
      const before = compilations();
      await computeAll(target, () => [build(v)].flat());
      counts.push(compilations() - before);
    }
    return counts.slice(1);
  }
  const fresh = (n: number, shape: readonly number[] = [n]): wf.WeftArray =>
    wf.array(Float32Array.from({ length: n }, (_, k) => k % 17), { shape });

  test('for another size of a map', async () => {
    assert.equal(await compiledFor([100, 101, 5000, 4096], (n) => fresh(n).mul(3).add(1).sqrt()), [0, 0, 0]);
  });
  test('for another size of a reduction', async () => {
    // Small and large reductions are organised differently, so every kind of size is seen once before.
    const seen = [10, 100, 1000, 10_000, 100_000, 1_000_000];
    const counts = await compiledFor([...seen, 37, 5000, 70_000, 300_000], (n) => fresh(n).mul(3).sum());
    assert.equal(counts.slice(seen.length - 1), [0, 0, 0, 0]);
    assert.equal(await compiledFor([[7, 30], [9, 40], [50, 64]], ([r, c]) => fresh(r * c, [r, c]).sum(1)), [0, 0]);
    assert.equal(await compiledFor([[7, 40], [30, 35], [64, 64]], ([r, c]) => fresh(r * c, [r, c]).max(0)), [0, 0]);
    // Rows of 4 to 32 cells are written out: there is one variant for every four.
    assert.equal(await compiledFor([[7, 30], [30, 29], [64, 32]], ([r, c]) => fresh(r * c, [r, c]).max(0)), [0, 0]);
  });
  test('for another size of a stencil', async () => {
    const blur = wf.stencil((u: wf.Neighbors2) => (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1)) / 4, { border: 'reflect' });
    // A short inner axis is walked in another way.
    assert.equal(await compiledFor([[10, 20], [33, 65], [128, 40]], ([r, c]) => blur(fresh(r * c, [r, c]))), [0, 0]);
  });
  test('for another number', async () => {
    assert.equal(await compiledFor([0.5, 1.25, -77, Math.PI], (k) => fresh(50).mul(k).add(k * k).gt(k)), [0, 0, 0]);
    assert.equal(await compiledFor([-1, -2, -3], (k) => fresh(50).clamp(k, 10)), [0, 0]);
    assert.equal(await compiledFor([2.5, 3.5], (k) => fresh(50).pow(k)), [0]);
  });
  test('for a number handed to a stencil kernel', async () => {
    const step = wf.stencil((u: wf.Neighbors1, k: number) => u(0) + k * (u(-1) + u(1)), { border: 'wrap' });
    assert.equal(await compiledFor([0.1, 0.2, 7], (k) => step(fresh(60), k)), [0, 0]);
  });
  test('for another count of steps', async () => {
    const step = wf.stencil((u: wf.Neighbors1) => u(0) * 0.5 + 0.25 * (u(-1) + u(1)), { border: 'wrap' });
    const counts = await compiledFor([8, 16, 24], (steps) => wf.iterate(fresh(4000), steps, (u) => step(u)));
    assert.is(counts.at(-1), 0, 'multiples of the time block need nothing new');
  });
  test('for another start and step of arange and linspace', async () => {
    assert.equal(await compiledFor([1, 2, 3], (k) => wf.arange(k, k + 50, k + 0.5).mul(7)), [0, 0]);
    assert.equal(await compiledFor([4, 5], (k) => wf.linspace(k, k * 3 + 1, 40 + k).mul(7)), [0]);
  });
  test('for other offsets of a slice', async () => {
    assert.equal(await compiledFor([1, 2, 3], (k) => fresh(50).slice([k, 40 + k]).add(1)), [0, 0]);
  });
  test('for the same program again', async () => {
    assert.equal(await compiledFor([1, 2], () => {
      const a = fresh(500, [20, 25]);
      return [a.sub(a.mean(1, { keepDims: true })).div(a.std(1, { keepDims: true })), a.max()];
    }), [0]);
  });
  test.run();
}

// --- whole programs ---

const programs = suite('whole programs');
for (const target of fastTargets) {
  programs(`${target}: logistic regression converges to the weights of the reference`, async () => {
    const rows = 40, columns = 3;
    const X = Float32Array.from({ length: rows * columns }, (_, k) => Math.sin(k * 1.7) * 2);
    const y = Float32Array.from({ length: rows }, (_, i) => (X[3 * i] - 2 * X[3 * i + 1] + 0.5 * Math.cos(i) > 0 ? 1 : 0));
    const train = () => {
      const x = wf.array(X, { shape: [rows, columns] }), labels = wf.array(y, { shape: [rows, 1] });
      return wf.iterate(wf.zeros([1, columns]), 60, (w) => {
        const p = wf.div(1, wf.add(1, x.mul(w).sum(1, { keepDims: true }).neg().exp()));
        const gradient = x.mul(p.sub(labels)).mean(0, { keepDims: true });
        return w.sub(gradient.mul(0.5));
      });
    };
    const expected = await compute('reference', train);
    expectClose((await compute(target, train)).values, expected.values, { rtol: 1e-4, atol: 1e-5, label: 'weights' });
    assert.ok(expected.values[0] > 0.5 && expected.values[1] < -1, 'it has learned');
  });
  programs(`${target}: standardise, clamp, histogram of signs`, async () => {
    const pixels = Uint8Array.from({ length: 48 * 64 }, (_, k) => (k * k) % 251);
    const program = () => {
      const a = wf.array(pixels, { shape: [48, 64] });
      const z = a.sub(a.mean()).div(a.std()).clamp(-1, 1);
      return [z, z.gt(0).sum(1), z.lt(0).sum(), z.abs().max(0)];
    };
    const expected = await computeAll('reference', program);
    (await computeAll(target, program)).forEach((r, k) => expectClose(r.values, expected[k].values, { atol: 1e-5, label: `result ${k}` }));
  });
}
programs.run();
