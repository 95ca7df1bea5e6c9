/**
 * What a shader compiler must take as it is written. The math library counts on the rounding of single operations: it finds
 * what a sum has lost by taking it apart again, and multiplies by constants in two parts. WGSL lets compilers compute as if
 * nothing were rounded, and Mesa does: to it (a + b) - a is b, and n * c + n * d is n * (c + d).
 */
import { isFloat } from '../../dsl/dtype.ts';
import type { Fn, Value } from '../../dsl/kernel/ir.ts';
import { valuesOf } from '../../dsl/kernel/walk.ts';

/** The values of `fn` to hide from simplification: sums in sums, and products added to what they have a factor in common with. */
export function verbatim(fn: Fn): ReadonlySet<Value> {
  const kept = new Set<Value>();
  for (const v of valuesOf(fn.results, fn.effects)) {
    if (!isSum(v)) continue;
    for (const [term, other] of [v.args, [...v.args].reverse()]) {
      if (isSum(term) || isProduct(term) && haveCommon(factorsOf(term), factorsOf(other))) kept.add(term);
    }
  }
  return kept;
}

type Op = Value & { readonly kind: 'op' };
const isFloatOp = (v: Value): v is Op => v.kind === 'op' && isFloat(v.dtype);
const isSum = (v: Value): v is Op => isFloatOp(v) && (v.op === 'add' || v.op === 'sub');
const isProduct = (v: Value): v is Op => isFloatOp(v) && v.op === 'mul';

const factorsOf = (v: Value): readonly Value[] => (isProduct(v) ? v.args.flatMap(factorsOf) : [v]);
const haveCommon = (a: readonly Value[], b: readonly Value[]): boolean => a.some((v) => b.includes(v));
