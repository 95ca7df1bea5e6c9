/** Integer ops that SIMD does not have: quotients through float64, powers by squaring, and lane-by-lane code. */
import type { Code } from './code.ts';
import { EVEN_WORDS, upper } from './lanes.ts';
import type { Local } from '../wasm/index.ts';

/** Adding 2^52 + 2^51 to an integral double puts its two's complement into the low bits. */
const INTEGER_BITS = 2 ** 52 + 2 ** 51;

/**
 * floor or trunc of a / b. Exact: 32-bit operands make quotients that differ from an integer by 2^-32 of their size or not
 * at all, far beyond the rounding of a double. By zero gives 0, and -2^31 / -1 wraps, as they fall out of the low bits.
 */
export function integerQuotient(c: Code, a: Local, b: Local, unsigned: boolean, rounding: 'floor' | 'trunc'): Local {
  const convert = unsigned ? 'f64x2.convert_low_i32x4_u' : 'f64x2.convert_low_i32x4_s';
  const halves = [[a, b], [upper(c, a), upper(c, b)]].map(([x, y]) => {
    const q = c.x('f64x2.div', [c.x(convert, [x]), c.x(convert, [y])]);
    return c.x('f64x2.add', [c.x(`f64x2.${rounding}`, [q]), c.f.constant('f64x2', INTEGER_BITS)]);
  });
  return c.x('i8x16.shuffle', halves, EVEN_WORDS);
}

/** 1.5 * 2^23: adding it to a whole float32 up to 2^22 puts its two's complement into the low bits. */
const WHOLE = 1.5 * 2 ** 23;

/** The same for operands of up to 16 bits, whose quotients float32 tells from integers; by zero gives 0. Not wrapped. */
export function smallQuotient(c: Code, a: Local, b: Local, rounding: 'floor' | 'trunc'): Local {
  const [x, y] = [a, b].map((v) => c.x('f32x4.convert_i32x4_s', [v]));
  const whole = c.x(`f32x4.${rounding}`, [c.x('f32x4.div', [x, y])]);
  const magic = c.f.constant('f32x4', WHOLE);
  const q = c.x('i32x4.sub', [c.x('f32x4.add', [whole, magic]), magic]);
  return c.x('v128.and', [q, c.x('i32x4.ne', [b, c.f.constant('i32x4', 0)])]);
}

/** Powers modulo 2^32. A negative exponent keeps the powers of 1 and -1 and gives 0 for other bases. */
export function integerPower(c: Code, base: Local, exponent: Local, signed: boolean): Local {
  const { f } = c;
  const one = f.constant('i32x4', 1);
  const zero = f.constant('i32x4', 0);
  const [result, b, e] = ['power', 'base', 'exponent'].map((name) => f.local('v128', name));
  const set = (to: Local, from: Local): void => { f.get(from); f.set(to); };
  set(result, one);
  set(b, base);
  // Of a negative exponent only the parity matters: (-1)^-3 is (-1)^1.
  const negative = signed ? c.x('i32x4.lt_s', [exponent, zero]) : zero;
  set(e, signed ? c.x('v128.bitselect', [c.x('v128.and', [exponent, one]), exponent, negative]) : exponent);
  f.block((exit) => {
    f.loop((again) => {
      c.raw('v128.any_true', [e]);
      f.op('i32.eqz');
      f.brIf(exit);
      const odd = c.x('i32x4.ne', [c.x('v128.and', [e, one]), zero]);
      set(result, c.x('v128.bitselect', [c.x('i32x4.mul', [result, b]), result, odd]));
      set(b, c.x('i32x4.mul', [b, b]));
      set(e, c.x('i32x4.shr_u', [e, 1]));
      f.br(again);
    });
  });
  if (!signed) return result;
  const unit = c.x('i32x4.eq', [c.x('i32x4.abs', [base]), one]);
  return c.x('v128.bitselect', [c.x('v128.and', [result, unit]), result, negative]);
}

/** One lane after the other, for what has no vector instruction. */
export function lanewise(c: Code, lanes: number, args: readonly Local[], f: (scalars: readonly Local[]) => Local): Local {
  const lane = (k: number): Local => f(args.map((a) => c.x('i32x4.extract_lane', [a], k)));
  let out = c.x('i32x4.splat', [lane(0)]);
  for (let k = 1; k < Math.min(4, lanes); k++) out = c.x('i32x4.replace_lane', [out, lane(k)], k);
  return out;
}
