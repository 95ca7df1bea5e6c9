/** Array nodes made by hand, for tests of what the public functions are built on: gathers, loops and stores. */
import { WeftArray, wrap } from '../../src/dsl/array.ts';
import type { BorderMode } from '../../src/dsl/border.ts';
import { makeExpr, type Expr, type ExprSpec } from '../../src/dsl/expr.ts';
import { Builder, type Effect, type Fn, type Slot, type Value } from '../../src/dsl/kernel/ir.ts';

/** A source that is read anywhere. */
export interface Whole { readonly whole: WeftArray }
export type Source = WeftArray | Whole;

const arrayOf = (s: Source): WeftArray => (s instanceof WeftArray ? s : s.whole);

/** Builds values with a few words. */
export class Scalars extends Builder {
  constructor(readonly inputs: readonly Slot[], readonly outputs: readonly Slot[] = []) {
    super();
  }

  int(value: number): Value {
    return this.constant(value, 'int32');
  }

  /** Source `k` at the current point, or at a neighbour. */
  at(k: number, ...offset: number[]): Value {
    return this.read(k, this.inputs[k].dtype, this.point(undefined, offset, offset.map(() => 'none')));
  }

  /** Element of whole source `k`; indices are clamped. */
  take(k: number, ...index: Value[]): Value {
    return this.gather(k, this.inputs[k].dtype, index);
  }

  add(x: Value, y: Value): Value {
    return this.op('add', [x, y]);
  }

  /** Adds up `term(k)` for k from 0 to `count`, in a loop. */
  sum(count: Value, term: (k: Value) => Value): Value {
    const { dtype } = term(this.int(0));
    const [k, total] = this.states(['int32', dtype]);
    return this.loop({
      states: [k, total], initial: [this.int(0), this.constant(0, dtype)], test: this.op('lt', [k, count]),
      next: [this.add(k, this.int(1)), this.add(total, term(k))],
    })[1];
  }

  /** The effect of doing `what(k)` for k from 0 to `count`. */
  each(count: Value, what: (k: Value) => readonly Effect[]): Effect {
    const [k] = this.states(['int32']);
    const [after] = this.loop({
      states: [k], initial: [this.int(0)], test: this.op('lt', [k, count]), next: [this.add(k, this.int(1))], effects: what(k),
    });
    return { kind: 'loop', loop: (after as Value & { kind: 'after' }).loop };
  }

  store(output: number, index: readonly Value[], value: Value, when: Value = this.constant(1, 'bool')): Effect {
    return { kind: 'store', output, index, value, when };
  }

  /** An element of an output as it is now, and the effect of reading it. */
  load(output: number, ...index: Value[]): [Effect, Value] {
    const value = this.loaded(this.outputs[output].dtype);
    return [{ kind: 'load', output, index, value }, value];
  }
}

const slotOf = (s: Source, k: number): Slot =>
  ({ name: `x${k}`, dtype: arrayOf(s).dtype, ...!(s instanceof WeftArray) && { whole: s.whole.rank } });

function fnOf(name: string, rank: number, sources: readonly Source[], make: (b: Scalars) => readonly Value[]): Fn {
  const inputs = sources.map(slotOf);
  const b = new Scalars(inputs);
  return b.fn(name, { rank, inputs, results: make(b) });
}

const node = (spec: ExprSpec): WeftArray => wrap(makeExpr(spec));
const nodesOf = (sources: readonly Source[]): Expr[] => sources.map((s) => WeftArray.node(arrayOf(s)));

/** A map of any sources over `shape`. */
export function mapOf(
  name: string, shape: readonly number[], sources: readonly Source[], make: (b: Scalars) => Value,
): WeftArray {
  return mapsOf(name, shape, sources, (b) => [make(b)])[0];
}

/** The results of one function. */
export function mapsOf(
  name: string, shape: readonly number[], sources: readonly Source[], make: (b: Scalars) => readonly Value[],
): WeftArray[] {
  const fn = fnOf(name, shape.length, sources, make);
  return fn.results.map(({ dtype }, result) => node({ kind: 'map', fn, result, dtype, shape, src: nodesOf(sources) }));
}

export interface StencilParts {
  readonly border: readonly BorderMode[];
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  readonly cval?: number;
}

/** A stencil of any sources over `shape`. */
export function stencilOf(
  name: string, shape: readonly number[], sources: readonly Source[], { cval = 0, ...edges }: StencilParts,
  make: (b: Scalars) => Value,
): WeftArray {
  const fn = fnOf(name, shape.length, sources, (b) => [make(b)]);
  return node({ kind: 'stencil', fn, result: 0, dtype: fn.results[0].dtype, shape, src: nodesOf(sources), cval, ...edges });
}

/** The outputs of a nest: they start with `initial`. */
export function nestOf(
  name: string, domain: readonly number[], sources: readonly WeftArray[], initial: readonly WeftArray[],
  make: (b: Scalars) => readonly Effect[],
): WeftArray[] {
  const inputs = sources.map((whole, k) => slotOf({ whole }, k));
  const outputs = initial.map((x, k): Slot => ({ name: `out${k}`, dtype: x.dtype, whole: x.rank }));
  const b = new Scalars(inputs, outputs);
  const fn = b.fn(name, { rank: domain.length, inputs, results: [], effects: make(b), outputs });
  return initial.map((x, result) =>
    node({ kind: 'nest', fn, result, domain, dtype: x.dtype, shape: x.shape, src: nodesOf([...sources, ...initial]) }));
}
