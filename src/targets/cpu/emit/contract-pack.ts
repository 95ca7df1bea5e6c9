/**
 * Packing an operand of a product: rows (or columns) of the result in panels, as wide as a tile, and in each panel depth after
 * depth, so that the tile reads memory from front to back (Goto and van de Geijn, Anatomy of High-Performance Matrix
 * Multiplication, 2008). Whatever is computed of the operand is computed here, once.
 *
 * The nest's axes: those of the result that the operand walks besides, then depth and panels' axis, the inner one last.
 */
import { dtypes } from '../../../dsl/dtype.ts';
import type { Bytes, Pointer } from './address.ts';
import type { Code, Scalar } from './code.ts';
import { emitColumns, rowOf, type Body, type Sink, type Vector } from './columns.ts';
import { Frame, paramsOf, type Cut, type Nest } from './frame.ts';
import { EVEN_WORDS, HIGH_HALVES, LOW_HALVES, ODD_WORDS, perRegister, widthOf } from './lanes.ts';
import { storeLane, storeOne } from './memory.ts';
import type { Func, Local, ModuleBuilder } from '../wasm/index.ts';

export interface PackNest {
  readonly nest: Nest;
  readonly body: Body;
  /** Number of axes besides depth and panels. */
  readonly outer: number;
  /** Rows, or columns, of a panel. */
  readonly width: number;
  /** The inner axis is the depth. */
  readonly deep: boolean;
}

/** Geometry: `kept` are the outer points; `chunks` is the depth, `planeLength` the elements of one outer point. */
export function emitPack(module: ModuleBuilder, name: string, pack: PackNest, fmod: Func | undefined): void {
  module.func(name, { params: paramsOf(module) }, (f, { start, end, params }) => {
    const frame = new Frame(f, params, pack.nest, fmod);
    const { c } = frame;
    const outer = Array.from({ length: pack.outer }, (_, k) => k);
    frame.blocks(start, end, (cut) => {
      const o = c.variable(cut.kept[0], 'outer');
      c.whileBelow(o, cut.kept[1], () => {
        frame.seek(outer, o);
        const plane = c.at.variable(c.at.plus(frame.planes[0], c.at.times(o, c.at.times(frame.get('planeLength'), bytesOf(pack)))), 'plane');
        (pack.deep ? packDeep : packWide)(frame, pack, plane, cut);
        c.advance(o, 1);
      });
    });
  });
}

const bytesOf = ({ nest }: PackNest): number => dtypes[nest.planes[0]].bytes;

/** The inner axis is that of the panels: a register is a part of a panel as it is. Rows of a block are depths. */
function packWide(frame: Frame, pack: PackNest, plane: Pointer, { rows, columns }: Cut): void {
  const { c, f } = frame;
  const { width, body, nest } = pack;
  const bytes = bytesOf(pack), dtype = nest.planes[0];
  const panel = c.at.variable(c.at.times(frame.get('chunks'), width * bytes), 'panel');
  const perTurn = body.count / width;
  const perPanel = registersOf(pack);
  const depth = nest.rank - 1 - pack.outer;
  const axes = Array.from({ length: depth }, (_, k) => pack.outer + k);
  const running = c.at.local('packed');
  frame.walk(axes, rows[0], rows[1], 'depth', (k) => {
    const from = c.at.variable(c.at.plus(plane, c.at.times(k, width * bytes)));
    const cell = (x: Scalar): Bytes => {
      const [at, lane] = [c.x('i32.div_u', [x, width]), c.x('i32.rem_u', [x, width])];
      return c.at.plus(from, c.at.plus(c.at.times(at, panel), c.at.times(lane, bytes)));
    };
    const sink: Sink = {
      begin: (x) => c.at.assign(running, c.at.plus(from, c.at.times(c.x('i32.div_u', [x, width]), panel))),
      vectors: ([{ results }]) => {
        const regs = results(0);
        let to: Bytes = running;
        for (let p = 0; p < perTurn; p++) {
          if (p > 0) to = c.at.plus(to, panel);
          regs.slice(p * perPanel, (p + 1) * perPanel).forEach((v, j) => c.raw('v128.store', [to, v], 16 * j));
        }
      },
      advance: () => c.at.advance(running, c.at.scaled(panel, perTurn)),
      cells: ([results], x) => storeOne(c, dtype, cell(x), 0, results(0)[0]),
    };
    emitColumns(frame, body, [rowOf(frame, body)], columns, sink);
    // The last panel may be wider than what is left for it.
    const x = c.variable(columns[1]);
    c.raw('i32.eq', [columns[1], frame.columns]);
    f.if(() => c.whileBelow(x, c.mul(c.x('i32.div_u', [c.add(x, width - 1), width]), width), () => {
      storeOne(c, dtype, cell(x), 0, c.f.constant('i32x4', 0));
      c.advance(x, 1);
    }));
  });
}

const registersOf = ({ width, nest }: PackNest): number => (width * widthOf(nest.planes[0])) / 128;

/** The inner axis is the depth: rows of the operand side by side are transposed. Rows of a block are panels. */
function packDeep(frame: Frame, pack: PackNest, plane: Pointer, { rows, columns }: Cut): void {
  const { c, inner } = frame;
  const { width, body, nest, outer: axis } = pack;
  const bytes = bytesOf(pack), dtype = nest.planes[0];
  const outerDepth = Array.from({ length: inner - axis - 1 }, (_, k) => axis + 1 + k);
  const repeats = outerDepth.reduce<Scalar>((n, k) => c.mul(n, frame.sizes[k]), 1);
  const running = c.at.local('packed');
  const panel = c.variable(rows[0], 'panel');
  const packPanel = (q: Local): void => {
    const top = c.sub(frame.sizes[axis], 1);
    const list = Array.from({ length: width }, (_, r) => {
      // The last panel repeats the last row.
      c.assign(frame.coords[axis], c.min(c.add(c.mul(panel, width), r), top));
      return rowOf(frame, body);
    });
    const first = c.add(c.mul(panel, frame.get('chunks')), c.mul(q, frame.columns));
    const from = c.at.variable(c.at.plus(plane, c.at.times(first, width * bytes)));
    const at = (x: Scalar): Bytes => c.at.plus(from, c.at.times(x, width * bytes));
    const sink: Sink = {
      begin: (x) => c.at.assign(running, at(x)),
      vectors: (turn) => storeTransposed(frame, pack, [...turn], running),
      advance: (count) => c.at.advance(running, count * width * bytes),
      cells: (list, x) => {
        const to = c.at.variable(at(x));
        list.forEach((results, r) => storeOne(c, dtype, to, r * bytes, results(0)[0]));
      },
    };
    emitColumns(frame, body, list, columns, sink);
  };
  c.whileBelow(panel, rows[1], () => {
    frame.walk(outerDepth, 0, repeats, 'deep', packPanel);
    c.advance(panel, 1);
  });
}

/** Stores registers of a turn, which hold depths of one row each, as rows of one depth after the other. */
function storeTransposed(frame: Frame, { nest, width }: PackNest, turn: readonly Vector[], to: Pointer): void {
  const { c } = frame;
  const [dtype] = nest.planes;
  const { bytes } = dtypes[dtype];
  const per = perRegister(widthOf(dtype));
  const regs = turn.map(({ results }) => results(0));
  const full = width - width % per;
  regs[0].forEach((_, j) => {
    const rows = regs.map((r) => r[j]);
    for (let r = 0; r < full; r += per) {
      const depths = (per === 2 ? turned2 : turned4)(c, rows.slice(r, r + per));
      depths.forEach((v, k) => c.raw('v128.store', [to, v], ((j * per + k) * width + r) * bytes));
    }
    for (let r = full; r < width; r++) {
      for (let k = 0; k < per; k++) storeLane(c, dtype, to, ((j * per + k) * width + r) * bytes, rows[r], k);
    }
  });
}

const shuffled = (c: Code, a: Local, b: Local, by: readonly number[]): Local => c.x('i8x16.shuffle', [a, b], by);

/** Rows to columns. */
const turned2 = (c: Code, [a, b]: readonly Local[]): Local[] => [LOW_HALVES, HIGH_HALVES].map((half) => shuffled(c, a, b, half));

function turned4(c: Code, [a, b, d, e]: readonly Local[]): Local[] {
  return [LOW_HALVES, HIGH_HALVES].flatMap((half) => {
    const [ab, de] = [shuffled(c, a, b, half), shuffled(c, d, e, half)];
    return [shuffled(c, ab, de, EVEN_WORDS), shuffled(c, ab, de, ODD_WORDS)];
  });
}
