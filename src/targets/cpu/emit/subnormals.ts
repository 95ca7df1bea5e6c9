/** Results as they are stored where subnormal numbers are not kept. WebAssembly itself cannot flush them. */
import { isFloat, type DType } from '../../../dsl/dtype.ts';
import type { Code } from './code.ts';
import { constant, SHAPES, widthOf, type Regs } from './lanes.ts';

/**
 * Numbers whose exponent is 0 become 0 of their sign, if the code flushes. All in integers: arithmetic with such numbers is what
 * takes long.
 */
export function asResult(c: Code, dtype: DType, regs: Regs): Regs {
  if (!c.flushes || !isFloat(dtype)) return regs;
  const shape = SHAPES[widthOf(dtype)];
  const zero = c.f.constant('i32x4', 0);
  const exponent = constant(c, Infinity, dtype); // its bits are those of every exponent
  return regs.map((v) => {
    const isSmall = c.x(`${shape}.eq`, [c.x('v128.and', [v, exponent]), zero]);
    return c.x('v128.andnot', [v, c.x(`${shape}.shr_u`, [isSmall, 1])]);
  });
}
