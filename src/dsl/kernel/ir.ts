/**
 * `Fn`: the scalar level. A function of one point of a domain: it reads its inputs at that point, at points relative to it
 * or anywhere, and yields one or several scalars. A built-in op, a user's `vectorize` function, a stencil kernel and a whole
 * fused kernel body are all an `Fn`.
 *
 * Values form an immutable graph; equal values made by one `Builder` are one object, so common subexpressions are shared
 * and emitters memoise by identity. Control flow is part of the graph: a conditional is a `select`, a loop is a `Loop` that
 * takes initial states to final ones, and what a jump leaves out is a condition. `blocks.ts` turns the graph into
 * statements. Only the stores of `wf.kernel` and `wf.guvectorize` have an order of their own: `Fn.effects`.
 */
import { InternalError } from '../../errors.ts';
import type { EdgeMap } from '../border.ts';
import { castNumber, type DType } from '../dtype.ts';
import { evaluateOp, resultOf, type OpName } from '../ops.ts';
import { keyOf } from './key.ts';
import { bottomUp, operandsOf } from './walk.ts';

/**
 * A point of the domain, relative to the current one (`base` undefined) or to another point. Per axis: add `offset`, then
 * bring the coordinate back inside by `edge`. Points chain, so a stencil of a stencil maps every border in turn.
 */
export interface Point {
  readonly base: Point | undefined;
  readonly offset: readonly number[];
  readonly edge: readonly EdgeMap[];
}

export type Value =
  | { readonly kind: 'const'; readonly dtype: DType; readonly value: number }
  /** A run-time scalar of the launch. */
  | { readonly kind: 'uniform'; readonly dtype: DType; readonly index: number }
  /** Input `input` at a point; `at` undefined is the current point. */
  | { readonly kind: 'read'; readonly dtype: DType; readonly input: number; readonly at: Point | undefined }
  /** The coordinate along an axis, int32. */
  | { readonly kind: 'coord'; readonly dtype: 'int32'; readonly axis: number; readonly at: Point | undefined }
  /** The domain's size along an axis, int32. */
  | { readonly kind: 'extent'; readonly dtype: 'int32'; readonly axis: number }
  /** True when coord + lo[k] >= 0 and coord + hi[k] < extent on every axis k; lo[k] = hi[k] = 0 asks nothing of an axis. */
  | { readonly kind: 'inside'; readonly dtype: 'bool'; readonly at: Point | undefined; readonly lo: readonly number[]; readonly hi: readonly number[] }
  /** Element of a whole input. Each index is an int32 from 0 to the size less one: see `Builder.gather`. */
  | { readonly kind: 'gather'; readonly dtype: DType; readonly input: number; readonly index: readonly Value[] }
  /** Size of a whole input, or of an output that is stored to, along one of its own axes. */
  | { readonly kind: 'size'; readonly dtype: 'int32'; readonly of: 'input' | 'output'; readonly array: number; readonly axis: number }
  /** State `index` of the loop with that id, at the start of a turn: exists inside the loop only. */
  | { readonly kind: 'state'; readonly dtype: DType; readonly loop: number; readonly index: number }
  /** State `index` of a loop after its last turn. */
  | { readonly kind: 'after'; readonly dtype: DType; readonly loop: Loop; readonly index: number }
  /** What a `load` effect has read. */
  | { readonly kind: 'loaded'; readonly dtype: DType; readonly load: number }
  /** In the epilogue of a reduction only: the result of reduction `index`. */
  | { readonly kind: 'reduced'; readonly dtype: DType; readonly index: number }
  | { readonly kind: 'op'; readonly dtype: DType; readonly op: OpName; readonly args: readonly Value[] };

/** `while (test) states = next`. Test, next and effects are evaluated on the states at the start of the turn. */
export interface Loop {
  readonly id: number;
  readonly states: readonly Value[];
  readonly initial: readonly Value[];
  /** bool. False the first time: the states after the loop are the initial ones. */
  readonly test: Value;
  readonly next: readonly Value[];
  /** Of kernels that store; they happen in order, in every turn. */
  readonly effects: readonly Effect[];
}

/** What has to happen in order. Stores with an index outside the output are left out; loads are clamped, as gathers are. */
export type Effect =
  | Access & { readonly kind: 'store'; readonly value: Value; readonly when: Value }
  /** Reads an element of an output; its value is the `loaded` leaf. */
  | Access & { readonly kind: 'load'; readonly value: Value & { kind: 'loaded' } }
  | { readonly kind: 'loop'; readonly loop: Loop };

interface Access {
  readonly output: number;
  readonly index: readonly Value[];
  /** The index is inside by construction: nobody needs to ask. Of functions that code makes, as `gatherInside` is. */
  readonly inside?: boolean;
}

export interface Slot {
  readonly name: string;
  readonly dtype: DType;
  /** Read by `gather` only, and then the rank of the array; undefined: read by points of the domain. */
  readonly whole?: number;
  /** Of an output: every element is stored, whatever the sizes that its function is used with; it need not start with zeros. */
  readonly filled?: boolean;
}

export interface Fn {
  readonly name: string;
  /** Rank of the points it reads; 0 for a purely elementwise function, which fits a domain of any rank. */
  readonly rank: number;
  readonly inputs: readonly Slot[];
  readonly uniforms: readonly Slot[];
  readonly results: readonly Value[];
  /** Of kernels that store into whole arrays: what they do, in order, and where. */
  readonly effects: readonly Effect[];
  readonly outputs: readonly Slot[];
  /** Of a long function whose loops were written out: the same with loops, for targets that take long over long functions. */
  readonly rolled?: Rolled;
  /** Content key: equal keys are equal functions (names aside). */
  readonly key: string;
}

/** Makes values: shares equal ones, folds constants, checks types. Uniforms and inputs are declared by who uses it. */
export class Builder {
  private readonly shared = new Map<string, Value>();
  private readonly ids = new Map<object, number>();

  private share<V extends object>(key: string, make: () => V): V {
    const found = this.shared.get(key);
    if (found) return found as unknown as V;
    const made = make();
    this.shared.set(key, made as unknown as Value);
    this.ids.set(made, this.ids.size);
    return made;
  }

  private id(v: object | undefined): number {
    return v === undefined ? -1 : this.ids.get(v) ?? fail('a value made by another builder');
  }

  constant(value: number, dtype: DType): Value {
    const v = castNumber(value, 'float64', dtype);
    return this.share(`c${dtype}${Object.is(v, -0) ? '-0' : v}`, () => ({ kind: 'const', dtype, value: v }));
  }

  uniform(index: number, dtype: DType): Value {
    return this.share(`u${index}`, () => ({ kind: 'uniform', dtype, index }));
  }

  point(base: Point | undefined, offset: readonly number[], edge: readonly EdgeMap[]): Point | undefined {
    if (offset.every((o) => o === 0)) return base; // staying put needs no map: the base is inside already
    // An axis that does not move needs no map either; saying so lets emitters skip it.
    const maps = edge.map((e, k) => (offset[k] === 0 ? 'none' : e));
    return this.share(`p${this.id(base)}:${offset.join()}:${maps.join()}`, () => ({ base, offset: [...offset], edge: maps }));
  }

  read(input: number, dtype: DType, at?: Point): Value {
    return this.share(`r${input}@${this.id(at)}`, () => ({ kind: 'read', dtype, input, at }));
  }

  coord(axis: number, at?: Point): Value {
    return this.share(`x${axis}@${this.id(at)}`, () => ({ kind: 'coord', dtype: 'int32', axis, at }));
  }

  extent(axis: number): Value {
    return this.share(`n${axis}`, () => ({ kind: 'extent', dtype: 'int32', axis }));
  }

  inside(at: Point | undefined, lo: readonly number[], hi: readonly number[]): Value {
    if (lo.every((l, k) => l === 0 && hi[k] === 0)) return this.constant(1, 'bool');
    const key = `i${lo.join()}:${hi.join()}@${this.id(at)}`;
    return this.share(key, () => ({ kind: 'inside', dtype: 'bool', at, lo: [...lo], hi: [...hi] }));
  }

  reduced(index: number, dtype: DType): Value {
    return this.share(`R${index}`, () => ({ kind: 'reduced', dtype, index }));
  }

  size(of: 'input' | 'output', array: number, axis: number): Value {
    return this.share(`s${of}${array}.${axis}`, () => ({ kind: 'size', dtype: 'int32', of, array, axis }));
  }

  /** Element of a whole input; indices beyond its edge read the element at the edge. */
  gather(input: number, dtype: DType, index: readonly Value[]): Value {
    return this.gatherInside(input, dtype, index.map((i, axis) => this.clamped(i, this.size('input', input, axis))));
  }

  /** `gather` of indices that are inside. */
  gatherInside(input: number, dtype: DType, index: readonly Value[]): Value {
    return this.share(`g${input}(${index.map((i) => this.id(i)).join()})`, () => ({ kind: 'gather', dtype, input, index: [...index] }));
  }

  /** `index` brought into 0 to size - 1. */
  clamped(index: Value, size: Value): Value {
    const zero = this.constant(0, 'int32');
    if (index === zero) return index;
    return this.op('max', [this.op('min', [index, this.op('sub', [size, this.constant(1, 'int32')])]), zero]);
  }

  /** The leaf of a `load` effect. */
  loaded(dtype: DType): Value & { kind: 'loaded' } {
    return this.unique({ kind: 'loaded', dtype, load: nextId++ });
  }

  /** Leaves for the states of a loop, to build its test and next states with. `loop` closes it. */
  states(dtypes: readonly DType[]): Value[] {
    const loop = nextId++;
    return dtypes.map((dtype, index) => this.unique({ kind: 'state', dtype, loop, index }));
  }

  /** The states after the loop. Equal loops are one, so several results of one function share their loops. */
  loop(parts: Omit<Loop, 'id' | 'effects'> & { readonly effects?: readonly Effect[] }): Value[] {
    const { states, effects = [] } = parts;
    const made: Loop = { ...parts, id: (states[0] as Value & { kind: 'state' }).loop, effects };
    const loop = effects.length > 0 ? this.share(`l${made.id}`, () => made) : this.share(this.loopKey(made), () => made);
    return states.map(({ dtype }, index) => this.share(`a${this.id(loop)}.${index}`, () => ({ kind: 'after', dtype, loop, index })));
  }

  /**
   * Equal for loops of equal structure: what depends on the states, and on those of loops within that do so, is numbered from
   * within, the rest by identity.
   */
  private loopKey(loop: Loop): string {
    const roots = [loop.test, ...loop.next];
    const within = new Set([loop.id]);
    let depends = new Map<Value, boolean>();
    const decide = (v: Value): void => {
      const is = v.kind === 'state' ? within.has(v.loop) : operandsOf(v).some((o) => depends.get(o));
      if (is && v.kind === 'after') within.add(v.loop.id);
      depends.set(v, is);
    };
    // Loops found within make more of their values depend.
    for (let found = 0; found < within.size;) {
      found = within.size;
      depends = new Map();
      for (const v of roots) bottomUp(v, (o) => depends.has(o), decide, operandsOf);
    }
    const key = keyOf(roots, [], (v) => (depends.get(v) ? undefined : `#${this.id(v)}`));
    return `loop ${loop.states.map((s) => s.dtype).join()}|${loop.initial.map((v) => this.id(v)).join()}|${key}`;
  }

  private unique<V extends Value>(made: V): V {
    this.ids.set(made, this.ids.size);
    return made;
  }

  /**
   * An op on values; `to` is the dtype of a cast. Constants fold, and a few identities that are exact in IEEE arithmetic
   * apply.
   */
  op(name: OpName, args: readonly Value[], to?: DType): Value {
    const typed = resultOf(name, args.map((a) => a.dtype), to);
    if ('problem' in typed) throw new InternalError(typed.problem);
    const dtype = typed.dtype;
    if (name === 'cast' && args[0].dtype === dtype) return args[0];
    if (args.every((a) => a.kind === 'const')) {
      const value = evaluateOp(name, args.map((a) => (a as { value: number }).value), args[0].dtype, dtype);
      return this.share(`c${dtype}${Object.is(value, -0) ? '-0' : value}`, () => ({ kind: 'const', dtype, value }));
    }
    const simpler = this.identity(name, args);
    if (simpler) return simpler;
    return this.share(`${name}>${dtype}(${args.map((a) => this.id(a)).join()})`, () => ({ kind: 'op', dtype, op: name, args: [...args] }));
  }

  cast(value: Value, to: DType): Value {
    return this.op('cast', [value], to);
  }

  private identity(name: OpName, args: readonly Value[]): Value | undefined {
    const [a, b, c] = args;
    const is = (v: Value | undefined, n: number) => v?.kind === 'const' && Object.is(v.value, n);
    switch (name) {
      case 'mul': return is(a, 1) ? b : is(b, 1) ? a : undefined;
      case 'div': return is(b, 1) ? a : undefined;
      case 'sub': return is(b, 0) ? a : undefined;
      case 'select': return this.choice(a, b, c);
      case 'not': return a.kind === 'op' && a.op === 'not' ? a.args[0] : undefined;
      case 'and': return is(a, 1) || a === b ? b : is(b, 1) ? a : is(a, 0) ? a : is(b, 0) ? b : this.opposites(a, b) ? this.constant(0, 'bool') : undefined;
      case 'or': return is(a, 0) || a === b ? b : is(b, 0) ? a : is(a, 1) ? a : is(b, 1) ? b : this.opposites(a, b) ? this.constant(1, 'bool') : undefined;
      case 'pow': return this.smallPower(a, b);
      default: return undefined;
    }
  }

  /** A select that is known, or that says in a roundabout way what `and`, `or` and `not` say. */
  private choice(cond: Value, yes: Value, no: Value): Value | undefined {
    if (cond.kind === 'const') return cond.value ? yes : no;
    if (yes === no) return yes;
    if (cond.kind === 'op' && cond.op === 'not') return this.op('select', [cond.args[0], no, yes]);
    if (yes.dtype !== 'bool') return undefined;
    if (yes.kind === 'const') return yes.value ? this.op('or', [cond, no]) : this.op('and', [this.op('not', [cond]), no]);
    if (no.kind === 'const') return no.value ? this.op('or', [this.op('not', [cond]), yes]) : this.op('and', [cond, yes]);
    return undefined;
  }

  private opposites(a: Value, b: Value): boolean {
    const negates = (x: Value, y: Value): boolean => x.kind === 'op' && x.op === 'not' && x.args[0] === y;
    return negates(a, b) || negates(b, a);
  }

  /** x ** 2, x ** 0.5 and their like, the way everybody writes squares. */
  private smallPower(x: Value, exponent: Value): Value | undefined {
    if (exponent.kind !== 'const') return undefined;
    switch (exponent.value) {
      case 1: return x;
      case 2: return this.op('mul', [x, x]);
      case 3: return this.op('mul', [this.op('mul', [x, x]), x]);
      case 4: { const s = this.op('mul', [x, x]); return this.op('mul', [s, s]); }
      default: return undefined;
    }
  }

  /** Closes a function over values of this builder. */
  fn(name: string, parts: FnParts): Fn {
    const { rank, inputs, uniforms = [], results, effects = [], outputs = [] } = parts;
    const types = (slots: readonly Slot[]) => slots.map((s) => s.dtype + (s.whole === undefined ? '' : `[${s.whole}]${s.filled ? '!' : ''}`)).join();
    const stored = outputs.length > 0 ? `;${types(outputs)}` : '';
    const key = `(${types(inputs)};${types(uniforms)};${rank}${stored})=>${keyOf(results, effects)}`;
    return { name, rank, inputs, uniforms, results: [...results], effects, outputs, key };
  }
}

/** A function with loops instead of many relative reads. Its last inputs are those of the function, by number, as whole ones. */
export interface Rolled {
  readonly fn: Fn;
  readonly wholes: readonly number[];
}

export interface FnParts {
  readonly rank: number;
  readonly inputs: readonly Slot[];
  readonly uniforms?: readonly Slot[];
  readonly results: readonly Value[];
  readonly effects?: readonly Effect[];
  readonly outputs?: readonly Slot[];
}

/** Loops and loads are told apart by number. */
let nextId = 0;

function fail(message: string): never {
  throw new InternalError(message);
}
