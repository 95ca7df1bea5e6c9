/**
 * Nodes that came from a kernel function remember it, so that the reference target can call the function itself: a breakpoint
 * in it works, and `console.log` prints.
 */
import type { Expr } from './expr.ts';
import type { KernelFunction, KernelParam, ParamUsage } from './kernel/index.ts';

/** A node whose function is a kernel, applied at every point of its domain. */
export interface PointKernel {
  readonly kind: 'points';
  readonly f: KernelFunction;
  readonly usage: readonly ParamUsage[];
  /** Per entry of `usage`; inputs are the node's first sources, in order. */
  readonly params: readonly KernelParam[];
}

/** A node that is one of the results of a kernel over whole arrays. */
export interface WholeKernel {
  readonly kind: 'whole';
  readonly f: KernelFunction;
  readonly usage: readonly ParamUsage[];
  /** Per entry of `usage`: what it reads, or what an output starts from. */
  readonly sources: readonly Expr[];
  /** Which of the outputs, and then of what the kernel returns, the node is. */
  readonly result: number;
}

export type PlainKernel = PointKernel | WholeKernel;

/** The last kernel that made this node, where several are equal. */
export function fromKernel<E extends Expr>(e: E, kernel: PlainKernel): E {
  e.kernel = kernel;
  return e;
}

export const kernelOf = (e: Expr): PlainKernel | undefined => e.kernel;
