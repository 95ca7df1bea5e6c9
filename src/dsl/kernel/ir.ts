/**
 * `Fn`: the scalar level. A function of one point of a domain: it reads its inputs at that point or at points relative to
 * it, and yields one or several scalars. A built-in op, a user's `vectorize` function, a stencil kernel and a whole fused
 * kernel body are all an `Fn`.
 *
 * Values form an immutable graph; equal values made by one `Builder` are one object, so common subexpressions are shared
 * and emitters memoise by identity.
 */
import { InternalError } from '../../errors.ts';
import type { EdgeMap } from '../border.ts';
import { castNumber, type DType } from '../dtype.ts';
import { evaluateOp, opInfo, resultOf, type OpName } from '../ops.ts';

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
  /** In the epilogue of a reduction only: the result of reduction `index`. */
  | { readonly kind: 'reduced'; readonly dtype: DType; readonly index: number }
  | { readonly kind: 'op'; readonly dtype: DType; readonly op: OpName; readonly args: readonly Value[] };

export interface Slot {
  readonly name: string;
  readonly dtype: DType;
}

export interface Fn {
  readonly name: string;
  /** Rank of the points it reads; 0 for a purely elementwise function, which fits a domain of any rank. */
  readonly rank: number;
  readonly inputs: readonly Slot[];
  readonly uniforms: readonly Slot[];
  readonly results: readonly Value[];
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
      case 'select': return a.kind === 'const' ? (a.value ? b : c) : b === c ? b : undefined;
      case 'and': return is(a, 1) ? b : is(b, 1) ? a : is(a, 0) ? a : is(b, 0) ? b : undefined;
      case 'or': return is(a, 0) ? b : is(b, 0) ? a : is(a, 1) ? a : is(b, 1) ? b : undefined;
      case 'pow': return this.smallPower(a, b);
      default: return undefined;
    }
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
  fn(name: string, parts: { rank: number; inputs: readonly Slot[]; uniforms?: readonly Slot[]; results: readonly Value[] }): Fn {
    const uniforms = parts.uniforms ?? [];
    const dtypes = (slots: readonly Slot[]) => slots.map((s) => s.dtype).join();
    const key = `(${dtypes(parts.inputs)};${dtypes(uniforms)};${parts.rank})=>${valuesKey(parts.results)}`;
    return { name, rank: parts.rank, inputs: parts.inputs, uniforms, results: [...parts.results], key };
  }
}

function fail(message: string): never {
  throw new InternalError(message);
}

/** What replaces the leaves of a function when it is copied into another one. */
export interface Leaves {
  read(input: number, at: Point | undefined, value: Value): Value;
  uniform?(index: number, value: Value): Value;
  coord?(axis: number, at: Point | undefined): Value;
  extent?(axis: number): Value;
  inside?(value: Value & { kind: 'inside' }): Value;
  reduced?(index: number): Value;
}

/** Copies the values of `fn` into `builder`, leaf by leaf: the one way functions are fused. */
export function inline(builder: Builder, results: readonly Value[], leaves: Leaves): Value[] {
  const done = new Map<Value, Value>();
  const copy = (v: Value): Value => {
    let out = done.get(v);
    if (!out) {
      out = copyOne(v);
      done.set(v, out);
    }
    return out;
  };
  const missing = (what: string) => fail(`inline: no replacement for ${what}`);
  const copyOne = (v: Value): Value => {
    switch (v.kind) {
      case 'const': return builder.constant(v.value, v.dtype);
      case 'uniform': return leaves.uniform?.(v.index, v) ?? missing('uniform');
      case 'read': return leaves.read(v.input, v.at, v);
      case 'coord': return leaves.coord?.(v.axis, v.at) ?? missing('coord');
      case 'extent': return leaves.extent?.(v.axis) ?? missing('extent');
      case 'inside': return leaves.inside?.(v) ?? missing('inside');
      case 'reduced': return leaves.reduced?.(v.index) ?? missing('reduced');
      case 'op': return builder.op(v.op, v.args.map(copy), v.dtype);
      default: return v satisfies never;
    }
  };
  return results.map(copy);
}

/** Copies a point into another builder. */
export function inlinePoint(builder: Builder, p: Point | undefined): Point | undefined {
  return p && builder.point(inlinePoint(builder, p.base), p.offset, p.edge);
}

/** Every value reachable from `results`, operands before users, each once. */
export function valuesOf(results: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const visit = (v: Value): void => {
    if (seen.has(v)) return;
    if (v.kind === 'op') v.args.forEach(visit);
    seen.add(v);
  };
  results.forEach(visit);
  return [...seen];
}

/** Total cost of one evaluation, in adds. */
export const costOf = (results: readonly Value[]): number =>
  valuesOf(results).reduce((sum, v) => sum + (v.kind === 'op' ? opInfo(v.op).cost : 0), 0);

const pointText = (p: Point | undefined): string =>
  p ? `${pointText(p.base)}[${p.offset.map((o, k) => o + (p.edge[k] === 'none' ? '' : p.edge[k])).join()}]` : '';

/** A text that is equal for equal graphs: values numbered in the order of `valuesOf`. */
function valuesKey(results: readonly Value[]): string {
  const order = valuesOf(results);
  const number = new Map(order.map((v, k) => [v, k]));
  const line = (v: Value): string => {
    switch (v.kind) {
      case 'const': return `${v.dtype}:${Object.is(v.value, -0) ? '-0' : v.value}`;
      case 'uniform': return `u${v.index}:${v.dtype}`;
      case 'read': return `r${v.input}${pointText(v.at)}`;
      case 'coord': return `x${v.axis}${pointText(v.at)}`;
      case 'extent': return `n${v.axis}`;
      case 'inside': return `in${v.lo.join()}:${v.hi.join()}${pointText(v.at)}`;
      case 'reduced': return `R${v.index}`;
      case 'op': return `${v.op === 'cast' ? v.dtype : v.op}(${v.args.map((a) => number.get(a)).join()})`;
      default: return v satisfies never;
    }
  };
  return `${order.map(line).join(';')}=>${results.map((v) => number.get(v)).join()}`;
}

/** Checks that a function is well typed and only uses what it declares. Throws InternalError. */
export function validateFn(fn: Fn): void {
  for (const v of valuesOf(fn.results)) {
    if (v.kind === 'op') {
      const typed = resultOf(v.op, v.args.map((a) => a.dtype), v.dtype);
      if ('problem' in typed) fail(`${fn.name}: ${typed.problem}`);
      if (typed.dtype !== v.dtype) fail(`${fn.name}: ${v.op} gives ${typed.dtype}, labelled ${v.dtype}`);
    }
    if (v.kind === 'read') {
      const slot = fn.inputs[v.input] ?? fail(`${fn.name}: reads input ${v.input} of ${fn.inputs.length}`);
      if (slot.dtype !== v.dtype) fail(`${fn.name}: input ${slot.name} is ${slot.dtype}, read as ${v.dtype}`);
    }
    if (v.kind === 'uniform' && fn.uniforms[v.index]?.dtype !== v.dtype) fail(`${fn.name}: uniform ${v.index} is not declared as ${v.dtype}`);
    if ((v.kind === 'coord' || v.kind === 'extent') && v.axis >= fn.rank) fail(`${fn.name}: axis ${v.axis} of rank ${fn.rank}`);
    const at = 'at' in v ? v.at : undefined;
    for (let p = at; p; p = p.base) if (p.offset.length !== fn.rank) fail(`${fn.name}: a point of rank ${p.offset.length} in rank ${fn.rank}`);
  }
}
