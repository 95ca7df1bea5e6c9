/** What functions of two numbers can do besides being applied: NumPy's ufunc methods. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { promote, type DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { kernelFn, type KernelFunction } from './kernel/index.ts';
import { accumulateFn, atFn, foldFn } from './kernel/folds.ts';
import type { Fn } from './kernel/ir.ts';
import { asAxes, asAxis, showShape, sizeOf, type Shape } from './shape.ts';
import type { Axes } from './reduce.ts';
import { broadcastView, expandDimsView, reshapeView, transposeView } from './views.ts';

export interface UfuncReduceOptions {
  /** Default 0, as in NumPy; null reduces all axes. */
  readonly axis?: Axes;
  readonly keepDims?: boolean;
}

export interface UfuncMethods {
  /**
   * Combines the elements along an axis. The function must be associative and commutative: elements are combined in an order
   * that depends on the shape only, so the result has the same bits for any number of threads.
   * @throws ShapeError when there is nothing to reduce and the function has no `identity`
   */
  reduce(x: ArrayInput, options?: UfuncReduceOptions): WeftArray;
  /** All partial results along an axis (default 0), from the left: result[k] = f(result[k - 1], x[k]). */
  accumulate(x: ArrayInput, options?: { readonly axis?: number }): WeftArray;
  /** f of every pair: the shape of `a`, then that of `b`. */
  outer(a: ArrayInput, b: ArrayInput): WeftArray;
  /**
   * `a` with a[indices[k]] replaced by f(a[indices[k]], b[k]) for every k in turn, so that repeated indices add up. `a` has
   * one axis; negative indices count from its end, and those outside are left out. `b` broadcasts against `indices`.
   */
  at(a: ArrayInput, indices: ArrayInput, b: ArrayInput): WeftArray;
}

interface UfuncOptions {
  readonly constants?: Readonly<Record<string, unknown>>;
  readonly dtype?: DType;
  readonly identity?: number;
}

/** Below this many elements one point does the whole fold. */
const FEW = 64;
/** Points that share a long fold. */
const MANY = 1024;

export function ufuncMethods(
  f: KernelFunction, options: UfuncOptions, apply: (...args: readonly unknown[]) => Expr[],
): UfuncMethods {
  /** The function on two scalars, and the dtype in which partial results live. */
  const binaryFn = (dtype: DType): { readonly fn: Fn; readonly dtype: DType } => {
    const lower = (d: DType): Fn => kernelFn(f, [{ kind: 'scalar', dtype: d }, { kind: 'scalar', dtype: d }], { rank: 0, constants: options.constants, label: 'vectorize' });
    let at = options.dtype ?? dtype;
    // f(x, x) may be wider than x; partial results have the dtype that stays.
    for (let k = 0; k < 4; k++) {
      const fn = lower(at);
      if (fn.results.length !== 1) throw new ArgumentError('vectorize: a function of several results cannot be reduced');
      const given = fn.results[0].dtype;
      if (given === at || options.dtype) return { fn, dtype: at };
      at = given === 'bool' ? given : promote(at, given);
    }
    throw new DTypeError(`vectorize: the dtype of the partial results does not settle, starting from ${dtype}; use the option dtype`);
  };
  return {
    reduce: (x, { axis = 0, keepDims = false } = {}) => {
      const node = arrayNode(x, 'reduce: x');
      const axes = asAxes(node.shape.length === 0 ? null : axis, node.shape.length, 'reduce: axis');
      return wrap(reduceWith(binaryFn(node.dtype), node, axes, keepDims, options.identity));
    },
    accumulate: (x, { axis = 0 } = {}) => {
      const node = arrayNode(x, 'accumulate: x');
      const { fn, dtype } = binaryFn(node.dtype);
      const { cube } = cubeOf(castExpr(node, dtype), [asAxis(axis, node.shape.length, 'accumulate: axis')]);
      const [outer, , inner] = cube.shape;
      const domain = [outer, inner];
      const made = makeExpr({
        kind: 'nest', fn: accumulateFn(fn, dtype), result: 0, domain, dtype, shape: cube.shape, src: [cube, fillExpr(0, dtype, cube.shape)],
      });
      return wrap(reshapeView(made, node.shape));
    },
    outer: (a, b) => {
      const [x, y] = [arrayNode(a, 'outer: a'), arrayNode(b, 'outer: b')];
      const apart = reshapeView(x, [...x.shape, ...y.shape.map(() => 1)]);
      return wrap(apply(wrap(apart), wrap(y))[0]);
    },
    at: (a, indices, b) => {
      const node = arrayNode(a, 'at: a');
      if (node.shape.length !== 1) throw new ShapeError(`at: a must have one axis, got shape ${showShape(node.shape)}; reshape it and compute flat indices`);
      const where = arrayNode(indices, 'at: indices');
      if (where.dtype === 'bool' || where.dtype === 'float64') throw new DTypeError(`at: indices must be integers, got ${where.dtype}`);
      const what = broadcastView(castExpr(arrayNode(b, 'at: b'), node.dtype), where.shape);
      const flat = (e: Expr): Expr => reshapeView(e, [sizeOf(e.shape)]);
      const { fn } = binaryFn(node.dtype);
      return wrap(makeExpr({
        kind: 'nest', fn: atFn(fn, node.dtype), result: 0, domain: [1], dtype: node.dtype, shape: node.shape,
        src: [flat(castExpr(where, 'int32')), flat(what), node],
      }));
    },
  };
}

/** `x` as [what is before, the axes, what is after], row-major; axes that are apart are brought together. */
function cubeOf(x: Expr, axes: readonly number[]): { readonly cube: Expr; readonly kept: Shape } {
  const rank = x.shape.length;
  const rest = Array.from({ length: rank }, (_, k) => k).filter((k) => !axes.includes(k));
  const together = axes.every((k, j) => j === 0 || k === axes[j - 1] + 1);
  const order = together ? Array.from({ length: rank }, (_, k) => k) : [...axes, ...rest];
  const turned = together ? x : transposeView(x, order);
  const first = together ? axes[0] ?? 0 : 0;
  const size = (shape: Shape): number => sizeOf(shape);
  const { shape } = turned;
  const last = first + axes.length;
  const cube = reshapeView(turned, [size(shape.slice(0, first)), size(shape.slice(first, last)), size(shape.slice(last))]);
  return { cube, kept: rest.map((k) => x.shape[k]) };
}

function reduceWith(
  binary: { readonly fn: Fn; readonly dtype: DType }, x: Expr, axes: readonly number[], keepDims: boolean,
  identity: number | undefined,
): Expr {
  const { fn, dtype } = binary;
  const value = castExpr(x, dtype);
  const { cube, kept } = cubeOf(value, axes);
  const finish = (e: Expr): Expr => {
    const flat = reshapeView(e, kept);
    return keepDims ? expandDimsView(flat, axes) : flat;
  };
  if (cube.shape[1] === 0) {
    if (identity === undefined && sizeOf(kept) > 0) throw new ShapeError(`reduce: nothing to reduce: shape ${showShape(x.shape)} is empty along axis ${showShape(axes)}; give the function an identity`);
    return finish(fillExpr(identity ?? 0, dtype, kept));
  }
  let at = cube;
  const fold = foldFn(fn, dtype);
  while (at.shape[1] > 1) {
    const [outer, length, inner] = at.shape;
    const shape = [outer, partsOf(length, outer * inner), inner];
    at = makeExpr({ kind: 'map', fn: fold, result: 0, shape, dtype, src: [at] });
  }
  return finish(at);
}

/** How many partial results a fold of `length` elements has, beside `others` that are folded at the same time. */
const partsOf = (length: number, others: number): number =>
  (length <= FEW || others >= MANY ? 1 : length >= FEW * MANY ? MANY : FEW);
