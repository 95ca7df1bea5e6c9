/** The math library: every transcendental op as a function of primitive ops, written in the kernel language. */
import type { OpName } from '../../ops.ts';
import type { Fn } from '../ir.ts';

/** The op as an `Fn` over `dtype` inputs (one per operand), or undefined when targets have the op themselves. */
export function libraryFn(_op: OpName, _dtype: 'float32' | 'float64'): Fn | undefined {
  return undefined;
}
