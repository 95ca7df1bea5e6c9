/** Random kernels as array programs. */
import * as wf from '../../src/index.ts';
import { REACH, type Kernel } from './kernel-maker.ts';
import { functionOf, type Args, type Given } from './kernels-plain.ts';

/** Programs of JavaScript that the language refuses, with a reason: shrinking comes across them, and chance, rarely. */
export const refusals = /is outside the array|outside the declared neighborhood|keep to one|too long|must be a whole number/;

type Call = (...args: unknown[]) => wf.WeftArray | wf.WeftArray[];
const arrayOf = (a: Given | number): unknown =>
  (typeof a === 'number' ? a : wf.array(a.data, { shape: a.shape, dtype: a.dtype }));

/** The arrays that the kernel gives. */
export function applied(kernel: Kernel, args: Args): wf.WeftArray[] {
  const f = functionOf(kernel, 'kernel') as never;
  const { form, params, shape, signature, border, cval } = kernel;
  const of = (role: string): unknown[] => args.filter((_, k) => params[k].role === role).map(arrayOf);
  const inputs = args.filter((_, k) => params[k].role !== 'output').map(arrayOf);
  switch (form) {
    case 'vectorize': return [(wf.vectorize(f) as Call)(...inputs)].flat();
    case 'fromFunction': return [wf.fromFunction(shape, f, { inputs: of('whole') as wf.WeftArray[] })];
    case 'stencil': {
      const neighborhood = border.map(() => [-REACH, REACH] as const);
      return [(wf.stencil(f, { neighborhood, border, cval }) as Call)(...inputs)].flat();
    }
    case 'guvectorize': {
      const outputs = params.filter((p) => p.role === 'output').map((p) => p.dtype);
      return [(wf.guvectorize(signature, f, outputs.length > 0 ? { dtype: outputs } : {}) as Call)(...inputs)].flat();
    }
    case 'prange': return [(wf.kernel(f) as Call)(...args.map(arrayOf))].flat();
    default: return form satisfies never;
  }
}
