/** guvectorize against Numba's. The Python kernels are in scripts/fixtures/gufuncs.py, under the same names. */
import * as wf from '../../src/index.ts';
import { dtypesOf, plainGuvectorize, testUfuncs } from '../support/numba-ufuncs.ts';

const gufuncs = {
  runningSum: (x: wf.Vec, out: wf.MutVec) => {
    let acc = 0;
    for (let i = 0; i < x.shape[0]; i++) {
      acc += x[i];
      out[i] = acc;
    }
  },
  unit: (x: wf.Vec, out: wf.MutVec) => {
    let acc = 0;
    for (let i = 0; i < x.length; i++) acc += x[i] ** 2;
    const norm = Math.sqrt(acc);
    for (let i = 0; i < x.length; i++) out[i] = x[i] / norm;
  },
  softmax: (x: wf.Vec, out: wf.MutVec) => {
    let top = x[0];
    for (let i = 1; i < x.length; i++) top = Math.max(top, x[i]);
    let total = 0;
    for (let i = 0; i < x.length; i++) {
      out[i] = Math.exp(x[i] - top);
      total += out[i];
    }
    for (let i = 0; i < x.length; i++) out[i] /= total;
  },
  insertionSort: (x: wf.Vec, out: wf.MutVec) => {
    for (let i = 0; i < x.length; i++) {
      const v = x[i];
      let j = i;
      while (j > 0 && out[j - 1] > v) {
        out[j] = out[j - 1];
        j--;
      }
      out[j] = v;
    }
  },
  reversed: (x: wf.Vec, out: wf.MutVec) => {
    const n = x.shape[0];
    for (let i = 0; i < n; i++) out[n - 1 - i] = x[i];
  },
  matvec: (a: wf.Mat, b: wf.Vec, out: wf.MutVec) => {
    for (let i = 0; i < a.shape[0]; i++) {
      let acc = 0;
      for (let j = 0; j < a.shape[1]; j++) acc += a[i][j] * b[j];
      out[i] = acc;
    }
  },
  matmul: (a: wf.Mat, b: wf.Mat, out: wf.MutMat) => {
    for (let i = 0; i < out.shape[0]; i++) {
      for (let j = 0; j < out.shape[1]; j++) {
        let acc = 0;
        for (let k = 0; k < a.shape[1]; k++) acc += a[i][k] * b[k][j];
        out[i][j] = acc;
      }
    }
  },
  rowArgMax: (a: wf.Mat, out: wf.MutVec) => {
    for (let i = 0; i < a.shape[0]; i++) {
      let best = 0;
      for (let j = 1; j < a.shape[1]; j++) {
        if (a[i][j] > a[i][best]) best = j;
      }
      out[i] = best;
    }
  },
  dot: (a: wf.Vec, b: wf.Vec, out: wf.MutVec) => {
    let acc = 0;
    for (let i = 0; i < a.length; i++) acc += a[i] * b[i];
    out[0] = acc;
  },
  distance: (a: wf.Vec, b: wf.Vec, out: wf.MutVec) => {
    let acc = 0;
    for (let i = 0; i < a.length; i++) {
      const d = a[i] - b[i];
      acc += d * d;
    }
    out[0] = Math.sqrt(acc);
  },
  horner: (x: number, c: wf.Vec, out: wf.MutVec) => {
    let acc = 0;
    for (let k = 0; k < c.length; k++) acc = acc * x + c[k];
    out[0] = acc;
  },
  insertPosition: (key: number, x: wf.Vec, out: wf.MutVec) => {
    let low = 0;
    let high = x.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x[middle] < key) low = middle + 1;
      else high = middle;
    }
    out[0] = low;
  },
  movingMean: (x: wf.Vec, width: number, out: wf.MutVec) => {
    let acc = 0;
    for (let i = 0; i < x.length; i++) {
      acc += x[i];
      if (i >= width) acc -= x[i - width];
      out[i] = acc / Math.min(i + 1, width);
    }
  },
  plusScalar: (x: wf.Vec, y: number, out: wf.MutVec) => {
    for (let i = 0; i < x.shape[0]; i++) out[i] = x[i] + y;
  },
  outerProduct: (a: wf.Vec, b: wf.Vec, out: wf.MutMat) => {
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j < b.length; j++) out[i][j] = a[i] * b[j];
    }
  },
  extremes: (x: wf.Vec, low: wf.MutVec, high: wf.MutVec) => {
    low[0] = x[0];
    high[0] = x[0];
    for (let i = 1; i < x.length; i++) {
      if (x[i] < low[0]) low[0] = x[i];
      if (x[i] > high[0]) high[0] = x[i];
    }
  },
  trace: (a: wf.Mat, out: wf.MutVec) => {
    let acc = 0;
    for (let i = 0; i < a.length; i++) acc += a[i][i];
    out[0] = acc;
  },
  interpolate: (x: number, xs: wf.Vec, ys: wf.Vec, out: wf.MutVec) => {
    const n = xs.length;
    if (x <= xs[0]) {
      out[0] = ys[0];
      return;
    }
    for (let i = 1; i < n; i++) {
      if (x <= xs[i]) {
        const t = (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
        out[0] = ys[i - 1] + t * (ys[i] - ys[i - 1]);
        return;
      }
    }
    out[0] = ys[n - 1];
  },
  forwardSubstitution: (a: wf.Mat, b: wf.Vec, out: wf.MutVec) => {
    for (let i = 0; i < b.length; i++) {
      let acc = b[i];
      for (let j = 0; j < i; j++) acc -= a[i][j] * out[j];
      out[i] = acc / a[i][i];
    }
  },
  isSorted: (x: wf.Vec, out: wf.MutVec) => {
    out[0] = 1;
    for (let i = 1; i < x.length; i++) {
      if (x[i] < x[i - 1]) {
        out[0] = 0;
        break;
      }
    }
  },
};

testUfuncs({
  title: 'guvectorize against Numba',
  file: 'numba-ufuncs.json',
  group: 'guvectorize',
  kernels: gufuncs,
  plain: plainGuvectorize,
  weft: (kernel, c, args) => [wf.guvectorize(c.layout ?? '', kernel, { dtype: dtypesOf(c.results, args) })(...args)].flat(),
});
