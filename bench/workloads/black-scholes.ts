/** A function of three numbers, mostly logarithms and exponentials, with two results. */
import { blackScholes as sample } from '../../samples/pipelines/black-scholes.ts';
import * as wf from '../../src/index.ts';
import type { Thread, Vector } from '../peers/gpujs.ts';
import { jitted, type JaxArray, type JaxNumpy } from '../peers/jax.ts';
import { workload } from '../workload.ts';
import { show } from './data.ts';
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

const expressions = fromSample(sample);
const sizes = { full: { count: 4_000_000 }, small: { count: 5000 } };
const variants = [{ name: 'weft cpu, array expressions', weft: expressions.weft }];

export const blackScholes = workload({
  ...expressions, id: 'black-scholes', group: 'maps', name: 'Black-Scholes', sizes, variants,
  size: ({ count }) => `${show(count)} float32`,
  tolerance: { largest: 1e-4 }, goals: { 'plain JS': 10, Numba: 1.1 },
  weft: ([spot, strike, years]) => price(spot, strike, years),
  peers: {
    gpuJs({ kernel, pipeline }, inputs, { count }) {
      const price = kernel(function (this: Thread, spots: Vector, strikes: Vector, years: Vector) {
        const s = spots[this.thread.x], k = strikes[this.thread.x], t = years[this.thread.x];
        const deviation = 0.3 * Math.sqrt(t);
        const d1 = (Math.log(s / k) + 0.065 * t) / deviation;
        const d2 = d1 - deviation;
        const t1 = 1 / (1 + 0.2316419 * Math.abs(d1));
        const t2 = 1 / (1 + 0.2316419 * Math.abs(d2));
        const s1 = t1 * (0.31938153 + t1 * (-0.356563782 + t1 * (1.781477937 + t1 * (-1.821255978 + t1 * 1.330274429))));
        const s2 = t2 * (0.31938153 + t2 * (-0.356563782 + t2 * (1.781477937 + t2 * (-1.821255978 + t2 * 1.330274429))));
        let n1 = 0.3989422804 * Math.exp(-0.5 * d1 * d1) * s1;
        let n2 = 0.3989422804 * Math.exp(-0.5 * d2 * d2) * s2;
        if (d1 >= 0) n1 = 1 - n1;
        if (d2 >= 0) n2 = 1 - n2;
        return s * n1 - k * Math.exp(-0.02 * t) * n2;
      }, [count]);
      const parity = kernel(function (this: Thread, calls: Vector, spots: Vector, strikes: Vector, years: Vector) {
        const x = this.thread.x;
        return calls[x] - spots[x] + strikes[x] * Math.exp(-0.02 * years[x]);
      }, [count]);
      const both = pipeline((spots: unknown, strikes: unknown, years: unknown) => {
        const calls = price(spots, strikes, years);
        return [calls, parity(calls, spots, strikes, years)];
      });
      return { call: both, args: inputs.map(({ data }) => data), several: true };
    },
    jax: jitted(({ numpy: np }, spot, strike, years) => {
      const deviation = np.sqrt(years.ref).mul(0.3);
      const d1 = np.log(spot.ref.div(strike.ref)).add(years.ref.mul(0.065)).div(deviation.ref);
      const d2 = d1.ref.sub(deviation);
      const discounted = strike.mul(np.exp(years.mul(-0.02)));
      const call = spot.ref.mul(cdf(np, d1)).sub(discounted.ref.mul(cdf(np, d2)));
      return [call.ref, call.sub(spot).add(discounted)];
    }),
    tfjs(tf, [spot, strike, years]) {
      const deviation = tf.mul(tf.sqrt(years), 0.3);
      const d1 = tf.div(tf.add(tf.log(tf.div(spot, strike)), tf.mul(years, 0.065)), deviation);
      const discounted = tf.mul(strike, tf.exp(tf.mul(years, -0.02)));
      const [n1, n2] = [d1, tf.sub(d1, deviation)].map((x) => {
        const t = tf.reciprocal(tf.add(tf.mul(tf.abs(x), 0.2316419), 1));
        const series = SERIES.reduce((sum, c) => tf.mul(tf.add(sum, c), t), tf.mul(t, 1.330274429));
        const tail = tf.mul(tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 0.3989422804), series);
        return tf.where(tf.less(x, 0), tail, tf.sub(1, tail));
      });
      const call = tf.sub(tf.mul(spot, n1), tf.mul(discounted, n2));
      return [call, tf.add(tf.sub(call, spot), discounted)];
    },
  },
});

const SERIES = [-1.821255978, 1.781477937, -0.356563782, 0.31938153];

function cdf(np: JaxNumpy, x: JaxArray): JaxArray {
  const t = np.reciprocal(np.abs(x.ref).mul(0.2316419).add(1));
  const series = SERIES.reduce((sum, c) => sum.add(c).mul(t.ref), t.ref.mul(1.330274429));
  t.dispose();
  const tail = np.exp(x.ref.mul(x.ref).mul(-0.5)).mul(0.3989422804).mul(series);
  return np.where(np.less(x, 0), tail.ref, tail.mul(-1).add(1));
}

export const blackScholes64 = workload({
  id: 'black-scholes-64', group: 'maps', name: 'Black-Scholes', sizes, variants,
  size: ({ count }) => `${show(count)} float64`,
  tolerance: { largest: 1e-9 }, goals: { 'plain JS': 5 },
  async inputs(p) {
    return (await expressions.inputs(p)).map(({ data, shape }) => ({ data: Float64Array.from(data), shape }));
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
});
