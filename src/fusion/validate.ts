/** What a legal plan looks like. Tests check it after every planning; `configure({ validate: true })` does so at run time. */
import { InternalError } from '../errors.ts';
import { dtypes } from '../dsl/dtype.ts';
import type { Fn, Point, Value } from '../dsl/kernel/ir.ts';
import { validateFn } from '../dsl/kernel/validate.ts';
import { valuesOf } from '../dsl/kernel/walk.ts';
import { isArgReducer, reducerInfo } from '../dsl/reducers.ts';
import { sizeOf } from '../dsl/shape.ts';
import type { BoundPlan } from './bind.ts';
import type { Access, BufferSlot, Kernel, Launch, Step } from './kernel.ts';

const fail = (kernel: Kernel, message: string): never => {
  throw new InternalError(`kernel '${kernel.name}': ${message}`);
};

/** Structure: types, ranks, and what an epilogue may contain. */
export function validateKernel(k: Kernel): void {
  validateFn(k.body);
  if (k.rank < 1) fail(k, 'has no axis');
  if (k.outputs.length === 0) fail(k, 'stores nothing');
  if ((k.schedule === 'reduce') !== (k.reduction !== undefined)) fail(k, `schedule ${k.schedule} with${k.reduction ? '' : 'out'} a reduction`);
  checkSlots(k, k.body);
  for (const v of valuesOf(k.body.results)) if (v.kind === 'reduced') fail(k, 'a reduced value in the body');
  if (k.reduction) validateReduction(k);
  for (const o of k.outputs) {
    const fn = o.from === 'body' ? k.body : k.reduction?.epilogue ?? fail(k, 'an epilogue output without a reduction');
    const result = fn.results[o.result] ?? fail(k, `output ${o.result} of ${fn.results.length}`);
    if (result.dtype !== o.dtype) fail(k, `stores ${result.dtype} as ${o.dtype}`);
  }
}

function checkSlots(k: Kernel, fn: Fn): void {
  const text = (slots: readonly { readonly dtype: string }[]) => slots.map((s) => s.dtype).join();
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
  for (const v of valuesOf(epilogue.results)) {
    if (v.kind === 'coord' || v.kind === 'extent' || v.kind === 'inside') fail(k, `${v.kind} in an epilogue`);
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
  const reduced = k.reduction?.axes ?? [];
  const kept = domain.filter((_, axis) => !reduced.includes(axis));
  launch.outputs.forEach((s, i) => {
    const slot = slots[s] ?? fail(k, `writes slot ${s} of ${slots.length}`);
    if (slot.role === 'input') fail(k, 'writes an input');
    if (slot.dtype !== k.outputs[i].dtype) fail(k, `writes ${k.outputs[i].dtype} into ${slot.dtype}`);
    const length = sizeOf(k.outputs[i].from === 'body' ? domain : kept);
    if (slot.length < length) fail(k, `writes ${length} elements into ${slot.length}`);
    if (launch.inputs.some((x) => x.slot === s)) fail(k, 'reads a slot that it writes');
  });
  if (sizeOf(domain) > 0) launch.inputs.forEach((x, i) => checkInput(launch, i, x, slots[x.slot] ?? fail(k, `reads slot ${x.slot}`)));
}

function checkInput(launch: Launch, i: number, access: Access, slot: BufferSlot): void {
  const { kernel: k, domain } = launch;
  if (access.strides.length !== k.rank) fail(k, `${access.strides.length} strides for rank ${k.rank}`);
  if (slot.dtype !== k.inputs[i].dtype) fail(k, `reads ${slot.dtype} as ${k.inputs[i].dtype}`);
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

const readsOf = (fn: Fn, input: number): (Point | undefined)[] =>
  valuesOf(fn.results).filter((v): v is Value & { kind: 'read' } => v.kind === 'read' && v.input === input).map((v) => v.at);

/** First and last coordinate along an axis that a point takes over the whole domain. */
function reach(at: Point | undefined, axis: number, size: number): [number, number] {
  if (!at) return [0, size - 1];
  const [first, last] = reach(at.base, axis, size);
  const o = at.offset[axis];
  return at.edge[axis] === 'none' ? [first + o, last + o] : [0, size - 1];
}

/** A whole bound plan: all launches, and that everything is written before it is read. */
export function validateBound(bound: BoundPlan): void {
  const written = new Set(bound.inputs.map((i) => i.slot));
  const checked = new Set<Launch>();
  for (const launch of bound.launches) {
    if (!checked.has(launch)) validateLaunch(launch, bound.slots);
    checked.add(launch);
    for (const x of launch.inputs) if (!written.has(x.slot)) fail(launch.kernel, `reads slot ${x.slot} before anything is written there`);
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
