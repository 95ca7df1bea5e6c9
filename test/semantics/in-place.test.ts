/** Kernels that write where they read: the values are the same on every target, for every dtype, size and number of threads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { overwritten } from '../../src/fusion/in-place.ts';
import { compute, computeAll } from '../support/compute.ts';
import { planOf } from '../support/plan.ts';
import { expectClose, fastTargets } from '../support/targets.ts';

const isInPlace = (...arrays: wf.WeftArray[]): boolean =>
  planOf(arrays).launches.some((launch) => overwritten(launch).some((output) => output !== undefined));

/** Costly whole numbers: what is made of them is not computed twice. */
const turns = wf.vectorize((k: number) => {
  let v = k + 1, n = 0;
  while (v > 1) {
    v = v % 2 === 0 ? v / 2 : 3 * v + 1;
    n++;
  }
  return n;
});

for (const target of fastTargets) {
  const test = suite(`in place on ${target}`);

  for (const size of [1, 3, 8, 255, 1000, 4099, 100_003]) {
    test(`${size} elements`, async () => {
      const data = Float32Array.from({ length: size }, (_, k) => (k * 37) % 101);
      const program = () => {
        const e = wf.array(data).div(16).exp();
        return e.mul(e.max());
      };
      assert.ok(isInPlace(program()));
      const most = Math.exp(data.reduce((a, b) => Math.max(a, b)) / 16);
      expectClose((await compute(target, program)).values, data.map((v) => Math.exp(v / 16) * most), { ulp: 16 });
    });
  }

  for (const dtype of ['int32', 'uint32', 'int16', 'uint16', 'int8', 'uint8', 'bool'] as const) {
    test(`packed elements: ${dtype}`, async () => {
      for (const shape of [[77], [5, 33], [3, 4, 8]]) {
        const program = () => {
          const x = turns(wf.arange(shape.reduce((a, b) => a * b)).reshape(shape));
          const e = dtype === 'bool' ? x.mod(2).asType(dtype) : x.asType(dtype);
          return dtype === 'bool' ? e.ne(e.all()) : e.sub(e.max());
        };
        assert.ok(isInPlace(program()));
        const expected = await compute('interpreter', program);
        expectClose((await compute(target, program)).values, expected.values, { label: `[${shape.join()}]` });
      }
    });
  }

  test('two results of one kernel, one of them in place', async () => {
    const program = () => {
      const a = wf.arange(1000).mul(0.5).sort();
      return [a.mul(a.max()), a.add(a.max())];
    };
    assert.ok(isInPlace(...program()));
    const [p, q] = await computeAll(target, program);
    assert.equal([p.values[9], q.values[9], p.values[999], q.values[999]], [4.5 * 499.5, 504, 499.5 * 499.5, 999]);
  });

  test('rows of a matrix, with control flow', async () => {
    const limited = wf.vectorize((v: number, top: number) => {
      let n = 0;
      while (v < top) {
        v = v * 2 + 1;
        n++;
      }
      return v - n;
    });
    const program = () => {
      const m = wf.arange(57 * 41).mod(13).reshape([57, 41]).add(1).sort();
      return limited(m, m.sum(0).max().mul(0.25));
    };
    assert.ok(isInPlace(program()));
    expectClose((await compute(target, program)).values, (await compute('interpreter', program)).values);
  });

  test.run();
}

const threads = suite('in place with threads');
threads('the same bits', async () => {
  const run = async (count: number): Promise<wf.TypedArray> => {
    wf.configure({ threads: count });
    const e = wf.array(Float32Array.from({ length: 600_000 }, (_, k) => k % 1000)).sin();
    return e.div(e.max()).data({ target: 'cpu' });
  };
  const alone = await run(1);
  assert.equal(await run(4), alone);
});
threads.after(() => void wf.configure({ threads: 0 }));
threads.run();
