/**
 * When two nodes are the same: what they are, of the same sources, in the same shape and dtype. Sources are compared by identity,
 * for they are shared themselves.
 */
import type { Expr, ExprSpec } from './expr.ts';
import { fnId } from './kernel/identity.ts';
import type { Fn } from './kernel/ir.ts';
import { sameShape } from './shape.ts';
import type { AxisMap, View } from './view.ts';

/** Nodes of these kinds are never shared. */
type Unique = 'source' | 'carry';
export type Shared = Exclude<Expr, { readonly kind: Unique }>;
export type SharedSpec = Exclude<ExprSpec, { readonly kind: Unique }>;

export const isShared = (spec: ExprSpec): spec is SharedSpec => spec.kind !== 'source' && spec.kind !== 'carry';

const mix = (hash: number, n: number): number => Math.imul(hash ^ n, 0x01000193);
const mixAll = (hash: number, list: readonly number[]): number => {
  for (const n of list) hash = mix(hash, n);
  return hash;
};

const float = new Float64Array(1), words = new Int32Array(float.buffer);
function mixNumber(hash: number, value: number): number {
  float[0] = value;
  return mix(mix(hash, words[0]), words[1]);
}

/** 32 bits, equal for like nodes. */
export function hashOf(spec: SharedSpec): number {
  let hash = ownHash(spec);
  for (const size of spec.shape) hash = mix(hash, size);
  for (const s of spec.src) hash = mix(hash, s.id);
  return hash;
}

function ownHash(spec: SharedSpec): number {
  switch (spec.kind) {
    case 'fill': return mixNumber(1, spec.value);
    case 'map': return mix(mix(2, fnId(spec.fn)), spec.result);
    case 'view': return spec.view.kind === 'affine' ? spec.view.axes.reduce(mixAxis, 3) : 4;
    case 'reduce': return mixAll(spec.reducer.length + 5, spec.axes);
    case 'contract': return mixAll(6, spec.axes);
    case 'stencil': return mix(mix(7, fnId(spec.fn)), spec.result);
    case 'nest': return mix(mix(8, fnId(spec.fn)), spec.result);
    case 'loop': return mix(mix(mix(9, spec.loop), spec.result), spec.count);
    default: return spec satisfies never;
  }
}

const mixAxis = (hash: number, { from, scale, offset }: AxisMap): number => mix(mix(mix(hash, from), scale), offset);

/** Whether a node is what `spec` says. */
export function isLike(e: Shared, spec: SharedSpec): boolean {
  return e.kind === spec.kind && e.dtype === spec.dtype && sameShape(e.shape, spec.shape) && sameNodes(e.src, spec.src)
    && own[spec.kind](e as never, spec as never);
}

function sameNodes(a: readonly Expr[], b: readonly Expr[]): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

const sameFn = (a: Fn, b: Fn): boolean => a === b || fnId(a) === fnId(b);

type Of<K extends Shared['kind']> = Extract<SharedSpec, { readonly kind: K }>;

/** What nodes of a kind have of their own. */
const own: { readonly [K in Shared['kind']]: (a: Of<K>, b: Of<K>) => boolean } = {
  fill: (a, b) => Object.is(a.value, b.value),
  map: (a, b) => a.result === b.result && sameFn(a.fn, b.fn),
  view: (a, b) => sameView(a.view, b.view),
  reduce: (a, b) => a.reducer === b.reducer && sameShape(a.axes, b.axes),
  contract: (a, b) => sameShape(a.axes, b.axes),
  stencil: (a, b) => a.result === b.result && Object.is(a.cval, b.cval) && sameShape(a.lo, b.lo) && sameShape(a.hi, b.hi)
    && a.border.every((mode, k) => mode === b.border[k]) && sameFn(a.fn, b.fn),
  nest: (a, b) => a.result === b.result && sameShape(a.domain, b.domain) && sameFn(a.fn, b.fn),
  loop: (a, b) => a.loop === b.loop && a.result === b.result && a.count === b.count && sameNodes(a.next, b.next)
    && (a.host === undefined) === (b.host === undefined),
};

function sameView(a: View, b: View): boolean {
  if (a.kind === 'reshape' || b.kind === 'reshape') return a.kind === b.kind;
  return a.axes.length === b.axes.length && a.axes.every((m, k) => {
    const n = b.axes[k];
    return m.from === n.from && m.scale === n.scale && m.offset === n.offset;
  });
}
