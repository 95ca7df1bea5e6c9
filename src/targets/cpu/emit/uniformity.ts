/**
 * Which values are the same in every lane. States of loops are, as long as they start alike and every turn gives them the same
 * next value: a counter is the same in all lanes that are still in the loop, even where lanes leave it at different turns.
 */
import type { Effect, Loop, Value } from '../../../dsl/kernel/ir.ts';
import { operandsOf, valuesOf } from '../../../dsl/kernel/walk.ts';
import type { Leaf } from './evaluate.ts';

/** What is emitted together: results, and effects in order. */
export interface Piece {
  readonly results: readonly Value[];
  readonly effects: readonly Effect[];
}

const known = new WeakMap<Piece, readonly Value[]>();

/** All values of a piece, operands before users; listed once. */
export function valuesIn(piece: Piece): readonly Value[] {
  let values = known.get(piece);
  if (!values) known.set(piece, values = valuesOf(piece.results, piece.effects));
  return values;
}

/** All loops, each once. */
export function loopsIn(piece: Piece, values: readonly Value[] = valuesIn(piece)): Loop[] {
  const found = new Set<Loop>();
  for (const v of values) if (v.kind === 'after') add(v.loop);
  piece.effects.forEach((e) => { if (e.kind === 'loop') add(e.loop); });
  return [...found];
  function add(loop: Loop): void {
    if (found.has(loop)) return;
    found.add(loop);
    for (const e of loop.effects) if (e.kind === 'loop') add(e.loop);
  }
}

/** Says of values whether they are the same in every lane; of a state, in the lanes that are in the loop. */
export function uniformityOf(piece: Piece, leaf: (v: Leaf) => boolean): (v: Value) => boolean {
  const values = valuesIn(piece);
  const loops = loopsIn(piece, values);
  const varying = new Set<Value>();
  const known = new Map<Value, boolean>();
  const decide = (v: Value): boolean => {
    switch (v.kind) {
      case 'const': return true;
      case 'state': return !varying.has(v);
      case 'after': return is(v.loop.test) && !varying.has(v.loop.states[v.index]);
      // What other lanes have stored meanwhile may differ.
      case 'loaded': return false;
      case 'op': case 'gather': return operandsOf(v).every(is);
      default: return leaf(v);
    }
  };
  const is = (v: Value): boolean => {
    let found = known.get(v);
    if (found === undefined) known.set(v, found = decide(v));
    return found;
  };
  // States are taken to be alike until one is found to start or to go on otherwise, and then those that depend on it.
  for (let again = true; again;) {
    again = false;
    known.clear();
    values.forEach(is);
    for (const { states, initial, next } of loops) {
      states.forEach((s, k) => {
        if (varying.has(s) || (is(initial[k]) && is(next[k]))) return;
        varying.add(s);
        again = true;
      });
    }
  }

  return is;
}

/**
 * The values that need no lane at all: nothing that they are computed from, all of their loops included, differs between
 * lanes, and they depend on no turn of a loop around them. `leaf` as above.
 */
export function fixedIn(piece: Piece, leaf: (v: Leaf) => boolean): ReadonlySet<Value> {
  const values = valuesIn(piece);
  const fixed = new Set<Value>();
  /** Values that would be fixed but for the turns that they depend on. */
  const within = new Set<Value>();
  const turns = turnsOf(values);
  for (const v of values) {
    const is = isLeaf(v) ? leaf(v) : v.kind !== 'loaded' && !(v.kind === 'after' && v.loop.effects.length > 0)
      && operandsOf(v).every((o) => fixed.has(o) || within.has(o));
    if (is) (turns.has(v) ? within : fixed).add(v);
  }
  return fixed;
}

const isLeaf = (v: Value): v is Leaf =>
  !['const', 'op', 'gather', 'state', 'after', 'loaded'].includes(v.kind);

/** The loops on whose turn a value depends; none for values that are not listed. */
function turnsOf(values: readonly Value[]): ReadonlyMap<Value, ReadonlySet<number>> {
  const turns = new Map<Value, ReadonlySet<number>>();
  const visit = (v: Value): ReadonlySet<number> | undefined => {
    if (v.kind === 'state') return new Set([v.loop]);
    let out: Set<number> | undefined;
    for (const o of operandsOf(v)) for (const id of turns.get(o) ?? []) (out ??= new Set()).add(id);
    if (v.kind === 'after') out?.delete(v.loop.id);
    return out;
  };
  for (const v of values) {
    const of = visit(v);
    if (of && of.size > 0) turns.set(v, of);
  }
  return turns;
}
