/**
 * The memory of the cpu target: one WebAssembly.Memory that arrays, launch parameters and the pool's control block
 * share. Blocks are aligned to 64 bytes, and 64 bytes past the end of any block can be read, so that vector loads
 * may run over the tail.
 *
 * Freed blocks are merged with their neighbours and reused before untouched memory is taken, because the first touch
 * of a page costs 3.5x a reuse. Small blocks come from slabs, so that those that live long do not lie between large ones.
 */
import { describeBytes } from '../../bytes.ts';
import { InternalError, OutOfMemoryError } from '../../errors.ts';
import { grow as growMemory, makeMemory, MOST_32, MOST_64, PAGE } from './memory.ts';
import { hasMemory64 } from './wasm/index.ts';

const ALIGN = 64;
/** Address 0 is never handed out: a stray zero parameter must not name somebody's array. */
const BASE = 1024;
/** Readable bytes behind the last block. */
const SLACK = ALIGN;
/** The heap doubles when it grows, but by no more than this beyond what was asked for. */
const GROWTH_LIMIT = 64 * 1024 * 1024;
/** Blocks of at most so many bytes come from slabs. */
const SMALL = 32 * 1024;
/** Bytes of a slab; the last of them are never handed out, so that free blocks of two slabs do not merge. */
const SLAB = 256 * 1024;
/** Maxima to try, in bytes: an engine short of address space refuses the larger ones. */
const MAXIMA = [MOST_64, 2 ** 33, MOST_32, 2 ** 31, 2 ** 30, 2 ** 29, 2 ** 28, 2 ** 26];

export interface Block {
  readonly address: number;
  /** What was asked for. */
  readonly bytes: number;
}

export interface HeapOptions {
  /** Shared memory, for threads. By default wherever the platform lets it be shared. */
  readonly shared?: boolean;
  /** The most bytes it may grow to; 4 GiB by default. More needs memory64: without that, 4 GiB is the most. */
  readonly limit?: number;
  /** Addresses of 64 bits even if there is no need for them. For tests: they cost time. */
  readonly memory64?: boolean;
}

export interface HeapStats {
  /** Bytes in live blocks, rounded up to the alignment. */
  readonly used: number;
  /** The most that `used` has been. */
  readonly peak: number;
  /** Size of the memory. */
  readonly capacity: number;
  /** Size that it may grow to. */
  readonly limit: number;
  readonly blocks: number;
}

export interface Heap {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  /** Its addresses have 64 bits. */
  readonly memory64: boolean;
  /** Contents are undefined. Throws OutOfMemoryError, and changes nothing, when there is no room. */
  allocate(bytes: number): Block;
  /** Freeing twice is an error. */
  free(block: Block): void;
  /** A typed array over `length` elements at `address`. Views do not follow growth of the memory: make, use, forget. */
  view<T>(type: ViewType<T>, address: number, length: number): T;
  readonly stats: HeapStats;
}

/** Any typed array constructor. */
export type ViewType<T> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => T;

/** Whether memory can be shared with workers here: always in Node and Deno, on cross-origin isolated pages in browsers. */
function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated ?? true;
}

export function createHeap(options: HeapOptions = {}): Heap {
  const shared = (options.shared ?? true) && canShareMemory();
  const { memory, limit, memory64 } = createMemory(shared, options.limit ?? MOST_32, options.memory64 ?? false);
  const spans = new FreeSpans();
  const inSlabs = new FreeSpans();
  /** Small blocks that are not in a slab. */
  const strays = new Set<number>();
  const live = new Map<number, Block>();
  let top = BASE;
  let used = 0;
  let peak = 0;

  const capacity = (): number => memory.buffer.byteLength;

  /** Moves the end of the used region up by `size`; undefined when the memory cannot grow that far. */
  function extend(size: number): number | undefined {
    const needed = top + size + SLACK - capacity();
    if (needed > 0 && !grow(needed)) return undefined;
    const address = top;
    top += size;
    return address;
  }

  function grow(needed: number): boolean {
    const generous = Math.max(needed, Math.min(capacity(), GROWTH_LIMIT));
    for (const bytes of new Set([Math.min(generous, limit - capacity()), needed])) {
      if (capacity() + bytes > limit || bytes < needed) continue;
      try {
        growMemory(memory, Math.ceil(bytes / PAGE), memory64);
        return true;
      } catch {
        // The engine has no memory left for this much; the next attempt is smaller.
      }
    }
    return false;
  }

  const take = (size: number): number | undefined => spans.take(size) ?? extend(size);

  /** From a slab; where there is no room for a new one, from anywhere. */
  function takeSmall(size: number): number | undefined {
    const found = inSlabs.take(size);
    if (found !== undefined) return found;
    const slab = take(SLAB);
    if (slab === undefined) {
      const address = take(size);
      if (address !== undefined) strays.add(address);
      return address;
    }
    inSlabs.give(slab, SLAB - ALIGN);
    return inSlabs.take(size);
  }

  function allocate(bytes: number): Block {
    if (!(bytes >= 0 && Number.isSafeInteger(bytes))) throw new InternalError(`cannot allocate ${bytes} bytes`);
    const size = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
    const address = size <= SMALL ? takeSmall(size) : take(size);
    if (address === undefined) {
      throw new OutOfMemoryError(
        `the CPU heap has no room for ${describeBytes(bytes)}: ${describeBytes(used)} are in use, `
        + `and the limit is ${describeBytes(limit)}. Dispose of arrays that are no longer needed, or use wf.scope().`,
      );
    }
    const block = { address, bytes };
    live.set(address, block);
    used += size;
    peak = Math.max(peak, used);
    return block;
  }

  function free(block: Block): void {
    if (live.get(block.address) !== block) throw new InternalError(`block at ${block.address} is freed twice or is not of this heap`);
    live.delete(block.address);
    const size = Math.max(ALIGN, Math.ceil(block.bytes / ALIGN) * ALIGN);
    used -= size;
    if (size > SMALL || strays.delete(block.address)) return give(block.address, size);
    const span = inSlabs.give(block.address, size);
    if (span.size < SLAB - ALIGN) return;
    inSlabs.remove(span);
    give(span.address, SLAB);
  }

  function give(address: number, size: number): void {
    const span = spans.give(address, size);
    if (span.address + span.size === top) {
      spans.remove(span);
      top = span.address;
    }
  }

  return {
    memory, shared, memory64, allocate, free,
    view: (type, address, length) => new type(memory.buffer, address, length),
    get stats() {
      return { used, peak, capacity: capacity(), limit, blocks: live.size };
    },
  };
}

/** Bytes that memory can grow to in this engine. */
export const mostMemory = (): number => (hasMemory64() ? MOST_64 : MOST_32);

/** Why memory cannot grow to a limit that somebody asks for; `Infinity` is as much as there is. */
export function limitProblem(limit: number): string | undefined {
  if (limit <= MOST_32 || hasMemory64()) return undefined;
  return limit === Infinity ? undefined : `memoryLimit: ${describeBytes(limit)} are more than this engine has, which is 4 GiB, as it has `
    + 'no memory64 (Node 24 and browsers of 2025 do); Infinity takes what there is';
}

interface Created {
  readonly memory: WebAssembly.Memory;
  readonly limit: number;
  readonly memory64: boolean;
}

function createMemory(shared: boolean, limit: number, memory64: boolean): Created {
  const pages = (bytes: number): number => Math.max(1, Math.floor(bytes / PAGE));
  const ends = Math.min(limit, MAXIMA[0]!);
  let refusal: unknown;
  for (const most of new Set([ends, ...MAXIMA.filter((bytes) => bytes < ends)])) {
    const maximum = pages(most), needs64 = memory64 || most > MOST_32;
    if (needs64 && !hasMemory64()) continue;
    try {
      const memory = makeMemory({ initial: Math.min(16, maximum), maximum, shared, memory64: needs64 });
      return { memory, limit: maximum * PAGE, memory64: needs64 };
    } catch (error) {
      refusal = error;
    }
  }
  throw new OutOfMemoryError('the engine refused to create a WebAssembly memory', { cause: refusal });
}

interface Span {
  readonly address: number;
  readonly size: number;
  /** Place in its bin, for removal in constant time. */
  place: number;
}

/** Four bins per power of two, so that a block is at most a quarter larger than the smallest of its bin. */
function binOf(size: number): number {
  const units = size / ALIGN;
  const exponent = Math.floor(Math.log2(units));
  return exponent * 4 + Math.floor((units / 2 ** exponent - 1) * 4);
}

/** Free memory between live blocks: found by size through bins, by neighbourhood through both ends. */
class FreeSpans {
  private readonly bins: Span[][] = [];
  private readonly starts = new Map<number, Span>();
  private readonly ends = new Map<number, Span>();

  /** Adds a region, merged with the free regions it touches. */
  give(address: number, size: number): Span {
    const before = this.ends.get(address);
    const after = this.starts.get(address + size);
    if (before) this.remove(before);
    if (after) this.remove(after);
    return this.insert(before?.address ?? address, (before?.size ?? 0) + size + (after?.size ?? 0));
  }

  /** The address of `size` bytes, cut from the front of a span that holds them. */
  take(size: number): number | undefined {
    const span = this.find(size);
    if (span === undefined) return undefined;
    this.remove(span);
    if (span.size > size) this.insert(span.address + size, span.size - size);
    return span.address;
  }

  /** In the bin of `size` the best of the most recently freed; above it anything fits, so the smallest bin wins. */
  private find(size: number): Span | undefined {
    const own = binOf(size);
    const near = this.bins[own]?.slice(-16).filter((span) => span.size >= size) ?? [];
    if (near.length > 0) return near.reduceRight((best, span) => (span.size < best.size ? span : best));
    for (let bin = own + 1; bin < this.bins.length; bin++) {
      const last = this.bins[bin]?.at(-1);
      if (last) return last;
    }
    // Nothing larger: a span of the own bin that the short look above did not reach.
    return this.bins[own]?.find((span) => span.size >= size);
  }

  private insert(address: number, size: number): Span {
    const bin = (this.bins[binOf(size)] ??= []);
    const span = { address, size, place: bin.length };
    bin.push(span);
    this.starts.set(address, span);
    this.ends.set(address + size, span);
    return span;
  }

  remove(span: Span): void {
    const bin = this.bins[binOf(span.size)]!;
    const last = bin.pop()!;
    if (last !== span) {
      bin[span.place] = last;
      last.place = span.place;
    }
    this.starts.delete(span.address);
    this.ends.delete(span.address + span.size);
  }
}
