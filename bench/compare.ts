/** Whether results are those of the oracle. */
import type { Tolerance, Values } from './workload.ts';

/** What is wrong with them, if anything. */
export function disagreement(actual: readonly Values[], expected: readonly Values[], tolerance: Tolerance): string | undefined {
  if (actual.length !== expected.length) return `wrong: ${actual.length} results instead of ${expected.length}`;
  for (let k = 0; k < expected.length; k++) {
    if (actual[k].length !== expected[k].length) return `wrong: ${actual[k].length} values instead of ${expected[k].length}`;
    if ('share' in tolerance) {
      const share = differing(actual[k], expected[k]);
      if (share > tolerance.share) return `wrong in ${(100 * share).toFixed(1)} % of the cells`;
    } else {
      const off = difference(actual[k], expected[k]);
      if (!(off <= tolerance.largest)) return `wrong by ${off.toExponential(1)}`;
    }
  }
  return undefined;
}

/** Largest difference relative to the largest expected value. */
function difference(actual: Values, expected: Values): number {
  let worst = 0, scale = 0;
  for (let k = 0; k < expected.length; k++) {
    scale = Math.max(scale, Math.abs(expected[k]));
    const d = Math.abs(actual[k] - expected[k]);
    worst = d <= worst ? worst : d; // a NaN sticks
  }
  return worst / (scale || 1);
}

function differing(actual: Values, expected: Values): number {
  let count = 0;
  for (let k = 0; k < expected.length; k++) count += actual[k] === expected[k] ? 0 : 1;
  return count / expected.length;
}
