/** Fixtures of numba.vectorize, guvectorize and prange: their cases, and their kernels run as plain JavaScript. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type * as wf from '../../src/index.ts';
import { loadFixture, runsOn, toWeft, type EncodedArray } from '../fixtures/fixture.ts';
import { computeAll } from './compute.ts';
import * as nd from './nd.ts';
import { expectWithin, nestedList, toNd, type StencilCase } from './numba-js.ts';
import { targets } from './targets.ts';

export interface UfuncCase {
  readonly name: string;
  readonly kernel: string;
  /** Names of arrays of the file, and numbers. */
  readonly args: readonly (string | number)[];
  /** Of guvectorize: '(m,n),(n)->(m)'. */
  readonly layout?: string;
  /** Of vectorize, when it is not simply called. */
  readonly method?: 'reduce' | 'accumulate' | 'outer' | 'at';
  readonly axis?: number;
  /** Of prange: how many of the results are output arrays, the last parameters; the others are returned. */
  readonly outputs?: number;
  readonly results: readonly (Pick<StencilCase, 'kind' | 'expected' | 'bounds'> & { readonly shape: number[] })[];
}

/** A kernel of any parameters: numbers, nested lists. */
export type AnyKernel = (...args: never[]) => unknown;
type Argument = nd.Nd | number;
type Plain = (kernel: AnyKernel, c: UfuncCase, args: readonly Argument[]) => nd.Nd[];

const call = (kernel: AnyKernel, ...args: readonly unknown[]): unknown => kernel(...args as never[]);
const asNd = (x: Argument): nd.Nd => (typeof x === 'number' ? { shape: [], data: [x] } : x);

// ---- vectorize ----

export const plainVectorize: Plain = (kernel, { method, axis = 0 }, args) => {
  const f = (...numbers: number[]): number => Number(call(kernel, ...numbers));
  const arrays = args.map(asNd);
  const [a, b] = arrays;
  switch (method) {
    case undefined: {
      const shape = arrays.map((x) => x.shape).reduce(nd.commonShape);
      const wide = arrays.map((x) => nd.broadcastTo(x, shape));
      return [nd.build(shape, (at) => f(...wide.map((x) => nd.element(x, at))))];
    }
    case 'reduce': return [nd.reduce(a, [axis], (group) => group.reduce((x, y) => f(x, y)))];
    case 'accumulate': return [nd.build(a.shape, (at) => nd.range(at[axis] + 1)
      .map((i) => nd.element(a, at.map((n, k) => (k === axis ? i : n)))).reduce((x, y) => f(x, y)))];
    case 'outer': return [nd.build([...a.shape, ...b.shape], (at) =>
      f(nd.element(a, at.slice(0, a.shape.length)), nd.element(b, at.slice(a.shape.length))))];
    case 'at': {
      const data = [...a.data];
      b.data.forEach((i, k) => (data[i] = f(data[i], arrays[2].data[k])));
      return [{ shape: a.shape, data }];
    }
    default: return method satisfies never;
  }
};

// ---- guvectorize ----

/** '(m,n),(n)->(m)' as names of dimensions, per argument. */
const dimensions = (layout: string): string[][][] => layout.split('->')
  .map((side) => [...side.matchAll(/\(([^)]*)\)/g)].map(([, names]) => names.split(',').filter((n) => n !== '')));

const blank = (shape: readonly number[]): nd.Nd => nd.build(shape, () => 0);
const flatten = (x: unknown): number[] => (Array.isArray(x) ? x.flatMap(flatten) : [Number(x)]);

/** The kernel gets numbers for inputs of layout (), nested lists for the others; an output of layout () is a list of one. */
export const plainGuvectorize: Plain = (kernel, { layout = '' }, args) => {
  const [inputs, outputs] = dimensions(layout);
  const arrays = args.map(asNd);
  const batchOf = (x: nd.Nd, k: number): number[] => x.shape.slice(0, x.shape.length - inputs[k].length);
  const sizes = new Map(arrays.flatMap((x, k) => inputs[k].map((name, i) => [name, x.shape[batchOf(x, k).length + i]])));
  const batch = arrays.map(batchOf).reduce(nd.commonShape);
  const core = outputs.map((names) => names.map((name) => sizes.get(name) ?? assert.unreachable(name) as never));
  const data: number[][] = outputs.map(() => []);
  for (const at of nd.coordinates(batch)) {
    const parts = arrays.map((x, k) => {
      const shape = x.shape.slice(batchOf(x, k).length);
      const wide = nd.broadcastTo(x, [...batch, ...shape]);
      const part = nd.build(shape, (inner) => nd.element(wide, [...at, ...inner]));
      return shape.length === 0 ? part.data[0] : nestedList(part);
    });
    const outs = core.map((shape) => nestedList(blank(shape.length === 0 ? [1] : shape)));
    call(kernel, ...parts, ...outs);
    outs.forEach((out, k) => data[k].push(...flatten(out)));
  }
  return core.map((shape, k) => ({ shape: [...batch, ...shape], data: data[k] }));
};

// ---- prange ----

/** Output arrays start as zeros; what the kernel returns, a number or a list of numbers, comes after them. */
export const plainPrange: Plain = (kernel, { outputs = 0, results }, args) => {
  const outs = results.slice(0, outputs).map(({ shape }) => nestedList(blank(shape)));
  const returned = call(kernel, ...args.map((x) => (typeof x === 'number' ? x : nestedList(x))), ...outs);
  return [
    ...outs.map((out, k) => ({ shape: results[k].shape, data: flatten(out) })),
    ...(returned === undefined ? [] : flatten(returned)).map((v) => ({ shape: [], data: [v] })),
  ];
};

// ---- the tests ----

/** Dtypes of output arrays: Numba's, with Weft's widths. */
export function dtypesOf(results: UfuncCase['results'], args: readonly (wf.WeftArray | number)[]): wf.DType[] {
  const float = args.some((a) => typeof a !== 'number' && a.dtype === 'float64') ? 'float64' : 'float32';
  const names = { bool: 'bool', int: 'int32', float } as const;
  return results.map(({ kind }) => names[kind]);
}

export interface UfuncSuite {
  readonly title: string;
  /** Of test/fixtures, and its group of cases. */
  readonly file: string;
  readonly group: string;
  readonly kernels: Readonly<Record<string, AnyKernel>>;
  readonly plain: Plain;
  /** The same by Weft; results in the order of the case's. */
  readonly weft: (kernel: AnyKernel, c: UfuncCase, args: readonly (wf.WeftArray | number)[]) => readonly wf.WeftArray[];
}

type File = Readonly<Record<string, readonly UfuncCase[]>> & { readonly arrays: readonly (EncodedArray & { name: string })[] };

/** WGSL's division is within 2.5 ULP, exp and pow are wider still; sums and products are as exact as elsewhere. */
const webgpuSlack = 4;

export function testUfuncs({ title, file, group, kernels, plain, weft }: UfuncSuite): void {
  const { arrays, [group]: cases } = loadFixture<File>(file);
  const named = new Map(arrays.map((a) => [a.name, a]));
  const encoded = (name: string): EncodedArray => named.get(name) ?? assert.unreachable(`no array ${name}`) as never;
  const test = suite(title);

  test('every kernel of the fixture has its JavaScript twin, and none is left over', () => {
    assert.equal([...new Set(cases.map((c) => c.kernel))].sort(), Object.keys(kernels).sort());
  });

  for (const c of cases) {
    const kernel = kernels[c.kernel];
    const dtypes = c.args.flatMap((a) => (typeof a === 'string' ? [encoded(a).dtype] : []));
    const check = (found: readonly { shape: readonly number[]; values: ArrayLike<number> }[], slack = 1): void => {
      assert.is(found.length, c.results.length, 'results');
      c.results.forEach((r, k) => {
        assert.equal([...found[k].shape], r.shape, `result ${k}: shape`);
        expectWithin(found[k].values, r, `result ${k}`, slack);
      });
    };
    test(`plain JavaScript: ${c.name}`, () => {
      const found = plain(kernel, c, c.args.map((a) => (typeof a === 'string' ? toNd(encoded(a)) : a)));
      check(found.map(({ shape, data }) => ({ shape, values: data })));
    });
    for (const target of targets) {
      if (!runsOn(target, ...dtypes)) continue;
      test(`${target}: ${c.name}`, async () => {
        const found = await computeAll(target, () => weft(kernel, c, c.args.map((a) => (typeof a === 'string' ? toWeft(encoded(a)) : a))));
        check(found, target === 'webgpu' ? webgpuSlack : 1);
        c.results.forEach((r, k) => r.kind === 'bool' && assert.is(found[k].dtype, 'bool'));
      });
    }
  }
  test.run();
}
