/** Kernel functions: plain JavaScript functions, parsed from their own source text and lowered to `Fn`. */
import type { DType } from '../dtype.ts';
import { asConstant } from './constants.ts';
import { remembered } from './remember.ts';
import { strongly } from './infer.ts';
import { libraryFunctions } from './intrinsics.ts';
import { Builder, type Fn } from './ir.ts';
import { ofFairLength } from './length.ts';
import { lowerBody } from './lower.ts';
import { lowerProgram, type Known, type Program } from './parallel.ts';
import { widened } from './operands.ts';
import type { KernelRead, Session, Window } from './place.ts';
import { complain, outerNamesOf, syntaxOf, type KernelFunction, type Syntax } from './source.ts';
import { globalScope, libraryScope, scopeIn, type ArrayTerm, type Scope, type Term } from './terms.ts';
import { usageOf, type ParamUsage } from './usage.ts';

export type { KernelFunction } from './source.ts';
export type { Program, Step } from './parallel.ts';
export type { Combine } from './reductions.ts';
export { count, subscripts, type KernelRead } from './place.ts';
export { usageOf, type ParamUsage } from './usage.ts';

export type KernelParam =
  /** Read by calls, `u(-1, 0)`. */
  | { readonly kind: 'array'; readonly dtype: DType }
  /** Used by name: the element at the current point. */
  | { readonly kind: 'scalar'; readonly dtype: DType }
  /** Read at any index, `x[i][j]`. The first `lead` axes are not seen: they are at the point's coordinates. */
  | { readonly kind: 'whole'; readonly dtype: DType; readonly rank: number; readonly lead?: number }
  /** The one element of such an array, used by name. */
  | { readonly kind: 'element'; readonly dtype: DType; readonly rank: number; readonly lead?: number }
  /** Stored to at any index, and read back. */
  | { readonly kind: 'output'; readonly dtype: DType; readonly rank: number; readonly lead?: number }
  /** The point's own coordinate along an axis. */
  | { readonly kind: 'coordinate'; readonly axis: number };

export interface KernelOptions {
  readonly rank: number;
  /** Outer variables: numbers, bools, functions, and arrays or plain objects of them. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Names the kernel in errors when the function itself has no name: 'stencil', 'vectorize'. */
  readonly label: string;
  /** Of a stencil whose neighbourhood is declared. */
  readonly window?: Omit<Window, 'wholeOf'>;
}

export interface LoweredKernel {
  /** Its last inputs are further looks at arrays: see `wholes`. */
  readonly fn: Fn;
  /** Per input beyond the parameters: the parameter that it is, read anywhere. */
  readonly wholes: readonly number[];
  /** In the order of the source; a read whose value is not used counts, as in Numba. */
  readonly reads: readonly KernelRead[];
}

/** The names that a kernel knows besides its parameters. Names given by the user hide those that the build found. */
type Constants = Readonly<Record<string, unknown>>;
export const outerNames = (f: KernelFunction, constants: Constants = {}): Constants =>
  ({ ...outerNamesOf(f).constants?.(), ...constants });

export function outerScope(builder: Builder, constants: Constants): Scope {
  const term = ([name, value]: [string, unknown]): [string, Term] => [name, asConstant(builder, name, value)];
  return scopeIn(globalScope(), Object.entries(constants).map(term));
}

/**
 * Lowers a kernel function for the dtypes of its arguments. Inputs are the parameters that are read, in order, outputs those
 * that are stored to. Reads of narrow integers widen to int32; a result has the dtype of its value; one that is nothing but
 * numbers is float32, or float64 in a kernel with float64 arguments.
 */
export function lowerKernel(f: KernelFunction, params: readonly KernelParam[], options: KernelOptions): LoweredKernel {
  const { rank, label, window } = options;
  const constants = outerNames(f, options.constants);
  return remembered(f, constants, `${rank}|${JSON.stringify([params, window && { ...window, cval: String(window.cval) }])}`, () => {
    const lowered = (rolled: boolean) => (): LoweredKernel => {
      const builder = new Builder();
      return lower(f, params, builder, rank, label, outerScope(builder, constants), window, rolled);
    };
    const made = ofFairLength(syntaxOf(f, label), label, [lowered(false), ...(window ? [lowered(true)] : [])], ({ fn }) => fn);
    return made.reads.length > MANY_READS && window ? withLoops(made, lowered(true)()) : made;
  });
}

/** From so many reads on, some targets are better off with the loops. */
const MANY_READS = 64;

/** A kernel that also has the form with loops, unless that computes in other dtypes. */
function withLoops(made: LoweredKernel, { fn, wholes }: LoweredKernel): LoweredKernel {
  const same = fn.key !== made.fn.key && fn.results.every((r, k) => r.dtype === made.fn.results[k].dtype);
  return same ? { ...made, fn: { ...made.fn, rolled: { fn, wholes }, key: `${made.fn.key}~${fn.key}` } } : made;
}

/** The `Fn` of `lowerKernel`. */
export const kernelFn = (f: KernelFunction, params: readonly KernelParam[], options: KernelOptions): Fn =>
  lowerKernel(f, params, options).fn;

/** Lowers a kernel with parallel loops, for arguments of these shapes. */
export function lowerParallel(f: KernelFunction, params: readonly KernelParam[], options: KernelOptions, known: Known): Program {
  const { rank, label } = options;
  const lowered = (): Program => {
    const builder = new Builder();
    const { session, args, syntax } = begin(f, params, builder, rank, label);
    return lowerProgram(session, syntax, args, outerScope(builder, outerNames(f, options.constants)), known);
  };
  return ofFairLength(syntaxOf(f, label), label, [lowered], ({ steps, results }) => ({
    results: [...results, ...steps.flatMap((s) => s.values)], effects: steps.flatMap((s) => ('effects' in s ? s.effects : [])),
  }));
}

/** A function of the math library over scalars of one dtype: it may call the intrinsics and, by name, the helpers. */
export function libraryKernel(
  name: string, f: KernelFunction, dtype: DType, helpers: Readonly<Record<string, KernelFunction>>,
): Fn {
  const params = syntaxOf(f, name).params.map((): KernelParam => ({ kind: 'scalar', dtype }));
  return lower(f, params, new Builder(), 0, name, libraryScope(libraryFunctions, helpers)).fn;
}

function lower(
  f: KernelFunction, params: readonly KernelParam[], builder: Builder, rank: number, label: string, outer: Scope,
  edges?: KernelOptions['window'], rolled = false,
): LoweredKernel {
  const { session, args, syntax, inputs, outputs } = begin(f, params, builder, rank, label);
  const wholes: number[] = [];
  const wholeOf = (input: number): number => {
    if (!wholes.includes(input)) wholes.push(input);
    return inputs.length + wholes.indexOf(input);
  };
  const own: Session = edges ? { ...session, rolled, window: { ...edges, wholeOf } } : session;
  const { results, effects } = lowerBody(own, syntax, args, outer);
  const slot = ({ name, dtype, ...p }: Named) => ({ name, dtype, ...('rank' in p && { whole: p.rank }) });
  const slots = [...inputs.map(slot), ...wholes.map((k) => ({ ...slot(inputs[k]), whole: rank }))];
  const fn = builder.fn(syntax.source.name || label, { rank, inputs: slots, results, effects, outputs: outputs.map(slot) });
  return { fn, wholes, reads: session.reads };
}

/** A parameter that is an array or the like. */
type Named = Exclude<KernelParam, { kind: 'coordinate' }> & { readonly name: string };

/** What every kernel begins with: its syntax, and its parameters as terms. */
function begin(f: KernelFunction, params: readonly KernelParam[], builder: Builder, rank: number, label: string) {
  const syntax = syntaxOf(f, label);
  const usage = usageOf(f, label);
  checkCount(syntax, usage, params.length, label);
  const slots = params.map((p, k) => ({ ...p, name: usage[k].name }));
  const inputs = slots.flatMap((p) => (p.kind === 'output' || p.kind === 'coordinate' ? [] : [p]));
  const outputs = slots.flatMap((p) => (p.kind === 'output' ? [p] : []));
  const session = {
    builder, label, rank, lone: [...inputs, ...outputs].some((p) => p.dtype === 'float64') ? 'float64' as const : 'float32' as const,
    dtypes: inputs.map((p) => p.dtype), outputs: outputs.map((p) => p.dtype), reads: [],
  } satisfies Session;
  const terms = slots.map((p): Term => {
    switch (p.kind) {
      case 'scalar': return widened(session, builder.read(inputs.indexOf(p), p.dtype));
      case 'array': return { kind: 'array', name: p.name, of: 'input', array: inputs.indexOf(p), rank, access: 'relative' };
      case 'whole': return rows(builder, { kind: 'array', name: p.name, of: 'input', array: inputs.indexOf(p), rank: p.rank, lead: p.lead, access: 'whole' });
      case 'output': return rows(builder, { kind: 'array', name: p.name, of: 'output', array: outputs.indexOf(p), rank: p.rank, lead: p.lead, access: 'whole' });
      case 'element': {
        const index = Array.from({ length: p.rank }, (_, axis) => (axis < (p.lead ?? 0) ? builder.coord(axis) : builder.constant(0, 'int32')));
        return widened(session, builder.gatherInside(inputs.indexOf(p), p.dtype, index));
      }
      case 'coordinate': return strongly(builder.coord(p.axis));
      default: return p satisfies never;
    }
  });
  const args = syntax.params.map((_, k) => nest(usage, terms, [k]));
  return { syntax, session, args, inputs, outputs };
}

/** The part of an array that a point sees. */
const rows = (builder: Builder, array: ArrayTerm): Term =>
  (array.lead ? { kind: 'row', array, index: Array.from({ length: array.lead }, (_, axis) => builder.coord(axis)) } : array);

/** The terms below a path, as the lists and records that a pattern takes apart. */
function nest(usage: readonly ParamUsage[], terms: readonly Term[], path: readonly (number | string)[]): Term {
  const below = usage.map((u, k) => ({ u, term: terms[k] })).filter(({ u }) => path.every((key, j) => u.path[j] === key));
  if (below.length === 1 && below[0].u.path.length === path.length) return below[0].term;
  const keys = [...new Set(below.map(({ u }) => u.path[path.length]))];
  const entries = keys.map((key): [number | string, Term] => [key, nest(usage, terms, [...path, key])]);
  if (typeof keys[0] === 'string') return { kind: 'record', fields: new Map(entries as [string, Term][]) };
  const items: Term[] = new Array<Term>(Math.max(0, ...(keys as number[])) + 1).fill({ kind: 'undefined' });
  for (const [key, term] of entries) items[key as number] = term;
  return { kind: 'list', items };
}

function checkCount({ source, params, body }: Syntax, usage: readonly ParamUsage[], given: number, label: string): void {
  if (usage.length === given) return;
  const place = params[given] ?? params.at(-1) ?? body;
  complain(source, label, place, `the kernel has ${usage.length} parameters, but is used with ${given} arguments`, 'one parameter per array or scalar');
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
