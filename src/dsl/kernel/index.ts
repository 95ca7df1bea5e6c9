/** Kernel functions: plain JavaScript functions, parsed from their own source text and lowered to `Fn`. */
import type { DType } from '../dtype.ts';
import { asConstant } from './constants.ts';
import { libraryFunctions } from './intrinsics.ts';
import { Builder, type Fn } from './ir.ts';
import { lowerBody, readInput, resultsOf, type KernelRead, type Session } from './lower.ts';
import { complain, paramName, syntaxOf, walk, type KernelFunction, type Syntax } from './source.ts';
import { globalScope, libraryScope, scopeIn, type Scope, type Term } from './terms.ts';

export type { KernelFunction } from './source.ts';
export type { KernelRead } from './lower.ts';

export interface KernelParam {
  /** `array`: read by calls, `u(-1, 0)`. `scalar`: used by name; the element at the current point. */
  readonly kind: 'array' | 'scalar';
  readonly dtype: DType;
}

export interface KernelOptions {
  readonly rank: number;
  /** Outer variables: numbers, bools, and arrays or plain objects of them. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Names the kernel in errors when the function itself has no name: 'stencil', 'vectorize'. */
  readonly label: string;
}

export interface LoweredKernel {
  readonly fn: Fn;
  /** In the order of the source; a read whose value is not used counts, as in Numba. */
  readonly reads: readonly KernelRead[];
}

/** What can be said of a kernel before the dtypes of its arguments are known. */
export interface KernelShape {
  readonly params: readonly {
    readonly name: string;
    /** Number of indices in the first call of this parameter; undefined: it is never called, so it is a scalar. */
    readonly indices: number | undefined;
  }[];
}

/** Parses the function (once per function object) and says how it uses its parameters. */
export function kernelShape(f: KernelFunction, label = 'kernel'): KernelShape {
  const { params, body } = syntaxOf(f, label);
  const calls = new Map<string, number>();
  walk(body, (node) => {
    if (node.type !== 'CallExpression') return;
    const { callee, arguments: args } = node as import('acorn').CallExpression;
    if (callee.type === 'Identifier' && !calls.has(callee.name)) calls.set(callee.name, args.length);
  });
  return { params: params.map((_, k) => ({ name: paramName(params, k), indices: calls.get(paramName(params, k)) })) };
}

/**
 * Lowers a kernel function for the dtypes of its arguments. Inputs are the parameters, in order. Reads of narrow integers
 * widen to int32; a result has the dtype of its value; one that is
 * nothing but numbers is float32, or float64 in a kernel with float64 arguments.
 */
export function lowerKernel(f: KernelFunction, params: readonly KernelParam[], options: KernelOptions): LoweredKernel {
  const builder = new Builder();
  const constants = Object.entries(options.constants ?? {})
    .map(([name, value]): [string, Term] => [name, asConstant(builder, name, value)]);
  return lower(f, params, builder, options.rank, options.label, scopeIn(globalScope(), constants));
}

/** The `Fn` of `lowerKernel`. */
export const kernelFn = (f: KernelFunction, params: readonly KernelParam[], options: KernelOptions): Fn =>
  lowerKernel(f, params, options).fn;

/** A function of the math library over scalars of one dtype: it may call the intrinsics and, by name, the helpers. */
export function libraryKernel(
  name: string, f: KernelFunction, dtype: DType, helpers: Readonly<Record<string, KernelFunction>>,
): Fn {
  const params = syntaxOf(f, name).params.map((): KernelParam => ({ kind: 'scalar', dtype }));
  return lower(f, params, new Builder(), 0, name, libraryScope(libraryFunctions, helpers)).fn;
}

function lower(
  f: KernelFunction, params: readonly KernelParam[], builder: Builder, rank: number, label: string, outer: Scope,
): LoweredKernel {
  const syntax = syntaxOf(f, label);
  checkCount(syntax, params.length, label);
  const dtypes = params.map((p) => p.dtype);
  const session: Session = { builder, label, rank, lone: dtypes.includes('float64') ? 'float64' : 'float32', dtypes, reads: [] };
  const args = params.map((p, input): Term => p.kind === 'scalar'
    ? readInput(session, input)
    : { kind: 'array', name: paramName(syntax.params, input), input });
  const results = resultsOf(session, syntax, lowerBody(session, syntax, args, outer));
  const inputs = params.map(({ dtype }, k) => ({ name: paramName(syntax.params, k), dtype }));
  return { fn: builder.fn(syntax.source.name || label, { rank, inputs, results }), reads: session.reads };
}

function checkCount({ source, params, body }: Syntax, given: number, label: string): void {
  if (params.length === given) return;
  const place = params[given] ?? params.at(-1) ?? body;
  complain(source, label, place, `the kernel has ${params.length} parameters, but is used with ${given} arguments`, 'one parameter per array or scalar');
}

/** Per input, the smallest and largest offset read along each axis; the current element is always included. */
export function neighborhoodOf({ fn, reads }: LoweredKernel): { lo: number[]; hi: number[] }[] {
  const neighborhoods = fn.inputs.map(() => ({ lo: new Array<number>(fn.rank).fill(0), hi: new Array<number>(fn.rank).fill(0) }));
  for (const { input, offset } of reads) {
    const { lo, hi } = neighborhoods[input];
    offset.forEach((o, k) => {
      lo[k] = Math.min(lo[k], o);
      hi[k] = Math.max(hi[k], o);
    });
  }
  return neighborhoods;
}
