/** A profile in words. */
import { bytes, milliseconds } from '../fusion/explain.ts';
import { showShape } from '../dsl/shape.ts';
import type { EvaluationProfile, KernelProfile, Limits, PhaseProfile, Roofline } from './types.ts';

export interface Tabled {
  readonly milliseconds: number;
  readonly evaluations: readonly EvaluationProfile[];
  readonly kernels: readonly KernelProfile[];
  readonly limits: readonly Limits[];
  /** Why there are none of a target. */
  readonly problems: readonly string[];
}

/** Longer expressions are cut: `kernels` has all of them. */
const LONGEST_NAME = 60;

interface Column {
  readonly head: string;
  readonly left?: true;
  readonly of: (k: KernelProfile) => string;
}

const percent = (part: number): string => `${part < 0.0995 ? (100 * part).toFixed(1) : Math.round(100 * part)} %`;
const digits = (x: number | undefined): string => (x === undefined ? '' : x < 0.001 ? '0' : x >= 1000 ? x.toFixed(0) : x.toPrecision(3));
const against = (part: number | undefined): string => (part === undefined ? '' : percent(part));

const bounds: { readonly [B in Roofline['bound']]: string } = {
  memory: 'memory', cache: 'memory (cache)', compute: 'compute', launch: 'launch overhead',
};

const columns: readonly Column[] = [
  { head: 'time', of: (k) => milliseconds(k.milliseconds) },
  { head: 'share', of: (k) => percent(k.share) },
  { head: 'calls', of: (k) => String(k.calls) },
  { head: 'moved', of: (k) => bytes(k.bytes) },
  { head: 'GB/s', of: (k) => digits(k.bandwidth) },
  { head: 'of limit', of: (k) => against(k.roofline?.memory) },
  { head: 'GFLOP/s', of: (k) => digits(k.gflops) },
  { head: 'of limit', of: (k) => against(k.roofline?.compute) },
  { head: 'bound by', left: true, of: (k) => (k.roofline ? bounds[k.roofline.bound] : '') },
  { head: 'on', left: true, of: (k) => k.target },
  { head: 'kernel', left: true, of: (k) => `${nameOf(k)} ${showShape(k.domain)}` },
];

function nameOf({ kind, name }: KernelProfile): string {
  const text = `${kind === 'launch' ? '' : `${kind}: `}${name}`;
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text;
}

export function tableOf(p: Tabled): string {
  return [summary(p), ...p.kernels.length > 0 ? grid(p.kernels) : [], ...notes(p)].join('\n');
}

const phaseWords: { readonly [P in PhaseProfile['phase']]: string } = {
  run: 'running', plan: 'planning', compile: 'compiling', upload: 'uploading', read: 'reading', wait: 'waiting',
};

/** Evaluations that ran at the same time each count: phases may sum up to more than there was. */
function summary({ milliseconds: all, evaluations }: Tabled): string {
  const count = evaluations.filter((e) => e.does === 'evaluate').length;
  const parts = Object.entries(phaseWords).flatMap(([phase, word]) => {
    const time = evaluations.flatMap((e) => e.phases).reduce((n, p) => (p.phase === phase ? n + p.milliseconds : n), 0);
    return time > 0 ? [`${word} ${milliseconds(time)}`] : [];
  });
  const what = count === 0 ? 'nothing was evaluated' : `${count} ${count === 1 ? 'evaluation' : 'evaluations'}`;
  return `${what} in ${milliseconds(all)}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}

function grid(kernels: readonly KernelProfile[]): string[] {
  const cells = [columns.map((c) => c.head), ...kernels.map((k) => columns.map((c) => c.of(k)))];
  const widths = columns.map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  return cells.map((row) => row.map((text, c) => (columns[c].left ? text.padEnd(widths[c]) : text.padStart(widths[c]))).join('  ').trimEnd());
}

function notes({ evaluations, kernels, limits, problems }: Tabled): string[] {
  const clocks = new Map<string, string>();
  const silent = new Set<string>();
  for (const { target, clock, phases } of evaluations) {
    if (target === undefined) continue;
    if (clock !== undefined) clocks.set(target, clock);
    else if (phases.some((p) => p.phase === 'run')) silent.add(target);
  }
  const withKernels = new Set(kernels.map((k) => k.target));
  return [
    ...[...silent].filter((t) => !withKernels.has(t)).map((t) => `${t}: no kernels to measure`),
    ...[...clocks].filter(([t]) => withKernels.has(t)).map(([t, clock]) => `${t}: measured by ${clock}`),
    ...limits.map(limitText),
    ...problems,
    ...kernels.some((k) => (k.roofline?.memory ?? 0) > 1) ? ['more than 100 %: it found in a cache what the limit has to fetch from memory'] : [],
  ];
}

function limitText({ target, threads, bandwidth, cacheBandwidth, cacheBytes, gflops, gflops64, launch, how }: Limits): string {
  const who = threads === undefined ? target : `${target}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const double = gflops64 === undefined ? '' : ` (float64 ${digits(gflops64)})`;
  return `limits of ${who}: ${digits(bandwidth)} GB/s, ${digits(cacheBandwidth)} of runs that move no more than ${bytes(cacheBytes)}; ` +
    `${digits(gflops)} GFLOP/s${double}; ${milliseconds(launch)} for a run that does nothing\n  ${how}`;
}
