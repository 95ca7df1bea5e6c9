/** A program that evaluates small things for ever: neither the engine's heap nor the target's memory grows. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { collect, spy } from '../support/spy.ts';

const on = { target: 'spy' };
const x = wf.array(Float32Array.from({ length: 64 }, (_, k) => k));
const program = (n: number): wf.WeftArray => x.mul(2).add(n % 7).sum();

/** Megabytes of the engine's heap after a collection. */
async function heap(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed / 1e6;
}

/**
 * What `count` evaluations leave: how much more there is at the end than after half of them, when caches are full. The tables of
 * weak references grow and shrink when the engine likes, so each of the two is the lowest of some samples.
 */
async function growth(count: number, evaluate: (n: number) => unknown): Promise<{ megabytes: number; buffers: number }> {
  const samples: { heap: number; buffers: number }[] = [];
  for (let n = 1; n <= count; n++) {
    await evaluate(n);
    if (n > count / 4 && n % (count / 20) === 0) samples.push({ heap: await heap(), buffers: spy.buffers });
  }
  const third = samples.length / 3;
  const lowest = (of: 'heap' | 'buffers', from: number) => Math.min(...samples.slice(from, from + third).map((s) => s[of]));
  return { megabytes: lowest('heap', 2 * third) - lowest('heap', 0), buffers: lowest('buffers', 2 * third) - lowest('buffers', 0) };
}
/** Little more than a hundred bytes for each evaluation, at most. */
const FLAT = 3;

test('100,000 evaluations of a small expression, nothing disposed', async () => {
  let last = 0;
  const { megabytes, buffers } = await growth(100_000, async (n) => last = Number(await program(n).item(on)));
  assert.is(last, 64 * 63 + 64 * (100_000 % 7));
  assert.ok(megabytes < FLAT, `the heap grew by ${megabytes.toFixed(1)} MB`);
  assert.ok(buffers < 4, `${buffers} more buffers`);
});

test('40,000 times into the same array', async () => {
  const y = await program(0).eval(on);
  const { megabytes, buffers } = await growth(40_000, (n) => y.mul(0.5).add(program(n)).into(y, on));
  assert.ok(megabytes < FLAT, `the heap grew by ${megabytes.toFixed(1)} MB`);
  assert.ok(buffers < 4, `${buffers} more buffers`);
});

test('400 times 100 steps of a state, each in the place of the one before', async () => {
  let u = await wf.zeros([64]).add(1).eval(on), most = 0;
  const step = (): void => {
    const next = u.mul(0.5).add(1);
    next.dataSync(on);
    u.dispose();
    u = next;
  };
  step();
  await collect();
  const before = spy.buffers;
  const { megabytes } = await growth(400, async () => {
    // Within one turn of the event loop nothing is collected: what is disposed is free all the same.
    for (let k = 0; k < 100; k++) {
      step();
      most = Math.max(most, spy.buffers);
    }
    await new Promise((turn) => setTimeout(turn, 0));
  });
  assert.is(most, before);
  assert.ok(megabytes < FLAT, `the heap grew by ${megabytes.toFixed(1)} MB`);
  assert.ok(Math.abs(u.dataSync(on)[0] - 2) < 1e-6);
});

test.run();
