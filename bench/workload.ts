/** What a benchmark is: one computation stated for Weft and in plain JavaScript. Peers state theirs in peers/, by its id. */
import type { WeftArray } from '../src/index.ts';

export type Values = ArrayLike<number>;

/** A typed array and the shape it stands for, row-major. */
export interface Tensor {
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** The largest difference from plain JS, relative to the largest value; or the share of cells that may take another value. */
export type Tolerance = { readonly largest: number } | { readonly share: number };

export interface Workload {
  /** How the command line and the peers name it. */
  readonly id: string;
  readonly name: string;
  readonly size: string;
  readonly tolerance: Tolerance;
  /** What the issue tracker promised: times plain JS at 2 threads. */
  readonly goal?: number;
  /** Runs only with --all, or when named. */
  readonly extra?: boolean;
  inputs(): readonly Tensor[] | Promise<readonly Tensor[]>;
  weft(inputs: readonly WeftArray[]): readonly WeftArray[];
  /** The oracle, and what a careful author would write without a library. */
  plainJs(inputs: readonly Tensor[]): readonly Values[];
  /** Other ways to write it, timed beside these. */
  readonly variants?: readonly ({ readonly name: string } & (Pick<Workload, 'weft'> | Pick<Workload, 'plainJs'>))[];
}

/** One way to compute a workload, ready to run any number of times. */
export interface Contender {
  readonly name: string;
  /** Computes once. One in another process tells its own time in milliseconds. */
  run(): Promise<number | void> | number | void;
  /** What it computes, for the check. */
  results(): Promise<readonly Values[]> | readonly Values[];
  close?(): Promise<void> | void;
}

export const tensor = (data: Float32Array, shape: readonly number[] = [data.length]): Tensor => ({ data, shape });

/** Plain JavaScript as a contender; it keeps what it computed last for the check. */
export function plainJs(name: string, workload: Pick<Workload, 'plainJs'>, inputs: readonly Tensor[]): Contender {
  let last: readonly Values[] = [];
  return {
    name,
    run: () => {
      last = workload.plainJs(inputs);
    },
    results: () => last,
  };
}
