/**
 * Lanes: a scalar of the kernel language held for several neighbouring cells at once, in v128 registers.
 *
 * float32 and all integers up to 32 bits take one register per four lanes (narrow integers normalised to their range,
 * bool as a mask of all ones), float64 one per two. What meets float64 values (masks, int32 exponents) is widened to
 * 64-bit lanes on demand. A group of one cell holds its value in every lane of one register, so that code for a single
 * cell is the same as for many.
 */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Code, Scalar } from './code.ts';
import type { Local } from '../wasm/index.ts';

/** Lanes of 32 or 64 bits. */
export type Width = 32 | 64;
export type Regs = readonly Local[];

export const widthOf = (d: DType): Width => (d === 'float64' ? 64 : 32);
export const registers = (count: number, width: Width): number => Math.max(1, (count * width) / 128);

/** Lanes of one result as bytes for i8x16.shuffle: `picks` names 32-bit words, 0-3 of the first operand, 4-7 of the second. */
const words = (...picks: number[]): number[] => picks.flatMap((w) => [4 * w, 4 * w + 1, 4 * w + 2, 4 * w + 3]);
export const EVEN_WORDS = words(0, 2, 4, 6);
export const LOW_HALVES = words(0, 1, 4, 5);
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

// ---- memory ----

/** Elements at `address + offset`, one after the other. */
export function load(c: Code, d: DType, address: Local, offset: number, count: number): Regs {
  const list = (n: number, f: (j: number) => Local): Local[] => Array.from({ length: n }, (_, j) => f(j));
  switch (d) {
    case 'float32': case 'int32': case 'uint32':
      return list(count / 4, (j) => c.x('v128.load', [address], offset + 16 * j));
    case 'float64':
      return list(count / 2, (j) => c.x('v128.load', [address], offset + 16 * j));
    case 'int16':
      return list(count / 4, (j) => c.x('v128.load16x4_s', [address], offset + 8 * j));
    case 'uint16':
      return list(count / 4, (j) => c.x('v128.load16x4_u', [address], offset + 8 * j));
    case 'int8': {
      const wide = count === 4
        ? c.x('i16x8.extend_low_i8x16_s', [c.x('v128.load32_zero', [address], offset)])
        : c.x('v128.load8x8_s', [address], offset);
      return list(count / 4, (j) => c.x(j === 0 ? 'i32x4.extend_low_i16x8_s' : 'i32x4.extend_high_i16x8_s', [wide]));
    }
    case 'uint8': case 'bool': {
      const wide = count === 4
        ? c.x('i16x8.extend_low_i8x16_u', [c.x('v128.load32_zero', [address], offset)])
        : c.x('v128.load8x8_u', [address], offset);
      const out = list(count / 4, (j) => c.x(j === 0 ? 'i32x4.extend_low_i16x8_u' : 'i32x4.extend_high_i16x8_u', [wide]));
      return d === 'bool' ? out.map((v) => nonZero(c, v)) : out;
    }
    default: return d satisfies never;
  }
}

const nonZero = (c: Code, v: Local): Local => c.x('i32x4.ne', [v, c.f.constant('i32x4', 0)]);

/** One element in every lane. */
export function loadSplat(c: Code, d: DType, address: Scalar, offset = 0): Local {
  switch (d) {
    case 'float32': case 'int32': case 'uint32': return c.x('v128.load32_splat', [address], offset);
    case 'float64': return c.x('v128.load64_splat', [address], offset);
    case 'bool': return nonZero(c, c.x('i32x4.splat', [loadScalar(c, 'uint8', address, offset)]));
    default: return c.x('i32x4.splat', [loadScalar(c, d, address, offset)]);
  }
}

function loadScalar(c: Code, d: 'int16' | 'uint16' | 'int8' | 'uint8', address: Scalar, offset: number): Local {
  switch (d) {
    case 'int16': return c.x('i32.load16_s', [address], offset);
    case 'uint16': return c.x('i32.load16_u', [address], offset);
    case 'int8': return c.x('i32.load8_s', [address], offset);
    case 'uint8': return c.x('i32.load8_u', [address], offset);
    default: return d satisfies never;
  }
}

/** Elements `stride` bytes apart, lane by lane. */
export function gather(c: Code, d: DType, address: Local, offset: number, stride: Local, count: number): Regs {
  const perRegister = widthOf(d) === 64 ? 2 : 4;
  const out: Local[] = [];
  let at: Scalar = address;
  for (let lane = 0; lane < count; lane++) {
    if (lane > 0) at = c.add(at, stride);
    const first = lane % perRegister === 0;
    const k = lane % perRegister;
    if (first) out.push(firstLane(c, d, at, offset));
    else out[out.length - 1] = nextLane(c, d, out[out.length - 1], at, offset, k);
  }
  return d === 'bool' ? out.map((v) => nonZero(c, v)) : out;
}

function firstLane(c: Code, d: DType, at: Scalar, offset: number): Local {
  switch (d) {
    case 'float32': case 'int32': case 'uint32': return c.x('v128.load32_zero', [at], offset);
    case 'float64': return c.x('v128.load64_zero', [at], offset);
    case 'bool': return loadSplat(c, 'uint8', at, offset);
    default: return loadSplat(c, d, at, offset);
  }
}

function nextLane(c: Code, d: DType, into: Local, at: Scalar, offset: number, lane: number): Local {
  switch (d) {
    case 'float32': case 'int32': case 'uint32': return c.x('v128.load32_lane', [at, into], offset, lane);
    case 'float64': return c.x('v128.load64_lane', [at, into], offset, lane);
    case 'bool': return c.x('i32x4.replace_lane', [into, loadScalar(c, 'uint8', at, offset)], lane);
    default: return c.x('i32x4.replace_lane', [into, loadScalar(c, d, at, offset)], lane);
  }
}

/** Stores `count` lanes one after the other. Values are in the dtype's range already, so saturating packs lose nothing. */
export function store(c: Code, d: DType, address: Local, offset: number, regs: Regs, count: number): void {
  switch (d) {
    case 'float32': case 'int32': case 'uint32': case 'float64':
      regs.forEach((v, j) => c.raw('v128.store', [address, v], offset + 16 * j));
      return;
    case 'int16': case 'uint16': case 'int8': case 'uint8': case 'bool': {
      const packed = pack(c, d, regs);
      const bytes = dtypes[d].bytes * count;
      if (bytes === 16) c.raw('v128.store', [address, packed], offset);
      else if (bytes === 8) c.raw('v128.store64_lane', [address, packed], offset, 0);
      else c.raw('v128.store32_lane', [address, packed], offset, 0);
      return;
    }
    default: d satisfies never;
  }
}

function pack(c: Code, d: 'int16' | 'uint16' | 'int8' | 'uint8' | 'bool', regs: Regs): Local {
  const values = d === 'bool' ? regs.map((v) => c.x('v128.and', [v, c.f.constant('i32x4', 1)])) : regs;
  const words16 = c.x(d === 'uint16' ? 'i16x8.narrow_i32x4_u' : 'i16x8.narrow_i32x4_s', [values[0], values[1] ?? values[0]]);
  if (dtypes[d].bytes === 2) return words16;
  return c.x(d === 'int8' ? 'i8x16.narrow_i16x8_s' : 'i8x16.narrow_i16x8_u', [words16, words16]);
}

/** Stores `count` lanes `stride` bytes apart. */
export function scatter(c: Code, d: DType, address: Local, stride: Local, regs: Regs, count: number): void {
  const perRegister = widthOf(d) === 64 ? 2 : 4;
  const values = d === 'bool' ? regs.map((v) => c.x('v128.and', [v, c.f.constant('i32x4', 1)])) : regs;
  let at: Scalar = address;
  for (let lane = 0; lane < count; lane++) {
    if (lane > 0) at = c.add(at, stride);
    storeLane(c, d, at, 0, values[Math.floor(lane / perRegister)], lane % perRegister);
  }
}

/** Stores the first lane. */
export function storeOne(c: Code, d: DType, address: Scalar, offset: number, value: Local): void {
  storeLane(c, d, address, offset, d === 'bool' ? c.x('v128.and', [value, c.f.constant('i32x4', 1)]) : value, 0);
}

/** Narrow integers are the low bytes of their 32-bit lanes. */
function storeLane(c: Code, d: DType, address: Scalar, offset: number, value: Local, lane: number): void {
  switch (dtypes[d].bytes) {
    case 8: c.raw('v128.store64_lane', [address, value], offset, lane); return;
    case 4: c.raw('v128.store32_lane', [address, value], offset, lane); return;
    case 2: c.raw('v128.store16_lane', [address, value], offset, 2 * lane); return;
    default: c.raw('v128.store8_lane', [address, value], offset, 4 * lane);
  }
}
