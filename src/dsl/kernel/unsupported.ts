/** What the kernel language does not have: for every kind of syntax, the problem and what to write instead. */
import type { AnyNode, Node } from 'acorn';

type Complaint = readonly [problem: string, hint: string];

const text: Complaint = ['kernels compute on numbers and bools, not on text', 'pass a number, e.g. a mode as 0, 1, 2'];
const exceptions: Complaint = ['throwing and catching are not possible', 'return NaN, or a second result that flags the element'];
const waiting: Complaint = ['waiting is not possible', 'it runs once per element, on numbers; await before the call'];
const objects: Complaint = ['objects cannot be made here', 'return [a, b] gives several results; options come from constants'];
const nullish: Complaint = ["'??' is not supported", 'no value of a kernel is missing; test for NaN with Number.isNaN(x) ? y : x'];
const classes: Complaint = ['classes are not supported', 'a kernel is made of numbers, variables, loops and functions'];

const byType: { readonly [T in AnyNode['type']]?: Complaint } = {
  ForInStatement: ['for...in is not supported', 'count: for (let i = 0; i < n; i++)'],
  SwitchStatement: ['switch is not supported', 'write if (mode === 0) ... else if (mode === 1) ...'],
  LabeledStatement: ['a label here is not supported', 'label a loop'],
  ClassDeclaration: classes,
  ClassExpression: classes,
  ThrowStatement: exceptions,
  TryStatement: exceptions,
  AwaitExpression: waiting,
  YieldExpression: waiting,
  TemplateLiteral: text,
  TaggedTemplateExpression: text,
  ObjectExpression: objects,
  NewExpression: ['objects cannot be made here', 'a kernel is made of numbers, variables, loops and functions'],
  ThisExpression: ["'this' is not available", 'pass what you need in as a parameter or through constants'],
  Super: ["'super' is not available", 'pass what you need in as a parameter or through constants'],
  MetaProperty: ["'new.target' is not available", 'pass what you need in as a parameter or through constants'],
  ImportExpression: ['importing is not possible', 'pass outer values in through constants'],
  ChainExpression: ["'?.' is not supported", "constants are known to exist: use '.'"],
  SpreadElement: ["'...' is not supported", 'write the elements out'],
  RestElement: ["'...' is not supported", 'name the elements'],
  AssignmentPattern: ['default values are not supported', 'write a ternary'],
  LogicalExpression: nullish,
  AssignmentExpression: nullish,
};

const byOperator: Readonly<Record<string, Complaint>> = {
  typeof: ['typeof is not supported', 'the dtypes are known before the kernel runs'],
  delete: ['delete is not supported', 'a kernel computes values'],
  in: ["'in' is not supported", 'write the comparison out'],
  instanceof: ['instanceof is not supported', 'the dtypes are known before the kernel runs'],
};

/** The complaint about a node. */
export function unsupported(node: Node): Complaint {
  const known = node as AnyNode;
  if (known.type === 'Literal') return literal(known.value);
  if ((known.type === 'UnaryExpression' || known.type === 'BinaryExpression') && Object.hasOwn(byOperator, known.operator)) {
    return byOperator[known.operator];
  }
  return byType[known.type] ?? [`${node.type} is not supported`, 'a kernel is made of numbers, variables, loops and functions'];
}

function literal(value: unknown): Complaint {
  if (typeof value === 'string') return text;
  if (typeof value === 'bigint') return ['bigint is not supported', 'write a plain number; integers are 32 bits wide'];
  if (value === null) return ['null is not a number', 'use 0 or NaN'];
  return ['regular expressions are not supported', 'kernels compute on numbers and bools'];
}
