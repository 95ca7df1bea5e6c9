/** Assignments: to variables, elements of local arrays, elements of outputs, and patterns of these. */
import type { AnyNode, AssignmentExpression, Identifier, MemberExpression, Node, Pattern, UpdateExpression } from 'acorn';
import { accessOf, elementAt, indexed, outside, store, wholeIndex } from './arrays.ts';
import { expression, memberOf, operand, wholeNumber } from './expressions.ts';
import { bits, strongly, truth, valueAs, weakly, type Operand } from './infer.ts';
import { itemsOf, operandAt } from './operands.ts';
import { binaryOperators } from './operators.ts';
import { chooseTerm, conditional } from './flow.ts';
import { count, reject, siteAt, subscripts, type Place } from './place.ts';
import { isVariable, lookUp, type Scope, type Term } from './terms.ts';
import { unsupported } from './unsupported.ts';
import type { Variable } from './state.ts';

/** `=`, `+=` and their like, `&&=` and `||=`. */
export function assign(place: Place, node: AssignmentExpression): Term {
  const { left, operator } = node;
  if (operator === '=') {
    const target = left.type === 'MemberExpression' ? targetOf(place, left) : undefined;
    const value = expression(place, node.right);
    if (target) target.write(place, value);
    else assignTo(place, left, value);
    return value;
  }
  if (left.type !== 'Identifier' && left.type !== 'MemberExpression') return reject(place, left, ...unsupported(left));
  const target = targetOf(place, left);
  if (operator === '&&=' || operator === '||=') {
    const cond = truth(siteAt(place, left), target.read());
    const set = (p: Place): void => target.write(p, expression(p, node.right));
    if (operator === '&&=') conditional(place, node, cond, set);
    else conditional(place, node, cond, () => {}, set);
    return target.read();
  }
  const combine = binaryOperators[operator.slice(0, -1)] ?? reject(place, node, ...unsupported(node));
  const value = combine(siteAt(place, node), target.read(), operand(place, node.right));
  target.write(place, value);
  return value;
}

/** `++x`, `x--`. */
export function update(place: Place, node: UpdateExpression): Term {
  const target = targetOf(place, node.argument as Identifier | MemberExpression);
  const before = target.read();
  const after = binaryOperators[node.operator[0]](siteAt(place, node), before, weakly(1));
  target.write(place, after);
  return node.prefix ? after : before;
}

export function assignTo(place: Place, target: Pattern, value: Term): void {
  switch (target.type) {
    case 'Identifier': return setVariable(place, target, value);
    case 'MemberExpression': return targetOf(place, target).write(place, value);
    default: destructure(place, target, value, (p, term) => assignTo(place, p, term));
  }
}

/** What stands at the left of an assignment. Its indices are computed once: `a[i++] += x` counts once. */
interface Target {
  read(): Operand;
  write(place: Place, value: Term): void;
}

function targetOf(place: Place, node: Identifier | MemberExpression): Target {
  if (node.type === 'Identifier') return { read: () => operand(place, node), write: (p, value) => setVariable(p, node, value) };
  const { object, rows } = objectOf(place, node.object);
  if (!node.computed) return reject(place, node, 'properties cannot be assigned', 'assign variables and elements of arrays');
  const index = wholeIndex(place, node.property);
  return {
    read: () => operandAt(place, node, elementAt(place, node, object, index)),
    write: (p, value) => (rows ? setInRows(p, node, rows, index, value) : setElement(p, node, object, index, value)),
  };
}

/** Rows of a local array of arrays, one of which is meant. */
interface Rows {
  readonly all: readonly Cells[];
  readonly index: Operand;
}
type Cells = Extract<Term, { kind: 'cells' }>;

/** The array in `array[i]`; where it is a row of a local array that only a run can tell, all of them. */
function objectOf(place: Place, node: Node): { readonly object: Term; readonly rows?: Rows } {
  const e = node as AnyNode;
  if (e.type !== 'MemberExpression' || !e.computed) return { object: expression(place, node) };
  const base = expression(place, e.object);
  const index = wholeIndex(place, e.property);
  const object = elementAt(place, e, base, index);
  const all = base.kind === 'cells' && wholeNumber(index) === undefined ? itemsOf(place, base)! : [];
  return all.length > 0 && all.every((t) => t.kind === 'cells') ? { object, rows: { all, index } } : { object };
}

function setInRows(place: Place, node: MemberExpression, { all, index }: Rows, column: Operand, value: Term): void {
  const at = bits(siteAt(place, node), index, 'int32');
  const { builder } = place.session;
  all.forEach((row, k) => {
    const here = builder.op('eq', [at, builder.constant(k, 'int32')]);
    conditional(place, node, here, (p) => setCell(p, node, row, column, value));
  });
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

function setElement(place: Place, node: MemberExpression, object: Term, at: Operand, value: Term): void {
  switch (object.kind) {
    case 'array': case 'row': {
      const { array } = accessOf(object);
      const { name, of, rank } = array;
      if (of === 'input') return reject(place, node, `'${name}' is an input and cannot be written`, 'return the value, or store it into an output parameter');
      const index = indexed(place, node, object, at);
      if (index.length < rank) return reject(place, node, `'${name}' has ${rank} axes, ${index.length} of them indexed`, `index them all: ${name}${subscripts(rank)}`);
      return store(place, node, array, index, operandAt(place, node, value));
    }
    case 'cells': return setCell(place, node, object, at, value);
    case 'list': return reject(place, node, 'this array cannot be written: it is a constant, or a choice between arrays', 'copy its elements into a local array');
    default: return reject(place, node.object, 'only arrays have elements', 'assign the variable itself');
  }
}

/** With an index that is known at run time only, every element is chosen anew. An index beyond the ends sets nothing. */
function setCell(place: Place, node: MemberExpression, { items, dtype }: Cells, index: Operand, value: Term): void {
  const site = siteAt(place, node);
  const made: Term = dtype ? strongly(valueAs(site, operandAt(place, node, value), dtype)) : value;
  const known = wholeNumber(index);
  if (known !== undefined) {
    const v = items[known] ?? outside(place, node, known, items.length);
    return place.state.set(v, made);
  }
  const at = bits(site, index, 'int32');
  items.forEach((v, k) => {
    const here = site.builder.op('eq', [at, site.builder.constant(k, 'int32')]);
    place.state.set(v, chooseTerm(place, node, here, made, place.state.get(v)!));
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

