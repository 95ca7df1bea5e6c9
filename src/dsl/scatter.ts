/**
 * Adding into elements at given indices: the gradient of `take`, and what counting is made of.
 *
 * Updates are cut into pieces of a fixed number. Where the output is small, every piece adds into a copy of its own, and the
 * copies are summed. Where it is large, the updates are first put into the order of the parts of the output that they go to
 * (count, sum the counts, place: no sort, and in every part they keep their order); then every part is added to by itself.
 * Either way the order of additions follows from the sizes alone.
 */
import { DTypeError, ShapeError } from '../errors.ts';
import { arrayNode, operand, wrap, type ArrayInput, WeftArray } from './array.ts';
import { dtypeOf } from './dtype.ts';
import { applyRule, binary, castExpr, mapExpr, memo } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr } from './expr.ts';
import { indexNode } from './indices.ts';
import { positionFn } from './kernel/picks.ts';
import { addPartsFn, addPiecesFn, countPartsFn, orderByPartFn, type AddSpec } from './kernel/scatters.ts';
import { reduceExpr } from './reduce.ts';
import { reducerInfo } from './reducers.ts';
import { scanExpr } from './scan.ts';
import { asShape, broadcastShapes, showShape, sizeOf, type Shape } from './shape.ts';
import { broadcastView, reshapeView, sliceView } from './views.ts';

/**
 * Adds `values` to the elements of an array at `indices`; where indices repeat, all of them count. The array is given, or
 * starts as zeros of a shape. With several axes there is an array of indices for each of the first ones, and what is added
 * has the remaining axes. Negative indices count from the end; those beyond the array are left out.
 *
 * Floats are added one after the other within a piece of the updates, and the sums of pieces pairwise: the result has the same
 * bits for any number of threads.
 *
 * @param into an array, or a shape: a number or a list of numbers
 * @param indices an array of integers, or a list of arrays, one per axis, which broadcast
 * @param values broadcast to the shape of the indices, then of the remaining axes
 * @returns of the dtype of `into`; of a shape, of that which sums of `values` have
 * @throws DTypeError for indices that are no integers, or to add into bool; ShapeError when the shapes do not fit
 * @example
 * await wf.scatterAdd([4], [0, 2, 2], [1, 10, 100]).array(); // [1, 0, 110, 0]
 * const table = wf.ones([3, 2]);
 * await wf.scatterAdd(table, [2, 2], [[1, 2], [10, 20]]).array(); // [[1, 1], [1, 1], [12, 23]]
 * const rows = wf.array([0, 1], { dtype: 'int32' });
 * await wf.scatterAdd([2, 3], [rows, rows.add(1)], 5).array(); // [[0, 5, 0], [0, 0, 5]]
 */
export function scatterAdd(
  into: WeftArray | ArrayInput | number | readonly number[], indices: ArrayInput | readonly WeftArray[], values: ArrayInput,
): WeftArray {
  const base = into instanceof WeftArray || dtypeOf(into) ? arrayNode(into as ArrayInput, 'scatterAdd: into') : undefined;
  const shape = base ? base.shape : asShape(into, 'scatterAdd: into, unless it is an array,');
  const where = (isAxisList(indices) ? indices : [indices as ArrayInput]).map((i, k) => indexNode(i, `scatterAdd: indices of axis ${k}`));
  const given = operand(values, 'scatterAdd: values');
  const node = typeof given === 'object' ? given : fillExpr(given, base?.dtype ?? (typeof given === 'boolean' ? 'bool' : 'float32'));
  const dtype = base ? base.dtype : reducerInfo('sum').accumulator(node.dtype);
  if (dtype === 'bool') throw new DTypeError("scatterAdd: nothing can be added to bool; cast it: into.asType('int32')");
  return wrap(scatterExpr(base ?? fillExpr(0, dtype, shape), where, node));
}

/** A list of arrays, one per axis, and not numbers that make one array. */
const isAxisList = (x: unknown): x is readonly ArrayInput[] =>
  Array.isArray(x) && x.length > 0 && x.every((i) => i instanceof WeftArray || dtypeOf(i) !== undefined);

/** The array `into` with `values` added. */
export function scatterExpr(into: Expr, indices: readonly Expr[], values: Expr): Expr {
  const { shape } = into;
  if (indices.length > shape.length) throw new ShapeError(`scatterAdd: ${indices.length} arrays of indices for an array of shape ${showShape(shape)}`);
  const common = broadcastShapes(indices.map((i) => i.shape), 'scatterAdd: indices');
  const rest = shape.slice(indices.length);
  const wanted = [...common, ...rest];
  if (values.shape.length > wanted.length || !fits(values.shape, wanted)) {
    throw new ShapeError(`scatterAdd: values of shape ${showShape(values.shape)} do not broadcast to ${showShape(wanted)}, the shape of the indices and of the remaining axes`);
  }
  const sizes = shape.slice(0, indices.length);
  const spread = indices.map((i) => broadcastView(i, common));
  const fromBack = sizes.length === 1;
  const inner = sizeOf(rest), updates = sizeOf(common);
  const at = reshapeView(fromBack ? spread[0] : positions(spread, sizes), [updates]);
  const rows = reshapeView(broadcastView(values, wanted), [updates, inner]);
  return reshapeView(addAt(reshapeView(into, [sizeOf(sizes), inner]), { at, fromBack, values: rows }), shape);
}

/** Row-major, -1 outside. */
const positions = (indices: readonly Expr[], sizes: readonly number[]): Expr =>
  mapExpr(memo(`position:${indices.length}`, () => positionFn(indices.length)), [
    ...indices, ...sizes.map((n) => fillExpr(n, 'int32')),
  ], 0, 'scatterAdd', indices[0].shape);

export interface Updates {
  /** Of rows; any dtype of integers. Those outside are nowhere. */
  readonly at: Expr;
  /** Negative indices count from the last row. */
  readonly fromBack: boolean;
  /** A row for each index; undefined: ones. */
  readonly values: Expr | undefined;
}

/** Adds rows `values[k]` to rows `at[k]` of `into`. */
export function addAt(into: Expr, { at, fromBack, values }: Updates): Expr {
  if (sizeOf(into.shape) * at.shape[0] === 0) return into;
  // Narrow integers are added up in 32 bits; the low ones count, whenever the others go.
  const wide = reducerInfo('sum').accumulator(into.dtype);
  return castExpr(addRows(castExpr(into, wide), { at, fromBack, values: values && castExpr(values, wide) }), into.dtype);
}

const fits = (shape: Shape, wanted: Shape): boolean =>
  shape.every((n, k) => n === 1 || n === wanted[wanted.length - shape.length + k]);

/** Updates that are not worth sharing, and rows beside each other that are enough to be done at the same time. */
const FEW = 1024;
const ENOUGH = 1024;
/** Elements of an output of which copies are made; of all copies together. */
const COPIED = 2 ** 16;
const COPIES = 2 ** 20;
/** Updates of a piece, at least; pieces, at least and at most. */
const PIECE = { least: 256, few: 8, most: 1024 } as const;

/** `addAt` of arrays of one dtype, with something to do. */
function addRows(into: Expr, from: Updates): Expr {
  const [rows, inner] = into.shape;
  const [updates] = from.at.shape;
  if (updates <= FEW || inner >= ENOUGH) return addPieces(into, from, updates);
  const elements = rows * inner;
  const piece = Math.max(PIECE.least, elements, Math.ceil(updates / PIECE.most), Math.ceil(updates * elements / COPIES));
  if (elements <= COPIED && updates / piece >= PIECE.few) return addPieces(into, from, piece);
  return addParts(into, from);
}

const number = (n: number): Expr => fillExpr(n, 'int32', [1]);

/** Every piece into a copy of its own, unless there is but one. Copies have a row more. */
function addPieces(into: Expr, { at, fromBack, values }: Updates, piece: number): Expr {
  const { dtype, shape: [rows, inner] } = into;
  const pieces = Math.ceil(at.shape[0] / piece);
  const spare = pieces > 1, flat = inner === 1;
  const within = flat ? [] : [inner];
  const copies = [pieces, spare ? rows + 1 : rows, ...within];
  const spec: AddSpec = { indices: at.dtype, dtype, fromBack, ones: values === undefined, spare, flat };
  const fn = memo(`addPieces:${Object.values(spec).join()}`, () => addPiecesFn(spec));
  const start = spare ? fillExpr(0, dtype, copies) : reshapeView(into, copies);
  const added = values ? [reshapeView(values, [at.shape[0], ...within])] : [];
  const made = makeExpr({
    kind: 'nest', fn, result: 0, dtype, shape: copies, domain: [pieces, ...within], src: [at, number(piece), ...added, start],
  });
  if (!spare) return reshapeView(made, into.shape);
  const sums = reduceExpr('sum', sliceView(made, [null, [0, rows]]), 0, { dtype });
  return applyRule('add', binary.add, [into, reshapeView(sums, into.shape)]);
}

/** Parts of the output, at most; updates of a piece while they are put in order. */
const PARTS = 256;
const ORDERED = 1024;

function addParts(into: Expr, { at: given, fromBack, values }: Updates): Expr {
  const { dtype, shape: [rows, inner] } = into;
  const [updates] = given.shape;
  const at = fromBack ? positions([given], [rows]) : castExpr(given, 'int32');
  const shift = Math.max(0, Math.ceil(Math.log2(rows / PARTS)));
  const [parts, pieces] = [Math.ceil(rows / 2 ** shift), Math.ceil(updates / ORDERED)];
  // After the parts of the output there is one for what goes nowhere.
  const zeros = fillExpr(0, 'int32', [parts + 1, pieces]);
  const inputs = [at, number(ORDERED), number(shift)];
  const counts = makeExpr({
    kind: 'nest', fn: memo('countParts', countPartsFn), result: 0, dtype: 'int32', shape: zeros.shape, domain: [pieces], src: [...inputs, zeros],
  });
  const ends = reshapeView(scanExpr('cumSum', reshapeView(counts, [sizeOf(zeros.shape)])), zeros.shape);
  const starts = applyRule('sub', binary.sub, [ends, counts]);
  const order = makeExpr({
    kind: 'nest', fn: memo('orderByPart', orderByPartFn), result: 0, dtype: 'int32', shape: [updates], domain: [pieces],
    src: [...inputs, fillExpr(0, 'int32', [updates]), starts],
  });
  return makeExpr({
    kind: 'nest', fn: memo(`addParts:${dtype}`, () => addPartsFn(dtype)), result: 0, dtype, shape: into.shape, domain: [parts, inner],
    src: [at, values ?? fillExpr(1, dtype, [updates, 1]), order, ends, into],
  });
}
