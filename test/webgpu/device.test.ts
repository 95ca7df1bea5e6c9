/** The device behind the target: memory, many launches, errors, loss and close. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OutOfMemoryError, TargetError } from '../../src/errors.ts';
import type { Launch } from '../../src/fusion/kernel.ts';
import type { DeviceBuffer, Job } from '../../src/targets/target.ts';
import { createWebGpuTarget } from '../../src/targets/webgpu/index.ts';
import { createMemory, sizeClass, storageUse } from '../../src/targets/webgpu/memory.ts';
import { available, closeTargets, runOn, sharedTarget } from './harness.ts';
import { mapLaunch, reduceLaunch } from './launches.ts';
import { nullDevice } from '../support/webgpu.ts';

const gpuTest = available ? test : test.skip;

const twice = (n: number): Launch => mapLaunch({ domain: [n], inputs: [{ dtype: 'float32' }], body: (b) => [b.op('mul', [b.read(0, 'float32'), b.constant(2, 'float32')])] });

const slot = (length: number) => ({ role: 'scratch' as const, dtype: 'float32' as const, length, bytes: 4 * length });

async function rejects(promise: Promise<unknown>, kind: new (message: string) => Error, message: RegExp): Promise<void> {
  let error: unknown;
  try {
    await promise;
  } catch (e) {
    error = e;
  }
  assert.instance(error, kind);
  assert.match((error as Error).message, message);
}

gpuTest('says what it is and refuses float64 with both ways out', async () => {
  const target = await sharedTarget();
  const { description, vendor } = target.device.adapterInfo;
  assert.ok(target.describe().includes(description || vendor), target.describe());
  assert.match(target.refuses('float64')!, /float32.*cpu/);
  assert.is(target.refuses('float32'), undefined);
  assert.ok(target.profile.maxBuffers >= 7);
});

gpuTest('a chain of launches in one job, ping-pong', async () => {
  const target = await sharedTarget();
  const buffers = [target.allocate(20), target.allocate(20)];
  target.upload(buffers[0], new Float32Array([1, 2, 3, 4, 5]));
  const there = twice(5);
  const back: Launch = { ...there, inputs: [{ ...there.inputs[0], slot: 1 }], outputs: [0] };
  const launches = Array.from({ length: 20 }, (_, k) => (k % 2 ? back : there));
  await target.run({ slots: [slot(5), slot(5)], buffers, runs: launches });
  assert.equal([...await target.read(buffers[0], 'float32', 5)], [1, 2, 3, 4, 5].map((v) => v * 2 ** 20));
  buffers.forEach((b) => target.release(b));
});

gpuTest('tens of thousands of launches', async () => {
  const target = await sharedTarget();
  const buffers = [target.allocate(4), target.allocate(4)];
  target.upload(buffers[0], new Int32Array([0]));
  const there = mapLaunch({ domain: [1], inputs: [{ dtype: 'int32' }], body: (b) => [b.op('add', [b.read(0, 'int32'), b.constant(1, 'int32')])] });
  const back: Launch = { ...there, inputs: [{ ...there.inputs[0], slot: 1 }], outputs: [0] };
  const int = { role: 'scratch' as const, dtype: 'int32' as const, length: 1, bytes: 4 };
  const launches = Array.from({ length: 20_000 }, (_, k) => (k % 2 ? back : there));
  await target.run({ slots: [int, int], buffers, runs: launches });
  assert.is((await target.read(buffers[0], 'int32', 1))[0], 20_000);
  buffers.forEach((b) => target.release(b));
});

gpuTest('a new size does not compile anything', async () => {
  const target = await sharedTarget();
  await runOn(target, twice(10), [new Float32Array(10)]);
  const before = target.compilations;
  for (const n of [1, 100, 3333]) await runOn(target, twice(n), [new Float32Array(n)]);
  assert.is(target.compilations, before);
});

gpuTest('jobs that run at the same time do not disturb each other', async () => {
  const target = await sharedTarget();
  const results = await Promise.all(Array.from({ length: 30 }, (_, k) =>
    runOn(target, k % 2 ? twice(k + 1) : reduceLaunch({ domain: [k + 1], axes: [0], inputs: [{ dtype: 'float32' }], terms: ['sum'], body: (b) => [b.read(0, 'float32')] }),
      [new Float32Array(k + 1).fill(k)])));
  results.forEach(([values], k) => assert.is(values[0], k % 2 ? 2 * k : k * (k + 1)));
});

gpuTest('an array beyond the largest buffer is an error that says so, and nothing is lost', async () => {
  const target = await sharedTarget();
  assert.throws(() => target.allocate(target.profile.maxBufferBytes + 4), (e: Error) => e instanceof OutOfMemoryError && /largest buffer/.test(e.message));
  assert.equal([...(await runOn(target, twice(2), [new Float32Array([1, 2])]))[0]], [2, 4]);
});

gpuTest('a job that the device rejects fails with its words, and the next one works', async () => {
  const target = await sharedTarget();
  const launch = twice(4);
  const buffer = target.allocate(16);
  // Reading and writing one buffer in one launch is not allowed; the planner never asks for it.
  await rejects(target.run({ slots: [slot(4), slot(4)], buffers: [buffer, buffer], runs: [launch] }), TargetError, /usage|binding/i);
  assert.equal([...(await runOn(target, launch, [new Float32Array([1, 2, 3, 4])]))[0]], [2, 4, 6, 8]);
});

gpuTest('a kernel with more buffers than the device binds is refused by name', async () => {
  const target = await sharedTarget();
  const count = target.device.limits.maxStorageBuffersPerShaderStage + 1;
  const launch = mapLaunch({
    domain: [4], inputs: Array.from({ length: count }, () => ({ dtype: 'float32' as const })),
    body: (b) => [Array.from({ length: count }, (_, k) => b.read(k, 'float32')).reduce((x, y) => b.op('add', [x, y]))],
  });
  await rejects(runOn(target, launch, Array.from({ length: count }, () => new Float32Array(4))), TargetError, /needs \d+ buffers.*eval\(\)/);
});

gpuTest('a domain beyond 2^31 is refused', async () => {
  const target = await sharedTarget();
  await rejects(target.run({ slots: [slot(1), slot(1)], buffers: [], runs: [twice(2 ** 31)] }), TargetError, /2\^31/);
});

gpuTest('a lost device: what waits rejects, old arrays are dead, the next call has a new device', async () => {
  const target = await createWebGpuTarget({});
  const old = target.allocate(16);
  target.upload(old, new Float32Array([1, 2, 3, 4]));
  assert.ok(target.alive(old));
  const reading = target.read(old, 'float32', 4);
  target.device.destroy();
  await rejects(reading, TargetError, /lost|destroy/i);
  assert.not.ok(target.alive(old));
  assert.is(target.epoch, 1);
  const between = target.allocate(8); // no device at this moment: filled when there is one
  target.upload(between, new Float32Array([5, 6]));
  assert.ok(target.alive(between));
  assert.equal([...await target.read(between, 'float32', 2)], [5, 6]);
  assert.equal([...(await runOn(target, twice(2), [new Float32Array([1, 2])]))[0]], [2, 4]);
  await rejects(target.read(old, 'float32', 4), TargetError, /lost with its device/);
  target.release(old);
  await target.close();
});

gpuTest('a closed target says so', async () => {
  const target = await createWebGpuTarget({});
  await target.close();
  await rejects(runOn(target, twice(2), [new Float32Array(2)]), TargetError, /closed/);
});

gpuTest('a buffer of the caller is used in place', async () => {
  const target = await sharedTarget();
  const mine = target.device.createBuffer({ size: 8, usage: 0x80 | 0x4 | 0x8 });
  target.device.queue.writeBuffer(mine, 0, new Float32Array([3, 4]));
  const buffer = target.adopt(mine, 8), out = target.allocate(8);
  const job: Job = { slots: [slot(2), slot(2)], buffers: [buffer, out] as DeviceBuffer[], runs: [twice(2)] };
  await target.run(job);
  assert.equal([...await target.read(out, 'float32', 2)], [6, 8]);
  assert.is(target.gpuBuffer(buffer), mine);
  target.release(buffer);
  target.device.queue.writeBuffer(mine, 0, new Float32Array([1])); // still usable
  mine.destroy();
  target.release(out);
});

gpuTest('released memory is used again', async () => {
  const target = await sharedTarget();
  const first = target.allocate(100_000);
  const gpu = target.gpuBuffer(first);
  target.release(first);
  const second = target.allocate(100_000);
  assert.is(target.gpuBuffer(second), gpu);
  target.release(second);
});

test('size classes hold what is asked, waste at most a quarter and respect the limit', () => {
  for (const bytes of [1, 255, 257, 1000, 4096, 4097, 1e6, 123_456_789]) {
    const size = sizeClass(bytes, 2 ** 30);
    assert.ok(size >= bytes && size % 4 === 0 && (size <= bytes * 1.25 || size === 256), `${bytes}: ${size}`);
  }
  assert.is(sizeClass(2 ** 20 + 4, 2 ** 20 + 8), 2 ** 20 + 8);
});

test('the pool keeps a bounded number of idle bytes', async () => {
  const memory = createMemory(await nullDevice(), storageUse);
  const many = Array.from({ length: 40 }, () => memory.take(32 * 2 ** 20));
  many.forEach((b) => memory.give(b));
  assert.ok(memory.bytes <= 512 * 2 ** 20);
  memory.trim();
  assert.is(memory.count, 0);
  memory.destroy();
});

test('an allocation that the device refuses is known by its buffer and never reused', async () => {
  const memory = createMemory(await nullDevice(), storageUse);
  const [good, bad] = [memory.take(1000), memory.take(2 ** 45)];
  const failures = await memory.failures([good, bad]);
  assert.is(failures.length, 1);
  assert.is(failures[0].buffer, bad);
  memory.give(bad);
  assert.is(memory.count, 1);
  memory.destroy();
});

test('without an adapter the error says how to get one', async () => {
  const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
  await rejects(createWebGpuTarget({}, none), TargetError, /no adapter.*Vulkan.*cpu/s);
});

test.after(closeTargets);
test.run();
