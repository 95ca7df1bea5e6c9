/**
 * Cumulative sums along contiguous elements: the nests that `scanFn` makes for them, told by their key. Lanes of one vector are
 * added up among themselves there, which no function of the kernel language can say; all other scans run as the nests they are.
 */
import type { DType } from '../../dsl/dtype.ts';
import { scanFn, SCANNED } from '../../dsl/kernel/scans.ts';
import type { Kernel, Launch } from '../../fusion/kernel.ts';

export interface ScanSums {
  readonly dtype: 'float32' | 'int32' | 'uint32';
  /** Elements of a piece; undefined: all of a row. */
  readonly chunk: number | undefined;
}

let known: ReadonlyMap<string, ScanSums> | undefined;

function knownScans(): ReadonlyMap<string, ScanSums> {
  const dtypes = ['float32', 'int32', 'uint32'] as const satisfies readonly DType[];
  known ??= new Map(dtypes.flatMap((dtype) => [undefined, SCANNED].map((chunk) =>
    [scanFn({ reducer: 'sum', input: dtype, dtype, chunk }).key, { dtype, chunk }] as const)));
  return known;
}

/** What a launch sums up, where its rows are contiguous. */
export function scanOf({ kernel, domain, inputs }: Launch): ScanSums | undefined {
  if (kernel.schedule !== 'nest' || domain.length !== 3 || domain[2] !== 1 || inputs.at(-1)!.strides[1] !== 1) return undefined;
  return specOf(kernel);
}

const specs = new WeakMap<Kernel, ScanSums | 'none'>();

function specOf(kernel: Kernel): ScanSums | undefined {
  let found = specs.get(kernel);
  if (!found) specs.set(kernel, found = knownScans().get(kernel.body.key) ?? 'none');
  return found === 'none' ? undefined : found;
}
