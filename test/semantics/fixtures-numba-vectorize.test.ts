/** vectorize and its methods against Numba's. The Python kernels are in scripts/fixtures/ufuncs.py, under the same names. */
import * as wf from '../../src/index.ts';
import { plainVectorize, testUfuncs, type AnyKernel } from '../support/numba-ufuncs.ts';

const ufuncs = {
  response: (v: number, gamma: number) => {
    if (v < 0) return 0;
    if (v < 1) return v ** Math.abs(gamma);
    return v;
  },
  escapeTime: (cr: number, ci: number) => {
    let x = 0, y = 0;
    for (let n = 0; n < 20; n++) {
      if (x * x + y * y > 4) return n;
      const t = x * x - y * y + cr;
      y = 2 * x * y + ci;
      x = t;
    }
    return 20;
  },
  stepsToOne: (n: number) => {
    let steps = 0;
    while (n > 1) {
      if (n & 1) n = 3 * n + 1;
      else n >>= 1;
      steps++;
    }
    return steps;
  },
  commonDivisor: (a: number, b: number) => {
    while (b !== 0) {
      const rest = a % b;
      a = b;
      b = rest;
    }
    return a;
  },
  clampTo: (v: number, low: number, high: number) => Math.min(Math.max(v, low), high),
  hermite: (t: number) => {
    if (t <= 0) return 0;
    if (t >= 1) return 1;
    return t * t * (3 - 2 * t);
  },
  sinc: (x: number) => (x === 0 ? 1 : Math.sin(x) / x),
  reversedBits: (x: number) => {
    let y = 0;
    for (let k = 0; k < 8; k++) y = (y << 1) | ((x >> k) & 1);
    return y;
  },
  isPrime: (n: number) => {
    if (n < 2) return false;
    for (let d = 2; d * d <= n; d++) {
      if (n % d === 0) return false;
    }
    return true;
  },
  sameSign: (a: number, b: number) => (a > 0 && b > 0) || (a < 0 && b < 0),
  cubeRootSteps: (x: number) => {
    let r = x;
    for (let k = 0; k < 40; k++) {
      const next = (2 * r + x / (r * r)) / 3;
      if (Math.abs(next - r) < 0.01) break;
      r = next;
    }
    return r;
  },
  wrapAngle: (x: number) => {
    while (x > 3) x -= 6;
    while (x <= -3) x += 6;
    return x;
  },
  digitSum: (n: number) => {
    let total = 0;
    do {
      total += n % 10;
      n = Math.floor(n / 10);
    } while (n !== 0);
    return total;
  },
  mix: (a: number, b: number, t: number) => a * (1 - t) + b * t,
  caseOf: (k: number) => {
    if (k === 0) {
      return 10;
    } else if (k === 1) {
      return -3;
    }
    return k * k;
  },
};

/** With methods, which need an identity. */
const binary = {
  timesModulo97: (a: number, b: number) => (a * b) % 97,
  largerMagnitude: (a: number, b: number) => {
    if (Math.abs(a) > Math.abs(b)) return a;
    if (Math.abs(a) === Math.abs(b)) return Math.max(a, b);
    return b;
  },
  lower: (a: number, b: number) => (a < b ? a : b),
};
const identities: Readonly<Record<string, number>> = { timesModulo97: 1, largerMagnitude: 0, lower: Infinity };

testUfuncs({
  title: 'vectorize against Numba',
  file: 'numba-ufuncs.json',
  group: 'vectorize',
  kernels: { ...ufuncs, ...binary },
  plain: plainVectorize,
  weft: (kernel: AnyKernel, c, args) => {
    if (!c.method) return [wf.vectorize(kernel as (...args: unknown[]) => number)(...args)];
    const f = wf.vectorize(kernel as (a: number, b: number) => number, { identity: identities[c.kernel] });
    const [a, b, v] = args as wf.WeftArray[];
    switch (c.method) {
      case 'reduce': return [f.reduce(a, { axis: c.axis })];
      case 'accumulate': return [f.accumulate(a, { axis: c.axis })];
      case 'outer': return [f.outer(a, b)];
      case 'at': return [f.at(a, b, v)];
      default: return c.method satisfies never;
    }
  },
});
