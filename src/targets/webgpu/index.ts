/** The WebGPU target: runs plans as WGSL compute shaders. */
import { OutOfMemoryError, TargetError, WeftError } from '../../errors.ts';
import { dtypes, type TypedArray } from '../../dsl/dtype.ts';
import { libraryFn } from '../../dsl/kernel/math/index.ts';
import type { Run } from '../../fusion/kernel.ts';
import type { CostProfile, DeviceBuffer, Job, Measurement, PlanTarget, TargetOptions } from '../target.ts';
import { describeLaunch, describeTogether } from './describe.ts';
import { describeAdapter, findGpu, isSoftware, messageOf } from './device.ts';
import type { EmitOptions } from './module.ts';
import type { Program } from './pipelines.ts';
import { connect, type Session } from './session.ts';
import { partsOf, type Dispatch } from './submit.ts';

/** Memory on the device. `gpu` is undefined only between the loss of a device and the next call. */
export interface WebGpuBuffer extends DeviceBuffer {
  readonly gpu: GPUBuffer | undefined;
}

export interface WebGpuTarget extends PlanTarget {
  readonly device: GPUDevice;
  /** Goes up when the device is lost. */
  readonly epoch: number;
  /** False when the buffer's contents went with a lost device. */
  alive(buffer: DeviceBuffer): boolean;
  /** Makes sure of a device, after a loss a new one; buffers of before stay lost. */
  ready(): Promise<void>;
  /** Wraps a buffer of `device` that belongs to the caller (usage STORAGE | COPY_SRC | COPY_DST); `release` leaves it alone. */
  adopt(buffer: GPUBuffer, bytes: number): WebGpuBuffer;
  /** The GPUBuffer behind a buffer of this target. */
  gpuBuffer(buffer: DeviceBuffer): GPUBuffer;
}

interface Owned {
  readonly bytes: number;
  gpu: GPUBuffer | undefined;
  session: Session | undefined;
  /** Uploaded while there was no device. */
  pending: TypedArray | undefined;
  readonly adopted: boolean;
  released: boolean;
}

const roundUp = (bytes: number): number => Math.max(4, Math.ceil(bytes / 4) * 4);

/** `gpu`: where adapters come from, when not from this environment. */
export async function createWebGpuTarget(options: TargetOptions, gpu?: GPU): Promise<WebGpuTarget> {
  let emit = emitOptions(options);
  let closed = false, epoch = 0, compilations = 0;
  let reconnecting: Promise<Session> | undefined;
  const open = async (): Promise<Session> => {
    const session = await connect(gpu ?? await findGpu());
    void session.whenLost.then(() => {
      compilations += session.pipelines.compilations;
      if (!closed) epoch++;
    });
    return session;
  };
  let current = await open();

  const session = async (): Promise<Session> => {
    if (closed) throw new TargetError('webgpu: this target is closed');
    if (!current.lost) return current;
    reconnecting ??= open().finally(() => (reconnecting = undefined));
    return current = await reconnecting;
  };

  /** The device's memory behind a buffer, made now when the buffer was allocated or filled between two devices. */
  const materialise = (buffer: Owned, s: Session): GPUBuffer => {
    if (buffer.released) throw new TargetError('webgpu: use of a released buffer');
    if (buffer.session && buffer.session !== s) {
      throw new TargetError(`webgpu: an array was lost with its device (${buffer.session.lost ?? 'device lost'}); create or upload it again`);
    }
    if (!buffer.gpu) {
      buffer.gpu = s.storage.take(roundUp(buffer.bytes));
      buffer.session = s;
      if (buffer.pending) s.write(buffer.gpu, buffer.pending);
      else if (buffer.bytes === 0) s.write(buffer.gpu, new Uint32Array(1)); // a wild index into an empty array reads 0
      buffer.pending = undefined;
    }
    return buffer.gpu;
  };

  const run = async (job: Job): Promise<void> => {
    const s = await session();
    const before = s.pipelines.compilations, began = performance.now();
    const dispatches = await dispatchesOf(s, job.runs, emit);
    const compiling = s.pipelines.compilations > before ? performance.now() - began : 0;
    const buffers = job.buffers.map((b) => ({ buffer: materialise(b as Owned, s), size: roundUp(b.bytes) }));
    const slots = { gpu: (slot: number) => buffers[slot] };
    if (!job.measure) return s.submit(dispatches, slots);
    job.measure({ ...ofRuns(job.runs.length, dispatches, await s.submitTimed(dispatches, slots)), compiling });
  };

  const target: WebGpuTarget = {
    name: 'webgpu',
    kind: 'plan',
    get profile() { return profileOf(current); },
    get software() { return isSoftware(current.info); },
    configure(changed) {
      emit = emitOptions(changed);
    },
    describe: () => describeAdapter(current.info),
    refuses: (dtype) => (dtype === 'float64'
      ? "float64 does not exist on WebGPU: use float32 (x.asType('float32')), or run it with target: 'cpu'"
      : undefined),
    allocate(bytes) {
      const most = profileOf(current).maxBufferBytes;
      if (bytes > most) {
        throw new OutOfMemoryError(`webgpu: an array of ${bytes} bytes is more than this adapter's largest buffer (${most}); ` +
          "work in parts, or use target: 'cpu'");
      }
      const buffer: Owned = { bytes, gpu: undefined, session: undefined, pending: undefined, adopted: false, released: false };
      if (!current.lost && !closed) materialise(buffer, current);
      return buffer;
    },
    release(b) {
      const buffer = b as Owned;
      if (buffer.gpu && !buffer.adopted && !buffer.released && !buffer.session?.lost) buffer.session?.storage.give(buffer.gpu);
      buffer.released = true;
      buffer.gpu = buffer.pending = undefined;
    },
    upload(b, data) {
      const buffer = b as Owned;
      if (current.lost && !buffer.gpu) buffer.pending = data.slice();
      else current.write(materialise(buffer, current), data);
    },
    run,
    async read(b, dtype, length) {
      const s = await session();
      const { bytes, array } = dtypes[dtype];
      if (length === 0) return new array(0);
      const copy = await s.read(materialise(b as Owned, s), roundUp(length * bytes));
      return new array(copy, 0, length);
    },
    explain: (launch) => describeLaunch(launch, current, emit),
    explainSweep: (run) => describeTogether(run, current, emit),
    get compilations() { return compilations + (current.lost ? 0 : current.pipelines.compilations); },
    get device() { return current.device; },
    get epoch() { return epoch; },
    alive: (b) => (b as Owned).session === undefined || (!current.lost && (b as Owned).session === current),
    ready: async () => void await session(),
    adopt: (gpuBuffer, bytes) => {
      const buffer: Owned = { bytes, gpu: gpuBuffer, session: current, pending: undefined, adopted: true, released: false };
      return buffer;
    },
    gpuBuffer: (b) => materialise(b as Owned, current),
    async close() {
      closed = true;
      current.close();
    },
  };
  return target;
}

const emitOptions = ({ math }: TargetOptions): EmitOptions => ({
  portable: math === 'portable',
  library: (op, dtype) => (dtype === 'float32' ? libraryFn(op, dtype) : undefined),
});

/** A measurement of dispatches as one of the runs that they belong to. */
function ofRuns(runs: number, dispatches: readonly Dispatch[], measured: Measurement): Measurement {
  const milliseconds = new Array<number>(runs).fill(0), counts = [...milliseconds];
  const starts = new Array<number>(runs).fill(Infinity);
  dispatches.forEach(({ index, pass: { dispatch: [x, y, z] } }, k) => {
    milliseconds[index] += measured.milliseconds[k];
    starts[index] = Math.min(starts[index], measured.starts![k]);
    counts[index] += x * y * z;
  });
  // Nothing was dispatched for a run that stores nothing.
  for (let k = 0, at = measured.starts![0] ?? 0; k < runs; at = starts[k] + milliseconds[k], k++) {
    if (starts[k] === Infinity) starts[k] = at;
  }
  return { ...measured, milliseconds, starts, workers: { of: 'workgroups', counts } };
}

/** Programs of all runs; those that are not compiled yet compile side by side. */
async function dispatchesOf(s: Session, runs: readonly Run[], emit: EmitOptions): Promise<Dispatch[]> {
  const passes = runs.flatMap((run, index) =>
    partsOf(run, s.device.limits).map(({ launch, pass }, part) => ({ launch, pass, index, part })));
  const compiling = new Set<Promise<Program>>();
  for (const { launch, pass } of passes) {
    const program = s.pipelines.program(launch, pass, emit);
    if (program instanceof Promise) compiling.add(program);
  }
  try {
    if (compiling.size > 0) await s.guard(Promise.all(compiling));
  } catch (cause) {
    throw cause instanceof WeftError ? cause : new TargetError(`webgpu: ${messageOf(cause)}`, { cause });
  }
  return passes.map((p) => ({ ...p, program: s.pipelines.program(p.launch, p.pass, emit) as Program }));
}

function profileOf({ device, info }: Session): CostProfile {
  const {
    maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupStorageSize,
  } = device.limits;
  const costs = isSoftware(info) ? { memoryRoundTrip: 8, launch: 20_000 } : { memoryRoundTrip: 64, launch: 1_000_000 };
  // A reduction also writes its partial results.
  const maxBufferBytes = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  // Drivers take a minute and more over a few hundred reads in a row.
  // More workgroup memory than every device has would leave room for fewer workgroups at a time. Rasterisers take longer to
  // compile a tile than it saves.
  const tiles = isSoftware(info) ? undefined : { memory: Math.min(maxComputeWorkgroupStorageSize, 16384), depth: 4 };
  return { ...costs, maxBuffers: maxStorageBuffersPerShaderStage - 1, maxBufferBytes, mostReads: 100, tiles };
}
