/**
 * The reference: the array graph evaluated node by node, point by point, in plain JavaScript. Written to be read, not to
 * be fast; everything else is checked against it. It shares with the rest only what a value *means* (the op table, the
 * border maps), none of the planner and no emitter.
 */
import { borderRules, edgeMaps, numberArithmetic, type BorderMode } from '../dsl/border.ts';
import { castNumber, dtypes, isFloat, type DType, type TypedArray } from '../dsl/dtype.ts';
import {
  topological, type Expr, type LoopExpr, type MapExpr, type NestExpr, type ReduceExpr, type StencilExpr, type ViewExpr,
} from '../dsl/expr.ts';
import { interpret, type Leaf } from '../dsl/kernel/interpret.ts';
import type { Point } from '../dsl/kernel/ir.ts';
import { evaluateOp } from '../dsl/ops.ts';
import { reducerInfo } from '../dsl/reducers.ts';
import { sizeOf, stridesOf, type Shape } from '../dsl/shape.ts';
import { InternalError } from '../errors.ts';
import type { GraphTarget } from './target.ts';

type Values = Map<Expr, TypedArray>;

export const referenceTarget: GraphTarget = {
  kind: 'graph',
  name: 'reference',
  describe: () => 'plain JavaScript, one element at a time',
  refuses: () => undefined,
  close: async () => {},
  evaluate(roots, data) {
    const values: Values = new Map();
    evaluateAll(roots, values, data);
    return roots.map((r) => values.get(r)!);
  },
};

function evaluateAll(roots: readonly Expr[], values: Values, data: (e: Expr) => TypedArray | undefined): void {
  const known = (e: Expr): boolean => values.has(e) || data(e) !== undefined;
  // A loop's body is not evaluated as part of the graph around it, but once per step.
  for (const e of topological(roots, known, (n) => n.src)) {
    if (!values.has(e)) values.set(e, data(e) ?? evaluateNode(e, values, data));
  }
}

function evaluateNode(e: Expr, values: Values, data: (e: Expr) => TypedArray | undefined): TypedArray {
  switch (e.kind) {
    case 'fill': return allocate(e).fill(e.value);
    case 'map': return eachPoint(e, (at) => pointValue(e, values, at, (input) => read(values, e.src[input], at)));
    case 'view': return evaluateView(e, values);
    case 'reduce': return evaluateReduce(e, values);
    case 'stencil': return evaluateStencil(e, values);
    case 'loop': return evaluateLoop(e, values, data);
    case 'nest': return evaluateNest(e, values);
    case 'source': throw new InternalError(`reference: no data for source '${e.name}'`);
    case 'carry': throw new InternalError('reference: a state was used outside its loop');
    default: return e satisfies never;
  }
}

const allocate = (e: Expr): TypedArray => new dtypes[e.dtype].array(sizeOf(e.shape)) as TypedArray;

/** Calls `f` with every coordinate, row-major, and stores what it returns. */
function eachPoint(e: Expr, f: (at: readonly number[]) => number): TypedArray {
  const out = allocate(e);
  forEachCoordinate(e.shape, (at, flat) => (out[flat] = f(at)));
  return out;
}

function forEachCoordinate(shape: Shape, visit: (at: number[], flat: number) => void): void {
  const at = shape.map(() => 0);
  for (let flat = 0, n = sizeOf(shape); flat < n; flat++) {
    visit(at, flat);
    for (let k = shape.length - 1; k >= 0 && ++at[k] === shape[k]; k--) at[k] = 0;
  }
}

const flatIndex = (at: readonly number[], shape: Shape): number => stridesOf(shape).reduce((sum, s, k) => sum + s * at[k], 0);
const read = (values: Values, e: Expr, at: readonly number[]): number => values.get(e)![flatIndex(at, e.shape)];

/** The value of a node's function at a point. */
function pointValue(
  e: MapExpr | StencilExpr, values: Values, at: readonly number[], readInput: (input: number, point: Point | undefined) => number,
): number {
  const leaf = (v: Leaf): number => (v.kind === 'read' ? readInput(v.input, v.at) : leafAt(v, e.shape, at, e));
  const fn = { results: [e.fn.results[e.result]], effects: [] };
  return interpret(fn, { leaf, gather: (input, index) => elementOf(values, e.src[input], index) })[0];
}

/** What a leaf other than a read is at a point of `domain`. */
function leafAt(v: Leaf, domain: Shape, at: readonly number[], { src }: Expr, outputs: readonly Expr[] = []): number {
  switch (v.kind) {
    case 'coord': return at[v.axis];
    case 'extent': return domain[v.axis];
    case 'size': return (v.of === 'input' ? src : outputs)[v.array].shape[v.axis];
    default: throw new InternalError(`reference: a ${v.kind} in the function of an array node`);
  }
}

/** An element that a function asks for by its index, which is inside; but an array without elements has none, and gives 0. */
function elementOf(values: Values, e: Expr, index: readonly number[]): number {
  if (sizeOf(e.shape) === 0) return 0;
  if (!isInside(index, e.shape)) throw new InternalError(`reference: element ${index.join()} of shape ${e.shape.join()}`);
  return read(values, e, index);
}

const clamped = (index: readonly number[], shape: Shape): number[] => index.map((i, k) => Math.max(0, Math.min(i, shape[k] - 1)));
const isInside = (index: readonly number[], shape: Shape): boolean => index.every((i, k) => i >= 0 && i < shape[k]);

function evaluateView(e: ViewExpr, values: Values): TypedArray {
  const [source] = e.src;
  const { view } = e;
  if (view.kind === 'reshape') return values.get(source)!.slice() as TypedArray;
  return eachPoint(e, (at) => read(values, source, view.axes.map((m) => m.offset + (m.from < 0 ? 0 : m.scale * at[m.from]))));
}

function evaluateReduce(e: ReduceExpr, values: Values): TypedArray {
  const [source] = e.src;
  const data = values.get(source)!;
  const info = reducerInfo(e.reducer);
  const groups = Array.from({ length: sizeOf(e.shape) }, (): number[] => []);
  forEachCoordinate(source.shape, (at, flat) => {
    groups[flatIndex(at.filter((_, k) => !e.axes.includes(k)), e.shape)].push(data[flat]);
  });
  const reduceGroup = (group: number[]): number => {
    if (info.combine === 'argMin' || info.combine === 'argMax') return argBest(group, info.combine === 'argMin' ? -1 : 1);
    const combine = info.combine;
    const start = info.identity(source.dtype);
    // Floats add up in double precision, so that the reference is the more exact side of a comparison.
    const wide: DType = isFloat(source.dtype) ? 'float64' : source.dtype;
    return castNumber(group.reduce((a, b) => evaluateOp(combine, [a, b], wide, wide), start), wide, e.dtype);
  };
  return (allocate(e).map as (f: (v: number, k: number) => number) => TypedArray)((_, k) => reduceGroup(groups[k]));
}

/** Position of the first best value; the first NaN beats everything. */
function argBest(group: readonly number[], sign: number): number {
  const nan = group.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  return group.reduce((best, v, k) => ((v - group[best]) * sign > 0 ? k : best), 0);
}

function evaluateStencil(e: StencilExpr, values: Values): TypedArray {
  const rules = e.border.map((mode) => borderRules[mode]);
  return eachPoint(e, (at) => {
    if (leaves(e, at)) return e.cval;
    return pointValue(e, values, at, (input, point) => {
      const source = e.src[input];
      const here = at.map((c, k) => c + shift(e.border[k], e.lo[k], source.shape[k], e.shape[k]));
      if (!point) return read(values, source, here);
      const there = here.map((c, k) => c + point.offset[k]);
      const outside = there.some((c, k) => rules[k].readGuard && (c < 0 || c >= source.shape[k]));
      if (outside) return castNumber(e.cval, 'float64', source.dtype);
      return read(values, source, there.map((c, k) => edgeMaps[rules[k].edge](numberArithmetic, c, source.shape[k])));
    });
  });
}

/** `valid`: the output's cell 0 is the input's cell -lo. Scalars, which have the output's shape, stay where they are. */
const shift = (mode: BorderMode, lo: number, source: number, out: number): number =>
  borderRules[mode].shrinks && source !== out ? -lo : 0;

/** `fill`: the neighbourhood of this cell leaves the array. */
const leaves = (e: StencilExpr, at: readonly number[]): boolean =>
  at.some((c, k) => borderRules[e.border[k]].cellGuard && (c + e.lo[k] < 0 || c + e.hi[k] >= e.shape[k]));

function evaluateLoop(e: LoopExpr, values: Values, data: (e: Expr) => TypedArray | undefined): TypedArray {
  let states = e.src.map((s) => values.get(s)!);
  for (let step = 0; step < e.count; step++) {
    const inside: Values = new Map(values);
    e.carries.forEach((c, k) => inside.set(c, states[k]));
    evaluateAll(e.next, inside, data);
    states = e.next.map((n) => inside.get(n)!);
  }
  return states[e.result];
}

/** Outputs start with their initial values; then every point does what the function says, in order. */
function evaluateNest(e: NestExpr, values: Values): TypedArray {
  const initial = e.src.slice(e.fn.inputs.length);
  const outputs = initial.map((x) => values.get(x)!.slice());
  forEachCoordinate(e.domain, (at) => {
    interpret(e.fn, {
      leaf: (v) => leafAt(v, e.domain, at, e, initial),
      gather: (input, index) => elementOf(values, e.src[input], index),
      load(output, index) {
        const { shape } = initial[output];
        return sizeOf(shape) === 0 ? 0 : outputs[output][flatIndex(clamped(index, shape), shape)];
      },
      store(output, index, value) {
        const { shape } = initial[output];
        if (isInside(index, shape)) outputs[output][flatIndex(index, shape)] = value;
      },
    });
  });
  return outputs[e.result] as TypedArray;
}
