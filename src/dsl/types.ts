/** The dtype rules of `elementwise.ts` and `reducers.ts` once more, for the type checker: methods carry the dtype along. */
import type { WeftArray } from './array.ts';
import type { DType } from './dtype.ts';
import type { Axes } from './reduce.ts';

type Float = 'float32' | 'float64';

/** True when D is not known: the union of all dtypes. */
type Unspecified<D extends DType> = DType extends D ? true : false;

/** The dtype of `div`, `sqrt` and their like. */
export type Floating<D extends DType> = Unspecified<D> extends true ? Float : D extends 'float64' ? 'float64' : 'float32';

/** Two arrays: exact for floats, bool and equal dtypes; mixed integers are just some dtype. */
type Promote<A extends DType, B extends DType> =
  Unspecified<A> extends true ? DType : Unspecified<B> extends true ? DType
    : [A] extends [B] ? A
      : 'float64' extends A | B ? 'float64'
        : 'float32' extends A | B ? 'float32'
          : A extends 'bool' ? B : B extends 'bool' ? A : DType;

/** An array beside an operand: numbers are weak, but may turn integers into float32. */
type Meet<D extends DType, O> =
  O extends WeftArray<infer E> ? Promote<D, E>
    : O extends number ? (D extends Float ? D : D extends 'bool' ? 'int32' | 'float32' : D | 'float32')
      : O extends boolean ? D
        : O extends Float32Array ? Promote<D, 'float32'> : O extends Float64Array ? Promote<D, 'float64'> : DType;

/** `kind` is that of a rule in `elementwise.ts`. */
export type UnaryResult<Kind extends string, D extends DType> =
  Kind extends 'test' | 'logic' ? 'bool' : Kind extends 'float' ? Floating<D> : D;

export type BinaryResult<Rule extends string, D extends DType, O> =
  Rule extends 'compare' | 'logic' ? 'bool'
    : Rule extends 'float' ? Floating<Meet<D, O>>
      : Meet<D, O>;

/** Sums of narrow integers are 32 bits wide. The option `dtype` overrides this at run time, which the type does not follow. */
export type ReducedSum<D extends DType> =
  Unspecified<D> extends true ? DType : D extends 'bool' | 'int8' | 'int16' ? 'int32' : D extends 'uint8' | 'uint16' ? 'uint32' : D;

/** The axis among the options. */
export interface AxisOption { readonly axis?: Axes }
