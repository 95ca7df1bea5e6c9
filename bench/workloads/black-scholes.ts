/** A function of three numbers, mostly logarithms and exponentials, with two results. */
import { blackScholes as sample } from '../../samples/pipelines/black-scholes.ts';
import * as wf from '../../src/index.ts';
import type { Workload } from '../workload.ts';
import { fromSample } from './sample.ts';

/** The normal distribution: Abramowitz and Stegun 26.2.17. */
const cnd = (x: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = 0.3989422804014327 * Math.exp(-0.5 * x * x) * series;
  return x < 0 ? tail : 1 - tail;
};

const price = wf.vectorize((spot: number, strike: number, years: number) => {
  const rate = 0.02, volatility = 0.3;
  const deviation = volatility * Math.sqrt(years);
  const d1 = (Math.log(spot / strike) + (rate + volatility ** 2 / 2) * years) / deviation;
  const d2 = d1 - deviation;
  const discounted = strike * Math.exp(-rate * years);
  const call = spot * cnd(d1) - discounted * cnd(d2);
  return [call, call - spot + discounted];
}, { constants: { cnd } });

const expressions = fromSample('black-scholes', sample, { name: 'Black-Scholes', size: '4M float32', tolerance: { largest: 1e-4 } });

export const blackScholes: Workload = {
  ...expressions, goal: 10,
  weft: ([spot, strike, years]) => price(spot, strike, years),
  variants: [{ name: 'weft cpu, array expressions', weft: expressions.weft }],
};

export const blackScholes64: Workload = {
  id: 'black-scholes-64', name: 'Black-Scholes', size: '4M float64', tolerance: { largest: 1e-9 }, goal: 5,
  async inputs() {
    return (await expressions.inputs()).map(({ data, shape }) => ({ data: Float64Array.from(data), shape }));
  },
  weft: ([spot, strike, years]) => price(spot, strike, years),
  plainJs([{ data: spot }, { data: strike }, { data: years }]) {
    const calls = new Float64Array(spot.length), puts = new Float64Array(spot.length);
    const rate = 0.02, volatility = 0.3;
    for (let i = 0; i < spot.length; i++) {
      const deviation = volatility * Math.sqrt(years[i]);
      const d1 = (Math.log(spot[i] / strike[i]) + (rate + volatility ** 2 / 2) * years[i]) / deviation;
      const d2 = d1 - deviation;
      const discounted = strike[i] * Math.exp(-rate * years[i]);
      const call = spot[i] * cnd(d1) - discounted * cnd(d2);
      calls[i] = call;
      puts[i] = call - spot[i] + discounted;
    }
    return [calls, puts];
  },
  variants: [{ name: 'weft cpu, array expressions', weft: expressions.weft }],
};
