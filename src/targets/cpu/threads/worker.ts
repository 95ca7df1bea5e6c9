/**
 * A thread of the pool. It gets one message, at its start; launches reach it through shared memory, and so does the
 * code of kernels it has not met. Bundled into the library as text ('inline:./worker.ts').
 */
import {
  CONTROL_BYTES, SPINS, STATE, TEXT_BYTES, WORD, pause, slotLeave, slotState, type KernelFunction, type WorkerStart,
} from './layout.ts';
import { createNotes } from './parts.ts';

/** Compiled modules kept; the oldest goes first, and comes back from shared memory when it is met again. */
const CACHED_MODULES = 512;

function serve({ memory, control, slot }: WorkerStart): void {
  const words = new Int32Array(memory.buffer, control, CONTROL_BYTES / 4);
  const modules = new Map<number, WebAssembly.Exports>();
  const notes = createNotes(words, slot);
  let seen = 0;

  /** Returns false when this worker shall leave, true when a launch is open that it has not been part of. */
  function awaitLaunch(): boolean {
    for (let spins = 0; ; spins++) {
      const epoch = Atomics.load(words, WORD.epoch);
      if (Atomics.load(words, slotLeave(slot)) !== 0) return false;
      if (epoch !== seen && (epoch & 1) === 1) return true;
      if (spins >= SPINS) {
        Atomics.add(words, WORD.sleepers, 1);
        Atomics.wait(words, WORD.epoch, epoch);
        Atomics.sub(words, WORD.sleepers, 1);
        spins = 0;
      } else {
        pause?.();
      }
    }
  }

  function kernelOfJob(): KernelFunction {
    notes.begin();
    const id = words[WORD.module]!;
    let exports = modules.get(id);
    if (exports === undefined) {
      const code = new Uint8Array(bufferHolding(words[WORD.code]! >>> 0, words[WORD.codeBytes]!)).slice();
      exports = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
      if (modules.size >= CACHED_MODULES) modules.delete(modules.keys().next().value!);
      modules.set(id, exports);
    }
    return exports[`k${words[WORD.kernel]}`] as KernelFunction;
  }

  /** A view of shared memory. This thread may hold an old buffer of a memory that has grown: growing by 0 renews it. */
  function bufferHolding(address: number, bytes: number): Uint8Array {
    if (address + bytes > memory.buffer.byteLength) memory.grow(0);
    return new Uint8Array(memory.buffer, address, bytes);
  }

  function takeBlocks(): void {
    const blocks = words[WORD.blocks]!;
    const grain = words[WORD.grain]!;
    let start = 0;
    let end = 0;
    try {
      const params = words[WORD.params]!;
      let kernel: KernelFunction | undefined;
      while ((start = Atomics.add(words, WORD.next, grain)) < blocks) {
        end = Math.min(start + grain, blocks);
        kernel ??= kernelOfJob();
        kernel(start, end, params);
      }
    } catch (error) {
      Atomics.store(words, WORD.next, blocks);
      if (Atomics.compareExchange(words, WORD.failed, 0, 1) === 0) report(error, start, end);
    }
  }

  function report(error: unknown, start: number, end: number): void {
    const text = new TextEncoder().encode(String(error)).subarray(0, TEXT_BYTES);
    words[WORD.failedStart] = start;
    words[WORD.failedEnd] = end;
    words[WORD.textBytes] = text.length;
    new Uint8Array(words.buffer, control + WORD.text * 4, TEXT_BYTES).set(text);
  }

  words[slotState(slot)] = STATE.ready;
  while (awaitLaunch()) {
    words[slotState(slot)] = STATE.busy;
    const before = Atomics.add(words, WORD.active, 1);
    const epoch = Atomics.load(words, WORD.epoch);
    if ((epoch & 1) === 1) {
      seen = epoch;
      if (before < words[WORD.helpers]!) takeBlocks();
    }
    notes.end();
    words[slotState(slot)] = STATE.ready;
    if (Atomics.sub(words, WORD.active, 1) === 1 && Atomics.load(words, WORD.waiting) !== 0) Atomics.notify(words, WORD.active);
  }
  Atomics.store(words, slotState(slot), STATE.gone);
}

interface Port {
  onmessage: ((event: MessageEvent<WorkerStart>) => void) | null;
  close?: () => void;
}

const nodePort = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort as Port | null | undefined;
const port: Port = nodePort ?? (globalThis as unknown as Port);
port.onmessage = ({ data }) => {
  port.onmessage = null;
  serve(data);
  port.close?.();
};
