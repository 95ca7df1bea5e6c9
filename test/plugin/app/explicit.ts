/** What main.ts computes, with outer names given by hand: runs with the parser and without the plugin, unless minified. */
import * as wf from 'weftjs';

const x = wf.array([1, 2, 3, 4, 5]);
const compute = async (kernel: (u: wf.Neighbors1) => number, options: wf.StencilOptions = {}) =>
  wf.stencil(kernel, options)(x).array();
const square = (t: number): number => t * t;
const smooth = (t: number): number => square(t) * (GAIN - 2 * t);
const twice = (t: number): number => t * 2 + OFFSET - OFFSET;
declare const GAIN: number, OFFSET: number, RATE: number, exposure: number, factor: number;
declare const options: { lift: number; weights: number[] };

console.log(JSON.stringify({
  types: await compute((u) => (u(-1) + u(0) + u(1)) / 3),
  constants: await compute((u) => {
    const around = u(-1) + u(1);
    return (1 - 2 * RATE) * u(0) + RATE * around + options.lift * options.weights[1];
  }, { border: 'nearest', constants: { RATE: 0.25, options: { lift: 0.5, weights: [1, 2, 1] } } }),
  changing: [
    await compute((u) => u(0) * exposure, { constants: { exposure: 1 } }),
    await compute((u) => u(0) * exposure, { constants: { exposure: 10 } }),
  ],
  helpers: await compute((u) => twice(smooth(u(0) / 8)), { constants: { square, smooth, twice, GAIN: 3, OFFSET: 7 } }),
  factories: [
    await compute((u) => u(0) * factor + RATE, { constants: { factor: 2, RATE: 0.25 } }),
    await compute((u) => u(0) * factor + RATE, { constants: { factor: 3, RATE: 0.25 } }),
  ],
  explicit: await compute((u) => u(0) * RATE, { constants: { RATE: 4 } }),
  ufuncs: await wf.vectorize((a: number, [low, high]: [number, number]) => {
    for (let k = 0; k < GAIN; k++) if (a > high) a -= low;
    return wf.f32(a) ** RATE;
  }, { constants: { GAIN: 3, RATE: 0.25 } })(x, [1, 2]).array(),
  functions: await wf.fromFunction([2, 3], (i, j) => square(i * GAIN) - j, { constants: { square, GAIN: 3 } }).array(),
  math: await x.asType('float64').exp().array({ target: 'cpu' }),
}));
await wf.closeTargets();
