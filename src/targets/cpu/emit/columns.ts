/**
 * The columns of a row: vectors in the interior, single cells at the borders and where less than a vector is left. Both
 * come from one body; what is done with its results is up to a `Sink`.
 */
import type { Value } from '../../../dsl/kernel/ir.ts';
import { costOf } from '../../../dsl/kernel/walk.ts';
import type { Scalar } from './code.ts';
import { Evaluator, type Leaf, type Site } from './evaluate.ts';
import type { Frame, Nest } from './frame.ts';
import { isNarrow, lanesFor } from './lane-count.ts';
import type { Regs, Width } from './lanes.ts';
import { assumeInside, asksOuter, insideValues, margins } from './points.ts';
import { isSameInRow, Row, variantOf, type RowBefore, type Variant } from './row.ts';
import type { Scheme } from './scheme.ts';
import { isSerial } from './serial.ts';
import { valuesIn, type Piece } from './uniformity.ts';
import { VectorSite } from './vector.ts';
import type { Local } from '../wasm/index.ts';

/** What the body gives at some cells: result `index`, in lanes as wide as its dtype (of a bool, of its mask) or as asked for. */
export type Results = (index: number, width?: Width) => Regs;

/** A vector of cells: the results of the body there, and the column of the first. */
export interface Vector {
  readonly results: Results;
  readonly x: Local;
  /** Columns up to this one count; undefined: all do. */
  readonly end?: Local;
  /** Columns from where the sink is to the first. */
  readonly ahead?: number;
}

/** Takes the results of the body. */
export interface Sink {
  /** Before a run of vectors from column `x`. */
  begin(x: Scalar): void;
  /**
   * One turn of the loop: one vector, or one of each stream or row that are done side by side. A vector is computed when it is
   * asked for.
   */
  vectors(turn: Iterable<Vector>): void;
  /** After each turn: `count` columns are done. */
  advance(count: number): void;
  /** One cell, its values in every lane of one register; or one of each row. */
  cells(rows: readonly Results[], x: Local): void;
}

export interface Body {
  readonly whole: Variant;
  /** For rows where every `inside` holds, if that is something else and `inside` depends on the row. */
  readonly insideRows: Variant | undefined;
  /** For interior columns. */
  readonly interior: Variant;
  readonly low: number;
  readonly high: number;
  /** Lanes of a vector; 1: there are none, columns are cells. */
  readonly count: number;
  /**
   * There is control flow, so lanes can be told to take no part: a vector's worth of columns that is not complete is done as
   * one, and not cell by cell.
   */
  readonly masked: boolean;
}

/** Prepares the body of a nest for `emitColumns`. `widths`: those in which results are wanted. */
export function bodyOf(nest: Nest, widths: readonly Width[] = []): Body {
  const { rank } = nest;
  const piece: Piece = { results: nest.results, effects: nest.effects };
  const values = valuesIn(piece);
  const insides = insideValues(values);
  const rowsMatter = insides.some((v) => asksOuter(v, rank));
  const whole = variantOf(nest, piece);
  const assumed = insides.length > 0 ? variantOf(nest, assumeInside(piece)) : whole;
  return {
    whole, interior: rowsMatter ? whole : assumed, insideRows: rowsMatter ? assumed : undefined,
    ...margins(values, rank - 1),
    count: isSerial(piece, rank - 1)
      ? 1 : lanesFor(whole.vector, values, isNarrow(piece, isSameInRow(nest), widths), nest.paired),
    masked: whole.vector.loops > 0 || piece.effects.length > 0,
  };
}

/** All that the row computes once. */
export const rowOf = (frame: Frame, { whole, interior, insideRows }: Body, before?: RowBefore): Row =>
  new Row(frame, [whole, ...(interior === whole ? [] : [interior]), ...(insideRows ? [insideRows] : [])], before);

/** So many rows that follow each other along `axes`, the first where the frame is, which then is at the next. */
export function rowsOf(frame: Frame, body: Body, count: number, axes: readonly number[]): Row[] {
  const rows: Row[] = [];
  for (let k = 0; k < count; k++) {
    rows.push(rowOf(frame, body, k > 0 && axes.length > 0 ? { row: rows[k - 1], axes } : undefined));
    frame.next(axes);
  }
  return rows;
}

/** What a sink allows. */
export interface Liberties {
  /** The columns are done in so many pieces side by side. */
  readonly streams?: number;
  /** So many vectors that follow each other are one turn, if the body is straight code over dense rows. */
  readonly turns?: number;
  /** Vectors may be incomplete. */
  readonly partial?: boolean;
  /** Columns may be done twice, with the same result. */
  readonly again?: boolean;
}

/** Columns `from` up to `to` of a row, or of several rows side by side if the body has no margins. */
export function emitColumns(
  frame: Frame, body: Body, rows: readonly Row[], [from, to]: readonly [Local, Local], sink: Sink,
  { streams = 1, turns = 1, partial = false, again = false }: Liberties = {},
): void {
  const { c, f, columns } = frame;
  const { count } = body;
  const x = c.variable(from, 'x');
  // The last column at which a vector may start, plus one.
  const edge = body.high > 0 ? c.min(to, c.sub(columns, body.high)) : to;
  const vectorEnd = c.variable(c.sub(edge, count - 1));
  const overlaps = again && !body.masked && rows.length === 1;
  const end = partial && body.masked ? c.variable(edge, 'edge') : undefined;
  const vectors = (): void => {
    const emit = (variant: Variant): void => {
      if (overlaps) emitOverlapping(frame, rows[0], count, variant, sink, x, c.variable(edge));
      else {
        if (turns > 1) emitSeveral(frame, rows[0], count, variant, sink, x, vectorEnd, turns);
        emitVectors(frame, rows, count, variant, sink, x, vectorEnd);
      }
      if (end) emitRest(frame, rows, count, variant, sink, x, end);
    };
    if (streams > 1) emitStreams(frame, rows[0], body, sink, x, vectorEnd, streams);
    if (body.insideRows) {
      const { insideRows } = body;
      const insides = insideValues(valuesIn(body.whole.piece));
      c.push(insides.reduce<Scalar>((all, v) => c.and(all, rows[0].insideRow(v).condition), 1));
      f.if(() => emit(insideRows), () => emit(body.interior));
    } else {
      emit(body.interior);
    }
  };
  const cells = (stop: Scalar): void => c.whileBelow(x, stop, () => {
    const sites = rows.map((row) => evaluate(frame, row.cell(x, body.whole), body.whole.cell));
    sink.cells(sites.map((at) => resultsOf(at, body.whole)), x);
    c.advance(x, 1);
  });
  if (count === 1) return cells(to);
  if (body.low === 0) {
    vectors();
    cells(to);
    return;
  }
  // Border cells, vectors, the rest as cells: two turns of one loop, so that the code of a cell is there once.
  const stop = c.variable(c.min(c.max(from, body.low), to), 'stop');
  f.block((done) => f.loop((again) => {
    cells(stop);
    c.raw('i32.ge_s', [x, to]);
    f.brIf(done);
    vectors();
    c.assign(stop, to);
    f.br(again);
  }));
}

function evaluate({ c, fmod }: Frame, site: Site, scheme: Scheme): Evaluator {
  const at = new Evaluator(c, site, scheme, fmod);
  at.emit();
  return at;
}

const resultsOf = (at: Evaluator, { piece }: Variant): Results => (index, width) => at.regs(piece.results[index], width);

/** What is done side by side in one turn. */
interface Place {
  readonly reads: VectorSite;
  readonly x: Local;
  readonly end?: Local;
  readonly ahead?: number;
}

/** One turn: what `places` read, side by side. */
function emitTurn(frame: Frame, places: readonly Place[], variant: Variant, sink: Sink): void {
  sink.vectors(function* turn() {
    for (const { reads, x, end, ahead = 0 } of places) {
      reads.ahead = ahead;
      const results = resultsOf(evaluate(frame, reads.site(x, end), variant.vector), variant);
      yield { x, end, ahead, results };
      reads.ahead = 0;
    }
  }());
}

/** What reads of a row give, step by step, and are known to give in all rows. */
export type Still = (v: Value & { kind: 'read' }, step: number) => Regs | undefined;

/** The reads for which `isStill`, in `steps` steps of `count` columns from column 0 on; those of the last step through `last`. */
export function stillReads(
  frame: Frame, { interior }: Body, steps: number, count: number, isStill: (input: number) => boolean,
  last: (regs: Regs, width: Width) => Regs,
): Still {
  const values = valuesIn(interior.piece).filter((v): v is Value & { kind: 'read' } => v.kind === 'read' && isStill(v.input));
  if (values.length === 0) return () => undefined;
  const reads = readsOf(new Row(frame, [interior]), interior, count);
  const x = frame.c.variable(0, 'x');
  reads.begin(0);
  const known = Array.from({ length: steps }, (_, step) => {
    reads.ahead = step * count;
    const site = reads.site(x);
    return new Map(values.map((v) => {
      const width = interior.vector.loadWidth(v);
      return [v, step < steps - 1 ? site.leaf(v, width) : last(site.leaf(v, width), width)];
    }));
  });
  return (v, step) => known[step].get(v);
}

/** The results of the body for rows side by side: in steps of `count` columns from column 0 on, for each row. */
export function stepResults(
  frame: Frame, { interior }: Body, rows: readonly Row[], steps: number, count: number, still: Still,
): Results[][] {
  const x = frame.c.variable(0, 'x');
  const places = rows.map((row) => readsOf(row, interior, count));
  places.forEach((reads) => reads.begin(0));
  return Array.from({ length: steps }, (_, step) => places.map((reads) => {
    reads.ahead = step * count;
    const site = reads.site(x);
    const leaf = (v: Leaf, width: Width): Regs => (v.kind === 'read' ? still(v, step) : undefined) ?? site.leaf(v, width);
    return resultsOf(evaluate(frame, { ...site, leaf }, interior.vector), interior);
  }));
}

const readsOf = (row: Row, { piece }: Variant, count: number): VectorSite => new VectorSite(row, valuesIn(piece), count);

function emitVectors(
  frame: Frame, rows: readonly Row[], count: number, variant: Variant, sink: Sink, x: Local, end: Scalar,
): void {
  const { c } = frame;
  const places = rows.map((row) => ({ reads: readsOf(row, variant, count), x }));
  places.forEach(({ reads }) => reads.begin(x));
  sink.begin(x);
  c.whileBelow(x, end, () => {
    emitTurn(frame, places, variant, sink);
    places.forEach(({ reads }) => reads.advance());
    sink.advance(count);
    c.advance(x, count);
  });
}

/** No control flow. */
export const isStraight = ({ block }: Scheme): boolean => block.every((s) => s.kind === 'let');

/** Vectors by `turns`, if the body allows it; fewer than that are left over. */
function emitSeveral(
  frame: Frame, row: Row, count: number, variant: Variant, sink: Sink, x: Local, end: Local, turns: number,
): void {
  const { c } = frame;
  const reads = readsOf(row, variant, count);
  if (!reads.isDense || !isStraight(variant.vector)) return;
  reads.begin(x);
  sink.begin(x);
  c.whileBelow(x, c.variable(c.sub(end, (turns - 1) * count)), () => {
    const place = (ahead: number): Place => ({ reads, x: c.variable(c.add(x, ahead)), ahead });
    const places = Array.from({ length: turns }, (_, k) => place(k * count));
    emitTurn(frame, places, variant, sink);
    reads.advance(turns);
    sink.advance(turns * count);
    c.advance(x, turns * count);
  });
}

/** Bodies that cost no more than this do so many vectors before they count and move on. */
const UNROLLED = { cost: 64, turns: 2 } as const;

/** The columns up to `edge`, if there are as many as a vector: the last vector ends there, and may do again what is done. */
function emitOverlapping(
  frame: Frame, row: Row, count: number, variant: Variant, sink: Sink, x: Local, edge: Local,
): void {
  const { c, f } = frame;
  const last = c.variable(c.sub(edge, count), 'last');
  const reads = readsOf(row, variant, count);
  const begin = (): void => {
    reads.begin(x);
    sink.begin(x);
  };
  c.raw('i32.le_s', [x, last]);
  f.if(() => {
    if (reads.isDense && variant.vector.plain && costOf(variant.piece.results) <= UNROLLED.cost) {
      const turns = UNROLLED.turns;
      begin();
      c.whileBelow(x, c.variable(c.sub(edge, turns * count - 1)), () => {
        for (let k = 0; k < turns; k++) {
          emitTurn(frame, [{ reads, x: k === 0 ? x : c.variable(c.add(x, k * count)), ahead: k * count }], variant, sink);
        }
        reads.advance(turns);
        sink.advance(turns * count);
        c.advance(x, turns * count);
      });
    }
    c.whileBelow(x, edge, () => {
      c.assign(x, c.min(x, last));
      begin();
      emitTurn(frame, [{ reads, x }], variant, sink);
      c.advance(x, count);
    });
  });
}

/** As many cells as a vector that is not complete has to have to be worth it. */
const WORTH_A_VECTOR = 3;

/** The columns up to `end`, less than a vector, unless they are few. */
function emitRest(
  frame: Frame, rows: readonly Row[], count: number, variant: Variant, sink: Sink, x: Local, end: Local,
): void {
  const { c, f } = frame;
  c.raw('i32.ge_s', [c.sub(end, x), WORTH_A_VECTOR]);
  f.if(() => {
    const places = rows.map((row) => ({ reads: readsOf(row, variant, count), x, end }));
    places.forEach(({ reads }) => reads.begin(x));
    sink.begin(x);
    emitTurn(frame, places, variant, sink);
    c.assign(x, end);
  });
}

/** Less than this is not worth several streams. */
const SHORTEST_STREAM = 64;

/** The columns up to `end` in several pieces of equal length side by side; less than a vector per piece is left over. */
function emitStreams(
  frame: Frame, row: Row, { count, interior }: Body, sink: Sink, x: Local, end: Scalar, streams: number,
): void {
  const { c, f } = frame;
  c.raw('i32.ge_s', [c.sub(end, x), streams * SHORTEST_STREAM]);
  f.if(() => {
    const vectors = c.x('i32.div_s', [c.sub(c.add(end, count - 1), x), streams * count]);
    const length = c.variable(c.mul(vectors, count), 'stream');
    const start = (k: number): Scalar => c.add(x, c.mul(length, k));
    const pieces = Array.from({ length: streams }, () => readsOf(row, interior, count));
    pieces.forEach((reads, k) => reads.begin(start(k)));
    sink.begin(x);
    c.whileBelow(x, c.variable(c.add(x, length)), () => {
      emitTurn(frame, pieces.map((reads, k) => ({ reads, x: c.variable(start(k)) })), interior, sink);
      pieces.forEach((reads) => reads.advance());
      c.advance(x, count);
    });
    c.advance(x, c.mul(length, streams - 1));
  });
}
