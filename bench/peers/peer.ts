/** What Weft is compared with: every library or language is a file here, with its programs by workload. */
import type { Tensor } from '../../samples/sample.ts';
import type { Contender } from '../workload.ts';

export interface Peer {
  readonly name: string;
  /** Undefined where the peer cannot express a workload. */
  contender(workload: string, inputs: readonly Tensor[]): Contender | undefined;
  close?(): Promise<void> | void;
}

/** Why a peer is not there. */
export class Absent extends Error {}
