/** What a benchmark is: one computation stated for Weft and for each peer that can express it. */

export type Values = ArrayLike<number>;

/** One way to compute it, ready to run any number of times; resolves to the result for the check. */
export interface Contender {
  readonly name: string;
  run(): Promise<Values> | Values;
  close?(): Promise<void> | void;
}

export interface Workload {
  readonly name: string;
  readonly size: string;
  /** Largest difference from plain JS, relative to the largest value. */
  readonly tolerance: number;
  /** What the issue tracker promised: times plain JS at 2 threads. */
  readonly goal?: number;
  /** Contenders; the first is plain JS, the oracle. Undefined entries could not be built here. */
  contenders(): Promise<readonly Contender[]>;
}
