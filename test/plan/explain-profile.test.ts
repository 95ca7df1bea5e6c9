/** `profile: true`, and what explain() says of arrays that are evaluated. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { createWebGpuTarget } from '../../src/targets/webgpu/index.ts';
import { findGpu } from '../../src/targets/webgpu/device.ts';
import type { PlanTarget, TargetOptions } from '../../src/targets/target.ts';
import { collect, spy } from '../support/spy.ts';
import { targets } from '../support/targets.ts';
import { adapterAvailable } from '../support/webgpu.ts';

const test = suite('profile');
const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => (k % 13) / 13);
const heat = wf.stencil((u: wf.Neighbors1) => u(0) + 0.2 * (u(-1) - 2 * u(0) + u(1)), { border: 'nearest' });
const close = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(a, b), `${a} is not ${b}`);
/** Runs of a kernel, or of a sweep: what is measured. */
const measuredParts = ({ kernels, sweeps }: wf.PlanReport) => [...kernels, ...sweeps].flatMap((part) => part.measured ?? []);

for (const target of targets.filter((t) => t !== 'interpreter')) {
  test(`${target}: kernels are measured, with their bandwidth`, async () => {
    const a = wf.array(ramp(200_000));
    const y = a.sub(a.mean()).exp();
    const before = await y.eval({ target }) && y.explain({ format: 'json' });
    assert.is(before.measured, undefined);
    const again = wf.array(ramp(200_000));
    const z = await again.sub(again.mean()).exp().eval({ target, profile: true });
    const report = z.explain({ format: 'json' });
    assert.is(report.kernels.length, 2);
    assert.is(report.target?.name, target);
    for (const k of report.kernels) {
      assert.ok(k.measured && k.measured.milliseconds > 0, 'it takes time');
      close(k.measured!.bandwidth, (k.bytes * k.launches) / k.measured!.milliseconds / 1e6);
    }
    close(report.measured!.milliseconds, measuredParts(report).reduce((n, t) => n + t.milliseconds, 0));
    assert.match(z.explain(), /\n {5}measured [\d.]+ (us|ms|s), [\d.e-]+ GB\/s\n[^]*\nmeasured by [^\n]+ in all$/);
    assert.match(z.explain({ level: 1 }), new RegExp(`^target ${target}: .*; evaluated, by this plan:\\n2 kernels`));
  });

  test(`${target}: the launches of a time loop are measured together`, async () => {
    const y = await wf.iterate(wf.array(ramp(1000)), 30, (u) => heat(u)).eval({ target, profile: true });
    const report = y.explain({ format: 'json' });
    assert.is(report.launches, 30);
    assert.ok(measuredParts(report).length > 0);
    close(report.measured!.milliseconds, measuredParts(report).reduce((n, t) => n + t.milliseconds, 0));
  });

  test(`${target}: results are the same`, async () => {
    const program = () => {
      const a = wf.array(ramp(5000), { shape: [50, 100] });
      return [a.div(a.sum(1, { keepDims: true })), a.max(0), wf.iterate(a.reshape([5000]), 3, (u) => heat(u))];
    };
    const values = async (profile: boolean) => {
      const results = await wf.evaluate(program(), { target, profile });
      return Promise.all(results.map((x) => x.data()));
    };
    assert.equal(await values(true), await values(false));
  });
}

test('cpu: sweeps are measured as a whole', async () => {
  const a = wf.array(ramp(1_000_000), { shape: [1000, 1000] });
  const blur = wf.stencil((u: wf.Neighbors2) => (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1)) / 4, { border: 'nearest' });
  const y = await wf.iterate(a, 8, (u) => blur(u)).eval({ target: 'cpu', profile: true });
  const report = y.explain({ format: 'json' });
  assert.ok(report.sweeps.length > 0 && report.sweeps.every((s) => s.measured!.milliseconds > 0));
  assert.match(y.explain(), /in cache only, [\d.]+ MB\n {5}measured /);
  close(report.measured!.milliseconds, measuredParts(report).reduce((n, t) => n + t.milliseconds, 0));
});

test('dataSync and data are measured like eval', async () => {
  const y = wf.array(ramp(100)).mul(2);
  y.dataSync({ target: 'cpu', profile: true });
  assert.ok(y.explain({ format: 'json' }).measured);
  const z = wf.array(ramp(100)).mul(3);
  await z.data({ target: 'cpu', profile: true });
  assert.ok(z.explain({ format: 'json' }).measured);
});

test('without a profile the plan that ran is told, without times', async () => {
  const a = wf.array(ramp(100));
  const y = a.mul(2).sum();
  const before = y.explain({ target: 'cpu' }).split('\n').slice(1);
  await y.eval({ target: 'cpu' });
  assert.equal(y.explain().split('\n').slice(1), before);
  assert.match(y.explain(), /^target cpu: .*; evaluated, by this plan:/);
  // The array itself was computed by nobody.
  assert.match(a.explain({ target: 'cpu' }), /nothing to compute: the values are in memory already/);
});

test('it names scalars and arrays as they were', async () => {
  const plan = async (s: number) => (await wf.array(ramp(10)).mul(s).eval({ target: 'cpu' })).explain().split('\n')[2];
  assert.is(await plan(3), '  1. result = array*3');
  assert.is(await plan(4), '  1. result = array*4');
});

test('arrays that were evaluated by different plans', async () => {
  const a = wf.array(ramp(10));
  const [x, y] = [a.mul(2), a.add(1)];
  await x.eval({ target: 'cpu' });
  await y.eval({ target: 'cpu' });
  assert.is(wf.explain([x, y]).match(/evaluated, by this plan/g)?.length, 2);
  assert.throws(() => wf.explain([x, y], { format: 'svg' }), /were evaluated by 2 plans; explain them one by one/);
  const [u, v] = await wf.evaluate([a.mul(3), a.add(2)], { target: 'cpu' });
  assert.is(wf.explain([u, v]).match(/evaluated, by this plan/g)?.length, 1);
  // What is computed already is an input of what is not.
  assert.match(wf.explain([x.add(1)], { target: 'cpu' }), /result = evaluated \+ 1/);
});

test('what is remembered of a run keeps no array in memory', async () => {
  await wf.ones(4).add(1).eval({ target: 'spy' });
  await collect();
  const before = spy.bytes;
  let y = await wf.array(ramp(50_000)).mul(2).eval({ target: 'spy', profile: true });
  for (let k = 0; k < 5; k++) y = await y.add(1).eval({ target: 'spy' });
  await collect();
  assert.is(spy.bytes - before, 200_000, 'the last array only');
  assert.match(y.explain(), /result = evaluated \+ 1/);
});

test('disposing an array ends it for explain() too', async () => {
  const y = await wf.array(ramp(10)).mul(2).eval({ target: 'cpu' });
  y.dispose();
  assert.throws(() => y.explain(), /this float32 array of shape \[10\] was disposed/);
});

test('a target that was closed since', async () => {
  const y = wf.array(ramp(10)).mul(2);
  await y.data({ target: 'cpu' });
  await wf.closeTargets();
  assert.match(y.explain({ level: 4 }), /^target cpu: closed since; evaluated, by this plan:\n1 kernel/);
});

if (await adapterAvailable()) {
  test('webgpu: without timestamps kernels are timed one after the other', async () => {
    const gpu = await findGpu();
    /** The GPU, whose adapters say that they have no timestamps. */
    const plain = {
      requestAdapter: async () => {
        const adapter = (await gpu.requestAdapter())!;
        return {
          features: new Set(), limits: adapter.limits, info: adapter.info,
          requestDevice: (d: GPUDeviceDescriptor) => adapter.requestDevice(d),
        };
      },
    } as unknown as GPU;
    const create = async (options: TargetOptions): Promise<PlanTarget> => new Proxy(await createWebGpuTarget(options, plain), {
      get: (t, key) => (key === 'name' ? 'plain-gpu' : Reflect.get(t, key)) as unknown,
    });
    wf.registerTarget({ name: 'plain-gpu', sync: false, create });
    const program = () => {
      const a = wf.array(ramp(100_000));
      return a.sub(a.sum()).abs();
    };
    const y = await program().eval({ target: 'plain-gpu', profile: true });
    const report = y.explain({ format: 'json' });
    assert.match(report.measured!.clock, /clock of the host.*no timestamps on this device/);
    assert.ok(report.kernels.every((k) => k.measured!.milliseconds > 0));
    assert.equal(await y.data(), await program().data({ target: 'webgpu' }));
    const timed = await program().eval({ target: 'webgpu', profile: true });
    assert.match(timed.explain({ format: 'json' }).measured!.clock, /^timestamps of the GPU/);
  });
}

test.after(() => wf.closeTargets());
test.run();
