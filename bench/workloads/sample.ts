/** Samples as benchmarks: their default size, unless told otherwise. */
import type { Parameters, Prepared, Sample } from '../../samples/sample.ts';
import type { Workload } from '../workload.ts';

const noPhoto = { photo: () => Promise.reject(new Error('benchmarks of samples take no photograph')) };

type Facts = Pick<Workload, 'name' | 'tolerance' | 'extra'> & { readonly size?: string; readonly overrides?: Parameters };

/** A sample without a photograph as a workload. Its inputs keep their order. */
export function fromSample(id: string, sample: Sample, { size, overrides = {}, ...facts }: Facts): Workload {
  const parameters = { ...sample.defaults('default'), ...overrides };
  let made: Promise<Prepared> | undefined, prepared: Prepared;
  return {
    ...facts, id,
    size: size ?? Object.entries(parameters).map(([name, value]) => `${value} ${name}`).join(', '),
    async inputs() {
      prepared = await (made ??= sample.prepare('default', overrides, noPhoto));
      return Object.values(prepared.inputs);
    },
    weft: (inputs) => prepared.weft(Object.fromEntries(Object.keys(prepared.inputs).map((name, k) => [name, inputs[k]]))),
    plainJs: () => prepared.plainJs(),
  };
}
