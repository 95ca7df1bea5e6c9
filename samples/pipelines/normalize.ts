import { sample } from '../sample.ts';
import { uniform } from './random.ts';

export const normalize = sample({
  name: 'normalize',
  title: 'Rows to unit length',
  describe: 'Divides every row of a matrix by its norm; a row is still in cache when it is divided.',
  sizes: { small: { rows: 1000, columns: 500 }, default: { rows: 4000, columns: 1000 } },
  tolerances: [{ largest: 1e-6 }],
  inputs(p) {
    const random = uniform(4);
    const data = Float32Array.from({ length: p.rows * p.columns }, () => 2 * random() - 1);
    return { x: { data, shape: [p.rows, p.columns] } };
  },

  weft: ({ x }) => [x.div(x.mul(x).sum(1, { keepDims: true }).sqrt())],

  plainJs({ x }, p) {
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
});
