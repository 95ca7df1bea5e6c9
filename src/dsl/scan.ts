/**
 * Cumulative sums and their like. A long axis is cut into pieces of a fixed number of elements: the pieces are reduced, the
 * results of that are scanned in the same way, and then every piece is scanned from where the one before it ends. Nothing of
 * this depends on threads.
 */
import { DTypeError, ShapeError } from '../errors.ts';
import { asDType, type DType } from './dtype.ts';
import { castExpr, memo } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { piecesFn, scanFn, SCANNED, type ScanSpec } from './kernel/scans.ts';
import { reduceExpr } from './reduce.ts';
import { reducerInfo } from './reducers.ts';
import { asAxis, showShape, sizeOf } from './shape.ts';
import { reshapeView } from './views.ts';

export interface ScanOptions {
  /** Compute and return in this dtype instead of the usual one. */
  readonly dtype?: DType;
}

type Reducer = ScanSpec['reducer'];

/** What combines the elements; bools in logic. */
const scans = {
  cumSum: { reducer: 'sum', ofBool: 'sum' },
  cumProd: { reducer: 'prod', ofBool: 'prod' },
  cumMax: { reducer: 'max', ofBool: 'any' },
  cumMin: { reducer: 'min', ofBool: 'all' },
} as const satisfies Record<string, { readonly reducer: Reducer; readonly ofBool: Reducer }>;

export type ScanName = keyof typeof scans;

export function scanExpr(name: ScanName, x: Expr, axis?: number, options: ScanOptions = {}): Expr {
  const dtype = options.dtype === undefined ? undefined : asDType(options.dtype, `${name}: dtype`);
  const reducer = scans[name][(dtype ?? x.dtype) === 'bool' ? 'ofBool' : 'reducer'];
  const accumulator = dtype ?? reducerInfo(reducer).accumulator(x.dtype);
  if (accumulator === 'bool' && reducer !== 'any' && reducer !== 'all') throw new DTypeError(`${name}: bool cannot be added up in bool; use { dtype: 'int32' }, or cumMax and cumMin`);
  const along = scanAxis(name, x, axis);
  if (along === undefined) return castExpr(x, accumulator);
  return reshapeView(scanCube(cubeOf(x, along), reducer, accumulator), x.shape);
}

/** An array of one axis needs no other word; a scalar has none: undefined. */
function scanAxis(name: string, x: Expr, axis: number | undefined): number | undefined {
  const rank = x.shape.length;
  if (axis !== undefined) return asAxis(axis, rank, `${name}: axis`);
  if (rank > 1) throw new ShapeError(`${name}: which axis? The array has shape ${showShape(x.shape)}; give 0 to ${rank - 1}, or reshape(-1) first`);
  return rank === 0 ? undefined : 0;
}

/** As (what is before the axis, the axis, what is after). */
const cubeOf = (x: Expr, axis: number): Expr =>
  reshapeView(x, [sizeOf(x.shape.slice(0, axis)), x.shape[axis], sizeOf(x.shape.slice(axis + 1))]);

/** Elements of a piece. Lanes that do pieces side by side read in steps of this, which targets take for regular up to 64. */
export const PIECE = 64;
/** Cumulative sums of contiguous elements have longer pieces, which targets that can go along. */
const LONG: ReadonlySet<DType> = new Set<DType>(['float32', 'int32', 'uint32']);
const pieceFor = (x: Expr, reducer: Reducer, dtype: DType): number =>
  (reducer === 'sum' && x.dtype === dtype && LONG.has(dtype) && x.shape[2] === 1 ? SCANNED : PIECE);
/** An axis of no more elements is not worth cutting. */
const SHORT = 256;
/** So many rows are enough to be done at the same time without cutting them, */
const ENOUGH = 1024;
/** unless they are columns of wider rows than this: going down a long one visits too many pages of memory. */
const NARROW = 64;

/** Partial results along the middle axis. */
function scanCube(x: Expr, reducer: Reducer, dtype: DType): Expr {
  const [outer, n, inner] = x.shape;
  if (sizeOf(x.shape) === 0) return fillExpr(0, dtype, x.shape);
  const piece = pieceFor(x, reducer, dtype);
  const ends = outer * inner < ENOUGH || inner > NARROW ? pieceEnds(x, reducer, dtype, piece) : undefined;
  const chunk = ends && piece;
  const fn = memo(`scan:${reducer}:${x.dtype}:${dtype}:${chunk ?? ''}`, () => scanFn({ reducer, input: x.dtype, dtype, chunk }));
  return makeExpr({
    kind: 'nest', fn, result: 0, dtype, shape: x.shape, domain: [outer, ends ? Math.ceil(n / piece) : 1, inner],
    src: [...ends ? [ends] : [], x, fillExpr(0, dtype, x.shape)],
  });
}

/**
 * For every piece of the middle axis, the result of all up to its end, as (outer, pieces, inner), perhaps without the last one;
 * undefined where there are so few elements that one piece does it all.
 */
export function pieceEnds(x: Expr, reducer: Reducer, dtype: DType, piece: number): Expr | undefined {
  const [outer, n, inner] = x.shape;
  if (n <= SHORT) return undefined;
  if (n % piece === 0) {
    const pieces = reshapeView(x, [outer, n / piece, piece, inner]);
    return scanCube(reduceExpr(reducer, castExpr(pieces, dtype), 2, { dtype }), reducer, dtype);
  }
  const shape = [outer, Math.ceil(n / piece) - 1, piece, inner];
  const fn = memo(`pieces:${x.dtype}:${dtype}:${piece}`, () => piecesFn(x.dtype, dtype, piece));
  const pieces = makeExpr({ kind: 'map', fn, result: 0, dtype, shape, src: [x] });
  return scanCube(reduceExpr(reducer, pieces, 2, { dtype }), reducer, dtype);
}
