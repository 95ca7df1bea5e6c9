/**
 * Who does a launch: by the work that it is thought to be, corrected by what its like took, and by whether workers are awake.
 * Results never depend on it.
 */
import { SPIN } from './layout.ts';

/** Nanoseconds of work on one thread from which on others are asked to help. */
export interface Worth {
  /** If they are awake: handing out and waiting for the last block costs some 5 us. */
  readonly awake: number;
  /** If they sleep: waking one takes 10 to 35 us of the calling thread, and 30 to 60 until it is there. */
  readonly asleep: number;
  /** From here on it matters little how much exactly it is. */
  readonly surely: number;
}

export const WORTH: Worth = { awake: 16_000, asleep: 120_000, surely: 1_000_000 };

/** Nanoseconds that every helper should have to do, at least. */
const SHARE = 6_000;
/**
 * Work is handed out in so many pieces per thread, so that none is left with much when others are done; each takes so many
 * nanoseconds, at least because taking it costs some 300, and at most because that is enough.
 */
const PIECES = { certain: { count: 8, least: 2_000 }, uncertain: { count: 32, least: 1_500 }, most: 50_000 } as const;

/** Blocks that a thread takes at a time. */
export function grainOf(work: number, blocks: number, uncertain: boolean, threads: number): number {
  const { count, least } = PIECES[uncertain ? 'uncertain' : 'certain'];
  const piece = Math.min(PIECES.most, Math.max(least, work / (count * threads)));
  return Math.max(1, Math.min(blocks, Math.floor(piece * blocks / Math.max(work, 1))));
}

/** How many times as long as estimated launches of a kernel take one thread. */
interface Pace {
  alone: number;
  /** Launches that may go either way. */
  launches: number;
}

/** By kernel of a module, and by powers of four of the estimate: arrays that fit a cache are faster. */
export type Paces = Map<number, Pace>;

/** What is known of a launch before it runs. */
export interface Known {
  /** Nanoseconds on one thread, from sizes and operations. */
  readonly estimate: number;
  readonly pace: Pace;
}

const CLASSES = 16;

export function knownOf(paces: Paces, kernel: number, work: number): Known {
  const estimate = Math.max(1, work);
  const key = CLASSES * kernel + ((31 - Math.clz32(Math.min(2 ** 31 - 1, estimate))) >> 1);
  let pace = paces.get(key);
  if (!pace) paces.set(key, pace = { alone: 1, launches: 0 });
  return { estimate, pace };
}

/** Nanoseconds that a launch is thought to take one thread. */
export const workOf = ({ estimate, pace }: Known): number => estimate * pace.alone;

/** A launch costs so many nanoseconds whatever it does; below some us, clocks and caches say little. */
const CALL = 1000, LEAST_SEEN = 5000;

/** It took one thread so many nanoseconds. */
export function learnAlone(known: Known, seen: number): void {
  if (seen < LEAST_SEEN && workOf(known) < LEAST_SEEN) return;
  const { alone } = known.pace;
  const pace = Math.max(CALL, seen - CALL) / known.estimate;
  // What disturbs a measurement makes it longer: the first call touches memory for the first time, others are interrupted.
  known.pace.alone += pace < alone ? 0.5 * (pace - alone) : 0.15 * (Math.min(pace, 4 * alone) - alone);
}

/** Of so many launches whose time is of interest, the first few go alone, so that it is known. */
const ROUND = { launches: 512, alone: 3 } as const;
/** Saved time, in ns, that is let go before workers are woken for launches that are not worth that by themselves. */
const PATIENCE = 200_000;

export interface Judge {
  /**
   * How many of at most `most` workers shall help, when some are awake. `ahead`: nanoseconds of what else is to be shared before
   * they could fall asleep. Negative: that many, and they have to be woken.
   */
  helpers(launch: Known, most: number, awake: number, ahead: () => number): number;
  /** Whether launches like that are shared, if workers are awake. */
  shares(launch: Known): boolean;
  /** After how much work, of which as much is left, others are worth it. */
  worth(awake: boolean): number;
}

export function createJudge(worth: Worth = WORTH, now = (): number => performance.now()): Judge {
  // Launches that follow each other closely would have found workers awake, had the first woken them.
  let missed = 0, last = -Infinity;

  function wakes(work: number, ahead: () => number): boolean {
    if (work >= worth.asleep || work + ahead() >= worth.asleep) return true;
    const time = now();
    missed = (time - last < SPIN.worker ? missed : 0) + work / 2;
    last = time + work / 1e6;
    if (missed < PATIENCE) return false;
    missed = 0;
    return true;
  }

  return {
    shares: (launch) => workOf(launch) >= worth.awake,
    worth: (awake) => (awake ? worth.awake : worth.asleep),
    helpers(launch, most, awake, ahead) {
      const work = workOf(launch);
      if (work < worth.awake) return 0;
      if (work < worth.surely && launch.pace.launches++ % ROUND.launches < ROUND.alone) return 0;
      const wanted = Math.min(most, Math.max(1, Math.floor(work / SHARE) - 1));
      if (wanted <= awake) return wanted;
      return wakes(work, ahead) ? -wanted : awake;
    },
  };
}
