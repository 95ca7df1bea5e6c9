/** Types of arrays inside kernels that index them: what `x[i][j]`, `x.length` and `x.shape` are. */

/** Tells arrays that are read from arrays that are stored to, for the type checker only. */
declare const use: unique symbol;

/** An array of one axis that a kernel reads. */
export interface Vec {
  readonly [use]?: 'read';
  readonly length: number;
  readonly shape: readonly [number];
  readonly [i: number]: number;
}

/** An array of two axes that a kernel reads. */
export interface Mat {
  readonly [use]?: 'read';
  readonly length: number;
  readonly shape: readonly [number, number];
  readonly [i: number]: Vec;
}

/** An array of three axes that a kernel reads. */
export interface Tensor3 {
  readonly [use]?: 'read';
  readonly length: number;
  readonly shape: readonly [number, number, number];
  readonly [i: number]: Mat;
}

/** An array of one axis that a kernel stores to. */
export interface MutVec {
  readonly [use]?: 'stored';
  readonly length: number;
  readonly shape: readonly [number];
  [i: number]: number;
}

/** An array of two axes that a kernel stores to. */
export interface MutMat {
  readonly [use]?: 'stored';
  readonly length: number;
  readonly shape: readonly [number, number];
  readonly [i: number]: MutVec;
}

/** An array of three axes that a kernel stores to. */
export interface MutTensor3 {
  readonly [use]?: 'stored';
  readonly length: number;
  readonly shape: readonly [number, number, number];
  readonly [i: number]: MutMat;
}
