/** Map kernels: one invocation per element, or per word where outputs are packed. */
import type { Kernel, KernelOutput, Launch } from '../../fusion/kernel.ts';
import { sizeOf } from '../../dsl/shape.ts';
import { dtypes, type DType } from '../../dsl/dtype.ts';
import { extentOf, pointLeaves, writeFunction } from './function.ts';
import { createModule, workgroupSize, type EmitOptions, type Module, type Shader } from './module.ts';
import { packing } from './wgsl.ts';

/** One dispatch of a launch. */
export interface Pass {
  /** With the launch's code, the identity of the shader. */
  readonly variant: string;
  readonly emit: (options: EmitOptions) => Shader;
  readonly workgroups: number;
  /** Invocations of a workgroup. */
  readonly size: number;
  readonly items: number;
  readonly kept?: number;
  readonly reduced?: number;
  readonly chunk?: number;
  readonly chunks?: number;
  readonly team?: number;
  /** 32-bit words that it leaves for the next pass. */
  readonly scratchWords?: number;
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

/** The bits of a narrow value at its place in the word of element `index`. */
export function packed(value: string, dtype: DType, index: string): string {
  const pack = packing(dtype), { bits, kind } = dtypes[dtype];
  const word = kind === 'bool' ? `select(0u, 1u, ${value})` : `(${kind === 'int' ? `bitcast<u32>(${value})` : value} & ${2 ** bits - 1}u)`;
  return `${word} << ((${index} % ${pack}u) * ${bits}u)`;
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

/**
 * A loop of one invocation over the `per` elements of its words, or one element where nothing is packed: `body` gives the
 * statements of element `i` and what is stored there.
 */
export function elementLoop(
  module: Module, per: number, body: (indent: string) => { lines: string[]; stores: Store[] },
): string {
  const items = module.param({ name: 'items', type: 'u32', value: (_, s) => s.items });
  if (per === 1) {
    const { lines, stores } = body('  ');
    const writes = stores.map(({ index, value }) => `  ${module.output(index)}[i] = ${value};`);
    return [mainHead(), `  let i = ${gridIndex(module)};`, `  if (i >= ${items}) { return; }`, ...lines, ...writes, '}'].join('\n');
  }
  const { lines, stores } = body('    ');
  const words = stores.filter(({ output }) => packing(output.dtype) > 1);
  return [
    mainHead(),
    `  let first = (${gridIndex(module)}) * ${per}u;`,
    ...words.map(({ index }) => `  var word${index} = 0u;`),
    `  for (var i = first; i < min(first + ${per}u, ${items}); i++) {`,
    ...lines,
    ...stores.flatMap(({ index, output, value }) => storeInLoop(module, per, index, output.dtype, value, items)),
    '  }',
    ...words.filter(({ output }) => packing(output.dtype) === per)
      .map(({ index }) => `  if (first < ${items}) { ${module.output(index)}[first / ${per}u] = word${index}; }`),
    '}',
  ].join('\n');
}

function storeInLoop(module: Module, per: number, index: number, dtype: DType, value: string, items: string): string[] {
  const pack = packing(dtype), array = module.output(index);
  if (pack === 1) return [`    ${array}[i] = ${value};`];
  const add = `    word${index} |= ${packed(value, dtype, 'i')};`;
  if (pack === per) return [add];
  return [
    add,
    `    if (i % ${pack}u == ${pack - 1}u || i + 1u == ${items}) { ${array}[i / ${pack}u] = word${index}; word${index} = 0u; }`,
  ];
}

/** The most elements any of the outputs packs in a word: what one invocation has to own. */
export const ownedElements = (outputs: readonly KernelOutput[]): number => Math.max(1, ...outputs.map((o) => packing(o.dtype)));

/** The shader that stores the outputs `from: 'body'` over the domain. */
export function emitMap(kernel: Kernel, inner: Launch['inner'], options: EmitOptions): Shader {
  const module = createModule(kernel, options);
  const outputs = kernel.outputs.filter((o) => o.from === 'body');
  const per = ownedElements(outputs);
  const axes = Array.from({ length: kernel.rank }, (_, k) => k);
  const main = elementLoop(module, per, (indent) => {
    const lines = coordinates(module, axes, 'i', indent);
    const leaves = pointLeaves({ module, kernel, inner, lines, indent, axes });
    const { results } = writeFunction(module, outputs.map((o) => kernel.body.results[o.result]), leaves, indent, lines);
    return { lines, stores: outputs.map((output, k) => ({ index: kernel.outputs.indexOf(output), output, value: results[k] })) };
  });
  return module.finish([kernel.name, `map over ${kernel.rank} axes${per > 1 ? `, ${per} elements per invocation` : ''}`], main);
}

export function mapPass(launch: Launch): Pass {
  const { kernel, inner } = launch;
  const items = sizeOf(launch.domain);
  const per = ownedElements(kernel.outputs.filter((o) => o.from === 'body'));
  return {
    variant: 'map',
    emit: (options) => emitMap(kernel, inner, options),
    items,
    size: workgroupSize,
    workgroups: Math.ceil(items / per / workgroupSize),
  };
}
