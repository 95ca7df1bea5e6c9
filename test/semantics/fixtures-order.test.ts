/** Scans, elements at indices, counts, selections and sorting on every target, against NumPy. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { decode, isFloat, loadFixture, runsOn, toWeft, type AnyArray, type DType, type EncodedArray } from '../fixtures/fixture.ts';
import { computeAll } from '../support/compute.ts';
import { dtypesOn } from '../support/lists.ts';
import { expectClose, targets } from '../support/targets.ts';

interface Options {
  readonly axis?: number;
  readonly side?: 'left' | 'right';
  readonly bins?: number;
  readonly range?: readonly [number, number];
  readonly minLength?: number;
  /** Where the number of results is computed. */
  readonly target: string;
}
interface Case {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly EncodedArray[];
  readonly options: Omit<Options, 'target'>;
  readonly expect: readonly EncodedArray[];
}
type Results = readonly AnyArray[] | Promise<readonly AnyArray[]>;

const operations: Readonly<Record<string, (inputs: readonly AnyArray[], options: Options) => Results>> = {
  cumSum: ([x], { axis }) => [x.cumSum(axis)],
  cumProd: ([x], { axis }) => [x.cumProd(axis)],
  cumMax: ([x], { axis }) => [x.cumMax(axis)],
  cumMin: ([x], { axis }) => [x.cumMin(axis)],
  take: ([x, indices], { axis }) => [x.take(indices, axis)],
  takeAlongAxis: ([x, indices], { axis }) => [wf.takeAlongAxis(x, indices, axis)],
  gather: ([x, ...indices]) => [wf.gather(x, indices)],
  scatterAdd: ([into, values, ...at]) => [wf.scatterAdd(into, at, values)],
  bincount: async ([x, weights], { minLength, target }) => [await wf.bincount(x, { weights, minLength, target })],
  histogram: ([x, weights], { bins, range }) => wf.histogram(x, bins, { range, weights }),
  histogramBetween: ([x, edges]) => wf.histogram(x, edges),
  compress: async ([x, mask], { axis, target }) => [await wf.compress(x, mask, axis, { target })],
  nonZero: ([x], { target }) => wf.nonZero(x, { target }),
  unique: async ([x], { target }) => {
    const { values, indices, inverse, counts } = await wf.uniqueAll(x, { target });
    // NumPy 1 flattens the inverse.
    return [values, indices, inverse.reshape(-1), counts];
  },
  sort: ([x], { axis }) => [x.sort(axis)],
  argSort: ([x], { axis }) => [x.argSort(axis)],
  searchSorted: ([sorted, x], { side }) => [sorted.searchSorted(x, { side })],
};

/** Sums may be off by what the docstring says; everything else is exact. */
const room = (op: string, dtype: DType, inputs: readonly EncodedArray[]): { atol?: number } => {
  if (op !== 'cumSum' || !isFloat(dtype)) return {};
  const sizes = decode(inputs[0].data).reduce((sum, v) => sum + Math.abs(v), 0);
  return { atol: 2 * sizes * (dtype === 'float64' ? 2 ** -53 : 2 ** -24) };
};

const { cases } = loadFixture<{ cases: Case[] }>('numpy-order.json');
for (const target of targets) {
  const test = suite(`scans, indices, counts, selections, sorting on ${target}`);
  for (const c of cases) {
    const dtypes = [...c.inputs, ...c.expect].map((a) => a.dtype);
    if (!runsOn(target, ...dtypes) || !dtypesOn(target).includes(c.inputs[0].dtype)) continue;
    test(c.name, async () => {
      const made = await operations[c.op](c.inputs.map(toWeft), { ...c.options, target });
      const results = await computeAll(target, () => made);
      assert.is(results.length, c.expect.length);
      results.forEach(({ values, shape, dtype }, k) => {
        const e = c.expect[k];
        assert.is(dtype, e.dtype, `dtype of result ${k}`);
        assert.equal([...shape], e.shape, `shape of result ${k}`);
        expectClose(values, decode(e.data, e.dtype), { ...room(c.op, e.dtype, c.inputs), label: `${c.name}: result ${k}` });
      });
    });
  }
  test.run();
}
