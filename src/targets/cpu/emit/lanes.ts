/**
 * Lanes: a scalar of the kernel language held for several neighbouring cells at once, in v128 registers.
 *
 * A value is held in lanes as wide as its dtype: one register per sixteen cells of uint8, eight of int16, four of float32 and
 * int32, two of float64. Bools are masks of all ones, as wide as the comparison that makes them. What meets values of
 * another width is converted on demand: an integer keeps its value, a mask stays a mask. Registers need not be full: four
 * cells of uint8 are a quarter of one. A group of one cell holds its value in every lane of one register, so that code for a
 * single cell is the same as for many.
 */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Code, Scalar } from './code.ts';
import type { Local, OpName } from '../wasm/index.ts';

/** Bits of a lane. */
export type Width = 8 | 16 | 32 | 64;
export const WIDTHS: readonly Width[] = [8, 16, 32, 64];
/** Of integers. */
export const SHAPES = { 8: 'i8x16', 16: 'i16x8', 32: 'i32x4', 64: 'i64x2' } as const satisfies Record<Width, string>;
export type Regs = readonly Local[];

/** The width that values of a dtype are held in; of bools, that of masks made of their bytes. */
export const widthOf = (d: DType): Width => dtypes[d].bits as Width;

export const registers = (count: number, width: Width): number => Math.max(1, (count * width) / 128);
/** How many lanes of a register are cells. */
export const perRegister = (width: Width): number => 128 / width;

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

// ---- from width to width ----

type Unary = Extract<OpName, `${string}.extend_${string}`>;
type Binary = Extract<OpName, `${string}.narrow_${string}`>;

/** The lower and the upper half of a register, in lanes twice as wide. */
const EXTEND = {
  8: {
    s: ['i16x8.extend_low_i8x16_s', 'i16x8.extend_high_i8x16_s'],
    u: ['i16x8.extend_low_i8x16_u', 'i16x8.extend_high_i8x16_u'],
  },
  16: {
    s: ['i32x4.extend_low_i16x8_s', 'i32x4.extend_high_i16x8_s'],
    u: ['i32x4.extend_low_i16x8_u', 'i32x4.extend_high_i16x8_u'],
  },
  32: {
    s: ['i64x2.extend_low_i32x4_s', 'i64x2.extend_high_i32x4_s'],
    u: ['i64x2.extend_low_i32x4_u', 'i64x2.extend_high_i32x4_u'],
  },
} as const satisfies Record<Exclude<Width, 64>, Record<'s' | 'u', readonly [Unary, Unary]>>;

/** Two registers as one, in lanes half as wide; what does not fit saturates. */
const PACK = {
  16: { s: 'i8x16.narrow_i16x8_s', u: 'i8x16.narrow_i16x8_u' },
  32: { s: 'i16x8.narrow_i32x4_s', u: 'i16x8.narrow_i32x4_u' },
} as const satisfies Record<16 | 32, Record<'s' | 'u', Binary>>;

/** Integers of dtype `d`, or masks, in lanes twice as wide. */
export function widen(c: Code, regs: Regs, from: Width, count: number, d: DType): Regs {
  const halves = EXTEND[from as 8 | 16 | 32][dtypes[d].kind === 'uint' ? 'u' : 's'];
  return Array.from({ length: registers(count, 2 * from as Width) }, (_, j) => c.x(halves[j % 2], [regs[j >> 1]]));
}

/**
 * In lanes half as wide. Those of 64 bits keep their lower words, others saturate: towards the range of `d` where the result
 * is as wide as that, and before towards one that is wider.
 */
export function narrow(c: Code, regs: Regs, from: Width, count: number, d: DType): Regs {
  const to = from / 2 as Width;
  const pack = (a: Local, b: Local): Local => (from === 64
    ? c.x('i8x16.shuffle', [a, b], EVEN_WORDS)
    : c.x(PACK[from as 16 | 32][dtypes[d].kind === 'uint' && widthOf(d) === to ? 'u' : 's'], [a, b]));
  return Array.from({ length: registers(count, to) }, (_, j) => pack(regs[2 * j], regs[2 * j + 1] ?? regs[2 * j]));
}

/** In lanes of any other width, step by step. */
export function resize(c: Code, regs: Regs, from: Width, to: Width, count: number, d: DType): Regs {
  let out = regs;
  for (let w = from; w < to; w = 2 * w as Width) out = widen(c, out, w, count, d);
  for (let w = from; w > to; w = w / 2 as Width) out = narrow(c, out, w, count, d);
  return out;
}

// ---- the same in every lane ----

/** A constant in every lane, loaded once at the head of the function. Integers and masks come in any width. */
export function constant(c: Code, value: number, d: DType, width: Width = widthOf(d)): Local {
  switch (d) {
    case 'float32': return c.f.constant('f32x4', value);
    case 'float64': return c.f.constant('f64x2', value);
    case 'bool': return c.f.constant('i32x4', value ? -1 : 0);
    case 'uint32': return c.f.constant(SHAPES[width], width === 64 ? value : value | 0);
    default: return c.f.constant(SHAPES[width], value);
  }
}

/** 0, 1, 2, 3 plus `from`. */
export const iota = (c: Code, from: number): Local =>
  c.f.constantBytes(new Uint8Array(new Int32Array([from, from + 1, from + 2, from + 3]).buffer), `iota_${from}`);

/** An i32 condition (0 or 1) as a mask in every lane, of any width. */
export const maskOf = (c: Code, condition: Scalar): Local => c.x('i32x4.splat', [c.x('i32.sub', [0, condition])]);
