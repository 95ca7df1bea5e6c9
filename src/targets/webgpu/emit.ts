/** Map kernels: one invocation per element, or per word where outputs are packed. */
import { overwritten } from '../../fusion/in-place.ts';
import type { Kernel, KernelOutput, Launch } from '../../fusion/kernel.ts';
import { dtypes, type DType } from '../../dsl/dtype.ts';
import type { Fn } from '../../dsl/kernel/ir.ts';
import { sizeOf } from '../../dsl/shape.ts';
import { writeFunction, type LeafText } from './function.ts';
import { extentOf, pointLeaves } from './leaves.ts';
import { createModule, workgroupSize, type EmitOptions, type Module, type PassSizes, type Shader } from './module.ts';
import { createStatements, type Statements } from './statements.ts';
import { packing } from './wgsl.ts';

/** One dispatch of a launch. */
export interface Pass extends PassSizes {
  /** With the launch's code, the identity of the shader. */
  readonly variant: string;
  readonly emit: (options: EmitOptions) => Shader;
  /** Workgroups along x, y and z; a 0 among them means that there is nothing to do. */
  readonly dispatch: readonly [number, number, number];
  /** Invocations of a workgroup. */
  readonly size: number;
  /** 32-bit words that it leaves for the next pass. */
  readonly scratchWords?: number;
}

/** Workgroups that every device takes along one dimension. */
const mostPerDimension = 65535;

/** At least `count` workgroups, numbered through along x and then y. */
export function linearGrid(count: number): Pick<Pass, 'dispatch' | 'grid'> {
  const y = Math.max(1, Math.ceil(count / mostPerDimension));
  const x = Math.ceil(count / y);
  return { dispatch: [x, y, 1], grid: x };
}

/** Rows at least this full of invocations that work get workgroups of their own: no division by sizes to find the row. */
const rowFill = 0.75;

/** A grid with the innermost axis along x and the rows along y and z, where that wastes little. */
export function rowGrid(domain: Launch['domain'], per: number, size = workgroupSize): Pick<Pass, 'dispatch' | 'grid'> | undefined {
  const inner = domain[domain.length - 1], rows = sizeOf(domain.slice(0, -1));
  const x = Math.ceil(inner / per / size);
  // A word of packed elements must lie within one row.
  const fits = domain.length > 1 && inner % per === 0 && x <= mostPerDimension;
  if (!fits || inner / per < rowFill * size * x) return undefined;
  const z = Math.max(1, Math.ceil(rows / mostPerDimension));
  const y = Math.ceil(rows / z);
  return { dispatch: [x, y, z], grid: y };
}

/** Coordinates along `axes` from a row-major index over them. */
export function coordinates(module: Module, axes: readonly number[], index: string, indent: string): string[] {
  const lines: string[] = [];
  let rest = index;
  for (let k = axes.length - 1; k >= 0; k--) {
    const axis = axes[k];
    if (k === 0) {
      lines.push(`${indent}let c${axis} = i32(${rest});`);
      break;
    }
    const extent = `u32(${extentOf(module, axis)})`;
    lines.push(`${indent}let c${axis} = i32(${rest} % ${extent});`, `${indent}let ${index}_${axis} = ${rest} / ${extent};`);
    rest = `${index}_${axis}`;
  }
  return lines;
}

/** The coordinates of element `i` of the domain; with `rows`, the row and where it begins are known (see `startLines`). */
export function domainPoint(module: Module, rank: number, rows: boolean, indent: string): string[] {
  const axes = Array.from({ length: rank }, (_, k) => k);
  if (!rows) return coordinates(module, axes, 'i', indent);
  return [...coordinates(module, axes.slice(0, -1), 'row', indent), `${indent}let c${rank - 1} = i32(i - begin);`];
}

/** A narrow value as a word, whose upper bits may be anything. */
export function wordOf(value: string, dtype: DType): string {
  const { kind } = dtypes[dtype];
  return kind === 'bool' ? `select(0u, 1u, ${value})` : kind === 'int' ? `bitcast<u32>(${value})` : value;
}

/** The bits of a narrow value at its place in the word of element `index`. */
export function packed(value: string, dtype: DType, index: string): string {
  const { bits, kind } = dtypes[dtype];
  const word = kind === 'bool' ? wordOf(value, dtype) : `(${wordOf(value, dtype)} & ${2 ** bits - 1}u)`;
  return `${word} << ((${index} % ${packing(dtype)}u) * ${bits}u)`;
}

/** The index of an invocation among all, over a grid of workgroups that may have two dimensions. */
export const gridIndex = (module: Module, size = workgroupSize): string =>
  `(group.y * ${module.param({ name: 'grid', type: 'u32', value: (_, s) => s.grid })} + group.x) * ${size}u + lane`;

export const mainHead = (size = workgroupSize): string => `@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {`;

export interface Store {
  readonly index: number;
  readonly output: KernelOutput;
  readonly value: string;
}

/** How invocations lie over the domain: in workgroups of `size`; with a `rowAxis`, along rows (see `rowGrid`). */
interface Layout {
  readonly size?: number;
  readonly rowAxis?: number;
}

/** Writes the results of `fn` that `outputs` name; gives what is stored where. */
export function writeStores(
  module: Module, kernel: Kernel, outputs: readonly KernelOutput[], fn: Fn, leaves: LeafText, out: Statements,
): Store[] {
  const values = writeFunction(module, { results: outputs.map((o) => fn.results[o.result]), effects: [] }, leaves, out);
  return outputs.map((output, k) => ({ index: kernel.outputs.indexOf(output), output, value: values[k] }));
}

/** Where an invocation starts (`first`) and what lies beyond its reach (`end`); both are row-major indices. */
function startLines(module: Module, per: number, { size = workgroupSize, rowAxis }: Layout): string[] {
  const times = per > 1 ? ` * ${per}u` : '';
  const items = module.param({ name: 'items', type: 'u32', value: (_, s) => s.items });
  if (rowAxis === undefined) {
    const index = gridIndex(module, size);
    return [`  let first = ${times ? `(${index})${times}` : index};`, `  let end = ${items};`];
  }
  const columns = `u32(${extentOf(module, rowAxis)})`;
  return [
    `  let row = group.z * ${module.param({ name: 'grid', type: 'u32', value: (_, s) => s.grid })} + group.y;`,
    `  let begin = row * ${columns};`,
    `  let first = begin + (group.x * ${size}u + lane)${times};`,
    `  let end = min(begin + ${columns}, ${items});`,
  ];
}

/**
 * A loop of one invocation over the `per` elements of its words, or one element where nothing is packed: `body` gives the
 * statements of element `i` and what is stored there.
 */
export function elementLoop(
  module: Module, per: number, body: (indent: string) => { lines: string[]; stores: Store[] }, layout: Layout = {},
): string {
  const start = startLines(module, per, layout);
  if (per === 1) {
    const { lines, stores } = body('  ');
    const writes = stores.map(({ index, value }) => `  ${module.output(index)}[i] = ${value};`);
    return [mainHead(layout.size), ...start, '  if (first >= end) { return; }', '  let i = first;', ...lines, ...writes, '}'].join('\n');
  }
  const { lines, stores } = body('    ');
  const words = stores.filter(({ output }) => packing(output.dtype) > 1);
  return [
    mainHead(layout.size),
    ...start,
    ...words.map(({ index }) => `  var word${index} = 0u;`),
    `  for (var i = first; i < min(first + ${per}u, end); i++) {`,
    ...lines,
    ...stores.flatMap(({ index, output, value }) => storeInLoop(module, per, index, output.dtype, value)),
    '  }',
    ...words.filter(({ output }) => packing(output.dtype) === per)
      .map(({ index }) => `  if (first < end) { ${module.output(index)}[first / ${per}u] = word${index}; }`),
    '}',
  ].join('\n');
}

function storeInLoop(module: Module, per: number, index: number, dtype: DType, value: string): string[] {
  const pack = packing(dtype), array = module.output(index);
  if (pack === 1) return [`    ${array}[i] = ${value};`];
  const add = `    word${index} |= ${packed(value, dtype, 'i')};`;
  if (pack === per) return [add];
  return [
    add,
    `    if (i % ${pack}u == ${pack - 1}u || i + 1u == end) { ${array}[i / ${pack}u] = word${index}; word${index} = 0u; }`,
  ];
}

/** The most elements any of the outputs packs in a word: what one invocation has to own. */
export const ownedElements = (outputs: readonly KernelOutput[]): number => Math.max(1, ...outputs.map((o) => packing(o.dtype)));

/** The shader that stores the outputs `from: 'body'` over the domain. */
export function emitMap(
  kernel: Kernel, inner: Launch['inner'], options: EmitOptions, rows = false, over: readonly (number | undefined)[] = [],
): Shader {
  const module = createModule(kernel, options, over);
  const outputs = kernel.outputs.filter((o) => o.from === 'body');
  const per = ownedElements(outputs);
  const axes = Array.from({ length: kernel.rank }, (_, k) => k);
  const main = elementLoop(module, per, (indent) => {
    const out = createStatements(indent, domainPoint(module, kernel.rank, rows, indent));
    const leaves = pointLeaves({ module, kernel, inner, out, axes });
    return { lines: out.lines, stores: writeStores(module, kernel, outputs, kernel.body, leaves, out) };
  }, { rowAxis: rows ? kernel.rank - 1 : undefined });
  const shape = `map over ${kernel.rank} axes${rows ? ', row by row' : ''}${per > 1 ? `, ${per} elements per invocation` : ''}`;
  return module.finish([kernel.name, shape], main);
}

export function mapPass(launch: Launch): Pass {
  const { kernel, inner } = launch;
  const items = sizeOf(launch.domain);
  const per = ownedElements(kernel.outputs.filter((o) => o.from === 'body'));
  const rows = rowGrid(launch.domain, per);
  const over = overwritten(launch);
  const inPlace = over.flatMap((output, input) => (output === undefined ? [] : [` out${output} in place of in${input}`])).join();
  return {
    variant: `${rows ? 'rows' : 'map'}${inPlace}`,
    emit: (options) => emitMap(kernel, inner, options, rows !== undefined, over),
    items,
    size: workgroupSize,
    ...(rows ?? linearGrid(Math.ceil(items / per / workgroupSize))),
  };
}
