/** Which bin of a histogram a number falls into. */
import type { DType } from '../dtype.ts';
import { Builder, type Fn } from './ir.ts';
import { int } from './turns.ts';

/** Roundings of the quotient and of the edges, eight in all, twice: what an element has to be away from an edge, see below. */
const ROUNDINGS = { float32: 2 ** -20, float64: 2 ** -49 } as const;

/**
 * Of bins of equal width: the number of the bin, or -1 outside. Inputs: the element, the first edge and the bins per unit at the
 * point, and all edges, whole. The quotient may be off by one bin where an element is close to an edge: the edges decide, and
 * only then are they read.
 */
export function binFn(input: DType, dtype: 'float32' | 'float64'): Fn {
  const b = new Builder();
  const x = b.cast(b.read(0, input), dtype);
  const last = b.op('sub', [b.size('input', 3, 0), int(b, 2)]);
  const edge = (k: number | 'last') => b.gather(3, dtype, [k === 'last' ? b.op('add', [last, int(b, 1)]) : int(b, k)]);
  const [first, scale] = [b.read(1, dtype), b.read(2, dtype)];
  const quotient = b.op('mul', [b.op('sub', [x, first]), scale]);
  const guess = b.cast(quotient, 'int32');
  const near = b.op('max', [b.op('min', [guess, last]), int(b, 0)]);
  const next = b.op('add', [near, int(b, 1)]);
  const below = b.op('lt', [x, b.gather(3, dtype, [near])]);
  const above = b.op('and', [b.op('ge', [x, b.gather(3, dtype, [next])]), b.op('ne', [near, last])]);
  const decided = b.op('select', [below, b.op('sub', [near, int(b, 1)]), b.op('select', [above, next, near])]);
  // In bins, the edges and the quotient are off by no more than this: roundings of the edges and of their distance.
  const largest = b.op('max', [b.op('abs', [edge(0)]), b.op('abs', [edge('last')])]);
  const bins = b.cast(b.op('add', [last, int(b, 1)]), dtype);
  const room = b.op('mul', [b.constant(ROUNDINGS[dtype], dtype), b.op('add', [bins, b.op('mul', [largest, scale])])]);
  const part = b.op('sub', [quotient, b.cast(guess, dtype)]);
  const clear = b.op('and', [b.op('gt', [part, room]), b.op('lt', [part, b.op('sub', [b.constant(1, dtype), room])])]);
  const bin = b.op('select', [clear, guess, decided]);
  const inside = b.op('and', [b.op('ge', [x, edge(0)]), b.op('le', [x, edge('last')])]);
  return b.fn('bin', {
    rank: 0, results: [b.op('select', [inside, bin, int(b, -1)])],
    inputs: [{ name: 'x', dtype: input }, { name: 'first', dtype }, { name: 'scale', dtype }, { name: 'edges', dtype, whole: 1 }],
  });
}

/** Edges of bins of equal width, from the first and the last edge and the width; the last one is exact. */
export function edgesFn(dtype: DType): Fn {
  const b = new Builder();
  const k = b.coord(0);
  const edge = b.op('add', [b.read(0, dtype), b.op('mul', [b.cast(k, dtype), b.read(2, dtype)])]);
  const isLast = b.op('eq', [b.op('add', [k, int(b, 1)]), b.extent(0)]);
  return b.fn('edges', {
    rank: 1, results: [b.op('select', [isLast, b.read(1, dtype), edge])],
    inputs: ['first', 'last', 'width'].map((name) => ({ name, dtype })),
  });
}
