/** Values read where they are. */
import { addMethods } from './add-methods.ts';
import { evaluateHandles, WeftArray } from './array.ts';
import type { DType, ViewOf } from './dtype.ts';
import { evaluator, type EvaluateOptions } from './evaluator.ts';

export interface PeekMethods<D extends DType> {
  /**
   * Computes and lets you look at the values, row-major, without a copy: on the cpu target the typed array is the memory of the
   * array itself, on WebGPU what was read back and is kept for the next time. For drawing and for whatever else only reads.
   *
   * Do not write to it: the array, and everything that will be computed from it, would change. It stays what it is, even when the
   * array is disposed or gets other values by `into`, and keeps its memory until it is collected. Its `buffer` may be shared
   * memory, and larger than the typed array: functions that take no shared memory need `data`.
   * @throws as `data`
   * @example
   * const y = wf.array([1, 4, 9]).sqrt();
   * (await y.peek())[2]; // 3
   */
  peek(options?: EvaluateOptions): Promise<ViewOf[D]>;
  /** `peek` without waiting: on the cpu and reference targets only. */
  peekSync(options?: EvaluateOptions): ViewOf[D];
}

addMethods<PeekMethods<DType>>({
  async peek(options = {}) {
    const [result] = await evaluateHandles([this], options);
    return await evaluator().peek(result) as ViewOf[DType];
  },
  peekSync(options = {}) {
    const [result] = evaluator().evaluateSync([WeftArray.node(this)], options);
    WeftArray.settle(this, result);
    return evaluator().peekSync(result) as ViewOf[DType];
  },
});
