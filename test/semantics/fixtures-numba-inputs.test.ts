/** Stencils of several arrays and scalars against Numba's. The Python kernels are in scripts/fixtures/stencils_inputs.py. */
import type * as wf from '../../src/index.ts';
import { testStencils } from '../support/numba-stencils.ts';

const severalArrays = {
  product: (u: wf.Neighbors1, v: wf.Neighbors1) => u(-1) * v(1),
  advect: (u: wf.Neighbors2, v: wf.Neighbors2) => {
    if (v(0, 0) > 0) return v(0, 0) * (u(0, 0) - u(0, -1));
    return v(0, 0) * (u(0, 1) - u(0, 0));
  },
  uneven: (u: wf.Neighbors2, v: wf.Neighbors2) => u(0, 0) + v(2, 0) - v(0, -1) * u(-1, 0),
  blend3: (u: wf.Neighbors2, v: wf.Neighbors2, t: wf.Neighbors2) => u(0, -1) * t(0, 0) + v(1, 0) * (1 - t(0, 0)),
  masked: (u: wf.Neighbors1, m: wf.Neighbors1) => {
    if (m(0) === 0) return 0;
    return u(-1) + u(1);
  },
  isAbove: (u: wf.Neighbors1, v: wf.Neighbors1) => u(0) > v(-1) && u(0) > v(1),
  covariance: (u: wf.Neighbors1, v: wf.Neighbors1) => {
    let mu = 0, mv = 0;
    for (let i = -2; i <= 2; i++) {
      mu += u(i);
      mv += v(i);
    }
    mu /= 5;
    mv /= 5;
    let acc = 0;
    for (let i = -2; i <= 2; i++) acc += (u(i) - mu) * (v(i) - mv);
    return acc / 4;
  },
  deadSecond: (u: wf.Neighbors1, v: wf.Neighbors1) => {
    v(-3);
    return u(0) + v(1);
  },
  maskedMean: (u: wf.Neighbors1, m: wf.Neighbors1) => {
    let total = 0;
    let n = 0;
    for (let i = -3; i <= 3; i++) {
      if (m(i) === 0) continue;
      total += u(i);
      n++;
    }
    return n > 0 ? total / n : 0;
  },
  dotGradients: (u: wf.Neighbors3, v: wf.Neighbors3) => {
    const z = (u(1, 0, 0) - u(0, 0, 0)) * (v(1, 0, 0) - v(0, 0, 0));
    const y = (u(0, 1, 0) - u(0, 0, 0)) * (v(0, 1, 0) - v(0, 0, 0));
    const x = (u(0, 0, 1) - u(0, 0, 0)) * (v(0, 0, 1) - v(0, 0, 0));
    return z + y + x;
  },
  ofTwoTypes: (u: wf.Neighbors2, v: wf.Neighbors2) => u(0, 1) * v(0, 0) - u(-1, 0),
};

const scalars = {
  scaled: (u: wf.Neighbors1, k: number) => u(-1) * k - u(1),
  countBeyond: (u: wf.Neighbors2, limit: number) => {
    let n = 0;
    if (u(0, -1) > limit) n++;
    if (u(0, 1) > limit) n++;
    if (u(-1, 0) > limit) n++;
    if (u(1, 0) > limit) n++;
    return n;
  },
  combine: (u: wf.Neighbors1, v: wf.Neighbors1, a: number, b: number) => a * u(-1) + b * v(1),
  hasNeighbor: (u: wf.Neighbors1, wanted: number) => u(-1) === wanted || u(1) === wanted,
  lastFew: (u: wf.Neighbors1, n: number) => {
    let acc = 0;
    for (let i = 0; i < n; i++) acc += u(-i);
    return acc;
  },
  heatStep: (u: wf.Neighbors2, k: number) => u(0, 0) + k * (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1) - 4 * u(0, 0)),
};

testStencils({
  title: 'stencils of several arguments, against Numba',
  file: 'numba-inputs.json',
  kernels: { ...severalArrays, ...scalars },
  integers: ['product', 'deadSecond', 'scaled'],
});
