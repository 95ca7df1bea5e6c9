/** Shapes: plain arrays of sizes, row-major. */
import { ShapeError } from '../errors.ts';

export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1);
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;
/** Also of strides: called for every launch, so without a closure. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    strides[k] = step;
    step *= shape[k];
  }
  return strides;
}

/** Checks a shape given by a user: non-negative integers whose product can be an array's length. */
export function asShape(value: unknown, argument = 'shape'): number[] {
  const list = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list) || !list.every((s) => Number.isInteger(s) && s >= 0)) {
    throw new ShapeError(`${argument}: expected non-negative integers such as [480, 640], got ${JSON.stringify(value)}`);
  }
  if (sizeOf(list) > 2 ** 32) throw new ShapeError(`${argument}: ${showShape(list)} has more than 2^32 elements`);
  return [...list];
}

/** An axis counted from the front, or from the back when negative. */
export function asAxis(axis: unknown, rank: number, argument = 'axis'): number {
  if (!Number.isInteger(axis)) throw new ShapeError(`${argument}: expected an integer, got ${String(axis)}`);
  const a = axis as number;
  if (a < -rank || a >= rank) {
    throw new ShapeError(rank === 0
      ? `${argument}: ${a} names an axis, but the array is a scalar (rank 0)`
      : `${argument}: ${a} is out of range for rank ${rank} (use ${-rank} to ${rank - 1})`);
  }
  return a < 0 ? a + rank : a;
}

/** One axis, several, or all of them (undefined): sorted, without repeats. */
export function asAxes(axes: number | readonly number[] | null | undefined, rank: number, argument = 'axis'): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, k) => k);
  const list = (typeof axes === 'number' ? [axes] : [...axes]).map((a) => asAxis(a, rank, argument));
  if (new Set(list).size !== list.length) throw new ShapeError(`${argument}: ${showShape(list)} names an axis twice`);
  return list.sort((a, b) => a - b);
}

/** NumPy's broadcasting rule; the error names both shapes and the axis that does not fit. */
export function broadcastShapes(shapes: readonly Shape[], operation = 'broadcast'): Shape {
  const [first = []] = shapes;
  if (shapes.every((shape) => sameShape(shape, first))) return first;
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (let back = 1; back <= rank; back++) {
    for (const shape of shapes) {
      const size = shape[shape.length - back] ?? 1;
      const seen = out[rank - back];
      if (size === seen || size === 1) continue;
      if (seen !== 1) {
        throw new ShapeError(`${operation}: shapes ${shapes.map(showShape).join(' and ')} do not broadcast: axis -${back} has ${seen} and ${size}. ` +
          'Sizes must be equal or 1; insert axes with expandDims, or reshape');
      }
      out[rank - back] = size;
    }
  }
  return out;
}
