/** Time loops as part of the graph. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, WeftArray, type ArrayInput } from './array.ts';
import type { DType } from './dtype.ts';
import { fillExpr, makeExpr, newLoop, type CarryExpr, type Expr } from './expr.ts';
import { hostLoop, type IterateOptions } from './iterate-options.ts';
import { sameShape, showShape } from './shape.ts';

type StatesOf<T extends readonly ArrayInput[]> = {
  -readonly [K in keyof T]: T[K] extends WeftArray<infer D> ? WeftArray<D> : WeftArray
};

/** The results: the states, and the number of steps when it was asked for. */
type Counted<T extends readonly ArrayInput[]> = [...StatesOf<T>, WeftArray<'int32'>];

/**
 * The state after `steps` applications of `step`. `step` is called once, to record the body; shapes and dtypes of the
 * state must stay the same. Several states go in and out as lists. Lazy, like everything: the steps are made when a value is
 * asked for, on WebGPU all in one submission.
 *
 * Options end the loop on a condition (`until`), report its progress and hand out snapshots (`onProgress`), let it be stopped
 * (`signal`), and count its steps (`countSteps`). Such a loop runs in pieces when it is evaluated; its result then stays in
 * memory.
 *
 * @param initial the state before the first step, or a list of states
 * @param steps how many times, with `until` at most; 0 gives the initial state, and with `until` or `signal` it may be Infinity
 * @param step from state to state
 * @param options see IterateOptions
 * @throws ShapeError, DTypeError when a state changes its shape or dtype, or the condition is not of one element;
 * when evaluated, AbortError
 * @example
 * const heat = wf.stencil((u: wf.Neighbors1) => 0.5 * u(0) + 0.25 * (u(-1) + u(1)), { border: 'wrap' });
 * await wf.iterate(wf.array([4, 0, 0, 0]), 2, (u) => heat(u)).array(); // [1.5, 1, 0.5, 1]
 * const [a, b] = wf.iterate([wf.array([1]), wf.array([1])], 10, ([a, b]) => [b, a.add(b)]);
 * await wf.add(a, b).array(); // [233]
 * @example
 * // Newton's method for square roots, until a step changes nothing any more
 * const x = wf.array([2, 9, 400]);
 * const [root, steps] = wf.iterate(x, 100, (r) => r.add(x.div(r)).mul(0.5), {
 *   until: (r, before) => r.eq(before).all(), check: 4, countSteps: true,
 * });
 * await root.array(); // [1.4142135, 3, 20]
 * await steps.item(); // 12
 * @example
 * const log: number[] = [];
 * const doubled = wf.iterate(wf.array([1]), 6, (u) => u.mul(2), {
 *   every: 2, onProgress: async (step, u) => void log.push(step, await u.max().item()),
 * });
 * await doubled.array(); // [64]
 * log; // [2, 4, 4, 16, 6, 64]
 */
export function iterate<D extends DType>(
  initial: WeftArray<D>, steps: number, step: (state: WeftArray<D>) => WeftArray,
  options: IterateOptions<WeftArray<D>> & { readonly countSteps: true },
): [WeftArray<D>, WeftArray<'int32'>];
export function iterate<D extends DType>(
  initial: WeftArray<D>, steps: number, step: (state: WeftArray<D>) => WeftArray,
  options?: IterateOptions<WeftArray<D>> & { readonly countSteps?: false },
): WeftArray<D>;
export function iterate<const T extends readonly ArrayInput[]>(
  initial: T, steps: number, step: (states: StatesOf<T>) => readonly WeftArray[],
  options: IterateOptions<StatesOf<T>> & { readonly countSteps: true },
): Counted<T>;
export function iterate<const T extends readonly ArrayInput[]>(
  initial: T, steps: number, step: (states: StatesOf<T>) => readonly WeftArray[],
  options?: IterateOptions<StatesOf<T>> & { readonly countSteps?: false },
): StatesOf<T>;
export function iterate(
  initial: WeftArray | readonly ArrayInput[],
  steps: number,
  step: ((state: WeftArray) => WeftArray) | ((states: WeftArray[]) => readonly WeftArray[]),
  options: IterateOptions<never> = {},
): WeftArray | WeftArray[] {
  if (typeof step !== 'function') throw new ArgumentError('iterate: the third argument must be a function from state to state');
  if (initial instanceof WeftArray) {
    const one = step as (state: WeftArray) => WeftArray;
    const results = loop([WeftArray.node(initial)], steps, ([u]) => [one(u)], true, options);
    return options.countSteps ? results : results[0];
  }
  if (!Array.isArray(initial) || initial.length === 0) throw new ArgumentError('iterate: the initial state must be an array or a list of arrays');
  const states = initial.map((s: ArrayInput, k) => arrayNode(s, `iterate: state ${k}`));
  return loop(states, steps, step as (states: WeftArray[]) => readonly WeftArray[], false, options);
}

function loop(
  initial: readonly Expr[], count: number, body: (states: WeftArray[]) => readonly WeftArray[], single: boolean,
  options: IterateOptions<never>,
): WeftArray[] {
  const id = newLoop();
  const carries = initial.map((s, index) =>
    makeExpr({ kind: 'carry', loop: id, index, dtype: s.dtype, shape: s.shape, src: [] }) as CarryExpr);
  const host = hostLoop(options, { loop: id, carries, single });
  checkSteps(count, host?.until !== undefined || host?.signal !== undefined);
  const returned = body(carries.map((c) => wrap(c)));
  if (!Array.isArray(returned) || returned.length !== initial.length) {
    throw new ArgumentError(`iterate: the step must return ${initial.length === 1 ? 'an array' : `a list of ${initial.length} arrays`}`);
  }
  const next = returned.map((r: WeftArray, k) => checkState(r, initial[k], k));
  const result = (k: number, dtype: DType, shape: Expr['shape']): WeftArray =>
    wrap(makeExpr({ kind: 'loop', loop: id, count, carries, next, result: k, src: initial, dtype, shape, host }));
  const states = initial.map((s, k) => result(k, s.dtype, s.shape));
  if (!options.countSteps) return states;
  return [...states, host ? result(initial.length, 'int32', []) : wrap(fillExpr(count, 'int32'))];
}

function checkSteps(steps: number, endsItself: boolean): void {
  if (steps === Infinity && endsItself) return;
  if (Number.isInteger(steps) && steps >= 0) return;
  const way = steps === Infinity ? '; a loop without end needs until or signal' : '';
  throw new ArgumentError(`iterate: steps must be a non-negative integer, got ${String(steps)}${way}`);
}

function checkState(returned: unknown, initial: Expr, k: number): Expr {
  if (!(returned instanceof WeftArray)) throw new ArgumentError(`iterate: the step returned ${returned instanceof Promise ? 'a promise' : typeof returned} for state ${k}; return an array`);
  const node = WeftArray.node(returned);
  if (!sameShape(node.shape, initial.shape)) {
    throw new ShapeError(`iterate: state ${k} goes in with shape ${showShape(initial.shape)} and comes out with ${showShape(node.shape)}; a step must keep the shape`);
  }
  if (node.dtype !== initial.dtype) {
    throw new DTypeError(`iterate: state ${k} goes in as ${initial.dtype} and comes out as ${node.dtype}; end the step with .asType('${initial.dtype}')`);
  }
  return node;
}
