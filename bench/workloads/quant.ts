/**
 * The price of an American put by Longstaff and Schwartz: backwards through simulated paths; at each date a regression on the
 * paths in the money says what waiting is worth. A loop whose step has eight sums, some scalars and a map.
 */
import { normal, uniform } from '../../samples/pipelines/random.ts';
import * as wf from '../../src/index.ts';
import { tensor, workload } from '../workload.ts';
import { show } from './data.ts';

const STRIKE = 1.1, RIDGE = 0.01, VOLATILITY = 0.25, YEARS = 2;

export const quant = workload({
  id: 'quant', group: 'learning', name: 'American option', extra: true,
  sizes: { full: { paths: 1 << 17, steps: 64 }, small: { paths: 3000, steps: 6 } },
  size: ({ paths, steps }) => `${show(paths)} paths x ${steps}, float64`,
  tolerance: { largest: 1e-6 },
  inputs({ paths, steps }) {
    const gauss = normal(uniform(81)), dt = YEARS / steps;
    const assets = new Float64Array(steps * paths);
    for (let k = 0; k < assets.length; k++) {
      const before = k < paths ? 1 : assets[k - paths];
      assets[k] = before * Math.exp(-0.5 * VOLATILITY ** 2 * dt + VOLATILITY * Math.sqrt(dt) * gauss());
    }
    return [tensor(assets, [steps, paths])];
  },
  weft([assets], { steps }) {
    const atEnd = wf.sub(STRIKE, assets.slice(-1)).maximum(0);
    const date = wf.full([], steps - 2, { dtype: 'int32' });
    const [cash] = wf.iterate([atEnd, date], steps - 1, ([cash, date]) => {
      const now = assets.take(date, 0);
      const inside = now.le(STRIKE).asType('float64');
      const a = inside.mul(now), b = a.square();
      const [m0, m1, m2, m3, m4] = [inside, a, b, b.mul(a), b.square()].map((m) => m.sum().add(RIDGE));
      const [v0, v1, v2] = [inside, a, b].map((m) => m.mul(cash).sum());
      const minor = (p: wf.WeftArray, q: wf.WeftArray, r: wf.WeftArray, s: wf.WeftArray) => p.mul(q).sub(r.mul(s));
      const c00 = minor(m2, m4, m3, m3), c01 = minor(m2, m3, m1, m4), c02 = minor(m1, m3, m2, m2);
      const c11 = minor(m0, m4, m2, m2), c12 = minor(m1, m2, m0, m3), c22 = minor(m0, m2, m1, m1);
      const determinant = m0.mul(c00).add(m1.mul(c01)).add(m2.mul(c02));
      const solved = [[c00, c01, c02], [c01, c11, c12], [c02, c12, c22]]
        .map(([p, q, r]) => p.mul(v0).add(q.mul(v1)).add(r.mul(v2)).div(determinant));
      const implied = inside.mul(solved[0].add(now.mul(solved[1].add(now.mul(solved[2])))));
      const payoff = inside.mul(wf.sub(STRIKE, now));
      return [wf.where(payoff.gt(implied), payoff, cash), date.sub(1)];
    });
    return [cash.mean()];
  },
  plainJs([{ data: assets }], { paths, steps }) {
    const cash = Float64Array.from(assets.subarray((steps - 1) * paths), (value) => Math.max(STRIKE - value, 0));
    for (let s = steps - 2; s >= 0; s--) {
      const now = assets.subarray(s * paths, (s + 1) * paths);
      let m0 = RIDGE, m1 = RIDGE, m2 = RIDGE, m3 = RIDGE, m4 = RIDGE, v0 = 0, v1 = 0, v2 = 0;
      for (let k = 0; k < paths; k++) {
        if (now[k] > STRIKE) continue;
        const a = now[k], b = a * a;
        m0++;
        m1 += a;
        m2 += b;
        m3 += b * a;
        m4 += b * b;
        v0 += cash[k];
        v1 += a * cash[k];
        v2 += b * cash[k];
      }
      const c00 = m2 * m4 - m3 * m3, c01 = m2 * m3 - m1 * m4, c02 = m1 * m3 - m2 * m2;
      const c11 = m0 * m4 - m2 * m2, c12 = m1 * m2 - m0 * m3, c22 = m0 * m2 - m1 * m1;
      const determinant = m0 * c00 + m1 * c01 + m2 * c02;
      const b0 = (c00 * v0 + c01 * v1 + c02 * v2) / determinant, b1 = (c01 * v0 + c11 * v1 + c12 * v2) / determinant;
      const b2 = (c02 * v0 + c12 * v1 + c22 * v2) / determinant;
      for (let k = 0; k < paths; k++) {
        if (now[k] > STRIKE) continue;
        const payoff = STRIKE - now[k];
        if (payoff > b0 + now[k] * (b1 + now[k] * b2)) cash[k] = payoff;
      }
    }
    return [Float64Array.of(cash.reduce((a, b) => a + b) / paths)];
  },
});
