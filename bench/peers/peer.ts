/** What Weft is compared with: every library or language is a file here; its programs are with the workloads. */
import type { Differences } from '../first-call.ts';
import type { Contender, Job, Values } from '../workload.ts';

export interface Peer {
  readonly name: string;
  /** Undefined where the peer does not express a workload. `expected` tells peers that need it what results look like. */
  contender(job: Job, expected: readonly Values[]): Contender | undefined;
  /** Of those that compile kernels while a program runs. */
  readonly newKernel?: NewKernel;
  close?(): Promise<void> | void;
}

export type KernelKind = 'ufunc' | 'stencil';

/** Makes a kernel and calls it once, from its definition to values in JavaScript. */
export type NewKernel = (kind: KernelKind, differences: Differences) => Promise<FirstCall> | FirstCall;
export interface FirstCall { readonly ms: number; readonly values: ArrayLike<number> }

/** Why a peer is not there. */
export class Absent extends Error {}

/** Imports a library; where it cannot be, the reason is the first line of the error. */
export async function imported<L>(library: Promise<L>): Promise<L> {
  return await library.catch((error: Error) => {
    throw new Absent(`it does not start on Node ${process.version}: ${error.message.split('\n')[0]}`);
  });
}
