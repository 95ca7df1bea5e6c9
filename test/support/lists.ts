/** One axis of a small array at a time, in plain JavaScript: what scans, sorts and selections are compared with. */
import { dtypeNames, dtypes, type DType } from '../../src/dsl/dtype.ts';
import * as nd from './nd.ts';
import { random } from './special.ts';
import type { TargetName } from './targets.ts';

/** All dtypes; on a device, where every one costs the time of its pipelines, one of each way to be computed and stored. */
export const dtypesOn = (target: TargetName): readonly DType[] =>
  (target === 'webgpu' ? ['float32', 'uint32', 'int8', 'bool'] : dtypeNames);

/** The list along `axis` through every point of the other axes becomes `f(list)`. */
export function alongAxis(x: nd.Nd, axis: number, f: (list: number[]) => readonly number[]): nd.Nd {
  const others = x.shape.map((n, k) => (k === axis ? 1 : n));
  const lists = new Map<string, readonly number[]>();
  const put = (at: readonly number[], i: number): number[] => at.map((v, k) => (k === axis ? i : v));
  for (const at of nd.coordinates(others)) {
    lists.set(at.join(), f(nd.range(x.shape[axis]).map((i) => nd.element(x, put(at, i)))));
  }
  const size = lists.size > 0 ? [...lists.values()][0].length : x.shape[axis];
  return nd.build(x.shape.map((n, k) => (k === axis ? size : n)), (at) => lists.get(put(at, 0).join())![at[axis]]);
}

/** NaN after everything else; 0 and -0 equal. */
export const compare = (a: number, b: number): number =>
  (Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a < b ? -1 : a > b ? 1 : 0);

/** NaN is last here too. */
const compareDown = (a: number, b: number): number => (Number.isNaN(a) || Number.isNaN(b) ? compare(a, b) : compare(b, a));

/** The indices that sort a list, equal elements in order: `Array.prototype.sort` is stable. */
export const sortedIndices = (list: readonly number[], descending = false): number[] =>
  nd.range(list.length).sort((i, j) => (descending ? compareDown : compare)(list[i], list[j]));

/** Few different values, so that there are ties, among them the ends of the dtype. */
export function tied(dtype: DType, shape: readonly number[], seed: number): nd.Nd {
  const next = random(seed);
  const { kind, min, max } = dtypes[dtype];
  const pool = kind === 'float' ? [0, -0, 1, -1, 2.5, -2.5, 3, NaN, Infinity, -Infinity, 7, 0.125, 100]
    : kind === 'bool' ? [0, 1] : [0, 1, 2, 3, 5, 100, min, max, min + 1, max - 1];
  return { shape, data: nd.range(nd.sizeOf(shape)).map(() => pool[Math.floor(next() * pool.length)]) };
}

/** Small whole numbers of either sign, or from 0: sums of them are exact in every dtype. */
export function small(dtype: DType, shape: readonly number[], seed: number): nd.Nd {
  const next = random(seed);
  const low = dtypes[dtype].min < 0 ? -3 : 0;
  const values = dtype === 'bool' ? 2 : 7;
  return { shape, data: nd.range(nd.sizeOf(shape)).map(() => low + Math.floor(next() * values)) };
}
