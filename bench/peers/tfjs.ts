/** TensorFlow.js on its WebAssembly backend: SIMD, and one thread in Node. Every operation runs when it is called. */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Contender, Job, Parameters } from '../workload.ts';
import { Absent, imported, type Peer } from './peer.ts';

export type { TfTensor };
export type Tf = typeof import('@tensorflow/tfjs-core');

export interface TfjsProgram<P extends Parameters> {
  /** Called for each run, inside `tidy`. */
  program(tf: Tf, inputs: readonly TfTensor[], p: P): TfTensor[];
}

/** The image with its border elements repeated `radius` times along an axis: tfjs pads with constants and mirrors only. */
export function paddedNearest(tf: Tf, image: TfTensor, axis: number, radius: number): TfTensor {
  const n = image.shape[axis];
  const edge = (at: number): TfTensor => {
    const begin = image.shape.map((_, k) => (k === axis ? at : 0)), size = image.shape.map((s, k) => (k === axis ? 1 : s));
    return tf.tile(tf.slice(image, begin, size), image.shape.map((_, k) => (k === axis ? radius : 1)));
  };
  return tf.concat([edge(0), image, edge(n - 1)], axis);
}

export async function openTfjs(): Promise<Peer> {
  const tf = await imported(import('@tensorflow/tfjs-core'));
  const { setWasmPaths } = await imported(import('@tensorflow/tfjs-backend-wasm'));
  setWasmPaths('node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  if (!(await tf.setBackend('wasm'))) throw new Absent('it finds no WebAssembly');
  await tf.ready();
  return {
    name: 'tfjs',
    contender: (job) => (job.workload.peers?.tfjs ? contender(tf, job) : undefined),
  };
}

function contender(tf: Tf, { workload: { peers }, inputs, parameters }: Job): Contender {
  const sources = inputs.map(({ data, shape }) =>
    tf.tensor(data as Float32Array, [...shape], data instanceof Float32Array ? 'float32' : 'int32'));
  const compute = (): TfTensor[] => tf.tidy(() => peers!.tfjs!(tf, sources, parameters));
  return {
    of: 'tfjs', name: 'tfjs wasm',
    run() {
      tf.dispose(compute());
    },
    results: async () => {
      const made = compute();
      const values = await Promise.all(made.map((y) => y.data()));
      tf.dispose(made);
      return values;
    },
    close: () => tf.dispose(sources),
  };
}
