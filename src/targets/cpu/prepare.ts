/** From a launch to calls of its module: blocks, addresses, and how many threads are worth it. */
import { dtypes } from '../../dsl/dtype.ts';
import { valuesOf } from '../../dsl/kernel/ir.ts';
import { sizeOf } from '../../dsl/shape.ts';
import type { Access, Launch } from '../../fusion/kernel.ts';
import { planesOf } from './accumulate.ts';
import { blockMap, blockReduceInner, blockReduceOuter, type Blocking } from './blocks.ts';
import type { Nest } from './frame.ts';
import { layoutOfNest } from './frame.ts';
import type { LayoutValues } from './layout.ts';
import type { Program } from './program.ts';

/** One call of `k<kernel>`, its parameters still to be written. Bases of planes are offsets into the run's scratch memory. */
export interface Call {
  readonly kernel: number;
  readonly nest: Nest;
  readonly bytes: number;
  readonly blocking: Blocking;
  readonly sizes: readonly number[];
  /** Of the nest's inputs that are buffers; planes follow. */
  readonly inputs: readonly Access[];
  readonly planeInputs: boolean;
  readonly outputs: readonly number[];
  /** Estimated nanoseconds on one thread. */
  readonly work: number;
}

export interface Prepared {
  readonly calls: readonly Call[];
  /** Elements of each plane. */
  readonly planeLengths: readonly number[];
}

/** Below this much work a launch stays on the calling thread: waking another costs more than it brings. */
export const WORTH_SHARING = 20_000;
/** Nanoseconds for one add and for one byte moved, per element. */
const NS_PER_COST = 0.06;
const NS_PER_BYTE = 0.02;
/** Work that a thread takes at a time, at least. */
export const GRAIN_WORK = 5_000;

export function prepare(program: Program, launch: Launch): Prepared {
  const { kernel, outputs } = launch;
  const of = (from: 'body' | 'epilogue'): number[] => outputs.filter((_, k) => kernel.outputs[k].from === from);
  if (program.kind === 'map') {
    const { nest } = program.map;
    const flat = flatten(launch, program);
    const rows = sizeOf(flat.sizes.slice(0, -1));
    const blocking = blockMap(rows, flat.sizes.at(-1)!, program.cost, tileOf(nest, flat.accesses));
    return { calls: [call(0, nest, blocking, program.cost, flat.sizes, flat.accesses, false, of('body'))], planeLengths: [] };
  }

  const { reduce, finish, keptAxes, cost } = program;
  const sizes = launch.domain;
  const inner = sizes.length - 1;
  const product = (axes: readonly number[]): number => axes.reduce((n, k) => n * sizes[k], 1);
  const keptOuter = product(keptAxes.filter((k) => k !== inner));
  const rows = product(reduce.axes.filter((k) => k !== inner));
  const blocking = reduce.axes.includes(inner)
    ? blockReduceInner(keptOuter, rows, sizes[inner], cost)
    : blockReduceOuter(keptOuter, rows, sizes[inner], cost);
  // Coordinates are found by division: sizes of zero, whose loops do not run, must not divide.
  const divisors = sizes.map((n, k) => (k === inner ? n : Math.max(1, n)));
  const first = call(0, reduce, blocking, cost, divisors, launch.inputs, false, of('body'));

  const keptSizes = keptAxes.length > 0 ? keptAxes.map((k) => sizes[k]) : [1];
  const keptInputs = launch.inputs.map((a) => ({ ...a, strides: keptAxes.length > 0 ? keptAxes.map((k) => a.strides[k]) : [0] }));
  const { chunks, planeLength } = blocking.geometry;
  const ends = blockMap(sizeOf(keptSizes.slice(0, -1)), keptSizes.at(-1)!, 16 + chunks);
  const withChunks: Blocking = { ...ends, geometry: { ...ends.geometry, chunks, planeLength } };
  const second = call(1, finish.nest, withChunks, 4 + chunks, keptSizes, keptInputs, true, of('epilogue'));
  const length = chunks * planeLength;
  return { calls: [first, second], planeLengths: reduce.terms.flatMap((t) => planesOf(t).map(() => length)) };
}

function call(
  kernel: number, nest: Nest, blocking: Blocking, cost: number, sizes: readonly number[], inputs: readonly Access[],
  planeInputs: boolean, outputs: readonly number[],
): Call {
  const moved = nest.inputs.reduce((n, i) => n + (i.inner === 'zero' ? 0 : dtypes[i.dtype].bytes), 0)
    + nest.outputs.reduce((n, d) => n + dtypes[d].bytes, 0);
  const work = blocking.elements * (NS_PER_COST * cost + NS_PER_BYTE * moved);
  return { kernel, nest, bytes: layoutOfNest(nest).bytes, blocking, sizes, inputs, planeInputs, outputs, work };
}

/**
 * Merges neighbouring axes that every input walks as one, so that short rows become long ones. The number of axes stays:
 * merged ones have size 1. Bodies that know where they are keep their axes.
 */
function flatten({ domain, inputs }: Launch, program: Program): { sizes: readonly number[]; accesses: readonly Access[] } {
  const results = program.kind === 'map' ? program.map.nest.results : [];
  const located = valuesOf(results).some((v) => v.kind === 'coord' || v.kind === 'extent' || v.kind === 'inside' || ('at' in v && v.at));
  if (located || domain.length === 1) return { sizes: domain, accesses: inputs };
  const sizes = [...domain];
  const strides = inputs.map((a) => [...a.strides]);
  // Axis k joins the axis `into` behind it.
  let into = sizes.length - 1;
  for (let k = into - 1; k >= 0; k--) {
    if (sizes[k] !== 1 && strides.every((s) => s[k] === s[into] * sizes[into])) {
      sizes[into] *= sizes[k];
      sizes[k] = 1;
    } else if (sizes[k] !== 1) {
      into = k;
    }
  }
  return { sizes, accesses: inputs.map((a, k) => ({ ...a, strides: strides[k] })) };
}

/** Inputs that stride across rows are read in tiles, so that the rows of a cache line are used while it is there. */
function tileOf(nest: Nest, accesses: readonly Access[]): number | undefined {
  const strided = accesses.some((a, k) => nest.inputs[k].inner === 'strided' && Math.abs(a.strides.at(-1)!) > 16);
  return strided ? 128 : undefined;
}

/** Parameters as they are written, once addresses are known. */
export function parametersOf(
  { nest, blocking, sizes, inputs, planeInputs, outputs }: Call, launch: Launch,
  addressOf: (slot: number) => number, planes: readonly number[],
): LayoutValues {
  const strideInputs = inputs.map((a, k) => {
    const { bytes } = dtypes[nest.inputs[k].dtype];
    return { base: addressOf(a.slot) + a.offset * bytes, strides: a.strides.map((s) => s * bytes) };
  });
  const dense = planes.map((base, k) => {
    const { bytes } = dtypes[nest.planes[k]];
    const strides = sizes.map((_, axis) => bytes * sizeOf(sizes.slice(axis + 1)));
    return { base, strides };
  });
  return {
    geometry: blocking.geometry, sizes, inputs: planeInputs ? [...strideInputs, ...dense] : strideInputs,
    outputs: outputs.map(addressOf), planes, uniforms: launch.uniforms,
  };
}
