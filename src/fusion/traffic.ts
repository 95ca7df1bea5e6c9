/** What goes through memory: of launches, and of nodes as loops of their own. */
import { dtypes } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import { sizeOf } from '../dsl/shape.ts';
import type { Access, Launch } from './kernel.ts';

export const bytesOfValues = (e: Expr): number => sizeOf(e.shape) * dtypes[e.dtype].bytes;

/** A node as a loop of its own reads its sources, through their views, and writes itself; scalars are free. */
export function bytesOfNode(e: Expr): number {
  return bytesOfValues(e) + e.src.reduce((sum, s) => sum + (s.kind === 'fill' ? 0 : bytesRead(s)), 0);
}

const bytesRead = (e: Expr): number => (e.kind === 'view' ? Math.min(bytesOfValues(e), bytesRead(e.src[0])) : bytesOfValues(e));

/** What a launch reads and writes, each element that is touched counted once. */
export function bytesMoved({ kernel, domain, inputs, outputs, stored = [] }: Launch): number {
  const touched = ({ strides, sizes = domain }: Access) => strides.reduce((n, s, k) => (s === 0 ? n : n * sizes[k]), 1);
  const read = inputs.reduce((sum, x, k) => sum + touched(x) * dtypes[kernel.inputs[k].dtype].bytes, 0);
  const kept = domain.reduce((n, s, k) => (kernel.reduction?.axes.includes(k) ? n : n * s), 1);
  return outputs.reduce((sum, _, k) => {
    const { dtype, from } = kernel.outputs[k];
    const { bytes } = dtypes[dtype];
    if (from !== 'effects') return sum + (from === 'body' ? sizeOf(domain) : kept) * bytes;
    return sum + sizeOf(stored[k].sizes) * bytes * (stored[k].initial === undefined ? 1 : 2);
  }, read);
}
