/** The library in a process of its own: what it costs while nothing is to be done, and when the process ends. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { liveTarget } from '../../src/targets/registry.ts';

const IDLE = 1000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Milliseconds of CPU that all threads take in so many milliseconds. */
async function cpuFor(ms: number): Promise<number> {
  const before = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Run by the tests below, from this very bundle. */
const programs = {
  /** Threads have worked, and wait for more. */
  async idle() {
    await work();
    // Workers start while others work already, and that takes time of its own.
    for (let k = 0; k < 50 && await cpuFor(200) > 20; k++);
    await work();
    const cpu = await cpuFor(IDLE);
    console.log(`cpu ${cpu} threads ${/\d+ threads?/.exec(liveTarget('cpu')!.describe())?.[0]}`);
  },
  /** The last thing is an evaluation, and nobody closes anything. */
  async leave() {
    await work();
    const ended = performance.now();
    process.on('exit', () => console.log(`exit after ${performance.now() - ended}`));
  },
  /** The same, with results that wait for the collector, right after a synchronous call. */
  async leaveAtOnce() {
    wf.configure({ threads: 3 });
    const kept = wf.arange(1 << 18).exp();
    kept.dataSync({ target: 'cpu' });
    const ended = performance.now();
    process.on('exit', () => console.log(`exit after ${performance.now() - ended} of ${kept.size}`));
  },
};
type Program = keyof typeof programs;

/** More than one thread would do alone. */
async function work(): Promise<void> {
  wf.configure({ threads: 3 });
  const x = wf.arange(1 << 20);
  assert.ok(await x.sin().sum().item({ target: 'cpu' }) < 10);
  x.mul(2).exp().sum().dataSync({ target: 'cpu' });
}

function run(program: Program): string {
  const env = { ...process.env, WEFT_PROGRAM: program };
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { env, timeout: 60_000, encoding: 'utf8' });
  assert.is(status, 0, `${program}: ${stderr}`);
  return stdout;
}

test('threads that have nothing to do use no CPU', () => {
  const [, cpu, threads] = /cpu ([\d.]+) threads (\d+)/.exec(run('idle')) ?? [];
  assert.is(threads, '3');
  assert.ok(Number(cpu) < IDLE / 10, `${cpu} ms of CPU in ${IDLE} ms`);
});

for (const program of ['leave', 'leaveAtOnce'] as const) {
  test(`a process that has nothing left to do ends by itself: ${program}`, () => {
    const [, ms] = /exit after ([\d.]+)/.exec(run(program)) ?? [];
    assert.ok(Number(ms) < 5000, `after ${ms} ms`);
  });
}

const program = process.env['WEFT_PROGRAM'] as Program | undefined;
if (program) await programs[program]();
else test.run();
