/**
 * Tiles on JavaScript arrays, tile by tile, as a target is to run them: what a stage leaves is there for the points of its own
 * region only. Refuses reads of points that no stage has computed for the tile, and elements that are stored twice or never.
 */
import { dtypes, type TypedArray } from '../../src/dsl/dtype.ts';
import type { Expr } from '../../src/dsl/expr.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import type { BoundPlan } from '../../src/fusion/index.ts';
import type { BufferSlot, Tile, TileStage } from '../../src/fusion/kernel.ts';
import { evaluate, inputOf, runLaunch, type Buffers, type Input } from './run-plan.ts';

/** The roots of a plan, run as its runs say. */
export function runRuns(plan: BoundPlan, data: (e: Expr) => TypedArray): TypedArray[] {
  const buffers: Buffers = plan.slots.map(() => undefined);
  for (const { slot, expr } of plan.inputs) buffers[slot] = data(expr).slice() as TypedArray;
  for (const run of plan.runs) {
    if (!('stages' in run)) runLaunch(run, buffers, plan.slots);
    else if (run.kind === 'tile') runTile(run, buffers, plan.slots);
    else throw new Error(`a ${run.kind} in a plan of tiles`);
  }
  return plan.outputs.map(({ slot, expr }) => buffers[slot]!.slice(0, sizeOf(expr.shape)) as TypedArray);
}

/** What stages have left, by stage and output, and then by point. */
type Left = Map<string, number>[][];

function runTile(tile: Tile, buffers: Buffers, slots: readonly BufferSlot[]): void {
  const made = new Map<number, TypedArray>(), stored = new Map<number, Set<number>>();
  for (const { launch, stored: stores } of tile.stages) {
    launch.outputs.forEach((slot, k) => {
      if (!stores[k]) return;
      made.set(slot, new dtypes[slots[slot].dtype].array(slots[slot].length) as TypedArray);
      stored.set(slot, new Set());
    });
  }
  for (const origin of points(tile.sizes.map((n, axis) => Math.ceil(n / tile.shape[axis])))) {
    const first = origin.map((t, axis) => t * tile.shape[axis]);
    const left: Left = tile.stages.map((s) => s.launch.outputs.map(() => new Map()));
    tile.stages.forEach((s, stage) => runStage(tile, s, first, left, stage, buffers, (slot, element, value) => {
      if (stored.get(slot)!.has(element)) throw new Error(`element ${element} of slot ${slot} is stored twice`);
      stored.get(slot)!.add(element);
      made.get(slot)![element] = value;
    }));
  }
  for (const [slot, elements] of stored) {
    if (elements.size !== sizeOf(tile.sizes)) throw new Error(`${elements.size} elements of slot ${slot} are stored, of ${sizeOf(tile.sizes)}`);
    buffers[slot] = made.get(slot);
  }
}

function runStage(
  tile: Tile, s: TileStage, first: readonly number[], left: Left, stage: number, buffers: Buffers,
  store: (slot: number, element: number, value: number) => void,
): void {
  const { launch, sizes, spans } = s;
  const { kernel, domain } = launch;
  const inputs = launch.inputs.map((_, k): Input => {
    const read = s.reads[k];
    if (!read) return inputOf(launch, k, buffers);
    return {
      sizes: undefined,
      read(at) {
        const own = split(at, spans, sizes).map((c, axis) => c + read.shift[axis]);
        const value = left[read.stage][read.output].get(own.join());
        if (value === undefined) throw new Error(`stage ${stage} reads stage ${read.stage} at ${own.join()}: not in the tile at ${first.join()}`);
        return value;
      },
    };
  });
  for (const local of points(sizes.map((_, axis) => tile.shape[axis] + s.hi[axis] - s.lo[axis]))) {
    const at = local.map((l, axis) => first[axis] + l + s.lo[axis]);
    const real = at.map((c, axis) => (tile.wraps[axis] ? ((c % sizes[axis]) + sizes[axis]) % sizes[axis] : c));
    if (real.some((c, axis) => c < 0 || c >= sizes[axis])) continue;
    const values = evaluate(kernel.body, { domain, uniforms: launch.uniforms, inputs }, merge(real, spans, sizes));
    kernel.outputs.forEach((o, k) => {
      // As an array would hold it.
      const one = new dtypes[o.dtype].array(1) as TypedArray;
      one[0] = values[o.result];
      const [value] = one;
      left[stage][k].set(real.join(), value);
      const isOwn = at.every((c, axis) => c >= first[axis] && c < Math.min(first[axis] + tile.shape[axis], sizes[axis]));
      if (s.stored[k] && isOwn) store(launch.outputs[k], flat(real, sizes), value);
    });
  }
}

const flat = (at: readonly number[], sizes: readonly number[]): number => at.reduce((n, c, k) => n * sizes[k] + c, 0);

/** From axes of the tiles to axes of a domain, and back. */
const merge = (at: readonly number[], spans: TileStage['spans'], sizes: readonly number[]): number[] =>
  spans.map(([first, last]) => flat(at.slice(first, last + 1), sizes.slice(first, last + 1)));

function split(at: readonly number[], spans: TileStage['spans'], sizes: readonly number[]): number[] {
  const out = sizes.map(() => 0);
  spans.forEach(([first, last], k) => {
    let rest = at[k];
    for (let axis = last; axis > first; axis--) {
      out[axis] = rest % sizes[axis];
      rest = Math.floor(rest / sizes[axis]);
    }
    out[first] = rest;
  });
  return out;
}

function* points(sizes: readonly number[]): Iterable<number[]> {
  const at = sizes.map(() => 0);
  for (let n = sizeOf(sizes); n > 0; n--) {
    yield [...at];
    for (let k = sizes.length - 1; k >= 0 && ++at[k] === sizes[k]; k--) at[k] = 0;
  }
}
