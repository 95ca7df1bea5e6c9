/**
 * The reference: the array graph evaluated node by node, point by point, in plain JavaScript. Written to be read, not to
 * be fast; everything else is checked against it. It shares with the rest only what a value *means* (the op table, the
 * border maps), none of the planner and no emitter.
 *
 * Kernels run as the JavaScript functions they are, in double precision, so that they can be debugged; or they are
 * interpreted, as their lowered form says, which is exact: tests do that.
 */
import { borderRules, edgeMaps, numberArithmetic, type BorderMode } from '../dsl/border.ts';
import { castNumber, dtypes, isFloat, type DType, type TypedArray } from '../dsl/dtype.ts';
import {
  topological, type ContractExpr, type Expr, type LoopExpr, type MapExpr, type NestExpr, type ReduceExpr, type StencilExpr,
  type ViewExpr,
} from '../dsl/expr.ts';
import { interpret, type Leaf } from '../dsl/kernel/interpret.ts';
import type { Point } from '../dsl/kernel/ir.ts';
import { evaluateOp } from '../dsl/ops.ts';
import { reducerInfo } from '../dsl/reducers.ts';
import { sizeOf, stridesOf, type Shape } from '../dsl/shape.ts';
import { kernelOf, type PlainKernel, type PointKernel, type WholeKernel } from '../dsl/plainly.ts';
import { InternalError } from '../errors.ts';
import { callAt, callWhole, cast, flatten, nestedOf, type Nested, type Surroundings } from './plain-kernels.ts';
import type { GraphTarget } from './target.ts';

type Values = Map<Expr, TypedArray>;

interface Evaluation {
  readonly values: Values;
  readonly data: (e: Expr) => TypedArray | undefined;
  /** The function that a node came from, where it is to be called. */
  readonly kernelOf: (e: Expr) => PlainKernel | undefined;
  /** What kernels over whole arrays gave: several nodes are results of one call. */
  readonly calls: Map<readonly Expr[], unknown[]>;
}

const referenceWith = (name: string, describe: string, kernelOf: Evaluation['kernelOf']): GraphTarget => ({
  kind: 'graph',
  name,
  describe: () => describe,
  refuses: () => undefined,
  close: async () => {},
  evaluate(roots, data) {
    const values: Values = new Map();
    evaluateAll(roots, { values, data, kernelOf, calls: new Map() });
    return roots.map((r) => values.get(r)!);
  },
});

export const referenceTarget = referenceWith('reference', 'plain JavaScript, one element at a time', kernelOf);
export const interpreterTarget = referenceWith('interpreter', 'lowered kernels in JavaScript, one element at a time', () => undefined);

function evaluateAll(roots: readonly Expr[], now: Evaluation): void {
  const { values, data } = now;
  const known = (e: Expr): boolean => values.has(e) || data(e) !== undefined;
  const below = (e: Expr): readonly Expr[] => {
    const kernel = now.kernelOf(e);
    return kernel?.kind === 'whole' ? kernel.sources : e.src;
  };
  // A loop's body is not evaluated as part of the graph around it, but once per step.
  for (const e of topological(roots, known, below)) {
    if (!values.has(e)) values.set(e, data(e) ?? evaluateKernel(e, now) ?? evaluateNode(e, now));
  }
}

/** Calls the function the node came from. Undefined: there is none, or it needs names that only the options give it. */
function evaluateKernel(e: Expr, now: Evaluation): TypedArray | undefined {
  const kernel = now.kernelOf(e);
  if (!kernel) return undefined;
  const { values } = now;
  try {
    if (kernel.kind === 'whole') return wholeResult(e, kernel, now);
    if (e.kind === 'map') return eachPoint(e, (at) => cast(callAt(kernel, surroundings(e, values, at))[e.result], e.dtype));
    if (e.kind === 'stencil') return eachPoint(e, (at) => (leaves(e, at) ? e.cval : cast(callAt(kernel, surroundings(e, values, at))[e.result], e.dtype)));
    return e.kind === 'nest' ? callNest(e, kernel, values) : undefined;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    evaluateAll(e.src, { ...now, kernelOf: (n) => (n === e ? undefined : now.kernelOf(n)) });
    return undefined;
  }
}

function wholeResult(e: Expr, kernel: WholeKernel, { values, calls }: Evaluation): TypedArray {
  let results = calls.get(kernel.sources);
  if (!results) calls.set(kernel.sources, (results = callWhole(kernel, (x) => values.get(x)!)));
  const result = results[kernel.result];
  return ArrayBuffer.isView(result) ? (result as TypedArray) : (allocate(e).fill(cast(result, e.dtype)));
}

/** What a kernel sees at a point of a map or stencil. */
function surroundings(e: MapExpr | StencilExpr, values: Values, at: readonly number[]): Surroundings {
  return {
    element: (input) => (e.kind === 'stencil' ? neighbourValue(e, values, at, input, undefined) : read(values, e.src[input], at)),
    neighbour: (input, offset) => (e.kind === 'stencil' ? neighbourValue(e, values, at, input, offset) : NaN),
    part: (input, lead) => partOf(values.get(e.src[input])!, e.src[input], at, lead),
    output: () => NaN,
    coordinate: (axis) => at[axis],
  };
}

/** The part of an array at leading coordinates. */
function partOf(data: TypedArray, { shape, dtype }: Expr, at: readonly number[], lead: number): Nested {
  const strides = stridesOf(shape);
  const from = at.slice(0, lead).reduce((sum, c, k) => sum + c * strides[k], 0);
  return nestedOf(data, shape.slice(lead), dtype, from);
}

function callNest(e: NestExpr, kernel: PointKernel, values: Values): TypedArray {
  const initial = e.src.slice(e.fn.inputs.length);
  const outputs = initial.map((x) => values.get(x)!.slice() as TypedArray);
  forEachCoordinate(e.domain, (at) => {
    const parts: { readonly k: number; readonly lead: number; readonly part: Nested }[] = [];
    callAt(kernel, {
      element: () => NaN,
      neighbour: () => NaN,
      part: (input, lead) => partOf(values.get(e.src[input])!, e.src[input], at, lead),
      output(k, lead) {
        const part = partOf(outputs[k], initial[k], at, lead);
        parts.push({ k, lead, part });
        return part;
      },
      coordinate: (axis) => at[axis],
    });
    for (const { k, lead, part } of parts) {
      const { shape, dtype } = initial[k];
      const strides = stridesOf(shape);
      flatten(part, outputs[k], shape.slice(lead), dtype, at.slice(0, lead).reduce((sum, c, axis) => sum + c * strides[axis], 0));
    }
  });
  return outputs[e.result];
}

function evaluateNode(e: Expr, now: Evaluation): TypedArray {
  const { values } = now;
  switch (e.kind) {
    case 'fill': return allocate(e).fill(e.value);
    case 'map': return eachPoint(e, (at) => pointValue(e, values, at, (input) => read(values, e.src[input], at)));
    case 'view': return evaluateView(e, values);
    case 'reduce': return evaluateReduce(e, values);
    case 'contract': return evaluateContract(e, values);
    case 'stencil': return evaluateStencil(e, values);
    case 'loop': return evaluateLoop(e, now);
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

/** Sums of products; of floats in double precision. */
function evaluateContract(e: ContractExpr, values: Values): TypedArray {
  const [a, b] = e.src.map((s) => values.get(s)!);
  const wide: DType = isFloat(e.dtype) ? 'float64' : e.dtype;
  const sums = new Array<number>(sizeOf(e.shape)).fill(0);
  forEachCoordinate(e.src[0].shape, (at, flat) => {
    const k = flatIndex(at.filter((_, axis) => !e.axes.includes(axis)), e.shape);
    sums[k] = evaluateOp('add', [sums[k], evaluateOp('mul', [a[flat], b[flat]], wide, wide)], wide, wide);
  });
  return (allocate(e).map as (f: (v: number, k: number) => number) => TypedArray)((_, k) => castNumber(sums[k], wide, e.dtype));
}

/** Position of the first best value; the first NaN beats everything. */
function argBest(group: readonly number[], sign: number): number {
  const nan = group.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  return group.reduce((best, v, k) => ((v - group[best]) * sign > 0 ? k : best), 0);
}

function evaluateStencil(e: StencilExpr, values: Values): TypedArray {
  return eachPoint(e, (at) => {
    if (leaves(e, at)) return e.cval;
    return pointValue(e, values, at, (input, point) => neighbourValue(e, values, at, input, point?.offset));
  });
}

/** A source at an offset from a point, as the border says. */
function neighbourValue(
  e: StencilExpr, values: Values, at: readonly number[], input: number, offset: readonly number[] | undefined,
): number {
  const rules = e.border.map((mode) => borderRules[mode]);
  const source = e.src[input];
  const here = at.map((c, k) => c + shift(e.border[k], e.lo[k], source.shape[k], e.shape[k]));
  if (!offset) return read(values, source, here);
  const there = here.map((c, k) => c + offset[k]);
  const outside = there.some((c, k) => rules[k].readGuard && (c < 0 || c >= source.shape[k]));
  if (outside) return castNumber(e.cval, 'float64', source.dtype);
  return read(values, source, there.map((c, k) => edgeMaps[rules[k].edge](numberArithmetic, c, source.shape[k])));
}

/** `valid`: the output's cell 0 is the input's cell -lo. Scalars, which have the output's shape, stay where they are. */
const shift = (mode: BorderMode, lo: number, source: number, out: number): number =>
  borderRules[mode].shrinks && source !== out ? -lo : 0;

/** `fill`: the neighbourhood of this cell leaves the array. */
const leaves = (e: StencilExpr, at: readonly number[]): boolean =>
  at.some((c, k) => borderRules[e.border[k]].cellGuard && (c + e.lo[k] < 0 || c + e.hi[k] >= e.shape[k]));

function evaluateLoop(e: LoopExpr, now: Evaluation): TypedArray {
  const { values } = now;
  let states = e.src.map((s) => values.get(s)!);
  for (let step = 0; step < e.count; step++) {
    const inside: Values = new Map(values);
    e.carries.forEach((c, k) => inside.set(c, states[k]));
    evaluateAll(e.next, { ...now, values: inside, calls: new Map() });
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
