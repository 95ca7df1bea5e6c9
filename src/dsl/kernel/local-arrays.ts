/** Small arrays inside a kernel: every element is a variable of its own. */
import type { CallExpression, NewExpression, Node } from 'acorn';
import type { DType } from '../dtype.ts';
import { hidden } from './flow.ts';
import { operand, wholeNumber } from './expressions.ts';
import { strongly, valueAs, weakly } from './infer.ts';
import { operandAt } from './operands.ts';
import { reject, siteAt, type Place } from './place.ts';
import type { Term } from './terms.ts';

/** Registers are few: a kernel that needs more keeps its data in an array argument. */
const MOST_ELEMENTS = 256;

/** A new array of these elements. */
export function localArray(place: Place, node: Node, items: readonly Term[], dtype?: DType): Term & { kind: 'cells' } {
  if (items.length > MOST_ELEMENTS) {
    return reject(place, node, `a local array of ${items.length} elements is too large: ${MOST_ELEMENTS} at most`, 'pass it in as an array argument');
  }
  const cells = items.map((_, k) => hidden(`element ${k}`));
  const made = (item: Term): Term => (dtype ? strongly(valueAs(siteAt(place, node), operandAt(place, node, item), dtype)) : item);
  cells.forEach((v, k) => place.state.set(v, made(items[k])));
  return { kind: 'cells', items: cells, ...(dtype && { dtype }) };
}

/** `a.fill(value)`. */
export function fill(place: Place, node: CallExpression, cells: Term & { kind: 'cells' }): Term {
  const [given, ...more] = node.arguments;
  if (!given || more.length > 0) return reject(place, node, 'fill takes one argument here', 'a.fill(0) sets all elements');
  const value = operand(place, given);
  const made = cells.dtype ? strongly(valueAs(siteAt(place, node), value, cells.dtype)) : value;
  for (const v of cells.items) place.state.set(v, made);
  return cells;
}

type Maker = (place: Place, node: CallExpression | NewExpression) => Term;

/** `new Array(n)`, `new Float32Array(n)`, `new Float32Array([a, b])`: zeros where nothing is given. */
const maker = (dtype: DType | undefined): Maker => (place, node) => {
  const [first, ...more] = node.arguments;
  if (first?.type === 'ArrayExpression' && more.length === 0) {
    return localArray(place, node, first.elements.map((e) => (e ? operand(place, e) : reject(place, node, 'the array has a hole', 'give every element'))), dtype);
  }
  const length = first && more.length === 0 ? wholeNumber(operand(place, first)) : undefined;
  if (length === undefined || length < 0) {
    return reject(place, node, 'the length of a local array must be known when the kernel is built', 'a literal or one of the constants: new Array(3).fill(0)');
  }
  if (length > MOST_ELEMENTS) localArray(place, node, { length } as never);
  return localArray(place, node, new Array<Term>(length).fill(weakly(0)), dtype);
};

export const typedArrays: Readonly<Record<string, Maker>> = {
  Array: maker(undefined),
  Float32Array: maker('float32'),
  Float64Array: maker('float64'),
  Int32Array: maker('int32'),
  Uint32Array: maker('uint32'),
};
