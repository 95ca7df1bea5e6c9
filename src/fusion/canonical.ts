/**
 * Canonical form: numbers the nodes of an unevaluated graph in an order that depends on its structure only, and writes the
 * structure as a key. Graphs with equal keys get the same plan. The key holds kinds, dtypes, ranks, functions, axis
 * permutations and borders; which nodes share a shape and which axes have size 1 (both decide what may be fused); and never
 * a size, an offset, a fill value, a cval or a loop count: those are bound to the plan at every run. (Except that a nest's
 * outputs start with zeros or not.)
 */
import { InternalError } from '../errors.ts';
import type { DType } from '../dsl/dtype.ts';
import { dependencies, type Expr, type LoopExpr, type NestExpr, type ViewExpr } from '../dsl/expr.ts';
import type { Fn } from '../dsl/kernel/ir.ts';
import type { Shape } from '../dsl/shape.ts';

export interface Canonical {
  readonly key: string;
  /** Sources before users; a node's position is its number. */
  readonly nodes: readonly Expr[];
  readonly isInput: readonly boolean[];
  /** The distinct shapes, in order of appearance, and which of them each node has. */
  readonly shapes: readonly Shape[];
  readonly shapeOf: readonly number[];
  /** Numbers of the roots, in the caller's order. */
  readonly roots: readonly number[];
  /** All that the key leaves out and that strides and launches depend on: equal sizes give equal launches, scalars aside. */
  readonly sizes: readonly number[];
  readonly numberOf: ReadonlyMap<Expr, number>;
}

/**
 * How a view moves its source, as far as fusion cares. `order`: the same elements in row-major order, only axes of size 1
 * come or go. `whole`: axes permuted, dropped or repeated, nothing cut off or reversed. `reshape`: row-major order, other
 * axes. `affine`: the rest.
 */
export type ViewClass = 'order' | 'whole' | 'reshape' | 'affine';

export function viewClass(e: ViewExpr): ViewClass {
  const from = e.src[0].shape;
  if (sameBesidesOnes(e.shape, from) && (e.view.kind === 'reshape' || isMonotonic(e))) return 'order';
  if (e.view.kind === 'reshape') return 'reshape';
  const whole = e.view.axes.every((m, k) =>
    (m.from < 0 ? from[k] === 1 : m.scale === 1 && m.offset === 0 && e.shape[m.from] === from[k]));
  return whole ? 'whole' : 'affine';
}

/** Every axis longer than 1 is read forwards and in order. */
function isMonotonic(e: ViewExpr): boolean {
  if (e.view.kind !== 'affine') return true;
  let last = -1;
  for (let k = 0; k < e.view.axes.length; k++) {
    const m = e.view.axes[k];
    const size = e.src[0].shape[k];
    if (size === 1) continue;
    if (m.from <= last || m.scale !== 1 || m.offset !== 0 || e.shape[m.from] !== size) return false;
    last = m.from;
  }
  return true;
}

/** Element by element, without a call for each. */
export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (!Object.is(a[k], b[k])) return false;
  return true;
}

/** Equal once the axes of size 1 are left out. */
export function sameBesidesOnes(a: Shape, b: Shape): boolean {
  let j = 0;
  for (const size of a) {
    if (size === 1) continue;
    while (j < b.length && b[j] === 1) j++;
    if (b[j++] !== size) return false;
  }
  while (j < b.length && b[j] === 1) j++;
  return j === b.length;
}

export function canonicalise(roots: readonly Expr[], resident: (e: Expr) => boolean): Canonical {
  const nodes: Expr[] = [];
  const isInput: boolean[] = [];
  const shapes: Shape[] = [];
  const shapeOf: number[] = [];
  const sizes: number[] = [];
  const loops: number[] = [];
  // A number, or -1 for a node whose sources are being visited.
  const numberOf = new Map<Expr, number>();
  let key = '';

  const shapeId = (shape: Shape): number => {
    for (let k = 0; k < shapes.length; k++) if (shapes[k] === shape || sameNumbers(shapes[k], shape)) return k;
    key += '[';
    for (const size of shape) {
      key += size === 1 ? '1' : 'n';
      sizes.push(size);
    }
    key += ']';
    return shapes.push(shape) - 1;
  };
  const loopId = (loop: number): number => {
    const found = loops.indexOf(loop);
    return found >= 0 ? found : loops.push(loop) - 1;
  };
  const number = (e: Expr): string => `${numberOf.get(e)},`;
  const numbers = (list: readonly Expr[]): string => {
    let text = '';
    for (const e of list) text += number(e);
    return text;
  };

  const describe = (e: Expr, input: boolean): string => {
    if (input) return 'i';
    switch (e.kind) {
      case 'source': return 'i';
      case 'fill': return 'f';
      case 'map': return `m${fnId(e.fn)}.${e.result}(${numbers(e.src)}`;
      case 'view': return describeView(e, number(e.src[0]), sizes);
      case 'reduce': return `r${e.reducer}${e.axes.join()}(${number(e.src[0])}`;
      case 'contract': return `x${e.axes.join()}(${numbers(e.src)}`;
      case 'stencil':
        return `s${fnId(e.fn)}.${e.result}${e.border.join()};${e.lo.join()};${e.hi.join()}(${numbers(e.src)}`;
      case 'nest': return `n${fnId(e.fn)}.${e.result};${shapeId(e.domain)};${startsOf(e)}(${numbers(e.src)}`;
      case 'carry': return `c${loopId(e.loop)}.${e.index}`;
      case 'loop':
        sizes.push(e.count);
        return `l${loopId(e.loop)}.${e.result}(${numbers(e.src)}|${numbers(e.carries)}|${numbers(e.next)}`;
      default: return e satisfies never;
    }
  };

  const finish = (e: Expr, input: boolean): void => {
    const text = describe(e, input);
    const shape = shapeId(e.shape);
    key += `${dtypeCodes[e.dtype]}${shape}${text};`;
    numberOf.set(e, nodes.length);
    nodes.push(e);
    isInput.push(input);
    shapeOf.push(shape);
  };

  const stack: Expr[] = [];
  for (const root of roots) {
    stack.push(root);
    while (stack.length > 0) {
      const e = stack[stack.length - 1];
      const seen = numberOf.get(e);
      if (seen === undefined) {
        const input = e.kind === 'source' || resident(e);
        numberOf.set(e, -1);
        const below = input ? none : e.kind === 'loop' ? loopDependencies(e) : e.src;
        if (below.length === 0) {
          stack.pop();
          finish(e, input);
        } else {
          for (let k = below.length - 1; k >= 0; k--) if (numberOf.get(below[k]) === undefined) stack.push(below[k]);
        }
      } else {
        stack.pop();
        if (seen === -1) finish(e, false);
      }
    }
  }
  const rootNumbers = roots.map((r) => numberOf.get(r)!);
  return { key: `${key}>${rootNumbers.join()}`, nodes, isInput, shapes, shapeOf, roots: rootNumbers, sizes, numberOf };
}

const none: readonly Expr[] = [];

/** States of a loop that its body never reads still have numbers. */
const loopDependencies = (e: LoopExpr): readonly Expr[] => [...e.carries, ...dependencies(e)];

/** An output that starts with zeros: the one scalar that a plan knows, since nothing has to be copied then. */
export const startsWithZeros = (initial: Expr): boolean => initial.kind === 'fill' && Object.is(initial.value, 0);

const startsOf = ({ fn, src }: NestExpr): string =>
  src.slice(fn.inputs.length).map((e) => (startsWithZeros(e) ? '0' : 'x')).join('');

/** Scales and offsets are bound later: they go to `sizes`. */
function describeView(e: ViewExpr, source: string, sizes: number[]): string {
  const view = viewClass(e);
  let text = `v${view[0]}`;
  if (e.view.kind === 'affine') {
    for (const m of e.view.axes) {
      text += `${m.from},`;
      sizes.push(m.scale, m.offset);
    }
  }
  return `${text}(${source}`;
}

const dtypeCodes = {
  float32: 'f', float64: 'd', int32: 'i', uint32: 'u', int16: 's', uint16: 't', int8: 'b', uint8: 'c', bool: 'o',
} as const satisfies Record<DType, string>;

const fnIds = new WeakMap<Fn, number>();
const fnKeys = new Map<string, number>();

/** A short number for a function: equal keys, equal numbers. */
function fnId(fn: Fn): number {
  let id = fnIds.get(fn);
  if (id === undefined) {
    if (fn.uniforms.length > 0) throw new InternalError(`${fn.name}: a function of an array node has no uniforms`);
    id = fnKeys.get(fn.key);
    if (id === undefined) fnKeys.set(fn.key, (id = fnKeys.size));
    fnIds.set(fn, id);
  }
  return id;
}
