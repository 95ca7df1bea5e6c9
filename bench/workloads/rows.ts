/** A matrix row by row or column by column: a reduction whose result is used on every element. */
import { normalized, normalizeRows } from '../../samples/pipelines/normalize.ts';
import type { Matrix, Thread, Tools, Vector } from '../peers/gpujs.ts';
import { jitted } from '../peers/jax.ts';
import { workload, type Parameters, type Tensor, type Values } from '../workload.ts';
import { normals, randoms } from './data.ts';
import { fromSample } from './sample.ts';

interface Size { readonly [name: string]: number; readonly rows: number; readonly columns: number }

const common = {
  group: 'rows' as const,
  sizes: { full: { rows: 4000, columns: 1000 }, small: { rows: 60, columns: 77 } },
  size: ({ rows, columns }: Size) => `${rows} x ${columns} float32`,
  tolerance: { largest: 1e-5 },
};

const matrix = ({ rows, columns }: Size): Tensor[] => [randoms(31, [rows, columns], -4, 4)];

/** A function of each row as plain JavaScript. */
const byRow = ({ rows, columns }: Size, each: (out: Float32Array, from: number, to: number) => void): Values[] => {
  const out = new Float32Array(rows * columns);
  for (let from = 0; from < out.length; from += columns) each(out, from, from + columns);
  return [out];
};

/** gpu.js has no reductions: a kernel with a loop for each number of a row, and one that uses them. */
type Loop = (this: Thread, x: Matrix, ...before: never[]) => number;
const rowKernels = ({ kernel }: Tools, { rows, columns }: Parameters, ...loops: Loop[]) =>
  loops.map((f) => kernel(f, [rows], { columns }));

const expression = fromSample(normalizeRows);
export const normalize = workload({
  ...common, ...expression, id: 'normalize', name: 'normalise rows', goals: { 'jax-js wasm': 3 },
  variants: [{ name: 'weft cpu, prange kernel', weft: ([x]) => [normalized(x)] }],
  peers: {
    gpuJs(tools, [x], p) {
      const [scales] = rowKernels(tools, p, function (this: Thread, x: Matrix) {
        let sum = 0;
        for (let j = 0; j < this.constants.columns; j++) sum += x[this.thread.x][j] * x[this.thread.x][j];
        return 1 / Math.sqrt(sum);
      });
      const scaled = tools.kernel(function (this: Thread, x: Matrix, scales: Vector) {
        return x[this.thread.y][this.thread.x] * scales[this.thread.y];
      }, [p.columns, p.rows]);
      return { call: tools.pipeline((x: unknown) => scaled(x, scales(x))), args: [tools.input(x)] };
    },
    jax: jitted(({ numpy: np }, x) => [x.ref.div(np.sqrt(np.sum(x.ref.mul(x), 1, { keepdims: true })))]),
    tfjs: (tf, [x]) => [tf.div(x, tf.sqrt(tf.sum(tf.square(x), 1, true)))],
    numpy: (np, [x], keep) => [keep(np.divide(x, keep(np.sqrt(keep(np.asarray(np.sum(keep(np.square(x)), 1, true)))))))],
  },
});

export const softmax = workload({
  ...common, id: 'softmax', name: 'softmax of rows', inputs: matrix,
  weft([x]) {
    const powers = x.sub(x.max(1, { keepDims: true })).exp();
    return [powers.div(powers.sum(1, { keepDims: true }))];
  },
  plainJs: ([{ data: x }], p) => byRow(p, (out, from, to) => {
    let largest = -Infinity, sum = 0;
    for (let i = from; i < to; i++) if (x[i] > largest) largest = x[i];
    for (let i = from; i < to; i++) sum += out[i] = Math.exp(x[i] - largest);
    for (let i = from; i < to; i++) out[i] /= sum;
  }),
  peers: {
    gpuJs(tools, [x], p) {
      const [largest, sum] = rowKernels(tools, p, function (this: Thread, x: Matrix) {
        let high = x[this.thread.x][0];
        for (let j = 1; j < this.constants.columns; j++) high = Math.max(high, x[this.thread.x][j]);
        return high;
      }, function (this: Thread, x: Matrix, largest: Vector) {
        let sum = 0;
        for (let j = 0; j < this.constants.columns; j++) sum += Math.exp(x[this.thread.x][j] - largest[this.thread.x]);
        return sum;
      } as Loop);
      const scaled = tools.kernel(function (this: Thread, x: Matrix, largest: Vector, sums: Vector) {
        return Math.exp(x[this.thread.y][this.thread.x] - largest[this.thread.y]) / sums[this.thread.y];
      }, [p.columns, p.rows]);
      const all = tools.pipeline((x: unknown) => {
        const high = largest(x);
        return scaled(x, high, sum(x, high));
      });
      return { call: all, args: [tools.input(x)] };
    },
    jax: jitted((jax, x) => [jax.nn.softmax(x, 1)]),
    tfjs: (tf, [x]) => [tf.softmax(x)],
    numpy: (np, [x], keep) => {
      const powers = keep(np.exp(keep(np.subtract(x, keep(np.asarray(np.max(x, 1, true)))))));
      return [keep(np.divide(powers, keep(np.asarray(np.sum(powers, 1, true)))))];
    },
  },
});

export const layerNorm = workload({
  ...common, id: 'layer-norm', name: 'layer norm', tolerance: { largest: 1e-4 },
  inputs: (p) => [...matrix(p), randoms(32, [p.columns], 0.5, 1.5), normals(33, [p.columns])],
  weft([x, gain, bias]) {
    const centered = x.sub(x.mean(1, { keepDims: true }));
    return [centered.div(x.var(1, { keepDims: true }).add(1e-5).sqrt()).mul(gain).add(bias)];
  },
  plainJs: ([{ data: x }, { data: gain }, { data: bias }], p) => byRow(p, (out, from, to) => {
    let sum = 0, squares = 0;
    for (let i = from; i < to; i++) sum += x[i];
    const mean = sum / p.columns;
    for (let i = from; i < to; i++) squares += (x[i] - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / p.columns + 1e-5);
    for (let i = from; i < to; i++) out[i] = (x[i] - mean) * scale * gain[i - from] + bias[i - from];
  }),
  peers: {
    jax: jitted(({ numpy: np }, x, gain, bias) => {
      const centered = x.ref.sub(np.mean(x, 1, { keepdims: true }));
      const variance = np.mean(np.square(centered.ref), 1, { keepdims: true });
      return [centered.div(np.sqrt(variance.add(1e-5))).mul(gain).add(bias)];
    }),
    tfjs(tf, [x, gain, bias]) {
      const { mean, variance } = tf.moments(x, 1, true);
      return [tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), gain), bias)];
    },
    numpy(np, [x, gain, bias], keep) {
      const centered = keep(np.subtract(x, keep(np.asarray(np.mean(x, 1, true)))));
      const variance = keep(np.asarray(np.mean(keep(np.square(centered)), 1, true)));
      const scaled = keep(np.divide(centered, keep(np.sqrt(keep(np.add(variance, 1e-5))))));
      return [keep(np.add(keep(np.multiply(scaled, gain)), bias))];
    },
  },
});

export const zScore = workload({
  ...common, id: 'z-score', name: 'z-score of columns', tolerance: { largest: 1e-4 }, inputs: matrix,
  weft: ([x]) => [x.sub(x.mean(0)).div(x.std(0))],
  plainJs([{ data: x }], { rows, columns }) {
    const mean = new Float64Array(columns), scale = new Float64Array(columns), out = new Float32Array(x.length);
    const each = (f: (at: number, j: number) => void) => {
      for (let row = 0, at = 0; row < rows; row++) for (let j = 0; j < columns; j++, at++) f(at, j);
    };
    each((at, j) => (mean[j] += x[at] / rows));
    each((at, j) => (scale[j] += (x[at] - mean[j]) ** 2));
    for (let j = 0; j < columns; j++) scale[j] = 1 / Math.sqrt(scale[j] / rows);
    each((at, j) => (out[at] = (x[at] - mean[j]) * scale[j]));
    return [out];
  },
  peers: {
    jax: jitted(({ numpy: np }, x) => [x.ref.sub(np.mean(x.ref, 0)).div(np.std(x, 0))]),
    tfjs(tf, [x]) {
      const { mean, variance } = tf.moments(x, 0);
      return [tf.div(tf.sub(x, mean), tf.sqrt(variance))];
    },
    numpy: (np, [x], keep) => {
      const centered = keep(np.subtract(x, keep(np.asarray(np.mean(x, 0)))));
      return [keep(np.divide(centered, keep(np.asarray(np.std(x, 0)))))];
    },
  },
});

