/**
 * Products of matrices: what a launch of schedule `contract` is in terms of rows, columns and depth, and how its operands are
 * packed. Depends on structure, sizes and strides only. What is no such product runs as the reduction that it also is.
 */
import type { DType } from '../../dsl/dtype.ts';
import type { Fn, Value } from '../../dsl/kernel/ir.ts';
import { valuesOf } from '../../dsl/kernel/walk.ts';
import { productOf, type Factor, type Product } from '../../fusion/contract.ts';
import type { InnerStride, Kernel, Launch } from '../../fusion/kernel.ts';
import { expanded } from './expand.ts';

/**
 * Rows of a tile of the result, and how many cycles a tile takes for a depth. Eight sums, of four rows in two registers each, are
 * exactly as many as a multiply-add takes cycles times two of them at once, so that whatever is late stays late; ten leave room.
 */
const TILES = [{ rows: 4, cycles: 4.5 }, { rows: 5, cycles: 5 }] as const;
export type TileRows = (typeof TILES)[number]['rows'];
const [SMALL] = TILES;
/** Columns of a tile: two registers. */
export const tileColumns = (dtype: DType): number => (dtype === 'float64' ? 4 : 8);

export interface Operand {
  readonly value: Value;
  /** Axis of the domain: the rows, or the columns. */
  readonly axis: number;
  /** Further axes of the result that it walks. */
  readonly outer: readonly number[];
  /** It is read along the depth and transposed: every lane of a register comes from another row. */
  readonly deep: boolean;
}

export interface Contraction {
  readonly launch: Launch;
  readonly dtype: DType;
  /** Axes of the domain: of the result besides rows and columns, and those that are summed over. */
  readonly outer: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly depth: readonly number[];
  readonly left: Operand;
  readonly right: Operand;
  readonly tileRows: TileRows;
  /** The result is stored by the tile itself: there is nothing to do with it, and no tile has columns that stick out. */
  readonly direct: boolean;
  /** Equal codes are equal modules. */
  readonly code: string;
}

const DTYPES: ReadonlySet<DType> = new Set<DType>(['float32', 'float64', 'int32', 'uint32']);

const bodies = new WeakMap<Kernel, Fn>();

function bodyOf(kernel: Kernel): Fn {
  let body = bodies.get(kernel);
  if (!body) bodies.set(kernel, body = expanded(kernel.body, kernel.fused));
  return body;
}

/** The product in a launch; undefined when there is none, or nothing to multiply. */
export function contractionOf(launch: Launch): Contraction | undefined {
  const { kernel, domain } = launch;
  if (kernel.schedule !== 'contract') return undefined;
  const product = productOf(launch, bodyOf(kernel));
  if (!product || !DTYPES.has(product.dtype) || isFlat(product, domain)) return undefined;
  const { dtype, outer, depth, swapped } = product;
  const operand = ({ value, axis, walks, deep }: Factor): Operand =>
    ({ value, axis, outer: outer.filter((k) => walks.has(k)), deep: deep && isPlain(value) && domain[depth.at(-1)!] >= 4 });
  const [left, right] = [operand(product.left), operand(product.right)];
  const tileRows = tileRowsFor(domain, left);
  const made = { launch, dtype, outer, rows: left.axis, columns: right.axis, depth, left, right, tileRows };
  const direct = storesItself(made);
  const sides = [left, right].map((o) => `${o.outer.join()}${o.deep ? 'd' : ''}`);
  const parts = [outer.join(), left.axis, right.axis, swapped, ...sides, tileRows, direct];
  return { ...made, direct, code: `${kernel.key}|product ${parts.join(':')}|${innersOf(made).join()}` };
}

/** Panels of five rows come of rows that are transposed; of rows side by side in memory, four fill a register. */
function tileRowsFor(domain: readonly number[], left: Operand): TileRows {
  const cyclesOf = ({ rows, cycles }: (typeof TILES)[number]): number => Math.ceil(domain[left.axis] / rows) * cycles;
  return left.deep ? TILES.reduce((a, b) => (cyclesOf(b) < cyclesOf(a) ? b : a)).rows : SMALL.rows;
}

/** Two or three long rows: packing the other operand takes longer than to read it once for each. */
const isFlat = ({ left, right }: Product, domain: readonly number[]): boolean =>
  domain[left.axis] < SMALL.rows && domain[right.axis] >= 64;

/** Without control flow, so that rows can be done side by side. */
const isPlain = (value: Value): boolean =>
  !valuesOf([value]).some((v) => v.kind === 'gather' || v.kind === 'after' || (v.kind === 'op' && v.op === 'select'));

function storesItself({ launch: { kernel, domain }, columns, dtype }: Omit<Contraction, 'direct' | 'code'>): boolean {
  const { epilogue } = kernel.reduction!;
  const [value] = epilogue.results;
  return !kernel.flushes && kernel.outputs.length === 1 && value.kind === 'reduced' && isLast(domain, kernel, columns)
    && domain[columns] % tileColumns(dtype) === 0;
}

const isLast = (domain: readonly number[], kernel: Kernel, axis: number): boolean =>
  domain.findLastIndex((_, k) => !kernel.reduction!.axes.includes(k)) === axis;

/** How inputs move along the axis that a loop over columns, or over the depth, runs along. */
export const innerAlong = ({ inputs, inner }: Launch, axis: number): InnerStride[] => inputs.map(({ strides, sizes }, k) => {
  if (sizes) return inner[k];
  return strides[axis] === 1 ? 'unit' : strides[axis] === 0 ? 'zero' : 'strided';
});

const innersOf = ({ launch, left, right, columns, depth }: Omit<Contraction, 'direct' | 'code'>): InnerStride[] => [
  ...[left, right].flatMap((o) => innerAlong(launch, o.deep ? depth.at(-1)! : o.axis)),
  ...innerAlong(launch, columns),
];

