/** What a plan does, as data: kernels, what they move fused and unfused, and what became of every edge. */
import type { Expr } from '../dsl/expr.ts';
import type { Value } from '../dsl/kernel/ir.ts';
import type { FusionReport, KernelReport, LoopReport, NodeReport, PlanReport } from '../dsl/reports.ts';
import { sizeOf } from '../dsl/shape.ts';
import type { LaunchDescription, Measurement, SweepDescription } from '../targets/target.ts';
import type { Fusion } from './attempts.ts';
import type { BoundPlan } from './bind.ts';
import { buffersOf } from './buffers.ts';
import type { Canonical } from './canonical.ts';
import type { Decision, Launch, Step, Together } from './kernel.ts';
import type { PlanKernel } from './kernelize.ts';
import { exprAt, namesOfBuffers, namesOfInputs, type Names } from './names.ts';
import { peakBytes } from './peak.ts';
import type { Plan } from './plan.ts';
import { rate, summarise, type RunSummary } from './report-sweeps.ts';
import { exprText, label, valueText } from './text.ts';
import { bytesMoved, bytesOfNode, bytesOfValues } from './traffic.ts';

/** What is known besides the plan. */
export interface Circumstances {
  readonly target?: { readonly name: string; readonly description: string };
  /** How the target runs a launch; asked for only where it is told. */
  readonly describe?: (launch: Launch) => LaunchDescription;
  readonly describeSweep?: (sweep: Together) => SweepDescription | undefined;
  readonly code?: boolean;
  readonly measured?: Measurement;
}

/** A kernel of the plan with one of its launches. */
export interface Found {
  readonly launch: Launch;
  readonly from: PlanKernel;
  readonly times: number;
}

export function report(
  bound: BoundPlan, { target, describe, describeSweep, code = false, measured }: Circumstances = {},
): PlanReport {
  const names = namesOfBuffers(bound);
  const { kernels: found, loops } = walk(bound);
  const runs = summarise(bound, found.map((f) => f.launch.kernel), {
    describe: describeSweep, code, milliseconds: measured?.milliseconds,
  });
  const kernels = found.map((f, k) => kernelReport(bound, f, names, describe?.(f.launch), code, runs, k));
  const total = (of: (k: KernelReport) => number) => sum(kernels.map(of));
  const fusion = ({ kind, producer, consumer }: Fusion): FusionReport =>
    ({ kind, producer: label(exprAt(bound, producer)), consumer: label(exprAt(bound, consumer)) });
  const { made, refused } = bound.plan.attempts;
  return {
    ...target && { target },
    kernels,
    sweeps: runs.sweeps,
    loops,
    buffers: buffersOf(bound, names, runs.isHidden),
    launches: total((k) => k.launches),
    bytes: runs.bytes,
    bytesUnfused: total((k) => k.launches * k.bytesUnfused),
    scratch: bound.slots.reduce((sum, s) => sum + (s.role === 'scratch' ? s.bytes : 0), 0),
    peakBytes: peakBytes(bound),
    before: before(bound, found, names),
    decisions: decisionsOf(bound, found, runs),
    fusions: [...made.map(fusion), ...runs.sweeps.length > 0 ? [sideBySide] : []],
    refusals: [...refused.values()].map((r) => ({ ...fusion(r), reason: r.reason })),
    ...measured && { measured: { ...rate(sum(measured.milliseconds), runs.bytes), clock: measured.clock } },
  };
}

/** Sweeps are the last of the fusions: they need the sizes. */
const sideBySide: FusionReport = { kind: 'sweep', producer: 'kernels', consumer: 'sweeps' };

/** All kernels in order, a loop's body once, and the loops. */
export function walk(bound: BoundPlan): { readonly kernels: readonly Found[]; readonly loops: readonly LoopReport[] } {
  const kernels: Found[] = [];
  const loops: LoopReport[] = [];
  const visit = (steps: readonly Step[], planSteps: Plan['steps'], times: number): void => steps.forEach((step, k) => {
    const from = planSteps[k];
    if (step.kind === 'launch' && from.kind === 'kernel') kernels.push({ launch: step.launch, from, times });
    if (step.kind !== 'loop' || from.kind !== 'loop') return;
    const first = kernels.length;
    visit(step.body, from.body, times * step.count);
    loops.push({
      count: step.count, states: from.states.length, kernels: kernels.slice(first).map((_, j) => first + j),
      invariant: from.invariant.map((n) => label(exprAt(bound, n))),
    });
  });
  visit(bound.steps, bound.plan.steps, 1);
  return { kernels, loops };
}

function kernelReport(
  bound: BoundPlan, { launch, from, times }: Found, names: Names, about: LaunchDescription | undefined, code: boolean,
  { swept, times: measured }: RunSummary, index: number,
): KernelReport {
  const inputs = from.reads.map((r) => nameOf(bound, names, r.node));
  return {
    expression: expressionOf(bound, from, names),
    covers: from.nodes.map((n) => label(exprAt(bound, n))),
    schedule: launch.kernel.schedule,
    domain: launch.domain,
    inputs: launch.inputs.length,
    outputs: launch.outputs.length,
    launches: times,
    bytes: bytesMoved(launch),
    bytesUnfused: from.nodes.reduce((n, node) => n + bytesOfNode(exprAt(bound, node)), 0),
    hoisted: (about?.hoisted ?? []).map((v: Value) => valueText(v, (k) => inputs[k])),
    ...about?.workers !== undefined && { workers: about.workers },
    ...about && { layout: about.layout },
    ...about?.estimate !== undefined && { estimate: about.estimate },
    ...code && about && { code: about.code },
    ...measured[index] && { measured: measured[index] },
    swept: swept[index],
  };
}

export function expressionOf(bound: BoundPlan, from: PlanKernel, names: Names): string {
  if (from.stored) return nestExpression(bound, from, names);
  return from.writes.map((w) => {
    const e = exprAt(bound, w);
    // A copy of a loop's result is that result itself, read.
    const isCopy = w >= bound.canonical.nodes.length;
    return `${isCopy ? 'copy' : names.get(e)} = ${exprText(e, (x) => (x !== e || isCopy ? names.get(x) : undefined))}`;
  }).join('; ');
}

/** All outputs of a nest come from one call; those that nobody asked for have no name. */
function nestExpression(bound: BoundPlan, { writes }: PlanKernel, names: Names): string {
  const { nodes } = bound.canonical;
  const made = writes.map((w) => (w < nodes.length ? nodes[w] : undefined));
  const e = made.find((m) => m !== undefined)!;
  const left = made.map((m) => (m && names.get(m)) ?? '_');
  return `${left.length > 1 ? `[${left.join(', ')}]` : left[0]} = ${exprText(e, (x) => (x !== e ? names.get(x) : undefined))}`;
}

/** The nodes as loops of their own, each in terms of those that it reads. */
function before(bound: BoundPlan, kernels: readonly Found[], names: Names): NodeReport[] {
  const where = new Map<number, number[]>();
  kernels.forEach(({ from }, k) => from.nodes.forEach((n) => where.set(n, [...where.get(n) ?? [], k])));
  return [...where].sort(([a], [b]) => a - b).map(([n, list]) => {
    const e = exprAt(bound, n);
    return { expression: stepText(e, names), shape: e.shape, bytes: bytesOfNode(e), kernels: list };
  });
}

function stepText(e: Expr, names: Names): string {
  const leaf = (x: Expr): string | undefined => (x === e || x.kind === 'fill' || x.kind === 'view' ? undefined : names.get(x) ?? label(x));
  return `${names.get(e) ?? label(e)} = ${exprText(e, leaf)}`;
}

const nameOf = (bound: BoundPlan, names: Names, n: number): string => {
  const e = exprAt(bound, n);
  return names.get(e) ?? label(e);
};

const sum = (list: readonly number[]): number => list.reduce((x, y) => x + y, 0);

const stagedIn: { readonly [K in Together['kind']]: string } = {
  sweep: 'in cache until its readers, piece by piece, have had it',
  tile: 'in workgroup memory until its readers, tile by tile, have had it',
  rows: 'in workgroup memory until its readers, row by row, have had it',
};

/** Once sizes are known, what would have been stored may be for stages of the same run only. */
function decisionsOf(bound: BoundPlan, kernels: readonly Found[], runs: RunSummary): Decision[] {
  const hidden = new Map<number, Together['kind']>();
  kernels.forEach(({ from: { writes } }, k) => writes.forEach((n, output) => {
    const kind = runs.hiddenIn(k, output);
    if (kind) hidden.set(n, kind);
  }));
  const seen = new Set<number>();
  return bound.decisions.map((d, k) => {
    const { producer } = bound.plan.decisions[k];
    const kind = hidden.get(producer);
    if (d.verdict !== 'materialised' || !kind) return d;
    const passes = seen.has(producer) ? 1 : 2; // it is written once, and read by every consumer
    seen.add(producer);
    return {
      ...d, verdict: 'staged', reason: `${d.reason}; ${stagedIn[kind]}`, bytesSaved: passes * bytesOfValues(exprAt(bound, producer)),
    };
  });
}

/** Decisions with the sizes of a graph. */
export function bindDecisions(plan: Plan, canonical: Canonical): Decision[] {
  const names = namesOfInputs(canonical);
  return plan.decisions.map((d) => {
    const producer = exprAt({ plan, canonical }, d.producer);
    return {
      producer: names.get(producer) ?? label(producer), consumer: label(exprAt({ plan, canonical }, d.consumer)),
      verdict: d.verdict, reason: d.reason,
      bytesSaved: d.passesSaved * bytesOfValues(producer), extraFlops: d.extra * sizeOf(producer.shape),
    };
  });
}
