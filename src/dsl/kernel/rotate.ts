/**
 * Leaving a loop. In general a flag says that a point has left, and the test asks for it. But most loops are left before the
 * turn has changed anything (`if (x > 4) return n;` comes first): then the condition can be part of the test, and no state
 * has to be kept from changing.
 */
import { inlineAll, sameLeaves } from './copy.ts';
import type { Builder, Effect, Loop, Value } from './ir.ts';

export interface OpenLoop {
  /** Those of `initial` and `next`, then one for `broken` and one for `returned`. */
  readonly states: readonly Value[];
  readonly initial: readonly Value[];
  readonly next: readonly Value[];
  /** Per state: nobody looks at it where the point has returned. */
  readonly forgotten: readonly boolean[];
  readonly test: Value;
  /** Who leaves in a turn. */
  readonly broken: Value;
  readonly returned: Value;
  /** Who comes to the loop. */
  readonly path: Value;
  readonly effects: readonly Effect[];
}

export interface ClosedLoop {
  readonly loop: Loop;
  readonly after: readonly Value[];
  /** Who has returned inside. */
  readonly returned: Value;
}

export function rotated(builder: Builder, open: OpenLoop): ClosedLoop {
  return leftEarly(builder, open) ?? withFlags(builder, open);
}

const isConst = (v: Value, value: number): boolean => v.kind === 'const' && v.value === value;

function withFlags(builder: Builder, { states, initial, next, test, broken, returned, path, effects }: OpenLoop): ClosedLoop {
  const no = builder.constant(0, 'bool');
  const goes = (state: Value, flag: Value): Value => (isConst(flag, 0) ? builder.constant(1, 'bool') : builder.op('not', [state]));
  const n = initial.length;
  const stays = builder.op('and', [goes(states[n], broken), goes(states[n + 1], returned)]);
  const after = builder.loop({
    states, initial: [...initial, no, no], next: [...next, broken, returned],
    test: builder.op('and', [path, builder.op('and', [stays, test])]), effects,
  });
  return { loop: loopOf(after), after: after.slice(0, n), returned: isConst(returned, 0) ? no : after[n + 1] };
}

const loopOf = (after: readonly Value[]): Loop => (after[0] as Value & { kind: 'after' }).loop;

/** The loop whose test is also who leaves; undefined where a point that leaves has changed something already. */
function leftEarly(builder: Builder, open: OpenLoop): ClosedLoop | undefined {
  const { states, initial, next, forgotten, test, broken, returned, path, effects } = open;
  const leaves = builder.op('or', [broken, returned]);
  if (leaves.kind === 'const' || effects.length > 0) return undefined;
  const negated = leaves.kind === 'op' && leaves.op === 'not' ? leaves.args[0] : undefined;
  /** What is set where the point leaves, and where it stays. */
  const split = (v: Value): readonly [gone: Value, stayed: Value] | undefined => {
    if (v.kind !== 'op' || v.op !== 'select') return undefined;
    if (v.args[0] === leaves) return [v.args[1], v.args[2]];
    return v.args[0] === negated ? [v.args[2], v.args[1]] : undefined;
  };
  const whatever = (v: Value, k: number): readonly [gone: Value, stayed: Value] | undefined =>
    (isConst(broken, 0) && forgotten[k] ? [states[k], v] : undefined);
  const parts = next.map((v, k) => (v === states[k] ? ([v, v] as const) : split(v) ?? whatever(v, k)));
  if (parts.some((p) => p === undefined)) return undefined;
  const [gone, stayed] = [parts.map((p) => p![0]), parts.map((p) => p![1])];
  const goes = builder.op('and', [test, builder.op('not', [leaves])]);
  const no = builder.constant(0, 'bool');
  const n = initial.length;
  const after = builder.loop({
    states, initial: [...initial, no, no], next: [...stayed, states[n], states[n + 1]], test: builder.op('and', [path, goes]), effects: [],
  });
  // Who left, and with what, is seen from the states as they were then: those after the loop. Where the test still holds, the
  // point has left; by which way matters only if there are two.
  const changed = gone.map((v, k) => v !== states[k]);
  const wasGone = builder.op('and', [path, test]);
  const wasReturned = isConst(broken, 0) ? wasGone : builder.op('and', [wasGone, returned]);
  const { results } = inlineAll(builder, [wasReturned, wasGone, ...gone], [], {
    ...sameLeaves(builder),
    state: (v) => (states.includes(v) ? after[v.index] : v),
    loaded: (v) => v,
    // A loop that stores is outside of this one, and happens once.
    after: (v) => (v.loop.effects.length > 0 ? v : undefined),
  });
  const [atReturn, atExit, ...last] = results;
  const final = after.slice(0, n).map((v, k) => (changed[k] ? builder.op('select', [atExit, last[k], v]) : v));
  return { loop: loopOf(after), after: final, returned: isConst(returned, 0) ? no : atReturn };
}
