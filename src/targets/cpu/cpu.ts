/** The cpu target: buffers in the shared heap, a cache of compiled programs, and jobs as launches of the thread pool. */
import { dtypes, type DType, type TypedArray } from '../../dsl/dtype.ts';
import { DisposedError, InternalError } from '../../errors.ts';
import type { Launch } from '../../fusion/kernel.ts';
import type { DeviceBuffer, Job, PlanTarget, TargetOptions } from '../target.ts';
import { createHeap, describeBytes, type Block, type Heap } from './heap.ts';
import { writeLayout } from './layout.ts';
import { layoutSpecOf } from './frame.ts';
import { orient, type OrientedLaunch } from './orient.ts';
import { createPool, type Pool, type PoolLaunch } from './pool.ts';
import { GRAIN_WORK, parametersOf, prepare, WORTH_SHARING, type Prepared } from './prepare.ts';
import { emitProgram, programOf, type Program } from './program.ts';

/** Compiled programs kept; the one used longest ago goes first. */
const CACHED_PROGRAMS = 512;

interface CpuBuffer extends DeviceBuffer {
  readonly block: Block;
  live: boolean;
}

interface Compiled {
  readonly program: Program;
  readonly module: number;
}

/** What one job holds in the heap while it runs. */
interface Arena {
  readonly launches: readonly PoolLaunch[];
  release(): void;
}

export function createCpuTarget(options: TargetOptions = {}): PlanTarget {
  const heap = createHeap();
  const pool = createPool(heap, { threads: options.threads });
  const programs = new Map<string, Compiled>();
  const defaultThreads = options.threads ?? pool.threads;
  let compilations = 0;

  function compiled(launch: OrientedLaunch): Compiled {
    let found = programs.get(launch.code);
    if (found) {
      programs.delete(launch.code); // and back at the end: the order is that of use
    } else {
      const program = programOf(launch.kernel, launch.inner, launch.bodyInner);
      const bytes = emitProgram(program, { memory: { shared: heap.shared } }).bytes();
      found = { program, module: pool.register(bytes, { name: launch.kernel.name, optimise: true }) };
      compilations++;
    }
    programs.set(launch.code, found);
    if (programs.size > CACHED_PROGRAMS) evict();
    return found;
  }

  function evict(): void {
    for (const [code, { module }] of programs) {
      programs.delete(code);
      pool.release(module);
      return;
    }
  }

  const arenaOf = (job: Job): Arena => {
    const work = job.launches.map((given) => {
      const launch = orient(given);
      const { program, module } = compiled(launch);
      return { launch, module, prepared: prepare(program, launch) };
    });
    return makeArena(heap, pool, job, work);
  };

  return {
    kind: 'plan',
    name: 'cpu',
    profile: { memoryRoundTrip: 6, launch: 4000, maxBuffers: 64, maxBufferBytes: heap.stats.limit },
    describe: () => describe(heap, pool),
    refuses: () => undefined,
    get compilations() {
      return compilations;
    },

    allocate: (bytes) => {
      const buffer: CpuBuffer = { bytes, block: heap.allocate(bytes), live: true };
      return buffer;
    },
    release: (buffer) => {
      const own = blockOf(buffer);
      (buffer as CpuBuffer).live = false;
      heap.free(own);
    },
    upload: (buffer, data) => {
      const { address } = blockOf(buffer);
      if (data.byteLength > buffer.bytes) throw new InternalError(`${data.byteLength} bytes do not fit a buffer of ${buffer.bytes}`);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      heap.view(Uint8Array, address, data.byteLength).set(bytes);
    },

    run: async (job) => {
      const arena = arenaOf(job);
      try {
        await pool.run(arena.launches);
      } finally {
        arena.release();
      }
    },
    runSync: (job) => {
      const arena = arenaOf(job);
      try {
        pool.runSync(arena.launches);
      } finally {
        arena.release();
      }
    },

    read: (buffer, dtype, length) => Promise.resolve().then(() => copyOut(heap, buffer, dtype, length)),
    readSync: (buffer, dtype, length) => copyOut(heap, buffer, dtype, length),
    explain: (launch) => explain(launch),
    configure: ({ threads }) => {
      pool.threads = threads ?? defaultThreads;
    },
    close: () => pool.close(),
  };
}

function blockOf(buffer: DeviceBuffer): Block {
  const own = buffer as Partial<CpuBuffer>;
  if (!own.block) throw new InternalError('a buffer of another target reached the cpu target');
  if (!own.live) throw new DisposedError('this buffer was released');
  return own.block;
}

function copyOut(heap: Heap, buffer: DeviceBuffer, dtype: DType, length: number): TypedArray {
  const source = heap.view(dtypes[dtype].array as new (b: ArrayBuffer, at: number, n: number) => TypedArray, blockOf(buffer).address, length);
  const copy = new dtypes[dtype].array(length) as TypedArray;
  copy.set(source);
  return copy;
}

/** Parameters of all launches, and one scratch area for partial results, which launches use one after the other. */
function makeArena(
  heap: Heap, pool: Pool, job: Job, work: readonly { launch: Launch; module: number; prepared: Prepared }[],
): Arena {
  const align = (n: number): number => Math.ceil(n / 64) * 64;
  const planeBytes = (p: Prepared): number[] => {
    const planes = p.calls[0].nest.planes;
    return p.planeLengths.map((n, k) => align(n * dtypes[planes[k]].bytes + 64));
  };
  const parameterBytes = work.reduce((n, w) => n + w.prepared.calls.reduce((m, c) => m + align(c.bytes), 0), 0);
  const scratchBytes = Math.max(0, ...work.map((w) => planeBytes(w.prepared).reduce((n, b) => n + b, 0)));
  const block = heap.allocate(parameterBytes + scratchBytes);
  const scratch = block.address + parameterBytes;
  const addressOf = (slot: number): number => blockOf(job.buffers[slot]).address;

  let at = block.address;
  const launches: PoolLaunch[] = [];
  try {
    for (const { launch, module, prepared } of work) {
      let end = scratch;
      const planes = planeBytes(prepared).map((bytes) => (end += bytes) - bytes);
      for (const c of prepared.calls) {
        writeLayout(heap.memory.buffer, at, layoutSpecOf(c.nest), parametersOf(c, launch, addressOf, planes));
        launches.push(launchOf(module, c, at, pool.threads));
        at += align(c.bytes);
      }
    }
  } catch (error) {
    heap.free(block);
    throw error;
  }
  return { launches, release: () => heap.free(block) };
}

function launchOf(module: number, { kernel, blocking, work }: Prepared['calls'][number], params: number, threads: number): PoolLaunch {
  const { blocks } = blocking;
  const shared = work > WORTH_SHARING;
  const perBlock = work / Math.max(1, blocks);
  const grain = shared ? Math.max(1, Math.min(Math.floor(GRAIN_WORK / perBlock), Math.ceil(blocks / (4 * threads)))) : blocks;
  return { module, kernel, params, blocks, grain: Math.max(1, grain), threads: shared ? threads : 1 };
}

function describe(heap: Heap, pool: Pool): string {
  const threads = heap.shared ? `${pool.threads} threads` : '1 thread (no SharedArrayBuffer here: serve the page cross-origin isolated for more)';
  return `cpu: WebAssembly SIMD, ${threads}, heap ${describeBytes(heap.stats.used)} of ${describeBytes(heap.stats.limit)}`;
}

function explain(given: Launch): { readonly code: string; readonly layout: string } {
  const launch = orient(given);
  const program = programOf(launch.kernel, launch.inner, launch.bodyInner);
  const { calls } = prepare(program, launch);
  const layout = calls.map(({ kernel, blocking: { geometry: g, blocks, elements }, work }) =>
    `k${kernel}: ${elements} elements in ${blocks} blocks of ${g.rowsPerBlock} rows by ${g.columnsPerBlock} columns`
    + `${g.chunks > 1 ? `, ${g.chunks} partial results per point` : ''}, about ${Math.round(work / 1000)} us on one thread`
    + `${work > WORTH_SHARING ? ', on all threads' : ', on the calling thread'}`);
  return { code: `;; ${launch.kernel.name}\n${emitProgram(program, {}).toWat()}`, layout: layout.join('\n') };
}
