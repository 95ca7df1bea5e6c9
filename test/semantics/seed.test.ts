/** The programs that Weft was asked for, on every target, against plain loops. */
import { suite } from 'uvu';
import * as wf from '../../src/index.ts';
import { compute } from '../support/compute.ts';
import { expectClose, targets } from '../support/targets.ts';

const test = suite('seed');
const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => ((k * 37) % 101) / 50 - 0.5);

const shape = (v: number, gamma: number): number => {
  if (v < 0) return 0;
  if (v < 1) return v ** gamma;
  return v;
};

const N = 10, GAMMA = 2.2;
const blurKernel = (u: wf.Neighbors2): number => {
  let acc = 0;
  for (let i = -N; i <= N; i++) for (let j = -N; j <= N; j++) acc += u(i, j) ** GAMMA;
  return (acc / (2 * N + 1) ** 2) ** (1 / GAMMA);
};

const band = (i: number, j: number): number => (Math.abs(i - j) < 3 ? 3 - Math.abs(i - j) : 0);

/** d c b a | a b c d | d c b a */
const reflected = (i: number, n: number): number => {
  const m = ((i % (2 * n)) + 2 * n) % (2 * n);
  return Math.min(m, 2 * n - 1 - m);
};

for (const target of targets) {
  test(`${target}: a piecewise response`, async () => {
    const data = ramp(1003);
    const { values } = await compute(target, () => wf.vectorize(shape)(wf.array(data), 2.2));
    expectClose(values, Array.from(data, (v) => shape(v, 2.2)), { ulp: 8 });
  });

  test(`${target}: the neighbour mean`, async () => {
    const mean3 = wf.stencil((u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3);
    const { values } = await compute(target, () => mean3(wf.array([1, 2, 3, 4, 5])));
    expectClose(values, [0, 2, 3, 4, 0], { ulp: 1 });
  });

  test(`${target}: the gamma blur, with a neighbourhood of 21 x 21`, async () => {
    const [h, w] = [33, 41];
    const image = ramp(h * w).map(Math.abs);
    const blur = wf.stencil(blurKernel, { neighborhood: [[-N, N], [-N, N]], border: 'reflect', constants: { N, GAMMA } });
    const { values } = await compute(target, () => blur(wf.array(image, { shape: [h, w] })));
    const expected = Array.from({ length: h * w }, (_, k) => {
      const [y, x] = [Math.floor(k / w), k % w];
      return blurKernel((i, j) => image[reflected(y + i, h) * w + reflected(x + j, w)]);
    });
    expectClose(values, expected, { rtol: 1e-5 });
  });

  test(`${target}: rows to unit length, with a parallel loop`, async () => {
    const normalize = wf.kernel((x: wf.Mat, out: wf.MutMat) => {
      for (const i of wf.prange(x.shape[0])) {
        let acc = 0;
        for (let j = 0; j < x.shape[1]; j++) acc += x[i][j] ** 2;
        const norm = Math.sqrt(acc);
        for (let j = 0; j < x.shape[1]; j++) out[i][j] = x[i][j] / norm;
      }
    });
    const [h, w] = [37, 19];
    const data = ramp(h * w);
    const { values } = await compute(target, () => normalize(wf.array(data, { shape: [h, w] })));
    const expected = Array.from(data, (v, k) => {
      const row = data.subarray(Math.floor(k / w) * w, Math.floor(k / w) * w + w);
      return v / Math.sqrt(row.reduce((sum, r) => sum + r * r, 0));
    });
    expectClose(values, expected, { rtol: 3e-6 });
  });

  test(`${target}: the band matrix`, async () => {
    const { values } = await compute(target, () => wf.fromFunction([6, 6], band));
    expectClose(values, Array.from({ length: 36 }, (_, k) => band(Math.floor(k / 6), k % 6)));
  });

  test(`${target}: logistic regression`, async () => {
    const [n, d] = [200, 3];
    const x = ramp(n * d), y = Float32Array.from({ length: n }, (_, k) => (k % 3 ? 1 : -1));
    const train = (): wf.WeftArray => {
      const X = wf.array(x, { shape: [n, d] }), Y = wf.array(y);
      return wf.iterate(wf.zeros([d]), 5, (weights) => {
        const z = X.mul(weights).sum(1).mul(Y).neg();
        const gain = wf.sub(wf.div(1, wf.add(1, z.exp())), 1).mul(Y);
        return weights.sub(X.mul(gain.reshape([n, 1])).sum(0).mul(0.01));
      });
    };
    const { values } = await compute(target, train);
    let weights = new Array<number>(d).fill(0);
    for (let step = 0; step < 5; step++) {
      const slope = new Array<number>(d).fill(0);
      for (let k = 0; k < n; k++) {
        const z = -y[k] * weights.reduce((sum, weight, j) => sum + weight * x[k * d + j], 0);
        const gain = (1 / (1 + Math.exp(z)) - 1) * y[k];
        for (let j = 0; j < d; j++) slope[j] += gain * x[k * d + j];
      }
      weights = weights.map((weight, j) => weight - 0.01 * slope[j]);
    }
    expectClose(values, weights, { rtol: 1e-4, atol: 1e-5 });
  });
}
test.run();
