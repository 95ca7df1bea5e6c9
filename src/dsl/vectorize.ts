/** User-defined elementwise functions. */
import { ArgumentError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { argumentAt, checkArguments, checkRank, paramOf, roleOf, scalarFill } from './bind.ts';
import { asDType, promote, type DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { makeExpr, type Expr } from './expr.ts';
import { lowerKernel, usageOf, type KernelFunction } from './kernel/index.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { fromKernel } from './plainly.ts';
import type { Axes } from './reduce.ts';
import { broadcastShapes } from './shape.ts';
import { ufuncMethods, type UfuncMethods } from './ufunc.ts';
import { broadcastView } from './views.ts';

export interface VectorizeOptions {
  /** Outer variables of the kernel: numbers, bools, functions, and arrays or plain objects of them. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Cast of the results. Default: what the kernel computes. */
  readonly dtype?: DType;
  /** Of a binary function: what changes nothing, `f(identity, x) === x`; the reduction of nothing. */
  readonly identity?: number;
}

type Arguments<P extends readonly unknown[]> = { [K in keyof P]: P[K] extends number | boolean ? ArrayInput : unknown };
type Results<R> = R extends readonly unknown[] ? { -readonly [K in keyof R]: WeftArray } : WeftArray;
type Methods<P extends readonly unknown[]> = P extends readonly [number, number] ? UfuncMethods : unknown;

const vectorizeOptions: OptionNames<VectorizeOptions> = { constants: true, dtype: true, identity: true };

/** An array function made by `vectorize`. */
export type Ufunc<P extends readonly unknown[], R> = ((...args: Arguments<P>) => Results<R>) & Methods<P>;

/**
 * Makes an array function from a function of numbers: it is applied to every element, arrays broadcast, and the planner fuses
 * it with what is around it. Control flow, loops, local variables and helper functions are compiled for both targets. A
 * parameter that the kernel indexes (`table[i]`) is an array that every element may read anywhere.
 *
 * Functions of two numbers have `reduce`, `accumulate`, `outer` and `at`, as NumPy's ufuncs have.
 *
 * @param kernel the function; returns a number or bool, or a list of them for several results
 * @throws KernelError when the kernel leaves the language; ShapeError when arrays do not broadcast
 * @example
 * const response = wf.vectorize((v: number, gamma: number) => {
 *   if (v < 0) return 0;
 *   if (v < 1) return v ** gamma;
 *   return v;
 * });
 * await response(wf.array([-1, 0.5, 3]), 2).array(); // [0, 0.25, 3]
 *
 * const gcd = wf.vectorize((a: number, b: number) => {
 *   while (b !== 0) [a, b] = [b, a % b];
 *   return a;
 * }, { identity: 0 });
 * await gcd(wf.array([12, 18], { dtype: 'int32' }), 8).array(); // [4, 2]
 * await gcd.reduce(wf.array([12, 18, 27], { dtype: 'int32' })).item(); // 3
 */
export function vectorize<P extends readonly unknown[], const R>(
  kernel: (...args: P) => R, options: VectorizeOptions = {},
): Ufunc<P, R> {
  if (typeof kernel !== 'function') throw new ArgumentError(`vectorize: the kernel must be a function, got ${typeof kernel}`);
  checkOptions('vectorize', options, vectorizeOptions);
  const f = kernel as unknown as KernelFunction;
  const dtype = options.dtype === undefined ? undefined : asDType(options.dtype, 'vectorize: dtype');
  const usage = usageOf(f, 'vectorize', options.constants);
  for (const u of usage) {
    if (u.indices !== undefined) throw new ArgumentError(`vectorize: the kernel calls ${u.name} like an array with neighbours; use stencil, or index it: ${u.name}[i]`);
  }

  const apply = (...args: readonly unknown[]): Expr[] => {
    checkArguments('vectorize', args, usage);
    const given = usage.map((u) => argumentAt(args, u, 'vectorize'));
    const isNumber = (k: number): boolean => roleOf(usage[k]) === 'scalar' && (typeof given[k] === 'number' || typeof given[k] === 'boolean');
    const nodes = given.map((a, k) => (isNumber(k) ? undefined : arrayNode(a, `vectorize: ${usage[k].name}`)));
    const points = nodes.filter((n, k): n is Expr => n !== undefined && roleOf(usage[k]) === 'scalar');
    const beside = points.length > 0 ? points.map((n) => n.dtype).reduce(promote) : 'float32';
    const shape = broadcastShapes(points.map((n) => n.shape), 'vectorize');
    const inputs = given.map((a, k): Expr => {
      const node = nodes[k] ?? scalarFill(a as number | boolean, beside);
      if (roleOf(usage[k]) === 'scalar') return broadcastView(node, shape);
      checkRank('vectorize', usage[k], node);
      return node;
    });
    const params = inputs.map((n, k) => paramOf(usage[k], n));
    const { fn } = lowerKernel(f, params, { rank: 0, constants: options.constants, label: 'vectorize' });
    return fn.results.map((r, result) => {
      const made = fromKernel(makeExpr({ kind: 'map', fn, result, shape, dtype: r.dtype, src: inputs }), { kind: 'points', f, usage, params });
      return dtype ? castExpr(made, dtype) : made;
    });
  };
  const call = (...args: readonly unknown[]): WeftArray | WeftArray[] => {
    const results = apply(...args).map((e) => wrap(e));
    return results.length === 1 ? results[0] : results;
  };
  const isBinary = usage.length === 2 && usage.every((u) => roleOf(u) === 'scalar');
  return Object.assign(call, isBinary ? ufuncMethods(f, options, apply) : {}) as unknown as Ufunc<P, R>;
}

export interface ReduceWithOptions extends VectorizeOptions {
  /** Which axes to reduce: one, several, or all (default). */
  readonly axis?: Axes;
  /** Keep reduced axes with size 1. */
  readonly keepDims?: boolean;
}

/**
 * Combines the elements of an array, or along some axes, by a function of two numbers. It must be associative and commutative:
 * the order depends on the shape only, so the result has the same bits for any number of threads.
 *
 * @param kernel the function, e.g. (a, b) => a * b % 1000
 * @param options axis, keepDims; `identity` is the result where there is nothing to combine
 * @throws ShapeError when there is nothing to combine and no identity; KernelError when the kernel leaves the language
 * @example
 * await wf.reduce((a, b) => Math.max(Math.abs(a), Math.abs(b)), [[1, -5], [2, 3]]).item(); // 5
 * await wf.reduce((a, b) => (a * b) % 10, wf.array([[3, 4], [7, 9]], { dtype: 'int32' }), { axis: 1 }).array(); // [2, 3]
 */
export function reduce(
  kernel: (a: number, b: number) => number | boolean, x: ArrayInput, options: ReduceWithOptions = {},
): WeftArray {
  checkOptions('reduce', options, { axis: true, keepDims: true, ...vectorizeOptions } satisfies OptionNames<ReduceWithOptions>);
  const { axis = null, keepDims, ...rest } = options;
  return vectorize(kernel, rest).reduce(x, { axis, keepDims });
}
