/** Who computes a workload: plain JavaScript, Weft in its variants, the peers. */
import * as wf from '../src/index.ts';
import { messageOf } from './measure.ts';
import { openGpuJs } from './peers/gpujs.ts';
import { openJax } from './peers/jax.ts';
import { openC, openNumba } from './peers/native.ts';
import { openNumpy } from './peers/numpy.ts';
import type { Peer } from './peers/peer.ts';
import { openTfjs } from './peers/tfjs.ts';
import { weft, webgpuProblem } from './weft.ts';
import { PLAIN_JS, plainJs, UNFUSED, WIDE, type Contender, type Job, type Values, type Variant } from './workload.ts';

const PEERS: Readonly<Record<string, (threads: number) => Peer | Promise<Peer>>> = {
  'gpu.js': openGpuJs, 'jax-js': openJax, tfjs: openTfjs, 'numpy-ts': openNumpy, Numba: openNumba, C: (threads) => openC(threads),
  'C-128': (threads) => openC(threads, 'C-128', ['-mprefer-vector-width=128']),
};

/** All that can be asked for, and those that are there unless somebody asks: not C with vectors as WebAssembly's. */
export const ALL_PEERS = Object.keys(PEERS), PEER_NAMES = ALL_PEERS.filter((name) => name !== 'C-128');

/** Those that people use without leaving JavaScript. */
export const JS_PEERS = ['gpu.js', 'jax-js', 'tfjs', 'numpy-ts'] as const;

/** Weft on all threads, which goals and ratios are about, and on one. */
export const WEFT_CPU = 'weft cpu', WEFT_ONE = 'weft cpu, 1 thread';

export interface Company {
  readonly peers: readonly Peer[];
  readonly webgpu: boolean;
  readonly unfused: boolean;
  readonly wide: boolean;
  /** Why others are not there. */
  readonly absent: Readonly<Record<string, string>>;
}

export interface Choice {
  readonly threads: number;
  /** Names of peers. */
  readonly peers: readonly string[];
  readonly webgpu?: boolean;
  readonly unfused?: boolean;
  readonly wide?: boolean;
}

/** Opens what can be opened and says why the others cannot. */
export async function openCompany(choice: Choice): Promise<Company> {
  const { threads, peers: names, webgpu = false, unfused = false, wide = false } = choice;
  announceCores(threads);
  const peers: Peer[] = [], absent: Record<string, string> = {};
  for (const name of names) {
    try {
      peers.push(await PEERS[name](threads));
    } catch (error) {
      absent[name] = messageOf(error);
    }
  }
  const why = webgpu ? await webgpuProblem() : undefined;
  if (why) absent.WebGPU = why;
  return { peers, webgpu: webgpu && !why, unfused, wide, absent };
}

/** gpu.js and jax-js start as many workers as this says; Node 20 has no `navigator`, and they would guess. */
function announceCores(count: number): void {
  const where = typeof navigator === 'undefined' ? Object.assign(globalThis, { navigator: {} }).navigator : navigator;
  Object.defineProperty(where, 'hardwareConcurrency', { value: count, configurable: true });
}

export const oracleOf = (job: Job): Contender => plainJs(PLAIN_JS, job.workload, job);

/** All but the oracle: Weft first. */
export function contendersOf({ peers, webgpu, unfused, wide }: Company, job: Job, expected: readonly Values[]): Contender[] {
  const { workload } = job;
  const own = [weft(WEFT_CPU, workload, job, { target: 'cpu' })];
  if (webgpu) own.push(weft('weft webgpu, read back', workload, job, { target: 'webgpu' }));
  const variants: Variant<never>[] = [...workload.variants ?? []];
  if (unfused && !variants.some((v) => v.name === UNFUSED.name)) variants.push(UNFUSED);
  if (wide) variants.push(WIDE);
  for (const v of variants) {
    own.push(v.plainJs ? plainJs(v.name, { plainJs: v.plainJs }, job)
      : weft(v.name, { weft: v.weft ?? workload.weft.bind(workload) }, job, { target: 'cpu', ...v.options }, v.configured));
  }
  return [...own, ...peers.flatMap((peer) => contenderOf(peer, job, expected) ?? [])];
}

/** A peer that fails while it takes the inputs fails when it is run. */
function contenderOf(peer: Peer, job: Job, expected: readonly Values[]): Contender | undefined {
  try {
    return peer.contender(job, expected);
  } catch (error) {
    const fail = (): never => {
      throw error;
    };
    return { of: peer.name, name: peer.name, run: fail, results: fail };
  }
}

/** By itself: changing the number of threads between runs would time the start of workers. */
export async function onOneThread<R>(threads: number, job: Job, use: (contender: Contender) => Promise<R>): Promise<R> {
  wf.configure({ threads: 1 });
  try {
    return await use(weft(WEFT_ONE, job.workload, job, { target: 'cpu' }));
  } finally {
    wf.configure({ threads });
  }
}
