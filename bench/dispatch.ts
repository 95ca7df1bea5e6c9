/** What a call costs besides its arithmetic: a tiny program that is compiled already, and one that is not. */
import * as wf from '../src/index.ts';
import { medianOf } from './measure.ts';

export interface Overhead { readonly name: string; readonly microseconds: number }

const CALLS = 1000, BATCHES = 9, NEW_KERNELS = 16;

export async function dispatchOverheads(): Promise<Overhead[]> {
  const a = wf.arange(16).asType('float32');
  await a.eval({ target: 'cpu' });
  const sync = (y: wf.WeftArray) => {
    y.dataSync({ target: 'cpu' });
    y.dispose();
  };
  const awaited = async (y: wf.WeftArray) => {
    await y.data({ target: 'cpu' });
    y.dispose();
  };
  const fresh: number[] = [];
  for (let k = 0; k < NEW_KERNELS; k++) {
    const start = performance.now();
    sync(unlikeOthers(a, k));
    fresh.push(1e3 * (performance.now() - start));
  }
  return [
    { name: 'cached a.add(1) of 16 elements, dataSync()', microseconds: await perCall(() => sync(a.add(1))) },
    { name: 'cached a.add(1) of 16 elements, await data()', microseconds: await perCall(() => awaited(a.add(1))) },
    { name: 'first call of a new kernel (5 operations, 16 elements), dataSync()', microseconds: medianOf(fresh.sort((x, y) => x - y)) },
  ];
}

async function perCall(call: () => Promise<void> | void): Promise<number> {
  const batches: number[] = [];
  for (let batch = 0; batch <= BATCHES; batch++) {
    const start = performance.now();
    for (let k = 0; k < CALLS; k++) await call();
    if (batch > 0) batches.push((1e3 * (performance.now() - start)) / CALLS);
  }
  return medianOf(batches.sort((x, y) => x - y));
}

/** Another structure for every number below 16: no two of them share compiled code. */
function unlikeOthers(a: wf.WeftArray<'float32'>, number: number): wf.WeftArray {
  let y: wf.WeftArray<'float32'> = a.sqrt();
  for (let bit = 0; bit < 4; bit++) y = (number >> bit) & 1 ? y.maximum(a) : y.mul(a);
  return y;
}
