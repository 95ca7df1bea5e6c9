/**
 * Which values are where: for every node with values, its copy in JavaScript memory and its buffers on targets. The node has a
 * record of that, which says nothing to anybody else: when a graph is collected its records are, and their buffers are released.
 */
import type { TypedArray } from './dsl/dtype.ts';
import type { Expr } from './dsl/expr.ts';
import { DisposedError, TargetError } from './errors.ts';
import { showShape, sizeOf } from './dsl/shape.ts';
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

/** For so large a block V8 mostly collects at once; for 1 GiB it begins to, for less it may not. */
const PUSH_BLOCK = 2 ** 32;
const PUSHES = 4, TURNS = 5;

/** Gives the collector reasons and the event loop time to free what nobody uses any more, until there is less. */
export async function collectGarbage(): Promise<void> {
  const before = heldBytes;
  for (let turn = 0; turn < PUSHES * TURNS && heldBytes >= before; turn++) {
    if (turn % TURNS === 0) nudge(PUSH_BLOCK);
    await new Promise((done) => setTimeout(done, 1));
  }
  await new Promise((done) => setTimeout(done, 1));
}

function nudge(block = NUDGE_BLOCK): void {
  nudgeAt = heldBytes + NUDGE_AFTER;
  watchAll();
  try {
    void new ArrayBuffer(block);
  } catch {
    // No room even for an address range, then the engine has collected already; or more than an engine allows.
    if (block > NUDGE_BLOCK) nudge(block / 2);
  }
}

interface Resident {
  host: TypedArray | undefined;
  /** The values came from outside, though a buffer may be the only place where they are. */
  given: boolean;
  /** One for each target that has the values. */
  readonly buffers: Held[];
  /** Handles that stand on it and were not disposed, and others that need it; the last one to go frees the values. */
  claims: number;
  /** A handle stands on it, or did. */
  handled: boolean;
  disposed: boolean;
  /** Its array has got other values. */
  overwritten: boolean;
  /** Why there are no values any more, when a target took them along. */
  lost: string | undefined;
  /** What computed the values: of src/history.ts. */
  past: object | undefined;
  /** Whether the collector tells when it is gone: see `watch`. */
  watched: 'no' | 'soon' | 'yes';
}

const recordOf = (e: Expr): Resident | undefined => e.residency as Resident | undefined;

function record(e: Expr): Resident {
  const r = recordOf(e);
  // An expression whose values were disposed may be computed again, into a record of its own.
  if (r && !(r.disposed && e.kind !== 'source')) return r;
  const made: Resident = {
    host: undefined, given: false, buffers: [], claims: 0, handled: false, disposed: false, overwritten: false, lost: undefined,
    past: undefined, watched: 'no',
  };
  e.residency = made;
  return made;
}

/** Makes `to` stand for the same values as `from`: one record, so disposing either frees them. */
export function alias(from: Expr, to: Expr): void {
  to.residency = record(from);
}

/** Equal for nodes that stand for the same values; undefined for a node that never had any. */
export const identityOf = (e: Expr): object | undefined => e.residency;

/** What computed the node's values. */
export const pastOf = (e: Expr): object | undefined => recordOf(e)?.past;
export function setPast(e: Expr, past: object): void {
  const r = recordOf(e);
  if (r) r.past = past;
}

export const isDisposed = (e: Expr): boolean => recordOf(e)?.disposed ?? false;

const isAlive = ({ target, buffer }: Held): boolean => isLive(target) && (target.alive?.(buffer) ?? true);

/** The buffers of a node; those that went with their target are dropped first. */
function buffersOf(e: Expr): readonly Held[] {
  const r = recordOf(e);
  if (!r) return none;
  for (let k = r.buffers.length - 1; k >= 0; k--) if (!isAlive(r.buffers[k])) lose(e, r, k);
  return r.buffers;
}
const none: readonly Held[] = [];

function lose(e: Expr, r: Resident, k: number): void {
  const [held] = r.buffers.splice(k, 1);
  const { target } = held;
  const closed = !isLive(target);
  // What a closed target has had in memory of JavaScript is not lost.
  if (closed && r.host === undefined) r.host = viewOf(e, held)?.slice() as TypedArray | undefined;
  r.lost = closed ? `target '${target.name}' was closed` : `target '${target.name}' lost its device`;
  release(held);
}

export const isResident = (e: Expr): boolean => {
  const r = recordOf(e);
  return r !== undefined && (buffersOf(e).length > 0 || r.host !== undefined);
};

/** The values in a buffer, where JavaScript can see them; for as long as somebody holds the buffer. */
export const viewOf = (e: Expr, { target, buffer }: Held): TypedArray | undefined =>
  target.view?.(buffer, e.dtype, sizeOf(e.shape));

/** A node's values in JavaScript memory; those that went with a typed array from outside are dropped first. */
function ownHost(e: Expr): TypedArray | undefined {
  const r = recordOf(e);
  if (r?.host !== undefined && r.host.length !== sizeOf(e.shape)) {
    r.host = undefined;
    r.lost = 'the typed array it was made of was transferred or resized';
  }
  return r?.host;
}

/** The values of a node that JavaScript can see, without a copy; to be read before anything else may happen. */
export function hostOf(e: Expr): TypedArray | undefined {
  const host = ownHost(e);
  if (host !== undefined) return host;
  const held = heldInSight(e);
  return held ? viewOf(e, held) : ownHost(e);
}

const inSight = ({ target }: Held): boolean => target.view !== undefined;

/** A buffer of the node that JavaScript can see. */
export const heldInSight = (e: Expr): Held | undefined => buffersOf(e).find(inSight);

/** The target that has a node's values, unless they are as good as anywhere. */
export function boundTo(e: Expr): PlanTarget | undefined {
  const r = recordOf(e);
  return r === undefined || r.host !== undefined || r.given ? undefined : heldAnywhere(e)?.target;
}

const heldOn = (e: Expr, target: PlanTarget): Held | undefined => buffersOf(e).find((held) => held.target === target);
/** Any buffer of the node, on whatever target. */
export const heldAnywhere = (e: Expr): Held | undefined => buffersOf(e)[0];

// --- buffers of nodes that the collector takes ---

const collected = new FinalizationRegistry((buffers: Held[]) => buffers.splice(0).forEach(release));

/**
 * Records that came to own a buffer in this turn of the event loop. Those that are disposed before the next one are never
 * registered with the collector: that would cost more than the evaluation of a small array.
 */
let young: Resident[] = [];
const MOST_YOUNG = 256;

function watch(r: Resident): void {
  r.watched = 'soon';
  if (young.length === 0) setTimeout(watchAll, 0);
  if (young.push(r) >= MOST_YOUNG) watchAll();
}

function watchAll(): void {
  const all = young;
  young = [];
  for (const r of all) {
    if (r.disposed) continue;
    collected.register(r, r.buffers, r);
    r.watched = 'yes';
  }
}

/** What an array that was disposed gets, it does not keep. */
export function setHost(e: Expr, data: TypedArray): void {
  const r = record(e);
  if (!r.disposed) r.host = data;
}

/** Values from outside, in a buffer, which the node owns. */
export function setGiven(e: Expr, held: Held): void {
  record(e).given = true;
  setHeld(e, held);
}

/** The node becomes an owner of the buffer, unless its array was disposed. */
export function setHeld(e: Expr, held: Held): void {
  const r = record(e);
  if (r.disposed) return release(held);
  const { buffers } = r;
  const before = buffers.findIndex(({ target }) => target === held.target);
  if (before >= 0) release(buffers.splice(before, 1)[0]);
  buffers.push(held);
  if (r.watched === 'no') watch(r);
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
  r.buffers.splice(0).forEach(release);
  if (r.watched === 'yes') collected.unregister(r);
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
  const [held] = r.buffers.splice(r.buffers.findIndex((h) => h.target === target), 1);
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

export function capture(nodes: readonly Expr[]): Captured {
  const helds = nodes.map((e) => buffersOf(e).map(share));
  const hosts = nodes.map(ownHost);
  const kept = (e: Expr): readonly Held[] => helds[nodes.indexOf(e)] ?? none;
  const lastSight = (e: Expr): TypedArray | undefined => {
    const held = kept(e).find(inSight);
    return held && viewOf(e, held);
  };
  return {
    host: (e) => hostOf(e) ?? hosts[nodes.indexOf(e)] ?? lastSight(e),
    on: (e, target) => heldOn(e, target) ?? kept(e).find((h) => h.target === target && isAlive(h)),
    anywhere: (e) => heldAnywhere(e) ?? kept(e).find(isAlive),
    pins: (e, held) => kept(e).includes(held),
    release: () => helds.forEach((list) => list.forEach(release)),
  };
}

/** The values as they are when asked. */
export const present: Captured = { host: hostOf, on: heldOn, anywhere: heldAnywhere, pins: () => false, release: () => {} };

/** A source must have values; the error says who took them. */
export function assertAvailable(e: Expr): void {
  const r = recordOf(e);
  if (!r || (isResident(e) && !r.disposed)) return;
  if (r.overwritten && !isResident(e)) {
    throw new DisposedError(`the values of a ${e.dtype} array of shape ${showShape(e.shape)} that this result needs were replaced by into(); evaluate the result before, or put the new values into another array`);
  }
  if (r.disposed) {
    throw new DisposedError(`a ${e.dtype} array of shape ${showShape(e.shape)} that this result needs was disposed; evaluate the result before disposing, or keep the array in the scope's return value`);
  }
  if (r.lost) {
    throw new TargetError(`a ${e.dtype} array of shape ${showShape(e.shape)} was lost: ${r.lost}, and its values were nowhere else; make it again, and read what has to outlive its target with data()`);
  }
}
