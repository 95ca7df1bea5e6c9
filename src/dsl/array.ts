/** The fluent API: `WeftArray` is a handle on a node of the lazy graph. */
import { ArgumentError, DisposedError, DTypeError } from '../errors.ts';
import type { ContractMethods } from './contract-methods.ts';
import { brand, isOfOtherCopy, OTHER_COPY } from './copies.ts';
import { asDType, type ArrayOf, type DType, type TypedArrayInput } from './dtype.ts';
import { applyRule, binary, castExpr, unary, whereExpr, type BinaryName, type Operand, type UnaryName } from './elementwise.ts';
import { evaluator, type EvaluateOptions, type ExplainOptions } from './evaluator.ts';
import { dependencies, topological, type Expr } from './expr.ts';
import type { IntoMethod } from './into.ts';
import { nest, sourceOf, type NestedArray } from './literal.ts';
import type { OrderMethods } from './methods.ts';
import type { PeekMethods } from './peek.ts';
import type { PlanReport } from './reports.ts';
import type { Axes } from './reduce.ts';
import type { ReduceMethods } from './reduce-methods.ts';
import { setSurvivors, track } from './scope.ts';
import { showShape, sizeOf, type Shape } from './shape.ts';
import type { BinaryResult, UnaryResult } from './types.ts';
import { broadcastView, expandDimsView, flipView, reshapeView, sliceView, squeezeView, transposeView, type SliceRange } from './views.ts';

/** What an array meets: another array, a number or boolean (which take its dtype), a typed array or nested arrays. */
export type ArrayInput = WeftArray | number | boolean | TypedArrayInput | NestedArray;

// `keyof typeof` and not its alias: only so do editors show the docstrings of the tables.
type UnaryMethods<D extends DType> = {
  readonly [K in keyof typeof unary]: () => WeftArray<UnaryResult<(typeof unary)[K]['kind'], D>>;
};
type BinaryMethods<D extends DType> = {
  readonly [K in keyof typeof binary]: <O extends ArrayInput>(other: O) => WeftArray<BinaryResult<(typeof binary)[K]['kind'], D, O>>;
};

// The methods of the op tables are added to the prototype below, from the tables; those that have files of their own there, by
// `addMethods`.
export interface WeftArray<D extends DType = DType>
  extends UnaryMethods<D>, BinaryMethods<D>, ReduceMethods<D>, OrderMethods<D>, ContractMethods<D>, IntoMethod<D>,
  PeekMethods<D> {}

/**
 * An array of one dtype and any shape. Methods build a graph and return at once; nothing is computed until a value is
 * asked for by `data`, `array`, `item` or `eval`. Immutable: every method gives a new array.
 * @example
 * const a = wf.array([[1, 2], [3, 4]]);
 * await a.sub(a.mean(0)).array(); // [[-1, -1], [1, 1]]
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the interface above
export class WeftArray<D extends DType = DType> {
  #node: Expr;
  #disposed = false;

  /** Internal: users make arrays with `array`, `zeros`, `arange` and their like. */
  constructor(node: Expr) {
    this.#node = node;
    if (node.kind === 'source') evaluator().claim(node);
    track(this);
  }

  /** Internal: the graph node behind a handle. Throws DisposedError after `dispose`. */
  static node(x: WeftArray): Expr {
    if (x.#disposed) throw new DisposedError(`this ${x.#node.dtype} array of shape ${showShape(x.#node.shape)} was disposed; read or evaluate before dispose(), or let garbage collection free it`);
    return x.#node;
  }

  /** Internal: after an evaluation the handle stands on its result, so that the graph below can be collected. */
  static settle(x: WeftArray, result: Expr): void {
    if (result === x.#node) return;
    x.#node = result;
    if (result.kind === 'source') evaluator().claim(result);
  }

  /** Internal: the handle stands on other values, and no longer on those it stood on. */
  static replace(x: WeftArray, result: Expr): void {
    const before = x.#node;
    WeftArray.settle(x, result);
    if (before !== result && before.kind === 'source') evaluator().unclaim(before);
  }

  get dtype(): D { return this.#node.dtype as D; }
  get shape(): Shape { return this.#node.shape; }
  /** Number of axes. */
  get rank(): number { return this.#node.shape.length; }
  /** Number of elements. */
  get size(): number { return sizeOf(this.#node.shape); }

  // --- reading ---

  /**
   * Computes and copies the values out, row-major, into a typed array of the dtype (bool as bytes 0 and 1). It is yours; to look
   * at values without a copy there is `peek`.
   * @throws DTypeError when the target does not compute a dtype; DisposedError, TargetError when values it needs are gone
   * @example
   * await wf.array([1, 4]).sqrt().data(); // [1, 2]
   */
  async data(options: EvaluateOptions = {}): Promise<ArrayOf[D]> {
    const [result] = await evaluateHandles([this], options);
    return await evaluator().read(result) as ArrayOf[D];
  }

  /**
   * `data` without waiting: on the cpu and reference targets only. What is no longer needed is not collected before the event
   * loop had a turn, so a long loop of this disposes its arrays.
   */
  dataSync(options: EvaluateOptions = {}): ArrayOf[D] {
    WeftArray.settle(this, evaluator().evaluateSync([WeftArray.node(this)], options)[0]);
    return evaluator().readSync(this.#node) as ArrayOf[D];
  }

  /** Nested JavaScript arrays of the array's shape; booleans for bool; a plain value for a scalar. */
  async array(options: EvaluateOptions = {}): Promise<NestedArray> {
    return nest(await this.data(options), this.shape, this.dtype);
  }

  /**
   * The value of an array of one element; a boolean for bool.
   * @throws ArgumentError when there are more elements, or none
   * @example
   * await wf.array([1, 2, 3]).sum().item(); // 6
   */
  async item(options: EvaluateOptions = {}): Promise<D extends 'bool' ? boolean : number> {
    if (this.size !== 1) throw new ArgumentError(`item: the array has ${this.size} elements (shape ${showShape(this.shape)}); use data() or reduce it first`);
    const [value] = await this.data(options);
    return (this.dtype === 'bool' ? value !== 0 : value) as D extends 'bool' ? boolean : number;
  }

  /** Computes now and keeps the result where it was computed; resolves to the array itself. */
  async eval(options: EvaluateOptions = {}): Promise<this> {
    await evaluate([this], options);
    return this;
  }

  /** `eval` on a given target; later operations stay there under `target: 'auto'`. */
  to(target: string): Promise<this> {
    return this.eval({ target });
  }

  /**
   * Which loops the array's program becomes, what was fused and why; of an evaluated array, which it became, with measured
   * times if it was evaluated with `{ profile: true }`. Nothing runs. `level`, `format` and `code` choose what is told, and how;
   * `wf.explain([...])` explains several arrays as one plan.
   * @throws TargetError on a target that is not running yet and takes a moment to start (webgpu); ArgumentError for options that
   *   there are not
   * @example
   * const a = wf.ones([1000]);
   * console.log(a.mul(2).sum().explain({ target: 'cpu' }));
   * const y = await a.exp().mul(a).eval({ target: 'cpu', profile: true });
   * const { kernels, measured } = y.explain({ format: 'json' });
   * kernels.length; // 1
   * measured.milliseconds === kernels[0].measured.milliseconds; // true
   */
  explain(options: ExplainOptions & { readonly format: 'json' }): PlanReport;
  explain(options?: ExplainOptions & { readonly format?: 'text' | 'dot' | 'svg' }): string;
  explain(options: ExplainOptions = {}): string | PlanReport {
    return evaluator().explain([WeftArray.node(this)], options);
  }

  /**
   * Frees the array's memory now, unless another array stands for the same values. Using it afterwards is an error, and so
   * is evaluating what still needs it.
   * @example
   * const a = wf.array([1, 2]);
   * const y = await a.mul(2).eval();
   * a.dispose();
   * await y.array(); // [2, 4]
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    // What was never evaluated holds nothing.
    if (this.#node.kind === 'source') evaluator().unclaim(this.#node);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** True after `dispose`. */
  get disposed(): boolean { return this.#disposed; }

  toString(): string {
    const state = this.#disposed ? 'disposed' : evaluator().resident(this.#node) ? 'evaluated' : 'lazy';
    return `WeftArray(${this.dtype} ${showShape(this.shape)}, ${state})`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** Guards against arithmetic with operators, which JavaScript would turn into NaN. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new DTypeError('an array is not a number: write a.add(b) instead of a + b, and `await a.item()` for the value of a scalar');
  }

  // --- dtype and elementwise with more operands ---

  /**
   * Casts: floats to integers truncate and saturate (NaN gives 0), integers among themselves wrap, to bool means not 0.
   * @throws DTypeError for a dtype there is not
   * @example
   * await wf.array([-3.7, 3.7, 300]).asType('uint8').array(); // [0, 3, 255]
   */
  asType<T extends DType>(dtype: T): WeftArray<T> {
    return wrap(castExpr(WeftArray.node(this), asDType(dtype)));
  }

  /**
   * Values limited to lo..hi; NaN stays NaN. All three broadcast.
   * @example
   * await wf.array([-2, 0.5, 9]).clamp(-1, 1).array(); // [-1, 0.5, 1]
   */
  clamp<L extends ArrayInput, H extends ArrayInput>(lo: L, hi: H): WeftArray<BinaryResult<'arith', BinaryResult<'arith', D, L>, H>> {
    const low = applyRule('clamp', binary.maximum, [WeftArray.node(this), operand(lo, 'clamp: lo')]);
    return wrap(applyRule('clamp', binary.minimum, [low, operand(hi, 'clamp: hi')]));
  }

  /** x * x. */
  square(): WeftArray<D> {
    return this.mul(this) as WeftArray as WeftArray<D>;
  }

  // --- views: no copies ---

  /**
   * One entry per axis: `[start, stop, step]` as in Python (missing or null for the ends, negatives from the back), null
   * for the whole axis, or a number, which picks one index and drops the axis.
   * @throws ShapeError for an index or axis out of range; ArgumentError for a step of 0 or a fraction
   * @example
   * const x = wf.array([[1, 2, 3], [4, 5, 6]]);
   * await x.slice(1).array(); // [4, 5, 6]
   * await x.slice(null, [null, null, -1]).array(); // [[3, 2, 1], [6, 5, 4]]
   */
  slice(...ranges: SliceRange[]): WeftArray<D> { return wrap(sliceView(WeftArray.node(this), ranges)); }
  /** Axes in another order; reversed by default. */
  transpose(axes?: readonly number[]): WeftArray<D> { return wrap(transposeView(WeftArray.node(this), axes)); }
  /**
   * The same elements, row-major, in another shape; one size may be -1.
   * @throws ShapeError when the number of elements is another
   * @example
   * await wf.arange(6).reshape([2, -1]).array(); // [[0, 1, 2], [3, 4, 5]]
   */
  reshape(shape: number | readonly number[]): WeftArray<D> { return wrap(reshapeView(WeftArray.node(this), shape)); }
  /** Reverses the given axes, or all. */
  flip(axes?: Axes): WeftArray<D> { return wrap(flipView(WeftArray.node(this), axes)); }
  /** Inserts axes of size 1 at these positions of the result. */
  expandDims(axes: number | readonly number[]): WeftArray<D> { return wrap(expandDimsView(WeftArray.node(this), axes)); }
  /** Drops the given axes, or all, of size 1. */
  squeeze(axes?: Axes): WeftArray<D> { return wrap(squeezeView(WeftArray.node(this), axes)); }
  /**
   * Repeats axes of size 1, and leading axes, to this shape.
   * @throws ShapeError when another axis would change
   * @example
   * await wf.array([1, 2]).broadcastTo([2, 2]).array(); // [[1, 2], [1, 2]]
   */
  broadcastTo(shape: Shape): WeftArray<D> { return wrap(broadcastView(WeftArray.node(this), shape)); }
}

brand(WeftArray.prototype);
for (const name of Object.keys(unary) as UnaryName[]) {
  Object.defineProperty(WeftArray.prototype, name, {
    value(this: WeftArray) { return wrap(applyRule(name, unary[name], [WeftArray.node(this)])); },
  });
}
for (const name of Object.keys(binary) as BinaryName[]) {
  Object.defineProperty(WeftArray.prototype, name, {
    value(this: WeftArray, other: ArrayInput) {
      return wrap(applyRule(name, binary[name], [WeftArray.node(this), operand(other, name)]));
    },
  });
}

/** A handle on a node. */
export const wrap = <D extends DType = DType>(node: Expr): WeftArray<D> => new WeftArray<D>(node);

/** The node or number behind an operand; typed and nested arrays become sources. */
export function operand(x: ArrayInput, argument = 'operand'): Operand {
  if (x instanceof WeftArray) return WeftArray.node(x);
  if (typeof x === 'number' || typeof x === 'boolean') return x;
  if (x === undefined || x === null) throw new ArgumentError(`${argument}: expected an array or a number, got ${String(x)}`);
  return sourceOf(x, {}, argument);
}

/** The node of an operand that must be an array. */
export function arrayNode(x: ArrayInput, argument: string): Expr {
  const o = operand(x, argument);
  return typeof o === 'object' ? o : sourceOf(o, {}, argument);
}

/**
 * Computes several arrays in one plan: what they share is computed once. Each stays resident; returns the same arrays.
 * @throws ArgumentError when not given a list of arrays
 * @example
 * const a = wf.array([3, 1, 2]);
 * const [lo, hi] = await wf.evaluate([a.min(), a.max()]);
 * await hi.sub(lo).item(); // 2
 */
export async function evaluate<const T extends readonly WeftArray[]>(arrays: T, options: EvaluateOptions = {}): Promise<T> {
  checkList('evaluate', arrays);
  await evaluateHandles(arrays, options);
  return arrays;
}

/**
 * `explain` for several arrays: how `evaluate` would compute them together, or did.
 * @throws ArgumentError when not given a list of arrays, or for options that there are not; TargetError on a target that is not
 *   running yet and takes a moment to start (webgpu)
 * @example
 * const a = wf.array([3, 1, 2]);
 * const plan = wf.explain([a.min(), a.max()], { target: 'cpu', format: 'json' });
 * plan.kernels.length; // 1
 * const picture = wf.explain([a.min(), a.max()], { target: 'cpu', format: 'svg' });
 * picture.startsWith('<svg'); // true
 */
export function explain(arrays: readonly WeftArray[], options: ExplainOptions & { readonly format: 'json' }): PlanReport;
export function explain(arrays: readonly WeftArray[], options?: ExplainOptions & { readonly format?: 'text' | 'dot' | 'svg' }): string;
export function explain(arrays: readonly WeftArray[], options: ExplainOptions = {}): string | PlanReport {
  checkList('explain', arrays);
  return evaluator().explain(arrays.map((a) => WeftArray.node(a)), options);
}

function checkList(name: string, arrays: readonly WeftArray[]): void {
  if (Array.isArray(arrays) && arrays.every((a) => a instanceof WeftArray)) return;
  const got = Array.isArray(arrays) && arrays.some((a) => !(a instanceof WeftArray) && isOfOtherCopy(a)) ? `; this is ${OTHER_COPY}` : '';
  throw new ArgumentError(`${name}: expected a list of arrays, e.g. ${name}([a.min(), a.max()])${got}`);
}

/** Evaluates and lets the handles stand on their results, which it returns. */
export async function evaluateHandles(arrays: readonly WeftArray[], options: EvaluateOptions): Promise<Expr[]> {
  const nodes = arrays.map((a) => WeftArray.node(a));
  const results = await evaluator().evaluate(nodes, options);
  // An array that was disposed, or settled by another evaluation, meanwhile keeps its state.
  arrays.forEach((a, k) => {
    if (!a.disposed && WeftArray.node(a) === nodes[k]) WeftArray.settle(a, results[k]);
  });
  return results;
}

/**
 * `condition ? a : b` for every element; all three broadcast. The dtype is the one `a` and `b` meet in; a condition of
 * another dtype than bool counts as true where it is not 0.
 * @throws ShapeError when the shapes do not broadcast
 * @example
 * const a = wf.array([-1, 2, -3]);
 * await wf.where(a.gt(0), a, 0).array(); // [0, 2, 0]
 */
export function where<A extends ArrayInput, B extends ArrayInput>(condition: ArrayInput, a: A, b: B): WeftArray<Chosen<A, B>> {
  return wrap(whereExpr(operand(condition, 'where: condition'), operand(a, 'where'), operand(b, 'where')));
}

/** The dtype of `where`. */
type Chosen<A, B> = A extends WeftArray<infer D> ? BinaryResult<'arith', D, B> : B extends WeftArray<infer D> ? BinaryResult<'arith', D, A> : DType;

// What a scope must not free: the arrays it returns, and every source that one of these will still read.
setSurvivors((results) => {
  const arrays = results.filter((r): r is WeftArray => r instanceof WeftArray && !r.disposed);
  const evaluated = (e: Expr): boolean => evaluator().resident(e) && dependencies(e).length > 0;
  const needed = new Set(topological(arrays.map((a) => WeftArray.node(a)), evaluated));
  return (candidate) => candidate instanceof WeftArray && !candidate.disposed
    && (arrays.includes(candidate) || needed.has(WeftArray.node(candidate)));
});
