/** How many operations of arithmetic a run does. */
import { isInteger } from '../dsl/dtype.ts';
import type { Fn, Value } from '../dsl/kernel/ir.ts';
import { opInfo, type OpName } from '../dsl/ops.ts';
import { sizeOf } from '../dsl/shape.ts';
import { productOf } from './contract.ts';
import { launchesOf, type Launch, type Run } from './kernel.ts';
import { hasLoops, workOf, type Weights } from './work.ts';

/**
 * Each is one operation, of floats and integers alike. Functions are several: as many as they cost, in adds. What is not here
 * (comparisons, selections, rounding, bits, casts), what finds places in
 * arrays and what counts the turns of a loop is free.
 */
const arithmetic: ReadonlySet<OpName> = new Set(['add', 'sub', 'mul', 'div', 'floorDiv', 'mod', 'rem', 'sqrt', 'min', 'max']);
const LEAST_COST_OF_FUNCTIONS = 20;

const weights: Weights = { value: countOf, store: 0, indices: false };

function countOf(v: Value): number {
  if (v.kind !== 'op' || countsTurns(v)) return 0;
  if (arithmetic.has(v.op)) return 1;
  if (v.op === 'fma' || v.op === 'fnma') return 2;
  const { cost } = opInfo(v.op);
  return cost >= LEAST_COST_OF_FUNCTIONS ? cost : 0;
}

/** The step of a loop variable. */
const countsTurns = (v: Value & { readonly kind: 'op' }): boolean =>
  isInteger(v.dtype) && v.args.some((a) => a.kind === 'state') && v.args.some((a) => a.kind === 'const');

/**
 * Operations at all points, each point counted once, also where tiles compute it twice; undefined where that depends on values,
 * as in a loop that ends when it has converged.
 */
export function flopsOf(run: Run): number | undefined {
  let sum = 0;
  for (const launch of launchesOf(run)) {
    const own = flopsOfLaunch(launch);
    if (own === undefined) return undefined;
    sum += own;
  }
  return sum;
}

function flopsOfLaunch(launch: Launch): number | undefined {
  const { kernel: { body, reduction }, domain } = launch;
  const points = sizeOf(domain);
  const inside = flopsOfProduct(launch) ?? times(points, perPoint(body, launch));
  if (inside === undefined || !reduction) return inside;
  const kept = domain.reduce((n, size, axis) => (reduction.axes.includes(axis) ? n : n * size), 1);
  const end = times(kept, perPoint(reduction.epilogue, launch));
  return end === undefined ? undefined : inside + points * reduction.terms.length + end;
}

const times = (count: number, each: number | undefined): number | undefined => (each === undefined ? undefined : count * each);

/** Of a product of matrices, without the sums: what is computed of an operand is computed once for each of its elements. */
function flopsOfProduct(launch: Launch): number | undefined {
  const { kernel: { body }, domain } = launch;
  const product = productOf(launch);
  if (!product) return undefined;
  const [left, right] = [product.left, product.right].map(({ value, walks }) => {
    const elements = [...walks].reduce((n, axis) => n * domain[axis], 1);
    return times(elements, perPoint({ ...body, results: [value], effects: [] }, launch));
  });
  return left === undefined || right === undefined ? undefined : sizeOf(domain) + left + right;
}

function perPoint(fn: Fn, launch: Launch): number | undefined {
  const { cost, certain } = workOf(fn, hasLoops(fn), weights)(launch);
  return certain ? cost : undefined;
}
