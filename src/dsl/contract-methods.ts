/** Products of vectors and matrices as methods and functions. Importing this file adds the methods. */
import { addMethods } from './add-methods.ts';
import { arrayNode, WeftArray, wrap, type ArrayInput } from './array.ts';
import {
  dotExpr, innerExpr, matmulExpr, matVecExpr, outerExpr, tensorDotExpr, vecDotExpr, vecMatExpr,
  type ContractOptions, type PairedAxes,
} from './contract.ts';
import type { DType } from './dtype.ts';
import type { Expr } from './expr.ts';
import type { BinaryResult, ReducedSum } from './types.ts';

/** Sums of products; the option `dtype` overrides it at run time, which the type does not follow. */
type Contracted<D extends DType, O> = ReducedSum<BinaryResult<'arith', D, O>>;

export interface ContractMethods<D extends DType> {
  // --- products of vectors and matrices ---

  /**
   * The product of matrices in the last two axes, (..., m, k) with (..., k, n) to (..., m, n); axes before these broadcast. A
   * vector is a row on the left, a column on the right, and its axis is not in the result. Transposed and sliced operands are
   * read as they are; elementwise operations on operands and on the result become part of the same loop. Narrow integers and
   * bool are added up in 32 bits, wrapping.
   *
   * Accuracy: products are added up in an order that depends on sizes alone, so a result is the same for any number of
   * threads; its error is at most k eps (|a| matmul |b|), with eps = 2^-24 in float32 and 2^-53 in float64 (Higham 2002, 3.5),
   * typically about sqrt(k) eps of that.
   * Algorithm: panels of both operands packed for registers and caches (Goto and van de Geijn 2008); tiles of 64 x 64 in
   * workgroup memory on WebGPU.
   * @throws ShapeError for a scalar, for sizes that do not fit, for leading axes that do not broadcast
   * @example
   * const a = wf.array([[1, 2], [3, 4]]);
   * await a.matmul([[1, 0], [2, 1]]).array(); // [[5, 2], [11, 4]]
   * await a.matmul([1, 1]).array(); // [3, 7]
   * await a.matmul(a.transpose()).add([0, 1]).maximum(6).array(); // [[6, 12], [11, 26]]
   */
  matmul<O extends ArrayInput>(b: O, options?: ContractOptions): WeftArray<Contracted<D, O>>;
  /**
   * NumPy's `dot`: of two vectors the sum of their products; over the last axis of this array and the second to last of
   * `b` otherwise, all other axes kept, this array's first. A scalar multiplies. Accuracy: as `matmul`.
   * @throws ShapeError for sizes that do not fit
   * @example
   * await wf.array([1, 2, 3]).dot([4, 5, 6]).item(); // 32
   */
  dot<O extends ArrayInput>(b: O, options?: ContractOptions): WeftArray<Contracted<D, O>>;
  /**
   * Matrices times vectors, (..., m, k) with (..., k) to (..., m); leading axes broadcast. Accuracy: as `matmul`.
   * @throws ShapeError for sizes that do not fit
   * @example
   * await wf.array([[1, 2], [3, 4]]).matVec([1, -1]).array(); // [-1, -1]
   */
  matVec<O extends ArrayInput>(b: O, options?: ContractOptions): WeftArray<Contracted<D, O>>;
  /**
   * Vectors times matrices, (..., k) with (..., k, n) to (..., n); leading axes broadcast. Accuracy: as `matmul`.
   * @throws ShapeError for sizes that do not fit
   * @example
   * await wf.array([1, -1]).vecMat([[1, 2], [3, 4]]).array(); // [-2, -2]
   */
  vecMat<O extends ArrayInput>(b: O, options?: ContractOptions): WeftArray<Contracted<D, O>>;
  /**
   * Dot products along an axis, the last by default; the other axes broadcast. Accuracy: as `matmul`.
   * @param axis counted in the shape that the operands broadcast to
   * @throws ShapeError for an axis there is not, or sizes that do not fit
   * @example
   * await wf.array([[1, 2], [3, 4]]).vecDot([[1, 1], [2, 2]]).array(); // [3, 14]
   */
  vecDot<O extends ArrayInput>(b: O, axis?: number, options?: ContractOptions): WeftArray<Contracted<D, O>>;
  /**
   * Over the last axis of both, all other axes kept: (..., k) with (***, k) to (..., ***). Accuracy: as `matmul`.
   * @throws ShapeError for sizes that do not fit
   * @example
   * await wf.array([[1, 2], [3, 4]]).inner([[1, 0], [0, 1]]).array(); // [[1, 2], [3, 4]]
   */
  inner<O extends ArrayInput>(b: O, options?: ContractOptions): WeftArray<Contracted<D, O>>;
  /**
   * Every element times every element of `b`, both flattened: (size of this array, size of b).
   * @example
   * await wf.array([1, 2]).outer([1, 10, 100]).array(); // [[1, 10, 100], [2, 20, 200]]
   */
  outer<O extends ArrayInput>(b: O): WeftArray<BinaryResult<'arith', D, O>>;
  /**
   * Over pairs of axes: the last `axes` of this array with the first of `b` (default 2), or those listed, `[[0, 1], [1, 0]]`.
   * All others are kept, this array's first. Accuracy: as `matmul`.
   * @throws ShapeError for axes there are not, or sizes that do not fit
   * @example
   * const a = wf.array([[1, 2], [3, 4]]);
   * await a.tensorDot(a).item(); // 30
   * await a.tensorDot(a, [[0], [0]]).array(); // [[10, 14], [14, 20]]
   */
  tensorDot<O extends ArrayInput>(b: O, axes?: PairedAxes, options?: ContractOptions): WeftArray<Contracted<D, O>>;
}

const pair = (name: string, make: (a: Expr, b: Expr, options?: ContractOptions) => Expr) =>
  function contracted(this: WeftArray, b: ArrayInput, options?: ContractOptions): WeftArray {
    return wrap(make(WeftArray.node(this), arrayNode(b, `${name}: b`), options));
  };

addMethods<ContractMethods<DType>>({
  matmul: pair('matmul', matmulExpr),
  dot: pair('dot', dotExpr),
  matVec: pair('matVec', matVecExpr),
  vecMat: pair('vecMat', vecMatExpr),
  vecDot(b, axis, options) { return wrap(vecDotExpr(WeftArray.node(this), arrayNode(b, 'vecDot: b'), axis, options)); },
  inner: pair('inner', innerExpr),
  outer(b) { return wrap(outerExpr(WeftArray.node(this), arrayNode(b, 'outer: b'))); },
  tensorDot(b, axes = 2, options) {
    return wrap(tensorDotExpr('tensorDot', WeftArray.node(this), arrayNode(b, 'tensorDot: b'), axes, options));
  },
});

type Of<A, B> = A extends WeftArray<infer D> ? Contracted<D, B> : B extends WeftArray<infer D> ? Contracted<D, A> : DType;
type Pair = <A extends ArrayInput, B extends ArrayInput>(a: A, b: B, options?: ContractOptions) => WeftArray<Of<A, B>>;

const fn = (name: string, make: (a: Expr, b: Expr, options?: ContractOptions) => Expr): Pair => (a, b, options) =>
  wrap(make(arrayNode(a, `${name}: a`), arrayNode(b, `${name}: b`), options));

/**
 * The method `matmul` with both operands as arguments: the product of matrices in the last two axes, broadcasting the others.
 * @throws ShapeError for sizes that do not fit
 * @example
 * await wf.matmul([[1, 2], [3, 4]], [[1, 0], [2, 1]]).array(); // [[5, 2], [11, 4]]
 */
export const matmul: Pair = fn('matmul', matmulExpr);
/**
 * The method `dot` with both operands as arguments: NumPy's rules.
 * @throws ShapeError for sizes that do not fit
 * @example
 * await wf.dot([1, 2, 3], [4, 5, 6]).item(); // 32
 */
export const dot: Pair = fn('dot', dotExpr);
/**
 * The method `vecDot` with both operands as arguments: dot products along an axis, the last by default.
 * @throws ShapeError for sizes that do not fit
 * @example
 * await wf.vecDot([[1, 2], [3, 4]], [1, 1]).array(); // [3, 7]
 */
export const vecDot = <A extends ArrayInput, B extends ArrayInput>(
  a: A, b: B, axis?: number, options?: ContractOptions,
): WeftArray<Of<A, B>> => wrap(vecDotExpr(arrayNode(a, 'vecDot: a'), arrayNode(b, 'vecDot: b'), axis, options));
/**
 * The method `tensorDot` with both operands as arguments: sums over pairs of axes.
 * @throws ShapeError for axes there are not, or sizes that do not fit
 * @example
 * await wf.tensorDot([[1, 2], [3, 4]], [1, 1], 1).array(); // [3, 7]
 */
export const tensorDot = <A extends ArrayInput, B extends ArrayInput>(
  a: A, b: B, axes: PairedAxes = 2, options?: ContractOptions,
): WeftArray<Of<A, B>> => wrap(tensorDotExpr('tensorDot', arrayNode(a, 'tensorDot: a'), arrayNode(b, 'tensorDot: b'), axes, options));
