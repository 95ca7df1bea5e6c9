/** Weft as a contender. */
import * as wf from '../src/index.ts';
import type { Contender, Tensor, Workload } from './workload.ts';

/**
 * Weft computing into its own memory, as plain JS does. Results are disposed inside the timed run: an equal expression on
 * inputs that live would otherwise be answered from the one before, and memory is recycled this way.
 */
export function weft(name: string, workload: Pick<Workload, 'weft'>, inputs: readonly Tensor[], target: string): Contender {
  const sources = inputs.map(({ data, shape }) => wf.array(data, { shape: [...shape] }));
  return {
    name,
    async run() {
      using made = disposable(workload.weft(sources));
      await wf.evaluate(made.arrays, { target });
      // On a GPU that is only submitted; reading the results waits for it.
      if (target === 'webgpu') await Promise.all(made.arrays.map((y) => y.data()));
    },
    async results() {
      using made = disposable(workload.weft(sources));
      await wf.evaluate(made.arrays, { target });
      return await Promise.all(made.arrays.map((y) => y.data()));
    },
    close: () => sources.forEach((s) => s.dispose()),
  };
}

function disposable(arrays: readonly wf.WeftArray[]): { arrays: readonly wf.WeftArray[] } & Disposable {
  return { arrays, [Symbol.dispose]: () => arrays.forEach((y) => y.dispose()) };
}

/** Why there is no WebGPU here, or undefined where there is. */
export async function webgpuProblem(): Promise<string | undefined> {
  using probe = wf.array([1, 2]).add(1);
  return await probe.data({ target: 'webgpu' }).then(() => undefined, (error: Error) => error.message.split('\n')[0]);
}
