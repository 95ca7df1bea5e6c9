/** Stencils: functions of relative reads. */
import { ArgumentError, DTypeError, ShapeError } from '../errors.ts';
import { arrayNode, wrap, WeftArray, type ArrayInput } from './array.ts';
import { bindArguments, checkArguments, type Bound } from './bind.ts';
import { asBorders, borderRules, type BorderMode } from './border.ts';
import { asDType, castNumber, isFloat, type DType } from './dtype.ts';
import { castExpr } from './elementwise.ts';
import { makeExpr, type Expr, type StencilExpr } from './expr.ts';
import { count, lowerKernel, neighborhoodOf, subscripts, usageOf, type KernelFunction, type KernelParam, type ParamUsage } from './kernel/index.ts';
import type { Fn } from './kernel/ir.ts';
import { checkOptions, type OptionNames } from './option-names.ts';
import { overwritten } from './overwrite.ts';
import { fromKernel } from './plainly.ts';
import { sameShape, showShape } from './shape.ts';
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
  /**
   * Parameters that the kernel indexes from the array's start, `w[i][j]`, instead of calling them. They may have any shape.
   * Default: inferred; naming them checks that they are used so.
   */
  readonly standardIndexing?: readonly string[];
  /** Cast of the result. Default: what the kernel computes. */
  readonly dtype?: DType;
}

const stencilOptions: OptionNames<StencilOptions> = {
  border: true, cval: true, neighborhood: true, constants: true, standardIndexing: true, dtype: true,
};
const callOptions: OptionNames<StencilCall> = { out: true };

/** Of one call, after the arrays. */
export interface StencilCall {
  /** With border `fill`: the cells at the border are those of this array, instead of `cval`. */
  readonly out?: WeftArray;
}

/** One operand per parameter: where the kernel calls or indexes it an array, else a scalar. */
type StencilArguments<P extends readonly unknown[]> = { [K in keyof P]: ArrayInput };
type StencilResult<R> = R extends readonly unknown[] ? { -readonly [K in keyof R]: WeftArray } : WeftArray;

/**
 * Makes an array function from a kernel of relative reads. The kernel is an ordinary function: `u(-1, 0)` is the element
 * one step back along the first axis. Parameters that are called are arrays (they broadcast against each other); those that
 * are indexed, `w[0]`, are read from their start, whatever their shape; the others are scalars, given as numbers or arrays of
 * rank 0. Loops over a neighbourhood have bounds that are known when the kernel is built. The kernel's own text is parsed, so
 * outer variables must be passed in `constants`.
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
): (...args: [...arrays: StencilArguments<P>, options?: StencilCall]) => StencilResult<R> {
  if (typeof kernel !== 'function') throw new ArgumentError(`stencil: the kernel must be a function, got ${typeof kernel}`);
  const f = kernel as unknown as KernelFunction;
  checkOptions('stencil', options, stencilOptions);
  const cval = checkCval(options.cval, 'stencil');
  const dtype = options.dtype === undefined ? undefined : asDType(options.dtype, 'stencil: dtype');
  const usage = usageOf(f, 'stencil', options.constants);
  const rank = rankOf(usage);
  const border = asBorders(options.border ?? 'fill', rank, 'stencil: border');
  checkNeighborhood(options.neighborhood, rank);
  checkStandard(options.standardIndexing, usage);

  const declared = options.neighborhood && withZero(options.neighborhood);
  const window = declared && { ...declared, border, cval };

  const call = (...all: readonly unknown[]): WeftArray | WeftArray[] => {
    const { args, out } = splitOptions(all, new Set(usage.map((u) => u.path[0])).size);
    checkArguments('stencil', args, usage);
    const bound = bindArguments('stencil', args, usage, rank);
    const lowered = lowerKernel(f, bound.params, { rank, constants: options.constants, label: 'stencil', window });
    const { lo, hi } = reach(options.neighborhood, neighborhoodOf(lowered), rank);
    const results = stencilExprs(lowered.fn, withWholes(bound, lowered.wholes), { border, cval, lo, hi })
      .map((e) => fromKernel(e, { kind: 'points', f, usage, params: bound.params }));
    const cast = results.map((r) => (dtype ? castExpr(r, dtype) : r));
    const arrays = (out ? cast.map((r) => keepBorder(r, out, { border, cval, lo, hi })) : cast).map((r) => wrap(r));
    return lowered.fn.results.length === 1 ? arrays[0] : arrays;
  };
  return call as unknown as (...args: [...arrays: StencilArguments<P>, options?: StencilCall]) => StencilResult<R>;
}

/** Arrays that are also read at offsets that only a run can tell are inputs once more. */
const withWholes = ({ inputs, params }: Bound, wholes: readonly number[]): Bound => ({
  inputs: [...inputs, ...wholes.map((k) => inputs[k])],
  params: [...params, ...wholes.map((k): KernelParam => ({ kind: 'whole', dtype: inputs[k].dtype, rank: inputs[k].shape.length }))],
});

/** A neighbourhood always has its own element. */
const withZero = (ranges: readonly Range[]): { readonly lo: number[]; readonly hi: number[] } =>
  ({ lo: ranges.map(([a]) => Math.min(0, a)), hi: ranges.map(([, b]) => Math.max(0, b)) });

/** The arguments of the kernel, and what follows them. */
function splitOptions(all: readonly unknown[], parameters: number): { args: readonly ArrayInput[]; out: Expr | undefined } {
  const last = all[all.length - 1];
  const isOptions = all.length === parameters + 1 && typeof last === 'object' && last !== null
    && !(last instanceof WeftArray) && !Array.isArray(last) && !ArrayBuffer.isView(last);
  if (!isOptions) return { args: all as readonly ArrayInput[], out: undefined };
  checkOptions('stencil', last, callOptions);
  const { out } = last as StencilCall;
  return { args: all.slice(0, -1) as readonly ArrayInput[], out: out && arrayNode(out, 'stencil: out') };
}

function keepBorder(result: Expr, out: Expr, edges: Edges): Expr {
  if (!sameShape(out.shape, result.shape)) throw new ShapeError(`stencil: out has shape ${showShape(out.shape)}, the result ${showShape(result.shape)}`);
  if (out.dtype !== result.dtype) throw new DTypeError(`stencil: out is ${out.dtype}, the result ${result.dtype}; cast one of them, or use the option dtype`);
  if (!edges.border.every((mode) => borderRules[mode].cellGuard)) throw new ArgumentError("stencil: out is for border 'fill', which leaves cells at the border alone");
  return overwritten(result, out, edges.lo, edges.hi);
}

function rankOf(usage: readonly ParamUsage[]): number {
  const called = usage.filter((p) => p.indices !== undefined);
  if (called.length === 0) {
    throw new ArgumentError(`stencil: the kernel reads no neighbours; call a parameter with relative indices, e.g. ${usage[0]?.name ?? 'u'}(0, -1), or use array methods`);
  }
  const rank = called[0].indices!;
  for (const p of called) {
    if (p.indices !== rank) throw new ArgumentError(`stencil: ${called[0].name} is read with ${count(rank, 'index', 'indices')} and ${p.name} with ${p.indices}; all arrays of a stencil have the same rank`);
  }
  if (rank < 1 || rank > 4) throw new ArgumentError(`stencil: kernels read arrays of rank 1 to 4, this one uses ${rank} indices`);
  return rank;
}

function checkStandard(names: readonly string[] | undefined, usage: readonly ParamUsage[]): void {
  for (const name of names ?? []) {
    const p = usage.find((u) => u.name === name);
    if (!p) throw new ArgumentError(`stencil: standardIndexing names '${name}', the kernel's parameters are ${usage.map((u) => u.name).join(', ')}`);
    if (p.indices !== undefined) throw new ArgumentError(`stencil: standardIndexing names '${name}', but the kernel calls it: write ${name}${subscripts(p.indices)}`);
  }
}

/** The fields of a stencil node that say what happens at the edge. */
type Edges = Pick<StencilExpr, 'border' | 'cval' | 'lo' | 'hi'>;

export function stencilExprs(fn: Fn, { inputs, params }: Bound, edges: Edges): Expr[] {
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

export function checkCval(cval: unknown, label: string): number {
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
  return withZero(declared);
}
