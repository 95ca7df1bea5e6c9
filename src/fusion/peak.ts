/** How much memory a plan needs. */
import type { BoundPlan } from './bind.ts';

/** Bytes of all buffers that exist while a bound plan runs, its inputs and results included. */
export const peakBytes = ({ slots }: Pick<BoundPlan, 'slots'>): number => slots.reduce((sum, s) => sum + (s.role === 'private' ? 0 : s.bytes), 0);
