/** Linear stencils from a table of weights. */
import { ArgumentError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { asBorders } from './border.ts';
import { isFloat, promote, type DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { Builder, type Fn, type Value } from './kernel/ir.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { asAxis, showShape, stridesOf } from './shape.ts';
import { checkCval, stencilExprs, type BorderOptions } from './stencil.ts';

/** Numbers nested to the rank of the arrays they are for. */
export type Weights = readonly (number | Weights)[];

export interface CorrelateOptions extends BorderOptions {
  /** Apply 1-D weights along this axis of an array of any rank from 1 to 4. */
  readonly axis?: number;
  /** Position of the window's centre per axis; default floor(n / 2), as in scipy.ndimage. */
  readonly origin?: readonly number[];
}

const correlateOptions: OptionNames<CorrelateOptions> = { border: true, cval: true, axis: true, origin: true };

/**
 * A linear stencil from a table: out[i] = sum over k of weights[k] * in[i + k - origin], which is correlation, not
 * convolution: the weights are not flipped. Integers stay integers when all weights are.
 *
 * @param weights nested to the array's rank, or a flat list with `axis`
 * @throws ArgumentError for ragged weights, an origin outside them or an unknown border; ShapeError when they do not fit the
 *   array's rank
 * @example
 * const blurX = wf.correlate([1, 2, 1].map((w) => w / 4), { axis: -1, border: 'reflect' });
 * await blurX([0, 4, 0, 0]).array(); // [1, 2, 1, 0]
 */
export function correlate(weights: Weights, options: CorrelateOptions = {}): (x: ArrayInput) => WeftArray {
  checkOptions('correlate', options, correlateOptions);
  const cval = checkCval(options.cval, 'correlate');
  const table = readTable(weights);
  if (options.axis !== undefined && table.shape.length !== 1) throw new ShapeError(`correlate: with the option axis the weights must be a flat list, got shape ${showShape(table.shape)}`);
  const centre = options.origin ?? table.shape.map((n) => Math.floor(n / 2));
  if (centre.length !== table.shape.length || !centre.every((c, k) => Number.isInteger(c) && c >= 0 && c < table.shape[k])) {
    throw new ArgumentError(`correlate: origin must be a position in the weights, 0 to ${showShape(table.shape.map((n) => n - 1))}, got ${JSON.stringify(options.origin)}`);
  }
  if (options.axis === undefined) asBorders(options.border ?? 'fill', table.shape.length, 'correlate: border');
  return (x) => {
    const node = arrayNode(x, 'correlate');
    const rank = node.shape.length;
    if (rank < 1 || rank > 4) throw new ShapeError(`correlate: arrays of rank 1 to 4, got shape ${showShape(node.shape)}`);
    if (options.axis === undefined && table.shape.length !== rank) {
      throw new ShapeError(`correlate: weights of rank ${table.shape.length} do not fit an array of shape ${showShape(node.shape)}; use the option axis to apply a list along one axis`);
    }
    const at = options.axis === undefined ? undefined : asAxis(options.axis, rank, 'correlate: axis');
    const place = (offsets: readonly number[]): number[] =>
      at === undefined ? [...offsets] : Array.from({ length: rank }, (_, k) => (k === at ? offsets[0] : 0));
    const lo = place(centre.map((c) => -c)), hi = place(table.shape.map((n, k) => n - 1 - centre[k]));
    const border = asBorders(options.border ?? 'fill', rank, 'correlate: border');
    const integers = table.values.every(Number.isInteger);
    const source = isFloat(node.dtype) ? node : castExpr(node, integers ? promote(node.dtype, 'int32') : 'float32');
    const fn = linearFn(table, centre, source.dtype, rank, place);
    return wrap(stencilExprs(fn, { inputs: [source], params: [{ kind: 'array', dtype: source.dtype }] }, {
      border, cval, lo: lo.map((v) => Math.min(0, v)), hi: hi.map((v) => Math.max(0, v)),
    })[0]);
  };
}

interface Table { readonly shape: readonly number[]; readonly values: readonly number[] }

function readTable(weights: Weights): Table {
  const shape: number[] = [];
  for (let w: unknown = weights; Array.isArray(w); w = w[0]) shape.push(w.length);
  const even = (w: unknown, depth: number): boolean => {
    if (depth === shape.length) return typeof w === 'number';
    return Array.isArray(w) && w.length === shape[depth] && w.every((v) => even(v, depth + 1));
  };
  if (shape.length === 0 || shape.includes(0) || !even(weights, 0)) {
    throw new ArgumentError('correlate: weights must be numbers nested evenly, e.g. [1, 2, 1] or [[0, 1, 0], [1, -4, 1], [0, 1, 0]]');
  }
  return { shape, values: (weights as unknown[]).flat(Infinity) as number[] };
}

/** The sum of weighted reads. Equal weights of a mirrored pair are not grouped: the order of additions is the table's. */
function linearFn(
  table: Table, centre: readonly number[], dtype: DType, rank: number, place: (offsets: readonly number[]) => number[],
): Fn {
  const b = new Builder();
  const none = new Array<'none'>(rank).fill('none');
  const strides = stridesOf(table.shape);
  let sum: Value | undefined;
  table.values.forEach((weight, flat) => {
    if (weight === 0) return;
    const position = strides.map((step, k) => Math.floor(flat / step) % table.shape[k]);
    const read = b.read(0, dtype, b.point(undefined, place(position.map((p, k) => p - centre[k])), none));
    const term = b.op('mul', [read, b.constant(weight, dtype)]);
    sum = sum ? b.op('add', [sum, term]) : term;
  });
  return b.fn('correlate', { rank, inputs: [{ name: 'x', dtype }], results: [sum ?? b.constant(0, dtype)] });
}
