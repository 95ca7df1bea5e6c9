/** What a target is: the only thing the runtime knows about a device. `registerTarget` adds one. */
import type { DType, TypedArray } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import type { Value } from '../dsl/kernel/ir.ts';
import type { BufferSlot, Launch, Run, Together } from '../fusion/kernel.ts';
import type { SweepLimits } from '../fusion/sweep/form.ts';
import type { TileLimits } from '../fusion/sweep/tile-shape.ts';

/** What the planner weighs. Costs are in units of one add on one element. */
export interface CostProfile {
  /** Writing one 4-byte element to memory and reading it back. */
  readonly memoryRoundTrip: number;
  /** Starting one kernel. */
  readonly launch: number;
  /** Most buffers (inputs and outputs) a kernel may have. */
  readonly maxBuffers: number;
  /** Most bytes of one buffer. */
  readonly maxBufferBytes: number;
  /** Most elements of one buffer; missing: as many as it has room for. */
  readonly maxElements?: number;
  /** Relative reads of one stencil beyond which loops are better than long code; none by default. */
  readonly mostReads?: number;
  /** A product and a sum are one instruction, and may be rounded at once (see `contracted`). */
  readonly fuseMultiplyAdd?: boolean;
  /** Subnormal results are stored as 0. */
  readonly flushSubnormals?: boolean;
  /** The target runs sweeps; missing: it wants single launches. */
  readonly sweeps?: SweepLimits;
  /** The target runs tiles: what they may take. */
  readonly tiles?: Pick<TileLimits, 'memory' | 'depth'>;
}

/** Memory of a target. Opaque to everyone else. */
export interface DeviceBuffer {
  readonly bytes: number;
}

/** One evaluation: runs in order over the buffers of their slots. */
export interface Job {
  readonly slots: readonly BufferSlot[];
  /** By slot; there is none where a slot is private. */
  readonly buffers: readonly DeviceBuffer[];
  readonly runs: readonly Run[];
  /** Given where every launch is to be timed; a target that cannot do that leaves it alone. Called once, before `run` ends. */
  readonly measure?: (measured: Measurement) => void;
}

/** What a job took. */
export interface Measurement {
  /** Of every run of the job, in order. */
  readonly milliseconds: readonly number[];
  /** How it was measured, for people. */
  readonly clock: string;
  /** When every run began, in milliseconds of a clock that is `behind` milliseconds behind `performance.now()`, or less. */
  readonly starts?: readonly number[];
  /** Missing: it is that clock. */
  readonly behind?: number;
  /** Milliseconds that were spent on programs which were new, before anything ran. */
  readonly compiling?: number;
  /** Threads that the target might use. */
  readonly threads?: number;
  /** Of every run: threads that took part, or workgroups. */
  readonly workers?: { readonly of: 'threads' | 'workgroups'; readonly counts: readonly number[] };
  /** Of every run: when threads took part; the calling one did all the time. */
  readonly parts?: readonly (readonly { readonly thread: number; readonly start: number; readonly milliseconds: number }[])[];
}

/** How a sweep is run, for people. */
export interface SweepDescription extends Omit<LaunchDescription, 'hoisted'> {
  /** Units of a piece. */
  readonly piece: number;
}

/** How a launch is run, for people. */
export interface LaunchDescription {
  readonly code: string;
  /** A line for each call or dispatch. */
  readonly layout: string;
  /** Threads or workgroups. */
  readonly workers?: string;
  /** Milliseconds that it may take, by the target's own reckoning. */
  readonly estimate?: number;
  /** Values of the body that are computed once per row, or once altogether, instead of at every point. */
  readonly hoisted?: readonly Value[];
}

interface TargetBase {
  readonly name: string;
  /** One line for people: engine, adapter, threads. */
  describe(): string;
  /** undefined when the dtype is computed here, else why not and what to do instead. */
  refuses(dtype: DType): string | undefined;
  /** The device is simulated on the CPU: `auto` does not choose it. */
  readonly software?: boolean;
  /** Why options cannot change to these while it runs, and what to do; undefined where they can. */
  objects?(options: TargetOptions): string | undefined;
  /** Options changed; from the next run on they hold. */
  configure?(options: TargetOptions): void;
  close(): Promise<void>;
}

/** Bytes of a target. */
export interface MemoryUse {
  /** In buffers that are in use. */
  readonly used: number;
  /** That buffers may have together. */
  readonly limit: number;
  /** Taken from the system so far: what is free of it is used again. */
  readonly capacity?: number;
  /** The most that `used` has been. */
  readonly peak?: number;
}

/** Executes plans. */
export interface PlanTarget extends TargetBase {
  readonly kind: 'plan';
  readonly profile: CostProfile;
  /** Bytes that all buffers have and may have together; missing: nobody knows. */
  memory?(): MemoryUse;
  /** How there could be more, for messages. */
  readonly moreMemory?: string;
  /** Contents are undefined. Throws OutOfMemoryError and changes nothing when there is no room. */
  allocate(bytes: number): DeviceBuffer;
  /** May come after `close`. */
  release(buffer: DeviceBuffer): void;
  /** False when the contents are gone, with a device that was lost. Missing: they never are while the target runs. */
  alive?(buffer: DeviceBuffer): boolean;
  upload(buffer: DeviceBuffer, data: TypedArray): void;
  /**
   * The memory of a buffer itself, where threads of JavaScript share it: values from outside are written there, and read
   * without a copy. Stays what it is when the memory grows, and after `close`, until the buffer is released.
   */
  view?(buffer: DeviceBuffer, dtype: DType, length: number): TypedArray;
  run(job: Job): Promise<void>;
  /** Only where results can be had without waiting for the event loop. */
  runSync?(job: Job): void;
  read(buffer: DeviceBuffer, dtype: DType, length: number): Promise<TypedArray>;
  readSync?(buffer: DeviceBuffer, dtype: DType, length: number): TypedArray;
  /** The generated code as text, and how it would be launched. */
  explain(launch: Launch): LaunchDescription;
  /** The same of launches that run side by side, where the target runs sweeps. */
  explainSweep?(sweep: Together, slots: readonly BufferSlot[]): SweepDescription;
  /** Number of programs compiled so far. */
  readonly compilations: number;
}

/** Evaluates the graph itself, node by node: the reference. */
export interface GraphTarget extends TargetBase {
  readonly kind: 'graph';
  /** `data` gives the values of sources and of nodes that are resident. */
  evaluate(roots: readonly Expr[], data: (e: Expr) => TypedArray | undefined): TypedArray[];
}

export type Target = PlanTarget | GraphTarget;

export interface TargetFactory {
  readonly name: string;
  /** Throws TargetError with what is missing and how to get it when the target is not available here. */
  create(options: TargetOptions): Target | Promise<Target>;
  /** Whether `create` answers at once (needed for `dataSync`). */
  readonly sync: boolean;
}

export interface TargetOptions {
  /** CPU threads; undefined means all. */
  readonly threads?: number;
  /** `fast` uses what the device has, `portable` the same math library everywhere. */
  readonly math?: 'fast' | 'portable';
  readonly subnormals?: 'keep' | 'flush';
  /** Bytes that memory of the CPU may grow to; 4 GiB by default. */
  readonly memoryLimit?: number;
  /** Vectors of 256 bits on the CPU, where they can be had and pay. */
  readonly wide?: boolean;
}
