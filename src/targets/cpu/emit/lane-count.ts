/** How many lanes the vectors of a body have: as many as its registers hold, or as keep the machine busy while it waits. */
import { isFloat } from '../../../dsl/dtype.ts';
import type { Block, Statement } from '../../../dsl/kernel/blocks.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import { costOf } from '../../../dsl/kernel/walk.ts';
import { opInfo } from '../../../dsl/ops.ts';
import type { Leaf } from './evaluate.ts';
import type { Width } from './lanes.ts';
import type { Scheme } from './scheme.ts';
import { fixedIn, valuesIn, type Piece } from './uniformity.ts';
import { likelyWidth, operandWidth } from './widths.ts';

/** A body that costs more than this, in adds, has no registers for more than four lanes at a time. */
const HEAVY = 400;
/** The turn of a loop that costs no more than this waits for its own results: more lanes, in more registers, fill the time. */
const LIGHT_TURN = 24;

/** Whether most of what depends on the column is done in lanes of 8 and 16 bits, and nothing in floats. */
export function isNarrow(piece: Piece, isSameInRow: (v: Leaf) => boolean, widths: readonly Width[]): boolean {
  const fixed = fixedIn(piece, isSameInRow);
  const costs = { narrow: 0, wide: widths.filter((w) => w >= 32).length };
  for (const v of valuesIn(piece)) {
    if (v.kind === 'const' || fixed.has(v)) continue;
    if (isFloat(v.dtype)) return false;
    const width = Math.max(likelyWidth(v), v.kind === 'op' ? operandWidth(v) : 8);
    costs[width >= 32 ? 'wide' : 'narrow'] += v.kind === 'op' ? opInfo(v.op).cost : 1;
  }
  return costs.narrow >= 3 * costs.wide;
}

/**
 * As many lanes as take two registers, or one of 8 bits. Measured: 16 lanes make a Mandelbrot loop 1.25 times as fast as 8 (in
 * float64 8 lanes 1.3 times as fast as 4), and 32 lanes slower again; 32 lanes of bytes gain nothing. `paired`: two are one.
 */
export function lanesFor(scheme: Scheme, values: readonly Value[], narrow: boolean, paired = false): number {
  const { block, loops, piece } = scheme;
  const doubles = values.some((v) => v.dtype === 'float64');
  const few = paired && !doubles ? 8 : 4;
  if (loops === 0) return (narrow ? 2 : 1) * (doubles ? 4 : costOf(piece.results, piece.effects) > HEAVY ? few : 8);
  const turns = turnCosts(block, scheme);
  if (turns.some((cost) => cost > HEAVY)) return few;
  return (doubles ? 4 : 8) * (turns.every((cost) => cost <= LIGHT_TURN) ? 2 : 1);
}

/** The cost of a turn of each loop; those with anything in them that serves lanes one by one are not light. */
function turnCosts(block: Block, scheme: Scheme): number[] {
  const own = (s: Statement): number =>
    (s.kind === 'let' ? costOfValue(s.value, scheme) : s.kind === 'loop' ? 0 : LIGHT_TURN + 1);
  return block.flatMap((s) => {
    switch (s.kind) {
      case 'loop': {
        const turn = [...s.head, ...s.body].reduce((sum, t) => sum + own(t), 0);
        return [turn, ...turnCosts(s.head, scheme), ...turnCosts(s.body, scheme)];
      }
      case 'branch': return [...turnCosts(s.yes, scheme), ...turnCosts(s.no, scheme)];
      default: return [];
    }
  });
}

function costOfValue(v: Value, { isUniform, isDeferred, isRun }: Scheme): number {
  if (isUniform(v) || isDeferred(v)) return 0;
  if (v.kind === 'op') return opInfo(v.op).cost;
  if (v.kind !== 'gather') return 0;
  const lined = v.index.every((i, k) => isUniform(i) || (k === v.index.length - 1 && isRun(i)));
  return lined ? 1 : LIGHT_TURN + 1;
}
