/** A pool with kernels that leave traces of what ran, for its tests. */
import { createHeap, type Heap } from '../../src/targets/cpu/heap.ts';
import { createPool, type Pool } from '../../src/targets/cpu/threads/pool.ts';
import { ModuleBuilder, type FuncBuilder, type Local } from '../../src/targets/cpu/wasm/index.ts';

type Body = (f: FuncBuilder, block: Local, p0: Local, p1: Local) => void;
type KernelParams = Readonly<Record<'start' | 'end' | 'params', Local>>;

/** A module of kernels, each given as what it does for one block; `p0`, `p1` are its two parameters. */
export function kernels(heap: Heap, ...bodies: Body[]): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: { shared: heap.shared }, check: true });
  bodies.forEach((body, i) => {
    const signature = { params: { start: 'i32', end: 'i32', params: 'i32' } } as const;
    module.func(`k${i}`, signature, (f, { start, end, params }: KernelParams) => {
      const [p0, p1] = [f.local('i32', 'p0'), f.local('i32', 'p1')];
      for (const [j, p] of [p0, p1].entries()) {
        f.get(params);
        f.op('i32.load', 4 * j);
        f.set(p);
      }
      f.countUp(start, end, 1, () => body(f, start, p0, p1));
    });
  });
  return module.bytes();
}

/** p0[block] += 1, atomically: every block must run exactly once. */
export const count = (f: FuncBuilder, block: Local, p0: Local): void => {
  f.get(p0);
  f.get(block);
  f.i32(4);
  f.op('i32.mul');
  f.op('i32.add');
  f.i32(1);
  f.op('i32.atomic.rmw.add');
  f.drop();
};
/** p1[block] = p0[block] + 1: wrong when a launch starts before the former is complete. */
const follow = (f: FuncBuilder, block: Local, p0: Local, p1: Local): void => {
  const at = f.local('i32', 'at');
  f.get(block);
  f.i32(4);
  f.op('i32.mul');
  f.tee(at);
  f.get(p1);
  f.op('i32.add');
  f.get(p0);
  f.get(at);
  f.op('i32.add');
  f.op('i32.load');
  f.i32(1);
  f.op('i32.add');
  f.op('i32.store');
};
/** Counts, but traps at block p1. */
const trap = (f: FuncBuilder, block: Local, p0: Local, p1: Local): void => {
  f.get(block);
  f.get(p1);
  f.op('i32.eq');
  f.if(() => f.unreachable());
  count(f, block, p0);
};
/** Counts after p1 turns of an empty loop. */
export const slow = (f: FuncBuilder, block: Local, p0: Local, p1: Local): void => {
  const turn = f.local('i32', 'turn');
  f.i32(0);
  f.set(turn);
  f.countUp(turn, p1, 1, () => undefined);
  count(f, block, p0);
};
const ALL = [count, follow, trap, slow];
export const [FOLLOW, TRAP, SLOW] = [1, 2, 3];

interface Bench {
  readonly heap: Heap;
  readonly pool: Pool;
  readonly module: number;
  /** Writes parameters; returns their address. */
  params(p0: number, p1?: number): number;
  /** A block of zeroed words. */
  words(length: number): number;
  read(address: number, length: number): Int32Array;
}

export function bench(threads: number, options: { shared?: boolean; patience?: number; limit?: number } = {}): Bench {
  const heap = createHeap(options);
  const pool = createPool(heap, { threads, ...options });
  const module = pool.register(kernels(heap, ...ALL), { name: 'test' });
  return {
    heap, pool, module,
    params(p0, p1 = 0) {
      const { address } = heap.allocate(8);
      heap.view(Int32Array, address, 2).set([p0, p1]);
      return address;
    },
    words(length) {
      const { address } = heap.allocate(4 * length);
      heap.view(Int32Array, address, length).fill(0);
      return address;
    },
    read: (address, length) => heap.view(Int32Array, address, length).slice(),
  };
}

export const ones = (length: number): Int32Array => new Int32Array(length).fill(1);
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

