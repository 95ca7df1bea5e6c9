/**
 * From the syntax tree of a kernel to values of a `Builder`: one function per kind of statement and expression, in two
 * tables. What is not in the tables is in `unsupported.ts`, with what to write instead.
 */
import type { AnyNode, CallExpression, MemberExpression, Node, Pattern, Statement } from 'acorn';
import type { DType } from '../dtype.ts';
import { choose, knownNumber, strongly, truth, valueOf, weakly, type Operand, type Site } from './infer.ts';
import { mathHints, namespaces, type Callable } from './intrinsics.ts';
import type { Builder, Value } from './ir.ts';
import { binaryOperators, logical, unaryOperators } from './operators.ts';
import { complain, syntaxOf, type Source, type Syntax } from './source.ts';
import { lookUp, scopeIn, type Scope, type Term } from './terms.ts';
import { unsupported } from './unsupported.ts';

/** One relative read of an array parameter, whether its value is used or not. */
export interface KernelRead {
  readonly input: number;
  readonly offset: readonly number[];
}

/** What does not change while one kernel is lowered. */
export interface Session {
  readonly builder: Builder;
  readonly label: string;
  readonly rank: number;
  /** What numbers with nothing beside them become. */
  readonly lone: DType;
  /** Of the array parameters, by input. */
  readonly dtypes: readonly DType[];
  readonly reads: KernelRead[];
}

/** Where lowering is: the function whose text it reads, and the names it knows there. */
interface Place {
  readonly session: Session;
  readonly source: Source;
  readonly scope: Scope;
  readonly depth: number;
}

type NodeOf<T extends AnyNode['type']> = Extract<AnyNode, { type: T }>;

/** Lowers a function body with its parameters bound to terms; gives what it returns. */
export function lowerBody(session: Session, syntax: Syntax, args: readonly Term[], outer: Scope, depth = 0): Term {
  const { source, params, body } = syntax;
  const place = { session, source, scope: scopeIn(outer), depth };
  params.forEach((p, k) => bind(place, p, args[k]));
  if (body.type !== 'BlockStatement') return expression(place, body);
  const result = block(place, body.body);
  return result ?? complain(source, session.label, body, 'the kernel does not return a value', 'end it with return, e.g. return x * 2');
}

/** The element of an input at an offset from the current point. Narrow integers compute as int32, as numbers do in JavaScript. */
export function readInput({ builder, dtypes, rank }: Session, input: number, offset?: readonly number[]): Operand {
  const at = offset && builder.point(undefined, offset, new Array(rank).fill('none'));
  const value = builder.read(input, dtypes[input], at);
  return strongly(narrow.has(value.dtype) ? builder.cast(value, 'int32') : value);
}
const narrow: ReadonlySet<DType> = new Set(['int8', 'uint8', 'int16', 'uint16']);

/** The values a kernel returns: one, or those of a list. */
export function resultsOf(session: Session, { source, body }: Syntax, term: Term): Value[] {
  const site = siteAt({ session, source, scope: scopeIn(undefined), depth: 0 }, body);
  const items = term.kind === 'list' ? term.items : [term];
  if (items.length === 0) site.fail('the kernel returns an empty array', 'return a number, or [a, b] for several results');
  const nested = () => site.fail('the kernel returns an array of arrays', 'return [a, b]: numbers only');
  return items.map((item) => valueOf(site, item.kind === 'list' ? nested() : operandOf(site, item)));
}

// ---- statements ----

const statements: { readonly [T in AnyNode['type']]?: (place: Place, node: NodeOf<T>) => Term | undefined } = {
  VariableDeclaration: (place, node) => {
    for (const { id, init } of node.declarations) {
      if (!init) return reject(place, id, `'${id.type === 'Identifier' ? id.name : 'it'}' has no value`, 'declare it where its value is known: const x = ...');
      bind(place, id, expression(place, init));
    }
    return undefined;
  },
  ReturnStatement: (place, node) =>
    node.argument ? expression(place, node.argument) : reject(place, node, 'return needs a value', 'return a number, or [a, b] for several results'),
  BlockStatement: (place, node) => block({ ...place, scope: scopeIn(place.scope) }, node.body),
  EmptyStatement: () => undefined,
  ExpressionStatement: (place, node) => {
    if (node.directive) return undefined;
    expression(place, node.expression); // a better error, where there is one
    return reject(place, node, 'this statement has no effect', 'a kernel computes values: const y = ..., return ...');
  },
};

/** Statements in order, up to the first return. */
function block(place: Place, body: readonly Statement[]): Term | undefined {
  for (const node of body) {
    const lower = statements[node.type] as ((place: Place, node: Node) => Term | undefined) | undefined;
    const result = lower ? lower(place, node) : reject(place, node, ...unsupported(node));
    if (result) return result;
  }
  return undefined;
}

/** `const x = ...`, `const [a, b] = ...`, `const { a, b } = ...`. */
function bind(place: Place, pattern: Pattern, term: Term): void {
  const fail = (problem: string, hint: string) => reject(place, pattern, problem, hint);
  switch (pattern.type) {
    case 'Identifier':
      place.scope.names.set(pattern.name, term);
      return;
    case 'ArrayPattern':
      if (term.kind !== 'list') fail('only arrays can be destructured with []', 'const [a, b] = [x, y]');
      else {
        const { items } = term;
        pattern.elements.forEach((p, k) => p && bind(place, p, items[k] ?? reject(place, p, `the array has ${items.length} elements`)));
      }
      return;
    case 'ObjectPattern':
      for (const p of pattern.properties) {
        if (p.type !== 'Property' || p.computed || p.key.type !== 'Identifier') fail('only plain names can be destructured', 'const { a, b } = options');
        else bind(place, p.value, memberOf(place, p.key, term, p.key.name));
      }
      return;
    default:
      reject(place, pattern, ...unsupported(pattern));
  }
}

// ---- expressions ----

const expressions: { readonly [T in AnyNode['type']]?: (place: Place, node: NodeOf<T>) => Term } = {
  Literal: (place, node) => {
    if (typeof node.value === 'number') return weakly(node.value);
    if (typeof node.value === 'boolean') return strongly(place.session.builder.constant(node.value ? 1 : 0, 'bool'));
    return reject(place, node, ...unsupported(node));
  },
  Identifier: (place, node) => lookUp(place.scope, node.name)
    ?? reject(place, node, `unknown variable '${node.name}'`, unknownName(node.name)),
  UnaryExpression: (place, node) => {
    if (node.operator === 'void') return { kind: 'undefined' };
    return operatorOf(place, node, unaryOperators)(siteAt(place, node), operand(place, node.argument));
  },
  BinaryExpression: (place, node) => {
    return operatorOf(place, node, binaryOperators)(siteAt(place, node), operand(place, node.left), operand(place, node.right));
  },
  LogicalExpression: (place, node) => {
    if (node.operator === '??') return reject(place, node, ...unsupported(node));
    const operator = logical(node.operator === '&&' ? 'and' : 'or', node.operator);
    return operator(siteAt(place, node), operand(place, node.left), operand(place, node.right));
  },
  ConditionalExpression: (place, node) => {
    const cond = truth(siteAt(place, node.test), operand(place, node.test));
    const [yes, no] = [expression(place, node.consequent), expression(place, node.alternate)];
    return chooseTerm(siteAt(place, node), cond, yes, no);
  },
  SequenceExpression: (place, node) => node.expressions.map((e) => expression(place, e)).at(-1) ?? { kind: 'undefined' },
  ParenthesizedExpression: (place, node) => expression(place, node.expression),
  ArrayExpression: (place, node) => ({
    kind: 'list',
    items: node.elements.map((e) => (e ? expression(place, e) : reject(place, node, 'the array has a hole', 'give every element'))),
  }),
  MemberExpression: member,
  CallExpression: call,
};

const operatorOf = <T>(place: Place, node: Node & { operator: string }, table: Readonly<Record<string, T>>): T =>
  (Object.hasOwn(table, node.operator) ? table[node.operator] : reject(place, node, ...unsupported(node)));

function expression(place: Place, node: Node): Term {
  const lower = expressions[node.type as AnyNode['type']] as ((place: Place, node: Node) => Term) | undefined;
  return lower ? lower(place, node) : reject(place, node, ...unsupported(node));
}

const operand = (place: Place, node: Node): Operand => operandOf(siteAt(place, node), expression(place, node));

/** A number or bool, or an error that says what the term is instead. */
function operandOf(site: Site, term: Term): Operand {
  switch (term.kind) {
    case 'weak':
    case 'value': return term;
    case 'array': return site.fail(`'${term.name}' is an array: read an element of it`, `${term.name}(0) is the current one, ${term.name}(-1) the one before; one index per axis`);
    case 'list': return site.fail('an array cannot be used as a number', 'index it: W[0]');
    case 'record': return site.fail('an object cannot be used as a number', 'name one of its fields: options.scale');
    case 'callable':
    case 'helper': return site.fail(`'${term.name}' is a function`, `call it: ${term.name}(...)`);
    case 'namespace': return site.fail(`'${term.name}' is not a number`, 'name one of its members: Math.PI');
    case 'undefined': return site.fail('undefined is not a number', 'give a value, e.g. 0 or NaN');
    case 'unusable': return site.fail(`the constant '${term.name}' cannot be used in a kernel: ${term.problem}`, 'constants are numbers, bools, and arrays or plain objects of them');
    default: return term satisfies never;
  }
}

/** A ternary; lists of one length choose element by element. */
function chooseTerm(site: Site, cond: Value, yes: Term, no: Term): Term {
  if (yes.kind === 'list' && no.kind === 'list' && yes.items.length === no.items.length) {
    return { kind: 'list', items: yes.items.map((y, k) => chooseTerm(site, cond, y, no.items[k])) };
  }
  return choose(site, cond, operandOf(site, yes), operandOf(site, no));
}

function member(place: Place, node: MemberExpression): Term {
  if (node.property.type === 'PrivateIdentifier') return reject(place, node, ...unsupported(node));
  // Number is both a function and a namespace.
  const named = node.object.type === 'Identifier' ? lookUp(place.scope, node.object.name) : undefined;
  const object: Term = named?.kind === 'callable' && Object.hasOwn(namespaces, named.name)
    ? { kind: 'namespace', name: named.name, members: namespaces[named.name] }
    : expression(place, node.object);
  if (!node.computed && node.property.type === 'Identifier') return memberOf(place, node.property, object, node.property.name);
  if (object.kind !== 'list') return reject(place, node.object, 'only arrays among the constants can be indexed', 'read array parameters by calling them: u(-1)');
  const index = wholeNumber(place, node.property) ??
    reject(place, node.property, 'an index must be known when the kernel is built', 'use a literal or one of the constants: W[1], W[K - 1]');
  return object.items[index] ?? reject(place, node.property, `index ${index} is outside the array: it has ${object.items.length} elements`);
}

function memberOf(place: Place, at: Node, object: Term, name: string): Term {
  switch (object.kind) {
    case 'namespace': {
      const { functions, numbers } = object.members;
      if (Object.hasOwn(functions, name)) return { kind: 'callable', name: `${object.name}.${name}`, callable: functions[name] };
      if (Object.hasOwn(numbers, name)) return weakly(numbers[name]);
      const known = object.name === 'Math' ? mathHints[name] : undefined;
      return reject(place, at, `${object.name}.${name} is not available`, known ?? `${object.name} has ${Object.keys(functions).join(', ')}`);
    }
    case 'record': {
      return object.fields.get(name) ?? reject(place, at, `there is no '${name}' among the constants`, `there is ${[...object.fields.keys()].join(', ')}`);
    }
    case 'list':
      if (name === 'length') return weakly(object.items.length);
      return reject(place, at, `'.${name}' of an array is not available`, 'index it, or use .length');
    case 'unusable': return operandOf(siteAt(place, at), object);
    default:
      return reject(place, at, `'.${name}' is not available here`, 'members are those of Math, Number, and of objects among the constants');
  }
}

// ---- calls ----

function call(place: Place, node: CallExpression): Term {
  if (node.callee.type === 'Identifier' && !lookUp(place.scope, node.callee.name)) {
    const { name } = node.callee;
    return reject(place, node.callee, `'${name}' is not a function the kernel can call`,
      Object.hasOwn(namespaces.Math.functions, name) ? `write Math.${name}(...)`
        : 'call array parameters and members of Math; helper functions are not supported yet: write their expression here');
  }
  const callee = expression(place, node.callee);
  const spread = node.arguments.find((a) => a.type === 'SpreadElement');
  if (spread) return reject(place, spread, ...unsupported(spread));
  switch (callee.kind) {
    case 'array': return readArray(place, node, callee);
    case 'callable': {
      checkArity(place, node, callee.name, callee.callable);
      return callee.callable.lower(siteAt(place, node), node.arguments.map((a) => operand(place, a)));
    }
    case 'helper': {
      if (place.depth > 32) return reject(place, node, `'${callee.name}' calls itself`, 'recursion is not supported');
      const { session } = place;
      const args = node.arguments.map((a) => expression(place, a));
      return lowerBody(session, syntaxOf(callee.body, callee.name), args, outermost(place.scope), place.depth + 1);
    }
    case 'unusable': return operandOf(siteAt(place, node), callee);
    default: return reject(place, node.callee, 'this is not a function', 'a scalar parameter is used by its name, without ()');
  }
}

function readArray(place: Place, node: CallExpression, { name, input }: Extract<Term, { kind: 'array' }>): Term {
  const { session } = place;
  if (node.arguments.length !== session.rank) {
    const example = `${name}(${new Array<number>(session.rank).fill(0).join(', ')})`;
    const wanted = count(session.rank, 'index', 'indices');
    return reject(place, node, `${name} takes one index per axis: ${wanted}, got ${node.arguments.length}`, `the current element is ${example}`);
  }
  const offset = node.arguments.map((a) => wholeNumber(place, a) ??
    reject(place, a, `the indices of ${name} must be known when the kernel is built`, 'they are offsets from the current element: whole numbers made of literals and constants, such as -1 or N'));
  session.reads.push({ input, offset });
  return readInput(session, input, offset);
}

function checkArity(place: Place, node: CallExpression, name: string, { arity: [least, most] }: Callable): void {
  const given = node.arguments.length;
  if (given >= least && given <= most) return;
  const wanted = least === most ? count(least, 'argument', 'arguments') : `at least ${count(least, 'argument', 'arguments')}`;
  reject(place, node, `${name} takes ${wanted}, got ${given}`);
}

/** A whole number known while lowering, or undefined. */
function wholeNumber(place: Place, node: Node): number | undefined {
  const known = knownNumber(operand(place, node));
  return known !== undefined && Number.isInteger(known) ? known + 0 : undefined;
}

/** Helpers see the globals and each other, not their caller's names. */
const outermost = (scope: Scope): Scope => {
  let s = scope;
  while (s.parent?.parent) s = s.parent;
  return s;
};

const count = (n: number, one: string, several: string): string => `${n} ${n === 1 ? one : several}`;
const isMath = (name: string): boolean =>
  Object.hasOwn(namespaces.Math.numbers, name) || Object.hasOwn(namespaces.Math.functions, name);
const unknownName = (name: string): string => isMath(name)
  ? `write Math.${name}`
  : `a kernel sees its parameters and its own variables; pass an outer one in: constants: { ${name} }`;

const siteAt = (place: Place, node: Node): Site => ({
  builder: place.session.builder,
  lone: place.session.lone,
  fail: (problem, hint) => reject(place, node, problem, hint),
});

const reject = (place: Place, node: Node, problem: string, hint?: string): never =>
  complain(place.source, place.session.label, node, problem, hint);
