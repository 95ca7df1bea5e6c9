/** What every body does to every other: a map over pairs and three sums over it. */
import type { Kernel, Thread, Vector } from '../peers/gpujs.ts';
import { jitted } from '../peers/jax.ts';
import { workload } from '../workload.ts';
import { randoms } from './data.ts';

const SOFTENING = 0.01;

export const nBody = workload({
  id: 'n-body', group: 'reductions', name: 'n-body accelerations',
  sizes: { full: { bodies: 4096 }, small: { bodies: 150 } },
  size: ({ bodies }) => `${bodies} bodies`,
  tolerance: { largest: 1e-4 },
  inputs: ({ bodies }) => [71, 72, 73].map((seed) => randoms(seed, [bodies], -1, 1)).concat(randoms(74, [bodies])),
  weft([x, y, z, mass]) {
    const between = [x, y, z].map((c) => c.sub(c.expandDims(1)));
    const [dx, dy, dz] = between;
    const distance = dx.square().add(dy.square()).add(dz.square()).add(SOFTENING).sqrt();
    const pull = mass.div(distance.mul(distance).mul(distance));
    return between.map((d) => d.mul(pull).sum(1));
  },
  plainJs([{ data: x }, { data: y }, { data: z }, { data: mass }], { bodies }) {
    const [ax, ay, az] = [0, 1, 2].map(() => new Float32Array(bodies));
    for (let i = 0; i < bodies; i++) {
      let sx = 0, sy = 0, sz = 0;
      for (let j = 0; j < bodies; j++) {
        const dx = x[j] - x[i], dy = y[j] - y[i], dz = z[j] - z[i];
        const square = dx * dx + dy * dy + dz * dz + SOFTENING;
        const pull = mass[j] / (square * Math.sqrt(square));
        sx += dx * pull;
        sy += dy * pull;
        sz += dz * pull;
      }
      ax[i] = sx;
      ay[i] = sy;
      az[i] = sz;
    }
    return [ax, ay, az];
  },
  peers: {
    // A kernel of gpu.js has one number for each thread: one for each axis, with the axis first among its arguments.
    gpuJs({ kernel, pipeline }, [x, y, z, mass], { bodies }) {
      const along: Kernel = kernel(function (this: Thread, c: Vector, x: Vector, y: Vector, z: Vector, mass: Vector) {
        const i = this.thread.x;
        let sum = 0;
        for (let j = 0; j < this.constants.bodies; j++) {
          const dx = x[j] - x[i], dy = y[j] - y[i], dz = z[j] - z[i];
          const square = dx * dx + dy * dy + dz * dz + 0.01;
          sum += (c[j] - c[i]) * mass[j] / (square * Math.sqrt(square));
        }
        return sum;
      }, [bodies], { bodies });
      const all = pipeline((x: unknown, y: unknown, z: unknown, m: unknown) => [x, y, z].map((c) => along(c, x, y, z, m)));
      return { call: all, args: [x, y, z, mass].map(({ data }) => data), several: true };
    },
    jax: jitted(({ numpy: np }, x, y, z, mass) => {
      const between = [x, y, z].map((c) => c.ref.sub(c.reshape([c.shape[0], 1])));
      const distance = np.sqrt(between.map((d) => d.ref.mul(d.ref)).reduce((s, d) => s.add(d)).add(SOFTENING));
      const pull = mass.div(distance.ref.mul(distance.ref).mul(distance));
      const sums = between.map((d) => np.sum(d.mul(pull.ref), 1));
      pull.dispose();
      return sums;
    }),
    tfjs(tf, [x, y, z, mass]) {
      const between = [x, y, z].map((c) => tf.sub(c, tf.expandDims(c, 1)));
      const distance = tf.sqrt(tf.add(between.map((d) => tf.square(d)).reduce((s, d) => tf.add(s, d)), SOFTENING));
      const pull = tf.div(mass, tf.mul(tf.square(distance), distance));
      return between.map((d) => tf.sum(tf.mul(d, pull), 1));
    },
  },
});
