/** Evaluating the same program on several targets. */
import { evaluate, WeftArray } from '../../src/index.ts';
import type { DType, TypedArray } from '../../src/dsl/dtype.ts';
import { nest, type NestedArray } from '../../src/dsl/literal.ts';

export interface Computed {
  readonly values: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * The values of what `build` makes, computed by `target`. Equal graphs share their nodes, and a node that was evaluated
 * keeps its result wherever it is: so the results are forgotten afterwards, and the next target computes them itself.
 */
export async function computeAll(target: string, build: () => readonly WeftArray[]): Promise<Computed[]> {
  const arrays = build();
  const computed = arrays.filter((a) => WeftArray.node(a).kind !== 'source');
  try {
    const results: Computed[] = [];
    await evaluateTogether(arrays, target);
    for (const a of arrays) results.push({ values: await a.data({ target }), shape: a.shape, dtype: a.dtype });
    return results;
  } finally {
    for (const a of computed) a.dispose();
  }
}

const evaluateTogether = (arrays: readonly WeftArray[], target: string): Promise<unknown> =>
  arrays.length === 1 ? arrays[0].eval({ target }) : evaluate(arrays, { target });

/** `computeAll` of one array. */
export async function compute(target: string, build: () => WeftArray): Promise<Computed> {
  return (await computeAll(target, () => [build()]))[0];
}

/** `compute`, as nested JavaScript arrays. */
export async function nested(target: string, build: () => WeftArray): Promise<NestedArray> {
  const { values, shape, dtype } = await compute(target, build);
  return nest(values, shape, dtype);
}
