/** Maps of a few operations: as fast as memory is. */
import { jitted } from '../peers/jax.ts';
import { only, type Thread, type Vector } from '../peers/gpujs.ts';
import { tensor, workload } from '../workload.ts';
import { show } from './data.ts';

/** Reused: plain JS is timed without page faults, as Weft is. */
let reused = new Float32Array();
const outputOf = (count: number): Float32Array => (reused.length === count ? reused : (reused = new Float32Array(count)));

const pair = ({ count }: { count: number }) => [
  tensor(Float32Array.from({ length: count }, (_, k) => (k % 1000) / 500 - 1)),
  tensor(Float32Array.from({ length: count }, (_, k) => (k % 777) / 300)),
];

export const squares = workload({
  id: 'squares', group: 'maps', name: 'a*a + b*b',
  sizes: { full: { count: 4 << 20 }, small: { count: 5000 } },
  size: ({ count }) => `${show(count)} float32`,
  tolerance: { largest: 1e-6 }, goals: { 'plain JS': 4 },
  inputs: pair,
  weft: ([a, b]) => [a.pow(2).add(b.pow(2))],
  plainJs([{ data: a }, { data: b }], { count }) {
    const y = outputOf(count);
    for (let k = 0; k < count; k++) y[k] = a[k] * a[k] + b[k] * b[k];
    return [y];
  },
  peers: {
    gpuJs: ({ kernel }, [a, b], { count }) => only(kernel(function (this: Thread, a: Vector, b: Vector) {
      return a[this.thread.x] * a[this.thread.x] + b[this.thread.x] * b[this.thread.x];
    }, [count]), a.data, b.data),
    jax: jitted((_, a, b) => [a.ref.mul(a).add(b.ref.mul(b))]),
    tfjs: (tf, [a, b]) => [tf.add(tf.square(a), tf.square(b))],
    numpy: (np, [a, b], keep) => [keep(np.add(keep(np.square(a)), keep(np.square(b))))],
  },
});

export const triad = workload({
  id: 'triad', group: 'maps', name: 'a + 2.5*b',
  sizes: { full: { count: 16 << 20 }, small: { count: 5000 } },
  size: ({ count }) => `${show(count)} float32`,
  tolerance: { largest: 1e-6 },
  inputs: pair,
  weft: ([a, b]) => [a.add(b.mul(2.5))],
  plainJs([{ data: a }, { data: b }], { count }) {
    const y = outputOf(count);
    for (let k = 0; k < count; k++) y[k] = a[k] + 2.5 * b[k];
    return [y];
  },
  peers: {
    gpuJs: ({ kernel }, [a, b], { count }) => only(kernel(function (this: Thread, a: Vector, b: Vector) {
      return a[this.thread.x] + 2.5 * b[this.thread.x];
    }, [count]), a.data, b.data),
    jax: jitted((_, a, b) => [a.add(b.mul(2.5))]),
    tfjs: (tf, [a, b]) => [tf.add(a, tf.mul(b, 2.5))],
    numpy: (np, [a, b], keep) => [keep(np.add(a, keep(np.multiply(b, 2.5))))],
  },
});
