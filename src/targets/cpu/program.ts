/** From a kernel to a module: which loop nests it becomes, and the functions that run them. */
import { isFloat } from '../../dsl/dtype.ts';
import { inline, sameLeaves } from '../../dsl/kernel/copy.ts';
import { Builder, type Fn, type Value } from '../../dsl/kernel/ir.ts';
import type { InnerStride, KernelOutput, Launch } from '../../fusion/kernel.ts';
import { finished, planesOf, termOf, type Term } from './emit/accumulate.ts';
import { bodyOf } from './emit/columns.ts';
import { emitMap, type MapProgram } from './emit/map.ts';
import { combineChunks, emitReduce, planeIndex, type ReduceNest } from './emit/reduce.ts';
import { remainderFunction } from './emit/remainder.ts';
import { withProducts } from './emit/products.ts';
import { withNarrowSums } from './emit/widening.ts';
import { emitScan } from './emit/scan.ts';
import { emitStart } from './emit/start.ts';
import { valuesIn } from './emit/uniformity.ts';
import { expanded } from './expand.ts';
import { narrowed } from './narrow.ts';
import { picksOf, type Frame, type Nest, type NestArray } from './emit/frame.ts';
import { ModuleBuilder, type Func, type Local, type ModuleOptions } from './wasm/index.ts';
import type { OrientedKernel } from './orient.ts';
import { withPickedRows } from './picked-rows.ts';
import type { ScanSums } from './scan.ts';
import { hasLoops, workOf, type Work } from '../../fusion/work.ts';
import { costOf, valuesOf } from '../../dsl/kernel/walk.ts';
import { paysReduced } from './wide.ts';

/**
 * A map is `k0`. A reduction is `k0`, which leaves partial results, and `k1`, which combines them and ends. A nest is `k0`, and
 * `k1`, which gives its outputs the elements that they start with.
 */
export type Program = Common & (
  | { readonly kind: 'map' | 'nest'; readonly map: MapProgram; readonly scan?: ScanSums }
  | { readonly kind: 'reduce'; readonly reduce: ReduceNest; readonly finish: MapProgram; readonly keptAxes: readonly number[] });

interface Common {
  /** Its code is meant for vectors of 256 bits. */
  readonly paired: boolean;
  /** Of a point of the body. */
  readonly work: (launch: Launch) => Work;
  /** There are loops, so blocks of the same size may be more or less work. */
  readonly loops: boolean;
}

/**
 * `along`: how outputs of the body move along the inner axis. `memory64`: see `Nest`. `pairs`: vectors of 256 bits, if they pay;
 * not of loops, as V8 13.6 was seen to lose the upper halves of states that a loop begins with.
 */
export function programOf(
  kernel: OrientedKernel, inner: readonly InnerStride[], along: 'unit' | 'strided', memory64 = false, pairs = false,
): Program {
  const body = narrowed(expanded(kernel.body, kernel.fused));
  const { results, effects } = body;
  const loops = hasLoops(body);
  const paired = pairs && !memory64 && !loops && kernel.schedule !== 'nest' && (!isReducedAlong(kernel) || paysReduced(costOf(results, effects)));
  const common: Common = { work: workOf(body, loops), loops, paired };
  const shared = {
    rank: kernel.rank, memory64,
    inputs: kernel.inputs.map(({ dtype, whole }, k): NestArray =>
      ({ dtype, inner: inner[k], whole, ...kernel.rings?.inputs.includes(k) && { ring: kernel.rings } })),
    uniforms: kernel.uniforms.map((u) => u.dtype),
    flushes: kernel.flushes,
    paired,
  };
  const outputs = (from: KernelOutput['from']) => kernel.outputs.filter((o) => o.from === from);
  const walked = (list: readonly KernelOutput[], how: 'unit' | 'strided'): NestArray[] => list.map((o) => {
    const isRing = kernel.rings?.outputs.includes(kernel.outputs.indexOf(o));
    return { dtype: o.dtype, inner: how, ...isRing && { ring: kernel.rings } };
  });
  if (kernel.schedule === 'nest') {
    const stored = body.outputs.map(({ dtype, whole }): NestArray => ({ dtype, inner: 'unit', whole }));
    const nest = { ...shared, outputs: stored, planes: [], results: [], effects };
    const { scan } = kernel;
    const walked = scan ? { ...bodyOf(nest), count: 1 } : bodyOf(nest);
    return { ...common, kind: 'nest', map: { nest, body: walked, stores: [], again: false }, scan };
  }
  if (!kernel.reduction) {
    const list = outputs('body');
    const nest = withPickedRows({ ...shared, outputs: walked(list, along), planes: [], results, effects });
    return { ...common, kind: 'map', map: { nest, body: bodyOf(nest), stores: list.map((o) => o.result), again: !kernel.inPlace } };
  }

  const { axes, epilogue } = kernel.reduction;
  // The few elements of a short row are added pairwise: nothing is lost that would be worth keeping.
  const isShortRow = kernel.steps !== undefined && axes.length === 1 && axes[0] === kernel.rank - 1;
  const given = kernel.reduction.terms.map((t) =>
    termOf({ ...t, plain: t.plain || isShortRow, products: t.plain && kernel.fused }, results[t.value]));
  const stored = outputs('body');
  const stores = stored.map((o) => o.result);
  const products = withProducts(given, results, stores);
  const { terms, results: reduced } = withNarrowSums(products.terms, products.results, stores);
  const planes = terms.flatMap(planesOf);
  const reduce: ReduceNest = withPickedRows({
    ...shared, outputs: walked(stored, along), planes, results: reduced, effects, axes, terms, stores, short: kernel.steps,
  });
  const keptAxes = Array.from({ length: kernel.rank }, (_, k) => k).filter((k) => !axes.includes(k));
  // Along the last kept axis an input moves as launch.inner says only if that is the inner axis of the domain.
  const keepsInner = keptAxes.at(-1) === kernel.rank - 1;
  const ends = outputs('epilogue');
  const nest: Nest = {
    rank: Math.max(1, keptAxes.length), memory64,
    inputs: [
      ...shared.inputs.map(({ ring: _, ...i }) => (keepsInner || i.whole !== undefined ? i : { ...i, inner: 'strided' as const })),
      ...planes.map((dtype) => ({ dtype, inner: 'unit' as const })),
    ],
    uniforms: shared.uniforms, flushes: shared.flushes, outputs: walked(ends, 'unit'), planes,
    results: epilogueOver(expanded(epilogue, kernel.fused), terms, kernel.inputs.length), effects: [],
  };
  const finish = { nest, body: bodyOf(nest), stores: ends.map((o) => o.result), again: true };
  return { ...common, kind: 'reduce', reduce, finish, keptAxes };
}

/** The epilogue as a body that reads the planes as further inputs. */
function epilogueOver(epilogue: Fn, terms: readonly Term[], inputs: number): Value[] {
  const b = new Builder();
  const first = planeIndex(terms);
  return inline(b, epilogue.results, {
    ...sameLeaves(b),
    read: (input, _, v) => b.read(input, v.dtype),
    reduced: (k) => finished(b, terms[k], (plane) => b.read(inputs + first[k] + plane, planesOf(terms[k])[plane])),
  });
}

/** Whether what lanes hold are pieces of one sum. */
const isReducedAlong = ({ reduction, rank }: OrientedKernel): boolean => reduction?.axes.includes(rank - 1) ?? false;

export function emitProgram(program: Program, options: ModuleOptions): ModuleBuilder {
  const module = new ModuleBuilder(options);
  emitInto(module, program, 0);
  return module;
}

/** Adds the kernels of a program, as `k<first>` and so on. */
export function emitInto(module: ModuleBuilder, program: Program, first: number): Func[] {
  const [head, tail] = [`k${first}`, `k${first + 1}`];
  const fns = program.kind === 'reduce' ? [program.reduce, program.finish.nest] : [program.map.nest];
  const fmod: Func | undefined = fns.some(needsRemainder) ? remainderFunction(module) : undefined;
  if (program.kind !== 'reduce') {
    const { scan, map: { nest } } = program;
    const map = scan ? emitScan(module, head, nest, scan) : emitMap(module, head, program.map, fmod);
    return program.kind === 'nest' ? [map, emitStart(module, tail)] : [map];
  }
  const { reduce, finish } = program;
  const combine = (frame: Frame, rows: readonly [Local, Local], columns: readonly [Local, Local]): void => {
    const { c } = frame;
    const from = c.add(c.mul(rows[0], frame.columns), columns[0]);
    const to = c.add(c.mul(c.sub(rows[1], 1), frame.columns), columns[1]);
    combineChunks(frame, reduce.terms, c.variable(from), c.variable(to));
  };
  return [emitReduce(module, head, reduce, fmod), emitMap(module, tail, finish, fmod, combine)];
}

export const needsRemainder = (nest: Nest): boolean => [...valuesIn(nest), ...valuesOf(picksOf(nest))]
  .some((v) => v.kind === 'op' && ['rem', 'mod', 'floorDiv'].includes(v.op) && isFloat(v.dtype));
