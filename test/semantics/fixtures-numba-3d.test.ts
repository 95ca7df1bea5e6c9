/** Stencils over three axes against Numba's. The Python kernels are in scripts/fixtures/stencils_3d.py, under the same names. */
import type * as wf from '../../src/index.ts';
import { testStencils } from '../support/numba-stencils.ts';

const AXIS_WEIGHTS = [1, 0.5, 0.25];

const inferred = {
  laplace3: (u: wf.Neighbors3) =>
    u(-1, 0, 0) + u(1, 0, 0) + u(0, -1, 0) + u(0, 1, 0) + u(0, 0, -1) + u(0, 0, 1) - 6 * u(0, 0, 0),
  skew: (u: wf.Neighbors3) => u(0, 1, -2) - u(-1, 0, 0) * u(1, -1, 1),
  alongDepth: (u: wf.Neighbors3) => u(-1, 0, 0) - 2 * u(2, 0, 0),
  steepness: (u: wf.Neighbors3) => {
    const gx = u(0, 0, 1) - u(0, 0, -1);
    const gy = u(0, 1, 0) - u(0, -1, 0);
    const gz = u(1, 0, 0) - u(-1, 0, 0);
    return Math.sqrt(gx * gx + gy * gy + gz * gz) / 2;
  },
  midpoint: (u: wf.Neighbors3) => {
    const front = (u(0, 0, 0) + u(0, 0, 1) + u(0, 1, 0) + u(0, 1, 1)) * 0.25;
    const back = (u(1, 0, 0) + u(1, 0, 1) + u(1, 1, 0) + u(1, 1, 1)) * 0.25;
    return (front + back) * 0.5;
  },
  deadCorner3: (u: wf.Neighbors3) => {
    u(-1, 2, 1);
    return u(0, 0, 0) - 1;
  },
  nanShell: (u: wf.Neighbors3) => u(0, 0, -1) + u(0, 1, 0) + u(1, 0, 0),
  isSaddle: (u: wf.Neighbors3) => {
    const alongZ = u(0, 0, 0) > u(-1, 0, 0) && u(0, 0, 0) > u(1, 0, 0);
    const alongX = u(0, 0, 0) < u(0, 0, -1) && u(0, 0, 0) < u(0, 0, 1);
    return (alongZ && alongX) || u(0, 0, 0) === 0;
  },
  weightedAxes: (u: wf.Neighbors3) => {
    const centre = u(0, 0, 0);
    let acc = AXIS_WEIGHTS[0] * (u(-1, 0, 0) - 2 * centre + u(1, 0, 0));
    acc += AXIS_WEIGHTS[1] * (u(0, -1, 0) - 2 * centre + u(0, 1, 0));
    acc += AXIS_WEIGHTS[2] * (u(0, 0, -1) - 2 * centre + u(0, 0, 1));
    return acc;
  },
  clampedFlux: (u: wf.Neighbors3) => {
    let flux = u(1, 0, 0) - u(0, 0, 0);
    if (flux > 2) {
      flux = 2;
    } else if (flux < -2) {
      flux = -2;
    }
    return flux + 0.5 * u(0, 0, 1);
  },
};

const declared = {
  boxSum3: (u: wf.Neighbors3) => {
    let acc = 0;
    for (let i = -1; i <= 0; i++) {
      for (let j = -1; j <= 1; j++) {
        for (let k = 0; k < 3; k++) acc += u(i, j, k);
      }
    }
    return acc;
  },
  aheadOnAll: (u: wf.Neighbors3) => {
    let acc = 0;
    for (let i = 1; i < 3; i++) for (let k = 1; k < 4; k++) acc += u(i, 1, k);
    return acc;
  },
  behindOnAll: (u: wf.Neighbors3) => u(-2, -1, -2) + u(-1, -1, -2),
  mean27: (u: wf.Neighbors3) => {
    let acc = 0;
    for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) for (let k = -1; k <= 1; k++) acc += u(i, j, k);
    return acc / 27;
  },
  maxPool3: (u: wf.Neighbors3) => {
    let best = u(0, 0, 0);
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 2; j++) {
        for (let k = 0; k < 2; k++) {
          if (u(i, j, k) > best) best = u(i, j, k);
        }
      }
    }
    return best;
  },
  life3: (u: wf.Neighbors3) => {
    let n = 0;
    for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) for (let k = -1; k <= 1; k++) n += u(i, j, k);
    n -= u(0, 0, 0);
    if (u(0, 0, 0) === 1) {
      if (n < 9) return 0;
      return 1;
    }
    return n === 13 ? 1 : 0;
  },
  anySet: (u: wf.Neighbors3) => {
    for (let i = -1; i <= 0; i++) {
      for (let j = -1; j <= 0; j++) {
        for (let k = 0; k <= 1; k++) {
          if (u(i, j, k)) return true;
        }
      }
    }
    return false;
  },
  median7: (u: wf.Neighbors3) => {
    const w = [0, 0, 0, 0, 0, 0, 0];
    let n = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        for (let k = -1; k <= 1; k++) {
          if (Math.abs(i) + Math.abs(j) + Math.abs(k) > 1) continue;
          const v = u(i, j, k);
          let m = n;
          while (m > 0 && w[m - 1] > v) {
            w[m] = w[m - 1];
            m--;
          }
          w[m] = v;
          n++;
        }
      }
    }
    return w[3];
  },
  depthOfNegative: (u: wf.Neighbors3) => {
    let depth = 0;
    while (depth < 3) {
      let low = u(depth, 0, 0);
      for (let j = 0; j < 2; j++) {
        for (let k = 0; k < 2; k++) low = Math.min(low, u(depth, j, k));
      }
      if (low < -6) break;
      depth++;
    }
    return depth;
  },
};

testStencils({
  title: 'stencils over three axes, against Numba',
  file: 'numba-3d.json',
  kernels: { ...inferred, ...declared },
  constants: { AXIS_WEIGHTS },
  integers: ['laplace3', 'skew', 'alongDepth', 'deadCorner3', 'maxPool3'],
});
