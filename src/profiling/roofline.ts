/**
 * How near to its limits a kernel is, after S. Williams, A. Waterman, D. Patterson: Roofline: an insightful visual performance
 * model for multicore architectures, CACM 52(4), 2009.
 */
import type { KernelProfile, Limits, Roofline } from './types.ts';

/** What is neither memory nor launches to this part must be arithmetic. */
const HALF = 0.5;

/** `double`: it computes in float64. */
export function rooflineOf(
  { milliseconds, calls, bytes, bandwidth, gflops }: KernelProfile, limits: Limits, double: boolean,
): Roofline | undefined {
  if (bandwidth === undefined) return undefined;
  const inCache = bytes / calls <= limits.cacheBytes;
  const memory = bandwidth / (inCache ? limits.cacheBandwidth : limits.bandwidth);
  const peak = (double ? limits.gflops64 : undefined) ?? limits.gflops;
  const compute = gflops === undefined ? undefined : gflops / peak;
  const launch = Math.min(1, limits.launch * calls / milliseconds);
  const of = { [inCache ? 'cache' : 'memory']: memory, compute: compute ?? (Math.max(memory, launch) < HALF ? 1 : 0), launch };
  const [bound] = Object.entries(of).reduce((most, entry) => (entry[1] > most[1] ? entry : most)) as [Roofline['bound'], number];
  return { memory, ...compute !== undefined && { compute }, launch, bound };
}
