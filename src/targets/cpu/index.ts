/** The cpu target: buffers in the shared heap, a cache of compiled programs, and jobs as launches of the thread pool. */
import { describeBytes } from '../../bytes.ts';
import { dtypes, type DType, type TypedArray } from '../../dsl/dtype.ts';
import { DisposedError, InternalError } from '../../errors.ts';
import type { Launch } from '../../fusion/kernel.ts';
import type { CostProfile, DeviceBuffer, Job, LaunchDescription, PlanTarget, TargetOptions } from '../target.ts';
import { createArenas, type Arena } from './arena.ts';
import { MOST_ELEMENTS } from './blocks.ts';
import { createHeap, mostMemory, type Block, type Heap, type HeapOptions } from './heap.ts';
import { hoistedIn } from './hoisted.ts';
import { MOST_32 } from './memory.ts';
import { orient } from './orient.ts';
import { WORTH, type Worth } from './threads/judge.ts';
import type { Part } from './threads/parts.ts';
import { createPool, type Observer, type Pool } from './threads/pool.ts';
import type { Call } from './prepare.ts';
import { asSweep, createPrograms, lower } from './programs.ts';
import { describeSweep } from './sweep/describe.ts';
import type { Cutting } from './sweep/prepare.ts';
import { relaxedSimd } from './wasm/index.ts';
import { wideProblem } from './wide.ts';

/** Nanoseconds it takes to hand work to threads that are awake. */
const HAND_OUT = 1000;

interface CpuBuffer extends DeviceBuffer {
  readonly block: Block;
  live: boolean;
}

/** A job that is ready to run; `observe` and `measured` where it is to be timed. */
interface Begun {
  readonly arena: Arena;
  readonly observe: Observer | undefined;
  readonly measured: (() => void) | undefined;
}

/** Whether products and sums may be rounded at once: where the engine can, and results may differ between machines. */
const fuses = (math: TargetOptions['math']): boolean => math !== 'portable' && relaxedSimd();

/** What is worth what; measured, and otherwise in tests only. */
export interface Tuning {
  readonly cutting?: Cutting;
  readonly worth?: Worth;
  readonly heap?: HeapOptions;
  /** Code for vectors of 256 bits, whether there are any or not. */
  readonly pairs?: boolean;
}

export function createCpuTarget(
  options: TargetOptions = {}, { cutting, worth, heap: room, pairs = false }: Tuning = {},
): PlanTarget {
  const { memoryLimit = MOST_32 } = options;
  const heap = createHeap({ limit: memoryLimit, ...room });
  const pool = createPool(heap, { threads: options.threads, worth });
  const allThreads = pool.threads;
  const programs = createPrograms(heap, pool, cutting);
  const arenas = createArenas(heap);
  let asked = false;
  const widen = (wide = false): void => {
    asked = wide;
    programs.paired = pairs || (wide && wideProblem() === undefined);
  };
  widen(options.wide);
  const profileFor = ({ math, subnormals }: TargetOptions): CostProfile => ({
    memoryRoundTrip: 6, launch: 4000, maxBuffers: 64, maxBufferBytes: heap.stats.limit, maxElements: MOST_ELEMENTS,
    sweeps: SWEEPS, fuseMultiplyAdd: fuses(math), flushSubnormals: subnormals === 'flush',
  });
  let profile = profileFor(options);

  function begin({ runs, slots, buffers, measure }: Job): Begun {
    const before = programs.compilations, began = measure && performance.now();
    programs.trim();
    const work = runs.map((run) => programs.work(run, slots));
    const addressOf = (slot: number): number | undefined => (slots[slot].role === 'private' ? undefined : blockOf(buffers[slot]).address);
    const arena = arenas.make(work, addressOf, pool.threads);
    if (!measure) return { arena, observe: undefined, measured: undefined };
    const compiling = programs.compilations > before ? performance.now() - began! : 0;
    return { arena, ...measuring(arena, compiling, pool.threads, measure) };
  }

  return {
    kind: 'plan',
    name: 'cpu',
    get profile() {
      return profile;
    },
    describe: () => describe(heap, pool, asked),
    refuses: () => undefined,
    get compilations() {
      return programs.compilations;
    },

    memory: () => heap.stats,
    moreMemory: heap.stats.limit < mostMemory() ? 'or configure() a larger memoryLimit before the first array is made' : undefined,
    allocate: (bytes) => {
      const buffer: CpuBuffer = { bytes, block: heap.allocate(bytes), live: true };
      return buffer;
    },
    release: (buffer) => {
      const block = blockOf(buffer);
      (buffer as CpuBuffer).live = false;
      heap.free(block);
    },
    upload: (buffer, data) => {
      const { address } = blockOf(buffer);
      if (data.byteLength > buffer.bytes) throw new InternalError(`${data.byteLength} bytes do not fit a buffer of ${buffer.bytes}`);
      heap.view(Uint8Array, address, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    },

    // Where it is not shared, a memory that grows takes its old views along.
    view: heap.shared ? (buffer, dtype, length) => viewOf(heap, buffer, dtype, length) : undefined,

    run: async (job) => {
      const { arena, observe, measured } = begin(job);
      try {
        await pool.run(arena.launches, observe);
        measured?.();
      } finally {
        arenas.release(arena);
      }
    },
    runSync: (job) => {
      const { arena, observe, measured } = begin(job);
      try {
        pool.runSync(arena.launches, observe);
        measured?.();
      } finally {
        arenas.release(arena);
      }
    },

    read: async (buffer, dtype, length) => copyOut(heap, buffer, dtype, length),
    readSync: (buffer, dtype, length) => copyOut(heap, buffer, dtype, length),
    explain: (launch) => explain(launch, pool.threads, heap.memory64, programs.paired),
    explainSweep: (sweep, slots) => {
      const conditions = { threads: pool.threads, memory64: heap.memory64, paired: programs.paired };
      return describeSweep(asSweep(sweep), slots, conditions, WORTH.awake);
    },
    objects: (next) => ((next.memoryLimit ?? MOST_32) === memoryLimit ? undefined
      : `memoryLimit: the cpu target has started with ${describeBytes(heap.stats.limit)}; set it before the first array is made, or after `
        + 'closeTargets()'),
    configure: (changed) => {
      widen(changed.wide);
      pool.threads = changed.threads ?? allThreads;
      profile = profileFor(changed);
    },
    close: () => pool.close(),
  };
}

/** A run may be several launches of the pool. */
function measuring(
  { launches, ends }: Arena, compiling: number, threads: number, measure: NonNullable<Job['measure']>,
): Omit<Begun, 'arena'> {
  const lists = ends.map((end, run) => launches.slice(run === 0 ? 0 : ends[run - 1], end));
  const owner = lists.flatMap((list, k) => list.map(() => k));
  const milliseconds = lists.map(() => 0), starts = lists.map(() => 0);
  const counts = lists.map(() => 1), parts: Part[][] = lists.map(() => []);
  return {
    observe: (launch, time, started, taken) => {
      const run = owner[launch];
      milliseconds[run] += time;
      starts[run] ||= started;
      counts[run] = Math.max(counts[run], 1 + taken.length);
      parts[run].push(...taken);
    },
    measured: () => measure({
      milliseconds, starts, compiling, threads, workers: { of: 'threads', counts }, parts,
      clock: 'the clock of the calling thread, with handing out and waiting for others',
    }),
  };
}

/** What windows of a sweep may take of the second cache, and how many steps of a time loop pay. */
const SWEEPS = { cache: 1 << 20, depth: 10, lineDepth: 25 };

function blockOf(buffer: DeviceBuffer): Block {
  const own = buffer as Partial<CpuBuffer>;
  if (!own.block) throw new InternalError('a buffer of another target reached the cpu target');
  if (!own.live) throw new DisposedError('this buffer was released');
  return own.block;
}

function viewOf(heap: Heap, buffer: DeviceBuffer, dtype: DType, length: number): TypedArray {
  const { array } = dtypes[dtype];
  return heap.view(array as new (b: ArrayBuffer, at: number, n: number) => TypedArray, blockOf(buffer).address, length);
}

function copyOut(heap: Heap, buffer: DeviceBuffer, dtype: DType, length: number): TypedArray {
  const copy = new dtypes[dtype].array(length) as TypedArray;
  copy.set(viewOf(heap, buffer, dtype, length));
  return copy;
}

/** `wide`: vectors of 256 bits were asked for. */
function describe(heap: Heap, pool: Pool, wide: boolean): string {
  const threads = heap.shared
    ? `${pool.threads} threads`
    : '1 thread (no SharedArrayBuffer here: serve the page cross-origin isolated for more)';
  const problem = wide ? wideProblem() : undefined;
  const vectors = !wide ? '' : problem ? ` of 128 bits (wide ${problem})` : ' of 128 and 256 bits';
  return `WebAssembly SIMD${vectors}, ${threads}, heap ${describeBytes(heap.stats.used)} of ${describeBytes(heap.stats.limit)}`;
}

/** Who does it, of calls of so much work. */
const whoDoes = ({ work, certain }: Pick<Call, 'work' | 'certain'>): string =>
  (work >= WORTH.awake ? 'on all threads' : certain ? 'on the calling thread' : 'on all threads if it takes long');

function describeCall(call: Call): string {
  const { kernel, blocking, blocks, work } = call;
  const threads = whoDoes(call);
  const time = `about ${Math.round(work / 1000)} us on one thread, ${threads}`;
  if (call.does) return `k${kernel}: ${call.does}, in ${blocks} tasks, ${time}`;
  if (!blocking) return `k${kernel}: what an output starts with, in ${blocks} blocks, ${time}`;
  const { geometry: g, elements } = blocking;
  return `k${kernel}: ${elements} elements in ${blocks} blocks of ${g.rowsPerBlock} rows by ${g.columnsPerBlock} columns`
    + `${g.chunks > 1 ? `, ${g.chunks} partial results per point` : ''}, ${time}`;
}

function explain(given: Launch, threads: number, memory64: boolean, paired: boolean): LaunchDescription {
  const { emit, prepared: { calls }, paired: isPaired } = lower(given, { memory: { memory64 } }, paired);
  const shared = (c: Call): boolean => c.work >= WORTH.awake;
  // What threads do, they do together, but for handing it out.
  const work = calls.reduce((sum, c) => sum + (shared(c) ? c.work / threads + HAND_OUT : c.work), 0);
  const several = threads > 1 && calls.some((c) => shared(c) || !c.certain);
  return {
    get code() { return `;; ${given.kernel.name}\n${emit().module.toWat()}`; },
    layout: calls.map(describeCall).join('\n') + (isPaired ? '\nin vectors of 256 bits' : ''),
    workers: several ? `${calls.some(shared) ? '' : 'up to '}${threads} threads` : '1 thread',
    estimate: work / 1e6,
    hoisted: hoistedIn(orient(given)),
  };
}
