/** Stencils over one axis against Numba's. The Python kernels are in scripts/fixtures/stencils_1d*.py, under the same names. */
import type * as wf from '../../src/index.ts';
import { testStencils } from '../support/numba-stencils.ts';

const N = 2, GAMMA = 2.2;
const TAPS = [1, -2, 0.5, 3, -1];
const smoothstep = (t: number): number => {
  if (t <= 0) return 0;
  if (t >= 1) return 1;
  return t * t * (3 - 2 * t);
};

const inferred = {
  mean3: (u: wf.Neighbors1) => (u(-1) + u(0) + u(1)) / 3,
  forward: (u: wf.Neighbors1) => u(1) - u(0),
  backward: (u: wf.Neighbors1) => u(0) - u(-1),
  second: (u: wf.Neighbors1) => u(-1) - 2 * u(0) + u(1),
  farBehind: (u: wf.Neighbors1) => u(0) - u(-3),
  onlyAhead: (u: wf.Neighbors1) => u(1) + 10 * u(2),
  onlyBehind: (u: wf.Neighbors1) => 3 * u(-2) - u(-1),
  pointwise: (u: wf.Neighbors1) => u(0) * u(0) + 1,
  minmod: (u: wf.Neighbors1) => {
    const l = u(0) - u(-1);
    const r = u(1) - u(0);
    if (l * r <= 0) return 0 * l;
    if (Math.abs(l) < Math.abs(r)) return l;
    return r;
  },
  clampSlope: (u: wf.Neighbors1) => Math.min(Math.max((u(1) - u(-1)) * 0.5, -1), 1),
  rootSum: (u: wf.Neighbors1) => Math.sqrt(u(-1) + u(0) + u(1)),
  bell: (u: wf.Neighbors1) => Math.exp(-(u(-1) ** 2)) + Math.sin(u(1)),
  ternary: (u: wf.Neighbors1) => (u(0) > 0 ? u(-2) : u(2)),
  floorHalf: (u: wf.Neighbors1) => Math.floor((u(-1) + u(1)) / 2),
  farAhead: (u: wf.Neighbors1) => u(6) * 2 - u(0),
  ladder: (u: wf.Neighbors1) => {
    const d = u(1) - u(-1);
    if (d > 3) return 2;
    else if (d > 0) return 1;
    else if (d === 0) return 0;
    return -1;
  },
  slopeAngle: (u: wf.Neighbors1) => Math.atan2(u(1) - u(-1), 2) + Math.tanh(u(0)),
  logRatio: (u: wf.Neighbors1) => Math.log(u(1) / u(-1)) - Math.log1p(u(0)),
  absoluteSteps: (u: wf.Neighbors1) => Math.abs(u(0) - u(-1)) + Math.abs(u(1) - u(0)) + Math.abs(u(2) - u(1)),
  saturate: (u: wf.Neighbors1) => Math.min(u(-1) + u(0) + u(1), 30),
  peakOf3: (u: wf.Neighbors1) => Math.max(Math.max(u(-1), u(0)), u(1)),
  mixBits: (u: wf.Neighbors1) => (u(0) << 3) ^ (u(-1) & 15) | (u(1) >> 2),
  median3: (u: wf.Neighbors1) => {
    let a = u(-1);
    let b = u(0);
    const c = u(1);
    if (a > b) {
      const swap = a;
      a = b;
      b = swap;
    }
    if (b > c) b = c;
    return Math.max(a, b);
  },
};

const deadReads = {
  deadAhead: (u: wf.Neighbors1) => {
    u(4);
    return u(0) + 1;
  },
  deadBehind: (u: wf.Neighbors1) => {
    const [, now] = [u(-3), u(0)];
    return now * 2;
  },
  deadBranch: (u: wf.Neighbors1) => {
    if (u(0) > 1000) return u(5);
    return u(0);
  },
  timesZero: (u: wf.Neighbors1) => u(0) + 0 * u(-2),
  cancelled: (u: wf.Neighbors1) => u(2) - u(2) + u(0),
};

const borders = {
  nanBorder: (u: wf.Neighbors1) => u(-1) + u(1),
  infBorder: (u: wf.Neighbors1) => Math.min(u(0), u(1)),
  negativeInfBorder: (u: wf.Neighbors1) => Math.max(u(-2), u(0)),
  minusOneBorder: (u: wf.Neighbors1) => u(1) - 2 * u(-1),
};

const bools = {
  isPeak: (u: wf.Neighbors1) => u(0) > u(-1) && u(0) >= u(1),
  isRising: (u: wf.Neighbors1) => u(0) > u(-1),
  edgeOfFlags: (u: wf.Neighbors1) => u(-1) !== u(0) || u(0) !== u(1),
  isEven: (u: wf.Neighbors1) => (u(-1) + u(1)) % 2 === 0,
  allSame: (u: wf.Neighbors1) => {
    for (let i = -1; i <= 1; i++) if (u(i) !== u(0)) return false;
    return true;
  },
};

const declared = {
  trailingMean: (u: wf.Neighbors1) => {
    let acc = 0;
    for (let i = -4; i <= 0; i++) acc += u(i);
    return acc / 5;
  },
  widerThanUsed: (u: wf.Neighbors1) => u(-1) + u(1),
  peakAhead: (u: wf.Neighbors1) => {
    let best = u(0);
    for (let i = 1; i < 3; i++) {
      if (u(i) > best) best = u(i);
    }
    return best;
  },
  countAbove: (u: wf.Neighbors1) => {
    let n = 0;
    for (let i = -2; i <= 2; i++) {
      if (u(i) > u(0)) n += 1;
    }
    return n;
  },
  lopsided: (u: wf.Neighbors1) => {
    let acc = 0;
    for (let i = -1; i < 5; i++) acc += u(i) * (i + 2);
    return acc;
  },
  allPositive: (u: wf.Neighbors1) => {
    let acc = 0;
    for (let i = 1; i <= 3; i++) acc += u(i);
    return acc;
  },
  allNegative: (u: wf.Neighbors1) => u(-3) + u(-1),
  boxSum: (u: wf.Neighbors1) => {
    let acc = 0;
    for (let i = -N; i <= N; i++) acc += u(i);
    return acc;
  },
  gammaMean: (u: wf.Neighbors1) => {
    let acc = 0;
    for (let i = -N; i <= N; i++) acc += u(i) ** GAMMA;
    return (acc / (2 * N + 1)) ** (1 / GAMMA);
  },
  tapsFromTuple: (u: wf.Neighbors1) => {
    let acc = 0;
    for (let i = 0; i < 5; i++) acc += TAPS[i] * u(i - 2);
    return acc;
  },
};

const loops = {
  firstAbove: (u: wf.Neighbors1) => {
    let k = 0;
    for (; k < 5; k++) if (u(k) > 1) break;
    return k;
  },
  runLength: (u: wf.Neighbors1) => {
    let n = 0;
    while (n < 5 && u(-n) === u(0)) n++;
    return n;
  },
  sumOfPositive: (u: wf.Neighbors1) => {
    let acc = 0;
    for (let i = -3; i < 3; i++) {
      if (u(i) < 0) continue;
      acc += u(i);
    }
    return acc;
  },
  sumUntilLimit: (u: wf.Neighbors1) => {
    let total = 0;
    for (let i = 0; i < 6; ++i) {
      if (total + Math.abs(u(i)) > 6) break;
      total += Math.abs(u(i));
    }
    return total;
  },
  median5: (u: wf.Neighbors1) => {
    const w = [0, 0, 0, 0, 0];
    for (let i = 0; i < 5; i++) {
      const v = u(i - 2);
      let j = i;
      while (j > 0 && w[j - 1] > v) {
        w[j] = w[j - 1];
        j--;
      }
      w[j] = v;
    }
    return w[2];
  },
  spread: (u: wf.Neighbors1) => {
    let low = u(0), high = u(0);
    for (let i = -3; i <= 1; i++) {
      low = Math.min(low, u(i));
      high = Math.max(high, u(i));
    }
    return high - low;
  },
  collatz: (u: wf.Neighbors1) => {
    let n = u(0) + u(-1);
    let steps = 0;
    while (n !== 1) {
      if (n % 2 === 0) n = n >> 1;
      else n = 3 * n + 1;
      steps++;
    }
    return steps;
  },
  commonDivisor: (u: wf.Neighbors1) => {
    let a = u(0), b = u(1);
    while (b !== 0) {
      const rest = a % b;
      a = b;
      b = rest;
    }
    return a;
  },
  bitCount: (u: wf.Neighbors1) => {
    let x = u(0) ^ u(1);
    let n = 0;
    for (; x > 0; x >>= 1) n += x & 1;
    return n;
  },
  newtonRoot: (u: wf.Neighbors1) => {
    const x = u(0) + u(1);
    let r = x;
    for (let step = 0; step < 6; step++) r = 0.5 * (r + x / r);
    return r;
  },
  eased: (u: wf.Neighbors1) => {
    const lerp = (a: number, b: number, t: number): number => a + (b - a) * t;
    return lerp(u(-1), u(1), smoothstep(u(0)));
  },
  compounds: (u: wf.Neighbors1) => {
    let p = 1;
    for (let i = -1; i <= 1; i++) p *= u(i);
    p /= 8;
    p -= u(0);
    p **= 2;
    return p;
  },
};

testStencils({
  title: 'stencils over one axis, against Numba',
  file: 'numba-1d.json',
  kernels: { ...inferred, ...deadReads, ...borders, ...bools, ...declared, ...loops },
  constants: { N, GAMMA, TAPS, smoothstep },
  integers: [
    'forward', 'backward', 'second', 'farBehind', 'onlyBehind', 'pointwise', 'minmod', 'absoluteSteps', 'saturate', 'peakOf3',
    'mixBits', 'median3', 'deadAhead', 'deadBehind', 'deadBranch', 'timesZero', 'cancelled', 'minusOneBorder', 'widerThanUsed',
    'allNegative', 'spread', 'commonDivisor',
  ],
});
