/**
 * Contractions on nodes: products summed over shared axes. Axes are named by labels, so that a dot product, a product of
 * matrices and a term of an einsum are one thing: the labels that do not reach the result are summed over. An operand that has
 * no axis of some label is the same all along it, which is a view and copies nothing.
 */
import { DTypeError, ShapeError } from '../errors.ts';
import { asDType, promote, type DType } from './dtype.ts';
import { applyRule, binary, castExpr } from './elementwise.ts';
import { makeExpr, type Expr } from './expr.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { reducerInfo } from './reducers.ts';
import { asAxis, broadcastShapes, showShape, sizeOf, type Shape } from './shape.ts';
import { axis } from './view.ts';
import { expandDimsView, reshapeView, viewExpr } from './views.ts';

export interface ContractOptions {
  /** Multiply, add up and return in this dtype instead of the usual one. */
  readonly dtype?: DType;
}

export type Label = string;

/** A label for each axis of an array, none of them twice. */
export interface Labelled {
  readonly x: Expr;
  readonly labels: readonly Label[];
}

/** What products of these dtypes are added up in: their common dtype, narrow integers and bool in 32 bits. */
export function contractDType(name: string, dtypes: readonly DType[], options?: ContractOptions): DType {
  checkOptions(name, options, { dtype: true } satisfies OptionNames<ContractOptions>);
  const dtype = options?.dtype;
  const chosen = dtype === undefined ? undefined : asDType(dtype, `${name}: dtype`);
  if (chosen === 'bool') throw new DTypeError(`${name}: dtype: sums of products are numbers; use e.g. 'int32', and gt(0) for whether there is any`);
  return chosen ?? reducerInfo('sum').accumulator(dtypes.reduce(promote));
}

/** The sum of the products of two operands over all labels that `out` has not, with an axis for each label of `out`. */
export function contractPair(a: Labelled, b: Labelled, out: readonly Label[], dtype: DType): Expr {
  const summed = [...new Set([...a.labels, ...b.labels])].filter((l) => !out.includes(l));
  // Loops run along the larger operand as it lies in memory.
  const along = fastest(sizeOf(a.x.shape) >= sizeOf(b.x.shape) ? a : b);
  const labels = along === undefined || summed.includes(along) ? [...out, ...summed] : [...summed, ...out];
  const domain = labels.map((l) => Math.max(...[a, b].flatMap(({ x, labels: own }) => {
    const size = x.shape[own.indexOf(l)];
    return size === undefined ? [] : [size];
  })));
  // A size of 1 stands for any other one, also for 0.
  const sizes = domain.map((n, k) => ([a, b].some(({ x, labels: own }) => x.shape[own.indexOf(labels[k])] === 0) ? 0 : n));
  const [left, right] = [a, b].map((operand) => spread(operand, labels, sizes, dtype));
  if (summed.length === 0) return applyRule('mul', binary.mul, [left, right]);
  const kept = (_: unknown, k: number): boolean => !summed.includes(labels[k]);
  const axes = labels.flatMap((l, k) => (summed.includes(l) ? [k] : []));
  return makeExpr({ kind: 'contract', dtype, axes, shape: sizes.filter(kept), src: [left, right] });
}

/** The label of the axis along which neighbours are neighbours in memory, as far as views and elementwise operations tell. */
function fastest({ x, labels }: Labelled): Label | undefined {
  let at = x;
  while (at.kind === 'map' && at.src.length > 0) at = at.src.find((s) => !repeats(s)) ?? at.src[0];
  const axes = at.kind === 'view' && at.view.kind === 'affine' ? at.view.axes.map((m) => m.from) : at.shape.map((_, k) => k);
  const last = axes.findLast((k) => k >= 0 && x.shape[k] > 1);
  return last === undefined ? undefined : labels[last];
}

const repeats = (x: Expr): boolean => x.kind === 'fill' || (x.kind === 'view' && sizeOf(x.src[0].shape) < sizeOf(x.shape));

/** An operand over an axis for each label. */
function spread({ x, labels: own }: Labelled, labels: readonly Label[], sizes: Shape, dtype: DType): Expr {
  const maps = own.map((l, k) => {
    const at = labels.indexOf(l);
    return x.shape[k] === sizes[at] ? axis(at) : axis(-1);
  });
  return viewExpr(castExpr(x, dtype), maps, sizes);
}

// ---- what NumPy calls by name ----

const show = (name: string, which: 'a' | 'b', x: Expr): string => `${name}: ${which} has shape ${showShape(x.shape)}`;

/** Checks that an operand has so many axes at least. */
function need(name: string, which: 'a' | 'b', x: Expr, rank: number): void {
  if (x.shape.length >= rank) return;
  const what = x.shape.length === 0 ? 'is a scalar: multiply with mul()' : `has shape ${showShape(x.shape)}`;
  throw new ShapeError(`${name}: ${which} ${what}; it needs ${rank === 1 ? 'an axis' : `${rank} axes`} at least`);
}

/** Checks that two axes that are summed together have one size. Axes are counted from the back. */
function match(name: string, a: Expr, axisA: number, b: Expr, axisB: number): void {
  const [m, n] = [a.shape.at(axisA), b.shape.at(axisB)];
  if (m === n) return;
  throw new ShapeError(`${show(name, 'a', a)} and b ${showShape(b.shape)}: axis ${axisA} of a (size ${m}) and axis ${axisB} of b (size ${n}) ` +
    'are summed together, so their sizes must be equal');
}

/** Labels of leading axes, which broadcast: counted from the last of them. */
const batch = (count: number): Label[] => Array.from({ length: count }, (_, k) => `batch${count - k}`);

/**
 * `inner` and `outer` name the last axes of the operands; those before broadcast. The result has the broadcast axes, then
 * those of `outer`.
 */
function batched(
  name: string, a: Expr, ofA: readonly Label[], b: Expr, ofB: readonly Label[], outer: readonly Label[],
  options?: ContractOptions,
): Expr {
  const leads = [a.shape.slice(0, a.shape.length - ofA.length), b.shape.slice(0, b.shape.length - ofB.length)];
  broadcastShapes(leads, `${name}: leading axes`);
  const [first, second] = leads.map((l) => batch(l.length));
  const longest = first.length > second.length ? first : second;
  const dtype = contractDType(name, [a.dtype, b.dtype], options);
  return contractPair({ x: a, labels: [...first, ...ofA] }, { x: b, labels: [...second, ...ofB] }, [...longest, ...outer], dtype);
}

/** The product of matrices in the last two axes. An operand of one axis is a row on the left, a column on the right. */
export function matmulExpr(a: Expr, b: Expr, options?: ContractOptions): Expr {
  need('matmul', 'a', a, 1);
  need('matmul', 'b', b, 1);
  match('matmul', a, -1, b, b.shape.length === 1 ? -1 : -2);
  const row = a.shape.length === 1 ? [] : ['m'], column = b.shape.length === 1 ? [] : ['n'];
  return batched('matmul', a, [...row, 'k'], b, ['k', ...column], [...row, ...column], options);
}

export function matVecExpr(a: Expr, b: Expr, options?: ContractOptions): Expr {
  need('matVec', 'a', a, 2);
  need('matVec', 'b', b, 1);
  match('matVec', a, -1, b, -1);
  return batched('matVec', a, ['m', 'k'], b, ['k'], ['m'], options);
}

export function vecMatExpr(a: Expr, b: Expr, options?: ContractOptions): Expr {
  need('vecMat', 'a', a, 1);
  need('vecMat', 'b', b, 2);
  match('vecMat', a, -1, b, -2);
  return batched('vecMat', a, ['k'], b, ['k', 'n'], ['n'], options);
}

/** Along one axis, the last by default; the others broadcast. */
export function vecDotExpr(a: Expr, b: Expr, along = -1, options?: ContractOptions): Expr {
  need('vecDot', 'a', a, 1);
  need('vecDot', 'b', b, 1);
  const rank = Math.max(a.shape.length, b.shape.length);
  const back = asAxis(along, rank, 'vecDot: axis') - rank;
  for (const [which, x] of [['a', a], ['b', b]] as const) need('vecDot', which, x, -back);
  match('vecDot', a, back, b, back);
  const after = batch(-back - 1).map((l) => `after ${l}`);
  const tails = [a, b].map((x) => x.shape.slice(x.shape.length + back + 1));
  broadcastShapes(tails, 'vecDot: axes after the summed one');
  return batched('vecDot', a, ['k', ...after], b, ['k', ...after], after, options);
}

/** Over the last axis of both; all others are kept. */
export function innerExpr(a: Expr, b: Expr, options?: ContractOptions): Expr {
  return tensorDotExpr('inner', a, b, [[-1], [-1]], options);
}

/** Of all elements of one with all of the other, as (a.size, b.size). */
export function outerExpr(a: Expr, b: Expr): Expr {
  return applyRule('outer', binary.mul, [expandDimsView(reshapeView(a, -1), 1), expandDimsView(reshapeView(b, -1), 0)]);
}

/** Pairs of axes that are summed together: the last `axes` of a with the first ones of b, or as listed. */
export type PairedAxes = number | readonly [ofA: number | readonly number[], ofB: number | readonly number[]];

export function tensorDotExpr(name: string, a: Expr, b: Expr, axes: PairedAxes, options?: ContractOptions): Expr {
  const [ofA, ofB] = pairs(name, a, b, axes);
  ofA.forEach((k, j) => match(name, a, k - a.shape.length, b, ofB[j] - b.shape.length));
  const label = (x: Expr, own: readonly number[], letter: string): Label[] =>
    x.shape.map((_, k) => (own.includes(k) ? `sum${own.indexOf(k)}` : `${letter}${k}`));
  const [first, second] = [label(a, ofA, 'a'), label(b, ofB, 'b')];
  const out = [...first, ...second].filter((l) => !l.startsWith('sum'));
  return contractPair({ x: a, labels: first }, { x: b, labels: second }, out, contractDType(name, [a.dtype, b.dtype], options));
}

function pairs(name: string, a: Expr, b: Expr, axes: PairedAxes): [number[], number[]] {
  if (typeof axes === 'number') {
    if (!Number.isInteger(axes) || axes < 0) throw new ShapeError(`${name}: axes: expected how many axes, or two lists of them, got ${axes}`);
    need(name, 'a', a, axes);
    need(name, 'b', b, axes);
    const count = Array.from({ length: axes }, (_, k) => k);
    return [count.map((k) => a.shape.length - axes + k), count];
  }
  const [ofA, ofB] = ([[a, axes[0], 'a'], [b, axes[1], 'b']] as const).map(([x, own, which]) => {
    const list = (typeof own === 'number' ? [own] : [...own]);
    if (list.length > 0) need(name, which, x, 1);
    return list.map((k) => asAxis(k, x.shape.length, `${name}: axes of ${which}`));
  });
  if (ofA.length !== ofB.length) throw new ShapeError(`${name}: axes: ${ofA.length} of a are paired with ${ofB.length} of b`);
  for (const own of [ofA, ofB]) if (new Set(own).size !== own.length) throw new ShapeError(`${name}: axes: ${showShape(own)} names an axis twice`);
  return [ofA, ofB];
}

/** NumPy's `dot`: over the last axis of a and the second to last of b, or its only one; a scalar multiplies. */
export function dotExpr(a: Expr, b: Expr, options?: ContractOptions): Expr {
  if (a.shape.length === 0 || b.shape.length === 0) {
    const product = applyRule('dot', binary.mul, [a, b]);
    return options?.dtype === undefined ? product : castExpr(product, asDType(options.dtype, 'dot: dtype'));
  }
  return tensorDotExpr('dot', a, b, [[-1], [b.shape.length === 1 ? -1 : -2]], options);
}
