/** Statements: one function per kind of syntax, in a table. What is not there is in `unsupported.ts`. */
import type { AnyNode, Expression, FunctionDeclaration, Node, Pattern, Statement, VariableDeclaration } from 'acorn';
import { assignTo, declare } from './assign.ts';
import { condition, effect, expression } from './expressions.ts';
import { conditional, exited, flag, unlessExited } from './flow.ts';
import { setResult } from './functions.ts';
import { lowerForOf } from './for-of.ts';
import { lowerFor, lowerWhile } from './loops.ts';
import { boundIn, isFunction } from './names.ts';
import { reject, type LoopFrame, type Place } from './place.ts';
import { walk } from './source.ts';
import { scopeIn, type Term } from './terms.ts';
import { unsupported } from './unsupported.ts';

type NodeOf<T extends AnyNode['type']> = Extract<AnyNode, { type: T }>;

const table: { readonly [T in AnyNode['type']]?: (place: Place, node: NodeOf<T>, label?: string) => void } = {
  VariableDeclaration: (place, node) => {
    for (const { id, init } of node.declarations) declareVariable(place, node.kind, id, init);
  },
  FunctionDeclaration: () => {}, // known since the block began
  ReturnStatement: (place, node) => {
    const term: Term = node.argument ? expression(place, node.argument) : { kind: 'undefined' };
    if (term.kind === 'undefined') place.frame.empty ??= node;
    else setResult(place, node, term);
    place.state.set(place.frame.returned, flag(place, true));
  },
  BlockStatement: (place, node) => block({ ...place, scope: scopeIn(place.scope) }, node.body),
  EmptyStatement: () => {},
  DebuggerStatement: () => {}, // for the reference target
  ExpressionStatement: (place, node) => {
    if (node.directive) return;
    effect(place, node.expression);
    if (!hasEffect(node.expression)) reject(place, node, 'this statement has no effect', 'a kernel computes values: const y = ..., return ...');
  },
  IfStatement: (place, node) => {
    const cond = condition(place, node.test);
    const { alternate } = node;
    conditional(place, node, cond, (p) => statement(p, node.consequent), alternate ? (p) => statement(p, alternate) : undefined);
  },
  ForStatement: lowerFor,
  ForOfStatement: lowerForOf,
  WhileStatement: lowerWhile,
  DoWhileStatement: lowerWhile,
  LabeledStatement: (place, node) => {
    if (!/^(For|While|DoWhile)/.test(node.body.type)) reject(place, node, ...unsupported(node));
    lowerStatement(place, node.body, node.label.name);
  },
  BreakStatement: (place, node) => jump(place, node, 'broken'),
  ContinueStatement: (place, node) => jump(place, node, 'continued'),
};

/** Leaves the loops inside the one that is meant, and that one or this turn of it. */
function jump(place: Place, node: NodeOf<'BreakStatement' | 'ContinueStatement'>, how: 'broken' | 'continued'): void {
  const label = node.label?.name;
  for (let l: LoopFrame | undefined = place.loop; l; l = l.outer) {
    const here = label === undefined || l.label === label;
    place.state.set(here ? l[how] : l.broken, flag(place, true));
    if (here) return;
  }
  reject(place, node, `${how === 'broken' ? 'break' : 'continue'} outside a loop`, 'return ends the function');
}

/** Assignments and calls hide in expressions too: `a && (x = 1)`. */
function hasEffect(node: Node): boolean {
  let has = false;
  walk(node, (n) => {
    has ||= /^(Assignment|Update|Call)Expression$/.test(n.type);
    return !isFunction(n);
  });
  return has;
}

function lowerStatement(place: Place, node: Statement, label?: string): void {
  const lower = table[node.type] as ((place: Place, node: Node, label?: string) => void) | undefined;
  if (lower) lower(place, node, label);
  else reject(place, node, ...unsupported(node));
}

/** One statement, as the body of an `if` or a loop. */
export const statement = (place: Place, node: Statement): void =>
  (node.type === 'BlockStatement' ? lowerStatement(place, node) : block({ ...place, scope: scopeIn(place.scope) }, [node]));

/** Statements in order; what follows a jump is for the points that did not take it. */
export function block(outer: Place, body: readonly Statement[]): void {
  const declares = new Set(boundIn({ type: 'BlockStatement', body, start: 0, end: 0 } as Node));
  const place: Place = declares.size > 0 ? { ...outer, scope: { ...outer.scope, declares } } : outer;
  for (const node of body) {
    if (node.type === 'FunctionDeclaration') declareFunction(place, node as FunctionDeclaration);
  }
  inOrder(place, body, 0);
}

function inOrder(place: Place, body: readonly Statement[], from: number): void {
  const before = exited(place);
  for (let k = from; k < body.length; k++) {
    lowerStatement(place, body[k]);
    const now = exited(place);
    if (now.kind === 'const' && now.value) return;
    if (now !== before && k + 1 < body.length) return unlessExited(place, body[k], (p) => inOrder(p, body, k + 1));
  }
}

function declareFunction(place: Place, node: FunctionDeclaration): void {
  place.scope.names.set(node.id.name, { kind: 'closure', name: node.id.name, node, scope: place.scope, source: place.source });
}

/** `var` names exist in the whole function, and belong to its scope. */
export function hoist(place: Place, names: readonly string[]): void {
  for (const name of names) {
    if (place.scope.names.has(name)) continue;
    const variable = { name, constant: false };
    place.scope.names.set(name, variable);
    place.state.set(variable, { kind: 'undefined' });
  }
}

/** `let`, `const` and `var` with their initial values; `var` names exist already. */
export function declareVariable(place: Place, kind: VariableDeclaration['kind'], id: Pattern, init: Expression | null | undefined): void {
  if (kind !== 'var') declare(place, place.scope, id, init ? expression(place, init) : { kind: 'undefined' }, kind === 'const');
  else if (init) assignTo(place, id, expression(place, init));
}
