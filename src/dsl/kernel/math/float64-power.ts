/**
 * Powers and roots of float64, in the kernel language. `pow` is fdlibm's e_pow.c (Sun Microsystems, freely granted), with its
 * branches made selections: log2|x| and y * log2|x| are sums of a high part of 24 bits and a low part. It depends on strict
 * evaluation order: a compiler must not reassociate (fused multiply-add is harmless).
 */
/* eslint-disable no-loss-of-precision -- coefficients keep the digits they were published with */
declare function floatBits(x: number): number;
declare function bitsFloat(i: number): number;
declare function rint(x: number): number;
declare function ldexp(x: number, n: number): number;
declare function exponent(x: number): number;
declare function mantissa(x: number): number;
declare function float64(n: number): number;
declare function chop(x: number): number;
declare function log2Parts(a: number): [hi: number, lo: number];
declare function exp2m1OfParts(hi: number, lo: number): number;
declare function positivePower(a: number, y: number): number;

export const helpers = {
  /** log2(a) to about 65 bits, for positive finite a. */
  log2Parts(a: number) {
    const m0 = mantissa(a);
    const upper = m0 > 1.7320508075688772; // measured from 2
    const middle = m0 > 1.2247448713915890 && !upper; // measured from 1.5
    const n = float64(exponent(a) + (upper ? 1 : 0));
    const m = upper ? 0.5 * m0 : m0;
    const base = middle ? 1.5 : 1;
    const u = m - base;
    const v = 1 / (m + base);
    const s = u * v;
    const sh = chop(s);
    // m + base in two parts, then s in two parts
    const th0 = chop(m + base);
    const tl0 = m - (th0 - base);
    const sl = v * (u - sh * th0 - sh * tl0);
    const s2 = s * s;
    const r = s2 * s2 * (5.99999999999994648725e-1 + s2 * (4.28571428578550184252e-1 + s2 * (3.33333329818377432918e-1
      + s2 * (2.72728123808534006489e-1 + s2 * (2.30660745775561754067e-1 + s2 * 2.06975017800338417784e-1)))))
      + sl * (sh + s);
    const sh2 = sh * sh;
    const th = chop(3 + sh2 + r);
    const tl = r - (th - 3 - sh2);
    const ph0 = sh * th;
    const pl0 = sl * th + tl * s;
    const ph = chop(ph0 + pl0);
    const pl = pl0 - (ph - ph0);
    const dh = middle ? 5.84962487220764160156e-1 : 0;
    const zh = 9.61796700954437255859e-1 * ph;
    const zl = -7.02846165095275826516e-9 * ph + pl * 9.61796693925975554329e-1 + (middle ? 1.35003920212974897128e-8 : 0);
    const hi = chop(zh + zl + dh + n);
    return [hi, zl - (hi - n - dh - zh)];
  },

  /** 2^(hi + lo) - 1 for |hi + lo| <= 0.6; hi has at most 48 bits. */
  exp2m1OfParts(hi: number, lo: number) {
    const t = chop(lo + hi);
    const u = t * 6.93147182464599609375e-1;
    const v = (lo - (t - hi)) * 6.93147180559945286227e-1 + t * -1.90465429995776804525e-9;
    const w = u + v;
    const rest = v - (w - u);
    const w2 = w * w;
    const q = w - w2 * (1.66666666666666019037e-1 + w2 * (-2.77777777770155933842e-3 + w2 * (6.61375632143793436117e-5
      + w2 * (-1.65339022054652515390e-6 + w2 * 4.13813679705723846039e-8))));
    const r = w * q / (q - 2) - (rest + w * rest);
    return w - r;
  },

  /** a^y for a > 0 and |y| <= 2^65. */
  positivePower(a: number, y: number) {
    const [t1, t2] = log2Parts(a);
    const y1 = chop(y);
    const pl = (y - y1) * t1 + y * t2;
    const ph = y1 * t1;
    const z = pl + ph;
    const inside = Math.min(Math.max(z, -1100), 1050); // beyond, 2^n is 0 or infinite
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
    // Powers of numbers other than 1 overflow or underflow long before 2^65.
    const p = positivePower(a, Math.min(Math.max(y, -(2 ** 65)), 2 ** 65));
    const negative = odd && floatBits(Math.fround(x)) < 0; // -0 keeps its sign in float32
    const end = a === 0 || a === Infinity;
    // A look at p keeps it out of the selection below: a target would test whether somebody needs it, and nearly all do.
    const lost = x !== x || y !== y || p !== p || a === 1 && Math.abs(y) === Infinity || x < 0 && !whole && a < Infinity;
    const size = (a === 0) === (y > 0) ? 0 : Infinity;
    const special = y === 0 ? 1 : lost ? NaN : negative ? -size : size;
    return y === 0 || lost || end ? special : negative ? -p : p;
  },

  cbrt(x: number) {
    const a = Math.abs(x);
    const e = float64(exponent(a));
    const third = Math.floor(e * 0.3333333333333333 + 0.1);
    const m = ldexp(mantissa(a), (e - 3 * third) | 0); // in [1, 8)
    // A third of the exponent and of the fraction of a float32, as one integer: within 5%; then Halley's iteration.
    const t0 = float64(bitsFloat((floatBits(Math.fround(m)) * 0.33333334 | 0) + 709958130));
    const c0 = t0 * t0 * t0;
    const t1 = t0 * ((c0 + m + m) / (c0 + c0 + m));
    const c1 = t1 * t1 * t1;
    const t2 = t1 * ((c1 + m + m) / (c1 + c1 + m));
    const c2 = t2 * t2 * t2;
    const y = ldexp(t2 - t2 * ((c2 - m) / (c2 + c2 + m)), third | 0);
    return x === 0 || !(a < Infinity) ? x : x < 0 ? -y : y;
  },

  hypot(x: number, y: number) {
    const a = Math.abs(x);
    const b = Math.abs(y);
    const size = Math.max(a, b);
    // Powers of two that keep the squares in range.
    const down = size > 2 ** 510 ? 2 ** -600 : size < 2 ** -400 ? 2 ** 700 : 1;
    const up = size > 2 ** 510 ? 2 ** 600 : size < 2 ** -400 ? 2 ** -700 : 1;
    const s = a * down;
    const t = b * down;
    const h = Math.sqrt(s * s + t * t) * up;
    return a === Infinity || b === Infinity ? Infinity : h;
  },
};
