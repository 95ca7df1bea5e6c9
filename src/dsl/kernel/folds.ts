/** Functions that apply a binary function along an axis: how the methods of ufuncs are computed. */
import type { DType } from '../dtype.ts';
import { inline } from './copy.ts';
import { Builder, type Effect, type Fn, type Value } from './ir.ts';

/** `f(a, b)` in `dtype`, inside another function. */
const applied = (b: Builder, f: Fn, dtype: DType, args: readonly Value[]): Value =>
  b.cast(inline(b, f.results, { read: (input) => args[input] })[0], dtype);

const int = (b: Builder, n: number): Value => b.constant(n, 'int32');

/**
 * From a whole cube (outer, n, inner) to the points (outer, parts, inner): part l folds the elements l, l + parts, l + 2 parts
 * and so on, so that neighbouring points read neighbouring elements.
 */
export function foldFn(f: Fn, dtype: DType): Fn {
  const b = new Builder();
  const [outer, part, inner] = [0, 1, 2].map((axis) => b.coord(axis));
  const element = (k: Value): Value => b.gather(0, dtype, [outer, k, inner]);
  const states = b.states(['int32', dtype]);
  const [k, sum] = states;
  const parts = b.extent(1);
  const after = b.loop({
    states, initial: [b.op('add', [part, parts]), element(part)],
    test: b.op('lt', [k, b.size('input', 0, 1)]),
    next: [b.op('add', [k, parts]), applied(b, f, dtype, [sum, element(k)])],
  });
  return b.fn(`fold ${f.name}`, { rank: 3, inputs: [{ name: 'x', dtype, whole: 3 }], results: [after[1]] });
}

/** At the points (outer, inner) of a cube (outer, n, inner): all partial results along n, stored in order. */
export function accumulateFn(f: Fn, dtype: DType): Fn {
  const b = new Builder();
  const [outer, inner] = [0, 1].map((axis) => b.coord(axis));
  const element = (k: Value): Value => b.gather(0, dtype, [outer, k, inner]);
  const yes = b.constant(1, 'bool');
  const states = b.states(['int32', dtype]);
  const [k, sum] = states;
  const next = b.op('select', [b.op('eq', [k, int(b, 0)]), element(k), applied(b, f, dtype, [sum, element(k)])]);
  const store: Effect = { kind: 'store', output: 0, index: [outer, k, inner], value: next, when: yes };
  const after = b.loop({
    states, initial: [int(b, 0), b.constant(0, dtype)],
    test: b.op('lt', [k, b.size('input', 0, 1)]),
    next: [b.op('add', [k, int(b, 1)]), next], effects: [store],
  });
  return b.fn(`accumulate ${f.name}`, {
    rank: 2, inputs: [{ name: 'x', dtype, whole: 3 }], results: [], outputs: [{ name: 'out', dtype, whole: 3 }], effects: [loopOf(after)],
  });
}

/** At one point: out[indices[k]] = f(out[indices[k]], b[k]) for every k in turn. */
export function atFn(f: Fn, dtype: DType): Fn {
  const b = new Builder();
  const states = b.states(['int32']);
  const [k] = states;
  const given = b.gather(0, 'int32', [k]);
  const size = b.size('output', 0, 0);
  const index = [b.op('select', [b.op('lt', [given, int(b, 0)]), b.op('add', [given, size]), given])];
  const value = b.loaded(dtype);
  const effects: Effect[] = [
    { kind: 'load', output: 0, index: [b.clamped(index[0], size)], value },
    { kind: 'store', output: 0, index, value: applied(b, f, dtype, [value, b.gather(1, dtype, [k])]), when: b.constant(1, 'bool') },
  ];
  const after = b.loop({
    states, initial: [int(b, 0)], test: b.op('lt', [k, b.size('input', 0, 0)]), next: [b.op('add', [k, int(b, 1)])], effects,
  });
  return b.fn(`at ${f.name}`, {
    rank: 1, inputs: [{ name: 'indices', dtype: 'int32', whole: 1 }, { name: 'b', dtype, whole: 1 }],
    results: [], outputs: [{ name: 'out', dtype, whole: 1 }], effects: [loopOf(after)],
  });
}

const loopOf = (after: readonly Value[]): Effect => ({ kind: 'loop', loop: (after[0] as Value & { kind: 'after' }).loop });
