/** `configure()`: options of the whole library, each of which a single call may override where that makes sense. */
import type { FusionOptions } from './dsl/evaluator.ts';
import { ArgumentError } from './errors.ts';

export interface Options {
  /** Where to compute: 'auto' (default), 'cpu', 'webgpu', 'reference', or a registered target. */
  readonly target: string;
  /** CPU threads including the calling one; 0 (default) means as many as the machine has. */
  readonly threads: number;
  /**
   * Bytes that the memory of the CPU may grow to; default 4 GiB. More, up to 16 GiB, needs an engine with memory64 (Node 24,
   * browsers of 2025), and addresses of 64 bits cost some time; `Infinity` takes as much as the engine has. To be set
   * before the first array is made.
   */
  readonly memoryLimit: number;
  /**
   * 'fast' (default) uses the device's own math functions and fused multiply-add, 'portable' the same library everywhere, with
   * every operation rounded by itself.
   */
  readonly math: 'fast' | 'portable';
  /**
   * Float results below the smallest normal number (1.2e-38 of float32, 2.2e-308 of float64): 'keep' (default), or 'flush': they
   * are stored as 0, with their sign, on the CPU too, where arithmetic with such numbers is up to a hundred times as slow.
   */
  readonly subnormals: 'keep' | 'flush';
  /**
   * CPU: vectors of 256 bits where they pay, by an experimental flag of V8 that is on while such kernels are compiled. Node 24 or
   * later on x64 with AVX2; without effect elsewhere, as `explain()` says. Results are the same. Default false.
   */
  readonly wide: boolean;
  /** Check every plan with the validators before it runs; for bug reports. Default false. */
  readonly validate: boolean;
  /** `{ max: n }` limits the planner to so many fusions, to find one that changes results. Default none: no limit. */
  readonly fusion: FusionOptions;
}

let current: Options = {
  target: 'auto', threads: 0, memoryLimit: 2 ** 32, math: 'fast', subnormals: 'keep', wide: false, validate: false, fusion: {},
};
const listeners: ((options: Options) => void)[] = [];
const objections: ((next: Options) => string | undefined)[] = [];

export const options = (): Options => current;
/** `problemOf` says why options cannot become what they are to be, if they cannot. */
export const onConfigure = (listener: (options: Options) => void, problemOf?: (next: Options) => string | undefined): void => {
  listeners.push(listener);
  if (problemOf) objections.push(problemOf);
};

const isFusionOptions = (v: unknown): v is FusionOptions => {
  if (typeof v !== 'object' || v === null || Object.keys(v).some((name) => name !== 'max')) return false;
  const { max = 0 } = v as FusionOptions;
  return max === Infinity || (Number.isInteger(max) && max >= 0);
};

/** The most fusions that a plan may have, of a call's own options or else as configured. */
export function mostFusions(own: FusionOptions | undefined): number {
  const problem = own === undefined ? undefined : checks.fusion(own);
  if (problem) throw new ArgumentError(`fusion: ${problem}, got ${JSON.stringify(own)}`);
  return (own ?? current.fusion).max ?? Infinity;
}

/** Bytes. */
const LEAST_MEMORY = 2 ** 20;

const checks: { readonly [K in keyof Options]: (value: unknown) => string | undefined } = {
  target: (v) => (typeof v === 'string' ? undefined : 'expected the name of a target'),
  threads: (v) => (Number.isInteger(v) && (v as number) >= 0 && (v as number) <= 1024 ? undefined : 'expected an integer from 0 (all) to 1024'),
  memoryLimit: (v) => (typeof v === 'number' && v >= LEAST_MEMORY ? undefined : 'expected a number of bytes, at least 1 MiB (2 ** 20), or Infinity'),
  math: (v) => (v === 'fast' || v === 'portable' ? undefined : "expected 'fast' or 'portable'"),
  subnormals: (v) => (v === 'keep' || v === 'flush' ? undefined : "expected 'keep' or 'flush'"),
  wide: (v) => (typeof v === 'boolean' ? undefined : 'expected true or false'),
  validate: (v) => (typeof v === 'boolean' ? undefined : 'expected true or false'),
  fusion: (v) => (isFusionOptions(v) ? undefined : 'expected { max: n } with a whole number n of at least 0, or {}'),
};

/**
 * Sets options for everything that is evaluated from now on, and returns them all.
 * @example
 * wf.configure({ target: 'cpu', threads: 2 }).threads; // 2
 * @throws ArgumentError for an unknown option or value; then nothing is changed
 */
export function configure(changes: Partial<Options> = {}): Options {
  if (typeof changes !== 'object' || changes === null) throw new ArgumentError(`configure: expected an object, e.g. { target: 'cpu', threads: 2 }, got ${JSON.stringify(changes)}`);
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(checks, name)) throw new ArgumentError(`configure: unknown option '${name}'; options are ${Object.keys(checks).join(', ')}`);
    const problem = value === undefined ? undefined : checks[name as keyof Options](value);
    if (problem) throw new ArgumentError(`configure: ${name}: ${problem}, got ${JSON.stringify(value)}`);
  }
  const next = { ...current, ...Object.fromEntries(Object.entries(changes).filter(([, v]) => v !== undefined)) };
  for (const problemOf of objections) {
    const problem = problemOf(next);
    if (problem) throw new ArgumentError(`configure: ${problem}`);
  }
  current = next;
  listeners.forEach((listen) => listen(current));
  return current;
}
