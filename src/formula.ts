/**
 * Formulas as text, by mathjs (an optional peer): `formula('sqrt(a^2 + b^2)')` is an array function, and
 * `derivative(f, 'a')` its derivative. Nothing is evaluated as JavaScript, so a page under a strict policy can run them.
 */
import { derivative as symbolic, parse, type FunctionAssignmentNode, type MathNode } from 'mathjs';
import type { Pattern } from 'acorn';
import type { KernelFunction } from './dsl/kernel/index.ts';
import { attachSyntax, complain, type Source, type Syntax } from './dsl/kernel/source.ts';
import { translate } from './formula/translate.ts';
import { ArgumentError, stencil, vectorize, type ArrayInput, type StencilOptions, type WeftArray } from './index.ts';

/** An array function made from a formula. */
export interface Formula {
  /** One argument per parameter, in the order of `parameters`; or one object with a field for each. */
  (...args: readonly ArrayInput[] | readonly [Readonly<Record<string, ArrayInput>>]): WeftArray;
  /** In order of appearance, or as the formula declares them. */
  readonly parameters: readonly string[];
  /** The formula, as mathjs writes it. */
  readonly text: string;
}

const made = new WeakMap<Formula, { readonly node: MathNode; readonly options: StencilOptions }>();

/**
 * An array function from a formula in the language of mathjs. Its parameters are the names in it, in order of appearance;
 * `f(b, a) = ...` declares another order. Several steps are separated by semicolons: `r = sqrt(x^2 + y^2); exp(-r)`.
 *
 * With indices it is a stencil, read relative to the element: `(u[i-1, j] + u[i+1, j]) / 2`. Every letter is an axis.
 *
 * @param text the formula: numbers, names, + - * / ^ mod, comparisons, and or not, ? :, functions of mathjs on numbers
 * @param options of a stencil: border, cval, neighborhood, dtype
 * @throws KernelError, which points into the text, when it is no formula; ArgumentError when arguments are missing
 * @example
 * const norm = formula('sqrt(a^2 + b^2)');
 * await norm([3, 6], [4, 8]).array(); // [5, 10]
 * await norm({ a: 3, b: 4 }).item(); // 5
 *
 * const mean = formula('(u[i-1] + u[i+1]) / 2', { border: 'nearest' });
 * await mean([1, 2, 6]).array(); // [1.5, 3.5, 4]
 */
export function formula(text: string, options: StencilOptions = {}): Formula {
  if (typeof text !== 'string') throw new ArgumentError(`formula: the formula must be text, got ${typeof text}`);
  return fromNode(parsed(text), text, options);
}

/**
 * The derivative of a formula by one of its parameters, a formula with the same parameters.
 * @throws ArgumentError when there is no such parameter, or the formula has indices
 * @example
 * const f = formula('x^2 * sin(y)');
 * await derivative(f, 'x')(3, Math.PI / 2).item(); // 6
 */
export function derivative(f: Formula | string, by: string): Formula {
  const from = typeof f === 'string' ? formula(f) : f;
  const { node } = made.get(from) ?? fail('derivative: the first argument must be a formula, or its text');
  if (!from.parameters.includes(by)) fail(`derivative: '${by}' is no parameter of '${from.text}', which has ${from.parameters.join(', ')}`);
  const inner = node.type === 'FunctionAssignmentNode' ? (node as FunctionAssignmentNode).expr : node;
  if (inner.type === 'BlockNode') fail('derivative: a formula of several steps cannot be differentiated; write it as one expression');
  if (from.text.includes('[')) fail('derivative: a formula with indices cannot be differentiated');
  const slope = symbolic(inner, by);
  return fromNode(parse(`f(${from.parameters.join(', ')}) = ${slope.toString()}`), slope.toString(), {});
}

const fail = (message: string): never => {
  throw new ArgumentError(message);
};

const sourceOf = (text: string): Source => ({ text, prefix: 0, name: 'formula' });
const at = (start: number) => ({ type: 'Formula', start, end: start });

function parsed(text: string): MathNode {
  try {
    return parse(text);
  } catch (error) {
    const { char } = error as { char?: number };
    return complain(sourceOf(text), 'formula', at(Math.max(0, (char ?? 1) - 1)), (error as Error).message.replace(/ \(char \d+\)$/, ''));
  }
}

function fromNode(node: MathNode, text: string, options: StencilOptions): Formula {
  const source = sourceOf(text);
  const { params, axes, body } = translate(node, text, (start, problem, hint) => complain(source, 'formula', at(start), problem, hint));
  if (params.length === 0) complain(source, 'formula', at(0), 'the formula has no parameters', 'name what it depends on: 2 * x');
  const kernel = axes.length > 0 ? relative : elementwise(node, params);
  const own = ((...args: never[]) => kernel(...args)) as KernelFunction;
  Object.defineProperty(own, 'length', { value: params.length });
  const patterns = params.map((name): Pattern => ({ type: 'Identifier', name, start: 0, end: 0 }));
  attachSyntax(own, { source, params: patterns, body: body as Syntax['body'] });
  const compiled = axes.length > 0 ? stencil(own as never, options) : vectorize(own as never, { dtype: options.dtype });
  const apply = compiled as unknown as (...args: readonly ArrayInput[]) => WeftArray;
  const call = (...args: readonly unknown[]): WeftArray => apply(...inOrder(args, params));
  const result = Object.assign(call, { parameters: params, text }) as unknown as Formula;
  made.set(result, { node, options });
  return result;
}

/** The formula on plain numbers, by mathjs. */
function elementwise(node: MathNode, params: readonly string[]): (...args: never[]) => unknown {
  const expr = node.type === 'FunctionAssignmentNode' ? (node as FunctionAssignmentNode).expr : node;
  const compiled = expr.compile();
  return (...args) => {
    const value: unknown = compiled.evaluate(Object.fromEntries(params.map((name, k) => [name, args[k]])));
    const isSet = typeof value === 'object' && value !== null && 'entries' in value;
    return isSet ? (value as { entries: unknown[] }).entries.at(-1) : value;
  };
}

const relative = (): never => {
  throw new ReferenceError('a formula with indices has no plain form');
};

/** Arguments by name, or by place. */
function inOrder(args: readonly unknown[], params: readonly string[]): readonly ArrayInput[] {
  const [first] = args;
  const named = args.length === 1 && typeof first === 'object' && first !== null && Object.getPrototypeOf(first) === Object.prototype;
  if (!named) {
    if (args.length !== params.length) fail(`formula: it has the parameters ${params.join(', ')}, got ${args.length} argument${args.length === 1 ? '' : 's'}`);
    return args as readonly ArrayInput[];
  }
  const fields = first as Readonly<Record<string, ArrayInput>>;
  return params.map((name) => (name in fields ? fields[name] : fail(`formula: nothing is given for '${name}'; the parameters are ${params.join(', ')}`)));
}
