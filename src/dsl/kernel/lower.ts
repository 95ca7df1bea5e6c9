/**
 * From the syntax tree of a kernel to values of a `Builder`. Statements, expressions, loops and calls have a file each; here
 * is where a kernel begins and ends.
 */
import { openFrame } from './flow.ts';
import { lowerCall } from './functions.ts';
import { valueOf } from './infer.ts';
import type { Effect, Value } from './ir.ts';
import { itemsOf, operandOf } from './operands.ts';
import { siteAt, type Place, type Session } from './place.ts';
import type { Syntax } from './source.ts';
import { State } from './state.ts';
import { scopeIn, type Scope, type Term } from './terms.ts';

export interface LoweredBody {
  readonly results: readonly Value[];
  readonly effects: readonly Effect[];
}

/** Where a kernel begins: nothing is known but what `outer` names. */
export function startPlace(session: Session, { source }: Syntax, outer: Scope): Place {
  const state = new State();
  const frame = openFrame({ state, session });
  const path = session.builder.constant(1, 'bool');
  return { session, source, scope: scopeIn(outer), state, frame, loop: undefined, path, effects: [], depth: 0 };
}

/** Lowers a function with its parameters bound to terms. */
export function lowerBody(session: Session, syntax: Syntax, args: readonly Term[], outer: Scope): LoweredBody {
  const place = startPlace(session, syntax, outer);
  const term = lowerCall(place, { name: syntax.source.name, ...syntax, scope: outer }, args);
  return { results: resultsOf(place, syntax, term), effects: place.effects };
}

/** The values a kernel returns: one, or those of a list; none when it only stores. */
function resultsOf(place: Place, { body }: Syntax, term: Term): Value[] {
  const site = siteAt(place, body);
  if (term.kind === 'undefined') {
    if (place.session.outputs.length > 0) return [];
    return site.fail('the kernel does not return a value', 'end it with return, e.g. return x * 2');
  }
  const items = itemsOf(place, term) ?? [term];
  if (items.length === 0) site.fail('the kernel returns an empty array', 'return a number, or [a, b] for several results');
  return items.map((item) => valueOf(site, itemsOf(place, item)
    ? site.fail('the kernel returns an array of arrays', 'return [a, b]: numbers only') : operandOf(site, item)));
}
