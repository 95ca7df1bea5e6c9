/** Stencils: functions of relative reads, and linear stencils given by a table of weights. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, type ArrayInput, type WeftArray } from './array.ts';
import { asBorders, borderRules, type BorderMode } from './border.ts';
import { asDType, castNumber, isFloat, promote, weak, type DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { fillExpr, makeExpr, type Expr, type StencilExpr } from './expr.ts';
import { kernelShape, lowerKernel, neighborhoodOf, type KernelFunction, type KernelParam } from './kernel/index.ts';
import { Builder, type Fn, type Value } from './kernel/ir.ts';
import { asAxis, broadcastShapes, showShape, stridesOf } from './shape.ts';
import { broadcastView } from './views.ts';

/** An array inside a stencil kernel: call it with relative indices. */
export type Neighbors1 = (i: number) => number;
export type Neighbors2 = (i: number, j: number) => number;
export type Neighbors3 = (i: number, j: number, k: number) => number;
export type Neighbors4 = (i: number, j: number, k: number, l: number) => number;
export type Neighbors = Neighbors1 | Neighbors2 | Neighbors3 | Neighbors4;

/** Lowest and highest relative index along one axis. */
export type Range = readonly [lo: number, hi: number];

export interface BorderOptions {
  /**
   * What reads beyond the edge mean: one mode, or one per axis. Default `fill`, Numba's rule: an output whose
   * neighbourhood leaves the array is `cval`.
   */
  readonly border?: BorderMode | readonly BorderMode[];
  /** The value of `fill` and `constant` borders; default 0. */
  readonly cval?: number;
}

export interface StencilOptions extends BorderOptions {
  /** The neighbourhood per axis, when it is to be wider than the reads that the kernel makes. Default: inferred. */
  readonly neighborhood?: readonly Range[];
  /** Outer variables of the kernel. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Cast of the result. Default: what the kernel computes. */
  readonly dtype?: DType;
}

/** One operand per parameter: where the kernel calls it an array, else a scalar. */
type StencilArguments<P extends readonly unknown[]> = { [K in keyof P]: ArrayInput };
type StencilResult<R> = R extends readonly unknown[] ? { -readonly [K in keyof R]: WeftArray } : WeftArray;

/**
 * Makes an array function from a kernel of relative reads. The kernel is an ordinary function: `u(-1, 0)` is the element
 * one step back along the first axis. Parameters that are called are arrays (they broadcast against each other); the
 * others are scalars, given as numbers or arrays of rank 0. The kernel's own text is parsed, so outer variables must be
 * passed in `constants`.
 *
 * @param kernel the function; returns a number, or a list of numbers for several results
 * @param options border, neighbourhood, constants, dtype
 * @returns a function of arrays; its result has the arrays' shape (smaller with border `valid`)
 * @throws KernelError when the kernel leaves the language; ArgumentError, ShapeError when options or arrays do not fit it
 * @example
 * const mean3 = wf.stencil((u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3);
 * await mean3(wf.array([1, 2, 3, 4, 5])).array(); // [0, 2, 3, 4, 0]
 *
 * const grad = wf.stencil((u: wf.Neighbors2) => [u(1, 0) - u(0, 0), u(0, 1) - u(0, 0)], { border: 'nearest' });
 * const [gy, gx] = grad([[1, 2], [4, 8]]);
 * await gx.array(); // [[1, 0], [4, 0]]
 */
export function stencil<P extends readonly unknown[], const R>(
  kernel: (...args: P) => R, options: StencilOptions = {},
): (...args: StencilArguments<P>) => StencilResult<R> {
  if (typeof kernel !== 'function') throw new ArgumentError(`stencil: the kernel must be a function, got ${typeof kernel}`);
  const f = kernel as unknown as KernelFunction;
  const cval = checkCval(options.cval, 'stencil');
  const dtype = options.dtype === undefined ? undefined : asDType(options.dtype, 'stencil: dtype');
  const shape = kernelShape(f, 'stencil');
  const rank = rankOf(shape.params);
  const border = asBorders(options.border ?? 'fill', rank, 'stencil: border');
  checkNeighborhood(options.neighborhood, rank);

  const call = (...args: readonly ArrayInput[]): WeftArray | WeftArray[] => {
    if (args.length !== shape.params.length) {
      throw new ArgumentError(`stencil: the kernel takes ${shape.params.length} arguments (${shape.params.map((p) => p.name).join(', ')}), got ${args.length}`);
    }
    const { inputs, params } = bindArguments(args, shape.params, rank);
    const kernelAndReads = lowerKernel(f, params, { rank, constants: options.constants, label: 'stencil' });
    const { lo, hi } = reach(options.neighborhood, neighborhoodOf(kernelAndReads), rank);
    const results = stencilExprs(kernelAndReads.fn, inputs, params, { border, cval, lo, hi });
    const arrays = results.map((r) => wrap(dtype ? castExpr(r, dtype) : r));
    return kernelAndReads.fn.results.length === 1 ? arrays[0] : arrays;
  };
  return call as (...args: StencilArguments<P>) => StencilResult<R>;
}

interface ParamShape { readonly name: string; readonly indices: number | undefined }

function rankOf(params: readonly ParamShape[]): number {
  const called = params.filter((p) => p.indices !== undefined);
  if (called.length === 0) {
    throw new ArgumentError(`stencil: the kernel reads no neighbours; call a parameter with relative indices, e.g. ${params[0]?.name ?? 'u'}(0, -1), or use array methods`);
  }
  const rank = called[0].indices!;
  for (const p of called) {
    if (p.indices !== rank) throw new ArgumentError(`stencil: ${called[0].name} is read with ${rank} indices and ${p.name} with ${p.indices}; all arrays of a stencil have the same rank`);
  }
  if (rank < 1 || rank > 4) throw new ArgumentError(`stencil: kernels read arrays of rank 1 to 4, this one uses ${rank} indices`);
  return rank;
}

/** Nodes of the arguments, arrays broadcast to one shape, scalars of the dtype they take beside the arrays. */
function bindArguments(
  args: readonly ArrayInput[], shapes: readonly ParamShape[], rank: number,
): { inputs: Expr[]; params: KernelParam[] } {
  const nodes = args.map((a, k) => {
    const { name, indices } = shapes[k];
    if (indices === undefined && (typeof a === 'number' || typeof a === 'boolean')) return a;
    const node = arrayNode(a, `stencil: ${name}`);
    if (indices === undefined) {
      if (node.shape.length > 0) throw new ShapeError(`stencil: ${name} is used as a scalar in the kernel, but an array of shape ${showShape(node.shape)} was given; read it as ${name}(${new Array(rank).fill('0').join(', ')})`);
      return node;
    }
    if (node.shape.length !== rank) throw new ShapeError(`stencil: the kernel reads ${name} with ${rank} ${rank === 1 ? 'index' : 'indices'}, but the array has shape ${showShape(node.shape)} (rank ${node.shape.length})`);
    return node;
  });
  const arrays = nodes.filter((_, k) => shapes[k].indices !== undefined) as Expr[];
  const common = broadcastShapes(arrays.map((n) => n.shape), 'stencil');
  const dtype = arrays.map((n) => n.dtype).reduce(promote);
  const inputs = nodes.map((n, k): Expr => {
    if (typeof n !== 'object') return scalarFill(n, dtype);
    return shapes[k].indices === undefined ? n : broadcastView(n, common);
  });
  return { inputs, params: inputs.map((n, k) => ({ kind: shapes[k].indices === undefined ? 'scalar' : 'array', dtype: n.dtype })) };
}

function scalarFill(value: number | boolean, beside: DType): Expr {
  const dtype: DType = typeof value === 'boolean' ? 'bool' : weak(value, beside);
  return fillExpr(value, dtype);
}

/** The fields of a stencil node that say what happens at the edge. */
type Edges = Pick<StencilExpr, 'border' | 'cval' | 'lo' | 'hi'>;

function stencilExprs(fn: Fn, inputs: readonly Expr[], params: readonly KernelParam[], edges: Edges): Expr[] {
  const full = inputs[params.findIndex((p) => p.kind === 'array')].shape;
  const shape = full.map((n, k) => {
    if (!borderRules[edges.border[k]].shrinks) return n;
    const left = n - (edges.hi[k] - edges.lo[k]);
    if (left < 0) throw new ShapeError(`stencil: border 'valid' needs at least ${edges.hi[k] - edges.lo[k]} cells along axis ${k}, the array has ${n} (shape ${showShape(full)})`);
    return left;
  });
  // Scalars are read at the current point, whatever the output's shape.
  const src = inputs.map((n, k) => (params[k].kind === 'scalar' ? broadcastView(n, shape) : n));
  return fn.results.map((r, result) => {
    checkCvalFits(edges.cval, r.dtype);
    return makeExpr({ kind: 'stencil', fn, result, src, shape, dtype: r.dtype, ...edges });
  });
}

function checkCval(cval: unknown, label: string): number {
  if (cval === undefined) return 0;
  if (typeof cval !== 'number') throw new ArgumentError(`${label}: cval must be a number, got ${String(cval)}`);
  return cval;
}

function checkCvalFits(cval: number, dtype: DType): void {
  if (!isFloat(dtype) && castNumber(cval, 'float64', dtype) !== cval) {
    throw new DTypeError(`stencil: cval ${cval} does not fit the result's dtype ${dtype}; give another cval, or compute in floats`);
  }
}

function checkNeighborhood(ranges: readonly Range[] | undefined, rank: number): void {
  if (ranges === undefined) return;
  const good = Array.isArray(ranges) && ranges.length === rank
    && ranges.every((r) => Array.isArray(r) && r.length === 2 && r.every(Number.isInteger) && r[0] <= r[1]);
  if (!good) throw new ArgumentError(`stencil: neighborhood must give [lowest, highest] for each of the ${rank} axes, e.g. ${JSON.stringify(new Array(rank).fill([-1, 1]))}, got ${JSON.stringify(ranges)}`);
}

/** Declared or inferred; 0 is always part of it. Reads beyond a declared neighbourhood are an error. */
function reach(
  declared: readonly Range[] | undefined, inferred: readonly { lo: number[]; hi: number[] }[], rank: number,
): { lo: number[]; hi: number[] } {
  const axes = Array.from({ length: rank }, (_, k) => k);
  const lo = axes.map((k) => Math.min(0, ...inferred.map((n) => n.lo[k])));
  const hi = axes.map((k) => Math.max(0, ...inferred.map((n) => n.hi[k])));
  if (!declared) return { lo, hi };
  declared.forEach(([a, b], k) => {
    if (lo[k] < Math.min(0, a) || hi[k] > Math.max(0, b)) {
      throw new ArgumentError(`stencil: the kernel reads offsets ${lo[k]} to ${hi[k]} along axis ${k}, outside the declared neighborhood [${a}, ${b}]; widen it, or leave it out to have it inferred`);
    }
  });
  return { lo: declared.map(([a]) => Math.min(0, a)), hi: declared.map(([, b]) => Math.max(0, b)) };
}

/** Numbers nested to the rank of the arrays they are for. */
export type Weights = readonly (number | Weights)[];

export interface CorrelateOptions extends BorderOptions {
  /** Apply 1-D weights along this axis of an array of any rank from 1 to 4. */
  readonly axis?: number;
  /** Position of the window's centre per axis; default floor(n / 2), as in scipy.ndimage. */
  readonly origin?: readonly number[];
}

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
    return wrap(stencilExprs(fn, [source], [{ kind: 'array', dtype: source.dtype }], {
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
