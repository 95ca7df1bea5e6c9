/** What statements make and use: for bodies so long that locals are used again. */
import type { Block, LoopStatement, Statement } from '../../../dsl/kernel/blocks.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import { operandsOf } from '../../../dsl/kernel/walk.ts';
import type { OpName } from '../../../dsl/ops.ts';
import type { Scheme } from './scheme.ts';
import { passedOver } from './shortcuts.ts';

/**
 * Bodies of more values than this give their locals back: engines allow 50,000, and a value takes several in several variants of
 * the body. Tests set it to 0.
 */
export const economy = { above: 1500 };

/** Ops that take as many locals as so many others. */
const weights: Partial<Record<OpName, number>> = { rem: 30, mod: 30, floorDiv: 30, pow: 12, sign: 2, roundHalfUp: 3 };

export const isLong = (values: readonly Value[]): boolean =>
  values.reduce((sum, v) => sum + ((v.kind === 'op' && weights[v.op]) || 1), 0) > economy.above;

/** What a statement itself uses, apart from the statements inside it. */
export function usesOf(s: Statement, { isDeferred, testsOf }: Pick<Scheme, 'isDeferred' | 'testsOf'>): Value[] {
  switch (s.kind) {
    case 'let': return isDeferred(s.value) ? [] : [...operandsOf(s.value), ...besides(s.value)];
    case 'branch': return [...s.value.args];
    case 'loop': {
      const { uniform, varying } = testsOf(s.loop);
      return [...s.states.flatMap((k) => [s.loop.initial[k], s.loop.next[k]]), ...uniform, ...varying.map((t) => t.value)];
    }
    case 'store': return [...s.effect.index, s.effect.value, s.effect.when];
    case 'load': return [...s.effect.index];
    default: return s satisfies never;
  }
}

const besides = (v: Value): Value[] => {
  const more = passedOver(v);
  return more ? [more] : [];
};

/** All uses, those inside statements too. */
export function usesIn(block: Block, scheme: Pick<Scheme, 'isDeferred' | 'testsOf'>): Value[] {
  return block.flatMap((s) => [...usesOf(s, scheme), ...inside(s).flatMap((b) => usesIn(b, scheme))]);
}

/** What a loop uses that it does not make. */
export function usedFromOutside(s: LoopStatement, scheme: Pick<Scheme, 'isDeferred' | 'testsOf'>): Value[] {
  const made = madeIn([s]);
  return usesIn([s], scheme).filter((v) => !made.has(v));
}

const inside = (s: Statement): readonly Block[] => (s.kind === 'branch' ? [s.yes, s.no] : s.kind === 'loop' ? [s.head, s.body] : []);

/** The values that statements make, those of the statements inside them too. */
export function madeIn(block: Block, into = new Set<Value>()): Set<Value> {
  for (const s of block) {
    switch (s.kind) {
      case 'let': case 'branch': into.add(s.value); break;
      case 'load': into.add(s.effect.value); break;
      case 'store': break;
      case 'loop': [...s.loop.states, ...s.after].forEach((v) => into.add(v)); break;
      default: s satisfies never;
    }
    inside(s).forEach((b) => madeIn(b, into));
  }
  return into;
}
