/** What a job holds in the heap while it runs: the parameters of its launches, and memory for partial results. */
import type { Launch } from '../../fusion/kernel.ts';
import type { Block, Heap } from './heap.ts';
import { writeUniform } from './layout.ts';
import type { PoolLaunch } from './threads/pool.ts';
import { GRAIN_WORK, WORTH_SHARING, type Base, type Call, type Prepared } from './prepare.ts';

export interface Arena {
  readonly launches: readonly PoolLaunch[];
  release(): void;
}

/** A launch that is compiled and cut into blocks. */
export interface Work {
  readonly launch: Launch;
  readonly module: number;
  readonly prepared: Prepared;
}

/** An arena up to this size is kept for the next job. */
const SPARE = 256 * 1024;

const align = (n: number): number => Math.ceil(n / 64) * 64;

export interface Arenas {
  make(work: readonly Work[], addressOf: (slot: number) => number, threads: number): Arena;
}

export function createArenas(heap: Heap): Arenas {
  let spare: Block | undefined;
  let words = new Int32Array(heap.memory.buffer);

  function take(bytes: number): Block {
    if (spare && spare.bytes >= bytes) {
      const block = spare;
      spare = undefined;
      return block;
    }
    return heap.allocate(Math.max(bytes, 4096));
  }

  function giveBack(block: Block): void {
    if (block.bytes > SPARE || (spare && spare.bytes >= block.bytes)) {
      heap.free(block);
      return;
    }
    if (spare) heap.free(spare);
    spare = block;
  }

  function write(call: Call, launch: Launch, at: number, addressOf: (slot: number) => number, planes: readonly number[]): void {
    const first = at / 4;
    const address = ({ of, index }: Base): number => {
      switch (of) {
        case 'input': return addressOf(launch.inputs[index].slot);
        case 'output': return addressOf(launch.outputs[index]);
        case 'initial': return addressOf(launch.stored![index].initial!);
        case 'plane': return planes[index];
        case 'parameters': return at;
        default: return of satisfies never;
      }
    };
    words.set(call.words, first);
    // Sums above 2^31 wrap into the sign bit, as wasm reads them.
    for (const base of call.bases) words[first + base.word] += address(base);
    call.uniforms.forEach((d, k) => writeUniform(words, first + call.firstUniform + 4 * k, d, launch.uniforms[k]));
  }

  return {
    make(work, addressOf, threads) {
      // Launches use the memory for partial results one after the other.
      const scratch = work.reduce((most, w) => Math.max(most, w.prepared.planes.reduce((n, bytes) => n + align(bytes), 0)), 0);
      const parameters = work.reduce((n, w) => w.prepared.calls.reduce((m, c) => m + align(4 * c.words.length), n), 0);
      const block = take(parameters + scratch);
      const launches: PoolLaunch[] = [];
      try {
        // The memory may have grown; an old view would keep its length.
        if (words.buffer !== heap.memory.buffer) words = new Int32Array(heap.memory.buffer);
        let at = block.address;
        for (const { launch, module, prepared } of work) {
          let end = block.address + parameters;
          const planes = prepared.planes.map((bytes) => (end += align(bytes)) - align(bytes));
          for (const call of prepared.calls) {
            write(call, launch, at, addressOf, planes);
            launches.push(poolLaunch(module, call, at, threads));
            at += align(4 * call.words.length);
          }
        }
      } catch (error) {
        giveBack(block);
        throw error;
      }
      return { launches, release: () => giveBack(block) };
    },
  };
}

/**
 * Little work stays on the calling thread; of the rest, threads take enough at a time that handing out costs nothing. Work
 * that may be much more than it seems is not left to one thread, and is handed out in smaller pieces.
 */
function poolLaunch(module: number, { kernel, blocks, work, certain }: Call, params: number, threads: number): PoolLaunch {
  const little = work < WORTH_SHARING;
  if (little && certain) return { module, kernel, params, blocks, grain: Math.max(1, blocks), threads: 1 };
  const perBlock = work / Math.max(1, blocks);
  const grain = Math.min(Math.floor(GRAIN_WORK / perBlock), Math.ceil(blocks / ((certain ? 4 : 32) * threads)));
  return { module, kernel, params, blocks, grain: Math.max(1, grain), threads, hesitant: little };
}
