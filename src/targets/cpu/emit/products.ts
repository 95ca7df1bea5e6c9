/**
 * Sums of products: with fused multiply-add a term takes the two factors of each product, and not the product. Only what was one
 * operation before anything was fused is (products of matrices and vectors), so that fused and unfused programs agree to the bit.
 */
import { isFloat } from '../../../dsl/dtype.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import { applier, combineValues, pairwise, type Term } from './accumulate.ts';
import type { Code } from './code.ts';
import type { Results } from './columns.ts';
import type { Regs } from './lanes.ts';
import type { Local } from '../wasm/index.ts';

/** Terms and results with the factors of products that are added up; `stored`: results that are wanted for themselves. */
export function withProducts(
  terms: readonly Term[], given: readonly Value[], stored: readonly number[],
): { readonly terms: readonly Term[]; readonly results: readonly Value[] } {
  const results = [...given];
  const isShared = (k: number): boolean => stored.includes(k) || terms.filter((t) => t.value === k).length > 1;
  return {
    terms: terms.map((t) => {
      const v = results[t.value];
      if (!t.products || !isFloat(t.dtype) || v.kind !== 'op' || v.op !== 'mul' || isShared(t.value)) return t;
      const [a, b] = v.args;
      results[t.value] = a;
      return { ...t, factor: results.push(b) - 1 };
    }),
    results,
  };
}

/** What a term takes of some cells, in one register: a value, or the factors of a product. */
export interface Taken {
  readonly value: Local;
  readonly factor?: Local;
}

/** What a term takes of a vector, register by register. */
export function takenOf(t: Term, results: Results): Taken[] {
  const values = results(t.value, t.width);
  if (t.factor === undefined) return asTaken(values);
  const factors = results(t.factor, t.width);
  return values.map((value, j) => ({ value, factor: factors[j] }));
}

export const asTaken = (values: Regs): Taken[] => values.map((value) => ({ value }));

/** The value itself. */
export const valueOf = (c: Code, t: Term, { value, factor }: Taken): Local => (factor === undefined ? value : applier(c, t)('mul', value, factor));

/** All of them combined, and with what came before if there is something: values pairwise, products one after the other. */
export function combineTaken(
  c: Code, t: Term, list: readonly Taken[], before?: Local, both = (a: Local, b: Local): Local => combineValues(c, t, a, b),
): Local {
  if (list[0].factor === undefined) {
    const all = pairwise(list.map((x) => x.value), both);
    return before === undefined ? all : both(before, all);
  }
  const [first, ...others] = before === undefined ? list : [undefined, ...list];
  return others.reduce<Local>(
    (sum, x) => applier(c, t)('fma', sum, x!.value, x!.factor),
    first ? valueOf(c, t, first) : before!,
  );
}
