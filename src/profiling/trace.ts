/**
 * A profile as a Chrome trace: the Trace Event Format that chrome://tracing and Perfetto load. The host has a track with its
 * evaluations and their phases, every target one with its runs, and every thread that takes part in them one as well. What
 * happens at the same time gets further tracks.
 */
import type { EvaluationProfile, PhaseProfile, RunProfile, Trace, TraceEvent } from './types.ts';

const PROCESS = 1;
/** Clocks tick in steps of their own; less than this is no overlap, in milliseconds. */
const INSTANT = 1e-6;

/** Something on a track, and what happens within it. */
interface Item {
  readonly start: number;
  readonly milliseconds: number;
  readonly event: Pick<TraceEvent, 'name' | 'cat' | 'args'>;
  readonly within?: readonly Item[];
}

export function traceOf(evaluations: readonly EvaluationProfile[], runs: readonly RunProfile[]): Trace {
  const targets = [...new Set(runs.map((r) => r.target))];
  const groups: readonly (readonly [name: string, items: readonly Item[]])[] = [
    ['host', evaluations.map(itemOf)],
    ...targets.flatMap((target) => {
      const own = runs.filter((r) => r.target === target);
      return [[target, own.map(itemOfRun)] as const, ...threadsOf(own).map(([n, items]) => [`${target}, thread ${n}`, items] as const)];
    }),
  ];
  const traceEvents = [meta('process_name', 0, { name: 'Weft' })];
  let tid = 0;
  for (const [name, items] of groups) {
    for (const [n, track] of tracksOf(items).entries()) {
      tid++;
      traceEvents.push(meta('thread_name', tid, { name: n === 0 ? name : `${name} ${n + 1}` }), meta('thread_sort_index', tid, { sort_index: tid }));
      for (const item of track) traceEvents.push(...eventsOf(item, tid));
    }
  }
  const trace: Trace = { traceEvents, displayTimeUnit: 'ms' };
  return Object.defineProperty(trace, 'toString', { value: () => JSON.stringify(trace), enumerable: false });
}

function itemOf({ does, target, start, milliseconds, phases }: EvaluationProfile, index: number): Item {
  const bytes = (p: PhaseProfile | undefined) => (p?.bytes === undefined ? {} : { bytes: p.bytes });
  const item = (name: string, args: object): Item =>
    ({ start, milliseconds, event: { name, cat: 'host', args: { evaluation: index, ...args } } });
  if (does === 'read') return item(does, bytes(phases[0]));
  return {
    ...target === undefined ? item('evaluate (failed)', {}) : item(does, { target }),
    within: phases.map((p) => ({
      start: p.start, milliseconds: p.milliseconds, event: { name: p.phase, cat: 'host', args: bytes(p) },
    })),
  };
}

/** The parts of threads besides the calling one, thread by thread. */
function threadsOf(runs: readonly RunProfile[]): (readonly [thread: number, parts: readonly Item[]])[] {
  const threads = new Map<number, Item[]>();
  for (const { name, evaluation, parts = [] } of runs) {
    for (const { thread, start, milliseconds } of parts) {
      const items = threads.get(thread) ?? [];
      threads.set(thread, items);
      items.push({ start, milliseconds, event: { name, cat: 'thread', args: { evaluation } } });
    }
  }
  return [...threads].sort(([a], [b]) => a - b);
}

function itemOfRun({ name, start, milliseconds, target: _, parts: __, ...args }: RunProfile): Item {
  return { start, milliseconds, event: { name, cat: 'kernel', args } };
}

/** As few tracks as there may be without two items at the same time on one. */
function tracksOf(items: readonly Item[]): Item[][] {
  const tracks: { readonly items: Item[]; end: number }[] = [];
  for (const item of [...items].sort((a, b) => a.start - b.start)) {
    let track = tracks.find((t) => t.end <= item.start + INSTANT);
    if (!track) tracks.push((track = { items: [], end: 0 }));
    track.items.push(item);
    track.end = item.start + item.milliseconds;
  }
  return tracks.map((t) => t.items);
}

function eventsOf({ start, milliseconds, event, within = [] }: Item, tid: number): TraceEvent[] {
  return [
    { ...event, ph: 'X', ts: 1000 * start, dur: 1000 * milliseconds, pid: PROCESS, tid },
    ...within.flatMap((item) => eventsOf(item, tid)),
  ];
}

const meta = (name: string, tid: number, args: TraceEvent['args']): TraceEvent =>
  ({ name, ph: 'M', ts: 0, dur: 0, pid: PROCESS, tid, args });
