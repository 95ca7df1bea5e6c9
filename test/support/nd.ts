/**
 * Small arrays of any rank in plain JavaScript, written for the eye: what tests expect is computed with these, and they
 * share nothing with the library.
 */

export interface Nd {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: readonly number[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, s) => n * s, 1);

/** Every coordinate of a shape, in row-major order. */
export function coordinates(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>((all, size) => all.flatMap((at) => range(size).map((i) => [...at, i])), [[]]);
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The array whose element at `at` is `f(at)`. */
export const build = (shape: readonly number[], f: (at: number[]) => number): Nd => ({ shape, data: coordinates(shape).map(f) });

export const element = (x: Nd, at: readonly number[]): number => x.data[at.reduce((flat, i, k) => flat * x.shape[k] + i, 0)];

export const map = (x: Nd, f: (v: number) => number): Nd => ({ shape: x.shape, data: x.data.map(f) });

/** The element that lands at `at` when `x` is stretched along axes of size 1 and missing leading axes. */
const stretched = (x: Nd, at: readonly number[]): number =>
  element(x, x.shape.map((size, k) => (size === 1 ? 0 : at[at.length - x.shape.length + k])));

export const broadcastTo = (x: Nd, shape: readonly number[]): Nd => build(shape, (at) => stretched(x, at));

/** NumPy's rule for two shapes that are known to fit. */
export function commonShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return range(rank).map((k) => {
    const p = a[k - (rank - a.length)] ?? 1, q = b[k - (rank - b.length)] ?? 1;
    return p === 1 ? q : p;
  });
}

export const zip = (a: Nd, b: Nd, f: (x: number, y: number) => number): Nd =>
  build(commonShape(a.shape, b.shape), (at) => f(stretched(a, at), stretched(b, at)));

// --- views ---

export const reshape = (x: Nd, shape: readonly number[]): Nd => ({ shape, data: x.data });

export function transpose(x: Nd, axes: readonly number[] = range(x.shape.length).reverse()): Nd {
  return build(axes.map((a) => x.shape[a]), (at) => element(x, axes.map((_, k) => at[axes.indexOf(k)])));
}

export const flip = (x: Nd, axes: readonly number[] = range(x.shape.length)): Nd =>
  build(x.shape, (at) => element(x, at.map((i, k) => (axes.includes(k) ? x.shape[k] - 1 - i : i))));

/** One list of source positions per axis. */
export const take = (x: Nd, positions: readonly (readonly number[])[]): Nd =>
  build(positions.map((p) => p.length), (at) => element(x, at.map((i, k) => positions[k][i])));

// --- reductions ---

/** Calls `f` with the elements of every group that `axes` span, in row-major order. */
export function reduce(x: Nd, axes: readonly number[], f: (group: number[]) => number, keepDims = false): Nd {
  const kept = range(x.shape.length).filter((k) => !axes.includes(k));
  const inner = coordinates(axes.map((a) => x.shape[a]));
  const groupAt = (outer: readonly number[]): number[] =>
    inner.map((i) => element(x, x.shape.map((_, k) => (axes.includes(k) ? i[axes.indexOf(k)] : outer[kept.indexOf(k)]))));
  const { data } = build(kept.map((k) => x.shape[k]), (at) => f(groupAt(at)));
  return { shape: keepDims ? x.shape.map((s, k) => (axes.includes(k) ? 1 : s)) : kept.map((k) => x.shape[k]), data };
}

// --- borders: one step at a time, so that nothing here is clever ---

export type Border = 'reflect' | 'mirror' | 'nearest' | 'wrap' | 'constant' | 'fill' | 'valid';
export const borders: readonly Border[] = ['reflect', 'mirror', 'nearest', 'wrap', 'constant', 'fill', 'valid'];

/** Where a read at `i` of an axis with `n` cells comes from; undefined: it is `cval`. */
function bring(mode: Border, i: number, n: number): number | undefined {
  if (mode === 'mirror' && n === 1) return 0;
  let at = i;
  while (at < 0 || at >= n) {
    switch (mode) {
      case 'reflect': at = at < 0 ? -1 - at : 2 * n - 1 - at; break; // d c b a | a b c d | d c b a
      case 'mirror': at = at < 0 ? -at : 2 * n - 2 - at; break; // d c b | a b c d | c b a
      case 'nearest': at = at < 0 ? 0 : n - 1; break;
      case 'wrap': at = at < 0 ? at + n : at - n; break;
      case 'constant': return undefined;
      case 'fill': case 'valid': throw new Error(`${mode} reads inside only`);
      default: mode satisfies never;
    }
  }
  return at;
}

export interface NdStencil {
  readonly border: readonly Border[];
  readonly cval?: number;
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** `kernel` gets, for each input, a function of relative indices, as a kernel function of the library does. */
export function stencil(
  inputs: readonly Nd[], { border, cval = 0, lo, hi }: NdStencil, kernel: (...u: ((...offset: number[]) => number)[]) => number,
): Nd {
  const [{ shape }] = inputs;
  const out = shape.map((n, k) => (border[k] === 'valid' ? n - (hi[k] - lo[k]) : n));
  return build(out, (at) => {
    const centre = at.map((i, k) => (border[k] === 'valid' ? i - lo[k] : i));
    const leaves = centre.some((i, k) => border[k] === 'fill' && (i + lo[k] < 0 || i + hi[k] >= shape[k]));
    if (leaves) return cval;
    return kernel(...inputs.map((x) => (...offset: number[]) => {
      const from = centre.map((i, k) => (border[k] === 'fill' || border[k] === 'valid' ? i + offset[k] : bring(border[k], i + offset[k], shape[k])));
      return from.includes(undefined) ? cval : element(x, from as number[]);
    }));
  });
}
