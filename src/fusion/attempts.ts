/**
 * What the planner fused and what it did not, in planning order, and how many fusions it may make (`fusion: { max }`). Every
 * fusion is a choice between two legal plans, so plans of any `max` compute the same values.
 */

/**
 * `inline`: the producer is computed where it is used. `merge`: two loops become one. `epilogue`: a loop over the results
 * of a reduction becomes its end.
 */
export type FusionKind = 'inline' | 'merge' | 'epilogue';

/** Nodes are named by number: what is computed first, and what uses it or is computed beside it. */
export interface Fusion {
  readonly kind: FusionKind;
  readonly producer: number;
  readonly consumer: number;
}
export interface Refusal extends Fusion { readonly reason: string }

export interface Attempts {
  readonly max: number;
  readonly made: Fusion[];
  /** Of merges and epilogues, the last answer for each pair; why a node is not inlined is in the decisions. */
  readonly refused: Map<string, Refusal>;
}

/** Refusals that are kept, of programs of very many loops. */
const MOST_REFUSALS = 1000;

export const noAttempts = (max = Infinity): Attempts => ({ max, made: [], refused: new Map() });

/** Why no further fusion is made, or undefined. */
export const whyNoMore = ({ made, max }: Attempts): string | undefined =>
  (made.length >= max ? `fusion: { max: ${max} } is reached` : undefined);

/** Whether a fusion that is legal and pays, or has a reason not to be made, is made. */
export function attempt(attempts: Attempts, fusion: Fusion, why: string | undefined): boolean {
  const reason = why ?? whyNoMore(attempts);
  if (reason === undefined) {
    attempts.made.push(fusion);
    return true;
  }
  const key = `${fusion.kind} ${fusion.producer} ${fusion.consumer}`;
  if (attempts.refused.size < MOST_REFUSALS || attempts.refused.has(key)) attempts.refused.set(key, { ...fusion, reason });
  return false;
}
