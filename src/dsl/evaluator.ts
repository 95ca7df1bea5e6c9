/**
 * The seam between the array language and whatever computes it. The runtime fills it in, so that `dsl` imports nothing
 * from above.
 */
import { InternalError } from '../errors.ts';
import type { DType, TypedArray } from './dtype.ts';
import type { Expr } from './expr.ts';
import type { OptionNames } from './option-names.ts';
import type { PlanReport } from './reports.ts';

/** How much the planner may fuse: for finding a fusion that changes what it should not change. */
export interface FusionOptions {
  /**
   * At most so many fusions are made, in planning order; 0 gives a loop for every operation. Every number gives the same
   * values, but for how float sums are rounded, so the first number that does not is that of a wrong fusion.
   */
  readonly max?: number;
}

/** What a plan depends on besides the arrays. */
export interface PlanningOptions {
  /** Where to compute: 'auto', 'cpu', 'webgpu', 'reference' or a registered target. Default: as configured. */
  readonly target?: string;
  /** Default: as configured. */
  readonly fusion?: FusionOptions;
}

export interface EvaluateOptions extends PlanningOptions {
  /** Measure every kernel: `explain()` of the arrays then shows times and bandwidths. Costs a little time itself. */
  readonly profile?: boolean;
}

export interface ExplainOptions extends PlanningOptions {
  /**
   * How much to tell. 0: a summary. 1: kernels, the expressions they cover, measured times. 2 (default): every decision. 3: what
   * the program was before, fusions in order and those that were refused, what loops do not repeat, buffers. 4: how each
   * kernel is cut for threads or workgroups, and the time it is expected to take.
   */
  readonly level?: 0 | 1 | 2 | 3 | 4;
  /**
   * 'text' (default). 'json': everything as data, a `PlanReport`. 'dot': a graph for Graphviz. 'svg': a picture of kernels and
   * the buffers between them.
   */
  readonly format?: 'text' | 'json' | 'dot' | 'svg';
  /** Add the generated code of every kernel: WebAssembly text, or WGSL. */
  readonly code?: boolean;
}

const planningOptions: OptionNames<PlanningOptions> = { target: true, fusion: true };
export const evaluateOptions: OptionNames<EvaluateOptions> = { ...planningOptions, profile: true };
export const explainOptions: OptionNames<ExplainOptions> = { ...planningOptions, level: true, format: true, code: true };

export interface Evaluator {
  /** Memory for the values of a new source node, to be filled at once. */
  roomFor(source: Expr): TypedArray;
  /** Gives a new source node values that nobody changes, without a copy. */
  adopt(source: Expr, data: TypedArray): void;
  /** Memory for a user to fill and hand to `adopt`. */
  allocate(length: number, dtype: DType): TypedArray;
  /** Computes the nodes together; afterwards each is resident. Returns, for each, a source node that holds the result. */
  evaluate(roots: readonly Expr[], options: EvaluateOptions): Promise<Expr[]>;
  /** Computes a node, in the memory of another where that is possible: what that one held is gone, but for other handles. */
  evaluateInto(root: Expr, given: Expr, options: EvaluateOptions): Promise<Expr>;
  evaluateSync(roots: readonly Expr[], options: EvaluateOptions): Expr[];
  /** Copies the values of a resident node out. */
  read(node: Expr): Promise<TypedArray>;
  readSync(node: Expr): TypedArray;
  /** The values of a resident node where they are, if they can be seen there. */
  peek(node: Expr): Promise<TypedArray>;
  peekSync(node: Expr): TypedArray;
  /** A handle stands on a source node. */
  claim(source: Expr): void;
  /** A handle on a source node was disposed; with the last one its values are freed, and later use is an error. */
  unclaim(source: Expr): void;
  resident(node: Expr): boolean;
  explain(roots: readonly Expr[], options: ExplainOptions): string | PlanReport;
}

let current: Evaluator | undefined;

export const setEvaluator = (evaluator: Evaluator): void => {
  current = evaluator;
};

export function evaluator(): Evaluator {
  if (!current) throw new InternalError('no runtime: import weftjs, not one of its files');
  return current;
}
