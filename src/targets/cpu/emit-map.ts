/** Map kernels: every point of the domain is computed and stored. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import type { Code, Scalar } from './code.ts';
import { bodyOf, emitColumns, rowOf, type Sink } from './columns.ts';
import { Frame, PARAMS, type Nest } from './frame.ts';
import { store, storeOne } from './lanes.ts';
import type { Func, Local, ModuleBuilder } from './wasm.ts';

/** Where a result goes: its index among the results of the body, and the address of column 0 of the current row. */
export interface Target {
  readonly result: number;
  readonly dtype: DType;
  readonly row: Local;
}

/** Stores results one after the other along the row. */
export function storing(c: Code, targets: readonly Target[], count: number): Sink {
  const running = targets.map((_, k) => c.f.local('i32', `out${k}`));
  const address = ({ row, dtype }: Target, x: Scalar): Scalar => c.add(row, c.mul(x, dtypes[dtype].bytes));
  return {
    begin: (x) => targets.forEach((t, k) => c.assign(running[k], address(t, x))),
    vector: (values) => targets.forEach((t, k) => store(c, t.dtype, running[k], 0, values[t.result], count)),
    advance: (columns) => targets.forEach((t, k) => c.advance(running[k], columns * dtypes[t.dtype].bytes)),
    cell: (values, x) => targets.forEach((t) => storeOne(c, t.dtype, address(t, x), 0, values[t.result])),
  };
}

/** Address of the first column of row number `position` in a dense array. */
export const rowAddress = ({ c, columns }: Frame, base: Local, position: Scalar, d: DType): Local =>
  c.variable(c.add(base, c.mul(c.mul(position, columns), dtypes[d].bytes)), 'outRow');

/** Adds the function `name`. `results[k]` of output k; `before` is emitted at the head of each block. */
export function emitMap(
  module: ModuleBuilder, name: string, nest: Nest, stores: readonly number[], fmod: Func | undefined,
  before?: (frame: Frame, rows: readonly [Local, Local], columns: readonly [Local, Local]) => void,
): void {
  module.func(name, { params: PARAMS }, (f, { start, end, params }) => {
    const frame = new Frame(f, params, nest, fmod);
    const body = bodyOf(nest.results, nest.rank);
    const outer = frame.coords.map((_, k) => k);
    frame.blocks(start, end, ({ columns, rows }) => {
      before?.(frame, rows, columns);
      frame.walk(outer, rows[0], rows[1], 'row', (r) => {
        const row = rowOf(frame, body);
        const targets = stores.map((result, k) => ({
          result, dtype: nest.outputs[k], row: rowAddress(frame, frame.outputs[k], r, nest.outputs[k]),
        }));
        emitColumns(frame, body, row, columns[0], columns[1], storing(frame.c, targets, body.count));
      });
    });
  });
}
