/** Kernels with prange against Numba's. The Python functions are in scripts/fixtures/pranges.py, under the same names. */
import * as wf from '../../src/index.ts';
import { dtypesOf, plainPrange, testUfuncs } from '../support/numba-ufuncs.ts';

const reductions = {
  total: (x: wf.Vec) => {
    let acc = 0;
    for (const i of wf.prange(x.length)) acc += x[i];
    return acc;
  },
  productOfAll: (x: wf.Vec) => {
    let acc = 1;
    for (const i of wf.prange(x.length)) acc *= x[i];
    return acc;
  },
  largest: (x: wf.Vec) => {
    let best = x[0];
    for (const i of wf.prange(x.length)) best = Math.max(best, x[i]);
    return best;
  },
  smallestMagnitude: (x: wf.Mat) => {
    let best = Math.abs(x[0][0]);
    for (const i of wf.prange(x.shape[0])) {
      for (let j = 0; j < x.shape[1]; j++) best = Math.min(best, Math.abs(x[i][j]));
    }
    return best;
  },
  countAbove: (x: wf.Vec, limit: number) => {
    let n = 0;
    for (const i of wf.prange(x.shape[0])) {
      if (x[i] > limit) n += 1;
    }
    return n;
  },
  meanAndVariance: (x: wf.Vec) => {
    const n = x.length;
    let mean = 0;
    for (const i of wf.prange(n)) mean += x[i];
    mean /= n;
    let variance = 0;
    for (const i of wf.prange(n)) variance += (x[i] - mean) ** 2;
    return [mean, variance / (n - 1)];
  },
  dotProduct: (a: wf.Vec, b: wf.Vec) => {
    let acc = 0;
    for (const i of wf.prange(a.length)) acc += a[i] * b[i];
    return acc;
  },
  histogram: (x: wf.Vec, out: wf.MutVec) => {
    const counts = [0, 0, 0, 0, 0, 0];
    for (const i of wf.prange(x.length)) counts[x[i]] += 1;
    for (let k = 0; k < 6; k++) out[k] = counts[k];
  },
  columnSums: (x: wf.Mat, out: wf.MutVec) => {
    const acc = [0, 0, 0, 0, 0];
    for (const i of wf.prange(x.shape[0])) {
      for (let j = 0; j < 5; j++) acc[j] += x[i][j];
    }
    for (let j = 0; j < 5; j++) out[j] = acc[j];
  },
};

const writers = {
  normalizeRows: (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      let acc = 0;
      for (let j = 0; j < x.shape[1]; j++) acc += x[i][j] ** 2;
      const norm = Math.sqrt(acc);
      for (let j = 0; j < x.shape[1]; j++) out[i][j] = x[i][j] / norm;
    }
  },
  rowSums: (x: wf.Mat, out: wf.MutVec) => {
    for (const i of wf.prange(x.shape[0])) {
      let acc = 0;
      for (let j = 0; j < x.shape[1]; j++) acc += x[i][j];
      out[i] = acc;
    }
  },
  transposed: (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      for (let j = 0; j < x.shape[1]; j++) out[j][i] = 2 * x[i][j];
    }
  },
  lowerTriangle: (x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      for (let j = 0; j <= i; j++) out[i][j] = x[i][j];
    }
  },
  matmul: (a: wf.Mat, b: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(out.shape[0])) {
      for (let j = 0; j < out.shape[1]; j++) {
        let acc = 0;
        for (let k = 0; k < b.shape[0]; k++) acc += a[i][k] * b[k][j];
        out[i][j] = acc;
      }
    }
  },
  pairDistances: (a: wf.Mat, b: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(a.shape[0])) {
      for (let j = 0; j < b.shape[0]; j++) {
        let acc = 0;
        for (let k = 0; k < a.shape[1]; k++) {
          const d = a[i][k] - b[j][k];
          acc += d * d;
        }
        out[i][j] = Math.sqrt(acc);
      }
    }
  },
  nearest: (points: wf.Mat, centers: wf.Mat, label: wf.MutVec, square: wf.MutVec) => {
    for (const i of wf.prange(points.shape[0])) {
      let best = Infinity;
      let where = -1;
      for (let c = 0; c < centers.shape[0]; c++) {
        let acc = 0;
        for (let k = 0; k < points.shape[1]; k++) {
          const d = points[i][k] - centers[c][k];
          acc += d * d;
          if (acc > best) break;
        }
        if (acc < best) {
          best = acc;
          where = c;
        }
      }
      label[i] = where;
      square[i] = best;
    }
  },
  escapeImage: (re: wf.Vec, height: number, out: wf.MutMat) => {
    for (const i of wf.prange(out.shape[0])) {
      for (let j = 0; j < out.shape[1]; j++) {
        const ci = height * (j / 4 - 0.625);
        let x = 0, y = 0, n = 0;
        while (n < 16 && x * x + y * y <= 4) {
          const t = x * x - y * y + re[i];
          y = 2 * x * y + ci;
          x = t;
          n++;
        }
        out[i][j] = n;
      }
    }
  },
  logisticGradient: (x: wf.Mat, w: wf.Vec, y: wf.Vec, out: wf.MutVec) => {
    const n = x.shape[0];
    for (const j of wf.prange(x.shape[1])) {
      let acc = 0;
      for (let i = 0; i < n; i++) {
        let z = 0;
        for (let k = 0; k < w.length; k++) z += x[i][k] * w[k];
        acc += (1 / (1 + Math.exp(-z)) - y[i]) * x[i][j];
      }
      out[j] = acc / n;
    }
  },
  rolledRows: (x: wf.Mat, by: number, out: wf.MutMat) => {
    const n = x.shape[1];
    for (const i of wf.prange(x.shape[0])) {
      for (let j = 0; j < n; j++) out[i][(j + by) % n] = x[i][j];
    }
  },
  accumulatesInPlace: (x: wf.Vec, out: wf.MutVec) => {
    for (const i of wf.prange(x.length)) {
      for (let k = 0; k < 3; k++) {
        if (k > i) continue;
        out[i] += x[i - k] * (k + 1);
      }
    }
  },
};

/** Output arrays are given as zeros, after the inputs; results are the outputs, then what the kernel returns. */
testUfuncs({
  title: 'prange against Numba',
  file: 'numba-prange.json',
  group: 'kernels',
  kernels: { ...reductions, ...writers },
  plain: plainPrange,
  weft: (kernel, c, args) => {
    const results = c.results.slice(0, c.outputs);
    const dtypes = dtypesOf(results, args);
    const outs = results.map(({ shape }, k) => wf.zeros(shape, { dtype: dtypes[k] }));
    return [wf.kernel(kernel)(...args, ...outs)].flat();
  },
});
