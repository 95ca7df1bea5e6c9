/** GPU buffers: size classes, so that what one run releases the next one reuses, and allocation failures by buffer. */
import { usage } from './device.ts';

export interface Memory {
  /** A buffer of at least `bytes`; contents are undefined. */
  take(bytes: number): GPUBuffer;
  /** Back to the pool. Safe while submitted work still uses it: the queue keeps order. */
  give(buffer: GPUBuffer): void;
  /** Waits for the outcome of allocations so far; the buffers among `of` that the device had no room for. */
  failures(of: Iterable<GPUBuffer>): Promise<{ readonly buffer: GPUBuffer; readonly message: string }[]>;
  /** Destroys what is idle. */
  trim(): void;
  destroy(): void;
  /** Buffers that exist, and their bytes: idle ones too. */
  readonly count: number;
  readonly bytes: number;
}

/** Idle bytes that are kept for reuse. */
const keptBytes = 512 * 2 ** 20;

/** Quarter steps between powers of two waste at most a fifth. */
export function sizeClass(bytes: number, most: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.floor(Math.log2(bytes - 1)) / 4;
  return Math.max(bytes, Math.min(most, Math.ceil(bytes / step) * step));
}

export function createMemory(device: GPUDevice, use: number): Memory {
  const idle = new Map<number, GPUBuffer[]>();
  const all = new Set<GPUBuffer>();
  const failed = new Map<GPUBuffer, string>();
  const checks = new Set<Promise<void>>();
  let bytes = 0, idleBytes = 0;

  const drop = (buffer: GPUBuffer): void => {
    if (!all.delete(buffer)) return;
    bytes -= buffer.size;
    failed.delete(buffer);
    buffer.destroy();
  };

  const create = (size: number): GPUBuffer => {
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({ size, usage: use });
    const errors = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    all.add(buffer);
    bytes += size;
    const check: Promise<void> = errors.then(
      ([memory, validation]) => {
        const error = memory ?? validation;
        if (error) failed.set(buffer, error.message);
      },
      () => undefined, // the device is lost: what uses the buffer says so
    ).finally(() => checks.delete(check));
    checks.add(check);
    return buffer;
  };

  const trim = (downTo: number): void => {
    for (const [size, list] of idle) {
      while (idleBytes > downTo && list.length > 0) {
        drop(list.shift()!);
        idleBytes -= size;
      }
    }
  };

  return {
    take(wanted) {
      const size = sizeClass(wanted, Math.floor(device.limits.maxBufferSize / 4) * 4);
      const reused = idle.get(size)?.pop();
      if (reused) {
        idleBytes -= size;
        return reused;
      }
      return create(size);
    },
    give(buffer) {
      if (!all.has(buffer)) return;
      if (failed.has(buffer)) return drop(buffer);
      const list = idle.get(buffer.size);
      if (list) list.push(buffer);
      else idle.set(buffer.size, [buffer]);
      idleBytes += buffer.size;
      trim(keptBytes);
    },
    async failures(of) {
      await Promise.all(checks);
      return [...of].flatMap((buffer) => (failed.has(buffer) ? [{ buffer, message: failed.get(buffer)! }] : []));
    },
    trim: () => trim(0),
    destroy() {
      for (const buffer of all) buffer.destroy();
      all.clear();
      idle.clear();
      bytes = idleBytes = 0;
    },
    get count() { return all.size; },
    get bytes() { return bytes; },
  };
}

export const storageUse = usage.storage | usage.copySource | usage.copyTarget;
export const paramsUse = usage.uniform | usage.copyTarget;
export const stagingUse = usage.mapRead | usage.copyTarget;
