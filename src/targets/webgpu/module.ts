/**
 * A WGSL module under construction: the fields of its params struct, its bindings and helper functions. Sizes, strides,
 * offsets and scalars reach the shader through the params, so that new ones never recompile it.
 */
import type { DType } from '../../dsl/dtype.ts';
import type { Fn, Value } from '../../dsl/kernel/ir.ts';
import type { OpName } from '../../dsl/ops.ts';
import type { Kernel, Launch } from '../../fusion/kernel.ts';
import { writeFunction } from './function.ts';
import { addHelper, type HelperName } from './helpers.ts';
import { createStatements } from './statements.ts';
import { verbatim } from './verbatim.ts';
import { literal, packing, scalarOf, spell, storedAs } from './wgsl.ts';

/** Numbers of one pass that do not come from the launch itself. */
export interface PassSizes {
  /** Invocations that have work (map, lane), or teams of invocations that have (group). */
  readonly items: number;
  /** Workgroups along x (or, where x is the innermost axis, along y) before the count goes on along the next dimension. */
  readonly grid: number;
  /** Points of a reduction's result, elements that go into each, how many of those go into one partial, partials per point. */
  readonly kept?: number;
  readonly reduced?: number;
  readonly chunk?: number;
  readonly chunks?: number;
  readonly team?: number;
  readonly tile?: TileSizes;
  readonly rows?: { readonly outer: number; readonly length: number; readonly inner: number };
}

/** Of tiles: along each axis. */
export interface TileSizes {
  readonly counts: readonly number[];
  /** The first and the last tile, by its first point, in which no stage meets a border. */
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** By stage. */
  readonly sizes: readonly (readonly number[])[];
}

export interface Field {
  readonly name: string;
  readonly type: 'f32' | 'i32' | 'u32';
  readonly value: (launch: Launch, sizes: PassSizes) => number;
}

/** What is bound after the params, in binding order. `scratch`: partial results of a reduction, in the pass's own numbering. */
export type Binding =
  | { readonly kind: 'input' | 'output'; readonly index: number }
  | { readonly kind: 'scratch'; readonly access: 'from' | 'to' };

/** A compiled-once shader: text, the layout of its params and what it binds. */
export interface Shader {
  readonly code: string;
  readonly params: readonly Field[];
  readonly bindings: readonly Binding[];
}

/** The function of the math library that computes an op, if there is one. */
export type Library = (op: OpName, dtype: DType) => Fn | undefined;

export interface EmitOptions {
  /** Math from the library only, not from the device. */
  readonly portable: boolean;
  readonly library: Library;
}

export interface Module {
  /** Declares a params field and gives its text. */
  param(field: Field): string;
  input(index: number): string;
  output(index: number): string;
  scratch(access: 'from' | 'to'): string;
  helper(name: HelperName): string;
  /** Declares a function by its whole text. */
  define(name: string, text: () => string): string;
  constant(value: number, dtype: DType): string;
  /** The expression of an op whose operands are atoms. */
  op(value: Value & { kind: 'op' }, args: readonly string[]): string;
  finish(header: readonly string[], main: string): Shader;
}

export const workgroupSize = 256;

/**
 * Invocations of a workgroup that shares memory. No more: SwiftShader compiles one store for each element of that memory,
 * and seconds pass with 256 of them.
 */
export const sharingSize = 64;

/** `over`: for each input the output that is written in its place, and bound once for both. */
export function createModule(kernel: Kernel, options: EmitOptions, over: readonly (number | undefined)[] = []): Module {
  const fields = new Map<string, Field>();
  const bindings = new Map<string, { binding: Binding; declaration: string }>();
  const functions = new Map<string, string>();

  const bind = (name: string, binding: Binding, access: 'read' | 'read_write', type: string, note: string): string => {
    if (!bindings.has(name)) bindings.set(name, { binding, declaration: `var<storage, ${access}> ${name}: array<${type}>;${note}` });
    return name;
  };

  const module: Module = {
    param(field) {
      fields.set(field.name, fields.get(field.name) ?? field);
      return `P.${field.name}`;
    },
    input: (index) => {
      const { name, dtype } = kernel.inputs[index];
      const output = over[index];
      if (output !== undefined) return module.output(output);
      return bind(`in${index}`, { kind: 'input', index }, 'read', storedAs(dtype), ` // ${oneLine(name)}: ${dtype}`);
    },
    output: (index) => {
      const { dtype } = kernel.outputs[index];
      const type = sharesWords(kernel, index) ? 'atomic<u32>' : storedAs(dtype);
      return bind(`out${index}`, { kind: 'output', index }, 'read_write', type, ` // ${dtype}`);
    },
    scratch: (access) => bind(access === 'from' ? 'partials' : 'results', { kind: 'scratch', access },
      access === 'from' ? 'read' : 'read_write', 'u32', ''),
    helper(name) {
      addHelper(functions, name);
      return name;
    },
    define(name, text) {
      if (!functions.has(name)) functions.set(name, text());
      return name;
    },
    constant: (value, dtype) => literal(value, dtype, (which) =>
      module.param({ name: which, type: 'f32', value: () => (which === 'inf' ? Infinity : NaN) })),
    op: (value, args) => spell(value.op, args, {
      dtype: value.args[0].dtype,
      to: value.dtype,
      helper: module.helper,
      library: () => libraryFunction(module, value.op, value.args[0].dtype, options.library),
    }, options.portable),
    finish(header, main) {
      const list = [...bindings.values()];
      const code = [
        ...header.map((line) => `// ${oneLine(line)}`),
        '',
        'struct Params {',
        ...[...fields.values()].map((f) => `  ${f.name}: ${f.type},`),
        '}',
        '@group(0) @binding(0) var<uniform> P: Params;',
        ...list.map(({ declaration }, k) => `@group(0) @binding(${k + 1}) ${declaration}`),
        '',
        ...[...functions.values()].flatMap((text) => [text, '']),
        main,
        '',
      ].join('\n');
      return { code, params: [...fields.values()], bindings: list.map(({ binding }) => binding) };
    },
  };
  return module;
}

/** Whether invocations may write to different elements of one word: where effects store narrow elements anywhere. */
export const sharesWords = (kernel: Kernel, output: number): boolean =>
  kernel.outputs[output].from === 'effects' && packing(kernel.outputs[output].dtype) > 1;

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** A math function as a WGSL function, so that the caller stays readable and it is written once. */
function libraryFunction(module: Module, op: OpName, dtype: DType, library: Library): string {
  const name = `${op}_library`;
  const fn = library(op, dtype);
  if (!fn) return module.define(name, () => builtinFallback(op, name));
  return module.define(name, () => {
    const parameters = fn.inputs.map((slot, k) => `x${k}: ${scalarOf(slot.dtype)}`).join(', ');
    const out = createStatements('  ');
    const kept = verbatim(fn);
    const opaque = (text: string): string => {
      module.param({ name: 'zero', type: 'u32', value: () => 0 });
      return `${module.helper('opaque_f32')}(${text})`;
    };
    const careful: Module = { ...module, op: (v, args) => (kept.has(v) ? opaque(module.op(v, args)) : module.op(v, args)) };
    const results = writeFunction(careful, fn, { read: (v) => `x${v.input}` }, out);
    return [`fn ${name}(${parameters}) -> ${scalarOf(fn.results[0].dtype)} {`, ...out.lines, `  return ${results[0]};`, '}'].join('\n');
  });
}

/** For ops the library does not have: WGSL's own, or a plain formula. */
function builtinFallback(op: OpName, name: string): string {
  const formulas: Partial<Record<OpName, string>> = {
    cbrt: 'sign(x0) * pow(abs(x0), 0.33333334f)',
    hypot: 'length(vec2f(x0, x1))',
    expm1: 'select(exp(x0) - 1.0f, x0 + 0.5f * x0 * x0, abs(x0) < 1e-3f)',
    log10: 'log2(x0) * 0.30103f',
    log1p: 'select(log(1.0f + x0), x0 - 0.5f * x0 * x0, abs(x0) < 1e-3f)',
  };
  const binary = op === 'hypot' || op === 'atan2' || op === 'pow';
  const parameters = binary ? 'x0: f32, x1: f32' : 'x0: f32';
  return `fn ${name}(${parameters}) -> f32 { return ${formulas[op] ?? `${op}(${binary ? 'x0, x1' : 'x0'})`}; }`;
}
