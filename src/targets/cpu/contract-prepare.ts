/** From a product of matrices to calls of its module: blocks, strides and scratch memory, from sizes alone. */
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { sizeOf, stridesOf } from '../../dsl/shape.ts';
import { once } from '../../once.ts';
import type { Blocking } from './blocks.ts';
import type { Launch } from '../../fusion/kernel.ts';
import { contractionOf, tileColumns, type Contraction, type Operand } from './contract.ts';
import { contractProgram, emitContract, packAxes, resultAxes, type ContractProgram } from './contract-program.ts';
import { layoutSpecOf, type Nest } from './emit/frame.ts';
import { layoutOf, parameterWords, type Geometry, type Walk } from './layout.ts';
import type { Base, Call, Lowered, Prepared } from './prepare.ts';
import type { ModuleOptions } from './wasm/index.ts';

/** Rows and columns of a block of the result. The rows' panels and a stretch of the columns' panels fit the second cache. */
const BLOCK = { rows: 64, columns: 256 } as const;
/** Multiplications that a block makes, at least: small products of a batch go together. */
const LEAST = 2 ** 18;
/** Elements of a block of packing, and how many of them are side by side in an operand that is not transposed. */
const PACKED = { elements: 32768, columns: 64 } as const;

/** Nanoseconds for one multiplication with its addition, and for packing an element. */
const NS = { multiply: 0.045, pack: 0.5 } as const;

/** Planes of scratch memory. */
const LEFT = 0, RIGHT = 1, SUMS = 2;

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** Pieces of about equal length, each a multiple of `step` but the last. */
function split(length: number, most: number, step: number): { readonly count: number; readonly per: number } {
  const per = roundUp(Math.ceil(length / Math.ceil(length / most)), step);
  return { count: Math.ceil(length / per), per };
}

export function prepareContract(product: Contraction, program: ContractProgram): Prepared {
  const { launch: { domain }, dtype, outer, rows, columns, depth, left, right, tileRows, direct } = product;
  const { bytes } = dtypes[dtype];
  const [m, n, k] = [domain[rows], domain[columns], sizeOf(depth.map((axis) => domain[axis]))];
  const width = tileColumns(dtype);
  const wide = { m: roundUp(m, tileRows), n: roundUp(n, width) };
  const points = sizeOf(outer.map((axis) => domain[axis]));
  const packed = (o: Operand, length: number): number => sizeOf(o.outer.map((axis) => domain[axis])) * length * k;
  const lengths = [packed(left, wide.m), packed(right, wide.n)];
  return {
    calls: [
      packCall(product, left, LEFT, program.left.nest, tileRows, k),
      packCall(product, right, RIGHT, program.right.nest, width, k),
      multiplyCall(product, program.multiply.nest, { m, n, k, points, wide }),
    ],
    planes: [...lengths.map((length) => length * bytes), direct ? 0 : points * wide.m * wide.n * bytes],
  };
}

function packCall(product: Contraction, operand: Operand, plane: number, nest: Nest, width: number, depth: number): Call {
  const { domain } = product.launch;
  const axes = packAxes(product, operand);
  const size = domain[operand.axis];
  const points = sizeOf(operand.outer.map((k) => domain[k]));
  const panels = Math.ceil(size / width);
  const inner = domain[axes.at(-1)!];
  const rowCount = operand.deep ? panels : depth;
  const cut = operand.deep ? split(inner, Math.floor(PACKED.elements / width), 4) : split(size, PACKED.columns, PACKED.columns);
  const perRow = operand.deep ? width * (depth / inner) * cut.per : cut.per;
  const rows = split(rowCount, Math.max(1, Math.floor(PACKED.elements / perRow)), 1);
  const kept = split(points, Math.max(1, Math.floor(PACKED.elements / (perRow * rows.per))), 1);
  const geometry: Geometry = {
    columnBlocks: cut.count, columnsPerBlock: cut.per, rowBlocks: rows.count, rowsPerBlock: rows.per, rows: rowCount,
    keptPerBlock: kept.per, kept: points, chunks: depth, planeLength: panels * width * depth,
  };
  const elements = points * size * depth;
  const blocking = { geometry, blocks: cut.count * rows.count * kept.count, elements };
  return makeCall(plane, product, nest, axes, blocking, {
    inputs: [], outputs: [], work: elements * NS.pack, planes: [plane],
    does: `packs ${elements} elements of the ${plane === LEFT ? 'left' : 'right'} operand in panels of ${width}`,
  });
}

interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly points: number;
  readonly wide: { readonly m: number; readonly n: number };
}

function multiplyCall(product: Contraction, nest: Nest, { m, n, k, points, wide }: Sizes): Call {
  const { launch: { domain, kernel }, outer, left, right, tileRows } = product;
  const axes = resultAxes(product);
  const rows = split(m, BLOCK.rows, tileRows), columns = split(n, BLOCK.columns, tileColumns(product.dtype));
  const kept = split(points, Math.max(1, Math.floor(LEAST / (rows.per * columns.per * k))), 1);
  const geometry: Geometry = {
    columnBlocks: columns.count, columnsPerBlock: columns.per, rowBlocks: rows.count, rowsPerBlock: rows.per, rows: m,
    keptPerBlock: kept.per, kept: points, chunks: k, planeLength: 0,
  };
  /** An operand lies row after row, as far as panels go. */
  const packed = (o: Operand, length: number, along: 'rows' | 'columns'): number[] => {
    const own = stridesOf([...o.outer.map((axis) => domain[axis]), length * k]);
    return axes.map((axis) => (o.outer.includes(axis) ? own[o.outer.indexOf(axis)] : axis === product[along] ? k : 0));
  };
  const sums = stridesOf([...outer.map((axis) => domain[axis]), wide.m, wide.n]);
  const keptAxes = domain.map((_, axis) => axis).filter((axis) => !kernel.reduction!.axes.includes(axis));
  const dense = stridesOf(keptAxes.map((axis) => domain[axis]));
  const output: Walk = { offset: 0, strides: axes.map((axis) => dense[keptAxes.indexOf(axis)]) };
  const blocking = { geometry, blocks: columns.count * rows.count * kept.count, elements: points * m * n };
  return makeCall(2, product, nest, axes, blocking, {
    inputs: [packed(left, wide.m, 'rows'), packed(right, wide.n, 'columns'), sums].map((strides) => ({ offset: 0, strides })),
    outputs: kernel.outputs.map(() => output),
    work: points * m * n * k * NS.multiply, planes: [],
    does: `multiplies ${points > 1 ? `${points} times ` : ''}${m} x ${k} by ${k} x ${n} in blocks of ${rows.per} x ${columns.per}`,
  });
}

interface Parts {
  /** After the inputs of the launch: what lies in planes of scratch memory, in order. */
  readonly inputs: readonly Walk[];
  readonly outputs: readonly Walk[];
  readonly planes: readonly number[];
  readonly work: number;
  readonly does: string;
}

function makeCall(
  kernel: number, { launch }: Contraction, nest: Nest, axes: readonly number[], blocking: Blocking, parts: Parts,
): Call {
  const spec = layoutSpecOf(nest);
  const layout = layoutOf(spec);
  const inBytes = ({ offset, strides, sizes }: Walk, d: DType): Walk =>
    ({ offset: offset * dtypes[d].bytes, strides: strides.map((s) => s * dtypes[d].bytes), sizes });
  const given = launch.inputs.map(({ offset, strides, sizes }): Walk =>
    ({ offset, sizes, strides: sizes ? strides : axes.map((axis) => strides[axis]) }));
  const words = parameterWords(spec, {
    geometry: blocking.geometry, sizes: axes.map((axis) => launch.domain[axis]),
    inputs: [...given, ...parts.inputs].map((w, k) => inBytes(w, nest.inputs[k].dtype)),
    outputs: parts.outputs.map((w, k) => inBytes(w, nest.outputs[k].dtype)),
  });
  const bases = [
    ...nest.inputs.map((_, k): Base => (k < given.length
      ? { word: layout.inputs[k].base / 4, of: 'input', index: k }
      : { word: layout.inputs[k].base / 4, of: 'plane', index: [LEFT, RIGHT, SUMS][k - given.length] })),
    ...parts.outputs.map((_, index): Base => ({ word: layout.outputs[index].base / 4, of: 'output', index })),
    ...parts.planes.map((index, k): Base => ({ word: layout.planeBase(k) / 4, of: 'plane', index })),
  ];
  return {
    kernel, blocks: blocking.blocks, blocking, words, bases, firstUniform: layout.uniform(0) / 4, uniforms: nest.uniforms,
    work: parts.work, does: parts.does, certain: true,
  };
}

/** What a launch becomes, if it is a product of matrices. */
export function lowerContract(launch: Launch, options: ModuleOptions): Lowered | undefined {
  const product = contractionOf(launch);
  if (!product) return undefined;
  const program = contractProgram(product, options.memory?.memory64 === true);
  const prepared = prepareContract(product, program);
  return { code: product.code, paired: false, prepared, emit: once(() => ({ module: emitContract(program, options) })) };
}
