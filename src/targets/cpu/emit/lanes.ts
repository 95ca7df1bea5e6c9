/**
 * Lanes: a scalar of the kernel language held for several neighbouring cells at once, in v128 registers.
 *
 * float32 and all integers up to 32 bits take one register per four lanes (narrow integers normalised to their range,
 * bool as a mask of all ones), float64 one per two. What meets float64 values (masks, int32 exponents) is widened to
 * 64-bit lanes on demand. A group of one cell holds its value in every lane of one register, so that code for a single
 * cell is the same as for many.
 */
import type { DType } from '../../../dsl/dtype.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import type { Code, Scalar } from './code.ts';
import type { Local } from '../wasm/index.ts';

/** Lanes of 32 or 64 bits. */
export type Width = 32 | 64;
export type Regs = readonly Local[];

export const widthOf = (d: DType): Width => (d === 'float64' ? 64 : 32);
const masks = new WeakMap<Value, Width>();

/** The width that a value is held in; of bools the width of the comparison that they come from, as far as that is known. */
export function likelyWidth(v: Value): Width {
  if (v.dtype !== 'bool') return widthOf(v.dtype);
  let width = masks.get(v);
  if (width === undefined) masks.set(v, width = widthOfMask(v));
  return width;
}

function widthOfMask(v: Value): Width {
  if (v.kind !== 'op') return 32;
  if (v.args[0].dtype !== 'bool') return widthOf(v.args[0].dtype);
  return v.args.some((a) => likelyWidth(a) === 64) ? 64 : 32;
}

export const registers = (count: number, width: Width): number => Math.max(1, (count * width) / 128);

/** Lanes of one result as bytes for i8x16.shuffle: `picks` names 32-bit words, 0-3 of the first operand, 4-7 of the second. */
const words = (...picks: number[]): number[] => picks.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]);
export const EVEN_WORDS = words(0, 2, 4, 6);
export const LOW_HALVES = words(0, 1, 4, 5);
export const ODD_WORDS = words(1, 3, 5, 7);
export const HIGH_HALVES = words(2, 3, 6, 7);
const HIGH_HALF = words(2, 3, 2, 3);
export const SWAP_PAIRS = words(1, 0, 3, 2);
export const SWAP_HALVES = words(2, 3, 0, 1);

/** The upper two 32-bit lanes moved down. */
export const upper = (c: Code, v: Local): Local => c.x('i8x16.shuffle', [v, v], HIGH_HALF);

/** Sign-extends 32-bit lanes to 64 bits; masks stay masks. */
export function widen(c: Code, regs: Regs, count: number): Regs {
  return Array.from({ length: registers(count, 64) }, (_, j) =>
    c.x(j % 2 === 0 ? 'i64x2.extend_low_i32x4_s' : 'i64x2.extend_high_i32x4_s', [regs[j >> 1]]));
}

/** The lower words of 64-bit lanes. */
export function narrow(c: Code, regs: Regs, count: number): Regs {
  return Array.from({ length: registers(count, 32) }, (_, j) =>
    c.x('i8x16.shuffle', [regs[2 * j], regs[2 * j + 1] ?? regs[2 * j]], EVEN_WORDS));
}

/** A constant in every lane, loaded once at the head of the function. */
export function constant(c: Code, value: number, d: DType): Local {
  switch (d) {
    case 'float32': return c.f.constant('f32x4', value);
    case 'float64': return c.f.constant('f64x2', value);
    case 'bool': return c.f.constant('i32x4', value ? -1 : 0);
    default: return c.f.constant('i32x4', value | 0);
  }
}

/** 0, 1, 2, 3 plus `from`. */
export const iota = (c: Code, from: number): Local =>
  c.f.constantBytes(new Uint8Array(new Int32Array([from, from + 1, from + 2, from + 3]).buffer), `iota_${from}`);

/** An i32 condition (0 or 1) as a mask in every lane. */
export const maskOf = (c: Code, condition: Scalar): Local => c.x('i32x4.splat', [c.x('i32.sub', [0, condition])]);
