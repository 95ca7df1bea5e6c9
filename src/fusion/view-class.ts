/** How views move their sources, as far as fusion cares. */
import type { ViewExpr } from '../dsl/expr.ts';
import type { Shape } from '../dsl/shape.ts';

/**
 * `order`: the same elements in row-major order, only axes of size 1
 * come or go. `whole`: axes permuted, dropped or repeated, nothing cut off or reversed. `reshape`: row-major order, other
 * axes. `affine`: the rest.
 */
export type ViewClass = 'order' | 'whole' | 'reshape' | 'affine';

export function viewClass(e: ViewExpr): ViewClass {
  const from = e.src[0].shape;
  if (sameBesidesOnes(e.shape, from) && (e.view.kind === 'reshape' || isMonotonic(e))) return 'order';
  if (e.view.kind === 'reshape') return 'reshape';
  const whole = e.view.axes.every((m, k) =>
    (m.from < 0 ? from[k] === 1 : m.scale === 1 && m.offset === 0 && e.shape[m.from] === from[k]));
  return whole ? 'whole' : 'affine';
}

/** Every axis longer than 1 is read forwards and in order. */
function isMonotonic(e: ViewExpr): boolean {
  if (e.view.kind !== 'affine') return true;
  let last = -1;
  for (let k = 0; k < e.view.axes.length; k++) {
    const m = e.view.axes[k];
    const size = e.src[0].shape[k];
    if (size === 1) continue;
    if (m.from <= last || m.scale !== 1 || m.offset !== 0 || e.shape[m.from] !== size) return false;
    last = m.from;
  }
  return true;
}

/** Equal once the axes of size 1 are left out. */
export function sameBesidesOnes(a: Shape, b: Shape): boolean {
  let j = 0;
  for (const size of a) {
    if (size === 1) continue;
    while (j < b.length && b[j] === 1) j++;
    if (b[j++] !== size) return false;
  }
  while (j < b.length && b[j] === 1) j++;
  return j === b.length;
}
