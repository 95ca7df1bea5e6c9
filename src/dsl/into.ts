/** Giving an array new values, in the memory that it has. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { addMethods } from './add-methods.ts';
import { WeftArray } from './array.ts';
import type { DType } from './dtype.ts';
import { evaluator, type EvaluateOptions } from './evaluator.ts';
import { sameShape, showShape } from './shape.ts';

export interface IntoMethod<D extends DType> {
  /**
   * Computes and gives the values to another array, which may be one of those that this one is made of: after
   * `await y.into(x)`, `x` stands for the values of `y`. They are put into the memory of `x` where that is possible: where
   * nobody else needs what was there, and the plan has read it before it writes.
   *
   * What was evaluated from the old `x` keeps its values; an expression of it that was not is an error from then on. An
   * evaluation that fails before it starts (no room, a wrong dtype for the target) leaves `x` as it was; one that fails in the
   * middle may leave it without values.
   *
   * @param out an evaluated array of the same shape and dtype
   * @returns `out`
   * @throws ShapeError, DTypeError when shape or dtype are others; nothing has happened then
   * @example
   * const x = await wf.arange(4).mul(1).eval();
   * for (let n = 0; n < 3; n++) await x.mul(2).add(1).into(x);
   * await x.array(); // [7, 15, 23, 31]
   */
  into(out: WeftArray<D>, options?: EvaluateOptions): Promise<WeftArray<D>>;
}

async function into(this: WeftArray, out: unknown, options: EvaluateOptions = {}): Promise<WeftArray> {
  if (!(out instanceof WeftArray)) throw new ArgumentError(`into: expected an array that gets the values, got ${typeof out}`);
  const root = WeftArray.node(this), given = WeftArray.node(out);
  if (!sameShape(root.shape, given.shape)) throw new ShapeError(`into: values of shape ${showShape(root.shape)} do not fit an array of shape ${showShape(given.shape)}`);
  if (root.dtype !== given.dtype) throw new DTypeError(`into: ${root.dtype} values do not fit a ${given.dtype} array; cast them with .asType('${given.dtype}')`);
  if (root === given) return out.eval(options);
  const result = await evaluator().evaluateInto(root, given, options);
  // An array that was disposed, or got other values, meanwhile keeps its state.
  if (!out.disposed && WeftArray.node(out) === given) WeftArray.replace(out, result);
  return out;
}

addMethods<IntoMethod<DType>>({ into });
