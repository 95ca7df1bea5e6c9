/** Programs of launches and sweeps, compiled once: by their code, and found by the launch that is run. */
import { isArgReducer } from '../../dsl/reducers.ts';
import { sameShape, showShape, sizeOf } from '../../dsl/shape.ts';
import { InternalError, TargetError } from '../../errors.ts';
import { once } from '../../once.ts';
import type { Access, BufferSlot, Launch, Run, Stored, Sweep, Together } from '../../fusion/kernel.ts';
import type { LaunchWork, SweepWork, Work } from './arena.ts';
import { MOST_ELEMENTS } from './blocks.ts';
import { lowerContract } from './contract-prepare.ts';
import type { Heap } from './heap.ts';
import { isInPlace, orient } from './orient.ts';
import { prepare, type Lowered, type Prepared } from './prepare.ts';
import { emitProgram, programOf } from './program.ts';
import type { Cutting, PreparedSweep } from './sweep/prepare.ts';
import { lowerSweep, type LoweredSweep } from './sweep/program.ts';
import type { Pool } from './threads/pool.ts';
import type { ModuleOptions } from './wasm/index.ts';
import { isWide, wideProblem, widest, type Judge } from './wide.ts';

/** Compiled programs kept; the one used longest ago goes first. */
const CACHED_PROGRAMS = 512;

interface Compiled {
  readonly module: number;
  /** It is meant for vectors of 256 bits. */
  readonly wide: boolean;
  /** Of a sweep, see `SweepProgram`. */
  readonly finish?: ReadonlyMap<number, number>;
  evicted: boolean;
}

/** A launch, ready but for addresses and scalars. */
interface Ready {
  readonly compiled: Compiled;
  readonly prepared: Prepared;
}

/** One of some kernel: the next one has the same sizes more often than not. */
interface Recent extends Ready {
  readonly given: Launch;
}

interface ReadySweep {
  readonly compiled: Compiled;
  readonly prepared: PreparedSweep;
  /** It was cut for so many. */
  readonly threads: number;
}

/** What was made for the vectors that are in use. */
interface Made {
  readonly launches: WeakMap<Launch, Ready>;
  readonly sweeps: WeakMap<Sweep, ReadySweep>;
  readonly recent: Map<string, Recent>;
  readonly recentSweeps: Map<string, ReadySweep>;
}

const nothingMade = (): Made => ({ launches: new WeakMap(), sweeps: new WeakMap(), recent: new Map(), recentSweeps: new Map() });

export interface Programs {
  /** Forgets programs, if there are many. To be called before the work of a job, which may need all of its programs. */
  trim(): void;
  /** What there is to do for a run, compiled and cut into blocks. */
  work(run: Run, slots: readonly BufferSlot[]): Work;
  /** Programs compiled so far. */
  readonly compilations: number;
  /** Vectors of 256 bits where they pay, from the next work on. */
  paired: boolean;
}

export function createPrograms(heap: Heap, pool: Pool, cutting?: Cutting): Programs {
  const programs = new Map<string, Compiled>();
  const ofVectors = { single: nothingMade(), paired: nothingMade() };
  let made = ofVectors.single;
  const { shared, memory64 } = heap;
  const options: ModuleOptions = { memory: { shared, memory64 } };
  const isPaired = (): boolean => made === ofVectors.paired;
  let compilations = 0;

  const keyOf = (code: string): string => (isPaired() ? `paired ${code}` : code);

  /** One of its code was asked before, or it is now. */
  const canBeWide: Judge = (x) => programs.get(keyOf(x.code))?.wide ?? isWide(x);

  /** What was compiled of its code, or is now. */
  function compiled(name: string, { code, emit }: Lowered | LoweredSweep): Compiled {
    const key = keyOf(code);
    let found = programs.get(key);
    if (found) {
      programs.delete(key); // and back at the end: the order is that of use
    } else {
      const { module, ...rest } = emit();
      const { wide } = module;
      const compiler = { name, optimise: true, wide: wide && wideProblem() === undefined };
      found = { ...rest, wide, module: pool.register(module.bytes(), compiler), evicted: false };
      compilations++;
    }
    programs.set(key, found);
    return found;
  }

  function evictOldest(): void {
    const [code, oldest] = programs.entries().next().value!;
    programs.delete(code);
    oldest.evicted = true;
    pool.release(oldest.module);
  }

  function launchWork(launch: Launch): LaunchWork {
    const origin = launch.origin ?? launch;
    let found = made.launches.get(origin);
    if (!found || found.compiled.evicted) made.launches.set(origin, (found = ready(launch)));
    return { launch, module: found.compiled.module, prepared: found.prepared };
  }

  function ready(given: Launch): Ready {
    const { recent } = made;
    let found = recent.get(given.code);
    if (!found || found.compiled.evicted || !sameSizes(found.given, given)) {
      const lowered = lower(given, options, isPaired(), canBeWide);
      found = { given, compiled: compiled(given.kernel.name, lowered), prepared: lowered.prepared };
      if (recent.size >= CACHED_PROGRAMS) recent.clear();
      recent.set(given.code, found);
    }
    return found;
  }

  function sweepWork(sweep: Sweep, slots: readonly BufferSlot[]): SweepWork {
    const origin = sweep.origin ?? sweep;
    let found = made.sweeps.get(origin);
    if (!found || found.compiled.evicted || found.threads !== pool.threads) {
      made.sweeps.set(origin, (found = readySweep(sweep, slots)));
    }
    return { sweep, module: found.compiled.module, prepared: found.prepared, finish: found.compiled.finish! };
  }

  function readySweep(sweep: Sweep, slots: readonly BufferSlot[]): ReadySweep {
    const { threads } = pool;
    const key = `${threads} threads\n${sweepKey(sweep, slots)}`;
    const { recentSweeps } = made;
    let found = recentSweeps.get(key);
    if (!found || found.compiled.evicted) {
      sweep.stages.forEach((s) => checkLength(s.launch));
      const lowered = lowerSweep(sweep, slots, { threads, memory64, cutting, paired: isPaired() }, options, canBeWide);
      const name = sweep.stages.map(({ launch }) => launch.kernel.name).join(', ');
      found = { prepared: lowered.prepared, threads, compiled: compiled(name, lowered) };
      if (recentSweeps.size >= CACHED_PROGRAMS) recentSweeps.clear();
      recentSweeps.set(key, found);
    }
    return found;
  }

  return {
    trim: () => {
      while (programs.size > CACHED_PROGRAMS) evictOldest();
    },
    work: (run, slots) => ('stages' in run ? sweepWork(asSweep(run), slots) : launchWork(run)),
    get compilations() {
      return compilations;
    },
    get paired() {
      return isPaired();
    },
    set paired(is) {
      made = is ? ofVectors.paired : ofVectors.single;
    },
  };
}

export function asSweep(run: Together): Sweep {
  if (run.kind === 'sweep') return run;
  throw new InternalError(`cpu: a ${run.kind} does not run here`);
}

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

/** Loops over the kept and the reduced points, and along each axis, have to count them. */
function checkLength({ kernel, domain }: Launch): void {
  const reduced = new Set(kernel.reduction?.axes);
  const isArg = kernel.reduction?.terms.some((t) => isArgReducer(t.reducer));
  const inner = isArg ? -1 : domain.length - 1;
  const points = [domain.filter((_, k) => !reduced.has(k)), domain.filter((_, k) => reduced.has(k) && k !== inner)].map(sizeOf);
  if (Math.max(...points, ...domain) <= MOST_ELEMENTS) return;
  throw new TargetError(`cpu: '${kernel.name}' loops over ${showShape(domain)}, more than ${MOST_ELEMENTS.toLocaleString('en')} points at a time; `
    + 'compute it in parts');
}

/** `paired`: for vectors of 256 bits, if that is possible and pays. */
export function lower(given: Launch, options: ModuleOptions, paired: boolean, canBeWide: Judge = isWide): Lowered {
  checkLength(given);
  const product = lowerContract(given, options);
  if (product) return product;
  const launch = orient(given);
  return widest(paired, (asked) => {
    const program = programOf(launch.kernel, launch.inner, launch.bodyInner, options.memory?.memory64 === true, asked);
    const emit = once(() => ({ module: emitProgram(program, options) }));
    return { code: launch.code, paired: program.paired, prepared: prepare(program, launch), emit };
  }, canBeWide);
}
