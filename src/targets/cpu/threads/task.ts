/** One launch of a pool, step by step: alone, together with workers, or first one and then the other. */
import type { Block } from '../heap.ts';
import { footingOf, type Footing } from './footing.ts';
import { grainOf, learnAlone, workOf, type Judge, type Known } from './judge.ts';
import { failure } from './kernels.ts';
import { WORD, type KernelFunction } from './layout.ts';
import type { PoolLaunch } from './pool.ts';
import { take, takerOf } from './ranges.ts';
import type { Team } from './team.ts';
import { clearUpperHalves } from '../wide.ts';

export interface TaskModule {
  readonly name: string;
  /** By number. */
  readonly kernels: readonly (KernelFunction | undefined)[];
  /** Its code has vectors of 256 bits. */
  readonly wide: boolean;
  /** The bytes, where workers can have them. */
  readonly code: Block | undefined;
}

/** A launch and what it calls. */
export interface Task {
  readonly launch: PoolLaunch;
  readonly module: TaskModule;
  readonly run: KernelFunction;
  readonly known: Known | undefined;
}

/** Those who may help. */
export interface Crewing {
  readonly judge: Judge;
  /** Milliseconds. */
  readonly patience: number;
  threads(): number;
  /** The team, if there is one. */
  team(): Team | undefined;
  /** The team with its workers started or starting. */
  staffed(): Team;
}

/** Why a run stops for a moment: the event loop is due, workers are still busy, or something has to end first. */
export type Pause = 'breathe' | 'workers' | Promise<unknown>;
export type Steps = Generator<Pause, void>;

/** After so many milliseconds of its own work an asynchronous run lets the event loop have a turn. */
const TIME_SLICE = 10;
/** Milliseconds of blocks between looks at the clock, by one who may ask for help, and by one who works alone. */
const LOOK = { hesitant: 0.002, alone: 0.5 } as const;

/** One who may ask for help does at most so many blocks, or this part of all, between looks. */
const GROWTH = { least: 4, shift: 3 } as const;

/** Nanoseconds. */
const NOTHING = 1000;
/** Blocks taken between looks at the clock, by one who works with others. */
const PIECES = 8;

export const labelOf = ({ launch: { kernel = 0 }, module }: Task): string => `kernel k${kernel} of '${module.name}'`;

/** Whether the calling thread does it at one go. */
export function isWhole({ launch, known }: Task, threads: number, judge: Judge): boolean {
  const { blocks, grain = known ? Infinity : 1, uncertain = false } = launch;
  if (uncertain || blocks > grain) return false;
  const alone = launch.threads === 1 || threads === 1;
  return known ? workOf(known) < (alone ? 1e6 * LOOK.alone : judge.worth(true)) : alone;
}

export function performAtOnce(task: Task): void {
  const { known, launch: { blocks } } = task;
  if (blocks === 0) return;
  // Even if it takes many times as long, it is no matter for threads.
  if (!known || workOf(known) < NOTHING) return void runBlocks(task, 0, blocks);
  const began = performance.now();
  runBlocks(task, 0, blocks);
  sawAlone(task, performance.now() - began, blocks);
}

/** `ahead`: nanoseconds of what comes after and is to be shared. */
export function* performTask(task: Task, crewing: Crewing, ahead: () => number): Steps {
  const { known, launch: { blocks, uncertain = false }, module } = task;
  const threads = Math.min(task.launch.threads ?? Infinity, crewing.threads());
  const grainFor = (work: number): number => task.launch.grain ?? grainOf(work, blocks, uncertain, threads);
  /** Who could help with what is left. */
  const helpersFor = (first: number, grain: number): number =>
    (module.code ? Math.max(0, Math.min(threads, Math.ceil((blocks - first) / grain)) - 1) : 0);
  const awake = crewing.team()?.awake ?? 0;
  const grain = known ? grainFor(workOf(known)) : task.launch.grain ?? 1;
  const most = helpersFor(0, grain);
  const asked = most === 0 ? 0 : known ? crewing.judge.helpers(known, most, awake, ahead) : uncertain ? 0 : -most;
  if (asked !== 0) return yield* performTogether(task, 0, grain, asked, crewing);
  if (!uncertain || helpersFor(0, 1) === 0) return yield* performAlone(task, 0, grain);
  const { first, spent } = beginAlone(task, crewing.judge.worth(awake > 0) / 1e6);
  if (first === blocks) return;
  // Turns of loops were guessed; now it is known what a block takes.
  const piece = grainFor(1e6 * spent * blocks / first);
  const helpers = helpersFor(first, piece);
  yield* helpers > 0 ? performTogether(task, first, piece, -helpers, crewing) : performAlone(task, first, piece, spent);
}

/** Where somebody who began alone stopped, after so many milliseconds. */
interface Begun {
  readonly first: number;
  readonly spent: number;
}

/** The first blocks, until they took so long that the others are worth sharing. */
function beginAlone(task: Task, worth: number): Begun {
  const { blocks } = task.launch;
  const footing = footingOf(task.run);
  const began = performance.now();
  for (let first = 0, count = 1, before = began; ;) {
    first = runBlocks(task, first, Math.min(first + count, blocks), footing);
    const now = performance.now();
    const spent = now - began;
    if (first === blocks) sawAlone(task, spent, blocks);
    if (first === blocks || (spent >= worth && spent * (blocks - first) >= worth * first)) return { first, spent };
    if (now - before < LOOK.hesitant) count = Math.min(2 * count, Math.max(GROWTH.least, blocks >> GROWTH.shift));
    before = now;
  }
}

/** Returns the block after. What takes next to no time is called as it is. */
function runBlocks(task: Task, start: number, end: number, call: Pick<Footing, 'run'> = task): number {
  try {
    call.run(start, end, task.launch.params);
  } catch (error) {
    throw failure(labelOf(task), start, end, error);
  } finally {
    if (task.module.wide) clearUpperHalves();
  }
  return end;
}

/** `spent`: milliseconds that the blocks before `first` took. */
function* performAlone(task: Task, first: number, grain: number, spent = 0): Steps {
  const { known, launch: { blocks, uncertain } } = task;
  const footing = footingOf(task.run);
  const began = performance.now() - spent;
  let due = began + TIME_SLICE;
  let breathed = false;
  const short = known !== undefined && workOf(known) < 1e6 * LOOK.alone;
  let count = short && !uncertain ? blocks : grain;
  for (let start = first, before = began + spent; start < blocks;) {
    start = runBlocks(task, start, Math.min(start + count, blocks), footing);
    const now = performance.now();
    if (known && now - before < LOOK.alone) count *= 2;
    before = now;
    if (start < blocks && now < due) continue;
    if (!breathed) sawAlone(task, now - began, start);
    if (start === blocks) return;
    breathed = true;
    yield 'breathe';
    due = performance.now() + TIME_SLICE;
  }
}

/** What some of the blocks took one thread, in ms. */
function sawAlone({ known, launch }: Task, time: number, done: number): void {
  if (known) learnAlone(known, 1e6 * time * launch.blocks / done);
}

/** `helpers` are woken if they are negative. */
function* performTogether(task: Task, first: number, grain: number, helpers: number, crewing: Crewing): Steps {
  const { launch: { module, kernel = 0, params, blocks }, module: { code } } = task;
  const crew = crewing.staffed();
  const footing = footingOf(task.run);
  let failed: { readonly error: unknown } | undefined;
  const began = performance.now();
  let due = began + TIME_SLICE;
  let pieces = 0;
  crew.open({ module, code: code!, kernel, params, first, blocks, grain, helpers: Math.abs(helpers) }, helpers < 0);
  for (const taker = takerOf(crew.words, 0); take(crew.words, taker);) {
    try {
      runBlocks(task, taker.start, taker.end, footing);
    } catch (error) {
      crew.cancel();
      failed = { error };
    }
    if (++pieces % PIECES !== 0 || performance.now() < due) continue;
    yield 'breathe';
    due = performance.now() + TIME_SLICE;
  }
  crew.close();
  if (!crew.spin()) yield* waitForWorkers(crew, crewing.patience);
  if (crew.broken !== undefined) {
    yield crew.ended;
    throw crew.brokenError(labelOf(task));
  }
  const theirs = crew.failure();
  if (failed) throw failed.error;
  if (theirs !== undefined) throw failure(labelOf(task), theirs.start, theirs.end, theirs.message);
}

function* waitForWorkers(crew: Team, patience: number): Steps {
  const { words } = crew;
  Atomics.store(words, WORD.waiting, 1);
  let active = Atomics.load(words, WORD.active);
  let givenUp = performance.now() + patience;
  while (active !== 0 && crew.broken === undefined) {
    yield 'workers';
    const now = Atomics.load(words, WORD.active);
    if (now !== active) givenUp = performance.now() + patience;
    else if (performance.now() > givenUp) crew.breakUp(`a worker did not return within ${patience / 1000} s`);
    active = now;
  }
  Atomics.store(words, WORD.waiting, 0);
}
