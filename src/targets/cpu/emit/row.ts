/**
 * One row of the domain: what is the same for all of its columns. Border maps of the outer axes end here, in a pointer per
 * input and outer offset; values that do not depend on the column are computed here, once.
 */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Point, Value } from '../../../dsl/kernel/ir.ts';
import { valuesOf } from '../../../dsl/kernel/walk.ts';
import type { InnerStride } from '../../../fusion/kernel.ts';
import type { Scalar } from './code.ts';
import { Evaluator, type Leaf, type Site } from './evaluate.ts';
import type { Frame } from './frame.ts';
import { gather, iota, load, loadSplat, maskOf, registers, type Regs, type Width } from './lanes.ts';
import { followSteps, insideValues, stepsAlong, stepsKey, totalOffset, within, type AxisStep } from './points.ts';
import type { Local } from '../wasm/index.ts';

type Read = Value & { kind: 'read' };
type Inside = Value & { kind: 'inside' };

/** Where the column 0 of a row of an input is, for one combination of outer offsets. */
interface RowPointer {
  readonly key: string;
  readonly address: Local;
  readonly dtype: DType;
  readonly inner: InnerStride;
  /** Bytes from column to column. */
  readonly stride: Local;
}

export class Row {
  private readonly pointers = new Map<string, RowPointer>();
  private readonly mapped = new Map<string, Scalar>();
  private readonly outerInside = new Map<string, { condition: Scalar; mask: Local }>();
  private readonly invariants = new Map<Value, boolean>();
  private readonly constant: Evaluator;
  private readonly all: readonly Value[];

  /** Emits what the row needs for evaluating `results`, at the frame's current outer coordinates. */
  constructor(readonly frame: Frame, results: readonly Value[]) {
    this.all = valuesOf(results);
    this.constant = new Evaluator(frame.c, { count: 1, leaf: (v) => [this.constantLeaf(v)] }, frame.fmod);
    for (const v of this.all) if (v.kind === 'read') this.makePointer(v);
    for (const v of insideValues(results)) this.makeInside(v);
    const mixed = this.all.some((v) => v.dtype === 'float64');
    for (const v of this.all) {
      if (v.kind === 'const' || !this.isInvariant(v)) continue;
      this.constant.regs(v);
      // Masks and exponents may be wanted beside float64 as well, and inside a loop it is too late to ask.
      if (mixed && (v.dtype === 'bool' || v.dtype === 'int32')) for (const w of [32, 64] as const) this.constant.regs(v, w);
    }
  }

  /** The one register of a value that does not depend on the column. */
  readonly known = (v: Value, width: Width): Local | undefined =>
    (this.isInvariant(v) ? this.frame.c.keep(() => this.constant.regs(v, width)[0]) : undefined);

  private isInvariant(v: Value): boolean {
    let is = this.invariants.get(v);
    if (is === undefined) this.invariants.set(v, is = this.decide(v));
    return is;
  }

  private decide(v: Value): boolean {
    switch (v.kind) {
      case 'const': case 'uniform': case 'extent': return true;
      case 'read': return this.frame.nest.inputs[v.input].inner === 'zero';
      case 'coord': return v.axis !== this.frame.inner;
      case 'inside': case 'reduced': return false;
      case 'op': return v.args.every((a) => this.isInvariant(a));
      default: return v satisfies never;
    }
  }

  private constantLeaf(v: Leaf): Local {
    const { c, uniforms, sizes } = this.frame;
    switch (v.kind) {
      case 'uniform': return uniforms[v.index];
      case 'extent': return c.x('i32x4.splat', [sizes[v.axis]]);
      case 'coord': return c.x('i32x4.splat', [this.coordinate(v.axis, stepsAlong(v.at, v.axis))]);
      case 'read': return loadSplat(c, v.dtype, this.pointer(v).address);
      case 'inside': case 'reduced': throw new Error(`${v.kind} is not the same for a row`);
      default: return v satisfies never;
    }
  }

  /** An outer coordinate after its border maps. */
  private coordinate(axis: number, steps: readonly AxisStep[]): Scalar {
    const { c, coords, sizes } = this.frame;
    const key = `${axis}:${stepsKey(steps)}`;
    let x = this.mapped.get(key);
    if (x === undefined) this.mapped.set(key, x = c.keep(() => followSteps(c, coords[axis], sizes[axis], steps)));
    return x;
  }

  private key(input: number, at: Point | undefined): string {
    return `${input}@${this.frame.coords.map((_, k) => stepsKey(stepsAlong(at, k))).join(',')}`;
  }

  pointer(v: Read): RowPointer {
    return this.pointers.get(this.key(v.input, v.at))!;
  }

  private makePointer({ input, at, dtype }: Read): void {
    const { c, bases, strides, coords, nest, inner } = this.frame;
    const key = this.key(input, at);
    if (this.pointers.has(key)) return;
    const address = c.variable(bases[input], `row${input}`);
    coords.forEach((_, k) => c.advance(address, c.mul(this.coordinate(k, stepsAlong(at, k)), strides[input][k])));
    this.pointers.set(key, { key, address, dtype, inner: nest.inputs[input].inner, stride: strides[input][inner] });
  }

  private insideKey(v: Inside): string {
    return this.frame.coords.map((_, k) => `${stepsKey(stepsAlong(v.at, k))}:${v.lo[k]}:${v.hi[k]}`).join(',');
  }

  private makeInside(v: Inside): void {
    const { c, coords, sizes } = this.frame;
    const key = this.insideKey(v);
    if (this.outerInside.has(key)) return;
    const condition = coords.reduce<Scalar>((all, _, k) => {
      const asked = v.lo[k] !== 0 || v.hi[k] !== 0;
      return asked ? c.and(all, within(c, this.coordinate(k, stepsAlong(v.at, k)), sizes[k], v.lo[k], v.hi[k])) : all;
    }, 1);
    this.outerInside.set(key, { condition, mask: maskOf(c, condition) });
  }

  /** What `v` says of the outer axes. */
  insideRow(v: Inside): { readonly condition: Scalar; readonly mask: Local } {
    return this.outerInside.get(this.insideKey(v))!;
  }

  /** A single cell at column `x`: coordinates are scalars, and every border map is followed. */
  cell(x: Local): Site {
    const { c, columns, inner } = this.frame;
    const at = new Map<string, Scalar>();
    const column = (steps: readonly AxisStep[]): Scalar => {
      const key = stepsKey(steps);
      let found = at.get(key);
      if (found === undefined) at.set(key, found = c.keep(() => followSteps(c, x, columns, steps)));
      return found;
    };
    const leaf = (v: Leaf): Local => {
      const steps = 'at' in v ? stepsAlong(v.at, inner) : [];
      if (v.kind === 'coord') return c.x('i32x4.splat', [column(steps)]);
      if (v.kind === 'inside') {
        return maskOf(c, c.and(this.insideRow(v).condition, within(c, column(steps), columns, v.lo[inner], v.hi[inner])));
      }
      if (v.kind !== 'read') return this.constantLeaf(v);
      const p = this.pointer(v);
      const step = p.inner === 'unit' ? dtypes[v.dtype].bytes : p.stride;
      return loadSplat(c, v.dtype, c.add(p.address, c.mul(column(steps), step)));
    };
    return { count: 1, leaf: (v) => [leaf(v)], known: this.known };
  }

  /** Several columns from `x`, all of them away from the borders of the inner axis. */
  vector(results: readonly Value[], count: number): VectorSite {
    return new VectorSite(this, valuesOf(results), count);
  }
}

/** Reads of neighbouring columns through pointers that run along the row. */
export class VectorSite {
  private readonly running = new Map<string, { at: Local; first: number }>();

  constructor(private readonly row: Row, values: readonly Value[], readonly count: number) {
    const first = new Map<string, number>();
    for (const v of values) {
      if (v.kind !== 'read') continue;
      const { key, inner } = row.pointer(v);
      if (inner === 'zero') continue;
      first.set(key, Math.min(first.get(key) ?? Infinity, inner === 'unit' ? this.offset(v.at) : 0));
    }
    // Unit pointers start at the leftmost column read, so that the constant offsets of loads are not negative.
    for (const [key, column] of first) this.running.set(key, { at: row.frame.f.local('i32', `p${this.running.size}`), first: column });
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
      c.assign(at, c.add(p.address, c.mul(c.add(x, first), step)));
    }
  }

  /** Moves on by `count` columns. */
  advance(): void {
    const { c } = this.row.frame;
    for (const [key, { at }] of this.running) {
      const p = this.pointers.get(key)!;
      c.advance(at, p.inner === 'unit' ? dtypes[p.dtype].bytes * this.count : c.mul(p.stride, this.count));
    }
  }

  /** The cells at the pointers, `x` being the column of the first. */
  site(x: Local): Site {
    return { count: this.count, leaf: (v) => this.leaf(v, x), known: this.row.known };
  }

  private leaf(v: Leaf, x: Local): Regs {
    const { c } = this.row.frame;
    if (v.kind === 'inside') return new Array<Local>(registers(this.count, 32)).fill(this.row.insideRow(v).mask);
    if (v.kind === 'coord') {
      const splat = c.x('i32x4.splat', [x]);
      const first = this.offset(v.at);
      return Array.from({ length: registers(this.count, 32) }, (_, j) => c.x('i32x4.add', [splat, iota(c, first + 4 * j)]));
    }
    if (v.kind !== 'read') throw new Error(`${v.kind} is the same for a row`);
    const { key, inner, stride } = this.row.pointer(v);
    const { at, first } = this.running.get(key)!;
    const offset = this.offset(v.at);
    if (inner === 'unit') return load(c, v.dtype, at, (offset - first) * dtypes[v.dtype].bytes, this.count);
    const from = c.add(at, c.mul(stride, offset));
    return gather(c, v.dtype, from as Local, 0, stride, this.count);
  }
}
