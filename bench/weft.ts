/** Weft as a contender. */
import * as wf from '../src/index.ts';
import { WEFT, type Arrays, type Contender, type Job, type Workload } from './workload.ts';

/**
 * Weft computing into its own memory, as plain JS does. Results are disposed inside the timed run: an equal expression on
 * inputs that live would otherwise be answered from the one before, and memory is recycled this way.
 */
export function weft(
  name: string, program: Pick<Workload, 'weft'>, { inputs, parameters }: Job, options: wf.EvaluateOptions,
  configured: Partial<wf.Options> = {},
): Contender {
  const sources = inputs.map(({ data, shape }) => wf.array(data, { shape: [...shape] }));
  const computed = async () => {
    const before = wf.configure();
    wf.configure(configured);
    try {
      const made = disposable(await program.weft(sources, parameters));
      await wf.evaluate(made.arrays, options);
      return made;
    } finally {
      wf.configure(before);
    }
  };
  return {
    of: WEFT, name,
    async run() {
      using made = await computed();
      // On a GPU that is only submitted; reading the results waits for it.
      if (options.target === 'webgpu') await Promise.all(made.arrays.map((y) => y.data()));
    },
    async results() {
      using made = await computed();
      return await Promise.all(made.arrays.map((y) => y.data()));
    },
    close: () => sources.forEach((s) => s.dispose()),
  };
}

function disposable(arrays: Arrays): { arrays: Arrays } & Disposable {
  return { arrays, [Symbol.dispose]: () => arrays.forEach((y) => y.dispose()) };
}

/** Why there is no WebGPU here, or undefined where there is. */
export async function webgpuProblem(): Promise<string | undefined> {
  using probe = wf.array([1, 2]).add(1);
  return await probe.data({ target: 'webgpu' }).then(() => undefined, (error: Error) => error.message.split('\n')[0]);
}
