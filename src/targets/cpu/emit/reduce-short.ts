/**
 * Reductions of arrays with short rows, such as a matrix of a million samples of ten features. A row is a few registers, the
 * last of them not full, and all code for it is written out. Where rows are reduced, four of them are done side by side and
 * their lanes are combined at the end, so that four results are stored at once; where columns are kept, they accumulate in
 * registers over all rows of a block.
 *
 * Reads run over the end of a row by less than a register, which memory allows; those lanes count for nothing.
 */
import { dtypes } from '../../../dsl/dtype.ts';
import { reducers } from '../../../dsl/reducers.ts';
import {
  combine, combineValues, horizontal, identity, inWideLanes, next, pairwise, planesOf, type Partial, type Term,
} from './accumulate.ts';
import type { Bytes } from './address.ts';
import type { Code, Scalar } from './code.ts';
import { rowsOf, stepResults, stillReads, type Body, type Results, type Still } from './columns.ts';
import type { Cut, Frame } from './frame.ts';
import {
  EVEN_WORDS, HIGH_HALVES, iota, LOW_HALVES, ODD_WORDS, registers, resize, widthOf, WIDTHS, type Regs, type Width,
} from './lanes.ts';
import { scatterAt, store, storeOne } from './memory.ts';
import { combineTaken, takenOf, valueOf, type Taken } from './products.ts';
import { planeIndex, type ReduceNest } from './reduce.ts';
import type { Local } from '../wasm/index.ts';

/** Lanes of a step along a row. */
const LANES = 4;
/** Rows side by side. */
const TOGETHER = 4;

/** Short rows: `count` steps of four lanes are one. What an input that is `still` gives is the same in all rows. */
export interface Steps {
  readonly count: number;
  readonly still: readonly boolean[];
}

/** A block is made of whole rows. Partial results are in lanes of at least 32 bits. */
export function reduceShort(frame: Frame, given: ReduceNest, body: Body, cut: Cut, { count: steps, still }: Steps): void {
  const nest = { ...given, terms: given.terms.map(inWideLanes) };
  const { c } = frame;
  const left = c.variable(c.sub(frame.columns, LANES * (steps - 1)), 'left');
  const mask = c.x('i32x4.lt_s', [iota(c, 0), c.x('i32x4.splat', [left])]);
  frame.coords.forEach((x) => c.assign(x, 0));
  const masks = Object.fromEntries(WIDTHS.map((w) => [w, resize(c, [mask], 32, w, LANES, 'bool')])) as Record<Width, Regs>;
  // What is behind the end of such an array may be subnormal: a hundred times as slow, though it counts for nothing.
  const clear = (regs: Regs, width: Width): Regs => regs.map((v, j) => c.x('v128.and', [v, masks[width][j]]));
  const known = stillReads(frame, body, steps, LANES, (input) => still[input], clear);
  const short: Short = { frame, nest, body, cut, steps, left, still: known, masks };
  (nest.axes.includes(frame.inner) ? reduceRows : reduceColumns)(short);
}

interface Short {
  readonly frame: Frame;
  readonly nest: ReduceNest;
  readonly body: Body;
  readonly cut: Cut;
  readonly steps: number;
  /** Lanes of the last step that are cells; and as masks. */
  readonly left: Local;
  readonly still: Still;
  readonly masks: Readonly<Record<Width, Regs>>;
}

const outerAxes = ({ frame, nest }: Short, reduced: boolean): number[] =>
  frame.coords.map((_, k) => k).filter((k) => nest.axes.includes(k) === reduced);

/** Partial results of four neighbours. */
type Quad = readonly Partial[];

/** What rows that follow each other along `axes` give, step by step: for each row, the registers of each result. */
function evaluateRows({ frame, body, steps, still }: Short, count: number, axes: readonly number[]): Results[][] {
  return stepResults(frame, body, rowsOf(frame, body, count, axes), steps, LANES, still);
}

const quad = (regs: Regs): Partial[] => regs.map((value) => ({ value, extra: undefined }));

/** Address of element `place` of a plane of a term. */
const addressOf = ({ frame, nest }: Short, t: number, plane: 0 | 1, place: Scalar): Bytes => {
  const { c } = frame;
  const first = planeIndex(nest.terms)[t];
  return c.at.plus(frame.planes[first + plane], c.at.times(place, dtypes[planesOf(nest.terms[t])[plane]].bytes));
};

/** As wide as elements of a plane. */
const asStored = (c: Code, term: Term, k: 0 | 1, regs: Regs): Regs =>
  resize(c, regs, term.width, widthOf(planesOf(term)[k]), LANES, planesOf(term)[k]);

const partsOf = (term: Term): readonly (0 | 1)[] => (planesOf(term).length > 1 ? [0, 1] : [0]);
const part = (p: Partial, plane: 0 | 1): Local => (plane === 0 ? p.value : p.extra!);

// ---- rows are reduced ----

function reduceRows(short: Short): void {
  const { frame, nest, cut } = short;
  const { c } = frame;
  const keptAxes = outerAxes(short, false);
  const plane = c.variable(c.mul(c.add(c.mul(cut.rowBlock, frame.get('columnBlocks')), cut.columnBlock), frame.get('planeLength')));
  const kept = c.variable(cut.kept[0], 'kept');
  frame.seek(keptAxes, kept);
  const take = (count: number): void => {
    const place = c.variable(c.add(plane, kept));
    const steps = evaluateRows(short, count, keptAxes);
    nest.terms.forEach((term, t) => {
      const totals = Array.from({ length: count }, (_, r) => rowTotal(short, term, steps.map((rows) => takenOf(term, rows[r]))));
      const result = count === 1 ? [horizontal(c, term, totals[0], LANES)] : sideBySide(c, term, totals);
      for (const k of partsOf(term)) {
        const at = c.at.variable(addressOf(short, t, k, place));
        const regs = result.map((p) => part(p, k));
        if (count === 1) storeOne(c, planesOf(term)[k], at, 0, regs[0]);
        else store(c, planesOf(term)[k], at, 0, asStored(c, term, k, regs), LANES);
      }
    });
    c.advance(kept, count);
  };
  c.whileBelow(kept, c.variable(c.sub(cut.kept[1], TOGETHER - 1)), () => take(TOGETHER));
  c.whileBelow(kept, cut.kept[1], () => take(1));
}

/** All steps of one row in one register. */
function rowTotal({ frame: { c }, masks }: Short, term: Term, steps: readonly (readonly Taken[])[]): Partial {
  const start = identity(c, term, 0);
  const isZero = Object.is(reducers[term.reducer].identity(term.dtype), 0);
  const inside = (v: Local, j: number): Local => {
    const mask = masks[term.width][j];
    return isZero ? c.x('v128.and', [v, mask]) : c.x('v128.bitselect', [v, start.value, mask]);
  };
  const whole = steps.slice(0, -1).flat();
  const last = steps.at(-1)!.map((x, j) => inside(valueOf(c, term, x), j));
  if (term.plain) {
    const end = pairwise(last, (a, b) => combineValues(c, term, a, b));
    return { value: whole.length > 0 ? combineTaken(c, term, whole, end) : end, extra: undefined };
  }
  const list = quad([...whole.map((x) => x.value), ...last]);
  return list.slice(1).reduce<Partial>((sum, p) => next(c, term, sum, p), { ...start, value: list[0].value });
}

/** Lane r is all lanes of row r combined. */
function sideBySide(c: Code, term: Term, rows: readonly Partial[]): Quad {
  const shuffled = (a: Partial, b: Partial, by: readonly number[]): Partial => ({
    value: c.x('i8x16.shuffle', [a.value, b.value], by),
    extra: a.extra && c.x('i8x16.shuffle', [a.extra, b.extra!], by),
  });
  const folded = (a: Partial, b: Partial, first: readonly number[], second: readonly number[]): Partial =>
    combine(c, term, shuffled(a, b, first), shuffled(a, b, second));
  const halves = [folded(rows[0], rows[1], LOW_HALVES, HIGH_HALVES), folded(rows[2], rows[3], LOW_HALVES, HIGH_HALVES)];
  return term.width === 64 ? halves : [folded(halves[0], halves[1], EVEN_WORDS, ODD_WORDS)];
}

// ---- columns are kept ----

function reduceColumns(short: Short): void {
  const { frame, nest, cut } = short;
  const { c } = frame;
  const sums = nest.terms.map((term) => Array.from({ length: short.steps }, () => accumulators(c, term)));
  frame.walk(outerAxes(short, false), cut.kept[0], cut.kept[1], 'kept', (kept) => {
    nest.terms.forEach((term, t) => sums[t].flat().forEach((sum) => assign(c, sum, identity(c, term, 0))));
    const axes = outerAxes(short, true);
    const r = c.variable(cut.rows[0], 'row');
    frame.seek(axes, r);
    const take = (count: number): void => {
      evaluateRows(short, count, axes).forEach((rows, step) => nest.terms.forEach((term, t) => {
        const taken = rows.map((results) => takenOf(term, results));
        sums[t][step].forEach((sum, j) => {
          const value = combineTaken(c, term, taken.map((regs) => regs[j]));
          assign(c, sum, next(c, term, sum, { value, extra: undefined }));
        });
      }));
      c.advance(r, count);
    };
    c.whileBelow(r, c.variable(c.sub(cut.rows[1], TOGETHER - 1)), () => take(TOGETHER));
    c.whileBelow(r, cut.rows[1], () => take(1));
    const first = c.variable(c.add(c.mul(cut.rowBlock, frame.get('planeLength')), c.mul(kept, frame.columns)));
    nest.terms.forEach((_, t) => sums[t].forEach((sum, step) => storeStep(short, t, step, c.add(first, LANES * step), sum)));
  });
}

const accumulators = (c: Code, term: Term): Partial[] => Array.from({ length: registers(LANES, term.width) }, () => ({
  value: c.f.local('v128', term.reducer),
  extra: planesOf(term).length > 1 ? c.f.local('v128', `${term.reducer}_extra`) : undefined,
}));

function assign(c: Code, to: Partial, from: Partial): void {
  c.f.get(from.value);
  c.f.set(to.value);
  if (!to.extra) return;
  c.f.get(from.extra!);
  c.f.set(to.extra);
}

/** The last step stores no more than its cells. */
function storeStep(short: Short, t: number, step: number, place: Scalar, sums: Quad): void {
  const { frame: { c }, nest, steps, left } = short;
  for (const k of partsOf(nest.terms[t])) {
    const dtype = planesOf(nest.terms[t])[k];
    const at = c.at.variable(addressOf(short, t, k, place));
    const regs = asStored(c, nest.terms[t], k, sums.map((p) => part(p, k)));
    if (step < steps - 1) store(c, dtype, at, 0, regs, LANES);
    else scatterAt(c, dtype, regs, LANES, (lane, put) => {
      c.raw('i32.gt_s', [left, lane]);
      c.f.if(() => put(c.at.plus(at, lane * dtypes[dtype].bytes)));
    });
  }
}
