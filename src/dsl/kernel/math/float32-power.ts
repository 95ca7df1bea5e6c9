/**
 * Powers and roots of float32, in the kernel language. `pow` is fdlibm's e_powf.c (Sun Microsystems, freely granted), with its
 * branches made selections: log2|x| and y * log2|x| are sums of a high part with 12 trailing zero bits and a low part. It
 * depends on strict evaluation order: a compiler must not reassociate (fused multiply-add is harmless).
 */
declare function floatBits(x: number): number;
declare function bitsFloat(i: number): number;
declare function rint(x: number): number;
declare function ldexp(p: number, n: number): number;
declare function chop(x: number): number;
declare function log2Parts(a: number): [hi: number, lo: number];
declare function exp2m1OfParts(hi: number, lo: number): number;
declare function positivePower(a: number, y: number): number;

export const helpers = {
  /** The leading 12 bits of the significand. */
  chop(x: number) {
    return bitsFloat(floatBits(x) & -4096);
  },

  /** log2(a) to about 35 bits, for positive finite a. */
  log2Parts(a: number) {
    const tiny = a < 1.1754943508222875e-38;
    const i = floatBits(tiny ? a * 33554432 : a);
    const fraction = i & 0x7fffff;
    const upper = fraction >= 0x5db3d7; // above sqrt(3): measured from 2
    const middle = fraction > 0x1cc471 && !upper; // above sqrt(3/2): measured from 1.5
    const n = Math.fround((i >> 23) - (tiny ? 152 : 127) + (upper ? 1 : 0));
    const bits = fraction | (upper ? 0x3f000000 : 0x3f800000);
    const m = bitsFloat(bits);
    const base = middle ? 1.5 : 1;
    const u = m - base;
    const v = 1 / (m + base);
    const s = u * v;
    const sh = chop(s);
    // m + base in two parts, then s in two parts
    const th0 = bitsFloat((((bits >> 1) & -4096) | 0x20000000) + (middle ? 0x600000 : 0x400000));
    const tl0 = m - (th0 - base);
    const sl = v * (u - sh * th0 - sh * tl0);
    const s2 = s * s;
    const r = s2 * s2 * (6.0000002384e-1 + s2 * (4.2857143283e-1 + s2 * (3.3333334327e-1 + s2 * (2.7272811532e-1
      + s2 * (2.3066075146e-1 + s2 * 2.0697501302e-1))))) + sl * (sh + s);
    const sh2 = sh * sh;
    const th = chop(3 + sh2 + r);
    const tl = r - (th - 3 - sh2);
    const ph0 = sh * th;
    const pl0 = sl * th + tl * s;
    const ph = chop(ph0 + pl0);
    const pl = pl0 - (ph - ph0);
    const dh = middle ? 5.84960938e-1 : 0;
    const zh = 9.6191406250e-1 * ph;
    const zl = -1.1736857402e-4 * ph + pl * 9.6179670095e-1 + (middle ? 1.56322085e-6 : 0);
    const hi = chop(zh + zl + dh + n);
    return [hi, zl - (hi - n - dh - zh)];
  },

  /** 2^(hi + lo) - 1 for |hi + lo| <= 0.6; hi has at most 24 bits. */
  exp2m1OfParts(hi: number, lo: number) {
    const t = bitsFloat(floatBits(lo + hi) & -32768);
    const u = t * 6.93145752e-1;
    const v = (lo - (t - hi)) * 6.9314718246e-1 + t * 1.42860654e-6;
    const w = u + v;
    const rest = v - (w - u);
    const w2 = w * w;
    const q = w - w2 * (1.6666667163e-1 + w2 * (-2.7777778450e-3 + w2 * (6.6137559770e-5
      + w2 * (-1.6533901999e-6 + w2 * 4.1381369442e-8))));
    const r = w * q / (q - 2) - (rest + w * rest);
    return w - r;
  },

  /** a^y for a > 0 and |y| <= 2^33. */
  positivePower(a: number, y: number) {
    const [t1, t2] = log2Parts(a);
    const y1 = chop(y);
    const pl = (y - y1) * t1 + y * t2;
    const ph = y1 * t1;
    const z = pl + ph;
    const inside = Math.min(Math.max(z, -160), 140); // beyond, 2^n is 0 or infinite
    const n = rint(inside);
    const outside = inside !== z;
    const hi = outside ? 0 : ph - n;
    const lo = outside ? 0 : pl;
    return ldexp(1 + exp2m1OfParts(hi, lo), n | 0);
  },
};

export const functions = {
  pow(x: number, y: number) {
    const a = Math.abs(x);
    const whole = Math.trunc(y) === y;
    const odd = whole && Math.trunc(y * 0.5) !== y * 0.5;
    // Powers of numbers other than 1 overflow or underflow long before 2^33.
    const p = positivePower(a, Math.min(Math.max(y, -8589934592), 8589934592));
    const negative = odd && floatBits(x) < 0;
    const end = a === 0 || a === Infinity;
    // A look at p keeps it out of the selection below: a target would test whether somebody needs it, and nearly all do.
    const lost = x !== x || y !== y || p !== p || a === 1 && Math.abs(y) === Infinity || x < 0 && !whole && a < Infinity;
    const size = (a === 0) === (y > 0) ? 0 : Infinity;
    const special = y === 0 ? 1 : lost ? NaN : negative ? -size : size;
    return y === 0 || lost || end ? special : negative ? -p : p;
  },

  cbrt(x: number) {
    const a = Math.abs(x);
    const tiny = a < 1.1754943508222875e-38;
    const huge = a > 2 ** 100;
    const b = a * (tiny ? 2 ** 24 : huge ? 2 ** -24 : 1);
    // A third of the exponent and of the fraction, as one integer: within 5%; then twice Halley's iteration.
    const t0 = bitsFloat((floatBits(b) * 0.33333334 | 0) + 709958130);
    const c0 = t0 * t0 * t0;
    const t1 = t0 * ((c0 + b + b) / (c0 + c0 + b));
    const c1 = t1 * t1 * t1;
    const t2 = t1 - t1 * ((c1 - b) / (c1 + c1 + b));
    const y = t2 * (tiny ? 2 ** -8 : huge ? 2 ** 8 : 1);
    return x === 0 || !(a < Infinity) ? x : x < 0 ? -y : y;
  },

  hypot(x: number, y: number) {
    const a = Math.abs(x);
    const b = Math.abs(y);
    const size = Math.max(a, b);
    // Powers of two that keep the squares in range.
    const down = size > 2 ** 62 ? 2 ** -66 : size < 2 ** -40 ? 2 ** 100 : 1;
    const up = size > 2 ** 62 ? 2 ** 66 : size < 2 ** -40 ? 2 ** -100 : 1;
    const s = a * down;
    const t = b * down;
    const h = Math.sqrt(s * s + t * t) * up;
    return a === Infinity || b === Infinity ? Infinity : h;
  },
};
