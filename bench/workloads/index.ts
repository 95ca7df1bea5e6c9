/** All workloads, in the order in which they run. */
import type { Workload } from '../workload.ts';
import { blackScholes, blackScholes64 } from './black-scholes.ts';
import { blur21, blur5, gammaBlur } from './blurs.ts';
import { erode, threshold } from './bytes.ts';
import { juliaset, mandelbrot } from './fractals.ts';
import { harris } from './harris.ts';
import { heat2k, heat8k } from './heat.ts';
import { kMeans, linear, logistic } from './learning.ts';
import { matmul1024, matmul512 } from './matmul.ts';
import { nBody } from './n-body.ts';
import { argSort, cumSum, histogram, scatterAdd, sort, take, unique } from './order.ts';
import { quant } from './quant.ts';
import { layerNorm, normalize, softmax, zScore } from './rows.ts';
import { sobel } from './sobel.ts';
import { squares, triad } from './squares.ts';
import { kernelDensity, pi, statistics, sum } from './sums.ts';
import { grayScott, laplace3d, life, wave2d } from './waves.ts';

export const WORKLOADS: readonly Workload[] = [
  squares, triad, blackScholes, blackScholes64, mandelbrot, juliaset,
  sum, statistics, pi, kernelDensity, nBody,
  normalize, softmax, layerNorm, zScore,
  sobel, harris, blur5, blur21, gammaBlur, erode, threshold,
  heat2k, heat8k, wave2d, laplace3d, grayScott, life,
  logistic, linear, kMeans, quant,
  histogram, cumSum, take, scatterAdd, sort, argSort, unique,
  matmul512, matmul1024,
];
