/** A plan as a graph of kernels, inputs and results with the buffers between them: what both kinds of picture draw. */
import type { BufferReport, KernelReport, PlanReport, SweepReport } from '../dsl/reports.ts';
import { showShape } from '../dsl/shape.ts';
import { bytes, milliseconds } from './explain.ts';

export interface Picture {
  readonly title: string;
  /** In the order in which they run. */
  readonly boxes: readonly Box[];
  readonly inputs: readonly Pill[];
  readonly results: readonly Pill[];
  /** From kernel to kernel; backwards, or to itself, from step to step of a loop. */
  readonly edges: readonly Edge[];
  readonly frames: readonly Frame[];
}

/** A kernel. */
export interface Box {
  readonly heading: string;
  readonly expression: string;
  readonly details: string;
  /** Of the time of all kernels, or else of the bytes. */
  readonly share: number;
}

/** An array that comes in or goes out. */
export interface Pill {
  readonly name: string;
  readonly details: string;
  /** The kernels that read it, or write it. */
  readonly kernels: readonly number[];
}

export interface Edge {
  /** Number of the buffer. */
  readonly buffer: number;
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

/** Kernels that belong together; the innermost frames first. */
export interface Frame {
  readonly first: number;
  readonly last: number;
  readonly label: string;
}

export function pictureOf(r: PlanReport): Picture {
  const { buffers, kernels } = r;
  const weights = r.measured ? weightsOf(r) : kernels.map((k) => k.launches * k.bytes);
  const all = weights.reduce((x, y) => x + y, 0);
  const edges = buffers.flatMap((b, buffer) => b.writtenBy.flatMap((from) =>
    b.readBy.map((to): Edge => ({ buffer, from, to, label: `${b.name} ${bytes(b.bytes)}` }))));
  const moved = `${bytes(r.bytes)} moved, ${bytes(r.bytesUnfused)} unfused`;
  return {
    title: `${r.target ? `${r.target.name}: ` : ''}${moved}${r.measured ? `, ${milliseconds(r.measured.milliseconds)}` : ''}`,
    boxes: kernels.map((k, n) => ({
      heading: `${n + 1}. ${k.schedule} over ${showShape(k.domain)}${k.launches === 1 ? '' : ` x ${k.launches}`}`,
      expression: k.expression,
      details: detailsOf(k),
      share: all > 0 ? weights[n] / all : 0,
    })),
    inputs: buffers.filter((b) => b.role === 'input').map((b) => pillOf(b, b.readBy)),
    results: buffers.filter((b) => b.role === 'result').map((b) => pillOf(b, b.writtenBy)),
    edges,
    frames: framesOf(r),
  };
}

const pillOf = (b: BufferReport, kernels: readonly number[]): Pill =>
  ({ name: b.name, details: `${b.dtype} ${showShape(b.shape)}, ${bytes(b.bytes)}`, kernels });

/** Milliseconds. What a sweep took is its stages' in equal parts. */
function weightsOf({ kernels, sweeps }: PlanReport): number[] {
  const weights = kernels.map((k) => k.measured?.milliseconds ?? 0);
  for (const { stages, measured } of sweeps) {
    for (const k of stages) weights[k] += (measured?.milliseconds ?? 0) / stages.length;
  }
  return weights;
}

function detailsOf(k: KernelReport): string {
  const each = k.launches === 1 ? '' : ' each';
  if (k.measured) return `${milliseconds(k.measured.milliseconds)}, ${k.measured.bandwidth.toPrecision(3)} GB/s`;
  return `${bytes(k.bytes)}${each}${k.estimate === undefined ? '' : `, about ${milliseconds(k.estimate)}${each}`}`;
}

/** Of every frame the next one that it lies in. */
export const parentsOf = (frames: readonly Frame[]): (number | undefined)[] => frames.map(({ first, last }, n) => {
  const found = frames.findIndex((f, k) => k > n && f.first <= first && last <= f.last);
  return found < 0 ? undefined : found;
});

/** Sweeps of the same kernels are in one frame: blocks of a time loop, and the steps that are left. */
function framesOf({ loops, sweeps }: PlanReport): Frame[] {
  const around = (kernels: readonly number[], label: string): Frame[] =>
    (kernels.length > 0 ? [{ first: Math.min(...kernels), last: Math.max(...kernels), label }] : []);
  const swept = new Map<string, Frame>();
  for (const frame of sweeps.flatMap((s) => around(s.stages, sweepText(s)))) {
    const key = `${frame.first}-${frame.last}`, before = swept.get(key);
    swept.set(key, before ? { ...before, label: `${before.label}; ${frame.label}` } : { ...frame, label: `side by side: ${frame.label}` });
  }
  return [...swept.values(), ...loops.flatMap((l) => around(l.kernels, `${l.count} steps`))];
}

const sweepText = ({ stages, runs, measured }: SweepReport): string =>
  `${stages.length} stages${runs > 1 ? ` x ${runs}` : ''}${measured ? `, ${milliseconds(measured.milliseconds)}` : ''}`;
