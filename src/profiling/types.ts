/** What `wf.profile` gives. Times are in milliseconds, and count from the start of the profile. */
import type { Phase } from './recorder.ts';

/** One run of a kernel, or of several that run side by side. */
export interface RunProfile {
  /** Index into `evaluations`. */
  readonly evaluation: number;
  readonly target: string;
  /** What it computes, as `explain()` has it. */
  readonly name: string;
  /** `sweep`, `tile`, `rows`: several kernels side by side, see `SweepReport`. */
  readonly kind: 'launch' | 'sweep' | 'tile' | 'rows';
  /** What it loops over; of several kernels, the last one. */
  readonly domain: readonly number[];
  readonly start: number;
  readonly milliseconds: number;
  /** Moved: each element that is touched counted once. */
  readonly bytes: number;
  /**
   * Operations of arithmetic, in any dtype. A function such as `exp` counts as several: 20 to 45. Missing where it depends on
   * values how many there are, as in a loop that ends when it has converged.
   */
  readonly flops?: number;
  /** GB/s. Missing where it took no time that could be measured. */
  readonly bandwidth?: number;
  /** GFLOP/s. */
  readonly gflops?: number;
  /** That took part, at the most at once. */
  readonly threads?: number;
  readonly workgroups?: number;
  /** Of threads besides the calling one, which is there all the time. Missing where nobody knows. */
  readonly parts?: readonly PartProfile[];
}

/** When a thread took part in a run. */
export interface PartProfile {
  readonly thread: number;
  readonly start: number;
  readonly milliseconds: number;
}

/** All runs of a kernel over one domain. */
export interface KernelProfile extends Omit<RunProfile, 'evaluation' | 'start' | 'parts'> {
  readonly calls: number;
  /** Of the time of all kernels, from 0 to 1. */
  readonly share: number;
  /** Missing where it took no time that could be measured, and without limits. */
  readonly roofline?: Roofline;
}

/** How near a kernel is to what its target can do: 1 is all of it. */
export interface Roofline {
  /** Of the bandwidth. More than 1: it found in a cache what the limit has to fetch from memory. */
  readonly memory: number;
  /** Of the arithmetic; missing where the operations are not known. */
  readonly compute?: number;
  /** How much of its time is what a run costs that does nothing. */
  readonly launch: number;
  /**
   * The nearest of them. Where the operations are not known, and neither of the others makes up half of the time, what is left:
   * `compute`. `cache`: the bandwidth it is held against is that of a cache, as it moves little.
   */
  readonly bound: 'memory' | 'cache' | 'compute' | 'launch';
}

/** What a target can do with so many threads, measured. */
export interface Limits {
  readonly target: string;
  readonly threads?: number;
  /** GB/s of memory. */
  readonly bandwidth: number;
  /** GB/s of runs that move no more than `cacheBytes`. */
  readonly cacheBandwidth: number;
  readonly cacheBytes: number;
  /** GFLOP/s. */
  readonly gflops: number;
  /** GFLOP/s of float64; missing where there is none. */
  readonly gflops64?: number;
  /** Milliseconds of a run that does next to nothing. */
  readonly launch: number;
  /** How this was measured, for people. */
  readonly how: string;
}

/** A stretch of the host's time. */
export interface PhaseProfile {
  readonly phase: Phase;
  readonly start: number;
  readonly milliseconds: number;
  /** Uploaded, or read. */
  readonly bytes?: number;
}

/** One evaluation, or one read of what was evaluated. */
export interface EvaluationProfile {
  readonly does: 'evaluate' | 'read';
  /** Missing of a read, and of an evaluation that failed. */
  readonly target?: string;
  readonly start: number;
  readonly milliseconds: number;
  /** One after the other. */
  readonly phases: readonly PhaseProfile[];
  /** How its runs were timed; missing where nothing ran, and on targets that do not measure. */
  readonly clock?: string;
}

/** An event of the Trace Event Format. Times are in microseconds. */
export interface TraceEvent {
  readonly name: string;
  /** `X`: from `ts` for `dur`. `M`: the name of a process or a track. */
  readonly ph: 'X' | 'M';
  readonly cat?: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
}

export interface ProfileOptions {
  /** Measure what the targets can do, to compare with; once for each, under half a second. Default true. */
  readonly limits?: boolean;
}

export interface Profile<T = unknown> {
  /** What the function gave. */
  readonly result: T;
  /** From the start of the function until all evaluations it began had ended. */
  readonly milliseconds: number;
  readonly evaluations: readonly EvaluationProfile[];
  /** In order of their start. */
  readonly runs: readonly RunProfile[];
  /** Those that took longest first. */
  readonly kernels: readonly KernelProfile[];
  /** Of the targets that ran; of the CPU measured when first looked at, here, in `kernels` or in the table. */
  readonly limits: readonly Limits[];
  /** The table. */
  toString(): string;
  /** All of it as data, less `result`. */
  toJSON(): object;
  /**
   * Everything on tracks of time, in the Trace Event Format that chrome://tracing and ui.perfetto.dev load: as an object, whose
   * `toString` is the text of the file.
   */
  trace(): Trace;
}
