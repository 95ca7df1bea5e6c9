/**
 * What a loop needs from outside in another form than it is there in (a wider mask, an i32, a run) is converted before the
 * first turn rather than in every turn. Nothing depends on this being complete.
 */
import type { Block, LoopStatement } from '../../../dsl/kernel/blocks.ts';
import type { Effect, Value } from '../../../dsl/kernel/ir.ts';
import { madeIn } from './economy.ts';
import type { Evaluator } from './evaluate.ts';
import { widthOf, type Width } from './lanes.ts';
import { keepBase } from './whole.ts';
import { likelyWidth, operandWidth } from './widths.ts';

export function preload(e: Evaluator, loop: LoopStatement): void {
  const inside = madeIn([loop]);
  const { scheme } = e;
  const outside = (v: Value): boolean => v.kind !== 'const' && !inside.has(v);
  const regs = (v: Value, width: Width = likelyWidth(v)): void => {
    if (outside(v) && !scheme.isDeferred(v)) e.regs(v, width);
  };
  const scalar = (v: Value): void => {
    if (outside(v)) e.scalar(v);
  };
  const index = (v: Value): void => {
    if (scheme.isUniform(v)) scalar(v);
    else if (!scheme.isRun(v)) regs(v);
    else if (outside(v)) e.run(v);
  };
  const held = (v: Value, as: Value): void => (scheme.isScalar(as) ? scalar(v) : regs(v, likelyWidth(as)));

  const value = (v: Value): void => {
    if (v.kind === 'gather') {
      v.index.forEach(index);
      return keepBase(e, 'input', v.input, v.index, outside);
    }
    if (v.kind !== 'op' || e.site.isKnown(v) || scheme.isDeferred(v)) return;
    if (scheme.isScalar(v)) return v.args.forEach(scalar);
    const width = operandWidth(v);
    v.args.forEach((a) => regs(a, width));
  };
  const effect = (f: Effect & { kind: 'store' | 'load' }): void => {
    f.index.forEach(index);
    if (f.inside) keepBase(e, 'output', f.output, f.index, outside);
    if (f.kind !== 'store') return;
    if (e.count === 1 && scheme.isScalar(f.value)) scalar(f.value);
    else regs(f.value, widthOf(f.value.dtype));
    if (scheme.isUniform(f.when)) scalar(f.when);
    else regs(f.when, 32);
  };
  const visit = (block: Block): void => block.forEach((s) => {
    switch (s.kind) {
      case 'let': return value(s.value);
      case 'branch':
        (scheme.isUniform(s.value.args[0]) ? scalar : regs)(s.value.args[0]);
        s.value.args.slice(1).forEach((v) => held(v, s.value));
        visit(s.yes);
        return visit(s.no);
      case 'loop': {
        const { uniform, varying } = scheme.testsOf(s.loop);
        s.states.forEach((k) => [s.loop.initial[k], s.loop.next[k]].forEach((v) => held(v, s.loop.states[k])));
        uniform.forEach(scalar);
        varying.forEach((t) => regs(t.value));
        visit(s.head);
        return visit(s.body);
      }
      case 'store': case 'load': return effect(s.effect);
      default: s satisfies never;
    }
  });
  visit([loop]);
}
