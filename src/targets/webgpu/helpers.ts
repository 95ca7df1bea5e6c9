/** WGSL functions that spellings and reductions call, each written once per module that needs it. */

interface Helper {
  readonly needs?: readonly HelperName[];
  readonly code: string;
}

const lines = (text: string): string => text.trim();

const helpers = {
  isNaN_f32: { code: 'fn isNaN_f32(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }' },
  isInf_f32: { code: 'fn isInf_f32(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }' },
  isFinite_f32: { code: 'fn isFinite_f32(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) < 0x7f800000u; }' },
  /** NaN is true, as in NumPy. */
  truthy_f32: { code: 'fn truthy_f32(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) != 0u; }' },
  /** 0 for NaN. */
  number_f32: { needs: ['isNaN_f32'], code: 'fn number_f32(x: f32) -> f32 { return select(x, 0.0f, isNaN_f32(x)); }' },
  toInt32: {
    needs: ['number_f32'],
    code: lines(`
fn toInt32(x: f32) -> i32 {
  let n = number_f32(x);
  return select(i32(clamp(n, -2147483648.0f, 2147483520.0f)), 2147483647i, n >= 2147483648.0f);
}`),
  },
  toUint32: {
    needs: ['number_f32'],
    code: lines(`
fn toUint32(x: f32) -> u32 {
  let n = number_f32(x);
  return select(u32(clamp(n, 0.0f, 4294967040.0f)), 4294967295u, n >= 4294967296.0f);
}`),
  },
  sign_f32: {
    needs: ['isNaN_f32'],
    code: 'fn sign_f32(x: f32) -> f32 { return select(sign(x), x, x == 0.0f || isNaN_f32(x)); }',
  },
  /** Propagates NaN; -0 is less than 0. */
  min_f32: {
    needs: ['isNaN_f32'],
    code: lines(`
fn min_f32(a: f32, b: f32) -> f32 {
  let least = select(min(a, b), bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b)), a == b);
  return select(select(least, b, isNaN_f32(b)), a, isNaN_f32(a));
}`),
  },
  max_f32: {
    needs: ['isNaN_f32'],
    code: lines(`
fn max_f32(a: f32, b: f32) -> f32 {
  let greatest = select(max(a, b), bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b)), a == b);
  return select(select(greatest, b, isNaN_f32(b)), a, isNaN_f32(a));
}`),
  },
  /** Half towards +Infinity; x - floor(x) is exact, x + 0.5 is not. */
  roundHalfUp_f32: {
    code: lines(`
fn roundHalfUp_f32(x: f32) -> f32 {
  let whole = floor(x);
  return select(whole, whole + 1.0f, x - whole >= 0.5f);
}`),
  },

  floorDiv_i32: {
    code: lines(`
fn floorDiv_i32(a: i32, b: i32) -> i32 {
  if (b == 0i) { return 0i; }
  let q = a / b;
  let r = a % b;
  return select(q, q - 1i, r != 0i && (r < 0i) != (b < 0i));
}`),
  },
  floorDiv_u32: { code: 'fn floorDiv_u32(a: u32, b: u32) -> u32 { return select(a / max(b, 1u), 0u, b == 0u); }' },
  mod_i32: {
    code: lines(`
fn mod_i32(a: i32, b: i32) -> i32 {
  if (b == 0i) { return 0i; }
  let r = a % b;
  return select(r, r + b, r != 0i && (r < 0i) != (b < 0i));
}`),
  },
  mod_u32: { code: 'fn mod_u32(a: u32, b: u32) -> u32 { return select(a % max(b, 1u), 0u, b == 0u); }' },
  rem_i32: { code: 'fn rem_i32(a: i32, b: i32) -> i32 { if (b == 0i) { return 0i; } return a % b; }' },
  rem_u32: { code: 'fn rem_u32(a: u32, b: u32) -> u32 { return select(a % max(b, 1u), 0u, b == 0u); }' },
  pow_i32: {
    code: lines(`
fn pow_i32(base: i32, exponent: i32) -> i32 {
  if (exponent < 0i) { return select(select(0i, select(1i, -1i, (exponent & 1i) == 1i), base == -1i), 1i, base == 1i); }
  var result = 1i;
  var b = base;
  for (var e = exponent; e > 0i; e = e >> 1u) {
    if ((e & 1i) == 1i) { result = result * b; }
    b = b * b;
  }
  return result;
}`),
  },
  pow_u32: {
    code: lines(`
fn pow_u32(base: u32, exponent: u32) -> u32 {
  var result = 1u;
  var b = base;
  for (var e = exponent; e > 0u; e = e >> 1u) {
    if ((e & 1u) == 1u) { result = result * b; }
    b = b * b;
  }
  return result;
}`),
  },

  /** The exact remainder with the sign of the dividend: long division of the significands, eight bits a step. */
  rem_f32: {
    code: lines(`
fn rem_f32(x: f32, y: f32) -> f32 {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  let b = bitcast<u32>(y) & 0x7fffffffu;
  let sign = bitcast<u32>(x) & 0x80000000u;
  if (b == 0u || a >= 0x7f800000u || b > 0x7f800000u) { return bitcast<f32>(a | 0x7fc00000u); }
  if (a < b) { return x; }
  let scale = max(b >> 23u, 1u);
  let divisor = (b & 0x7fffffu) | select(0x800000u, 0u, b < 0x800000u);
  var r = ((a & 0x7fffffu) | select(0x800000u, 0u, a < 0x800000u)) % divisor;
  var shift = max(a >> 23u, 1u) - scale;
  while (shift > 0u) {
    let step = min(shift, 8u);
    r = (r << step) % divisor;
    shift -= step;
  }
  if (r == 0u) { return bitcast<f32>(sign); }
  let zeros = countLeadingZeros(r) - 8u;
  let bits = select(r << (scale - 1u), ((scale - zeros) << 23u) | ((r << zeros) & 0x7fffffu), scale > zeros);
  return bitcast<f32>(sign | bits);
}`),
  },
  mod_f32: {
    needs: ['rem_f32'],
    code: lines(`
fn mod_f32(x: f32, y: f32) -> f32 {
  let r = rem_f32(x, y);
  if (r == 0.0f) { return bitcast<f32>(bitcast<u32>(y) & 0x80000000u); }
  return select(r, r + y, (r < 0.0f) != (y < 0.0f));
}`),
  },
  /** Floor of the exact quotient, from the exact remainder. */
  floorDiv_f32: {
    needs: ['rem_f32'],
    code: lines(`
fn floorDiv_f32(x: f32, y: f32) -> f32 {
  if (y == 0.0f) { return x / y; }
  let r = rem_f32(x, y);
  let q = round((x - r) / y);
  return select(q, q - 1.0f, r != 0.0f && (r < 0.0f) != (y < 0.0f));
}`),
  },
  /**
   * WGSL promises log near 1 to an absolute error only, which leaves no correct digit of log(1.000001): there the series
   * of 2 atanh((x - 1) / (x + 1)) takes over.
   */
  logNearOne: {
    code: lines(`
fn logNearOne(x: f32) -> f32 {
  let t = (x - 1.0f) / (x + 1.0f);
  let s = t * t;
  return 2.0f * t * (1.0f + s * (0.33333334f + s * (0.2f + s * 0.14285715f)));
}`),
  },
  /** The logarithm of x, but NaN for negative x and NaN and -Infinity for 0: devices make other things of them. */
  positiveOnly: {
    needs: ['isNaN_f32'],
    code: lines(`
fn positiveOnly(x: f32, logarithm: f32) -> f32 {
  let infinite = select(logarithm, bitcast<f32>(bitcast<u32>(x) | 0xff800000u), x == 0.0f);
  return select(infinite, bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u), x < 0.0f || isNaN_f32(x));
}`),
  },
  log_f32: {
    needs: ['logNearOne', 'positiveOnly'],
    code: 'fn log_f32(x: f32) -> f32 { return positiveOnly(x, select(log(x), logNearOne(x), abs(x - 1.0f) < 0.25f)); }',
  },
  log2_f32: {
    needs: ['logNearOne', 'positiveOnly'],
    code: 'fn log2_f32(x: f32) -> f32 { return positiveOnly(x, select(log2(x), 1.442695f * logNearOne(x), abs(x - 1.0f) < 0.25f)); }',
  },
  /** SwiftShader's exp of NaN is Infinity. */
  exp_f32: { needs: ['isNaN_f32'], code: 'fn exp_f32(x: f32) -> f32 { return select(exp(x), x, isNaN_f32(x)); }' },
  exp2_f32: { needs: ['isNaN_f32'], code: 'fn exp2_f32(x: f32) -> f32 { return select(exp2(x), x, isNaN_f32(x)); }' },
  /**
   * The power of the magnitude, with the sign of an odd exponent, or NaN. Zeros and infinities come out of log2 and exp2
   * as they should. Without branches: a stencil may have hundreds of these.
   */
  pow_f32: {
    needs: ['isNaN_f32', 'exp2_f32', 'log2_f32'],
    code: lines(`
fn pow_f32(x: f32, y: f32) -> f32 {
  let magnitude = abs(x);
  let half = y * 0.5f;
  let whole = floor(y) == y;
  let odd = whole && floor(half) != half;
  let power = select(exp2_f32(y * log2_f32(magnitude)), 1.0f, y == 0.0f);
  let noPower = !whole && !isNaN_f32(y) && magnitude > 0.0f && magnitude <= 3.4028234e38f;
  let negative = select(select(power, -power, odd), bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u), noPower);
  return select(power, negative, (bitcast<u32>(x) >> 31u) == 1u && !isNaN_f32(x));
}`),
  },

  /** In two steps, so that neither factor leaves the range of normal numbers. */
  ldexp_f32: {
    code: lines(`
fn ldexp_f32(x: f32, n: i32) -> f32 {
  let whole = clamp(n, -252i, 254i);
  let half = whole >> 1u;
  return x * bitcast<f32>((half + 127i) << 23u) * bitcast<f32>((whole - half + 127i) << 23u);
}`),
  },
  exponent_f32: {
    code: lines(`
fn exponent_f32(x: f32) -> i32 {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  return select(i32(bits >> 23u) - 127i, i32(firstLeadingBit(bits)) - 149i, bits < 0x800000u);
}`),
  },
  mantissa_f32: {
    code: lines(`
fn mantissa_f32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let low = bits & 0x7fffffu;
  let tiny = (bits & 0x7f800000u) == 0u;
  let digits = select(low, (low << ((countLeadingZeros(low) - 8u) & 31u)) & 0x7fffffu, tiny);
  return bitcast<f32>((bits & 0x80000000u) | 0x3f800000u | digits);
}`),
  },

  // reductions
  /**
   * x. Compilers may simplify (a + b) - a to b, and Mesa does, but not across bits that are combined with a number they do
   * not know. Needs the params field `zero`.
   */
  opaque_f32: { code: 'fn opaque_f32(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) | P.zero); }' },
  /** What a + b loses to rounding, exactly (Knuth's two-sum). */
  roundingOf: {
    needs: ['opaque_f32'],
    code: lines(`
fn roundingOf(a: f32, b: f32) -> f32 {
  let sum = opaque_f32(a + b);
  let added = opaque_f32(sum - a);
  return (a - (sum - added)) + (b - added);
}`),
  },
  /** A sum and what it has lost, which is no number once the sum is infinite. */
  withLost: {
    needs: ['isFinite_f32'],
    code: 'fn withLost(sum: f32, lost: f32) -> f32 { return select(sum, sum + lost, isFinite_f32(lost)); }',
  },
  firstLess_f32: { needs: ['isNaN_f32'], code: firstBefore('firstLess_f32', 'f32', '<') },
  firstLess_i32: { code: firstBefore('firstLess_i32', 'i32', '<') },
  firstLess_u32: { code: firstBefore('firstLess_u32', 'u32', '<') },
  firstLess_bool: { code: firstBefore('firstLess_bool', 'bool', '<') },
  firstGreater_f32: { needs: ['isNaN_f32'], code: firstBefore('firstGreater_f32', 'f32', '>') },
  firstGreater_i32: { code: firstBefore('firstGreater_i32', 'i32', '>') },
  firstGreater_u32: { code: firstBefore('firstGreater_u32', 'u32', '>') },
  firstGreater_bool: { code: firstBefore('firstGreater_bool', 'bool', '>') },
} as const satisfies Record<string, { needs?: readonly string[]; code: string }>;

/** Whether pair a goes before pair b in an argMin or argMax: the first NaN, else the better value, else the lower index. */
function firstBefore(name: string, type: string, operator: string): string {
  const [a, b] = type === 'bool' ? ['u32(a)', 'u32(b)'] : ['a', 'b'];
  const nan = type === 'f32' ? '\n  if (isNaN_f32(a) || isNaN_f32(b)) { return isNaN_f32(a) && (!isNaN_f32(b) || i < j); }' : '';
  return `fn ${name}(a: ${type}, i: i32, b: ${type}, j: i32) -> bool {${nan}
  return ${a} ${operator} ${b} || (a == b && i < j);
}`;
}

export type HelperName = keyof typeof helpers;

/** Adds a helper, and first what it calls. */
export function addHelper(into: Map<string, string>, name: HelperName): void {
  if (into.has(name)) return;
  const { needs, code } = helpers[name] as Helper;
  needs?.forEach((n) => addHelper(into, n));
  into.set(name, code);
}
