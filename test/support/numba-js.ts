/**
 * Kernels of the Numba fixtures run as the plain JavaScript that they are: an oracle that shares nothing with the library.
 * A relative parameter is a function of offsets, a parameter with standard indexing nested lists, a scalar a number.
 */
import { decode, type EncodedArray } from '../fixtures/fixture.ts';
import { coordinates, element, type Nd } from './nd.ts';

/** Lists of lists of numbers; `shape` as arrays have it inside a kernel. */
type Nested = readonly unknown[] & { readonly shape: readonly number[] };

export type Kernel = (...args: never[]) => number | boolean;

export interface StencilCase {
  readonly name: string;
  readonly kernel: string;
  /** Names of arrays of the file, and numbers. */
  readonly args: readonly (string | number)[];
  /** What Numba's result is an array of. */
  readonly kind: 'bool' | 'int' | 'float';
  readonly cval?: number | 'NaN' | 'Infinity' | '-Infinity';
  readonly neighborhood?: [number, number][];
  /** The neighbourhood that Numba infers, where none is declared. */
  readonly reach?: [number, number][];
  readonly standardIndexing?: string[];
  readonly expected: readonly (number | 'NaN' | 'Infinity' | '-Infinity')[];
  /** How far rounding may move a value: 2 ULP per operation, propagated. None: all values are exact. */
  readonly bounds?: readonly number[];
}

export const toNd = ({ dtype, shape, data }: EncodedArray): Nd => ({ shape, data: decode(data, dtype) });

/** Nested lists of an array, with its shape. */
export function nestedList(x: Nd): Nested {
  const build = (at: readonly number[]): unknown =>
    (at.length === x.shape.length ? element(x, at) : Array.from({ length: x.shape[at.length] }, (_, i) => build([...at, i])));
  return Object.assign(build([]) as unknown[], { shape: x.shape });
}

/** The value of every cell: of the kernel where its neighbourhood lies inside, elsewhere cval. */
export function runStencil(kernel: Kernel, c: StencilCase, args: readonly (Nd | number)[]): number[] {
  const names = parameterNames(kernel);
  const reach = c.neighborhood ?? c.reach ?? [];
  const { shape } = args[0] as Nd;
  const lo = reach.map((r) => Math.min(0, r[0])), hi = reach.map((r) => Math.max(0, r[1]));
  return coordinates(shape).map((at) => {
    if (at.some((i, k) => i + lo[k] < 0 || i + hi[k] >= shape[k])) return Number(c.cval ?? 0);
    const bound = args.map((x, k) => {
      if (typeof x === 'number') return x;
      return c.standardIndexing?.includes(names[k]) ? nestedList(x) : relative(x, at, lo, hi);
    });
    return Number(kernel(...bound as never[]));
  });
}

/** Reads at offsets from `at`, which have to lie in the neighbourhood. */
function relative(x: Nd, at: readonly number[], lo: readonly number[], hi: readonly number[]): (...offset: number[]) => number {
  return (...offset) => {
    const near = offset.length === at.length && offset.every((o, k) => o >= lo[k] && o <= hi[k]);
    if (!near) throw new Error(`a read at offset ${offset.join(', ')} leaves the neighbourhood`);
    return element(x, at.map((i, k) => i + offset[k]));
  };
}

/** Parameter names of an arrow function: `(u, w) => ...`. */
export function parameterNames(f: Kernel): string[] {
  const [, list] = /^\(([^)]*)\)/.exec(f.toString()) ?? [];
  if (list === undefined) throw new Error(`not an arrow function: ${f.toString()}`);
  return list.split(',').map((name) => name.trim());
}

/** Element by element within the bounds, which WebGPU may exceed `slack` times; without bounds: equal. */
export function expectWithin(
  actual: ArrayLike<number>, { expected, bounds }: Pick<StencilCase, 'expected' | 'bounds'>, label: string, slack = 1,
): void {
  if (actual.length !== expected.length) throw new Error(`${label}: ${actual.length} elements, expected ${expected.length}`);
  decode(expected).forEach((e, k) => {
    const a = actual[k], bound = slack * (bounds?.[k] ?? 0);
    if (a === e || (Number.isNaN(a) && Number.isNaN(e)) || Math.abs(a - e) <= bound) return;
    throw new Error(`${label}: element ${k} is ${a}, expected ${e} (off by ${Math.abs(a - e)}, allowed ${bound})`);
  });
}
