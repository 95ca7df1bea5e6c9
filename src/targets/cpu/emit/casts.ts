/** Casts between lanes of any two dtypes, by the rules of `castNumber`. */
import { dtypes, isInteger, type DType } from '../../../dsl/dtype.ts';
import type { Code } from './code.ts';
import { LOW_HALVES, registers, resize, SHAPES, upper, widthOf, type Regs, type Width } from './lanes.ts';
import type { Local } from '../wasm/index.ts';

const fits = (from: DType, to: DType): boolean => dtypes[from].min >= dtypes[to].min && dtypes[from].max <= dtypes[to].max;

/** 32-bit lanes 0 and 1 of two registers side by side. */
const join = (c: Code, low: Local, high: Local): Local => c.x('i8x16.shuffle', [low, high], LOW_HALVES);

/** The width a cast leaves its result in, operands being in lanes of `width`: a test gives masks as wide. */
export const castWidth = (to: DType, width: Width): Width => (to === 'bool' ? width : widthOf(to));

/** `regs` hold `from` in lanes of the width that `operandWidth` says; the result is in that of `castWidth`. */
export function castLanes(c: Code, regs: Regs, from: DType, width: Width, to: DType, count: number): Regs {
  switch (to) {
    case 'float64': return toFloat64(c, regs, from, count);
    case 'float32': return toFloat32(c, regs, from, count);
    case 'bool': {
      const shape = from === 'float64' ? 'f64x2' : from === 'float32' ? 'f32x4' : SHAPES[width];
      return regs.map((v) => c.x(`${shape}.ne`, [v, c.f.constant(shape, 0)]));
    }
    default: return toInteger(c, regs, from, width, to, count);
  }
}

function toFloat64(c: Code, regs: Regs, from: DType, count: number): Regs {
  if (from === 'bool') return regs.map((v) => c.x('v128.and', [v, c.f.constant('f64x2', 1)]));
  const convert = from === 'float32' ? 'f64x2.promote_low_f32x4'
    : from === 'uint32' ? 'f64x2.convert_low_i32x4_u' : 'f64x2.convert_low_i32x4_s';
  return Array.from({ length: registers(count, 64) }, (_, j) => {
    const half = regs[j >> 1];
    return c.x(convert, [j % 2 === 0 ? half : upper(c, half)]);
  });
}

function toFloat32(c: Code, regs: Regs, from: DType, count: number): Regs {
  switch (from) {
    case 'float64': return paired(count, regs, (low, high) => {
      const parts = [low, high].map((v) => c.x('f32x4.demote_f64x2_zero', [v]));
      return join(c, parts[0], parts[1]);
    });
    case 'bool': return regs.map((v) => c.x('v128.and', [v, c.f.constant('f32x4', 1)]));
    case 'uint32': return regs.map((v) => c.x('f32x4.convert_i32x4_u', [v]));
    default: return regs.map((v) => c.x('f32x4.convert_i32x4_s', [v]));
  }
}

function toInteger(c: Code, regs: Regs, from: DType, width: Width, to: DType, count: number): Regs {
  if (from === 'bool') return regs.map((v) => c.x('v128.and', [v, c.f.constant(SHAPES[width], 1)]));
  if (isInteger(from)) return wrapped(c, regs, from, width, to, count);
  const whole = from === 'float32'
    ? regs.map((v) => c.x(to === 'uint32' ? 'i32x4.trunc_sat_f32x4_u' : 'i32x4.trunc_sat_f32x4_s', [v]))
    : paired(count, regs, (low, high) => {
      const name = to === 'uint32' ? 'i32x4.trunc_sat_f64x2_u_zero' : 'i32x4.trunc_sat_f64x2_s_zero';
      const parts = [low, high].map((v) => c.x(name, [v]));
      return join(c, parts[0], parts[1]);
    });
  return resize(c, whole, 32, widthOf(to), count, to);
}

/** Lanes as wide as `to` wrap by themselves. The low bits of wider ones are packed as unsigned numbers, whatever they mean. */
function wrapped(c: Code, regs: Regs, from: DType, width: Width, to: DType, count: number): Regs {
  const { bits } = dtypes[to];
  if (width === bits) return regs;
  const low = fits(from, to) ? regs : regs.map((v) => c.x('v128.and', [v, c.f.constant(SHAPES[width], 2 ** bits - 1)]));
  return resize(c, low, width, bits as Width, count, fits(from, to) ? to : bits === 8 ? 'uint8' : 'uint16');
}

/** One 32-bit register from each two 64-bit ones. */
const paired = (count: number, regs: Regs, f: (low: Local, high: Local) => Local): Regs =>
  Array.from({ length: registers(count, 32) }, (_, j) => f(regs[2 * j], regs[2 * j + 1] ?? regs[2 * j]));

/**
 * x * 2^n, where n and twice the bias are the low bits of `sum`, in two steps so that both powers are normal numbers; a subnormal
 * result is rounded once. One shift brings half of the bits to where exponents are, and the addition to itself all of them:
 * shifts and products wait for the same two ports, sums have others. (A saturating conversion of n to integers takes several
 * times as long.)
 */
export function scaled(c: Code, dtype: DType, x: Local, sum: Local): Local {
  const [p, i, bits] = dtype === 'float32' ? ['f32x4', 'i32x4', 23] as const : ['f64x2', 'i64x2', 52] as const;
  const shifted = c.x(`${i}.shl`, [sum, bits - 1]);
  // The bits of Infinity are those of an exponent.
  const half = c.x('v128.and', [shifted, c.f.constant(p, Infinity)]);
  const rest = c.x(`${i}.sub`, [c.x(`${i}.add`, [shifted, shifted]), half]);
  return c.x(`${p}.mul`, [c.x(`${p}.mul`, [x, half]), rest]);
}

/** The exponent of a positive normal float64, as a float64: the bits of 2^52 make a whole number of it. */
export function exponent64(c: Code, x: Local): Local {
  const whole = c.x('v128.or', [c.x('i64x2.shr_u', [x, 52]), c.f.constant('f64x2', 2 ** 52)]);
  return c.x('f64x2.sub', [whole, c.f.constant('f64x2', 2 ** 52 + 1023)]);
}
