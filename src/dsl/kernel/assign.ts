/** Assignments: to variables, elements of local arrays, elements of outputs, and patterns of these. */
import type { AssignmentExpression, Identifier, MemberExpression, Node, Pattern, UpdateExpression } from 'acorn';
import { indexed, outside, store, wholeIndex } from './arrays.ts';
import { expression, memberOf, operand, wholeNumber } from './expressions.ts';
import { bits, choose, strongly, truth, valueAs, weakly, type Operand } from './infer.ts';
import { itemsOf, operandAt } from './operands.ts';
import { binaryOperators } from './operators.ts';
import { conditional } from './flow.ts';
import { count, reject, siteAt, subscripts, type Place } from './place.ts';
import { isVariable, lookUp, type Scope, type Term } from './terms.ts';
import { unsupported } from './unsupported.ts';
import type { Variable } from './state.ts';

/** `=`, `+=` and their like, `&&=` and `||=`. */
export function assign(place: Place, node: AssignmentExpression): Term {
  const { left, operator } = node;
  if (operator === '=') {
    const value = expression(place, node.right);
    assignTo(place, left, value);
    return value;
  }
  if (left.type !== 'Identifier' && left.type !== 'MemberExpression') return reject(place, left, ...unsupported(left));
  if (operator === '&&=' || operator === '||=') {
    const now = operand(place, left);
    const cond = truth(siteAt(place, left), now);
    const set = (p: Place): void => assignTo(p, left, expression(p, node.right));
    if (operator === '&&=') conditional(place, node, cond, set);
    else conditional(place, node, cond, () => {}, set);
    return expression(place, left);
  }
  const combine = binaryOperators[operator.slice(0, -1)] ?? reject(place, node, ...unsupported(node));
  const value = combine(siteAt(place, node), operand(place, left), operand(place, node.right));
  assignTo(place, left, value);
  return value;
}

/** `++x`, `x--`. */
export function update(place: Place, node: UpdateExpression): Term {
  const before = operand(place, node.argument);
  const after = binaryOperators[node.operator[0]](siteAt(place, node), before, weakly(1));
  assignTo(place, node.argument as Identifier | MemberExpression, after);
  return node.prefix ? after : before;
}

export function assignTo(place: Place, target: Pattern, value: Term): void {
  switch (target.type) {
    case 'Identifier': return setVariable(place, target, value);
    case 'MemberExpression': return setElement(place, target, value);
    default: destructure(place, target, value, (p, term) => assignTo(place, p, term));
  }
}

function setVariable(place: Place, node: Identifier, value: Term): void {
  const found = lookUp(place.scope, node.name) ?? reject(place, node, `unknown variable '${node.name}'`, `declare it: let ${node.name} = ...`);
  if (!isVariable(found)) reject(place, node, `'${node.name}' cannot be assigned: it comes from outside`, `copy it first: let y = ${node.name}`);
  else if (found.constant) reject(place, node, `'${node.name}' is a const`, `declare it with let: let ${node.name} = ...`);
  else {
    const old = place.state.get(found);
    const same = old?.kind === 'array' && value.kind === 'array' && old.of === value.of && old.array === value.array;
    if (old?.kind === 'array' && !same) reject(place, node, `'${node.name}' is an array parameter and stays what it is`, 'assign its elements, or use another variable');
    place.state.set(found, nameFunction(value, node.name));
  }
}

function setElement(place: Place, node: MemberExpression, value: Term): void {
  const object = expression(place, node.object);
  if (!node.computed) return reject(place, node, 'properties cannot be assigned', 'assign variables and elements of arrays');
  const single = operandAt(place, node, value);
  switch (object.kind) {
    case 'array': case 'row': {
      const { name, of, rank } = object.kind === 'row' ? object.array : object;
      if (of === 'input') return reject(place, node, `'${name}' is an input and cannot be written`, 'return the value, or store it into an output parameter');
      const index = indexed(place, node, object);
      if (index.length < rank) return reject(place, node, `'${name}' has ${rank} axes, ${index.length} of them indexed`, `index them all: ${name}${subscripts(rank)}`);
      return store(place, node, object.kind === 'row' ? object.array : object, index, single);
    }
    case 'cells': return setCell(place, node, object, single);
    case 'list': return reject(place, node, 'this array cannot be written: it is a constant, or a choice between arrays', 'copy its elements into a local array');
    default: return reject(place, node.object, 'only arrays have elements', 'assign the variable itself');
  }
}

/** With an index that is known at run time only, every element is chosen anew. An index beyond the ends sets nothing. */
function setCell(place: Place, node: MemberExpression, { items, dtype }: Extract<Term, { kind: 'cells' }>, value: Operand): void {
  const site = siteAt(place, node);
  const made = dtype ? strongly(valueAs(site, value, dtype)) : value;
  const index = wholeIndex(place, node.property);
  const known = wholeNumber(index);
  if (known !== undefined) {
    const v = items[known] ?? outside(place, node, known, items.length);
    return place.state.set(v, made);
  }
  const at = bits(site, index, 'int32');
  items.forEach((v, k) => {
    const here = site.builder.op('eq', [at, site.builder.constant(k, 'int32')]);
    place.state.set(v, choose(site, here, made, operandAt(place, node, place.state.get(v)!)));
  });
}

/** Names what a declaration's pattern binds, in a scope of its own variables. */
export function declare(place: Place, scope: Scope, pattern: Pattern, term: Term, constant: boolean): void {
  if (pattern.type !== 'Identifier') return destructure(place, pattern, term, (p, part) => declare(place, scope, p, part, constant));
  const hoisted = scope.names.get(pattern.name);
  const variable: Variable = hoisted && isVariable(hoisted) ? hoisted : { name: pattern.name, constant };
  scope.names.set(pattern.name, variable);
  place.state.set(variable, nameFunction(term, pattern.name));
}

const nameFunction = (term: Term, name: string): Term => (term.kind === 'closure' ? { ...term, name } : term);

/** `[a, b] = ...`, `{ a, b: c } = ...`, with default values for what is missing. */
function destructure(place: Place, pattern: Pattern, term: Term, bind: (p: Pattern, term: Term) => void): void {
  switch (pattern.type) {
    case 'ArrayPattern': {
      if (term.kind === 'array') return reject(place, pattern, `'${term.name}' is an array parameter and cannot be taken apart`, 'read its elements by their indices');
      const items = itemsOf(place, term) ?? reject(place, pattern, 'only arrays can be destructured with []', 'const [a, b] = [x, y]');
      const parts = [...items];
      pattern.elements.forEach((p, k) => p && bindOr(place, p, parts[k], `the array has ${count(parts.length, 'element', 'elements')}`, bind));
      return;
    }
    case 'ObjectPattern':
      for (const p of pattern.properties) {
        if (p.type !== 'Property' || p.computed || p.key.type !== 'Identifier') reject(place, p, 'only plain names can be destructured', 'const { a, b } = options');
        else if (p.value.type === 'AssignmentPattern') {
          const field = term.kind === 'record' ? term.fields.get(p.key.name) : undefined;
          bindOr(place, p.value, field, '', bind);
        } else bind(p.value, memberOf(place, p.key, term, p.key.name));
      }
      return;
    default: reject(place, pattern, ...unsupported(pattern));
  }
}

function bindOr(place: Place, p: Pattern, term: Term | undefined, problem: string, bind: (p: Pattern, term: Term) => void): void {
  if (p.type === 'AssignmentPattern') bind(p.left, term && term.kind !== 'undefined' ? term : expression(place, p.right));
  else bind(p, term ?? reject(place, p as Node, problem, 'give a default value: [a, b = 0]'));
}

