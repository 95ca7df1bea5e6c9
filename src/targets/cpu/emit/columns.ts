/**
 * The columns of a row: vectors in the interior, single cells at the borders and where less than a vector is left. Both
 * come from one body; what is done with its results is up to a `Sink`.
 */
import type { Value } from '../../../dsl/kernel/ir.ts';
import { costOf, valuesOf } from '../../../dsl/kernel/walk.ts';
import type { Scalar } from './code.ts';
import { Evaluator, type Site } from './evaluate.ts';
import type { Frame } from './frame.ts';
import type { Regs } from './lanes.ts';
import { assumeInside, asksOuter, insideValues, margins } from './points.ts';
import { Row, type VectorSite } from './row.ts';
import type { Local } from '../wasm/index.ts';

/** A vector of cells: the results of the body there, and the column of the first. */
export interface Vector {
  readonly values: readonly Regs[];
  readonly x: Local;
}

/** Takes the results of the body. */
export interface Sink {
  /** Before a run of vectors from column `x`. */
  begin(x: Scalar): void;
  /** One turn of the loop: one vector, or one of each stream or row that are done side by side. */
  vectors(turn: readonly Vector[]): void;
  /** After each turn: `count` columns are done. */
  advance(count: number): void;
  /** One cell, its values in every lane; or one of each row. */
  cells(values: readonly (readonly Local[])[], x: Local): void;
}

export interface Body {
  readonly results: readonly Value[];
  /** The results for rows where every `inside` holds, if they differ and `inside` depends on the row. */
  readonly insideRows: readonly Value[] | undefined;
  /** The results for interior columns. */
  readonly interior: readonly Value[];
  readonly low: number;
  readonly high: number;
  /** Lanes of a vector. */
  readonly count: number;
}

/** Prepares the results of a nest for `emitColumns`. */
export function bodyOf(results: readonly Value[], rank: number): Body {
  const values = valuesOf(results);
  const insides = insideValues(results);
  const rowsMatter = insides.some((v) => asksOuter(v, rank));
  const assumed = insides.length > 0 ? assumeInside(results) : results;
  const wide = values.some((v) => v.dtype === 'float64');
  return {
    results, interior: rowsMatter ? results : assumed, insideRows: rowsMatter ? assumed : undefined,
    ...margins(values, rank - 1),
    count: wide || costOf(results) > 400 ? 4 : 8,
  };
}

/** All that the row computes once. */
export const rowOf = (frame: Frame, { results, interior, insideRows }: Body): Row =>
  new Row(frame, [...results, ...(interior === results ? [] : interior), ...(insideRows ?? [])]);

/**
 * Columns `from` up to `to` of a row, or of several rows side by side if the body has no margins. `streams`: the columns are
 * done in so many pieces side by side.
 */
export function emitColumns(
  frame: Frame, body: Body, rows: readonly Row[], from: Local, to: Local, sink: Sink, streams = 1,
): void {
  const { c, f, columns } = frame;
  const x = c.variable(from, 'x');
  // The last column at which a vector may start, plus one.
  const edge = body.high > 0 ? c.min(to, c.sub(columns, body.high)) : to;
  const vectorEnd = c.variable(c.sub(edge, body.count - 1));
  const vectors = (): void => {
    const emit = (results: readonly Value[]): void => emitVectors(frame, rows, body.count, results, sink, x, vectorEnd);
    if (streams > 1) emitStreams(frame, rows[0], body, sink, x, vectorEnd, streams);
    if (body.insideRows) {
      const { insideRows } = body;
      c.push(insideValues(body.results).reduce<Scalar>((all, v) => c.and(all, rows[0].insideRow(v).condition), 1));
      f.if(() => emit(insideRows), () => emit(body.interior));
    } else {
      emit(body.interior);
    }
  };
  const cells = (end: Scalar): void => c.whileBelow(x, end, () => {
    const sites = rows.map((row) => evaluate(frame, row.cell(x), body.results));
    sink.cells(sites.map((at) => body.results.map((v) => at.regs(v)[0])), x);
    c.advance(x, 1);
  });
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

function evaluate({ c, fmod }: Frame, site: Site, results: readonly Value[]): Evaluator {
  const at = new Evaluator(c, site, fmod);
  at.prepare(results);
  return at;
}

/** One turn: what `places` read, side by side. */
function emitTurn(
  frame: Frame, places: readonly { readonly reads: VectorSite; readonly x: Local }[], results: readonly Value[], sink: Sink,
): void {
  const sites = places.map(({ reads, x }) => evaluate(frame, reads.site(x), results));
  sink.vectors(places.map(({ x }, k) => ({ x, values: results.map((v) => sites[k].regs(v)) })));
  places.forEach(({ reads }) => reads.advance());
}

function emitVectors(
  frame: Frame, rows: readonly Row[], count: number, results: readonly Value[], sink: Sink, x: Local, end: Scalar,
): void {
  const { c } = frame;
  const places = rows.map((row) => ({ reads: row.vector(results, count), x }));
  places.forEach(({ reads }) => reads.begin(x));
  sink.begin(x);
  c.whileBelow(x, end, () => {
    emitTurn(frame, places, results, sink);
    sink.advance(count);
    c.advance(x, count);
  });
}

/** Less than this is not worth several streams. */
const SHORTEST_STREAM = 64;

/** The columns up to `end` in several pieces of equal length side by side; less than a vector per piece is left over. */
function emitStreams(
  frame: Frame, row: Row, { count, interior }: Body, sink: Sink, x: Local, end: Scalar, streams: number,
): void {
  const { c, f } = frame;
  const vectors = c.x('i32.div_s', [c.sub(c.add(end, count - 1), x), streams * count]);
  const length = c.variable(c.mul(vectors, count), 'stream');
  const start = (k: number): Scalar => c.add(x, c.mul(length, k));
  c.raw('i32.ge_s', [length, SHORTEST_STREAM]);
  f.if(() => {
    const pieces = Array.from({ length: streams }, () => row.vector(interior, count));
    pieces.forEach((reads, k) => reads.begin(start(k)));
    sink.begin(x);
    c.whileBelow(x, c.variable(c.add(x, length)), () => {
      emitTurn(frame, pieces.map((reads, k) => ({ reads, x: c.variable(start(k)) })), interior, sink);
      c.advance(x, count);
    });
    c.advance(x, c.mul(length, streams - 1));
  });
}
