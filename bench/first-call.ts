/**
 * What the first call of a kernel costs that no one called before, parsing, planning and compiling included: Weft's, and that of
 * the peers that compile while a program runs.
 */
import * as wf from '../src/index.ts';
import { medianOf, messageOf } from './measure.ts';
import type { Overhead } from './dispatch.ts';
import type { KernelKind, NewKernel, Peer } from './peers/peer.ts';

export const KINDS = { ufunc: '256 elements', stencil: '16 x 16 elements' } as const satisfies Record<KernelKind, string>;

/** Five choices make 32 kernels; those that are not timed warm the process up. */
const CHOICES = 5, WARM_UP = 12;

/** Numbers that differ from kernel to kernel, and which of two operations to do where. */
export interface Differences { readonly scale: number; readonly limit: number; readonly choices: readonly boolean[] }

const differences = Array.from({ length: 1 << CHOICES }, (_, k): Differences => {
  const mixed = (k * 11) % (1 << CHOICES); // neighbours in the list differ in several choices
  const choices = Array.from({ length: CHOICES }, (_, bit) => ((mixed >> bit) & 1) === 1);
  return { scale: 0.51 + k / 64, limit: 0.251 + k / 128, choices };
});

/** The steps after the first branch, as JavaScript. */
const steps = ({ scale, choices }: Differences): string =>
  choices.map((c) => (c ? `y = Math.max(y, v - ${scale});` : `y = y * v + ${scale};`)).join(' ');

/** The body of a ufunc of `v`. */
export const ufuncBody = (d: Differences): string =>
  `if (v < ${d.limit}) return v * ${d.scale}; let y = v * v; ${steps(d)} return y;`;

/** The body of a stencil; `v` is its centre, `around` the sum of its four neighbours. */
export const stencilBody = (d: Differences): string => `let y = around * ${d.limit}; ${steps(d)} return y;`;

export const inputOf = (kind: KernelKind): { data: Float32Array<ArrayBuffer>; shape: number[] } =>
  ({ data: Float32Array.from({ length: 256 }, (_, k) => k / 256), shape: kind === 'ufunc' ? [256] : [16, 16] });

/** A function made from text is new to everyone who reads it. */
function made<F>(parameter: string, body: string): F {
  // eslint-disable-next-line no-new-func -- what is timed has to see it for the first time
  return new Function(parameter, body) as F;
}

const READS = 'const v = u(0, 0), around = u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1);';

const weftKernel: NewKernel = (kind, d) => {
  const array = inputs[kind] ??= wf.array(inputOf(kind).data, { shape: inputOf(kind).shape });
  const start = performance.now();
  const f = kind === 'ufunc' ? wf.vectorize(made<(v: number) => number>('v', ufuncBody(d)))
    : wf.stencil(made<(u: wf.Neighbors2) => number>('u', `${READS} ${stencilBody(d)}`), { border: 'nearest' });
  const values = f(array).dataSync({ target: 'cpu' });
  return { ms: performance.now() - start, values };
};
const inputs: Partial<Record<KernelKind, wf.WeftArray>> = {};

/** Medians over the kernels of each kind; every result is compared with Weft's. */
export async function firstCalls(peers: readonly Peer[]): Promise<Overhead[]> {
  const all = [{ name: 'weft', newKernel: weftKernel }, ...peers.flatMap(({ name, newKernel }) => (newKernel ? [{ name, newKernel }] : []))];
  const overheads: Overhead[] = [];
  for (const kind of Object.keys(KINDS) as KernelKind[]) {
    const expected: ArrayLike<number>[] = [];
    for (const { name, newKernel } of all) {
      const what = `first call of a new ${kind}, ${KINDS[kind]}: ${name}`;
      try {
        const times: number[] = [];
        for (const [k, d] of differences.entries()) {
          const { ms, values } = await newKernel(kind, d);
          check(values, expected[k] ??= Array.from(values));
          if (k >= WARM_UP) times.push(ms);
        }
        overheads.push({ name: what, microseconds: 1e3 * medianOf(times.sort((a, b) => a - b)) });
      } catch (error) {
        console.log(`${what}: ${messageOf(error)}`);
      }
    }
  }
  return overheads;
}

function check(values: ArrayLike<number>, expected: ArrayLike<number>): void {
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(values[i] - expected[i]) <= 1e-4 * Math.max(1, Math.abs(expected[i])))) {
      throw new Error(`wrong: ${values[i]} instead of ${expected[i]} at ${i}`);
    }
  }
}
