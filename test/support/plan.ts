/** Planner tests in the words of the planner: build arrays, look at the plan, check its values against the interpreter. */
import { WeftArray, wrap } from '../../src/dsl/array.ts';
import type { TypedArray } from '../../src/dsl/dtype.ts';
import { makeExpr, type Expr } from '../../src/dsl/expr.ts';
import { Builder } from '../../src/dsl/kernel/ir.ts';
import { expectationOf, type PlanExpectation } from '../../src/expectation.ts';
import { planFor, validateBound, type BoundPlan } from '../../src/fusion/index.ts';
import { hostOf, isResident } from '../../src/residency.ts';
import { interpreterTarget } from '../../src/targets/reference.ts';
import type { CostProfile } from '../../src/targets/target.ts';
import { runPlan } from './run-plan.ts';
import { expectClose, type Tolerance } from './targets.ts';

/** A middling device: recomputing a few adds is cheaper than memory, an exponential is not. */
export const profile: CostProfile = { memoryRoundTrip: 8, launch: 1000, maxBuffers: 32, maxBufferBytes: 2 ** 30 };

/** What the cpu target asks for: launches that follow each other run piece by piece, time loops four steps at a time. */
export const sweeping: Partial<CostProfile> =
  { memoryRoundTrip: 6, launch: 4000, maxBuffers: 64, sweeps: { cache: 2 ** 20, depth: 4 } };

/** 10 * i + j + ... at every point. */
export function coordinates(shape: readonly number[]): WeftArray {
  const b = new Builder();
  const sum = shape.map((_, k) => b.coord(k)).reduce((x, y) => b.op('add', [b.op('mul', [x, b.constant(10, 'int32')]), y]));
  const fn = b.fn('coordinates', { rank: shape.length, inputs: [], results: [b.op('add', [sum, b.extent(0)])] });
  return wrap(makeExpr({ kind: 'map', fn, result: 0, dtype: 'int32', shape, src: [] }));
}

export const nodesOf = (arrays: readonly WeftArray[]): Expr[] => arrays.map((x) => WeftArray.node(x));

/** The validated plan of some arrays. */
export function planOf(arrays: readonly WeftArray[], options: Partial<CostProfile> = {}): BoundPlan {
  const bound = planFor(nodesOf(arrays), isResident, { ...profile, ...options });
  validateBound(bound);
  return bound;
}

const data = (e: Expr): TypedArray => {
  const found = hostOf(e);
  if (!found) throw new Error(`no values for ${e.kind}`);
  return found;
};

/** Runs the plan on the oracle and compares every root with the interpreter. */
export function checkValues(
  arrays: readonly WeftArray[], tolerance: Tolerance = { rtol: 2e-6, atol: 1e-6 }, options: Partial<CostProfile> = {},
): BoundPlan {
  const bound = planOf(arrays, options);
  const actual = runPlan(bound, data);
  const expected = interpreterTarget.evaluate(nodesOf(arrays), hostOf);
  expected.forEach((e, k) => expectClose(actual[k], e, { ...tolerance, label: `root ${k}` }));
  return bound;
}

/** The values of every array, each computed by a plan of its own from those before it: nothing is fused. */
export function valuesAlone(arrays: readonly WeftArray[]): TypedArray[] {
  const known = new Map<Expr, TypedArray>();
  const at = (e: Expr): TypedArray | undefined => known.get(e) ?? hostOf(e);
  return nodesOf(arrays).map((node) => {
    if (at(node)) return at(node)!;
    const bound = planFor([node], (e) => at(e) !== undefined, profile);
    validateBound(bound);
    const [values] = runPlan(bound, (e) => at(e) ?? data(e));
    known.set(node, values);
    return values;
  });
}

/** Plans, checks the values, and then what the plan looks like. */
export function expectPlan(arrays: WeftArray | readonly WeftArray[], options: Partial<CostProfile> = {}): PlanExpectation {
  return expectationOf(checkValues(arrays instanceof WeftArray ? [arrays] : arrays, undefined, options));
}
