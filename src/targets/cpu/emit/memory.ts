/** Lanes to and from memory: neighbours, regular steps, anywhere. Registers hold what lanes.ts says. */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Code, Scalar } from './code.ts';
import { widthOf, type Regs } from './lanes.ts';
import type { Local } from '../wasm/index.ts';

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
    case 'int8': case 'uint8':
      return loadBytes(c, d === 'int8' ? 's' : 'u', address, offset, count);
    case 'bool':
      return loadBytes(c, 'u', address, offset, count).map((v) => nonZero(c, v));
    default: return d satisfies never;
  }
}

/** Eight bytes at a time, and the four that may be left. */
function loadBytes(c: Code, sign: 's' | 'u', address: Local, offset: number, count: number): Local[] {
  const out: Local[] = [];
  for (let at = 0; at < count; at += 8) {
    const wide = count - at === 4
      ? c.x(`i16x8.extend_low_i8x16_${sign}`, [c.x('v128.load32_zero', [address], offset + at)])
      : c.x(`v128.load8x8_${sign}`, [address], offset + at);
    out.push(c.x(`i32x4.extend_low_i16x8_${sign}`, [wide]));
    if (count - at > 4) out.push(c.x(`i32x4.extend_high_i16x8_${sign}`, [wide]));
  }
  return out;
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

/** One integer, or a bool as 0 or 1. */
export function loadInteger(c: Code, d: DType, address: Scalar): Local {
  if (d === 'bool') return c.x('i32.ne', [loadScalar(c, 'uint8', address, 0), 0]);
  return loadScalar(c, d as Integer, address, 0);
}

type Integer = 'int32' | 'uint32' | 'int16' | 'uint16' | 'int8' | 'uint8';

function loadScalar(c: Code, d: Integer, address: Scalar, offset: number): Local {
  switch (d) {
    case 'int32': case 'uint32': return c.x('i32.load', [address], offset);
    case 'int16': return c.x('i32.load16_s', [address], offset);
    case 'uint16': return c.x('i32.load16_u', [address], offset);
    case 'int8': return c.x('i32.load8_s', [address], offset);
    case 'uint8': return c.x('i32.load8_u', [address], offset);
    default: return d satisfies never;
  }
}

/** Elements `stride` bytes apart, lane by lane. */
export function gather(c: Code, d: DType, address: Scalar, offset: number, stride: Scalar, count: number): Regs {
  let at = address;
  return gatherAt(c, d, offset, count, (lane) => (at = lane > 0 ? c.add(at, stride) : at));
}

/** Elements anywhere: `address` is asked for one lane after the other. */
export function gatherAt(c: Code, d: DType, offset: number, count: number, address: (lane: number) => Scalar): Regs {
  const perRegister = widthOf(d) === 64 ? 2 : 4;
  const out: Local[] = [];
  for (let lane = 0; lane < count; lane++) {
    const at = address(lane);
    const k = lane % perRegister;
    if (k === 0) out.push(firstLane(c, d, at, offset));
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
    case 'int16': case 'uint16': case 'int8': case 'uint8': case 'bool':
      // Two registers at a time, and the one that may be left.
      for (let at = 0; at < count; at += 8) {
        storePacked(c, d, address, offset + at * dtypes[d].bytes, regs.slice(at / 4, at / 4 + 2));
      }
      return;
    default: d satisfies never;
  }
}

type Narrow = 'int16' | 'uint16' | 'int8' | 'uint8' | 'bool';

function storePacked(c: Code, d: Narrow, address: Local, offset: number, regs: Regs): void {
  const packed = pack(c, d, regs);
  const bytes = dtypes[d].bytes * 4 * regs.length;
  if (bytes === 16) c.raw('v128.store', [address, packed], offset);
  else if (bytes === 8) c.raw('v128.store64_lane', [address, packed], offset, 0);
  else c.raw('v128.store32_lane', [address, packed], offset, 0);
}

function pack(c: Code, d: Narrow, regs: Regs): Local {
  const values = inMemory(c, d, regs);
  const words16 = c.x(d === 'uint16' ? 'i16x8.narrow_i32x4_u' : 'i16x8.narrow_i32x4_s', [values[0], values[1] ?? values[0]]);
  if (dtypes[d].bytes === 2) return words16;
  return c.x(d === 'int8' ? 'i8x16.narrow_i16x8_s' : 'i8x16.narrow_i16x8_u', [words16, words16]);
}

/** Masks become 0 and 1. */
const inMemory = (c: Code, d: DType, regs: Regs): Regs =>
  (d === 'bool' ? regs.map((v) => c.x('v128.and', [v, c.f.constant('i32x4', 1)])) : regs);

/** Stores `count` lanes `stride` bytes apart. */
export function scatter(c: Code, d: DType, address: Scalar, stride: Scalar, regs: Regs, count: number): void {
  let at = address;
  scatterAt(c, d, regs, count, (lane, put) => put(at = lane > 0 ? c.add(at, stride) : at));
}

/** Stores lanes anywhere: `each` is asked to put one lane after the other, or not to. */
export function scatterAt(
  c: Code, d: DType, regs: Regs, count: number, each: (lane: number, put: (address: Scalar) => void) => void,
): void {
  const perRegister = widthOf(d) === 64 ? 2 : 4;
  const values = inMemory(c, d, regs);
  for (let lane = 0; lane < count; lane++) {
    each(lane, (address) => storeLane(c, d, address, 0, values[Math.floor(lane / perRegister)], lane % perRegister));
  }
}

/** Stores the first lane. */
export function storeOne(c: Code, d: DType, address: Scalar, offset: number, value: Local): void {
  storeLane(c, d, address, offset, inMemory(c, d, [value])[0], 0);
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
