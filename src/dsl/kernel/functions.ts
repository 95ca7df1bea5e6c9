/** Calls of functions of the kernel language: the body is lowered where it is called. */
import type { CallExpression, Expression, BlockStatement, Node, Pattern } from 'acorn';
import { declare } from './assign.ts';
import { expression } from './expressions.ts';
import { openFrame } from './flow.ts';
import { varNames } from './names.ts';
import { itemsOf } from './operands.ts';
import { reject, type Place } from './place.ts';
import type { Source } from './source.ts';
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

/** What a function gives for its arguments. What it sets of the variables around it stays set. */
export function lowerCall(place: Place, callee: Callee, args: readonly Term[]): Term {
  const state = place.state.fork();
  const term = lowerInside({ ...place, state, frame: openFrame({ state, session: place.session }, place.state) }, callee, args);
  for (const v of state.changed) place.state.set(v, state.get(v)!);
  return term;
}

function lowerInside(place: Place, { params, body, source, scope }: Callee, args: readonly Term[]): Term {
  const inner: Place = { ...place, source, scope: scopeIn(scope), loop: undefined, depth: place.depth + 1 };
  params.forEach((p, k) => {
    const arg: Term = args[k] ?? { kind: 'undefined' };
    if (p.type === 'AssignmentPattern') declare(inner, inner.scope, p.left, arg.kind === 'undefined' ? expression(inner, p.right) : arg, false);
    else declare(inner, inner.scope, p, arg, false);
  });
  if (body.type !== 'BlockStatement') return expression(inner, body);
  hoist(inner, varNames(body));
  block(inner, body.body);
  const { result, returned, items, empty } = inner.frame;
  const done = inner.state.get(returned)!;
  const term: Term = items ? { kind: 'list', items: items.map((v) => inner.state.get(v)!) } : inner.state.get(result)!;
  if (term.kind === 'undefined') return term;
  if (empty) reject(inner, empty, 'one return gives a value, this one none', 'return a value everywhere, or store into parameters and return nothing');
  const always = done.kind === 'value' && done.value.kind === 'const' && done.value.value !== 0;
  return always ? term : reject(inner, body, 'not every way through the function returns a value', 'end it with a return');
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
    if (state.get(v) === undefined) state.declare(v, { kind: 'undefined' }, frame.returned);
    state.set(v, items[k]);
  });
}
