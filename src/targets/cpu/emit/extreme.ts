/**
 * The least or greatest of many floats. The instruction that does it as it should be, NaN in, NaN out, takes eight or nine of
 * the machine's; the one that leaves NaN out takes one. So NaN is looked for on the side, and put in at the end. Which zero is
 * the greatest of -0 and 0 is left open.
 */
import { isFloat } from '../../../dsl/dtype.ts';
import type { Term } from './accumulate.ts';
import type { Code } from './code.ts';
import type { Local } from '../wasm/index.ts';

export interface Extreme {
  reset(): void;
  /** Values that are combined have to be noted. */
  note(value: Local): void;
  combine(a: Local, b: Local): Local;
  /** The running result, NaN in lanes that have seen one. */
  withNaN(result: Local): Local;
}

/** Of a term that is one. */
export function extremeOf(c: Code, { reducer, dtype }: Term): Extreme | undefined {
  if ((reducer !== 'min' && reducer !== 'max') || !isFloat(dtype)) return undefined;
  const shape = dtype === 'float64' ? 'f64x2' : 'f32x4';
  const seen = c.f.local('v128', 'nan');
  const none = c.f.constant('i32x4', 0);
  const nan = c.f.constant(shape, NaN);
  return {
    reset: () => c.move([seen], [none]),
    note: (value) => c.move([seen], [c.x('v128.or', [seen, c.x(`${shape}.ne`, [value, value])])]),
    combine: (a, b) => c.x(reducer === 'min' ? `${shape}.pmin` : `${shape}.pmax`, [a, b]),
    withNaN: (result) => c.x('v128.bitselect', [nan, result, seen]),
  };
}
