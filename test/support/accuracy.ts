/**
 * How close a target must be to the reference, op by op. The reference computes in double precision and rounds once, so
 * for float32 it is the correctly rounded value; for float64 it is what `Math` gives.
 *
 * Integers and bool are equal, always. On the CPU the ops that IEEE 754 defines are equal to the bit, and the functions of
 * the math library are within 4 ULP. WGSL promises less, and only this is relaxed for it:
 * - a device may read and write subnormals as 0, so elements with a subnormal operand are not compared, and a result may
 *   be off by the smallest normal number;
 * - a device may assume that arithmetic meets no infinities and NaN, so where an operand or the expected result is one,
 *   only ops that Weft builds from bits or from comparisons are compared;
 * - the sign of a zero is not compared;
 * - division is within 2.5 ULP, sqrt and what WGSL defines by exp2 and log2 as its accuracy table says.
 */
import type { DType } from '../../src/dsl/dtype.ts';
import { isFloat } from '../../src/dsl/dtype.ts';
import type { BinaryName, UnaryName } from '../../src/dsl/elementwise.ts';
import { subnormal } from './special.ts';
import type { TargetName } from './targets.ts';

export type ElementwiseName = UnaryName | BinaryName | 'where' | 'clamp' | 'asType' | 'square';

/** What WGSL leaves open about one element: its operands as the op sees them, and the value expected. */
interface Element { readonly args: readonly number[]; readonly expected: number }

/** Units in the last place; a function where the accuracy depends on the operands. `undefined`: not promised at all. */
type Bound = (e: Element) => number | undefined;

const CPU_MATH = 4;

/** Results of these are equal to the bit on the CPU, NaN and infinities included. */
const ieee: ReadonlySet<string> = new Set<ElementwiseName>([
  'neg', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'round', 'sqrt', 'add', 'sub', 'mul', 'div', 'floorDiv', 'mod', 'rem',
  'minimum', 'maximum', 'where', 'clamp', 'asType', 'square',
]);

/** Equal on WebGPU too, with NaN and infinities: made of bits, comparisons and selections. */
const exactOnWebGpu: ReadonlySet<string> = new Set<ElementwiseName>([
  'neg', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'round', 'minimum', 'maximum', 'where', 'clamp', 'asType',
]);

const log2 = (x: number): number => Math.abs(Math.log2(Math.abs(x)));
/** exp2(y * log2(x)), both to their own accuracy. */
const powerUlp = (e: Element): number => {
  const [x, y] = e.args;
  const product = Math.abs(y) * log2(x);
  return 3 + 2 * product + Math.abs(y) * 4 + 3 * product;
};
/** 3 ULP, but an absolute 2^-21 between 0.5 and 2. */
const logUlp = ({ args: [x], expected }: Element): number => (x >= 0.5 && x <= 2 ? 2 ** -21 / ulpOf(expected, 'float32') : 3);

/** WGSL's accuracy table for what is left to the device, and Weft's own library over WGSL's 2.5 ULP division. */
const webgpuUlp: { readonly [N in ElementwiseName]?: Bound } = {
  add: () => 0, sub: () => 0, mul: () => 0, square: () => 0,
  div: () => 2.5,
  sqrt: () => 4,
  // The remainder is computed from bits; its quotient is a division.
  mod: () => 1, rem: () => 0, floorDiv: () => 1,
  exp: ({ args }) => 3 + 2 * Math.abs(args[0]),
  exp2: ({ args }) => 3 + 2 * Math.abs(args[0]),
  log: logUlp, log2: logUlp, log10: logUlp,
  pow: powerUlp,
};
const WEBGPU_LIBRARY = 8;

const ulpOf = (x: number, dtype: DType): number => {
  const [digits, least] = dtype === 'float64' ? [52, -1074] : [23, -149];
  return 2 ** Math.max(least, Math.floor(Math.log2(Math.abs(x) || 2 ** least)) - digits);
};

/** The largest difference that is allowed for one element; undefined: nothing is promised about it. */
export function allowed(target: TargetName, name: ElementwiseName, dtype: DType, e: Element): number | undefined {
  if (target === 'webgpu') {
    if (e.args.some(subnormal)) return undefined;
    const finite = [...e.args, e.expected].every(Number.isFinite);
    if (!isFloat(dtype)) return 0;
    if (exactOnWebGpu.has(name)) return 2 ** -126;
    if (!finite) return undefined;
    const ulp = (webgpuUlp[name] ?? (() => WEBGPU_LIBRARY))(e);
    return ulp === undefined ? undefined : ulp * ulpOf(e.expected, dtype) + 2 ** -126;
  }
  if (!isFloat(dtype) || ieee.has(name)) return 0;
  return CPU_MATH * ulpOf(e.expected, dtype);
}

/** Compares element by element and reports the first misses with their operands, all in one message. */
export function expectElements(
  target: TargetName, name: ElementwiseName, dtype: DType,
  actual: ArrayLike<number>, expected: ArrayLike<number>, args: (k: number) => readonly number[], label: string,
): void {
  if (actual.length !== expected.length) throw new Error(`${label}: ${actual.length} elements, expected ${expected.length}`);
  const misses: string[] = [];
  for (let k = 0; k < expected.length; k++) {
    const a = actual[k], e = expected[k];
    if (Object.is(a, e)) continue;
    const limit = allowed(target, name, dtype, { args: args(k), expected: e });
    if (limit === undefined || (a === e && target === 'webgpu') || Math.abs(a - e) <= limit && !(limit === 0 && a === 0)) continue;
    misses.push(`${name}(${args(k).map(show).join(', ')}) is ${show(a)}, expected ${show(e)} (off by ${Math.abs(a - e) / ulpOf(e, dtype)} ULP)`);
  }
  if (misses.length > 0) throw new Error(`${label}: ${misses.length} of ${expected.length} elements differ:\n  ${misses.slice(0, 12).join('\n  ')}`);
}

const show = (v: number): string => (Object.is(v, -0) ? '-0' : String(v));
