/** Loops that are written out: their number of turns is known, and it pays or has to be. */
import type { AnyNode, Node } from 'acorn';
import { effect, named, operand } from './expressions.ts';
import { exited, flag, openLoop, unlessExited } from './flow.ts';
import { knownNumber, truth } from './infer.ts';
import type { LoopSyntax } from './loops.ts';
import { siteAt, type Place } from './place.ts';
import { walk } from './source.ts';
import { statement } from './statements.ts';
import type { Term } from './terms.ts';

/** Beyond this a loop stays a loop. */
const MOST_TURNS = 4096;
/** Statements and expressions of a body, times its turns, that are worth writing out for their own sake. */
const SMALL = 240;

/** Turns of a counting loop whose bounds are known: only the header is looked at. */
export function turnsOf(place: Place, { test, update, body }: LoopSyntax): number | undefined {
  if (!test || !update) return undefined;
  const counters = assignedNames(update);
  const inside = assignedNames(body);
  if (counters.size === 0 || [...counters].some((name) => inside.has(name))) return undefined;
  if (![...counters].every((name) => isKnown(named(place, name)))) return undefined;
  const p: Place = { ...place, state: place.state.fork(), effects: [] };
  for (let turns = 0; turns <= MOST_TURNS; turns++) {
    const goes = knownTest(p, test);
    if (goes === undefined) return undefined;
    if (!goes) return turns;
    effect(p, update);
  }
  return undefined;
}

const isKnown = (term: Term | undefined): boolean => (term?.kind === 'weak' || term?.kind === 'value') && knownNumber(term) !== undefined;

function knownTest(place: Place, test: Node): boolean | undefined {
  // Names that are not known yet make a test that is not known, not an error: the body may declare them.
  const value = truth(siteAt(place, test), operand(place, test));
  return value.kind === 'const' ? value.value !== 0 : undefined;
}

export function isWorthUnrolling(place: Place, { test, update, body }: LoopSyntax, turns: number): boolean {
  if (turns === 0) return true;
  if (indexesWith(place, body, new Set([...assignedNames(update!), ...assignedNames(body), ...declaredNames(body)]))) return true;
  let size = 0, jumps = false, loops = false;
  for (const part of [body, test!, update!]) {
    walk(part, (n) => {
      size++;
      jumps ||= /^(Break|Continue|Return)/.test(n.type);
      loops ||= /^(For|While|DoWhile)/.test(n.type);
      return true;
    });
  }
  return !jumps && !loops && size * turns <= SMALL;
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
      found ||= callee?.kind === 'array' && e.arguments.some(mentions);
      // A function declared inside may index with what it is given.
      found ||= callee?.kind === 'closure' && indexesWith(place, callee.node, new Set([...names, ...paramNames(callee.node)])) && e.arguments.some(mentions);
    }
    if (e.type === 'MemberExpression' && e.computed && e.object.type === 'Identifier' && mentions(e.property)) {
      const object = named(place, e.object.name);
      found ||= object?.kind === 'cells' || object?.kind === 'list' || object?.kind === 'shape';
    }
    return true;
  });
  return found;
}

const paramNames = (f: Node): string[] =>
  (f as unknown as { params: readonly Node[] }).params.flatMap((p) => (p.type === 'Identifier' ? [(p as unknown as { name: string }).name] : []));

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

/** Names that are assigned in a piece of syntax, functions inside it included. */
export function assignedNames(node: Node): Set<string> {
  const names = new Set<string>();
  const target = (n: Node): void => {
    const p = n as AnyNode;
    if (p.type === 'Identifier') names.add(p.name);
    else if (p.type === 'ArrayPattern') p.elements.forEach((e) => e && target(e));
    else if (p.type === 'AssignmentPattern') target(p.left);
  };
  walk(node, (n) => {
    const e = n as AnyNode;
    if (e.type === 'AssignmentExpression') target(e.left);
    if (e.type === 'UpdateExpression') target(e.argument);
    return true;
  });
  return names;
}

function declaredNames(node: Node): Set<string> {
  const names = new Set<string>();
  walk(node, (n) => {
    const e = n as AnyNode;
    if (e.type === 'VariableDeclarator' && e.id.type === 'Identifier') names.add(e.id.name);
    return true;
  });
  return names;
}
