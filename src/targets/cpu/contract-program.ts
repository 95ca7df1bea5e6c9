/** The module of a product of matrices: `k0` and `k1` pack the operands, `k2` multiplies and ends. */
import { isFloat } from '../../dsl/dtype.ts';
import { inline, sameLeaves } from '../../dsl/kernel/copy.ts';
import { Builder, type Value } from '../../dsl/kernel/ir.ts';
import { innerAlong, tileColumns, type Contraction, type Operand } from './contract.ts';
import { expanded } from './expand.ts';
import { emitMultiply, type MultiplyNest } from './emit/contract-multiply.ts';
import { emitPack, type PackNest } from './emit/contract-pack.ts';
import { bodyOf } from './emit/columns.ts';
import type { Nest, NestArray } from './emit/frame.ts';
import { remainderFunction } from './emit/remainder.ts';
import { needsRemainder } from './program.ts';
import { ModuleBuilder, type ModuleOptions } from './wasm/index.ts';

export interface ContractProgram {
  readonly left: PackNest;
  readonly right: PackNest;
  readonly multiply: MultiplyNest;
}

/** Axes of the domain that the loops over an operand run along, the inner one last. */
export const packAxes = ({ depth }: Contraction, { outer, axis, deep }: Operand): number[] =>
  (deep ? [...outer, axis, ...depth] : [...outer, ...depth, axis]);

/** Axes of the domain that the loops over the result run along. */
export const resultAxes = ({ outer, rows, columns }: Contraction): number[] => [...outer, rows, columns];

/** `memory64`: see `Nest`. */
export function contractProgram(product: Contraction, memory64: boolean): ContractProgram {
  const { dtype, tileRows } = product;
  return {
    left: packNest(product, product.left, tileRows, memory64),
    right: packNest(product, product.right, tileColumns(dtype), memory64),
    multiply: multiplyNest(product, memory64),
  };
}

const shared = ({ launch: { kernel } }: Contraction): Pick<Nest, 'uniforms' | 'effects' | 'flushes'> =>
  ({ uniforms: kernel.uniforms.map((u) => u.dtype), effects: [], flushes: kernel.flushes });

function inputsAlong({ launch }: Contraction, axis: number): NestArray[] {
  const inner = innerAlong(launch, axis);
  return launch.kernel.inputs.map(({ dtype, whole }, k) => ({ dtype, inner: inner[k], whole }));
}

function packNest(product: Contraction, operand: Operand, width: number, memory64: boolean): PackNest {
  const axes = packAxes(product, operand);
  const nest: Nest = {
    ...shared(product), memory64, rank: axes.length, inputs: inputsAlong(product, axes.at(-1)!),
    outputs: [], planes: [product.dtype],
    results: [alongAxes(operand.value, axes)],
  };
  const body = bodyOf(nest);
  const count = operand.deep ? 4 : tileColumns(product.dtype);
  return { nest, body: { ...body, count }, outer: operand.outer.length, width, deep: operand.deep };
}

/** A value of the body over other axes. */
function alongAxes(value: Value, axes: readonly number[]): Value {
  const b = new Builder();
  return inline(b, [value], {
    ...sameLeaves(b),
    coord: (axis) => b.coord(axes.indexOf(axis)),
    extent: (axis) => b.extent(axes.indexOf(axis)),
  })[0];
}

function multiplyNest(product: Contraction, memory64: boolean): MultiplyNest {
  const { launch: { kernel }, dtype, columns, tileRows, direct } = product;
  const inputs = inputsAlong(product, columns);
  const b = new Builder();
  const sums = inputs.length + 2;
  const { results: ends } = expanded(kernel.reduction!.epilogue, kernel.fused);
  const results = inline(b, ends, { ...sameLeaves(b), reduced: () => b.read(sums, dtype) });
  const isLast = kernel.reduction!.axes.every((k) => k !== columns) && lastKept(product) === columns;
  const nest: Nest = {
    ...shared(product), memory64, rank: resultAxes(product).length, planes: [], results: direct ? [] : results,
    inputs: [...inputs, { dtype, inner: 'strided' }, { dtype, inner: 'strided' }, { dtype, inner: 'unit' }],
    outputs: kernel.outputs.map((o) => ({ dtype: o.dtype, inner: isLast ? 'unit' : 'strided' })),
  };
  const fused = kernel.fused === true && isFloat(dtype);
  return { nest, dtype, tileRows, direct, stores: kernel.outputs.map((o) => o.result), fused };
}

const lastKept = ({ outer, rows, columns }: Contraction): number => Math.max(...outer, rows, columns);

export function emitContract({ left, right, multiply }: ContractProgram, options: ModuleOptions): ModuleBuilder {
  const module = new ModuleBuilder(options);
  const fmod = [left.nest, right.nest, multiply.nest].some(needsRemainder) ? remainderFunction(module) : undefined;
  emitPack(module, 'k0', left, fmod);
  emitPack(module, 'k1', right, fmod);
  emitMultiply(module, 'k2', multiply, fmod);
  return module;
}
