/** From terms to what operators take. */
import type { Node } from 'acorn';
import { strongly, weakly, type Operand, type Site } from './infer.ts';
import type { Value } from './ir.ts';
import { siteAt, subscripts, type Place, type Session } from './place.ts';
import type { ArrayTerm, Term } from './terms.ts';

/** A number or bool, or an error that says what the term is instead. */
export function operandOf(site: Site, term: Term): Operand {
  switch (term.kind) {
    case 'weak':
    case 'value': return term;
    case 'array': return site.fail(`'${term.name}' is an array: read an element of it`, term.access === 'whole'
      ? `index it: ${term.name}${subscripts(term.rank)}`
      : `${term.name}(0) is the current one, ${term.name}(-1) the one before; one index per axis`);
    case 'row': return site.fail(`'${term.array.name}' has ${term.array.rank} axes, ${term.index.length} of them indexed`,
      `index them all: ${term.array.name}${subscripts(term.array.rank)}`);
    case 'shape': return site.fail('a shape is a list of sizes', `index it: ${term.array.name}.shape[0]`);
    case 'cells':
    case 'list': return site.fail('an array cannot be used as a number', 'index it: W[0]');
    case 'record': return site.fail('an object cannot be used as a number', 'name one of its fields: options.scale');
    case 'callable':
    case 'closure':
    case 'helper': return site.fail(`'${term.name}' is a function`, `call it: ${term.name}(...)`);
    case 'namespace': return site.fail(`'${term.name}' is not a number`, 'name one of its members: Math.PI');
    case 'undefined': return site.fail('undefined is not a number', 'give a value, e.g. 0 or NaN');
    case 'unusable': return site.fail(`the constant '${term.name}' cannot be used in a kernel: ${term.problem}`, 'constants are numbers, bools, functions, and arrays or plain objects of them');
    default: return term satisfies never;
  }
}

export const operandAt = (place: Place, node: Node, term: Term): Operand => operandOf(siteAt(place, node), term);

/** The elements of a list, of a local array as they are now, or of a shape. */
export function itemsOf(place: Place, term: Term): readonly Term[] | undefined {
  switch (term.kind) {
    case 'list': return term.items;
    case 'cells': return term.items.map((v) => place.state.get(v) ?? weakly(0));
    case 'shape': return Array.from({ length: term.array.rank - term.from }, (_, k) => sizeOf(place.session, term.array, term.from + k));
    default: return undefined;
  }
}

export const sizeOf = ({ builder }: Session, { of, array }: ArrayTerm, axis: number): Operand =>
  strongly(builder.size(of, array, axis));

/** What a read gives: narrow integers compute as int32, as numbers do in JavaScript. */
export const widened = ({ builder }: Session, value: Value): Operand =>
  strongly(narrow.has(value.dtype) ? builder.cast(value, 'int32') : value);
const narrow: ReadonlySet<string> = new Set(['int8', 'uint8', 'int16', 'uint16']);
