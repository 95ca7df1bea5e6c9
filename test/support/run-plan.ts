/**
 * A plan-level oracle: executes launches point by point on JavaScript arrays. Slow and plain on purpose; it shares with
 * the emitters only the meaning of ops and edge maps, and it refuses reads that a target may not make: out of bounds,
 * from a slot that was never written, or from a slot that the same launch writes.
 */
import { edgeMaps, numberArithmetic } from '../../src/dsl/border.ts';
import { castNumber, dtypes, isFloat, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import type { Expr } from '../../src/dsl/expr.ts';
import { interpret, type Leaf } from '../../src/dsl/kernel/interpret.ts';
import type { Fn, Point } from '../../src/dsl/kernel/ir.ts';
import { evaluateOp } from '../../src/dsl/ops.ts';
import { reducerInfo, type ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import { mayOverwrite } from '../../src/fusion/in-place.ts';
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

export type Buffers = (TypedArray | undefined)[];

/** Runs launches over the buffers of their slots; slots that nothing has written yet are undefined. */
export function runLaunches(slots: readonly BufferSlot[], launches: readonly Launch[], buffers: Buffers): void {
  for (const launch of launches) runLaunch(launch, buffers, slots);
}

/** Runs one launch. Output buffers are made when they are missing and `slots` is given. */
export function runLaunch(launch: Launch, buffers: Buffers, slots?: readonly BufferSlot[]): void {
  const { kernel, domain } = launch;
  const inputs = launch.inputs.map((_, k) => inputOf(launch, k, buffers));
  const reducedAxes = kernel.reduction?.axes ?? [];
  const keptAxes = domain.map((_, k) => k).filter((k) => !reducedAxes.includes(k));
  const kept = keptAxes.map((k) => domain[k]);
  const outputs = launch.outputs.map((slot, k) => {
    const { dtype, from } = kernel.outputs[k];
    const length = sizeOf(from === 'body' ? domain : from === 'epilogue' ? kept : launch.stored![k].sizes);
    const capacity = slots ? slots[slot].length : length;
    if (capacity < length) fail(`${kernel.name}: output ${k} has ${length} elements, slot ${slot} only ${capacity}`);
    // A fresh array each time: what a slot held before must not matter. In place the input's own.
    const inPlace = launch.inputs.some((x) => x.slot === slot);
    if ((slots && !inPlace) || !buffers[slot]) buffers[slot] = new dtypes[dtype].array(capacity) as TypedArray;
    return buffers[slot];
  });

  const scope: Scope = { domain, uniforms: launch.uniforms, inputs };
  if (kernel.schedule === 'nest') {
    runNest(launch, scope, outputs, buffers);
    return;
  }
  const states = kernel.reduction?.terms.map((t) => {
    const dtype = kernel.body.results[t.value].dtype;
    return Array.from({ length: sizeOf(kept) }, () => accumulator(t.reducer, dtype));
  });
  forEachPoint(domain, (at, flat) => {
    const values = evaluate(kernel.body, scope, at);
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
    const values = evaluate(kernel.reduction!.epilogue, { ...scope, reduced }, full);
    kernel.outputs.forEach((o, k) => { if (o.from === 'epilogue') outputs[k][flat] = values[o.result]; });
  });
}

/** An input as a function of a point of the domain, or for a whole input of an index into it. */
export interface Input {
  readonly sizes: readonly number[] | undefined;
  read(at: readonly number[]): number;
}

export function inputOf(launch: Launch, k: number, buffers: Buffers): Input {
  const { name, inputs } = launch.kernel;
  const { slot, offset, strides, sizes } = launch.inputs[k];
  const buffer = buffers[slot] ?? fail(`${name}: input ${k} reads slot ${slot}, which nothing has written`);
  const output = launch.outputs.indexOf(slot);
  if (output >= 0 && !mayOverwrite(launch, k, output)) fail(`${name}: slot ${slot} is read and written`);
  if ((sizes !== undefined) !== (inputs[k].whole !== undefined)) fail(`${name}: input ${k} is whole in the kernel or in the launch only`);
  const read = (at: readonly number[]): number => {
    if (at.length !== strides.length) fail(`${name}: input ${k} of ${strides.length} axes read at ${at.join()}`);
    if (sizes?.includes(0)) return 0;
    if (sizes && !isInside(at, sizes)) fail(`${name}: input ${k} of sizes ${sizes.join()} read at ${at.join()}`);
    const element = strides.reduce((sum, s, axis) => sum + s * at[axis], offset);
    if (!(element >= 0 && element < buffer.length)) fail(`${name}: input ${k} read at ${at.join()} is element ${element} of ${buffer.length}`);
    return buffer[element];
  };
  return { sizes, read };
}

const isInside = (at: readonly number[], sizes: readonly number[]): boolean => at.every((i, k) => i >= 0 && i < sizes[k]);

/** Outputs start with their initial elements; then every point does what the body says. */
function runNest(launch: Launch, scope: Scope, outputs: readonly TypedArray[], buffers: Buffers): void {
  const { kernel, domain } = launch;
  const stored = launch.stored ?? fail(`${kernel.name}: nothing says what its outputs start with`);
  stored.forEach(({ sizes, initial }, k) => {
    outputs[k].fill(0);
    if (initial === undefined) return;
    if (launch.outputs.includes(initial)) fail(`${kernel.name}: slot ${initial} is read and written`);
    const from = buffers[initial] ?? fail(`${kernel.name}: output ${k} starts with slot ${initial}, which nothing has written`);
    if (from.length < sizeOf(sizes)) fail(`${kernel.name}: output ${k} of ${sizeOf(sizes)} elements starts with ${from.length}`);
    outputs[k].set(from.subarray(0, sizeOf(sizes)));
  });
  // Outputs of the body are outputs of the kernel, by their number.
  const kernelOutput = kernel.body.outputs.map((_, result) => {
    const k = kernel.outputs.findIndex((o) => o.from === 'effects' && o.result === result);
    return k >= 0 ? k : fail(`${kernel.name}: output ${result} of the body has no buffer`);
  });
  const effects: Effects = {
    sizes: (output) => stored[kernelOutput[output]].sizes,
    load(output, index) {
      const { sizes } = stored[kernelOutput[output]];
      const inside = index.map((i, k) => Math.max(0, Math.min(i, sizes[k] - 1)));
      return sizes.includes(0) ? 0 : outputs[kernelOutput[output]][flatten(inside, sizes)];
    },
    store(output, index, value) {
      const { sizes } = stored[kernelOutput[output]];
      if (isInside(index, sizes)) outputs[kernelOutput[output]][flatten(index, sizes)] = value;
    },
  };
  forEachPoint(domain, (at) => evaluate(kernel.body, { ...scope, effects }, at));
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

interface Effects {
  sizes(output: number): readonly number[];
  load(output: number, index: readonly number[]): number;
  store(output: number, index: readonly number[], value: number): void;
}

interface Scope {
  readonly domain: readonly number[];
  readonly uniforms: readonly number[];
  readonly inputs: readonly Input[];
  readonly reduced?: readonly number[];
  readonly effects?: Effects;
}

/** The results of `fn` at a point of the domain; its effects happen. */
export function evaluate(fn: Fn, scope: Scope, at: readonly number[]): number[] {
  const place = (p: Point | undefined): readonly number[] =>
    (p ? place(p.base).map((c, k) => edgeMaps[p.edge[k]](numberArithmetic, c + p.offset[k], scope.domain[k])) : at);
  const leaf = (v: Leaf): number => {
    switch (v.kind) {
      case 'uniform': return scope.uniforms[v.index];
      case 'read': return scope.inputs[v.input].read(place(v.at));
      case 'coord': return place(v.at)[v.axis];
      case 'extent': return scope.domain[v.axis];
      case 'inside': return place(v.at).every((c, k) => (v.lo[k] === 0 && v.hi[k] === 0) || (c + v.lo[k] >= 0 && c + v.hi[k] < scope.domain[k])) ? 1 : 0;
      case 'size': return (v.of === 'input' ? scope.inputs[v.array].sizes! : scope.effects!.sizes(v.array))[v.axis];
      case 'reduced': return (scope.reduced ?? fail('a reduced value outside an epilogue'))[v.index];
      default: return v satisfies never;
    }
  };
  return interpret(fn, {
    leaf, gather: (input, index) => scope.inputs[input].read(index), load: scope.effects?.load, store: scope.effects?.store,
  });
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
