/** Loops that count, for functions that code makes. */
import type { Builder, Effect, Value } from './ir.ts';

export const int = (b: Builder, n: number): Value => b.constant(n, 'int32');

/** Element 0 of a whole input of one element: a number that a launch gives. */
export const scalar = (b: Builder, input: number): Value => b.gather(input, 'int32', [int(b, 0)]);

/** A number for such an input. */
export const scalarSlot = (name: string) => ({ name, dtype: 'int32', whole: 1 } as const);

export interface Turn {
  /** Of the states besides the counter. */
  readonly next: readonly Value[];
  readonly effects?: readonly Effect[];
}

export interface Counted {
  /** The states after the loop. */
  readonly after: readonly Value[];
  /** The loop as something that happens. */
  readonly effect: Effect;
}

/** `for (let k = from; k < to; k++)`, with further states that start as `initial`. */
export function count(
  b: Builder, from: Value, to: Value, initial: readonly Value[], turn: (k: Value, states: readonly Value[]) => Turn,
): Counted {
  const states = b.states(['int32', ...initial.map((v) => v.dtype)]);
  const [k, ...rest] = states;
  const { next, effects } = turn(k, rest);
  const after = b.loop({
    states, initial: [from, ...initial], test: b.op('lt', [k, to]), next: [b.op('add', [k, int(b, 1)]), ...next], effects,
  });
  const { loop } = after[0] as Value & { kind: 'after' };
  return { after: after.slice(1), effect: { kind: 'loop', loop } };
}

/** Where piece `k` of `n` elements begins and ends, in pieces of `size`. */
export function pieceOf(b: Builder, k: Value, size: Value, n: Value): readonly [from: Value, to: Value] {
  const from = b.op('mul', [k, size]);
  return [from, b.op('min', [b.op('add', [from, size]), n])];
}

/**
 * The smallest i in from..to for which `isBefore(i)` does not hold; it holds up to there, and not after. Binary search: the
 * logarithm of to - from turns.
 */
export function firstNot(b: Builder, from: Value, to: Value, isBefore: (i: Value) => Value): Value {
  const states = b.states(['int32', 'int32']);
  const [low, high] = states;
  const middle = b.op('shr', [b.op('add', [low, high]), int(b, 1)]);
  const before = isBefore(middle);
  const [found] = b.loop({
    states, initial: [from, to], test: b.op('lt', [low, high]),
    next: [b.op('select', [before, b.op('add', [middle, int(b, 1)]), low]), b.op('select', [before, high, middle])],
  });
  return found;
}
