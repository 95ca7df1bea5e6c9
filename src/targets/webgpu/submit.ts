/**
 * A job as commands: all params in one upload, all launches in (but for very long jobs) one submission, and in one compute
 * pass where nothing has to be copied in between.
 */
import { InternalError, TargetError } from '../../errors.ts';
import { sizeOf } from '../../dsl/shape.ts';
import { dtypes } from '../../dsl/dtype.ts';
import type { Launch, Run, Schedule } from '../../fusion/kernel.ts';
import { contractPasses } from './contract.ts';
import { mapPass, type Pass } from './emit.ts';
import type { Memory } from './memory.ts';
import type { Binding, PassSizes, Shader } from './module.ts';
import { nestPass } from './nest.ts';
import type { Program } from './pipelines.ts';
import { reducePasses } from './reduce.ts';
import { tilePass } from './tile.ts';
import { rowsPass } from './rows.ts';
import type { Timer } from './timing.ts';

const passesBySchedule: { readonly [S in Schedule]: (launch: Launch, limits: GPUSupportedLimits) => Pass[] } = {
  map: (launch) => [mapPass(launch)],
  reduce: (launch, limits) => reducePasses(launch, limits.maxComputeWorkgroupStorageSize),
  contract: contractPasses,
  nest: (launch) => [nestPass(launch)],
};

/** The dispatches of a launch; none when it has nothing to store. */
export function passesOf(launch: Launch, limits: GPUSupportedLimits): Pass[] {
  const { kernel, domain, stored = [] } = launch;
  // The points of a product of matrices are never numbered through.
  const points = kernel.schedule === 'contract' ? domain.filter((_, k) => !kernel.reduction!.axes.includes(k)) : domain;
  for (const [does, shape] of [['loops over', points], ...stored.map(({ sizes }) => ['stores to', sizes] as const)] as const) {
    if (sizeOf(shape) < 2 ** 31) continue;
    throw new TargetError(`webgpu: '${kernel.name}' ${does} [${shape.join(', ')}], more than 2^31 elements; compute it in parts, or use target: 'cpu'`);
  }
  // What is stored to begins with its initial elements, also where nothing is stored.
  return passesBySchedule[kernel.schedule](launch, limits).filter((p) => launch.stored || !p.dispatch.includes(0));
}

/** The dispatches of a run, with what they bind. */
export function partsOf(run: Run, limits: GPUSupportedLimits): { readonly launch: Launch; readonly pass: Pass }[] {
  if (!('stages' in run)) return passesOf(run, limits).map((pass) => ({ launch: run, pass }));
  if (run.kind === 'tile') return [tilePass(run)];
  if (run.kind === 'rows') return [rowsPass(run)];
  throw new InternalError(`webgpu: a ${run.kind} does not run here`);
}

/** A dispatch with its program at hand. */
export interface Dispatch {
  readonly launch: Launch;
  /** Of the run, in its job. */
  readonly index: number;
  readonly pass: Pass;
  /** Number of the pass within its run. */
  readonly part: number;
  readonly program: Program;
}

/** Buffers of a job: where the launches' slots are, and how much of each belongs to it. */
export interface Slots {
  gpu(slot: number): { readonly buffer: GPUBuffer; readonly size: number };
}

/** Values of the params struct as the bytes of a uniform buffer. */
function writeParams(into: DataView, at: number, shader: Shader, launch: Launch, sizes: PassSizes): void {
  shader.params.forEach(({ type, value }, k) => {
    const v = value(launch, sizes);
    if (type === 'f32') into.setFloat32(at + 4 * k, v, true);
    else into.setInt32(at + 4 * k, v, true);
  });
}

/**
 * Launches per submission, and elements: a device may give up on work that takes seconds. How often the loops of a body turn
 * is not known here; one dispatch of a very long loop may still be given up.
 */
const mostDispatches = 8192;
const mostElements = 2 ** 34;

interface Recorder {
  readonly device: GPUDevice;
  readonly storage: Memory;
  readonly params: Memory;
}

/**
 * Records and submits. Synchronous, so that an error scope around it holds just this job. Returns the number of submissions.
 * With a timer every dispatch has a pass of its own.
 */
export function submit(
  { device, storage, params }: Recorder, dispatches: readonly Dispatch[], slots: Slots, timer?: Timer,
): number {
  const alignment = device.limits.minUniformBufferOffsetAlignment;
  const blockBytes = (shader: Shader): number => Math.ceil((4 * shader.params.length) / alignment) * alignment;

  // Params: equal blocks are stored once, so the steps of a time loop share theirs.
  const bytes = dispatches.reduce((n, d) => n + blockBytes(d.program.shader), 0);
  const data = new DataView(new ArrayBuffer(bytes));
  const known = new Map<string, number>();
  let used = 0;
  const offsets = dispatches.map(({ launch, pass, program }) => {
    writeParams(data, used, program.shader, launch, pass);
    const key = String(new Int32Array(data.buffer, used, program.shader.params.length));
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, used);
    used += blockBytes(program.shader);
    return used - blockBytes(program.shader);
  });
  if (used === 0) return 0;
  const paramsBuffer = params.take(used);
  device.queue.writeBuffer(paramsBuffer, 0, data.buffer, 0, used);

  const groups = new Map<string, GPUBindGroup>();
  const ids = new Map<GPUBuffer, number>();
  const idOf = (buffer: GPUBuffer): number => {
    const id = ids.get(buffer) ?? ids.size;
    ids.set(buffer, id);
    return id;
  };
  const group = ({ launch, program }: Dispatch, scratch: Scratch): GPUBindGroup => {
    const resources = program.shader.bindings.map((b) => resource(b, launch, slots, scratch));
    const block = 4 * program.shader.params.length;
    const key = `${program.layoutKey}${block}:${resources.map((r) => `${idOf(r.buffer)}/${r.size}`).join()}`;
    let made = groups.get(key);
    if (!made) {
      made = device.createBindGroup({
        layout: program.layout,
        entries: [
          { binding: 0, resource: { buffer: paramsBuffer, offset: 0, size: block } },
          ...resources.map((r, k) => ({ binding: k + 1, resource: { buffer: r.buffer, offset: 0, size: r.size } })),
        ],
      });
      groups.set(key, made);
    }
    return made;
  };

  let submissions = 0, next = 0;
  const scratch: Scratch = { from: undefined, to: undefined };
  while (next < dispatches.length) {
    const encoder = device.createCommandEncoder();
    let pass = encoder.beginComputePass();
    let elements = 0;
    let current: GPUComputePipeline | undefined;
    for (let n = 0; next < dispatches.length && n < mostDispatches && elements < mostElements; n++, next++) {
      const d = dispatches[next];
      advance(scratch, d.pass, storage);
      if (d.launch.stored || timer) {
        pass.end();
        if (d.launch.stored) fillOutputs(encoder, d.launch, slots);
        pass = encoder.beginComputePass(timer && { timestampWrites: timer.writes(next) });
        current = undefined;
      }
      if (d.program.pipeline !== current) pass.setPipeline(current = d.program.pipeline);
      pass.setBindGroup(0, group(d, scratch), [offsets[next]]);
      pass.dispatchWorkgroups(...d.pass.dispatch);
      elements += sizeOf(d.launch.domain);
    }
    pass.end();
    if (next === dispatches.length) timer?.resolve(encoder);
    device.queue.submit([encoder.finish()]);
    submissions++;
  }
  release(scratch, storage);
  params.give(paramsBuffer);
  return submissions;
}

/** The outputs of a nest before anything is stored to them. */
function fillOutputs(encoder: GPUCommandEncoder, { kernel, outputs, stored }: Launch, slots: Slots): void {
  stored!.forEach(({ sizes, initial }, k) => {
    const { buffer } = slots.gpu(outputs[k]);
    // Whole words. Of an empty array one, so that what loads read from it is 0.
    const bytes = Math.ceil((sizeOf(sizes) * dtypes[kernel.outputs[k].dtype].bytes) / 4) * 4;
    if (initial === undefined || bytes === 0) encoder.clearBuffer(buffer, 0, Math.max(4, bytes));
    else encoder.copyBufferToBuffer(slots.gpu(initial).buffer, 0, buffer, 0, bytes);
  });
}

/** Partial results: what the pass reads and what it writes. */
interface Scratch {
  from: GPUBuffer | undefined;
  to: GPUBuffer | undefined;
}

/** What the pass before wrote is what this one reads; what that one read is free again, for the queue keeps order. */
function advance(scratch: Scratch, pass: Pass, storage: Memory): void {
  if (scratch.from) storage.give(scratch.from);
  scratch.from = scratch.to;
  scratch.to = pass.scratchWords === undefined ? undefined : storage.take(4 * pass.scratchWords);
}

function release(scratch: Scratch, storage: Memory): void {
  for (const buffer of [scratch.from, scratch.to]) if (buffer) storage.give(buffer);
}

function resource(binding: Binding, launch: Launch, slots: Slots, scratch: Scratch): { buffer: GPUBuffer; size: number } {
  switch (binding.kind) {
    case 'input': return slots.gpu(launch.inputs[binding.index].slot);
    case 'output': return slots.gpu(launch.outputs[binding.index]);
    case 'scratch': {
      const buffer = scratch[binding.access]!;
      return { buffer, size: buffer.size };
    }
    default: return binding satisfies never;
  }
}
