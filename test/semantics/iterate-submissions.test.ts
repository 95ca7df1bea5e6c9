/** How often a time loop talks to the GPU: once, unless the host has to look. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { liveTarget } from '../../src/targets/registry.ts';
import type { WebGpuTarget } from '../../src/targets/webgpu/index.ts';
import { targets } from '../support/targets.ts';

const on = { target: 'webgpu' };
const test = suite('submissions of time loops on webgpu');
const heat = wf.stencil((u: wf.Neighbors2) => u(0, 0) + 0.125 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)), { border: 'nearest' });

/** Command buffers that `work` submits. */
async function submissions(work: () => Promise<unknown>): Promise<number> {
  await wf.zeros([2]).add(1).eval(on);
  const { queue } = (liveTarget('webgpu') as WebGpuTarget).device;
  const submit = queue.submit.bind(queue);
  let count = 0;
  queue.submit = (buffers) => {
    const list = [...buffers];
    count += list.length;
    return submit(list);
  };
  try {
    await work();
  } finally {
    queue.submit = submit;
  }
  return count;
}
const start = () => wf.arange(35).reshape([5, 7]);

if (targets.includes('webgpu')) {
  test('one for all steps, and for what comes before and after', async () => {
    for (const steps of [1, 50, 1000]) {
      assert.is(await submissions(() => wf.iterate(start(), steps, (u) => heat(u)).eval(on)), 1, `${steps} steps`);
    }
    const program = () => wf.iterate([start().div(3), start()], 40, ([u, v]) => [heat(u), v.add(u.sub(u.mean()))]);
    assert.is(await submissions(() => wf.evaluate([...program(), program()[0].sum()], on)), 1);
  });

  test('with a condition one for each check, and one for reading it', async () => {
    const u = wf.iterate(start(), 100, (s) => heat(s), { until: (s) => s.max().gt(1e9), check: 30 });
    // Three checks, the last ten steps; and the initial state, which is computed.
    assert.is(await submissions(() => u.eval(on)), 1 + 2 * 3 + 1);
  });
}
test.run();
