/** What functions written in the kernel language become: as many loops as their array expressions would be. */
import { test } from 'uvu';
import * as wf from '../../src/index.ts';
import { expectPlan } from '../support/plan.ts';

const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => ((k * 37) % 101) / 10 + 0.1);
const vector = (n = 24) => wf.array(ramp(n));
const matrix = (h = 9, w = 8) => wf.array(ramp(h * w), { shape: [h, w] });

test('a while loop in a vectorized function fuses with maps and a sum', () => {
  const escape = wf.vectorize((x: number, y: number) => {
    let a = 0, b = 0, n = 0;
    while (n < 20 && a * a + b * b < 4) {
      [a, b] = [a * a - b * b + x, 2 * a * b + y];
      n++;
    }
    return n;
  });
  const x = vector().mul(0.1).sub(0.8);
  expectPlan(escape(x, 0.3).add(1).sum()).kernels(1).shape([1, 1]);
});

test('the gamma blur: a power per element, then sums and one root per cell', () => {
  const N = 2, GAMMA = 2.2;
  const blur = wf.stencil((u: wf.Neighbors2) => {
    let acc = 0;
    for (let i = -N; i <= N; i++) for (let j = -N; j <= N; j++) acc += u(i, j) ** GAMMA;
    return (acc / (2 * N + 1) ** 2) ** (1 / GAMMA);
  }, { neighborhood: [[-N, N], [-N, N]], border: 'reflect', constants: { N, GAMMA } });
  const x = matrix();
  expectPlan(blur(x)).kernels(2).passesOver(x, 1).verdict('pow', 'stencil', 'materialised');
  expectPlan(blur(x.div(10)).mul(2)).kernels(2).passesOver(x, 1);
});

test('a function over sub-arrays is one loop over the others', () => {
  const unit = wf.guvectorize('(n)->(n)', (x: wf.Vec, out: wf.MutVec) => {
    let total = 0;
    for (let k = 0; k < x.length; k++) total += x[k];
    for (let k = 0; k < x.length; k++) out[k] = x[k] / total;
  });
  const dot = wf.guvectorize('(n),(n)->()', (x: wf.Vec, y: wf.Vec) => {
    let total = 0;
    for (let k = 0; k < x.length; k++) total += x[k] * y[k];
    return total;
  });
  const x = matrix();
  expectPlan(unit(x)).kernels(1).shape([1, 1]);
  expectPlan(unit(x.transpose())).kernels(1);
  expectPlan(unit(x.exp())).kernels(2);
  expectPlan(dot(x, vector(8)).add(1).max()).kernels(1).shape([2, 1]);
});

test('parallel loops: one kernel each, sums fuse into reductions', () => {
  const normalise = wf.kernel((x: wf.Mat, out: wf.MutMat) => {
    for (const i of wf.prange(x.shape[0])) {
      let total = 0;
      for (let j = 0; j < x.shape[1]; j++) total += x[i][j] ** 2;
      const norm = Math.sqrt(total);
      for (let j = 0; j < x.shape[1]; j++) out[i][j] = x[i][j] / norm;
    }
  });
  const x = matrix();
  expectPlan(normalise(x) as wf.WeftArray).kernels(1).shape([1, 1]);
  expectPlan(wf.iterate(x, 3, (u) => normalise(u) as wf.WeftArray)).launches(3);
});

test('arrays of a rule are computed where they are used', () => {
  const band = wf.fromFunction([6, 6], (i, j) => (Math.abs(i - j) < 3 ? 3 - Math.abs(i - j) : 0));
  expectPlan(band.mul(2).sum(0)).kernels(1).shape([0, 1]);
});

test.run();
