/**
 * A plan-level oracle: executes launches point by point on JavaScript arrays. Slow and plain on purpose; it shares with
 * the emitters only the meaning of ops and edge maps, and it refuses reads that a target may not make: out of bounds,
 * from a slot that was never written, or from a slot that the same launch writes.
 */
import { edgeMaps, numberArithmetic } from '../../src/dsl/border.ts';
import { castNumber, dtypes, isFloat, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import type { Expr } from '../../src/dsl/expr.ts';
import type { Fn, Point, Value } from '../../src/dsl/kernel/ir.ts';
import { valuesOf } from '../../src/dsl/kernel/walk.ts';
import { evaluateOp } from '../../src/dsl/ops.ts';
import { reducerInfo, type ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import type { BufferSlot, Launch } from '../../src/fusion/kernel.ts';

/** What `planFor` returns, as far as running it needs. */
export interface RunnablePlan {
  readonly slots: readonly BufferSlot[];
  readonly inputs: readonly { readonly slot: number; readonly expr: Expr }[];
  readonly outputs: readonly { readonly slot: number; readonly expr: Expr }[];
  readonly launches: readonly Launch[];
}

/** Runs a bound plan; `data` gives the values of its inputs. Returns one array per root. */
export function runPlan(plan: RunnablePlan, data: (e: Expr) => TypedArray): TypedArray[] {
  const buffers: Buffers = plan.slots.map(() => undefined);
  for (const { slot, expr } of plan.inputs) buffers[slot] = data(expr).slice() as TypedArray;
  const originals = plan.inputs.map(({ slot }) => buffers[slot]!.slice());
  runLaunches(plan.slots, plan.launches, buffers);
  plan.inputs.forEach(({ slot }, k) => {
    if (!originals[k].every((v, i) => Object.is(v, buffers[slot]![i]))) throw new Error(`the plan wrote its input slot ${slot}`);
  });
  return plan.outputs.map(({ slot, expr }) => {
    const found = buffers[slot] ?? fail(`output slot ${slot} was never written`);
    return found.slice(0, sizeOf(expr.shape)) as TypedArray;
  });
}

type Buffers = (TypedArray | undefined)[];

/** Runs launches over the buffers of their slots; slots that nothing has written yet are undefined. */
export function runLaunches(slots: readonly BufferSlot[], launches: readonly Launch[], buffers: Buffers): void {
  for (const launch of launches) runLaunch(launch, buffers, slots);
}

/** Runs one launch. Output buffers are made when they are missing and `slots` is given. */
export function runLaunch(launch: Launch, buffers: Buffers, slots?: readonly BufferSlot[]): void {
  const { kernel, domain } = launch;
  const inputs = launch.inputs.map((access, k) => {
    const buffer = buffers[access.slot] ?? fail(`${kernel.name}: input ${k} reads slot ${access.slot}, which nothing has written`);
    if (launch.outputs.includes(access.slot)) fail(`${kernel.name}: slot ${access.slot} is read and written`);
    return (at: readonly number[]): number => {
      const element = access.strides.reduce((sum, s, axis) => sum + s * at[axis], access.offset);
      if (!(element >= 0 && element < buffer.length)) fail(`${kernel.name}: input ${k} read at ${at.join()} is element ${element} of ${buffer.length}`);
      return buffer[element];
    };
  });
  const reducedAxes = kernel.reduction?.axes ?? [];
  const keptAxes = domain.map((_, k) => k).filter((k) => !reducedAxes.includes(k));
  const kept = keptAxes.map((k) => domain[k]);
  const outputs = launch.outputs.map((slot, k) => {
    const { dtype, from } = kernel.outputs[k];
    const length = sizeOf(from === 'body' ? domain : kept);
    const capacity = slots ? slots[slot].length : length;
    if (capacity < length) fail(`${kernel.name}: output ${k} has ${length} elements, slot ${slot} only ${capacity}`);
    // A fresh array each time: what a slot held before must not matter.
    if (slots || !buffers[slot]) buffers[slot] = new dtypes[dtype].array(capacity) as TypedArray;
    return buffers[slot];
  });

  const body = compile(kernel.body, { domain, uniforms: launch.uniforms, inputs });
  const states = kernel.reduction?.terms.map((t) => {
    const dtype = kernel.body.results[t.value].dtype;
    return Array.from({ length: sizeOf(kept) }, () => accumulator(t.reducer, dtype));
  });
  forEachPoint(domain, (at, flat) => {
    const values = body(at);
    kernel.outputs.forEach((o, k) => { if (o.from === 'body') outputs[k][flat] = values[o.result]; });
    if (!states) return;
    const cell = flatten(keptAxes.map((k) => at[k]), kept);
    const index = flatten(reducedAxes.map((k) => at[k]), reducedAxes.map((k) => domain[k]));
    kernel.reduction!.terms.forEach((t, k) => states[k][cell].take(values[t.value], index));
  });
  if (!states) return;
  forEachPoint(kept, (at, flat) => {
    const full = domain.map(() => 0);
    keptAxes.forEach((axis, k) => (full[axis] = at[k]));
    const reduced = states.map((cells) => cells[flat].result());
    const values = compile(kernel.reduction!.epilogue, { domain, uniforms: launch.uniforms, inputs, reduced })(full);
    kernel.outputs.forEach((o, k) => { if (o.from === 'epilogue') outputs[k][flat] = values[o.result]; });
  });
}

interface Accumulator { take(value: number, index: number): void; result(): number }

/** Floats are combined in double precision, so that this is the more exact side of a comparison. */
function accumulator(name: ReducerName, dtype: DType): Accumulator {
  const info = reducerInfo(name);
  const { combine } = info;
  let value = info.identity(dtype);
  if (combine === 'argMin' || combine === 'argMax') {
    let best = 2 ** 31 - 1;
    const better = combine === 'argMin' ? (a: number, b: number) => a < b : (a: number, b: number) => a > b;
    return {
      take(v, index) {
        if (Number.isNaN(value)) return;
        if (Number.isNaN(v) || better(v, value) || (v === value && index < best)) [value, best] = [v, index];
      },
      result: () => best,
    };
  }
  const wide: DType = isFloat(dtype) ? 'float64' : dtype;
  return {
    take: (v) => { value = evaluateOp(combine, [value, v], wide, wide); },
    result: () => castNumber(value, wide, dtype),
  };
}

interface Scope {
  readonly domain: readonly number[];
  readonly uniforms: readonly number[];
  readonly inputs: readonly ((at: readonly number[]) => number)[];
  readonly reduced?: readonly number[];
}

/** A function from a point of the domain to the results of `fn`. */
function compile(fn: Fn, scope: Scope): (at: readonly number[]) => number[] {
  const order = valuesOf(fn.results);
  const number = new Map(order.map((v, k) => [v, k]));
  const memory = new Array<number>(order.length);
  const of = (v: Value): number => memory[number.get(v)!];
  return (at) => {
    const points = new Map<Point, readonly number[]>();
    const place = (p: Point | undefined): readonly number[] => {
      if (!p) return at;
      let found = points.get(p);
      if (!found) {
        found = place(p.base).map((c, k) => edgeMaps[p.edge[k]](numberArithmetic, c + p.offset[k], scope.domain[k]));
        points.set(p, found);
      }
      return found;
    };
    const evaluate = (v: Value): number => {
      switch (v.kind) {
        case 'const': return v.value;
        case 'uniform': return scope.uniforms[v.index];
        case 'read': return scope.inputs[v.input](place(v.at));
        case 'coord': return place(v.at)[v.axis];
        case 'extent': return scope.domain[v.axis];
        case 'inside': return place(v.at).every((c, k) => (v.lo[k] === 0 && v.hi[k] === 0) || (c + v.lo[k] >= 0 && c + v.hi[k] < scope.domain[k])) ? 1 : 0;
        case 'reduced': return (scope.reduced ?? fail('a reduced value outside an epilogue'))[v.index];
        case 'op': return evaluateOp(v.op, v.args.map(of), v.args[0].dtype, v.dtype);
        default: return v satisfies never;
      }
    };
    order.forEach((v, k) => (memory[k] = evaluate(v)));
    return fn.results.map(of);
  };
}

function forEachPoint(shape: readonly number[], visit: (at: readonly number[], flat: number) => void): void {
  const at = shape.map(() => 0);
  for (let flat = 0, n = sizeOf(shape); flat < n; flat++) {
    visit(at, flat);
    for (let k = shape.length - 1; k >= 0 && ++at[k] === shape[k]; k--) at[k] = 0;
  }
}

const flatten = (at: readonly number[], shape: readonly number[]): number => at.reduce((sum, c, k) => sum * shape[k] + c, 0);

function fail(message: string): never {
  throw new Error(message);
}
