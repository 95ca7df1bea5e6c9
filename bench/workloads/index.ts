/** All workloads, in the order in which they run. */
import type { Workload } from '../workload.ts';
import { blackScholes, blackScholes64 } from './black-scholes.ts';
import { gammaBlur } from './gamma-blur.ts';
import { mandelbrot } from './mandelbrot.ts';
import { logistic, normalize, squares, sum } from './maps.ts';
import { blur21, blur5, grayScott, heat, life, sobel } from './stencils.ts';

export const WORKLOADS: readonly Workload[] = [
  squares, sum, heat, sobel, blackScholes, blackScholes64, normalize, blur21, blur5, gammaBlur, mandelbrot,
  logistic, grayScott, life,
];
