import * as wf from '../../src/index.ts';
import { paint } from '../colormap.ts';
import { sample } from '../sample.ts';
import { uniform } from './random.ts';

export const band = sample({
  name: 'band',
  title: 'Band matrix',
  describe: 'A matrix from a function of its indices, as it is and times a vector: there it takes no memory.',
  sizes: { small: { side: 256, bandwidth: 32 }, default: { side: 2048, bandwidth: 256 } },
  size: (p) => `${p.side} x ${p.side}, bandwidth ${p.bandwidth}`,
  tolerances: [{ largest: 0 }, { largest: 0.5 }],
  inputs(p) {
    const random = uniform(8);
    return { x: { data: Float32Array.from({ length: p.side }, () => random()), shape: [p.side] } };
  },

  weft({ x }, { side, bandwidth }) {
    const weight = (i: number, j: number): number => (Math.abs(i - j) < bandwidth ? bandwidth - Math.abs(i - j) : 0);
    const matrix = wf.fromFunction([side, side], weight, { constants: { bandwidth } });
    return [matrix, matrix.mul(x).sum(1)];
  },

  plainJs({ x }, { side, bandwidth }) {
    const matrix = new Int32Array(side * side);
    const product = new Float32Array(side);
    for (let i = 0; i < side; i++) {
      let sum = 0;
      for (let j = 0; j < side; j++) {
        const weight = Math.abs(i - j) < bandwidth ? bandwidth - Math.abs(i - j) : 0;
        matrix[i * side + j] = weight;
        sum += weight * x.data[j]!;
      }
      product[i] = sum;
    }
    return [matrix, product];
  },

  picture: ([matrix], _, { side, bandwidth }) => paint(matrix!, [side, side], 'viridis', 0, bandwidth),
});
