/** Counts, indices, scans and sorting. */
import * as wf from '../../src/index.ts';
import { jitted } from '../peers/jax.ts';
import type { NDArray } from '../peers/numpy.ts';
import { tensor, workload } from '../workload.ts';
import { randomIndices, randoms, show } from './data.ts';

const exact = { largest: 0 };

interface Count { readonly [name: string]: number; readonly count: number }
const common = {
  group: 'order' as const,
  sizes: { full: { count: 4 << 20 }, small: { count: 9000 } },
  size: ({ count }: Count) => `${show(count)} float32`,
};
const sizes = { full: { count: 1 << 20 }, small: { count: 9000 } };

const BINS = 256;

export const histogram = workload({
  ...common, id: 'histogram', name: `histogram, ${BINS} bins`,
  // An element next to an edge may fall to either side.
  tolerance: { largest: 1e-3 },
  inputs: ({ count }) => [randoms(91, [count])],
  weft: ([x]) => [wf.histogram(x, BINS, { range: [0, 1] })[0]],
  plainJs([{ data: x }], { count }) {
    const counts = new Int32Array(BINS);
    for (let k = 0; k < count; k++) counts[Math.min(BINS - 1, Math.floor(x[k] * BINS))]++;
    return [counts];
  },
  peers: {
    tfjs: (tf, [x]) => [tf.bincount(tf.cast(tf.mul(x, BINS), 'int32') as never, tf.tensor1d([]), BINS)],
    numpy: (np, [x], keep) => np.histogram(x, BINS, [0, 1]).map((y) => keep(y as NDArray)).slice(0, 1),
  },
});

export const cumSum = workload({
  ...common, id: 'cum-sum', name: 'cumulative sum',
  // All sums are whole numbers below 2^24: exact in any order.
  tolerance: { largest: 1e-6 },
  inputs: ({ count }) => [tensor(Float32Array.from({ length: count }, (_, k) => (k * 7919) % 7))],
  weft: ([x]) => [x.cumSum()],
  plainJs([{ data: x }], { count }) {
    const y = new Float32Array(count);
    for (let k = 0, s = 0; k < count; k++) y[k] = s += x[k];
    return [y];
  },
  peers: {
    tfjs: (tf, [x]) => [tf.cumsum(x)],
    numpy: (np, [x], keep) => [keep(np.cumsum(x))],
  },
});

export const take = workload({
  ...common, id: 'take', name: 'elements at random indices', tolerance: exact,
  inputs: ({ count }) => [randoms(92, [count]), randomIndices(93, count, count)],
  weft: ([x, at]) => [x.take(at)],
  plainJs([{ data: x }, { data: at }], { count }) {
    const y = new Float32Array(count);
    for (let k = 0; k < count; k++) y[k] = x[at[k]];
    return [y];
  },
  peers: {
    jax: jitted((_, x, at) => [x.slice(at)]),
    tfjs: (tf, [x, at]) => [tf.gather(x, at as never)],
    numpy: (np, [x, at], keep) => [keep(np.take(x, at as never))],
  },
});

export const scatterAdd = workload({
  ...common, id: 'scatter-add', name: 'additions at random indices', tolerance: { largest: 1e-4 },
  sizes: { full: { count: 4 << 20, slots: 1 << 14 }, small: { count: 9000, slots: 100 } },
  size: ({ count, slots }) => `${show(count)} into ${show(slots)}`,
  inputs: ({ count, slots }) => [randomIndices(94, count, slots), randoms(95, [count])],
  weft: ([at, x], { slots }) => [wf.scatterAdd([slots], at, x)],
  plainJs([{ data: at }, { data: x }], { count, slots }) {
    const y = new Float64Array(slots);
    for (let k = 0; k < count; k++) y[at[k]] += x[k];
    return [Float32Array.from(y)];
  },
  peers: {
    tfjs: (tf, [at, x], { slots }) => [tf.bincount(at as never, x as never, slots)],
    // numpy-ts 1.7 is left out: its bincount adds to what it finds in memory that was used before.
  },
});

export const sort = workload({
  ...common, id: 'sort', name: 'sort', sizes, tolerance: exact,
  inputs: ({ count }) => [randoms(96, [count])],
  weft: ([x]) => [x.sort()],
  plainJs: ([{ data }]) => [data.slice().sort()],
  peers: { jax: jitted(({ numpy: np }, x) => [np.sort(x)]), numpy: (np, [x], keep) => [keep(np.sort(x))] },
});

export const argSort = workload({
  ...common, id: 'arg-sort', name: 'arg sort', sizes, tolerance: exact,
  // All elements differ: then there is one answer.
  inputs: ({ count }) => [tensor(Float32Array.from({ length: count }, (_, k) => Math.imul(k, 0x9e3779b1) & 0xffffff))],
  weft: ([x]) => [x.argSort()],
  plainJs: ([{ data }], { count }) => [Int32Array.from({ length: count }, (_, k) => k).sort((i, j) => data[i] - data[j])],
  peers: { jax: jitted(({ numpy: np }, x) => [np.argsort(x)]), numpy: (np, [x], keep) => [keep(np.argsort(x))] },
});

export const unique = workload({
  ...common, id: 'unique', name: 'unique', sizes, tolerance: exact,
  size: ({ count }) => `${show(count)} int32, 10,000 different`,
  inputs: ({ count }) => [randomIndices(97, count, 10_000)],
  weft: async ([x]) => [await wf.unique(x, { target: 'cpu' })],
  plainJs: ([{ data }]) => [Int32Array.from(new Set(data)).sort()],
  peers: { numpy: (np, [x], keep) => [keep(np.unique_values(x) as NDArray)] },
});
