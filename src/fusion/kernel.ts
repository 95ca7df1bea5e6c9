/**
 * What the planner hands to a target: kernels (structure, compiled once) and launches (sizes, strides and scalars, new at
 * every run). A kernel is one loop nest over a domain. Its code depends on nothing that a launch can say.
 */
import type { DType } from '../dsl/dtype.ts';
import type { Fn, Slot } from '../dsl/kernel/ir.ts';
import type { ReducerName } from '../dsl/reducers.ts';
import type { Shape } from '../dsl/shape.ts';

/**
 * `map`: results stored at every point. `reduce`: reduced over some axes. `contract`: a reduction that adds up the products of
 * two operands, each of which is the same along an axis that the other one walks; what targets do not do in a better way, they
 * do as a reduction. `nest`: the body's effects happen at every point, in no particular order between points; its outputs are
 * whole arrays.
 */
export type Schedule = 'map' | 'reduce' | 'contract' | 'nest';

/** Reduces body results over some axes of the domain. */
export interface Reduction {
  /** Sorted axes of the domain that are reduced; the others are kept and keep their order. */
  readonly axes: readonly number[];
  readonly terms: readonly Term[];
  /**
   * From the reduced values (`reduced` leaves, in the order of `terms`) to what is stored, once per kept point. Its reads
   * are at the current point, of inputs whose strides along reduced axes are 0; it has no coordinates and no `inside`.
   */
  readonly epilogue: Fn;
}

export interface Term {
  readonly reducer: ReducerName;
  /** Index into the body's results, which already have the reducer's accumulator dtype. */
  readonly value: number;
  /** A sum that is added up as it comes, without keeping what rounding loses. */
  readonly plain?: boolean;
}

export interface KernelOutput {
  readonly dtype: DType;
  /**
   * `body`: stored at every point of the domain. `epilogue`: stored at every kept point. `effects`: stored to by the body's
   * effects, output `result` of the body. All row-major and dense.
   */
  readonly from: 'body' | 'epilogue' | 'effects';
  /** Index into the results of that function, or into its outputs. */
  readonly result: number;
}

export interface Kernel {
  /** The fused expression, for people. */
  readonly name: string;
  readonly schedule: Schedule;
  /** Number of axes of the domain, at least 1. */
  readonly rank: number;
  /** Inputs and uniforms of body and epilogue together: both functions declare exactly these lists. */
  readonly inputs: readonly Slot[];
  readonly uniforms: readonly Slot[];
  readonly body: Fn;
  readonly reduction: Reduction | undefined;
  readonly outputs: readonly KernelOutput[];
  /** Products and sums may be rounded at once, by the target too (see `contracted`). */
  readonly fused?: boolean;
  /** Subnormal results are stored as 0, with their sign. */
  readonly flushes?: boolean;
  /** Equal keys compile to equal code. */
  readonly key: string;
}

/** How an input moves along the innermost axis of the domain: element by element, not at all, or by some other stride. */
export type InnerStride = 'unit' | 'zero' | 'strided';

/**
 * Where one input is: element `offset + sum of strides[k] * coord[k]` of the buffer in `slot`. Strides may be 0 or negative.
 * `coord` is the point of the domain, or for a whole input (`Slot.whole`) an index into it: then there are as many strides as
 * it has axes, and `sizes` are theirs.
 */
export interface Access {
  readonly slot: number;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly sizes?: readonly number[];
}

/** An output that is stored to by effects. */
export interface Stored {
  readonly sizes: readonly number[];
  /** Slot whose elements it starts with, dense, of the same dtype and length; undefined: it starts with zeros. */
  readonly initial: number | undefined;
}

/**
 * One run of a kernel. A domain may have sizes of 0: along a kept axis nothing happens, along a reduced axis the result is
 * the identity.
 */
export interface Launch {
  readonly kernel: Kernel;
  readonly domain: Shape;
  readonly inputs: readonly Access[];
  /** Part of the code's identity, with `kernel.key`. Of whole inputs: along their own last axis. */
  readonly inner: readonly InnerStride[];
  /** Slots of the outputs, in the kernel's order. One may also be that of an input, where `mayOverwrite` (in-place.ts) holds. */
  readonly outputs: readonly number[];
  /** Of a `nest`, per output. */
  readonly stored?: readonly Stored[];
  /** In the kernel's order, already rounded to their dtypes. */
  readonly uniforms: readonly number[];
  /** Identity of the code: `kernel.key` and `inner`. */
  readonly code: string;
  /** The launch that this one is but for its scalars: what a target works out for one, it has for the other. */
  readonly origin?: Launch;
}

/**
 * Consecutive launches that run side by side: a piece of the first, then what of the second can be computed from it, and so
 * on, so that a stage finds what it reads in cache. Pieces are runs of *units*. Cut in rows, each launch's points fall, in
 * row-major order, into `batch` times `units` runs of equal length. Cut in columns, a unit is all points of a batch that have
 * one coordinate along the last axis. Run one after the other, the launches give the same results.
 */
export interface Sweep {
  readonly kind: 'sweep';
  readonly cut: 'rows' | 'columns';
  readonly batch: number;
  /** Of the last stage; of columns the most that a stage has. */
  readonly units: number;
  /** Units go round: beyond the last one is the first again, and stages compute what they need of units beyond the ends. */
  readonly wraps: boolean;
  readonly stages: readonly Stage[];
  readonly privates: readonly Private[];
  /** As of launches. */
  readonly origin?: Sweep;
}

export interface Stage {
  readonly launch: Launch;
  /** In each batch. */
  readonly units: number;
  /** For units `a` up to `b` of the sweep this stage computes `a + lo` up to `b + hi`, as far as it has them; lo <= 0 <= hi. */
  readonly lo: number;
  readonly hi: number;
  /** It reduces over the units, which are rows: what it gives is complete after the sweep, and no stage reads it. */
  readonly terminal: boolean;
}

/** A slot that needs no buffer: nobody but stages of the sweep sees its values, and only near where they work. */
export interface Private {
  readonly slot: number;
  /** Stage that writes it. */
  readonly producer: number;
  /** Elements of a unit. */
  readonly length: number;
  /** Stages that read it, and which units for each of their own. */
  readonly consumers: readonly { readonly stage: number; readonly lo: number; readonly hi: number }[];
}

/**
 * Consecutive launches over the same axes that run as one, tile by tile: a stage computes the points of a tile and as many
 * around it as later stages need, which no other tile sees. Run one after the other, the launches give the same results.
 */
export interface Tile {
  readonly kind: 'tile';
  /** Sizes of the points that are cut into tiles, and of a tile. */
  readonly sizes: readonly number[];
  readonly shape: readonly number[];
  /** Axes beyond whose ends a stage has the points of the other end, once more; along others it has none there. */
  readonly wraps: readonly boolean[];
  readonly stages: readonly TileStage[];
  /** Slots that need no buffer. */
  readonly privates: readonly { readonly slot: number }[];
}

export interface TileStage {
  readonly launch: Launch;
  /** Its points along the axes of the tiles, and for each axis of its domain the first and the last that it stands for. */
  readonly sizes: readonly number[];
  readonly spans: readonly (readonly [first: number, last: number])[];
  /** Of the tile of points `a` up to `b` it computes `a + lo` up to `b + hi`. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  /** How far beyond its points it reads or asks, on either side: points that are farther inside meet no border. */
  readonly reach: readonly number[];
  /** For every input where it finds it: what an earlier stage left, or memory. */
  readonly reads: readonly (StageRead | undefined)[];
  /** For every output whether it goes to memory; what does not is for later stages. */
  readonly stored: readonly boolean[];
}

/** Point `p` reads what the stage left at `p + shift`, and around it. */
export interface StageRead {
  readonly stage: number;
  readonly output: number;
  readonly shift: readonly number[];
}

/** What a target runs at a time. */
export type Run = Launch | Together;

/**
 * Consecutive launches over the same rows that run as one, row by row: reductions of each row, and maps that need the results.
 * Run one after the other, the launches give the same results.
 */
export interface Rows {
  readonly kind: 'rows';
  /** There are `outer * inner` rows of `length` elements; those of one row are `inner` elements apart. */
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  /** Invocations for a row, and elements of it that workgroup memory has room for: 0 where rows are read again. */
  readonly team: number;
  readonly room: number;
  readonly stages: readonly RowStage[];
  /** Slots that need no buffer. */
  readonly privates: readonly { readonly slot: number }[];
}

export interface RowStage {
  readonly launch: Launch;
  /** Axes of its domain along outer, length and inner; undefined: it has one axis for all of them. */
  readonly axes: RowAxes | undefined;
  /** It has one point for each row. */
  readonly once: boolean;
  readonly reads: readonly (RowRead | undefined)[];
  /** For every output whether it goes to memory. */
  readonly stored: readonly boolean[];
  /** As of tiles: a row needs no other one. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

export interface RowAxes {
  readonly outer: readonly number[];
  readonly length: readonly number[];
  readonly inner: readonly number[];
}

/** `left`: by an earlier stage, for the row or for each of its elements. `kept`: an array whose row is kept once it is read. */
export type RowRead =
  | { readonly kind: 'left'; readonly stage: number; readonly output: number; readonly once: boolean }
  | { readonly kind: 'kept'; readonly slot: number };

/** Launches that run as one. */
export type Together = Sweep | Tile | Rows;

export const launchesOf = (run: Run): readonly Launch[] => ('stages' in run ? run.stages.map((s) => s.launch) : [run]);

/** A buffer of a run. Inputs and outputs belong to nodes of the graph; scratch lives for the run only. */
export interface BufferSlot {
  /** `private`: there is no buffer, see `Private`. */
  readonly role: 'input' | 'output' | 'scratch' | 'private';
  readonly dtype: DType;
  /** Elements (for scratch shared by several intermediates: enough for the largest). */
  readonly length: number;
  readonly bytes: number;
}

/** Slots from here on are virtual: a loop binds them anew in each step. */
export const VIRTUAL = 2 ** 20;

/** Repeats its body; the buffers in which the states live rotate, see `unroll`. */
export interface LoopStep {
  readonly kind: 'loop';
  readonly count: number;
  readonly body: readonly Step[];
  /**
   * Per state: the slot its body reads (`state`, a virtual slot that is bound anew each step), the slot of its initial
   * value, and where the next value comes from: a virtual slot that the body writes, or another state's slot.
   */
  readonly states: readonly { readonly state: number; readonly initial: number; readonly next: number }[];
  /** Physical slots that states may occupy, enough for one step to read the old ones and write the new ones. */
  readonly pool: readonly number[];
  /** Virtual slots that the body writes for the next step. Outside the loop a `state` slot stands for its last value. */
  readonly results: readonly number[];
}

export interface LaunchStep {
  readonly kind: 'launch';
  readonly launch: Launch;
}

export type Step = LaunchStep | LoopStep;

/** `staged`: a kernel of its own, whose result is never in memory as a whole: its readers run beside it. */
export type Verdict = 'fused' | 'recomputed' | 'staged' | 'materialised' | 'merged';

/** One decision about one edge of the graph: what `explain()` prints. */
export interface Decision {
  readonly producer: string;
  readonly consumer: string;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Bytes that no longer go through memory; 0 when the verdict is `materialised`. */
  readonly bytesSaved: number;
  /** Adds done more than once. */
  readonly extraFlops: number;
}
