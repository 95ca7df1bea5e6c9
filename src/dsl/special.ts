/** The special functions, of numbers as well as of arrays: kernels that call them also run as plain JavaScript. */
import { operand, wrap, type ArrayInput, type WeftArray } from './array.ts';
import type { DType } from './dtype.ts';
import { applyRule, unary } from './elementwise.ts';
import './kernel/math/index.ts'; // gives the special functions their meaning on numbers
import { opInfo } from './ops.ts';
import type { Floating } from './types.ts';

interface Special {
  (x: number): number;
  <D extends DType>(x: WeftArray<D>): WeftArray<Floating<D>>;
  (x: ArrayInput): WeftArray<'float32' | 'float64'>;
}

const special = (name: 'erf' | 'erfc' | 'gamma' | 'lgamma'): Special => ((x: ArrayInput) => typeof x === 'number'
  ? opInfo(name).js(x, 0, 0, 'float64')
  : wrap(applyRule(name, unary[name], [operand(x, name)]))) as Special;

/**
 * The error function: 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. Within 2 ULP. Of a number in double
 * precision; of an array, element by element, float32 or float64. Kernels may call it.
 * @example
 * wf.erf(Infinity); // 1
 * const normal = wf.vectorize((x: number) => 0.5 + 0.5 * wf.erf(x * Math.SQRT1_2));
 * await normal(wf.array([0])).array(); // [0.5]
 */
export const erf = special('erf');

/**
 * 1 - erf(x), accurate where that is tiny: within 4 ULP. Of numbers and arrays, and in kernels, as `erf`.
 * @example
 * wf.erfc(0); // 1
 */
export const erfc = special('erfc');

/**
 * The gamma function: (x - 1)! for whole x, exact as far as the dtype can count. Within 4 ULP; infinite at 0 and NaN at
 * negative integers. Of numbers and arrays, and in kernels, as `erf`.
 * @example
 * wf.gamma(5); // 24
 * await wf.gamma(wf.array([1, 2, 3, 4])).array(); // [1, 1, 2, 6]
 */
export const gamma = special('gamma');

/**
 * The logarithm of |gamma(x)|, finite where gamma is too large. Within 4 ULP; Infinity at 0 and at negative integers. Of
 * numbers and arrays, and in kernels, as `erf`.
 * @example
 * wf.lgamma(2); // 0
 */
export const lgamma = special('lgamma');
