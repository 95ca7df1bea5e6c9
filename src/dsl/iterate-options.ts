/** What the host may do between the steps of a loop: its options, checked and recorded. */
import { ArgumentError, ShapeError } from '../errors.ts';
import { WeftArray, wrap } from './array.ts';
import { castExpr } from './elementwise.ts';
import { makeExpr, type CarryExpr, type Expr, type HostLoop } from './expr.ts';
import { showShape, sizeOf } from './shape.ts';
import { reshapeView } from './views.ts';

/**
 * Options of `iterate`. `S` is the state: an array, or a list of arrays. With any of `until`, `onProgress` and `signal` the loop
 * needs the host while it runs: it is evaluated in pieces, all on one target, with its states staying where they are.
 */
export interface IterateOptions<S> {
  /**
   * Ends the loop early: called once, to record a condition on the state and on the state one step earlier, which gives an
   * array of one element. It is evaluated after every `check` steps, and the first time it is true (not 0) the loop ends.
   */
  readonly until?: (state: S, before: S) => WeftArray;
  /** Steps from one look at `until` and `signal` to the next: 32 by default. */
  readonly check?: number;
  /**
   * Called with the number of steps made and the state after them, every `every` steps. The arrays are the caller's to keep
   * and to read at any time. The loop goes on when the promise that it may return is fulfilled; an error ends the loop.
   */
  readonly onProgress?: (step: number, state: S) => unknown;
  /** Steps from one call of `onProgress` to the next: by default as `check`. */
  readonly every?: number;
  /** Ends the loop with an AbortError, at the next look. */
  readonly signal?: AbortSignal;
  /** Gives the number of steps made, an int32 scalar, after the states. */
  readonly countSteps?: boolean;
}

/** Steps between two looks: few enough for a page, many enough for looking to cost little. */
const CHECK = 32;

const known: Readonly<Record<keyof IterateOptions<never>, string | undefined>> = {
  until: 'function', onProgress: 'function', check: 'number', every: 'number', signal: 'object', countSteps: 'boolean',
};

/** Throws ArgumentError for an option that there is not, of another type, or without use. */
function checkOptions(options: IterateOptions<never>): void {
  if (typeof options !== 'object' || options === null) throw new ArgumentError(`iterate: options must be an object, e.g. { until: (u) => u.max().lt(1) }, got ${String(options)}`);
  for (const [name, value] of Object.entries(options) as [keyof typeof known, unknown][]) {
    if (!Object.hasOwn(known, name)) throw new ArgumentError(`iterate: unknown option '${name}'; options are ${Object.keys(known).join(', ')}`);
    if (value !== undefined && (typeof value !== known[name] || value === null)) throw new ArgumentError(`iterate: ${name} must be ${known[name] === 'object' ? 'an AbortSignal' : `a ${known[name]}`}, got ${String(value)}`);
  }
  for (const name of ['check', 'every'] as const) {
    const steps = options[name];
    if (steps !== undefined && !(Number.isInteger(steps) && steps > 0)) throw new ArgumentError(`iterate: ${name} must be a positive whole number of steps, got ${steps}`);
  }
  if (options.signal && typeof options.signal.throwIfAborted !== 'function') throw new ArgumentError('iterate: signal must be an AbortSignal, e.g. new AbortController().signal');
  if (options.every !== undefined && !options.onProgress) throw new ArgumentError('iterate: every without onProgress reports nothing; give onProgress: (step, state) => ...');
  if (options.check !== undefined && !options.until && !options.signal) throw new ArgumentError('iterate: check without until or signal looks at nothing; give until: (state) => ..., or use every for onProgress');
}

/** A loop about to be made: `single` when its state is one array and not a list. */
interface LoopStart {
  readonly loop: number;
  readonly carries: readonly CarryExpr[];
  readonly single: boolean;
}

/** What the runtime needs to know of the options; undefined when the loop runs by itself. */
export function hostLoop(options: IterateOptions<never>, start: LoopStart): HostLoop | undefined {
  checkOptions(options);
  const { until, onProgress, signal, check = CHECK } = options;
  if (!until && !onProgress && !signal) return undefined;
  const before = start.carries.map((c) => makeExpr({ ...c, index: c.index + start.carries.length }) as CarryExpr);
  return {
    until: until && condition(until as Condition, start, before), before, check, signal,
    report: onProgress && reporter(onProgress as Report, start.single), every: options.every ?? check,
  };
}

type Condition = (state: unknown, before: unknown) => unknown;
type Report = (step: number, state: unknown) => unknown;

const stateOf = (nodes: readonly Expr[], single: boolean): { handles: WeftArray[]; state: unknown } => {
  const handles = nodes.map((n) => wrap(n));
  return { handles, state: single ? handles[0] : handles };
};

function condition(until: Condition, { carries, single }: LoopStart, before: readonly Expr[]): Expr {
  const holds = until(stateOf(carries, single).state, stateOf(before, single).state);
  if (holds instanceof Promise) holds.catch(() => {});
  if (!(holds instanceof WeftArray)) {
    throw new ArgumentError(`iterate: until returned ${holds instanceof Promise ? 'a promise' : typeof holds}; return an array of one element, e.g. until: (u) => u.max().lt(1)`);
  }
  const node = WeftArray.node(holds);
  if (sizeOf(node.shape) !== 1) throw new ShapeError(`iterate: until gives shape ${showShape(node.shape)}; reduce it to one element with all(), any(), max() and the like`);
  return reshapeView(castExpr(node, 'bool'), []);
}

/** The arrays belong to the callback, unless it fails. */
const reporter = (onProgress: Report, single: boolean) => (step: number, nodes: readonly Expr[]): unknown => {
  const { handles, state } = stateOf(nodes, single);
  const fail = (error: unknown): never => {
    handles.forEach((h) => h.dispose());
    throw error;
  };
  try {
    const result = onProgress(step, state);
    return result instanceof Promise ? result.catch(fail) : result;
  } catch (error) {
    return fail(error);
  }
};
