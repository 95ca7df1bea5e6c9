/** Lanes to and from memory: neighbours, regular steps, anywhere. Registers hold what lanes.ts says. */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Bytes, Pointer } from './address.ts';
import type { Code } from './code.ts';
import { perRegister, resize, SHAPES, widthOf, type Regs, type Width } from './lanes.ts';
import type { Local } from '../wasm/index.ts';

type Integer = Exclude<DType, 'float32' | 'float64' | 'bool'>;

/** Elements at `address + offset`, one after the other; narrow integers in wider lanes, if asked to. */
export function load(c: Code, d: DType, address: Pointer, offset: number, count: number, width: Width = widthOf(d)): Regs {
  const own = widthOf(d);
  if (width === own) return asMasks(c, d, loadDense(c, count * dtypes[d].bytes, address, offset));
  if (count * dtypes[d].bytes < 8 || d === 'bool') return resize(c, load(c, d, address, offset, count), own, width, count, d);
  const sign = dtypes[d].kind === 'uint' ? 'u' : 's';
  const once = Array.from({ length: (count * own) / 64 }, (_, j) =>
    c.x(own === 8 ? `v128.load8x8_${sign}` : `v128.load16x4_${sign}`, [address], offset + 8 * j));
  return resize(c, once, 2 * own as Width, width, count, d);
}

/** Registers of 16 bytes; or one of 4 or 8 bytes, and zeros. */
function loadDense(c: Code, bytes: number, address: Pointer, offset: number): Local[] {
  if (bytes === 4) return [c.x('v128.load32_zero', [address], offset)];
  if (bytes === 8) return [c.x('v128.load64_zero', [address], offset)];
  return Array.from({ length: bytes / 16 }, (_, j) => c.x('v128.load', [address], offset + 16 * j));
}

const asMasks = (c: Code, d: DType, regs: readonly Local[]): Regs =>
  (d === 'bool' ? regs.map((v) => c.x('i8x16.ne', [v, c.f.constant('i8x16', 0)])) : regs);

/** One element in every lane. */
export function loadSplat(c: Code, d: DType, address: Bytes, offset = 0, width: Width = widthOf(d)): Local {
  if (width !== widthOf(d)) return c.x(`${SHAPES[width as 16 | 32]}.splat`, [loadScalar(c, d as Integer, address, offset)]);
  return asMasks(c, d, [c.x(`v128.load${width}_splat`, [address], offset)])[0];
}

/** One integer, or a bool as 0 or 1. */
export function loadInteger(c: Code, d: DType, address: Bytes): Local {
  if (d === 'bool') return c.x('i32.ne', [loadScalar(c, 'uint8', address, 0), 0]);
  return loadScalar(c, d as Integer, address, 0);
}

function loadScalar(c: Code, d: Integer, address: Bytes, offset: number): Local {
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
export function gather(c: Code, d: DType, address: Bytes, offset: number, stride: Bytes, count: number): Regs {
  let at = address;
  return gatherAt(c, d, offset, count, (lane) => (at = lane > 0 ? c.at.plus(at, stride) : at));
}

/** Elements anywhere: `address` is asked for one lane after the other. */
export function gatherAt(c: Code, d: DType, offset: number, count: number, address: (lane: number) => Bytes): Regs {
  const width = widthOf(d);
  const out: Local[] = [];
  for (let lane = 0; lane < count; lane++) {
    const at = address(lane);
    const k = lane % perRegister(width);
    if (k === 0) out.push(c.x(width < 32 ? `v128.load${width as 8 | 16}_splat` : `v128.load${width as 32 | 64}_zero`, [at], offset));
    else out[out.length - 1] = c.x(`v128.load${width}_lane`, [at, out[out.length - 1]], offset, k);
  }
  return asMasks(c, d, out);
}

/** Stores `count` lanes one after the other. */
export function store(c: Code, d: DType, address: Pointer, offset: number, regs: Regs, count: number): void {
  const values = inMemory(c, d, regs);
  const bytes = count * dtypes[d].bytes;
  if (bytes === 4) c.raw('v128.store32_lane', [address, values[0]], offset, 0);
  else if (bytes === 8) c.raw('v128.store64_lane', [address, values[0]], offset, 0);
  else inOrder(c, values).forEach(([v, j]) => c.raw('v128.store', [address, v], offset + 16 * j));
}

/** With their positions. Of pairs the upper one comes first: where the lower one does, V8 stores that by itself before both. */
function inOrder(c: Code, regs: Regs): (readonly [Local, number])[] {
  const all = regs.map((v, j) => [v, j] as const);
  return c.f.wide ? all.reverse() : all;
}

/** Masks become 0 and 1. */
const inMemory = (c: Code, d: DType, regs: Regs): Regs =>
  (d === 'bool' ? regs.map((v) => c.x('v128.and', [v, c.f.constant('i8x16', 1)])) : regs);

/** Stores `count` lanes `stride` bytes apart. */
export function scatter(c: Code, d: DType, address: Bytes, stride: Bytes, regs: Regs, count: number): void {
  let at = address;
  scatterAt(c, d, regs, count, (lane, put) => put(at = lane > 0 ? c.at.plus(at, stride) : at));
}

/** Stores lanes anywhere: `each` is asked to put one lane after the other, or not to. */
export function scatterAt(
  c: Code, d: DType, regs: Regs, count: number, each: (lane: number, put: (address: Bytes) => void) => void,
): void {
  const per = perRegister(widthOf(d));
  const values = inMemory(c, d, regs);
  for (let lane = 0; lane < count; lane++) {
    each(lane, (address) => storeLane(c, d, address, 0, values[Math.floor(lane / per)], lane % per));
  }
}

/** Stores the first lane, of any width: numbers are in its low bytes. */
export function storeOne(c: Code, d: DType, address: Bytes, offset: number, value: Local): void {
  storeLane(c, d, address, offset, inMemory(c, d, [value])[0], 0);
}

/** Stores one lane. */
export function storeLane(c: Code, d: DType, address: Bytes, offset: number, value: Local, lane: number): void {
  c.raw(`v128.store${widthOf(d)}_lane`, [address, value], offset, lane);
}
