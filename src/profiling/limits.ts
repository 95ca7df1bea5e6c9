/**
 * What a target can do here, measured with programs of our own: STREAM's triad (J. McCalpin, https://www.cs.virginia.edu/stream/)
 * over arrays beyond all caches and over small ones, multiply-adds that stay in registers, a product of matrices, and a run that
 * does next to nothing. Once for each target and number of threads.
 */
import type { DType } from '../dsl/dtype.ts';
import { WeftArray } from '../dsl/array.ts';
import { matmul } from '../dsl/contract-methods.ts';
import { full } from '../dsl/create.ts';
import { evaluator } from '../dsl/evaluator.ts';
import { describeBytes } from '../bytes.ts';
import { TargetError } from '../errors.ts';
import { flopsOf } from '../fusion/index.ts';
import { recall } from '../history.ts';
import { liveTarget, targetNamedSync, targetOptions } from '../targets/registry.ts';
import type { PlanTarget } from '../targets/target.ts';
import { unrecorded } from './recorder.ts';
import type { Limits } from './types.ts';

/** Elements of an array of the triad; devices that are done with it at once get larger ones. */
const BEYOND_CACHES = 1 << 23;
const MOST_BEYOND_CACHES = 1 << 26;
/** All three together stay in the second cache of one core, and are enough for all threads. */
const IN_CACHE = 1 << 16;
const MULTIPLY_ADDS = { elements: 1 << 16, mostElements: 1 << 23, chains: 8, steps: 24 };
const MATRIX = 384;
/** A measurement that takes less tells little. */
const LEAST_MILLISECONDS = 0.25;
/** Milliseconds for each program, once it has run twice. */
const BUDGET = 40;

/** What a program took, and how much it did. */
interface Took {
  readonly milliseconds: number;
  readonly flops: number;
  readonly threads: number | undefined;
}

/** Written once for targets that answer at once and for those that do not: asks for an array to be computed. */
type Steps<T> = Generator<WeftArray, T, Took>;

export const limitsKey = (target: string, threads: number | undefined): string => `${target} ${threads ?? ''}`;

const known = new Map<string, Limits>();

export const knownLimits = (key: string): Limits | undefined => known.get(key);

/** Whether `measureNow` may be called. */
export function answersAtOnce(name: string): boolean {
  const target = liveTarget(name) ?? (name === 'cpu' ? targetNamedSync(name, '') : undefined);
  return target?.kind === 'plan' && target.runSync !== undefined;
}

/** @throws TargetError where the target does not measure, or its clock is too coarse; OutOfMemoryError */
export function measureNow(name: string, threads: number | undefined): Limits {
  const target = targetNamedSync(name, '') as PlanTarget;
  return withThreads(target, threads, () => {
    const steps = measure(target, threads);
    let step = steps.next();
    while (step.done !== true) {
      const handle = step.value;
      unrecorded(() => WeftArray.settle(handle, evaluator().evaluateSync([WeftArray.node(handle)], request(name))[0]));
      step = steps.next(tookOf(handle));
    }
    return remembered(step.value);
  });
}

/** The same, of targets that take their time. */
export async function measureSoon(name: string, threads: number | undefined): Promise<Limits> {
  const target = liveTarget(name);
  if (target?.kind !== 'plan') throw new TargetError(`target '${name}' was closed`);
  const steps = measure(target, threads);
  let step = steps.next();
  while (step.done !== true) {
    const handle = step.value;
    await unrecorded(() => handle.eval(request(name)));
    step = steps.next(tookOf(handle));
  }
  return remembered(step.value);
}

function remembered(limits: Limits): Limits {
  known.set(limitsKey(limits.target, limits.threads), limits);
  return limits;
}

const request = (target: string) => ({ target, profile: true, fusion: { max: Infinity } });

function withThreads<T>(target: PlanTarget, threads: number | undefined, work: () => T): T {
  const configured = targetOptions();
  if (threads !== undefined) target.configure?.({ ...configured, threads });
  try {
    return work();
  } finally {
    if (threads !== undefined) target.configure?.(configured);
  }
}

function tookOf(handle: WeftArray): Took {
  const run = recall([WeftArray.node(handle)])?.[0];
  if (!run?.measured) throw new TargetError('this target does not measure its runs');
  const sum = (list: readonly (number | undefined)[]): number => list.reduce((n: number, x) => n + (x ?? 0), 0);
  return { milliseconds: sum(run.measured.milliseconds), flops: sum(run.bound.runs.map(flopsOf)), threads: run.measured.threads };
}

function* measure({ name, profile, refuses, software }: PlanTarget, threads: number | undefined): Steps<Limits> {
  const started = performance.now();
  let elements = software ? BEYOND_CACHES / 8 : BEYOND_CACHES;
  const most = Math.min(MOST_BEYOND_CACHES, profile.maxBufferBytes / 8);
  // Threads may be starting meanwhile, so the first time is not the only one.
  let first = yield* triad(elements, 20, 2 * BUDGET);
  while (first.milliseconds < LEAST_MILLISECONDS && 2 * elements <= most) first = yield* triad(elements *= 2, 8);
  const launch = yield* best((s) => full([16], 1).mul(s), [], 24);
  const single = yield* arithmetic('float32');
  const double = refuses('float64') === undefined ? yield* arithmetic('float64') : undefined;
  const cache = yield* triad(IN_CACHE, 24);
  const again = yield* triad(elements, 8);
  const bandwidth = (n: number, ...list: readonly Best[]): number => 12 * n / Math.min(...list.map((b) => b.milliseconds)) / 1e6;
  const took = Math.round(performance.now() - started);
  return {
    target: name, ...threads !== undefined && { threads },
    bandwidth: bandwidth(elements, first, again), cacheBandwidth: bandwidth(IN_CACHE, cache), cacheBytes: 12 * IN_CACHE,
    gflops: single.gflops, ...double && { gflops64: double.gflops }, launch: launch.milliseconds,
    how: `triad of three arrays of ${describeBytes(4 * elements)}, the best of ${first.runs + again.runs}; ` +
      `in cache, of ${describeBytes(4 * IN_CACHE)}; the better of multiply-adds in registers and a product of matrices ` +
      `(${single.text}); took ${took} ms`,
  };
}

interface Best { readonly milliseconds: number; readonly flops: number; readonly runs: number }

/** The best of some runs of a program, which gets another number each time: else its result would be there already. */
function* best(make: (s: number) => WeftArray, inputs: readonly WeftArray[], runs: number, budget = BUDGET): Steps<Best> {
  const times: number[] = [];
  let flops = 0;
  try {
    for (const until = performance.now() + budget; times.length < runs && (times.length < 2 || performance.now() < until);) {
      const y = make(1.5 + times.length / 64);
      const took = yield y;
      times.push(took.milliseconds);
      flops = took.flops;
      y.dispose();
    }
  } finally {
    inputs.forEach((x) => x.dispose());
  }
  // Clocks that go in large steps: their mean is right.
  const least = Math.min(...times);
  const milliseconds = least > 0 ? least : times.reduce((n, t) => n + t, 0) / times.length;
  if (milliseconds === 0) throw new TargetError('its clock is too coarse to measure with');
  return { milliseconds, flops, runs: times.length };
}

function* computed(x: WeftArray): Steps<WeftArray> {
  yield x;
  return x;
}

function* triad(n: number, runs: number, budget?: number): Steps<Best> {
  const a = yield* computed(full([n], 1)), b = yield* computed(full([n], 2));
  return yield* best((s) => a.add(b.mul(s)), [a, b], runs, budget);
}

function* arithmetic(dtype: DType): Steps<{ readonly gflops: number; readonly text: string }> {
  const rate = ({ flops, milliseconds }: Best): number => flops / milliseconds / 1e6;
  const { mostElements } = MULTIPLY_ADDS;
  let { elements } = MULTIPLY_ADDS, registers = yield* multiplyAdds(elements, dtype);
  while (registers.milliseconds < LEAST_MILLISECONDS && elements < mostElements) {
    registers = yield* multiplyAdds(elements *= 4, dtype);
  }
  const a = yield* computed(full([MATRIX, MATRIX], 1, { dtype })), b = yield* computed(full([MATRIX, MATRIX], 2, { dtype }));
  const product = yield* best((s) => matmul(a, b.mul(s)), [a, b], 8);
  return {
    gflops: Math.max(rate(registers), rate(product)),
    text: `${rate(registers).toPrecision(3)} and ${rate(product).toPrecision(3)} GFLOP/s`,
  };
}

/** Chains that do not wait for each other. */
function* multiplyAdds(n: number, dtype: DType): Steps<Best> {
  const { chains, steps } = MULTIPLY_ADDS;
  const x = yield* computed(full([n], 0.5, { dtype }));
  return yield* best((s) => {
    const ends = Array.from({ length: chains }, (_, k) => {
      let y = x.add(k);
      for (let step = 0; step < steps; step++) y = y.mul(s - 1).add(0.25);
      return y;
    });
    return ends.reduce((sum, y) => sum.add(y));
  }, [x], 8);
}
