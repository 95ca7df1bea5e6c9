import * as wf from '../../src/index.ts';
import type { Workload } from '../workload.ts';

const COUNT = 4 << 20;

export const squares: Workload = {
  name: 'a*a + b*b', size: '4M float32', tolerance: 1e-6, goal: 4,
  async contenders() {
    const a = Float32Array.from({ length: COUNT }, (_, k) => Math.fround((k % 1000) / 500 - 1));
    const b = Float32Array.from({ length: COUNT }, (_, k) => Math.fround((k % 777) / 300));
    const wa = wf.array(a), wb = wf.array(b);
    const out = new Float32Array(COUNT);
    return [
      { name: 'plain JS', run: () => { for (let k = 0; k < COUNT; k++) out[k] = a[k] * a[k] + b[k] * b[k]; return out; } },
      evaluated('weft cpu', () => wa.pow(2).add(wb.pow(2))),
    ];
  },
};

const LARGE = 16 << 20;

export const sum: Workload = {
  name: 'sum', size: '16M float32', tolerance: 1e-5, goal: 5,
  async contenders() {
    const a = Float32Array.from({ length: LARGE }, (_, k) => Math.fround((k % 1000) / 1000));
    const wa = wf.array(a);
    return [
      { name: 'plain JS', run: () => { let s = 0; for (let k = 0; k < LARGE; k++) s += a[k]; return [s]; } },
      evaluated('weft cpu', () => wa.sum()),
    ];
  },
};

/**
 * Weft computing into its own memory, as plain JS does; the result is read once, for the check, and freed so that the next
 * round computes again into recycled memory.
 */
export function evaluated(name: string, make: () => wf.WeftArray, target = 'cpu'): { name: string; run(): Promise<ArrayLike<number>> } {
  let checked = false;
  return {
    name,
    async run() {
      using y = make();
      await y.eval({ target });
      if (checked) return [];
      checked = true;
      return await y.data();
    },
  };
}
