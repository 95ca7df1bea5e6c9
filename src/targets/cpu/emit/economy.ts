/** What statements use: for bodies so long that locals are used again. */
import type { Block, Statement } from '../../../dsl/kernel/blocks.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import { operandsOf } from '../../../dsl/kernel/walk.ts';
import type { Scheme } from './scheme.ts';

/** What a statement itself uses, apart from the statements inside it. */
export function usesOf(s: Statement, { isDeferred, testsOf }: Pick<Scheme, 'isDeferred' | 'testsOf'>): Value[] {
  switch (s.kind) {
    case 'let': return isDeferred(s.value) ? [] : [...operandsOf(s.value)];
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

/** All uses, those inside statements too. */
export function usesIn(block: Block, scheme: Pick<Scheme, 'isDeferred' | 'testsOf'>): Value[] {
  return block.flatMap((s) => [...usesOf(s, scheme), ...inside(s).flatMap((b) => usesIn(b, scheme))]);
}

const inside = (s: Statement): readonly Block[] => (s.kind === 'branch' ? [s.yes, s.no] : s.kind === 'loop' ? [s.head, s.body] : []);
