/** Where every buffer of a plan goes: physical slots for inputs, results and scratch, and pools for the states of loops. */
import { dtypes } from '../dsl/dtype.ts';
import { sizeOf } from '../dsl/shape.ts';
import { InternalError } from '../errors.ts';
import type { Canonical } from './canonical.ts';
import type { BufferSlot } from './kernel.ts';
import { shareSlots, type BufferType, type SharedSlot } from './memory.ts';
import type { Plan, PlanLoop, PlanStep } from './plan.ts';

export interface Slots {
  readonly slots: BufferSlot[];
  /** Slot of a node's buffer. States of loops are added while the loops are bound: they have virtual slots. */
  readonly slotOf: Map<number, number>;
  readonly pools: ReadonlyMap<PlanLoop, Pool>;
  readonly typeOf: (node: number) => BufferType;
}

/** Slots by `poolKey`. */
export type Pool = ReadonlyMap<string, readonly number[]>;

export const poolKey = (t: BufferType): string => `${t.dtype}${t.length}`;

export function slotFor(slotOf: ReadonlyMap<number, number>, node: number): number {
  const slot = slotOf.get(node);
  if (slot === undefined) throw new InternalError(`bind: node ${node} has no buffer`);
  return slot;
}

export function assignSlots(plan: Plan, canonical: Canonical): Slots {
  const slots: BufferSlot[] = [];
  const slotOf = new Map<number, number>();
  const typeOf = (node: number): BufferType => {
    const { dtype, shape } = canonical.nodes[node] ?? canonical.nodes[plan.copies[node - canonical.nodes.length]];
    return { dtype, length: sizeOf(shape) };
  };
  const add = (role: BufferSlot['role'], { dtype, length }: BufferType): number =>
    slots.push({ role, dtype, length, bytes: length * dtypes[dtype].bytes }) - 1;

  const { inputs, outputs, exclusive, scratch } = plan.lifetimes;
  for (const n of inputs) slotOf.set(n, add('input', typeOf(n)));
  const shared = shareSlots([...outputs, ...scratch], typeOf);
  const place = (role: 'output' | 'scratch', s: SharedSlot): void => {
    const slot = add(role, s);
    for (const n of s.nodes) slotOf.set(n, slot);
  };
  for (const s of shared) if (s.busyUntil === Infinity) place('output', s);
  for (const n of exclusive) slotOf.set(n, add('scratch', typeOf(n)));
  for (const s of shared) if (s.busyUntil !== Infinity) place('scratch', s);

  const pools = new Map<PlanLoop, Pool>();
  const visit = (step: PlanStep): void => {
    if (step.kind === 'kernel') return;
    pools.set(step, makePool(step, slotOf, typeOf, (type) => add('scratch', type)));
    step.body.forEach(visit);
  };
  plan.steps.forEach(visit);
  return { slots, slotOf, pools, typeOf };
}

/** States that a loop computes anew, as opposed to those it only hands on. */
export function freshStates(loop: PlanLoop, slotOf: ReadonlyMap<number, number>): Set<number> {
  const carries = new Set(loop.states.map((s) => s.carry));
  return new Set(loop.states.map((s) => s.next).filter((n) => !slotOf.has(n) && !carries.has(n)));
}

/**
 * Slots in which the states of a loop rotate. While a step runs every state is somewhere and every new one needs a place, so
 * there are as many as both together, for each dtype and size; but the first states are where they were made.
 */
function makePool(
  loop: PlanLoop, slotOf: ReadonlyMap<number, number>, typeOf: (n: number) => BufferType, add: (t: BufferType) => number,
): Pool {
  const fresh = freshStates(loop, slotOf);
  const freshKeys = new Set([...fresh].map((n) => poolKey(typeOf(n))));
  const pool = new Map<string, number[]>();
  for (const n of [...loop.states.map((s) => s.carry), ...fresh]) {
    const type = typeOf(n), key = poolKey(type);
    if (!freshKeys.has(key)) continue;
    const list = pool.get(key);
    if (list) list.push(add(type));
    else pool.set(key, [add(type)]);
  }
  return pool;
}
