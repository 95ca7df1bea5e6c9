/** A plan in words: what `explain()` prints, at five levels. */
import type {
  BufferReport, DecisionReport, FusionReport, KernelReport, LoopReport, NodeReport, PlanReport, SweepReport, Times,
} from '../dsl/reports.ts';
import { showShape } from '../dsl/shape.ts';
import type { BoundPlan } from './bind.ts';
import { report, type Circumstances } from './report.ts';

/** See `ExplainOptions`. */
export type Level = 0 | 1 | 2 | 3 | 4;

export const explain = (bound: BoundPlan, level: Level = 2, about: Circumstances = {}): string =>
  describe(report(bound, about), level);

export function describe(r: PlanReport, level: Level): string {
  const sections: readonly (readonly [least: Level, lines: () => string[]])[] = [
    [0, () => [summary(r)]],
    [1, () => r.kernels.flatMap((k, n) => kernelLines(k, n, level))],
    [1, () => section(`side by side, one finding in ${placeOf(r.sweeps)} what another has left`, r.sweeps.flatMap((s, n) => sweepLines(s, n, level)))],
    [3, () => section('loops', r.loops.map(loopLine))],
    [2, () => decisionTable(r.decisions)],
    [3, () => section('fusions, in planning order', r.fusions.map(fusionLine))],
    [3, () => section('loops that stay apart', counted(r.refusals.map((f) => `  ${fusionText(f)}: ${f.reason}`)))],
    [3, () => section(`before: ${plural(r.before.length, 'loop')}`, r.before.map(nodeLine))],
    [3, () => section(`buffers: at most ${bytes(r.peakBytes)} at once`, r.buffers.map(bufferLine))],
    [1, () => (r.measured ? [`measured by ${r.measured.clock}: ${timesText(r.measured)} in all`] : [])],
  ];
  return sections.flatMap(([least, lines]) => (level >= least ? lines() : [])).join('\n');
}

function summary(r: PlanReport): string {
  const scratch = r.scratch > 0 ? `; scratch ${bytes(r.scratch)}` : '';
  return `${plural(r.kernels.length, 'kernel')}, ${plural(r.launches, 'launch', 'launches')}; ` +
    `moves ${bytes(r.bytes)}, unfused ${bytes(r.bytesUnfused)}${scratch}`;
}

function kernelLines(k: KernelReport, n: number, level: Level): string[] {
  const lines = [
    `  ${n + 1}. ${k.launches === 1 ? '' : `${k.launches} x `}${k.expression}`,
    `     ${k.schedule} over ${showShape(k.domain)}, ${plural(k.inputs, 'input')}, ${plural(k.outputs, 'output')}, ` +
    `${bytes(k.bytes)} (unfused ${bytes(k.bytesUnfused)})`,
  ];
  if (k.measured) {
    const times = k.launches - k.swept;
    const each = times > 1 ? `, ${milliseconds(k.measured.milliseconds / times)} each` : '';
    lines.push(`     measured ${timesText(k.measured)}${each}`);
  }
  if (level >= 3 && k.hoisted.length > 0) lines.push(`     not at every point: ${k.hoisted.join(', ')}`);
  if (level >= 4) lines.push(...scheduleLines(k).map((line) => `     ${line}`));
  return lines;
}

function sweepLines(s: SweepReport, n: number, level: Level): string[] {
  const lines = [
    `  ${n + 1}. ${s.runs === 1 ? '' : `${s.runs} x `}${stagesText(s.stages)}`,
    `     ${piecesText(s)}, ${plural(s.privates, 'buffer')} in ${placeOf([s])} only, ${bytes(s.bytes)}`,
  ];
  if (s.measured) {
    const each = s.runs > 1 ? `, ${milliseconds(s.measured.milliseconds / s.runs)} each` : '';
    lines.push(`     measured ${timesText(s.measured)}${each}`);
  }
  if (level >= 4) lines.push(...expectedLines(s, s.runs).map((line) => `     ${line}`));
  return lines;
}

const placeOf = (sweeps: readonly SweepReport[]): string =>
  (sweeps.every((s) => s.kind === 'sweep') ? 'cache' : 'workgroup memory');

function piecesText({ kind, cut, piece, units, halo }: SweepReport): string {
  const around = `halo ${halo[0]} before and ${halo[1]} behind`;
  switch (kind) {
    case 'sweep': {
      const [pieces, unit] = cut === 'columns' ? ['strips', 'column'] : ['pieces', 'unit'];
      return `${piece === undefined ? '' : `${pieces} of ${piece} of `}${plural(units, unit)}, ${around}`;
    }
    case 'tile': return `${plural(units, 'tile')}${piece === undefined ? '' : ` of ${plural(piece, 'point')}`}, ${around}`;
    case 'rows': return `${plural(units, 'row')}${piece === undefined ? '' : `, ${piece} to a workgroup`}`;
    default: return kind satisfies never;
  }
}

/** Steps of a time loop are the same kernels again and again. */
export function repeated(stages: readonly number[]): { readonly once: readonly number[]; readonly times: number } {
  const period = stages.findIndex((_, k) => k > 0 && stages.every((s, j) => s === stages[j % k]));
  return period > 0 ? { once: stages.slice(0, period), times: stages.length / period } : { once: stages, times: 1 };
}

function stagesText(stages: readonly number[]): string {
  const { once, times } = repeated(stages);
  const text = `${once.length === 1 ? 'kernel' : 'kernels'} ${once.map((k) => k + 1).join(', ')}`;
  return times === 1 ? text : `${text}, ${times} times`;
}

function expectedLines({ estimate, workers, layout }: Pick<KernelReport, 'estimate' | 'workers' | 'layout'>, times: number): string[] {
  const expected = estimate === undefined ? [] : [`about ${milliseconds(estimate)}${times > 1 ? ' each' : ''}`];
  const who = [...expected, ...workers === undefined ? [] : [workers]];
  return [...who.length > 0 ? [`expected: ${who.join(' on ')}`] : [], ...layout?.split('\n') ?? []];
}

function scheduleLines(k: KernelReport): string[] {
  // What runs in sweeps is cut as they say.
  const alone = k.swept < k.launches ? expectedLines(k, k.launches) : [];
  return [`covers ${k.covers.join(', ')}`, ...alone];
}

function loopLine({ count, states, kernels, invariant }: LoopReport): string {
  const which = kernels.length === 0 ? 'nothing' : `${kernels.length === 1 ? 'kernel' : 'kernels'} ${kernels.map((k) => k + 1).join(', ')}`;
  const once = invariant.length > 0 ? `; computed once before it: ${invariant.join(', ')}` : '';
  return `  ${plural(count, 'step')} of ${which}, ${plural(states, 'state')}${once}`;
}

const fusionVerbs: { readonly [K in FusionReport['kind']]: string } = {
  inline: 'into', merge: 'with', epilogue: 'ends with', sweep: 'side by side in',
};
const fusionText = ({ kind, producer, consumer }: FusionReport): string => `${producer} ${fusionVerbs[kind]} ${consumer}`;
const fusionLine = (f: FusionReport, n: number): string => `  ${n + 1}. ${fusionText(f)}`;

function nodeLine({ expression, shape, bytes: moved, kernels }: NodeReport): string {
  return `  ${expression}: ${showShape(shape)}, ${bytes(moved)}, now in ${kernels.map((k) => k + 1).join(' and ')}`;
}

function bufferLine({ name, role, dtype, shape, bytes: size, writtenBy, readBy }: BufferReport): string {
  const uses = [
    writtenBy.length > 0 ? `written by ${writtenBy.map((k) => k + 1).join(', ')}` : '',
    readBy.length > 0 ? `read by ${readBy.map((k) => k + 1).join(', ')}` : '',
  ].filter((text) => text !== '').join(', ');
  return `  ${name}: ${role}, ${dtype} ${showShape(shape)}, ${bytes(size)}${uses && `; ${uses}`}`;
}

function decisionTable(decisions: readonly DecisionReport[]): string[] {
  if (decisions.length === 0) return [];
  const edge = (d: DecisionReport) => `${d.producer} -> ${d.consumer}`;
  const width = (of: (d: DecisionReport) => string) => Math.max(...decisions.map((d) => of(d).length));
  const first = width(edge), second = width((d) => d.verdict);
  return section('decisions', counted(decisions.map((d) => {
    const gain = [
      d.bytesSaved > 0 ? `saves ${bytes(d.bytesSaved)}` : '',
      d.extraFlops > 0 ? `${d.extraFlops} extra operations` : '',
    ].filter((text) => text !== '').join(', ');
    return `  ${edge(d).padEnd(first)}  ${d.verdict.padEnd(second)}  ${d.reason}${gain && ` (${gain})`}`;
  })));
}

const section = (title: string, lines: readonly string[]): string[] => (lines.length > 0 ? [title, ...lines] : []);

/** Equal lines are one. */
function counted(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => (count > 1 ? `${line} x ${count}` : line));
}

const timesText = (t: Times): string => `${milliseconds(t.milliseconds)}${t.bandwidth > 0 ? `, ${t.bandwidth.toPrecision(3)} GB/s` : ''}`;
const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

export function milliseconds(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  return ms >= 1 || ms === 0 ? `${ms.toPrecision(3)} ms` : `${(ms * 1000).toPrecision(3)} us`;
}

export function bytes(n: number): string {
  if (n < 1e3) return `${n} B`;
  if (n < 1e6) return `${(n / 1e3).toPrecision(3)} kB`;
  if (n < 1e9) return `${(n / 1e6).toPrecision(3)} MB`;
  return `${(n / 1e9).toPrecision(3)} GB`;
}
