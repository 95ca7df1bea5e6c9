/** Walks over the graph of a function: what a value needs, everything below it, what it all costs. */
import { opInfo } from '../ops.ts';
import type { Effect, Fn, Loop, Value } from './ir.ts';

/** What a value is computed from; of a loop, all that is in it. */
export function operandsOf(v: Value): readonly Value[] {
  switch (v.kind) {
    case 'op': return v.args;
    case 'gather': return v.index;
    case 'after': return loopOperands(v.loop);
    default: return none;
  }
}
const none: readonly Value[] = [];
const loopOperands = (l: Loop): readonly Value[] => [...l.initial, l.test, ...operandsOfEffects(l.effects), ...l.next];

/** What effects use, in order. */
export const operandsOfEffects = (effects: readonly Effect[]): readonly Value[] => effects.flatMap((e): readonly Value[] => {
  switch (e.kind) {
    case 'store': return [...e.index, e.value, e.when];
    case 'load': return e.index;
    case 'loop': return loopOperands(e.loop);
    default: return e satisfies never;
  }
});

/** What a value is computed from, but loops. */
export const chained = (v: Value): readonly Value[] => (v.kind === 'op' ? v.args : v.kind === 'gather' ? v.index : none);

/**
 * Calls `make` for what `v` needs and then for `v`, unless it is `known`. A sum that was written out is a chain of thousands
 * of ops: the recursion of `make` is for loops only.
 */
export function bottomUp(
  v: Value, known: (v: Value) => boolean, make: (v: Value) => void, needs: (v: Value) => readonly Value[] = chained,
): void {
  const stack = [v];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const missing = known(top) ? undefined : needs(top).find((o) => !known(o));
    if (missing) stack.push(missing);
    else if (!known(stack.pop()!)) make(top);
  }
}

/** Every value reachable from `results` and `effects`, operands before users, each once. */
export function valuesOf(results: readonly Value[], effects: readonly Effect[] = []): Value[] {
  const seen = new Set<Value>();
  const visit = (v: Value): void => bottomUp(v, (o) => seen.has(o), (o) => {
    operandsOf(o).forEach(visit);
    seen.add(o);
  });
  operandsOfEffects(effects).forEach(visit);
  results.forEach(visit);
  return [...seen];
}

/** The longest chain of values each of which needs the one before. */
export function lengthOf(results: readonly Value[], effects: readonly Effect[] = []): number {
  const lengths = new Map<Value, number>();
  let longest = 0;
  for (const v of valuesOf(results, effects)) {
    let length = 1;
    for (const o of operandsOf(v)) length = Math.max(length, 1 + (lengths.get(o) ?? 0));
    lengths.set(v, length);
    longest = Math.max(longest, length);
  }
  return longest;
}

/** All values of a function. */
export const valuesIn = (fn: Fn): Value[] => valuesOf(fn.results, fn.effects);

/** Turns that a loop is taken to make, in costs. */
const TYPICAL_TURNS = 16;

/** Total cost of one evaluation, in adds. `isFree`: values that are there already. */
export function costOf(results: readonly Value[], effects: readonly Effect[] = [], isFree?: (v: Value) => boolean): number {
  let sum = 0, turns = 1;
  const seen = new Set<Value | Loop>();
  const visit = (v: Value): void => {
    if (seen.has(v) || isFree?.(v)) return;
    seen.add(v);
    if (v.kind === 'op') sum += turns * opInfo(v.op).cost;
    if (v.kind === 'gather') sum += turns * GATHER_COST;
    if (v.kind === 'after') visitLoop(v.loop);
    else operandsOf(v).forEach(visit);
  };
  const visitLoop = (l: Loop): void => {
    if (seen.has(l)) return;
    seen.add(l);
    l.initial.forEach(visit);
    turns *= TYPICAL_TURNS;
    [l.test, ...l.next].forEach(visit);
    l.effects.forEach(visitEffect);
    turns /= TYPICAL_TURNS;
  };
  const visitEffect = (e: Effect): void => (e.kind === 'loop' ? visitLoop(e.loop) : operandsOfEffects([e]).forEach(visit));
  effects.forEach(visitEffect);
  results.forEach(visit);
  return sum;
}
const GATHER_COST = 4;
