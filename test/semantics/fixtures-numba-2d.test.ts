/** Stencils over two axes against Numba's. The Python kernels are in scripts/fixtures/stencils_2d.py, under the same names. */
import type * as wf from '../../src/index.ts';
import { testStencils } from '../support/numba-stencils.ts';

const N = 2, GAMMA = 2.2;

const inferred = {
  laplace: (u: wf.Neighbors2) => u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0),
  sobel: (u: wf.Neighbors2) => u(-1, 1) + 2 * u(0, 1) + u(1, 1) - u(-1, -1) - 2 * u(0, -1) - u(1, -1),
  slope: (u: wf.Neighbors2) => {
    const gx = (u(0, 1) - u(0, -1)) / 2;
    const gy = (u(1, 0) - u(-1, 0)) / 2;
    return Math.sqrt(gx * gx + gy * gy);
  },
  roberts: (u: wf.Neighbors2) => Math.abs(u(0, 0) - u(1, 1)) + Math.abs(u(0, 1) - u(1, 0)),
  diagonal: (u: wf.Neighbors2) => u(-2, 1) + u(0, 0) * u(1, -3),
  alongRow: (u: wf.Neighbors2) => u(0, -2) + u(0, 2),
  alongColumn: (u: wf.Neighbors2) => u(-1, 0) * 2 + u(2, 0),
  direction: (u: wf.Neighbors2) => Math.atan2(u(1, 0) - u(-1, 0), u(0, 1) - u(0, -1)),
  knightMoves: (u: wf.Neighbors2) => u(-2, -1) - u(-2, 1) + u(-1, 2) - u(1, -2) + u(2, 1),
};

const borders = {
  deadCorner: (u: wf.Neighbors2) => {
    u(2, -1);
    return u(0, 0) * 2;
  },
  deadRow: (u: wf.Neighbors2) => {
    if (u(0, 0) < -1000) return u(-2, 0);
    return u(0, 1);
  },
  nanFrame: (u: wf.Neighbors2) => u(0, 1) * u(1, 0),
  infFrame: (u: wf.Neighbors2) => Math.max(u(0, -2), u(1, 0)),
  aheadOnBoth: (u: wf.Neighbors2) => {
    let acc = 0;
    for (let i = 1; i < 3; i++) for (let j = 1; j < 4; j++) acc += u(i, j);
    return acc;
  },
  behindOnBoth: (u: wf.Neighbors2) => u(-2, -1) - u(-1, -1),
  behindAndAhead: (u: wf.Neighbors2) => u(-1, 2) * u(-1, 3),
  widerThanUsed2: (u: wf.Neighbors2) => u(-1, 1),
};

const loops = {
  boxMean: (u: wf.Neighbors2) => {
    let acc = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -2; j <= 2; j++) acc += u(i, j);
    }
    return acc / 15;
  },
  gammaBlur: (u: wf.Neighbors2) => {
    let acc = 0;
    for (let i = -N; i <= N; i++) for (let j = -N; j <= N; j++) acc += u(i, j) ** GAMMA;
    return (acc / (2 * N + 1) ** 2) ** (1 / GAMMA);
  },
  maxPool: (u: wf.Neighbors2) => {
    let best = u(0, 0);
    for (let i = 0; i < 2; i++) {
      for (let j = 0; j < 3; j++) best = Math.max(best, u(i, j));
    }
    return best;
  },
  life: (u: wf.Neighbors2) => {
    let n = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        if (i !== 0 || j !== 0) n += u(i, j);
      }
    }
    if (n === 3) return 1;
    if (n === 2) return u(0, 0);
    return 0;
  },
  erode: (u: wf.Neighbors2) => {
    let low = u(0, 0);
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        if (u(i, j) < low) low = u(i, j);
      }
    }
    return low;
  },
  diamondSum: (u: wf.Neighbors2) => {
    let acc = 0;
    for (let i = -2; i <= 2; i++) {
      for (let j = -2; j <= 2; j++) {
        if (Math.abs(i) + Math.abs(j) > 2) continue;
        acc += u(i, j);
      }
    }
    return acc;
  },
  median9: (u: wf.Neighbors2) => {
    const w = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    let n = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) w[n++] = u(i, j);
    }
    for (let k = 1; k < 9; k++) {
      const v = w[k];
      let m = k - 1;
      while (m >= 0 && w[m] > v) {
        w[m + 1] = w[m];
        m -= 1;
      }
      w[m + 1] = v;
    }
    return w[4];
  },
  positionOfMax: (u: wf.Neighbors2) => {
    let best = u(-1, -1);
    let where = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        if (u(i, j) > best) {
          best = u(i, j);
          where = (i + 1) * 3 + j + 1;
        }
      }
    }
    return where;
  },
  binaryPattern: (u: wf.Neighbors2) => {
    let code = 0;
    let bit = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        if (i === 0 && j === 0) continue;
        if (u(i, j) >= u(0, 0)) code |= 1 << bit;
        bit++;
      }
    }
    return code;
  },
  majority: (u: wf.Neighbors2) => {
    let best = u(0, 0);
    let most = 0;
    for (let label = 0; label < 4; label++) {
      let n = 0;
      for (let i = -1; i <= 1; i++) {
        for (let j = -1; j <= 1; j++) {
          if (u(i, j) === label) n++;
        }
      }
      if (n > most) {
        most = n;
        best = label;
      }
    }
    return best;
  },
  firstRowWithThree: (u: wf.Neighbors2) => {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 2; j++) {
        if (u(i, j) === 3) return i;
      }
    }
    return -1;
  },
  rowsUntilNegative: (u: wf.Neighbors2) => {
    let total = 0;
    for (let i = 0; i < 3; i++) {
      for (let j = -1; j < 3; j++) {
        if (u(i, j) < -1) break;
        total += u(i, j);
      }
    }
    return total;
  },
  bilateral: (u: wf.Neighbors2) => {
    let acc = 0, weights = 0;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        const d = u(i, j) - u(0, 0);
        const w = Math.exp(-0.5 * (i * i + j * j) - d * d);
        acc += w * u(i, j);
        weights += w;
      }
    }
    return acc / weights;
  },
  calmestQuadrant: (u: wf.Neighbors2) => {
    let best = 0;
    let least = Infinity;
    for (let q = 0; q < 4; q++) {
      const top = (q >> 1) - 1;
      const left = (q & 1) - 1;
      let total = 0, squares = 0;
      for (let i = 0; i < 2; i++) {
        for (let j = 0; j < 2; j++) {
          const v = u(top + i, left + j);
          total += v;
          squares += v * v;
        }
      }
      const variance = squares / 4 - (total / 4) * (total / 4);
      if (variance < least) {
        least = variance;
        best = total / 4;
      }
    }
    return best;
  },
  walkDown: (u: wf.Neighbors2) => {
    let steps = 0;
    let v = Math.abs(u(0, 0)) + Math.abs(u(0, 1));
    do {
      steps++;
      v -= steps;
    } while (v > 0);
    return steps;
  },
  parity: (u: wf.Neighbors2) => {
    const n = Math.abs(u(0, -1)) + Math.abs(u(0, 1)) + Math.abs(u(1, 1));
    return n & 1;
  },
};

const bools = {
  isInterior: (u: wf.Neighbors2) => {
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        if (i * j === 0 && !u(i, j)) return false;
      }
    }
    return true;
  },
  zeroCrossing: (u: wf.Neighbors2) => u(0, 0) * u(0, 1) < 0 || u(0, 0) * u(1, 0) < 0,
  isStrictMax: (u: wf.Neighbors2) => {
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        if ((i !== 0 || j !== 0) && u(i, j) >= u(0, 0)) return false;
      }
    }
    return true;
  },
  sameAsBoth: (u: wf.Neighbors2) => u(0, 0) === u(-1, 0) && u(0, 0) === u(0, -1),
};

testStencils({
  title: 'stencils over two axes, against Numba',
  file: 'numba-2d.json',
  kernels: { ...inferred, ...borders, ...loops, ...bools },
  constants: { N, GAMMA },
  integers: ['laplace', 'sobel', 'roberts', 'knightMoves', 'deadCorner', 'maxPool', 'erode', 'binaryPattern', 'parity'],
});
