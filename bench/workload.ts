/** What a benchmark is: one computation stated for Weft, in plain JavaScript, and for whichever peers can express it. */
import type { EvaluateOptions, Options, WeftArray } from '../src/index.ts';
import type { GpuJsProgram } from './peers/gpujs.ts';
import type { JaxProgram } from './peers/jax.ts';
import type { NumpyProgram } from './peers/numpy.ts';
import type { TfjsProgram } from './peers/tfjs.ts';

export type Values = ArrayLike<number>;

/** A typed array and the shape it stands for, row-major. */
export interface Tensor {
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** The largest difference from plain JS, relative to the largest value; or the share of cells that may take another value. */
export type Tolerance = { readonly largest: number } | { readonly share: number };

/** Sizes and counts of a workload, by name; C and Numba get them, too. */
export type Parameters = Readonly<Record<string, number>>;

export const GROUPS = ['maps', 'reductions', 'rows', 'stencils', 'steps', 'learning', 'order', 'matrices'] as const;
export type Group = (typeof GROUPS)[number];

export const SIZES = ['full', 'small'] as const;
export type Size = (typeof SIZES)[number];

export type Arrays = readonly WeftArray[];

/** `P` are its parameters. Methods and not properties: so a workload of any parameters is one of `Parameters`. */
export interface Workload<P extends Parameters = Parameters> {
  /** How the command line, native/*.c and numba/*.py name it. */
  readonly id: string;
  readonly group: Group;
  readonly name: string;
  /** `full` is timed; `small` is for checks, and the tests of the benchmarks. */
  readonly sizes: Readonly<Record<Size, P>>;
  /** In words, for the tables. */
  size(p: P): string;
  readonly tolerance: Tolerance;
  /** How many times as fast Weft is meant to be at 2 threads, by the name of a contender. */
  readonly goals?: Readonly<Record<string, number>>;
  /** Runs only with --all, or when named. */
  readonly extra?: boolean;
  inputs(p: P): readonly Tensor[] | Promise<readonly Tensor[]>;
  weft(inputs: Arrays, p: P): Arrays | Promise<Arrays>;
  /** The oracle, and what a careful author would write without a library. */
  plainJs(inputs: readonly Tensor[], p: P): readonly Values[];
  /** Other ways to write it, timed beside these. */
  readonly variants?: readonly Variant<P>[];
  readonly peers?: Programs<P>;
}

/** How the peers in this process write a workload. C and Numba have theirs in native/ and numba/, under its id. */
export interface Programs<P extends Parameters = Parameters> {
  gpuJs?: GpuJsProgram<P>['program'];
  jax?: JaxProgram<P>['program'];
  tfjs?: TfjsProgram<P>['program'];
  numpy?: NumpyProgram<P>['program'];
}

/** Plain JavaScript, if it says how; otherwise Weft, with another program or other options. */
export interface Variant<P extends Parameters> extends Partial<Pick<Workload<P>, 'weft' | 'plainJs'>> {
  readonly name: string;
  readonly options?: EvaluateOptions;
  /** Options of the library while it runs. */
  readonly configured?: Partial<Options>;
}

/** The same program with a loop for every operation. */
export const UNFUSED = { name: 'weft cpu, unfused', options: { fusion: { max: 0 } } } as const;

/** Vectors of 256 bits where they pay. */
export const WIDE = { name: 'weft cpu, wide', configured: { wide: true } } as const;

/** A workload; that it is one of `Parameters` is what this says. */
export const workload = <P extends Parameters>(w: Workload<P>): Workload => w;

/** A workload at a size, with its inputs made. */
export interface Job {
  readonly workload: Workload;
  readonly parameters: Parameters;
  readonly inputs: readonly Tensor[];
}

export async function jobOf(w: Workload, size: Size): Promise<Job> {
  const parameters = w.sizes[size];
  return { workload: w, parameters, inputs: await w.inputs(parameters) };
}

/** One way to compute a workload, ready to run any number of times. */
export interface Contender {
  /** Whose it is: Weft's, plain JavaScript's or a peer's name. Reports have a column for each. */
  readonly of: string;
  readonly name: string;
  /** Computes once. One in another process tells its own time in milliseconds. */
  run(): Promise<number | void> | number | void;
  /** What it computes, for the check. */
  results(): Promise<readonly Values[]> | readonly Values[];
  /** The process that computes, where it is another one; it is ready to compute then. */
  process?(): Promise<number>;
  close?(): Promise<void> | void;
}

export const PLAIN_JS = 'plain JS', WEFT = 'weft';

export const tensor = (data: Tensor['data'], shape: readonly number[] = [data.length]): Tensor => ({ data, shape });

/** Plain JavaScript as a contender; it keeps what it computed last for the check. */
export function plainJs(name: string, { plainJs: compute }: Pick<Workload, 'plainJs'>, { inputs, parameters }: Job): Contender {
  let last: readonly Values[] = [];
  return {
    of: PLAIN_JS, name,
    run: () => {
      last = compute(inputs, parameters);
    },
    results: () => last,
  };
}
