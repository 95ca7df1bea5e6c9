/** The cpu target as the runtime sees it: compile cache, queues of launches, failures that leave the next call working. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DisposedError, OutOfMemoryError, TargetError } from '../../src/errors.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { launchesOf } from '../../src/fusion/index.ts';
import type { Job, PlanTarget } from '../../src/targets/target.ts';
import { build, onCpu, type Program, type Runnable } from './emit-support.ts';

const test = suite('cpu target');

const plus = (n: number, value: number): Program => ({
  domain: [n], inputs: [{ dtype: 'float32', data: new Float32Array(n).map((_, k) => k) }],
  uniforms: [{ dtype: 'float32', value }], body: (b, read, uniform) => [b.op('add', [read(0), uniform(0)])],
});

const total = (n: number): Program => ({
  domain: [n], inputs: [{ dtype: 'float32', data: new Float32Array(n).fill(1) }], body: (_, read) => [read(0)],
  reduce: { axes: [0], terms: [{ reducer: 'sum', value: 0 }] },
});

/** Uploads the inputs; the caller releases. */
function jobOf(cpu: PlanTarget, { launch, slots, data }: Runnable): Job {
  const buffers = slots.map((s) => cpu.allocate(s.bytes));
  data.forEach((d, k) => cpu.upload(buffers[k], d));
  return { slots, buffers, runs: [launch] };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

test('a kernel is compiled once, for all sizes and scalars', async () => {
  const cpu = createCpuTarget({ threads: 1 });
  for (const n of [1, 7, 100, 5000]) assert.equal((await onCpu(build(plus(n, n)), cpu))[0][0], n);
  assert.is(cpu.compilations, 1);
  assert.equal((await onCpu(build(total(9)), cpu))[0][0], 9);
  assert.is(cpu.compilations, 2);
  await cpu.close();
});

test('launches of one job run in order, each with its own parameters', async () => {
  const cpu = createCpuTarget({ threads: 2 });
  const n = 200_000;
  const { launch, slots, data } = build(plus(n, 1));
  const buffers = [slots[0], slots[0], slots[0], slots[0]].map((s) => cpu.allocate(s.bytes));
  cpu.upload(buffers[0], data[0]);
  // x + 1 + 10 + 100 through three buffers.
  const launches = [1, 10, 100].map((value, k) => ({
    ...launch, uniforms: [value], inputs: [{ ...launch.inputs[0], slot: k }], outputs: [k + 1],
  }));
  await cpu.run({ slots: buffers.map(() => slots[0]), buffers, runs: launches });
  const result = await cpu.read(buffers[3], 'float32', n);
  assert.ok(result.every((v, k) => v === k + 111));
  await cpu.close();
});

test('runs that are not awaited keep their order', async () => {
  const cpu = createCpuTarget({ threads: 2 });
  const jobs = [1, 2, 3, 4].map((value) => jobOf(cpu, build(plus(100_000, value))));
  await Promise.all(jobs.map((job) => cpu.run(job)));
  jobs.forEach((job, k) => assert.is(cpu.readSync!(job.buffers[1], 'float32', 3)[2], k + 3));
  await cpu.close();
});

test('results without the event loop', async () => {
  const cpu = createCpuTarget({ threads: 2 });
  const job = jobOf(cpu, build(total(300_000)));
  cpu.runSync!(job);
  assert.is(cpu.readSync!(job.buffers[1], 'float32', 1)[0], 300_000);
  await cpu.close();
});

test('out of memory says so, and the next call works', async () => {
  const cpu = createCpuTarget({ threads: 1 });
  assert.throws(() => cpu.allocate(2 ** 33), (error: unknown) => error instanceof OutOfMemoryError);
  assert.is((await onCpu(build(plus(10, 1)), cpu))[0][9], 10);
  await cpu.close();
});

test('a kernel that traps rejects, and the next call works', async () => {
  const cpu = createCpuTarget({ threads: 2 });
  for (const n of [10, 500_000]) {
    const job = jobOf(cpu, build(plus(n, 1)));
    const [launch] = job.runs.flatMap(launchesOf);
    const wild = { ...launch, inputs: [{ ...launch.inputs[0], offset: 2 ** 29 }] };
    const error = await rejection(cpu.run({ ...job, runs: [wild] }));
    assert.instance(error, TargetError);
    assert.match(String(error), /test.*out of bounds/);
    await cpu.run(job);
    assert.is(cpu.readSync!(job.buffers[1], 'float32', 10)[9], 10);
  }
  await cpu.close();
});

test('released buffers and foreign ones are refused', async () => {
  const cpu = createCpuTarget({ threads: 1 });
  const buffer = cpu.allocate(64);
  cpu.release(buffer);
  assert.throws(() => cpu.upload(buffer, new Float32Array(1)), (error: unknown) => error instanceof DisposedError);
  assert.instance(await rejection(cpu.read(buffer, 'float32', 1)), DisposedError);
  assert.throws(() => cpu.upload({ bytes: 4 }, new Float32Array(1)), /another target/);
  await cpu.close();
});

test('explain shows the loop and how it is cut', async () => {
  const cpu = createCpuTarget({ threads: 2 });
  const small = cpu.explain(build(plus(100, 1)).launch);
  assert.match(small.code, /func \$k0/);
  assert.match(small.code, /f32x4.add/);
  assert.match(small.layout, /100 elements.*on the calling thread/);
  assert.match(cpu.explain(build(total(1 << 22)).launch).layout, /partial results.*on all threads/);
  assert.match(cpu.describe(), /2 threads/);
  await cpu.close();
});

test.run();
