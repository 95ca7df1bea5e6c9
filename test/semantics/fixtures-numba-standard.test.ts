/**
 * Stencils with arrays of standard indexing, which are read by absolute indices and have sizes of their own, against
 * Numba's. The Python kernels are in scripts/fixtures/stencils_inputs.py, under the same names.
 */
import type * as wf from '../../src/index.ts';
import { testStencils } from '../support/numba-stencils.ts';

const oneAxis = {
  threeTaps: (u: wf.Neighbors1, w: wf.Vec) => u(-1) * w[0] + u(0) * w[1] + u(1) * w[2],
  loopOfTaps: (u: wf.Neighbors1, w: wf.Vec) => {
    let acc = 0;
    for (let i = -2; i <= 2; i++) acc += u(i) * w[i + 2];
    return acc;
  },
  tapsByLength: (u: wf.Neighbors1, w: wf.Vec) => {
    let acc = 0;
    for (let i = 0; i < w.shape[0]; i++) acc += u(i) * w[i];
    return acc;
  },
  lookUp: (u: wf.Neighbors1, table: wf.Vec, last: number) => table[Math.min(u(0), last)] - table[Math.min(u(-1), last)],
  farIndexWidensNothing: (u: wf.Neighbors1, w: wf.Vec) => u(1) * w[20] + w[31],
  deadStandardRead: (u: wf.Neighbors1, w: wf.Vec) => {
    const [dead, alive] = [w[9], u(-1)];
    return alive > 1e30 ? dead : alive + u(0);
  },
  twoTables: (u: wf.Neighbors1, a: wf.Vec, b: wf.Vec) => {
    let acc = 0;
    for (let i = 0; i < 5; i++) {
      if (u(i - 2) > 0) acc += a[i] * u(i - 2);
      else acc += b[i] * u(i - 2);
    }
    return acc;
  },
  polynomial: (u: wf.Neighbors1, c: wf.Vec) => {
    let acc = 0;
    for (let i = 0; i < c.length; i++) acc = acc * u(0) + c[i];
    return acc;
  },
  binOf: (u: wf.Neighbors1, edges: wf.Vec) => {
    const x = u(1) - 3;
    let k = 0;
    while (k < edges.length) {
      if (edges[k] > x) break;
      k++;
    }
    return k;
  },
  planeBesideLine: (u: wf.Neighbors1, m: wf.Mat) => u(-1) * m[0][2] + u(0) * m[1][1] + u(1) * m[2][0],
  follows: (u: wf.Neighbors1, pattern: wf.Vec) => {
    for (let i = -2; i < 2; i++) {
      if ((u(i + 1) > u(i)) !== (pattern[i + 3] > pattern[i + 2])) return false;
    }
    return true;
  },
  softWeights: (u: wf.Neighbors1, w: wf.Vec) => {
    const total = Math.exp(w[0]) + Math.exp(w[1]) + Math.exp(w[2]);
    return (Math.exp(w[0]) * u(-1) + Math.exp(w[1]) * u(0) + Math.exp(w[2]) * u(1)) / total;
  },
};

const moreAxes = {
  convolve3: (u: wf.Neighbors2, w: wf.Mat) => {
    let acc = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) acc += u(i, j) * w[1 - i][1 - j];
    }
    return acc;
  },
  windowByShape: (u: wf.Neighbors2, w: wf.Mat) => {
    let acc = 0;
    for (let i = 0; i < w.shape[0]; i++) {
      for (let j = 0; j < w.shape[1]; j++) acc += w[i][j] * u(i, j);
    }
    return acc;
  },
  vectorBesidePlane: (u: wf.Neighbors2, row: wf.Vec) => u(0, -1) * row[0] + u(0, 1) * row[6],
  colorOfLabel: (u: wf.Neighbors2, palette: wf.Mat, channel: number) => palette[u(0, 0)][channel] - palette[u(0, 1)][channel],
  rowsOfTwo: (u: wf.Neighbors2, v: wf.Neighbors2, w: wf.Vec) => {
    let acc = 0;
    for (let j = -2; j <= 2; j++) acc += w[j + 2] * (u(-1, j) - v(1, j));
    return acc;
  },
  convolve2x2x2: (u: wf.Neighbors3, w: wf.Tensor3) => {
    let acc = 0;
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 2; j++) {
        for (let k = 0; k < 2; k++) acc += u(i, j - 1, k) * w[i][j][k];
      }
    }
    return acc;
  },
};

testStencils({
  title: 'stencils with standard indexing, against Numba',
  file: 'numba-standard.json',
  kernels: { ...oneAxis, ...moreAxes },
  integers: ['threeTaps'],
});
