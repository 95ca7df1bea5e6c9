/** Neighbourhoods, once and many times. */
import { grayScott as grayScottSample } from '../../samples/pipelines/gray-scott.ts';
import { life as lifeSample } from '../../samples/pipelines/life.ts';
import { gaussian, plainSeparable, separable } from '../../samples/pipelines/photo.ts';
import * as wf from '../../src/index.ts';
import { photo } from '../photo.ts';
import { tensor, type Workload } from '../workload.ts';
import { fromSample } from './sample.ts';

const SIDE = 2048, STEPS = 100;

const step = wf.stencil(
  (u: wf.Neighbors2) => u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)),
  { border: 'nearest' },
);

export const heat: Workload = {
  id: 'heat', name: 'heat', size: `${SIDE} x ${SIDE} x ${STEPS}`, tolerance: { largest: 1e-5 }, goal: 15,
  inputs: () => [tensor(Float32Array.from({ length: SIDE * SIDE }, (_, k) => ((k >> 7) ^ (k >> 18)) & 1), [SIDE, SIDE])],
  weft: ([u]) => [wf.iterate(u, STEPS, (now) => step(now))],
  plainJs([{ data }]) {
    let now = Float32Array.from(data), next = new Float32Array(data.length);
    for (let t = 0; t < STEPS; t++) {
      for (let y = 0; y < SIDE; y++) {
        const here = y * SIDE, up = Math.max(0, y - 1) * SIDE, down = Math.min(SIDE - 1, y + 1) * SIDE;
        for (let x = 0; x < SIDE; x++) {
          const left = x > 0 ? x - 1 : 0, right = x < SIDE - 1 ? x + 1 : x;
          const c = now[here + x];
          next[here + x] = c + 0.2 * (now[up + x] + now[down + x] + now[here + left] + now[here + right] - 4 * c);
        }
      }
      [now, next] = [next, now];
    }
    return [now];
  },
};

const magnitude = wf.stencil((u: wf.Neighbors2) => {
  const gx = u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1);
  const gy = u(1, -1) + 2 * u(1, 0) + u(1, 1) - u(-1, -1) - 2 * u(-1, 0) - u(-1, 1);
  return Math.sqrt(gx * gx + gy * gy);
}, { border: 'nearest' });

export const sobel: Workload = {
  id: 'sobel', name: 'sobel', size: 'photograph, float32 luminance', tolerance: { largest: 1e-5 }, goal: 10,
  async inputs() {
    const { gray, height, width } = await photo();
    return [tensor(gray, [height, width])];
  },
  weft: ([u]) => [magnitude(u)],
  plainJs([{ data: u, shape: [height, width] }]) {
    const out = new Float32Array(u.length);
    for (let y = 0; y < height; y++) {
      const here = y * width, up = Math.max(0, y - 1) * width, down = Math.min(height - 1, y + 1) * width;
      for (let x = 0; x < width; x++) {
        const l = x > 0 ? x - 1 : 0, r = x < width - 1 ? x + 1 : x;
        const gx = u[up + r] + 2 * u[here + r] + u[down + r] - u[up + l] - 2 * u[here + l] - u[down + l];
        const gy = u[down + l] + 2 * u[down + x] + u[down + r] - u[up + l] - 2 * u[up + x] - u[up + r];
        out[here + x] = Math.sqrt(gx * gx + gy * gy);
      }
    }
    return [out];
  },
};

/** Separable Gaussian blur; the weights are an input so that every peer gets the same ones. */
const blur = (radius: number, extra: boolean): Workload => ({
  id: `blur${2 * radius + 1}`, name: `separable blur ${2 * radius + 1} x ${2 * radius + 1}`, size: `${SIDE} x ${SIDE}`,
  tolerance: { largest: 1e-5 }, extra,
  inputs: () => [
    tensor(Float32Array.from({ length: SIDE * SIDE }, (_, k) => Math.imul(k, 2654435761) >>> 24), [SIDE, SIDE]),
    tensor(Float32Array.from(gaussian(radius))),
  ],
  weft: ([image]) => [separable(image, gaussian(radius))],
  plainJs: ([{ data }, { data: weights }]) => [plainSeparable(data as Float32Array, SIDE, SIDE, 1, [...weights])],
});

export const blur21 = blur(10, false);
export const blur5 = blur(2, true);

export const grayScott = fromSample('gray-scott', grayScottSample, { name: 'Gray-Scott', tolerance: { largest: 2e-2 }, extra: true });
export const life = fromSample('life', lifeSample, { name: 'Game of Life', tolerance: { largest: 1e-5 }, extra: true });
