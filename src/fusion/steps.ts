/** Loops of a bound plan: which physical slots the states live in, step by step. */
import { InternalError } from '../errors.ts';
import { VIRTUAL, type Launch, type LoopStep, type Step } from './kernel.ts';

export interface BoundLoop extends LoopStep {
  /** For each virtual slot in `results`, the slots of `pool` that have its dtype and size. */
  readonly choices: ReadonlyMap<number, readonly number[]>;
}

/** How steps of time loops are made one block, so that they can run as one sweep. */
export interface Blocking {
  /** Most steps of a block, for steps of these launches. */
  depth(body: readonly Launch[]): number;
  /** Whether these launches would run as one sweep, if `wanted` are the slots that are read afterwards. */
  accepts(launches: readonly Launch[], wanted: ReadonlySet<number>): boolean;
  /** At least `count` more slots like one of them. */
  spare(like: number, count: number): readonly number[];
}

export interface Unrolled {
  readonly launches: Launch[];
  /** Indices of launches at which a block of steps begins or ends. */
  readonly ends: ReadonlySet<number>;
}

/** All slots that a launch names, in an order that its kernel gives. */
const slotsOf = ({ inputs, outputs, stored = [] }: Launch): number[] =>
  [...inputs.map((x) => x.slot), ...outputs, ...stored.flatMap((s) => s.initial ?? [])];

/**
 * All launches in order, with physical slots only. `where` receives the physical slot of every virtual one at the end: after
 * a loop, a state's slot stands for its final value. `derived` is told about every launch made from another one.
 */
export function unroll(
  steps: readonly Step[], where: Map<number, number>, derived: (from: Launch, to: Launch) => void = () => {}, blocking?: Blocking,
): Unrolled {
  let launches: Launch[] = [];
  const ends = new Set<number>();
  // All loops share the spare slots. Which of them hold the last states of a loop that has run, until it runs again.
  const spare = new Set<number>();
  const kept = new Map<LoopStep, readonly number[]>();
  // States return to the same slots after a few steps: launches with equal slots are one object.
  const made = new Map<Launch, Map<string, Launch>>();
  const resolve = (slot: number): number => {
    if (slot < VIRTUAL) return slot;
    const found = where.get(slot);
    if (found === undefined) throw new InternalError(`steps: virtual slot ${slot} has no value yet`);
    return found;
  };
  const place = (launch: Launch): Launch => {
    if (slotsOf(launch).every((s) => s < VIRTUAL)) return launch;
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
  const setStates = (loop: BoundLoop, to: readonly number[]): void => loop.states.forEach((s, k) => where.set(s.state, to[k]));

  /** Some steps from states in `from`; returns where the states are then. What is only passed on within goes to spare slots. */
  const runBlock = (loop: BoundLoop, count: number, from: readonly number[]): number[] => {
    const others = [...kept].flatMap(([other, slots]) => (other === loop ? [] : slots));
    const busy = new Set([...from, ...others]);
    const lasting = lastingResults(loop, count);
    const spares = (like: number, most: number): readonly number[] => {
      const list = blocking!.spare(like, most);
      list.forEach((slot) => spare.add(slot));
      return list;
    };
    const most = 2 * loop.states.length + others.length;
    let current = [...from];
    for (let n = 0; n < count; n++) {
      for (const result of loop.results) {
        const choices = loop.choices.get(result)!;
        const list = count === 1 ? choices
          : lasting.has(`${n}:${result}`) ? [...choices, ...spares(choices[0], most)]
          : [...spares(choices[0], most + count * loop.results.length)].reverse();
        const free = list.find((s) => !busy.has(s));
        if (free === undefined) throw new InternalError('steps: the pool of a loop is too small');
        busy.add(free);
        where.set(result, free);
      }
      run(loop.body);
      current = loop.states.map((s) => resolve(s.next));
      setStates(loop, current);
    }
    return current;
  };

  /** As many steps as make one sweep: rather a few less, if then none are left over. */
  const depthOf = (loop: BoundLoop, from: readonly number[]): number => {
    if (!blocking || loop.count < 2 || loop.body.some((s) => s.kind === 'loop')) return 1;
    const body = loop.body.flatMap((s) => (s.kind === 'launch' ? [s.launch] : []));
    const most = Math.min(blocking.depth(body), loop.count);
    const all = Array.from({ length: most - 1 }, (_, k) => most - k);
    const even = all.filter((d) => loop.count % d === 0 && 2 * d > most);
    const before = launches;
    for (const depth of new Set([...even, ...all])) {
      launches = [];
      const to = runBlock(loop, depth, from);
      const trial = launches;
      launches = before;
      setStates(loop, from);
      if (blocking.accepts(trial, new Set(to))) return depth;
    }
    return 1;
  };

  const runLoop = (loop: BoundLoop): void => {
    let current = loop.states.map((s) => resolve(s.initial));
    setStates(loop, current);
    const depth = depthOf(loop, current);
    ends.add(launches.length);
    for (let n = 0; n < loop.count; n += depth) {
      current = runBlock(loop, Math.min(depth, loop.count - n), current);
      ends.add(launches.length);
    }
    kept.set(loop, current.filter((slot) => spare.has(slot)));
  };
  run(steps);
  return { launches, ends };
}

/** Of `count` steps in a row the results, as `step:slot`, that are states after the last. */
function lastingResults(loop: BoundLoop, count: number): Set<string> {
  let states = loop.states.map((s) => String(s.state));
  for (let n = 0; n < count; n++) {
    const before = states;
    states = loop.states.map(({ next }) => {
      const other = loop.states.findIndex((s) => s.state === next);
      return other >= 0 ? before[other] : `${n}:${next}`;
    });
  }
  return new Set(states);
}
