/** How much memory a plan needs. */
import type { BoundPlan } from './bind.ts';

/**
 * Bytes of all buffers that exist while a bound plan runs, its inputs and results included. They exist together, from before the
 * first kernel until after the last one; what is not needed at the same time shares a buffer (memory.ts).
 */
export const peakBytes = ({ slots }: Pick<BoundPlan, 'slots'>): number =>
  slots.reduce((sum, { role, bytes }) => (role === 'private' ? sum : sum + bytes), 0);
