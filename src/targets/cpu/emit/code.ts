/**
 * Instructions as expressions: `c.x('f32x4.add', [a, b])` takes locals and returns the local that holds the result. The
 * engine's optimiser turns locals into registers; what limits them is their number, so long bodies hand theirs back.
 */
import { InternalError } from '../../../errors.ts';
import type { IndexArithmetic } from '../../../dsl/border.ts';
import { Addresses, type Bytes } from './address.ts';
import type { FuncBuilder, Local, OpArgs, OpName, ValType } from '../wasm/index.ts';
import { OPS } from '../wasm/ops.ts';

/** An i32 operand: a local, or a constant. */
export type Scalar = Local | number;
/** What an instruction takes: a number is a constant of the type that it wants there. */
export type Operand = Scalar | Bytes;

const TYPES: Readonly<Record<string, ValType>> = { i: 'i32', l: 'i64', f: 'f32', d: 'f64', v: 'v128' };

/** Instructions of lanes by themselves of which V8 makes no wider ones. */
const NOT_PAIRED: ReadonlySet<OpName> = new Set<OpName>([
  'f32x4.ceil', 'f32x4.floor', 'f32x4.trunc', 'f32x4.nearest', 'f64x2.ceil', 'f64x2.floor', 'f64x2.trunc', 'f64x2.nearest', 'i64x2.shr_s',
]);

export class Code {
  private readonly free: Local[] = [];
  private tracked: Local[] | undefined;

  /** Of bytes in memory. */
  readonly at: Addresses;
  /** Subnormal results are stored as 0. */
  flushes = false;

  constructor(readonly f: FuncBuilder) {
    this.at = new Addresses(this);
  }

  /** Emits, and says which v128 locals the results of `x` took. */
  track<T>(emit: () => T): { readonly value: T; readonly taken: readonly Local[] } {
    const before = this.tracked;
    const taken: Local[] = (this.tracked = []);
    try {
      return { value: emit(), taken };
    } finally {
      this.tracked = before;
    }
  }

  /** Emits what outlives the value being computed. */
  keep<T>(emit: () => T): T {
    const before = this.tracked;
    this.tracked = undefined;
    try {
      return emit();
    } finally {
      this.tracked = before;
    }
  }

  /** Gives a local from `track` back: nothing that is emitted from now on reads its value. */
  release(local: Local): void {
    this.free.push(local);
  }

  private result(type: ValType): Local {
    if (!this.tracked || type !== 'v128') return this.f.local(type);
    const local = this.free.pop() ?? this.f.local(type);
    this.tracked.push(local);
    return local;
  }

  push(s: Operand, type: ValType = 'i32'): void {
    if (typeof s !== 'number') this.f.get('pointer' in s ? s.pointer : s);
    else if (type === 'i64') this.f.i64(BigInt(s));
    else this.f.i32(s);
  }

  /** Emits the instruction and leaves its result, if any, on the stack. */
  raw<N extends OpName>(name: N, args: readonly Operand[], ...immediates: OpArgs<N>): void {
    const { takes } = OPS.get(name)!;
    args.forEach((a, k) => this.push(a, this.typeOf(takes.charAt(k))));
    this.f.op(name, ...immediates);
  }

  private typeOf(letter: string): ValType {
    return letter === 'a' ? this.f.address : TYPES[letter];
  }

  /** Emits the instruction into a new local. */
  x<N extends OpName>(name: N, args: readonly Operand[], ...immediates: OpArgs<N>): Local {
    const type = this.typeOf(OPS.get(name)!.gives);
    this.raw(name, args, ...immediates);
    const out = this.result(type);
    this.f.set(out);
    if (this.f.wide && NOT_PAIRED.has(name)) this.bridge(out);
    return out;
  }

  /** Makes one wider register of two that are not: V8 does that of any whose lanes are replaced, if only by their own. */
  private bridge(v: Local): void {
    const { f } = this;
    f.get(v);
    f.get(v);
    f.op('f32x4.extract_lane', 0);
    f.op('f32x4.replace_lane', 0);
    f.set(v);
  }

  /** A new local that starts as `s`; it may be assigned again. */
  variable(s: Scalar, name?: string): Local {
    const out = this.f.local('i32', name);
    this.assign(out, s);
    return out;
  }

  assign(to: Local, s: Scalar): void {
    this.push(s);
    this.f.set(to);
  }

  /** to += by */
  advance(to: Local, by: Scalar): void {
    this.raw('i32.add', [to, by]);
    this.f.set(to);
  }

  add(a: Scalar, b: Scalar): Scalar {
    if (a === 0) return b;
    if (b === 0) return a;
    return typeof a === 'number' && typeof b === 'number' ? (a + b) | 0 : this.x('i32.add', [a, b]);
  }

  sub(a: Scalar, b: Scalar): Scalar {
    return b === 0 ? a : typeof a === 'number' && typeof b === 'number' ? (a - b) | 0 : this.x('i32.sub', [a, b]);
  }

  mul(a: Scalar, b: Scalar): Scalar {
    if (a === 1) return b;
    if (b === 1) return a;
    if (a === 0 || b === 0) return 0;
    return typeof a === 'number' && typeof b === 'number' ? Math.imul(a, b) : this.x('i32.mul', [a, b]);
  }

  /** Signed minimum and maximum. */
  min(a: Scalar, b: Scalar): Local { return this.pick('i32.lt_s', a, b); }
  max(a: Scalar, b: Scalar): Local { return this.pick('i32.gt_s', a, b); }

  /** a rem b, b > 0. Border maps ask for operands within a period or two, which need no division. */
  rem(a: Scalar, b: Scalar): Local {
    const { f } = this;
    const out = this.variable(a);
    const next = this.variable(this.x('i32.sub', [a, b]));
    f.block((done) => {
      for (const candidate of [this.x('i32.sub', [0, a]), out]) {
        this.raw('i32.lt_u', [candidate, b]);
        f.brIf(done);
      }
      this.assign(out, next);
      this.raw('i32.lt_u', [next, b]);
      f.brIf(done);
      this.raw('i32.rem_s', [a, b]);
      f.set(out);
    });
    return out;
  }

  private pick(test: 'i32.lt_s' | 'i32.gt_s', a: Scalar, b: Scalar): Local {
    return this.choose(() => this.raw(test, [a, b]), a, b);
  }

  /** a where the condition that `test` leaves on the stack holds, else b. */
  choose(test: () => void, a: Scalar, b: Scalar): Local {
    this.push(a);
    this.push(b);
    test();
    this.f.select();
    const out = this.f.local('i32');
    this.f.set(out);
    return out;
  }

  /** Of conditions, 0 or 1. */
  and(a: Scalar, b: Scalar): Scalar {
    if (a === 1) return b;
    if (b === 1) return a;
    return a === 0 || b === 0 ? 0 : this.x('i32.and', [a, b]);
  }

  /** Several v128 locals that may be assigned. */
  variables(count: number, name?: string): Local[] {
    return Array.from({ length: count }, () => this.f.local('v128', name));
  }

  /** All of `to` take the values of `from` at once. */
  move(to: readonly Local[], from: readonly Scalar[]): void {
    if (to.length !== from.length) throw new InternalError(`${from.length} values for ${to.length} locals`);
    from.forEach((v) => this.push(v));
    for (let k = to.length - 1; k >= 0; k--) this.f.set(to[k]);
  }

  /** `while (i < end) body`, signed; the body moves `i`. Tested once before the loop, then at its foot. */
  whileBelow(i: Scalar & Local, end: Scalar, body: () => void): void {
    const { f } = this;
    f.block((exit) => {
      this.raw('i32.ge_s', [i, end]);
      f.brIf(exit);
      f.loop((again) => {
        body();
        this.raw('i32.lt_s', [i, end]);
        f.brIf(again);
      });
    });
  }

  /** Edge maps over i32 locals. */
  readonly index: IndexArithmetic<Scalar> = {
    constant: (v) => v,
    add: (a, b) => this.add(a, b),
    sub: (a, b) => this.sub(a, b),
    mul: (a, b) => this.mul(a, b),
    min: (a, b) => this.min(a, b),
    max: (a, b) => this.max(a, b),
    rem: (a, b) => this.rem(a, b),
  };
}
