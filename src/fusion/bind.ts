/**
 * From a plan to launches over the concrete sizes, strides and scalars of one graph. Guarantees: no launch writes a slot that
 * it reads, inputs are never written, and equal sizes give the same launches again, so that only scalars are looked up.
 */
import { castNumber, dtypes, type DType } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import { sizeOf } from '../dsl/shape.ts';
import { InternalError } from '../errors.ts';
import { sameNumbers, type Canonical } from './canonical.ts';
import { bindDecisions } from './explain.ts';
import type { Access, BufferSlot, Decision, InnerStride, Kernel, Launch, Step } from './kernel.ts';
import type { KernelRead, PlanKernel, UniformSource } from './kernelize.ts';
import { shareSlots } from './memory.ts';
import { resolveAxes, resolveStrides } from './path.ts';
import type { Plan, PlanLoop, PlanStep } from './plan.ts';
import { groupAxes, groupSizes, groupStrides, specialise } from './specialise.ts';
import { unroll, type BoundLoop } from './steps.ts';

export interface BoundSlot {
  readonly slot: number;
  readonly expr: Expr;
}

export interface BoundPlan {
  readonly slots: readonly BufferSlot[];
  readonly inputs: readonly BoundSlot[];
  /** For each root in order; a root that was there already, or that shares its values with another node, has that node's slot. */
  readonly outputs: readonly BoundSlot[];
  /** What to run, in order; loops are unrolled. */
  readonly launches: readonly Launch[];
  /** The same with loops as loops. Slots from `slots.length` on are virtual: see `LoopStep`. */
  readonly steps: readonly Step[];
  readonly decisions: readonly Decision[];
  readonly plan: Plan;
  readonly canonical: Canonical;
}

/** What depends on sizes only, and the scalars it was last bound with. */
interface Frame {
  readonly sizes: readonly number[];
  readonly slots: readonly BufferSlot[];
  readonly inputs: readonly { readonly slot: number; readonly node: number }[];
  readonly outputs: readonly number[];
  readonly kernels: readonly PlanKernel[];
  /** For every launch of `steps` and `launches` the kernel it came from. */
  readonly kernelOf: ReadonlyMap<Launch, number>;
  uniforms: readonly (readonly number[])[];
  launches: readonly Launch[];
  steps: readonly Step[];
}

/** Enough for programs that alternate between a few sizes. */
const FRAMES = 4;
const frames = new WeakMap<Plan, Frame[]>();

export function bind(plan: Plan, canonical: Canonical, roots: readonly Expr[]): BoundPlan {
  const frame = frameFor(plan, canonical);
  const { nodes } = canonical;
  return {
    slots: frame.slots,
    inputs: frame.inputs.map(({ slot, node }) => ({ slot, expr: nodes[node] })),
    outputs: frame.outputs.map((slot, k) => ({ slot, expr: roots[k] })),
    launches: frame.launches,
    steps: frame.steps,
    get decisions() { return bindDecisions(plan, canonical); },
    plan,
    canonical,
  };
}

function frameFor(plan: Plan, canonical: Canonical): Frame {
  let list = frames.get(plan);
  if (!list) frames.set(plan, (list = []));
  const found = list.find((f) => sameNumbers(f.sizes, canonical.sizes));
  if (found) {
    rebind(found, canonical);
    return found;
  }
  const made = makeFrame(plan, canonical);
  list.unshift(made);
  list.length = Math.min(list.length, FRAMES);
  return made;
}

/** New scalars in old launches. Launches are values: those that run still keep theirs. */
function rebind(frame: Frame, canonical: Canonical): void {
  let changed = false;
  const uniforms = frame.kernels.map((k, i) => {
    const values = uniformsOf(k, canonical);
    if (sameNumbers(values, frame.uniforms[i])) return frame.uniforms[i];
    changed = true;
    return values;
  });
  if (!changed) return;
  const renewed = new Map<Launch, Launch>();
  const kernelOf = frame.kernelOf as Map<Launch, number>;
  const renew = (launch: Launch): Launch => {
    let now = renewed.get(launch);
    if (!now) {
      const k = kernelOf.get(launch)!;
      now = uniforms[k] === frame.uniforms[k] ? launch : { ...launch, uniforms: uniforms[k] };
      renewed.set(launch, now);
    }
    return now;
  };
  const renewStep = (s: Step): Step =>
    (s.kind === 'launch' ? { kind: 'launch', launch: renew(s.launch) } : { ...s, body: s.body.map(renewStep) });
  frame.launches = frame.launches.map(renew);
  frame.steps = frame.steps.map(renewStep);
  frame.uniforms = uniforms;
  for (const [old, now] of renewed) {
    const k = kernelOf.get(old)!;
    kernelOf.delete(old);
    kernelOf.set(now, k);
  }
}

function makeFrame(plan: Plan, canonical: Canonical): Frame {
  const slots: BufferSlot[] = [];
  const slotOf = new Map<number, number>();
  const typeOf = (node: number) => {
    const { dtype, shape } = canonical.nodes[node] ?? canonical.nodes[plan.copies[node - canonical.nodes.length]];
    return { dtype, length: sizeOf(shape) };
  };
  const addSlot = (role: BufferSlot['role'], { dtype, length }: { dtype: DType; length: number }): number =>
    slots.push({ role, dtype, length, bytes: length * dtypes[dtype].bytes }) - 1;

  const { inputs, outputs, exclusive, scratch } = plan.lifetimes;
  for (const n of inputs) slotOf.set(n, addSlot('input', typeOf(n)));
  for (const n of outputs) slotOf.set(n, addSlot('output', typeOf(n)));
  for (const n of exclusive) slotOf.set(n, addSlot('scratch', typeOf(n)));
  for (const shared of shareSlots(scratch, typeOf)) {
    const slot = addSlot('scratch', shared);
    for (const n of shared.nodes) slotOf.set(n, slot);
  }

  const kernels: PlanKernel[] = [];
  const kernelOf = new Map<Launch, number>();
  const pools = allPools(plan.steps, typeOf, addSlot, slotOf);
  let virtual = slots.length;
  const uniforms: (readonly number[])[] = [];

  const bindSteps = (steps: readonly PlanStep[]): Step[] => steps.map((step) => {
    if (step.kind === 'loop') return bindLoop(step);
    const values = uniformsOf(step, canonical);
    const launch = bindKernel(step, canonical, slotOf, values);
    kernelOf.set(launch, kernels.push(step) - 1);
    uniforms.push(values);
    return { kind: 'launch', launch };
  });
  const bindLoop = (step: PlanLoop): BoundLoop => {
    const initial = step.states.map((s) => slotFor(slotOf, s.initial));
    for (const s of step.states) slotOf.set(s.carry, virtual++);
    const fresh = new Set(step.states.map((s) => s.next).filter((n) => !slotOf.has(n)));
    for (const n of fresh) slotOf.set(n, virtual++);
    const body = bindSteps(step.body);
    const states = step.states.map((s, k) => ({ state: slotFor(slotOf, s.carry), initial: initial[k], next: slotFor(slotOf, s.next) }));
    step.states.forEach((s, k) => s.results.forEach((r) => slotOf.set(r, states[k].state)));
    const count = countOf(canonical.nodes[step.node]);
    const pool = pools.get(step)!;
    const choices = new Map([...fresh].map((n) => [slotFor(slotOf, n), pool.get(poolKey(typeOf(n)))!]));
    return { kind: 'loop', count, body, states, pool: [...pool.values()].flat(), results: [...choices.keys()], choices };
  };
  const steps = bindSteps(plan.steps);

  const bound = new Map<number, number>();
  const launches = unroll(steps, bound, slots.length, (from, to) => kernelOf.set(to, kernelOf.get(from)!));
  const rootSlots = plan.roots.map((n) => {
    const slot = slotFor(slotOf, n);
    return bound.get(slot) ?? slot;
  });
  for (const slot of rootSlots) if (slots[slot].role === 'scratch') slots[slot] = { ...slots[slot], role: 'output' };
  return {
    sizes: canonical.sizes, slots, kernels, kernelOf, uniforms, launches, steps,
    inputs: inputs.map((node) => ({ slot: slotOf.get(node)!, node })), outputs: rootSlots,
  };
}

const countOf = (e: Expr): number => (e.kind === 'loop' ? e.count : 0);
const poolKey = (t: { dtype: DType; length: number }): string => `${t.dtype}${t.length}`;
const slotFor = (slotOf: ReadonlyMap<number, number>, node: number): number => {
  const slot = slotOf.get(node);
  if (slot === undefined) throw new InternalError(`bind: node ${node} has no buffer`);
  return slot;
};

/**
 * Slots in which the states of every loop rotate. While a step runs, every state is somewhere and every new state needs a
 * place, so there are as many as both together, per dtype and size.
 */
function allPools(
  steps: readonly PlanStep[],
  typeOf: (node: number) => { dtype: DType; length: number },
  addSlot: (role: 'scratch', type: { dtype: DType; length: number }) => number,
  known: ReadonlyMap<number, number>,
): Map<PlanStep, Map<string, number[]>> {
  const pools = new Map<PlanStep, Map<string, number[]>>();
  const visit = (step: PlanStep): void => {
    if (step.kind === 'kernel') return;
    const carries = new Set(step.states.map((s) => s.carry));
    const fresh = new Set(step.states.map((s) => s.next).filter((n) => !known.has(n) && !carries.has(n)));
    const pool = new Map<string, number[]>();
    for (const n of [...step.states.map((s) => s.carry), ...fresh]) {
      const type = typeOf(n);
      const key = poolKey(type);
      if (![...fresh].some((f) => poolKey(typeOf(f)) === key)) continue;
      const list = pool.get(key);
      if (list) list.push(addSlot('scratch', type));
      else pool.set(key, [addSlot('scratch', type)]);
    }
    pools.set(step, pool);
    step.body.forEach(visit);
  };
  steps.forEach(visit);
  return pools;
}

function bindKernel(k: PlanKernel, canonical: Canonical, slotOf: ReadonlyMap<number, number>, uniforms: readonly number[]): Launch {
  const shape = canonical.shapes[k.domain];
  const sizes = k.padded ? [...shape, 1] : shape;
  const reduced = k.kernel.reduction?.axes;
  const full = k.reads.map((r) => accessOf(r, canonical, sizes.length, reduced, slotOf));
  const groups = groupAxes({ sizes, pinned: k.pinned, reduced }, full);
  const inputs = full.map((x) => ({ ...x, strides: groupStrides(x.strides, groups) }));
  const inner = inputs.map(innerOf);
  const kernel = specialised(k, groups);
  return {
    kernel, domain: groupSizes(sizes, groups), inputs, inner, uniforms,
    outputs: k.writes.map((n) => slotFor(slotOf, n)), code: `${kernel.key}|${inner.join()}`,
  };
}

function specialised(k: PlanKernel, groups: readonly number[]): Kernel {
  const key = groups.join();
  let kernel = k.specialised.get(key);
  if (!kernel) k.specialised.set(key, (kernel = specialise(k.kernel, groups)));
  return kernel;
}

const innerOf = ({ strides }: Access): InnerStride => {
  const last = strides[strides.length - 1];
  return last === 1 ? 'unit' : last === 0 ? 'zero' : 'strided';
};

function accessOf(r: KernelRead, canonical: Canonical, rank: number, reduced: readonly number[] | undefined, slotOf: ReadonlyMap<number, number>): Access {
  const { offset, strides } = resolveStrides(r.path, canonical, r.rank, canonical.nodes[r.node].shape);
  const out = new Array<number>(rank).fill(0);
  let next = 0;
  // Along the axes that are reduced, what an epilogue reads does not move; nor does anything along a padding axis.
  for (let k = 0; k < rank; k++) if (!(r.kept && reduced!.includes(k)) && next < strides.length) out[k] = strides[next++];
  return { slot: slotFor(slotOf, r.node), offset, strides: out };
}

function uniformsOf(k: PlanKernel, canonical: Canonical): number[] {
  const out = new Array<number>(k.uniforms.length);
  for (let i = 0; i < out.length; i++) out[i] = uniformValue(k.uniforms[i], canonical);
  return out;
}

function uniformValue(u: UniformSource, canonical: Canonical): number {
  switch (u.kind) {
    case 'fill': {
      const e = canonical.nodes[u.node];
      return e.kind === 'fill' ? castNumber(e.value, 'float64', e.dtype) : broken();
    }
    case 'cval': {
      const e = canonical.nodes[u.node];
      return e.kind === 'stencil' ? castNumber(e.cval, 'float64', u.dtype) : broken();
    }
    case 'scale': case 'offset': return resolveAxes(u.path, canonical, u.rank)[u.axis][u.kind];
    case 'extent': return canonical.shapes[u.shape][u.axis];
    default: return u satisfies never;
  }
}

const broken = (): never => {
  throw new InternalError('bind: the graph does not have the structure of its plan');
};
