/** Kernels as what they are, JavaScript functions: called with numbers, functions of offsets and nested arrays. */
import { castNumber, dtypes, type DType, type TypedArray } from '../dsl/dtype.ts';
import type { Expr } from '../dsl/expr.ts';
import type { ParamUsage } from '../dsl/kernel/index.ts';
import type { PointKernel, WholeKernel } from '../dsl/plainly.ts';
import { sizeOf, stridesOf, type Shape } from '../dsl/shape.ts';

/** Nested arrays of numbers with the `shape` that kernels ask for. */
export type Nested = number | (Nested[] & { shape?: Shape });

/** The values of an array from a flat index on, as nested arrays. */
export function nestedOf(values: ArrayLike<number>, shape: Shape, dtype: DType, from = 0): Nested {
  if (shape.length === 0) return dtype === 'bool' ? (Boolean(values[from]) as never) : values[from];
  const [stride] = stridesOf(shape);
  const rest = shape.slice(1);
  const rows: Nested[] = Array.from({ length: shape[0] }, (_, k) => nestedOf(values, rest, dtype, from + k * stride));
  return Object.assign(rows, { shape });
}

/** Writes nested arrays back, from a flat index on; what a kernel added beyond their sizes is left out. */
export function flatten(nested: Nested, into: TypedArray, shape: Shape, dtype: DType, from = 0): void {
  if (shape.length === 0) {
    into[from] = cast(nested, dtype);
    return;
  }
  const [stride] = stridesOf(shape);
  for (let k = 0; k < shape[0]; k++) flatten((nested as Nested[])[k], into, shape.slice(1), dtype, from + k * stride);
}

export const cast = (value: unknown, dtype: DType): number => castNumber(Number(value), 'float64', dtype);

/** The arguments in the order of the parameters; those that are patterns get lists and objects. */
function argumentsFor(usage: readonly ParamUsage[], values: readonly unknown[]): unknown[] {
  const args: unknown[] = [];
  usage.forEach(({ path }, k) => {
    let at = args as unknown as Record<number | string, unknown>;
    path.slice(0, -1).forEach((key, depth) => {
      at[key] ??= typeof path[depth + 1] === 'number' ? [] : {};
      at = at[key] as typeof at;
    });
    at[path[path.length - 1]] = values[k];
  });
  return args;
}

/** How a kernel sees the arrays around it at a point. */
export interface Surroundings {
  /** The element of a source at the point. */
  element(input: number): number;
  /** The element at an offset from the point, borders applied. */
  neighbour(input: number, offset: readonly number[]): number;
  /** The part of a source that belongs to the point. */
  part(input: number, lead: number): Nested;
  /** The part of an output that belongs to the point; what is stored in it counts. */
  output(output: number, lead: number): Nested;
  coordinate(axis: number): number;
}

/** What the kernel returns at a point, as a list. */
export function callAt({ f, usage, params }: PointKernel, at: Surroundings): readonly unknown[] {
  let [input, output] = [0, 0];
  const values = params.map((p): unknown => {
    switch (p.kind) {
      case 'coordinate': return at.coordinate(p.axis);
      case 'output': return at.output(output++, p.lead ?? 0);
      default: break;
    }
    const k = input++;
    switch (p.kind) {
      case 'scalar': return p.dtype === 'bool' ? Boolean(at.element(k)) : at.element(k);
      case 'array': return (...offset: number[]) => at.neighbour(k, offset);
      case 'whole': return at.part(k, p.lead ?? 0);
      case 'element': {
        const part = at.part(k, p.lead ?? 0);
        return Array.isArray(part) ? part[0] : part;
      }
      default: return p satisfies never;
    }
  });
  const returned = (f as (...args: unknown[]) => unknown)(...argumentsFor(usage, values));
  return Array.isArray(returned) ? returned : [returned];
}

/** Runs a kernel over whole arrays: the values of its outputs, then of what it returns. */
export function callWhole({ f, usage, sources }: WholeKernel, values: (e: Expr) => TypedArray): unknown[] {
  const args = sources.map((e) => nestedOf(values(e), e.shape, e.dtype));
  const returned = (f as (...args: unknown[]) => unknown)(...argumentsFor(usage, args));
  const outputs = usage.flatMap((u, k) => {
    if (!u.written) return [];
    const { shape, dtype } = sources[k];
    const flat = new dtypes[dtype].array(sizeOf(shape)) as TypedArray;
    flatten(args[k], flat, shape, dtype);
    return [flat];
  });
  return [...outputs, ...(Array.isArray(returned) ? returned : returned === undefined ? [] : [returned])];
}
