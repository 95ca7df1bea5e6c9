/** The five-point heat equation: a stencil of its own result, again and again. */
import * as wf from '../../src/index.ts';
import type { Matrix, Thread } from '../peers/gpujs.ts';
import { iterated, neighborsNearest } from '../peers/jax.ts';
import { tensor, workload } from '../workload.ts';

export const step = wf.stencil(
  (u: wf.Neighbors2) => u(0, 0) + 0.2 * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)),
  { border: 'nearest' },
);

interface Size { readonly [name: string]: number; readonly side: number; readonly steps: number }

const heat = (id: string, full: Size, goals: Record<string, number>) => workload({
  id, group: 'steps', name: 'heat', goals,
  sizes: { full, small: { side: 75, steps: 7 } },
  size: ({ side, steps }) => `${side} x ${side} x ${steps}`,
  tolerance: { largest: 1e-5 },
  inputs: ({ side }) => [tensor(Float32Array.from({ length: side * side }, (_, k) => ((k >> 7) ^ (k >> 18)) & 1), [side, side])],
  weft: ([u], { steps }) => [wf.iterate(u, steps, (now) => step(now))],
  plainJs([{ data }], { side, steps }) {
    let now = Float32Array.from(data), next = new Float32Array(data.length);
    for (let t = 0; t < steps; t++) {
      for (let y = 0; y < side; y++) {
        const here = y * side, up = Math.max(0, y - 1) * side, down = Math.min(side - 1, y + 1) * side;
        for (let x = 0; x < side; x++) {
          const left = x > 0 ? x - 1 : 0, right = x < side - 1 ? x + 1 : x;
          const c = now[here + x];
          next[here + x] = c + 0.2 * (now[up + x] + now[down + x] + now[here + left] + now[here + right] - 4 * c);
        }
      }
      [now, next] = [next, now];
    }
    return [now];
  },
  peers: {
    gpuJs({ kernel, pipeline, input }, [u], { side, steps }) {
      const step = kernel(function (this: Thread, u: Matrix) {
        const x = this.thread.x, y = this.thread.y;
        const left = Math.max(x - 1, 0), right = Math.min(x + 1, this.constants.last);
        const up = Math.max(y - 1, 0), down = Math.min(y + 1, this.constants.last);
        return u[y][x] + 0.2 * (u[up][x] + u[down][x] + u[y][left] + u[y][right] - 4 * u[y][x]);
      }, [side, side], { last: side - 1 });
      const all = pipeline((u: unknown) => {
        for (let t = 0; t < steps; t++) u = step(u);
        return u;
      });
      return { call: all, args: [input(u)] };
    },
    jax: (jax, inputs, { steps }) => iterated(jax, inputs, [], steps, ({ numpy: np }, u) =>
      [u.ref.add(neighborsNearest(np, u.ref).sub(u.mul(4)).mul(0.2))]),
  },
});

export const heat2k = heat('heat-2k', { side: 2048, steps: 100 }, { 'plain JS': 15, C: 1, Numba: 1.1 });
export const heat8k = heat('heat-8k', { side: 8192, steps: 20 }, { C: 1.8, Numba: 2.5 });
