/**
 * The library's functions written out, as `expandMath` does it; and whole floats that are exponents (the n of 2^n in `exp`, `pow`
 * and their like) made in the form in which they become exponents.
 */
import { inlineAll, sameLeaves } from '../../dsl/kernel/copy.ts';
import { Builder, type Fn, type Value } from '../../dsl/kernel/ir.ts';
import { expandMath } from '../../dsl/kernel/math/index.ts';
import { valuesIn } from '../../dsl/kernel/walk.ts';
import { wholeBySum } from './emit/shortcuts.ts';

type Op = Value & { readonly kind: 'op' };

/** Of x * 2^n for an integer n that was a rounded float: the float. It is small, as exponents are. */
function roundedExponent(v: Value): Op | undefined {
  if (v.kind !== 'op' || v.op !== 'ldexp') return undefined;
  const [, cast] = v.args;
  const n = cast.kind === 'op' && cast.op === 'cast' ? cast.args[0] : undefined;
  return n?.kind === 'op' && n.op === 'round' && n.dtype === v.dtype ? n : undefined;
}

export function expanded(fn: Fn, fused: boolean | undefined): Fn {
  const plain = expandMath(fn, fused);
  const found = new Set(valuesIn(plain).flatMap((v) => roundedExponent(v) ?? []));
  if (found.size === 0) return plain;
  const b = new Builder();
  const { results, effects } = inlineAll(b, plain.results, plain.effects, {
    ...sameLeaves(b),
    op: (v, [x]) => (found.has(v) ? wholeBySum(b, x) : undefined),
  });
  return b.fn(fn.name, { ...fn, results, effects });
}
