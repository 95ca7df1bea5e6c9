/** `wf.profile`: what it records, on every target, and what becomes of it when things go wrong. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { record } from '../../src/profiling/recorder.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import type { Measurement, PlanTarget } from '../../src/targets/target.ts';
import { fastTargets } from '../support/targets.ts';

const test = suite('profile');
const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => (k % 13) / 13);
const heat = wf.stencil((u: wf.Neighbors1) => u(0) + 0.2 * (u(-1) - 2 * u(0) + u(1)), { border: 'nearest' });
const close = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)), `${a} is not ${b}`);
const sum = (list: readonly number[]) => list.reduce((x, y) => x + y, 0);
const quick = { limits: false };
const evaluated = (p: wf.Profile) => p.evaluations.filter((e) => e.does === 'evaluate');

/** What holds of every profile. */
function checkNumbers({ runs, kernels, milliseconds }: wf.Profile): void {
  for (const r of [...runs, ...kernels]) {
    assert.is(r.bandwidth === undefined, r.milliseconds === 0);
    if (r.bandwidth !== undefined) close(r.bandwidth, r.bytes / r.milliseconds / 1e6);
    if (r.gflops !== undefined) close(r.gflops, r.flops! / r.milliseconds / 1e6);
  }
  assert.is(sum(kernels.map((k) => k.calls)), runs.length);
  close(sum(kernels.map((k) => k.milliseconds)), sum(runs.map((r) => r.milliseconds)));
  if (runs.some((r) => r.milliseconds > 0)) close(sum(kernels.map((k) => k.share)), 1);
  assert.equal(runs.map((r) => r.start), runs.map((r) => r.start).sort((a, b) => a - b));
  assert.ok(milliseconds >= 0);
}

for (const target of fastTargets) {
  test(`${target}: every kernel with its bytes and operations, named as explain() names it`, async () => {
    const a = wf.array(ramp(200_000)), y = a.mul(2).add(1).sqrt();
    await wf.ones(3).eval({ target }); // explain() does not start targets
    const expected = y.explain({ target, format: 'json' }).kernels;
    const p = await wf.profile(async () => (await y.eval({ target })).size, quick);
    checkNumbers(p);
    assert.is(p.result, 200_000);
    const [run] = p.runs;
    assert.is(p.runs.length, 1);
    assert.is(run.name, expected[0].expression);
    assert.is(run.target, target);
    assert.equal(run.domain, [200_000]);
    assert.is(run.bytes, 8 * 200_000);
    assert.is(run.flops, 3 * 200_000);
    assert.ok(run.milliseconds > 0 && run.start >= 0 && run.start <= p.milliseconds);
    assert.ok((run.threads ?? run.workgroups)! >= 1);
    assert.equal(p.kernels[0].calls, 1);
    assert.is(p.kernels[0].roofline, undefined);
    assert.equal(p.limits, []);
    // explain() knows as well.
    assert.is(y.explain({ format: 'json' }).measured!.milliseconds, run.milliseconds);
  });

  test(`${target}: evaluations have phases, one after the other`, async () => {
    const program = () => wf.array(ramp(10_000)).mul(1.25).add(0.125).max();
    const p = await wf.profile(() => program().item({ target }), quick);
    const [evaluation, read] = p.evaluations;
    assert.equal(p.evaluations.map((e) => e.does), ['evaluate', 'read']);
    assert.is(evaluation.target, target);
    assert.type(evaluation.clock, 'string');
    const names = evaluation.phases.map((q) => q.phase);
    for (const phase of ['plan', 'upload', 'run'] as const) assert.ok(names.includes(phase), phase);
    assert.is(evaluation.phases.find((q) => q.phase === 'upload')?.bytes, 40_000);
    assert.equal(read.phases.map((q) => [q.phase, q.bytes]), [['read', 4]]);
    for (const { start, milliseconds, phases } of p.evaluations) {
      let at = start;
      for (const q of phases) {
        assert.ok(q.start >= at - 1e-6, 'phases do not overlap');
        at = q.start + q.milliseconds;
      }
      assert.ok(at <= start + milliseconds + 1e-6);
    }
  });

  test(`${target}: a program that is new is compiled, and only then`, async () => {
    const program = () => wf.array(ramp(1000)).mul(0.37).sub(0.11).abs().floor().mul(3.7).eval({ target });
    const phases = async () => {
      const p = await wf.profile(program, quick);
      return p.evaluations[0].phases.map((q) => q.phase);
    };
    assert.ok((await phases()).includes('compile'));
    assert.not((await phases()).includes('compile'));
  });

  test(`${target}: evaluations of one program are one row`, async () => {
    const p = await wf.profile(async () => {
      for (let k = 1; k <= 4; k++) await wf.array(ramp(3000)).mul(k).eval({ target });
      await wf.array(ramp(3001)).mul(1).eval({ target });
    }, quick);
    checkNumbers(p);
    assert.equal(p.runs.map((r) => r.name), [1, 2, 3, 4, 1].map((k) => `result = array*${k}`));
    assert.equal(p.runs.map((r) => r.evaluation), [0, 1, 2, 3, 4]);
    assert.equal(p.kernels.map((k) => k.calls).sort(), [1, 4]);
    const four = p.kernels.find((k) => k.calls === 4)!;
    assert.is(four.bytes, 4 * 24_000);
    assert.is(four.flops, 4 * 3000);
  });

  test(`${target}: two kernels with the same code are two rows`, async () => {
    const [a, b] = [wf.array(ramp(500)), wf.array(ramp(500), { shape: [1, 500] })];
    const p = await wf.profile(() => wf.evaluate([a.mul(2), b.mul(2)], { target }), quick);
    assert.is(p.kernels.length, new Set(p.runs.map((r) => r.name)).size);
    assert.equal(p.runs.map((r) => r.name).sort(), ['result1 = array*2', 'result2 = array2*2']);
  });

  test(`${target}: time loops`, async () => {
    const p = await wf.profile(() => wf.iterate(wf.array(ramp(100_000)), 30, (u) => heat(u)).eval({ target }), quick);
    checkNumbers(p);
    assert.ok(p.kernels.every((k) => k.name.includes("state0' = stencil(state0)")), p.kernels[0].name);
    // Every step is one stage of one run.
    assert.is(sum(p.runs.map((r) => r.flops!)), 30 * 100_000 * (p.runs[0].flops! / 100_000 / stepsOf(p.runs[0])));
    assert.is(sum(p.runs.map(stepsOf)), 30);
  });

  test(`${target}: what is begun together is all recorded, also what nobody waits for`, async () => {
    const programs = [100, 200, 300].map((n) => wf.array(ramp(n)).add(1));
    const late = wf.array(ramp(400)).sub(1);
    const p = await wf.profile(async () => {
      void late.eval({ target });
      await Promise.all(programs.map((y) => y.data({ target })));
    }, quick);
    checkNumbers(p);
    assert.is(evaluated(p).length, 4);
    assert.equal(p.runs.map((r) => r.domain[0]).sort(), [100, 200, 300, 400]);
    for (const r of p.runs) assert.is(p.evaluations[r.evaluation].does, 'evaluate');
    assert.is(new Set(p.runs.map((r) => r.evaluation)).size, 4);
  });

  test(`${target}: values are the same, and nothing is recorded afterwards`, async () => {
    const program = () => wf.array(ramp(5000)).exp().cumSum().data({ target });
    const p = await wf.profile(program, quick);
    const count = p.runs.length;
    assert.equal(await program(), p.result);
    assert.is(p.runs.length, count);
    assert.is(record(), undefined);
  });
}

/** Steps of a time loop in a run. */
const stepsOf = ({ name }: wf.RunProfile): number => Number(/^(\d+) x \(/.exec(name)?.[1] ?? 1);

test('dataSync', async () => {
  const p = await wf.profile(() => wf.array(ramp(1000)).mul(3).dataSync({ target: 'cpu' }), quick);
  checkNumbers(p);
  assert.equal(p.evaluations.map((e) => e.does), ['evaluate', 'read']);
  assert.equal(p.evaluations[0].phases.map((q) => q.phase).filter((q) => q !== 'compile' && q !== 'wait'), ['plan', 'upload', 'run']);
  assert.is(p.runs[0].bytes, 8000);
});

test('profiles nest, and overlap', async () => {
  const evaluate = (n: number) => wf.array(ramp(n)).add(1).eval({ target: 'cpu' });
  let inner: wf.Profile | undefined;
  const outer = await wf.profile(async () => {
    await evaluate(10);
    inner = await wf.profile(() => evaluate(20), quick);
    await evaluate(30);
  }, quick);
  assert.equal(outer.runs.map((r) => r.domain[0]), [10, 20, 30]);
  assert.equal(inner!.runs.map((r) => r.domain[0]), [20]);

  let proceed = () => {};
  const gate = new Promise<void>((resolve) => (proceed = resolve));
  const first = wf.profile(async () => {
    await evaluate(40);
    await gate;
  }, quick);
  const second = await wf.profile(async () => {
    await evaluate(50);
    proceed();
    await first;
    await evaluate(60);
  }, quick);
  assert.ok((await first).runs.some((r) => r.domain[0] === 50));
  assert.not((await first).runs.some((r) => r.domain[0] === 60));
  assert.equal(second.runs.map((r) => r.domain[0]).filter((n) => n >= 50), [50, 60]);
});

test('what began before is not recorded', async () => {
  const before = wf.array(ramp(70)).add(1).eval({ target: 'cpu' });
  const p = await wf.profile(async () => void await before, quick);
  assert.equal(p.runs, []);
});

test('a rejection passes through, and the profiler is off', async () => {
  const wrong = new Error('mine');
  const caught = await wf.profile(async () => {
    await wf.ones(10).add(1).eval({ target: 'cpu' });
    throw wrong;
  }).catch((error: unknown) => error);
  assert.is(caught, wrong);
  assert.is(record(), undefined);
  const thrown = await wf.profile(() => {
    throw wrong;
  }).catch((error: unknown) => error);
  assert.is(thrown, wrong);
  assert.is(record(), undefined);
});

test('an evaluation that fails inside', async () => {
  const p = await wf.profile(async () => {
    await wf.ones(10, { dtype: 'float64' }).add(1).eval({ target: 'webgpu' }).catch(() => undefined);
    await wf.array(ramp(10)).add(1).eval({ target: 'cpu' });
  }, quick);
  assert.equal(evaluated(p).map((e) => e.target), [undefined, 'cpu']);
  assert.is(p.runs.length, 1);
  assert.ok(p.trace().traceEvents.some((e) => e.name === 'evaluate (failed)'));
});

test('wrong arguments', async () => {
  const message = async (...args: unknown[]): Promise<string> =>
    (wf.profile as (...args: unknown[]) => Promise<unknown>)(...args).then(() => 'no error', (error: Error) => {
      assert.instance(error, wf.ArgumentError);
      return error.message;
    });
  assert.match(await message(), /^profile: expected a function, .*got undefined$/);
  assert.match(await message(wf.ones(3)), /^profile: expected a function, as in profile\(async \(\) => .*got WeftArray/);
  assert.match(await message(() => 1, { limit: true }), /^profile: unknown option 'limit'; there is: limits$/);
  assert.match(await message(() => 1, { limits: 1 }), /^profile: limits: expected true or false, got 1$/);
  assert.is(record(), undefined);
});

test('nothing was evaluated', async () => {
  const p = await wf.profile(() => 'nothing');
  assert.is(p.result, 'nothing');
  checkNumbers(p);
  assert.equal([p.runs, p.kernels, p.evaluations, p.limits], [[], [], [], []]);
  assert.match(String(p), /^nothing was evaluated in [\d.]+ (us|ms)$/);
  assert.ok(p.trace().traceEvents.every((e) => e.ph === 'M'));
});

test('the reference has no kernels', async () => {
  const p = await wf.profile(() => wf.array(ramp(10)).add(1).data({ target: 'reference' }));
  checkNumbers(p);
  assert.is(p.evaluations[0].target, 'reference');
  assert.equal([p.runs, p.limits], [[], []]);
  assert.match(String(p), /^1 evaluation in .*: running [^\n]*\nreference: no kernels to measure$/);
});

/** The cpu, measured by a clock that says what it is told. */
function clocked(name: string, change: (m: Measurement) => Measurement): void {
  const create = (): PlanTarget => {
    const cpu = createCpuTarget({});
    const run: PlanTarget['run'] = (job) =>
      cpu.run({ ...job, measure: job.measure && ((m) => job.measure!(change(m))) });
    return new Proxy(cpu, {
      get: (t, key) => (key === 'name' ? name : key === 'run' ? run : key === 'runSync' ? undefined : Reflect.get(t, key)) as unknown,
    });
  };
  wf.registerTarget({ name, sync: true, create });
}

test('a clock that stands still gives no numbers that are none', async () => {
  clocked('still', (m) => ({ milliseconds: m.milliseconds.map(() => 0), clock: 'a clock that stands still' }));
  const p = await wf.profile(() => wf.array(ramp(1000)).mul(2).add(1).eval({ target: 'still' }));
  checkNumbers(p);
  assert.is(p.kernels[0].share, 0);
  assert.equal(p.limits, []);
  assert.match(String(p), /limits of still could not be measured: its clock is too coarse/);
  assert.not.match(String(p) + JSON.stringify(p) + String(p.trace()), /NaN|Infinity|null/);
});

test('a target that does not measure', async () => {
  const create = (): PlanTarget => {
    const cpu = createCpuTarget({});
    const run: PlanTarget['run'] = (job) => cpu.run({ ...job, measure: undefined });
    return new Proxy(cpu, { get: (t, key) => (key === 'name' ? 'silent' : key === 'run' ? run : Reflect.get(t, key)) as unknown });
  };
  wf.registerTarget({ name: 'silent', sync: true, create });
  const p = await wf.profile(() => wf.array(ramp(1000)).mul(2).eval({ target: 'silent' }));
  assert.equal(p.runs, []);
  assert.match(String(p), /silent: no kernels to measure/);
});

test('as JSON', async () => {
  const p = await wf.profile(() => wf.array(ramp(1000)).mul(2).eval({ target: 'cpu' }), quick);
  const data = JSON.parse(JSON.stringify(p)) as wf.Profile;
  assert.equal(Object.keys(data), ['milliseconds', 'evaluations', 'kernels', 'runs', 'limits']);
  assert.equal(data.runs, JSON.parse(JSON.stringify(p.runs)));
});

test.after(() => wf.closeTargets());
test.run();
