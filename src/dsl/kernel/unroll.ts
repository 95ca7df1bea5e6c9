/** Loops that are written out: their number of turns is known, and it pays or has to be. */
import type { AnyNode, Identifier, Node } from 'acorn';
import { condition, effect, named } from './expressions.ts';
import { exited, flag, openLoop, unlessExited } from './flow.ts';
import { knownNumber } from './infer.ts';
import type { LoopSyntax } from './loops.ts';
import { assignedNames, boundIn, declaredNames } from './names.ts';
import { itemsOf } from './operands.ts';
import type { Place } from './place.ts';
import { walk } from './source.ts';
import type { Variable } from './state.ts';
import { statement } from './statements.ts';
import { isVariable, lookUp, type Scope, type Term } from './terms.ts';

/** Beyond this a loop stays a loop. */
const MOST_TURNS = 4096;
/** The same for loops that are left by jumps: their turns lie one in the other. */
const MOST_JUMPING = 512;
/** Statements and expressions of a body, times its turns, that are worth writing out for their own sake. */
const SMALL = 240;

/** Whether a loop is written out. */
export function isWrittenOut(place: Place, { test, update, body }: LoopSyntax): boolean {
  if (!test || !update) return false;
  const counters = assignedNames(update);
  const changed = assignedBy(place, body);
  // What the test asks for is known only as long as the body leaves it alone.
  const asked = [...counters, ...usedNames(test)].map((name) => lookUp(place.scope, name));
  if (counters.size === 0 || asked.some((found) => found && changed.has(found))) return false;
  if (![...counters].every((name) => isKnown(named(place, name)))) return false;
  let size = 0, jumps = false, loops = false;
  for (const part of [body, test, update]) {
    walk(part, (n) => {
      size++;
      jumps ||= /^(Break|Continue|Return)/.test(n.type);
      loops ||= /^(For|While|DoWhile)/.test(n.type);
      return true;
    });
  }
  const tainted = new Set([...counters, ...assignedNames(body), ...declaredNames(body)]);
  if (indexesWith(place, body, tainted)) return turnsOf(place, test, update, jumps ? MOST_JUMPING : MOST_TURNS) !== undefined;
  // The body of a loop without turns is never looked at.
  return turnsOf(place, test, update, jumps || loops ? 0 : Math.floor(SMALL / size)) !== undefined;
}

/** Turns of a counting loop whose bounds are known, if there are no more than `most`: only the header is looked at. */
function turnsOf(place: Place, test: Node, update: Node, most: number): number | undefined {
  const p: Place = { ...place, state: place.state.fork(), effects: [] };
  for (let turns = 0; turns <= most; turns++) {
    const goes = knownTest(p, test);
    if (goes === undefined) return undefined;
    if (!goes) return turns;
    effect(p, update);
  }
  return undefined;
}

/** What a body assigns, or assigns elements of, itself or by calling functions. */
function assignedBy(place: Place, body: Node): ReadonlySet<Variable | Term | undefined> {
  const found = new Set<Variable | Term | undefined>();
  const seen = new Set<Node>();
  const add = (node: Node, scope: Scope): void => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const name of assignedNames(node)) found.add(lookUp(scope, name));
    walk(node, (n) => {
      const e = n as AnyNode;
      const target = e.type === 'AssignmentExpression' ? e.left : e.type === 'UpdateExpression' ? e.argument : undefined;
      const array = target?.type === 'MemberExpression' ? nameOf(target) : undefined;
      if (array !== undefined) found.add(lookUp(scope, array));
      const called = e.type === 'CallExpression' && e.callee.type === 'Identifier' ? lookUp(scope, e.callee.name) : undefined;
      const term = called && (isVariable(called) ? place.state.get(called) : called);
      if (term?.kind === 'closure') add(term.node, term.scope);
      return true;
    });
  };
  add(body, place.scope);
  return found;
}

/** The `a` of `a[i][j]`. */
function nameOf(node: Node): string | undefined {
  const e = node as AnyNode;
  return e.type === 'MemberExpression' ? nameOf(e.object) : e.type === 'Identifier' ? e.name : undefined;
}

function usedNames(node: Node): Set<string> {
  const names = new Set<string>();
  walk(node, (n) => {
    if (n.type === 'Identifier') names.add((n as Identifier).name);
    return true;
  });
  return names;
}

const isKnown = (term: Term | undefined): boolean => (term?.kind === 'weak' || term?.kind === 'value') && knownNumber(term) !== undefined;

function knownTest(place: Place, test: Node): boolean | undefined {
  const value = condition(place, test);
  return value.kind === 'const' ? value.value !== 0 : undefined;
}

/** Whether neighbours, local arrays or tables of constants are indexed with something that changes from turn to turn. */
function indexesWith(place: Place, body: Node, names: ReadonlySet<string>): boolean {
  let found = false;
  const mentions = (n: Node): boolean => {
    let is = false;
    walk(n, (m) => {
      is ||= m.type === 'Identifier' && names.has((m as unknown as { name: string }).name);
      return true;
    });
    return is;
  };
  walk(body, (n) => {
    const e = n as AnyNode;
    if (e.type === 'CallExpression' && e.callee.type === 'Identifier') {
      const callee = named(place, e.callee.name);
      const given = e.arguments.some(mentions);
      found ||= callee?.kind === 'array' && given && !place.session.rolled;
      // A function may index with what it is given.
      if (callee?.kind === 'closure') found ||= given && indexesWith({ ...place, scope: callee.scope }, callee.node, new Set([...names, ...boundIn(callee.node)]));
      if (callee?.kind === 'helper') found ||= given && e.arguments.map((a) => termOf(place, a)).some((t) => isIndexed(t) && !(t?.kind === 'array' && place.session.rolled));
    }
    if (e.type === 'MemberExpression' && e.computed && mentions(e.property)) found ||= isIndexed(termOf(place, e.object)) && !isWhole(termOf(place, e.object));
    return true;
  });
  return found;
}

const isIndexed = (term: Term | undefined): boolean => term !== undefined && /^(array|cells|list|shape)$/.test(term.kind);
/** Elements of whole arrays are read from memory, wherever they are. */
const isWhole = (term: Term | undefined): boolean => term?.kind === 'array' && term.access === 'whole';

/** What `x`, `x.y` and `x[i]` stand for, without computing anything; of an element whose number is not known, any. */
function termOf(place: Place, node: Node): Term | undefined {
  const e = node as AnyNode;
  if (e.type === 'Identifier') return named(place, e.name);
  if (e.type !== 'MemberExpression') return undefined;
  const object = termOf(place, e.object);
  if (object?.kind === 'record' && e.property.type === 'Identifier') return object.fields.get(e.property.name);
  if (object?.kind === 'array' && e.property.type === 'Identifier' && e.property.name === 'shape') return { kind: 'shape', array: object, from: 0 };
  if (!e.computed) return undefined;
  return object?.kind === 'list' || object?.kind === 'cells' ? itemsOf(place, object)?.[0] : undefined;
}

export function unroll(place: Place, { node, test, update, body, label }: LoopSyntax): void {
  const frame = openLoop(place, label);
  const turn = (outer: Place): void => {
    const p: Place = { ...outer, loop: frame };
    if (!knownTest(p, test!)) return;
    p.state.set(frame.continued, flag(p, false));
    statement(p, body);
    p.state.set(frame.continued, flag(p, false));
    const left = exited(p);
    if (left.kind === 'const' && left.value) return;
    if (left.kind !== 'const') {
      unlessExited(p, node, (q) => {
        effect(q, update!);
        turn(q);
      }, { turn: false });
      return;
    }
    effect(p, update!);
    turns.push(p);
  };
  const turns: Place[] = [place];
  while (turns.length > 0) turn(turns.pop()!);
}
