/** numpy-ts: NumPy's functions over WebAssembly SIMD, one thread. Every operation runs when it is called. */
import type { NDArray } from 'numpy-ts';
import type { Contender, Job, Parameters, Values } from '../workload.ts';
import { imported, type Peer } from './peer.ts';

export type { NDArray };
export type Numpy = typeof import('numpy-ts');

/** Frees an array when the run is over: its memory is not the garbage collector's. */
type Keep = <A extends NDArray>(array: A) => A;

export interface NumpyProgram<P extends Parameters> {
  /** Called for each run; every array but the inputs goes through `keep`. */
  program(np: Numpy, inputs: readonly NDArray[], keep: Keep, p: P): NDArray[];
}

/** Its default of 256 MiB is too little for these sizes. */
const MEMORY = 2 * 2 ** 30;

export async function openNumpy(): Promise<Peer> {
  const np = await imported(import('numpy-ts'));
  np.configureWasm({ maxMemory: MEMORY });
  return {
    name: 'numpy-ts',
    contender: (job) => (job.workload.peers?.numpy ? contender(np, job) : undefined),
  };
}

function contender(np: Numpy, { workload: { peers }, inputs, parameters }: Job): Contender {
  const sources = inputs.map(({ data, shape }) => np.array(data).reshape(...shape) as NDArray);
  const compute = (use: (results: NDArray[]) => void): void => {
    const made = new Set<NDArray>();
    const keep: Keep = (array) => {
      made.add(array);
      return array;
    };
    use(peers!.numpy!(np, sources, keep, parameters));
    made.forEach((array) => array.dispose());
  };
  return {
    of: 'numpy-ts', name: 'numpy-ts',
    run: () => compute(() => {}),
    results() {
      let values: Values[] = [];
      compute((arrays) => (values = arrays.map((y) => Float64Array.from(np.flatten(y).data as unknown as Values))));
      return values;
    },
    close: () => sources.forEach((s) => s.dispose()),
  };
}
