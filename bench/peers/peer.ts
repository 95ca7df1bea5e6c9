/** What Weft is compared with: every library or language is a file here, with its programs by workload. */
import type { Differences } from '../first-call.ts';
import type { Contender, Tensor } from '../workload.ts';

export interface Peer {
  readonly name: string;
  /** Undefined where the peer cannot express a workload. */
  contender(workload: string, inputs: readonly Tensor[]): Contender | undefined;
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
