/** Workers of the pool that come and go: added, retired, stuck, killed, refused. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pool } from '../../src/targets/cpu/threads/pool.ts';
import type { FuncBuilder, Local } from '../../src/targets/cpu/wasm/index.ts';
import { bench, kernels, ones, sleep, SLOW } from './pool-bench.ts';

/** The module object that the pool reads `Worker` from. */
const threads = process.getBuiltinModule('node:worker_threads') as { Worker: unknown };

/** Run by the tests below in a process of its own, from this very bundle. */
async function idleProcess(): Promise<void> {
  const { pool, module, params, words } = bench(3);
  await pool.start();
  pool.runSync([{ module, params: params(words(100)), blocks: 100 }]);
  await pool.run([{ module, params: params(words(100)), blocks: 100 }]);
  const before = process.cpuUsage();
  await sleep(300);
  const { user, system } = process.cpuUsage(before);
  console.log(`idle for 300 ms: ${(user + system) / 1000} ms of CPU`);
}

/**
 * Of two blocks, the second never ends, and the first ends when the second has begun. Threads begin with blocks of their own: the
 * second is the worker's.
 */
const stuck = (f: FuncBuilder, block: Local, flag: Local): void => {
  f.get(block);
  f.if(() => {
    f.get(flag);
    f.i32(1);
    f.op('i32.atomic.store');
    f.loop((again) => f.br(again));
  }, () => {
    f.loop((again) => {
      f.get(flag);
      f.op('i32.atomic.load');
      f.op('i32.eqz');
      f.brIf(again);
    });
  });
};

/** However long they take to start. */
async function allUp(pool: Pool, threads: number): Promise<void> {
  while (await pool.start() < threads);
}

test('a worker that does not return is given up after the patience of the pool, and replaced', async () => {
  const { heap, pool, module, params, words, read } = bench(2, { patience: 250 });
  const bad = pool.register(kernels(heap, stuck), { name: 'stuck' });
  for (const blocking of [true, false]) {
    await allUp(pool, 2);
    const launch = [{ module: bad, params: params(words(1)), blocks: 2 }];
    const isClear = (error: unknown): boolean => /kernel k0 of 'stuck' was abandoned because a worker did not return/.test(String(error));
    if (blocking) assert.throws(() => pool.runSync(launch), isClear);
    else assert.ok(await pool.run(launch).then(() => false, isClear));
    await allUp(pool, 2);
    const out = words(100);
    await pool.run([{ module, params: params(out), blocks: 100 }]);
    assert.equal(read(out, 100), ones(100));
  }
  await pool.close();
});

/** The workers that pools start from now on, so that a test can kill them. */
function captureWorkers(): Worker[] {
  const caught: Worker[] = [];
  threads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      caught.push(this);
    }
  };
  return caught;
}

test('a worker that dies at work rejects the launch; one that dies idle is replaced unseen', async () => {
  const workers = captureWorkers();
  const { heap, pool, module, params, words, read } = bench(2);
  const bad = pool.register(kernels(heap, stuck), { name: 'stuck' });
  for (let turn = 0; turn < 3; turn++) {
    assert.is(await pool.start(), 2);
    const killed = workers.at(-1)!;
    const running = pool.run([{ module: bad, params: params(words(1)), blocks: 2 }]);
    setTimeout(() => void killed.terminate(), 20);
    const message = await running.then(() => 'done', (error: unknown) => String(error));
    assert.match(message, /kernel k0 of 'stuck' was abandoned because worker 1 died/);
    assert.is(await pool.start(), 2);
    await workers.at(-1)!.terminate();
    const out = words(100);
    await pool.run([{ module, params: params(out), blocks: 100 }]);
    assert.equal(read(out, 100), ones(100));
  }
  assert.is(workers.length, 1 + 2 * 3);
  await pool.close();
  threads.Worker = Worker;
});

test('where workers cannot start, the calling thread does the work and the status says why', async () => {
  threads.Worker = class extends Worker {
    constructor() {
      super('throw new Error("refused")', { eval: true });
    }
  };
  const { pool, module, params, words, read } = bench(4);
  assert.is(await pool.start(), 1);
  const out = words(100);
  pool.runSync([{ module, params: params(out), blocks: 100 }]);
  await pool.run([{ module, params: params(out), blocks: 100 }]);
  assert.equal(read(out, 100), new Int32Array(100).fill(2));
  assert.match(pool.status.problem ?? '', /a worker could not be started: Error: refused/);
  threads.Worker = Worker;
});

test('closing the pool rejects what is pending and what comes later', async () => {
  const { pool, module, params, words } = bench(2);
  await pool.start();
  const launch = { module, kernel: SLOW!, params: params(words(200), 2_000_000), blocks: 200 };
  const pending = pool.run(Array.from({ length: 50 }, () => launch));
  const outcome = pending.then(() => 'done', (error: unknown) => String(error));
  await pool.close();
  assert.match(await outcome, /the pool was closed|closed pool/);
  assert.throws(() => pool.runSync([{ module, params: params(words(1)), blocks: 1 }]), /there is no kernel/);
});

test('threads can be added and retired between and during launches', async () => {
  const { pool, module, params, words, read } = bench(2);
  await pool.start();
  for (const threads of [4, 1, 3, 3, 6, 2, 8, 1, 2]) {
    const out = words(3000);
    const running = pool.run([{ module, kernel: SLOW!, params: params(out, 1000), blocks: 3000 }]);
    pool.threads = threads;
    await running;
    assert.is(await pool.start(), threads);
    pool.runSync([{ module, params: params(out), blocks: 3000 }]);
    assert.equal(read(out, 3000), new Int32Array(3000).fill(2));
  }
  await pool.close();
});

test('a process with idle workers uses no CPU and ends by itself', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, WEFT_POOL_IDLE: '1' }, timeout: 20_000, encoding: 'utf8',
  });
  assert.is(status, 0, stderr);
  const cpu = Number(/: ([\d.]+) ms of CPU/.exec(stdout)?.[1]);
  assert.ok(cpu < 100, stdout);
});

if (process.env['WEFT_POOL_IDLE'] === '1') await idleProcess();
else test.run();
