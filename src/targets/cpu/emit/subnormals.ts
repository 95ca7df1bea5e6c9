/** Results as they are stored where subnormal numbers are not kept. WebAssembly itself cannot flush them. */
import { isFloat, type DType } from '../../../dsl/dtype.ts';
import type { Code } from './code.ts';
import type { Regs } from './lanes.ts';

/** The bits of the exponent in the 32 highest. */
const EXPONENT = { float32: 0x7f800000, float64: 0x7ff00000 } as const;

/**
 * Numbers whose exponent is 0 become 0 of their sign, if the code flushes. All in integers: arithmetic with such numbers is what
 * takes long.
 */
export function asResult(c: Code, dtype: DType, regs: Regs): Regs {
  if (!c.flushes || !isFloat(dtype)) return regs;
  const shape = dtype === 'float64' ? 'i64x2' : 'i32x4';
  const zero = c.f.constant('i32x4', 0);
  const exponent = dtype === 'float64'
    ? c.x('i64x2.shl', [c.f.constant('i32x4', EXPONENT.float64), 32])
    : c.f.constant('i32x4', EXPONENT.float32);
  return regs.map((v) => {
    const isSmall = c.x(`${shape}.eq`, [c.x('v128.and', [v, exponent]), zero]);
    return c.x('v128.andnot', [v, c.x(`${shape}.shr_u`, [isSmall, 1])]);
  });
}
