/** The kernels of a module. */
import { TargetError } from '../../../errors.ts';
import { kernelIn, type KernelFunction } from './layout.ts';

/** The kernels among the exports of a module, by number. `memory64`: of a memory with addresses of 64 bits. */
export function kernelsOf(exports: WebAssembly.Exports, memory64: boolean): (KernelFunction | undefined)[] {
  const kernels: KernelFunction[] = [];
  for (const name of Object.keys(exports)) {
    if (/^k\d+$/.test(name)) kernels[Number(name.slice(1))] = kernelIn(exports, name, memory64);
  }
  return kernels;
}

/** Makes the engine compile every kernel: functions are compiled at their first call. */
export function warm(kernels: readonly (KernelFunction | undefined)[]): readonly (KernelFunction | undefined)[] {
  for (const kernel of kernels) {
    try {
      kernel?.(0, 0, 0);
    } catch {
      // Parameters of zero may trap before the empty loop; the kernel is compiled all the same.
    }
  }
  return kernels;
}

export function failure(label: string, start: number, end: number, reason: unknown): TargetError {
  const where = end - start > 1 ? `blocks ${start} to ${end - 1}` : `block ${start}`;
  return new TargetError(`${label} failed in ${where}: ${String(reason)}`, { cause: reason });
}
