/** Corners: gradients, their products summed over 3 x 3 neighbours, a response. */
import * as wf from '../../src/index.ts';
import type { Matrix, Thread } from '../peers/gpujs.ts';
import { UNFUSED, workload } from '../workload.ts';
import { photoOf } from './data.ts';

const K = 0.05;
const border = { border: 'nearest' } as const;

const acrossGradient = wf.stencil(
  (u: wf.Neighbors2) => (u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1)) / 8, border);
const downGradient = wf.stencil(
  (u: wf.Neighbors2) => (u(1, -1) + 2 * u(1, 0) + u(1, 1) - u(-1, -1) - 2 * u(-1, 0) - u(-1, 1)) / 8, border);
const box = wf.stencil((u: wf.Neighbors2) =>
  u(-1, -1) + u(-1, 0) + u(-1, 1) + u(0, -1) + u(0, 0) + u(0, 1) + u(1, -1) + u(1, 0) + u(1, 1), border);

export const harris = workload({
  id: 'harris', group: 'stencils', name: 'Harris corners',
  sizes: { full: { height: 1536, width: 2560 }, small: { height: 61, width: 83 } },
  size: ({ height, width }) => `${height} x ${width} of the photograph`,
  tolerance: { largest: 1e-5 }, goals: { [UNFUSED.name]: 3 },
  inputs: async ({ height, width }) => [await photoOf(height, width)],
  weft([u]) {
    const gx = acrossGradient(u), gy = downGradient(u);
    const xx = box(gx.mul(gx)), yy = box(gy.mul(gy)), xy = box(gx.mul(gy));
    const trace = xx.add(yy);
    return [xx.mul(yy).sub(xy.square()).sub(trace.square().mul(K))];
  },
  variants: [UNFUSED],
  plainJs([{ data: u }], { height, width }) {
    const xx = new Float32Array(u.length), yy = new Float32Array(u.length), xy = new Float32Array(u.length);
    const out = new Float32Array(u.length);
    for (let y = 0; y < height; y++) {
      const here = y * width, up = Math.max(0, y - 1) * width, down = Math.min(height - 1, y + 1) * width;
      for (let x = 0; x < width; x++) {
        const l = x > 0 ? x - 1 : 0, r = x < width - 1 ? x + 1 : x;
        const gx = (u[up + r] + 2 * u[here + r] + u[down + r] - u[up + l] - 2 * u[here + l] - u[down + l]) / 8;
        const gy = (u[down + l] + 2 * u[down + x] + u[down + r] - u[up + l] - 2 * u[up + x] - u[up + r]) / 8;
        xx[here + x] = gx * gx;
        yy[here + x] = gy * gy;
        xy[here + x] = gx * gy;
      }
    }
    for (let y = 0; y < height; y++) {
      const here = y * width, up = Math.max(0, y - 1) * width, down = Math.min(height - 1, y + 1) * width;
      for (let x = 0; x < width; x++) {
        const l = x > 0 ? x - 1 : 0, r = x < width - 1 ? x + 1 : x;
        const sum = (p: Float32Array) => p[up + l] + p[up + x] + p[up + r] + p[here + l] + p[here + x] + p[here + r] +
          p[down + l] + p[down + x] + p[down + r];
        const a = sum(xx), b = sum(yy), c = sum(xy);
        out[here + x] = a * b - c * c - K * (a + b) ** 2;
      }
    }
    return [out];
  },
  peers: {
    gpuJs({ kernel, pipeline, input }, [u], { height, width }) {
      const output = [width, height], constants = { right: width - 1, bottom: height - 1 };
      const gx = kernel(function (this: Thread, u: Matrix) {
        const x = this.thread.x, y = this.thread.y;
        const l = Math.max(x - 1, 0), r = Math.min(x + 1, this.constants.right);
        const up = Math.max(y - 1, 0), down = Math.min(y + 1, this.constants.bottom);
        return (u[up][r] + 2 * u[y][r] + u[down][r] - u[up][l] - 2 * u[y][l] - u[down][l]) / 8;
      }, output, constants);
      const gy = kernel(function (this: Thread, u: Matrix) {
        const x = this.thread.x, y = this.thread.y;
        const l = Math.max(x - 1, 0), r = Math.min(x + 1, this.constants.right);
        const up = Math.max(y - 1, 0), down = Math.min(y + 1, this.constants.bottom);
        return (u[down][l] + 2 * u[down][x] + u[down][r] - u[up][l] - 2 * u[up][x] - u[up][r]) / 8;
      }, output, constants);
      const respond = kernel(function (this: Thread, gx: Matrix, gy: Matrix) {
        let a = 0, b = 0, c = 0;
        for (let i = -1; i <= 1; i++) {
          const y = Math.min(Math.max(this.thread.y + i, 0), this.constants.bottom);
          for (let j = -1; j <= 1; j++) {
            const x = Math.min(Math.max(this.thread.x + j, 0), this.constants.right);
            a += gx[y][x] * gx[y][x];
            b += gy[y][x] * gy[y][x];
            c += gx[y][x] * gy[y][x];
          }
        }
        return a * b - c * c - 0.05 * (a + b) * (a + b);
      }, output, constants);
      return { call: pipeline((u: unknown) => respond(gx(u), gy(u))), args: [input(u)] };
    },
  },
});
