/** Random kernels as steps of random programs: what the planner fuses with what is around them. */
import { KernelError } from '../../src/errors.ts';
import * as wf from '../../src/index.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import { kernelFor, kernelText } from './kernel-maker.ts';
import { FLOAT } from './kernel-maker-scope.ts';
import type { Kind } from './kernel-maker-tree.ts';
import { refusals } from './kernels.ts';
import { functionOf } from './kernels-plain.ts';
import { often, step, type Maker } from './maker.ts';
import type { Context, Step } from './program.ts';
import { exact, infoOf, sizeOf, type Info } from './values.ts';

const MOST_POINTS = 400;

/** Values that kernels compute with exactly. */
const usable = (x: Info): boolean => exact(x) && (x.dtype === 'float32' ? x.bound <= FLOAT.bound && x.grain >= FLOAT.grain
  : ['int32', 'bool', 'uint8', 'int16', 'uint32'].includes(x.dtype));

const dtypeOf: { readonly [K in Kind]: DType } = { int: 'int32', uint: 'uint32', float: 'float32', bool: 'bool' };

function vectorized(c: Context): Step | undefined {
  const first = c.pick((x) => usable(x) && sizeOf(x.shape) <= MOST_POINTS);
  if (first === undefined) return undefined;
  const { shape } = c.values[first];
  const beside = (x: Info): boolean => usable(x) && (x.shape.length === 0 || String(x.shape) === String(shape));
  const points = [first, ...Array.from({ length: c.draw(3) }, () => c.pick(beside)!)];
  const table = c.pick((x) => usable(x) && /32$/.test(x.dtype) && sizeOf(x.shape) > 0 && [1, 2].includes(x.shape.length));
  const wholes = table === undefined || c.draw(2) === 0 ? [] : [table];
  const infos = (at: readonly number[]) => at.map((k) => ({ dtype: c.values[k].dtype, rank: c.values[k].shape.length }));
  const kernel = kernelFor(c.draw(2 ** 16), c.draw(4), infos(points).map((i) => i.dtype), infos(wholes));
  const [{ kind, bound, grain }] = kernel.results;
  const dtype = dtypeOf[kind];
  // A table that the kernel does not touch is no parameter.
  const given = [...points, ...wholes].slice(0, kernel.params.length);
  type Call = (...args: wf.WeftArray[]) => wf.WeftArray;
  const call = wf.vectorize(functionOf(kernel, 'kernel') as () => number, { dtype }) as unknown as Call;
  if (!isAccepted(() => call(...given.map((k) => ones(c.values[k]))))) return undefined;
  const text = `wf.vectorize(${kernelText(kernel)}, { dtype: '${dtype}' })(${given.map((k) => `v${k}`).join(', ')})`;
  return step(text, infoOf(dtype, shape, bound, grain, 0), (v) => call(...given.map((k) => v[k])));
}

const ones = ({ dtype, shape }: Info): wf.WeftArray => wf.full(shape.map(() => 1), 1, { dtype });

/** Some programs of JavaScript are refused: see the tests of single kernels. */
function isAccepted(call: () => unknown): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (error instanceof KernelError && refusals.test(error.message)) return false;
    throw error;
  }
}

export const kernelMakers = { vectorized: often(4, vectorized) } satisfies Record<string, Maker>;
