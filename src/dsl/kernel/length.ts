/** Kernels that become too long once their loops are written out. */
import type { Effect, Value } from './ir.ts';
import { complain, type Syntax } from './source.ts';
import { lengthOf } from './walk.ts';

/** Operations one after the other. Emitters recurse along them, and engines do not like functions of that length. */
const LONGEST = 2000;

interface Parts {
  readonly results: readonly Value[];
  readonly effects: readonly Effect[];
}

/** What the first of `ways` makes that is not too long. */
export function ofFairLength<T>(
  { source, body }: Syntax, label: string, ways: readonly (() => T)[], parts: (made: T) => Parts,
): T {
  for (const way of ways) {
    try {
      const made = way();
      const { results, effects } = parts(made);
      if (lengthOf(results, effects) <= LONGEST) return made;
    } catch (error) {
      if (!isOverflow(error)) throw error;
    }
  }
  return complain(source, label, body, `the kernel is too long: its loops, written out, are more than ${LONGEST} operations one after the other`,
    'loops that index neighbours, local arrays or constants are written out: read long tables from array arguments, x[i]; give wide stencils a neighborhood, or several passes');
}

/** The engine's stack did not suffice. */
const isOverflow = (error: unknown): boolean =>
  error instanceof RangeError || (error instanceof Error && error.message.includes('too much recursion'));
