/** Kernel functions: plain JavaScript functions, parsed from their own source text and lowered to `Fn`. */
import type { DType } from '../dtype.ts';
import { InternalError } from '../../errors.ts';
import type { Fn } from './ir.ts';

export type KernelFunction = (...args: never[]) => unknown;

export interface KernelParam {
  /** `array`: read by calls, `u(-1, 0)`. `scalar`: used by name; the element at the current point. */
  readonly kind: 'array' | 'scalar';
  readonly dtype: DType;
}

export interface KernelOptions {
  readonly rank: number;
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Names the kernel in errors when the function itself has no name: 'stencil', 'vectorize'. */
  readonly label: string;
}

/** One relative read of an array parameter, whether its value is used or not. */
export interface KernelRead {
  readonly input: number;
  readonly offset: readonly number[];
}

export interface LoweredKernel {
  readonly fn: Fn;
  readonly reads: readonly KernelRead[];
}

/** What can be said of a kernel before the dtypes of its arguments are known. */
export interface KernelShape {
  readonly params: readonly {
    readonly name: string;
    /** Number of indices in the calls of this parameter; undefined: it is never called, so it is a scalar. */
    readonly indices: number | undefined;
  }[];
}

export function kernelShape(_f: KernelFunction, _label?: string): KernelShape {
  throw new InternalError('not written yet');
}

/** The function with its reads; dead reads count, as in Numba. */
export function lowerKernel(_f: KernelFunction, _params: readonly KernelParam[], _options: KernelOptions): LoweredKernel {
  throw new InternalError('not written yet');
}

export const kernelFn = (f: KernelFunction, params: readonly KernelParam[], options: KernelOptions): Fn =>
  lowerKernel(f, params, options).fn;

/** Per input, the smallest and largest offset read along each axis (0 is always included). */
export function neighborhoodOf(_kernel: LoweredKernel): { lo: number[]; hi: number[] }[] {
  throw new InternalError('not written yet');
}
