/**
 * Views: index maps from the coordinates of a view to those of its source. They compose and copy nothing.
 * An affine view maps each source axis from at most one view axis; `reshape` keeps the row-major position instead.
 */
import { stridesOf, type Shape } from './shape.ts';

/** One source axis: coordinate = offset + scale * (view coordinate `from`), or the constant `offset` when `from` is -1. */
export interface AxisMap {
  readonly from: number;
  readonly scale: number;
  readonly offset: number;
}

export type View =
  | { readonly kind: 'affine'; readonly axes: readonly AxisMap[] }
  | { readonly kind: 'reshape' };

export const axis = (from: number, scale = 1, offset = 0): AxisMap => ({ from, scale, offset });
export const affine = (axes: readonly AxisMap[]): View => ({ kind: 'affine', axes });
export const identityAxes = (rank: number): AxisMap[] => Array.from({ length: rank }, (_, k) => axis(k));

/** The map of `inner` after `outer`: coordinates of outer's view -> coordinates of inner's source. */
export function composeAxes(inner: readonly AxisMap[], outer: readonly AxisMap[]): AxisMap[] {
  return inner.map((m) => {
    if (m.from < 0) return m;
    const o = outer[m.from];
    return { from: o.from, scale: m.scale * o.scale, offset: m.offset + m.scale * o.offset };
  });
}

/** Linear access to a row-major buffer of shape `source` through `axes`: element offset + sum of strides * view coordinates. */
export interface Strided {
  readonly offset: number;
  readonly strides: readonly number[];
}

export function toStrided(axes: readonly AxisMap[], source: Shape, viewRank: number): Strided {
  const steps = stridesOf(source);
  const strides = new Array<number>(viewRank).fill(0);
  let offset = 0;
  axes.forEach((m, k) => {
    offset += m.offset * steps[k];
    if (m.from >= 0) strides[m.from] += m.scale * steps[k];
  });
  return { offset, strides };
}
