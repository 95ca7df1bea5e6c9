/**
 * When workers took part in a launch. They write it into their slots of the control block, in milliseconds since 1970, the only
 * clock that threads share.
 */
import { CONTROL_BYTES, WORD, slotState } from './layout.ts';

/** What a worker did of a launch; `start` is that of `performance.now()` on the thread that asks. */
export interface Part {
  /** From 1 up; 0 is the calling thread. */
  readonly thread: number;
  readonly start: number;
  readonly milliseconds: number;
}

/** The control block as numbers of 8 bytes. */
const timesIn = (words: Int32Array): Float64Array => new Float64Array(words.buffer, words.byteOffset, CONTROL_BYTES / 8);
/** Where a worker notes when it began, or 0; the next is when it ended. */
const beginningOf = (slot: number): number => (slotState(slot) + 4) / 2;

/** A worker's notes of its own parts, taken only while somebody wants them. */
export function createNotes(words: Int32Array, slot: number): { begin(): void; end(): void } {
  const times = timesIn(words), at = beginningOf(slot);
  const now = (): number => performance.timeOrigin + performance.now();
  let began = 0;
  return {
    begin() {
      if (words[WORD.timed] !== 0) began = now();
    },
    end() {
      if (began === 0) return;
      times[at] = began;
      times[at + 1] = now();
      began = 0;
    },
  };
}

export interface Parts {
  /** Whether workers note from the next launch on. */
  wanted(wanted: boolean): void;
  /** Of some slots, in a launch that is over, and happened between `from` and `until`. */
  take(slots: Iterable<number>, from: number, until: number): Part[];
}

export function createParts(words: Int32Array): Parts {
  const times = timesIn(words);
  return {
    wanted(wanted) {
      words[WORD.timed] = Number(wanted);
    },
    take(slots, from, until) {
      const parts: Part[] = [];
      for (const slot of slots) {
        const at = beginningOf(slot), began = times[at];
        times[at] = 0;
        // Clocks of threads differ by a little.
        const inside = (time: number): number => Math.min(until, Math.max(from, time - performance.timeOrigin));
        const start = inside(began);
        if (began > 0) parts.push({ thread: slot + 1, start, milliseconds: inside(times[at + 1]) - start });
      }
      return parts;
    },
  };
}
