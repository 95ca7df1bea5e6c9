/** The targets that tests run on, and how results are compared. */
import { adapterAvailable } from './webgpu.ts';

export type TargetName = 'interpreter' | 'cpu' | 'webgpu';

/** Targets under test; the interpreter is the oracle and is checked against outside values only. */
export const targets: readonly TargetName[] = (await adapterAvailable()) ? ['interpreter', 'cpu', 'webgpu'] : ['interpreter', 'cpu'];

/** Targets that are compared with the interpreter. */
export const fastTargets = targets.filter((t) => t !== 'interpreter');

/** Whether a target computes a dtype. */
export const computes = (target: TargetName, dtype: string): boolean => !(target === 'webgpu' && dtype === 'float64');

export interface Tolerance {
  /** Units in the last place of a float32 of the expected size. */
  readonly ulp?: number;
  readonly rtol?: number;
  readonly atol?: number;
  readonly label?: string;
}

/** Distance that counts as one unit in the last place of a float32 near x. */
const ulp32 = (x: number): number => 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(x) || 2 ** -149)) - 23);

/** Element by element; NaN equals NaN, infinities must agree. With no tolerance: equal (0 and -0 are). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, { ulp = 0, rtol = 0, atol = 0, label = '' }: Tolerance = {}): void {
  if (actual.length !== expected.length) throw new Error(`${label}: ${actual.length} elements, expected ${expected.length}`);
  for (let k = 0; k < expected.length; k++) {
    const a = actual[k], e = expected[k];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    // Next to an infinity every distance is allowed or none: only equality counts.
    const allowed = !Number.isFinite(e) ? 0 : atol + rtol * Math.abs(e) + ulp * ulp32(e);
    if (!(Math.abs(a - e) <= allowed)) {
      throw new Error(`${label}: element ${k} is ${a}, expected ${e} (off by ${Math.abs(a - e)}, allowed ${allowed}, ${expected.length} elements)`);
    }
  }
}
