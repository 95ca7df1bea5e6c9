/** What a legal plan looks like. Tests check it after every planning; `configure({ validate: true })` does so at run time. */
import { InternalError } from '../errors.ts';
import { dtypes } from '../dsl/dtype.ts';
import type { Fn, Point, Slot, Value } from '../dsl/kernel/ir.ts';
import { validateFn } from '../dsl/kernel/validate.ts';
import { valuesIn } from '../dsl/kernel/walk.ts';
import { isArgReducer, reducerInfo } from '../dsl/reducers.ts';
import { sizeOf } from '../dsl/shape.ts';
import type { BoundPlan } from './bind.ts';
import { mayOverwrite } from './in-place.ts';
import type { Access, BufferSlot, Kernel, Launch, Step, Stored } from './kernel.ts';

const fail = (kernel: Kernel, message: string): never => {
  throw new InternalError(`kernel '${kernel.name}': ${message}`);
};

/** Structure: types, ranks, and what an epilogue may contain. */
export function validateKernel(k: Kernel): void {
  validateFn(k.body);
  if (k.rank < 1) fail(k, 'has no axis');
  if (k.outputs.length === 0) fail(k, 'stores nothing');
  if ((k.schedule === 'reduce' || k.schedule === 'contract') !== (k.reduction !== undefined)) fail(k, `schedule ${k.schedule} with${k.reduction ? '' : 'out'} a reduction`);
  checkSlots(k, k.body);
  for (const v of valuesIn(k.body)) if (v.kind === 'reduced') fail(k, 'a reduced value in the body');
  if (k.reduction) validateReduction(k);
  if (k.schedule === 'nest') return validateNest(k);
  if (k.body.effects.length > 0 || k.body.outputs.length > 0) fail(k, `schedule ${k.schedule} of a function that stores`);
  for (const o of k.outputs) {
    if (o.from === 'effects') fail(k, `schedule ${k.schedule} with an output of effects`);
    const fn = o.from === 'body' ? k.body : k.reduction?.epilogue ?? fail(k, 'an epilogue output without a reduction');
    const result = fn.results[o.result] ?? fail(k, `output ${o.result} of ${fn.results.length}`);
    if (result.dtype !== o.dtype) fail(k, `stores ${result.dtype} as ${o.dtype}`);
  }
}

/** Every output of the body is one of the kernel, and there are no others. */
function validateNest(k: Kernel): void {
  if (k.body.results.length > 0) fail(k, 'a nest with results besides what it stores');
  const stored = k.outputs.map((o) => (o.from === 'effects' ? o.result : fail(k, `a nest with an output from its ${o.from}`)));
  if (stored.length !== k.body.outputs.length || new Set(stored).size !== stored.length) fail(k, 'a nest that does not store each output once');
  for (const o of k.outputs) {
    const slot = k.body.outputs[o.result] ?? fail(k, `output ${o.result} of ${k.body.outputs.length}`);
    if (slot.dtype !== o.dtype) fail(k, `stores ${slot.dtype} as ${o.dtype}`);
    if (slot.whole === undefined) fail(k, 'an output of a nest that is not whole');
  }
}

function checkSlots(k: Kernel, fn: Fn): void {
  const text = (slots: readonly Slot[]) => slots.map((s) => `${s.dtype}${s.whole ?? ''}`).join();
  if (text(fn.inputs) !== text(k.inputs) || text(fn.uniforms) !== text(k.uniforms)) fail(k, 'a function declares other inputs or uniforms than the kernel');
  if (fn.rank !== k.rank) fail(k, `a function of rank ${fn.rank} in a kernel of rank ${k.rank}`);
}

function validateReduction(k: Kernel): void {
  const { axes, terms, epilogue } = k.reduction!;
  validateFn(epilogue);
  checkSlots(k, epilogue);
  if (axes.length === 0 || axes.some((x, i) => x < 0 || x >= k.rank || (i > 0 && x <= axes[i - 1]))) fail(k, `reduces axes ${axes.join()} of ${k.rank}`);
  if (terms.length === 0) fail(k, 'a reduction without terms');
  for (const t of terms) {
    const value = k.body.results[t.value] ?? fail(k, `term ${t.value} of ${k.body.results.length}`);
    if (reducerInfo(t.reducer).combine === 'or' || reducerInfo(t.reducer).combine === 'and') {
      if (value.dtype !== 'bool') fail(k, `${t.reducer} of ${value.dtype}`);
    }
  }
  for (const v of valuesIn(epilogue)) {
    if (v.kind === 'coord' || v.kind === 'extent' || v.kind === 'inside' || v.kind === 'gather') fail(k, `${v.kind} in an epilogue`);
    if (v.kind === 'read' && v.at) fail(k, 'a relative read in an epilogue');
    if (v.kind === 'reduced') {
      const term = terms[v.index] ?? fail(k, `reduced ${v.index} of ${terms.length}`);
      const dtype = isArgReducer(term.reducer) ? 'int32' : k.body.results[term.value].dtype;
      if (dtype !== v.dtype) fail(k, `${term.reducer} gives ${dtype}, used as ${v.dtype}`);
    }
  }
}

/** Sizes: every access in bounds, outputs as large as what is written, no slot both read and written. */
export function validateLaunch(launch: Launch, slots: readonly BufferSlot[]): void {
  const { kernel: k, domain } = launch;
  validateKernel(k);
  if (domain.length !== k.rank) fail(k, `domain of rank ${domain.length}`);
  if (launch.inputs.length !== k.inputs.length || launch.inner.length !== k.inputs.length) fail(k, `${launch.inputs.length} accesses for ${k.inputs.length} inputs`);
  if (launch.outputs.length !== k.outputs.length) fail(k, `${launch.outputs.length} slots for ${k.outputs.length} outputs`);
  if (launch.uniforms.length !== k.uniforms.length) fail(k, `${launch.uniforms.length} values for ${k.uniforms.length} uniforms`);
  if (new Set(launch.outputs).size !== launch.outputs.length) fail(k, 'writes a slot twice');
  if ((k.schedule === 'nest') !== (launch.stored !== undefined)) fail(k, `a launch with${launch.stored ? '' : 'out'} stored outputs`);
  launch.outputs.forEach((s, i) => {
    const slot = slots[s] ?? fail(k, `writes slot ${s} of ${slots.length}`);
    if (slot.role === 'input') fail(k, 'writes an input');
    if (slot.dtype !== k.outputs[i].dtype) fail(k, `writes ${k.outputs[i].dtype} into ${slot.dtype}`);
    const length = sizeOf(outputShape(launch, i));
    if (slot.length < length) fail(k, `writes ${length} elements into ${slot.length}`);
    const reads = launch.inputs.flatMap((x, input) => (x.slot === s ? [input] : []));
    const started = launch.stored?.some((x) => x.initial === s);
    if (started || reads.some((input) => !mayOverwrite(launch, input, i))) fail(k, 'reads a slot that it writes');
  });
  launch.stored?.forEach((x, i) => checkStored(k, i, x, slots));
  if (sizeOf(domain) > 0) launch.inputs.forEach((x, i) => checkInput(launch, i, x, slots[x.slot] ?? fail(k, `reads slot ${x.slot}`)));
}

/** All slots whose elements a launch reads. */
const slotsRead = ({ inputs, stored = [] }: Launch): number[] =>
  [...inputs.map((x) => x.slot), ...stored.flatMap((s) => s.initial ?? [])];

/** The shape of output `i`, which is dense. */
function outputShape({ kernel: { reduction, outputs }, domain, stored = [] }: Launch, i: number): readonly number[] {
  switch (outputs[i].from) {
    case 'body': return domain;
    case 'epilogue': return domain.filter((_, axis) => !reduction?.axes.includes(axis));
    case 'effects': return stored[i].sizes;
    default: return outputs[i].from satisfies never;
  }
}

function checkStored(k: Kernel, i: number, { sizes, initial }: Stored, slots: readonly BufferSlot[]): void {
  const { whole } = k.body.outputs[k.outputs[i].result];
  if (sizes.length !== whole) fail(k, `output ${i} has ${sizes.length} axes, the body stores to ${whole}`);
  if (initial === undefined) return;
  const from = slots[initial] ?? fail(k, `reads slot ${initial} of ${slots.length}`);
  if (from.dtype !== k.outputs[i].dtype) fail(k, `output ${i} of ${k.outputs[i].dtype} starts with ${from.dtype}`);
  if (from.length < sizeOf(sizes)) fail(k, `output ${i} of ${sizeOf(sizes)} elements starts with ${from.length}`);
}

function checkInput(launch: Launch, i: number, access: Access, slot: BufferSlot): void {
  const { kernel: k, domain } = launch;
  if (slot.dtype !== k.inputs[i].dtype) fail(k, `reads ${slot.dtype} as ${k.inputs[i].dtype}`);
  if (k.inputs[i].whole !== undefined) return checkWhole(k, i, access, slot);
  if (access.sizes) fail(k, `input ${i} has sizes but is read at points of the domain`);
  if (access.strides.length !== k.rank) fail(k, `${access.strides.length} strides for rank ${k.rank}`);
  const inBody = readsOf(k.body, i);
  const inEpilogue = k.reduction ? readsOf(k.reduction.epilogue, i) : [];
  if (inEpilogue.length > 0 && k.reduction!.axes.some((axis) => access.strides[axis] !== 0 && domain[axis] > 1)) fail(k, `the epilogue's input ${i} moves along a reduced axis`);
  for (const at of [...inBody, ...inEpilogue]) {
    let low = access.offset, high = access.offset;
    domain.forEach((size, axis) => {
      const [first, last] = reach(at, axis, size);
      const s = access.strides[axis];
      low += Math.min(s * first, s * last);
      high += Math.max(s * first, s * last);
    });
    if (low < 0 || high >= slot.length) fail(k, `input ${i} reads elements ${low} to ${high} of ${slot.length}`);
  }
}

/** Every element of a whole input is in its buffer, since any of them may be read. */
function checkWhole(k: Kernel, i: number, { offset, strides, sizes }: Access, slot: BufferSlot): void {
  const { whole } = k.inputs[i];
  if (!sizes || sizes.length !== whole || strides.length !== whole) {
    return fail(k, `input ${i} is read with ${whole} indices, its access has ${sizes?.length} sizes and ${strides.length} strides`);
  }
  if (sizes.includes(0)) return;
  const ends = sizes.map((size, axis) => strides[axis] * (size - 1));
  const low = ends.reduce((sum, end) => sum + Math.min(0, end), offset);
  const high = ends.reduce((sum, end) => sum + Math.max(0, end), offset);
  if (low < 0 || high >= slot.length) fail(k, `input ${i} reads elements ${low} to ${high} of ${slot.length}`);
}

const readsOf = (fn: Fn, input: number): (Point | undefined)[] =>
  valuesIn(fn).filter((v): v is Value & { kind: 'read' } => v.kind === 'read' && v.input === input).map((v) => v.at);

/** First and last coordinate along an axis that a point takes over the whole domain. */
function reach(at: Point | undefined, axis: number, size: number): [number, number] {
  if (!at) return [0, size - 1];
  const [first, last] = reach(at.base, axis, size);
  const o = at.offset[axis];
  return at.edge[axis] === 'none' ? [first + o, last + o] : [0, size - 1];
}

/** A whole bound plan: all launches, and that everything is written before it is read. */
export function validateBound(bound: Pick<BoundPlan, 'slots' | 'inputs' | 'outputs' | 'launches' | 'steps'>): void {
  const written = new Set(bound.inputs.map((i) => i.slot));
  const checked = new Set<Launch>();
  for (const launch of bound.launches) {
    if (!checked.has(launch)) validateLaunch(launch, bound.slots);
    checked.add(launch);
    for (const slot of slotsRead(launch)) if (!written.has(slot)) fail(launch.kernel, `reads slot ${slot} before anything is written there`);
    launch.outputs.forEach((s) => written.add(s));
  }
  for (const { slot } of bound.outputs) if (!written.has(slot)) throw new InternalError(`output slot ${slot} is never written`);
  for (const { slot, expr } of bound.inputs) {
    const s = bound.slots[slot];
    if (s.role !== 'input' || s.dtype !== expr.dtype || s.length !== sizeOf(expr.shape)) throw new InternalError(`slot ${slot} does not fit its input`);
  }
  for (const s of bound.slots) if (s.bytes !== s.length * dtypes[s.dtype].bytes) throw new InternalError('a slot of the wrong size');
  validateSteps(bound.steps);
}

function validateSteps(steps: readonly Step[]): void {
  for (const s of steps) {
    if (s.kind === 'launch') validateKernel(s.launch.kernel);
    else validateSteps(s.body);
  }
}
