/** From a kernel to a module: which loop nests it becomes, and the functions that run them. */
import { isFloat, type DType } from '../../dsl/dtype.ts';
import { inline } from '../../dsl/kernel/copy.ts';
import { Builder, type Fn, type Value } from '../../dsl/kernel/ir.ts';
import { costOf, valuesOf } from '../../dsl/kernel/walk.ts';
import { expandMath } from '../../dsl/kernel/math/index.ts';
import type { InnerStride, Kernel } from '../../fusion/kernel.ts';
import { finished, planesOf, type Term } from './emit/accumulate.ts';
import { emitMap } from './emit/map.ts';
import { combineChunks, emitReduce, planeIndex, type ReduceNest } from './emit/reduce.ts';
import { remainderFunction } from './emit/remainder.ts';
import type { Nest } from './emit/frame.ts';
import { ModuleBuilder, type Func, type ModuleOptions } from './wasm/index.ts';

/** A map is `k0`. A reduction is `k0`, which leaves partial results, and `k1`, which combines them and ends. */
export type Program =
  | { readonly kind: 'map'; readonly map: MapProgram; readonly cost: number }
  | { readonly kind: 'reduce'; readonly reduce: ReduceNest; readonly finish: MapProgram; readonly keptAxes: readonly number[]; readonly cost: number };

interface MapProgram {
  readonly nest: Nest;
  /** For output k of the nest, the result it takes. */
  readonly stores: readonly number[];
}

/** `along`: how outputs of the body move along the inner axis. */
export function programOf(kernel: Kernel, inner: readonly InnerStride[], along: 'unit' | 'strided'): Program {
  const body = expandMath(kernel.body).results;
  const shared = {
    rank: kernel.rank,
    inputs: kernel.inputs.map(({ dtype }, k) => ({ dtype, inner: inner[k] })),
    uniforms: kernel.uniforms.map((u) => u.dtype),
  };
  const cost = costOf(body) + valuesOf(body).filter((v) => v.kind === 'read').length;
  const outputs = (from: 'body' | 'epilogue') => kernel.outputs.filter((o) => o.from === from);
  const walked = (list: readonly { dtype: DType }[], how: 'unit' | 'strided') => list.map(({ dtype }) => ({ dtype, inner: how }));
  if (!kernel.reduction) {
    const list = outputs('body');
    const nest = { ...shared, outputs: walked(list, along), planes: [], results: body };
    return { kind: 'map', map: { nest, stores: list.map((o) => o.result) }, cost };
  }

  const { axes, epilogue } = kernel.reduction;
  const terms = kernel.reduction.terms.map((t): Term => ({ ...t, dtype: body[t.value].dtype }));
  const planes = terms.flatMap(planesOf);
  const stored = outputs('body');
  const reduce: ReduceNest = {
    ...shared, outputs: walked(stored, along), planes, results: body, axes, terms, stores: stored.map((o) => o.result),
  };
  const keptAxes = Array.from({ length: kernel.rank }, (_, k) => k).filter((k) => !axes.includes(k));
  // Along the last kept axis an input moves as launch.inner says only if that is the inner axis of the domain.
  const keepsInner = keptAxes.at(-1) === kernel.rank - 1;
  const ends = outputs('epilogue');
  const nest: Nest = {
    rank: Math.max(1, keptAxes.length),
    inputs: [
      ...shared.inputs.map((i) => (keepsInner ? i : { ...i, inner: 'strided' as const })),
      ...planes.map((dtype) => ({ dtype, inner: 'unit' as const })),
    ],
    uniforms: shared.uniforms, outputs: walked(ends, 'unit'), planes, results: epilogueOver(epilogue, terms, kernel.inputs.length),
  };
  return { kind: 'reduce', reduce, finish: { nest, stores: ends.map((o) => o.result) }, keptAxes, cost };
}

/** The epilogue as a body that reads the planes as further inputs. */
function epilogueOver(epilogue: Fn, terms: readonly Term[], inputs: number): Value[] {
  const b = new Builder();
  const first = planeIndex(terms);
  return inline(b, expandMath(epilogue).results, {
    read: (input, _, v) => b.read(input, v.dtype),
    uniform: (index, v) => b.uniform(index, v.dtype),
    reduced: (k) => finished(b, terms[k], (plane) => b.read(inputs + first[k] + plane, planesOf(terms[k])[plane])),
  });
}

export function emitProgram(program: Program, options: ModuleOptions): ModuleBuilder {
  const module = new ModuleBuilder(options);
  const results = program.kind === 'map' ? program.map.nest.results : [...program.reduce.results, ...program.finish.nest.results];
  const fmod: Func | undefined = needsRemainder(results) ? remainderFunction(module) : undefined;
  if (program.kind === 'map') {
    emitMap(module, 'k0', program.map.nest, program.map.stores, fmod);
    return module;
  }
  const { reduce, finish } = program;
  emitReduce(module, 'k0', reduce, fmod);
  emitMap(module, 'k1', finish.nest, finish.stores, fmod, (frame, rows, columns) => {
    const { c } = frame;
    const from = c.add(c.mul(rows[0], frame.columns), columns[0]);
    const to = c.add(c.mul(c.sub(rows[1], 1), frame.columns), columns[1]);
    combineChunks(frame, reduce.terms, c.variable(from), c.variable(to));
  });
  return module;
}

const needsRemainder = (results: readonly Value[]): boolean =>
  valuesOf(results).some((v) => v.kind === 'op' && ['rem', 'mod', 'floorDiv'].includes(v.op) && isFloat(v.dtype));
