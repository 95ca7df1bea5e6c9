/** Two gradients in one neighbourhood. */
import * as wf from '../../src/index.ts';
import { only, type Matrix, type Thread } from '../peers/gpujs.ts';
import { workload } from '../workload.ts';
import { photoOf } from './data.ts';

const magnitude = wf.stencil((u: wf.Neighbors2) => {
  const gx = u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1);
  const gy = u(1, -1) + 2 * u(1, 0) + u(1, 1) - u(-1, -1) - 2 * u(-1, 0) - u(-1, 1);
  return Math.sqrt(gx * gx + gy * gy);
}, { border: 'nearest' });

export const sobel = workload({
  id: 'sobel', group: 'stencils', name: 'sobel',
  sizes: { full: { height: 1280, width: 1920 }, small: { height: 61, width: 83 } },
  size: ({ height, width }) => `${height} x ${width} of the photograph`,
  tolerance: { largest: 1e-5 }, goals: { 'plain JS': 10 },
  inputs: async ({ height, width }) => [await photoOf(height, width)],
  weft: ([u]) => [magnitude(u)],
  plainJs([{ data: u }], { height, width }) {
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
  peers: {
    gpuJs: ({ kernel, input }, [u], { height, width }) => only(kernel(function (this: Thread, u: Matrix) {
      const x = this.thread.x, y = this.thread.y;
      const l = Math.max(x - 1, 0), r = Math.min(x + 1, this.constants.right);
      const up = Math.max(y - 1, 0), down = Math.min(y + 1, this.constants.bottom);
      const gx = u[up][r] + 2 * u[y][r] + u[down][r] - u[up][l] - 2 * u[y][l] - u[down][l];
      const gy = u[down][l] + 2 * u[down][x] + u[down][r] - u[up][l] - 2 * u[up][x] - u[up][r];
      return Math.sqrt(gx * gx + gy * gy);
    }, [width, height], { right: width - 1, bottom: height - 1 }), input(u)),
  },
});
