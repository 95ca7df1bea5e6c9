/** What the turns of a parallel loop add up in variables from outside. */
import type { AnyNode, AssignmentExpression, ForOfStatement, Node } from 'acorn';
import type { Operand } from './infer.ts';
import { boundIn } from './names.ts';
import { operandAt } from './operands.ts';
import { reject, type Place } from './place.ts';
import { walk } from './source.ts';
import type { Variable } from './state.ts';
import { isVariable, lookUp } from './terms.ts';

export type Combine = 'add' | 'mul' | 'min' | 'max';

/** A variable from outside that turns add to. */
export interface Reduction {
  readonly variable: Variable;
  readonly combine: Combine;
  readonly before: Operand;
}

/** Variables from outside that the loop assigns, all in one way each; it cannot read them otherwise. */
export function reductionsOf(place: Place, node: ForOfStatement): Reduction[] {
  const found = new Map<Variable, Reduction>();
  /** Where a variable stands because it is reduced into. */
  const own = new Set<Node>();
  const note = (at: Node, target: Node, combine: Combine | undefined): void => {
    for (const variable of outsideVariables(place, target)) {
      const before = found.get(variable);
      if (!combine || (before && before.combine !== combine)) {
        reject(place, at, `'${nameOf(target)}' is declared outside the parallel loop and cannot be set by its turns`, 'reduce into it in one way: s += x, s -= x, s *= x, s = Math.min(s, x) or s = Math.max(s, x)');
      }
      found.set(variable, { variable, combine: combine!, before: operandAt(place, at, place.state.get(variable)!) });
    }
    own.add(baseOf(target));
  };
  outsideNames(node.body, (e) => {
    if (e.type === 'AssignmentExpression' && isTarget(e.left)) {
      const same = sameAs(e);
      note(e, e.left, combineOf(e));
      if (same) own.add(baseOf(same));
    }
    if (e.type === 'UpdateExpression') note(e, e.argument, 'add');
  }, (e) => nameOf((e as AnyNode & { left?: Node; argument?: Node }).left ?? (e as { argument?: Node }).argument ?? e));
  outsideNames(node.body, (e) => {
    if (e.type !== 'Identifier' || own.has(e)) return;
    const reduced = outsideVariables(place, e).some((v) => found.has(v));
    if (reduced) reject(place, e, `'${e.name}' is reduced by this parallel loop and has no value before its end`, 'its turns run at the same time: read it after the loop, or declare it inside');
  }, nameOf);
  return [...found.values()];
}

/** Visits a tree, but not the nodes whose name is declared inside. */
function outsideNames(root: Node, visit: (e: AnyNode) => void, name: (e: Node) => string): void {
  const below = (node: Node, hidden: ReadonlySet<string>): void => {
    const bound = boundIn(node);
    const inner = bound.length > 0 ? new Set([...hidden, ...bound]) : hidden;
    if (!inner.has(name(node))) visit(node as AnyNode);
    const e = node as AnyNode;
    walk(node, (child) => {
      if (child === node) return true;
      const isName = (e.type === 'MemberExpression' && !e.computed && child === e.property) || (e.type === 'Property' && child === e.key && !e.computed);
      if (!isName) below(child, inner);
      return false;
    });
  };
  below(root, new Set());
}

const isTarget = (node: Node): boolean => node.type === 'Identifier' || node.type === 'MemberExpression';

/** The name at the left of `s`, `s[i]`, `s[i][j]`. */
function baseOf(node: Node): Node {
  const e = node as AnyNode;
  return e.type === 'MemberExpression' ? baseOf(e.object) : node;
}
const nameOf = (node: Node): string => {
  const base = baseOf(node) as AnyNode;
  return base.type === 'Identifier' ? base.name : '';
};

/** Numbers outside, and the elements of local arrays outside. Array parameters are none: they are stored to. */
function outsideVariables(place: Place, target: Node): Variable[] {
  const found = lookUp(place.scope, nameOf(target));
  if (!found || !isVariable(found)) return [];
  const term = place.state.get(found);
  if (term?.kind === 'cells') return [...term.items];
  return term?.kind === 'value' || term?.kind === 'weak' ? [found] : [];
}

const operators: Readonly<Record<string, Combine>> = { '+=': 'add', '-=': 'add', '*=': 'mul' };

/** `s += x`, `s = s + x`, `s = Math.min(s, x)`. */
function combineOf(node: AssignmentExpression): Combine | undefined {
  const { operator, right } = node;
  if (operator !== '=') return Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  const e = right as AnyNode;
  const same = sameAs(node);
  if (!same) return undefined;
  if (e.type === 'BinaryExpression') {
    return e.operator === '-' ? (same === e.left ? 'add' : undefined) : e.operator === '+' ? 'add' : e.operator === '*' ? 'mul' : undefined;
  }
  if (e.type === 'CallExpression' && e.callee.type === 'MemberExpression' && e.callee.property.type === 'Identifier') {
    const { name } = e.callee.property;
    return name === 'min' || name === 'max' ? name : undefined;
  }
  return undefined;
}

/** The operand of the right side that is the left side. */
function sameAs({ operator, left, right }: AssignmentExpression): Node | undefined {
  if (operator !== '=') return undefined;
  const e = right as AnyNode;
  const operands: readonly Node[] = e.type === 'BinaryExpression' ? [e.left, e.right] : e.type === 'CallExpression' ? e.arguments : [];
  return operands.find((o) => textOf(o) === textOf(left));
}

/** Equal for equal names and elements. */
const textOf = (node: Node): string =>
  JSON.stringify(node, (key, value: unknown) => (key === 'start' || key === 'end' || key === 'loc' || key === 'optional' ? undefined : value));
