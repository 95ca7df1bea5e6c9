/** Reductions of one long array. */
import { jitted } from '../peers/jax.ts';
import { tensor, workload } from '../workload.ts';
import { randoms, show } from './data.ts';

const sizes = { full: { count: 16 << 20 }, small: { count: 70_000 } };
const thousandths = ({ count }: { count: number }) => [tensor(Float32Array.from({ length: count }, (_, k) => (k % 1000) / 1000))];

export const sum = workload({
  id: 'sum', group: 'reductions', name: 'sum', sizes,
  size: ({ count }) => `${show(count)} float32`,
  // Peers that add 16M floats one after the other are 7e-4 off.
  tolerance: { largest: 1e-3 }, goals: { 'plain JS': 5 },
  inputs: thousandths,
  weft: ([a]) => [a.sum()],
  plainJs([{ data: a }], { count }) {
    let s = 0;
    for (let k = 0; k < count; k++) s += a[k];
    return [[s]];
  },
  peers: {
    jax: jitted(({ numpy: np }, a) => [np.sum(a)]),
    tfjs: (tf, [a]) => [tf.sum(a)],
    numpy: (np, [a], keep) => [keep(np.asarray(np.sum(a)))],
  },
});

export const statistics = workload({
  id: 'statistics', group: 'reductions', name: 'min, max and mean', sizes,
  size: ({ count }) => `${show(count)} float32`,
  tolerance: { largest: 1e-3 },
  inputs: thousandths,
  weft: ([a]) => [a.min(), a.max(), a.mean()],
  plainJs([{ data: a }], { count }) {
    let low = Infinity, high = -Infinity, s = 0;
    for (let k = 0; k < count; k++) {
      s += a[k];
      if (a[k] < low) low = a[k];
      if (a[k] > high) high = a[k];
    }
    return [[low], [high], [s / count]];
  },
  peers: {
    jax: jitted(({ numpy: np }, a) => [np.min(a.ref), np.max(a.ref), np.mean(a)]),
    tfjs: (tf, [a]) => [tf.min(a), tf.max(a), tf.mean(a)],
    numpy: (np, [a], keep) => [np.min(a), np.max(a), np.mean(a)].map((x) => keep(np.asarray(x))),
  },
});

export const pi = workload({
  id: 'pi', group: 'reductions', name: 'pi by Monte Carlo',
  sizes: { full: { count: 8 << 20 }, small: { count: 70_000 } },
  size: ({ count }) => `${show(count)} points`,
  tolerance: { largest: 1e-6 },
  inputs: ({ count }) => [randoms(21, [count]), randoms(22, [count])],
  weft: ([x, y]) => [x.square().add(y.square()).lt(1).asType('float32').mean().mul(4)],
  plainJs([{ data: x }, { data: y }], { count }) {
    let inside = 0;
    for (let k = 0; k < count; k++) if (Math.fround(x[k] * x[k] + y[k] * y[k]) < 1) inside++;
    return [[(4 * inside) / count]];
  },
  peers: {
    jax: jitted(({ numpy: np }, x, y) => [np.mean(np.where(np.less(x.ref.mul(x).add(y.ref.mul(y)), 1), 1, 0)).mul(4)]),
    tfjs: (tf, [x, y]) => [tf.mul(tf.mean(tf.cast(tf.less(tf.add(tf.square(x), tf.square(y)), 1), 'float32')), 4)],
    numpy: (np, [x, y], keep) => {
      const inside = keep(np.less(keep(np.add(keep(np.square(x)), keep(np.square(y)))), 1));
      return [keep(np.asarray((4 * Number(np.count_nonzero(inside))) / x.size))];
    },
  },
});

/** Mean log density of points under three bells at -1, 2 and 5, half a unit wide. */
const LOG = Math.log(1.5), CENTERS = [-1, 2, 5] as const;

export const kernelDensity = workload({
  id: 'kernel-density', group: 'reductions', name: 'kernel density',
  sizes: { full: { count: 4 << 20 }, small: { count: 20_000 } },
  size: ({ count }) => `${show(count)} points`,
  // Sums of 4M floats one after the other are 3e-3 off.
  tolerance: { largest: 5e-3 },
  inputs: ({ count }) => [randoms(23, [count], -3, 8)],
  weft([x]) {
    const [a, b, c] = CENTERS.map((center) => x.sub(center).square().mul(-2));
    const largest = a.maximum(b).maximum(c);
    const total = [a, b, c].map((d) => d.sub(largest).exp()).reduce((s, d) => s.add(d));
    return [largest.sub(LOG).add(total.log()).mean()];
  },
  plainJs([{ data: x }], { count }) {
    let total = 0;
    for (let k = 0; k < count; k++) {
      const a = -2 * (x[k] + 1) ** 2, b = -2 * (x[k] - 2) ** 2, c = -2 * (x[k] - 5) ** 2;
      const largest = Math.max(a, b, c);
      total += largest - LOG + Math.log(Math.exp(a - largest) + Math.exp(b - largest) + Math.exp(c - largest));
    }
    return [[total / count]];
  },
  peers: {
    jax: jitted(({ numpy: np }, x) => {
      const [a, b, c] = CENTERS.map((center) => np.square(x.ref.sub(center)).mul(-2));
      x.dispose();
      const largest = np.maximum(np.maximum(a.ref, b.ref), c.ref);
      const total = [a, b, c].map((d) => np.exp(d.sub(largest.ref))).reduce((s, d) => s.add(d));
      return [np.mean(largest.sub(LOG).add(np.log(total)))];
    }),
    tfjs(tf, [x]) {
      const [a, b, c] = CENTERS.map((center) => tf.mul(tf.square(tf.sub(x, center)), -2));
      const largest = tf.maximum(tf.maximum(a, b), c);
      const total = [a, b, c].map((d) => tf.exp(tf.sub(d, largest))).reduce((s, d) => tf.add(s, d));
      return [tf.mean(tf.add(tf.sub(largest, LOG), tf.log(total)))];
    },
    numpy(np, [x], keep) {
      const [a, b, c] = CENTERS.map((center) => keep(np.multiply(keep(np.square(keep(np.subtract(x, center)))), -2)));
      const largest = keep(np.maximum(keep(np.maximum(a, b)), c));
      const total = [a, b, c].map((d) => keep(np.exp(keep(np.subtract(d, largest))))).reduce((s, d) => keep(np.add(s, d)));
      return [keep(np.asarray(np.mean(keep(np.add(keep(np.subtract(largest, LOG)), keep(np.log(total)))))))];
    },
  },
});
