/** Calls of functions of the kernel language: the body is lowered where it is called. */
import type { CallExpression, Expression, BlockStatement, Node, Pattern, VariableDeclaration } from 'acorn';
import { declare } from './assign.ts';
import { expression } from './expressions.ts';
import { openFrame } from './flow.ts';
import { itemsOf } from './operands.ts';
import { reject, type Place } from './place.ts';
import { walk, type Source } from './source.ts';
import { scopeIn, type Scope, type Term } from './terms.ts';
import { block, hoist } from './statements.ts';

export interface Callee {
  readonly name: string;
  readonly params: readonly Pattern[];
  readonly body: BlockStatement | Expression;
  readonly source: Source;
  /** Names that the function sees. */
  readonly scope: Scope;
}

/** Calls deeper than this are taken for recursion. */
const DEEPEST = 32;

export function callFunction(place: Place, node: CallExpression, f: Callee): Term {
  if (place.depth > DEEPEST) return reject(place, node, `'${f.name}' calls itself`, 'recursion is not supported: use a loop');
  return lowerCall(place, f, node.arguments.map((a) => expression(place, a)));
}

/** What a function gives for its arguments. */
export function lowerCall(place: Place, { params, body, source, scope }: Callee, args: readonly Term[]): Term {
  const inner: Place = { ...place, source, scope: scopeIn(scope), frame: openFrame(place), loop: undefined, depth: place.depth + 1 };
  params.forEach((p, k) => {
    const arg: Term = args[k] ?? { kind: 'undefined' };
    if (p.type === 'AssignmentPattern') declare(inner, inner.scope, p.left, arg.kind === 'undefined' ? expression(inner, p.right) : arg, false);
    else declare(inner, inner.scope, p, arg, false);
  });
  if (body.type !== 'BlockStatement') return expression(inner, body);
  hoist(inner, declaredByVar(body));
  block(inner, body.body);
  const { result, returned, items } = inner.frame;
  const done = inner.state.get(returned)!;
  if (items) return { kind: 'list', items: items.map((v) => inner.state.get(v)!) };
  const term = inner.state.get(result)!;
  const always = done.kind === 'value' && done.value.kind === 'const' && done.value.value !== 0;
  if (term.kind !== 'undefined' && !always) {
    return reject(inner, body, 'the function does not return a value on every path', 'end it with a return');
  }
  return term;
}

/** Several results are variables of their own, so that a return inside a loop can set them. */
export function setResult(place: Place, node: Node, term: Term): void {
  const { frame, state } = place;
  const items = itemsOf(place, term);
  if (!items) {
    if (frame.items) reject(place, node, 'one return gives an array, another one a number', 'return arrays of the same length everywhere');
    state.set(frame.result, term);
    return;
  }
  if (state.get(frame.result)?.kind !== 'undefined') reject(place, node, 'one return gives an array, another one a number', 'return arrays of the same length everywhere');
  frame.items ??= items.map((_, k) => ({ name: `(result ${k})`, constant: false }));
  const { items: variables } = frame;
  if (variables.length !== items.length) reject(place, node, `one return gives ${variables.length} values, another one ${items.length}`, 'return arrays of the same length everywhere');
  variables.forEach((v, k) => {
    if (state.get(v) === undefined) state.declare(v, { kind: 'undefined' });
    state.set(v, items[k]);
  });
}

/** Names that `var` declares anywhere in a function, but not in functions inside it. */
function declaredByVar(body: Node): string[] {
  const names: string[] = [];
  walk(body, (n) => {
    if (/Function/.test(n.type)) return false;
    if (n.type === 'VariableDeclaration' && (n as VariableDeclaration).kind === 'var') {
      for (const { id } of (n as VariableDeclaration).declarations) if (id.type === 'Identifier') names.push(id.name);
    }
    return true;
  });
  return names;
}
