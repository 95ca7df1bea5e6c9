/** The runtime under load and under loss: overlapping evaluations, closed targets, lost devices, targets that throw. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { liveTarget } from '../../src/targets/registry.ts';
import type { DeviceBuffer, PlanTarget } from '../../src/targets/target.ts';
import { spy } from '../support/spy.ts';
import { targets } from '../support/targets.ts';

const onSpy = { target: 'spy' };

/** A cpu target whose methods fail, and whose device is lost, on command. */
const device = {
  fail: undefined as 'allocate' | 'upload' | 'run' | 'read' | undefined,
  live: new Set<DeviceBuffer>(),
  dead: new WeakSet<DeviceBuffer>(),
  lose(): void {
    for (const buffer of device.live) device.dead.add(buffer);
  },
};
const crash = (step: typeof device.fail): void => {
  if (device.fail === step) throw new Error(`${step} failed`);
};

function fragile(cpu: PlanTarget): PlanTarget {
  return {
    ...cpu,
    name: 'fragile',
    compilations: 0,
    view: undefined,
    allocate(bytes) {
      crash('allocate');
      const buffer = cpu.allocate(bytes);
      device.live.add(buffer);
      return buffer;
    },
    release(buffer) {
      cpu.release(buffer);
      device.live.delete(buffer);
    },
    alive: (buffer) => !device.dead.has(buffer),
    upload: (buffer, data) => (crash('upload'), cpu.upload(buffer, data)),
    run: async (job) => (crash('run'), cpu.run(job)),
    runSync: (job) => (crash('run'), cpu.runSync!(job)),
    read: async (buffer, dtype, length) => (crash('read'), cpu.read(buffer, dtype, length)),
  };
}
wf.registerTarget({ name: 'fragile', sync: true, create: (options) => fragile(createCpuTarget(options)) });
const onFragile = { target: 'fragile' };

async function rejects(promise: Promise<unknown>, kind: new (...args: never[]) => Error, message: RegExp): Promise<void> {
  const error: unknown = await promise.then(() => undefined, (e: unknown) => e);
  assert.instance(error, kind);
  assert.match((error as Error).message, message);
}

const together = suite('evaluations at the same time');
together('overlapping graphs', async () => {
  const a = wf.arange(5000), b = a.mul(2), c = b.add(a), d = c.sum(), e = c.sub(d.div(5000));
  const [bs, cs, total, es, again] = await Promise.all([
    b.data(onSpy), c.data(onSpy), d.item(onSpy), e.sum().item(onSpy), c.data(onSpy),
  ]);
  assert.is(bs[7], 14);
  assert.is(cs[4999], 14997);
  assert.is(total, 3 * 5000 * 4999 / 2);
  assert.ok(Math.abs(es) < 1);
  assert.equal(again, cs);
});
together('a result that is disposed while others wait for it', async () => {
  const before = spy.buffers;
  const a = wf.array(new Float32Array(2000).fill(3));
  const y = a.mul(2), z = y.sum();
  const waiting = [y.data(onSpy), z.item(onSpy), y.data(onSpy)] as const;
  y.dispose();
  const [first, sum, second] = await Promise.all(waiting);
  assert.equal([first[0], sum, second[1999]], [6, 12000, 6]);
  a.dispose();
  z.dispose();
  assert.ok(spy.buffers <= before + 1, 'at most the unclaimed result of y waits for the collector');
});
together('a source that is disposed while it is read', async () => {
  const before = spy.buffers;
  const a = wf.array([1, 2, 3]);
  const reading = a.data(onSpy), computing = a.add(1).data(onSpy);
  a.dispose();
  assert.equal([...await reading], [1, 2, 3]);
  assert.equal([...await computing], [2, 3, 4]);
  assert.ok(a.disposed);
  await rejects(Promise.resolve().then(() => a.data(onSpy)), wf.DisposedError, /was disposed/);
  assert.ok(spy.buffers <= before + 2);
});
together('another number of threads in between', async () => {
  const a = wf.array(Float32Array.from({ length: 300_000 }, (_, k) => k % 100));
  const program = (k: number) => a.mul(k).sin().sum().item({ target: 'cpu' });
  const alone: number[] = [];
  for (let k = 1; k <= 6; k++) alone.push(await program(k));
  const b = wf.array(Float32Array.from({ length: 300_000 }, (_, k) => k % 100));
  const mixed = [1, 2, 3, 4, 5, 6].map((k) => {
    wf.configure({ threads: 1 + (k % 3) });
    return b.mul(k).sin().sum().item({ target: 'cpu' });
  });
  assert.equal(await Promise.all(mixed), alone);
});
together.after(() => void wf.configure({ threads: 0 }));
together.run();

const throwing = suite('errors of a target');
for (const step of ['allocate', 'upload', 'run', 'read'] as const) {
  throwing(`${step}: nothing stays allocated, and the next evaluation works`, async () => {
    const a = wf.array([1, 2, 3]), b = wf.array([10, 20, 30]);
    const program = () => a.add(b).mul(a.sum());
    await wf.zeros(1).add(1).eval(onFragile);
    const before = device.live.size;
    device.fail = step;
    await rejects(program().data(onFragile), Error, new RegExp(`${step} failed`));
    device.fail = undefined;
    // After a failed run the sources that were uploaded stay, as after one that works; a failed read leaves the result too.
    const kept = { allocate: 0, upload: 0, run: 2, read: 3 }[step];
    assert.is(device.live.size - before, kept);
    assert.equal(await program().array(onFragile), [66, 132, 198]);
    a.dispose();
    b.dispose();
  });
}
throwing('the heap is as full as before', async () => {
  const heap = (): string => /heap .*/.exec(liveTarget('cpu')!.describe())![0];
  const program = async () => {
    using a = wf.array(new Float32Array(50_000).fill(1));
    using y = await a.sub(a.mean()).add(1).eval({ target: 'cpu' });
    return (await y.sum().data({ target: 'cpu' }))[0];
  };
  await program();
  const before = heap();
  const a = wf.array(new Float64Array(3));
  await rejects(wf.evaluate([a, a.add(1)], { target: 'no such target' }), wf.ArgumentError, /unknown target/);
  for (let k = 0; k < 3; k++) assert.is(await program(), 50_000);
  assert.ok(parseFloat(heap().slice(5)) <= parseFloat(before.slice(5)) * 1.1, `${before} became ${heap()}`);
});
throwing.run();

/** What both ways to lose a target's memory have in common. */
const losses = {
  'a lost device': async () => device.lose(),
  'closeTargets()': async () => wf.closeTargets(),
};
for (const [name, lose] of Object.entries(losses)) {
  const loss = suite(`after ${name}`);
  loss('arrays made from values come back', async () => {
    const a = wf.array([1, 2, 3]);
    assert.is(await a.sum().item(onFragile), 6);
    await lose();
    assert.equal(await a.mul(2).array(onFragile), [2, 4, 6]);
    assert.equal([...a.mul(3).dataSync(onFragile)], [3, 6, 9]);
  });
  loss('so do results that were read', async () => {
    const y = wf.array([1, 2]).add(1);
    await y.data(onFragile);
    await lose();
    assert.equal(await y.array(onFragile), [2, 3]);
    assert.equal(await y.mul(2).array({ target: 'reference' }), [4, 6]);
  });
  loss('what was never evaluated is computed, even from a result that is gone but can be computed again', async () => {
    const a = wf.array([1, 2]), y = a.mul(5), z = y.add(1);
    await a.mul(5).eval(onFragile);
    await lose();
    assert.equal(await z.array(onFragile), [6, 11]);
  });
  loss('a result that only lived there is an error that says so, and its buffer is released', async () => {
    const before = new Set(device.live);
    const y = await wf.array([1, 2]).add(1).eval(onFragile);
    const made = [...device.live].filter((buffer) => !before.has(buffer));
    await lose();
    const message = /^a float32 array of shape \[2\] was lost: target 'fragile' (lost its device|was closed), .*data\(\)$/;
    await rejects(y.data(onFragile), wf.TargetError, message);
    await rejects(y.sum().item({ target: 'cpu' }), wf.TargetError, message);
    await rejects(wf.iterate(wf.zeros([2]), 2, (u) => u.add(y)).data(), wf.TargetError, message);
    assert.throws(() => y.dataSync(onFragile), message);
    assert.is(made.filter((buffer) => device.live.has(buffer)).length, made.length - 1);
    y.dispose();
    await rejects(Promise.resolve().then(() => y.data()), wf.DisposedError, /was disposed/);
  });
  loss('values on another target are used', async () => {
    if (name !== 'a lost device') return;
    const y = await wf.array([1, 2]).add(1).to('fragile');
    await y.mul(1).eval({ target: 'reference' }); // reads y
    await lose();
    assert.equal(await y.array({ target: 'cpu' }), [2, 3]);
  });
  loss.run();
}

const closing = suite('closeTargets');
closing('while something runs: it ends or says that its target is closed, and later work is done', async () => {
  const a = wf.array(new Float32Array(400_000).fill(2));
  const running = a.exp().log().sum().item({ target: 'cpu' }).catch((e: unknown) => e);
  await wf.closeTargets();
  const result = await running;
  assert.ok(typeof result === 'number' || result instanceof wf.TargetError, String(result));
  assert.is(await a.sum().item({ target: 'cpu' }), 800_000);
});
closing('twice, and with nothing started', async () => {
  await Promise.all([wf.closeTargets(), wf.closeTargets()]);
  await wf.closeTargets();
  assert.is(liveTarget('cpu'), undefined);
});
closing('explain of a target that is not running says what to do', () => {
  assert.throws(() => wf.ones(3).add(1).explain({ target: 'webgpu' }), /target 'webgpu' is not running.*await x\.eval\(\{ target: 'webgpu' \}\)/);
});
if (targets.includes('webgpu')) {
  closing('webgpu is started again', async () => {
    const a = wf.array([1, 2]);
    const y = await a.add(1).eval({ target: 'webgpu' });
    await wf.closeTargets();
    assert.equal(await a.add(2).array({ target: 'webgpu' }), [3, 4]);
    await rejects(y.data(), wf.TargetError, /was lost: target 'webgpu' was closed/);
  });
  closing('a WebGPU device that is lost is replaced', async () => {
    const a = wf.array([1, 2]), y = await a.add(1).eval({ target: 'webgpu' });
    const target = liveTarget('webgpu') as unknown as { device: GPUDevice };
    const { lost } = target.device;
    target.device.destroy();
    await lost;
    assert.equal(await a.add(2).array({ target: 'webgpu' }), [3, 4]);
    await rejects(y.data(), wf.TargetError, /was lost: target 'webgpu' lost its device/);
  });
}
closing.after(() => wf.closeTargets());
closing.run();
