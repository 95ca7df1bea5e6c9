/** Arrays from a function of their coordinates: array comprehensions. */
import { ArgumentError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { asDType, type DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { checkRank } from './bind.ts';
import { makeExpr } from './expr.ts';
import { count, lowerKernel, usageOf, type KernelFunction, type KernelParam } from './kernel/index.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { fromKernel } from './plainly.ts';
import { asShape } from './shape.ts';

export interface FromFunctionOptions {
  /** Outer variables of the function. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Arrays for the parameters that follow the coordinates: the function indexes them, `x[i]`. */
  readonly inputs?: readonly ArrayInput[];
  /** Cast of the result. Default: what the function computes; coordinates are int32. */
  readonly dtype?: DType;
}

/**
 * The array whose element at (i, j, ...) is `f(i, j, ...)`. It takes no memory until it is needed: the planner computes it
 * where it is used.
 *
 * @param shape sizes per axis; a number for one axis
 * @param f a kernel of one coordinate per axis, and then of the option `inputs`; returns a number or bool
 * @throws ArgumentError when the parameters do not match; KernelError when the function leaves the language
 * @example
 * const band = wf.fromFunction([4, 4], (i, j) => (Math.abs(i - j) < 2 ? 2 - Math.abs(i - j) : 0));
 * await band.array(); // [[2, 1, 0, 0], [1, 2, 1, 0], [0, 1, 2, 1], [0, 0, 1, 2]]
 */
export function fromFunction(
  shape: number | readonly number[], f: (...at: number[]) => number | boolean, options?: FromFunctionOptions,
): WeftArray;
export function fromFunction<P extends readonly unknown[]>(
  shape: number | readonly number[], f: (...args: P) => number | boolean,
  options: FromFunctionOptions & { readonly inputs: readonly ArrayInput[] },
): WeftArray;
export function fromFunction(shape: number | readonly number[], f: unknown, options: FromFunctionOptions = {}): WeftArray {
  if (typeof f !== 'function') throw new ArgumentError(`fromFunction: the second argument must be a function of the coordinates, got ${typeof f}`);
  checkOptions('fromFunction', options, { constants: true, inputs: true, dtype: true } satisfies OptionNames<FromFunctionOptions>);
  const kernel = f as KernelFunction;
  const sizes = asShape(shape, 'fromFunction: shape');
  const given = options.inputs ?? [];
  const usage = usageOf(kernel, 'fromFunction', options.constants);
  if (usage.length > sizes.length + given.length || usage.length < given.length) {
    throw new ArgumentError(`fromFunction: the function has ${count(usage.length, 'parameter', 'parameters')}, for ${count(sizes.length, 'coordinate', 'coordinates')} and ${count(given.length, 'input', 'inputs')}`);
  }
  // Coordinates at the end may be left out when nothing follows them.
  const coordinates = given.length > 0 ? sizes.length : Math.min(usage.length, sizes.length);
  const inputs = given.map((a, k) => arrayNode(a, `fromFunction: ${usage[coordinates + k].name}`));
  inputs.forEach((n, k) => checkRank('fromFunction', usage[coordinates + k], n));
  const params: KernelParam[] = usage.map((_, k) => {
    const node = inputs[k - coordinates];
    return node ? { kind: 'whole', dtype: node.dtype, rank: node.shape.length } : { kind: 'coordinate', axis: k };
  });
  const { fn } = lowerKernel(kernel, params, { rank: sizes.length, constants: options.constants, label: 'fromFunction' });
  if (fn.results.length !== 1) throw new ArgumentError(`fromFunction: the function returns ${fn.results.length} values, it must return one`);
  const made = fromKernel(makeExpr({ kind: 'map', fn, result: 0, shape: sizes, dtype: fn.results[0].dtype, src: inputs }), { kind: 'points', f: kernel, usage, params });
  return wrap(options.dtype === undefined ? made : castExpr(made, asDType(options.dtype, 'fromFunction: dtype')));
}
