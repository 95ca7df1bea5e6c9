/**
 * The two kinds of WebAssembly memory: addresses have 32 bits, or with memory64 they have 64, for more than 4 GiB. JavaScript
 * gives sizes of the latter as BigInts; everywhere else here, sizes and addresses are numbers.
 */

export const PAGE = 65536;

/** The most bytes of a memory with addresses of 32 bits. */
export const MOST_32 = 2 ** 32;
/** The most bytes that engines give one with addresses of 64 bits. */
export const MOST_64 = 2 ** 34;

interface MemorySpec {
  /** Pages. */
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
  readonly memory64: boolean;
}

export function makeMemory({ initial, maximum, shared, memory64 }: MemorySpec): WebAssembly.Memory {
  if (!memory64) return new WebAssembly.Memory({ initial, maximum, shared });
  const descriptor = { address: 'i64', initial: BigInt(initial), maximum: BigInt(maximum), shared };
  return new WebAssembly.Memory(descriptor as unknown as WebAssembly.MemoryDescriptor);
}

/** Throws where there is no memory for so many more pages. */
export function grow(memory: WebAssembly.Memory, pages: number, memory64: boolean): void {
  memory.grow((memory64 ? BigInt(pages) : pages) as number);
}

// ---- addresses in memory: two words, the lower one first ----

export function putAddress(words: Int32Array, at: number, address: number): void {
  words[at] = address | 0;
  words[at + 1] = Math.floor(address / 2 ** 32);
}

export const addressAt = (words: Int32Array, at: number): number => (words[at] >>> 0) + words[at + 1] * 2 ** 32;
