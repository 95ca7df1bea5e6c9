/** The head of every emitted function: its parameters in locals, and the walk over blocks and outer coordinates. */
import type { DType } from '../../../dsl/dtype.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import type { InnerStride } from '../../../fusion/kernel.ts';
import { Code, type Scalar } from './code.ts';
import { GEOMETRY, layoutOf, type GeometryName, type LayoutSpec } from '../layout.ts';
import type { Func, FuncBuilder, Local } from '../wasm/index.ts';

/** A loop nest to emit: what its body may read and how that lies in memory. */
export interface Nest {
  readonly rank: number;
  readonly inputs: readonly { readonly dtype: DType; readonly inner: InnerStride }[];
  readonly uniforms: readonly DType[];
  readonly outputs: readonly { readonly dtype: DType; readonly inner: 'unit' | 'strided' }[];
  readonly planes: readonly DType[];
  readonly results: readonly Value[];
}

export const layoutSpecOf = (n: Nest): LayoutSpec =>
  ({ rank: n.rank, inputs: n.inputs.length, outputs: n.outputs.length, planes: n.planes.length, uniforms: n.uniforms });

/** Names of the parameters of every kernel function. */
export const PARAMS = { start: 'i32', end: 'i32', params: 'i32' } as const;

export class Frame {
  readonly c: Code;
  readonly inner: number;
  readonly sizes: readonly Local[];
  /** By input, then axis, in bytes. */
  readonly strides: readonly (readonly Local[])[];
  readonly bases: readonly Local[];
  readonly outputs: readonly Local[];
  readonly outputStrides: readonly (readonly Local[])[];
  readonly planes: readonly Local[];
  /** Every lane holds the value. */
  readonly uniforms: readonly Local[];
  /** Outer coordinates of the current row. */
  readonly coords: readonly Local[];
  private readonly geometry: ReadonlyMap<GeometryName, Local>;

  constructor(readonly f: FuncBuilder, params: Local, readonly nest: Nest, readonly fmod: Func | undefined) {
    const c = (this.c = new Code(f));
    const layout = layoutOf(layoutSpecOf(nest));
    const word = (offset: number, name: string): Local => {
      const local = f.local('i32', name);
      c.raw('i32.load', [params], offset);
      f.set(local);
      return local;
    };
    const axes = Array.from({ length: nest.rank }, (_, k) => k);
    this.inner = nest.rank - 1;
    this.geometry = new Map(GEOMETRY.map((name) => [name, word(layout.geometry(name), name)]));
    this.sizes = axes.map((k) => word(layout.size(k), `size${k}`));
    this.bases = nest.inputs.map((_, i) => word(layout.inputBase(i), `input${i}`));
    this.strides = nest.inputs.map((_, i) => axes.map((k) => word(layout.stride(i, k), `stride${i}_${k}`)));
    this.outputs = nest.outputs.map((_, i) => word(layout.outputBase(i), `output${i}`));
    this.outputStrides = nest.outputs.map((_, i) => axes.map((k) => word(layout.outputStride(i, k), `step${i}_${k}`)));
    this.planes = nest.planes.map((_, i) => word(layout.planeBase(i), `partial${i}`));
    this.uniforms = nest.uniforms.map((_, i) => c.x('v128.load', [params], layout.uniform(i)));
    this.coords = axes.slice(0, -1).map((k) => f.local('i32', `x${k}`));
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
    const range = (block: Scalar, per: GeometryName, all: Scalar): readonly [Local, Local] => {
      const from = c.variable(c.mul(block, this.get(per)));
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
        columns: range(columnBlock, 'columnsPerBlock', this.columns),
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
