/** What a call costs besides its arithmetic: tiny programs that are compiled already, and one that is not. */
import * as wf from '../src/index.ts';
import { medianOf } from './measure.ts';

export interface Overhead { readonly name: string; readonly microseconds: number }

const CALLS = 1000, BATCHES = 9, NEW_KERNELS = 16;

/** Milliseconds of calls before any is timed: the engine compiles its own code for what is called often, step by step. */
const WARM = 400;

const on = { target: 'cpu' };

export async function dispatchOverheads(): Promise<Overhead[]> {
  const few = await wf.arange(16).eval(on), many = await wf.arange(1000).eval(on), other = await few.add(1).eval(on);
  let state = await few.mul(1).eval(on), number = 0;
  const fresh: number[] = [];
  for (let k = 0; k < NEW_KERNELS; k++) {
    const start = performance.now();
    read(unlikeOthers(few, k));
    fresh.push(1e3 * (performance.now() - start));
  }
  const cached: { readonly [name: string]: () => void | Promise<void> } = {
    'a.add(1) of 16 elements, dataSync()': () => read(few.add(1)),
    'a.add(1) of 16 elements, await data()': async () => disposed(few.add(1), (y) => y.data(on)),
    'a.add(k) of 16 elements, another k each time, dataSync()': () => read(few.add(number++)),
    'chain of 10 operations on 16 elements, dataSync()': () => read(chain(few)),
    'u = u.mul(0.9).add(1) of 16 elements, dataSync()': () => {
      const next = state.mul(0.9).add(1);
      next.dataSync(on);
      state.dispose();
      state = next;
    },
    'sum of 1000 elements, await item()': async () => disposed(many.sum(), (y) => y.item(on)),
    'min, max and mean of 1000 elements, await evaluate()': async () => {
      const results = [many.min(), many.max(), many.mean()];
      await wf.evaluate(results, on);
      for (const y of results) y.dispose();
    },
    'a.add(1) of 16 elements, await into(b)': async () => disposed(few.add(1), (y) => y.into(other, on)),
  };
  const overheads: Overhead[] = [];
  for (const [name, call] of Object.entries(cached)) overheads.push({ name: `cached ${name}`, microseconds: await perCall(call) });
  const first = 'first call of a new kernel (5 operations, 16 elements), dataSync()';
  return [...overheads, { name: first, microseconds: medianOf(fresh.sort((x, y) => x - y)) }];
}

function read(y: wf.WeftArray): void {
  y.dataSync(on);
  y.dispose();
}

async function disposed(y: wf.WeftArray<'float32'>, use: (y: wf.WeftArray<'float32'>) => Promise<unknown>): Promise<void> {
  await use(y);
  y.dispose();
}

function chain(x: wf.WeftArray<'float32'>): wf.WeftArray {
  let y = x;
  for (let k = 0; k < 5; k++) y = y.add(1).mul(2);
  return y;
}

/** Microseconds, the median of batches; the event loop has a turn after each. */
async function perCall(call: () => Promise<void> | void): Promise<number> {
  const batches: number[] = [];
  const begun = performance.now();
  for (let timed = 0; timed < BATCHES; timed = batches.length) {
    const start = performance.now();
    for (let k = 0; k < CALLS; k++) {
      const running = call();
      if (running) await running;
    }
    const end = performance.now();
    if (start - begun > WARM) batches.push((1e3 * (end - start)) / CALLS);
    await new Promise((turn) => setTimeout(turn, 0));
  }
  return medianOf(batches.sort((x, y) => x - y));
}

/** Another structure for every number below 16: no two of them share compiled code. */
function unlikeOthers(a: wf.WeftArray<'float32'>, number: number): wf.WeftArray {
  let y: wf.WeftArray<'float32'> = a.sqrt();
  for (let bit = 0; bit < 4; bit++) y = (number >> bit) & 1 ? y.maximum(a) : y.mul(a);
  return y;
}
