/** Plans that a target has no room for are refused before anything is uploaded or run; the message says what and what to do. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { liveTarget } from '../../src/targets/registry.ts';
import type { PlanTarget } from '../../src/targets/target.ts';
import { collect, spy } from '../support/spy.ts';
import { targets } from '../support/targets.ts';

/** A cpu target with little memory. */
const small = { limit: 100_000, largest: 60_000, used: 0, allocations: 0, runs: 0 };
wf.registerTarget({
  name: 'small', sync: true,
  create(options) {
    const cpu = createCpuTarget(options);
    const target: PlanTarget = {
      ...cpu,
      name: 'small',
      compilations: 0,
      moreMemory: undefined,
      profile: { ...cpu.profile, maxBufferBytes: small.largest },
      memory: () => ({ used: small.used, limit: small.limit }),
      allocate(bytes) {
        small.allocations++;
        small.used += bytes;
        return cpu.allocate(bytes);
      },
      release(buffer) {
        small.used -= buffer.bytes;
        cpu.release(buffer);
      },
      run: async (job) => (small.runs++, cpu.run(job)),
      runSync: (job) => (small.runs++, cpu.runSync!(job)),
    };
    return target;
  },
});
const onSmall = { target: 'small' };

async function refused(work: () => unknown): Promise<string> {
  const { allocations, runs } = small;
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  assert.instance(thrown, wf.OutOfMemoryError);
  assert.equal([small.allocations, small.runs], [allocations, runs], 'nothing allocated, nothing run');
  return (thrown as Error).message;
}
const ways = "work in parts (slice() what it is made of), use a narrower dtype or target: 'cpu'";

const test = suite('plans without room');
test('one buffer that is too large: a result, an input, an intermediate', async () => {
  assert.is(await refused(() => wf.arange(200 * 100).reshape([200, 100]).add(1).data(onSmall)),
    `the float32 result of shape [200, 100] takes 78.1 KiB, and on target 'small' a buffer has at most 58.6 KiB; ${ways}`);
  assert.is(await refused(() => wf.array(new Float32Array(16_000)).sum().data(onSmall)),
    `the float32 array of shape [16000] takes 62.5 KiB, and on target 'small' a buffer has at most 58.6 KiB; ${ways}`);
  const steps = wf.arange(16_000).exp();
  const smoothed = wf.stencil((u: wf.Neighbors1) => u(-9) + u(9) * u(3), { border: 'wrap' })(steps);
  assert.is(await refused(() => smoothed.sub(smoothed.mean()).slice([0, 10]).data(onSmall)),
    `an intermediate result of 16000 float32 takes 62.5 KiB, and on target 'small' a buffer has at most 58.6 KiB; ${ways}`);
});
test('all together', async () => {
  const x = wf.array(new Float32Array(10_000)), y = wf.array(new Float32Array(10_000));
  assert.is(await refused(() => x.add(y).data(onSmall)),
    `target 'small' has 97.7 KiB, and this needs 117.2 KiB at once: the float32 array of shape [10000] 39.1 KiB, the float32 array of shape [10000] 39.1 KiB, `
    + `the float32 result of shape [10000] 39.1 KiB; ${ways}, and dispose of arrays that are no longer needed`);
  assert.is(await refused(() => wf.evaluate([1, 2, 3, 4, 5, 6].map((k) => wf.arange(5000).add(k)), onSmall)),
    `target 'small' has 97.7 KiB, and this needs 117.2 KiB at once: the float32 result of shape [5000] 19.5 KiB, the float32 result of shape [5000] 19.5 KiB, `
    + `the float32 result of shape [5000] 19.5 KiB, 3 more 58.6 KiB; ${ways}, and dispose of arrays that are no longer needed`);
  assert.match(await refused(() => x.add(y).dataSync(onSmall)), /^target 'small' has 97\.7 KiB, and this needs 117\.2 KiB at once/);
});
test('what others have counts, and so does what the evaluation has already', async () => {
  const held = await wf.arange(10_000).add(1).eval(onSmall);
  assert.match(await refused(() => wf.evaluate([1, 2, 3, 4].map((k) => wf.arange(4000).add(k)), onSmall)),
    /^target 'small' has 97\.7 KiB, of which 39\.1 KiB are in use, and this needs 62\.5 KiB at once/);
  const next = await held.add(1).eval(onSmall);
  assert.match(await refused(() => held.mul(next).data(onSmall)), /of which 78\.1 KiB are in use, and this needs 39\.1 KiB/);
  await held.mul(next).into(next, onSmall);
  assert.is((await next.data(onSmall))[2], 12, 'in the memory that is there');
  held.dispose();
  next.dispose();
  assert.is(small.used, 0);
  const after = await wf.arange(10_000).add(1).eval(onSmall);
  after.dispose();
});
test('a plan that fits because its buffers are shared', async () => {
  let x: wf.WeftArray = wf.array(new Float32Array(6000));
  for (let k = 0; k < 8; k++) x = x.sub(x.sum()).sin();
  assert.is((await x.data(onSmall)).length, 6000);
});
test('more than the cpu target has', async () => {
  const before = spy.buffers;
  const error = await wf.zeros([40_000, 40_000]).add(1).data({ target: 'cpu' }).then(() => undefined, (e: unknown) => e) as Error;
  assert.instance(error, wf.OutOfMemoryError);
  assert.match(error.message, /^the float32 result of shape \[40000, 40000\] takes 5\.96 GiB, and on target 'cpu' a buffer has at most \d/);
  const many = Array.from({ length: 6 }, (_, k) => wf.zeros([16_000, 16_000]).add(k));
  const together = await wf.evaluate(many, { target: 'cpu' }).then(() => undefined, (e: unknown) => e) as Error;
  assert.match(together.message, /^target 'cpu' has .*, and this needs 5\.72 GiB at once: the float32 result of shape \[16000, 16000\] 976\.6 MiB/);
  assert.is(spy.buffers, before);
});

/** A cpu target whose heap is really small. */
const MIB = 2 ** 20;
wf.registerTarget({
  name: 'tight', sync: true,
  create: (options) => ({ ...createCpuTarget(options, { heap: { limit: 8 * MIB } }), name: 'tight', compilations: 0 }),
});
const onTight = { target: 'tight' };
const used = (): number => wf.memory().tight.used;
const mebibytes = (n: number): wf.WeftArray => wf.arange(n * MIB / 4);

test('garbage is collected when there is no room, and only what is no garbage is an error', async () => {
  await collect();
  for (let k = 0; k < 40; k++) await mebibytes(1).add(k).eval(onTight);
  const kept: wf.WeftArray[] = [];
  const fill = async () => {
    for (let k = 0; k < 8; k++) kept.push(await mebibytes(1).mul(k).eval(onTight));
  };
  const error = await fill().then(() => undefined, (e: unknown) => e) as Error;
  assert.instance(error, wf.OutOfMemoryError);
  assert.match(error.message, /^target 'tight' has 8 MiB, of which 7(\.\d+)? MiB are in use, and this needs 1 MiB at once: the float32 result/);
  assert.is(kept.length, 7);
  assert.is(await kept[3].slice([9, 10]).sum().item(onTight), 27, 'the next call works');
  kept.pop()!.dispose();
  kept.push(await mebibytes(1).add(3).eval(onTight));
  kept.forEach((x) => x.dispose());
});
test('room in pieces that are too small: nothing is left behind, and the next call works', async () => {
  await collect();
  const before = used();
  const parts: wf.WeftArray[] = [];
  for (let k = 0; k < 7; k++) parts.push(await mebibytes(1).add(k).eval(onTight));
  for (const k of [0, 2, 4]) parts[k].dispose();
  const full = used();
  const error = await mebibytes(3).add(7).eval(onTight).then(() => undefined, (e: unknown) => e) as Error;
  assert.instance(error, wf.OutOfMemoryError);
  assert.match(error.message, /^the CPU heap has no room for 3 MiB: 4(\.\d+)? MiB are in use, and the limit is 8 MiB\. Dispose/);
  assert.is(used(), full);
  assert.is(await mebibytes(1).max().item(onTight), MIB / 4 - 1);
  parts.forEach((x) => x.dispose());
  await collect();
  // Not the same expression: the error's stack trace keeps that.
  assert.is((await mebibytes(3).add(8).data(onTight))[5], 13);
  await collect();
  assert.ok(used() - before < MIB / 2, `${used() - before} bytes are more than code and parameters`);
});
test('without waiting there is no collection: dispose', () => {
  for (let k = 0; k < 40; k++) {
    using y = mebibytes(1).sub(k);
    assert.is(y.dataSync(onTight)[k], 0);
  }
  assert.throws(() => {
    for (let k = 0; k < 9; k++) mebibytes(1).sub(k).dataSync(onTight);
  }, (error: unknown) => error instanceof wf.OutOfMemoryError);
});
if (targets.includes('webgpu')) {
  test('more than a buffer of the device', async () => {
    await wf.zeros([2]).add(1).eval({ target: 'webgpu' });
    const most = (liveTarget('webgpu') as PlanTarget).profile.maxBufferBytes;
    const rows = Math.ceil(most / 4096) + 1;
    const error = await wf.zeros([rows, 1024]).add(1).data({ target: 'webgpu' }).then(() => undefined, (e: unknown) => e) as Error;
    assert.instance(error, wf.OutOfMemoryError);
    assert.match(error.message, new RegExp(`^the float32 result of shape \\[${rows}, 1024\\] takes .* and on target 'webgpu' a buffer has at most`));
    assert.equal(await wf.zeros([rows, 1024]).add(1).slice([0, 1], [0, 2]).array({ target: 'webgpu' }), [[1, 1]], 'a part is no problem');
  });
}
test.run();
