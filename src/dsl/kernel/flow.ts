/**
 * Control flow as values: both sides of a conditional are lowered, each in a fork of the state, and what they changed is
 * chosen by the condition. What jumps leave out is guarded by flags.
 */
import type { Node } from 'acorn';
import { isFloat } from '../dtype.ts';
import { choose, strongly, weakly, type Operand } from './infer.ts';
import type { Value } from './ir.ts';
import { operandOf, itemsOf } from './operands.ts';
import { reject, siteAt, type FunctionFrame, type LoopFrame, type Place } from './place.ts';
import type { State, Variable } from './state.ts';
import type { Term } from './terms.ts';

/** Lowers `yes` for the points where `cond` holds and `no` for the others. */
export function conditional(place: Place, node: Node, cond: Value, yes: (p: Place) => void, no?: (p: Place) => void): void {
  const { builder } = place.session;
  if (cond.kind === 'const') {
    if (cond.value) yes(place);
    else no?.(place);
    return;
  }
  const arm = (when: Value): Place => ({ ...place, state: place.state.fork(), path: builder.op('and', [place.path, when]) });
  const [first, second] = [arm(cond), arm(builder.op('not', [cond]))];
  yes(first);
  no?.(second);
  merge(place, node, cond, first.state, second.state);
}

/** What either side changed becomes a choice. What a side that has returned leaves behind does not matter. */
function merge(place: Place, node: Node, cond: Value, yes: State, no: State): void {
  const { state, frame } = place;
  const stays = holds(yes, frame.returned) ? no : holds(no, frame.returned) ? yes : undefined;
  for (const v of new Set([...yes.changed, ...no.changed])) {
    const ownsResult = v === frame.returned || v === frame.result || frame.items?.includes(v);
    const mattersYet = ownsResult || isOutside(frame, v);
    const known = state.get(v) !== undefined;
    if (stays && !mattersYet) {
      const term = stays.get(v);
      if (term && (known || stays.changed.includes(v))) state.set(v, term);
    } else if (known) { // else it was made inside
      const [a, b] = [yes.get(v)!, no.get(v)!];
      if (a === b) state.set(v, a);
      else if (ownsResult) state.set(v, chooseTerm(place, node, cond, a, b));
      else state.set(v, chooseValue(place, node, cond, settled(yes, a), settled(no, b)));
    }
  }
}

/** A variable around the function, which its caller sees after a return as well. */
export const isOutside = (frame: FunctionFrame, v: Variable): boolean => frame.outside?.get(v) !== undefined;

/** A term without the variables of a state that ends: a local array is the list of its elements as they are there. */
export function settled(state: State, term: Term): Term {
  const all = (items: readonly Term[]): Term => ({ kind: 'list', items: items.map((t) => settled(state, t)) });
  if (term.kind === 'list') return all(term.items);
  return term.kind === 'cells' ? all(term.items.map((v) => state.get(v) ?? { kind: 'undefined' })) : term;
}

/** `chooseTerm` of the values of variables: one that was never set is NaN, as in JavaScript's arithmetic; among integers 0. */
export function chooseValue(place: Place, node: Node, cond: Value, yes: Term, no: Term): Term {
  const set = (term: Term, other: Term): Term => {
    if (term.kind !== 'undefined') return term;
    if (other.kind === 'weak') return weakly(NaN);
    if (other.kind !== 'value') return term;
    const { dtype } = other.value;
    return strongly(place.session.builder.constant(isFloat(dtype) ? NaN : 0, dtype));
  };
  return chooseTerm(place, node, cond, set(yes, no), set(no, yes));
}

export const isFunctionTerm = ({ kind }: Term): boolean => kind === 'callable' || kind === 'closure' || kind === 'helper';

/** `cond ? yes : no` of any terms; a side that was never given a value leaves the choice to the other. */
export function chooseTerm(place: Place, node: Node, cond: Value, yes: Term, no: Term): Term {
  if (cond.kind === 'const') return cond.value ? yes : no;
  if (yes === no || no.kind === 'undefined') return yes;
  if (yes.kind === 'undefined') return no;
  if ([yes, no].some(isFunctionTerm)) {
    return reject(place, node, 'functions cannot be chosen while the kernel runs', 'call them where they are chosen: c ? f(x) : g(x)');
  }
  const [some, others] = [itemsOf(place, yes), itemsOf(place, no)];
  if (some && others && some.length === others.length) {
    return { kind: 'list', items: some.map((y, k) => chooseTerm(place, node, cond, y, others[k])) };
  }
  if (some && others) return reject(place, node, `a choice between arrays of ${some.length} and ${others.length} elements`, 'make them equally long');
  if ([yes, no].some(({ kind }) => kind === 'array' || kind === 'row')) {
    return reject(place, node, 'arrays cannot be chosen while the kernel runs', 'choose between elements: c ? x[i] : y[i]');
  }
  if (some || others) return reject(place, node, 'a choice between an array and a number', 'make both sides numbers, or arrays of one length');
  const site = siteAt(place, node);
  return choose(site, cond, operandOf(site, yes), operandOf(site, no));
}

// ---- jumps ----

export const flag = (place: Place, on: boolean): Operand => strongly(place.session.builder.constant(on ? 1 : 0, 'bool'));

const flagIn = (state: State, v: Variable): Value | undefined => {
  const term = state.get(v);
  return term?.kind === 'value' ? term.value : undefined;
};

const holds = (state: State, v: Variable): boolean => {
  const value = flagIn(state, v);
  return value?.kind === 'const' && value.value !== 0;
};

/** Which points have left: the function, the loop, or this turn. */
export function exited(place: Place, of: { turn: boolean } = { turn: true }): Value {
  const { builder } = place.session;
  const flags = [place.frame.returned, ...(place.loop ? [place.loop.broken, ...(of.turn ? [place.loop.continued] : [])] : [])];
  return flags.map((v) => flagIn(place.state, v)).reduce<Value>((all, v) => (v ? builder.op('or', [all, v]) : all), builder.constant(0, 'bool'));
}

/** Lowers what comes after a jump, for the points that did not take it. */
export function unlessExited(place: Place, node: Node, rest: (p: Place) => void, of?: { turn: boolean }): void {
  const { builder } = place.session;
  const gone = exited(place, of);
  // Where all that left have returned, nobody will see what the others do to the variables.
  const returned = flagIn(place.state, place.frame.returned);
  if (gone.kind === 'const' || gone !== returned) return conditional(place, node, builder.op('not', [gone]), rest);
  const stay = builder.op('not', [gone]);
  const state = place.state.fork();
  const before = place.state.fork();
  before.set(place.frame.returned, flag(place, true));
  rest({ ...place, state, path: builder.op('and', [place.path, stay]) });
  merge(place, node, stay, state, before);
}

/** Of a call that begins: nothing is returned yet. */
export function openFrame(place: Pick<Place, 'state' | 'session'>, outside?: State): FunctionFrame {
  const frame: FunctionFrame = { outside, returned: hidden('returned'), result: hidden('result'), items: undefined, empty: undefined };
  place.state.set(frame.returned, flag(place as Place, false));
  place.state.set(frame.result, { kind: 'undefined' });
  return frame;
}

export function openLoop(place: Place, label: string | undefined): LoopFrame {
  const frame: LoopFrame = { label, broken: hidden('broken'), continued: hidden('continued'), outer: place.loop };
  place.state.set(frame.broken, flag(place, false));
  place.state.set(frame.continued, flag(place, false));
  return frame;
}

export const hidden = (name: string): Variable => ({ name: `(${name})`, constant: false });
