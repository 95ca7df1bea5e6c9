/** What a plan does, in numbers and words: kernels, bytes moved fused and unfused, and what became of every edge. */
import { dtypes } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import { showShape, sizeOf } from '../dsl/shape.ts';
import type { BoundPlan } from './bind.ts';
import type { Canonical } from './canonical.ts';
import type { Access, Decision, Launch, Step } from './kernel.ts';
import type { PlanKernel } from './kernelize.ts';
import type { Plan } from './plan.ts';
import { exprText, label } from './text.ts';

export interface KernelReport {
  /** The fused expression in the user's names. */
  readonly expression: string;
  readonly schedule: string;
  readonly domain: readonly number[];
  readonly inputs: number;
  readonly outputs: number;
  /** How often it runs. */
  readonly launches: number;
  /** Per launch: each element that is touched counted once. */
  readonly bytes: number;
  /** Per launch, if every node were a loop of its own. */
  readonly bytesUnfused: number;
}

export interface PlanReport {
  readonly kernels: readonly KernelReport[];
  readonly launches: number;
  readonly bytes: number;
  readonly bytesUnfused: number;
  /** Bytes of memory besides inputs and results. */
  readonly scratch: number;
  readonly decisions: readonly Decision[];
}

/** The report as data. */
export function report(bound: BoundPlan): PlanReport {
  const names = bufferNames(bound);
  const kernels: KernelReport[] = [];
  const visit = (steps: readonly Step[], planSteps: Plan['steps'], times: number): void => steps.forEach((step, k) => {
    const from = planSteps[k];
    if (step.kind === 'loop' && from.kind === 'loop') visit(step.body, from.body, times * step.count);
    if (step.kind === 'launch' && from.kind === 'kernel') kernels.push(kernelReport(bound, step.launch, from, names, times));
  });
  visit(bound.steps, bound.plan.steps, 1);
  const total = (of: (k: KernelReport) => number) => kernels.reduce((sum, k) => sum + of(k), 0);
  return {
    kernels,
    launches: total((k) => k.launches),
    bytes: total((k) => k.launches * k.bytes),
    bytesUnfused: total((k) => k.launches * k.bytesUnfused),
    scratch: bound.slots.reduce((sum, s) => sum + (s.role === 'scratch' ? s.bytes : 0), 0),
    decisions: bound.decisions,
  };
}

function kernelReport(
  bound: BoundPlan, launch: Launch, from: PlanKernel, names: ReadonlyMap<Expr, string>, times: number,
): KernelReport {
  const expression = from.stored ? nestExpression(bound, from, names) : from.writes.map((w) => {
    const e = exprAt(bound, w);
    // A copy of a loop's result is that result itself, read.
    const isCopy = w >= bound.canonical.nodes.length;
    return `${isCopy ? 'copy' : names.get(e)} = ${exprText(e, (x) => (x !== e || isCopy ? names.get(x) : undefined))}`;
  }).join('; ');
  return {
    expression, schedule: launch.kernel.schedule, domain: launch.domain, inputs: launch.inputs.length,
    outputs: launch.outputs.length, launches: times, bytes: bytesOf(launch),
    bytesUnfused: from.nodes.reduce((sum, n) => sum + bytesOfNode(exprAt(bound, n)), 0),
  };
}

/** All outputs of a nest come from one call; those that nobody asked for have no name. */
function nestExpression(bound: BoundPlan, { writes }: PlanKernel, names: ReadonlyMap<Expr, string>): string {
  const { nodes } = bound.canonical;
  const made = writes.map((w) => (w < nodes.length ? nodes[w] : undefined));
  const e = made.find((m) => m !== undefined)!;
  const left = made.map((m) => (m && names.get(m)) ?? '_');
  return `${left.length > 1 ? `[${left.join(', ')}]` : left[0]} = ${exprText(e, (x) => (x !== e ? names.get(x) : undefined))}`;
}

/** Names of all buffers: inputs by their own, results and intermediates numbered. */
function bufferNames({ plan, canonical }: BoundPlan): Map<Expr, string> {
  const names = namesOf(canonical);
  const roots = new Set(plan.roots);
  let results = 0, intermediates = 0;
  const visit = (steps: Plan['steps']): void => {
    for (const step of steps) {
      if (step.kind === 'loop') {
        visit(step.body);
        for (const s of step.states) {
          for (const r of s.results) names.set(canonical.nodes[r], `${label(canonical.nodes[s.carry])}'`);
        }
        continue;
      }
      for (const w of step.writes) {
        const e = canonical.nodes[w];
        if (e && !names.has(e)) names.set(e, roots.has(w) ? `result${roots.size > 1 ? ++results : ''}` : `t${++intermediates}`);
      }
    }
  };
  visit(plan.steps);
  return names;
}

/** The report as text. */
export function explain(bound: BoundPlan): string {
  const r = report(bound);
  const scratch = r.scratch > 0 ? `; scratch ${bytes(r.scratch)}` : '';
  const lines = [
    `${plural(r.kernels.length, 'kernel')}, ${plural(r.launches, 'launch', 'launches')}; ` +
    `moves ${bytes(r.bytes)}, unfused ${bytes(r.bytesUnfused)}${scratch}`,
  ];
  r.kernels.forEach((k, n) => {
    const times = k.launches === 1 ? '' : `${k.launches} x `;
    lines.push(`  ${n + 1}. ${times}${k.expression}`);
    lines.push(`     ${k.schedule} over ${showShape(k.domain)}, ${plural(k.inputs, 'input')}, ${plural(k.outputs, 'output')}, ` +
      `${bytes(k.bytes)} (unfused ${bytes(k.bytesUnfused)})`);
  });
  return [...lines, ...decisionTable(r.decisions)].join('\n');
}

function decisionTable(decisions: readonly Decision[]): string[] {
  if (decisions.length === 0) return [];
  const edge = (d: Decision) => `${d.producer} -> ${d.consumer}`;
  const width = (of: (d: Decision) => string) => Math.max(...decisions.map((d) => of(d).length));
  const first = width(edge), second = width((d) => d.verdict);
  const counts = new Map<string, number>();
  for (const d of decisions) {
    const gain = [
      d.bytesSaved > 0 ? `saves ${bytes(d.bytesSaved)}` : '',
      d.extraFlops > 0 ? `${d.extraFlops} extra operations` : '',
    ].filter((text) => text !== '').join(', ');
    const line = `  ${edge(d).padEnd(first)}  ${d.verdict.padEnd(second)}  ${d.reason}${gain && ` (${gain})`}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return ['decisions', ...[...counts].map(([line, count]) => (count > 1 ? `${line} x ${count}` : line))];
}

/** Decisions with the sizes of a graph. */
export function bindDecisions(plan: Plan, canonical: Canonical): Decision[] {
  const { nodes } = canonical;
  const at = (n: number): Expr => nodes[n] ?? nodes[plan.copies[n - nodes.length]];
  const names = namesOf(canonical);
  return plan.decisions.map((d) => {
    const producer = at(d.producer);
    return {
      producer: names.get(producer) ?? label(producer), consumer: label(at(d.consumer)), verdict: d.verdict, reason: d.reason,
      bytesSaved: d.passesSaved * bytesOfValues(producer), extraFlops: d.extra * sizeOf(producer.shape),
    };
  });
}

/** Sources by their names; those that share one get a number. */
function namesOf(canonical: Canonical): Map<Expr, string> {
  const names = new Map<Expr, string>();
  const used = new Map<string, number>();
  canonical.nodes.forEach((e, n) => {
    if (!canonical.isInput[n]) return;
    const name = e.kind === 'source' ? e.name || 'array' : label(e);
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    names.set(e, count === 1 ? name : `${name}${count}`);
  });
  return names;
}

const exprAt = ({ canonical: { nodes }, plan }: BoundPlan, n: number): Expr => nodes[n] ?? nodes[plan.copies[n - nodes.length]];
const bytesOfValues = (e: Expr): number => sizeOf(e.shape) * dtypes[e.dtype].bytes;

/** A node as a loop of its own reads its sources, through their views, and writes itself; scalars are free. */
function bytesOfNode(e: Expr): number {
  return bytesOfValues(e) + e.src.reduce((sum, s) => sum + (s.kind === 'fill' ? 0 : bytesRead(s)), 0);
}

const bytesRead = (e: Expr): number => (e.kind === 'view' ? Math.min(bytesOfValues(e), bytesRead(e.src[0])) : bytesOfValues(e));

function bytesOf({ kernel, domain, inputs, outputs, stored = [] }: Launch): number {
  const touched = ({ strides, sizes = domain }: Access) => strides.reduce((n, s, k) => (s === 0 ? n : n * sizes[k]), 1);
  const read = inputs.reduce((sum, x, k) => sum + touched(x) * dtypes[kernel.inputs[k].dtype].bytes, 0);
  const kept = domain.reduce((n, s, k) => (kernel.reduction?.axes.includes(k) ? n : n * s), 1);
  return outputs.reduce((sum, _, k) => {
    const { dtype, from } = kernel.outputs[k];
    const { bytes } = dtypes[dtype];
    if (from !== 'effects') return sum + (from === 'body' ? sizeOf(domain) : kept) * bytes;
    return sum + sizeOf(stored[k].sizes) * bytes * (stored[k].initial === undefined ? 1 : 2);
  }, read);
}

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

function bytes(n: number): string {
  if (n < 1e3) return `${n} B`;
  if (n < 1e6) return `${(n / 1e3).toPrecision(3)} kB`;
  if (n < 1e9) return `${(n / 1e6).toPrecision(3)} MB`;
  return `${(n / 1e9).toPrecision(3)} GB`;
}
