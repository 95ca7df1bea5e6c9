/**
 * Reduction kernels. `k0` cuts the reduced points into chunks by their number alone and leaves one partial result per chunk
 * and kept point in memory (a plane: [chunk][kept point]); `k1` combines the chunks pairwise and evaluates the epilogue.
 * So the bits of a result depend on sizes, not on who computed what.
 *
 * Where the inner axis is reduced, lanes accumulate in registers; where it is kept, lanes are kept points and accumulate
 * in their plane, which stays in the first cache.
 */
import { dtypes } from '../../../dsl/dtype.ts';
import { costOf, valuesOf } from '../../../dsl/kernel/walk.ts';
import {
  accumulator, combine, horizontal, identity, inWideLanes, isArg, next, pairwise, planesOf, reset, step,
  widePartials, type Accumulator, type Partial, type Term,
} from './accumulate.ts';
import { ROWS_TOGETHER, STREAMS } from '../blocks.ts';
import { extremeOf, type Extreme } from './extreme.ts';
import type { Bytes, Pointer } from './address.ts';
import { addInTurns, HEAVY, isPairable, showPairs } from './pairs.ts';
import type { Code, Scalar } from './code.ts';
import { bodyOf, emitColumns, isStraight, rowOf, rowsOf, type Body, type Liberties, type Sink } from './columns.ts';
import { storing } from './map.ts';
import { Frame, paramsOf, type Cut, type Nest } from './frame.ts';
import { iota, narrow, registers, resize, widen, widthOf, type Regs } from './lanes.ts';
import { load, loadSplat, store, storeOne } from './memory.ts';
import { combineTaken, takenOf, valueOf, type Taken } from './products.ts';
import { reduceShort, type Steps } from './reduce-short.ts';
import type { Row } from './row.ts';
import { sumsOf } from './widening.ts';
import type { Func, Local, ModuleBuilder } from '../wasm/index.ts';

export interface ReduceNest extends Nest {
  /** Reduced axes, sorted. */
  readonly axes: readonly number[];
  readonly terms: readonly Term[];
  /** Results of the body that are stored at every point: for output k of the nest. */
  readonly stores: readonly number[];
  /** Rows are so short that all their steps are written out. */
  readonly short: Steps | undefined;
}

const bytesOf = (t: Term, plane: 0 | 1): number => dtypes[planesOf(t)[plane]].bytes;

/** Each term's first plane among the nest's. */
export function planeIndex(terms: readonly Term[]): number[] {
  let at = 0;
  return terms.map((t) => (at += planesOf(t).length) - planesOf(t).length);
}

export function emitReduce(module: ModuleBuilder, name: string, nest: ReduceNest, fmod: Func | undefined): Func {
  return module.func(name, { params: paramsOf(module), wide: nest.paired }, (f, { start, end, params }) => {
    const frame = new Frame(f, params, nest, fmod);
    const inner = nest.axes.includes(frame.inner);
    // The lanes decide how sums are rounded, so they are not for others to choose.
    const body = bodyOf({ ...nest, paired: false }, nest.terms.map((t) => (inner && t.summed ? widthOf(t.summed) : t.width)));
    const emitBlock = inner ? reduceInner : reduceOuter;
    const short = isWrittenOut(body) ? nest.short : undefined;
    frame.blocks(start, end, (cut) => (short ? reduceShort(frame, nest, body, cut, short) : emitBlock(frame, nest, body, cut)));
  });
}

/** Plain code without borders. */
const isWrittenOut = ({ whole, low, high, insideRows }: Body): boolean =>
  whole.vector.plain && low === 0 && high === 0 && insideRows === undefined;

const outerAxes = (frame: Frame): number[] => frame.coords.map((_, k) => k);

/** Sums and stores in one pass. */
function both(a: Sink, b: Sink): Sink {
  return {
    begin: (x) => { a.begin(x); b.begin(x); },
    vectors: (turn) => a.vectors(function* each() {
      for (const vector of turn) {
        b.vectors([vector]);
        yield vector;
      }
    }()),
    advance: (count) => { a.advance(count); b.advance(count); },
    cells: (values, x) => { a.cells(values, x); b.cells(values, x); },
  };
}

/** Feeds `sink` with `rows`, and stores what the body stores. */
function feed(
  frame: Frame, nest: ReduceNest, body: Body, rows: readonly Row[], columns: readonly [Local, Local], sink: Sink,
  liberties: Liberties = {},
): void {
  const all = nest.stores.length === 0 ? sink : both(sink, storing(frame, nest.stores, body.count));
  emitColumns(frame, body, rows, columns, all, liberties);
}

/** The numbers of the reduced points from `first + x`, in lanes as wide as the term's values. */
function indices(c: Code, t: Term, first: Scalar, count: number, spread: boolean): Regs {
  const splat = c.x('i32x4.splat', [first]);
  const regs = Array.from({ length: registers(count, 32) }, (_, j) =>
    (spread ? c.x('i32x4.add', [splat, iota(c, 4 * j)]) : splat));
  return t.width === 64 ? widen(c, regs, 32, count, 'int32') : regs;
}

const partials = (values: Regs, extra: Regs | undefined): Partial[] =>
  values.map((value, j) => ({ value, extra: extra?.[j] }));

/** Dense rows, without border and control flow, and nothing to store: can be done in several places at once. */
function isDense(nest: ReduceNest, body: Body): boolean {
  const dense = valuesOf(nest.results).every((v) => v.kind !== 'read' || nest.inputs[v.input].inner !== 'strided');
  return dense && nest.stores.length === 0 && isWrittenOut(body);
}

const isLight = (nest: ReduceNest, body: Body): boolean =>
  isDense(nest, body) && costOf(nest.results) <= 12 && nest.terms.length <= 4;

/**
 * Several vectors are one turn: their loads are on their way at once, and there are fewer of the steps by which a turn's results
 * meet those before, of which that of a sum costs more than a light body. From several places of the row, where it can be done
 * out of order. The code grows with them.
 */
function libertiesOf(nest: ReduceNest, body: Body): Required<Pick<Liberties, 'streams' | 'turns'>> {
  const cost = costOf(nest.results);
  const several = !isStraight(body.interior.vector) || cost > HEAVY ? 1 : cost > 40 ? STREAMS / 2 : STREAMS;
  return isDense(nest, body) ? { streams: several, turns: 1 } : { streams: 1, turns: several };
}

// ---- inner axis reduced ----

function reduceInner(frame: Frame, nest: ReduceNest, body: Body, cut: Cut): void {
  const { c } = frame;
  const keptAxes = outerAxes(frame).filter((k) => !nest.axes.includes(k));
  const reducedAxes = outerAxes(frame).filter((k) => nest.axes.includes(k));
  const liberties = libertiesOf(nest, body);
  const paired = isPairable(nest, body);
  const totals = nest.terms.map((t) => new Total(c, t, body.count, Math.max(liberties.streams, liberties.turns)));
  const start = c.variable(c.add(c.mul(cut.rows[0], frame.columns), cut.columns[0]), 'start');
  frame.walk(keptAxes, cut.kept[0], cut.kept[1], 'kept', (kept) => {
    totals.forEach((t) => t.reset(start));
    frame.walk(reducedAxes, cut.rows[0], cut.rows[1], 'row', (r) => {
      const row = rowOf(frame, body);
      const firstIndex = c.variable(c.mul(r, frame.columns), 'firstIndex');
      const sink = totalSink(c, totals, firstIndex, body.count);
      const vectors: Sink['vectors'] = (turn) => addInTurns(c, totals, turn, body.count);
      feed(frame, nest, body, [row], cut.columns, paired ? { ...sink, vectors } : sink, paired ? { turns: 2 } : liberties);
    });
    const chunk = c.add(c.mul(cut.rowBlock, frame.get('columnBlocks')), cut.columnBlock);
    const place = c.variable(c.add(c.mul(chunk, frame.get('planeLength')), kept));
    totals.forEach((t, k) => new PlaneRow(frame, t.term, planeIndex(nest.terms)[k], place).storeCell(0, t.result()));
  });
}

function totalSink(c: Code, totals: readonly Total[], firstIndex: Local, count: number): Sink {
  return {
    begin: () => undefined,
    advance: () => undefined,
    vectors: (turn) => {
      let place = 0;
      for (const { results, x } of turn) {
        for (const t of totals) {
          if (isArg(t.term)) {
            const index = indices(c, t.term, c.add(firstIndex, x), count, true);
            t.follow(place, partials(results(t.term.value, t.term.width), index));
          } else {
            const values = sumsOf(c, t.term, results, count);
            showPairs(c, x, values);
            t.add(place, values);
          }
        }
        place++;
      }
      totals.forEach((t) => t.endTurn());
    },
    cells: ([results], x) => totals.forEach((t) => {
      const index = isArg(t.term) ? indices(c, t.term, c.add(firstIndex, x), 1, false)[0] : undefined;
      t.addCell({ value: valueOf(c, t.term, takenOf(t.term, results)[0]), extra: index });
    }),
  };
}

/**
 * The running result of one term. The vectors of a turn are combined among themselves first, so that there is one chain of
 * dependent instructions per turn, and float sums pay for their exactness once; only arg reducers, which have to know which
 * value came first, keep each vector apart.
 */
class Total {
  private readonly lanes: readonly Accumulator[];
  private readonly cell: Accumulator;
  private readonly extreme: Extreme | undefined;
  /** Of the vectors of a turn. */
  private readonly together: Local;

  constructor(private readonly c: Code, readonly term: Term, private readonly count: number, streams: number) {
    const n = isArg(term) ? streams * registers(count, term.width) : 1;
    this.lanes = Array.from({ length: n }, (_, j) => accumulator(c, term, `${term.reducer}${j}`));
    this.cell = accumulator(c, term, `${term.reducer}_cell`);
    this.extreme = extremeOf(c, term);
    this.together = c.f.local('v128', `${term.reducer}_turn`);
  }

  /** `start` is the number of the first point. */
  reset(start: Scalar): void {
    [...this.lanes, this.cell].forEach((a) => reset(this.c, a, start));
    this.extreme?.reset();
  }

  /** Takes vector `k` of a turn. */
  add(k: number, vector: readonly Taken[]): void {
    const { c, term, together, extreme } = this;
    vector.forEach((x) => extreme?.note(x.value));
    c.move([together], [combineTaken(c, term, vector, k === 0 ? undefined : together, extreme?.combine)]);
  }

  /** Takes vector `k` of a turn, after those of the turns before. */
  follow(k: number, vector: readonly Partial[]): void {
    vector.forEach((p, j) => step(this.c, this.lanes[k * vector.length + j], p));
  }

  endTurn(): void {
    const { c, term, lanes: [lane], together, extreme } = this;
    if (isArg(term)) return;
    if (extreme) c.move([lane.value], [extreme.combine(lane.value, together)]);
    else step(c, lane, { value: together, extra: undefined });
  }

  addCell(value: Partial): void {
    step(this.c, this.cell, value);
  }

  /** In every lane. */
  result(): Partial {
    const { c, term } = this;
    const lanes = pairwise<Partial>(this.lanes, (a, b) => combine(c, term, a, b));
    const all = this.extreme ? { value: this.extreme.withNaN(lanes.value), extra: undefined } : lanes;
    return combine(c, inWideLanes(term), horizontal(c, term, all, this.count), widePartials(c, term, this.cell, 1)[0]);
  }
}

// ---- inner axis kept ----

function reduceOuter(frame: Frame, nest: ReduceNest, body: Body, cut: Cut): void {
  const { c } = frame;
  const keptAxes = outerAxes(frame).filter((k) => !nest.axes.includes(k));
  const together = isLight(nest, body) && !nest.terms.some(isArg) ? ROWS_TOGETHER : 1;
  const first = planeIndex(nest.terms);
  frame.walk(keptAxes, cut.kept[0], cut.kept[1], 'kept', (kept) => {
    const place = c.variable(c.add(c.mul(cut.rowBlock, frame.get('planeLength')), c.mul(kept, frame.columns)));
    const planes = nest.terms.map((t, k) => new PlaneRow(frame, t, first[k], place));
    planes.forEach((p) => p.fill(cut.columns, cut.rows[0]));
    const r = c.variable(cut.rows[0], 'row');
    frame.seek(nest.axes, r);
    const take = (count: number): void => {
      // What the body stores goes to the current row, so that is left only when it is done.
      const stays = nest.stores.length > 0;
      const rows = stays ? [rowOf(frame, body)] : rowsOf(frame, body, count, nest.axes);
      feed(frame, nest, body, rows, cut.columns, planeSink(c, planes, r, body.count));
      if (stays) frame.next(nest.axes);
      c.advance(r, count);
    };
    if (together > 1) c.whileBelow(r, c.variable(c.sub(cut.rows[1], together - 1)), () => take(together));
    c.whileBelow(r, cut.rows[1], () => take(1));
  });
}

function planeSink(c: Code, planes: readonly PlaneRow[], r: Local, count: number): Sink {
  return {
    begin: (x) => planes.forEach((p) => p.begin(x)),
    advance: (columns) => planes.forEach((p) => p.advance(columns)),
    vectors: (turn) => {
      // Their registers are asked for before the next row is computed.
      const rows = [...turn].map(({ results }) => planes.map(({ term }) => takenOf(term, results)));
      planes.forEach((p, k) => {
        const { term } = p;
        const index = isArg(term) ? indices(c, term, r, count, false) : undefined;
        const values = rows[0][k].map((_, j) => combineTaken(c, term, rows.map((taken) => taken[k][j])));
        const old = p.load(count);
        p.store(partials(values, index).map((v, j) => next(c, term, old[j], v)), count);
      });
    },
    cells: (rows, x) => planes.forEach((p) => {
      const { term } = p;
      const extra = isArg(term) ? indices(c, term, r, 1, false)[0] : undefined;
      const value = combineTaken(c, term, rows.map((results) => takenOf(term, results)[0]));
      p.storeCell(x, next(c, term, p.loadCell(x), { value, extra }));
    }),
  };
}

/** A stretch of a term's planes: partial results of neighbouring kept points. */
class PlaneRow {
  private readonly rows: readonly Pointer[];
  private readonly running: readonly Pointer[];
  private readonly c: Code;

  /** `place` is the element at column 0. */
  constructor(frame: Frame, readonly term: Term, plane: number, place: Scalar) {
    this.c = frame.c;
    const dtypesOf = planesOf(term);
    const { at } = this.c;
    this.rows = dtypesOf.map((d, k) => at.variable(at.plus(frame.planes[plane + k], at.times(place, dtypes[d].bytes))));
    this.running = dtypesOf.map((_, k) => at.local(`plane${plane + k}`));
  }

  private at(x: Scalar, k: 0 | 1): Bytes {
    return this.c.at.plus(this.rows[k], this.c.at.times(x, bytesOf(this.term, k)));
  }

  begin(x: Scalar): void {
    this.running.forEach((p, k) => this.c.at.assign(p, this.at(x, k as 0 | 1)));
  }

  advance(columns: number): void {
    this.running.forEach((p, k) => this.c.at.advance(p, columns * bytesOf(this.term, k as 0 | 1)));
  }

  load(count: number): Partial[] {
    const { c, term, running } = this;
    const extra = running[1] && load(c, planesOf(term)[1], running[1], 0, count);
    const values = resize(c, load(c, term.dtype, running[0], 0, count), widthOf(term.dtype), term.width, count, term.dtype);
    return partials(values, extra && this.matching(extra, count));
  }

  /** Indices in lanes as wide as the values. */
  private matching(extra: Regs, count: number): Regs {
    return isArg(this.term) && this.term.width === 64 ? widen(this.c, extra, 32, count, 'int32') : extra;
  }

  store(values: readonly Partial[], count: number): void {
    const { c, term, running } = this;
    const stored = resize(c, values.map((v) => v.value), term.width, widthOf(term.dtype), count, term.dtype);
    store(c, term.dtype, running[0], 0, stored, count);
    if (!running[1]) return;
    const extra = values.map((v) => v.extra!);
    const narrowed = isArg(term) && term.width === 64 ? narrow(c, extra, 64, count, 'int32') : extra;
    store(c, planesOf(term)[1], running[1], 0, narrowed, count);
  }

  loadCell(x: Scalar): Partial {
    const { c, term } = this;
    const value = resize(c, [loadSplat(c, term.dtype, this.at(x, 0))], widthOf(term.dtype), term.width, 1, term.dtype)[0];
    return { value, extra: this.rows[1] && this.matching([loadSplat(c, planesOf(term)[1], this.at(x, 1))], 1)[0] };
  }

  storeCell(x: Scalar, p: Partial): void {
    storeOne(this.c, this.term.dtype, this.at(x, 0), 0, p.value);
    // What counts of an index of 64 bits, or of a narrow number in wider lanes, is in the lower bytes.
    if (p.extra) storeOne(this.c, planesOf(this.term)[1], this.at(x, 1), 0, p.extra);
  }

  /** Sets a range of columns to what a reduction starts from, `start` being the number of its first point. */
  fill([from, to]: readonly [Scalar, Scalar], start: Scalar): void {
    const { c } = this;
    const x = c.variable(from);
    const first = identity(c, this.term, start);
    c.whileBelow(x, to, () => {
      this.storeCell(x, first);
      c.advance(x, 1);
    });
  }
}

// ---- chunks ----

/** Combines the chunks of columns `from` up to `to` of all planes into the first, neighbours first. */
export function combineChunks(frame: Frame, terms: readonly Term[], from: Scalar, to: Scalar): void {
  const { c, f } = frame;
  const chunks = frame.get('chunks');
  const first = planeIndex(terms);
  const gap = c.variable(1, 'gap');
  c.whileBelow(gap, chunks, () => {
    const a = c.variable(0, 'chunk');
    c.whileBelow(a, c.sub(chunks, gap), () => {
      const row = (t: Term, k: number, chunk: Scalar): PlaneRow =>
        new PlaneRow(frame, t, first[k], c.variable(c.mul(chunk, frame.get('planeLength'))));
      terms.forEach((t, k) => combineRows(c, t, row(t, k, a), row(t, k, c.add(a, gap)), from, to));
      c.advance(a, c.mul(gap, 2));
    });
    c.raw('i32.shl', [gap, 1]);
    f.set(gap);
  });
}

function combineRows(c: Code, t: Term, into: PlaneRow, other: PlaneRow, from: Scalar, to: Scalar): void {
  const x = c.variable(from, 'x');
  into.begin(x);
  other.begin(x);
  c.whileBelow(x, c.sub(to, 3), () => {
    const [a, b] = [into.load(4), other.load(4)];
    into.store(a.map((p, j) => combine(c, t, p, b[j])), 4);
    into.advance(4);
    other.advance(4);
    c.advance(x, 4);
  });
  c.whileBelow(x, to, () => {
    into.storeCell(x, combine(c, t, into.loadCell(x), other.loadCell(x)));
    c.advance(x, 1);
  });
}

