/** Loops of a bound plan: which physical slots the states live in, step by step. */
import { InternalError } from '../errors.ts';
import type { Launch, LoopStep, Step } from './kernel.ts';

export interface BoundLoop extends LoopStep {
  /** For each virtual slot in `results`, the slots of `pool` that have its dtype and size. */
  readonly choices: ReadonlyMap<number, readonly number[]>;
}

/** All slots that a launch names, in an order that its kernel gives. */
const slotsOf = ({ inputs, outputs, stored = [] }: Launch): number[] =>
  [...inputs.map((x) => x.slot), ...outputs, ...stored.flatMap((s) => s.initial ?? [])];

/**
 * All launches in order, with physical slots only. `where` receives the physical slot of every virtual one at the end: after
 * a loop, a state's slot stands for its final value. `derived` is told about every launch made from another one.
 */
export function unroll(
  steps: readonly Step[], where: Map<number, number>, physical: number, derived: (from: Launch, to: Launch) => void = () => {},
): Launch[] {
  const launches: Launch[] = [];
  // States return to the same slots after a few steps: launches with equal slots are one object.
  const made = new Map<Launch, Map<string, Launch>>();
  const resolve = (slot: number): number => {
    if (slot < physical) return slot;
    const found = where.get(slot);
    if (found === undefined) throw new InternalError(`steps: virtual slot ${slot} has no value yet`);
    return found;
  };
  const place = (launch: Launch): Launch => {
    if (slotsOf(launch).every((s) => s < physical)) return launch;
    const key = slotsOf(launch).map(resolve).join();
    let placed = made.get(launch);
    if (!placed) made.set(launch, (placed = new Map()));
    let now = placed.get(key);
    if (!now) {
      const inputs = launch.inputs.map((x) => ({ ...x, slot: resolve(x.slot) }));
      const stored = launch.stored?.map((s) => ({ ...s, initial: s.initial === undefined ? undefined : resolve(s.initial) }));
      now = { ...launch, inputs, outputs: launch.outputs.map(resolve), ...stored && { stored } };
      placed.set(key, now);
      derived(launch, now);
    }
    return now;
  };
  const run = (list: readonly Step[]): void => {
    for (const step of list) {
      if (step.kind === 'launch') launches.push(place(step.launch));
      else runLoop(step as BoundLoop);
    }
  };
  const runLoop = (loop: BoundLoop): void => {
    let current = loop.states.map((s) => resolve(s.initial));
    const setStates = () => loop.states.forEach((s, k) => where.set(s.state, current[k]));
    setStates();
    for (let n = 0; n < loop.count; n++) {
      const busy = new Set(current);
      for (const result of loop.results) {
        const free = loop.choices.get(result)!.find((s) => !busy.has(s));
        if (free === undefined) throw new InternalError('steps: the pool of a loop is too small');
        busy.add(free);
        where.set(result, free);
      }
      run(loop.body);
      current = loop.states.map((s) => resolve(s.next));
      setStates();
    }
  };
  run(steps);
  return launches;
}
