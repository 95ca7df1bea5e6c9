/** A small program, bundled with the build plugin and minified. Its kernels take outer names from all around them. */
import * as wf from 'weftjs';
import { stencil, type Neighbors1 } from 'weftjs';
import { GAIN, exposure, options, setExposure, twice } from './settings.ts';

const x = wf.array([1, 2, 3, 4, 5]);
const results: Record<string, unknown> = {};

const mean3 = stencil((u: Neighbors1): number => (u(-1)! + u(0) + (u(1) as number)) / 3);
results.types = await mean3(x).array();

const RATE = 0.25;
const blur = stencil((u: Neighbors1) => {
  const around = u(-1) + u(1);
  return (1 - 2 * RATE) * u(0) + RATE * around + options.lift * options.weights[1];
}, { border: 'nearest' });
results.constants = await blur(x).array();

const developed = stencil((u: Neighbors1) => u(0) * exposure);
const before = await developed(x).array();
setExposure(10);
results.changing = [before, await developed(x).array()];

function smooth(t: number): number {
  return square(t) * (GAIN - 2 * t);
}
const square = (t: number): number => t * t;
results.helpers = await stencil((u: Neighbors1) => twice(smooth(u(0) / 8)))(x).array();

const scaled = (factor: number) => stencil((u: Neighbors1) => u(0) * factor + RATE);
results.factories = [await scaled(2)(x).array(), await scaled(3)(x).array()];

results.explicit = await stencil((u: Neighbors1) => u(0) * RATE, { constants: { RATE: 4 } })(x).array();
results.ufuncs = await wf.vectorize((a: number, [low, high]: [number, number]) => {
  'use weft';
  for (let k = 0; k < GAIN; k++) if (a > high) a -= low;
  return wf.f32(a) ** RATE;
})(x, [1, 2]).array();
results.functions = await wf.fromFunction([2, 3], (i, j) => square(i * GAIN) - j).array();
results.math = await x.asType('float64').exp().array({ target: 'cpu' });

console.log(JSON.stringify(results));
await wf.closeTargets();
