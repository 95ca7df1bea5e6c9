/** Tests of plans: what a program will become, for any test runner. `import { expectPlan } from 'weftjs/testing'`. */
import { WeftArray } from './dsl/array.ts';
import type { PlanningOptions } from './dsl/evaluator.ts';
import { ArgumentError, TargetError } from './errors.ts';
import { expectationOf, type PlanExpectation } from './expectation.ts';
import { planned } from './runtime.ts';

export { PlanAssertionError, type PlanExpectation } from './expectation.ts';
export type { PlanReport } from './dsl/reports.ts';

/**
 * Plans arrays, without evaluating them, for expectations of the plan, which chain. One that does not hold throws an
 * `AssertionError` whose message shows the plan, decisions included.
 * @param arrays one array, or several that would be evaluated together
 * @param options the target whose plan it is (as configured, with `auto` the CPU), and `fusion`
 * @throws ArgumentError for what is not an array; TargetError on a target that does not plan, or that is not running yet and
 *   takes a moment to start (webgpu)
 * @example
 * const x = wf.ones([1000, 1000]).add(0.5);
 * await x.eval();
 * const y = x.sub(x.mean()).square();
 * expectPlan(y, { target: 'cpu' }).kernels(2).passesOver(x, 2).peakBytes(8.1e6).verdict('sub', 'mul', 'fused');
 * expectPlan([x.min(), x.max()], { target: 'cpu' }).kernels(1).passesOver(x, 1);
 */
export function expectPlan(arrays: WeftArray | readonly WeftArray[], options: PlanningOptions = {}): PlanExpectation {
  const list = arrays instanceof WeftArray ? [arrays] : arrays;
  if (!Array.isArray(list) || list.length === 0 || !list.every((a) => a instanceof WeftArray)) {
    throw new ArgumentError('expectPlan: expected an array of weftjs, or a list of them');
  }
  const { target, bound } = planned(list.map((a) => WeftArray.node(a)), options);
  if (!bound) throw new TargetError(`expectPlan: target '${target.name}' does not plan; use target: 'cpu' or 'webgpu'`);
  return expectationOf(bound);
}
