/** Prints the name and the content key of every kernel's Fn. */
import { kernelFn, type KernelFunction, type KernelParam } from '../../../src/dsl/kernel/index.ts';
import { constants, kernels } from './kernels.ts';

const params: KernelParam[] = [{ kind: 'array', dtype: 'float32' }, { kind: 'scalar', dtype: 'int32' }];
const fnOf = (f: KernelFunction) => kernelFn(f, params, { rank: 2, constants, label: 'stencil' });
console.log(JSON.stringify(Object.values(kernels).map((f) => {
  const { name, key } = fnOf(f as KernelFunction);
  return { name, key };
})));
