/** A module of the user's program as a tree: parsed, without types, with the parent of every node and the scope of every name. */
import { tsPlugin } from '@sveltejs/acorn-typescript';
import { Parser, type AnyNode, type Identifier, type Node, type Options, type Program } from 'acorn';
import { analyze, type Reference, type ScopeManager, type Variable } from 'eslint-scope';

export interface ModuleTree {
  readonly program: Program;
  readonly parents: ReadonlyMap<Node, AnyNode>;
  /** The variable that an identifier stands for; undefined for globals. */
  variableOf(identifier: Node): Variable | undefined;
  /** The uses of outer variables in a function. */
  outerUses(f: Node): readonly Reference[];
}

const typescript = Parser.extend(tsPlugin());
const typescriptAndJsx = Parser.extend(tsPlugin({ jsx: true }));

/** Throws a SyntaxError when the text is neither a module nor a script. */
export function parseModule(text: string, file: string): ModuleTree {
  const [program, sourceType] = parse(text, file);
  stripChildren(program);
  // The types of eslint-scope are ESTree's, which are acorn's without positions.
  const scopes: ScopeManager = analyze(program as never, { ecmaVersion: 2024, sourceType, fallback: 'iteration' });
  const references = new Map(scopes.scopes.flatMap((s) => s.references).map((r) => [r.identifier as unknown as Node, r]));
  return {
    program,
    parents: parentsOf(program),
    variableOf: (identifier) => references.get(identifier)?.resolved ?? undefined,
    outerUses: (f) => scopes.acquire(f as never)?.through.filter((r) => r.resolved && r.resolved.defs.length > 0) ?? [],
  };
}

function parse(text: string, file: string): [Program, 'module' | 'commonjs'] {
  const parsers = /\.[cm]?ts$/.test(file) ? [typescript] : /x$/.test(file) ? [typescriptAndJsx] : [Parser, typescriptAndJsx];
  const options: Options = { ecmaVersion: 'latest', locations: true, ranges: true, allowHashBang: true };
  let first: unknown;
  for (const parser of parsers) {
    for (const sourceType of ['module', 'commonjs'] as const) {
      try {
        return [parser.parse(text, { ...options, sourceType }), sourceType];
      } catch (error) {
        first ??= error;
      }
    }
  }
  throw first;
}

/** Calls `visit` for every node below `node`, with its parent, parents first. */
export function visitTree(node: Node, visit: (child: AnyNode, parent: AnyNode) => void): void {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (!isNode(child)) continue;
      visit(child, node as AnyNode);
      visitTree(child, visit);
    }
  }
}

function parentsOf(program: Program): Map<Node, AnyNode> {
  const parents = new Map<Node, AnyNode>();
  visitTree(program, (child, parent) => parents.set(child, parent));
  return parents;
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string' && typeof (value as Node).start === 'number';

// ---- TypeScript ----

/** A node with what acorn-typescript may add to it. */
interface TypedNode extends Node {
  [field: string]: unknown;
}

/** Expressions with a type beside them. */
const wrappers: ReadonlySet<string> = new Set([
  'TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression', 'TSTypeAssertion', 'TSInstantiationExpression',
]);
/** Statements that declare a value in a way of TypeScript's own. */
const declarations: ReadonlySet<string> = new Set(['TSEnumDeclaration', 'TSModuleDeclaration', 'TSImportEqualsDeclaration']);

/** The node without types, or undefined when it is nothing else. Positions stay those of the text. */
function strip(node: TypedNode): TypedNode | undefined {
  if (wrappers.has(node.type)) return strip(node.expression as TypedNode);
  if (node.type === 'TSParameterProperty') return strip(node.parameter as TypedNode);
  if (node.declare === true || node.importKind === 'type' || node.exportKind === 'type') return undefined;
  if (declarations.has(node.type)) return declarationOf(node);
  if (node.type.startsWith('TS')) return undefined;
  stripChildren(node);
  // Overloads, abstract methods, exported types.
  const empty = (node.type === 'MethodDefinition' && !node.value) || (node.type === 'ExportDefaultDeclaration' && !node.declaration);
  return empty ? undefined : node;
}

function stripChildren(node: Node): void {
  for (const [field, value] of Object.entries(node)) {
    if (isNode(value)) Reflect.set(node, field, strip(value as TypedNode & AnyNode) ?? null);
    else if (Array.isArray(value)) {
      Reflect.set(node, field, value.flatMap((v: unknown) => {
        if (!isNode(v)) return [v];
        const kept = isThis(v) ? undefined : strip(v as TypedNode & AnyNode);
        return kept ? [kept] : [];
      }));
    }
  }
}

/** `this` as a parameter, which only has a type. */
const isThis = (node: Node): boolean => node.type === 'Identifier' && (node as Identifier).name === 'this';

/** Something that declares the same name: what is inside does not matter here. */
function declarationOf({ id, start, end }: TypedNode): TypedNode | undefined {
  if (!isNode(id) || id.type !== 'Identifier') return undefined;
  return { type: 'ClassDeclaration', start, end, id, superClass: null, body: { type: 'ClassBody', start: end, end, body: [] } };
}
