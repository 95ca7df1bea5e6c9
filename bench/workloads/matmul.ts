/** Products of matrices. */
import { only, type Matrix, type Thread } from '../peers/gpujs.ts';
import { jitted } from '../peers/jax.ts';
import { workload } from '../workload.ts';
import { normals } from './data.ts';

const matmul = (n: number) => workload({
  id: `matmul-${n}`, group: 'matrices', name: 'matmul',
  sizes: { full: { n }, small: { n: 67 } },
  size: ({ n }) => `${n} x ${n} float32`,
  tolerance: { largest: 1e-4 }, goals: { 'jax-js wasm': 1 },
  inputs: ({ n }) => [normals(41, [n, n]), normals(42, [n, n])],
  weft: ([a, b]) => [a.matmul(b)],
  plainJs([{ data: a }, { data: b }], { n }) {
    const y = new Float32Array(n * n);
    for (let i = 0; i < n; i++) {
      const row = y.subarray(i * n, i * n + n);
      for (let k = 0; k < n; k++) {
        const factor = a[i * n + k];
        for (let j = 0, at = k * n; j < n; j++, at++) row[j] += factor * b[at];
      }
    }
    return [y];
  },
  peers: {
    gpuJs: ({ kernel, input }, [a, b], { n }) => only(kernel(function (this: Thread, a: Matrix, b: Matrix) {
      let sum = 0;
      for (let k = 0; k < this.constants.n; k++) sum += a[this.thread.y][k] * b[k][this.thread.x];
      return sum;
    }, [n, n], { n }), input(a), input(b)),
    jax: jitted(({ numpy: np }, a, b) => [np.matmul(a, b)]),
    tfjs: (tf, [a, b]) => [tf.matMul(a, b)],
    numpy: (np, [a, b], keep) => [keep(np.matmul(a, b))],
  },
});

export const matmul512 = matmul(512);
export const matmul1024 = matmul(1024);
