/**
 * How threads share the blocks of a launch. Each has a range of its own, the same one in every launch of that many threads: what
 * it left in its caches is there when it reads it again. Who is through with its own takes blocks of the others' ranges.
 */
import { SLOT_WORDS, WORD } from './layout.ts';

const nextOf = (range: number): number => WORD.next + range * SLOT_WORDS;

function endOf(words: Int32Array, range: number): number {
  const first = words[WORD.first], ranges = words[WORD.helpers] + 1;
  return first + Math.ceil((words[WORD.blocks] - first) * (range + 1) / ranges);
}

/** Hands out the blocks from `first` on, of a job that is written already. */
export function openRanges(words: Int32Array): void {
  words[nextOf(0)] = words[WORD.first];
  for (let range = 0; range < words[WORD.helpers]; range++) words[nextOf(range + 1)] = endOf(words, range);
}

/** No more blocks are handed out. */
export function closeRanges(words: Int32Array): void {
  for (let range = 0; range <= words[WORD.helpers]; range++) Atomics.store(words, nextOf(range), words[WORD.blocks]);
}

/** A thread's place in a launch. */
export interface Taker {
  /** The blocks to do, from `start` up to `end`. */
  start: number;
  end: number;
  range: number;
  /** Ranges to look at. */
  left: number;
}

/** `home`: the range that a thread begins with. */
export const takerOf = (words: Int32Array, home: number): Taker =>
  ({ start: 0, end: 0, range: home, left: words[WORD.helpers] + 1 });

/** Takes the next blocks; false when there are none. */
export function take(words: Int32Array, taker: Taker): boolean {
  const grain = words[WORD.grain], ranges = words[WORD.helpers] + 1;
  for (; taker.left > 0; taker.left--, taker.range = (taker.range + 1) % ranges) {
    const end = endOf(words, taker.range);
    taker.start = Atomics.add(words, nextOf(taker.range), grain);
    if (taker.start >= end) continue;
    taker.end = Math.min(taker.start + grain, end);
    return true;
  }
  return false;
}
