/** Kernels of arrays as the plain JavaScript functions that they are: called with nested lists. */
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { isFloat, type DType } from '../../src/dsl/dtype.ts';
import { coordinates, type Nd } from '../support/nd.ts';
import { nestedList } from '../support/numba-js.ts';
import { expectClose, type Tolerance } from '../support/targets.ts';

export type Arg = number | (Nd & { readonly dtype?: DType });

/** An array whose elements are `f` of their flat index. */
export const arrayOf = (shape: readonly number[], f: (flat: number) => number, dtype?: DType): Nd & { readonly dtype?: DType } =>
  ({ shape, data: coordinates(shape).map((_, flat) => f(flat)), ...(dtype && { dtype }) });

/** The argument as the library takes it. */
export const given = (a: Arg): wf.ArrayInput =>
  (typeof a === 'number' ? a : wf.array(a.data as number[], { dtype: a.dtype ?? 'float32', shape: a.shape }));

/** The argument as a plain function takes it: an array of its own every time, which may be stored to. */
export const listed = (a: Arg): unknown => (typeof a === 'number' ? a : a.shape.length === 0 ? a.data[0] : nestedList(a));

/** The numbers of nested lists, row-major. */
export const flat = (nested: unknown): number[] => (Array.isArray(nested) ? nested.flatMap(flat) : [Number(nested)]);

export interface Want {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
export interface Got {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly values: ArrayLike<number>;
}

/** Rounding to float32 of a few operations. */
const rounding: Tolerance = { ulp: 8 };

export function compare(got: readonly Got[], want: readonly Want[], label: string, close: Tolerance = rounding): void {
  assert.is(got.length, want.length, `${label}: results`);
  got.forEach(({ shape, dtype, values }, k) => {
    assert.equal([...shape], [...want[k].shape], `${label}: shape of result ${k}`);
    expectClose(values, want[k].values, { ...(isFloat(dtype) ? close : {}), label: `${label}, result ${k}` });
  });
}
