/**
 * Products of packed operands: tiles of a few rows by two registers of columns, whose sums stay in registers over a stretch of
 * the depth (Goto and van de Geijn 2008; Van Zee and van de Geijn, BLIS, 2015). A panel of the right operand stays in the first
 * cache while all panels of the left one in the block pass by, which stay in the second. Every sum is added up in order of
 * depth, whoever does it.
 */
import { dtypes, type DType } from '../../../dsl/dtype.ts';
import { tileColumns, type TileRows } from '../contract.ts';
import type { Pointer } from './address.ts';
import { Code } from './code.ts';
import { bodyOf, emitColumns, rowOf } from './columns.ts';
import { Frame, paramsOf, type Cut, type Nest } from './frame.ts';
import { storing } from './map.ts';
import type { Func, FuncBuilder, Local, ModuleBuilder } from '../wasm/index.ts';

export interface MultiplyNest {
  /** Over the result: outer axes, rows, columns. The last three inputs are the packed operands and the sums. */
  readonly nest: Nest;
  readonly dtype: DType;
  readonly tileRows: TileRows;
  /** The sums are the only output. */
  readonly direct: boolean;
  /** For output k of the nest, the result it takes. */
  readonly stores: readonly number[];
  /** Products and sums are rounded at once. */
  readonly fused: boolean;
}

/** Depths that are added up in registers: so much of a panel of the right operand is an eighth of the first cache. */
const STRETCH = 256;
/** Depths of a turn of the loop. */
const UNROLL = 4;

/** Geometry: `kept` are the outer points, rows and columns those of the result; `chunks` is the depth. */
export function emitMultiply(module: ModuleBuilder, name: string, multiply: MultiplyNest, fmod: Func | undefined): void {
  const { nest, direct, stores } = multiply;
  const tile = emitTile(module, multiply);
  module.func(name, { params: paramsOf(module) }, (f, { start, end, params }) => {
    const frame = new Frame(f, params, nest, fmod);
    const { c } = frame;
    const outer = frame.coords.map((_, k) => k).slice(0, -1);
    const rowAxis = outer.length;
    const body = direct ? undefined : bodyOf(nest);
    frame.blocks(start, end, (cut) => {
      const o = c.variable(cut.kept[0], 'outer');
      c.whileBelow(o, cut.kept[1], () => {
        frame.seek(outer, o);
        multiplyBlock(frame, multiply, tile, cut);
        if (body) {
          const first = c.mul(o, frame.sizes[rowAxis]);
          frame.walk([...outer, rowAxis], c.add(first, cut.rows[0]), c.variable(c.add(first, cut.rows[1])), 'row', () => {
            emitColumns(frame, body, [rowOf(frame, body)], cut.columns, storing(frame, stores, body.count), { partial: true });
          });
        }
        c.advance(o, 1);
      });
    });
  });
}

/** The sums of a block at the frame's outer coordinates. */
function multiplyBlock(frame: Frame, { nest, dtype, tileRows, direct }: MultiplyNest, tile: Func, { rows, columns }: Cut): void {
  const { c, f } = frame;
  const { bytes } = dtypes[dtype];
  const last = nest.inputs.length - 1;
  const outer = frame.coords.slice(0, -1);
  const [row, column] = [outer.length, outer.length + 1];
  const origin = (base: Pointer, strides: readonly Pointer[], label: string): Pointer => {
    const at = c.at.variable(base, label);
    outer.forEach((x, k) => c.at.advance(at, c.at.times(x, strides[k])));
    return at;
  };
  const [left, right] = [last - 2, last - 1].map((k) => ({ base: origin(frame.bases[k], frame.strides[k], 'panels'), strides: frame.strides[k] }));
  const sumStrides = direct ? frame.outputStrides[0] : frame.strides[last];
  const sums = origin(direct ? frame.outputs[0] : frame.bases[last], sumStrides, 'sums');
  const width = tileColumns(dtype);
  const depth = frame.get('chunks');
  const nextPanel = c.at.variable(c.at.scaled(left.strides[row], tileRows));
  const nextRows = c.at.variable(c.at.scaled(sumStrides[row], tileRows));

  const k = c.variable(0, 'k');
  c.whileBelow(k, depth, () => {
    const stretch = c.min(STRETCH, c.sub(depth, k));
    const j = c.variable(columns[0], 'j');
    c.whileBelow(j, columns[1], () => {
      const start = (of: Pointer, count: Local, stride: Pointer, inner: Local, step: number, label: string): Pointer =>
        c.at.variable(c.at.plus(of, c.at.plus(c.at.times(count, stride), c.at.times(inner, step))), label);
      const b = start(right.base, j, right.strides[column], k, width * bytes, 'b');
      const a = start(left.base, rows[0], left.strides[row], k, tileRows * bytes, 'a');
      const to = start(sums, rows[0], sumStrides[row], j, bytes, 'to');
      const i = c.variable(rows[0], 'i');
      c.whileBelow(i, rows[1], () => {
        [a, b, to, stretch, sumStrides[row], k, c.sub(rows[1], i)].forEach((v) => c.push(v));
        f.call(tile);
        c.at.advance(a, nextPanel);
        c.at.advance(to, nextRows);
        c.advance(i, tileRows);
      });
      c.advance(j, width);
    });
    c.advance(k, STRETCH);
  });
}

const shapeOf = (dtype: DType): 'f32x4' | 'f64x2' | 'i32x4' => (dtype === 'float32' ? 'f32x4' : dtype === 'float64' ? 'f64x2' : 'i32x4');

/**
 * sums[rows][width] (+)= a[k][rows] * b[k][width]; at depth 0 the sums start as zeros. Of rows beyond `left` there are no sums in
 * memory: they share the line of the last one, which is stored after them. A function of its own, so that nothing else is in
 * registers.
 */
function emitTile(module: ModuleBuilder, { dtype, tileRows, fused }: MultiplyNest): Func {
  const { address } = module;
  const params = { a: address, b: address, sums: address, stretch: 'i32', stride: address, k: 'i32', left: 'i32' } as const;
  const { bytes } = dtypes[dtype];
  const shape = shapeOf(dtype);
  const width = tileColumns(dtype);
  return module.func('tile', { params, export: false }, (f, { stretch, k, left, ...given }) => {
    const c = new Code(f);
    const [a, b, sums, stride] = [given.a, given.b, given.sums, given.stride].map((pointer) => ({ pointer }));
    const acc = Array.from({ length: tileRows }, () => c.variables(2, 'sum'));
    const lines = [sums];
    for (let r = 1; r < tileRows; r++) {
      lines.push(c.at.variable(c.at.plus(lines[r - 1], c.at.times(c.x('i32.gt_s', [left, r]), stride)), 'line'));
    }
    c.push(k);
    f.if(() => acc.forEach((row, r) => row.forEach((v, j) => {
      c.raw('v128.load', [lines[r]], 16 * j);
      f.set(v);
    })));
    const step = (u: number): void => {
      const right = [0, 1].map((j) => c.x('v128.load', [b], u * width * bytes + 16 * j));
      acc.forEach((row, r) => {
        const factor = c.x(bytes === 8 ? 'v128.load64_splat' : 'v128.load32_splat', [a], (u * tileRows + r) * bytes);
        row.forEach((v, j) => multiplyAdd(f, c, shape, fused, factor, right[j], v));
      });
    };
    const turns = (count: number, end: Local): void => c.whileBelow(k, end, () => {
      for (let u = 0; u < count; u++) step(u);
      c.at.advance(a, count * tileRows * bytes);
      c.at.advance(b, count * width * bytes);
      c.advance(k, count);
    });
    const end = c.variable(c.add(k, stretch));
    turns(UNROLL, c.variable(c.sub(end, UNROLL - 1)));
    turns(1, end);
    for (let r = tileRows - 1; r >= 0; r--) acc[r].forEach((v, j) => c.raw('v128.store', [lines[r], v], 16 * j));
  });
}

/** sum += left * right */
function multiplyAdd(
  f: FuncBuilder, c: Code, shape: 'f32x4' | 'f64x2' | 'i32x4', fused: boolean, left: Local, right: Local, sum: Local,
): void {
  if (fused && shape !== 'i32x4') c.raw(`${shape}.relaxed_madd`, [left, right, sum]);
  else {
    c.push(sum);
    c.raw(`${shape}.mul`, [left, right]);
    f.op(`${shape}.add`);
  }
  f.set(sum);
}
