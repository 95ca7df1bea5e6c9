/**
 * Borders: what a relative read beyond the edge of an array means. This is the only place that knows what `mirror` is;
 * the reference, the WebAssembly and the WGSL emitter run the same definitions over their own arithmetic.
 */
import { ArgumentError } from '../errors.ts';

/**
 * SciPy's modes (reflect: d c b a | a b c d | d c b a, mirror: d c b | a b c d | c b a), plus
 * `fill` (Numba's rule: an output whose neighbourhood leaves the array is cval) and `valid` (the output shrinks).
 */
export type BorderMode = 'reflect' | 'mirror' | 'nearest' | 'wrap' | 'constant' | 'fill' | 'valid';

/** How a read's coordinate is brought back into the array. `none`: it is known to be inside. */
export type EdgeMap = 'none' | 'nearest' | 'wrap' | 'reflect' | 'mirror';

interface BorderRule {
  /** The index map applied to every read. */
  readonly edge: EdgeMap;
  /** A read that leaves the array gives `cval`. */
  readonly readGuard: boolean;
  /** An output whose neighbourhood leaves the array is `cval`. */
  readonly cellGuard: boolean;
  /** The output has only the cells whose neighbourhood is inside. */
  readonly shrinks: boolean;
}

/** Guarded modes still clamp, so that the read that is thrown away is in bounds too. */
export const borderRules: { readonly [M in BorderMode]: BorderRule } = {
  reflect: { edge: 'reflect', readGuard: false, cellGuard: false, shrinks: false },
  mirror: { edge: 'mirror', readGuard: false, cellGuard: false, shrinks: false },
  nearest: { edge: 'nearest', readGuard: false, cellGuard: false, shrinks: false },
  wrap: { edge: 'wrap', readGuard: false, cellGuard: false, shrinks: false },
  constant: { edge: 'nearest', readGuard: true, cellGuard: false, shrinks: false },
  fill: { edge: 'nearest', readGuard: false, cellGuard: true, shrinks: false },
  valid: { edge: 'none', readGuard: false, cellGuard: false, shrinks: true },
};

export const borderModes = Object.keys(borderRules) as BorderMode[];

/** One mode for all axes, or one per axis. */
export function asBorders(value: unknown, rank: number, argument = 'border'): BorderMode[] {
  const list: unknown[] = Array.isArray(value) ? value : new Array(rank).fill(value);
  if (list.length !== rank) {
    throw new ArgumentError(`${argument}: ${list.length} modes given for ${rank} axes; give one mode, or one per axis`);
  }
  for (const mode of list) {
    if (typeof mode !== 'string' || !Object.hasOwn(borderRules, mode)) {
      throw new ArgumentError(`${argument}: unknown mode ${JSON.stringify(mode)}; use one of ${borderModes.join(', ')}`);
    }
  }
  return list as BorderMode[];
}

/** The integer arithmetic an edge map needs; `rem` is the remainder of truncated division, as in C, WGSL and wasm. */
export interface IndexArithmetic<T> {
  constant(value: number): T;
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  min(a: T, b: T): T;
  max(a: T, b: T): T;
  rem(a: T, b: T): T;
}

/** Floored modulo from truncated remainder: ((i rem n) + n) rem n. */
const modulo = <T>(A: IndexArithmetic<T>, i: T, n: T): T => A.rem(A.add(A.rem(i, n), n), n);

/** Maps a coordinate `i` of any sign and size to 0..n-1 (n >= 1), per mode. */
export const edgeMaps: { readonly [E in EdgeMap]: <T>(A: IndexArithmetic<T>, i: T, n: T) => T } = {
  none: (_, i) => i,
  nearest: (A, i, n) => A.max(A.constant(0), A.min(i, A.sub(n, A.constant(1)))),
  wrap: modulo,
  // A period of 2n: the second half runs backwards. min(m, 2n-1-m) folds it without a branch.
  reflect: (A, i, n) => {
    const period = A.mul(A.constant(2), n);
    const m = modulo(A, i, period);
    return A.min(m, A.sub(A.sub(period, A.constant(1)), m));
  },
  // A period of 2n-2, at least 1 so that an axis of one cell always reads that cell.
  mirror: (A, i, n) => {
    const period = A.max(A.constant(1), A.sub(A.mul(A.constant(2), n), A.constant(2)));
    const m = modulo(A, i, period);
    return A.min(m, A.sub(period, m));
  },
};

/** Plain numbers, for the reference and for planning. */
export const numberArithmetic: IndexArithmetic<number> = {
  constant: (v) => v,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  min: Math.min,
  max: Math.max,
  rem: (a, b) => a % b,
};
