/** Scopes: arrays made inside are freed at the end, except what is returned. */
import { ArgumentError } from '../errors.ts';

/** What a scope needs to know of an array. */
interface Freeable { dispose(): void }

interface Frame {
  readonly made: Set<Freeable>;
}

const frames: Frame[] = [];

/** Called for every array that is made. */
export function track(array: Freeable): void {
  frames.at(-1)?.made.add(array);
}

/**
 * Runs `fn` and disposes every array made in it, except those it returns (directly, in an array, or as values of an
 * object) and what these still need. With an async `fn` the part up to the first `await` is tracked by itself; pass what
 * is made later to `own`, or leave it to garbage collection.
 *
 * @example
 * const total = wf.scope(() => {
 *   const a = wf.ones([1000]);
 *   return a.mul(2).sum();
 * });
 * await total.item(); // 2000
 */
export function scope<R>(fn: (own: <T extends Freeable>(array: T) => T) => R): R {
  if (typeof fn !== 'function') throw new ArgumentError(`scope: expected a function, as in scope(() => a.mul(2).sum()), got ${String(fn)}`);
  const frame: Frame = { made: new Set() };
  const own = <T extends Freeable>(array: T): T => (frame.made.add(array), array);
  frames.push(frame);
  let result: R;
  try {
    result = fn(own);
  } catch (error) {
    frames.pop();
    disposeAll(frame, []);
    throw error;
  }
  frames.pop();
  if (result instanceof Promise) {
    return result.then(
      (value: unknown) => (disposeAll(frame, kept(value)), value),
      (error: unknown) => {
        disposeAll(frame, []);
        throw error;
      },
    ) as R;
  }
  disposeAll(frame, kept(result));
  return result;
}

function kept(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value)] : [];
}

let survivorsOf: (arrays: readonly unknown[]) => (candidate: Freeable) => boolean = (arrays) => (c) => arrays.includes(c);

/** `array.ts` says which arrays a returned one still needs. */
export const setSurvivors = (rule: typeof survivorsOf): void => {
  survivorsOf = rule;
};

function disposeAll(frame: Frame, results: readonly unknown[]): void {
  const survives = survivorsOf(results);
  const outer = frames.at(-1);
  for (const array of frame.made) {
    if (!survives(array)) array.dispose();
    else outer?.made.add(array);
  }
}
