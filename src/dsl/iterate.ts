/** Time loops as part of the graph. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, WeftArray, type ArrayInput } from './array.ts';
import type { DType } from './dtype.ts';
import { makeExpr, newLoop, type CarryExpr, type Expr } from './expr.ts';
import { sameShape, showShape } from './shape.ts';

type StatesOf<T extends readonly ArrayInput[]> = {
  -readonly [K in keyof T]: T[K] extends WeftArray<infer D> ? WeftArray<D> : WeftArray
};

/**
 * The state after `steps` applications of `step`. `step` is called once, to record the body; shapes and dtypes of the
 * state must stay the same. Several states go in and out as lists.
 *
 * @param initial the state before the first step, or a list of states
 * @param steps how many times; 0 gives the initial state
 * @param step from state to state
 * @throws ShapeError, DTypeError when a state changes its shape or dtype
 * @example
 * const heat = wf.stencil((u: wf.Neighbors1) => 0.5 * u(0) + 0.25 * (u(-1) + u(1)), { border: 'wrap' });
 * await wf.iterate(wf.array([4, 0, 0, 0]), 2, (u) => heat(u)).array(); // [1.5, 1, 0.5, 1]
 * const [a, b] = wf.iterate([wf.array([1]), wf.array([1])], 10, ([a, b]) => [b, a.add(b)]);
 * await wf.add(a, b).array(); // [233]
 */
export function iterate<D extends DType>(
  initial: WeftArray<D>, steps: number, step: (state: WeftArray<D>) => WeftArray,
): WeftArray<D>;
export function iterate<const T extends readonly ArrayInput[]>(
  initial: T, steps: number, step: (states: StatesOf<T>) => readonly WeftArray[],
): StatesOf<T>;
export function iterate(
  initial: WeftArray | readonly ArrayInput[],
  steps: number,
  step: ((state: WeftArray) => WeftArray) | ((states: WeftArray[]) => readonly WeftArray[]),
): WeftArray | WeftArray[] {
  if (!Number.isInteger(steps) || steps < 0) throw new ArgumentError(`iterate: steps must be a non-negative integer, got ${String(steps)}`);
  if (typeof step !== 'function') throw new ArgumentError('iterate: the third argument must be a function from state to state');
  if (initial instanceof WeftArray) {
    const one = step as (state: WeftArray) => WeftArray;
    return loop([WeftArray.node(initial)], steps, ([u]) => [one(u)])[0];
  }
  if (!Array.isArray(initial) || initial.length === 0) throw new ArgumentError('iterate: the initial state must be an array or a list of arrays');
  const states = initial.map((s: ArrayInput, k) => arrayNode(s, `iterate: state ${k}`));
  return loop(states, steps, step as (states: WeftArray[]) => readonly WeftArray[]);
}

function loop(initial: readonly Expr[], count: number, body: (states: WeftArray[]) => readonly WeftArray[]): WeftArray[] {
  const id = newLoop();
  const carries = initial.map((s, index) =>
    makeExpr({ kind: 'carry', loop: id, index, dtype: s.dtype, shape: s.shape, src: [] }) as CarryExpr);
  const returned = body(carries.map((c) => wrap(c)));
  if (!Array.isArray(returned) || returned.length !== initial.length) {
    throw new ArgumentError(`iterate: the step must return ${initial.length === 1 ? 'an array' : `a list of ${initial.length} arrays`}`);
  }
  const next = returned.map((r: WeftArray, k) => checkState(r, initial[k], k));
  return initial.map((s, result) => wrap(makeExpr({
    kind: 'loop', loop: id, count, carries, next, result, src: initial, dtype: s.dtype, shape: s.shape,
  })));
}

function checkState(returned: unknown, initial: Expr, k: number): Expr {
  if (!(returned instanceof WeftArray)) throw new ArgumentError(`iterate: the step returned ${typeof returned} for state ${k}; return an array`);
  const node = WeftArray.node(returned);
  if (!sameShape(node.shape, initial.shape)) {
    throw new ShapeError(`iterate: state ${k} goes in with shape ${showShape(initial.shape)} and comes out with ${showShape(node.shape)}; a step must keep the shape`);
  }
  if (node.dtype !== initial.dtype) {
    throw new DTypeError(`iterate: state ${k} goes in as ${initial.dtype} and comes out as ${node.dtype}; end the step with .asType('${initial.dtype}')`);
  }
  return node;
}
