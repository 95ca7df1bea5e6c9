/** Memory for a run: buffers for every slot of a plan. */
import type { TypedArray } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import { InternalError, OutOfMemoryError } from '../errors.ts';
import type { BoundPlan } from '../fusion/index.ts';
import {
  assertAvailable, collectGarbage, hold, mayTake, present, release, setHeld, share, take, type Captured, type Held,
} from '../residency.ts';
import type { Job, PlanTarget } from '../targets/target.ts';
import { donationOf } from './donate.ts';
import { checkRoom } from './room.ts';

export interface Prepared {
  readonly target: PlanTarget;
  readonly job: Job;
  readonly bySlot: readonly Held[];
}

export interface Supplies {
  readonly values: Captured;
  /** Values of inputs that are not on the target. */
  readonly fetched: ReadonlyMap<Expr, TypedArray>;
  /** An array whose memory may be used, and is lost to it then. */
  readonly given?: Expr;
}

/** Buffers for every slot: resident inputs, uploads, results and scratch. On failure nothing has changed. */
export function prepare(target: PlanTarget, bound: BoundPlan, { values, fetched, given }: Supplies): Prepared {
  const bySlot = new Array<Held>(bound.slots.length);
  try {
    for (const { slot, expr } of bound.inputs) {
      const held = values.on(expr, target);
      if (held) bySlot[slot] = share(held);
    }
    const gift = given && giftOf(target, bound, given, values);
    checkRoom(target, bound, (slot) => bySlot[slot] !== undefined || slot === gift?.slot);
    for (const { slot, expr } of bound.inputs) {
      bySlot[slot] ??= upload(target, expr, fetched.get(expr) ?? missing(expr), bound.slots[slot].bytes);
    }
    for (let slot = 0; slot < bySlot.length; slot++) {
      const { role, bytes } = bound.slots[slot];
      if (role !== 'private' && slot !== gift?.slot) bySlot[slot] ??= hold(target, target.allocate(bytes));
    }
    if (gift) bySlot[gift.slot] = take(given, target);
    const job = { slots: bound.slots, buffers: bySlot.map((h) => h.buffer), runs: gift?.runs ?? bound.runs };
    return { target, bySlot, job };
  } catch (error) {
    bySlot.forEach(release);
    throw error;
  }
}

/** What becomes of the buffer of `given`, where nobody else has use for it. This evaluation may: it reads and pins it. */
function giftOf(target: PlanTarget, bound: BoundPlan, given: Expr, values: Captured): ReturnType<typeof donationOf> {
  const held = present.on(given, target);
  const slot = bound.inputs.find((x) => x.expr === given)?.slot;
  const own = (slot === undefined ? 0 : 1) + (held && values.pins(given, held) ? 1 : 0);
  return held && mayTake(given, held, own) ? donationOf(bound, slot, held.buffer.bytes) : undefined;
}

/** Tries again after a collection when there is no room: buffers of forgotten arrays may be waiting for one. */
export function afterCollecting<T>(attempt: () => T): T | Promise<T> {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    return collectGarbage().then(attempt);
  }
}

/** A new buffer with a node's values, owned by the caller and by the node. */
function upload(target: PlanTarget, e: Expr, data: TypedArray, bytes: number): Held {
  const made = hold(target, target.allocate(bytes));
  try {
    target.upload(made.buffer, data);
  } catch (error) {
    release(made);
    throw error;
  }
  setHeld(e, share(made));
  return made;
}

export function missing(e: Expr): never {
  assertAvailable(e);
  throw new InternalError(`no values for a ${e.kind} node that should be resident`);
}
