/** The scalars of a launch, looked up in the graph that is bound. */
import { castNumber } from '../dsl/dtype.ts';
import { InternalError } from '../errors.ts';
import type { PlanKernel, UniformSource } from './kernelize.ts';
import { resolveAxes, type Sizes } from './path.ts';

/** In the kernel's order, rounded to their dtypes. */
export function uniformsOf(k: PlanKernel, sizes: Sizes): number[] {
  const out = new Array<number>(k.uniforms.length);
  for (let i = 0; i < out.length; i++) out[i] = uniformValue(k.uniforms[i], sizes);
  return out;
}

function uniformValue(u: UniformSource, sizes: Sizes): number {
  switch (u.kind) {
    case 'fill': {
      const e = sizes.nodes[u.node];
      return e.kind === 'fill' ? castNumber(e.value, 'float64', e.dtype) : broken();
    }
    case 'cval': {
      const e = sizes.nodes[u.node];
      return e.kind === 'stencil' ? castNumber(e.cval, 'float64', u.dtype) : broken();
    }
    case 'scale': case 'offset': return resolveAxes(u.path, sizes, u.rank)[u.axis][u.kind];
    case 'extent': return sizes.shapes[u.shape][u.axis];
    default: return u satisfies never;
  }
}

const broken = (): never => {
  throw new InternalError('bind: the graph does not have the structure of its plan');
};
