/**
 * Hyperbolic functions of float32 and their inverses, in the kernel language. Polynomials near 0: Cephes (sinhf, tanhf, asinhf,
 * atanhf; Moshier, public domain as distributed with netlib).
 */
declare function floatBits(x: number): number;
declare function halfExpm1(x: number): number;

export const helpers = {};

export const functions = {
  sinh(x: number) {
    const z = x * x;
    const p = ((2.03721912945e-4 * z + 8.33028376239e-3) * z + 1.66667160211e-1) * z * x + x;
    const a = Math.abs(x);
    const h = halfExpm1(a);
    const y = h < Infinity ? h + h / (2 * h + 1) : h;
    return a < 1 ? (x === 0 ? x : p) : x < 0 ? -y : y;
  },

  cosh(x: number) {
    const half = halfExpm1(Math.abs(x)) + 0.5; // e^|x| / 2
    return half + 0.25 / half;
  },

  tanh(x: number) {
    const z = x * x;
    const p = ((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z
      - 3.33332819422e-1) * z * x + x;
    const a = Math.abs(x);
    const y = 1 - 1 / (halfExpm1(2 * Math.min(a, 10)) + 1);
    return a < 0.625 ? (x === 0 ? x : p) : x < 0 ? -y : y;
  },

  asinh(x: number) {
    const a = Math.abs(x);
    const z = x * x;
    const p = (((2.0122003309e-2 * z - 4.2699340972e-2) * z + 7.4847586088e-2) * z - 1.6666288134e-1) * z * x + x;
    const large = a > 4096; // there log(2a), to the last bit
    const y = Math.log1p(large ? a - 1 : a + z / (1 + Math.sqrt(z + 1))) + (large ? Math.LN2 : 0);
    return a < 0.5 ? (x === 0 ? x : p) : x < 0 ? -y : y;
  },

  acosh(x: number) {
    const t = x - 1;
    const large = x > 4096; // there log(2x), to the last bit
    const s = Math.sqrt(2 * t + t * t);
    const u = t + s;
    const lost = t < 1 ? s - u + t : 0; // by rounding t + s
    const y = Math.log1p(large ? t : u) + (large ? Math.LN2 : lost / (1 + u));
    return x < 1 ? NaN : y;
  },

  atanh(x: number) {
    const a = Math.abs(x);
    const z = x * x;
    const p = ((((1.81740078349e-1 * z + 8.24370301058e-2) * z + 1.46691431730e-1) * z + 1.99782164500e-1) * z
      + 3.33337300303e-1) * z * x + x;
    const y = 0.5 * Math.log1p(2 * (a / (1 - a)));
    return a < 0.5 ? (x === 0 ? x : p) : floatBits(x) < 0 ? -y : y;
  },
};
