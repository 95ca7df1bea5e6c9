/** `npm run bench -- [names] [options]`: times Weft against plain JavaScript and its peers in one run and prints ratios. */
import { Command } from 'commander';
import * as wf from '../src/index.ts';
import { dispatchOverheads } from './dispatch.ts';
import { firstCalls } from './first-call.ts';
import { measure, messageOf, type Timing } from './measure.ts';
import { openGpuJs } from './peers/gpujs.ts';
import { openJax } from './peers/jax.ts';
import { openC, openNumba } from './peers/native.ts';
import type { Peer } from './peers/peer.ts';
import { machine, printDispatch, printTable, writeJson, type Measured } from './report.ts';
import { weft, webgpuProblem } from './weft.ts';
import { plainJs, type Contender, type Tensor, type Workload } from './workload.ts';
import { WORKLOADS } from './workloads/index.ts';

const PEERS: Readonly<Record<string, (threads: number) => Peer | Promise<Peer>>> = {
  'gpu.js': openGpuJs, 'jax-js': openJax, C: openC, Numba: openNumba,
};

const program = new Command('npm run bench --')
  .description('Times Weft against plain JavaScript and other libraries. Every result is checked before it is timed.')
  .argument('[names...]', `which to run: ${WORKLOADS.map((w) => w.id).join(', ')}`)
  .option('--all', 'every workload, the slow ones too')
  .option('--threads <n>', 'CPU threads, of Weft and of its peers', Number, 2)
  .option('--webgpu', "add Weft's WebGPU target where there is an adapter")
  .option('--no-peers', 'only Weft and plain JS')
  .option('--json <file>', 'write the results there, too')
  .parse();

const options = program.opts<{ all?: boolean; threads: number; webgpu?: boolean; peers: boolean; json?: string }>();
const { threads } = options;
wf.configure({ target: 'cpu', threads });

const chosen = program.args.length > 0
  ? WORKLOADS.filter((w) => program.args.some((a) => w.id.includes(a)))
  : WORKLOADS.filter((w) => options.all || !w.extra);
if (chosen.length === 0) program.error(`no workload is called ${program.args.join(' or ')}`);

console.log(`${machine()}; Node ${process.version}; ${threads} threads; medians of interleaved runs; peers where they are`);
announceCores(threads);
const absent: Record<string, string> = {};
const peers = options.peers ? await openPeers() : [];
const webgpu = options.webgpu && !(await missing('WebGPU', webgpuProblem()));

const dispatch = [...await dispatchOverheads(), ...await firstCalls(peers)];
const measured: Measured[] = [];
for (const workload of chosen) {
  const inputs = await workload.inputs();
  const contenders = contendersOf(workload, inputs);
  const timings = await measure(contenders, workload.tolerance);
  measured.push({ workload, timings: threads > 1 ? [...timings, ...await onOneThread(workload, inputs)] : timings });
  for (const c of contenders) await c.close?.();
  process.stderr.write(`${workload.id} `);
}
process.stderr.write('\n');
printTable(measured);
printDispatch(dispatch);
if (options.json) writeJson(options.json, { threads, measured, dispatch, absent });
for (const peer of peers) await peer.close?.();
await wf.closeTargets();

/** Plain JS, the oracle, then Weft, then its peers. */
function contendersOf(workload: Workload, inputs: readonly Tensor[]): Contender[] {
  const own = [plainJs('plain JS', workload, inputs), weft('weft cpu', workload, inputs, 'cpu')];
  if (webgpu) own.push(weft('weft webgpu, read back', workload, inputs, 'webgpu'));
  for (const v of workload.variants ?? []) own.push('weft' in v ? weft(v.name, v, inputs, 'cpu') : plainJs(v.name, v, inputs));
  return [...own, ...peers.flatMap((peer) => peer.contender(workload.id, inputs) ?? [])];
}

/** By itself: changing the number of threads between runs would time the start of workers. Its bits are those of many threads. */
async function onOneThread(workload: Workload, inputs: readonly Tensor[]): Promise<Timing[]> {
  wf.configure({ threads: 1 });
  const contender = weft('weft cpu, 1 thread', workload, inputs, 'cpu');
  const timings = await measure([contender], workload.tolerance);
  await contender.close?.();
  wf.configure({ threads });
  return timings;
}

/** gpu.js and jax-js start as many workers as this says; Node 20 has no `navigator`, and they would guess. */
function announceCores(count: number): void {
  const where = typeof navigator === 'undefined' ? Object.assign(globalThis, { navigator: {} }).navigator : navigator;
  Object.defineProperty(where, 'hardwareConcurrency', { value: count, configurable: true });
}

async function openPeers(): Promise<Peer[]> {
  const opened: Peer[] = [];
  for (const [name, open] of Object.entries(PEERS)) {
    await missing(name, Promise.resolve(threads).then(open).then((peer) => void opened.push(peer)).catch(messageOf));
  }
  return opened;
}

/** Says why something is not there, if it is not. */
async function missing(name: string, reason: Promise<string | void>): Promise<boolean> {
  const why = await reason;
  if (why) console.log(`without ${name}: ${absent[name] = why}`);
  return Boolean(why);
}
