/** What `explain({ format: 'json' })` returns: a plan as data. Kernels and sweeps are named by their index in these lists. */
import type { DType } from './dtype.ts';

/** Memory that is written or read by kernels: an array of the user's, an intermediate, a result. */
export interface BufferReport {
  /** As in the expressions of kernels. */
  readonly name: string;
  /** `state`: of a time loop. `cache`: it is never in memory as a whole, see `SweepReport`. */
  readonly role: 'input' | 'result' | 'intermediate' | 'state' | 'cache';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Kernels. */
  readonly writtenBy: readonly number[];
  readonly readBy: readonly number[];
}

/** Measured with `profile: true`. */
export interface Times {
  /** Of all launches together. */
  readonly milliseconds: number;
  /** Bytes moved in that time, in GB/s. */
  readonly bandwidth: number;
}

export interface KernelReport {
  /** The fused expression in the user's names. */
  readonly expression: string;
  /** The operations that it computes. */
  readonly covers: readonly string[];
  readonly schedule: string;
  readonly domain: readonly number[];
  readonly inputs: number;
  readonly outputs: number;
  /** How often it runs. */
  readonly launches: number;
  /** Per launch: each element that is touched counted once. */
  readonly bytes: number;
  /** Per launch, if every node were a loop of its own. */
  readonly bytesUnfused: number;
  /** What is computed once for a row of the domain, or once altogether, instead of at every point. */
  readonly hoisted: readonly string[];
  /** Threads or workgroups. */
  readonly workers?: string;
  /** How it is cut for them. */
  readonly layout?: string;
  /** Milliseconds that a launch may take, by the target's reckoning. */
  readonly estimate?: number;
  /** With `code: true`. */
  readonly code?: string;
  readonly measured?: Times;
  /** So many of its launches are stages of sweeps; `measured` is of the others. */
  readonly swept: number;
}

/** Launches that run side by side, piece by piece along one axis, so that one finds in cache what another has left there. */
export interface SweepReport {
  /** `tile`: by tiles of several axes, in workgroup memory. `rows`: rows are reduced, and maps need the results. */
  readonly kind: 'sweep' | 'tile' | 'rows';
  /** In order, once for each stage. */
  readonly stages: readonly number[];
  /** How often it runs. */
  readonly runs: number;
  /** Of a sweep: whether it is cut in rows or planes, or in columns, along the last axis. */
  readonly cut?: 'rows' | 'columns';
  /** What the pieces are cut from: rows, planes or columns, of the last stage. */
  readonly units: number;
  /** The most units before and behind a piece that a stage computes for later ones. */
  readonly halo: readonly [before: number, behind: number];
  /** Buffers that exist in cache only. */
  readonly privates: number;
  /** Per run. */
  readonly bytes: number;
  /** Units of a piece. */
  readonly piece?: number;
  readonly workers?: string;
  readonly layout?: string;
  /** Milliseconds that a run may take. */
  readonly estimate?: number;
  readonly code?: string;
  readonly measured?: Times;
}

/** A time loop. */
export interface LoopReport {
  readonly count: number;
  readonly states: number;
  /** Kernels of its body. */
  readonly kernels: readonly number[];
  /** What no step changes: computed once, before. */
  readonly invariant: readonly string[];
}

/** A node of the program as a loop of its own: what the plan was made from. */
export interface NodeReport {
  readonly expression: string;
  readonly shape: readonly number[];
  /** That it would move. */
  readonly bytes: number;
  /** Where it is computed now. */
  readonly kernels: readonly number[];
}

/** One decision about one edge of the graph. */
export interface DecisionReport {
  readonly producer: string;
  readonly consumer: string;
  /** `staged`: it has a kernel of its own, and is in cache or workgroup memory until its readers have had it. */
  readonly verdict: 'fused' | 'recomputed' | 'staged' | 'materialised' | 'merged';
  readonly reason: string;
  /** Bytes that no longer go through memory; 0 when the verdict is `materialised`. */
  readonly bytesSaved: number;
  /** Adds done more than once. */
  readonly extraFlops: number;
}

/**
 * `inline`: computed where it is used. `merge`: two loops are one. `epilogue`: a loop became the end of a reduction. `sweep`:
 * kernels run side by side.
 */
export interface FusionReport {
  readonly kind: 'inline' | 'merge' | 'epilogue' | 'sweep';
  readonly producer: string;
  readonly consumer: string;
}
export interface RefusalReport extends FusionReport { readonly reason: string }

export interface PlanReport {
  /** Where it runs, or ran. */
  readonly target?: { readonly name: string; readonly description: string };
  readonly kernels: readonly KernelReport[];
  readonly sweeps: readonly SweepReport[];
  readonly loops: readonly LoopReport[];
  readonly buffers: readonly BufferReport[];
  readonly launches: number;
  readonly bytes: number;
  readonly bytesUnfused: number;
  /** Bytes of memory besides inputs and results. */
  readonly scratch: number;
  /** The most bytes that are allocated at once for the plan, its inputs and results included. */
  readonly peakBytes: number;
  readonly before: readonly NodeReport[];
  readonly decisions: readonly DecisionReport[];
  /** In planning order: `fusion: { max: n }` makes the first n. */
  readonly fusions: readonly FusionReport[];
  readonly refusals: readonly RefusalReport[];
  /** After an evaluation with `profile: true`. */
  readonly measured?: Times & { /** How. */ readonly clock: string };
}
