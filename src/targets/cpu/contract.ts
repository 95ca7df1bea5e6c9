/**
 * Products of matrices: what a launch of schedule `contract` is in terms of rows, columns and depth, and whether its operands can
 * be packed. Depends on structure, sizes and strides only. What is no such product runs as the reduction that it also is.
 */
import { isFloat, type DType } from '../../dsl/dtype.ts';
import type { Fn, Value } from '../../dsl/kernel/ir.ts';
import { expandMath } from '../../dsl/kernel/math/index.ts';
import { valuesOf } from '../../dsl/kernel/walk.ts';
import type { InnerStride, Kernel, Launch } from '../../fusion/kernel.ts';

/** Rows of a tile of the result; each element of the left operand is multiplied with a row of the right one. */
export const TILE_ROWS = 4;
/** Columns of a tile: two registers. */
export const tileColumns = (dtype: DType): number => (dtype === 'float64' ? 4 : 8);

/** The operand that walks the rows of the result, or the one that walks its columns. */
export interface Operand {
  /** In the kernel's body. */
  readonly value: Value;
  /** Axis of the domain: the rows, or the columns. */
  readonly axis: number;
  /** Further axes of the result that it walks. */
  readonly outer: readonly number[];
  /** Neighbours along the depth are neighbours in memory. */
  readonly deep: boolean;
}

export interface Contraction {
  readonly launch: Launch;
  readonly dtype: DType;
  /** Kernel body and epilogue over nothing but what targets emit. */
  readonly body: Fn;
  /** Axes of the domain: of the result besides rows and columns, and those that are summed over. */
  readonly outer: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly depth: readonly number[];
  readonly left: Operand;
  readonly right: Operand;
  /** The result is stored by the tile itself: there is nothing to do with it, and no tile sticks out. */
  readonly direct: boolean;
  /** Equal codes are equal modules. */
  readonly code: string;
}

const DTYPES: ReadonlySet<DType> = new Set<DType>(['float32', 'float64', 'int32', 'uint32']);

/** The axes of the domain along which a value may change; undefined when it reads elsewhere than at its own point. */
function axesOf(value: Value, { domain, inputs }: Launch): ReadonlySet<number> | undefined {
  const axes = new Set<number>();
  for (const v of valuesOf([value])) {
    if (('at' in v && v.at !== undefined) || v.kind === 'inside') return undefined;
    if (v.kind === 'coord' || v.kind === 'extent') axes.add(v.axis);
    if (v.kind === 'gather' && inputs[v.input].sizes!.includes(0)) return undefined;
    if (v.kind === 'read') inputs[v.input].strides.forEach((s, k) => { if (s !== 0 && domain[k] > 1) axes.add(k); });
  }
  return axes;
}

const bodies = new WeakMap<Kernel, Fn>();

function bodyOf(kernel: Kernel): Fn {
  let body = bodies.get(kernel);
  if (!body) bodies.set(kernel, body = expandMath(kernel.body));
  return body;
}

/** The product in a launch; undefined when there is none, or nothing to multiply. */
export function contractionOf(launch: Launch): Contraction | undefined {
  const { kernel, domain } = launch;
  if (kernel.schedule !== 'contract' || domain.includes(0)) return undefined;
  const { axes: depth, terms } = kernel.reduction!;
  const body = bodyOf(kernel);
  const product = body.results[terms[0].value];
  if (terms.length > 1 || kernel.outputs.some((o) => o.from !== 'epilogue') || !DTYPES.has(product.dtype)) return undefined;
  if (product.kind !== 'op' || product.op !== 'mul') return undefined;
  const walks = product.args.map((v) => axesOf(v, launch));
  const [a, b] = walks;
  if (!a || !b) return undefined;

  const kept = domain.map((_, k) => k).filter((k) => !depth.includes(k));
  const columns = kept.findLast((k) => a.has(k) !== b.has(k));
  if (columns === undefined) return undefined;
  const [l, r] = b.has(columns) ? [0, 1] : [1, 0];
  const rows = kept.findLast((k) => walks[l]!.has(k) && !walks[r]!.has(k));
  if (rows === undefined) return undefined;
  const outer = kept.filter((k) => k !== rows && k !== columns);
  const operand = (which: number, axis: number): Operand => ({
    value: product.args[which], axis, outer: outer.filter((k) => walks[which]!.has(k)),
    deep: isDeep(product.args[which], launch, axis, depth.at(-1)!),
  });
  const [left, right] = [operand(l, rows), operand(r, columns)];
  const made = { launch, dtype: product.dtype, body, outer, rows, columns, depth, left, right };
  const direct = storesItself(made);
  const parts = [outer.join(), rows, columns, l, ...[left, right].map((o) => `${o.outer.join()}${o.deep ? 'd' : ''}`), direct];
  return { ...made, direct, code: `${kernel.key}|product ${parts.join(':')}|${innersOf(made).join()}` };
}

/** Every lane of a register comes from one row, which is put in its place by transposing: for plain code only. */
function isDeep(value: Value, { inputs, domain }: Launch, axis: number, inner: number): boolean {
  const values = valuesOf([value]);
  const branches = values.some((v) => v.kind === 'gather' || v.kind === 'after' || (v.kind === 'op' && v.op === 'select'));
  if (domain[inner] < 4 || branches) return false;
  const strides = values.flatMap((v) => (v.kind === 'read' ? [inputs[v.input].strides] : []));
  return strides.some((s) => s[inner] === 1) && !strides.some((s) => s[axis] === 1);
}

function storesItself({ launch: { kernel, domain }, rows, columns, dtype }: Omit<Contraction, 'direct' | 'code'>): boolean {
  const { epilogue } = kernel.reduction!;
  const [value] = epilogue.results;
  return kernel.outputs.length === 1 && value.kind === 'reduced' && isLast(domain, kernel, columns)
    && domain[rows] % TILE_ROWS === 0 && domain[columns] % tileColumns(dtype) === 0;
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

/** Whether products and sums may be rounded once instead of twice. */
export const fuses = (dtype: DType, relaxed: boolean): boolean => relaxed && isFloat(dtype);
