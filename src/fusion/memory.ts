/**
 * Which results share memory. Guarantees: two buffers in one slot never hold values that are needed at the same time, and a
 * kernel writes a slot that it reads only where that is legal (in-place.ts). Lifetimes follow from the plan; slots also from the
 * sizes.
 */
import type { DType } from '../dsl/dtype.ts';
import { readsOnlyHere } from './in-place.ts';
import { buffersRead, type PlanKernel } from './kernelize.ts';
import type { PlanStep } from './plan.ts';

export interface Lifetime {
  /** Number of the node. */
  readonly node: number;
  readonly from: number;
  /** Infinity for a result. */
  readonly to: number;
  /** Nodes whose elements the kernel that writes this one reads at its own points only, and nothing reads later. */
  readonly over: readonly number[];
}

export interface Lifetimes {
  /** Inputs that are read, in order of their numbers. */
  readonly inputs: readonly number[];
  /** Roots that a kernel outside all loops writes. */
  readonly outputs: readonly Lifetime[];
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
  const over = new Map<number, readonly number[]>();
  let time = 0;

  const walk = (list: readonly PlanStep[]): void => {
    for (const step of list) {
      if (step.kind === 'kernel') {
        time++;
        buffersRead(step).forEach(use);
        for (const w of step.writes) {
          written.set(w, { from: time, to: time });
          over.set(w, readHere(step));
        }
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
  const isScratch = (n: number): boolean => !isRoot.has(n) && !exclusive.has(n) && !virtual.has(n);
  const life = (node: number): Lifetime => {
    const { from, to } = written.get(node)!;
    const dying = over.get(node)!.filter((n) => isScratch(n) && written.get(n)?.to === from);
    return { node, from, to: isRoot.has(node) ? Infinity : to, over: dying };
  };
  return {
    inputs: [...read].filter((n) => !written.has(n) && !virtual.has(n)).sort((x, y) => x - y),
    outputs: own.filter((n) => isRoot.has(n)).map(life),
    exclusive: own.filter((n) => exclusive.has(n) && !isRoot.has(n)),
    scratch: own.filter(isScratch).map(life),
  };
}

/** Nodes that a kernel reads at the points where it writes, in whatever shape, and nowhere else. */
function readHere({ kernel, reads }: PlanKernel): number[] {
  if (kernel.schedule !== 'map') return [];
  return reads.flatMap(({ node, path, whole }, k) => {
    const here = path.every((s) => s.kind === 'reshape') && whole === undefined && readsOnlyHere(kernel.body, k);
    return here && reads.every((r, j) => j === k || r.node !== node) ? [node] : [];
  });
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
  /** The last step that needs what it holds; Infinity where that is a result. */
  busyUntil: number;
  readonly nodes: number[];
}

/**
 * First fit in order of time: in place of what is read for the last time; the smallest free slot that is large enough; the
 * largest one, which grows. A result takes a slot of its own, or that of what it overwrites if that is no larger: results stay
 * when the rest goes.
 */
export function shareSlots(buffers: readonly Lifetime[], typeOf: (node: number) => BufferType): SharedSlot[] {
  const slots: SharedSlot[] = [];
  for (const { node, from, to, over } of [...buffers].sort((x, y) => x.from - y.from)) {
    const { dtype, length } = typeOf(node);
    const isResult = to === Infinity;
    const below = over.find((n) => typeOf(n).dtype === dtype && typeOf(n).length === length);
    let best = slots.find((s) => s.nodes.at(-1) === below && s.busyUntil === from && (!isResult || s.length === length));
    if (!best && !isResult) {
      for (const s of slots) {
        if (s.dtype !== dtype || s.busyUntil >= from) continue;
        if (best === undefined || fits(s.length, best.length, length)) best = s;
      }
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
