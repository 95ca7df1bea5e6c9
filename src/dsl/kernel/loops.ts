/**
 * Loops. One whose number of turns is known, and whose body needs to know the turn (it indexes neighbours or local arrays
 * with it) or is small, is written out. Any other becomes a `Loop`: what its turns change are its states, and their dtypes
 * grow until a turn gives back what it was given.
 */
import type { DoWhileStatement, ForStatement, Node, Statement, WhileStatement } from 'acorn';
import { isFloat, promote, type DType } from '../dtype.ts';
import { condition, effect } from './expressions.ts';
import { flag, isFunctionTerm, isOutside, openLoop, unlessExited } from './flow.ts';
import { commonDType, strongly, valueAs, weakly, type Operand } from './infer.ts';
import type { Effect, Value } from './ir.ts';
import { assignedNames } from './names.ts';
import { operandAt } from './operands.ts';
import { reject, siteAt, type LoopFrame, type Place } from './place.ts';
import { rotated } from './rotate.ts';
import type { State, Variable } from './state.ts';
import { declareVariable, statement } from './statements.ts';
import { lookUp, scopeIn } from './terms.ts';
import { isWrittenOut, unroll } from './unroll.ts';

export interface LoopSyntax {
  readonly node: Node;
  readonly test: Node | null | undefined;
  readonly update: Node | null | undefined;
  readonly body: Statement;
  /** `do`: the test follows the turn. */
  readonly testLast: boolean;
  readonly label: string | undefined;
}

export function lowerFor(place: Place, node: ForStatement, label?: string): void {
  const { init, test, update, body } = node;
  const inner: Place = { ...place, scope: scopeIn(place.scope) };
  if (init?.type === 'VariableDeclaration') {
    for (const { id, init: value } of init.declarations) declareVariable(inner, init.kind, id, value);
  } else if (init) effect(inner, init);
  const loop: LoopSyntax = { node, test, update, body, testLast: false, label };
  if (isWrittenOut(inner, loop)) unroll(inner, loop);
  else lowerLoop(inner, loop);
}

export function lowerWhile(place: Place, node: WhileStatement | DoWhileStatement, label?: string): void {
  lowerLoop(place, { node, test: node.test, update: undefined, body: node.body, testLast: node.type === 'DoWhileStatement', label });
}

/** Something that turns change. */
interface Carried {
  readonly variable: Variable;
  /** Undefined: it has no value before the loop. */
  readonly dtype: DType | undefined;
  /** Nothing but numbers without a dtype went in, so another dtype may still take over. */
  readonly soft: boolean;
}

type AllCarried = ReadonlyMap<Variable, Carried>;

interface Turn {
  readonly states: readonly Value[];
  readonly test: Value;
  readonly effects: readonly Effect[];
  readonly frame: LoopFrame;
  readonly state: State;
}

/** Rounds of widening: every dtype grows a few times at most. */
const MOST_ROUNDS = 24;

function lowerLoop(place: Place, loop: LoopSyntax): void {
  let carried = new Map<Variable, Carried>();
  for (const name of [loop.body, loop.update, loop.test].flatMap((part) => (part ? [...assignedNames(part)] : []))) {
    const found = lookUp(place.scope, name);
    if (found && 'constant' in found && place.state.get(found)) carry(place, loop, carried, found);
  }
  let testInside = false;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const mark = place.session.reads.length;
    const turn = lowerTurn(place, loop, carried, testInside);
    if (turn === 'test has effects') {
      testInside = true;
      continue;
    }
    const grown = grow(place, loop, carried, turn);
    if (!grown) return close(place, loop, [...carried.values()], turn);
    place.session.reads.length = mark;
    carried = grown;
  }
  reject(place, loop.node, 'the dtypes of this loop do not settle', 'convert what it computes: i32(x), f32(x)');
}

/** The state of a variable before the loop, as something to carry. */
function carry(place: Place, loop: LoopSyntax, into: Map<Variable, Carried>, variable: Variable): void {
  if (into.has(variable)) return;
  const term = place.state.get(variable)!;
  if (term.kind === 'undefined') {
    into.set(variable, { variable, dtype: undefined, soft: true });
    return;
  }
  if (term.kind === 'cells' || term.kind === 'list') {
    reject(place, loop.node, `the loop replaces the local array '${variable.name}'`, 'assign its elements one by one');
  }
  if (isFunctionTerm(term)) reject(place, loop.node, `the loop replaces the function '${variable.name}'`, 'declare it before the loop, once');
  const initial = operandAt(place, loop.node, term);
  if (initial.kind === 'value') into.set(variable, { variable, dtype: initial.value.dtype, soft: false });
  else into.set(variable, { variable, dtype: dtypeOfNumbers(place, initial), soft: true });
}

const dtypeOfNumbers = (place: Place, a: Operand): DType =>
  (a.kind === 'weak' && numbersOf(a.weak).every((n) => Number.isInteger(n) && n >= -(2 ** 31) && n < 2 ** 31) ? 'int32' : place.session.lone);

const numbersOf = (w: Extract<Operand, { kind: 'weak' }>['weak']): number[] => (typeof w === 'number' ? [w] : [...numbersOf(w.yes), ...numbersOf(w.no)]);

function lowerTurn(outer: Place, loop: LoopSyntax, carried: ReadonlyMap<Variable, Carried>, testInside: boolean): Turn | 'test has effects' {
  const { session } = outer;
  const { builder } = session;
  const yes = builder.constant(1, 'bool');
  const known = [...carried.values()].filter((c) => c.dtype !== undefined);
  const state = outer.state.fork();
  const effects: Effect[] = [];
  const base: Place = { ...outer, state, effects, path: yes, scope: scopeIn(outer.scope) };
  const frame = openLoop(base, loop.label);
  const place: Place = { ...base, loop: frame };
  // The flags come last: a loop that is left has at least one state.
  const flags = [frame.broken, outer.frame.returned];
  const states = builder.states([...known.filter((c) => !flags.includes(c.variable)).map((c) => c.dtype!), 'bool', 'bool']);
  known.filter((c) => !flags.includes(c.variable)).forEach((c, k) => state.set(c.variable, strongly(states[k])));
  // Inside a turn nobody has left.
  flags.forEach((v) => state.set(v, flag(place, false)));

  let test = yes;
  const body = (p: Place): void => {
    statement(p, loop.body);
    p.state.set(frame.continued, flag(p, false));
    if (loop.update) unlessExited(p, loop.node, (q) => void effect(q, loop.update!), { turn: false });
  };
  const leaveUnless = (p: Place, node: Node): void => {
    const goes = condition(p, node);
    const gone = builder.op('not', [goes]);
    const before = p.state.get(frame.broken)!;
    p.state.set(frame.broken, strongly(builder.op('or', [gone, before.kind === 'value' ? before.value : gone])));
  };
  if (loop.testLast) {
    body(place);
    unlessExited(place, loop.node, (p) => leaveUnless(p, loop.test!), { turn: false });
  } else if (testInside) {
    leaveUnless(place, loop.test!);
    unlessExited(place, loop.node, body);
  } else {
    const before: Place = { ...place, state: state.fork() };
    if (loop.test) test = condition(before, loop.test);
    if (effects.length > 0 || before.state.changed.some((v) => state.get(v) !== undefined)) return 'test has effects';
    body(place);
  }
  return { states, test, effects, frame, state };
}

/** What has to be carried after all, or with a wider dtype; undefined when a turn gives back what it was given. */
function grow(place: Place, loop: LoopSyntax, carried: AllCarried, turn: Turn): Map<Variable, Carried> | undefined {
  const out = new Map(carried);
  let grown = false;
  const flags = [turn.frame.broken, turn.frame.continued, place.frame.returned];
  for (const v of turn.state.changed) {
    if (flags.includes(v) || place.state.get(v) === undefined) continue;
    if (!out.has(v)) {
      carry(place, loop, out, v);
      grown = true;
    }
    const c = out.get(v)!;
    const next = turn.state.get(v)!;
    if (next.kind === 'undefined') continue;
    const wider = join(place, loop, c, operandAt(place, loop.node, next));
    if (wider.dtype === c.dtype) continue;
    out.set(v, wider);
    grown = true;
  }
  return grown ? out : undefined;
}

function join(place: Place, loop: LoopSyntax, c: Carried, next: Operand): Carried {
  if (c.dtype === undefined) {
    return next.kind === 'value' ? { ...c, dtype: next.value.dtype, soft: false } : { ...c, dtype: dtypeOfNumbers(place, next) };
  }
  if (next.kind === 'weak' && c.soft) {
    const fits = dtypeOfNumbers(place, next) === 'int32' || isFloat(c.dtype);
    return fits ? c : { ...c, dtype: place.session.lone };
  }
  const site = siteAt(place, loop.node);
  const dtype = next.kind === 'value' ? next.value.dtype : commonDType(site, [strongly(site.builder.constant(0, c.dtype)), next]);
  if (dtype === c.dtype) return c.soft ? { ...c, soft: false } : c;
  if (c.soft) {
    const initial = place.state.get(c.variable)!;
    const started: Operand = initial.kind === 'weak' ? initial : weakly(0);
    return { ...c, dtype: commonDType(site, [started, next]), soft: false };
  }
  const mixed = [dtype, c.dtype];
  if (mixed.includes('int32') && mixed.includes('uint32')) {
    return reject(place, loop.node, `'${c.variable.name}' is ${c.dtype} before the loop and ${dtype} after a turn`, 'keep to one: x | 0 gives int32, x >>> 0 gives uint32');
  }
  return { ...c, dtype: promote(dtype, c.dtype) };
}

/** Makes the loop, and the states after it what the variables stand for from here on. */
function close(place: Place, loop: LoopSyntax, carried: readonly Carried[], turn: Turn): void {
  const { session, state, path } = place;
  const { builder } = session;
  const site = siteAt(place, loop.node);
  const no = builder.constant(0, 'bool');
  const { frame } = turn;
  const kept = carried.filter((c) => c.dtype !== undefined && c.variable !== frame.broken && c.variable !== place.frame.returned);
  const flagAfter = (v: Variable): Value => {
    const term = turn.state.get(v);
    return term?.kind === 'value' ? term.value : no;
  };
  const [broken, returned] = [flagAfter(frame.broken), flagAfter(place.frame.returned)];
  const initial = kept.map((c): Value => {
    const term = state.get(c.variable)!;
    return term.kind === 'undefined' ? builder.constant(NaN, c.dtype!) : valueAs(site, operandAt(place, loop.node, term), c.dtype!);
  });
  const next = kept.map((c) => valueAs(site, operandAt(place, loop.node, turn.state.get(c.variable)!), c.dtype!));
  const results = [place.frame.result, ...place.frame.items ?? []];
  const forgotten = kept.map((c) => !results.includes(c.variable) && !isOutside(place.frame, c.variable));
  const { states, test, effects } = turn;
  const made = rotated(builder, { states, initial, next, forgotten, test, broken, returned, path, effects });
  kept.forEach((c, k) => state.set(c.variable, strongly(made.after[k])));
  // Who cannot leave the loop but by returning has returned.
  const endless = turn.test.kind === 'const' && turn.test.value !== 0 && broken === no;
  if (endless && returned === no) reject(place, loop.node, 'this loop never ends', 'leave it with break or return');
  const gone = endless ? builder.constant(1, 'bool') : made.returned;
  if (gone !== no) state.set(place.frame.returned, strongly(builder.op('or', [flagBefore(place), gone])));
  if (turn.effects.length > 0) place.effects.push({ kind: 'loop', loop: made.loop });
}

const flagBefore = (place: Place): Value => {
  const term = place.state.get(place.frame.returned);
  return term?.kind === 'value' ? term.value : place.session.builder.constant(0, 'bool');
};
