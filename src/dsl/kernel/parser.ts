/**
 * weftjs:parser. The parser of kernels: the only module that imports acorn. It is a file of its own in the package, so that
 * the build plugin, which knows it by the words that begin this comment, can leave it out of a bundle.
 */
import { parseExpressionAt, type Expression } from 'acorn';

export type FunctionNode = Extract<Expression, { type: 'FunctionExpression' | 'ArrowFunctionExpression' }>;

export interface ParsedFunction {
  readonly node: FunctionNode;
  /** Characters put before the text to make it an expression. */
  readonly prefix: number;
}

/** Why there is no tree. */
export interface Unparsed {
  readonly problem: string;
  readonly hint?: string;
}

/** The text of a function as an expression; or, for `name(x) { ... }`, as the method of an object. */
export function parseText(text: string): ParsedFunction | Unparsed {
  for (const [before, after] of [['(', ')'], ['({', '})']]) {
    try {
      const tree = parseExpressionAt(before + text + after, 0, { ecmaVersion: 'latest' });
      const member = tree.type === 'ObjectExpression' ? tree.properties[0] : undefined;
      const node = member?.type === 'Property' ? member.value : tree;
      if (node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression') return { node, prefix: before.length };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return { problem: 'the source of this function cannot be parsed' };
}
