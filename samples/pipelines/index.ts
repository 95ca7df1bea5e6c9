/** All samples, in the order in which they are shown and run. */
import type { Sample } from '../sample.ts';
import { band } from './band.ts';
import { blackScholes } from './black-scholes.ts';
import { blur } from './blur.ts';
import { gammaBlur } from './gamma-blur.ts';
import { grayScott } from './gray-scott.ts';
import { harris } from './harris.ts';
import { heat } from './heat.ts';
import { life } from './life.ts';
import { logisticRegression } from './logistic-regression.ts';
import { mandelbrot } from './mandelbrot.ts';
import { neighborMean } from './mean3.ts';
import { normalize, normalizeRows } from './normalize.ts';
import { filmResponse } from './response.ts';
import { sobel } from './sobel.ts';
import { unsharp } from './unsharp.ts';
import { wave } from './wave.ts';

export const SAMPLES: readonly Sample[] = [
  filmResponse,
  blur,
  gammaBlur,
  sobel,
  unsharp,
  harris,
  neighborMean,
  heat,
  wave,
  life,
  grayScott,
  mandelbrot,
  blackScholes,
  logisticRegression,
  normalize,
  normalizeRows,
  band,
];
