/** Finds the kernels of a module: certain functions, and the functions of the same module that those use. */
import type { AnyNode, CallExpression, Identifier, MemberExpression, Node, ObjectExpression, Property } from 'acorn';
import type { Variable } from 'eslint-scope';
import type { FunctionNode } from '../dsl/kernel/parser.ts';
import { visitTree, type ModuleTree } from './tree.ts';

/** Functions of Weft that take kernels. */
const takers: ReadonlySet<string> = new Set(['stencil', 'vectorize', 'guvectorize', 'kernel', 'fromFunction', 'reduce']);

/** `function f() { 'use weft'; }`: a kernel that the plugin would not find by itself. */
const directive = 'use weft';

/** Whether a module of a program can have kernels; quick. */
export const mayHaveKernels = (text: string): boolean => text.includes('weftjs') || text.includes(directive);

type DeclaredFunction = Extract<AnyNode, { type: 'FunctionDeclaration' }>;
export type KernelNode = FunctionNode | DeclaredFunction;

export interface FoundKernel {
  readonly node: KernelNode;
  /** The function's name where it is written; '' when it has none. */
  readonly name: string;
  /** Names outside the function that it uses, and that its module knows. */
  readonly outer: readonly string[];
  /** Names imported from Weft, and what Weft calls them. */
  readonly words: ReadonlyMap<Identifier, string>;
}

/** The functions that `roots` can give, and what those use. */
export function findKernels(tree: ModuleTree, roots: readonly Node[]): FoundKernel[] {
  const found = new Map<Node, FoundKernel>();

  const addKernel = (node: KernelNode): void => {
    if (found.has(node)) return;
    const outer = new Set<string>();
    const words = new Map<Identifier, string>();
    const uses: Identifier[] = [];
    for (const { identifier, resolved } of tree.outerUses(node)) {
      const use = identifier as unknown as Identifier;
      const word = wordOf(tree, use, resolved!);
      if (word?.node === use) words.set(use, word.name);
      if (word) continue;
      outer.add(use.name);
      uses.push(use);
    }
    found.set(node, { node, name: nameOf(tree, node), outer: [...outer], words });
    uses.forEach(addValue);
  };

  /** The functions that an expression can give. */
  const addValue = (node: AnyNode | null | undefined): void => {
    switch (node?.type) {
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'FunctionDeclaration':
        return addKernel(node as KernelNode);
      case 'Identifier': return addVariable(tree.variableOf(node));
      case 'MemberExpression': return addMember(node);
      case 'ObjectExpression': return node.properties.forEach((p) => p.type === 'Property' && addValue(p.value));
      case 'ArrayExpression': return node.elements.forEach((e) => addValue(e));
      case 'ConditionalExpression': return [node.consequent, node.alternate].forEach(addValue);
      case 'LogicalExpression': return [node.left, node.right].forEach(addValue);
      default:
    }
  };
  const visited = new Set<Variable>();
  const addVariable = (variable: Variable | undefined): void => {
    if (!variable || visited.has(variable)) return;
    visited.add(variable);
    if (variable.defs[0]?.type === 'FunctionName') addValue(variable.defs[0].node as unknown as AnyNode);
    for (const { writeExpr, partial } of variable.references) if (!partial) addValue(writeExpr as unknown as AnyNode);
  };
  /** `functions.square`: that one function, where the object is written in this module. */
  const addMember = ({ object, property, computed }: MemberExpression): void => {
    const variable = object.type === 'Identifier' ? tree.variableOf(object) : undefined;
    const value = variable && initOf(variable);
    if (computed || property.type !== 'Identifier' || value?.type !== 'ObjectExpression') return;
    addValue(propertyOf(value, property.name)?.value);
  };

  roots.forEach((root) => addValue(root as AnyNode));
  // A function inside a kernel is part of it.
  return [...found.values()].filter(({ node }) => !ancestors(tree, node).some((a) => found.has(a)));
}

/** What a program gives to Weft, and what it marks. */
export function programRoots(tree: ModuleTree): Node[] {
  const roots: Node[] = [];
  visitTree(tree.program, (node) => {
    if (node.type === 'CallExpression' && takers.has(weftNameOf(tree, node) ?? '')) roots.push(...node.arguments);
    if (node.type === 'ExpressionStatement' && node.directive === directive) {
      const [, f] = ancestors(tree, node);
      if (f) roots.push(f);
    }
  });
  return roots;
}

/** What a module of the math library exports: `functions` and `helpers`, objects of functions. */
export const libraryRoots = ({ program }: ModuleTree): Node[] => program.body.flatMap((statement) => {
  const exported = statement.type === 'ExportNamedDeclaration' ? statement.declaration : undefined;
  const declarations = exported?.type === 'VariableDeclaration' ? exported.declarations : [];
  return declarations.flatMap(({ id, init }) => (id.type === 'Identifier' && /^(functions|helpers)$/.test(id.name) ? init ?? [] : []));
});

/** The name in Weft of the function that is called, if it is one of Weft's. */
function weftNameOf(tree: ModuleTree, { callee }: CallExpression): string | undefined {
  const object = callee.type === 'MemberExpression' ? callee.object : callee;
  const variable = object.type === 'Identifier' ? tree.variableOf(object) : undefined;
  return variable && wordOf(tree, object as Identifier, variable)?.name;
}

/** What of Weft a name stands for: itself when it was imported by name; the member named, `wf.prange`, of a namespace. */
function wordOf(tree: ModuleTree, use: Identifier, variable: Variable): { node: Node; name: string } | undefined {
  const imported = importedName(variable);
  if (imported !== '*') return imported === undefined ? undefined : { node: use, name: imported };
  const parent = tree.parents.get(use);
  if (parent?.type !== 'MemberExpression' || parent.object !== use || parent.computed || parent.property.type !== 'Identifier') return undefined;
  return { node: parent, name: parent.property.name };
}

/** The name in Weft of an imported variable; '*' for the whole of it. By import, `require` or `await import`. */
function importedName({ defs: [definition], name }: Variable): string | undefined {
  if (definition?.type === 'ImportBinding') {
    if (definition.parent?.source.value !== 'weftjs') return undefined;
    const specifier = definition.node as unknown as AnyNode;
    if (specifier.type === 'ImportNamespaceSpecifier') return '*';
    return specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier' ? specifier.imported.name : undefined;
  }
  if (definition?.type !== 'Variable') return undefined;
  const { id, init } = definition.node as unknown as Extract<AnyNode, { type: 'VariableDeclarator' }>;
  if (!init || !loadsWeft(init)) return undefined;
  if (id.type === 'Identifier') return '*';
  const properties = id.type === 'ObjectPattern' ? id.properties : [];
  const taken = properties.find((p) => p.type === 'Property' && p.value.type === 'Identifier' && p.value.name === name);
  return taken?.type === 'Property' && taken.key.type === 'Identifier' ? taken.key.name : undefined;
}

function loadsWeft(init: AnyNode): boolean {
  const loaded = init.type === 'AwaitExpression' ? init.argument : init;
  const source = loaded.type === 'ImportExpression' ? loaded.source
    : loaded.type === 'CallExpression' && loaded.callee.type === 'Identifier' && loaded.callee.name === 'require' ? loaded.arguments[0] : undefined;
  return source?.type === 'Literal' && source.value === 'weftjs';
}

/** What a variable was given where it was declared. */
function initOf({ defs: [definition] }: Variable): AnyNode | undefined {
  if (definition?.type !== 'Variable') return undefined;
  const { id, init } = definition.node as unknown as Extract<AnyNode, { type: 'VariableDeclarator' }>;
  return id.type === 'Identifier' ? init ?? undefined : undefined;
}

export const propertyOf = (object: ObjectExpression, name: string): Property | undefined =>
  object.properties.find((p): p is Property => p.type === 'Property' && !p.computed && p.key.type === 'Identifier' && p.key.name === name);

/** What JavaScript calls the function: its own name, or that of what it is assigned to. */
function nameOf(tree: ModuleTree, node: KernelNode): string {
  if (node.type !== 'ArrowFunctionExpression' && node.id) return node.id.name;
  const parent = tree.parents.get(node);
  const target = parent?.type === 'VariableDeclarator' ? parent.id
    : parent?.type === 'Property' && !parent.computed ? parent.key
      : parent?.type === 'AssignmentExpression' || parent?.type === 'AssignmentPattern' ? parent.left : undefined;
  return target?.type === 'Identifier' ? target.name : '';
}

function ancestors(tree: ModuleTree, node: Node): Node[] {
  const chain: Node[] = [];
  for (let up = tree.parents.get(node); up; up = tree.parents.get(up)) chain.push(up);
  return chain;
}
