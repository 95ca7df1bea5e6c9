/** All workloads, in the order in which they run. */
import type { Workload } from '../workload.ts';
import { mandelbrot } from './mandelbrot.ts';
import { blackScholes, logistic, normalize, squares, sum } from './maps.ts';
import { blur21, blur5, grayScott, heat, life, sobel } from './stencils.ts';

export const WORKLOADS: readonly Workload[] = [
  squares, sum, heat, sobel, blackScholes, normalize, blur21, blur5, mandelbrot, logistic, grayScott, life,
];
