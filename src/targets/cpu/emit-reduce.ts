/**
 * Reduction kernels. `k0` cuts the reduced points into chunks by their number alone and leaves one partial result per chunk
 * and kept point in memory (a plane: [chunk][kept point]); `k1` combines the chunks pairwise and evaluates the epilogue.
 * So the bits of a result depend on sizes, not on who computed what.
 *
 * Where the inner axis is reduced, lanes accumulate in registers; where it is kept, lanes are kept points and accumulate
 * in their plane, which stays in the first cache.
 */
import { dtypes } from '../../dsl/dtype.ts';
import { costOf, valuesOf } from '../../dsl/kernel/ir.ts';
import {
  accumulator, combine, horizontal, identity, isArg, isRounded, next, pairwise, planesOf, reset, step,
  type Accumulator, type Partial, type Term,
} from './accumulate.ts';
import { SEGMENT, STREAMS } from './blocks.ts';
import type { Code, Scalar } from './code.ts';
import { bodyOf, emitColumns, rowOf, type Body, type Sink } from './columns.ts';
import { storing } from './emit-map.ts';
import { Frame, PARAMS, type Cut, type Nest } from './frame.ts';
import { iota, load, loadSplat, narrow, registers, store, storeOne, widen, widthOf, type Regs } from './lanes.ts';
import type { Func, Local, ModuleBuilder } from './wasm.ts';

export interface ReduceNest extends Nest {
  /** Reduced axes, sorted. */
  readonly axes: readonly number[];
  readonly terms: readonly Term[];
  /** Results of the body that are stored at every point: for output k of the nest. */
  readonly stores: readonly number[];
}

const bytesOf = (t: Term, plane: 0 | 1): number => dtypes[planesOf(t)[plane]].bytes;

/** Each term's first plane among the nest's. */
export function planeIndex(terms: readonly Term[]): number[] {
  let at = 0;
  return terms.map((t) => (at += planesOf(t).length) - planesOf(t).length);
}

export function emitReduce(module: ModuleBuilder, name: string, nest: ReduceNest, fmod: Func | undefined): void {
  module.func(name, { params: PARAMS }, (f, { start, end, params }) => {
    const frame = new Frame(f, params, nest, fmod);
    const body = bodyOf(nest.results, nest.rank);
    const emitBlock = nest.axes.includes(frame.inner) ? reduceInner : reduceOuter;
    frame.blocks(start, end, (cut) => emitBlock(frame, nest, body, cut));
  });
}

const outerAxes = (frame: Frame): number[] => frame.coords.map((_, k) => k);

/** The current row, its body outputs and a sink for its values. */
function reduceRow(frame: Frame, nest: ReduceNest, body: Body): { row: ReturnType<typeof rowOf>; stores: Sink | undefined } {
  const row = rowOf(frame, body);
  return { row, stores: nest.stores.length === 0 ? undefined : storing(frame, nest.stores, body.count) };
}

function both(a: Sink, b: Sink | undefined): Sink {
  if (!b) return a;
  return {
    begin: (x) => { a.begin(x); b.begin(x); },
    vector: (v, x, stream) => { a.vector(v, x, stream); b.vector(v, x, stream); },
    advance: (count) => { a.advance(count); b.advance(count); },
    cell: (v, x) => { a.cell(v, x); b.cell(v, x); },
  };
}

/** The numbers of the reduced points from `first + x`, in lanes as wide as the term's values. */
function indices(c: Code, t: Term, first: Scalar, count: number, spread: boolean): Regs {
  const splat = c.x('i32x4.splat', [first]);
  const regs = Array.from({ length: registers(count, 32) }, (_, j) => (spread ? c.x('i32x4.add', [splat, iota(c, 4 * j)]) : splat));
  return widthOf(t.dtype) === 64 ? widen(c, regs, count) : regs;
}

const partials = (values: Regs, index: Regs | undefined): Partial[] =>
  values.map((value, j) => ({ value, index: index?.[j] }));

// ---- inner axis reduced ----

/** Several address streams pay for light bodies over dense rows. */
function streamsFor(nest: ReduceNest, body: Body): number {
  const values = valuesOf(nest.results);
  const dense = values.every((v) => v.kind !== 'read' || nest.inputs[v.input].inner !== 'strided');
  const light = costOf(nest.results) <= 12 && nest.terms.length <= 2 && nest.stores.length === 0;
  return dense && light && body.low === 0 && body.high === 0 ? STREAMS : 1;
}

function reduceInner(frame: Frame, nest: ReduceNest, body: Body, cut: Cut): void {
  const { c, f } = frame;
  const keptAxes = outerAxes(frame).filter((k) => !nest.axes.includes(k));
  const reducedAxes = outerAxes(frame).filter((k) => nest.axes.includes(k));
  const streams = streamsFor(nest, body);
  const segment = streams * SEGMENT;
  const sums = nest.terms.map((t) => new Sums(c, t, body.count, streams));
  const pending = f.local('i32', 'pending');
  const start = c.variable(c.add(c.mul(cut.rows[0], frame.columns), cut.columns[0]), 'start');
  frame.walk(keptAxes, cut.kept[0], cut.kept[1], 'kept', (kept) => {
    sums.forEach((s) => s.reset(start));
    c.assign(pending, 0);
    frame.walk(reducedAxes, cut.rows[0], cut.rows[1], 'row', (r) => {
      const { row, stores } = reduceRow(frame, nest, body);
      const firstIndex = c.variable(c.mul(r, frame.columns), 'firstIndex');
      const from = c.variable(cut.columns[0], 'from');
      c.whileBelow(from, cut.columns[1], () => {
        const to = c.min(c.add(from, segment), cut.columns[1]);
        emitColumns(frame, body, row, from, to, both(sumSink(c, sums, firstIndex, body.count), stores), streams);
        if (sums.some((s) => s.flushes)) {
          c.advance(pending, c.sub(to, from));
          c.raw('i32.ge_u', [pending, segment]);
          f.if(() => {
            sums.forEach((s) => s.flush());
            c.assign(pending, 0);
          });
        }
        c.assign(from, to);
      });
    });
    const chunk = c.add(c.mul(cut.rowBlock, frame.get('columnBlocks')), cut.columnBlock);
    const place = c.variable(c.add(c.mul(chunk, frame.get('planeLength')), kept));
    sums.forEach((s, k) => storePartial(frame, s.term, planeIndex(nest.terms)[k], place, s.total()));
  });
}

function storePartial(frame: Frame, t: Term, plane: number, place: Local, p: Partial): void {
  const { c, planes } = frame;
  storeOne(c, t.dtype, c.add(planes[plane], c.mul(place, bytesOf(t, 0))), 0, p.value);
  if (p.index) storeOne(c, 'int32', c.add(planes[plane + 1], c.mul(place, bytesOf(t, 1))), 0, p.index);
}

function sumSink(c: Code, sums: readonly Sums[], firstIndex: Local, count: number): Sink {
  return {
    begin: () => undefined,
    advance: () => undefined,
    vector: (values, x, stream) => sums.forEach((s) => {
      const index = isArg(s.term) ? indices(c, s.term, c.add(firstIndex, x), count, true) : undefined;
      s.add(partials(values[s.term.value], index), stream);
    }),
    cell: (values, x) => sums.forEach((s) => {
      const index = isArg(s.term) ? indices(c, s.term, c.add(firstIndex, x), 1, false)[0] : undefined;
      s.addCell({ value: values[s.term.value], index });
    }),
  };
}

/**
 * Running results of one term: per stream and lane, and one for single cells. Rounded ones are moved into a second level
 * every few thousand points, so that no long chain of additions builds up error.
 */
class Sums {
  private readonly lanes: Accumulator[][];
  private readonly cell: Accumulator;
  private readonly upper: Accumulator[];
  readonly flushes: boolean;

  constructor(private readonly c: Code, readonly term: Term, count: number, streams: number) {
    const n = registers(count, widthOf(term.dtype));
    this.lanes = Array.from({ length: streams }, (_, s) =>
      Array.from({ length: n }, (_, j) => accumulator(c, term, `${term.reducer}${s}_${j}`)));
    this.cell = accumulator(c, term, `${term.reducer}_cell`);
    this.flushes = isRounded(term);
    this.upper = this.flushes ? [...this.lanes[0], this.cell].map((_, j) => accumulator(c, term, `${term.reducer}_upper${j}`)) : [];
  }

  private get lower(): Accumulator[] {
    return [...this.lanes.flat(), this.cell];
  }

  /** `start` is the number of the first point. */
  reset(start: Scalar): void {
    [...this.lower, ...this.upper].forEach((a) => reset(this.c, a, start));
  }

  add(values: readonly Partial[], stream: number): void {
    values.forEach((v, j) => step(this.c, this.lanes[stream][j], v));
  }

  addCell(value: Partial): void {
    step(this.c, this.cell, value);
  }

  /** The streams folded into one vector, and the cell. */
  private folded(): Partial[] {
    const fold = (list: readonly Partial[]): Partial => pairwise(list, (a, b) => combine(this.c, this.term, a, b));
    return [...this.lanes[0].map((_, j) => fold(this.lanes.map((s) => s[j]))), this.cell];
  }

  flush(): void {
    if (!this.flushes) return;
    this.folded().forEach((p, j) => step(this.c, this.upper[j], p));
    this.lower.forEach((a) => reset(this.c, a, 0));
  }

  /** The result, in every lane. */
  total(): Partial {
    const { c, term } = this;
    const parts = this.folded().map((p, j) => (this.flushes ? combine(c, term, this.upper[j], p) : p));
    const lanes = pairwise(parts.slice(0, -1), (a, b) => combine(c, term, a, b));
    return combine(c, term, horizontal(c, term, lanes), parts.at(-1)!);
  }
}

// ---- inner axis kept ----

function reduceOuter(frame: Frame, nest: ReduceNest, body: Body, cut: Cut): void {
  const { c } = frame;
  const keptAxes = outerAxes(frame).filter((k) => !nest.axes.includes(k));
  const first = planeIndex(nest.terms);
  frame.walk(keptAxes, cut.kept[0], cut.kept[1], 'kept', (kept) => {
    const place = c.variable(c.add(c.mul(cut.rowBlock, frame.get('planeLength')), c.mul(kept, frame.columns)));
    const rows = nest.terms.map((t, k) => new PlaneRow(frame, t, first[k], place));
    rows.forEach((r) => r.fill(cut.columns, cut.rows[0]));
    frame.walk(nest.axes, cut.rows[0], cut.rows[1], 'row', (r) => {
      const { row, stores } = reduceRow(frame, nest, body);
      emitColumns(frame, body, row, cut.columns[0], cut.columns[1], both(planeSink(c, rows, r, body.count), stores));
    });
  });
}

function planeSink(c: Code, rows: readonly PlaneRow[], r: Local, count: number): Sink {
  return {
    begin: (x) => rows.forEach((p) => p.begin(x)),
    advance: (columns) => rows.forEach((p) => p.advance(columns)),
    vector: (values) => rows.forEach((p) => {
      const index = isArg(p.term) ? indices(c, p.term, r, count, false) : undefined;
      const old = p.load(count);
      p.store(partials(values[p.term.value], index).map((v, j) => next(c, p.term, old[j], v)), count);
    }),
    cell: (values, x) => rows.forEach((p) => {
      const index = isArg(p.term) ? indices(c, p.term, r, 1, false)[0] : undefined;
      p.storeCell(x, next(c, p.term, p.loadCell(x), { value: values[p.term.value], index }));
    }),
  };
}

/** A stretch of a term's planes: partial results of neighbouring kept points. */
class PlaneRow {
  private readonly rows: readonly Local[];
  private readonly running: readonly Local[];
  private readonly c: Code;

  /** `place` is the element at column 0. */
  constructor(frame: Frame, readonly term: Term, plane: number, place: Scalar) {
    this.c = frame.c;
    const dtypesOf = planesOf(term);
    this.rows = dtypesOf.map((d, k) => this.c.variable(this.c.add(frame.planes[plane + k], this.c.mul(place, dtypes[d].bytes))));
    this.running = dtypesOf.map((_, k) => this.c.f.local('i32', `plane${plane + k}`));
  }

  private at(x: Scalar, k: 0 | 1): Scalar {
    return this.c.add(this.rows[k], this.c.mul(x, bytesOf(this.term, k)));
  }

  begin(x: Scalar): void {
    this.running.forEach((p, k) => this.c.assign(p, this.at(x, k as 0 | 1)));
  }

  advance(columns: number): void {
    this.running.forEach((p, k) => this.c.advance(p, columns * bytesOf(this.term, k as 0 | 1)));
  }

  load(count: number): Partial[] {
    const { c, term, running } = this;
    const index = running[1] && load(c, 'int32', running[1], 0, count);
    return partials(load(c, term.dtype, running[0], 0, count), index && this.matching(index, count));
  }

  private matching(index: Regs, count: number): Regs {
    return widthOf(this.term.dtype) === 64 ? widen(this.c, index, count) : index;
  }

  store(values: readonly Partial[], count: number): void {
    const { c, term, running } = this;
    store(c, term.dtype, running[0], 0, values.map((v) => v.value), count);
    if (!running[1]) return;
    const index = values.map((v) => v.index!);
    store(c, 'int32', running[1], 0, widthOf(term.dtype) === 64 ? narrow(c, index, count) : index, count);
  }

  loadCell(x: Scalar): Partial {
    const { c, term } = this;
    const value = loadSplat(c, term.dtype, this.at(x, 0));
    return { value, index: this.rows[1] && this.matching([loadSplat(c, 'int32', this.at(x, 1))], 1)[0] };
  }

  storeCell(x: Scalar, p: Partial): void {
    storeOne(this.c, this.term.dtype, this.at(x, 0), 0, p.value);
    if (p.index) storeOne(this.c, 'int32', this.at(x, 1), 0, p.index);
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

