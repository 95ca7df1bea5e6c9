/** `wf.profile`: what the evaluations of a function took, kernel by kernel, against what the machine can do. */
import { ArgumentError, WeftError } from '../errors.ts';
import { answersAtOnce, knownLimits, limitsKey, measureNow, measureSoon } from './limits.ts';
import { startRecording, stopRecording, whenQuiet, type Recorder } from './recorder.ts';
import { rooflineOf } from './roofline.ts';
import { evaluationsOf, kernelsOf, rowsOf, type Kernel } from './rows.ts';
import { tableOf } from './table.ts';
import { traceOf } from './trace.ts';
import type { KernelProfile, Limits, Profile, ProfileOptions } from './types.ts';

/**
 * Measures everything that is evaluated while `work` runs, on whatever target: every run of a kernel, and the host's time for
 * planning, compiling, uploading and reading. As text (`String(p)`) a table of kernels with their time, bandwidth (GB/s) and
 * arithmetic (GFLOP/s), in parts of what this machine can do, and which limit each is nearest to; `p.kernels` and `p.runs` are
 * the same as data, and `p.trace()` is a file for chrome://tracing or ui.perfetto.dev. Profiles may nest or overlap: each gets
 * all that begins while it lasts.
 *
 * What runs is timed as with `profile: true`, which costs a little. On a GPU a profile without `limits: false` ends with their
 * measurement; on the CPU they are measured when the table, `kernels` or `limits` is first looked at.
 * @throws ArgumentError when `work` is no function; whatever `work` throws
 * @example
 * const a = wf.ones([1000, 1000]);
 * const p = await wf.profile(async () => {
 *   await a.mul(2).exp().eval({ target: 'cpu' });
 * }, { limits: false });
 * console.log(String(p));
 * p.kernels.length; // 1
 * p.kernels[0].bytes; // 4e6
 * p.trace().traceEvents.some((e) => e.name === p.kernels[0].name); // true
 */
export async function profile<T>(work: () => T | Promise<T>, options: ProfileOptions = {}): Promise<Profile<T>> {
  if (typeof work !== 'function') {
    throw new ArgumentError(`profile: expected a function, as in profile(async () => { await y.eval(); }), got ${String(work)}`);
  }
  const limits = checked(options);
  const recorder = startRecording();
  const started = performance.now();
  let result: T;
  try {
    result = await work();
  } finally {
    stopRecording(recorder);
  }
  await whenQuiet(recorder);
  const milliseconds = performance.now() - started;
  const made = assemble(result, recorder, started, milliseconds, limits);
  if (limits) await made.measureSlow();
  return made.profile;
}

function checked(options: ProfileOptions): boolean {
  for (const name of Object.keys(options)) {
    if (name !== 'limits') throw new ArgumentError(`profile: unknown option '${name}'; there is: limits`);
  }
  const { limits = true } = options;
  if (typeof limits !== 'boolean') throw new ArgumentError(`profile: limits: expected true or false, got ${String(limits)}`);
  return limits;
}

interface Assembled<T> {
  readonly profile: Profile<T>;
  /** The limits of targets that do not answer at once. */
  measureSlow(): Promise<void>;
}

function assemble<T>(result: T, recorder: Recorder, zero: number, milliseconds: number, wanted: boolean): Assembled<T> {
  const tasks = [...recorder.tasks].sort((a, b) => a.start - b.start);
  const evaluations = evaluationsOf(tasks, zero);
  const rows = rowsOf(tasks, zero), kernels = kernelsOf(rows);
  const runs = rows.map((r) => r.profile);
  const found = limitsFor(wanted ? kernels : []);
  let judged: readonly KernelProfile[] | undefined;
  const profile = {
    result, milliseconds, evaluations, runs,
    get kernels() { return judged ??= kernels.map((k) => withRoofline(k, found.of(k))); },
    get limits() { return found.all(); },
    trace: () => traceOf(evaluations, runs),
  };
  const data = () => ({ milliseconds, evaluations, kernels: profile.kernels, runs, limits: profile.limits });
  return {
    profile: hidden(profile, {
      toString: () => tableOf({ ...data(), problems: found.problems() }),
      toJSON: data,
    }),
    measureSlow: () => found.measureSlow(),
  };
}

/** Methods that do not show when the object is printed. */
const hidden = <O extends object, M extends Record<string, unknown>>(object: O, methods: M): O & M =>
  Object.defineProperties(object, Object.fromEntries(Object.entries(methods).map(([name, value]) => [name, { value }]))) as O & M;

function withRoofline({ profile: k, double }: Kernel, limits: Limits | undefined): KernelProfile {
  const roofline = limits && rooflineOf(k, limits, double);
  return roofline ? { ...k, roofline } : k;
}

interface FoundLimits {
  of(k: Kernel): Limits | undefined;
  all(): readonly Limits[];
  /** Why there are none. */
  problems(): readonly string[];
  measureSlow(): Promise<void>;
}

/** The limits of the targets that kernels ran on. */
function limitsFor(kernels: readonly Kernel[]): FoundLimits {
  const asked = new Map(kernels.map(({ profile: { target }, limit }) => [limitsKey(target, limit), { target, threads: limit }]));
  const failed = new Map<string, string>();
  const note = (key: string, error: unknown): undefined => {
    if (!(error instanceof WeftError)) throw error;
    failed.set(key, `limits of ${asked.get(key)!.target} could not be measured: ${error.message}`);
  };
  const get = (key: string): Limits | undefined => {
    const { target, threads } = asked.get(key)!;
    if (knownLimits(key) || failed.has(key) || !answersAtOnce(target)) return knownLimits(key);
    try {
      return measureNow(target, threads);
    } catch (error) {
      return note(key, error);
    }
  };
  const all = (): Limits[] => [...asked.keys()].flatMap((key) => get(key) ?? []);
  return {
    of: (k) => (asked.size > 0 ? get(limitsKey(k.profile.target, k.limit)) : undefined),
    all,
    problems: () => (all(), [...failed.values()]),
    async measureSlow() {
      for (const [key, { target, threads }] of asked) {
        if (knownLimits(key) || answersAtOnce(target)) continue;
        await measureSoon(target, threads).catch((error: unknown) => note(key, error));
      }
    },
  };
}
