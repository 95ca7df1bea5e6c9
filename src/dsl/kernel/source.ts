/** From a function object to its syntax tree, and from a node of the tree to an error that points at it. */
import type { Node, Pattern } from 'acorn';
import { KernelError } from '../../errors.ts';
import { decode } from './encoding.ts';
import { parseText, type FunctionNode } from './parser.ts';

export type KernelFunction = (...args: never[]) => unknown;

/** The text of a kernel and where it comes from. */
export interface Source {
  readonly text: string;
  /** Characters that were put before the text when it was parsed: positions of nodes count them. */
  readonly prefix: number;
  /** The function's own name, if any. */
  readonly name: string;
  /** Where the text starts, when it is known: the file, the line (from 1) and the column (from 0). */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A kernel function. Of the positions of its nodes only `start` is to be relied on. */
export interface Syntax {
  readonly source: Source;
  readonly params: readonly Pattern[];
  readonly body: FunctionNode['body'];
}

/** Points at a node. `label` names the kernel when the function has no name. */
export function complain(source: Source, label: string, node: Node, problem: string, hint?: string): never {
  const before = source.text.slice(0, Math.max(0, node.start - source.prefix)).split('\n');
  const place = { line: before.length, column: before[before.length - 1].length, file: fileOf(source) };
  throw new KernelError(problem, { source: source.text, name: source.name || label, ...place }, hint);
}

const fileOf = ({ file, line = 1, column = 0 }: Source) => (file === undefined ? undefined : { path: file, line, column });

/** The name of a parameter; of a pattern, its place: 'argument 2'. */
export const paramName = (params: readonly Pattern[], k: number): string => {
  const p = params[k];
  return p?.type === 'Identifier' ? p.name : `argument ${k + 1}`;
};

/** By function; or by what the build plugin wrote, which the functions that one expression makes have in common. */
const known = new WeakMap<KernelFunction | CompiledSyntax, Syntax>();

/** Gives a function its syntax tree, so that its text is never read: for kernels that were not written in JavaScript. */
export const attachSyntax = (f: KernelFunction, syntax: Syntax): void => void known.set(f, syntax);

/** The tree of a function: the build plugin's, else parsed from the function's own text, once. Never evaluates anything. */
export function syntaxOf(f: KernelFunction, label: string): Syntax {
  const compiled = known.has(f) ? undefined : compiledOf(f).syntax;
  let syntax = known.get(compiled ?? f);
  if (!syntax) {
    syntax = compiled ? checkFunction(decode(compiled.tree), { text: '', name: f.name, ...compiled, prefix: 0 }, label) : parseFunction(f, label);
    known.set(compiled ?? f, syntax);
  }
  return syntax;
}

/** What the build plugin writes beside a function: its tree (see `encoding.ts`), what it was and where. */
export interface CompiledSyntax extends Partial<Omit<Source, 'prefix'>> {
  readonly tree: string;
}

interface Compiled {
  readonly syntax?: CompiledSyntax;
  readonly outer?: () => Record<string, unknown>;
}

/** The property of a function that holds its `Compiled`. Global, so that a compiled module need not import Weft for it. */
const compiledKey = Symbol.for('weftjs.kernel');
const compiledOf = (f: KernelFunction): Compiled => (f as { [compiledKey]?: Compiled })[compiledKey] ?? {};

/** What a function refers to outside itself. */
export interface OuterNames {
  /** The values now, by name: constants, and functions that serve as helpers. Undefined: nobody looked. */
  readonly constants?: () => Record<string, unknown>;
}

/** The outer names that the build plugin found in a function. Names given by the user go first. */
export const outerNamesOf = (f: KernelFunction): OuterNames => ({ constants: compiledOf(f).outer });

const plainFunctions = 'write an arrow function such as (x, y) => x + y, or a function that ends with return';

function parseFunction(f: KernelFunction, label: string): Syntax {
  const text = Function.prototype.toString.call(f);
  // esbuild and V8 name arrows after the variable or the property they are assigned to.
  const name = f.name.replace(/^bound /, '');
  const rejectAll = (problem: string, hint = plainFunctions): never =>
    complain({ text, prefix: 0, name }, label, { start: 0, end: 0, type: 'Program' }, problem, hint);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    rejectAll('the source of this function cannot be read: it is built in, or made by bind()');
  }
  if (/^class\b/.test(text)) rejectAll('classes are not supported');
  const parsed = parseText(text);
  if ('problem' in parsed) return rejectAll(parsed.problem, parsed.hint);
  return checkFunction(parsed.node, { text, prefix: parsed.prefix, name }, label);
}

/** Refuses kinds of functions that no kernel can be. */
function checkFunction(node: FunctionNode, source: Source, label: string): Syntax {
  const reject = (at: Node, problem: string, hint: string) => complain(source, label, at, problem, hint);
  if (node.async) reject(node, 'async functions are not supported', 'it runs once per element, on numbers; await before the call');
  if (node.generator) reject(node, 'generators are not supported', 'return [a, b] gives several results');
  return { source, params: node.params, body: node.body };
}

/** Visits a tree, parents first; not below a node for which `visit` says false. */
export function walk(node: Node, visit: (node: Node) => boolean | void): void {
  if (visit(node) === false) return;
  for (const child of Object.values(node)) {
    for (const c of Array.isArray(child) ? child : [child]) {
      if (typeof (c as Node | null)?.type === 'string') walk(c as Node, visit);
    }
  }
}
