/**
 * A plan bound to one graph. Guarantees: equal sizes give the same launches again, so that only scalars are looked up.
 */
import type { Expr } from '../dsl/expr.ts';
import { sameNumbers, type Canonical } from './canonical.ts';
import { makeFrame, type Frame } from './frame.ts';
import { launchesOf, type BufferSlot, type Decision, type Launch, type Run, type Step, type Together } from './kernel.ts';
import type { Plan } from './plan.ts';
import { bindDecisions } from './report.ts';
import { uniformsOf } from './uniforms.ts';

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
  readonly runs: readonly Run[];
  /** The launches of all runs. One after the other they give the same values; private slots need buffers then. */
  readonly launches: readonly Launch[];
  /** The same with loops as loops. Slots from `slots.length` on are virtual: see `LoopStep`. */
  readonly steps: readonly Step[];
  readonly decisions: readonly Decision[];
  readonly plan: Plan;
  readonly canonical: Canonical;
}

/** Enough for programs that alternate between a few sizes. */
const FRAMES = 4;
const frames = new WeakMap<Plan, Frame[]>();

export function bind(plan: Plan, canonical: Canonical, roots: readonly Expr[]): BoundPlan {
  const frame = frameFor(plan, canonical);
  const { nodes } = canonical;
  const { runs } = frame;
  return {
    slots: frame.slots,
    inputs: frame.inputs.map(({ slot, node }) => ({ slot, expr: nodes[node] })),
    outputs: frame.outputs.map((slot, k) => ({ slot, expr: roots[k] })),
    runs,
    get launches() { return runs.flatMap(launchesOf); },
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
  const { kernelOf } = frame;
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
  const renewStages = <S extends { readonly launch: Launch }>(stages: readonly S[]): S[] =>
    stages.map((s) => ({ ...s, launch: renew(s.launch) }));
  const renewTogether = (run: Together): Together => {
    switch (run.kind) {
      case 'sweep': return { ...run, stages: renewStages(run.stages) };
      case 'tile': return { ...run, stages: renewStages(run.stages) };
      case 'rows': return { ...run, stages: renewStages(run.stages) };
      default: return run satisfies never;
    }
  };
  const together = new Map<Together, Together>();
  const renewRun = (run: Run): Run => {
    if (!('stages' in run)) return renew(run);
    // Steps of time loops are one run, many times.
    const now = together.get(run) ?? renewTogether(run);
    together.set(run, now);
    return now;
  };
  frame.runs = frame.runs.map(renewRun);
  frame.steps = frame.steps.map(renewStep);
  frame.uniforms = uniforms;
  for (const [old, now] of renewed) {
    const k = kernelOf.get(old)!;
    kernelOf.delete(old);
    kernelOf.set(now, k);
  }
}
