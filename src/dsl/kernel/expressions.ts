/** Expressions: one function per kind of syntax, in a table. What is not there is in `unsupported.ts`. */
import type { AnyNode, CallExpression, MemberExpression, Node } from 'acorn';
import { asConstant } from './constants.ts';
import { accessOf, elementOf, readRelative } from './arrays.ts';
import { assign, update } from './assign.ts';
import { chooseValue, conditional, settled } from './flow.ts';
import { isPrange } from './for-of.ts';
import { callFunction } from './functions.ts';
import { knownNumber, strongly, truth, weakly, type Operand } from './infer.ts';
import { mathHints, namespaces, type Callable } from './intrinsics.ts';
import type { Value } from './ir.ts';
import { fill, localArray, typedArrays } from './local-arrays.ts';
import { itemsOf, operandAt, operandOf, sizeOf } from './operands.ts';
import { binaryOperators, logical, unaryOperators } from './operators.ts';
import { count, reject, siteAt, type Place } from './place.ts';
import { outerNamesOf, syntaxOf, type KernelFunction } from './source.ts';
import { apiFunction, isDeclaredLater, isVariable, lookUp, scopeIn, type Term } from './terms.ts';
import { unsupported } from './unsupported.ts';

type NodeOf<T extends AnyNode['type']> = Extract<AnyNode, { type: T }>;

const table: { readonly [T in AnyNode['type']]?: (place: Place, node: NodeOf<T>) => Term } = {
  Literal: (place, node) => {
    if (typeof node.value === 'number') return weakly(node.value);
    if (typeof node.value === 'boolean') return strongly(place.session.builder.constant(node.value ? 1 : 0, 'bool'));
    return reject(place, node, ...unsupported(node));
  },
  Identifier: (place, node) => named(place, node.name) ?? unknown(place, node),
  UnaryExpression: (place, node) => {
    if (node.operator === 'void') {
      effect(place, node.argument);
      return { kind: 'undefined' };
    }
    if (node.operator === '!') return strongly(condition(place, node));
    return operatorOf(place, node, unaryOperators)(siteAt(place, node), operand(place, node.argument));
  },
  BinaryExpression: (place, node) => {
    return operatorOf(place, node, binaryOperators)(siteAt(place, node), operand(place, node.left), operand(place, node.right));
  },
  LogicalExpression: (place, node) => {
    const { operator } = node;
    if (operator === '??') return reject(place, node, ...unsupported(node));
    const site = siteAt(place, node);
    const left = operand(place, node.left);
    const holds = truth(site, left);
    let right: Operand | undefined;
    const more = (p: Place): void => void (right = operand(p, node.right));
    if (operator === '&&') conditional(place, node, holds, more);
    else conditional(place, node, holds, () => {}, more);
    if (!right || holds.kind === 'const') return right ?? left;
    return logical(site, operator, left, right, holds);
  },
  ConditionalExpression: (place, node) => {
    const cond = condition(place, node.test);
    let yes: Term = { kind: 'undefined' }, no: Term = { kind: 'undefined' };
    if (cond.kind === 'const') return expression(place, cond.value ? node.consequent : node.alternate);
    const arm = (p: Place, e: Node): Term => settled(p.state, expression(p, e));
    conditional(place, node, cond, (p) => { yes = arm(p, node.consequent); }, (p) => { no = arm(p, node.alternate); });
    return chooseValue(place, node, cond, yes, no);
  },
  SequenceExpression: (place, { expressions }) => {
    expressions.slice(0, -1).forEach((e) => effect(place, e));
    return expression(place, expressions.at(-1)!);
  },
  ParenthesizedExpression: (place, node) => expression(place, node.expression),
  AssignmentExpression: assign,
  UpdateExpression: update,
  ArrayExpression: (place, node) => {
    const items = node.elements.map((e): Term => {
      if (!e) return reject(place, e ?? node, 'the array has a hole', 'give every element');
      return e.type === 'SpreadElement' ? reject(place, e, ...unsupported(e)) : expression(place, e);
    });
    return localArray(place, node, items);
  },
  NewExpression: (place, node) => {
    const { callee } = node;
    const made = callee.type === 'Identifier' && !lookUp(place.scope, callee.name) && Object.hasOwn(typedArrays, callee.name)
      ? typedArrays[callee.name] : undefined;
    if (made) return made(place, node);
    if (callee.type === 'Identifier' && /^(Uint|Int|Float|Big(Ui|I)nt)\d+(Clamped)?Array$/.test(callee.name)) {
      return reject(place, node, `${callee.name} is not available`, `local arrays are [a, b] and ${Object.keys(typedArrays).map((name) => `new ${name}(n)`).join(', ')}`);
    }
    return reject(place, node, ...unsupported(node));
  },
  ArrowFunctionExpression: (place, node) => ({ kind: 'closure', name: 'the function', node, scope: place.scope, source: place.source }),
  FunctionExpression: (place, node) => ({ kind: 'closure', name: node.id?.name ?? 'the function', node, scope: place.scope, source: place.source }),
  MemberExpression: member,
  CallExpression: call,
};

export function expression(place: Place, node: Node): Term {
  const lower = table[node.type as AnyNode['type']] as ((place: Place, node: Node) => Term) | undefined;
  return lower ? lower(place, node) : reject(place, node, ...unsupported(node));
}

export function operand(place: Place, node: Node): Operand {
  const term = expression(place, node);
  const { type, name } = node as Node & { name?: string };
  if (term.kind === 'undefined' && type === 'Identifier' && name !== 'undefined') {
    return reject(place, node, `'${name}' has no value`, 'give it one before it is used');
  }
  return operandAt(place, node, term);
}

/** An expression that decides: any number but 0 and NaN counts as true, and `&&`, `||` and `!` are of such answers. */
export function condition(place: Place, node: Node): Value {
  const { builder } = place.session;
  const e = node as AnyNode;
  switch (e.type) {
    case 'ParenthesizedExpression': return condition(place, e.expression);
    case 'UnaryExpression': if (e.operator === '!') return builder.op('not', [condition(place, e.argument)]); break;
    case 'LogicalExpression': {
      if (e.operator === '??') break;
      const left = condition(place, e.left);
      let right: Value | undefined;
      const more = (p: Place): void => void (right = condition(p, e.right));
      if (e.operator === '&&') conditional(place, e, left, more);
      else conditional(place, e, left, () => {}, more);
      return right ? builder.op(e.operator === '&&' ? 'and' : 'or', [left, right]) : left;
    }
    default:
  }
  return truth(siteAt(place, node), operand(place, node));
}

/** An expression whose value nobody looks at: `a && (x = 1)` is an if. */
export function effect(place: Place, node: Node): void {
  const e = node as AnyNode;
  switch (e.type) {
    case 'LogicalExpression': {
      if (e.operator === '??') break;
      const more = (p: Place): void => effect(p, e.right);
      const cond = condition(place, e.left);
      if (e.operator === '&&') conditional(place, e, cond, more);
      else conditional(place, e, cond, () => {}, more);
      return;
    }
    case 'ConditionalExpression':
      return conditional(place, e, condition(place, e.test), (p) => effect(p, e.consequent), (p) => effect(p, e.alternate));
    case 'SequenceExpression': return e.expressions.forEach((x) => effect(place, x));
    case 'ParenthesizedExpression': return effect(place, e.expression);
    case 'UnaryExpression': if (e.operator === '!' || e.operator === 'void') return effect(place, e.argument); break;
    case 'CallExpression': if (isPrinting(place, e)) return; break;
    default:
  }
  expression(place, node);
}

/** `console.log(x)` prints on the reference target, and is nothing on the others. */
const isPrinting = (place: Place, { callee }: CallExpression): boolean =>
  callee.type === 'MemberExpression' && callee.object.type === 'Identifier' && callee.object.name === 'console' && !lookUp(place.scope, 'console');

const operatorOf = <T>(place: Place, node: Node & { operator: string }, operators: Readonly<Record<string, T>>): T =>
  (Object.hasOwn(operators, node.operator) ? operators[node.operator] : reject(place, node, ...unsupported(node)));

/** What a name stands for here. */
export function named(place: Place, name: string): Term | undefined {
  const found = lookUp(place.scope, name);
  return found && isVariable(found) ? place.state.get(found) : found;
}

// ---- members ----

function member(place: Place, node: MemberExpression): Term {
  if (node.property.type === 'PrivateIdentifier') return reject(place, node, ...unsupported(node));
  const inner = node.object as Node;
  const name = inner.type === 'Identifier' ? (inner as NodeOf<'Identifier'>).name : undefined;
  const known = name === undefined ? undefined : lookUp(place.scope, name);
  // The library under whatever name it was imported: `wf.erf`.
  if (name !== undefined && !known && !node.computed && node.property.type === 'Identifier') {
    const api = apiFunction(node.property.name);
    if (api) return api;
  }
  // Number is both a function and a namespace.
  const object: Term = known && !isVariable(known) && known.kind === 'callable' && Object.hasOwn(namespaces, known.name)
    ? { kind: 'namespace', name: known.name, members: namespaces[known.name] }
    : expression(place, inner);
  if (!node.computed && node.property.type === 'Identifier') return memberOf(place, node.property, object, node.property.name);
  return elementOf(place, node, object);
}

/** `object.name`. */
export function memberOf(place: Place, at: Node, object: Term, name: string): Term {
  switch (object.kind) {
    case 'namespace': {
      const { functions, numbers } = object.members;
      if (Object.hasOwn(functions, name)) return { kind: 'callable', name: `${object.name}.${name}`, callable: functions[name] };
      if (Object.hasOwn(numbers, name)) return weakly(numbers[name]);
      const known = object.name === 'Math' ? mathHints[name] : undefined;
      const all = [...Object.keys(functions), ...Object.keys(numbers)].join(', ');
      return reject(place, at, `${object.name}.${name} is not available`, known ?? `${object.name} has ${all}`);
    }
    case 'record': {
      return object.fields.get(name) ?? reject(place, at, `the object has no '${name}'`, `it has ${[...object.fields.keys()].join(', ')}`);
    }
    case 'list': case 'cells': case 'shape':
      if (name === 'length') return weakly(itemsOf(place, object)!.length);
      return reject(place, at, `'.${name}' of an array is not available`, 'index it, or loop over it: for (const v of a), for (let i = 0; i < a.length; i++)');
    case 'array': case 'row': {
      const access = accessOf(object);
      if (name === 'length') return sizeOf(place.session, access.array, access.index.length);
      if (name === 'shape') return { kind: 'shape', array: access.array, from: access.index.length };
      return reject(place, at, `'.${name}' of an array is not available`, 'an array has .shape, .length and its elements');
    }
    case 'unusable': return operandOf(siteAt(place, at), object);
    case 'weak': case 'value':
      return reject(place, at, `a number has no member '${name}'`, 'use operators and Math; only Math, Number, arrays, and objects among the constants have members');
    default:
      return reject(place, at, `'.${name}' is not available here`, 'members are those of Math, Number, of arrays, and of objects among the constants');
  }
}

// ---- calls ----

function call(place: Place, node: CallExpression): Term {
  const { callee } = node;
  const made = madeArray(place, node);
  if (made) return made;
  if (isPrange(node)) return reject(place, node, 'prange is the range of a loop', 'for (const i of prange(n)) { ... }');
  const target = callee.type === 'Identifier' ? named(place, callee.name) ?? apiFunction(callee.name) ?? unknownFunction(place, callee)
    : expression(place, callee);
  const spread = node.arguments.find((a) => a.type === 'SpreadElement');
  if (spread) return reject(place, spread, ...unsupported(spread));
  switch (target.kind) {
    case 'array': return readRelative(place, node, target);
    case 'callable': {
      checkArity(place, node, target.name, target.callable);
      return target.callable.lower(siteAt(place, node), node.arguments.map((a) => operand(place, a)));
    }
    case 'helper': {
      const syntax = syntaxOf(target.body, target.name);
      return callFunction(place, node, { name: target.name, ...syntax, scope: helperScope(place, target.body) });
    }
    case 'closure': {
      const { node: f, scope, source, name } = target;
      if (f.async) return reject(place, node, 'async functions are not supported', 'a kernel waits for nothing');
      if (f.generator) return reject(place, node, 'generators are not supported', 'return [a, b] gives several results');
      return callFunction(place, node, { name, params: f.params, body: f.body, source, scope });
    }
    case 'unusable': return operandOf(siteAt(place, node), target);
    default: return reject(place, callee, callee.type === 'Identifier' ? `'${callee.name}' is not a function` : 'this is not a function',
      target.kind === 'list' || target.kind === 'cells' ? 'index it: W[0]' : 'a number is used without ()');
  }
}

/** `Array(3)`, `new Array(3).fill(0)`. */
function madeArray(place: Place, node: CallExpression): Term | undefined {
  const { callee } = node;
  if (callee.type === 'Identifier' && callee.name === 'Array' && !lookUp(place.scope, 'Array')) return typedArrays.Array(place, node);
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier' || callee.property.name !== 'fill') return undefined;
  const cells = expression(place, callee.object);
  if (cells.kind !== 'cells') return reject(place, node, 'only local arrays can be filled', 'new Array(3).fill(0)');
  return fill(place, node, cells);
}

function unknownFunction(place: Place, { name, ...callee }: NodeOf<'Identifier'>): never {
  if (isDeclaredLater(place.scope, name)) return unknown(place, { name, ...callee });
  if (name === place.source.name) return reject(place, { ...callee }, `'${name}' calls itself`, 'recursion is not supported: use a loop');
  if (Object.hasOwn(foreign, name)) return reject(place, { ...callee }, `'${name}' is not available`, foreign[name]);
  return reject(place, { ...callee }, `'${name}' is not a function the kernel can call`,
    Object.hasOwn(namespaces.Math.functions, name) ? `write Math.${name}(...)`
      : `call array parameters, members of Math and functions declared inside; pass an outer function in: constants: { ${name} }`);
}

function checkArity(place: Place, node: CallExpression, name: string, { arity: [least, most] }: Callable): void {
  const given = node.arguments.length;
  if (given >= least && given <= most) return;
  const wanted = least === most ? count(least, 'argument', 'arguments') : `at least ${count(least, 'argument', 'arguments')}`;
  reject(place, node, `${name} takes ${wanted}, got ${given}`);
}

/** A whole number known while lowering, or undefined. */
export function wholeNumber(a: Operand): number | undefined {
  const known = knownNumber(a);
  return known !== undefined && Number.isInteger(known) ? known + 0 : undefined;
}

/** Functions among the constants see what the build found them to use, the globals and each other; not their caller's names. */
function helperScope(place: Place, f: KernelFunction): Place['scope'] {
  const own = Object.entries(outerNamesOf(f).constants?.() ?? {});
  const outer = outermost(place.scope);
  const { builder } = place.session;
  const term = ([name, value]: [string, unknown]): [string, Term] => [name, asConstant(builder, name, value)];
  return own.length === 0 ? outer : scopeIn(outer, own.map(term));
}

const outermost = (scope: Place['scope']): Place['scope'] => {
  let s = scope;
  while (s.parent?.parent) s = s.parent;
  return s;
};

/** What JavaScript has and kernels have not. */
const foreign: Readonly<Record<string, string>> = {
  Array: 'write the elements out, [a, b], or new Array(3).fill(0)',
  parseInt: 'Math.trunc(x) rounds towards 0',
  parseFloat: 'kernels compute on numbers already',
  console: 'print in a statement of its own, console.log(x), and use the reference target',
  ...Object.fromEntries(['Object', 'String', 'Symbol', 'BigInt', 'Date', 'JSON', 'Map', 'Set', 'Reflect', 'globalThis', 'window', 'document',
    'performance', 'process', 'arguments', 'eval'].map((name) => [name, 'a kernel has Math, Number and what it is given: parameters and constants'])),
};

const isMath = (name: string): boolean =>
  Object.hasOwn(namespaces.Math.numbers, name) || Object.hasOwn(namespaces.Math.functions, name);
function unknown(place: Place, node: NodeOf<'Identifier'>): never {
  const { name } = node;
  if (isDeclaredLater(place.scope, name)) return reject(place, node, `'${name}' is used before it is declared`, 'move the declaration up');
  return reject(place, node, Object.hasOwn(foreign, name) ? `'${name}' is not available` : `unknown variable '${name}'`, unknownName(name));
}

const unknownName = (name: string): string => isMath(name) ? `write Math.${name}`
  : Object.hasOwn(foreign, name) ? foreign[name] : `a kernel sees its parameters and its own variables; pass an outer one in: constants: { ${name} }, or, where a minifier renames variables, use the build plugin`;

