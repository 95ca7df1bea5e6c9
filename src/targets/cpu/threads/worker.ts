/**
 * A thread of the pool. It gets one message, at its start; launches reach it through shared memory, and so does the
 * code of kernels it has not met. Bundled into the library as text ('inline:./worker.ts').
 */
import { footingOf, type Footing } from './footing.ts';
import {
  CONTROL_BYTES, SPIN, STATE, TEXT_BYTES, TURNS, WORD, kernelIn, pause, slotLeave, slotState, type KernelFunction,
  type WorkerStart,
} from './layout.ts';
import { addressAt, grow } from '../memory.ts';
import { createNotes } from './parts.ts';
import { closeRanges, take, takerOf } from './ranges.ts';

/** Compiled modules kept; the oldest goes first, and comes back from shared memory when it is met again. */
const CACHED_MODULES = 512;

function serve({ memory, memory64, control, slot }: WorkerStart): void {
  const words = new Int32Array(memory.buffer, control, CONTROL_BYTES / 4);
  const modules = new Map<number, WebAssembly.Exports>();
  const notes = createNotes(words, slot);
  let seen = 0;

  /** Returns false when this worker shall leave, true when a launch is open that it has not been part of. */
  function awaitLaunch(): boolean {
    let asleepAt = 0;
    for (let turn = 1; ; turn++) {
      const epoch = Atomics.load(words, WORD.epoch);
      if (Atomics.load(words, slotLeave(slot)) !== 0) return false;
      if (epoch !== seen && (epoch & 1) === 1) return true;
      pause?.();
      if (turn % TURNS !== 0) continue;
      const now = performance.now();
      asleepAt ||= now + SPIN.worker;
      if (now < asleepAt) continue;
      Atomics.add(words, WORD.sleepers, 1);
      // Who wakes a sleeper counts it as awake, which is before it is.
      if (Atomics.wait(words, WORD.epoch, epoch) === 'not-equal') Atomics.sub(words, WORD.sleepers, 1);
      asleepAt = 0;
    }
  }

  function kernelOfJob(): KernelFunction {
    notes.begin();
    const id = words[WORD.module]!;
    let exports = modules.get(id);
    if (exports === undefined) {
      const code = new Uint8Array(bufferHolding(addressAt(words, WORD.code), words[WORD.codeBytes]!)).slice();
      exports = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } }).exports;
      if (modules.size >= CACHED_MODULES) modules.delete(modules.keys().next().value!);
      modules.set(id, exports);
    }
    return kernelIn(exports, `k${words[WORD.kernel]}`, memory64);
  }

  /** A view of shared memory. This thread may hold an old buffer of a memory that has grown: growing by 0 renews it. */
  function bufferHolding(address: number, bytes: number): Uint8Array {
    if (address + bytes > memory.buffer.byteLength) grow(memory, 0, memory64);
    return new Uint8Array(memory.buffer, address, bytes);
  }

  /** Does blocks while there are any, beginning with those of a range. */
  function takeBlocks(range: number): void {
    const taker = takerOf(words, range);
    try {
      const params = addressAt(words, WORD.params);
      let kernel: Footing | undefined;
      while (take(words, taker)) {
        kernel ??= footingOf(kernelOfJob());
        kernel.run(taker.start, taker.end, params);
      }
    } catch (error) {
      closeRanges(words);
      if (Atomics.compareExchange(words, WORD.failed, 0, 1) === 0) report(error, taker.start, taker.end);
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
      const helpers = words[WORD.helpers];
      if (before < helpers) takeBlocks(slot < helpers ? slot + 1 : before + 1);
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
