/** Programs of every kind that are asked at every size whether all threads are worth it. */
import * as wf from '../../src/index.ts';
import { gaussian, separable } from '../../samples/pipelines/photo.ts';
import { tensor, type Arrays, type Tensor } from '../workload.ts';
import { randoms } from '../workloads/data.ts';
import { mandelbrotAt } from '../workloads/fractals.ts';
import { step } from '../workloads/heat.ts';

export interface SizedProgram {
  readonly id: string;
  /** Arrays of so many elements: a power of two. */
  inputs(count: number): readonly Tensor[];
  weft(inputs: Arrays): Arrays;
}

/** As square as a power of two can be. */
function square(count: number): readonly [number, number] {
  const rows = 2 ** Math.floor(Math.log2(count) / 2);
  return [rows, count / rows];
}

const vector = (count: number): readonly Tensor[] => [randoms(1, [count])];
const matrix = (count: number): readonly Tensor[] => [randoms(2, square(count))];

const sharpen = wf.stencil((u: wf.Neighbors2) => 5 * u(0, 0) - u(-1, 0) - u(1, 0) - u(0, -1) - u(0, 1), { border: 'nearest' });

/** Escapes within this many steps, or not at all. */
const MANDELBROT_STEPS = 50;

export const PROGRAMS: readonly SizedProgram[] = [
  {
    id: 'map-light', inputs: (n) => [randoms(1, [n]), randoms(2, [n]), randoms(3, [n])],
    weft: ([a, b, c]) => [a.mul(b).add(c)],
  },
  { id: 'map-heavy', inputs: vector, weft: ([a]) => [a.pow(2.2).sub(a.exp()).pow(2).add(1).pow(0.45)] },
  { id: 'sum', inputs: vector, weft: ([a]) => [a.sum()] },
  { id: 'statistics', inputs: vector, weft: ([a]) => [a.min(), a.max(), a.mean()] },
  {
    id: 'row-normalise', inputs: matrix,
    weft: ([a]) => [a.div(a.mul(a).sum({ axis: 1, keepDims: true }).sqrt())],
  },
  { id: 'column-sum', inputs: matrix, weft: ([a]) => [a.sum({ axis: 0 })] },
  { id: 'stencil', inputs: matrix, weft: ([a]) => [sharpen(a)] },
  { id: 'blur', inputs: matrix, weft: ([a]) => [separable(a, gaussian(2))] },
  {
    id: 'mandelbrot',
    inputs(count) {
      const [rows, columns] = square(count);
      const line = (n: number, start: number) => Float32Array.from({ length: n }, (_, k) => start + (2.5 * k) / n);
      return [tensor(line(columns, -2), [1, columns]), tensor(line(rows, -1.25), [rows, 1])];
    },
    weft: ([real, imaginary]) => [mandelbrotAt(real, imaginary, MANDELBROT_STEPS)],
  },
  {
    id: 'matmul',
    inputs: (count) => [randoms(4, square(count)), randoms(5, [...square(count)].reverse())],
    weft: ([a, b]) => [a.matmul(b)],
  },
  { id: 'cum-sum', inputs: vector, weft: ([a]) => [a.cumSum()] },
  { id: 'sort', inputs: vector, weft: ([a]) => [a.sort()] },
  { id: 'histogram', inputs: vector, weft: ([a]) => [wf.histogram(a, 256, { range: [0, 1] })[0]] },
  { id: 'heat', inputs: matrix, weft: ([a]) => [wf.iterate(a, 10, (u) => step(u))] },
];
