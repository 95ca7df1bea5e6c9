/**
 * Syntax trees as text: what the build plugin writes into a bundle in place of the parser.
 *
 * A tree is a list of JSON values in reading order. A node is a number, and its fields; the number is that of its type in
 * `shapes`, plus 64 times the distance of its start from that of the node before it. A list of n fields is -1 - n and the
 * fields. Names, operators, flags and null stand for themselves. `(x) => x` is `1,-2,66,"x",322,"x",false`.
 */
import type { Node } from 'acorn';
import type { FunctionNode } from './parser.ts';

/** Types of nodes and their fields. A type that is not here has no meaning in a kernel: it keeps its name and its place. */
const shapes = `
  ArrowFunctionExpression params body async
  Identifier name
  Literal value
  CallExpression callee arguments
  MemberExpression object property computed
  ExpressionStatement directive expression
  BlockStatement body
  VariableDeclaration kind declarations
  BinaryExpression operator left right
  VariableDeclarator id init
  UnaryExpression operator argument
  LogicalExpression operator left right
  ConditionalExpression test consequent alternate
  AssignmentExpression operator left right
  UpdateExpression operator prefix argument
  ReturnStatement argument
  IfStatement test consequent alternate
  ForStatement init test update body
  ForOfStatement await left right body
  ForInStatement left right body
  WhileStatement test body
  DoWhileStatement body test
  BreakStatement label
  ContinueStatement label
  LabeledStatement label body
  SwitchStatement discriminant cases
  SwitchCase test consequent
  FunctionExpression id params body async generator
  FunctionDeclaration id params body async generator
  ArrayExpression elements
  ObjectExpression properties
  Property kind key value computed method shorthand
  SequenceExpression expressions
  ArrayPattern elements
  ObjectPattern properties
  AssignmentPattern left right
  RestElement argument
  SpreadElement argument
  NewExpression callee arguments
  ChainExpression expression
  AwaitExpression argument
  YieldExpression argument
  ThrowStatement argument
`.trim().split('\n').map((line) => line.trim().split(' '));
shapes.unshift(['', 'type']);

type Token = string | number | boolean | null | { readonly bigint?: string };

const positionUnit = 64;

/** The tree of a function, with positions relative to `base`; without `base`, without positions. The inverse of `decode`. */
export function encode(root: Node, base?: number): string {
  const out: string[] = [];
  let last = base ?? 0;
  const writeNode = (node: Node): void => {
    const type = Math.max(0, shapes.findIndex(([name]) => name === node.type));
    const start = base === undefined ? 0 : node.start;
    out.push(String(type + positionUnit * (start - last)));
    last = start;
    for (const field of shapes[type].slice(1)) {
      const value: unknown = Reflect.get(node, field);
      if (node.type === 'Literal') out.push(literalText(value));
      else write(value);
    }
  };
  const write = (value: unknown): void => {
    if (Array.isArray(value)) {
      out.push(String(-1 - value.length));
      value.forEach(write);
    } else if (typeof value === 'object' && value !== null) writeNode(value as Node);
    else out.push(JSON.stringify(value ?? null));
  };
  writeNode(root);
  return out.join();
}

function literalText(value: unknown): string {
  if (value === Infinity) return '1e999';
  if (typeof value === 'bigint') return `{"bigint":"${value}"}`;
  // A regular expression: that it is one is enough to refuse it.
  return typeof value === 'object' && value !== null ? '{}' : JSON.stringify(value);
}

/** The tree that `encode` wrote. */
export function decode(text: string): FunctionNode {
  const tokens = JSON.parse(`[${text}]`) as Token[];
  let next = 0;
  let start = 0;
  const read = (): unknown => {
    const token = tokens[next++];
    if (typeof token !== 'number') return token;
    if (token < 0) return Array.from({ length: -1 - token }, read);
    start += Math.floor(token / positionUnit);
    const [type, ...fields] = shapes[token % positionUnit];
    const node: Record<string, unknown> = { type, start, end: start };
    for (const field of fields) node[field] = type === 'Literal' ? literalValue(tokens[next++]) : read();
    return node;
  };
  return read() as FunctionNode;
}

const literalValue = (token: Token): unknown =>
  (typeof token === 'object' && token?.bigint !== undefined ? BigInt(token.bigint) : token);
