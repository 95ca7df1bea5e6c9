/**
 * The body of an `Fn` as WGSL statements: one `let` for each value, in the order of evaluation, so that the text reads
 * like the fused expression. Reads, coordinates and border maps become index arithmetic.
 */
import { edgeMaps, type EdgeMap, type IndexArithmetic } from '../../dsl/border.ts';
import { InternalError } from '../../errors.ts';
import type { Point, Value } from '../../dsl/kernel/ir.ts';
import { valuesOf } from '../../dsl/kernel/walk.ts';
import type { Kernel, Launch } from '../../fusion/kernel.ts';
import { dtypes, type DType } from '../../dsl/dtype.ts';
import type { Module } from './module.ts';
import { packing, scalarOf } from './wgsl.ts';

type Of<K extends Value['kind']> = Value & { readonly kind: K };

/** How leaves are written. What is missing must not occur. */
export interface LeafText {
  read(value: Of<'read'>): string;
  uniform?(value: Of<'uniform'>): string;
  coord?(value: Of<'coord'>): string;
  extent?(value: Of<'extent'>): string;
  inside?(value: Of<'inside'>): string;
  reduced?(value: Of<'reduced'>): string;
}

/** Writes the values that `results` need. Returns the statements and the names of the results. */
export function writeFunction(
  module: Module, results: readonly Value[], leaves: LeafText, indent: string, lines: string[] = [],
): { lines: string[]; results: string[] } {
  const names = new Map<Value, string>();
  const textOf = (v: Value): string => {
    const missing = (): never => {
      throw new InternalError(`a ${v.kind} where WGSL code has none`);
    };
    switch (v.kind) {
      case 'const': return module.constant(v.value, v.dtype);
      case 'uniform': return leaves.uniform?.(v) ?? missing();
      case 'read': return leaves.read(v);
      case 'coord': return leaves.coord?.(v) ?? missing();
      case 'extent': return leaves.extent?.(v) ?? missing();
      case 'inside': return leaves.inside?.(v) ?? missing();
      case 'reduced': return leaves.reduced?.(v) ?? missing();
      case 'op': return module.op(v, v.args.map((a) => names.get(a)!));
      default: return v satisfies never;
    }
  };
  for (const v of valuesOf(results)) {
    const text = textOf(v);
    if (isAtom(text)) {
      names.set(v, text);
    } else {
      const name = `v${lines.length}`;
      lines.push(`${indent}let ${name}: ${scalarOf(v.dtype)} = ${text};`);
      names.set(v, name);
    }
  }
  return { lines, results: results.map((v) => names.get(v)!) };
}

/** A name, a field, a number, or a negated number in parentheses: may stand anywhere without a `let`. */
const isAtom = (text: string): boolean => /^(\(-)?[\w.]+(e-\d+f)?\)?$/.test(text) || text === '(-2147483647i - 1i)';

/** The leaves of kernel bodies and epilogues at the point whose coordinates are the variables c0, c1, ... */
export interface PointText extends LeafText {
  /** The coordinate along an axis. */
  at(point: Point | undefined, axis: number): string;
}

export interface PointOptions {
  readonly module: Module;
  readonly kernel: Kernel;
  readonly inner: Launch['inner'];
  /** Statements of moved coordinates are added here, before those that use them. */
  readonly lines: string[];
  readonly indent: string;
  /** Axes whose coordinates exist; reads do not move along the others. */
  readonly axes: readonly number[];
}

/** Leaves that read buffers at points, with memoised coordinates. */
export function pointLeaves(o: PointOptions): PointText {
  const { module } = o;
  const moved = new Map<string, string>();

  // By axis, not by point: the 441 reads of a 21 x 21 stencil share 21 rows and 21 columns.
  const at = (point: Point | undefined, axis: number): string => {
    if (!point) return `c${axis}`;
    const offset = point.offset[axis], edge = point.edge[axis];
    const from = at(point.base, axis);
    if (offset === 0) return from;
    const sum = `${from} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}i`;
    const text = edge === 'none' ? sum : `${edgeFunction(module, edge)}(${sum}, ${extentOf(module, axis)})`;
    let name = moved.get(`${axis} ${text}`);
    if (name === undefined) {
      name = `p${moved.size}_${axis}`;
      moved.set(`${axis} ${text}`, name);
      o.lines.push(`${o.indent}let ${name} = ${text};`);
    }
    return name;
  };

  const read = (v: Of<'read'>): string => {
    const array = module.input(v.input);
    const terms = addressTerms(module, v.input, o, (axis) => at(v.at, axis));
    const address = terms.join(' + ');
    return loadText(module, array, o.kernel.inputs[v.input].dtype, address);
  };

  return {
    at,
    read,
    uniform: (v) => uniformText(module, v.index, v.dtype),
    coord: (v) => at(v.at, v.axis),
    extent: (v) => extentOf(module, v.axis),
    inside: (v) => insideText(v, (axis) => at(v.at, axis), (axis) => extentOf(module, axis)),
  };
}

export const extentOf = (module: Module, axis: number): string =>
  module.param({ name: `n${axis}`, type: 'i32', value: (l) => l.domain[axis] });

function addressTerms(module: Module, input: number, o: PointOptions, at: (axis: number) => string): string[] {
  const terms = [module.param({ name: `in${input}_offset`, type: 'i32', value: (l) => l.inputs[input].offset })];
  for (const axis of o.axes) {
    const inner = axis === o.kernel.rank - 1 ? o.inner[input] : 'strided';
    if (inner === 'zero') continue;
    const stride = () => module.param({ name: `in${input}_stride${axis}`, type: 'i32', value: (l) => l.inputs[input].strides[axis] });
    terms.push(inner === 'unit' ? at(axis) : `${at(axis)} * ${stride()}`);
  }
  return terms;
}

/** Element `address` of an array; narrow ones are extracted from their word. */
function loadText(module: Module, array: string, dtype: DType, address: string): string {
  const pack = packing(dtype);
  if (pack === 1) return `${array}[${address}]`;
  const name = module.define(`load_${array}`, () => {
    const { bits, kind } = dtypes[dtype];
    const word = `${array}[i / ${pack}u]`;
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

const edgeFunction = (module: Module, edge: EdgeMap): string =>
  module.define(`edge_${edge}`, () => `fn edge_${edge}(i: i32, n: i32) -> i32 { return ${edgeMaps[edge](textArithmetic, 'i', 'n')}; }`);
