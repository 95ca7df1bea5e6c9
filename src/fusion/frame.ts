/** All launches of a plan for one set of sizes. */
import type { Shape } from '../dsl/shape.ts';
import { bareOf } from './bare.ts';
import type { Canonical, Graph } from './canonical.ts';
import { launchesOf, VIRTUAL, type BufferSlot, type Launch, type Run, type Step } from './kernel.ts';
import type { PlanKernel } from './kernelize.ts';
import { bindKernel } from './launch.ts';
import type { Plan, PlanLoop, PlanStep } from './plan.ts';
import { assignSlots, freshStates, poolKey, slotFor } from './slots.ts';
import { unroll, type Blocking, type BoundLoop } from './steps.ts';
import { groupingOf, type Grouping } from './sweep/grouping.ts';
import { uniformsOf } from './uniforms.ts';

export interface Frame {
  readonly sizes: readonly number[];
  readonly shapes: readonly Shape[];
  readonly slots: readonly BufferSlot[];
  readonly inputs: readonly { readonly slot: number; readonly node: number }[];
  readonly outputs: readonly number[];
  readonly kernels: readonly PlanKernel[];
  /** For every launch of the first filling the kernel it came from. */
  readonly kernelOf: ReadonlyMap<Launch, number>;
  readonly first: Filling;
  /** What it was last bound with. */
  filling: Filling;
  /** The graph it was made for, without its arrays. */
  readonly bare: Graph;
}

/** The scalars of a frame, and what to run with them. */
export interface Filling {
  readonly scalars: readonly number[];
  /** By kernel. */
  readonly uniforms: readonly (readonly number[])[];
  readonly runs: readonly Run[];
  readonly steps: readonly Step[];
}

export function makeFrame(plan: Plan, canonical: Canonical): Frame {
  const { slots, slotOf, pools, typeOf } = assignSlots(plan, canonical);
  const kernels: PlanKernel[] = [];
  const kernelOf = new Map<Launch, number>();
  const uniforms: (readonly number[])[] = [];
  let virtual = VIRTUAL;

  const bindSteps = (steps: readonly PlanStep[]): Step[] => steps.map((step) => {
    if (step.kind === 'loop') return bindLoop(step);
    const values = uniformsOf(step, canonical);
    const launch = bindKernel(step, canonical, slotOf, values);
    kernelOf.set(launch, kernels.push(step) - 1);
    uniforms.push(values);
    return { kind: 'launch', launch };
  });

  const bindLoop = (loop: PlanLoop): BoundLoop => {
    const initial = loop.states.map((s) => slotFor(slotOf, s.initial));
    const fresh = freshStates(loop, slotOf);
    for (const s of loop.states) slotOf.set(s.carry, virtual++);
    for (const n of fresh) slotOf.set(n, virtual++);
    const body = bindSteps(loop.body);
    const states = loop.states.map((s, k) =>
      ({ state: slotFor(slotOf, s.carry), initial: initial[k], next: slotFor(slotOf, s.next) }));
    loop.states.forEach((s, k) => s.results.forEach((r) => slotOf.set(r, states[k].state)));
    const pool = pools.get(loop)!;
    const choices = new Map([...fresh].map((n) => [slotFor(slotOf, n), pool.get(poolKey(typeOf(n)))!]));
    const node = canonical.nodes[loop.node];
    const count = node.kind === 'loop' ? node.count : 0;
    return { kind: 'loop', count, body, states, pool: [...pool.values()].flat(), results: [...choices.keys()], choices };
  };

  const steps = bindSteps(plan.steps);
  const where = new Map<number, number>();
  const derived = (from: Launch, to: Launch) => kernelOf.set(to, kernelOf.get(from)!);
  const grouping = groupingOf(plan);
  const { launches, ends } = unroll(steps, where, derived, grouping && blocking(slots, grouping));
  const outputs = plan.roots.map((n) => {
    const slot = slotFor(slotOf, n);
    return where.get(slot) ?? slot;
  });
  const runs = grouping?.runs(launches, ends, new Set(outputs), slots, derived) ?? launches;
  // Which slot of a pool holds the last state depends on the number of steps.
  for (const slot of outputs) if (slots[slot].role === 'scratch') slots[slot] = { ...slots[slot], role: 'output' };
  dropUnused(slots, runs);
  const inputs = plan.lifetimes.inputs.map((node) => ({ slot: slotFor(slotOf, node), node }));
  const { sizes, shapes, scalars } = canonical;
  const first: Filling = { scalars, uniforms, runs, steps };
  return { sizes, shapes, slots, inputs, outputs, kernels, kernelOf, first, filling: first, bare: bareOf(canonical) };
}

/** Spare slots are made when they are asked for, and used by all loops. */
function blocking(slots: BufferSlot[], { depth, accepts }: Grouping): Blocking {
  const spares = new Map<string, number[]>();
  return {
    depth,
    accepts: (launches, wanted) => accepts(launches, wanted, slots),
    spare: (like, count) => {
      const { dtype, length, bytes } = slots[like];
      const key = poolKey({ dtype, length });
      const list = spares.get(key) ?? [];
      spares.set(key, list);
      while (list.length < count) list.push(slots.push({ role: 'scratch', dtype, length, bytes }) - 1);
      return list;
    },
  };
}

/** What sweeps have made superfluous has no buffer. */
function dropUnused(slots: BufferSlot[], runs: readonly Run[]): void {
  const used = new Set(runs.flatMap(launchesOf).flatMap((l) =>
    [...l.inputs.map((x) => x.slot), ...l.outputs, ...(l.stored ?? []).flatMap((s) => s.initial ?? [])]));
  slots.forEach((s, slot) => {
    if (s.role === 'scratch' && !used.has(slot)) slots[slot] = { ...s, role: 'private' };
  });
}
