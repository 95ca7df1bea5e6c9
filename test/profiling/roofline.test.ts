/** What the machine can do, how much of it kernels use, and the table that says so. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { rooflineOf } from '../../src/profiling/roofline.ts';
import { tableOf } from '../../src/profiling/table.ts';
import { fastTargets } from '../support/targets.ts';

const test = suite('roofline');

const limits: wf.Limits = {
  target: 'cpu', threads: 2, bandwidth: 20, cacheBandwidth: 80, cacheBytes: 1e6, gflops: 100, gflops64: 50, launch: 0.001, how: 'by hand',
};

/** A kernel of so many calls, that take so many milliseconds each and move so many bytes. */
function kernel(calls: number, ms: number, bytes: number, flops?: number): wf.KernelProfile {
  return {
    target: 'cpu', name: 'result = a', kind: 'launch', domain: [10], calls, share: 1,
    milliseconds: calls * ms, bytes: calls * bytes, ...flops !== undefined && { flops: calls * flops },
    ...ms > 0 && { bandwidth: bytes / ms / 1e6, ...flops !== undefined && { gflops: flops / ms / 1e6 } },
  };
}

const near = (a: number | undefined, b: number) => assert.ok(a !== undefined && Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

const cases: readonly (readonly [what: string, wf.KernelProfile, Partial<wf.Roofline>])[] = [
  ['half of the bandwidth', kernel(3, 1, 10e6, 1e6), { memory: 0.5, compute: 0.01, launch: 0.001, bound: 'memory' }],
  ['most of the arithmetic', kernel(1, 1, 2e6, 90e6), { memory: 0.1, compute: 0.9, launch: 0.001, bound: 'compute' }],
  ['little to move is in a cache', kernel(10, 0.02, 0.8e6, 1e5), { memory: 0.5, compute: 0.05, launch: 0.05, bound: 'cache' }],
  ['next to nothing', kernel(100, 0.002, 400, 100), { memory: 0.0025, compute: 0.0005, launch: 0.5, bound: 'launch' }],
  ['shorter than what does nothing', kernel(1, 0.0005, 400, 100), { launch: 1, bound: 'launch' }],
  ['faster than memory', kernel(1, 0.25, 10e6, 0), { memory: 2, compute: 0, bound: 'memory' }],
  ['operations unknown, near memory', kernel(1, 1, 15e6), { memory: 0.75, bound: 'memory' }],
  ['operations unknown, far from everything', kernel(1, 1, 2e6), { memory: 0.1, bound: 'compute' }],
];
for (const [what, k, expected] of cases) {
  test(what, () => {
    const found = rooflineOf(k, limits, false)!;
    for (const [name, value] of Object.entries(expected)) {
      if (typeof value === 'number') near(found[name as 'memory'], value);
      else assert.is(found[name as 'bound'], value);
    }
    assert.is(found.compute === undefined, k.flops === undefined);
  });
}

test('float64 has a limit of its own', () => {
  near(rooflineOf(kernel(1, 1, 2e6, 40e6), limits, true)!.compute, 0.8);
});

test('no time, no position', () => {
  assert.is(rooflineOf(kernel(5, 0, 1e6, 1e6), limits, false), undefined);
});

test('the table', () => {
  const rows = [kernel(3, 1, 10e6, 1e6), kernel(100, 0.002, 400, 100), kernel(5, 0, 1e6, 1e6)];
  const kernels = rows.map((k) => ({ ...k, roofline: rooflineOf(k, limits, false) }));
  const text = tableOf({ milliseconds: 12, evaluations: [], kernels, limits: [limits], problems: ['no limits of x'] });
  assert.equal(text.split('\n').map((line) => line.trim().replace(/ {2,}/g, ' | ')), [
    'nothing was evaluated in 12.0 ms',
    'time | share | calls | moved | GB/s | of limit | GFLOP/s | of limit | bound by | on | kernel',
    '3.00 ms | 100 % | 3 | 30.0 MB | 10.0 | 50 % | 1.00 | 1.0 % | memory | cpu | result = a [10]',
    '200 us | 100 % | 100 | 40.0 kB | 0.200 | 0.3 % | 0.0500 | 0.1 % | launch overhead | cpu | result = a [10]',
    '0.00 ms | 100 % | 5 | 5.00 MB | cpu | result = a [10]',
    'limits of cpu, 2 threads: 20.0 GB/s, 80.0 of runs that move no more than 1.00 MB; 100 GFLOP/s (float64 50.0); ' +
      '1.00 us for a run that does nothing',
    'by hand',
    'no limits of x',
  ]);
});

for (const target of fastTargets) {
  test(`${target}: limits are measured, once, and by nobody recorded`, async () => {
    const program = () => wf.array(new Float32Array(1000)).mul(2).add(1).eval({ target });
    let inner: wf.Profile | undefined;
    const outer = await wf.profile(async () => {
      inner = await wf.profile(program);
      String(inner);
    });
    assert.equal(outer.evaluations.length, 1);
    const [found, ...others] = inner!.limits;
    assert.is(others.length, 0);
    assert.is(found.target, target);
    assert.is(found.threads !== undefined, target === 'cpu');
    const { bandwidth, cacheBandwidth, gflops, launch } = found;
    for (const value of [bandwidth, cacheBandwidth, gflops, launch]) assert.ok(value > 0 && value < Infinity);
    assert.is(found.gflops64 !== undefined, target === 'cpu');
    assert.match(found.how, /^triad of three arrays of \d+ MiB, the best of \d+; .*; took \d+ ms$/);
    const again = await wf.profile(program);
    assert.is(again.limits[0], found);
    const [k] = again.kernels;
    near(k.roofline!.memory, k.bandwidth! / found.cacheBandwidth);
    near(k.roofline!.compute!, k.gflops! / found.gflops);
    assert.match(String(again), new RegExp(`\\n.* ${target} +result = .*\\n${target}: measured by .*\\nlimits of ${target}`));
  });
}

test('limits are those of as many threads as there were', async () => {
  const defaults = wf.configure();
  const program = () => wf.array(Float32Array.of(1, 2)).mul(2).eval({ target: 'cpu' });
  try {
    wf.configure({ threads: 1 });
    const p = await wf.profile(async () => {
      await program();
      wf.configure({ threads: 2 });
      await program();
    });
    assert.equal(p.limits.map((l) => l.threads).sort(), [1, 2]);
    assert.is(p.kernels.length, 2);
    // Measuring with one thread has left the target with two.
    const after = await wf.profile(program, { limits: true });
    assert.equal(after.limits.map((l) => l.threads), [2]);
  } finally {
    wf.configure(defaults);
  }
});

test('the table of a target that was closed since', async () => {
  const p = await wf.profile(() => wf.ones(10).add(2).eval({ target: 'cpu' }));
  await wf.closeTargets();
  assert.match(String(p), /limits of cpu, /);
});

test.after(() => wf.closeTargets());
test.run();
