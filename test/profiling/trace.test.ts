/** Profiles as files for chrome://tracing and Perfetto. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { fastTargets } from '../support/targets.ts';

const test = suite('trace');
const quick = { limits: false };
const ramp = (n: number) => Float32Array.from({ length: n }, (_, k) => (k % 13) / 13);
const heat = wf.stencil((u: wf.Neighbors1) => u(0) + 0.2 * (u(-1) - 2 * u(0) + u(1)), { border: 'nearest' });
/** Numbers of the file are rounded: microseconds. */
const SLACK = 0.01;

/** What the format demands, of the text. Returns the names of the tracks with their events. */
function checked(trace: wf.Trace): Map<string, wf.TraceEvent[]> {
  const { traceEvents } = JSON.parse(String(trace)) as wf.Trace;
  for (const e of traceEvents) {
    assert.type(e.name, 'string');
    assert.ok(e.ph === 'X' || e.ph === 'M', e.ph);
    for (const value of [e.ts, e.dur, e.pid, e.tid]) assert.ok(Number.isFinite(value) && value >= 0, JSON.stringify(e));
    assert.type(e.args, 'object');
  }
  const names = traceEvents.filter((e) => e.name === 'thread_name').map((e) => [e.tid, e.args.name as string] as const);
  assert.is(new Set(names.map(([tid]) => tid)).size, names.length);
  assert.is(new Set(names.map(([, name]) => name)).size, names.length);
  const tracks = new Map(names.map(([tid, name]) => [name, traceEvents.filter((e) => e.ph === 'X' && e.tid === tid)]));
  assert.is([...tracks.values()].flat().length, traceEvents.filter((e) => e.ph === 'X').length, 'every event is on a track');
  for (const [name, events] of tracks) nested(name, events);
  return tracks;
}

/** Events of a track lie one in the other, or one after the other. */
function nested(track: string, events: readonly wf.TraceEvent[]): void {
  const around: wf.TraceEvent[] = [];
  for (const e of [...events].sort((a, b) => a.ts - b.ts || b.dur - a.dur)) {
    while (around.length > 0 && around.at(-1)!.ts + around.at(-1)!.dur <= e.ts + SLACK) around.pop();
    const outer = around.at(-1);
    assert.ok(!outer || e.ts + e.dur <= outer.ts + outer.dur + SLACK, `${track}: ${JSON.stringify(e)} crosses ${JSON.stringify(outer)}`);
    around.push(e);
  }
}

for (const target of fastTargets) {
  test(`${target}: the host and its phases, the target and its runs`, async () => {
    const p = await wf.profile(async () => {
      const a = wf.array(ramp(50_000), { adopt: true }); // goes to the target when it is needed, not before
      await a.sub(a.mean()).exp().data({ target });
      await wf.iterate(wf.array(ramp(1000)), 20, (u) => heat(u)).eval({ target });
    }, quick);
    const tracks = checked(p.trace());
    assert.equal([...tracks.keys()].slice(0, 2), ['host', target]);
    const host = tracks.get('host')!;
    for (const name of ['evaluate', 'read', 'plan', 'upload', 'run']) assert.ok(host.some((e) => e.name === name), name);
    assert.is(host.find((e) => e.name === 'upload')!.args.bytes, 200_000);
    const runs = tracks.get(target)!;
    assert.is(runs.length, p.runs.length);
    assert.equal(runs.map((e) => e.name), p.runs.map((r) => r.name));
    for (const [k, e] of runs.entries()) {
      assert.is(e.args.bytes, p.runs[k].bytes);
      assert.ok(((e.args.threads ?? e.args.workgroups) as number) >= 1);
      assert.equal(e.args.domain, p.runs[k].domain);
      // Runs belong to an evaluation, and happen meanwhile.
      const { start, milliseconds } = p.evaluations[e.args.evaluation as number];
      const inside = e.ts >= 1000 * start - SLACK && e.ts + e.dur <= 1000 * (start + milliseconds) + SLACK;
      assert.ok(inside, JSON.stringify([e, start, milliseconds]));
    }
  });

  test(`${target}: what happens at the same time is on tracks of its own`, async () => {
    const program = (k: number) => wf.array(ramp(100_000 + k)).exp().sum().item({ target });
    const p = await wf.profile(() => Promise.all([1, 2, 3].map(program)), quick);
    const tracks = checked(p.trace());
    assert.ok(tracks.has('host 2') && tracks.has('host 3'), [...tracks.keys()].join());
    const count = (name: string) => [...tracks.values()].flat().filter((e) => e.name === name).length;
    assert.equal([count('evaluate'), count('read')], [3, 3]);
  });
}

test('cpu: threads that take part have tracks', async () => {
  const defaults = wf.configure();
  try {
    wf.configure({ threads: 2 });
    const a = wf.array(ramp(1_000_000));
    let p: wf.Profile;
    // The worker takes a moment to start.
    do p = await wf.profile(() => a.add(Math.random()).exp().sin().eval({ target: 'cpu' }), quick);
    while (p.runs[0].parts!.length === 0);
    const [run] = p.runs;
    assert.is(run.threads, 2);
    const { start, milliseconds } = run.parts![0];
    assert.ok(start >= run.start && start + milliseconds <= run.start + run.milliseconds + 1e-6);
    const track = checked(p.trace()).get('cpu, thread 1')!;
    assert.equal(track.map((e) => e.name), [run.name]);
    // What follows is not timed, and has left nothing for the next profile.
    await a.add(Math.random()).exp().sin().eval({ target: 'cpu' });
    const alone = await wf.profile(() => wf.array([1, 2]).add(1).eval({ target: 'cpu' }), quick);
    assert.equal(alone.runs[0].parts, []);
    assert.is(alone.runs[0].threads, 1);
  } finally {
    wf.configure(defaults);
  }
});

test('the interpreter has a host only', async () => {
  const p = await wf.profile(() => wf.array(ramp(10)).add(1).data({ target: 'interpreter' }), quick);
  assert.equal([...checked(p.trace()).keys()], ['host']);
});

test.after(() => wf.closeTargets());
test.run();
