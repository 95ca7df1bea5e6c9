/** How far results are apart, in the terms each sample asks for. */
import type { Tolerance, Values } from './sample.ts';

export interface Difference {
  /** `3.1e-7`, or `0.02 % of cells`. */
  readonly text: string;
  readonly acceptable: boolean;
}

/** Compares result by result and reports the one that comes closest to its tolerance, or exceeds it most. */
export function compare(a: readonly Values[], b: readonly Values[], tolerances: readonly Tolerance[]): Difference {
  let worst: Difference = { text: '0', acceptable: true };
  let worstRatio = 0;
  for (const [i, tolerance] of tolerances.entries()) {
    if ('ignored' in tolerance) continue;
    const measure = 'largest' in tolerance ? largestDifference : shareOfDifferent;
    const allowed = 'largest' in tolerance ? tolerance.largest : tolerance.share;
    const found = measure(a[i]!, b[i]!);
    const ratio = found === 0 ? 0 : found / allowed;
    if (ratio <= worstRatio) continue;
    worstRatio = ratio;
    const text = 'largest' in tolerance ? shortNumber(found) : `${shortNumber(100 * found)} % of cells`;
    worst = { text, acceptable: ratio <= 1 };
  }
  return worst;
}

function largestDifference(a: Values, b: Values): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (difference > largest) largest = difference;
    else if (Number.isNaN(difference) && !Object.is(a[i], b[i])) return Infinity; // one of them is NaN, or infinities disagree
  }
  return largest;
}

function shareOfDifferent(a: Values, b: Values): number {
  if (a.length !== b.length) return 1;
  let different = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) different++;
  return different / a.length;
}

function shortNumber(value: number): string {
  return value >= 0.01 && value < 1000 ? String(Number(value.toPrecision(2))) : value.toExponential(1).replace('e+', 'e');
}
