/** The head of every emitted function: its parameters in locals, and the walk over blocks and outer coordinates. */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Effect, Value } from '../../../dsl/kernel/ir.ts';
import type { InnerStride } from '../../../fusion/kernel.ts';
import type { Bytes, Pointer } from './address.ts';
import { Code, type Scalar } from './code.ts';
import { GEOMETRY, layoutOf, type ArrayLayout, type ArraySpec, type GeometryName, type LayoutSpec } from '../layout.ts';
import type { Func, FuncBuilder, Local, ModuleBuilder, ValType } from '../wasm/index.ts';

/** An array that a loop nest walks: point by point of the domain, or as a whole (then the rank is its own). */
export interface NestArray {
  readonly dtype: DType;
  /** Along the innermost axis of the domain, or the last one of its own. */
  readonly inner: InnerStride;
  readonly whole?: number;
  /** Coordinates along an outer axis come round; where that `wraps`, positions in the ring are those beyond its ends as well. */
  readonly ring?: { readonly axis: number; readonly wraps: boolean };
  /** Rows of whole input `from`, at indices along all of its axes but the last: values that are the same for a row. */
  readonly picked?: { readonly from: number; readonly index: readonly Value[] };
}

/** A loop nest to emit: what its body may read and store to, and how that lies in memory. */
export interface Nest {
  readonly rank: number;
  readonly inputs: readonly NestArray[];
  readonly uniforms: readonly DType[];
  readonly outputs: readonly NestArray[];
  readonly planes: readonly DType[];
  readonly results: readonly Value[];
  readonly effects: readonly Effect[];
  /** Subnormal results are stored as 0. */
  readonly flushes?: boolean;
  /** For an engine that makes one wider register of two: twice the lanes where registers are what limits them. */
  readonly paired?: boolean;
  /** In memory with addresses of 64 bits. */
  readonly memory64?: boolean;
}

/** The indices of all rows that a nest picks: they are no part of its results. */
export const picksOf = ({ inputs }: Nest): Value[] => inputs.flatMap(({ picked }) => picked?.index ?? []);

export function layoutSpecOf(n: Nest): LayoutSpec {
  const array = ({ whole, ring, picked }: NestArray): ArraySpec =>
    ({ axes: picked ? 0 : whole ?? n.rank, whole: whole !== undefined, ring: ring !== undefined });
  const { rank, uniforms, planes, memory64 = false } = n;
  return { rank, memory64, inputs: n.inputs.map(array), outputs: n.outputs.map(array), planes: planes.length, uniforms };
}

/** A whole array: element `index` is at base + sum of index[k] * strides[k]. */
export interface Whole {
  readonly dtype: DType;
  readonly base: Pointer;
  /** Along the last axis a constant where the code knows it. */
  readonly strides: readonly Bytes[];
  readonly sizes: readonly Local[];
  /** The largest index along each axis; 0 in an empty array, whose base is a zero. */
  readonly tops: readonly Local[];
  /** The same in every lane; strides in units. */
  readonly strideLanes: readonly Local[];
  readonly sizeLanes: readonly Local[];
  readonly topLanes: readonly Local[];
  /** Bytes that lanes count in. */
  readonly unit: number;
}

/** Names of the parameters of every kernel function. */
export const paramsOf = ({ address }: ModuleBuilder): Readonly<Record<'start' | 'end' | 'params', ValType>> =>
  ({ start: 'i32', end: 'i32', params: address });

export class Frame {
  readonly c: Code;
  readonly inner: number;
  readonly sizes: readonly Local[];
  /** By input, then axis. Of whole inputs: their own axes. */
  readonly strides: readonly (readonly Pointer[])[];
  readonly bases: readonly Pointer[];
  readonly outputs: readonly Pointer[];
  readonly outputStrides: readonly (readonly Pointer[])[];
  /** Of rings. */
  readonly inputMasks: readonly (Local | undefined)[];
  readonly outputMasks: readonly (Local | undefined)[];
  /** From a coordinate to the position in rings that wrap. */
  private readonly round: Local | undefined;
  readonly whole: { readonly input: readonly (Whole | undefined)[]; readonly output: readonly (Whole | undefined)[] };
  readonly planes: readonly Pointer[];
  /** Every lane holds the value. */
  readonly uniforms: readonly Local[];
  /** Outer coordinates of the current row. */
  readonly coords: readonly Local[];
  private readonly firstColumn: Local;
  private readonly lastColumn: Local;
  private readonly geometry: ReadonlyMap<GeometryName, Local>;

  constructor(readonly f: FuncBuilder, params: Local, readonly nest: Nest, readonly fmod: Func | undefined) {
    const c = (this.c = new Code(f));
    c.flushes = nest.flushes === true;
    const layout = layoutOf(layoutSpecOf(nest));
    const word = (offset: number, name: string): Local => {
      const local = f.local('i32', name);
      c.raw('i32.load', [params], offset);
      f.set(local);
      return local;
    };
    const address = (offset: number, name: string): Pointer => c.at.load({ pointer: params }, offset, name);
    const axes = Array.from({ length: nest.rank }, (_, k) => k);
    this.inner = nest.rank - 1;
    this.geometry = new Map(GEOMETRY.map((name) => [name, word(layout.geometry(name), name)]));
    this.sizes = axes.map((k) => word(layout.size(k), `size${k}`));
    this.firstColumn = word(layout.firstColumn, 'firstColumn');
    this.lastColumn = word(layout.lastColumn, 'lastColumn');
    const spec = layoutSpecOf(nest);
    const along = (list: readonly ArraySpec[], i: number): number[] => Array.from({ length: list[i].axes }, (_, k) => k);
    this.bases = nest.inputs.map((_, i) => address(layout.inputs[i].base, `input${i}`));
    this.strides = nest.inputs.map((_, i) => along(spec.inputs, i).map((k) => address(layout.inputs[i].stride(k), `stride${i}_${k}`)));
    this.outputs = nest.outputs.map((_, i) => address(layout.outputs[i].base, `output${i}`));
    this.outputStrides = nest.outputs.map((_, i) => along(spec.outputs, i).map((k) => address(layout.outputs[i].stride(k), `step${i}_${k}`)));
    const masks = (list: readonly NestArray[], at: readonly ArrayLayout[]): (Local | undefined)[] =>
      list.map((a, i) => (a.ring === undefined ? undefined : word(at[i].mask, `mask${i}`)));
    this.inputMasks = masks(nest.inputs, layout.inputs);
    this.outputMasks = masks(nest.outputs, layout.outputs);
    const isRound = [...nest.inputs, ...nest.outputs].some((a) => a.ring?.wraps);
    this.round = isRound ? word(layout.round, 'round') : undefined;
    const whole = (a: NestArray, at: ArrayLayout, base: Pointer, strides: readonly Pointer[]): Whole | undefined => {
      if (a.whole === undefined) return undefined;
      const sizes = strides.map((_, k) => word(at.size(k), `n${k}`));
      const empty = sizes.reduce<Scalar>((any, n) => (any === 0 ? c.x('i32.eqz', [n]) : c.x('i32.or', [any, c.x('i32.eqz', [n])])), 0);
      const tops = sizes.map((n) => c.choose(() => c.push(empty), 0, c.sub(n, 1)));
      const { bytes } = dtypes[a.dtype];
      const last = a.inner === 'unit' ? bytes : a.inner === 'zero' ? 0 : undefined;
      const unit = c.at.unit(bytes);
      const lanes = (list: readonly Local[]): Local[] => list.map((v) => c.x('i32x4.splat', [v]));
      return {
        dtype: a.dtype, base, sizes, tops, unit, strides: strides.map((s, k) => (k === a.whole! - 1 ? last ?? s : s)),
        sizeLanes: lanes(sizes), strideLanes: strides.map((s) => c.at.lanes(s, unit)), topLanes: lanes(tops),
      };
    };
    this.whole = {
      input: nest.inputs.map((a, i) => whole(a, layout.inputs[i], this.bases[i], this.strides[i])),
      output: nest.outputs.map((a, i) => whole(a, layout.outputs[i], this.outputs[i], this.outputStrides[i])),
    };
    this.planes = nest.planes.map((_, i) => address(layout.planeBase(i), `partial${i}`));
    this.uniforms = nest.uniforms.map((_, i) => c.x('v128.load', [params], layout.uniform(i)));
    this.coords = axes.slice(0, -1).map((k) => f.local('i32', `x${k}`));
  }

  /** Bytes from the first element of an array to the row of outer coordinates. */
  rowOffset(
    array: NestArray, mask: Local | undefined, strides: readonly Pointer[], coordinate: (axis: number) => Scalar,
  ): Bytes[] {
    const { c } = this;
    return this.coords.map((_, k) => {
      const x = coordinate(k);
      if (array.ring?.axis !== k) return c.at.times(x, strides[k]);
      return c.at.times(c.x('i32.and', [array.ring.wraps ? c.add(x, this.round!) : x, mask!]), strides[k]);
    });
  }

  get(name: GeometryName): Local {
    return this.geometry.get(name)!;
  }

  get columns(): Local {
    return this.sizes[this.inner];
  }

  /** Sets the coordinates of `axes` to the `linear`-th point of them, the last axis moving fastest. */
  seek(axes: readonly number[], linear: Scalar): void {
    const { c } = this;
    let rest = linear;
    for (let j = axes.length - 1; j >= 0; j--) {
      const k = axes[j];
      c.assign(this.coords[k], j === 0 ? rest : c.x('i32.rem_u', [rest, this.sizes[k]]));
      if (j > 0) rest = c.x('i32.div_u', [rest, this.sizes[k]]);
    }
  }

  /** Moves the coordinates of `axes` to the next point. */
  next(axes: readonly number[]): void {
    const { c, f } = this;
    const k = axes.at(-1);
    if (k === undefined) return;
    c.advance(this.coords[k], 1);
    if (axes.length === 1) return;
    c.raw('i32.eq', [this.coords[k], this.sizes[k]]);
    f.if(() => {
      c.assign(this.coords[k], 0);
      this.next(axes.slice(0, -1));
    });
  }

  /** `for (i = from; i < to; i++)`, with the coordinates of `axes` at the i-th point of them. */
  walk(axes: readonly number[], from: Scalar, to: Scalar, name: string, body: (i: Local) => void): void {
    const { c } = this;
    const i = c.variable(from, name);
    this.seek(axes, i);
    c.whileBelow(i, to, () => {
      body(i);
      this.next(axes);
      c.advance(i, 1);
    });
  }

  /** For every block of the call: the ranges of kept points, rows and columns that it covers. */
  blocks(start: Local, end: Local, body: (b: Cut) => void): void {
    const { c } = this;
    const range = (block: Scalar, per: GeometryName, all: Scalar, first: Scalar = 0): readonly [Local, Local] => {
      const from = c.variable(c.add(first, c.mul(block, this.get(per))));
      return [from, c.variable(c.min(c.add(from, this.get(per)), all))];
    };
    const block = c.variable(start, 'block');
    c.whileBelow(block, end, () => {
      const columnBlock = c.x('i32.rem_u', [block, this.get('columnBlocks')]);
      const above = c.x('i32.div_u', [block, this.get('columnBlocks')]);
      const rowBlock = c.x('i32.rem_u', [above, this.get('rowBlocks')]);
      const keptBlock = c.x('i32.div_u', [above, this.get('rowBlocks')]);
      body({
        columnBlock, rowBlock,
        columns: range(columnBlock, 'columnsPerBlock', this.lastColumn, this.firstColumn),
        rows: range(rowBlock, 'rowsPerBlock', this.get('rows')),
        kept: range(keptBlock, 'keptPerBlock', this.get('kept')),
      });
      c.advance(block, 1);
    });
  }
}

/** A block: half-open ranges. A map has one kept point; its rows are all outer points. */
export interface Cut {
  readonly columnBlock: Local;
  readonly rowBlock: Local;
  readonly columns: readonly [Local, Local];
  readonly rows: readonly [Local, Local];
  readonly kept: readonly [Local, Local];
}
