/** From a launch to calls of its module: blocks, addresses, and how many threads are worth it. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { valuesOf } from '../../dsl/kernel/walk.ts';
import { sizeOf, stridesOf } from '../../dsl/shape.ts';
import { InternalError } from '../../errors.ts';
import type { Access, Launch } from '../../fusion/kernel.ts';
import { blockMap, blockReduceInner, blockReduceOuter, type Blocking } from './blocks.ts';
import { layoutSpecOf, type Nest } from './emit/frame.ts';
import { START, START_BLOCK } from './emit/start.ts';
import { addressWords, bytesAsWords, layoutOf, parameterWords, type Walk } from './layout.ts';
import { mergedSizes, type OrientedLaunch } from './orient.ts';
import type { Program } from './program.ts';
import type { ForVectors } from './wide.ts';
import type { Work } from '../../fusion/work.ts';

/**
 * What an address in the parameters is that of: an input or output of the launch, what an output starts with, a plane of
 * partial results, or the parameters themselves.
 */
export interface Base {
  readonly word: number;
  readonly of: 'input' | 'output' | 'initial' | 'plane' | 'parameters';
  readonly index: number;
}

/** One call of `k<kernel>`: its parameters, but for addresses and scalars. */
export interface Call {
  readonly kernel: number;
  readonly blocks: number;
  readonly blocking: Blocking | undefined;
  /** Other words for what it does than `blocking` has. */
  readonly does?: string;
  readonly words: Int32Array;
  readonly bases: readonly Base[];
  /** The word of the first uniform, each takes four; and their dtypes. */
  readonly firstUniform: number;
  readonly uniforms: readonly DType[];
  /** Estimated nanoseconds on one thread. */
  readonly work: number;
  /** False where it may be much more. */
  readonly certain: boolean;
}

export interface Prepared {
  readonly calls: readonly Call[];
  /** Bytes of each plane. */
  readonly planes: readonly number[];
}

/** A launch as a module and calls of it. */
export interface Lowered extends ForVectors {
  readonly prepared: Prepared;
}

/** Nanoseconds for one add and for one byte moved, per element. */
const NS_PER_COST = 0.06;
const NS_PER_BYTE = 0.02;
/** Depends on the launch's sizes, strides and offsets; neither on slots nor on scalars. */
export function prepare(program: Program, launch: OrientedLaunch): Prepared {
  const { domain: sizes, inputs } = launch;
  const work = program.work(launch);
  if (program.kind !== 'reduce') {
    const { nest, body } = program.map;
    const how = { tile: tileOf(nest, launch), fine: program.loops ? body.count : undefined };
    const blocking = blockMap(sizeOf(sizes.slice(0, -1)), sizes.at(-1)!, work.cost, how);
    const stored = program.kind === 'nest' ? storedOutputs(launch) : undefined;
    const outputs = stored ?? outputsFrom(launch, 'body');
    const walk = (k: number): Walk => (stored ? wholeOutput(launch, stored[k]) : { offset: 0, strides: launch.bodyStrides });
    const call = makeCall(0, nest, blocking, work, { sizes, inputs, outputs, walk });
    const starts = (stored ?? []).filter((k) => !startsAnyhow(launch, k)).map((k) => startCall(launch, k, nest.memory64));
    return { calls: [...starts, call], planes: [] };
  }

  const { reduce, finish, keptAxes } = program;
  const blocking = blockReduction(program, sizes, work.cost, launch.bodyInner === 'strided');
  const first = makeCall(0, reduce, blocking, work, {
    // Coordinates are found by division: outer sizes of zero, whose loops do not run, must not divide.
    sizes: sizes.map((n, k) => (k === sizes.length - 1 ? n : Math.max(1, n))),
    inputs, outputs: outputsFrom(launch, 'body'), walk: () => ({ offset: 0, strides: launch.bodyStrides }),
  });

  const alongKept = (list: readonly number[], none: number): number[] =>
    (keptAxes.length > 0 ? keptAxes.map((k) => list[k]) : [none]);
  const dense = stridesOf(alongKept(sizes, 1));
  const ended = inputs.map((a) => (a.sizes ? a : { ...a, strides: alongKept(a.strides, 0) }));
  const kept = endSizes(finish.nest, alongKept(sizes, 1), ended, [dense]);
  const { chunks, planeLength } = blocking.geometry;
  const ends = blockMap(sizeOf(kept.slice(0, -1)), kept.at(-1)!, 16 + chunks);
  const combining = { ...ends, geometry: { ...ends.geometry, chunks, planeLength } };
  const second = makeCall(1, finish.nest, combining, { cost: 4 + chunks, certain: true }, {
    sizes: kept, inputs: ended, outputs: outputsFrom(launch, 'epilogue'), walk: () => ({ offset: 0, strides: dense }),
  });
  const planes = reduce.planes.map((d) => chunks * planeLength * dtypes[d].bytes);
  return { calls: [first, second], planes };
}

/** The points at which a reduction ends: neighbouring axes are one where all that is read and stored there walks them as one. */
export function endSizes(
  nest: Nest, kept: readonly number[], inputs: readonly Access[], stored: readonly (readonly number[])[],
): readonly number[] {
  const values = valuesOf(nest.results);
  const isLocated = values.some((v) => v.kind === 'coord' || v.kind === 'extent' || v.kind === 'inside' || ('at' in v && v.at));
  if (isLocated || [...nest.inputs, ...nest.outputs].some((a) => a.ring)) return kept;
  const read = new Set(values.flatMap((v) => (v.kind === 'read' ? [v.input] : [])));
  const walks = inputs.flatMap((a, k) => (read.has(k) ? [a.strides] : []));
  return mergedSizes(kept, [...walks, ...stored]);
}

/** Positions among the launch's outputs. */
export const outputsFrom = ({ kernel }: Launch, from: 'body' | 'epilogue'): number[] =>
  kernel.outputs.flatMap((o, k) => (o.from === from ? [k] : []));

/** For output k of a nest's body, its position among the launch's. */
const storedOutputs = ({ kernel }: Launch): number[] => kernel.body.outputs.map((_, result) => {
  const k = kernel.outputs.findIndex((o) => o.from === 'effects' && o.result === result);
  if (k < 0) throw new InternalError(`${kernel.name}: output ${result} of the body has no buffer`);
  return k;
});

function wholeOutput({ stored }: Launch, k: number): Walk {
  const { sizes } = stored![k];
  return { offset: 0, strides: stridesOf(sizes), sizes };
}

/** Whatever an output starts with, nobody sees it. */
const startsAnyhow = ({ kernel, stored }: Launch, k: number): boolean =>
  stored![k].initial === undefined && kernel.body.outputs[kernel.outputs[k].result].filled === true;

/** Gives an output the elements that it starts with. */
function startCall({ kernel, stored }: Launch, k: number, memory64 = false): Call {
  const { sizes, initial } = stored![k];
  const bytes = sizeOf(sizes) * dtypes[kernel.outputs[k].dtype].bytes;
  const each = addressWords(memory64);
  const words = new Int32Array(START.count * each);
  words.set(bytesAsWords([bytes], memory64), START.bytes * each);
  const bases: Base[] = [{ word: START.to * each, of: 'output', index: k }];
  if (initial !== undefined) bases.push({ word: START.from * each, of: 'initial', index: k });
  const blocks = Math.ceil(bytes / START_BLOCK);
  const work = NS_PER_BYTE * bytes;
  return { kernel: 1, blocks, blocking: undefined, words, bases, firstUniform: 0, uniforms: [], work, certain: true };
}

function blockReduction(
  { reduce, keptAxes, loops }: Program & { kind: 'reduce' }, sizes: readonly number[], cost: number, turned: boolean,
): Blocking {
  const inner = sizes.length - 1;
  const outer = (axes: readonly number[]): number => axes.reduce((n, k) => (k === inner ? n : n * sizes[k]), 1);
  const [kept, rows, columns] = [outer(keptAxes), outer(reduce.axes), sizes[inner]];
  if (!reduce.axes.includes(inner)) return blockReduceOuter(kept, rows, columns, cost, loops);
  return blockReduceInner(kept, rows, columns, cost, { together: turned ? sizes[keptAxes.at(-1)!] : 1, fine: loops });
}

export interface CallParts {
  readonly sizes: readonly number[];
  /** Of the launch. A nest that has more inputs reads its planes, which are dense. */
  readonly inputs: readonly Access[];
  /** For output k of the nest, its position among the launch's, and how it is walked (in elements). */
  readonly outputs: readonly number[];
  readonly walk: (k: number) => Walk;
  /** Masks of rings, by input and output of the nest. */
  readonly masks?: { readonly inputs: readonly (number | undefined)[]; readonly outputs: readonly (number | undefined)[] };
}

export function makeCall(kernel: number, nest: Nest, blocking: Blocking, { cost, certain }: Work, parts: CallParts): Call {
  const { sizes, inputs, outputs, walk, masks } = parts;
  const spec = layoutSpecOf(nest);
  const layout = layoutOf(spec);
  const inBytes = ({ offset, strides, sizes: own }: Walk, d: DType, mask?: number): Walk =>
    ({ offset: offset * dtypes[d].bytes, strides: strides.map((s) => s * dtypes[d].bytes), sizes: own, mask });
  const dense = stridesOf(sizes);
  const words = parameterWords(spec, {
    geometry: blocking.geometry, sizes,
    inputs: nest.inputs.map(({ dtype, picked }, k) =>
      inBytes(inputs[k] ?? { offset: 0, strides: picked ? [] : dense }, dtype, masks?.inputs[k])),
    outputs: nest.outputs.map(({ dtype }, k) => inBytes(walk(k), dtype, masks?.outputs[k])),
  });
  /** Whole arrays without elements are a zero. */
  const base = (at: number, of: Base['of'], index: number, own: readonly number[] | undefined): Base => {
    if (!own?.includes(0)) return { word: at / 4, of, index };
    words[at / 4] = layout.zeros;
    return { word: at / 4, of: 'parameters', index: 0 };
  };
  const bases = [
    ...nest.inputs.flatMap(({ picked }, k) => (k < inputs.length ? [base(layout.inputs[k].base, 'input', k, inputs[k].sizes)]
      : picked ? [] : [base(layout.inputs[k].base, 'plane', k - inputs.length, undefined)])),
    ...outputs.map((index, k) => base(layout.outputs[k].base, 'output', index, walk(k).sizes)),
    ...nest.planes.map((_, index): Base => ({ word: layout.planeBase(index) / 4, of: 'plane', index })),
  ];
  const moved = nest.inputs.reduce((n, i) => n + (i.inner === 'zero' || i.whole !== undefined ? 0 : dtypes[i.dtype].bytes), 0)
    + nest.outputs.reduce((n, o) => n + (o.whole !== undefined ? 0 : dtypes[o.dtype].bytes), 0);
  const work = blocking.elements * (NS_PER_COST * cost + NS_PER_BYTE * moved);
  const uniforms = { firstUniform: layout.uniform(0) / 4, uniforms: nest.uniforms };
  return { kernel, blocks: blocking.blocks, blocking, words, bases, ...uniforms, work, certain };
}

/** Inputs that stride across rows, and turned axes, are done in tiles, so that cache lines are used while they are there. */
function tileOf({ inputs }: Nest, launch: OrientedLaunch): number | undefined {
  if (launch.bodyInner === 'strided') return 2048;
  const strided = launch.inputs.some((a, k) => !a.sizes && inputs[k].inner === 'strided' && Math.abs(a.strides.at(-1)!) > 16);
  return strided ? 128 : undefined;
}
