/** Which names a piece of syntax declares and assigns. */
import type { AnyNode, Node, Pattern, Statement, VariableDeclaration } from 'acorn';
import { walk } from './source.ts';

type FunctionLike = Extract<AnyNode, { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }>;
export const isFunction = (node: Node): node is FunctionLike => /Function/.test(node.type);

/** The names that a pattern binds. */
export function namesIn(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier': return [pattern.name];
    case 'ArrayPattern': return pattern.elements.flatMap((e) => (e ? namesIn(e) : []));
    case 'ObjectPattern': return pattern.properties.flatMap((p) => namesIn(p.type === 'Property' ? p.value : p.argument));
    case 'AssignmentPattern': return namesIn(pattern.left);
    case 'RestElement': return namesIn(pattern.argument);
    default: return [];
  }
}

const namesOf = ({ declarations }: VariableDeclaration): string[] => declarations.flatMap(({ id }) => namesIn(id));

/** Names that `var` declares anywhere in the body of a function, but not in functions inside it. */
export function varNames(body: Node): string[] {
  const names: string[] = [];
  walk(body, (n) => {
    if (isFunction(n)) return false;
    const e = n as AnyNode;
    if (e.type === 'VariableDeclaration' && e.kind === 'var') names.push(...namesOf(e));
    return true;
  });
  return names;
}

/** Names that are new inside a node: its block's variables and functions, a loop's counters, a function's parameters. */
export function boundIn(node: Node): string[] {
  const e = node as AnyNode;
  const block = (s: Node | null | undefined): string[] => {
    const d = s as AnyNode | null | undefined;
    if (d?.type === 'VariableDeclaration') return d.kind === 'var' ? [] : namesOf(d);
    return d?.type === 'FunctionDeclaration' && d.id ? [d.id.name] : [];
  };
  switch (e.type) {
    case 'BlockStatement': return (e.body as Statement[]).flatMap(block);
    case 'ForStatement': return block(e.init);
    case 'ForOfStatement': case 'ForInStatement': return block(e.left);
    case 'FunctionDeclaration': case 'FunctionExpression': case 'ArrowFunctionExpression': {
      const own = e.type === 'FunctionExpression' && e.id ? [e.id.name] : [];
      return [...own, ...e.params.flatMap(namesIn), ...varNames(e.body)];
    }
    default: return [];
  }
}

/** Names from outside that a piece of syntax assigns; functions inside it, and what they assign, included. */
export function assignedNames(node: Node): Set<string> {
  const names = new Set<string>();
  const visit = (n: Node, hidden: ReadonlySet<string>): void => {
    const own = boundIn(n);
    const inner = own.length > 0 ? new Set([...hidden, ...own]) : hidden;
    for (const name of targetsOf(n)) if (!inner.has(name)) names.add(name);
    walk(n, (child) => {
      if (child === n) return true;
      visit(child, inner);
      return false;
    });
  };
  visit(node, new Set());
  return names;
}

/** The variables that a node itself assigns. */
function targetsOf(node: Node): string[] {
  const e = node as AnyNode;
  switch (e.type) {
    case 'AssignmentExpression': return namesIn(e.left);
    case 'UpdateExpression': return e.argument.type === 'Identifier' ? [e.argument.name] : [];
    case 'VariableDeclaration': return e.kind === 'var' ? e.declarations.flatMap(({ id, init }) => (init ? namesIn(id) : [])) : [];
    case 'ForOfStatement': case 'ForInStatement': return e.left.type === 'VariableDeclaration' ? [] : namesIn(e.left);
    default: return [];
  }
}

/** All names that are declared anywhere in a piece of syntax. */
export function declaredNames(node: Node): Set<string> {
  const names = new Set<string>();
  walk(node, (n) => {
    const e = n as AnyNode;
    if (e.type === 'VariableDeclarator') namesIn(e.id).forEach((name) => names.add(name));
    return true;
  });
  return names;
}
