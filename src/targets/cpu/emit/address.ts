/**
 * Addresses in emitted code, and distances in bytes. Elements are counted in i32. Bytes are as well, unless memory has more than
 * 4 GiB: then in i64. Nothing but the table of the two forms, here, knows which.
 */
import type { Code, Scalar } from './code.ts';
import type { AddressType, Local } from '../wasm/index.ts';

/** An address, or a distance in bytes. It is no `Local`, so that nobody takes bytes for elements. */
export interface Pointer {
  readonly pointer: Local;
}

/** The same, or a constant. */
export type Bytes = Pointer | number;

/** Lanes that are elements apart: distances in units, see `Form.unit`. */
type Lanes = readonly Local[];

interface Form {
  /** Bytes. */
  readonly size: 4 | 8;
  readonly add: 'i32.add' | 'i64.add';
  readonly sub: 'i32.sub' | 'i64.sub';
  readonly mul: 'i32.mul' | 'i64.mul';
  readonly below: 'i32.lt_u' | 'i64.lt_u';
  readonly equal: 'i32.eq' | 'i64.eq';
  readonly load: 'i32.load' | 'i64.load';
  readonly store: 'i32.store' | 'i64.store';
  readonly times: (a: number, b: number) => number;
  readonly plus: (a: number, b: number) => number;
  /** Elements, or anything that is counted in i32, as bytes. */
  readonly from: (c: Code, count: Local) => Local;
  /** Leaves on the stack whether an address is not 0. */
  readonly pushSet: (c: Code, address: Bytes) => void;
  /** What lanes of 32 bits count in, to say where elements of so many bytes are: as much as they can hold. */
  readonly unit: (bytes: number) => number;
  /** A distance in such units. */
  readonly inUnits: (c: Code, distance: Pointer, unit: number) => Local;
  /** The addresses of lanes at distances from `base`, one along each axis. */
  readonly spread: (c: Code, base: Bytes, axes: readonly Lanes[], unit: number) => (lane: number) => Local;
}

const sum = (c: Code, axes: readonly Lanes[]): Lanes => axes.reduce((a, b) => a.map((v, j) => c.x('i32x4.add', [v, b[j]])));
const laneOf = (c: Code, lanes: Lanes, lane: number): Local => c.x('i32x4.extract_lane', [lanes[lane >> 2]], lane & 3);

const FORMS: Readonly<Record<AddressType, Form>> = {
  i32: {
    size: 4,
    add: 'i32.add', sub: 'i32.sub', mul: 'i32.mul', below: 'i32.lt_u', equal: 'i32.eq', load: 'i32.load', store: 'i32.store',
    times: Math.imul,
    plus: (a, b) => (a + b) | 0,
    from: (_, count) => count,
    pushSet: (c, address) => c.push(address),
    unit: () => 1,
    inUnits: (_, distance) => distance.pointer,
    spread: (c, base, axes) => {
      const start = c.x('i32x4.splat', [base]);
      const at = sum(c, axes).map((v) => c.x('i32x4.add', [v, start]));
      return (lane) => laneOf(c, at, lane);
    },
  },
  i64: {
    size: 8,
    add: 'i64.add', sub: 'i64.sub', mul: 'i64.mul', below: 'i64.lt_u', equal: 'i64.eq', load: 'i64.load', store: 'i64.store',
    times: (a, b) => a * b,
    plus: (a, b) => a + b,
    from: (c, count) => c.x('i64.extend_i32_s', [count]),
    pushSet: (c, address) => c.raw('i64.ne', [address, 0]),
    unit: (bytes) => bytes,
    inUnits: (c, distance, unit) => c.x('i32.wrap_i64', [c.x('i64.shr_s', [distance, Math.log2(unit)])]),
    spread: (c, base, axes, unit) => {
      const lanes = sum(c, axes);
      return (lane) => c.x('i64.add', [base, c.at.times(laneOf(c, lanes, lane), unit)]);
    },
  },
};

/** Arithmetic of bytes, beside that of elements in `Code`. */
export class Addresses {
  private readonly form: Form;

  constructor(private readonly c: Code) {
    this.form = FORMS[c.f.address];
  }

  plus(a: Bytes, b: Bytes): Bytes {
    if (a === 0) return b;
    if (b === 0) return a;
    return typeof a === 'number' && typeof b === 'number' ? this.form.plus(a, b) : { pointer: this.c.x(this.form.add, [a, b]) };
  }

  minus(a: Bytes, b: Bytes): Bytes {
    return b === 0 ? a : typeof a === 'number' && typeof b === 'number' ? this.form.plus(a, -b) : { pointer: this.c.x(this.form.sub, [a, b]) };
  }

  /** So many times the bytes from one to the next. */
  times(count: Scalar, stride: Bytes): Bytes {
    return stride === 0 ? 0 : this.product(this.counted(count), stride);
  }

  /** The same, the other way round. */
  scaled(stride: Bytes, count: Scalar): Bytes {
    return stride === 0 ? 0 : this.product(stride, this.counted(count));
  }

  private counted(count: Scalar): Bytes {
    return typeof count === 'number' ? count : { pointer: this.form.from(this.c, count) };
  }

  private product(a: Bytes, b: Bytes): Bytes {
    if (a === 1) return b;
    if (b === 1) return a;
    if (a === 0 || b === 0) return 0;
    return typeof a === 'number' && typeof b === 'number' ? this.form.times(a, b) : { pointer: this.c.x(this.form.mul, [a, b]) };
  }

  /** Unsigned. */
  least(a: Bytes, b: Bytes): Pointer {
    const { c, form } = this;
    [a, b].forEach((v) => this.push(v));
    c.raw(form.below, [a, b]);
    c.f.select();
    const least = this.local();
    c.f.set(least.pointer);
    return least;
  }

  /** 0 or 1. */
  isEqual(a: Bytes, b: Bytes): Local {
    return this.c.x(this.form.equal, [a, b]);
  }

  /** Leaves on the stack whether it is not 0. */
  pushSet(address: Bytes): void {
    this.form.pushSet(this.c, address);
  }

  push(b: Bytes): void {
    this.c.push(b, this.c.f.address);
  }

  // ---- locals ----

  local(name?: string): Pointer {
    return { pointer: this.c.f.local(this.c.f.address, name) };
  }

  /** A new one that starts as `b`; it may be assigned again. */
  variable(b: Bytes, name?: string): Pointer {
    const out = this.local(name);
    this.assign(out, b);
    return out;
  }

  assign(to: Pointer, b: Bytes): void {
    this.push(b);
    this.c.f.set(to.pointer);
  }

  /** to += by */
  advance(to: Pointer, by: Bytes): void {
    this.c.raw(this.form.add, [to, by]);
    this.c.f.set(to.pointer);
  }

  // ---- in memory ----

  /** Bytes that an address takes. */
  get size(): number {
    return this.form.size;
  }

  load(from: Pointer, offset: number, name?: string): Pointer {
    const out = this.local(name);
    this.c.raw(this.form.load, [from], offset);
    this.c.f.set(out.pointer);
    return out;
  }

  /** Stores at `to` the sum of what is at `from` and `more`. */
  storeSum(to: Pointer, offset: number, from: Pointer, fromOffset: number, more: Bytes): void {
    const { c, form } = this;
    c.push(to);
    c.raw(form.load, [from], fromOffset);
    this.push(more);
    c.f.op(form.add);
    c.f.op(form.store, offset);
  }

  // ---- in lanes ----

  unit(bytes: number): number {
    return this.form.unit(bytes);
  }

  /** A distance between elements in every lane, in units. */
  lanes(distance: Pointer, unit: number): Local {
    return this.c.x('i32x4.splat', [this.form.inUnits(this.c, distance, unit)]);
  }

  /** Addresses of lanes, given their distances from `base` along each axis, in units. */
  spread(base: Bytes, axes: readonly Lanes[], unit: number): (lane: number) => Pointer {
    const address = this.form.spread(this.c, base, axes, unit);
    return (lane) => ({ pointer: address(lane) });
  }
}
