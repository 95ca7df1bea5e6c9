import * as wf from '../../src/index.ts';
import { photo } from '../photo.ts';
import type { Workload } from '../workload.ts';
import { evaluated } from './maps.ts';

const SIDE = 2048, STEPS = 100;

const step = wf.stencil(
  (u: wf.Neighbors2) => u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)),
  { border: 'nearest' },
);

export const heat: Workload = {
  name: 'heat', size: '2048 x 2048 x 100', tolerance: 1e-5, goal: 15,
  async contenders() {
    const start = Float32Array.from({ length: SIDE * SIDE }, (_, k) => ((k >> 7) ^ (k >> 18)) & 1);
    const u0 = wf.array(start, { shape: [SIDE, SIDE] });
    return [
      { name: 'plain JS', run: () => plainHeat(start) },
      evaluated('weft cpu', () => wf.iterate(u0, STEPS, (u) => step(u))),
    ];
  },
};

function plainHeat(start: Float32Array): Float32Array {
  let now = start.slice(), next = new Float32Array(start.length);
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
  return now;
}

const magnitude = wf.stencil((u: wf.Neighbors2) => {
  const gx = u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1);
  const gy = u(1, -1) + 2 * u(1, 0) + u(1, 1) - u(-1, -1) - 2 * u(-1, 0) - u(-1, 1);
  return Math.sqrt(gx * gx + gy * gy);
}, { border: 'nearest' });

export const sobel: Workload = {
  name: 'sobel', size: 'photograph, float32 luminance', tolerance: 1e-5, goal: 10,
  async contenders() {
    const { gray, height, width } = await photo();
    const u = wf.array(gray, { shape: [height, width] });
    return [
      { name: 'plain JS', run: () => plainSobel(gray, height, width) },
      evaluated('weft cpu', () => magnitude(u)),
    ];
  },
};

function plainSobel(gray: Float32Array, height: number, width: number): Float32Array {
  const out = new Float32Array(gray.length);
  for (let y = 0; y < height; y++) {
    const here = y * width, up = Math.max(0, y - 1) * width, down = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x++) {
      const l = x > 0 ? x - 1 : 0, r = x < width - 1 ? x + 1 : x;
      const gx = gray[up + r] + 2 * gray[here + r] + gray[down + r] - gray[up + l] - 2 * gray[here + l] - gray[down + l];
      const gy = gray[down + l] + 2 * gray[down + x] + gray[down + r] - gray[up + l] - 2 * gray[up + x] - gray[up + r];
      out[here + x] = Math.sqrt(gx * gx + gy * gy);
    }
  }
  return out;
}
