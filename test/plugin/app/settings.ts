/** Outer names of the kernels in main.ts that are another module's. */
export const GAIN = 3;
export const options = { lift: 0.5, weights: [1, 2, 1] };

export let exposure = 1;
export const setExposure = (value: number): void => void (exposure = value);

/** Used by a kernel of another module, where the plugin does not see it called. */
export function twice(x: number): number {
  'use weft';
  return x * 2 + OFFSET - OFFSET;
}
const OFFSET = 7;
