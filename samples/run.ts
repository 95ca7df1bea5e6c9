/** `npm start`: runs the samples, checks them, writes their pictures and prints a table. See --help. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as wf from '../src/index.ts';
import { listing, parseCommandLine, type Invocation, type Job } from './cli.ts';
import { compare } from './compare.ts';
import { SampleError } from './errors.ts';
import { findGpu, type Gpu } from './gpu.ts';
import { openPhoto, writePng } from './image.ts';
import { measurePlain, measureWeft, ONCE, profileWeft, TIMED, type Measurement } from './measure.ts';
import { SAMPLES } from './pipelines/index.ts';
import { openProgress, type Progress } from './progress.ts';
import type { Prepared, SizeName, Source, Target } from './sample.ts';
import { milliseconds, renderTable, type Row } from './table.ts';

const PHOTO = 'samples/photo/friends.jpg';

interface Session {
  readonly source: Source;
  readonly out: string;
  readonly profile: boolean;
  readonly progress: Progress;
  /** What did not run, for the exit code. */
  readonly failures: string[];
  sizeOn(target: Target): SizeName;
}

async function main(args: readonly string[]): Promise<number> {
  const invocation = parseCommandLine(args, SAMPLES);
  if (invocation === null) return 0;
  if (invocation.list) {
    console.log(listing(SAMPLES));
    return 0;
  }
  const source = await openPhoto(invocation.input === null ? PHOTO : fromWhereTheUserIs(invocation.input));
  if (invocation.threads !== null) wf.configure({ threads: invocation.threads });
  const { targets, gpu } = await availableTargets(invocation);
  const out = fromWhereTheUserIs(invocation.out);
  await mkdir(out, { recursive: true }).catch((error: Error) => {
    throw new SampleError(`--out ${invocation.out}: no pictures can be put there: ${error.message}`);
  });
  const session: Session = {
    source, out,
    profile: invocation.profile,
    progress: openProgress(invocation.jobs.length),
    failures: [],
    sizeOn: (target) => invocation.size ?? (target === 'webgpu' && gpu?.kind === 'software' ? 'small' : 'default'),
  };
  const rows: Row[] = [];
  try {
    for (const job of invocation.jobs) {
      rows.push(...(await runJob(job, targets, session)));
      session.progress.done();
    }
  } finally {
    session.progress.stop();
    await wf.closeTargets(); // threads and the device would keep the process alive
  }
  if (rows.length > 0) console.log(renderTable(rows));
  console.log(legend(session.out, gpu));
  const alike = rows.every((row) => row.fromPlain.acceptable && (row.fromOther?.acceptable ?? true));
  return alike && session.failures.length === 0 ? 0 : 1;
}

/** The targets asked for, less WebGPU where there is none and something else to run. */
async function availableTargets({ targets }: Invocation): Promise<{ targets: readonly Target[]; gpu: Gpu | null }> {
  if (!targets.includes('webgpu')) return { targets, gpu: null };
  const gpu = await findGpu();
  if (gpu.kind !== 'none') return { targets, gpu };
  if (targets.length === 1) throw new SampleError(`WebGPU is not available: ${gpu.why}`);
  return { targets: targets.filter((target) => target !== 'webgpu'), gpu };
}

/** One sample on all targets: a row for each, and pictures of what the first one at each size computed. */
async function runJob(job: Job, targets: readonly Target[], session: Session): Promise<Row[]> {
  const rows: Row[] = [];
  const sizes = [...new Set(targets.map((target) => session.sizeOn(target)))];
  for (const size of sizes) {
    rows.push(...(await runSize(job, size, targets, session)));
  }
  return rows;
}

async function runSize({ sample, overrides }: Job, size: SizeName, all: readonly Target[], session: Session): Promise<Row[]> {
  const { progress } = session;
  const targets = all.filter((target) => session.sizeOn(target) === size);
  progress.begin(`${sample.name}: inputs`);
  const prepared = await sample.prepare(size, overrides, session.source);
  progress.begin(`${sample.name}: plain JavaScript`);
  const plain = await measurePlain(prepared);
  const measured = new Map<Target, Measurement>();
  for (const target of targets) {
    progress.begin(`${sample.name}: ${target}`);
    const measurement = await attempt(`${sample.name} on ${target}`, session, () => measureWeft(prepared, target, TIMED));
    if (measurement !== null) measured.set(target, measurement);
  }
  const shown = new Map(measured);
  // Targets are compared at one size: where the others run another one, the cpu runs this one too.
  if (all.includes('cpu') && !targets.includes('cpu')) {
    const small = await attempt(`${sample.name} on cpu`, session, () => measureWeft(prepared, 'cpu', ONCE));
    if (small !== null) measured.set('cpu', small);
  }

  const rows: Row[] = [];
  for (const [target, { results, bestMs, firstMs }] of shown) {
    const other = [...measured].find(([name]) => name !== target)?.[1];
    rows.push({
      sample: sample.name,
      target,
      size: prepared.size,
      bestMs,
      firstMs,
      plainMs: plain.bestMs,
      fromPlain: compare(results, plain.results, prepared.tolerances),
      fromOther: other === undefined ? null : compare(results, other.results, prepared.tolerances),
    });
    const summary = prepared.summary(results);
    progress.say(`${sample.name} on ${target}: ${milliseconds(bestMs)}${summary === null ? '' : `, ${summary}`}`);
    const picture = prepared.picture(results);
    if (picture !== null) await writePng(picture, join(session.out, pictureName(sample.name, target)));
    if (session.profile) await showProfile(prepared, sample.name, target, session);
  }
  return rows;
}

async function showProfile(prepared: Prepared, name: string, target: Target, { out, progress }: Session): Promise<void> {
  const profile = await profileWeft(prepared, target);
  const file = join(out, `${name}-${target}.trace.json`);
  await mkdir(out, { recursive: true });
  await writeFile(file, String(profile.trace()));
  progress.say(`\n${String(profile)}\n${file}: load it in chrome://tracing or ui.perfetto.dev\n`);
}

/** An error of the library costs the run of one sample on one target, and the exit code. */
async function attempt<T>(what: string, session: Session, run: () => Promise<T>): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof wf.WeftError)) throw error;
    session.failures.push(what);
    session.progress.say(`${what}: failed. ${error.message}`);
    return null;
  }
}

function pictureName(sample: string, target: Target): string {
  return target === 'cpu' ? `${sample}.png` : `${sample}-${target}.png`;
}

function legend(out: string, gpu: Gpu | null): string {
  const lines = [
    `Pictures are in ${out}.`,
    'best: the fastest warm run, from resident arrays to results in JavaScript. first: with compiling and starting. speed: plain JS / best.',
  ];
  if (gpu?.kind === 'software') lines.push(`${gpu.name} is emulated on the CPU: its times say nothing about a GPU, and unless --size is given it runs the small sizes.`);
  if (gpu?.kind === 'none') lines.push(`Without WebGPU: ${gpu.why}`);
  return lines.join('\n');
}

/** npm runs scripts in the project's folder and leaves word of where it was called. */
function fromWhereTheUserIs(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SampleError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
