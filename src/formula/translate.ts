/**
 * From the syntax tree of mathjs to the one of JavaScript, which the kernel language is lowered from. An index, `u[i-1, j]`,
 * is a relative read: its letters are the axes, what is added to them are the offsets.
 */
import type { Expression, Identifier, Node, Statement } from 'acorn';
import type {
  AccessorNode, AssignmentNode, BlockNode, ConditionalNode, ConstantNode, FunctionAssignmentNode, FunctionNode, IndexNode,
  MathNode, OperatorNode, ParenthesisNode, RelationalNode, SymbolNode,
} from 'mathjs';
import { binary, comparisons, constants, libraryFunctions, mathFunctions, unary } from './tables.ts';

/** What goes wrong, and where in the text. */
export type Complain = (at: number, problem: string, hint?: string) => never;

export interface Translated {
  /** In order of appearance, or as the formula declares them. */
  readonly params: readonly string[];
  /** Letters of the axes, of a formula with indices. */
  readonly axes: readonly string[];
  readonly body: Node;
}

interface Context {
  readonly text: string;
  readonly complain: Complain;
  readonly params: string[];
  readonly declared: boolean;
  readonly locals: Set<string>;
  readonly axes: readonly string[];
}

export function translate(root: MathNode, text: string, complain: Complain): Translated {
  const assignment = root.type === 'FunctionAssignmentNode' ? (root as FunctionAssignmentNode) : undefined;
  const expr = assignment ? assignment.expr : root;
  const axes = axesOf(expr, complain);
  const context: Context = {
    text, complain, params: [...assignment?.params ?? []], declared: assignment !== undefined, locals: new Set(), axes,
  };
  return { body: body(context, expr), params: context.params, axes };
}

/** The letters that stand in the indices, by axis. */
function axesOf(root: MathNode, complain: Complain): string[] {
  const axes: string[] = [];
  root.traverse((node) => {
    if (node.type !== 'IndexNode') return;
    (node as IndexNode).dimensions.forEach((d, axis) => {
      const letters = new Set<string>();
      d.traverse((n) => { if (n.type === 'SymbolNode') letters.add((n as SymbolNode).name); });
      if (letters.size !== 1) complain(0, `the index '${d.toString()}' has no letter for its axis`, 'write it relative to the element: u[i-1, j]');
      const [letter] = letters;
      if (axes[axis] !== undefined && axes[axis] !== letter) complain(0, `axis ${axis} is called '${axes[axis]}' and '${letter}'`, 'one letter per axis: u[i, j]');
      axes[axis] = letter;
    });
  });
  if (new Set(axes).size !== axes.length) complain(0, `two axes are called '${axes.find((a, k) => axes.indexOf(a) !== k)}'`, 'one letter per axis: u[i, j]');
  return axes;
}

// ---- syntax of JavaScript ----

const make = <T extends object>(at: number, node: T): T & Node => ({ start: at, end: at, ...node }) as unknown as T & Node;
const identifier = (at: number, name: string): Identifier => make(at, { type: 'Identifier', name }) as Identifier;
const number = (at: number, value: number): Node => make(at, { type: 'Literal', value, raw: String(value) });
const operation = (at: number, operator: string, left: Node, right: Node): Node => make(at, { type: 'BinaryExpression', operator, left, right });
const call = (at: number, callee: Node, args: readonly Node[]): Node => make(at, { type: 'CallExpression', callee, arguments: args, optional: false });
const mathCall = (at: number, name: string, args: readonly Node[]): Node =>
  call(at, make(at, { type: 'MemberExpression', object: identifier(at, 'Math'), property: identifier(at, name), computed: false, optional: false }), args);

// ---- expressions of mathjs ----

/** `t = a^2; t + b` is a block; its last expression is the result. */
function body(c: Context, node: MathNode): Node {
  if (node.type !== 'BlockNode') return expression(c, node);
  const { blocks } = node as BlockNode;
  const statements = blocks.map(({ node: n }, k): Statement => {
    if (k === blocks.length - 1) return make(0, { type: 'ReturnStatement', argument: expression(c, n) as Expression }) as unknown as Statement;
    if (n.type !== 'AssignmentNode' || (n as AssignmentNode).index) return c.complain(where(c, n.toString()), `'${n.toString()}' has no effect`, 'name it: t = a^2; t + b');
    const { name, value } = n as AssignmentNode & { name: string };
    const init = expression(c, value);
    c.locals.add(name);
    const declaration = make(where(c, name), { type: 'VariableDeclarator', id: identifier(0, name), init });
    return make(0, { type: 'VariableDeclaration', kind: 'const', declarations: [declaration] }) as unknown as Statement;
  });
  return make(0, { type: 'BlockStatement', body: statements });
}

/** mathjs keeps no positions: the first place of a word. */
const where = (c: Context, word: string): number => Math.max(0, c.text.search(new RegExp(`(?<![\\w])${word.replace(/[^\w]/g, '\\$&')}`)));

type Translator = (c: Context, node: never) => Node;

const translators: Readonly<Record<string, Translator>> = {
  ConstantNode: (c, { value }: ConstantNode) => {
    if (typeof value === 'number') return number(0, value);
    if (typeof value === 'boolean') return make(0, { type: 'Literal', value, raw: String(value) });
    return c.complain(where(c, String(value)), `${typeof value === 'string' ? 'text' : typeof value} is not a number`, 'formulas are made of numbers');
  },
  SymbolNode: symbol,
  ParenthesisNode: (c, { content }: ParenthesisNode) => expression(c, content),
  OperatorNode: operator,
  RelationalNode: relational,
  ConditionalNode: (c, { condition, trueExpr, falseExpr }: ConditionalNode) =>
    make(0, { type: 'ConditionalExpression', test: expression(c, condition), consequent: expression(c, trueExpr), alternate: expression(c, falseExpr) }),
  FunctionNode: functionCall,
  AccessorNode: accessor,
};

function expression(c: Context, node: MathNode): Node {
  const translator = Object.hasOwn(translators, node.type) ? translators[node.type] : undefined;
  if (!translator) return c.complain(where(c, node.toString()), `'${node.toString()}' has no meaning in a formula`, 'use numbers, names, operators and functions');
  return translator(c, node as never);
}

function symbol(c: Context, { name }: SymbolNode): Node {
  const at = where(c, name);
  if (c.locals.has(name) || c.params.includes(name)) return identifier(at, name);
  if (Object.hasOwn(constants, name)) return number(at, constants[name]);
  if (name === 'true' || name === 'false') return make(at, { type: 'Literal', value: name === 'true', raw: name });
  if (c.axes.includes(name)) return c.complain(at, `'${name}' is the letter of an axis and no number`, 'use it in indices only: u[i-1]');
  if (c.declared) return c.complain(at, `'${name}' is no parameter of the formula`, `it has ${c.params.join(', ')}`);
  c.params.push(name);
  return identifier(at, name);
}

/** A condition as JavaScript's && and || want it. */
function condition(c: Context, node: MathNode): Node {
  const made = expression(c, node);
  const operator_ = (made as Node & { operator?: string }).operator;
  const isCondition = made.type === 'LogicalExpression' || (operator_ !== undefined && (comparisons.has(operator_) || operator_ === '!'));
  return isCondition ? made : operation(made.start, '!==', made, number(made.start, 0));
}

function operator(c: Context, { fn, args, op }: OperatorNode): Node {
  const at = where(c, op);
  const name = fn as string;
  if (Object.hasOwn(unary, name)) return make(at, { type: 'UnaryExpression', operator: unary[name], prefix: true, argument: expression(c, args[0]) });
  if (Object.hasOwn(binary, name)) {
    // mathjs keeps 'a + b + c' as one node of three arguments when it simplifies.
    return args.map((a) => expression(c, a)).reduce((left, right) => operation(at, binary[name], left, right));
  }
  if (name === 'and' || name === 'or') {
    return make(at, { type: 'LogicalExpression', operator: name === 'and' ? '&&' : '||', left: condition(c, args[0]), right: condition(c, args[1]) });
  }
  if (name === 'xor') return operation(at, '!==', condition(c, args[0]), condition(c, args[1]));
  if (name === 'mod') return modulo(at, expression(c, args[0]), expression(c, args[1]));
  return c.complain(at, `the operator '${op}' has no meaning in a formula`, `there is ${[...new Set(Object.values(binary))].join(' ')} mod and or not ? :`);
}

/** mathjs' `mod` has the sign of the divisor. */
const modulo = (at: number, a: Node, b: Node): Node =>
  operation(at, '-', a, operation(at, '*', b, mathCall(at, 'floor', [operation(at, '/', a, b)])));

/** `a < b < c`. */
function relational(c: Context, { conditionals, params }: RelationalNode): Node {
  const parts = conditionals.map((name, k) => operation(0, binary[name], expression(c, params[k]), expression(c, params[k + 1])));
  return parts.reduce((left, right) => make(0, { type: 'LogicalExpression', operator: '&&', left, right }));
}

function functionCall(c: Context, { fn, args }: FunctionNode): Node {
  const { name } = fn as unknown as SymbolNode;
  const at = where(c, name);
  const list = (): Node[] => args.map((a) => expression(c, a));
  if (Object.hasOwn(mathFunctions, name)) {
    const [known, most] = mathFunctions[name];
    if (args.length > most) return c.complain(at, `${name} takes ${most} argument${most === 1 ? '' : 's'}, got ${args.length}`);
    return mathCall(at, known, list());
  }
  if (Object.hasOwn(libraryFunctions, name)) return call(at, identifier(at, libraryFunctions[name]), list());
  switch (name) {
    case 'log': return args.length === 2 ? operation(at, '/', mathCall(at, 'log', [list()[0]]), mathCall(at, 'log', [list()[1]])) : mathCall(at, 'log', list());
    case 'square': return operation(at, '**', list()[0], number(at, 2));
    case 'cube': return operation(at, '**', list()[0], number(at, 3));
    case 'mod': return modulo(at, list()[0], list()[1]);
    case 'add': case 'subtract': case 'multiply': case 'divide': return list().reduce((a, b) => operation(at, binary[name], a, b));
    case 'unaryMinus': return make(at, { type: 'UnaryExpression', operator: '-', prefix: true, argument: list()[0] });
    default:
      return c.complain(at, `the function '${name}' has no meaning in a formula`, `there is ${[...Object.keys(mathFunctions), ...Object.keys(libraryFunctions), 'log', 'mod'].sort().join(', ')}`);
  }
}

/** `u[i-1, j+2]` as `u(-1, 2)`. */
function accessor(c: Context, { object, index }: AccessorNode & { object: MathNode }): Node {
  if (object.type !== 'SymbolNode') return c.complain(where(c, object.toString()), `'${object.toString()}' cannot be indexed`, 'index a parameter: u[i, j]');
  const { name } = object as SymbolNode;
  const at = where(c, name);
  const { dimensions } = index;
  if (dimensions.length !== c.axes.length) return c.complain(at, `'${name}' is indexed with ${dimensions.length} letters, the formula has ${c.axes.length} axes (${c.axes.join(', ')})`);
  return call(at, symbol(c, object as SymbolNode), dimensions.map((d, axis) => number(at, offsetOf(c, d, c.axes[axis], at))));
}

/** What is added to the letter of the axis. */
function offsetOf(c: Context, node: MathNode, letter: string, at: number): number {
  // The letter at two places tells whether anything but a number is added to it.
  const evaluate = (i: number): unknown => node.compile().evaluate({ [letter]: i });
  const [zero, one] = [evaluate(0), evaluate(1)];
  if (typeof zero !== 'number' || typeof one !== 'number' || one - zero !== 1 || !Number.isInteger(zero)) {
    return c.complain(at, `the index '${node.toString()}' is not '${letter}' plus or minus a whole number`, `write ${letter}, ${letter}-1 or ${letter}+2`);
  }
  return zero;
}
