/** Functions that pick elements at computed indices. */
import type { DType } from '../dtype.ts';
import { Builder, type Fn, type Value } from './ir.ts';
import { int } from './turns.ts';

/** Where the index along one axis of an array comes from: the point's own coordinate, or an input. */
export type From = { readonly coord: number } | { readonly index: number };

/** An index that counts from the back when it is negative. */
export const fromBack = (b: Builder, index: Value, size: Value): Value =>
  b.op('select', [b.op('lt', [index, int(b, 0)]), b.op('add', [index, size]), index]);

/**
 * Element of the first input, which is whole, per axis as `axes` say; further inputs are int32 indices, read at the point.
 * Indices beyond the array pick the element at its edge; coordinates are inside.
 */
export function pickFn(dtype: DType, rank: number, axes: readonly From[], indices: number): Fn {
  const b = new Builder();
  const at = axes.map((from, axis) => {
    if ('coord' in from) return b.coord(from.coord);
    const size = b.size('input', 0, axis);
    return b.clamped(fromBack(b, b.read(1 + from.index, 'int32'), size), size);
  });
  return b.fn('take', {
    rank, results: [b.gatherInside(0, dtype, at)],
    inputs: [
      { name: 'x', dtype, whole: axes.length },
      ...Array.from({ length: indices }, (_, k) => ({ name: `i${k}`, dtype: 'int32' as const })),
    ],
  });
}

/**
 * The row-major position that indices mean in an array, or -1 for one outside. Inputs: the indices, then the sizes, all read
 * at the point.
 */
export function positionFn(axes: number): Fn {
  const b = new Builder();
  let [flat, inside] = [int(b, 0), b.constant(1, 'bool')];
  for (let axis = 0; axis < axes; axis++) {
    const size = b.read(axes + axis, 'int32');
    const index = fromBack(b, b.read(axis, 'int32'), size);
    flat = b.op('add', [axis > 0 ? b.op('mul', [flat, size]) : flat, index]);
    inside = b.op('and', [inside, b.op('and', [b.op('ge', [index, int(b, 0)]), b.op('lt', [index, size])])]);
  }
  const names = Array.from({ length: 2 * axes }, (_, k) => (k < axes ? `i${k}` : `n${k - axes}`));
  return b.fn('position', {
    rank: 0, results: [b.op('select', [inside, flat, int(b, -1)])],
    inputs: names.map((name) => ({ name, dtype: 'int32' })),
  });
}
