/** Programs as the planner makes them for a GPU, whatever device is here: planned, validated, run, compared. */
import type { WeftArray } from '../../src/dsl/array.ts';
import { libraryFn } from '../../src/dsl/kernel/math/index.ts';
import { planFor, validateBound, type BoundPlan, type Run } from '../../src/fusion/index.ts';
import { hostOf, isResident } from '../../src/residency.ts';
import { interpreterTarget } from '../../src/targets/reference.ts';
import type { CostProfile } from '../../src/targets/target.ts';
import type { EmitOptions } from '../../src/targets/webgpu/module.ts';
import { partsOf } from '../../src/targets/webgpu/submit.ts';
import { nodesOf } from '../support/plan.ts';
import { expectClose, type Tolerance } from '../support/targets.ts';
import { available, expectValid, sharedTarget } from './harness.ts';

/** A GPU with the limits that every one has. */
export const profile: CostProfile = {
  memoryRoundTrip: 64, launch: 1_000_000, maxBuffers: 7, maxBufferBytes: 2 ** 27, mostReads: 100,
  tiles: { memory: 16384, depth: 4 },
};

const limits = { maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256 } as GPUSupportedLimits;
const emitOptions: EmitOptions = { portable: false, library: (op, dtype) => (dtype === 'float32' ? libraryFn(op, dtype) : undefined) };

export function planOf(arrays: readonly WeftArray[], options: Partial<CostProfile> = {}): BoundPlan {
  const bound = planFor(nodesOf(arrays), isResident, { ...profile, ...options });
  validateBound(bound);
  return bound;
}

/** The shaders of runs, each once. */
export const shadersOf = (runs: readonly Run[]): string[] =>
  [...new Set(runs.flatMap((run) => partsOf(run, limits).map(({ pass }) => pass.emit(emitOptions).code)))];

/** Runs a plan on the device. */
async function runOnDevice(bound: BoundPlan): Promise<ArrayLike<number>[]> {
  const target = await sharedTarget();
  const buffers = bound.slots.map((s) => (s.role === 'private' ? undefined : target.allocate(s.bytes)));
  try {
    for (const { slot, expr } of bound.inputs) target.upload(buffers[slot]!, hostOf(expr)!);
    const given: NonNullable<(typeof buffers)[number]>[] = [];
    buffers.forEach((b, slot) => { if (b) given[slot] = b; });
    await target.run({ slots: bound.slots, buffers: given, runs: bound.runs });
    return await Promise.all(bound.outputs.map(({ slot, expr }) =>
      target.read(buffers[slot]!, expr.dtype, expr.shape.reduce((n, s) => n * s, 1))));
  } finally {
    buffers.forEach((b) => b && target.release(b));
  }
}

interface Settings {
  /** Whether to ask Dawn's validator about every shader. */
  readonly validate?: boolean;
  readonly tolerance?: Tolerance;
  readonly options?: Partial<CostProfile>;
}

const close: Tolerance = { rtol: 1e-5, atol: 1e-5 };

/** Plans, validates all shaders, and where there is a device compares what it computes with the interpreter. */
export async function check(
  arrays: readonly WeftArray[], { validate = true, tolerance = close, options = {} }: Settings = {},
): Promise<BoundPlan> {
  const bound = planOf(arrays, options);
  if (validate) await expectValid(shadersOf(bound.runs));
  if (!available) return bound;
  const actual = await runOnDevice(bound);
  const expected = interpreterTarget.evaluate(nodesOf(arrays), hostOf);
  expected.forEach((e, k) => {
    try {
      expectClose(actual[k], e, { ...tolerance, label: `root ${k}` });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${shadersOf(bound.runs.filter((r) => 'stages' in r)).join('\n')}`, { cause: error });
    }
  });
  return bound;
}
