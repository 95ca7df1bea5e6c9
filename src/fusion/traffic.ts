/** What goes through memory: of launches, and of nodes as loops of their own. */
import { dtypes } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import type { Fn } from '../dsl/kernel/ir.ts';
import { valuesIn } from '../dsl/kernel/walk.ts';
import { sizeOf } from '../dsl/shape.ts';
import { launchesOf, type Launch, type Run, type Together } from './kernel.ts';

export const bytesOfValues = (e: Expr): number => sizeOf(e.shape) * dtypes[e.dtype].bytes;

/** A node as a loop of its own reads its sources, through their views, and writes itself; scalars are free. */
export function bytesOfNode(e: Expr): number {
  const most = (s: Expr, k: number): number =>
    (e.kind === 'map' ? mostGathered([e.fn], k, sizeOf(e.shape)) * dtypes[s.dtype].bytes : Infinity);
  return bytesOfValues(e) + e.src.reduce((sum, s, k) => sum + (s.kind === 'fill' ? 0 : Math.min(bytesRead(s), most(s, k))), 0);
}

const bytesRead = (e: Expr): number => (e.kind === 'view' ? Math.min(bytesOfValues(e), bytesRead(e.src[0])) : bytesOfValues(e));

/** Elements that so many points take, at most, of an input that is read at computed positions; infinite where there are loops. */
function mostGathered(fns: readonly Fn[], input: number, points: number): number {
  const values = fns.flatMap(valuesIn);
  const hasLoops = values.some((v) => v.kind === 'after') || fns.some((f) => f.effects.length > 0);
  if (hasLoops || fns[0].inputs[input].whole === undefined) return Infinity;
  return values.filter((v) => v.kind === 'gather' && v.input === input).length * points;
}

/** What a launch reads of an input: each element that is touched counted once. */
function bytesReadOf({ kernel, domain, inputs }: Launch, k: number): number {
  const { strides, sizes } = inputs[k];
  const touched = strides.reduce((n, s, axis) => (s === 0 ? n : n * (sizes ?? domain)[axis]), 1);
  const most = mostGathered([kernel.body, ...(kernel.reduction ? [kernel.reduction.epilogue] : [])], k, sizeOf(domain));
  return Math.min(touched, most) * dtypes[kernel.inputs[k].dtype].bytes;
}

/** What it writes to an output. */
function bytesWritten({ kernel, domain, stored = [] }: Launch, k: number): number {
  const { dtype, from } = kernel.outputs[k];
  const { bytes } = dtypes[dtype];
  if (from === 'effects') return sizeOf(stored[k].sizes) * bytes * (stored[k].initial === undefined ? 1 : 2);
  const kept = domain.reduce((n, s, axis) => (kernel.reduction?.axes.includes(axis) ? n : n * s), 1);
  return (from === 'body' ? sizeOf(domain) : kept) * bytes;
}

/** What a run reads and writes. In a sweep what one stage has left for another is in cache, and an array is read once. */
export function bytesMoved(run: Run): number {
  const inMemory = 'stages' in run ? memoryOf(run) : undefined;
  const read = new Map<number, number>(), written = new Map<number, number>();
  for (const launch of launchesOf(run)) {
    launch.inputs.forEach(({ slot }, k) => {
      const own = bytesReadOf(launch, k);
      if (!inMemory) read.set(k, own);
      else if (inMemory(slot) && !written.has(slot)) read.set(slot, Math.max(read.get(slot) ?? 0, own));
    });
    launch.outputs.forEach((slot, k) => {
      if (!inMemory || inMemory(slot)) written.set(slot, bytesWritten(launch, k));
    });
  }
  return [...read.values(), ...written.values()].reduce((x, y) => x + y, 0);
}

function memoryOf({ privates }: Together): (slot: number) => boolean {
  const hidden = new Set(privates.map((p) => p.slot));
  return (slot) => !hidden.has(slot);
}
