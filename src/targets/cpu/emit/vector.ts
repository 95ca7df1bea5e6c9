/** Several columns of a row at once, away from the borders of the inner axis. */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Point, Value } from '../../../dsl/kernel/ir.ts';
import type { Bytes, Pointer } from './address.ts';
import type { Scalar } from './code.ts';
import type { Leaf, Site } from './evaluate.ts';
import { iota, registers, resize, widthOf, type Regs, type Width } from './lanes.ts';
import { gather, gatherAt, load } from './memory.ts';
import { stepsAlong, totalOffset } from './points.ts';
import type { Row, RowPointer } from './row.ts';
import type { Local } from '../wasm/index.ts';

type Coord = Value & { kind: 'coord' };

/** Reads of neighbouring columns through pointers that run along the row. */
export class VectorSite {
  /** Columns from the pointers to where reads are; only for inputs that lie dense along the row. */
  ahead = 0;
  private readonly running = new Map<string, { at: Pointer; first: number }>();

  constructor(private readonly row: Row, values: readonly Value[], readonly count: number) {
    const first = new Map<string, number>();
    for (const v of values) {
      if (v.kind !== 'read') continue;
      const { key, inner } = row.pointer(v);
      if (inner === 'zero') continue;
      first.set(key, Math.min(first.get(key) ?? Infinity, inner === 'unit' ? this.offset(v.at) : 0));
    }
    // Unit pointers start at the leftmost column read, so that the constant offsets of loads are not negative.
    for (const [key, column] of first) this.running.set(key, { at: row.frame.c.at.local(`p${this.running.size}`), first: column });
    this.pointers = new Map(values.flatMap((v) => (v.kind === 'read' ? [[row.pointer(v).key, row.pointer(v)] as const] : [])));
  }

  private readonly pointers: ReadonlyMap<string, RowPointer>;

  private offset(at: Point | undefined): number {
    return totalOffset(stepsAlong(at, this.row.frame.inner));
  }

  /** Sets the pointers to column `x`. */
  begin(x: Scalar): void {
    const { c } = this.row.frame;
    for (const [key, { at, first }] of this.running) {
      const p = this.pointers.get(key)!;
      const step = p.inner === 'unit' ? dtypes[p.dtype].bytes : p.stride;
      c.at.assign(at, c.at.plus(p.address, c.at.times(c.add(x, first), step)));
    }
  }

  /** Moves on by `turns` times `count` columns. */
  advance(turns = 1): void {
    const { c } = this.row.frame;
    for (const [key, { at }] of this.running) {
      const p = this.pointers.get(key)!;
      c.at.advance(at, p.inner === 'unit' ? dtypes[p.dtype].bytes * this.count * turns : c.at.scaled(p.stride, this.count * turns));
    }
  }

  /** What it reads lies dense along the row, or stays. */
  get isDense(): boolean {
    return [...this.running.keys()].every((key) => this.pointers.get(key)!.inner === 'unit');
  }

  /**
   * The cells at the pointers, `x` being the column of the first. `end`: only those before it are cells, not all; the others
   * take part in nothing.
   */
  site(x: Local, end?: Scalar): Site {
    const { row, count } = this;
    const { c, inner, whole } = row.frame;
    const left = end === undefined ? undefined : c.x('i32.sub', [end, x]);
    return {
      count, inner, leaf: (v, width) => this.leaf(v, width, x, left), scalar: (v) => row.constantScalar(v),
      column: (v) => ({ first: c.add(x, this.offset(v.at)), whole: left === undefined ? 1 : 0 }),
      known: row.known, knownScalar: row.knownScalar, isKnown: row.isKnown, whole: (of, index) => whole[of][index]!,
      active: left && this.columns(0).map((lane) => c.x('i32x4.lt_s', [lane, c.x('i32x4.splat', [left])])),
    };
  }

  /** The numbers of the lanes, plus `from`. */
  private columns(from: number): Local[] {
    return Array.from({ length: registers(this.count, 32) }, (_, j) => iota(this.row.frame.c, from + 4 * j));
  }

  /** `left`: so many lanes are cells. The others stay where the last cell is. */
  private leaf(v: Leaf, width: Width, x: Local, left: Local | undefined): Regs {
    const { c } = this.row.frame;
    if (v.kind === 'inside') return new Array<Local>(registers(this.count, width)).fill(this.row.insideRow(v).mask);
    if (v.kind === 'coord') return this.coord(v, x, left);
    if (v.kind !== 'read') throw new Error(`${v.kind} is the same for a row`);
    const { key, inner, stride } = this.row.pointer(v);
    const { at, first } = this.running.get(key)!;
    const offset = this.offset(v.at);
    if (inner === 'unit') return load(c, v.dtype, at, (offset - first + this.ahead) * dtypes[v.dtype].bytes, this.count, width);
    const regs = this.apart(v.dtype, c.at.plus(at, c.at.scaled(stride, offset)), stride, left);
    return resize(c, regs, widthOf(v.dtype), width, this.count, v.dtype);
  }

  /** Elements from the address `from` on, `stride` bytes apart. */
  private apart(dtype: DType, from: Bytes, stride: Pointer, left: Local | undefined): Regs {
    const { c } = this.row.frame;
    if (left === undefined) return gather(c, dtype, from, 0, stride, this.count);
    const last = c.sub(left, 1);
    return gatherAt(c, dtype, 0, this.count, (lane) => c.at.plus(from, c.at.scaled(stride, lane === 0 ? 0 : c.min(last, lane))));
  }

  private coord(v: Coord, x: Local, left: Local | undefined): Regs {
    const { c } = this.row.frame;
    const first = this.offset(v.at);
    if (left === undefined) {
      const splat = c.x('i32x4.splat', [x]);
      return this.columns(first).map((lane) => c.x('i32x4.add', [splat, lane]));
    }
    const [start, last] = [c.x('i32x4.splat', [c.add(x, first)]), c.x('i32x4.splat', [c.sub(left, 1)])];
    return this.columns(0).map((lane) => c.x('i32x4.add', [start, c.x('i32x4.min_s', [lane, last])]));
  }
}
