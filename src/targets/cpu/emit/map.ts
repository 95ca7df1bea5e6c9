/** Map kernels: every point of the domain is computed and stored, or stores itself what it will. */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import type { Bytes, Pointer } from './address.ts';
import type { Scalar } from './code.ts';
import { emitColumns, rowOf, type Body, type Results, type Sink, type Vector } from './columns.ts';
import { Frame, paramsOf, type Nest } from './frame.ts';
import { widthOf, type Regs } from './lanes.ts';
import { scatter, scatterAt, store, storeOne } from './memory.ts';
import { asResult } from './subnormals.ts';
import type { Func, Local, ModuleBuilder } from '../wasm/index.ts';

/** Where a result goes: its index among the results of the body, and the address of column 0 of the current row. */
interface Target {
  readonly result: number;
  readonly dtype: DType;
  readonly row: Pointer;
  /** From column to column. */
  readonly stride: Bytes;
}

/** Stores results of the body along the current row: `stores[k]` in output k. */
export function storing(frame: Frame, stores: readonly number[], count: number): Sink {
  const { c, nest, outputs, outputStrides, outputMasks, coords, inner } = frame;
  const targets = stores.map((result, k): Target => {
    const row = c.at.variable(outputs[k], `outRow${k}`);
    frame.rowOffset(nest.outputs[k], outputMasks[k], outputStrides[k], (axis) => coords[axis])
      .forEach((bytes) => c.at.advance(row, bytes));
    const { dtype, inner: along } = nest.outputs[k];
    return { result, dtype, row, stride: along === 'unit' ? dtypes[dtype].bytes : outputStrides[k][inner] };
  });
  const running = targets.map((_, k) => c.at.local(`out${k}`));
  const address = ({ row, stride }: Target, x: Scalar): Bytes => c.at.plus(row, c.at.times(x, stride));
  const stored = (results: Results, { dtype, result }: Target): Regs => asResult(c, dtype, results(result, widthOf(dtype)));
  const all = ({ results, ahead = 0 }: Vector): void => targets.forEach((t, k) => (typeof t.stride === 'number'
    ? store(c, t.dtype, running[k], ahead * t.stride, stored(results, t), count)
    : scatter(c, t.dtype, c.at.plus(running[k], c.at.scaled(t.stride, ahead)), t.stride, stored(results, t), count)));
  const some = ({ results, x }: Vector, end: Local): void => targets.forEach((t, k) => {
    const left = c.sub(end, x);
    scatterAt(c, t.dtype, stored(results, t), count, (lane, put) => {
      c.raw('i32.gt_s', [left, lane]);
      c.f.if(() => put(c.at.plus(running[k], c.at.scaled(t.stride, lane))));
    });
  });
  return {
    begin: (x) => targets.forEach((t, k) => c.at.assign(running[k], address(t, x))),
    vectors: ([v]) => (v.end ? some(v, v.end) : all(v)),
    advance: (columns) => targets.forEach((t, k) => c.at.advance(running[k], c.at.scaled(t.stride, columns))),
    cells: ([results], x) => targets.forEach((t) =>
      storeOne(c, t.dtype, address(t, x), 0, asResult(c, t.dtype, results(t.result))[0])),
  };
}

export interface MapProgram {
  readonly nest: Nest;
  readonly body: Body;
  /** For output k of the nest, the result it takes. */
  readonly stores: readonly number[];
  /** Nothing that is read is written: a point may be done twice. */
  readonly again: boolean;
}

/** Adds the function `name`. `before` is emitted at the head of each block. */
export function emitMap(
  module: ModuleBuilder, name: string, { nest, body, stores, again }: MapProgram, fmod: Func | undefined,
  before?: (frame: Frame, rows: readonly [Local, Local], columns: readonly [Local, Local]) => void,
): Func {
  return module.func(name, { params: paramsOf(module), wide: nest.paired }, (f, { start, end, params }) => {
    const frame = new Frame(f, params, nest, fmod);
    const outer = frame.coords.map((_, k) => k);
    frame.blocks(start, end, ({ columns, rows }) => {
      before?.(frame, rows, columns);
      frame.walk(outer, rows[0], rows[1], 'row', () => {
        const row = rowOf(frame, body);
        emitColumns(frame, body, [row], columns, storing(frame, stores, body.count), { partial: true, again });
      });
    });
  });
}
