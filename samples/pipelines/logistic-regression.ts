import * as wf from '../../src/index.ts';
import { sample } from '../sample.ts';
import { normal, uniform } from './random.ts';

const FEATURES = 10;
const RATE = 2;

export const logisticRegression = sample({
  name: 'logistic-regression',
  title: 'Logistic regression',
  describe: 'Gradient descent on a tall matrix; every step reads it once if the planner sees both products.',
  sizes: { small: { rows: 100_000, steps: 10 }, default: { rows: 1_000_000, steps: 20 } },
  options: { steps: { min: 1, max: 10_000, help: 'steps of gradient descent' } },
  tolerances: [{ largest: 1e-3 }],
  inputs(p) {
    const random = uniform(2);
    const gauss = normal(random);
    const features = Float32Array.from({ length: p.rows * FEATURES }, gauss);
    const labels = new Float32Array(p.rows);
    for (let row = 0; row < p.rows; row++) {
      let score = 0;
      for (let j = 0; j < FEATURES; j++) score += truth(j) * features[row * FEATURES + j]!;
      labels[row] = random() < sigmoid(score) ? 1 : 0;
    }
    return { features: { data: features, shape: [p.rows, FEATURES] }, labels: { data: labels, shape: [p.rows] } };
  },

  weft({ features, labels }, p) {
    const weights = wf.iterate(wf.zeros([FEATURES]), p.steps, (w) => {
      const predicted = wf.ones([]).div(features.matVec(w).neg().exp().add(1));
      const gradient = predicted.sub(labels).vecMat(features);
      return w.sub(gradient.mul(RATE / p.rows));
    });
    return [weights];
  },

  plainJs({ features, labels }, p) {
    const weights = new Float64Array(FEATURES);
    const gradient = new Float64Array(FEATURES);
    for (let t = 0; t < p.steps; t++) {
      gradient.fill(0);
      for (let row = 0, at = 0; row < p.rows; row++, at += FEATURES) {
        let score = 0;
        for (let j = 0; j < FEATURES; j++) score += weights[j]! * features.data[at + j]!;
        const error = sigmoid(score) - labels.data[row]!;
        for (let j = 0; j < FEATURES; j++) gradient[j] = gradient[j]! + error * features.data[at + j]!;
      }
      for (let j = 0; j < FEATURES; j++) weights[j] = weights[j]! - (RATE / p.rows) * gradient[j]!;
    }
    return [Float32Array.from(weights)];
  },

  picture: () => null,

  summary: ([weights]) => `weights ${Array.from(weights!, (w) => w.toFixed(3)).join(' ')}`,
});

/** The weights the labels are drawn with: -0.9, -0.7, ... 0.9. */
function truth(feature: number): number {
  return (2 * feature + 1 - FEATURES) / FEATURES;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
