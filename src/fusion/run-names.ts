/** What the runs of a bound plan compute, in the words that `explain()` has for kernels. */
import type { BoundPlan } from './bind.ts';
import { repeated } from './explain.ts';
import { launchesOf, type Run } from './kernel.ts';
import { namesOfBuffers } from './names.ts';
import { expressionOf, walk } from './report.ts';

export interface NameOfRun {
  readonly kind: 'launch' | 'sweep' | 'tile' | 'rows';
  /** Kernels of the plan, by number. */
  readonly stages: readonly number[];
  /** The expressions of its stages; `3 x (...)` where they are steps of a time loop. */
  readonly expression: string;
}

/** For every run. */
export function namesOfRuns(bound: BoundPlan): readonly NameOfRun[] {
  const names = namesOfBuffers(bound);
  const { kernels } = walk(bound);
  const expressions = kernels.map(({ from }) => expressionOf(bound, from, names));
  const index = new Map(kernels.map(({ launch }, k) => [launch.kernel, k]));
  const known = new Map<string, NameOfRun>();
  return bound.runs.map((run) => {
    const stages = launchesOf(run).map((l) => index.get(l.kernel)!);
    const kind = 'stages' in run ? run.kind : 'launch';
    const key = `${kind} ${stages.join()}`;
    const name = known.get(key) ?? { kind, stages, expression: together(stages, expressions) };
    known.set(key, name);
    return name;
  });
}

function together(stages: readonly number[], expressions: readonly string[]): string {
  const { once, times } = repeated(stages);
  const text = once.map((k) => expressions[k]).join('; ');
  return times === 1 ? text : `${times} x (${text})`;
}

/** Points of the loop over which it runs; those of the last stage, where there are several. */
export const domainOf = (run: Run): readonly number[] => launchesOf(run).at(-1)!.domain;
