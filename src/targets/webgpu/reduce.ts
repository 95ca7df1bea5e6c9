/**
 * Reductions: how a launch is cut into passes. Every pass folds elements, or partial results of the pass before, into one
 * accumulator per kept point and chunk. The cut depends on sizes only, so equal sizes give equal bits.
 */
import type { Kernel, Launch } from '../../fusion/kernel.ts';
import { sizeOf } from '../../dsl/shape.ts';
import { linearGrid, mapPass, ownedElements, type Pass } from './emit.ts';
import { accumulatorWords, emitReduce, type ReduceVariant } from './reduce-emit.ts';
import { sharingSize, workgroupSize } from './module.ts';

/** Elements that one workgroup folds when a reduction needs more than one of them per kept point. */
const smallestChunk = 2048;
/** Invocations that keep a device busy. */
const manyInvocations = 16384;

interface Cut {
  /** Invocations that fold one chunk together; 1 where each works alone. */
  readonly team: ReduceVariant['team'];
  readonly chunk: number;
  readonly chunks: number;
}

/**
 * `along`: whether neighbouring elements of a chunk are neighbours in memory; otherwise neighbouring kept points are.
 * `teams`: whether workgroup memory holds an accumulator per invocation.
 */
export function cutReduction(kept: number, reduced: number, along: boolean, teams: boolean): Cut {
  const whole = (team: Cut['team']): Cut => ({ team, chunk: Math.max(1, reduced), chunks: 1 });
  const parts = (team: Cut['team'], chunk: number): Cut => ({ team, chunk, chunks: Math.ceil(reduced / chunk) });
  if (teams && (along || kept <= 4)) {
    if (reduced <= 16) return whole(1);
    if (reduced <= 256 && kept >= 64) return whole(16);
    if (reduced <= smallestChunk || kept >= 1024) return whole(64);
    return parts(64, Math.max(smallestChunk, 2 ** Math.ceil(Math.log2(reduced / 4096))));
  }
  if (reduced <= 64 || kept >= manyInvocations) return whole(1);
  return parts(1, Math.max(64, Math.ceil(reduced * kept / manyInvocations)));
}

/** The dispatches of a launch that reduces. */
export function reducePasses(launch: Launch, workgroupBytes: number): Pass[] {
  const { kernel, domain } = launch;
  const { axes } = kernel.reduction!;
  const kept = sizeOf(domain.filter((_, k) => !axes.includes(k)));
  const reduced = sizeOf(axes.map((k) => domain[k]));
  const bodyOutputs = kernel.outputs.filter((o) => o.from === 'body');
  const storesBody = bodyOutputs.length > 0 && ownedElements(bodyOutputs) === 1;
  const passes: Pass[] = bodyOutputs.length > 0 && !storesBody ? [mapPass(launch)] : [];
  if (!kernel.outputs.some((o) => o.from === 'epilogue')) return passes.length > 0 ? passes : [mapPass(launch)];

  const teams = 4 * accumulatorWords(kernel) * sharingSize <= workgroupBytes;
  const packed = ownedElements(kernel.outputs.filter((o) => o.from === 'epilogue')) > 1;
  let source: ReduceVariant['source'] = storesBody ? 'bodyStored' : 'body';
  let cut = cutReduction(kept, reduced, axes.includes(kernel.rank - 1), teams);
  for (let count = reduced; ;) {
    // A team of several holds one kept point, so it cannot own a word of several unless there is only one.
    const last = cut.chunks === 1 && !(packed && cut.team > 1 && kept > 1);
    passes.push(reducePass(launch, { source, team: cut.team, sink: last ? 'epilogue' : 'partials' }, { kept, reduced: count, ...cut }));
    if (last) return passes;
    count = cut.chunks;
    source = 'partials';
    if (cut.chunks === 1) cut = { team: 1, chunk: 1, chunks: 1 };
    else if (teams && count > 32 && kept < 4096) cut = { team: 64, chunk: count, chunks: 1 };
    else cut = cutReduction(kept, count, false, false);
  }
}

function reducePass(
  launch: Launch, variant: ReduceVariant, n: { kept: number; reduced: number; chunk: number; chunks: number },
): Pass {
  const { kernel, inner } = launch;
  const per = variant.sink === 'epilogue' ? pointsPerInvocation(kernel, variant) : 1;
  const items = variant.sink === 'epilogue' ? n.kept : n.kept * n.chunks;
  const size = variant.team > 1 ? sharingSize : workgroupSize;
  return {
    ...n,
    team: variant.team,
    variant: `${variant.source}-${variant.team}-${variant.sink}`,
    emit: (options) => emitReduce(kernel, inner, variant, per, options),
    items,
    size,
    ...linearGrid(Math.ceil(items * variant.team / per / size)),
    scratchWords: variant.sink === 'partials' ? n.kept * n.chunks * accumulatorWords(kernel) : undefined,
  };
}

/** Kept points that one invocation finishes, so that it owns whole words of the outputs. */
const pointsPerInvocation = (kernel: Kernel, variant: ReduceVariant): number =>
  (variant.team > 1 ? 1 : ownedElements(kernel.outputs.filter((o) => o.from === 'epilogue')));
