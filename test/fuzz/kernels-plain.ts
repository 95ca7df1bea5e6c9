/**
 * What a random kernel gives as plain JavaScript: its text is called with numbers, and with objects that stand for arrays and
 * bring wild indices back inside as kernels do. Borders are written out here once more, independently of the library's.
 */
import * as wf from '../../src/index.ts';
import { dtypes, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import { random } from '../support/special.ts';
import { kernelText, ranksOf, REACH, type Kernel, type Param } from './kernel-maker.ts';
import type { Dialect } from './kernel-maker-tree.ts';

/** An array as data. */
export interface Given {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What a kernel is given. */
export type Args = readonly (Given | number)[];
type Plain = (...args: unknown[]) => unknown;

export interface Result {
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, s) => n * s, 1);

// ---- data ----

/** Floats are multiples of 1/8 up to 64, or any up to 4; integers small ones, and some large ones. */
function value(dtype: DType, smooth: boolean, next: () => number): number {
  const draw = (n: number): number => Math.floor(next() * n);
  const { kind, max } = dtypes[dtype];
  switch (kind) {
    case 'float': return smooth ? next() * 8 - 4 : draw(3) ? draw(17) / 2 - 4 : (draw(1025) - 512) / 8;
    case 'bool': return draw(2);
    case 'uint': return draw(4) ? draw(16) : Math.trunc(next() * max);
    case 'int': return draw(4) ? draw(16) - 8 : Math.trunc((2 * next() - 1) * max);
    default: return kind satisfies never;
  }
}

/** Sizes of the dimensions that signatures name. */
const dimension: { readonly [name: string]: number } = { m: 3, n: 5 };

export const dimensionsOf = (side: string): number[][] => side.slice(1, -1).split('),(')
  .map((dims) => (dims === '' ? [] : dims.split(',').map((d) => dimension[d] ?? Number(d))));

/** What a parameter is given: an array, or a number. */
export function argumentsOf({ form, params, shape, signature, seed, smooth }: Kernel): Args {
  const core = signature === '' ? [] : dimensionsOf(signature.split('->')[0]);
  const sizes = ({ role, rank }: Param, k: number): readonly number[] => {
    if (form === 'guvectorize') return [...shape, ...(core[k] ?? [])];
    if (form === 'prange') return rank === 1 ? [9] : [4, 5];
    return role !== 'whole' ? shape : rank === 1 ? [7] : [3, 4];
  };
  return params.map((p, k) => {
    // The same numbers when another parameter is gone.
    const next = random(seed ^ (Number(p.name.slice(1)) * 0x5eed));
    if (isRole(p, 'number', 'coordinate')) return value('float32', smooth, next);
    const size = sizes(p, k);
    const data = new dtypes[p.dtype].array(sizeOf(size)) as TypedArray;
    for (let i = 0; i < data.length; i++) data[i] = value(p.dtype, smooth, next);
    return { data, shape: size, dtype: p.dtype };
  });
}

const isRole = (p: Param, ...roles: Param['role'][]): boolean => roles.includes(p.role);

// ---- arrays in plain JavaScript ----

const inside = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
/** An index as the property it is asked for. */
const indexOf = (key: string): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(Number(key)))) || 0;

/** An array of any rank whose reads are clamped, and whose stores outside are left out. */
function view(data: TypedArray, shape: readonly number[], at: number): unknown {
  const [n, ...rest] = shape;
  const step = sizeOf(rest);
  return new Proxy({}, {
    get: (_, key) => {
      if (key === 'length') return n;
      if (key === 'shape') return shape;
      const i = inside(indexOf(String(key)), n);
      return rest.length === 0 ? data[at + i] : view(data, rest, at + i * step);
    },
    set: (_, key, v: number) => {
      const i = indexOf(String(key));
      if (i >= 0 && i < n && at >= 0) data[at + i] = v;
      return true;
    },
  });
}

/** As `view`, but a row outside is no row: nothing is stored there. */
function stored(data: TypedArray, shape: readonly number[]): unknown {
  if (shape.length === 1) return view(data, shape, 0);
  const [n] = shape;
  const rows = view(data, shape, 0) as Record<string, unknown>;
  const nowhere = (row: unknown): unknown => new Proxy(row as object, { set: () => true });
  return new Proxy({}, {
    get: (_, key) => {
      const row = rows[String(key)];
      const i = indexOf(String(key));
      return key === 'length' || key === 'shape' || (i >= 0 && i < n) ? row : nowhere(row);
    },
    set: () => true,
  });
}

/** The index that a read beyond the edge means, or undefined where it means cval. */
function bordered(i: number, n: number, mode: string): number | undefined {
  if (i >= 0 && i < n) return i;
  const steps = (period: number): number => ((i % period) + period) % period;
  switch (mode) {
    case 'nearest': return inside(i, n);
    case 'wrap': return steps(n);
    case 'reflect': return steps(2 * n) < n ? steps(2 * n) : 2 * n - 1 - steps(2 * n);
    case 'mirror': return n === 1 ? 0 : steps(2 * n - 2) < n ? steps(2 * n - 2) : 2 * n - 2 - steps(2 * n - 2);
    case 'constant': return undefined;
    default: throw new Error(`a read outside with border ${mode}`);
  }
}

// ---- forms ----

const clamp = (i: number, n: number): number => inside(i | 0, n);
/** Outside: an element that nobody reads. */
const drop = (i: number, n: number): number => ((i | 0) >= 0 && (i | 0) < n ? i | 0 : -1);

/** The function of a kernel. */
export function functionOf(kernel: Kernel, dialect: Dialect): Plain {
  // Kernels are text here; nothing else can make functions of it.
  // eslint-disable-next-line no-new-func
  const make = new Function('wf', 'clamp', 'drop', `return ${kernelText(kernel, dialect)};`) as (...outer: unknown[]) => Plain;
  return make(wf, clamp, drop);
}

const coordinates = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>((all, n) => all.flatMap((at) => Array.from({ length: n }, (_, k) => [...at, k])), [[]]);
const flat = (at: readonly number[], shape: readonly number[]): number => at.reduce((sum, c, k) => sum * shape[k] + c, 0);

const numbers = (returned: unknown): number[] => [returned].flat().map((v) => {
  const n = Number(v);
  // Infinity is what a smallest number of nothing is.
  if (Number.isNaN(n)) throw new Error('a kernel that gives NaN is none of ours');
  return n;
});
/** Lists of results as a list of arrays. */
const columns = (rows: readonly number[][], shape: readonly number[]): Result[] =>
  (rows[0] ?? []).map((_, k) => ({ values: rows.map((r) => r[k]), shape }));

const whole = (a: Given | number): unknown => (typeof a === 'number' ? a : view(a.data, a.shape, 0));
export function plainly(kernel: Kernel, args: Args): Result[] {
  const f = functionOf(kernel, 'plain');
  const { params, shape } = kernel;
  switch (kernel.form) {
    case 'vectorize': case 'fromFunction': {
      const fixed = args.map(whole);
      const element = ({ data, dtype }: Given, k: number): unknown => (dtype === 'bool' ? data[k] !== 0 : data[k]);
      const here = (at: readonly number[], p: Param, k: number): unknown =>
        (isRole(p, 'point') ? element(args[k] as Given, flat(at, shape)) : isRole(p, 'coordinate') ? at[k] : fixed[k]);
      return columns(coordinates(shape).map((at) => numbers(f(...params.map((p, k) => here(at, p, k))))), shape);
    }
    case 'stencil': return stencil(kernel, args, f);
    case 'guvectorize': return subArrays(kernel, args, f);
    case 'prange': {
      const outputs = args.flatMap((a, k) => (isRole(params[k], 'output') ? [copy(a as Given)] : []));
      let next = 0;
      const returned = f(...args.map((a, k) => {
        if (!isRole(params[k], 'output')) return whole(a);
        const o = outputs[next++];
        return stored(o.data, o.shape);
      }));
      const scalars = returned === undefined ? [] : numbers(returned).map((v) => ({ values: [v], shape: [] }));
      return [...outputs.map((o) => ({ values: [...o.data], shape: o.shape })), ...scalars];
    }
    default: return kernel.form satisfies never;
  }
}

const copy = (a: Given): Given => ({ ...a, data: a.data.slice() as TypedArray });

function stencil({ params, shape, border, cval }: Kernel, args: Args, f: Plain): Result[] {
  const shrinks = border.map((mode) => mode === 'valid');
  const out = shape.map((n, k) => (shrinks[k] ? n - 2 * REACH : n));
  const fixed = args.map(whole);
  const rows = coordinates(out).map((at): number[] | undefined => {
    const here = at.map((c, k) => (shrinks[k] ? c + REACH : c));
    if (here.some((c, k) => border[k] === 'fill' && (c < REACH || c >= shape[k] - REACH))) return undefined;
    return numbers(f(...params.map((p, j) => {
      if (!isRole(p, 'relative')) return fixed[j];
      return (...offset: number[]) => {
        const index = offset.map((o, k) => bordered(here[k] + Math.max(-REACH, Math.min(REACH, o | 0)), shape[k], border[k]));
        return index.some((i) => i === undefined) ? cval : (args[j] as Given).data[flat(index as number[], shape)];
      };
    })));
  });
  const count = rows.find((r) => r)?.length;
  if (count === undefined) return [];
  return columns(rows.map((r) => r ?? new Array<number>(count).fill(cval)), out);
}

function subArrays({ params, shape, signature }: Kernel, args: Args, f: Plain): Result[] {
  const [before, after] = signature.split('->');
  const sides = [...dimensionsOf(before), ...dimensionsOf(after)];
  const returned: number[][] = [];
  const inputs = ranksOf(before).length;
  const outputs = params.slice(inputs).map(({ dtype }, k) =>
    new dtypes[dtype].array(sizeOf(shape) * sizeOf(sides[inputs + k])) as TypedArray);
  coordinates(shape).forEach((_, n) => {
    const own = params.map((p, k) => {
      const dims = sides[k], size = sizeOf(dims);
      const data = isRole(p, 'output') ? outputs[k - inputs] : (args[k] as Given).data;
      const part = data.subarray(n * size, (n + 1) * size) as TypedArray;
      if (isRole(p, 'output')) return stored(part, dims.length === 0 ? [1] : dims);
      return dims.length === 0 ? part[0] : view(part, dims, 0);
    });
    const r = f(...own);
    if (r !== undefined) returned.push(numbers(r));
  });
  if (returned.length > 0) return columns(returned, shape);
  return outputs.map((o, k) => ({ values: [...o], shape: [...shape, ...sides[inputs + k]] }));
}
