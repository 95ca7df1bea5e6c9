/** Whether a target has room for a plan: asked before anything is uploaded or started. */
import { describeBytes } from '../bytes.ts';
import { showShape } from '../dsl/shape.ts';
import { OutOfMemoryError } from '../errors.ts';
import type { BoundPlan } from '../fusion/index.ts';
import type { PlanTarget } from '../targets/target.ts';

/** `there`: the slots whose buffers exist already. Throws OutOfMemoryError with what takes the room, and the ways out. */
export function checkRoom(target: PlanTarget, bound: BoundPlan, there: ReadonlySet<number>): void {
  const { maxBufferBytes } = target.profile;
  const wanted = bound.slots.flatMap(({ role, bytes }, slot) => (role === 'private' || there.has(slot) ? [] : [{ slot, bytes }]));
  const large = wanted.find(({ bytes }) => bytes > maxBufferBytes);
  if (large) {
    throw new OutOfMemoryError(`${nameOf(bound, large.slot)} takes ${describeBytes(large.bytes)}, and on target '${target.name}' a buffer `
      + `has at most ${describeBytes(maxBufferBytes)}; ${waysOut(target)}`);
  }
  const memory = target.memory?.();
  const needed = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  if (!memory || needed <= memory.limit - memory.used) return;
  const used = memory.used > 0 ? `, of which ${describeBytes(memory.used)} are in use` : '';
  throw new OutOfMemoryError(`target '${target.name}' has ${describeBytes(memory.limit)}${used}, and this needs ${describeBytes(needed)} `
    + `at once: ${listOf(bound, wanted)}; ${waysOut(target)}, and dispose of arrays that are no longer needed`);
}

const waysOut = ({ name }: PlanTarget): string =>
  `work in parts (slice() what it is made of), use a narrower dtype${name === 'cpu' ? '' : " or target: 'cpu'"}`;

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
