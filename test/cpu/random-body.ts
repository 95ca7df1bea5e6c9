/** Random bodies with control flow: loops within loops, early ends, costly arms, gathers, stores. Every loop ends. */
import type { EdgeMap } from '../../src/dsl/border.ts';
import { dtypeNames, isFloat, isInteger, type DType } from '../../src/dsl/dtype.ts';
import type { Builder, Effect, Point, Value } from '../../src/dsl/kernel/ir.ts';
import { opInfo, opNames, resultOf, type OpName } from '../../src/dsl/ops.ts';
import type { Input, Output } from './emit-support.ts';

/** A stream of choices that a run of fast-check can shrink. */
export interface Choices { pick(below: number): number }

export function choicesFrom(list: readonly number[]): Choices {
  let at = 0;
  return { pick: (below) => (list.length === 0 ? 0 : list[at++ % list.length] + Math.floor(at / list.length)) % below };
}

/** Exactly defined ones: no library functions, nothing that ops.ts leaves open. */
const inexact: readonly OpName[] = ['ldexp', 'exponent', 'mantissa', 'bitsFloat', 'floatBits', 'pow', 'fma', 'fnma'];
const exact = opNames.filter((op) => opInfo(op).cost < 20 && !inexact.includes(op));

/** Operands are cast to the first one's dtype where an op wants them alike; undefined where it does not take that dtype. */
export function tryOp(b: Builder, op: OpName, args: readonly Value[], to: DType): Value | undefined {
  if (op === 'cast') return b.cast(args[0], to);
  const alike = op === 'select'
    ? [b.cast(args[0], 'bool'), args[1], b.cast(args[2], args[1].dtype)]
    : args.map((a) => b.cast(a, args[0].dtype));
  return 'problem' in resultOf(op, alike.map((a) => a.dtype)) ? undefined : b.op(op, alike);
}

const edges: readonly EdgeMap[] = ['nearest', 'wrap', 'reflect', 'mirror'];

const stateTypes: readonly DType[] = ['float32', 'float32', 'int32', 'int32', 'float64', 'bool', 'uint32', 'uint8', 'int16', 'int8', 'uint16'];

export class RandomBody {
  constructor(
    private readonly b: Builder, private readonly choices: Choices, private readonly rank: number,
    private readonly inputs: readonly Input[], private readonly outputs: readonly Output[] = [],
  ) {}

  private pick(below: number): number {
    return this.choices.pick(below);
  }

  private any<T>(list: readonly T[]): T {
    return list[this.pick(list.length)];
  }

  private int(n: number): Value {
    return this.b.constant(n, 'int32');
  }

  private point(): Point | undefined {
    const { b, rank } = this;
    let p: Point | undefined;
    for (let n = this.pick(3); n > 0; n--) {
      p = b.point(p, Array.from({ length: rank }, () => this.pick(7) - 3), Array.from({ length: rank }, () => this.any(edges)));
    }
    return p;
  }

  /** What there is to begin with; `stencil`: at points around the current one too. */
  leaves(stencil: boolean): Value[] {
    const { b, rank } = this;
    const pool: Value[] = [b.uniform(0, 'float32'), b.uniform(1, 'int32'), b.constant(this.pick(9) - 4, this.any(dtypeNames))];
    for (let k = 0; k < rank; k++) pool.push(b.coord(k), b.extent(k));
    this.inputs.forEach((x, k) => {
      if (!x.sizes) pool.push(b.read(k, x.dtype));
      else if (x.sizes.length > 0) pool.push(b.size('input', k, this.pick(x.sizes.length)));
    });
    if (!stencil) return pool;
    this.inputs.forEach((x, k) => { if (!x.sizes) pool.push(b.read(k, x.dtype, this.point())); });
    const lo = Array.from({ length: rank }, () => -this.pick(3));
    pool.push(b.coord(this.pick(rank), this.point()), b.inside(this.point(), lo, lo.map(() => this.pick(3))));
    return pool;
  }

  /** Adds `count` values to the pool. */
  grow(pool: Value[], count: number, depth = 0): void {
    for (let n = 0; n < count; n++) {
      const made = this.next(pool, depth);
      if (made && made.kind !== 'const') pool.push(made);
    }
  }

  private next(pool: Value[], depth: number): Value | undefined {
    const kind = this.pick(12);
    if (kind === 0 && depth < 3) return this.any(this.loop(pool, depth));
    if (kind === 1) return this.costly(pool, depth);
    if (kind <= 3) return this.gather(pool);
    const op = this.any(exact);
    const to = this.any(dtypeNames);
    return tryOp(this.b, op, Array.from({ length: opInfo(op).arity }, () => this.any(pool)), to);
  }

  /** A conditional of which at least one arm is worth a branch: from what there is, things of its own and masks. */
  private costly(pool: readonly Value[], depth: number): Value {
    const { b } = this;
    const d: DType = this.any(['float32', 'float64', 'int32'] as const);
    const arm = (): Value => {
      const own = [...pool];
      if (depth < 2) this.grow(own, this.pick(4), depth + 1);
      let v = b.cast(own.at(-1)!, d);
      for (let n = 0; n < 6; n++) {
        v = b.op(isFloat(d) ? 'div' : 'floorDiv', [b.op('add', [v, b.constant(n + 1, d)]), b.cast(this.any(own), d)]);
        if (this.pick(4) === 0) v = b.op('select', [b.cast(this.any(own), 'bool'), b.cast(this.any(own), d), v]);
      }
      return v;
    };
    const other = this.pick(2) === 0 ? arm() : b.cast(this.any(pool), d);
    const arms = this.pick(2) === 0 ? [arm(), other] : [other, arm()];
    const chosen = b.op('select', [b.cast(this.any(pool), 'bool'), ...arms]);
    return this.pick(3) === 0 ? b.cast(chosen, 'bool') : chosen;
  }

  /** An index of any kind; mostly one that is near the array. */
  private index(pool: readonly Value[]): Value {
    const { b } = this;
    const anything = b.cast(this.any(pool), 'int32');
    const coord = b.coord(this.pick(4) === 0 ? this.pick(this.rank) : this.rank - 1);
    switch (this.pick(8)) {
      case 0: return coord;
      case 1: return b.op('add', [coord, this.int(this.pick(7) - 3)]);
      case 2: return b.op('sub', [b.op('bitAnd', [anything, this.int(7)]), this.int(2)]);
      case 3: return b.op('add', [coord, b.op('bitAnd', [anything, this.int(3)])]);
      case 4: return b.op('mul', [coord, this.int(this.pick(5) - 2)]);
      case 5: return b.op('rem', [b.op('add', [coord, this.int(this.pick(9))]), b.extent(this.rank - 1)]);
      case 6: return b.op('sub', [b.op('sub', [b.extent(this.rank - 1), this.int(1)]), coord]);
      default: return anything;
    }
  }

  private gather(pool: readonly Value[]): Value | undefined {
    const whole = this.inputs.flatMap((x, k) => (x.sizes ? [k] : []));
    if (whole.length === 0) return undefined;
    const k = this.any(whole);
    return this.b.gather(k, this.inputs[k].dtype, this.inputs[k].sizes!.map(() => this.index(pool)));
  }

  /** `for (n = 0; n < bound && condition; n++)`, the bound below 8, with states besides; sometimes without the condition. */
  private loop(pool: readonly Value[], depth: number, effects?: (pool: Value[]) => readonly Effect[]): Value[] {
    const { b } = this;
    const types = Array.from({ length: 1 + this.pick(3) }, () => this.any(stateTypes));
    const states = b.states(['int32', ...types]);
    const bound = this.pick(3) === 0 ? this.int(this.pick(6)) : b.op('bitAnd', [b.cast(this.any(pool), 'int32'), this.int(7)]);
    const inside = [...pool, ...states];
    this.grow(inside, 1 + this.pick(3), depth + 1);
    const more = b.op('lt', [states[0], bound]);
    const test = this.test(more, pool, inside);
    const happens = effects?.(inside) ?? [];
    this.grow(inside, 2 + this.pick(6), depth + 1);
    const counted = b.op('add', [states[0], this.int(1 + this.pick(2))]);
    const next = [counted, ...types.map((d) => b.cast(this.any(inside.slice(-8)), d))];
    const initial = [this.int(this.pick(2)), ...types.map((d) => b.cast(this.any(pool), d))];
    return b.loop({ states, initial, test, next, effects: happens });
  }

  /** `more`, mostly and something else, that may be known before the loop, in several parts. */
  private test(more: Value, pool: readonly Value[], inside: readonly Value[]): Value {
    const { b } = this;
    let test = more;
    for (let n = this.pick(3); n > 0; n--) {
      let part = b.cast(this.any(this.pick(2) === 0 ? pool : inside), 'bool');
      if (this.pick(2) === 0) part = b.op('not', [part]);
      if (this.pick(3) === 0) part = b.op('and', [part, b.op('le', [b.uniform(0, 'float32'), b.constant(this.pick(5), 'float32')])]);
      test = b.op('and', this.pick(2) === 0 ? [test, part] : [part, test]);
    }
    return test;
  }

  /** Things that happen in order. Each point stays in its own part of every output: its leading indices are the coordinates. */
  effects(pool: Value[], count: number, depth = 0): Effect[] {
    const out: Effect[] = [];
    for (let n = 0; n < count; n++) out.push(...this.effect(pool, depth));
    return out;
  }

  private effect(pool: Value[], depth: number): Effect[] {
    const { b } = this;
    const kind = this.pick(6);
    if (kind === 0 && depth < 2) {
      const after = this.loop(pool, depth, (inside) => this.effects(inside, 1 + this.pick(2), depth + 1));
      pool.push(this.any(after));
      const { loop } = after[0] as Value & { kind: 'after' };
      return loop.effects.length > 0 ? [{ kind: 'loop', loop }] : [];
    }
    const output = this.pick(this.outputs.length);
    const { dtype, sizes } = this.outputs[output];
    const own = sizes.slice(0, this.rank).map((_, k) => b.coord(k));
    const index = [...own, ...sizes.slice(this.rank).map(() => this.slot(pool))];
    if (kind === 1) {
      const value = b.loaded(dtype);
      pool.push(value);
      return [{ kind: 'load', output, index, value }];
    }
    this.grow(pool, 1 + this.pick(3), depth + 1);
    const when = this.pick(2) === 0 ? b.constant(1, 'bool') : b.cast(this.any(pool), 'bool');
    return [{ kind: 'store', output, index, value: b.cast(this.any(pool), dtype), when }];
  }

  /** One of a point's own elements, or beyond. */
  private slot(pool: readonly Value[]): Value {
    const { b } = this;
    const ints = pool.filter((v) => isInteger(v.dtype));
    if (ints.length === 0 || this.pick(3) === 0) return this.int(this.pick(7) - 1);
    const v = b.cast(this.any(ints), 'int32');
    return this.pick(3) === 0 ? v : b.op('bitAnd', [v, this.int(7)]);
  }
}
