/** Kernels of every shape of function, each a kernel for the plugin by its directive or by being given to Weft. */
import * as wf from 'weftjs';
import { i32 as whole } from 'weftjs';

type U = (i: number, j: number) => number;

const arrow = (u: U, gain: number): number => (u(-1, 0) + u(1, 0)) * gain + u(0, 0) ** 2 - RADIUS * 1_000;
const RADIUS = 2;
wf.stencil(arrow);

function declared(u: U, gain: number) {
  'use weft';
  let acc: number = 0;
  outer: for (let i = -RADIUS; i <= RADIUS; i++) {
    for (const j of [-1, 0, 1]) {
      if (i === 0 && j === 0) continue outer;
      acc += u(i, j)! * (gain as number);
    }
  }
  return acc > 1e999 || Number.isNaN(acc) ? -0.5 : acc;
}

const expression = function named(u: U, gain: number): [number, number] {
  'use weft';
  const weights = [0.25, 0.5, 0.25] satisfies number[];
  let k = 0, total = <number>0;
  for (let j = 0; j < weights.length; j++) total += weights[j] * u(j - 1, 0);
  while (total > 1) { total /= 2; k++; }
  do { k -= 1; } while (k > 0 && k !== 1);
  return [total ** gain, k];
};

const methods = {
  method(u: U, gain: number) {
    'use weft';
    const inner = (t: number): number => (t < 0 ? -t : t) % 3;
    function clamp(t: number) { return Math.min(Math.max(t, 0), RADIUS); }
    if (whole(gain) === 1) return inner(u(0, 1));
    return clamp(u(0, 0)) | 0;
  },
};

const commented = /* a name that is text for a parser: */ (u: U, gain: number): number => { 'use weft'; return u(0, 0) + gain; };

export const kernels = { arrow, declared, expression, method: methods.method, commented };
export const constants = { RADIUS };
