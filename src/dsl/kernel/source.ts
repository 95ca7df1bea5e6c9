/** From a function object to its syntax tree, and from a node of the tree to an error that points at it. */
import { parseExpressionAt, type Expression, type Identifier, type Node } from 'acorn';
import { KernelError } from '../../errors.ts';

export type KernelFunction = (...args: never[]) => unknown;

/** The text of a kernel and where it starts in what was given to the parser. */
export interface Source {
  readonly text: string;
  /** Characters put before the text to make it an expression; all on its first line. */
  readonly prefix: number;
  /** The function's own name, if any. */
  readonly name: string;
}

type FunctionNode = Extract<Expression, { type: 'FunctionExpression' | 'ArrowFunctionExpression' }>;

export interface Syntax {
  readonly source: Source;
  readonly params: readonly Identifier[];
  readonly body: FunctionNode['body'];
}

/** Points at a node. `label` names the kernel when the function has no name. */
export function complain(source: Source, label: string, node: Node, problem: string, hint?: string): never {
  const { line, column } = node.loc?.start ?? { line: 1, column: 0 };
  const inText = line === 1 ? Math.max(0, column - source.prefix) : column;
  throw new KernelError(problem, { source: source.text, line, column: inText, name: source.name || label }, hint);
}

const parsed = new WeakMap<KernelFunction, Syntax>();

/** Parses a function from its own text, once per function object. Never evaluates anything. */
export function syntaxOf(f: KernelFunction, label: string): Syntax {
  let syntax = parsed.get(f);
  if (!syntax) {
    syntax = parseFunction(f, label);
    parsed.set(f, syntax);
  }
  return syntax;
}

const plainFunctions = 'write an arrow function such as (x, y) => x + y, or a function that ends with return';

function parseFunction(f: KernelFunction, label: string): Syntax {
  const text = Function.prototype.toString.call(f);
  // esbuild and V8 name arrows after the variable or the property they are assigned to.
  const name = f.name.replace(/^bound /, '');
  const rejectAll = (problem: string): never =>
    complain({ text, prefix: 0, name }, label, { start: 0, end: 0, type: 'Program' }, problem, plainFunctions);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    rejectAll('the source of this function cannot be read: it is built in, or made by bind()');
  }
  if (/^class\b/.test(text)) rejectAll('classes are not supported');
  const { node, prefix } = parseText(text) ?? rejectAll('the source of this function cannot be parsed');
  const source = { text, prefix, name };
  const reject = (at: Node, problem: string, hint: string) => complain(source, label, at, problem, hint);
  if (node.async) reject(node, 'async functions are not supported', 'it runs once per element, on numbers; await before the call');
  if (node.generator) reject(node, 'generators are not supported', 'return [a, b] gives several results');
  const params = node.params.map((p) => (p.type === 'Identifier' ? p : reject(p, ...unsupportedParam(p))));
  return { source, params, body: node.body };
}

const unsupportedParams = {
  AssignmentPattern: ['default values of parameters are not supported', 'pass every argument, or take the value from constants'],
  RestElement: ['rest parameters are not supported', 'name each parameter'],
  ArrayPattern: ['parameters cannot be destructured', 'take one array or scalar per parameter'],
  ObjectPattern: ['parameters cannot be destructured', 'take one array or scalar per parameter, and options from constants'],
} satisfies Record<string, [string, string]>;
const unsupportedParam = ({ type }: Node): [string, string] => unsupportedParams[type as keyof typeof unsupportedParams];

/** As an expression; or, for `name(x) { ... }`, as the method of an object. */
function parseText(text: string): { node: FunctionNode; prefix: number } | undefined {
  for (const [before, after] of [['(', ')'], ['({', '})']]) {
    try {
      const tree = parseExpressionAt(before + text + after, 0, { ecmaVersion: 'latest', locations: true });
      const member = tree.type === 'ObjectExpression' ? tree.properties[0] : undefined;
      const node = member?.type === 'Property' ? member.value : tree;
      if (node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression') return { node, prefix: before.length };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}

/** Visits a tree, parents first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of Object.values(node)) {
    for (const c of Array.isArray(child) ? child : [child]) {
      if (typeof (c as Node | null)?.type === 'string') walk(c as Node, visit);
    }
  }
}
