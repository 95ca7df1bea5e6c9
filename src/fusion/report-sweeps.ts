/** What ran as what: the runs of a bound plan by the kernels of its plan, and its sweeps. */
import type { SweepReport, Times } from '../dsl/reports.ts';
import type { SweepDescription } from '../targets/target.ts';
import type { BoundPlan } from './bind.ts';
import { launchesOf, type Kernel, type Run, type Together } from './kernel.ts';
import { bytesMoved } from './traffic.ts';

export interface RunSummary {
  readonly bytes: number;
  /** By kernel: launches that are stages of sweeps. */
  readonly swept: readonly number[];
  /** By kernel, of its other launches. */
  readonly times: readonly (Times | undefined)[];
  readonly sweeps: readonly SweepReport[];
  /** Whether what a kernel stores to one of its outputs is never in memory. */
  isHidden(kernel: number, output: number): boolean;
  /** What kind of run it is hidden in. */
  hiddenIn(kernel: number, output: number): Together['kind'] | undefined;
}

interface Questions {
  readonly describe?: (sweep: Together) => SweepDescription | undefined;
  readonly code: boolean;
  /** Of every run. */
  readonly milliseconds?: readonly number[];
}

/** A sweep, and how often and how long ones like it run. */
interface Kind {
  readonly sweep: Together;
  readonly stages: readonly number[];
  runs: number;
  milliseconds: number;
}

export const rate = (milliseconds: number, bytes: number): Times =>
  ({ milliseconds, bandwidth: milliseconds > 0 ? bytes / milliseconds / 1e6 : 0 });

/** `kernels`: those of the plan, each of which stands for all launches of it. */
export function summarise(bound: BoundPlan, kernels: readonly Kernel[], ask: Questions): RunSummary {
  const index = new Map(kernels.map((kernel, k) => [kernel, k]));
  const swept = kernels.map(() => 0), took = kernels.map(() => 0), moved = kernels.map(() => 0);
  const kinds = new Map<string, Kind>();
  const hidden: Hidden = new Map();
  let bytes = 0;
  bound.runs.forEach((run, n) => {
    const own = bytesMoved(run), ms = ask.milliseconds?.[n] ?? 0;
    bytes += own;
    noteHidden(run, index, hidden);
    const stages = launchesOf(run).map((l) => index.get(l.kernel)!);
    if (!('stages' in run)) {
      took[stages[0]] += ms;
      moved[stages[0]] += own;
      return;
    }
    stages.forEach((k) => swept[k]++);
    const key = `${stages.join()};${run.stages.map((s) => `${String(s.lo)}:${String(s.hi)}`).join()};${String(piecesOf(run))};${run.privates.length}`;
    const kind = kinds.get(key) ?? { sweep: run, stages, runs: 0, milliseconds: 0 };
    kinds.set(key, kind);
    kind.runs++;
    kind.milliseconds += ms;
  });
  const timed = ask.milliseconds !== undefined;
  return {
    bytes, swept,
    times: took.map((ms, k) => (timed && moved[k] > 0 ? rate(ms, moved[k]) : undefined)),
    sweeps: [...kinds.values()].map((kind) => sweepReport(kind, ask, timed)),
    isHidden: (kernel, output) => Boolean(hidden.get(`${kernel}.${output}`)),
    hiddenIn: (kernel, output) => hidden.get(`${kernel}.${output}`) || undefined,
  };
}

/** By kernel and output: the kind of run; false when it is in memory at times. */
type Hidden = Map<string, Together['kind'] | false>;

function noteHidden(run: Run, index: ReadonlyMap<Kernel, number>, hidden: Hidden): void {
  const slots = new Set('stages' in run ? run.privates.map((p) => p.slot) : []);
  for (const launch of launchesOf(run)) {
    launch.outputs.forEach((slot, output) => {
      const key = `${index.get(launch.kernel)}.${output}`;
      hidden.set(key, 'stages' in run && slots.has(slot) && hidden.get(key) !== false && run.kind);
    });
  }
}

/** Batches and units, or tiles, or rows. */
function piecesOf(run: Together): number[] {
  switch (run.kind) {
    case 'sweep': return [run.batch, run.units];
    case 'tile': return [run.sizes.reduce((n, size, axis) => n * Math.ceil(size / run.shape[axis]), 1)];
    case 'rows': return [run.outer * run.inner];
    default: return run satisfies never;
  }
}

function sweepReport({ sweep, stages, runs, milliseconds }: Kind, { describe, code }: Questions, timed: boolean): SweepReport {
  const about = describe?.(sweep);
  const bytes = bytesMoved(sweep);
  return {
    kind: sweep.kind, ...sweep.kind === 'sweep' && { cut: sweep.cut }, stages, runs, units: piecesOf(sweep).at(-1)!, bytes, privates: sweep.privates.length,
    halo: [Math.max(...sweep.stages.flatMap((s) => s.lo).map((n) => -n)), Math.max(...sweep.stages.flatMap((s) => s.hi))],
    ...about && { piece: about.piece, layout: about.layout },
    ...about?.workers !== undefined && { workers: about.workers },
    ...about?.estimate !== undefined && { estimate: about.estimate },
    ...code && about && { code: about.code },
    ...timed && { measured: rate(milliseconds, runs * bytes) },
  };
}
