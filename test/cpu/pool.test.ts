import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TargetError } from '../../src/errors.ts';
import { createHeap, type Heap } from '../../src/targets/cpu/heap.ts';
import { createPool, optimisedFirst, type Pool } from '../../src/targets/cpu/threads/pool.ts';
import { ModuleBuilder, relaxedSimd, type FuncBuilder, type Local } from '../../src/targets/cpu/wasm/index.ts';

type Body = (f: FuncBuilder, block: Local, p0: Local, p1: Local) => void;
type KernelParams = Readonly<Record<'start' | 'end' | 'params', Local>>;

/** A module of kernels, each given as what it does for one block; `p0`, `p1` are its two parameters. */
function kernels(heap: Heap, ...bodies: Body[]): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: { shared: heap.shared }, check: true });
  bodies.forEach((body, i) => {
    const signature = { params: { start: 'i32', end: 'i32', params: 'i32' } } as const;
    module.func(`k${i}`, signature, (f, { start, end, params }: KernelParams) => {
      const [p0, p1] = [f.local('i32', 'p0'), f.local('i32', 'p1')];
      for (const [j, p] of [p0, p1].entries()) {
        f.get(params);
        f.op('i32.load', 4 * j);
        f.set(p);
      }
      f.countUp(start, end, 1, () => body(f, start, p0, p1));
    });
  });
  return module.bytes();
}

/** p0[block] += 1, atomically: every block must run exactly once. */
const count = (f: FuncBuilder, block: Local, p0: Local): void => {
  f.get(p0);
  f.get(block);
  f.i32(4);
  f.op('i32.mul');
  f.op('i32.add');
  f.i32(1);
  f.op('i32.atomic.rmw.add');
  f.drop();
};
/** p1[block] = p0[block] + 1: wrong when a launch starts before the former is complete. */
const follow = (f: FuncBuilder, block: Local, p0: Local, p1: Local): void => {
  const at = f.local('i32', 'at');
  f.get(block);
  f.i32(4);
  f.op('i32.mul');
  f.tee(at);
  f.get(p1);
  f.op('i32.add');
  f.get(p0);
  f.get(at);
  f.op('i32.add');
  f.op('i32.load');
  f.i32(1);
  f.op('i32.add');
  f.op('i32.store');
};
/** Counts, but traps at block p1. */
const trap = (f: FuncBuilder, block: Local, p0: Local, p1: Local): void => {
  f.get(block);
  f.get(p1);
  f.op('i32.eq');
  f.if(() => f.unreachable());
  count(f, block, p0);
};
/** Counts after p1 turns of an empty loop. */
const slow = (f: FuncBuilder, block: Local, p0: Local, p1: Local): void => {
  const turn = f.local('i32', 'turn');
  f.i32(0);
  f.set(turn);
  f.countUp(turn, p1, 1, () => undefined);
  count(f, block, p0);
};
const ALL = [count, follow, trap, slow];
const [FOLLOW, TRAP, SLOW] = [1, 2, 3];

interface Bench {
  readonly heap: Heap;
  readonly pool: Pool;
  readonly module: number;
  /** Writes parameters; returns their address. */
  params(p0: number, p1?: number): number;
  /** A block of zeroed words. */
  words(length: number): number;
  read(address: number, length: number): Int32Array;
}

function bench(threads: number, options: { shared?: boolean; patience?: number; limit?: number } = {}): Bench {
  const heap = createHeap(options);
  const pool = createPool(heap, { threads, ...options });
  const module = pool.register(kernels(heap, ...ALL), { name: 'test' });
  return {
    heap, pool, module,
    params(p0, p1 = 0) {
      const { address } = heap.allocate(8);
      heap.view(Int32Array, address, 2).set([p0, p1]);
      return address;
    },
    words(length) {
      const { address } = heap.allocate(4 * length);
      heap.view(Int32Array, address, length).fill(0);
      return address;
    },
    read: (address, length) => heap.view(Int32Array, address, length).slice(),
  };
}

/** The module object that the pool reads `Worker` from. */
const threads = process.getBuiltinModule('node:worker_threads') as { Worker: unknown };
const ones = (length: number): Int32Array => new Int32Array(length).fill(1);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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

test('a worker that does not return is given up after the patience of the pool, and replaced', async () => {
  const { heap, pool, module, params, words, read } = bench(2, { patience: 250 });
  // Block 1 takes seconds, block 0 some milliseconds. Where this thread gets block 1, the launch is just slow.
  const stuck = pool.register(kernels(heap, (f, block, p0, p1) => {
    const [turn, end] = [f.local('i32', 'turn'), f.local('i32', 'end')];
    f.get(block);
    f.if(() => {
      f.i32(-2);
      f.set(end);
      f.countUp(turn, end, 1, () => undefined);
    }, () => slow(f, block, p0, p1));
  }), { name: 'stuck' });
  const launch = [{ module: stuck, params: params(words(2), 5_000_000), blocks: 2 }];
  for (const blocking of [true, false]) {
    let message = '';
    for (let attempt = 0; attempt < 5 && message === ''; attempt++) {
      assert.is(await pool.start(), 2);
      try {
        if (blocking) pool.runSync(launch);
        else await pool.run(launch);
      } catch (error) {
        message = String(error);
      }
    }
    assert.match(message, /kernel k0 of 'stuck' was abandoned because a worker did not return/);
    assert.is(await pool.start(), 2);
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
  const { pool, module, params, words, read } = bench(2);
  for (let turn = 0; turn < 3; turn++) {
    assert.is(await pool.start(), 2);
    const killed = workers.at(-1)!;
    const running = pool.run([{ module, kernel: SLOW!, params: params(words(4000), 1_000_000), blocks: 4000 }]);
    setTimeout(() => void killed.terminate(), 20);
    const message = await running.then(() => 'done', (error: unknown) => String(error));
    assert.match(message, /kernel k3 of 'test' was abandoned because worker 1 died/);
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

test('a process with idle workers uses no CPU and ends by itself', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, WEFT_POOL_IDLE: '1' }, timeout: 20_000, encoding: 'utf8',
  });
  assert.is(status, 0, stderr);
  const cpu = Number(/: ([\d.]+) ms of CPU/.exec(stdout)?.[1]);
  assert.ok(cpu < 100, stdout);
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

if (process.env['WEFT_POOL_IDLE'] === '1') await idleProcess();
else test.run();
