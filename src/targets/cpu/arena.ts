/** What a job holds in the heap while it runs: the parameters of its launches, and memory for partial results. */
import type { Launch, Sweep } from '../../fusion/kernel.ts';
import type { Block, Heap } from './heap.ts';
import { writeUniform } from './layout.ts';
import type { PoolLaunch } from './threads/pool.ts';
import type { Base, Call, Prepared } from './prepare.ts';
import { controlWords, LOCK_APART, writeAddresses } from './sweep/driver.ts';
import type { PreparedSweep } from './sweep/prepare.ts';
import { planeBytes } from './sweep/stage.ts';
import { addressAt, putAddress } from './memory.ts';

export interface Arena {
  readonly launches: readonly PoolLaunch[];
  /** By run: how many launches there are up to its end. */
  readonly ends: readonly number[];
  readonly block: Block;
}

/** What is compiled and cut into blocks. */
export type Work = LaunchWork | SweepWork;

export interface LaunchWork {
  readonly launch: Launch;
  readonly module: number;
  readonly prepared: Prepared;
}

export interface SweepWork {
  /** Of the run: the prepared one may have other slots and scalars. */
  readonly sweep: Sweep;
  readonly module: number;
  readonly prepared: PreparedSweep;
  /** By stage: the kernel that ends a reduction over the units. */
  readonly finish: ReadonlyMap<number, number>;
}

/** An arena up to this size is kept for the next job. */
const SPARE = 256 * 1024;

const align = (n: number): number => Math.ceil(n / 64) * 64;

export interface Arenas {
  make(work: readonly Work[], addressOf: AddressOf, threads: number): Arena;
  release(arena: Arena): void;
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

  /** Adds an address to a distance. Where it is one word, sums above 2^31 wrap into the sign bit, as wasm reads them. */
  function add(at: number, address: number): void {
    if (heap.memory64) putAddress(words, at, addressAt(words, at) + address);
    else words[at] += address;
  }

  /** `addressOf` is undefined for slots that have no buffer, whose addresses the driver of a sweep fills in. */
  function write(call: Call, launch: Launch, at: number, addressOf: AddressOf, planes: readonly (number | undefined)[]): void {
    const first = at / 4;
    words.set(call.words, first);
    for (const base of call.bases) add(first + base.word, addressIn(launch, base, at, addressOf, planes) ?? 0);
    for (let k = 0; k < call.uniforms.length; k++) {
      writeUniform(words, first + call.firstUniform + 4 * k, call.uniforms[k], launch.uniforms[k]);
    }
  }

  function writeLaunch({ launch, module, prepared }: LaunchWork, room: Room): void {
    const planes = prepared.planes.map((bytes) => room.scratch(bytes));
    for (const call of prepared.calls) {
      const at = room.parameters(call.words.length);
      write(call, launch, at, room.addressOf, planes);
      room.launches.push(poolLaunch(module, call, at));
    }
  }

  /** The driver's control block, the parameters that every workspace starts with, and what ends reductions afterwards. */
  function writeSweep({ sweep, module, prepared: p, finish }: SweepWork, room: Room): void {
    const { threads } = room;
    const locks = room.parameters(threads * LOCK_APART / 4);
    const workspaces = room.scratch(threads * p.workspace);
    for (let k = 0; k < threads; k++) words[(locks + k * LOCK_APART) / 4] = 0;
    const template = room.parameters(p.parameters / 4);
    const planes = p.stages.map(({ prepared }, s) => prepared.planes.map((plane) =>
      (sweep.stages[s].terminal ? room.scratch(planeBytes(plane)) : undefined)));
    p.stages.forEach(({ prepared, at }, s) => prepared.calls.forEach(({ call }, k) =>
      write(call, sweep.stages[s].launch, template + at[k], room.addressOf, planes[s])));
    const control = controlWords(p);
    const params = room.parameters(control.length);
    words.set(control, params / 4);
    writeAddresses(words, params / 4, { locks, threads, workspaces, template }, heap.memory64);
    const { work, certain, pieces: { bands }, strips } = p;
    const ends = p.finish.map(({ stage, call }) => {
      const at = room.parameters(call.words.length);
      write(call, sweep.stages[stage].launch, at, room.addressOf, planes[stage]);
      return poolLaunch(module, { ...call, kernel: finish.get(stage)! }, at);
    });
    const driver = { kernel: 0, blocks: bands * (strips?.count ?? 1), work, certain };
    // As many as there are workspaces, even if there are more threads by then.
    room.launches.push({ ...poolLaunch(module, driver, params), threads }, ...ends);
  }

  return {
    make(work, addressOf, threads) {
      let parameters = 0, scratch = 0;
      for (const w of work) {
        parameters += parameterBytes(w, threads);
        // Runs use the memory for partial results one after the other.
        scratch = Math.max(scratch, scratchBytes(w, threads));
      }
      const block = take(parameters + scratch);
      try {
        // The memory may have grown; an old view would keep its length.
        if (words.buffer !== heap.memory.buffer) words = new Int32Array(heap.memory.buffer);
        const room = new Room(block.address, block.address + parameters, threads, addressOf);
        const ends: number[] = [];
        for (const w of work) {
          room.restart();
          if ('sweep' in w) writeSweep(w, room);
          else writeLaunch(w, room);
          ends.push(room.launches.length);
        }
        return { launches: room.launches, ends, block };
      } catch (error) {
        giveBack(block);
        throw error;
      }
    },
    release: ({ block }) => giveBack(block),
  };
}

function addressIn(
  launch: Launch, { of, index }: Base, at: number, addressOf: AddressOf, planes: readonly (number | undefined)[],
): number | undefined {
  switch (of) {
    case 'input': return addressOf(launch.inputs[index].slot);
    case 'output': return addressOf(launch.outputs[index]);
    case 'initial': return addressOf(launch.stored![index].initial!);
    case 'plane': return planes[index];
    case 'parameters': return at;
    default: return of satisfies never;
  }
}

type AddressOf = (slot: number) => number | undefined;

/** Where things of a job go. */
class Room {
  readonly launches: PoolLaunch[] = [];
  private partial: number;

  constructor(private at: number, private readonly end: number, readonly threads: number, readonly addressOf: AddressOf) {
    this.partial = end;
  }

  /** For the next run. */
  restart(): void {
    this.partial = this.end;
  }

  /** The address of so many words that stay until the job is done. */
  parameters(words: number): number {
    const { at } = this;
    this.at += align(4 * words);
    return at;
  }

  /** The address of so many bytes that stay until the end of the run. */
  scratch(bytes: number): number {
    const { partial } = this;
    this.partial += align(bytes);
    return partial;
  }
}

function parameterBytes(w: Work, threads: number): number {
  const calls = (list: readonly Call[]): number => list.reduce((n, c) => n + align(4 * c.words.length), 0);
  if (!('sweep' in w)) return calls(w.prepared.calls);
  const control = controlWords(w.prepared);
  const ends = calls(w.prepared.finish.map((f) => f.call));
  return threads * LOCK_APART + align(w.prepared.parameters) + align(4 * control.length) + ends;
}

function scratchBytes(w: Work, threads: number): number {
  if (!('sweep' in w)) return w.prepared.planes.reduce((n, bytes) => n + align(bytes), 0);
  const { prepared: p, sweep } = w;
  const lasting = p.stages.flatMap(({ prepared: { planes } }, s) =>
    (sweep.stages[s].terminal ? planes.map((plane) => align(planeBytes(plane))) : []));
  return align(threads * p.workspace) + lasting.reduce((n, bytes) => n + bytes, 0);
}

/** The pool decides who does it. */
const poolLaunch = (
  module: number, { kernel, blocks, work, certain }: Pick<Call, 'kernel' | 'blocks' | 'work' | 'certain'>, params: number,
): PoolLaunch => ({ module, kernel, params, blocks, work, uncertain: !certain });
