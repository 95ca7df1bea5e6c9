/** Samples as benchmarks. */
import type { Prepared, Sample } from '../../samples/sample.ts';
import type { Parameters, Workload } from '../workload.ts';

const noPhoto = { photo: () => Promise.reject(new Error('benchmarks of samples take no photograph')) };

/** The program of a sample without a photograph; parameters have the sample's names. Its inputs keep their order. */
export function fromSample(sample: Sample): Pick<Workload, 'inputs' | 'weft' | 'plainJs'> {
  const made = new Map<Parameters, Prepared>();
  return {
    async inputs(p) {
      const prepared = made.get(p) ?? await sample.prepare('default', p, noPhoto);
      made.set(p, prepared);
      return Object.values(prepared.inputs);
    },
    weft(inputs, p) {
      const prepared = made.get(p)!;
      return prepared.weft(Object.fromEntries(Object.keys(prepared.inputs).map((name, k) => [name, inputs[k]])));
    },
    plainJs: (_, p) => made.get(p)!.plainJs(),
  };
}
