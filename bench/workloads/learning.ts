/** Models fitted to many rows by steps that read all of them. */
import { logisticRegression } from '../../samples/pipelines/logistic-regression.ts';
import * as wf from '../../src/index.ts';
import { iterated, type Jax, type JaxArray } from '../peers/jax.ts';
import type { NDArray, Numpy } from '../peers/numpy.ts';
import type { Tf, TfTensor } from '../peers/tfjs.ts';
import { tensor, workload } from '../workload.ts';
import { normals, show } from './data.ts';
import { fromSample } from './sample.ts';

const FEATURES = 10, CLUSTERS = 5;

interface Fit { readonly [name: string]: number; readonly rows: number; readonly steps: number }

const common = {
  group: 'learning' as const,
  sizes: { full: { rows: 1_000_000, steps: 20 }, small: { rows: 3000, steps: 5 } },
  size: ({ rows, steps }: Fit) => `${show(rows)} x ${FEATURES} x ${steps}`,
  tolerance: { largest: 1e-3 },
};

/** Gradient descent on a linear score: peers differ in the link from the score to a prediction. */
const jaxDescent = (rate: number, link: (jax: Jax, score: JaxArray) => JaxArray) =>
  (jax: Jax, inputs: readonly JaxArray[], { rows, steps }: Fit) =>
    iterated(jax, [jax.numpy.zeros([FEATURES])], inputs, steps, (_, w, x, labels) => {
      const error = link(jax, jax.numpy.matmul(x.ref, w.ref)).sub(labels);
      return [w.sub(jax.numpy.matmul(error, x).mul(rate / rows))];
    });

const tfjsDescent = (rate: number, link: (tf: Tf, score: TfTensor) => TfTensor) =>
  (tf: Tf, [x, labels]: readonly TfTensor[], { rows, steps }: Fit) => {
    const y = tf.reshape(labels, [rows, 1]);
    let w: TfTensor = tf.zeros([FEATURES, 1]);
    for (let t = 0; t < steps; t++) {
      w = tf.tidy(() => {
        const error = tf.sub(link(tf, tf.matMul(x, w)), y);
        return tf.sub(w, tf.mul(tf.matMul(x, error, true), rate / rows));
      });
    }
    return [tf.reshape(w, [FEATURES])];
  };

export const logistic = workload({
  ...common, ...fromSample(logisticRegression), id: 'logistic', name: 'logistic regression', goals: { C: 2, Numba: 3 },
  peers: { jax: jaxDescent(2, (jax, score) => jax.nn.sigmoid(score)), tfjs: tfjsDescent(2, (tf, score) => tf.sigmoid(score)) },
});

const RATE = 0.5;

export const linear = workload({
  ...common, id: 'linear', name: 'linear regression',
  inputs({ rows }) {
    const x = normals(61, [rows, FEATURES]), noise = normals(62, [rows]).data;
    const labels = Float32Array.from(noise, (e, row) => {
      let y = 0.1 * e;
      for (let j = 0; j < FEATURES; j++) y += (j / FEATURES - 0.4) * x.data[row * FEATURES + j];
      return y;
    });
    return [x, tensor(labels)];
  },
  weft: ([x, labels], { rows, steps }) => [wf.iterate(wf.zeros([FEATURES]), steps, (w) => {
    const error = x.matVec(w).sub(labels);
    return w.sub(error.vecMat(x).mul(RATE / rows));
  })],
  plainJs([{ data: x }, { data: labels }], { rows, steps }) {
    const weights = new Float64Array(FEATURES), gradient = new Float64Array(FEATURES);
    for (let t = 0; t < steps; t++) {
      gradient.fill(0);
      for (let row = 0, at = 0; row < rows; row++, at += FEATURES) {
        let error = -labels[row];
        for (let j = 0; j < FEATURES; j++) error += weights[j] * x[at + j];
        for (let j = 0; j < FEATURES; j++) gradient[j] += error * x[at + j];
      }
      for (let j = 0; j < FEATURES; j++) weights[j] -= (RATE / rows) * gradient[j];
    }
    return [Float32Array.from(weights)];
  },
  peers: {
    jax: jaxDescent(RATE, (_, score) => score), tfjs: tfjsDescent(RATE, (_, score) => score),
    numpy(np: Numpy, [x, labels], keep, { rows, steps }) {
      const transposed = keep(np.transpose(x));
      let w: NDArray = keep(np.zeros([FEATURES], 'float32'));
      for (let t = 0; t < steps; t++) {
        const error = keep(np.subtract(keep(np.matmul(x, w)), labels));
        w = keep(np.subtract(w, keep(np.multiply(keep(np.matmul(transposed, error)), RATE / rows))));
      }
      return [w];
    },
  },
});

export const kMeans = workload({
  ...common, id: 'k-means', name: 'k-means',
  sizes: { full: { rows: 500_000, steps: 10 }, small: { rows: 3000, steps: 5 } },
  size: ({ rows, steps }) => `${show(rows)} x ${FEATURES}, ${CLUSTERS} clusters, ${steps} steps`,
  // Points around five centres, which the search starts from the first five points.
  inputs({ rows }) {
    const x = normals(63, [rows, FEATURES]), centers = normals(64, [CLUSTERS, FEATURES]).data;
    const centerOf = (k: number): number => centers[(Math.floor(k / FEATURES) % CLUSTERS) * FEATURES + (k % FEATURES)];
    x.data.forEach((value, k) => (x.data[k] = 0.6 * value + 3 * centerOf(k)));
    return [x, tensor(x.data.slice(0, CLUSTERS * FEATURES), [CLUSTERS, FEATURES])];
  },
  weft: ([x, initial], { steps }) => [wf.iterate(initial, steps, (centers) => {
    const nearest = x.expandDims(1).sub(centers).square().sum(2).argMin(1);
    const counts = wf.scatterAdd([CLUSTERS], nearest, wf.ones([]));
    return wf.scatterAdd([CLUSTERS, FEATURES], nearest, x).div(counts.expandDims(1));
  })],
  plainJs([{ data: x }, { data: initial }], { rows, steps }) {
    const centers = Float32Array.from(initial), sums = new Float64Array(initial.length), counts = new Float64Array(CLUSTERS);
    for (let t = 0; t < steps; t++) {
      sums.fill(0);
      counts.fill(0);
      for (let row = 0, at = 0; row < rows; row++, at += FEATURES) {
        let best = 0, nearest = Infinity;
        for (let k = 0; k < CLUSTERS; k++) {
          let distance = 0;
          for (let j = 0; j < FEATURES; j++) distance += (x[at + j] - centers[k * FEATURES + j]) ** 2;
          if (distance < nearest) [nearest, best] = [distance, k];
        }
        counts[best]++;
        for (let j = 0; j < FEATURES; j++) sums[best * FEATURES + j] += x[at + j];
      }
      for (let k = 0; k < centers.length; k++) centers[k] = sums[k] / counts[Math.floor(k / FEATURES)];
    }
    return [centers];
  },
  peers: {
    jax: (jax, [x, initial], { steps }) => iterated(jax, [initial], [x], steps, ({ numpy: np }, centers, x) => {
      const [rows] = x.shape;
      const distances = np.sum(np.square(x.ref.reshape([rows, 1, FEATURES]).sub(centers)), 2);
      const nearest = np.argmin(distances, 1).reshape([rows, 1]);
      const belongs = np.where(np.equal(nearest, np.arange(CLUSTERS)), 1, 0).astype(np.float32);
      const counts = np.sum(belongs.ref, 0).reshape([CLUSTERS, 1]);
      return [np.matmul(belongs.transpose(), x).div(counts)];
    }),
    tfjs(tf, [x, initial], { steps }) {
      let centers = initial;
      for (let t = 0; t < steps; t++) {
        centers = tf.tidy(() => {
          // The square of the point's own length is the same for every centre.
          const distances = tf.sub(tf.sum(tf.square(centers), 1), tf.mul(tf.matMul(x, centers, false, true), 2));
          const belongs = tf.cast(tf.equal(tf.expandDims(tf.argMin(distances, 1), 1), tf.range(0, CLUSTERS, 1, 'int32')), 'float32');
          return tf.div(tf.matMul(belongs, x, true), tf.expandDims(tf.sum(belongs, 0), 1));
        });
      }
      return [centers];
    },
  },
});
