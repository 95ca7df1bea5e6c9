/** From a launch to calls of its module: blocks, addresses, and how many threads are worth it. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { sizeOf, stridesOf } from '../../dsl/shape.ts';
import type { Access, Launch } from '../../fusion/kernel.ts';
import { planesOf } from './accumulate.ts';
import { blockMap, blockReduceInner, blockReduceOuter, type Blocking } from './blocks.ts';
import { layoutOfNest, type Nest } from './frame.ts';
import type { LayoutValues, Walk } from './layout.ts';
import type { OrientedLaunch } from './orient.ts';
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
  /** In elements, for all outputs. */
  readonly outputStrides: readonly number[];
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

export function prepare(program: Program, launch: OrientedLaunch): Prepared {
  const { kernel, outputs } = launch;
  const of = (from: 'body' | 'epilogue'): number[] => outputs.filter((_, k) => kernel.outputs[k].from === from);
  if (program.kind === 'map') {
    const { nest } = program.map;
    const { domain, inputs } = launch;
    const blocking = blockMap(sizeOf(domain.slice(0, -1)), domain.at(-1)!, program.cost, tileOf(nest, launch));
    const only = call(0, nest, blocking, program.cost, domain, inputs, false, of('body'), launch.bodyStrides);
    return { calls: [only], planeLengths: [] };
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
  const first = call(0, reduce, blocking, cost, divisors, launch.inputs, false, of('body'), launch.bodyStrides);

  const keptSizes = keptAxes.length > 0 ? keptAxes.map((k) => sizes[k]) : [1];
  const keptInputs = launch.inputs.map((a) => ({ ...a, strides: keptAxes.length > 0 ? keptAxes.map((k) => a.strides[k]) : [0] }));
  const { chunks, planeLength } = blocking.geometry;
  const ends = blockMap(sizeOf(keptSizes.slice(0, -1)), keptSizes.at(-1)!, 16 + chunks);
  const withChunks: Blocking = { ...ends, geometry: { ...ends.geometry, chunks, planeLength } };
  const second = call(1, finish.nest, withChunks, 4 + chunks, keptSizes, keptInputs, true, of('epilogue'), stridesOf(keptSizes));
  const length = chunks * planeLength;
  return { calls: [first, second], planeLengths: reduce.terms.flatMap((t) => planesOf(t).map(() => length)) };
}

function call(
  kernel: number, nest: Nest, blocking: Blocking, cost: number, sizes: readonly number[], inputs: readonly Access[],
  planeInputs: boolean, outputs: readonly number[], outputStrides: readonly number[],
): Call {
  const moved = nest.inputs.reduce((n, i) => n + (i.inner === 'zero' ? 0 : dtypes[i.dtype].bytes), 0)
    + nest.outputs.reduce((n, o) => n + dtypes[o.dtype].bytes, 0);
  const work = blocking.elements * (NS_PER_COST * cost + NS_PER_BYTE * moved);
  return { kernel, nest, bytes: layoutOfNest(nest).bytes, blocking, sizes, inputs, planeInputs, outputs, outputStrides, work };
}

/** Inputs that stride across rows, and turned axes, are done in tiles, so that cache lines are used while they are there. */
function tileOf({ inputs }: Nest, launch: OrientedLaunch): number | undefined {
  if (launch.bodyInner === 'strided') return 2048;
  const strided = launch.inputs.some((a, k) => inputs[k].inner === 'strided' && Math.abs(a.strides.at(-1)!) > 16);
  return strided ? 128 : undefined;
}

/** Parameters as they are written, once addresses are known. */
export function parametersOf(
  { nest, blocking, sizes, inputs, planeInputs, outputs, outputStrides }: Call, launch: Launch,
  addressOf: (slot: number) => number, planes: readonly number[],
): LayoutValues {
  const walk = (slot: number, dtype: DType, offset: number, strides: readonly number[]): Walk => {
    const { bytes } = dtypes[dtype];
    return { base: addressOf(slot) + offset * bytes, strides: strides.map((s) => s * bytes) };
  };
  const arrays = inputs.map((a, k) => walk(a.slot, nest.inputs[k].dtype, a.offset, a.strides));
  const dense = stridesOf(sizes);
  const partials = planes.map((base, k) => ({ base, strides: dense.map((s) => s * dtypes[nest.planes[k]].bytes) }));
  return {
    geometry: blocking.geometry, sizes, inputs: planeInputs ? [...arrays, ...partials] : arrays,
    outputs: outputs.map((slot, k) => walk(slot, nest.outputs[k].dtype, 0, outputStrides)), planes, uniforms: launch.uniforms,
  };
}
