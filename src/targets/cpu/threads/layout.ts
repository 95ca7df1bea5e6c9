/**
 * The control block of a thread pool: 32-bit words in the shared heap, known to the pool and its workers.
 *
 * A launch is open while EPOCH is odd. A worker that notices an open epoch adds itself to ACTIVE, looks at EPOCH
 * again, and only then reads the job: the main thread does not touch the job's words before it has closed the epoch
 * and seen ACTIVE fall to zero. So a worker that wakes late finds either nothing to do or the next job, whole.
 *
 * Words that different threads write live on cache lines (16 words) of their own.
 */
export const WORD = {
  /** Odd: a launch is open. */
  epoch: 0,
  /** Workers that sleep, or are about to, in Atomics.wait on EPOCH, and were not woken yet. */
  sleepers: 16,
  /** Workers that are in the launch. */
  active: 48,
  /** Not zero while the main thread sleeps on ACTIVE. */
  waiting: 64,
  /** The job, written before the epoch opens. */
  module: 80,
  kernel: 81,
  codeBytes: 82,
  /** The blocks from `first` up to `blocks` are to be done. */
  first: 85,
  blocks: 86,
  grain: 87,
  /** How many workers may join. */
  helpers: 88,
  /** Addresses, of two words. */
  code: 90,
  params: 92,
  /** Not zero: workers note when they take part. */
  timed: 95,
  /** The first failure of the launch: 0 none, else 1. */
  failed: 96,
  failedStart: 97,
  failedEnd: 98,
  textBytes: 99,
  text: 112,
  /** Per worker: its state, whether it shall leave, and its part of the launch, see parts.ts. */
  slots: 240,
  /** Per thread: the next block of its range. */
  next: 2272,
} as const;

export const TEXT_BYTES = (WORD.slots - WORD.text) * 4;
export const SLOT_WORDS = 16;
export const MAX_WORKERS = 127;
export const CONTROL_BYTES = (WORD.next + (MAX_WORKERS + 1) * SLOT_WORDS) * 4;

export const STATE = { absent: 0, ready: 1, busy: 2, gone: 3 } as const;
export const slotState = (slot: number): number => WORD.slots + slot * SLOT_WORDS;
export const slotLeave = (slot: number): number => slotState(slot) + 1;

/** What a worker is told when it starts; everything after goes through the control block. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  /** Its addresses have 64 bits. */
  readonly memory64: boolean;
  readonly control: number;
  readonly slot: number;
}

/** Every exported kernel: the blocks from `start` up to `end`, with parameters at an address. An empty range does nothing. */
export type KernelFunction = (start: number, end: number, params: number) => void;

type Kernel64 = (start: number, end: number, params: bigint) => void;
const adapted = new WeakMap<Kernel64, KernelFunction>();

/** An exported kernel, always the same function. Addresses of 64 bits are given to WebAssembly as a BigInt. */
export function kernelIn(exports: WebAssembly.Exports, name: string, memory64: boolean): KernelFunction {
  if (!memory64) return exports[name] as KernelFunction;
  const kernel = exports[name] as Kernel64;
  let found = adapted.get(kernel);
  if (!found) adapted.set(kernel, found = (start, end, params) => kernel(start, end, BigInt(params)));
  return found;
}

/** `Atomics.pause` tells the core that this is a spin loop; engines from 2025 on have it. */
export const pause: (() => void) | undefined = (Atomics as { pause?: () => void }).pause;

/**
 * Milliseconds to look at a word before sleeping on it: a worker waits for launches, which then need not wake it; the calling
 * thread for the last block of a worker. Going to sleep and being woken costs 0.03 to 0.08.
 */
export const SPIN = { worker: 0.2, caller: 0.2 } as const;
/** Turns between looks at the clock. */
export const TURNS = 32;
