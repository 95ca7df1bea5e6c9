/** Evaluations beside, within and after each other, on any number of threads: all end, with the same bits. */
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { SHARE_ALL } from '../support/machine.ts';

const test = suite('cpu scheduling');

/** Targets with so many threads, which share whatever has several blocks. */
const MOST = 8;
const onThreads = (threads: number): string => `cpu, ${threads} threads`;
for (let threads = 1; threads <= MOST; threads++) {
  const name = onThreads(threads);
  const create = () => Object.assign(createCpuTarget({ threads }, { worth: SHARE_ALL }), { name, configure: undefined });
  wf.registerTarget({ name, sync: true, create });
}

const numbers = (count: number, scale: number): Float32Array =>
  Float32Array.from({ length: count }, (_, k) => Math.sin(k * 0.7 + scale) * scale);
const matrix = (rows: number, columns: number): wf.WeftArray<'float32'> =>
  wf.array(numbers(rows * columns, 3), { shape: [rows, columns] });

const heat = wf.stencil((u: wf.Neighbors2) => u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)),
  { border: 'nearest' });
const escape = wf.vectorize((cr: number, ci: number) => {
  let zr = 0, zi = 0;
  for (let count = 0; count < 200; count++) {
    if (zr * zr + zi * zi > 4) return count;
    [zr, zi] = [zr * zr - zi * zi + cr, 2 * zr * zi + ci];
  }
  return 200;
});
const axis = (count: number, from: number, to: number): Float32Array =>
  Float32Array.from({ length: count }, (_, k) => from + ((to - from) * k) / count);

/** Work of every kind; each makes new arrays. */
const programs: Readonly<Record<string, () => wf.WeftArray>> = {
  map: () => matrix(300, 400).mul(2).add(matrix(300, 400).exp()),
  sum: () => matrix(500, 601).sum(),
  'min, max and mean': () => { const a = matrix(333, 401); return a.min().add(a.max()).add(a.mean()); },
  'sums of columns': () => matrix(600, 310).sum(0),
  normalise: () => { const a = matrix(300, 257); return a.div(a.mul(a).sum({ axis: 1, keepDims: true }).sqrt()); },
  softmax: () => { const e = matrix(200, 300).exp(); return e.div(e.sum({ axis: 1, keepDims: true })); },
  heat: () => wf.iterate(matrix(256, 300), 10, (u) => heat(u)),
  mandelbrot: () =>
    escape(wf.array(axis(300, -2, 0.5), { shape: [1, 300] }), wf.array(axis(200, -1.25, 1.25), { shape: [200, 1] })),
  product: () => matrix(130, 170).matmul(matrix(170, 190)),
  'cumulative sum': () => wf.array(numbers(100_000, 2)).cumSum(),
  sort: () => wf.array(numbers(50_000, 2)).sort(),
  histogram: () => wf.histogram(wf.array(numbers(100_000, 1)), 64, { range: [-1, 1] })[0].asType('float32'),
};

const results = async (target: string): Promise<wf.TypedArray[]> => {
  const all: wf.TypedArray[] = [];
  for (const make of Object.values(programs)) all.push(await make().data({ target }));
  return all;
};
let expected: readonly wf.TypedArray[];
test.before(async () => {
  wf.configure({ target: 'cpu' });
  expected = await results(onThreads(1));
});

test('results are the same bits for 1 to 8 threads, and however work is shared', async () => {
  for (let threads = 2; threads <= MOST; threads++) assert.equal(await results(onThreads(threads)), expected, `${threads} threads`);
  assert.equal(await results('cpu'), expected);
});

test('50 evaluations at once, some of which fail, all end', async () => {
  const names = Object.keys(programs);
  for (const target of ['cpu', onThreads(3)]) {
    const outcomes = await Promise.all(Array.from({ length: 50 }, async (_, k) => {
      const failing = k % 7 === 3;
      const y = programs[names[k % names.length]]();
      try {
        if (!failing) return await y.data({ target });
        const gone = wf.array([1, 2, 3]), sum = gone.add(y.sum());
        gone.dispose();
        return await sum.data({ target });
      } catch (error) {
        return error;
      }
    }));
    outcomes.forEach((outcome, k) => {
      if (k % 7 === 3) assert.instance(outcome, wf.DisposedError);
      else assert.equal(outcome, expected[k % names.length], `${names[k % names.length]}, evaluation ${k}`);
    });
  }
});

test('threads change while evaluations are on their way', async () => {
  const pending: Promise<wf.TypedArray>[] = [];
  const makers = Object.values(programs);
  for (const [k, threads] of [3, 1, 8, 2, 5, 1, 4, 2].entries()) {
    wf.configure({ threads });
    for (let j = 0; j < makers.length; j++) pending.push(makers[j]().data());
    if (k % 3 === 2) await pending.at(-1);
  }
  wf.configure({ threads: 0 });
  (await Promise.all(pending)).forEach((actual, k) => assert.equal(actual, expected[k % makers.length]));
});

test('evaluations without waiting, while others are on their way', async () => {
  const makers = Object.values(programs);
  const pending = makers.map((make) => make().data());
  makers.forEach((make, k) => assert.equal(make().dataSync(), expected[k]));
  (await Promise.all(pending)).forEach((actual, k) => assert.equal(actual, expected[k]));
});

test('evaluations within scopes, and within the time loop of another', async () => {
  const [map, sum] = [programs['map'], programs['sum']];
  const nested = await wf.scope(async (own) => {
    const a = own(map());
    const inner = await wf.scope(async () => { await a.eval(); return a.sum(); });
    return [await sum().data(), await inner.add(0).data()];
  });
  assert.equal(nested[0], expected[Object.keys(programs).indexOf('sum')]);
  assert.equal(nested[1], await map().sum().data());

  const seen: wf.TypedArray[] = [];
  const u = wf.iterate(matrix(256, 300), 10, (v) => heat(v), {
    every: 5,
    onProgress: async () => {
      seen.push(sum().dataSync(), await sum().data());
      await Promise.all([map().eval(), sum().eval()]);
    },
  });
  assert.equal(await u.data(), expected[Object.keys(programs).indexOf('heat')]);
  assert.ok(seen.length >= 2);
  seen.forEach((s) => assert.equal(s, expected[Object.keys(programs).indexOf('sum')]));
});

test('a worker that dies takes along what it was doing at most', async () => {
  const threads = process.getBuiltinModule('node:worker_threads') as { Worker: unknown };
  const workers: Worker[] = [];
  threads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers.push(this);
    }
  };
  const name = 'cpu with a mortal worker';
  const create = () => Object.assign(createCpuTarget({ threads: 2 }, { worth: SHARE_ALL }), { name });
  wf.registerTarget({ name, sync: true, create });
  try {
    await programs['sum']().data({ target: name });
    assert.is(workers.length, 1);
    const pending = Object.values(programs).map((make) => make().data({ target: name }));
    await workers[0].terminate();
    const outcomes = await Promise.allSettled(pending);
    outcomes.forEach((o, k) => {
      if (o.status === 'fulfilled') assert.equal(o.value, expected[k]);
      else assert.match(String(o.reason), /TargetError.*was abandoned because worker 1 died/);
    });
    assert.equal(await results(name), expected);
    assert.is(workers.length, 2);
  } finally {
    threads.Worker = Worker;
  }
});

test.after(() => wf.closeTargets());
test.run();
