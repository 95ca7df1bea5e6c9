/** From a launch to calls of its module: blocks, addresses, and how many threads are worth it. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { sizeOf, stridesOf } from '../../dsl/shape.ts';
import type { Access, Launch } from '../../fusion/kernel.ts';
import { blockMap, blockReduceInner, blockReduceOuter, type Blocking } from './blocks.ts';
import { layoutSpecOf, type Nest } from './emit/frame.ts';
import { layoutOf, parameterWords } from './layout.ts';
import type { OrientedLaunch } from './orient.ts';
import type { Program } from './program.ts';

/** What an address in the parameters is that of: an input or output of the launch, or a plane of partial results. */
export interface Base {
  readonly word: number;
  readonly of: 'input' | 'output' | 'plane';
  readonly index: number;
}

/** One call of `k<kernel>`: its parameters, but for addresses and scalars. */
export interface Call {
  readonly kernel: number;
  readonly nest: Nest;
  readonly blocking: Blocking;
  readonly words: Int32Array;
  readonly bases: readonly Base[];
  /** The word of the first uniform; each takes four. */
  readonly uniforms: number;
  /** Estimated nanoseconds on one thread. */
  readonly work: number;
}

export interface Prepared {
  readonly calls: readonly Call[];
  /** Bytes of each plane. */
  readonly planes: readonly number[];
}

/** Below this much work a launch stays on the calling thread: waking another costs more than it brings. */
export const WORTH_SHARING = 20_000;
/** Nanoseconds for one add and for one byte moved, per element. */
const NS_PER_COST = 0.06;
const NS_PER_BYTE = 0.02;
/** Work that a thread takes at a time, at least. */
export const GRAIN_WORK = 5_000;

/** Depends on the launch's sizes, strides and offsets; neither on slots nor on scalars. */
export function prepare(program: Program, launch: OrientedLaunch): Prepared {
  const { domain: sizes, inputs } = launch;
  if (program.kind === 'map') {
    const { nest } = program.map;
    const blocking = blockMap(sizeOf(sizes.slice(0, -1)), sizes.at(-1)!, program.cost, tileOf(nest, launch));
    const parts = { sizes, inputs, outputs: outputsFrom(launch, 'body'), outputStrides: launch.bodyStrides };
    return { calls: [makeCall(0, nest, blocking, program.cost, parts)], planes: [] };
  }

  const { reduce, finish, keptAxes, cost } = program;
  const blocking = blockReduction(program, sizes, launch.bodyInner === 'strided');
  const first = makeCall(0, reduce, blocking, cost, {
    // Coordinates are found by division: outer sizes of zero, whose loops do not run, must not divide.
    sizes: sizes.map((n, k) => (k === sizes.length - 1 ? n : Math.max(1, n))),
    inputs, outputs: outputsFrom(launch, 'body'), outputStrides: launch.bodyStrides,
  });

  const alongKept = (list: readonly number[], none: number): number[] =>
    (keptAxes.length > 0 ? keptAxes.map((k) => list[k]) : [none]);
  const kept = alongKept(sizes, 1);
  const { chunks, planeLength } = blocking.geometry;
  const ends = blockMap(sizeOf(kept.slice(0, -1)), kept.at(-1)!, 16 + chunks);
  const second = makeCall(1, finish.nest, { ...ends, geometry: { ...ends.geometry, chunks, planeLength } }, 4 + chunks, {
    sizes: kept, inputs: inputs.map((a) => ({ ...a, strides: alongKept(a.strides, 0) })),
    outputs: outputsFrom(launch, 'epilogue'), outputStrides: stridesOf(kept),
  });
  const planes = reduce.planes.map((d) => chunks * planeLength * dtypes[d].bytes);
  return { calls: [first, second], planes };
}

/** Positions among the launch's outputs. */
const outputsFrom = ({ kernel }: Launch, from: 'body' | 'epilogue'): number[] =>
  kernel.outputs.flatMap((o, k) => (o.from === from ? [k] : []));

function blockReduction(
  { reduce, keptAxes, cost }: Program & { kind: 'reduce' }, sizes: readonly number[], turned: boolean,
): Blocking {
  const inner = sizes.length - 1;
  const outer = (axes: readonly number[]): number => axes.reduce((n, k) => (k === inner ? n : n * sizes[k]), 1);
  const [kept, rows, columns] = [outer(keptAxes), outer(reduce.axes), sizes[inner]];
  if (!reduce.axes.includes(inner)) return blockReduceOuter(kept, rows, columns, cost);
  return blockReduceInner(kept, rows, columns, cost, turned ? sizes[keptAxes.at(-1)!] : 1);
}

interface CallParts {
  readonly sizes: readonly number[];
  /** Of the launch. A nest that has more inputs reads its planes, which are dense. */
  readonly inputs: readonly Access[];
  /** For output k of the nest, its position among the launch's. */
  readonly outputs: readonly number[];
  readonly outputStrides: readonly number[];
}

function makeCall(kernel: number, nest: Nest, blocking: Blocking, cost: number, parts: CallParts): Call {
  const { sizes, inputs, outputs, outputStrides } = parts;
  const spec = layoutSpecOf(nest);
  const layout = layoutOf(spec);
  const inBytes = (strides: readonly number[], d: DType): number[] => strides.map((s) => s * dtypes[d].bytes);
  const dense = stridesOf(sizes);
  const words = parameterWords(spec, {
    geometry: blocking.geometry, sizes,
    inputs: nest.inputs.map(({ dtype }, k) => {
      const { offset, strides } = inputs[k] ?? { offset: 0, strides: dense };
      return { offset: offset * dtypes[dtype].bytes, strides: inBytes(strides, dtype) };
    }),
    outputs: nest.outputs.map(({ dtype }) => ({ offset: 0, strides: inBytes(outputStrides, dtype) })),
  });
  const bases = [
    ...nest.inputs.map((_, k): Base => {
      const word = layout.inputBase(k) / 4;
      return k < inputs.length ? { word, of: 'input', index: k } : { word, of: 'plane', index: k - inputs.length };
    }),
    ...outputs.map((index, k): Base => ({ word: layout.outputBase(k) / 4, of: 'output', index })),
    ...nest.planes.map((_, index): Base => ({ word: layout.planeBase(index) / 4, of: 'plane', index })),
  ];
  const moved = nest.inputs.reduce((n, i) => n + (i.inner === 'zero' ? 0 : dtypes[i.dtype].bytes), 0)
    + nest.outputs.reduce((n, o) => n + dtypes[o.dtype].bytes, 0);
  const work = blocking.elements * (NS_PER_COST * cost + NS_PER_BYTE * moved);
  return { kernel, nest, blocking, words, bases, uniforms: layout.uniform(0) / 4, work };
}

/** Inputs that stride across rows, and turned axes, are done in tiles, so that cache lines are used while they are there. */
function tileOf({ inputs }: Nest, launch: OrientedLaunch): number | undefined {
  if (launch.bodyInner === 'strided') return 2048;
  const strided = launch.inputs.some((a, k) => inputs[k].inner === 'strided' && Math.abs(a.strides.at(-1)!) > 16);
  return strided ? 128 : undefined;
}
