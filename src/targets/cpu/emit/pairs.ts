/** Reductions for an engine that makes one wider register of two: it looks for neighbours in memory, and sums have none. */
import { costOf } from '../../../dsl/kernel/walk.ts';
import type { Code, Scalar } from './code.ts';
import { isStraight, type Body, type Vector } from './columns.ts';
import { registers, type Regs } from './lanes.ts';
import type { ReduceNest } from './reduce.ts';
import { isArg, type Term } from './accumulate.ts';
import type { Taken } from './products.ts';
import { sumsOf } from './widening.ts';

/** Shows that registers, two by two, are neighbours: they would be stored, were column `x` negative, which none is. */
export function showPairs(c: Code, x: Scalar, taken: readonly Taken[]): void {
  const even = taken.length & ~1;
  if (!c.f.wide || even === 0) return;
  const first = taken.slice(0, even);
  const regs: Regs = [...first.map((t) => t.value), ...first.flatMap((t) => t.factor ?? [])];
  c.raw('i32.lt_s', [x, 0]);
  c.f.if(() => {
    for (let j = regs.length - 1; j >= 0; j--) c.raw('v128.store', [x, regs[j]], 16 * j);
    c.f.unreachable();
  });
}

/** A vector of the body is one register, and the body is so heavy that each is a turn: two can be computed as one. */
export const isPairable = (nest: ReduceNest, { count, interior }: Body, cost = costOf(nest.results)): boolean =>
  nest.paired === true && cost > HEAVY && nest.stores.length === 0 && isStraight(interior.vector)
  && nest.terms.every((t) => !isArg(t) && registers(count, t.width) === 1);

/** Beyond this cost several vectors are no longer one turn of a reduction. */
export const HEAVY = 160;

interface Adding {
  readonly term: Term;
  add(k: number, vector: readonly Taken[]): void;
  endTurn(): void;
}

/** Vectors are computed side by side, and then added as turns of their own, so that results are what they are without. */
export function addInTurns(c: Code, totals: readonly Adding[], turn: Iterable<Vector>, count: number): void {
  const vectors = [...turn];
  const taken = vectors.map(({ results }) => totals.map((t) => sumsOf(c, t.term, results, count)));
  totals.forEach((_, k) => showPairs(c, vectors[0].x, taken.flatMap((of) => of[k])));
  taken.forEach((of) => totals.forEach((t, k) => {
    t.add(0, of[k]);
    t.endTurn();
  }));
}
