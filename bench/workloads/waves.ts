/** Steps of two states, of three axes, and of the wave equation. */
import { grayScott as grayScottSample } from '../../samples/pipelines/gray-scott.ts';
import { life as lifeSample } from '../../samples/pipelines/life.ts';
import { wave } from '../../samples/pipelines/wave.ts';
import * as wf from '../../src/index.ts';
import type { Cube, Matrix, Thread } from '../peers/gpujs.ts';
import { iterated, type JaxArray, type JaxNumpy } from '../peers/jax.ts';
import { workload } from '../workload.ts';
import { randoms } from './data.ts';
import { fromSample } from './sample.ts';

interface Steps { readonly [name: string]: number; readonly side: number; readonly steps: number }

const common = {
  group: 'steps' as const,
  size: ({ side, steps }: Steps) => `${side} x ${side} x ${steps}`,
};

/** The four neighbours of a matrix that goes on as zeros. */
function neighborsInZeros(np: JaxNumpy, u: JaxArray): JaxArray {
  const [n, m] = u.shape;
  const p = np.pad(u, 1);
  return p.ref.slice([0, n], [1, m + 1]).add(p.ref.slice([2, n + 2], [1, m + 1]))
    .add(p.ref.slice([1, n + 1], [0, m])).add(p.slice([1, n + 1], [2, m + 2]));
}

export const wave2d = workload({
  ...common, ...fromSample(wave), id: 'wave-2d', name: 'wave equation',
  sizes: { full: { side: 1024, steps: 200 }, small: { side: 75, steps: 7 } },
  tolerance: { largest: 1e-3 },
  // Ahead of the waves the water is 1e-40 high. C flushes such numbers (-ffast-math).
  variants: [{ name: "weft cpu, subnormals: 'flush'", configured: { subnormals: 'flush' } }],
  peers: {
    gpuJs({ kernel, pipeline, input }, [u], { side, steps }) {
      const step = kernel(function (this: Thread, now: Matrix, before: Matrix) {
        const x = this.thread.x, y = this.thread.y;
        let around = 0;
        if (y > 0) around += now[y - 1][x];
        if (y < this.constants.last) around += now[y + 1][x];
        if (x > 0) around += now[y][x - 1];
        if (x < this.constants.last) around += now[y][x + 1];
        return 2 * now[y][x] - before[y][x] + 0.3 * (around - 4 * now[y][x]);
      }, [side, side], { last: side - 1 });
      const all = pipeline((u: unknown) => {
        let now = u, before = u;
        for (let t = 0; t < steps; t++) [now, before] = [step(now, before), now];
        return now;
      });
      return { call: all, args: [input(u)] };
    },
    jax: (jax, [drops], { steps }) => {
      const states = iterated(jax, [drops, drops], [], steps, ({ numpy: np }, now, before) =>
        [now.ref.mul(2).sub(before).add(neighborsInZeros(np, now.ref).sub(now.ref.mul(4)).mul(0.3)), now]);
      return async () => {
        const [surface, before] = await states();
        before.dispose();
        return [surface];
      };
    },
  },
});

const around = wf.stencil((u: wf.Neighbors3) =>
  (u(-1, 0, 0) + u(1, 0, 0) + u(0, -1, 0) + u(0, 1, 0) + u(0, 0, -1) + u(0, 0, 1)) / 6, { border: 'fill' });

export const laplace3d = workload({
  id: 'laplace-3d', group: 'steps', name: 'Laplace, 3 axes',
  sizes: { full: { side: 200, steps: 50 }, small: { side: 19, steps: 5 } },
  size: ({ side, steps }) => `${side} x ${side} x ${side} x ${steps}`,
  tolerance: { largest: 1e-5 },
  // Faces are zero and stay so: beyond them nothing is read.
  inputs({ side }) {
    const cube = randoms(51, [side, side, side]);
    const inside = (i: number) => i > 0 && i < side - 1;
    cube.data.forEach((_, k) => {
      if (!inside(k % side) || !inside(Math.floor(k / side) % side) || !inside(Math.floor(k / side / side))) cube.data[k] = 0;
    });
    return [cube];
  },
  weft: ([u], { steps }) => [wf.iterate(u, steps, (now) => around(now))],
  plainJs([{ data }], { side, steps }) {
    const plane = side * side;
    let now = Float32Array.from(data), next = Float32Array.from(data);
    for (let t = 0; t < steps; t++) {
      for (let z = 1; z < side - 1; z++) {
        for (let y = 1; y < side - 1; y++) {
          for (let x = 1, at = z * plane + y * side + 1; x < side - 1; x++, at++) {
            next[at] = (now[at - 1] + now[at + 1] + now[at - side] + now[at + side] + now[at - plane] + now[at + plane]) / 6;
          }
        }
      }
      [now, next] = [next, now];
    }
    return [now];
  },
  peers: {
    gpuJs({ kernel, pipeline, input }, [u], { side, steps }) {
      const step = kernel(function (this: Thread, u: Cube) {
        const x = this.thread.x, y = this.thread.y, z = this.thread.z, last = this.constants.last;
        let mean = 0;
        if (x > 0 && y > 0 && z > 0 && x < last && y < last && z < last) {
          mean = (u[z - 1][y][x] + u[z + 1][y][x] + u[z][y - 1][x] + u[z][y + 1][x] + u[z][y][x - 1] + u[z][y][x + 1]) / 6;
        }
        return mean;
      }, [side, side, side], { last: side - 1 });
      const all = pipeline((u: unknown) => {
        for (let t = 0; t < steps; t++) u = step(u);
        return u;
      });
      return { call: all, args: [input(u)] };
    },
    jax: (jax, inputs, { side: n, steps }) => iterated(jax, inputs, [], steps, ({ numpy: np }, u) => {
      const at = (...from: readonly number[]) => u.ref.slice(...from.map((f) => [f, n - 2 + f] as [number, number]));
      const sum = at(0, 1, 1).add(at(2, 1, 1)).add(at(1, 0, 1)).add(at(1, 2, 1)).add(at(1, 1, 0)).add(at(1, 1, 2));
      u.dispose();
      return [np.pad(sum.mul(1 / 6), 1)];
    }),
  },
});

const roll = (np: JaxNumpy, u: JaxArray, down: number, right: number): JaxArray => np.roll(u.ref, [down, right], [0, 1]);
const NEAR = [[-1, 0], [1, 0], [0, -1], [0, 1]] as const, FAR = [[-1, -1], [-1, 1], [1, -1], [1, 1]] as const;

export const grayScott = workload({
  ...common, ...fromSample(grayScottSample), id: 'gray-scott', name: 'Gray-Scott',
  sizes: { full: { side: 640, steps: 200 }, small: { side: 64, steps: 9 } },
  tolerance: { largest: 2e-2 },
  peers: {
    gpuJs({ kernel, pipeline, input }, [u, v], { side, steps }) {
      // Both substances with one kernel: `w` is the one that changes.
      type Next = (this: Thread, w: Matrix, u: Matrix, v: Matrix, ...rates: [number, number, number, number]) => number;
      const next = kernel(function (w, u, v, diffusion, eaten, feed, loss) {
        const x = this.thread.x, y = this.thread.y;
        let l = x - 1, r = x + 1, up = y - 1, down = y + 1;
        if (l < 0) l = this.constants.last;
        if (r > this.constants.last) r = 0;
        if (up < 0) up = this.constants.last;
        if (down > this.constants.last) down = 0;
        const spread = 0.2 * (w[up][x] + w[down][x] + w[y][l] + w[y][r]) +
          0.05 * (w[up][l] + w[up][r] + w[down][l] + w[down][r]) - w[y][x];
        return w[y][x] + diffusion * spread + eaten * u[y][x] * v[y][x] * v[y][x] + feed - loss * w[y][x];
      } as Next, [side, side], { last: side - 1 });
      const all = pipeline((u: unknown, v: unknown) => {
        for (let t = 0; t < steps; t++) [u, v] = [next(u, u, v, 1, -1, 0.0367, 0.0367), next(v, u, v, 0.5, 1, 0, 0.1016)];
        return [u, v];
      });
      return { call: all, args: [input(u), input(v)], several: true };
    },
    jax: (jax, inputs, { steps }) => iterated(jax, inputs, [], steps, ({ numpy: np }, u, v) => {
      const spread = (x: JaxArray) => {
        const sum = (cells: typeof NEAR | typeof FAR) => cells.map(([i, j]) => roll(np, x, i, j)).reduce((s, y) => s.add(y));
        return sum(NEAR).mul(0.2).add(sum(FAR).mul(0.05)).sub(x.ref);
      };
      const eaten = u.ref.mul(v.ref).mul(v.ref);
      const nextU = u.ref.add(spread(u)).sub(eaten.ref).add(u.mul(-1).add(1).mul(0.0367));
      return [nextU, v.ref.add(spread(v).mul(0.5)).add(eaten).sub(v.mul(0.1016))];
    }),
  },
});

export const life = workload({
  ...common, ...fromSample(lifeSample), id: 'life', name: 'Game of Life',
  sizes: { full: { side: 1024, steps: 100 }, small: { side: 64, steps: 9 } },
  tolerance: { largest: 1e-5 },
  peers: {
    jax: (jax, inputs, { steps }) => iterated(jax, inputs, [], steps, ({ numpy: np }, cells, glow) => {
      const count = [...NEAR, ...FAR].map(([i, j]) => roll(np, cells, i, j)).reduce((s, y) => s.add(y));
      const next = np.where(np.equal(count.ref, 3), 1, np.where(np.equal(count, 2), cells, 0));
      return [next.ref, np.where(np.equal(next, 1), 1, glow.mul(0.985))];
    }),
  },
});
