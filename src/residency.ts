/**
 * Which values are where: for every node with values, its copy in JavaScript memory and its buffers on targets. Nodes do
 * not point here, so when a graph is collected its records are, and their buffers are released.
 */
import type { TypedArray } from './dsl/dtype.ts';
import type { Expr } from './dsl/expr.ts';
import { DisposedError, TargetError } from './errors.ts';
import { showShape } from './dsl/shape.ts';
import { isLive } from './targets/registry.ts';
import type { DeviceBuffer, PlanTarget } from './targets/target.ts';

/** A buffer with its owners: several nodes may share one, and a running job pins what it uses. */
export interface Held {
  readonly target: PlanTarget;
  readonly buffer: DeviceBuffer;
  users: number;
}

export function hold(target: PlanTarget, buffer: DeviceBuffer): Held {
  heldBytes += buffer.bytes;
  if (heldBytes > nudgeAt) nudge();
  return { target, buffer, users: 1 };
}

export const share = (held: Held): Held => (held.users++, held);

export function release(held: Held): void {
  if (--held.users > 0) return;
  heldBytes -= held.buffer.bytes;
  nudgeAt = Math.min(nudgeAt, heldBytes + NUDGE_AFTER);
  held.target.release(held.buffer);
}

/**
 * The collector sees small records and not the buffers they keep alive, so a program that makes arrays in a loop and frees
 * none would fill the heap with garbage. Whenever this much more is held than at the last low, a large block is allocated
 * and dropped: engines count it and collect. Its pages are never touched.
 */
const NUDGE_AFTER = 1 << 27;
const NUDGE_BLOCK = 1 << 29;
let heldBytes = 0;
let nudgeAt = NUDGE_AFTER;

/** Gives the collector a reason and the event loop time to free what nobody uses any more. */
export async function collectGarbage(): Promise<void> {
  nudge();
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => setTimeout(done, 1));
}

function nudge(): void {
  nudgeAt = heldBytes + NUDGE_AFTER;
  try {
    void new ArrayBuffer(NUDGE_BLOCK);
  } catch {
    // No room even for an address range: then the engine has collected already.
  }
}

interface Resident {
  host: TypedArray | undefined;
  readonly buffers: Map<PlanTarget, Held>;
  /** Handles that stand on it and were not disposed, and others that need it; the last one to go frees the values. */
  claims: number;
  /** A handle stands on it, or did. */
  handled: boolean;
  disposed: boolean;
  /** Its array has got other values. */
  overwritten: boolean;
  /** Why there are no values any more, when a target took them along. */
  lost: string | undefined;
}

const records = new WeakMap<Expr, Resident>();
const collected = new FinalizationRegistry((buffers: Map<PlanTarget, Held>) => {
  for (const held of buffers.values()) release(held);
  buffers.clear();
});

function record(e: Expr): Resident {
  let r = records.get(e);
  // An expression whose values were disposed may be computed again, into a record of its own.
  if (!r || (r.disposed && e.kind !== 'source')) {
    r = { host: undefined, buffers: new Map(), claims: 0, handled: false, disposed: false, overwritten: false, lost: undefined };
    records.set(e, r);
    collected.register(r, r.buffers);
  }
  return r;
}

/** Makes `to` stand for the same values as `from`: one record, so disposing either frees them. */
export function alias(from: Expr, to: Expr): void {
  records.set(to, record(from));
}

/** Equal for nodes that stand for the same values; undefined for a node that never had any. */
export const identityOf = (e: Expr): object | undefined => records.get(e);

export const isDisposed = (e: Expr): boolean => records.get(e)?.disposed ?? false;

const isAlive = ({ target, buffer }: Held): boolean => isLive(target) && (target.alive?.(buffer) ?? true);

/** The buffers of a node; those that went with their target are dropped first. */
function buffersOf(e: Expr): ReadonlyMap<PlanTarget, Held> {
  const r = records.get(e);
  if (!r) return none;
  for (const held of r.buffers.values()) {
    if (isAlive(held)) continue;
    r.buffers.delete(held.target);
    r.lost = isLive(held.target) ? `target '${held.target.name}' lost its device` : `target '${held.target.name}' was closed`;
    release(held);
  }
  return r.buffers;
}
const none: ReadonlyMap<PlanTarget, Held> = new Map();

export const isResident = (e: Expr): boolean => hostOf(e) !== undefined || buffersOf(e).size > 0;
export const hostOf = (e: Expr): TypedArray | undefined => records.get(e)?.host;
const heldOn = (e: Expr, target: PlanTarget): Held | undefined => buffersOf(e).get(target);
/** Any buffer of the node, on whatever target. */
export const heldAnywhere = (e: Expr): Held | undefined => buffersOf(e).values().next().value;

/** What an array that was disposed gets, it does not keep. */
export function setHost(e: Expr, data: TypedArray): void {
  const r = record(e);
  if (!r.disposed) r.host = data;
}

/** The node becomes an owner of the buffer, unless its array was disposed. */
export function setHeld(e: Expr, held: Held): void {
  const r = record(e);
  if (r.disposed) return release(held);
  const before = r.buffers.get(held.target);
  r.buffers.set(held.target, held);
  if (before) release(before);
}

/** A handle stands on the node. */
export function claim(e: Expr): void {
  const r = record(e);
  r.claims++;
  r.handled = true;
}

/** A handle goes; with the last one the values go, and a source cannot be read any more. */
export function unclaim(e: Expr): void {
  const r = record(e);
  if (--r.claims === 0) free(r);
}

/**
 * Keeps a node's values even if its handles are disposed. The function that it returns lets them go: with `true` they are freed
 * unless a handle stands on them, else they are left to the collector unless handles did and are gone.
 */
export function retain(e: Expr): (freed: boolean) => void {
  const r = record(e);
  r.claims++;
  return (freed) => {
    if (--r.claims === 0 && (freed || r.handled)) free(r);
  };
}

function free(r: Resident): void {
  for (const held of r.buffers.values()) release(held);
  r.buffers.clear();
  r.host = undefined;
  r.disposed = true;
}

/**
 * Whether a buffer may be taken from a node: one handle at most stands on it, and nobody else needs the buffer. `own`: uses of
 * it that the caller knows of.
 */
export function mayTake(e: Expr, held: Held, own: number): boolean {
  const handles = e.kind === 'source' ? 1 : 0;
  return record(e).claims <= handles && held.users <= 1 + own;
}

/** The buffer of a node, which is the caller's from here on. */
export function take(e: Expr, target: PlanTarget): Held {
  const r = record(e);
  const held = r.buffers.get(target)!;
  r.buffers.delete(target);
  r.overwritten = true;
  return held;
}

/** The node's array is about to stand for other values. */
export const overwrite = (e: Expr): void => void (record(e).overwritten = true);

/** The values of some nodes as they are now, kept while an evaluation needs them even if their arrays are disposed meanwhile. */
export interface Captured {
  host(e: Expr): TypedArray | undefined;
  on(e: Expr, target: PlanTarget): Held | undefined;
  anywhere(e: Expr): Held | undefined;
  /** Whether this is what keeps a buffer. */
  pins(e: Expr, held: Held): boolean;
  release(): void;
}

export function capture(nodes: Iterable<Expr>): Captured {
  const keep = (e: Expr) => ({ host: hostOf(e), buffers: [...buffersOf(e).values()].map(share) });
  const kept = new Map([...nodes].map((e) => [e, keep(e)]));
  return {
    host: (e) => hostOf(e) ?? kept.get(e)?.host,
    on: (e, target) => heldOn(e, target) ?? kept.get(e)?.buffers.find((h) => h.target === target && isAlive(h)),
    anywhere: (e) => heldAnywhere(e) ?? kept.get(e)?.buffers.find(isAlive),
    pins: (e, held) => kept.get(e)?.buffers.includes(held) ?? false,
    release: () => kept.forEach(({ buffers }) => buffers.forEach(release)),
  };
}

/** The values as they are when asked. */
export const present: Captured = { host: hostOf, on: heldOn, anywhere: heldAnywhere, pins: () => false, release: () => {} };

/** A source must have values; the error says who took them. */
export function assertAvailable(e: Expr): void {
  if (records.get(e)?.overwritten && !isResident(e)) {
    throw new DisposedError(`the values of a ${e.dtype} array of shape ${showShape(e.shape)} that this result needs were replaced by into(); evaluate the result before, or put the new values into another array`);
  }
  if (isDisposed(e)) {
    throw new DisposedError(`a ${e.dtype} array of shape ${showShape(e.shape)} that this result needs was disposed; evaluate the result before disposing, or keep the array in the scope's return value`);
  }
  const lost = isResident(e) ? undefined : records.get(e)?.lost;
  if (lost) {
    throw new TargetError(`a ${e.dtype} array of shape ${showShape(e.shape)} was lost: ${lost}, and its values were nowhere else; make it again, and read what has to outlive its target with data()`);
  }
}
