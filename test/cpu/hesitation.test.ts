/** Launches of unknown length: they begin on the calling thread, and others join when that takes long. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHeap } from '../../src/targets/cpu/heap.ts';
import { createPool } from '../../src/targets/cpu/threads/pool.ts';
import { ModuleBuilder } from '../../src/targets/cpu/wasm/index.ts';

const test = suite('cpu launches of uncertain length');

const BLOCKS = 400;

/** Each block takes `turns` turns of an empty loop and adds 1 to its word. Block `bad` traps. */
function bench(threads: number) {
  const heap = createHeap();
  const pool = createPool(heap, { threads });
  const builder = new ModuleBuilder({ memory: { shared: heap.shared }, check: true });
  builder.func('k0', { params: { start: 'i32', end: 'i32', params: 'i32' } }, (f, { start, end, params }) => {
    const [turn, turns, bad, at] = ['turn', 'turns', 'bad', 'at'].map((name) => f.local('i32', name));
    f.get(params); f.op('i32.load'); f.set(turns);
    f.get(params); f.op('i32.load', 4); f.set(bad);
    f.countUp(start, end, 1, () => {
      f.get(start); f.get(bad); f.op('i32.eq');
      f.if(() => f.unreachable());
      f.i32(0); f.set(turn);
      f.countUp(turn, turns, 1, () => undefined);
      f.get(params); f.get(start); f.i32(4); f.op('i32.mul'); f.op('i32.add'); f.set(at);
      f.get(at); f.i32(1); f.op('i32.atomic.rmw.add', 8); f.drop();
    });
  });
  const module = pool.register(builder.bytes(), { name: 'test', optimise: true });
  const { address } = heap.allocate(8 + 4 * BLOCKS);
  const words = heap.view(Int32Array, address, 2 + BLOCKS);
  const launch = (turns: number, bad = -1) => {
    words.fill(0).set([turns, bad]);
    return [{ module, params: address, blocks: BLOCKS, uncertain: true }];
  };
  return { pool, launch, done: () => words.slice(2) };
}

const once = new Int32Array(BLOCKS).fill(1);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('long ones are shared, and every block runs once', async () => {
  for (const threads of [1, 2, 4]) {
    const { pool, launch, done } = bench(threads);
    for (let k = 0; k < 20; k++) {
      pool.runSync(launch(k % 2 === 0 ? 100_000 : 100));
      assert.equal(done(), once);
      await pool.run(launch(k % 3 === 0 ? 20_000 : 1000));
      assert.equal(done(), once);
    }
    for (let wait = 0; wait < 500 && pool.status.ready < threads - 1; wait++) await sleep(10);
    assert.is(pool.status.ready, threads - 1);
    await pool.close();
  }
});

/** The blocks that an error says were taken at one go when one of them failed. */
function failedIn(error: Error): readonly [first: number, last: number] {
  const [, first, last = first] = /kernel k0 of 'test' failed in blocks? (\d+)(?: to (\d+))?:/.exec(error.message)!;
  return [Number(first), Number(last)];
}

test('a trap names its block, or the few that it was taken with, whoever meets it', async () => {
  const { pool, launch, done } = bench(3);
  for (const bad of [0, 1, 399]) {
    assert.throws(() => pool.runSync(launch(20_000, bad)), (error: Error) => {
      const [first, last] = failedIn(error);
      return first <= bad && bad <= last && last - first < BLOCKS / 4;
    });
    await pool.run(launch(10));
    assert.equal(done(), once);
  }
  await pool.close();
});

test.run();
