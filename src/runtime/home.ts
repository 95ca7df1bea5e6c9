/**
 * Where values from outside live: at once in the memory of the target that will most likely read them, where JavaScript can
 * see that memory, so that they are copied once; otherwise in memory of JavaScript, from where the first evaluation that
 * needs them copies them. And that memory in the hands of users, who fill or read it themselves.
 */
import { dtypes, type DType, type TypedArray } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import { sizeOf } from '../dsl/shape.ts';
import { OutOfMemoryError } from '../errors.ts';
import { options } from '../options.ts';
import { heldInSight, hold, release, setGiven, setHost, share, viewOf, type Held } from '../residency.ts';
import { isLive, targetAtOnce } from '../targets/registry.ts';
import type { PlanTarget } from '../targets/target.ts';

/** Work of fewer elements stays on the CPU under `auto`: a trip to the GPU and back costs more. */
export const AUTO_GPU_ELEMENTS = 1 << 20;

/** A second copy of fewer bytes costs less than a block of their own. */
const WORTH_PLACING = 1 << 16;

export const browserGpu = (): boolean => typeof navigator !== 'undefined' && 'gpu' in navigator;

/** The target whose memory arrays of so many elements go to. */
function homeOf(elements: number): PlanTarget | undefined {
  const { target: name } = options();
  if (name === 'auto' && elements >= AUTO_GPU_ELEMENTS && browserGpu()) return undefined;
  const target = targetAtOnce(name === 'auto' ? 'cpu' : name);
  return target?.kind === 'plan' && target.view ? target : undefined;
}

/** A buffer there, if there is a home and room in it. */
function settleAt(elements: number, dtype: DType): Held | undefined {
  const home = homeOf(elements);
  try {
    return home && hold(home, home.allocate(elements * dtypes[dtype].bytes));
  } catch (error) {
    // There may be when garbage was collected, which takes an `await`: the first evaluation sees to that.
    if (error instanceof OutOfMemoryError) return undefined;
    throw error;
  }
}

/** Memory for the values of a new source, to be filled at once. */
export function roomFor(source: Expr): TypedArray {
  const length = sizeOf(source.shape);
  const worth = length * dtypes[source.dtype].bytes >= WORTH_PLACING;
  const held = worth ? settleAt(length, source.dtype) : undefined;
  if (held) {
    setGiven(source, held);
    return viewOf(source, held)!;
  }
  const host = new dtypes[source.dtype].array(length) as TypedArray;
  setHost(source, host);
  return host;
}

// --- memory that users hold ---

/**
 * The buffers behind memory that users hold. Each is a SharedArrayBuffer object of its own over the target's memory, so that
 * every view made of it, by whomever, keeps it; when it is collected nobody can reach the memory any more.
 */
const lent = new WeakMap<ArrayBufferLike, Held>();
const returned = new FinalizationRegistry<Held>(release);

/** `held` in the hands of a user, who becomes an owner, as a typed array. */
function lend(held: Held, dtype: DType, length: number): TypedArray {
  const { buffer, byteOffset } = held.target.view!(held.buffer, dtype, length);
  const own = structuredClone(buffer);
  lent.set(own, held);
  returned.register(own, held);
  return new dtypes[dtype].array(own, byteOffset, length);
}

/** Memory for an array of so many elements, for a user to fill; contents are undefined. */
export function allocate(length: number, dtype: DType): TypedArray {
  const held = settleAt(length, dtype);
  return held ? lend(held, dtype, length) : new dtypes[dtype].array(length) as TypedArray;
}

/** Gives a source values that its user does not change: in their place if they came from `allocate`, else as they are. */
export function adopt(source: Expr, data: TypedArray): void {
  const held = lent.get(data.buffer);
  const begins = held && isLive(held.target) && viewOf(source, held)!.byteOffset === data.byteOffset;
  if (begins && data.byteLength <= held.buffer.bytes) setGiven(source, share(held));
  else setHost(source, data);
}

/** The values of a node in their place, where a target lets JavaScript see it. */
export function peek(e: Expr): TypedArray | undefined {
  const held = heldInSight(e);
  return held && lend(share(held), e.dtype, sizeOf(e.shape));
}
