/**
 * The thread pool of the cpu target. Launches run in order; the calling thread takes part, and workers join through
 * shared memory (see layout.ts), so a launch costs no message. Workers start with the first launch that wants
 * them and join when they are up; until then, and wherever memory cannot be shared, the calling thread does the work.
 */
import { InternalError, TargetError } from '../../../errors.ts';
import type { Block, Heap } from '../heap.ts';
import { failure, kernelsOf, warm } from './kernels.ts';
import { MAX_WORKERS, WORD, type KernelFunction } from './layout.ts';
import { availableThreads, canBlock, nextTask, optimisedFirst, wordChange } from './platform.ts';
import type { Part } from './parts.ts';
import { Team } from './team.ts';

export { optimisedFirst } from './platform.ts';
export type { KernelFunction } from './layout.ts';

/** One kernel over a range of blocks. */
export interface PoolLaunch {
  /** From `register`. */
  readonly module: number;
  /** The export `k<kernel>`; `k0` by default. */
  readonly kernel?: number;
  /** Address handed to the kernel: where the caller wrote its parameters. */
  readonly params: number;
  readonly blocks: number;
  /** Blocks that a thread takes at a time; 1 by default. */
  readonly grain?: number;
  /** At most so many threads; 1 runs on the calling thread without synchronisation. */
  readonly threads?: number;
  /** How much there is to do is not known: the calling thread begins alone, and others join when it is much. */
  readonly hesitant?: boolean;
}

export interface RegisterOptions {
  /** For error messages. */
  readonly name?: string;
  /** Compile with the optimising compiler at once, where the engine can be told to. Calls each kernel with an empty range. */
  readonly optimise?: boolean;
}

export interface PoolOptions {
  /** Threads, the calling one included; as many as there are cores by default. */
  readonly threads?: number;
  /** Milliseconds after which a worker that does not return from a call is given up. */
  readonly patience?: number;
}

export interface Pool {
  /** Compiles a module that imports `env.memory` and exports kernels `k0`, `k1`, ... Returns its id. */
  register(bytes: Uint8Array<ArrayBuffer>, options?: RegisterOptions): number;
  /** Forgets a module. */
  release(module: number): void;
  /** Runs launches in order, each after the former is complete. The event loop gets its turns meanwhile. */
  run(launches: readonly PoolLaunch[], observe?: Observer): Promise<void>;
  /** The same, blocking. Finishes what `run` has pending first. */
  runSync(launches: readonly PoolLaunch[], observe?: Observer): void;
  /** Threads that launches may use, the calling one included. Setting it starts or retires workers. */
  threads: number;
  /** Starts the workers now; resolves to the number of threads when they are up. Launches never wait for this. */
  start(): Promise<number>;
  readonly status: PoolStatus;
  /** Ends the workers. Pending launches reject. */
  close(): Promise<void>;
}

/** Is told what each launch took, and when it began, by the clock on the wall; and the parts of the workers. */
export type Observer = (launch: number, milliseconds: number, started: number, parts: readonly Part[]) => void;

export interface PoolStatus {
  /** Workers that have started. */
  readonly ready: number;
  /** Why there are no workers, when there should be. */
  readonly problem: string | undefined;
}

interface Registered {
  readonly name: string;
  /** By number. */
  readonly kernels: readonly (KernelFunction | undefined)[];
  /** The bytes, for workers. */
  readonly code: Block | undefined;
}

/** A launch and what it calls. */
interface Ready {
  readonly launch: PoolLaunch;
  readonly module: Registered;
  readonly run: KernelFunction;
}

/** Why a run stops for a moment: the event loop is due, workers are still busy, or something has to end first. */
type Pause = 'breathe' | 'workers' | Promise<unknown>;
type Steps = Generator<Pause, void>;

interface Batch {
  readonly steps: Steps;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** After so many milliseconds of its own work an asynchronous run lets the event loop have a turn. */
const TIME_SLICE = 10;
/** Milliseconds after which others join a hesitant launch: about what waking them costs. */
const HESITATION = 0.02;
/** How often a waiting thread makes sure that somebody is still working. */
const CHECK_EVERY = 1000;
const MAX_BLOCKS = 2 ** 30;

export function createPool(heap: Heap, options: PoolOptions = {}): Pool {
  const patience = options.patience ?? 30_000;
  const modules = new Map<number, Registered>();
  const queue: Batch[] = [];
  let released: Block[] = [];
  let threads = clampThreads(options.threads ?? availableThreads());
  let team: Team | undefined;
  let blocking: boolean | undefined;
  let driving = false;
  let closed = false;
  let nextId = 1;

  function clampThreads(count: number): number {
    return heap.shared ? Math.max(1, Math.min(Math.floor(count), MAX_WORKERS + 1)) : 1;
  }

  /** The team with its workers started or starting. */
  function staffed(): Team {
    if (team === undefined || team.broken !== undefined) team = new Team(heap);
    if (team.size !== threads - 1) team.resize(threads - 1);
    return team;
  }

  function register(bytes: Uint8Array<ArrayBuffer>, { name = 'module', optimise = false }: RegisterOptions = {}): number {
    const instantiate = (): readonly (KernelFunction | undefined)[] =>
      kernelsOf(new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap.memory } }).exports);
    const kernels = optimise ? optimisedFirst(() => warm(instantiate())) : instantiate();
    let code: Block | undefined;
    if (heap.shared) {
      code = heap.allocate(bytes.length);
      heap.view(Uint8Array, code.address, bytes.length).set(bytes);
    }
    const id = nextId++;
    modules.set(id, { name, kernels, code });
    return id;
  }

  function release(id: number): void {
    const code = modules.get(id)?.code;
    modules.delete(id);
    if (code !== undefined) released.push(code);
    freeReleased();
  }

  /** Workers may be reading the code of a module while launches are pending. */
  function freeReleased(): void {
    if (queue.length > 0) return;
    for (const block of released) heap.free(block);
    released = [];
  }

  /**
   * The launches, from the first on, that this thread does at one go: they need neither steps nor promises. Returns how many
   * there are; none while others wait for their turn.
   */
  function performWhole(launches: readonly PoolLaunch[], observe: Observer | undefined): number {
    if (queue.length > 0) return 0;
    let done = 0;
    for (; done < launches.length && isWhole(launches[done]); done++) {
      const started = observe && performance.now();
      const ready = readied(launches[done]);
      if (launches[done].blocks > 0) runBlocks(ready, 0, launches[done].blocks);
      observe?.(done, performance.now() - started!, started!, []);
    }
    return done;
  }

  /** All launches from `begin` on, stopping whenever the thread should do something else. */
  function* perform(launches: readonly PoolLaunch[], begin: number, observe: Observer | undefined): Steps {
    for (let index = begin; index < launches.length; index++) {
      const ready = readied(launches[index]);
      const { launch, module } = ready;
      const { module: id, kernel = 0, params, blocks, grain = 1 } = launch;
      const wanted = (left: number): number => Math.min(launch.threads ?? threads, threads, Math.ceil(left / grain));
      team?.noteParts(observe !== undefined);
      const started = observe && performance.now();
      const first = launch.hesitant && wanted(blocks) > 1 ? beginAlone(ready, grain) : 0;
      const helpers = wanted(blocks - first) - 1;
      if (helpers > 0 && module.code !== undefined) {
        const job = { module: id, code: module.code, kernel, params, first, blocks, grain, helpers };
        yield* performTogether(staffed(), job, ready);
      } else {
        yield* performAlone(ready, first, grain);
      }
      if (observe) {
        const ended = performance.now();
        observe(index, ended - started!, started!, team?.takeParts(started!, ended) ?? []);
      }
    }
  }

  function readied(launch: PoolLaunch): Ready {
    const { module: id, kernel = 0, blocks, grain = 1 } = launch;
    const module = modules.get(id);
    const run = module?.kernels[kernel];
    if (module === undefined || run === undefined) throw new InternalError(`there is no kernel k${kernel} in module ${id}`);
    if (!(blocks <= MAX_BLOCKS && grain >= 1)) throw new InternalError(`cannot launch ${blocks} blocks by ${grain}`);
    const ready = { launch, module, run };
    if (closed) throw new TargetError(`${labelOf(ready)} was launched on a closed pool`);
    return ready;
  }

  function runBlocks(ready: Ready, start: number, end: number): void {
    try {
      ready.run(start, end, ready.launch.params);
    } catch (error) {
      throw failure(labelOf(ready), start, end, error);
    }
  }

  /** The first blocks, until it is clear that there is much to do; returns the next. */
  function beginAlone(ready: Ready, grain: number): number {
    const { blocks } = ready.launch;
    const enough = performance.now() + HESITATION;
    let start = 0;
    while (start < blocks && performance.now() < enough) {
      const end = Math.min(start + grain, blocks);
      runBlocks(ready, start, end);
      start = end;
    }
    return start;
  }

  function* performAlone(ready: Ready, first: number, grain: number): Steps {
    const { blocks } = ready.launch;
    let due = 0;
    for (let start = first; start < blocks; start += grain) {
      const end = Math.min(start + grain, blocks);
      runBlocks(ready, start, end);
      if (end === blocks) return;
      const now = performance.now();
      if (due === 0) due = now + TIME_SLICE;
      if (now < due) continue;
      yield 'breathe';
      due = performance.now() + TIME_SLICE;
    }
  }

  function* performTogether(crew: Team, job: Parameters<Team['open']>[0], ready: Ready): Steps {
    const { blocks, grain, params } = job;
    const { run } = ready;
    let own: Error | undefined;
    let due = performance.now() + TIME_SLICE;
    crew.open(job);
    for (let start = crew.take(grain); start < blocks; start = crew.take(grain)) {
      const end = Math.min(start + grain, blocks);
      try {
        run(start, end, params);
      } catch (error) {
        crew.cancel();
        own = failure(labelOf(ready), start, end, error);
      }
      if (performance.now() > due) {
        yield 'breathe';
        due = performance.now() + TIME_SLICE;
      }
    }
    crew.close();
    if (!crew.spin()) yield* waitForWorkers(crew);
    if (crew.broken !== undefined) {
      yield crew.ended;
      throw crew.brokenError(labelOf(ready));
    }
    const theirs = crew.failure();
    if (own !== undefined) throw own;
    if (theirs !== undefined) throw failure(labelOf(ready), theirs.start, theirs.end, theirs.message);
  }

  function* waitForWorkers(crew: Team): Steps {
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

  /** Blocks until ACTIVE changes or it is time for a check. */
  function blockOnWorkers(): void {
    if (team === undefined) return;
    const active = Atomics.load(team.words, WORD.active);
    blocking ??= canBlock();
    if (active === 0) return;
    if (blocking) Atomics.wait(team.words, WORD.active, active, Math.min(CHECK_EVERY, patience));
    else team.spin();
  }

  /** One turn of the first batch; what it pauses for, or undefined when it is done. */
  function advance(batch: Batch): Pause | undefined {
    try {
      const step = batch.steps.next();
      if (step.done !== true) return step.value;
      queue.shift();
      batch.resolve();
    } catch (error) {
      queue.shift();
      batch.reject(error);
    }
    freeReleased();
    return undefined;
  }

  async function drive(): Promise<void> {
    driving = true;
    while (queue[0] !== undefined) {
      const pause = advance(queue[0]);
      if (pause === 'breathe') await nextTask();
      else if (pause === 'workers') await workersChange();
      else if (pause !== undefined) await pause;
    }
    driving = false;
  }

  async function workersChange(): Promise<void> {
    if (team === undefined) return;
    const active = Atomics.load(team.words, WORD.active);
    if (active !== 0) await wordChange(team.words, WORD.active, active, Math.min(CHECK_EVERY, patience));
  }

  function finish(batch: Batch): void {
    for (let pause = advance(batch); pause !== undefined; pause = advance(batch)) {
      if (pause === 'workers') blockOnWorkers();
    }
  }

  function run(launches: readonly PoolLaunch[], observe?: Observer): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = performWhole(launches, observe);
      if (done === launches.length) return resolve();
      queue.push({ steps: perform(launches, done, observe), resolve, reject });
      if (!driving) void drive();
    });
  }

  function runSync(launches: readonly PoolLaunch[], observe?: Observer): void {
    while (queue[0] !== undefined) finish(queue[0]);
    const done = performWhole(launches, observe);
    if (done === launches.length) return;
    let outcome: { error: unknown } | undefined;
    const reject = (error: unknown): void => {
      outcome = { error };
    };
    const batch: Batch = { steps: perform(launches, done, observe), resolve: () => undefined, reject };
    queue.push(batch);
    finish(batch);
    if (outcome !== undefined) throw outcome.error;
  }

  async function start(): Promise<number> {
    if (threads === 1) return 1;
    const crew = staffed();
    const latest = performance.now() + patience;
    while (crew.ready < crew.size && crew.broken === undefined && performance.now() < latest) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return crew.ready + 1;
  }

  async function close(): Promise<void> {
    closed = true;
    team?.breakUp('the pool was closed');
    await team?.ended;
    while (queue.length > 0) await nextTask();
    for (const id of [...modules.keys()]) release(id);
  }

  return {
    register, release, run, runSync, start, close,
    get threads() {
      return threads;
    },
    set threads(count) {
      threads = clampThreads(count);
      if (team !== undefined && team.broken === undefined) team.resize(threads - 1);
    },
    get status() {
      return { ready: team?.ready ?? 0, problem: team?.startProblem };
    },
  };
}

/** One thread takes all its blocks together. */
const isWhole = ({ threads, blocks, grain = 1, hesitant = false }: PoolLaunch): boolean =>
  threads === 1 && blocks <= grain && !hesitant;

const labelOf = ({ launch: { kernel = 0 }, module }: Ready): string => `kernel k${kernel} of '${module.name}'`;
