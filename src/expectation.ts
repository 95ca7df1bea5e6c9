/** Assertions about a bound plan, in the words of the planner: what `weftjs/testing` gives for arrays. */
import { WeftArray } from './dsl/array.ts';
import type { PlanReport } from './dsl/reports.ts';
import { describe, launchesOf, peakBytes, report, type BoundPlan } from './fusion/index.ts';
import { isResident, identityOf } from './residency.ts';

/** The error of a plan that is not as expected. Its message shows the plan. */
export class PlanAssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly code = 'ERR_ASSERTION';
  readonly actual: unknown;
  readonly expected: unknown;

  constructor(problem: string, plan: string, actual?: unknown, expected?: unknown) {
    super(`${problem}\n${plan}`);
    this.actual = actual;
    this.expected = expected;
  }
}

/** What can be expected of a plan. Every method throws an `AssertionError` that shows the plan, or returns the expectation. */
export interface PlanExpectation {
  /** The plan, for what these methods do not ask. */
  readonly report: PlanReport;
  /** So many different kernels. */
  kernels(n: number): this;
  /** Kernels run so often, all together: one in a loop of 100 steps runs 100 times. */
  launches(n: number): this;
  /** Run one after another: launches, and sweeps of several launches that leave things in cache for each other. */
  runs(n: number): this;
  /** So many sweeps. */
  sweeps(n: number): this;
  /** Launches in each of the sweeps, in order. */
  stages(...counts: readonly number[]): this;
  /** So many results, of all sweeps together, that only their own sweep sees: they have no buffer. */
  privates(n: number): this;
  /** Inputs and outputs of the launches, in order. */
  shape(...buffers: readonly (readonly [inputs: number, outputs: number])[]): this;
  /** Numbers of axes of the launches' domains, in order. Axes that all arrays walk as one are merged. */
  ranks(...ranks: readonly number[]): this;
  /** So many launches or sweeps read `x`, an array that has values. */
  passesOver(x: WeftArray, n: number): this;
  /** So many buffers besides inputs and results. */
  scratch(n: number): this;
  /** At most so many bytes are allocated at once, inputs and results included. */
  peakBytes(n: number): this;
  /** At most so many bytes are read and written. */
  bytesMoved(n: number): this;
  /** What became of every edge between two operations of these names, as `explain()` writes them. */
  verdict(producer: string, consumer: string, verdict: PlanReport['decisions'][number]['verdict']): this;
}

export function expectationOf(bound: BoundPlan): PlanExpectation {
  const { launches, runs } = bound;
  const sweeps = runs.filter((r) => 'stages' in r);
  const made = report(bound);
  const fail = (problem: string, actual?: unknown, expected?: unknown): never => {
    const hint = launches.length > 0 ? '' : 'there is nothing to compute: expect something of arrays before they are evaluated\n';
    throw new PlanAssertionError(`plan: ${problem}`, hint + describe(made, 2), actual, expected);
  };
  const equal = (what: string, actual: unknown, expected: unknown): void => {
    const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is !== wanted) fail(`expected ${what} ${wanted}, got ${is}`, actual, expected);
  };
  const atMost = (what: string, actual: number, most: number): void => {
    if (!(actual <= most)) fail(`expected at most ${most} ${what}, got ${actual}`, actual, most);
  };
  return {
    report: made,
    kernels(n) { equal('kernels', new Set(launches.map((l) => l.kernel)).size, n); return this; },
    launches(n) { equal('launches', launches.length, n); return this; },
    runs(n) { equal('runs', runs.length, n); return this; },
    sweeps(n) { equal('sweeps', sweeps.length, n); return this; },
    stages(...counts) { equal('stages', sweeps.map((s) => s.stages.length), counts); return this; },
    privates(n) { equal('private results', sweeps.reduce((sum, s) => sum + s.privates.length, 0), n); return this; },
    shape(...buffers) { equal('inputs and outputs', launches.map((l) => [l.inputs.length, l.outputs.length]), buffers); return this; },
    ranks(...ranks) { equal('ranks', launches.map((l) => l.domain.length), ranks); return this; },
    passesOver(x, n) {
      const node = WeftArray.node(x);
      if (!isResident(node)) fail('passesOver: this array has no values, the plan computes it');
      const slots = bound.inputs.filter((i) => identityOf(i.expr) === identityOf(node)).map((i) => i.slot);
      equal('passes', runs.filter((r) => launchesOf(r).some((l) => l.inputs.some((i) => slots.includes(i.slot)))).length, n);
      return this;
    },
    scratch(n) { equal('scratch buffers', bound.slots.filter((s) => s.role === 'scratch').length, n); return this; },
    peakBytes(n) { atMost('bytes at once', peakBytes(bound), n); return this; },
    bytesMoved(n) { atMost('bytes moved', made.bytes, n); return this; },
    verdict(producer, consumer, verdict) {
      const found = made.decisions.filter((d) => d.producer === producer && d.consumer === consumer);
      const all = new Set(made.decisions.map((d) => `${d.producer} -> ${d.consumer}`));
      if (found.length === 0) fail(`there is no edge ${producer} -> ${consumer}; edges are ${[...all].join(', ') || 'none'}`);
      equal(`${producer} -> ${consumer}`, [...new Set(found.map((d) => d.verdict))], [verdict]);
      return this;
    },
  };
}
