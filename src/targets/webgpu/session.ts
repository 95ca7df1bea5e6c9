/** Everything that lives and dies with one device. */
import { OutOfMemoryError, TargetError, WeftError } from '../../errors.ts';
import type { TypedArray } from '../../dsl/dtype.ts';
import type { Measurement } from '../target.ts';
import { mapForReading, messageOf, requestDevice } from './device.ts';
import { createMemory, paramsUse, stagingUse, storageUse, type Memory } from './memory.ts';
import { createPipelines, type Pipelines } from './pipelines.ts';
import { submit, type Dispatch, type Slots } from './submit.ts';
import { createTimer, type Timer } from './timing.ts';

export interface Session {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly storage: Memory;
  readonly pipelines: Pipelines;
  /** Why the device is gone, once it is. */
  readonly lost: string | undefined;
  readonly whenLost: Promise<unknown>;
  /** A promise that also rejects when the device is lost. */
  guard<T>(promise: Promise<T>): Promise<T>;
  write(buffer: GPUBuffer, data: TypedArray): void;
  submit(dispatches: readonly Dispatch[], slots: Slots, timer?: Timer): Promise<void>;
  /** The same, one after the other where the device has no timestamps. `milliseconds` are those of the dispatches. */
  submitTimed(dispatches: readonly Dispatch[], slots: Slots): Promise<Measurement>;
  /** Copies `bytes` (a multiple of 4) from the start of a buffer. */
  read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer>;
  close(): void;
}

export async function connect(gpu: GPU): Promise<Session> {
  const { device, info } = await requestDevice(gpu);
  const storage = createMemory(device, storageUse);
  const params = createMemory(device, paramsUse);
  const staging = createMemory(device, stagingUse);
  const waiting = new Set<(error: Error) => void>();
  let lost: string | undefined;

  const lostError = (): TargetError =>
    new TargetError(`webgpu: the device was lost (${lost ?? 'no reason given'}); the next call uses a new one, and arrays that lived on it must be made again`);
  const whenLost = device.lost.then(({ reason, message }) => {
    lost ??= message || reason;
    for (const reject of waiting) reject(lostError());
    waiting.clear();
  });

  // Not Promise.race with device.lost: that would keep every promise ever raced until the device is gone.
  const guard = <T>(promise: Promise<T>): Promise<T> => new Promise<T>((resolve, reject) => {
    if (lost !== undefined) return reject(lostError());
    waiting.add(reject);
    promise.then(resolve, async (error: unknown) => {
      // A lost device fails its operations first and is reported lost a moment later.
      if (!(error instanceof WeftError)) await new Promise((r) => setTimeout(r, 20));
      reject(lost === undefined ? error : lostError());
    }).finally(() => waiting.delete(reject));
  });

  /** Runs `work` inside error scopes. Resolves, or rejects with what the device has to say about it and about `buffers`. */
  const checked = async (buffers: Iterable<GPUBuffer>, memory: Memory, work: () => void): Promise<void> => {
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    let thrown: unknown;
    try {
      work();
    } catch (error) {
      thrown = error;
    }
    const scopes = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    const [noRoom, invalid] = await guard(scopes);
    const [failed] = await guard(memory.failures(buffers));
    if (failed || noRoom) {
      storage.trim();
      throw new OutOfMemoryError(`webgpu: the device has no room for ${failed ? `${failed.buffer.size} bytes` : 'this'}: ${(failed ?? noRoom)!.message}`);
    }
    if (thrown) throw thrown instanceof WeftError ? thrown : new TargetError(`webgpu: ${messageOf(thrown)}`, { cause: thrown });
    if (invalid) throw new TargetError(`webgpu: ${invalid.message}`);
  };

  const submitAll = async (dispatches: readonly Dispatch[], slots: Slots, timer?: Timer): Promise<void> => {
    if (lost !== undefined) throw lostError();
    if (dispatches.length === 0) return;
    const used = new Set<GPUBuffer>();
    const noting: Slots = {
      gpu(slot) {
        const found = slots.gpu(slot);
        used.add(found.buffer);
        return found;
      },
    };
    await checked(used, storage, () => void submit({ device, storage, params }, dispatches, noting, timer));
  };

  /** The dispatches of a launch hand partial results on: they stay together. */
  const oneByOne = async (dispatches: readonly Dispatch[], slots: Slots): Promise<Measurement> => {
    const milliseconds = dispatches.map(() => 0), starts = [...milliseconds];
    await guard(device.queue.onSubmittedWorkDone());
    for (let from = 0, to = 1; from < dispatches.length; from = to++) {
      while (to < dispatches.length && dispatches[to].part > 0) to++;
      const started = performance.now();
      await submitAll(dispatches.slice(from, to), slots);
      await guard(device.queue.onSubmittedWorkDone());
      milliseconds[from] = performance.now() - started;
      starts.fill(started, from, to);
    }
    return { milliseconds, starts, clock: 'the clock of the host, one kernel submitted and waited for after the other: no timestamps on this device' };
  };

  return {
    device,
    info,
    storage,
    whenLost,
    guard,
    pipelines: createPipelines(device),
    get lost() { return lost; },
    write(buffer, data) {
      const whole = Math.floor(data.byteLength / 4) * 4;
      for (const { at, bytes } of unshared(data, whole)) {
        device.queue.writeBuffer(buffer, at, bytes.buffer, bytes.byteOffset, bytes.length);
      }
      if (whole === data.byteLength) return;
      // The last word of a narrow array is filled up with zeros.
      const tail = new Uint8Array(4);
      tail.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
      device.queue.writeBuffer(buffer, whole, tail);
    },
    submit: submitAll,
    async submitTimed(dispatches, slots) {
      const timer = createTimer(device, dispatches.length);
      if (!timer) return oneByOne(dispatches, slots);
      try {
        await submitAll(dispatches, slots, timer);
        return await guard(timer.read());
      } finally {
        timer.destroy();
      }
    },
    async read(buffer, bytes) {
      if (lost !== undefined) throw lostError();
      const stage = staging.take(bytes);
      let mapped: Promise<void> | undefined;
      try {
        await checked([stage], staging, () => {
          const encoder = device.createCommandEncoder();
          encoder.copyBufferToBuffer(buffer, 0, stage, 0, bytes);
          device.queue.submit([encoder.finish()]);
          mapped = guard(stage.mapAsync(mapForReading, 0, bytes));
          mapped.catch(() => undefined); // what went wrong before it is the better reason
        });
        await mapped;
        return stage.getMappedRange(0, bytes).slice(0);
      } catch (cause) {
        throw cause instanceof WeftError ? cause : new TargetError(`webgpu: reading failed: ${messageOf(cause)}`, { cause });
      } finally {
        if (stage.mapState !== 'unmapped') stage.unmap();
        staging.give(stage);
      }
    },
    close() {
      lost ??= 'the target was closed';
      for (const memory of [storage, params, staging]) memory.destroy();
      device.destroy();
    },
  };
}

/** So many bytes of shared memory are copied at a time: they stay in cache. */
const PIECE = 1 << 18;

/** The first bytes of a typed array, as they may be given to any device: not all take shared memory. */
function* unshared(
  { buffer, byteOffset }: TypedArray, length: number,
): Generator<{ readonly at: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
  if (buffer instanceof ArrayBuffer) {
    if (length > 0) yield { at: 0, bytes: new Uint8Array(buffer, byteOffset, length) };
    return;
  }
  const piece = new Uint8Array(Math.min(PIECE, length));
  for (let at = 0; at < length; at += PIECE) {
    const bytes = piece.subarray(0, Math.min(PIECE, length - at));
    bytes.set(new Uint8Array(buffer, byteOffset + at, bytes.length));
    yield { at, bytes };
  }
}
