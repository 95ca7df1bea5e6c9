/**
 * Products of matrices: a workgroup computes a tile of the result. It loads a stretch of the depth of both operands into
 * workgroup memory, computing on the way whatever there is to compute of them, and every invocation multiplies its rows with
 * its columns of that, in registers. What becomes of the result is computed before it is stored.
 */
import { sizeOf } from '../../dsl/shape.ts';
import type { Kernel, Launch } from '../../fusion/kernel.ts';
import { productOf, type Factor, type Product } from '../../fusion/contract.ts';
import { coordinates, linearGrid, mainHead, writeStores, type Pass } from './emit.ts';
import { writeFunction } from './function.ts';
import { extentOf, pointLeaves } from './leaves.ts';
import { createModule, type EmitOptions, type Module, type Shader } from './module.ts';
import { reducePasses } from './reduce.ts';
import { createStatements } from './statements.ts';
import { packing, scalarOf } from './wgsl.ts';

/** Invocations of a workgroup along rows and columns; rows and columns of each; depths that are loaded at a time. */
const SIDE = 16, EACH = 4, STRETCH = 16;
const TILE = SIDE * EACH;
const GROUP = SIDE * SIDE;
/** Two tiles of 32-bit words. */
const MEMORY = 2 * 4 * TILE * STRETCH;

/** The dispatches of a launch of schedule `contract`. What is no product of matrices is a reduction. */
export function contractPasses(launch: Launch, limits: GPUSupportedLimits): Pass[] {
  const product = productOf(launch);
  const { kernel, domain } = launch;
  const fits = limits.maxComputeInvocationsPerWorkgroup >= GROUP && limits.maxComputeWorkgroupStorageSize >= MEMORY;
  const packed = kernel.outputs.some((o) => packing(o.dtype) > 1);
  if (!product || !fits || packed || product.dtype === 'float64') return reducePasses(launch, limits.maxComputeWorkgroupStorageSize);
  const { left, right, outer, swapped } = product;
  const tiles = (axis: number): number => Math.ceil(domain[axis] / TILE);
  const groups = tiles(left.axis) * tiles(right.axis) * sizeOf(outer.map((k) => domain[k]));
  const sides = [left, right].map((f) => `${[...f.walks].sort((a, b) => a - b).join('.')}${f.deep ? 'deep' : ''}`);
  return [{
    variant: `tiles-${outer.join('.')}-${left.axis}-${right.axis}-${swapped ? 'swapped' : ''}-${sides.join('-')}`,
    emit: (options) => emitContract(kernel, launch.inner, product, options),
    items: groups, size: GROUP, ...linearGrid(groups),
  }];
}

interface Writer {
  readonly module: Module;
  readonly kernel: Kernel;
  readonly inner: Launch['inner'];
  readonly product: Product;
}

export function emitContract(kernel: Kernel, inner: Launch['inner'], product: Product, options: EmitOptions): Shader {
  const module = createModule(kernel, options);
  const w: Writer = { module, kernel, inner, product };
  const { left, right, dtype } = product;
  for (const name of ['left', 'right']) module.define(`${name}_tile`, () => `var<workgroup> ${name}_tile: array<${scalarOf(dtype)}, ${TILE * STRETCH}>;`);
  module.define('left', () => elementFunction(w, 'left', left));
  module.define('right', () => elementFunction(w, 'right', right));
  module.define('finish', () => finishFunction(w));
  return module.finish([
    kernel.name, `product over axes ${product.depth.join(', ')} of ${kernel.rank}: tiles of ${TILE} x ${TILE}, ${STRETCH} deep`,
  ], main(w));
}

const depthOf = ({ module, product }: Writer): string =>
  module.param({ name: 'depth', type: 'u32', value: (l) => sizeOf(product.depth.map((k) => l.domain[k])) });

const list = (axes: readonly number[], text: (axis: number) => string): string => axes.map(text).join(', ');

/** An element of an operand; 0 beyond its edges. */
function elementFunction(w: Writer, name: string, { value, axis, walks }: Factor): string {
  const { module, kernel, inner, product: { outer, depth, dtype } } = w;
  const own = outer.filter((k) => walks.has(k));
  const out = createStatements('  ', coordinates(module, depth, 'k', '  '));
  const leaves = pointLeaves({ module, kernel, inner, out, axes: [...own, axis, ...depth].sort((x, y) => x - y) });
  const [result] = writeFunction(module, { results: [value], effects: [] }, leaves, out);
  const zero = module.constant(0, dtype);
  return [
    `fn ${name}(${list([...outer, axis], (k) => `c${k}: i32`)}, k: u32) -> ${scalarOf(dtype)} {`,
    `  if (c${axis} >= ${extentOf(module, axis)} || k >= ${depthOf(w)}) { return ${zero}; }`,
    ...out.lines, `  return ${result};`, '}',
  ].join('\n');
}

/** What becomes of an element of the result, and where it is stored. */
function finishFunction({ module, kernel, inner, product: { outer, left, right, dtype } }: Writer): string {
  const { axes, epilogue } = kernel.reduction!;
  const kept = Array.from({ length: kernel.rank }, (_, k) => k).filter((k) => !axes.includes(k));
  const out = createStatements('  ');
  const leaves = { ...pointLeaves({ module, kernel, inner, out, axes: kept }), reduced: () => 'sum' };
  const stores = writeStores(module, kernel, kernel.outputs, epilogue, leaves, out);
  const place = kept.slice(1).reduce((text, k) => `(${text}) * ${extentOf(module, k)} + c${k}`, `c${kept[0]}`);
  const inside = [left.axis, right.axis].map((k) => `c${k} >= ${extentOf(module, k)}`).join(' || ');
  return [
    `fn finish(${list([...outer, left.axis, right.axis], (k) => `c${k}: i32`)}, sum: ${scalarOf(dtype)}) {`,
    `  if (${inside}) { return; }`,
    ...out.lines, `  let place = ${place};`,
    ...stores.map(({ index, value }) => `  ${module.output(index)}[place] = ${value};`), '}',
  ].join('\n');
}

/** Tiles lie one after the other: columns first, then rows, then the other axes of the result. */
function main(w: Writer): string {
  const { module, product: { outer, left, right, dtype } } = w;
  const tiles = (name: string, axis: number): string =>
    module.param({ name, type: 'u32', value: (l) => Math.ceil(l.domain[axis] / TILE) });
  const [across, down] = [tiles('tiles_across', right.axis), tiles('tiles_down', left.axis)];
  const grid = module.param({ name: 'grid', type: 'u32', value: (_, s) => s.grid });
  const items = module.param({ name: 'items', type: 'u32', value: (_, s) => s.items });
  // Loops that a compiler writes out take it seconds: it is not told how often they turn.
  const stretch = module.param({ name: 'stretch', type: 'u32', value: () => STRETCH });
  const loaded = module.param({ name: 'loaded', type: 'u32', value: () => TILE * STRETCH });
  const each = Array.from({ length: EACH }, (_, k) => k);
  const scalar = scalarOf(dtype), zero = module.constant(0, dtype);
  const others = outer.map((k) => `c${k}, `).join('');
  return [
    mainHead(GROUP),
    `  let tile = group.y * ${grid} + group.x;`,
    `  if (tile >= ${items}) { return; }`,
    `  let column = i32(tile % ${across}) * ${TILE}i;`,
    `  let row = i32(tile / ${across} % ${down}) * ${TILE}i;`,
    `  let other = tile / ${across} / ${down};`,
    ...coordinates(module, outer, 'other', '  '),
    `  let x = lane % ${SIDE}u;`,
    `  let y = lane / ${SIDE}u;`,
    ...each.map((i) => `  ${each.map((j) => `var s${i}${j}: ${scalar} = ${zero};`).join(' ')}`),
    `  for (var k = 0u; k < ${depthOf(w)}; k += ${STRETCH}u) {`,
    ...loadTile('left', left, 'row', others, loaded),
    ...loadTile('right', right, 'column', others, loaded),
    '    workgroupBarrier();',
    `    for (var q = 0u; q < ${stretch}; q++) {`,
    `      ${each.map((i) => `let a${i} = left_tile[q * ${TILE}u + y + ${i * SIDE}u];`).join(' ')}`,
    `      ${each.map((j) => `let b${j} = right_tile[q * ${TILE}u + x + ${j * SIDE}u];`).join(' ')}`,
    ...each.map((i) => `      ${each.map((j) => `s${i}${j} += a${i} * b${j};`).join(' ')}`),
    '    }',
    '    workgroupBarrier();',
    '  }',
    `  var sums = array<${scalar}, ${EACH * EACH}>(${each.map((i) => each.map((j) => `s${i}${j}`).join(', ')).join(', ')});`,
    `  for (var e = 0u; e < ${module.param({ name: 'sums', type: 'u32', value: () => EACH * EACH })}; e++) {`,
    `    finish(${others}row + i32(y + e / ${EACH}u * ${SIDE}u), column + i32(x + e % ${EACH}u * ${SIDE}u), sums[e]);`,
    '  }',
    '}',
  ].join('\n');
}

/** Neighbouring invocations load neighbours: along the depth where that is how the operand lies, else along rows or columns. */
function loadTile(name: string, { deep }: Factor, from: string, others: string, loaded: string): string[] {
  const [at, q] = deep ? [`e / ${STRETCH}u`, `e % ${STRETCH}u`] : [`e % ${TILE}u`, `e / ${TILE}u`];
  return [
    `    for (var e = lane; e < ${loaded}; e += ${GROUP}u) {`,
    `      let at = ${at}; let q = ${q};`,
    `      ${name}_tile[q * ${TILE}u + at] = ${name}(${others}${from} + i32(at), k + q);`,
    '    }',
  ];
}
