/**
 * Where on the stack a kernel runs. V8 keeps vectors for which there is no register on the stack, where nothing is aligned. One
 * that lies across the end of a page takes so long to store and load again that a loop which carries its states there is 2.5 to
 * 3.5 times as slow; of a Mandelbrot loop, that is so at one of 30 places. (That places on the stack matter so much
 * is known from Mytkowicz et al., Producing wrong data without doing anything obviously wrong!, ASPLOS 2009.)
 *
 * A kernel cannot see where it is, but arguments that it does not take move it: 8 bytes each. So every now and then blocks are
 * done at four places in turns, a quarter of a page apart, and after that where they took least.
 */
import type { KernelFunction } from './layout.ts';

/** What a kernel is called with, at every place. */
const PLACES = [0, 128, 256, 384].map((surplus) => new Array<unknown>(3 + surplus).fill(0));
/** So many calls are tried at all places in turns. */
const TRIED = 16;
/** They are tried again after so many calls, and as many ms: being called from elsewhere takes up to 2 us. */
const AGAIN = { calls: 128, ms: 3 } as const;
/** Milliseconds. */
const SHORTEST = 0.001;
/** What earlier rounds have seen counts half as much each time. */
const FORGET = 0.5;
/** As many times as long tells a bad place from chance. */
const BAD = 1.25;

/** Of a kernel on a thread. */
export class Footing {
  private tried = 0;
  /** Calls until they are tried again. */
  private left = 0;
  private place = 0;
  private readonly seen = PLACES.map(() => ({ time: 0, blocks: 0 }));

  constructor(private readonly kernel: KernelFunction, private readonly now = (): number => performance.now()) {}

  run(start: number, end: number, params: Parameters<KernelFunction>[2]): void {
    if (this.left > 0) {
      this.left--;
      return this.runAt(this.place, start, end, params);
    }
    const place = this.tried % PLACES.length, seen = this.seen[place]!, began = this.now();
    this.runAt(place, start, end, params);
    seen.time += this.now() - began;
    seen.blocks += end - start;
    if (++this.tried === TRIED) this.choose();
  }

  private choose(): void {
    const paces = this.seen.map(({ time, blocks }) => time / blocks);
    const best = Math.min(...paces);
    if (paces[this.place]! > BAD * best) this.place = paces.indexOf(best);
    this.tried = 0;
    const call = this.seen.reduce((sum, { time }) => sum + time, 0) / TRIED;
    // Clocks of browsers may not see short calls.
    this.left = Math.max(AGAIN.calls, Math.ceil(AGAIN.ms / Math.max(call, SHORTEST)));
    for (const seen of this.seen) {
      seen.time *= FORGET;
      seen.blocks *= FORGET;
    }
  }

  private runAt(place: number, start: number, end: number, params: Parameters<KernelFunction>[2]): void {
    if (place === 0) return this.kernel(start, end, params);
    const given = PLACES[place]!;
    [given[0], given[1], given[2]] = [start, end, params];
    Reflect.apply(this.kernel, undefined, given);
  }
}

const footings = new WeakMap<KernelFunction, Footing>();

export function footingOf(kernel: KernelFunction): Footing {
  let footing = footings.get(kernel);
  if (!footing) footings.set(kernel, footing = new Footing(kernel));
  return footing;
}
