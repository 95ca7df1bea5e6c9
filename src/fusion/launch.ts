/** One kernel over concrete sizes: strides, merged axes, the scalars of the run. */
import type { Shape } from '../dsl/shape.ts';
import type { Canonical } from './canonical.ts';
import type { Access, InnerStride, Kernel, Launch, Stored } from './kernel.ts';
import type { KernelRead, PlanKernel } from './kernelize.ts';
import { resolveStrides } from './path.ts';
import { slotFor } from './slots.ts';
import { groupAxes, groupSizes, groupStrides, specialise, type Grouping } from './specialise.ts';

export function bindKernel(
  k: PlanKernel, canonical: Canonical, slotOf: ReadonlyMap<number, number>, uniforms: readonly number[],
): Launch {
  const shape = canonical.shapes[k.domain];
  const sizes = k.padded ? [...shape, 1] : shape;
  const reduced = k.kernel.reduction?.axes;
  const full = k.reads.map((r) => (r.whole === undefined
    ? accessOf(r, canonical, sizes.length, reduced, slotOf)
    : wholeAccessOf(r, canonical, canonical.shapes[r.whole], slotOf)));
  const groups = groupAxes({ sizes, pinned: k.pinned, reduced }, full.filter((x) => x.sizes === undefined));
  const inputs = full.map((x) => (x.sizes === undefined ? { ...x, strides: groupStrides(x.strides, groups) } : x));
  const inner = inputs.map(innerOf);
  const kernel = specialised(k, groups);
  const launch: Launch = {
    kernel, domain: groupSizes(sizes, groups), inputs, inner, uniforms,
    outputs: k.writes.map((n) => slotFor(slotOf, n)), code: `${kernel.key}|${inner.join()}`, origin: undefined,
  };
  if (!k.stored) return launch;
  const stored = k.stored.map(({ like, initial }): Stored =>
    ({ sizes: canonical.nodes[like].shape, initial: initial === undefined ? undefined : slotFor(slotOf, initial) }));
  return { ...launch, stored };
}

function specialised(k: PlanKernel, groups: Grouping): Kernel {
  const key = groups.join();
  let kernel = k.specialised.get(key);
  if (!kernel) k.specialised.set(key, (kernel = specialise(k.kernel, groups)));
  return kernel;
}

function innerOf({ strides }: Access): InnerStride {
  const last = strides.at(-1) ?? 0;
  return last === 1 ? 'unit' : last === 0 ? 'zero' : 'strided';
}

/** A whole input is not part of the domain: it keeps its own axes. */
function wholeAccessOf(r: KernelRead, canonical: Canonical, sizes: Shape, slotOf: ReadonlyMap<number, number>): Access {
  const { offset, strides } = resolveStrides(r.path, canonical, r.rank, canonical.nodes[r.node].shape);
  return { slot: slotFor(slotOf, r.node), offset, strides, sizes };
}

function accessOf(
  r: KernelRead, canonical: Canonical, rank: number, reduced: readonly number[] | undefined, slotOf: ReadonlyMap<number, number>,
): Access {
  const { offset, strides } = resolveStrides(r.path, canonical, r.rank, canonical.nodes[r.node].shape);
  const out = new Array<number>(rank).fill(0);
  let next = 0;
  // Along the axes that are reduced, what an epilogue reads does not move; nor does anything along a padding axis.
  for (let k = 0; k < rank && next < strides.length; k++) {
    if (!(r.kept && reduced!.includes(k))) out[k] = strides[next++];
  }
  return { slot: slotFor(slotOf, r.node), offset, strides: out };
}
