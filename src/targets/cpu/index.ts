/** The cpu target: buffers in the shared heap, a cache of compiled programs, and jobs as launches of the thread pool. */
import { describeBytes } from '../../bytes.ts';
import { dtypes, type DType, type TypedArray } from '../../dsl/dtype.ts';
import { sameShape } from '../../dsl/shape.ts';
import { DisposedError, InternalError } from '../../errors.ts';
import type { Access, BufferSlot, Launch, Stored, Sweep, Together } from '../../fusion/kernel.ts';
import type { CostProfile, DeviceBuffer, Job, LaunchDescription, PlanTarget, TargetOptions } from '../target.ts';
import { createArenas, type Arena, type Work } from './arena.ts';
import { lowerContract } from './contract-prepare.ts';
import { createHeap, type Block, type Heap } from './heap.ts';
import { hoistedIn } from './hoisted.ts';
import { isInPlace, orient } from './orient.ts';
import type { Part } from './threads/parts.ts';
import { createPool, type Observer, type Pool } from './threads/pool.ts';
import { prepare, WORTH_SHARING, type Call, type Lowered, type Prepared } from './prepare.ts';
import { emitProgram, programOf } from './program.ts';
import { describeSweep } from './sweep/describe.ts';
import { structureOf } from './sweep/driver.ts';
import { prepareSweep, type Cutting, type PreparedSweep } from './sweep/prepare.ts';
import { emitSweep } from './sweep/program.ts';
import { relaxedSimd, type ModuleBuilder } from './wasm/index.ts';

/** Compiled programs kept; the one used longest ago goes first. */
const CACHED_PROGRAMS = 512;

/** Nanoseconds it takes to hand work to threads that are awake. */
const HAND_OUT = 1000;

interface CpuBuffer extends DeviceBuffer {
  readonly block: Block;
  live: boolean;
}

interface Emitted {
  readonly module: ModuleBuilder;
  /** Of a sweep, see `SweepProgram`. */
  readonly finish?: ReadonlyMap<number, number>;
}

interface Compiled extends Omit<Emitted, 'module'> {
  readonly module: number;
  evicted: boolean;
}

/** A launch of some kernel, ready but for addresses and scalars: the next one has the same sizes more often than not. */
interface Recent {
  readonly given: Launch;
  readonly compiled: Compiled;
  readonly prepared: Prepared;
}

/** A job that is ready to run; `observe` and `measured` where it is to be timed. */
interface Begun {
  readonly arena: Arena;
  readonly observe?: Observer;
  readonly measured?: () => void;
}

interface ReadySweep {
  readonly compiled: Compiled;
  readonly prepared: PreparedSweep;
}

/** Whether products and sums may be rounded at once: where the engine can, and results may differ between machines. */
const fuses = (math: TargetOptions['math']): boolean => math !== 'portable' && relaxedSimd();

function asSweep(run: Together): Sweep {
  if (run.kind === 'sweep') return run;
  throw new InternalError(`cpu: a ${run.kind} does not run here`);
}

const sweepWork = (sweep: Sweep, { compiled, prepared }: ReadySweep): Work =>
  ({ sweep, module: compiled.module, prepared, finish: compiled.finish! });

/** What is worth what; measured, and otherwise in tests only. */
export interface Tuning {
  readonly cutting?: Cutting;
  readonly worthSharing?: number;
}

export function createCpuTarget(options: TargetOptions = {}, { cutting, worthSharing }: Tuning = {}): PlanTarget {
  const heap = createHeap();
  const pool = createPool(heap, { threads: options.threads });
  const allThreads = pool.threads;
  const arenas = createArenas(heap, worthSharing);
  const programs = new Map<string, Compiled>();
  const recent = new Map<string, Recent>();
  const recentSweeps = new Map<string, ReadySweep>();
  const knownSweeps = new WeakMap<Sweep, ReadySweep>();
  const memory = { memory: { shared: heap.shared } };
  const profileFor = (math: TargetOptions['math']): CostProfile => ({
    memoryRoundTrip: 6, launch: 4000, maxBuffers: 64, maxBufferBytes: heap.stats.limit, sweeps: SWEEPS,
    fuseMultiplyAdd: fuses(math),
  });
  let profile = profileFor(options.math);
  let compilations = 0;

  /** What was compiled under a key, or is now. */
  function compiled(key: string, name: string, emit: () => Emitted): Compiled {
    let found = programs.get(key);
    if (found) {
      programs.delete(key); // and back at the end: the order is that of use
    } else {
      const { module, ...rest } = emit();
      found = { ...rest, module: pool.register(module.bytes(), { name, optimise: true }), evicted: false };
      compilations++;
    }
    programs.set(key, found);
    if (programs.size > CACHED_PROGRAMS) evictOldest();
    return found;
  }

  function evictOldest(): void {
    const [code, oldest] = programs.entries().next().value!;
    programs.delete(code);
    oldest.evicted = true;
    pool.release(oldest.module);
  }

  function ready(given: Launch): Work {
    let found = recent.get(given.code);
    if (!found || found.compiled.evicted || !sameSizes(found.given, given)) {
      const { code, emit, prepared } = lower(given);
      found = { given, compiled: compiled(code, given.kernel.name, () => ({ module: emit(memory) })), prepared };
      if (recent.size >= CACHED_PROGRAMS) recent.clear();
      recent.set(given.code, found);
    }
    return { launch: given, module: found.compiled.module, prepared: found.prepared };
  }

  function readySweep(sweep: Sweep, slots: readonly BufferSlot[]): Work {
    const same = knownSweeps.get(sweep);
    if (same && !same.compiled.evicted) return sweepWork(sweep, same);
    const key = sweepKey(sweep, slots);
    let found = recentSweeps.get(key);
    if (!found || found.compiled.evicted) {
      const prepared = prepareSweep(sweep, slots, cutting);
      const name = sweep.stages.map(({ launch }) => launch.kernel.name).join(', ');
      found = { prepared, compiled: compiled(structureOf(prepared), name, () => emitSweep(prepared, memory)) };
      if (recentSweeps.size >= CACHED_PROGRAMS) recentSweeps.clear();
      recentSweeps.set(key, found);
    }
    knownSweeps.set(sweep, found);
    return sweepWork(sweep, found);
  }

  function begin({ runs, slots, buffers, measure }: Job): Begun {
    const before = compilations, began = measure && performance.now();
    const work = runs.map((run) => ('stages' in run ? readySweep(asSweep(run), slots) : ready(run)));
    const addressOf = (slot: number): number | undefined => (slots[slot].role === 'private' ? undefined : blockOf(buffers[slot]).address);
    const arena = arenas.make(work, addressOf, pool.threads);
    if (!measure) return { arena };
    const compiling = compilations > before ? performance.now() - began! : 0;
    return { arena, ...measuring(arena, compiling, pool.threads, measure) };
  }

  return {
    kind: 'plan',
    name: 'cpu',
    get profile() {
      return profile;
    },
    describe: () => describe(heap, pool),
    refuses: () => undefined,
    get compilations() {
      return compilations;
    },

    memory: () => heap.stats,
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
        await pool.run(arena.launches.flat(), observe);
        measured?.();
      } finally {
        arena.release();
      }
    },
    runSync: (job) => {
      const { arena, observe, measured } = begin(job);
      try {
        pool.runSync(arena.launches.flat(), observe);
        measured?.();
      } finally {
        arena.release();
      }
    },

    read: async (buffer, dtype, length) => copyOut(heap, buffer, dtype, length),
    readSync: (buffer, dtype, length) => copyOut(heap, buffer, dtype, length),
    explain: (launch) => explain(launch, pool.threads),
    explainSweep: (sweep, slots) => describeSweep(asSweep(sweep), slots, pool.threads, WORTH_SHARING),
    configure: ({ threads, math }) => {
      pool.threads = threads ?? allThreads;
      profile = profileFor(math);
    },
    close: () => pool.close(),
  };
}

/** A run may be several launches of the pool. */
function measuring({ launches }: Arena, compiling: number, threads: number, measure: NonNullable<Job['measure']>): Omit<Begun, 'arena'> {
  const owner = launches.flatMap((list, k) => list.map(() => k));
  const milliseconds = launches.map(() => 0), starts = launches.map(() => 0);
  const counts = launches.map(() => 1), parts: Part[][] = launches.map(() => []);
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

/** Equal keys are prepared alike. */
function sweepKey({ cut, batch, units, wraps, stages, privates }: Sweep, slots: readonly BufferSlot[]): string {
  const number = new Map<number, number>();
  const nameOf = (slot: number): string => {
    const k = number.get(slot) ?? number.set(slot, number.size).size - 1;
    return `${k}:${slots[slot].bytes}`;
  };
  const inner = new Set(privates.map((p) => p.slot));
  return [`${cut} ${batch},${units},${wraps},${[...inner].map(nameOf).join()}`, ...stages.map(({ launch: l, units: own, lo, hi }) => [
    l.code, l.domain.join(), own, lo, hi,
    ...l.inputs.map((x) => `${nameOf(x.slot)}+${x.offset}*${x.strides.join()}/${x.sizes?.join() ?? ''}`), '>', ...l.outputs.map(nameOf),
  ].join(' '))].join('\n');
}

/** The same code would be cut into the same blocks. */
function sameSizes(a: Launch, b: Launch): boolean {
  const input = (x: Access, y: Access): boolean =>
    x.offset === y.offset && sameShape(x.strides, y.strides) && sameShape(x.sizes ?? [], y.sizes ?? []);
  const output = (x: Stored, y: Stored): boolean =>
    sameShape(x.sizes, y.sizes) && (x.initial === undefined) === (y.initial === undefined);
  return sameShape(a.domain, b.domain) && isInPlace(a) === isInPlace(b) && a.inputs.every((x, k) => input(x, b.inputs[k]))
    && (a.stored ?? []).every((x, k) => output(x, b.stored![k]));
}

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

function describe(heap: Heap, pool: Pool): string {
  const threads = heap.shared
    ? `${pool.threads} threads`
    : '1 thread (no SharedArrayBuffer here: serve the page cross-origin isolated for more)';
  return `WebAssembly SIMD, ${threads}, heap ${describeBytes(heap.stats.used)} of ${describeBytes(heap.stats.limit)}`;
}

/** Who does it, of calls of so much work. */
const whoDoes = ({ work, certain }: Pick<Call, 'work' | 'certain'>): string =>
  (work >= WORTH_SHARING ? 'on all threads' : certain ? 'on the calling thread' : 'on all threads if it takes long');

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

function lower(given: Launch): Lowered {
  const product = lowerContract(given);
  if (product) return product;
  const launch = orient(given);
  const program = programOf(launch.kernel, launch.inner, launch.bodyInner);
  return { code: launch.code, emit: (options) => emitProgram(program, options), prepared: prepare(program, launch) };
}

function explain(given: Launch, threads: number): LaunchDescription {
  const { emit, prepared: { calls } } = lower(given);
  const shared = (c: Call): boolean => c.work >= WORTH_SHARING;
  // What threads do, they do together, but for handing it out.
  const work = calls.reduce((sum, c) => sum + (shared(c) ? c.work / threads + HAND_OUT : c.work), 0);
  const several = threads > 1 && calls.some((c) => shared(c) || !c.certain);
  return {
    get code() { return `;; ${given.kernel.name}\n${emit({}).toWat()}`; },
    layout: calls.map(describeCall).join('\n'),
    workers: several ? `${calls.some(shared) ? '' : 'up to '}${threads} threads` : '1 thread',
    estimate: work / 1e6,
    hoisted: hoistedIn(orient(given)),
  };
}
