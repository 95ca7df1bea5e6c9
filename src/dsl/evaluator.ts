/**
 * The seam between the array language and whatever computes it. The runtime fills it in, so that `dsl` imports nothing
 * from above.
 */
import { InternalError } from '../errors.ts';
import type { TypedArray } from './dtype.ts';
import type { Expr } from './expr.ts';

export interface EvaluateOptions {
  /** Where to compute: 'auto', 'cpu', 'webgpu', 'reference' or a registered target. Default: as configured. */
  readonly target?: string;
}

export interface ExplainOptions extends EvaluateOptions {
  /** Add the generated code of every kernel. */
  readonly code?: boolean;
}

export interface Evaluator {
  /** Registers values from outside as a new source node's. `data` is owned by the runtime from here on. */
  adopt(source: Expr, data: TypedArray): void;
  /** Computes the nodes together; afterwards each is resident. Returns, for each, a source node that holds the result. */
  evaluate(roots: readonly Expr[], options: EvaluateOptions): Promise<Expr[]>;
  evaluateSync(roots: readonly Expr[], options: EvaluateOptions): Expr[];
  /** Copies the values of a resident node out. */
  read(node: Expr): Promise<TypedArray>;
  readSync(node: Expr): TypedArray;
  /** A handle stands on a source node. */
  claim(source: Expr): void;
  /** A handle on a source node was disposed; with the last one its values are freed, and later use is an error. */
  unclaim(source: Expr): void;
  resident(node: Expr): boolean;
  explain(roots: readonly Expr[], options: ExplainOptions): string;
}

let current: Evaluator | undefined;

export const setEvaluator = (evaluator: Evaluator): void => {
  current = evaluator;
};

export function evaluator(): Evaluator {
  if (!current) throw new InternalError('no runtime: import weftjs, not one of its files');
  return current;
}
