import * as wf from '../../src/index.ts';
import { sample, type Tensor, type Values } from '../sample.ts';
import { uniform } from './random.ts';

/** The same twice: a kernel with a parallel loop, and an array expression that becomes one. */
export const normalized = wf.kernel((x: wf.Mat, out: wf.MutMat) => {
  for (const i of wf.prange(x.shape[0])) {
    let sum = 0;
    for (let j = 0; j < x.shape[1]; j++) sum += x[i][j] ** 2;
    const norm = Math.sqrt(sum);
    for (let j = 0; j < x.shape[1]; j++) out[i][j] = x[i][j] / norm;
  }
});

interface Size { readonly [name: string]: number; readonly rows: number; readonly columns: number }

const common = {
  sizes: { small: { rows: 1000, columns: 500 }, default: { rows: 4000, columns: 1000 } },
  tolerances: [{ largest: 1e-6 }],

  inputs(p: Size) {
    const random = uniform(4);
    const data = Float32Array.from({ length: p.rows * p.columns }, () => 2 * random() - 1);
    return { x: { data, shape: [p.rows, p.columns] } };
  },

  plainJs({ x }: { readonly x: Tensor }, p: Size): readonly Values[] {
    const result = new Float32Array(x.data.length);
    for (let start = 0; start < result.length; start += p.columns) {
      let sum = 0;
      for (let i = start; i < start + p.columns; i++) sum += x.data[i]! * x.data[i]!;
      const scale = 1 / Math.sqrt(sum);
      for (let i = start; i < start + p.columns; i++) result[i] = x.data[i]! * scale;
    }
    return [result];
  },

  picture: () => null,
} as const;

export const normalize = sample({
  ...common,
  name: 'normalize',
  title: 'Rows to unit length, a kernel',
  describe: 'Loops over a matrix that divide every row by its norm; prange runs rows in parallel.',
  weft: ({ x }) => [normalized(x)],
});

export const normalizeRows = sample({
  ...common,
  name: 'normalize-rows',
  title: 'Rows to unit length, an expression',
  describe: 'The same as array methods; a row is still in cache when it is divided.',
  weft: ({ x }) => [x.div(x.mul(x).sum(1, { keepDims: true }).sqrt())],
});
