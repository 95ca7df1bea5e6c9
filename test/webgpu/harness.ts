/** Runs launches on the target and, for comparison, in the interpreter of plans. */
import { dtypes, type TypedArray } from '../../src/dsl/dtype.ts';
import type { BufferSlot, Launch } from '../../src/fusion/kernel.ts';
import { createWebGpuTarget, type WebGpuTarget } from '../../src/targets/webgpu/index.ts';
import { runLaunch } from '../support/run-plan.ts';
import { adapterAvailable, validatePipeline } from '../support/webgpu.ts';
import { outputSizes } from './launches.ts';

export const available = await adapterAvailable();

const made = new Map<string, Promise<WebGpuTarget>>();

/** The target that the tests of a file share. */
export function sharedTarget(math: 'fast' | 'portable' = 'fast'): Promise<WebGpuTarget> {
  let target = made.get(math);
  if (!target) made.set(math, target = createWebGpuTarget({ math }));
  return target;
}

export async function closeTargets(): Promise<void> {
  for (const target of made.values()) await (await target).close();
  made.clear();
}

/** What a run is given: the launch's inputs, then what its stored outputs start with. */
type Given = readonly TypedArray[];

/** Slots of a launch's inputs, outputs and initial elements, in the order of `launches.ts`. */
export function slotsOf(launch: Launch, given: Given): BufferSlot[] {
  const { inputs, outputs } = launch.kernel;
  const sizes = outputSizes(launch);
  const slot = (role: BufferSlot['role'], dtype: BufferSlot['dtype'], length: number): BufferSlot =>
    ({ role, dtype, length, bytes: length * dtypes[dtype].bytes });
  const stored = outputs.map((o, k) => slot('output', o.dtype, sizes[k]));
  return [
    ...inputs.map((s, k) => slot('input', s.dtype, given[k].length)),
    ...stored,
    ...stored.filter((_, k) => launch.stored?.[k].initial !== undefined).map((s) => ({ ...s, role: 'input' as const })),
  ];
}

/** The slot of each of `given`. */
const slotOf = ({ kernel: { inputs, outputs } }: Launch, k: number): number => (k < inputs.length ? k : k + outputs.length);

export async function runOn(target: WebGpuTarget, launch: Launch, given: Given): Promise<TypedArray[]> {
  const slots = slotsOf(launch, given);
  const buffers = slots.map((s) => target.allocate(s.bytes));
  try {
    given.forEach((data, k) => target.upload(buffers[slotOf(launch, k)], data));
    await target.run({ slots, buffers, runs: [launch] });
    return await Promise.all(launch.outputs.map((slot) => target.read(buffers[slot], slots[slot].dtype, slots[slot].length)));
  } finally {
    buffers.forEach((b) => target.release(b));
  }
}

export function interpret(launch: Launch, given: Given): TypedArray[] {
  const slots = slotsOf(launch, given);
  const buffers = new Array<TypedArray | undefined>(slots.length);
  given.forEach((data, k) => (buffers[slotOf(launch, k)] = data));
  runLaunch(launch, buffers, slots);
  return launch.outputs.map((slot) => buffers[slot]!);
}

export interface Tolerance {
  readonly ulp?: number;
  /** An absolute error, for results near 0. */
  readonly abs?: number;
}

const ulpOf = (x: number): number => 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(x) || 2 ** -149)) - 23);

/** How far results are apart: undefined when close enough. Subnormals may be flushed to 0. */
export function difference(
  actual: ArrayLike<number>, expected: ArrayLike<number>, { ulp = 0, abs = 0 }: Tolerance = {},
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements, expected ${expected.length}`;
  for (let k = 0; k < expected.length; k++) {
    const a = actual[k], e = expected[k];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    if (!Number.isFinite(e) || !(Math.abs(a - e) <= ulp * ulpOf(e) + abs + (ulp > 0 ? 2 ** -126 : 0))) return `element ${k} is ${a}, expected ${e}`;
  }
  return undefined;
}

/** Compares the device with the interpreter, after validating the shaders without a driver. */
export async function expectSame(
  launch: Launch, given: Given, tolerance: Tolerance = {}, math: 'fast' | 'portable' = 'fast',
): Promise<void> {
  const target = await sharedTarget(math);
  const actual = await runOn(target, launch, given);
  interpret(launch, given).forEach((expected, k) => {
    const problem = difference(actual[k], expected, launch.kernel.outputs[k].dtype === 'float32' ? tolerance : {});
    if (problem) throw new Error(`output ${k}: ${problem}\n${target.explain(launch).layout}\n${target.explain(launch).code}`);
  });
}

/** The errors that Dawn's validator has for the shaders of a launch. */
export async function expectValid(shaders: readonly string[]): Promise<void> {
  for (const code of shaders) {
    const errors = await validatePipeline(code, 'main');
    if (errors.length > 0) throw new Error(`${errors.join('\n')}\n${code}`);
  }
}
