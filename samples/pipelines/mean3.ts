import * as wf from '../../src/index.ts';
import { plot } from '../plot.ts';
import { sample, type Values } from '../sample.ts';
import { normal, uniform } from './random.ts';

/** The part of the signal that the picture shows. */
const SHOWN = 240;
const NOISE = 0.18;

/** The two ends have no neighbour on one side: the default border leaves them zero. */
const mean3 = wf.stencil((u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3);

export const neighborMean = sample({
  name: 'mean3',
  title: 'Mean of three neighbours',
  describe: 'The smallest stencil there is, over a noisy signal.',
  sizes: { small: { count: 250_000 }, default: { count: 4_000_000 } },
  tolerances: [{ largest: 1e-6 }],
  inputs(p) {
    const gauss = normal(uniform(7));
    const signal = Float32Array.from({ length: p.count }, (_, i) => wavelet(i) + NOISE * gauss());
    return { signal: { data: signal, shape: [p.count] } };
  },

  weft: ({ signal }) => [mean3(signal)],

  plainJs({ signal: { data } }, p) {
    const means = new Float32Array(p.count);
    for (let i = 1; i < p.count - 1; i++) means[i] = (data[i - 1]! + data[i]! + data[i + 1]!) / 3;
    return [means];
  },

  picture: ([means], { signal }) => plot([
    { values: start(signal.data), color: [120, 130, 150], thickness: 1.5 },
    { values: start(means!), color: [255, 176, 64], thickness: 3 },
  ]),
});

/** A wave that swells and fades. */
function wavelet(i: number): number {
  return Math.sin(i / 9) * Math.sin(i / 70) ** 2;
}

function start(values: Values): Values {
  return values.subarray(0, SHOWN);
}
