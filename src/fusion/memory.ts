/**
 * Which intermediate results share memory. Guarantees: two buffers in one slot never hold values that are needed at the same
 * time, and no kernel writes a slot that it reads. Lifetimes follow from the plan; slots also from the sizes.
 */
import type { DType } from '../dsl/dtype.ts';
import { buffersRead } from './kernelize.ts';
import type { PlanStep } from './plan.ts';

export interface Lifetime {
  /** Number of the node. */
  readonly node: number;
  readonly from: number;
  readonly to: number;
}

export interface Lifetimes {
  /** Inputs that are read, in order of their numbers. */
  readonly inputs: readonly number[];
  /** Roots that a kernel outside all loops writes. */
  readonly outputs: readonly number[];
  /** Buffers of their own: initial states, and states that do not change, which a loop may hand on. */
  readonly exclusive: readonly number[];
  /** The rest: written and read within the plan, in order of `from`. */
  readonly scratch: readonly Lifetime[];
}

/** Steps are numbered as they stand, a body once. What a body reads from outside lives as long as the loop. */
export function lifetimesOf(steps: readonly PlanStep[], roots: readonly number[]): Lifetimes {
  const written = new Map<number, { from: number; to: number }>();
  const virtual = new Set<number>();
  const exclusive = new Set<number>();
  const read = new Set<number>(roots);
  let time = 0;

  const walk = (list: readonly PlanStep[]): void => {
    for (const step of list) {
      if (step.kind === 'kernel') {
        time++;
        buffersRead(step).forEach(use);
        for (const w of step.writes) written.set(w, { from: time, to: time });
        continue;
      }
      const before = new Set(written.keys());
      for (const s of step.states) {
        use(s.initial);
        virtual.add(s.carry);
        s.results.forEach((r) => virtual.add(r));
      }
      time++;
      walk(step.body);
      time++;
      for (const s of step.states) {
        use(s.next);
        // A state that is handed on unchanged may be any of these after the loop.
        if (before.has(s.initial)) exclusive.add(s.initial);
        if (before.has(s.next)) exclusive.add(s.next);
        else if (written.has(s.next)) virtual.add(s.next);
      }
      // What a body reads from outside, it reads again in the next step.
      for (const node of before) if (readsBelow(step.body, node)) use(node);
    }
  };
  const use = (node: number): void => {
    read.add(node);
    const life = written.get(node);
    if (life) life.to = time;
  };
  walk(steps);

  const isRoot = new Set(roots);
  const own = [...written.keys()].filter((n) => !virtual.has(n));
  return {
    inputs: [...read].filter((n) => !written.has(n) && !virtual.has(n)).sort((x, y) => x - y),
    outputs: own.filter((n) => isRoot.has(n)),
    exclusive: own.filter((n) => exclusive.has(n) && !isRoot.has(n)),
    scratch: own.filter((n) => !isRoot.has(n) && !exclusive.has(n)).map((node) => ({ node, ...written.get(node)! })),
  };
}

const readsBelow = (steps: readonly PlanStep[], node: number): boolean => steps.some((s) => (s.kind === 'kernel'
  ? buffersRead(s).includes(node)
  : s.states.some((t) => t.initial === node || t.next === node) || readsBelow(s.body, node)));

export interface BufferType {
  readonly dtype: DType;
  /** Elements. */
  readonly length: number;
}

export interface SharedSlot extends BufferType {
  length: number;
  /** The last step that needs what it holds. */
  busyUntil: number;
  readonly nodes: number[];
}

/** First fit in order of time: the smallest free slot that is large enough, else the largest one, which grows. */
export function shareSlots(scratch: readonly Lifetime[], typeOf: (node: number) => BufferType): SharedSlot[] {
  const slots: SharedSlot[] = [];
  for (const { node, from, to } of scratch) {
    const { dtype, length } = typeOf(node);
    let best: SharedSlot | undefined;
    for (const s of slots) {
      if (s.dtype !== dtype || s.busyUntil >= from) continue;
      if (best === undefined || fits(s.length, best.length, length)) best = s;
    }
    if (best) {
      best.length = Math.max(best.length, length);
      best.busyUntil = to;
      best.nodes.push(node);
    } else slots.push({ dtype, length, busyUntil: to, nodes: [node] });
  }
  return slots;
}

/** Whether a slot of `length` is the better place for `wanted` elements than one of `best`. */
const fits = (length: number, best: number, wanted: number): boolean =>
  (length >= wanted ? best < wanted || length < best : best < wanted && length > best);
