/** The workers of a pool and their control block: who is there, opening and closing launches, waiting for the end. */
import { TargetError } from '../../../errors.ts';
import type { Heap } from '../heap.ts';
import {
  CONTROL_BYTES, MAX_WORKERS, SPIN, STATE, TURNS, WORD, pause, slotLeave, slotState,
} from './layout.ts';
import { createParts, type Part, type Parts } from './parts.ts';
import { closeRanges, openRanges } from './ranges.ts';
import { startThread, type Thread } from './platform.ts';
import { putAddress } from '../memory.ts';
import source from 'inline:./worker.ts';

/** What a worker has to know about a launch. */
export interface Job {
  readonly module: number;
  readonly code: { readonly address: number; readonly bytes: number };
  readonly kernel: number;
  readonly params: number;
  /** The blocks from `first` up to `blocks` are to be done. */
  readonly first: number;
  readonly blocks: number;
  readonly grain: number;
  /** How many workers may join. */
  readonly helpers: number;
}

interface Member {
  thread: Thread | undefined;
  readonly slot: number;
  leaving: boolean;
}

export class Team {
  readonly words: Int32Array<ArrayBuffer>;
  /** Why the team cannot be used any more; its threads are being ended. */
  broken: string | undefined;
  /** Resolves when the threads of a broken team have ended. */
  ended: Promise<unknown> = Promise.resolve();
  /** Why workers could not be started. After two failures in a row nobody tries again. */
  startProblem: string | undefined;
  private startFailures = 0;
  private readonly members: (Member | undefined)[] = [];
  private readonly control: number;
  private readonly parts: Parts;

  constructor(private readonly heap: Heap) {
    // Never freed: a worker of a broken team may still write to it.
    this.control = heap.allocate(CONTROL_BYTES).address;
    this.words = heap.view(Int32Array<ArrayBuffer>, this.control, CONTROL_BYTES / 4);
    this.words.fill(0);
    this.parts = createParts(this.words);
  }

  private staying(): Member[] {
    return this.members.filter((member) => member !== undefined && !member.leaving) as Member[];
  }

  /** Workers that have started. */
  get ready(): number {
    return this.staying().filter(({ slot }) => Atomics.load(this.words, slotState(slot)) !== STATE.absent).length;
  }

  get size(): number {
    return this.staying().length;
  }

  /** Workers that look for launches. */
  get awake(): number {
    return Math.max(0, this.size - Atomics.load(this.words, WORD.sleepers));
  }

  /** Whether workers note their parts from the next launch on. Forgets those of before. */
  noteParts(wanted: boolean): void {
    this.parts.wanted(wanted);
    if (wanted) this.takeParts(0, 0);
  }

  /** Of the launch that was just closed, which happened between `from` and `until`. */
  takeParts(from: number, until: number): Part[] {
    return this.parts.take(this.members.keys(), from, until);
  }

  /** Starts or retires workers until there are `count`. Does not wait for either. */
  resize(count: number): void {
    const staying = this.staying();
    for (const member of staying.slice(count)) {
      member.leaving = true;
      Atomics.store(this.words, slotLeave(member.slot), 1);
    }
    if (staying.length > count) this.wakeAll();
    for (let missing = count - staying.length; missing > 0 && this.startFailures < 2; missing--) this.start();
  }

  /** Sleepers look around and go back to sleep. The parity of the epoch, and so the open launch, stays. */
  private wakeAll(): void {
    Atomics.add(this.words, WORD.epoch, 2);
    this.wake(Infinity);
  }

  private wake(count: number): void {
    if (Atomics.load(this.words, WORD.sleepers) === 0) return;
    Atomics.sub(this.words, WORD.sleepers, Atomics.notify(this.words, WORD.epoch, count));
  }

  private start(): void {
    const slot = this.freeSlot();
    if (slot === undefined) return;
    this.words[slotLeave(slot)] = 0;
    Atomics.store(this.words, slotState(slot), STATE.absent);
    const member: Member = { thread: undefined, slot, leaving: false };
    this.members[slot] = member;
    try {
      const { memory, memory64 } = this.heap;
      const start = { memory, memory64, control: this.control, slot };
      member.thread = startThread(source, start, (reason) => this.gone(member, reason));
    } catch (error) {
      this.gone(member, String(error));
    }
  }

  private freeSlot(): number | undefined {
    for (let slot = 0; slot < MAX_WORKERS; slot++) {
      if (this.members[slot]?.leaving && Atomics.load(this.words, slotState(slot)) === STATE.gone) this.members[slot] = undefined;
      if (this.members[slot] === undefined) return slot;
    }
    return undefined;
  }

  /** A thread has ended, or could not be started. */
  private gone(member: Member, reason: string): void {
    const { slot } = member;
    // The slot of a retired worker may have a new owner already.
    if (this.broken !== undefined || this.members[slot] !== member) return;
    this.members[slot] = undefined;
    const state = Atomics.load(this.words, slotState(slot));
    if (state === STATE.busy) {
      this.breakUp(`worker ${slot + 1} died: ${reason}`);
    } else if (state === STATE.absent) {
      this.startFailures++;
      this.startProblem = `a worker could not be started: ${reason}`;
    }
  }

  /** Ends all threads, and wakes the main thread if it waits for them. */
  breakUp(reason: string): void {
    if (this.broken !== undefined) return;
    this.broken = reason;
    this.cancel();
    this.ended = Promise.all(this.members.map((member) => member?.thread?.stop()));
    this.members.length = 0;
    Atomics.notify(this.words, WORD.active);
  }

  /** Opens a launch. Sleepers hear of it if they are to be woken. */
  open(job: Job, wake: boolean): void {
    const { words } = this;
    words[WORD.module] = job.module;
    putAddress(words, WORD.code, job.code.address);
    words[WORD.codeBytes] = job.code.bytes;
    words[WORD.kernel] = job.kernel;
    putAddress(words, WORD.params, job.params);
    words[WORD.blocks] = job.blocks;
    words[WORD.grain] = job.grain;
    words[WORD.helpers] = job.helpers;
    words[WORD.failed] = 0;
    words[WORD.first] = job.first;
    openRanges(words);
    Atomics.add(words, WORD.epoch, 1);
    if (wake) this.wake(job.helpers);
  }

  /** No more blocks are handed out. */
  cancel(): void {
    closeRanges(this.words);
  }

  /** Nobody new joins. */
  close(): void {
    Atomics.add(this.words, WORD.epoch, 1);
  }

  /** Spins until every worker has left the launch; false when that takes long. */
  spin(): boolean {
    let end = 0;
    for (let turn = 1; ; turn++) {
      if (Atomics.load(this.words, WORD.active) === 0) return true;
      pause?.();
      if (turn % TURNS !== 0) continue;
      const now = performance.now();
      end ||= now + SPIN.caller;
      if (now > end) return false;
    }
  }

  /** What went wrong in a worker during the launch that was just closed. */
  failure(): { start: number; end: number; message: string } | undefined {
    const { words } = this;
    if (words[WORD.failed] === 0) return undefined;
    // Copied: decoders refuse shared memory.
    const text = new Uint8Array(words.buffer, this.control + WORD.text * 4, words[WORD.textBytes]).slice();
    return { start: words[WORD.failedStart]!, end: words[WORD.failedEnd]!, message: new TextDecoder().decode(text) };
  }

  brokenError(kernel: string): TargetError {
    return new TargetError(`${kernel} was abandoned because ${this.broken}; the threads are replaced`);
  }
}
