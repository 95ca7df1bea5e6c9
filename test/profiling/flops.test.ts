/** How many operations of arithmetic runs are said to do. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';

const test = suite('flops');
const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => k / n);
const x = wf.array(ramp(1000)), y = wf.array(ramp(1000)), m = wf.array(ramp(600), { shape: [20, 30] });

const blur = wf.stencil((u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3, { border: 'nearest' });
const known = wf.vectorize((v: number) => {
  let sum = 0;
  for (let k = 0; k < 50; k++) sum = sum * v + 1.5;
  return sum;
});
const converges = wf.vectorize((v: number) => {
  let n = 0;
  while (v > 1e-3) {
    v *= 0.5;
    n++;
  }
  return n;
});
const rows = wf.guvectorize('(n)->()', (a: wf.Vec, out: wf.MutVec) => {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * a[k];
  out[0] = sum;
});

const cases: readonly (readonly [what: string, make: () => wf.WeftArray, flops: number | undefined])[] = [
  ['a map', () => x.mul(y).add(1), 2000],
  ['comparisons, choices and casts are free', () => wf.where(x.gt(y), x, y).asType('int32'), 0],
  ['integers count as well', () => x.asType('int32').mul(3).add(1), 2000],
  ['a function is several', () => x.exp(), 20_000],
  ['a sum', () => x.mul(y).sum(), 2000],
  ['a mean divides once', () => x.mean(), 1001],
  ['sums of rows', () => m.sum(1), 600],
  ['a product of matrices', () => wf.matmul(m, m.transpose()), 2 * 20 * 20 * 30],
  ['an operand of a product is computed once', () => wf.matmul(m.add(1), m.transpose().exp()), 2 * 20 * 20 * 30 + 600 + 20 * 600],
  ['differences from products count as sums do', () => wf.vectorize((a: number, b: number) => a - a * b)(x, y), 2000],
  ['a stencil', () => blur(x), 3000],
  ['what is computed twice counts once', () => blur(blur(y)), 6000],
  ['a loop of so many turns', () => known(x), 100_000],
  ['a loop over rows', () => rows(m), 1200],
  ['indices are free', () => wf.fromFunction([10, 10], (i, j) => (i > j ? 1 : 0)), 0],
  ['nobody knows', () => converges(x), undefined],
];
for (const [what, make, flops] of cases) {
  test(what, async () => {
    const p = await wf.profile(() => make().eval({ target: 'cpu' }), { limits: false });
    assert.ok(p.runs.length > 0);
    const all = p.runs.map((r) => r.flops);
    assert.is(all.includes(undefined) ? undefined : (all as number[]).reduce((a, b) => a + b), flops);
  });
}

test.after(() => wf.closeTargets());
test.run();
