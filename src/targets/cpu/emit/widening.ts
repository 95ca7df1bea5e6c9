/** Sums of narrow integers: neighbours are added up in lanes twice as wide until those of the sum are reached. */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import { pairwise, type Term } from './accumulate.ts';
import type { Code } from './code.ts';
import type { Results } from './columns.ts';
import { widthOf, type Regs } from './lanes.ts';
import { asTaken, takenOf, type Taken } from './products.ts';
import type { Local } from '../wasm/index.ts';

/** Of a value that was made 32 bits wide to be summed: what it was before. */
function narrowOf(v: Value): Value | undefined {
  if (v.kind !== 'op' || v.op !== 'cast' || widthOf(v.dtype) !== 32 || dtypes[v.dtype].kind === 'float') return undefined;
  const [from] = v.args;
  return from.dtype !== 'bool' && widthOf(from.dtype) < 32 ? from : undefined;
}

/** Terms and results with sums of narrow values where there are any; `stored`: results that are wanted for themselves. */
export function withNarrowSums(
  terms: readonly Term[], results: readonly Value[], stored: readonly number[],
): { readonly terms: readonly Term[]; readonly results: readonly Value[] } {
  const sources = results.map((v, k) => {
    const free = !stored.includes(k) && terms.every((t) => t.value !== k || t.reducer === 'sum');
    return free ? narrowOf(v) : undefined;
  });
  return {
    terms: terms.map((t) => (sources[t.value] ? { ...t, summed: sources[t.value]!.dtype } : t)),
    results: results.map((v, k) => sources[k] ?? v),
  };
}

const PAIRS = {
  8: { s: 'i16x8.extadd_pairwise_i8x16_s', u: 'i16x8.extadd_pairwise_i8x16_u' },
  16: { s: 'i32x4.extadd_pairwise_i16x8_s', u: 'i32x4.extadd_pairwise_i16x8_u' },
} as const;

/** What a term takes of a vector of `count` cells: registers whose lanes add up to the sum of all cells. */
export function sumsOf(c: Code, term: Term, results: Results, count: number): Taken[] {
  const { value, summed } = term;
  const width = summed && widthOf(summed) as 8 | 16;
  if (width === undefined || count * width < 128) return takenOf(term, results);
  return asTaken(paired(c, results(value, width), width, summed!));
}

/** Two bytes have 9 bits, so 64 such sums fit 16 bits; a turn has fewer. */
function paired(c: Code, regs: Regs, width: 8 | 16, d: DType): Local[] {
  const pairs = regs.map((v) => c.x(PAIRS[width][dtypes[d].kind === 'uint' ? 'u' : 's'], [v]));
  return width === 16 ? pairs : paired(c, [pairwise(pairs, (a, b) => c.x('i16x8.add', [a, b]))], 16, d);
}
