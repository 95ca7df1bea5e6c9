/** Whether a target has room for a plan: asked before anything is uploaded or started. */
import { describeBytes } from '../bytes.ts';
import { showShape } from '../dsl/shape.ts';
import { OutOfMemoryError } from '../errors.ts';
import type { BoundPlan } from '../fusion/index.ts';
import type { PlanTarget } from '../targets/target.ts';

/**
 * `there(slot)`: its buffer exists already. Throws OutOfMemoryError with what takes the room, and the ways out. Asked at every
 * evaluation: only a refusal looks closer.
 */
export function checkRoom(target: PlanTarget, bound: BoundPlan, there: (slot: number) => boolean): void {
  const { slots } = bound;
  const { maxElements: most = Infinity, maxBufferBytes } = target.profile;
  let needed = 0, largest = 0, longest = 0;
  for (let slot = 0; slot < slots.length; slot++) {
    const { role, bytes, length } = slots[slot];
    longest = Math.max(longest, length);
    if (role === 'private' || there(slot)) continue;
    needed += bytes;
    largest = Math.max(largest, bytes);
  }
  if (largest > maxBufferBytes) refuseBuffer(target, bound, there);
  if (longest > most) refuseLength(target, bound);
  const memory = target.memory?.();
  if (memory && needed > memory.limit - memory.used) refuseAll(target, bound, there, memory);
}

const wantedOf = ({ slots }: BoundPlan, there: (slot: number) => boolean): { readonly slot: number; readonly bytes: number }[] =>
  slots.flatMap(({ role, bytes }, slot) => (role === 'private' || there(slot) ? [] : [{ slot, bytes }]));

function refuseLength(target: PlanTarget, bound: BoundPlan): never {
  const { maxElements = Infinity } = target.profile;
  const slot = bound.slots.findIndex(({ length }) => length > maxElements);
  const [has, most] = [bound.slots[slot].length, maxElements].map((n) => n.toLocaleString('en'));
  throw new OutOfMemoryError(`${nameOf(bound, slot)} has ${has} elements, and target '${target.name}' counts to ${most}; `
    + 'work in parts (slice() what it is made of)');
}

function refuseBuffer(target: PlanTarget, bound: BoundPlan, there: (slot: number) => boolean): never {
  const { maxBufferBytes } = target.profile;
  const { slot, bytes } = wantedOf(bound, there).find((w) => w.bytes > maxBufferBytes)!;
  throw new OutOfMemoryError(`${nameOf(bound, slot)} takes ${describeBytes(bytes)}, and on target '${target.name}' a buffer `
    + `has at most ${describeBytes(maxBufferBytes)}; ${waysOut(target)}`);
}

function refuseAll(
  target: PlanTarget, bound: BoundPlan, there: (slot: number) => boolean, memory: ReturnType<NonNullable<PlanTarget['memory']>>,
): never {
  const wanted = wantedOf(bound, there);
  const needed = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  const used = memory.used > 0 ? `, of which ${describeBytes(memory.used)} are in use` : '';
  throw new OutOfMemoryError(`target '${target.name}' has ${describeBytes(memory.limit)}${used}, and this needs ${describeBytes(needed)} `
    + `at once: ${listOf(bound, wanted)}; ${waysOut(target)}, and dispose of arrays that are no longer needed`);
}

const waysOut = ({ name, moreMemory }: PlanTarget): string => 'work in parts (slice() what it is made of), use a narrower dtype'
  + `${name === 'cpu' ? '' : " or target: 'cpu'"}${moreMemory ? `, ${moreMemory}` : ''}`;

/** Adds what a plan needs to an error of a target that found out only when it ran. */
export function withNeeds(error: unknown, bound: BoundPlan): unknown {
  if (!(error instanceof OutOfMemoryError)) return error;
  const all = bound.slots.flatMap(({ role, bytes }, slot) => (role === 'private' ? [] : [{ slot, bytes }]));
  const total = describeBytes(all.reduce((sum, { bytes }) => sum + bytes, 0));
  return new OutOfMemoryError(`${error.message}; this needs ${total} at once: ${listOf(bound, all)}`, { cause: error });
}

/** So many are named; the rest is a sum. */
const NAMED = 3;

function listOf(bound: BoundPlan, wanted: readonly { readonly slot: number; readonly bytes: number }[]): string {
  const sorted = [...wanted].sort((x, y) => y.bytes - x.bytes);
  const named = sorted.slice(0, NAMED).map(({ slot, bytes }) => `${nameOf(bound, slot)} ${describeBytes(bytes)}`);
  const rest = sorted.slice(NAMED);
  const restBytes = rest.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...named, ...rest.length > 0 ? [`${rest.length} more ${describeBytes(restBytes)}`] : []].join(', ');
}

/** The array in a slot: of an intermediate, which may share its slot with others, only how many elements it has. */
function nameOf({ slots, inputs, outputs }: BoundPlan, slot: number): string {
  const { dtype, length } = slots[slot];
  const input = inputs.find((x) => x.slot === slot)?.expr;
  const result = outputs.find((x) => x.slot === slot)?.expr;
  if (input) return `the ${dtype} array of shape ${showShape(input.shape)}`;
  if (result) return `the ${dtype} result of shape ${showShape(result.shape)}`;
  return `an intermediate result of ${length} ${dtype}`;
}
