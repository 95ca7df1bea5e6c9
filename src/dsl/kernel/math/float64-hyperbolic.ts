/**
 * Hyperbolic functions of float64 and their inverses, in the kernel language. Rational functions near 0: Cephes (tanh, asinh,
 * atanh; Moshier, public domain as distributed with netlib); sinh near 0 is its Taylor series.
 */
/* eslint-disable no-loss-of-precision -- coefficients keep the digits they were published with */
declare function floatBits(x: number): number;
declare function halfExpm1(x: number): number;

export const helpers = {};

export const functions = {
  sinh(x: number) {
    const z = x * x;
    const p = (((((((2.81145725434552076e-15 * z + 7.64716373181981648e-13) * z + 1.60590438368216146e-10) * z
      + 2.50521083854417188e-8) * z + 2.75573192239858907e-6) * z + 1.98412698412698413e-4) * z
      + 8.33333333333333333e-3) * z + 1.66666666666666667e-1) * z * x + x;
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
    const p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3;
    const q = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3;
    const a = Math.abs(x);
    const y = 1 - 1 / (halfExpm1(2 * Math.min(a, 22)) + 1);
    return a < 0.625 ? (x === 0 ? x : x + x * z * (p / q)) : x < 0 ? -y : y;
  },

  asinh(x: number) {
    const a = Math.abs(x);
    const z = x * x;
    const p = (((-4.33231683752342103572e-3 * z - 5.91750212056387121207e-1) * z - 4.37390226194356683570) * z
      - 9.09030533308377316566) * z - 5.56682227230859640450;
    const q = (((z + 1.28757002067426453537e1) * z + 4.86042483805291788324e1) * z + 6.95722521337257608734e1) * z
      + 3.34009336338516356383e1;
    const large = a > 2 ** 28; // there log(2a), to the last bit
    const y = Math.log1p(large ? a - 1 : a + z / (1 + Math.sqrt(z + 1))) + (large ? Math.LN2 : 0);
    return a < 0.5 ? (x === 0 ? x : x + x * z * (p / q)) : x < 0 ? -y : y;
  },

  acosh(x: number) {
    const t = x - 1;
    const large = x > 2 ** 28; // there log(2x), to the last bit
    const s = Math.sqrt(2 * t + t * t);
    const u = t + s;
    const lost = t < 1 ? s - u + t : 0; // by rounding t + s
    const y = Math.log1p(large ? t : u) + (large ? Math.LN2 : lost / (1 + u));
    return x < 1 ? NaN : y;
  },

  atanh(x: number) {
    const a = Math.abs(x);
    const z = x * x;
    const p = (((-8.54074331929669305196e-1 * z + 1.20426861384072379242e1) * z - 4.61252884198732692637e1) * z
      + 6.54566728676544377376e1) * z - 3.09092539379866942570e1;
    const q = ((((z - 1.95638849376911654834e1) * z + 1.08938092147140262656e2) * z - 2.49839401325893582852e2) * z
      + 2.52006675691344555838e2) * z - 9.27277618139601130017e1;
    const y = 0.5 * Math.log1p(2 * (a / (1 - a)));
    return a < 0.5 ? (x === 0 ? x : x + x * z * (p / q)) : floatBits(Math.fround(x)) < 0 ? -y : y;
  },
};
