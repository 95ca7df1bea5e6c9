/**
 * What is noted while somebody profiles: evaluations with their phases, and reads. Where nobody does, `record` costs a
 * comparison, and there is nothing to note to.
 */
import type { TypedArray } from '../dsl/dtype.ts';
import type { BoundPlan } from '../fusion/index.ts';
import type { Measurement } from '../targets/target.ts';

/**
 * `wait`: for a target to start, or until others have had their turn. `plan`: to find what to run. `compile`: its programs, where
 * they are new. `upload`: inputs to where the work is, and memory for results. `run`, `read`: results to JavaScript.
 */
export type Phase = 'wait' | 'plan' | 'compile' | 'upload' | 'run' | 'read';

/** Times are those of `performance.now()`. */
export interface PhaseSpan {
  readonly phase: Phase;
  readonly start: number;
  readonly end: number;
  readonly bytes?: number;
}

/** An evaluation, or a read of what was evaluated. */
export interface Task {
  readonly does: 'evaluate' | 'read';
  readonly start: number;
  readonly end: number;
  /** In order; they do not overlap. */
  readonly phases: readonly PhaseSpan[];
  readonly ran: Ran | undefined;
}

/** What ran for an evaluation. */
export interface Ran {
  readonly target: string;
  /** Undefined on a target that does not plan. */
  readonly bound: BoundPlan | undefined;
  /** Undefined where there was nothing to run, or the target does not measure. */
  readonly measured: Measurement | undefined;
}

/** Takes the notes of one task. */
export interface Note {
  /** What happened since the last mark. */
  mark(phase: Phase, bytes?: number): void;
  /** The same of a run; its measurement tells more. */
  ran(target: string, bound: BoundPlan | undefined, measured: Measurement | undefined): void;
  end(): void;
}

export interface Recorder {
  readonly tasks: Task[];
  /** Tasks that have begun and not ended. */
  open: number;
  /** Called when there are none. */
  quiet: (() => void) | undefined;
}

let recorders: readonly Recorder[] = [];

/** A recorder of everything that begins from now on. */
export function startRecording(): Recorder {
  const recorder: Recorder = { tasks: [], open: 0, quiet: undefined };
  recorders = [...recorders, recorder];
  return recorder;
}

/** What begins from now on is not recorded. */
export function stopRecording(recorder: Recorder): void {
  recorders = recorders.filter((r) => r !== recorder);
}

/** Resolves once all tasks that have begun have ended. */
export const whenQuiet = (recorder: Recorder): Promise<void> =>
  new Promise((resolve) => {
    if (recorder.open === 0) resolve();
    else recorder.quiet = resolve;
  });

/** What begins within `work`, before its first pause, is noted by nobody. */
export function unrecorded<T>(work: () => T): T {
  const before = recorders;
  recorders = [];
  try {
    return work();
  } finally {
    recorders = before;
  }
}

/** A task begins; undefined where nobody wants to know. Without a mark nothing was done, and nothing is noted. */
export const record = (does: Task['does'] = 'evaluate'): Note | undefined =>
  (recorders.length === 0 ? undefined : noteFor(recorders, does));

/** The values, which were read. */
export function readDone(note: Note | undefined, data: TypedArray): TypedArray {
  note?.mark('read', data.byteLength);
  note?.end();
  return data;
}

export const bytesIn = (arrays: ReadonlyMap<unknown, TypedArray>): number =>
  [...arrays.values()].reduce((n, data) => n + data.byteLength, 0);

function noteFor(listening: readonly Recorder[], does: Task['does']): Note {
  const start = performance.now();
  const phases: PhaseSpan[] = [];
  let last = start, open = false, ran: Ran | undefined;
  const mark = (phase: Phase, until: number, bytes?: number): void => {
    if (!open) for (const r of listening) r.open++;
    open = true;
    if (until > last) phases.push({ phase, start: last, end: until, ...bytes !== undefined && { bytes } });
    last = Math.max(last, until);
  };
  return {
    mark: (phase, bytes) => mark(phase, performance.now(), bytes),
    ran(target, bound, measured) {
      const now = performance.now(), { compiling = 0, starts = [], behind = 0 } = measured ?? {};
      if (compiling > 0) mark('compile', Math.min(now, last + compiling));
      if (starts.length > 0 && behind === 0) mark('wait', Math.min(now, starts[0]));
      mark('run', now);
      ran = { target, bound: bound?.detach(), measured };
    },
    end() {
      if (!open) return;
      open = false;
      const task: Task = { does, start, end: performance.now(), phases, ran };
      for (const r of listening) {
        r.tasks.push(task);
        if (--r.open === 0) r.quiet?.();
      }
    },
  };
}
