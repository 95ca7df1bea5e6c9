/** The thread pool: what runs, in which order, on how many threads. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TargetError } from '../../src/errors.ts';
import { optimisedFirst } from '../../src/targets/cpu/threads/pool.ts';
import { relaxedSimd } from '../../src/targets/cpu/wasm/index.ts';
import { bench, count, FOLLOW, kernels, ones, SLOW, TRAP } from './pool-bench.ts';

for (const threads of [1, 2, 3, 8]) {
  test(`every block runs exactly once on ${threads} threads, blocking and not`, async () => {
    const { pool, module, params, words, read } = bench(threads);
    assert.is(await pool.start(), threads);
    for (const [blocks, grain] of [[0, 1], [1, 1], [7, 2], [1000, 1], [1000, 7], [5, 100]] as const) {
      const [a, b] = [words(blocks), words(blocks)];
      pool.runSync([{ module, params: params(a), blocks, grain }]);
      await pool.run([{ module, params: params(b), blocks, grain }]);
      assert.equal(read(a, blocks), ones(blocks));
      assert.equal(read(b, blocks), ones(blocks));
    }
    await pool.close();
  });
}

test('a launch does not wait for workers to start', () => {
  const { pool, module, params, words, read } = bench(4);
  const start = performance.now();
  const out = words(100);
  pool.runSync([{ module, params: params(out), blocks: 100 }]);
  console.log(`  first launch, workers not up: ${(performance.now() - start).toFixed(1)} ms`);
  assert.equal(read(out, 100), ones(100));
});

test('launches of a list run in order, each after the former is complete', async () => {
  const { pool, module, params, words, read } = bench(4);
  await pool.start();
  const [a, b] = [words(64), words(64)];
  const [ab, ba] = [params(a, b), params(b, a)];
  const launches = Array.from({ length: 3000 }, (_, i) => ({ module, kernel: FOLLOW!, params: i % 2 ? ba : ab, blocks: 64 }));
  pool.runSync(launches);
  assert.equal(read(a, 64), new Int32Array(64).fill(3000));
  await pool.run(launches);
  assert.equal(read(a, 64), new Int32Array(64).fill(6000));
  await pool.close();
});

test('thousands of tiny launches, some limited to one or two threads', async () => {
  const { pool, module, params, words, read } = bench(3);
  await pool.start();
  const out = words(5);
  const p = params(out);
  for (let i = 0; i < 10_000; i++) pool.runSync([{ module, params: p, blocks: 5, threads: (i % 3) + 1 }]);
  for (let i = 0; i < 2000; i++) await pool.run([{ module, params: p, blocks: 5 }]);
  assert.equal(read(out, 5), new Int32Array(5).fill(12_000));
  await pool.close();
});

test('runs that overlap are executed in the order of their calls, a blocking one included', async () => {
  const { pool, module, params, words, read } = bench(2);
  await pool.start();
  const [a, b] = [words(300), words(300)];
  const [ab, ba] = [params(a, b), params(b, a)];
  const pending = [ab, ba, ab, ba].map((p) => pool.run([{ module, kernel: FOLLOW!, params: p, blocks: 300 }]));
  pool.runSync([{ module, kernel: FOLLOW!, params: ab, blocks: 300 }]);
  assert.equal(read(b, 300), new Int32Array(300).fill(5));
  await Promise.all(pending);
  await pool.close();
});

test('workers meet modules and memory that came after they started', async () => {
  const { heap, pool, module, params, words, read } = bench(3);
  await pool.start();
  for (let i = 0; i < 6; i++) {
    heap.allocate(50 * 2 ** 20);
    const late = i % 2 ? pool.register(kernels(heap, count), { optimise: true }) : module;
    const out = words(2000);
    pool.runSync([{ module: late, params: params(out), blocks: 2000 }]);
    await pool.run([{ module: late, params: params(out), blocks: 2000 }]);
    assert.equal(read(out, 2000), new Int32Array(2000).fill(2));
    if (late !== module) pool.release(late);
  }
  await pool.close();
});

test('relaxed SIMD works in workers', async () => {
  assert.ok(relaxedSimd());
  const { heap, pool, params, words, read } = bench(3);
  await pool.start();
  const module = pool.register(kernels(heap, (f, block, p0) => {
    f.get(block);
    f.i32(4);
    f.op('i32.mul');
    f.get(p0);
    f.op('i32.add');
    for (const value of [2, 3, 4]) f.v128('f32x4', value);
    f.op('f32x4.relaxed_madd');
    f.op('i32x4.trunc_sat_f32x4_s');
    f.op('v128.store32_lane', 0, 0);
  }));
  const out = words(5000);
  pool.runSync([{ module, params: params(out), blocks: 5000 }]);
  assert.equal(read(out, 5000), new Int32Array(5000).fill(10));
  await pool.close();
});

for (const threads of [1, 3]) {
  test(`a trap rejects with the kernel and the block, and the next launch works (${threads} threads)`, async () => {
    const { pool, module, params, words, read } = bench(threads);
    await pool.start();
    const out = words(500);
    const isClear = (error: unknown): boolean => error instanceof TargetError
      && /kernel k2 of 'test' failed in block 250: RuntimeError: unreachable/.test(error.message);
    for (let turn = 0; turn < 30; turn++) {
      const bad = [{ module, kernel: TRAP!, params: params(out, 250), blocks: 500 }];
      assert.throws(() => pool.runSync(bad), isClear);
      assert.ok(await pool.run(bad).then(() => false, isClear));
      const good = words(500);
      await pool.run([{ module, params: params(good), blocks: 500 }]);
      pool.runSync([{ module, params: params(good), blocks: 500 }]);
      assert.equal(read(good, 500), new Int32Array(500).fill(2));
    }
    await pool.close();
  });
}

test('the event loop turns during a long asynchronous run', async () => {
  const { pool, module, params, words } = bench(2);
  await pool.start();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const start = performance.now();
  while (performance.now() - start < 200) {
    await pool.run([{ module, kernel: SLOW!, params: params(words(200), 500_000), blocks: 200 }]);
  }
  clearInterval(timer);
  assert.ok(ticks >= 3, `${ticks} ticks in ${performance.now() - start} ms`);
  await pool.close();
});

test('without shared memory everything runs on the calling thread', async () => {
  const { pool, module, params, words, read } = bench(4, { shared: false });
  assert.is(pool.threads, 1);
  assert.is(await pool.start(), 1);
  const out = words(100);
  pool.runSync([{ module, params: params(out), blocks: 100 }]);
  assert.equal(read(out, 100), ones(100));
  assert.is(pool.status.ready, 0);
});

test('two pools do not interfere', async () => {
  const [a, b] = [bench(2), bench(3)];
  await Promise.all([a.pool.start(), b.pool.start()]);
  for (let turn = 0; turn < 300; turn++) {
    await Promise.all([a, b].map(async ({ pool, module, params, words, read, heap }) => {
      const out = words(100);
      await pool.run([{ module, params: params(out), blocks: 100 }]);
      assert.equal(read(out, 100), ones(100));
      assert.ok(heap.stats.used > 0);
    }));
  }
  await Promise.all([a.pool.close(), b.pool.close()]);
});

test('round trips (printed, not judged)', async () => {
  for (const threads of [1, 2]) {
    const { pool, module, params, words } = bench(threads);
    await pool.start();
    const launch = { module, params: params(words(2)), blocks: 2, grain: 1 };
    const list = Array.from({ length: 1000 }, () => launch);
    const best = (turn: () => void): number => Math.min(...Array.from({ length: 30 }, () => {
      const start = performance.now();
      turn();
      return performance.now() - start;
    }));
    const one = best(() => { for (let i = 0; i < 1000; i++) pool.runSync([launch]); });
    const listed = best(() => pool.runSync(list));
    const start = performance.now();
    for (let i = 0; i < 1000; i++) await pool.run([launch]);
    const awaited = performance.now() - start;
    console.log(`  ${threads} threads: one by one ${one.toFixed(2)} us, in a list ${listed.toFixed(2)} us, awaited ${awaited.toFixed(2)} us`);
    await pool.close();
  }
});

test('optimisedFirst returns what the work returns', () => {
  assert.is(optimisedFirst(() => 5), 5);
});

test.run();
