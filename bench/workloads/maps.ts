/** Work without neighbours: maps, reductions, both. */
import { logisticRegression } from '../../samples/pipelines/logistic-regression.ts';
import { normalized, normalizeRows } from '../../samples/pipelines/normalize.ts';
import { tensor, type Workload } from '../workload.ts';
import { fromSample } from './sample.ts';

const COUNT = 4 << 20, LARGE = 16 << 20;

export const squares: Workload = {
  id: 'squares', name: 'a*a + b*b', size: '4M float32', tolerance: { largest: 1e-6 }, goal: 4,
  inputs: () => [
    tensor(Float32Array.from({ length: COUNT }, (_, k) => (k % 1000) / 500 - 1)),
    tensor(Float32Array.from({ length: COUNT }, (_, k) => (k % 777) / 300)),
  ],
  weft: ([a, b]) => [a.pow(2).add(b.pow(2))],
  plainJs([{ data: a }, { data: b }]) {
    for (let k = 0; k < COUNT; k++) squared[k] = a[k] * a[k] + b[k] * b[k];
    return [squared];
  },
};

/** Allocated once: plain JS is timed without page faults, as Weft is. */
const squared = new Float32Array(COUNT);

export const sum: Workload = {
  // Peers that add 16M floats one after the other are 7e-4 off.
  id: 'sum', name: 'sum', size: '16M float32', tolerance: { largest: 1e-3 }, goal: 5,
  inputs: () => [tensor(Float32Array.from({ length: LARGE }, (_, k) => (k % 1000) / 1000))],
  weft: ([a]) => [a.sum()],
  plainJs([{ data: a }]) {
    let s = 0;
    for (let k = 0; k < LARGE; k++) s += a[k];
    return [[s]];
  },
};

const rows = fromSample('prange-normalize', normalizeRows, { name: 'normalise rows', tolerance: { largest: 1e-5 } });
export const normalize: Workload = {
  ...rows,
  weft: ([x]) => [normalized(x)],
  variants: [{ name: 'weft cpu, array expressions', weft: rows.weft }],
};
export const logistic = fromSample('logistic', logisticRegression, { name: 'logistic regression', tolerance: { largest: 1e-3 } });
