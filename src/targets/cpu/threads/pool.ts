/**
 * The thread pool of the cpu target. Launches run in order; the calling thread takes part, and workers join through
 * shared memory (see layout.ts), so a launch costs no message. Workers start with the first launch that wants
 * them and join when they are up; until then, and wherever memory cannot be shared, the calling thread does the work.
 */
import { InternalError, TargetError } from '../../../errors.ts';
import type { Block, Heap } from '../heap.ts';
import { createJudge, knownOf, workOf, type Paces, type Worth } from './judge.ts';
import { kernelsOf, warm } from './kernels.ts';
import { MAX_WORKERS, WORD, type KernelFunction } from './layout.ts';
import { availableThreads, canBlock, nextTask, optimisedFirst, wordChange } from './platform.ts';
import type { Part } from './parts.ts';
import { isWhole, labelOf, performAtOnce, performTask, type Crewing, type Pause, type Steps, type Task, type TaskModule } from './task.ts';
import { Team } from './team.ts';
import { clearUpperHalves } from '../wide.ts';

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
  /** Nanoseconds that it is thought to take one thread. Unknown: much. */
  readonly work?: number;
  /** It may take much longer: the calling thread begins alone, and others join when it does. */
  readonly uncertain?: boolean;
  /** Blocks that a thread takes at a time; by default as many as the work suggests, or 1. */
  readonly grain?: number;
  /** At most so many threads; 1 runs on the calling thread without synchronisation. */
  readonly threads?: number;
}

export interface RegisterOptions {
  /** For error messages. */
  readonly name?: string;
  /** Compile with the optimising compiler at once, where the engine can be told to. Calls each kernel with an empty range. */
  readonly optimise?: boolean;
  /** Its functions shall be compiled with vectors of 256 bits. */
  readonly wide?: boolean;
}

export interface PoolOptions {
  /** Threads, the calling one included; as many as there are cores by default. */
  readonly threads?: number;
  /** Milliseconds after which a worker that does not return from a call is given up. */
  readonly patience?: number;
  /** Work that is worth sharing; otherwise as measured. */
  readonly worth?: Worth;
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

interface Registered extends TaskModule {
  readonly paces: Paces;
}

interface Batch {
  readonly steps: Steps;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** How often a waiting thread makes sure that somebody is still working. */
const CHECK_EVERY = 1000;
const MAX_BLOCKS = 2 ** 30;

export function createPool(heap: Heap, options: PoolOptions = {}): Pool {
  const patience = options.patience ?? 30_000;
  const judge = createJudge(options.worth);
  const modules = new Map<number, Registered>();
  const queue: Batch[] = [];
  let released: number[] = [];
  let threads = clampThreads(options.threads ?? availableThreads());
  let team: Team | undefined;
  let blocking: boolean | undefined;
  let driving = false;
  let closed = false;
  let nextId = 1;

  function clampThreads(count: number): number {
    return heap.shared ? Math.max(1, Math.min(Math.floor(count), MAX_WORKERS + 1)) : 1;
  }

  const crewing: Crewing = { judge, patience, threads: () => threads, team: () => team, staffed };

  /** The team with its workers started or starting. */
  function staffed(): Team {
    if (team === undefined || team.broken !== undefined) team = new Team(heap);
    if (team.size !== threads - 1) team.resize(threads - 1);
    return team;
  }

  function register(bytes: Uint8Array<ArrayBuffer>, { name = 'module', optimise = false, wide = false }: RegisterOptions = {}): number {
    const instantiate = (): readonly (KernelFunction | undefined)[] =>
      kernelsOf(new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap.memory } }).exports, heap.memory64);
    const kernels = optimise ? optimisedFirst(() => warm(instantiate()), wide) : instantiate();
    if (wide) clearUpperHalves();
    let code: Block | undefined;
    if (heap.shared) {
      code = heap.allocate(bytes.length);
      heap.view(Uint8Array, code.address, bytes.length).set(bytes);
    }
    const id = nextId++;
    modules.set(id, { name, kernels, wide, code, paces: new Map() });
    return id;
  }

  function release(id: number): void {
    released.push(id);
    freeReleased();
  }

  /** Pending launches may need a module that was released since, and workers be reading its code. */
  function freeReleased(): void {
    if (queue.length > 0 || released.length === 0) return;
    for (const id of released) {
      const code = modules.get(id)?.code;
      if (code !== undefined) heap.free(code);
      modules.delete(id);
    }
    released = [];
  }

  /**
   * The launches, from the first on, that this thread does at one go: they need neither steps nor promises. Returns how many
   * there are; none while others wait for their turn.
   */
  function performWhole(launches: readonly PoolLaunch[], observe: Observer | undefined): number {
    if (queue.length > 0) return 0;
    for (let index = 0; index < launches.length; index++) {
      const task = taskOf(launches[index]);
      if (!isWhole(task, threads, judge)) return index;
      const started = observe && performance.now();
      performAtOnce(task);
      observe?.(index, performance.now() - started!, started!, []);
    }
    return launches.length;
  }

  /** All launches from `begin` on, stopping whenever the thread should do something else. */
  function* perform(launches: readonly PoolLaunch[], begin: number, observe: Observer | undefined): Steps {
    for (let index = begin; index < launches.length; index++) {
      const task = taskOf(launches[index]);
      team?.noteParts(observe !== undefined);
      const started = observe && performance.now();
      yield* performTask(task, crewing, () => ahead(launches, index));
      if (observe) {
        const ended = performance.now();
        observe(index, ended - started!, started!, team?.takeParts(started!, ended) ?? []);
      }
    }
  }

  function taskOf(launch: PoolLaunch): Task {
    const { module: id, kernel = 0, blocks, grain = 1, work } = launch;
    const module = modules.get(id);
    const run = module?.kernels[kernel];
    if (module === undefined || run === undefined) throw new InternalError(`there is no kernel k${kernel} in module ${id}`);
    if (!(blocks <= MAX_BLOCKS && grain >= 1)) throw new InternalError(`cannot launch ${blocks} blocks by ${grain}`);
    const task = { launch, module, run, known: work === undefined ? undefined : knownOf(module.paces, kernel, work) };
    if (closed) throw new TargetError(`${labelOf(task)} was launched on a closed pool`);
    return task;
  }

  /** Nanoseconds of work of the launches after one that threads will share. */
  const ahead = (launches: readonly PoolLaunch[], index: number): number =>
    launches.slice(index + 1).reduce((sum, { module, kernel = 0, work = 0 }) => {
      const known = knownOf(modules.get(module)?.paces ?? new Map(), kernel, work);
      return judge.shares(known) ? sum + workOf(known) : sum;
    }, 0);

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
