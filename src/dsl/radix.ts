/**
 * Sorting long rows of numbers of 32 bits and less: a radix sort. Every pass counts digits by pieces of a fixed number of
 * elements, sums the counts up to places, and puts elements there; so the result does not depend on who does which piece.
 */
import { dtypes } from './dtype.ts';
import { applyRule, binary, mapExpr, memo } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { byDigitFn, countDigitsFn, DIGITS, ofRadixKeysFn, radixKeysFn, type Moved } from './kernel/radix.ts';
import { scanExpr } from './scan.ts';
import { reshapeView, transposeView } from './views.ts';

/** Elements of a piece. */
const PIECE = 4096;
/** Shorter rows are merged: counts would be much of the work. */
const LONG = 4 * PIECE;

export const isForRadix = ({ dtype, shape }: Expr): boolean => dtypes[dtype].bits <= 32 && shape[1] >= LONG;

const number = (n: number): Expr => fillExpr(n, 'int32', [1]);

interface Digits {
  readonly keys: Expr;
  readonly order: Expr | undefined;
  readonly shift: number;
}

/** Puts the rows of keys into the order of one digit. */
function byDigit({ keys, order, shift }: Digits, moved: Moved): Expr[] {
  const [rows, n] = keys.shape;
  const pieces = Math.ceil(n / PIECE);
  const shape = [rows, pieces, DIGITS], domain = [rows, pieces];
  const counts = makeExpr({
    kind: 'nest', fn: memo('countDigits', countDigitsFn), result: 0, dtype: 'int32', shape, domain,
    src: [keys, number(PIECE), number(shift), fillExpr(0, 'int32', shape)],
  });
  // Places are by digit, and for each of them by piece.
  const inOrder = transposeView(counts, [0, 2, 1]);
  const ends = scanExpr('cumSum', reshapeView(inOrder, [rows, DIGITS * pieces]), 1);
  const starts = applyRule('sub', binary.sub, [transposeView(reshapeView(ends, [rows, DIGITS, pieces]), [0, 2, 1]), counts]);
  const fn = memo(`byDigit:${moved.keys}:${moved.order}`, () => byDigitFn(moved));
  const outputs = fn.outputs.slice(0, -1).map(() => fillExpr(0, 'int32', keys.shape));
  const src = [keys, number(PIECE), number(shift), ...moved.order === 'given' ? [order!] : [], ...outputs, starts];
  return outputs.map((_, result) => makeExpr({ kind: 'nest', fn, result, dtype: 'int32', shape: keys.shape, domain, src }));
}

const shifts = (x: Expr): number[] => Array.from({ length: Math.max(1, dtypes[x.dtype].bits / 8) }, (_, k) => 8 * k);

const toKeys = (x: Expr, descending: boolean, exact: boolean): Expr =>
  mapExpr(memo(`radixKeys:${x.dtype}:${descending}:${exact}`, () => radixKeysFn({ dtype: x.dtype, descending }, exact)), [x]);

/** The rows of a matrix, sorted. */
export function radixSort(x: Expr, descending: boolean): Expr {
  const { dtype } = x;
  const sorted = shifts(x).reduce((keys, shift) =>
    byDigit({ keys, order: undefined, shift }, { keys: true, order: 'none' })[0], toKeys(x, descending, true));
  return mapExpr(memo(`ofRadixKeys:${dtype}:${descending}`, () => ofRadixKeysFn({ dtype, descending })), [sorted]);
}

/** For every row of a matrix, the positions that sort it; equal elements keep their order. */
export function radixOrder(x: Expr, descending: boolean): Expr {
  let keys = toKeys(x, descending, false), order: Expr | undefined;
  const all = shifts(x);
  all.forEach((shift, k) => {
    const isLast = k === all.length - 1;
    const made = byDigit({ keys, order, shift }, { keys: !isLast, order: order ? 'given' : 'own' });
    order = made.at(-1);
    keys = made[0];
  });
  return order!;
}
