/** Array functions with gathers, loops and stores, made by hand: what random programs use of them. */
import type { WeftArray } from '../../src/dsl/array.ts';
import type { BorderMode } from '../../src/dsl/border.ts';
import type { Value } from '../../src/dsl/kernel/ir.ts';
import { mapOf, nestOf, stencilOf, type Scalars } from './nodes.ts';

const zeros = (x: WeftArray, shape: readonly number[], zero: WeftArray): WeftArray => zero.asType(x.dtype).broadcastTo(shape);

/** x[i, i + 1, ...] at every point of the int32 array i; indices beyond the edge read the element at the edge. */
export const take = (x: WeftArray, i: WeftArray): WeftArray =>
  mapOf('take', i.shape, [{ whole: x }, i], (b) => b.take(0, ...x.shape.map((_, k) => b.add(b.at(1), b.int(k)))));

/** x with its last axis backwards, by computed indices. */
export const backwards = (x: WeftArray): WeftArray => mapOf('backwards', x.shape, [{ whole: x }], (b) =>
  b.take(0, ...x.shape.map((_, k) => (k < x.rank - 1 ? b.coord(k) : b.op('sub', [b.op('sub', [b.size('input', 0, k), b.int(1)]), b.coord(k)])))));

/** Sums along the last axis, one element after the other. */
export const lastSums = (x: WeftArray): WeftArray => mapOf('lastSums', x.shape.slice(0, -1), [{ whole: x }], (b) =>
  b.sum(b.size('input', 0, x.rank - 1), (k) => b.take(0, ...x.shape.slice(0, -1).map((_, axis) => b.coord(axis)), k)));

/** How many steps of Collatz's rule lead from 1 + (x mod 97) to 1: every element takes a number of turns of its own. */
export const collatz = (x: WeftArray): WeftArray => mapOf('collatz', x.shape, [x], (b) => {
  const start = b.add(b.op('mod', [b.at(0), b.int(97)]), b.int(1));
  const [n, count] = b.states(['int32', 'int32']);
  const even = b.op('eq', [b.op('bitAnd', [n, b.int(1)]), b.int(0)]);
  const next = b.op('select', [even, b.op('shr', [n, b.int(1)]), b.add(b.op('mul', [n, b.int(3)]), b.int(1))]);
  return b.loop({
    states: [n, count], initial: [start, b.int(0)], test: b.op('gt', [n, b.int(1)]), next: [next, b.add(count, b.int(1))],
  })[1];
});

const lastAxis = (x: WeftArray, b: Scalars): { at: Value[]; width: Value } =>
  ({ at: x.shape.slice(0, -1).map((_, k) => b.coord(k)), width: b.size('input', 0, x.rank - 1) });

/** Running sums along the last axis, each from what was stored before; and the row backwards where it is positive. */
export function scanRows(x: WeftArray, zero: WeftArray): WeftArray[] {
  const initial = [zeros(x, x.shape, zero), x];
  return nestOf('scanRows', x.shape.slice(0, -1), [x], initial, (b) => {
    const { at, width } = lastAxis(x, b);
    const nothing = b.constant(0, x.dtype);
    return [
      b.each(width, (k) => {
        const [load, before] = b.load(0, ...at, b.op('sub', [k, b.int(1)]));
        const sum = b.add(b.op('select', [b.op('gt', [k, b.int(0)]), before, nothing]), b.take(0, ...at, k));
        return [load, b.store(0, [...at, k], sum)];
      }),
      b.each(width, (k) => {
        const value = b.take(0, ...at, k);
        const there = b.op('sub', [b.op('sub', [width, b.int(1)]), k]);
        // One turn more would store beyond the edge: that is left out.
        return [b.store(1, [...at, there], value, b.op('gt', [value, nothing])), b.store(1, [...at, b.add(k, width)], value)];
      }),
    ];
  });
}

/** The difference of two neighbours along the last axis, plus an element of a table of the same dtype by their coordinate. */
export function lookAround(x: WeftArray, table: WeftArray, border: BorderMode): WeftArray {
  const { rank } = x;
  const along = (o: number) => x.shape.map((_, k) => (k === rank - 1 ? o : 0));
  const edges = { border: x.shape.map((): BorderMode => border), lo: along(-1), hi: along(1) };
  const shape = x.shape.map((n, k) => (border === 'valid' && k === rank - 1 ? n - 2 : n));
  return stencilOf('lookAround', shape, [x, { whole: table }], edges, (b) => b.add(
    b.op('sub', [b.at(0, ...along(1)), b.at(0, ...along(-1))]),
    b.take(1, ...table.shape.map((_, k) => (k === 0 ? b.op('mul', [b.coord(rank - 1), b.int(2)]) : b.int(k)))),
  ));
}
