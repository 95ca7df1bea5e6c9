/** From what was recorded to what is shown: evaluations, runs, and runs of the same kernel together. */
import { bytesMoved, domainOf, flopsOf, launchesOf, namesOfInputs, namesOfRuns, type NameOfRun, type Run } from '../fusion/index.ts';
import type { Measurement } from '../targets/target.ts';
import type { PhaseSpan, Ran, Task } from './recorder.ts';
import type { EvaluationProfile, KernelProfile, PhaseProfile, RunProfile } from './types.ts';

/** A run, with what is not for users. */
export interface Row {
  readonly profile: RunProfile;
  /** Runs of equal kinds are of the same kernel, but for scalars. */
  readonly kernel: string;
  /** Threads that its target might use, which its limits are of. */
  readonly limit: number | undefined;
  /** It computes in float64. */
  readonly double: boolean;
}

/** What does not change from one evaluation of a plan to the next. */
interface Facts extends Pick<RunProfile, 'name' | 'kind' | 'domain' | 'bytes' | 'flops'>, Pick<Row, 'kernel' | 'double'> {}

export function evaluationsOf(tasks: readonly Task[], zero: number): EvaluationProfile[] {
  const phase = ({ phase, start, end, bytes }: PhaseSpan): PhaseProfile =>
    ({ phase, start: start - zero, milliseconds: end - start, ...bytes !== undefined && bytes > 0 && { bytes } });
  return tasks.map(({ does, start, end, phases, ran }) => ({
    does, ...ran && { target: ran.target }, start: start - zero, milliseconds: end - start, phases: phases.map(phase),
    ...ran?.measured && { clock: ran.measured.clock },
  }));
}

/** All runs in order of their start. `zero`: where time begins. */
export function rowsOf(tasks: readonly Task[], zero: number): Row[] {
  const known: Known = new Map();
  const behind = clocksOf(tasks);
  return tasks.flatMap((task, evaluation) => {
    const { ran } = task;
    if (!ran?.bound || !ran.measured) return [];
    const { milliseconds, starts, threads, workers, parts } = ran.measured;
    const facts = factsOf(ran.bound, known);
    const began = task.phases.find((p) => p.phase === 'run')?.start ?? task.start;
    let at = began;
    return milliseconds.map((ms, k): Row => {
      const { kernel, double, ...about } = facts[k];
      // A target that does not say when: one after the other.
      const start = starts ? Math.max(task.start, starts[k] + (behind.get(ran.target) ?? 0)) : at;
      at = start + ms;
      const when = { start: start - zero, milliseconds: ms };
      const profile = {
        evaluation, target: ran.target, ...about, ...when, ...rates(ms, about), ...counted(workers, k),
        ...parts && { parts: parts[k].map((p) => ({ ...p, start: p.start - zero })) },
      };
      return { profile, limit: threads, kernel, double };
    });
  }).sort((a, b) => a.profile.start - b.profile.start);
}

/** How far the clocks of targets are behind at most: what was observed soonest after it had ended tells best. */
function clocksOf(tasks: readonly Task[]): Map<string, number> {
  const least = new Map<string, number>();
  for (const { ran } of tasks) {
    if (ran?.measured?.behind === undefined) continue;
    least.set(ran.target, Math.min(least.get(ran.target) ?? Infinity, ran.measured.behind));
  }
  return least;
}

const counted = (workers: Measurement['workers'], k: number): Pick<RunProfile, 'threads' | 'workgroups'> =>
  (workers ? { [workers.of]: workers.counts[k] } : {});

/** Nothing is divided by a time that was too short to measure. */
function rates(milliseconds: number, { bytes, flops }: Pick<RunProfile, 'bytes' | 'flops'>): Pick<RunProfile, 'bandwidth' | 'gflops'> {
  if (!(milliseconds > 0)) return {};
  return { bandwidth: bytes / milliseconds / 1e6, ...flops !== undefined && { gflops: flops / milliseconds / 1e6 } };
}

type Bound = NonNullable<Ran['bound']>;
type Known = Map<Bound['plan'], Map<string, readonly Facts[]>>;

/** Of all runs of a plan, found once for all evaluations that are alike. */
function factsOf(bound: Bound, known: Known): readonly Facts[] {
  const { plan, canonical: { nodes, sizes } } = bound;
  const names = [...namesOfInputs(bound.canonical).values()].join('\n');
  const scalars = nodes.map((e) => (e.kind === 'fill' ? e.value : '')).join();
  const ofPlan = known.get(plan) ?? new Map<string, readonly Facts[]>();
  known.set(plan, ofPlan);
  const key = `${sizes.join()}\n${scalars}\n${names}`;
  const facts = ofPlan.get(key) ?? findFacts(bound, names);
  ofPlan.set(key, facts);
  return facts;
}

function findFacts(bound: Bound, inputs: string): readonly Facts[] {
  const names = namesOfRuns(bound);
  const known = new Map<string, Facts>();
  return bound.runs.map((run, k) => {
    // The steps of a time loop are the same run in other buffers.
    const kernel = `${names[k].kind} ${names[k].stages.join()}\n${launchesOf(run).map((l) => `${l.code} ${l.domain.join()}`).join()}\n${inputs}`;
    const facts = known.get(kernel) ?? factsOfRun(run, names[k], kernel);
    known.set(kernel, facts);
    return facts;
  });
}

function factsOfRun(run: Run, { kind, expression }: NameOfRun, kernel: string): Facts {
  const flops = flopsOf(run), bytes = bytesMoved(run);
  const double = launchesOf(run).some((l) =>
    [...l.kernel.inputs, ...l.kernel.outputs].some(({ dtype }) => dtype === 'float64'));
  return { kernel, name: expression, kind, domain: domainOf(run), bytes, ...flops !== undefined && { flops }, double };
}

/** Runs of one kernel over one domain, on one target with as many threads. The name is that of the first. */
export interface Kernel extends Pick<Row, 'limit' | 'double'> {
  readonly profile: KernelProfile;
}

export function kernelsOf(rows: readonly Row[]): Kernel[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.profile.target} ${row.limit} ${row.profile.bytes}\n${row.kernel}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  const all = sum(rows.map((r) => r.profile.milliseconds));
  const kernels = [...groups.values()].map((group) => together(group, all));
  return kernels.sort((a, b) => b.profile.milliseconds - a.profile.milliseconds);
}

function together(group: readonly Row[], all: number): Kernel {
  const [{ limit, double, profile }] = group;
  const { target, name, kind, domain, threads, workgroups } = profile;
  const milliseconds = sum(group.map((r) => r.profile.milliseconds)), bytes = group.length * profile.bytes;
  const flops = profile.flops === undefined ? undefined : group.length * profile.flops;
  return {
    limit, double,
    profile: {
      target, name, kind, domain, calls: group.length, milliseconds, share: all > 0 ? milliseconds / all : 0, bytes,
      ...flops !== undefined && { flops }, ...rates(milliseconds, { bytes, flops }),
      ...threads !== undefined && { threads }, ...workgroups !== undefined && { workgroups },
    },
  };
}

const sum = (list: readonly number[]): number => list.reduce((x, y) => x + y, 0);
