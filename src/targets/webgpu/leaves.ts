/** What a body reads: reads at points, reads anywhere, coordinates and border maps become index arithmetic. */
import { edgeMaps, type EdgeMap, type IndexArithmetic } from '../../dsl/border.ts';
import { InternalError } from '../../errors.ts';
import type { Point } from '../../dsl/kernel/ir.ts';
import type { InnerStride, Kernel, Launch } from '../../fusion/kernel.ts';
import { dtypes, type DType } from '../../dsl/dtype.ts';
import type { LeafText, Of } from './function.ts';
import type { Module } from './module.ts';
import type { Statements } from './statements.ts';
import { packing, scalarOf } from './wgsl.ts';

/** The leaves of kernel bodies and epilogues at the point whose coordinates are the variables c0, c1, ... */
export interface PointText extends LeafText {
  /** The coordinate along an axis. */
  at(point: Point | undefined, axis: number): string;
}

export interface PointOptions {
  readonly module: Module;
  readonly kernel: Kernel;
  readonly inner: Launch['inner'];
  /** Moved coordinates are added here, before the statements that use them. */
  readonly out: Statements;
  /** Axes whose coordinates exist; reads do not move along the others. */
  readonly axes: readonly number[];
  /** The point and all that it reads or asks for are inside: there are no borders. */
  readonly interior?: boolean;
  /** What is not read from memory. `at` gives the coordinate of a point along an axis. */
  readonly read?: (value: Of<'read'>, at: PointText['at']) => string | undefined;
}

/** Leaves that read buffers. */
export function pointLeaves({ module, kernel, inner, out, axes, interior = false, read }: PointOptions): PointText {
  // Shared by axis, not by point: the 441 reads of a 21 x 21 stencil share 21 rows and 21 columns.
  const at = (point: Point | undefined, axis: number): string => {
    if (!point) return `c${axis}`;
    const offset = point.offset[axis], edge = point.edge[axis];
    const from = at(point.base, axis);
    if (offset === 0) return from;
    const sum = `${from} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}i`;
    const text = edge === 'none' || interior ? sum : `${edgeFunction(module, edge)}(${sum}, ${extentOf(module, axis)})`;
    return out.shared(text, (count) => `p${count}_${axis}`);
  };

  const element = (input: number, over: readonly number[], last: number, index: (axis: number) => string): string => {
    const array = module.input(input);
    const address = [
      module.param({ name: `in${input}_offset`, type: 'i32', value: (l) => l.inputs[input].offset }),
      ...over.flatMap((axis) => strideTerm(module, input, axis, axis === last ? inner[input] : 'strided', () => index(axis))),
    ].join(' + ');
    return loadText(module, array, kernel.inputs[input].dtype, address);
  };

  return {
    at,
    read: (v) => read?.(v, at) ?? element(v.input, axes, kernel.rank - 1, (axis) => at(v.at, axis)),
    gather: (v, index) => element(v.input, index.map((_, axis) => axis), index.length - 1, (axis) => index[axis]),
    size: (v) => sizeText(module, kernel, v),
    uniform: (v) => uniformText(module, v.index, v.dtype),
    coord: (v) => at(v.at, v.axis),
    extent: (v) => extentOf(module, v.axis),
    inside: (v) => interior ? 'true' : insideText(v, (axis) => at(v.at, axis), (axis) => extentOf(module, axis)),
  };
}

export const extentOf = (module: Module, axis: number): string =>
  module.param({ name: `n${axis}`, type: 'i32', value: (l) => l.domain[axis] });

/** Size of an output that is stored to by effects; `output` is its place in the kernel. */
export const storedSize = (module: Module, output: number, axis: number): string =>
  module.param({ name: `out${output}_size${axis}`, type: 'i32', value: (l) => l.stored![output].sizes[axis] });

/** Where in the kernel an output of its body is. */
export function storedOutput(kernel: Kernel, output: number): number {
  const found = kernel.outputs.findIndex((o) => o.from === 'effects' && o.result === output);
  if (found < 0) throw new InternalError(`'${kernel.name}' has no output ${output} to store to`);
  return found;
}

function sizeText(module: Module, kernel: Kernel, { of, array, axis }: Of<'size'>): string {
  if (of === 'output') return storedSize(module, storedOutput(kernel, array), axis);
  return module.param({ name: `in${array}_size${axis}`, type: 'i32', value: (l) => l.inputs[array].sizes![axis] });
}

function strideTerm(module: Module, input: number, axis: number, inner: InnerStride, index: () => string): string[] {
  if (inner === 'zero') return [];
  if (inner === 'unit') return [index()];
  const at = index();
  return [`${at} * ${module.param({ name: `in${input}_stride${axis}`, type: 'i32', value: (l) => l.inputs[input].strides[axis] })}`];
}

/** Element `address` of an array; narrow ones are extracted from their word, which is atomic where others write to it. */
export function loadText(module: Module, array: string, dtype: DType, address: string, atomic = false): string {
  const pack = packing(dtype);
  if (pack === 1) return `${array}[${address}]`;
  const name = module.define(`load_${array}`, () => {
    const { bits, kind } = dtypes[dtype];
    const word = atomic ? `atomicLoad(&${array}[i / ${pack}u])` : `${array}[i / ${pack}u]`;
    const from = `(i % ${pack}u) * ${bits}u, ${bits}u`;
    const element = kind === 'int' ? `extractBits(bitcast<i32>(${word}), ${from})` : `extractBits(${word}, ${from})`;
    return `fn load_${array}(i: u32) -> ${scalarOf(dtype)} { return ${element}${kind === 'bool' ? ' != 0u' : ''}; }`;
  });
  return `${name}(u32(${address}))`;
}

function uniformText(module: Module, index: number, dtype: DType): string {
  const scalar = scalarOf(dtype);
  const text = module.param({ name: `u${index}`, type: scalar === 'bool' ? 'u32' : scalar, value: (l) => l.uniforms[index] });
  return scalar === 'bool' ? `(${text} != 0u)` : text;
}

function insideText(v: Of<'inside'>, at: (axis: number) => string, extent: (axis: number) => string): string {
  const plus = (text: string, n: number): string => (n === 0 ? text : `${text} ${n < 0 ? '-' : '+'} ${Math.abs(n)}i`);
  const tests = v.lo.flatMap((lo, axis) => {
    const hi = v.hi[axis];
    if (lo === 0 && hi === 0) return [];
    return [`${plus(at(axis), lo)} >= 0i`, `${plus(at(axis), hi)} < ${extent(axis)}`];
  });
  return tests.join(' && ');
}

/** The border's own definition, run over WGSL text. */
const textArithmetic: IndexArithmetic<string> = {
  constant: (v) => `${v}i`,
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  min: (a, b) => `min(${a}, ${b})`,
  max: (a, b) => `max(${a}, ${b})`,
  rem: (a, b) => `(${a} % ${b})`,
};

export const edgeFunction = (module: Module, edge: EdgeMap): string =>
  module.define(`edge_${edge}`, () => `fn edge_${edge}(i: i32, n: i32) -> i32 { return ${edgeMaps[edge](textArithmetic, 'i', 'n')}; }`);

/** The index nearest to `index` that is inside an axis; 0 where the axis is empty. */
export const clampedIndex = (module: Module, index: string, size: string): string =>
  (index === '0i' ? index : `${edgeFunction(module, 'nearest')}(${index}, ${size})`);
