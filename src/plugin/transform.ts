/**
 * Compiles the kernels of a module: beside each goes its syntax tree, its text and place, and its outer names. Functions keep
 * their place and their code; lines do not move.
 *
 *   const blur = wf.stencil((u) => u(0) * N);
 *   const blur = wf.stencil(__weftKernel((u) => u(0) * N, __weftSyntax0, () => ({ N })));
 */
import type { AnyNode, Identifier, Node } from 'acorn';
import MagicString, { type SourceMap } from 'magic-string';
import { encode } from '../dsl/kernel/encoding.ts';
import type { CompiledSyntax } from '../dsl/kernel/source.ts';
import { findKernels, libraryRoots, mayHaveKernels, programRoots, type FoundKernel } from './kernels.ts';
import { parseModule, type ModuleTree } from './tree.ts';

export interface CompiledModule {
  readonly code: string;
  readonly map: SourceMap;
}

/** A module that is being rewritten. */
interface Rewriting {
  readonly file: string;
  readonly tree: ModuleTree;
  readonly code: MagicString;
}

/**
 * The module with its kernels compiled; undefined when it has none. `file` says which kind of module it is by its ending, and
 * is the name that errors give.
 * @throws SyntaxError when the text cannot be parsed
 */
export function compileModule(text: string, file: string): CompiledModule | undefined {
  if (!mayHaveKernels(text) || text.includes(helperName)) return undefined;
  const rewriting = { file, tree: parseModule(text, file), code: new MagicString(text) };
  return rewrite(rewriting, findKernels(rewriting.tree, programRoots(rewriting.tree)), fullSyntax);
}

/**
 * A module of the math library, which exports objects of functions. Nobody calls these, and they have no errors to point at:
 * what is left are names, parameters and syntax trees.
 */
export function compileLibrary(text: string, file: string): CompiledModule | undefined {
  const rewriting = { file, tree: parseModule(text, file), code: new MagicString(text) };
  const kernels = findKernels(rewriting.tree, libraryRoots(rewriting.tree));
  for (const { node } of kernels) rewriting.code.update(node.body.start, node.body.end, '{}');
  return rewrite(rewriting, kernels, (_, { node }) => ({ tree: encode(node) }));
}

function rewrite(
  rewriting: Rewriting, kernels: readonly FoundKernel[], syntaxOf: (r: Rewriting, kernel: FoundKernel) => CompiledSyntax,
): CompiledModule | undefined {
  if (kernels.length === 0) return undefined;
  const { file, tree, code } = rewriting;
  // Inner functions first: where two end at one place, the inner one closes first.
  const syntaxes = [...kernels].sort((a, b) => b.node.start - a.node.start).map((kernel, k) => {
    for (const [use, word] of kernel.words) use.name = word;
    attach(rewriting, kernel, `__weftSyntax${k}`);
    return `__weftSyntax${k} = ${objectText(syntaxOf(rewriting, kernel))}`;
  });
  // In front of what was put there for declared functions.
  putFirst(code, tree.program, `${helper(file)} const ${syntaxes.join(', ')};`, 'prependLeft');
  return { code: code.toString(), map: code.generateMap({ source: file, includeContent: true, hires: 'boundary' }) };
}

function fullSyntax({ file, tree, code: { original } }: Rewriting, { node, name }: FoundKernel): CompiledSyntax {
  const { start, end } = methodOf(tree, node) ?? node;
  const before = original.slice(0, start).split('\n');
  const place = { file, line: before.length, column: before[before.length - 1].length };
  return { tree: encode(node, start), name, text: original.slice(start, end), ...place };
}

// ---- the text that goes beside a function ----

const helperName = '__weftKernel';

/** Leaves what was compiled on the function, where `source.ts` looks for it; and its name, which a variable does not give now. */
const helper = (file: string): string => {
  const typed = ['<F extends Function,>', 'f: F, syntax: { name?: string }, outer?: () => object', ': F'];
  const [type, params, result] = /\.[cm]?tsx?$/.test(file) ? typed : ['', 'f, syntax, outer', ''];
  const named = "if (!f.name && syntax.name) Object.defineProperty(f, 'name', { value: syntax.name, configurable: true });";
  const assigned = "return Object.assign(f, { [Symbol.for('weftjs.kernel')]: { syntax, outer } });";
  return `const ${helperName} = ${type}(${params})${result} => { ${named} ${assigned} };`;
};

function attach({ tree, code }: Rewriting, { node, outer }: FoundKernel, syntax: string): void {
  const rest = `, ${syntax}${outer.length > 0 ? `, () => ({ ${outer.join(', ')} })` : ''})`;
  const wrap = (from: Node, before: string, after: string) => {
    code.appendRight(from.start, before);
    code.appendLeft(from.end, after + rest);
  };
  const call = `/* @__PURE__ */ ${helperName}(`;
  const method = methodOf(tree, node);
  if (node.type === 'FunctionDeclaration' && node.id) attachDeclared(code, tree, node, `${helperName}(${node.id.name}${rest};`);
  else if (method) wrap(method, `${(method.key as Identifier).name}: ${call}{ `, ` }.${(method.key as Identifier).name}`);
  else wrap(node, call, '');
}

/** The property `name(x) { ... }` of which a function is the value. */
function methodOf(tree: ModuleTree, node: Node) {
  const parent = tree.parents.get(node);
  return parent?.type === 'Property' && parent.method && !parent.computed && parent.key.type === 'Identifier' ? parent : undefined;
}

type Block = Extract<AnyNode, { type: 'Program' | 'BlockStatement' | 'StaticBlock' }>;
const isBlock = (node: AnyNode | undefined): node is Block =>
  node?.type === 'Program' || node?.type === 'BlockStatement' || node?.type === 'StaticBlock';

/** A declared function is there before the first statement of its block, and so must be what belongs to it. */
function attachDeclared(code: MagicString, tree: ModuleTree, declaration: Node, statement: string): void {
  const parent = tree.parents.get(declaration);
  const block = parent?.type.startsWith('Export') ? tree.program : parent;
  if (isBlock(block)) putFirst(code, block, statement, 'appendLeft');
  else code.appendLeft(declaration.start, `${statement} `);
}

/** Puts statements before the first one of a block that is not a directive. */
function putFirst(code: MagicString, block: Block, statements: string, how: 'appendLeft' | 'prependLeft'): void {
  const last = block.body.filter((s) => s.type === 'ExpressionStatement' && s.directive).at(-1);
  if (!last) code[how](block.body[0].start, `${statements} `);
  else code[how](last.end, `${code.original[last.end - 1] === ';' ? '' : ';'} ${statements}`);
}

const objectText = (fields: object): string =>
  `{ ${Object.entries(fields).map(([name, value]) => `${name}: ${typeof value === 'string' ? quoted(value) : value}`).join(', ')} }`;

/** A string literal with few escapes: trees are full of double quotes. */
const quoted = (value: string): string =>
  `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
