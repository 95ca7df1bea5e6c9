/**
 * Kernels of lower rank. Guarantees the same values at the same row-major positions: axes only merge with neighbours that are
 * walked as one, or vanish when they have one element, and never when a relative read or a coordinate refers to them.
 */
import type { EdgeMap } from '../dsl/border.ts';
import { inlineAll } from '../dsl/kernel/copy.ts';
import { Builder, type Fn, type Point } from '../dsl/kernel/ir.ts';
import { valuesOf } from '../dsl/kernel/walk.ts';
import type { Access, Kernel } from './kernel.ts';

/** For each axis of the full domain, the axis it has become; -1 when it vanished. */
export type Grouping = readonly number[];

interface Domain {
  readonly sizes: readonly number[];
  readonly pinned: readonly boolean[];
  /** Sorted reduced axes. */
  readonly reduced: readonly number[] | undefined;
}

/** Which axes merge or vanish, given how the inputs move along them. */
export function groupAxes({ sizes, pinned, reduced }: Domain, inputs: readonly Pick<Access, 'strides'>[]): Grouping {
  const rank = sizes.length;
  const isReduced = (k: number): boolean => reduced !== undefined && reduced.includes(k);
  const groups = new Array<number>(rank).fill(-1);
  let next = -1, last = -1, reducedLeft = reduced === undefined || reduced.length === 0;
  for (let k = 0; k < rank; k++) {
    if (sizes[k] === 1 && !pinned[k]) continue;
    const joins = last >= 0 && !pinned[k] && !pinned[last] && isReduced(k) === isReduced(last)
      && inputs.every((x) => x.strides[last] === x.strides[k] * sizes[k]);
    if (!joins) next++;
    groups[k] = next;
    last = k;
    reducedLeft ||= isReduced(k);
  }
  // A loop nest has an axis, and a reduction an axis to reduce, even when it has one element.
  if (!reducedLeft) insert(groups, reduced![reduced!.length - 1]);
  else if (next < 0) groups[rank - 1] = 0;
  return groups;
}

/** Gives an axis that vanished a group of its own. */
function insert(groups: number[], k: number): void {
  let before = -1;
  for (let j = 0; j < k; j++) before = Math.max(before, groups[j]);
  for (let j = k + 1; j < groups.length; j++) if (groups[j] > before) groups[j]++;
  groups[k] = before + 1;
}

const isIdentity = (groups: Grouping): boolean => groups.every((g, k) => g === k);
export const rankOf = (groups: Grouping): number => Math.max(...groups) + 1;

/** Sizes after grouping: products. */
export function groupSizes(sizes: readonly number[], groups: Grouping): number[] {
  const out = new Array<number>(rankOf(groups)).fill(1);
  groups.forEach((g, k) => { if (g >= 0) out[g] *= sizes[k]; });
  return out;
}

/** Strides after grouping: those of the last, fastest axis of each group. */
export function groupStrides(strides: readonly number[], groups: Grouping): number[] {
  const out = new Array<number>(rankOf(groups)).fill(0);
  groups.forEach((g, k) => { if (g >= 0) out[g] = strides[k]; });
  return out;
}

/** The kernel over the grouped axes. */
export function specialise(kernel: Kernel, groups: Grouping): Kernel {
  if (isIdentity(groups)) return kernel;
  const rank = rankOf(groups);
  const body = regroup(kernel.body, groups, rank);
  const reduction = kernel.reduction && {
    axes: [...new Set(kernel.reduction.axes.map((k) => groups[k]).filter((g) => g >= 0))],
    terms: kernel.reduction.terms,
    epilogue: regroup(kernel.reduction.epilogue, groups, rank),
  };
  const made = { ...kernel, rank, body, reduction };
  return { ...made, key: kernelKey(made) };
}

function regroup(fn: Fn, groups: Grouping, rank: number): Fn {
  const b = new Builder();
  const spread = <T>(list: readonly T[], filler: T): T[] => {
    const out = new Array<T>(rank).fill(filler);
    // Axes that merged have nothing to say here, and pinned axes are alone in their group.
    list.forEach((item, k) => { if (groups[k] >= 0 && item !== filler) out[groups[k]] = item; });
    return out;
  };
  const point = (p: Point | undefined): Point | undefined =>
    p && b.point(point(p.base), spread(p.offset, 0), spread<EdgeMap>(p.edge, 'none'));
  const reduced = new Map(valuesOf(fn.results).flatMap((v) => (v.kind === 'reduced' ? [[v.index, v.dtype] as const] : [])));
  const { results, effects } = inlineAll(b, fn.results, fn.effects, {
    read: (input, at, v) => b.read(input, v.dtype, point(at)),
    uniform: (index, v) => b.uniform(index, v.dtype),
    coord: (axis, at) => b.coord(groups[axis], point(at)),
    extent: (axis) => b.extent(groups[axis]),
    inside: (v) => b.inside(point(v.at), spread(v.lo, 0), spread(v.hi, 0)),
    reduced: (index) => b.reduced(index, reduced.get(index)!),
    // Whole arrays have axes of their own.
    gather: (input, index, v) => b.gatherInside(input, v.dtype, index),
    size: (v) => b.size(v.of, v.array, v.axis),
  });
  return b.fn(fn.name, { rank, inputs: fn.inputs, uniforms: fn.uniforms, results, effects, outputs: fn.outputs });
}

/** Equal keys are equal code. */
export function kernelKey(kernel: Omit<Kernel, 'name' | 'key'>): string {
  const outputs = kernel.outputs.map((o) => `${o.dtype}:${o.from}:${o.result}`).join();
  const r = kernel.reduction;
  const reduction = r ? `|${r.axes.join()}|${r.terms.map((t) => `${t.reducer}${t.plain ? '~' : ''}:${t.value}`).join()}|${r.epilogue.key}` : '';
  return `${kernel.schedule}${kernel.fused ? '+' : ''}${kernel.flushes ? '0' : ''}${kernel.rank}|${outputs}|${kernel.body.key}${reduction}`;
}
