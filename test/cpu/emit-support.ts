/** Kernels made by hand, run on the cpu target and by the plan-level oracle. */
import { dtypes, isFloat, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import { Builder, type Effect, type Fn, type Slot, type Value } from '../../src/dsl/kernel/ir.ts';
import { validateFn } from '../../src/dsl/kernel/validate.ts';
import { reducerInfo, type ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf, stridesOf, type Shape } from '../../src/dsl/shape.ts';
import type { Access, BufferSlot, InnerStride, Kernel, KernelOutput, Launch } from '../../src/fusion/kernel.ts';
import { economy } from '../../src/targets/cpu/emit/economy.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { orient } from '../../src/targets/cpu/orient.ts';
import { emitProgram, programOf } from '../../src/targets/cpu/program.ts';
import { hasMemory64 } from '../../src/targets/cpu/wasm/index.ts';
import type { PlanTarget } from '../../src/targets/target.ts';
import { runLaunches } from '../support/run-plan.ts';

/** An input: a buffer and how it is walked (dense by default), by the domain or, if it has sizes, as a whole. */
export interface Input {
  readonly data: TypedArray;
  readonly dtype: DType;
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly sizes?: Shape;
}

/** A whole array that the body's effects store into; it starts with zeros by default. */
export interface Output {
  readonly dtype: DType;
  readonly sizes: Shape;
  readonly initial?: TypedArray;
}

export interface Program {
  readonly domain: Shape;
  readonly inputs: readonly Input[];
  readonly uniforms?: readonly { readonly dtype: DType; readonly value: number }[];
  /** Results of the body, from reads of the inputs. */
  readonly body: (b: Builder, read: (input: number) => Value, uniform: (k: number) => Value) => readonly Value[];
  /** Makes it a nest: what happens at every point, instead of results. */
  readonly nest?: {
    readonly outputs: readonly Output[];
    readonly effects: (b: Builder, read: (input: number) => Value, uniform: (k: number) => Value) => readonly Effect[];
  };
  readonly reduce?: {
    readonly axes: readonly number[];
    readonly terms: readonly { readonly reducer: ReducerName; readonly value: number }[];
    /** The reduced values themselves by default. */
    readonly epilogue?: (b: Builder, reduced: (k: number) => Value, read: (input: number) => Value) => readonly Value[];
    /** Results of the body that are stored as well. */
    readonly stores?: readonly number[];
  };
}

export interface Runnable {
  readonly launch: Launch;
  readonly slots: readonly BufferSlot[];
  readonly data: readonly TypedArray[];
}

const innerOf = (stride: number): InnerStride => (stride === 1 ? 'unit' : stride === 0 ? 'zero' : 'strided');

export function build(p: Program): Runnable {
  const rank = p.domain.length;
  const stored = p.nest?.outputs ?? [];
  const inputs: Slot[] = p.inputs.map(({ dtype, sizes }, k) => ({ name: `x${k}`, dtype, ...(sizes && { whole: sizes.length }) }));
  const uniforms: Slot[] = (p.uniforms ?? []).map(({ dtype }, k) => ({ name: `u${k}`, dtype }));
  const fn = (make: (b: Builder) => readonly Value[], effects: (b: Builder) => readonly Effect[] = () => []): Fn => {
    const b = new Builder();
    const slots = stored.map(({ dtype, sizes }, k): Slot => ({ name: `y${k}`, dtype, whole: sizes.length }));
    const made = b.fn('test', { rank, inputs, uniforms, results: make(b), effects: effects(b), outputs: slots });
    validateFn(made);
    return made;
  };
  const read = (b: Builder) => (k: number) => b.read(k, inputs[k].dtype);
  const uniform = (b: Builder) => (k: number) => b.uniform(k, uniforms[k].dtype);
  const body = fn((b) => p.body(b, read(b), uniform(b)), (b) => p.nest?.effects(b, read(b), uniform(b)) ?? []);
  const accesses = p.inputs.map((x, slot): Access => ({
    slot, offset: x.offset ?? 0, strides: x.strides ?? stridesOf(x.sizes ?? p.domain), ...(x.sizes && { sizes: x.sizes }),
  }));
  const outputs: KernelOutput[] = stored.map(({ dtype }, result) => ({ dtype, from: 'effects', result }));
  let reduction: Kernel['reduction'];
  if (p.reduce) {
    const { axes, terms, stores = [] } = p.reduce;
    const dtypeOf = (k: number): DType => reducerInfo(terms[k].reducer).result(body.results[terms[k].value].dtype);
    const epilogue = fn((b) => {
      const reduced = (k: number): Value => b.reduced(k, dtypeOf(k));
      return p.reduce!.epilogue?.(b, reduced, (k) => b.read(k, inputs[k].dtype)) ?? terms.map((_, k) => reduced(k));
    });
    reduction = { axes, terms, epilogue };
    epilogue.results.forEach((v, result) => outputs.push({ dtype: v.dtype, from: 'epilogue', result }));
    stores.forEach((result) => outputs.push({ dtype: body.results[result].dtype, from: 'body', result }));
  } else {
    body.results.forEach((v, result) => outputs.push({ dtype: v.dtype, from: 'body', result }));
  }
  const inner = accesses.map((a) => innerOf(a.strides.at(-1) ?? 0));
  const key = [body.key, reduction && `${reduction.axes}|${JSON.stringify(reduction.terms)}|${reduction.epilogue.key}`, JSON.stringify(outputs), rank].join('#');
  const schedule = p.nest ? 'nest' : reduction ? 'reduce' : 'map';
  const kernel: Kernel = { name: 'test', schedule, rank, inputs, uniforms, body, reduction, outputs, key };
  const kept = p.domain.filter((_, k) => !p.reduce?.axes.includes(k));
  const slot = (role: BufferSlot['role'], dtype: DType, length: number): BufferSlot => ({ role, dtype, length, bytes: length * dtypes[dtype].bytes });
  const initial = stored.flatMap((o) => (o.initial ? [{ dtype: o.dtype, data: o.initial }] : []));
  const given = [...p.inputs, ...initial];
  const sizesOf = (o: KernelOutput): Shape => (o.from === 'effects' ? stored[o.result].sizes : o.from === 'body' ? p.domain : kept);
  const slots = [
    ...given.map((x) => slot('input', x.dtype, x.data.length)),
    ...outputs.map((o) => slot('output', o.dtype, sizeOf(sizesOf(o)))),
  ];
  let next = p.inputs.length;
  const launch: Launch = {
    kernel, domain: p.domain, inputs: accesses, inner, outputs: outputs.map((_, k) => given.length + k),
    uniforms: (p.uniforms ?? []).map((u) => u.value), code: `${key}|${inner}`,
    ...(p.nest && { stored: stored.map((o) => ({ sizes: o.sizes, initial: o.initial && next++ })) }),
  };
  return { launch, slots, data: given.map((x) => x.data) };
}

let shared: PlanTarget | undefined;
/** A target that several tests use. */
export const target = (): PlanTarget => (shared ??= createCpuTarget({ threads: 2 }));

export async function onCpu({ launch, slots, data }: Runnable, cpu: PlanTarget = target()): Promise<TypedArray[]> {
  const buffers = slots.map((s) => cpu.allocate(s.bytes));
  try {
    data.forEach((d, k) => cpu.upload(buffers[k], d));
    // What an earlier owner left must not matter.
    for (const s of launch.outputs) {
      const { dtype, length } = slots[s];
      cpu.upload(buffers[s], new dtypes[dtype].array(length).fill(77) as TypedArray);
    }
    await cpu.run({ slots, buffers, runs: [launch] });
    const results: TypedArray[] = [];
    for (const s of launch.outputs) results.push(await cpu.read(buffers[s], slots[s].dtype, slots[s].length));
    return results;
  } finally {
    buffers.forEach((b) => cpu.release(b));
  }
}

export function byOracle({ launch, slots, data }: Runnable): TypedArray[] {
  const buffers: (TypedArray | undefined)[] = slots.map((_, k) => data[k]);
  runLaunches(slots, [launch], buffers);
  return launch.outputs.map((s) => buffers[s]!);
}

/** Bits, so that -0 and NaN count. */
export function sameBits(actual: TypedArray, expected: TypedArray, label: string): void {
  if (actual.length !== expected.length) throw new Error(`${label}: ${actual.length} elements, expected ${expected.length}`);
  for (let k = 0; k < expected.length; k++) {
    if (!Object.is(actual[k], expected[k])) throw new Error(`${label}: element ${k} of ${expected.length} is ${actual[k]}, expected ${expected[k]}`);
  }
}

/** Addresses of 64 bits. */
const isFar = hasMemory64();
if (!isFar) console.log('\nskip: kernels with addresses of 64 bits: this engine has no memory64');

const checked = new Set<string>();

/** Emits with every instruction checked against the types on the stack, and asks the engine. */
function expectValid(given: Launch): void {
  const launch = orient(given);
  if (checked.has(launch.code)) return;
  checked.add(launch.code);
  for (const memory64 of isFar ? [false, true] : [false]) {
    const program = programOf(launch.kernel, launch.inner, launch.bodyInner, memory64);
    const module = emitProgram(program, { check: true, memory: { memory64 } });
    if (!WebAssembly.validate(module.bytes())) throw new Error(`the module is not valid:\n${module.toWat()}`);
  }
}

let economical: PlanTarget | undefined, wide: PlanTarget | undefined, far: PlanTarget | undefined;

/** Runs as the longest bodies do, with locals that are used again, whatever the length of the body. */
async function onCpuEconomically(runnable: Runnable): Promise<TypedArray[]> {
  const { above } = economy;
  economy.above = 0;
  try {
    // A target of its own: targets keep the code of what they have run.
    return await onCpu(runnable, economical ??= createCpuTarget({ threads: 1 }));
  } finally {
    economy.above = above;
  }
}

/** In code for vectors of 256 bits, which are two of 128 where there are none. */
const onCpuWidely = (runnable: Runnable): Promise<TypedArray[]> =>
  onCpu(runnable, wide ??= createCpuTarget({ threads: 1 }, { pairs: true }));

/** Ends the targets that this module has started. */
export async function closeTargets(): Promise<void> {
  await Promise.all([shared, economical, wide, far].map((target) => target?.close()));
}

/** `expectSame`, and the same bits from code that uses its locals again, and from code for wider vectors. */
export async function expectSameInAllWays(p: Program, label: string, rtol = 0): Promise<void> {
  const { runnable, actual } = await expectSame(p, label, rtol);
  for (const [way, again] of [['locals used again', onCpuEconomically], ['wide', onCpuWidely]] as const) {
    const outputs = await again(runnable);
    actual.forEach((a, k) => sameBits(outputs[k], a, `${label}, ${way}, output ${k}`));
  }
}

/**
 * Compares what both give: bit for bit, or within a relative error for rounded sums; with addresses of 64 bits, the same bits
 * again. Says what ran, and what it gave.
 */
export async function expectSame(
  p: Program, label: string, rtol = 0,
): Promise<{ readonly runnable: Runnable; readonly actual: readonly TypedArray[] }> {
  const runnable = build(p);
  expectValid(runnable.launch);
  const actual = await onCpu(runnable);
  const expected = byOracle(runnable);
  expected.forEach((e, k) => {
    if (rtol === 0) sameBits(actual[k], e, `${label}, output ${k}`);
    else close(actual[k], e, rtol, `${label}, output ${k}`);
  });
  if (isFar) {
    const again = await onCpu(runnable, far ??= createCpuTarget({ threads: 2 }, { heap: { memory64: true } }));
    actual.forEach((a, k) => sameBits(again[k], a, `${label}, addresses of 64 bits, output ${k}`));
  }
  return { runnable, actual };
}

function close(actual: TypedArray, expected: TypedArray, rtol: number, label: string): void {
  for (let k = 0; k < expected.length; k++) {
    const [a, e] = [actual[k], expected[k]];
    if (Object.is(a, e) || Math.abs(a - e) <= rtol * Math.max(1, Math.abs(e))) continue;
    throw new Error(`${label}: element ${k} of ${expected.length} is ${a}, expected ${e}`);
  }
}

/** A small generator: the same numbers in every run. */
export function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

/** Values over a dtype's range; floats are small quarters, so that sums are exact. */
export function sample(d: DType, length: number, seed = 1): TypedArray {
  const next = random(seed);
  const { min, max } = dtypes[d];
  const value = (): number => {
    if (isFloat(d)) return Math.round((next() - 0.5) * 200) / 4;
    const [from, to] = next() < 0.5 ? [min, max] : [Math.max(min, -8), Math.min(max, 8)];
    return Math.floor(from + next() * (to - from + 1));
  };
  const out = new dtypes[d].array(length) as TypedArray;
  for (let k = 0; k < length; k++) out[k] = value();
  return out;
}
