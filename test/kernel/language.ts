/** Kernels that compute what the same function computes when it is called with numbers, on every target. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { dtypes, isFloat, type DType } from '../../src/dsl/dtype.ts';
import { computeAll } from '../support/compute.ts';
import { computes, expectClose, targets, type Tolerance } from '../support/targets.ts';

/** A kernel of scalars, as the compiler takes it; cases are written with their own types. */
export type Kernel = (...args: never[]) => unknown;
type Plain = (...args: (number | boolean)[]) => unknown;

/** Values of one parameter; without a dtype of their own they have the case's. */
export type Column = readonly number[] | { readonly dtype: DType; readonly values: readonly number[] };

export interface Options {
  /** One per parameter. Default: numbers of all kinds that fit the dtype. */
  readonly inputs?: readonly Column[];
  /** Of the inputs; default float32. */
  readonly dtype?: DType;
  readonly constants?: Readonly<Record<string, unknown>>;
  /** The dtypes of the results. */
  readonly gives?: DType | readonly DType[];
  /** WGSL may take floats for finite numbers: kernels that look for more are not for WebGPU. */
  readonly special?: boolean;
  /** How far floats may be off; integers and bools never are. Default: rounding to float32. */
  readonly close?: Tolerance;
}

export interface Case extends Options {
  readonly name: string;
  readonly f: Kernel;
}

export const kernel = (name: string, f: Kernel, options: Options = {}): Case => ({ name, f, ...options });

/** Floats whose sums and products are exact in float32, then what is special. The length is no multiple of the lanes. */
const floats: readonly (readonly number[])[] = [
  [-3, -1, -0.5, 0, 0.5, 1, 2, 3, 7, NaN, Infinity, -Infinity, 100, -0.25, 4.75, 1.5, -2.5, 6, -7],
  [2, -2, 5, 0, 1, 4, -1, 3, 2, 1, 1, 2, 0.5, 8, 2, NaN, 1.5, Infinity, 3],
  [1, 0, 0, 1, -1, 2, -2, 0.5, 1, 0, 1, 0, 3, -3, 2, 1, 0.25, -0.5, 5],
];
const integers: readonly (readonly number[])[] = [
  [-3, -1, 0, 1, 2, 3, 7, 12, 100, -7, -100, 1000, 5, 4, 6, 8, 27, -2, 97],
  [2, -2, 5, 0, 1, 4, -1, 3, 2, 1, 1, 2, -5, 8, 2, 7, 10, -4, 3],
  [1, 0, 0, 1, -1, 2, -2, 5, 1, 0, 1, 0, 3, -3, 2, 1, 25, -5, 5],
];
const samples = (dtype: DType, k: number): readonly number[] => {
  if (isFloat(dtype)) return floats[k];
  if (dtype === 'bool') return integers[k].map((v) => Math.abs(v) % 2);
  return dtypes[dtype].kind === 'uint' ? integers[k].map(Math.abs) : integers[k];
};

/** The inputs of a case. */
export function columnsOf({ f, inputs, dtype = 'float32' }: Case): readonly { readonly dtype: DType; readonly values: readonly number[] }[] {
  if (!inputs) return Array.from({ length: f.length }, (_, k) => ({ dtype, values: samples(dtype, k) }));
  return inputs.map((c) => ('dtype' in c ? c : { dtype, values: c }));
}

/** What plain JavaScript gives: one list per result. */
export function expected(c: Case): number[][] {
  const columns = columnsOf(c);
  const rows = columns[0].values.map((_, k) => columns.map(({ values, dtype }) => (dtype === 'bool' ? values[k] !== 0 : values[k])));
  const results = rows.map((args) => (c.f as unknown as Plain)(...args)).map((r) => (Array.isArray(r) ? r as unknown[] : [r]));
  return results[0].map((_, j) => results.map((r) => Number(r[j])));
}

type ArrayFunction = (...args: wf.WeftArray[]) => wf.WeftArray | wf.WeftArray[];

/** What the kernel gives, as arrays. */
export const applied = (c: Case, f = c.f): wf.WeftArray[] => {
  const columns = columnsOf(c).map(({ values, dtype }) => wf.array(values as number[], { dtype }));
  const call = wf.vectorize(f as (...args: unknown[]) => unknown, { constants: c.constants }) as unknown as ArrayFunction;
  return [call(...columns)].flat();
};

export interface Result {
  readonly values: ArrayLike<number>;
  readonly dtype: DType;
}

const rounding: Tolerance = { ulp: 8 };

/** Compares what was computed with plain JavaScript. */
export function check(c: Case, results: readonly Result[], label: string): void {
  const want = expected(c);
  assert.is(results.length, want.length, `${label}: results`);
  if (c.gives !== undefined) assert.equal(results.map((r) => r.dtype), [c.gives].flat(), `${label}: dtypes`);
  results.forEach(({ values, dtype }, k) => {
    const close = isFloat(dtype) ? c.close ?? rounding : {};
    expectClose(values, want[k], { ...close, label: `${label}, result ${k}` });
  });
}

/** A test per kernel. */
export function language(title: string, cases: readonly Case[]): void {
  const test = suite(title);
  const names = cases.map((c) => c.name);
  test('no name is used twice', () => assert.is(new Set(names).size, names.length));
  for (const c of cases) {
    test(c.name, async () => {
      const wide = columnsOf(c).some(({ dtype }) => dtype === 'float64');
      for (const target of targets) {
        if ((wide && !computes(target, 'float64')) || (c.special && target === 'webgpu')) continue;
        check(c, await computeAll(target, () => applied(c)), target);
      }
    });
  }
  test.run();
}
