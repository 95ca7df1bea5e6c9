import * as wf from '../../src/index.ts';
import { sample, type Values } from '../sample.ts';
import { sum } from '../statistics.ts';
import { uniform } from './random.ts';

const RATE = 0.02;
const VOLATILITY = 0.3;

/** Abramowitz and Stegun 26.2.17: the normal distribution to 7.5e-8, from one exponential. */
const P = 0.2316419;
const B = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429] as const;
const DENSITY_AT_ZERO = 1 / Math.sqrt(2 * Math.PI);

export const blackScholes = sample({
  name: 'black-scholes',
  title: 'Black-Scholes option prices',
  describe: 'European call and put for millions of options, as one loop with two results.',
  sizes: { small: { count: 250_000 }, default: { count: 4_000_000 } },
  tolerances: [{ largest: 2e-3 }, { largest: 2e-3 }],
  inputs(p) {
    const random = uniform(1);
    const draw = (low: number, high: number): Float32Array =>
      Float32Array.from({ length: p.count }, () => low + (high - low) * random());
    const shape = [p.count];
    return {
      spot: { data: draw(5, 30), shape },
      strike: { data: draw(1, 100), shape },
      years: { data: draw(0.25, 10), shape },
    };
  },

  weft({ spot, strike, years }) {
    const deviation = years.sqrt().mul(VOLATILITY);
    const d1 = spot.div(strike).log().add(years.mul(RATE + VOLATILITY ** 2 / 2)).div(deviation);
    const d2 = d1.sub(deviation);
    const discounted = strike.mul(years.mul(-RATE).exp());
    const call = spot.mul(normalCdf(d1)).sub(discounted.mul(normalCdf(d2)));
    return [call, call.sub(spot).add(discounted)];
  },

  plainJs({ spot, strike, years }, p) {
    const calls = new Float32Array(p.count);
    const puts = new Float32Array(p.count);
    for (let i = 0; i < p.count; i++) {
      const s = spot.data[i]!;
      const t = years.data[i]!;
      const deviation = VOLATILITY * Math.sqrt(t);
      const d1 = (Math.log(s / strike.data[i]!) + (RATE + VOLATILITY ** 2 / 2) * t) / deviation;
      const d2 = d1 - deviation;
      const discounted = strike.data[i]! * Math.exp(-RATE * t);
      const call = s * plainNormalCdf(d1) - discounted * plainNormalCdf(d2);
      calls[i] = call;
      puts[i] = call - s + discounted; // put-call parity
    }
    return [calls, puts];
  },

  picture: () => null,

  summary([calls, puts]) {
    const mean = (prices: Values): string => (sum(prices) / prices.length).toFixed(4);
    return `mean call ${mean(calls!)}, mean put ${mean(puts!)}`;
  },
});

function normalCdf(x: wf.WeftArray): wf.WeftArray {
  const t = wf.ones([]).div(x.abs().mul(P).add(1));
  const series = t.mul(B[4]).add(B[3]).mul(t).add(B[2]).mul(t).add(B[1]).mul(t).add(B[0]).mul(t);
  const tail = x.mul(x).mul(-0.5).exp().mul(DENSITY_AT_ZERO).mul(series);
  return wf.where(x.lt(0), tail, tail.neg().add(1));
}

function plainNormalCdf(x: number): number {
  const t = 1 / (1 + P * Math.abs(x));
  const series = t * (B[0] + t * (B[1] + t * (B[2] + t * (B[3] + t * B[4]))));
  const tail = DENSITY_AT_ZERO * Math.exp(-0.5 * x * x) * series;
  return x < 0 ? tail : 1 - tail;
}
