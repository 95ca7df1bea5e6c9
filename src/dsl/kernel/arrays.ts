/** Array parameters: relative reads, `u(-1, 0)`, and elements at any index, `x[i][j]`. */
import type { CallExpression, MemberExpression, Node } from 'acorn';
import { borderRules, edgeMaps, type IndexArithmetic } from '../border.ts';
import { operand, wholeNumber } from './expressions.ts';
import { bits, choose, knownNumber, valueAs, type Operand } from './infer.ts';
import type { Builder, Value } from './ir.ts';
import { itemsOf, operandAt, widened } from './operands.ts';
import { count, reject, siteAt, subscripts, type Place, type Session, type Window } from './place.ts';
import type { ArrayTerm, Term } from './terms.ts';

/** The element of an input at an offset from the current point. */
export function readRelative(place: Place, node: CallExpression, { name, array: input, rank, access }: ArrayTerm): Operand {
  if (access === 'whole') return reject(place, node, `'${name}' is indexed, not called`, `write ${name}${subscripts(rank)}`);
  const { session } = place;
  if (node.arguments.length !== session.rank) {
    const example = `${name}(${new Array<number>(session.rank).fill(0).join(', ')})`;
    const wanted = count(session.rank, 'index', 'indices');
    return reject(place, node, `${name} takes one index per axis: ${wanted}, got ${node.arguments.length}`, `the current element is ${example}`);
  }
  const given = node.arguments.map((a) => wholeIndex(place, a));
  const offset = given.map(wholeNumber);
  const { builder, dtypes, window } = session;
  if (offset.every((o) => o !== undefined)) {
    session.reads.push({ input, offset });
    const at = builder.point(undefined, offset, new Array(session.rank).fill('none'));
    return widened(session, builder.read(input, dtypes[input], at));
  }
  if (!window) {
    const unknown = node.arguments[offset.indexOf(undefined)];
    return reject(place, unknown, `the indices of ${name} must be known when the kernel is built`, 'make them of literals, constants and the variables of loops whose bounds are such; or declare the neighborhood they stay in');
  }
  return readWindow(place, window, input, given.map((o) => bits(siteAt(place, node), o, 'int32')));
}

/** A neighbour at an offset that only a run can tell: brought into the window, then inside the array as the border says. */
function readWindow({ session }: Place, window: Window, input: number, offset: readonly Value[]): Operand {
  const { lo, hi, border, cval, wholeOf } = window;
  const { builder, dtypes } = session;
  const A = valueArithmetic(builder);
  const whole = wholeOf(input);
  let inside = builder.constant(1, 'bool');
  const index = offset.map((o, k) => {
    const rule = borderRules[border[k]];
    const within = A.max(A.constant(lo[k]), A.min(o, A.constant(hi[k])));
    const here = rule.shrinks ? A.sub(builder.coord(k), A.constant(lo[k])) : builder.coord(k);
    const there = A.add(here, within);
    const size = builder.size('input', whole, k);
    if (rule.readGuard) {
      const low = builder.op('ge', [there, A.constant(0)]);
      inside = builder.op('and', [inside, builder.op('and', [low, builder.op('lt', [there, size])])]);
    }
    return edgeMaps[rule.edge](A, there, size);
  });
  const value = builder.gather(whole, dtypes[input], index);
  return widened(session, builder.op('select', [inside, value, builder.constant(cval, value.dtype)]));
}

/** The arithmetic of border maps, in a kernel. */
const valueArithmetic = (b: Builder): IndexArithmetic<Value> => ({
  constant: (v) => b.constant(v, 'int32'),
  add: (x, y) => b.op('add', [x, y]),
  sub: (x, y) => b.op('sub', [x, y]),
  mul: (x, y) => b.op('mul', [x, y]),
  min: (x, y) => b.op('min', [x, y]),
  max: (x, y) => b.op('max', [x, y]),
  rem: (x, y) => b.op('rem', [x, y]),
});

/** An array and the leading axes that are indexed already. */
export const accessOf = (term: Extract<Term, { kind: 'array' | 'row' }>): { readonly array: ArrayTerm; readonly index: readonly Value[] } =>
  (term.kind === 'row' ? term : { array: term, index: [] });

/** `object[index]`. */
export const elementOf = (place: Place, node: MemberExpression, object: Term): Term =>
  elementAt(place, node, object, wholeIndex(place, node.property));

export function elementAt(place: Place, node: MemberExpression, object: Term, index: Operand): Term {
  if (object.kind === 'array' || object.kind === 'row') return step(place, node, object, index);
  const items = itemsOf(place, object) ?? reject(place, node.object, 'only arrays can be indexed',
    node.object.type === 'MemberExpression' ? 'this is an element already: the array has no further axis' : 'a number is used by its name');
  const known = wholeNumber(index);
  if (known === undefined) return pick(place, node, items, index);
  if (object.kind === 'shape' && items[known] === undefined) {
    return reject(place, node.property, `'${object.array.name}' has ${count(object.array.rank, 'axis', 'axes')}: there is no size ${known + object.from}`);
  }
  return items[known] ?? outside(place, node, known, items.length);
}

export const outside = (place: Place, { property }: MemberExpression, index: number, length: number): never =>
  reject(place, property, `index ${index} is outside the array: it has ${count(length, 'element', 'elements')}`,
    length > 0 ? `the first is 0, the last ${length - 1}` : undefined);

/** An index; one that is known to be a fraction is a mistake. */
export function wholeIndex(place: Place, node: Node): Operand {
  const index = operand(place, node);
  const known = knownNumber(index);
  if (known !== undefined && !Number.isInteger(known)) reject(place, node, `an index must be a whole number, not ${known}`, 'round it: Math.floor(x)');
  return index;
}

/** Longer arrays have to be read from memory. */
const MOST_PICKED = 64;

/** An element whose number is known at run time only: beyond the ends it is the element at the end. */
function pick(place: Place, node: MemberExpression, items: readonly Term[], index: Operand): Term {
  if (items.length === 0) return reject(place, node, 'the array is empty');
  const rows = items.map((t) => itemsOf(place, t));
  const width = rows[0]?.length;
  if (width !== undefined && rows.every((r) => r?.length === width)) {
    return { kind: 'list', items: rows[0]!.map((_, k) => pick(place, node, rows.map((r) => r![k]), index)) };
  }
  if (items.length > MOST_PICKED) {
    return reject(place, node, `the index of an array of ${items.length} elements must be known when the kernel is built`,
      'pass a longer table as an array argument that is indexed: table[i]');
  }
  const site = siteAt(place, node);
  const at = bits(site, index, 'int32');
  const all = items.map((t) => operandAt(place, node, t));
  // Halving: as many choices as elements less one, but few of them one after the other.
  const choice = (from: number, to: number): Operand => {
    if (to - from === 1) return all[from];
    const middle = (from + to) >> 1;
    const below = site.builder.op('lt', [at, site.builder.constant(middle, 'int32')]);
    return choose(site, below, choice(from, middle), choice(middle, to));
  };
  return choice(0, all.length);
}

/** One more index: a row, or an element where it is the last. */
function step(place: Place, node: MemberExpression, object: Extract<Term, { kind: 'array' | 'row' }>, at: Operand): Term {
  const { array } = accessOf(object);
  const index = indexed(place, node, object, at);
  return index.length < array.rank ? { kind: 'row', array, index } : load(place, array, index);
}

/** The indices of `object[at]`, as int32. */
export function indexed(place: Place, node: MemberExpression, object: Extract<Term, { kind: 'array' | 'row' }>, at: Operand): readonly Value[] {
  const { array, index } = accessOf(object);
  if (array.access === 'relative') {
    const here = `${array.name}(${new Array(array.rank).fill(0).join(', ')})`;
    return reject(place, node, `'${array.name}' is read by relative indices`, `call it: ${here} is the current element`);
  }
  const site = siteAt(place, node.property);
  return [...index, wholeNumber(at) === undefined ? bits(site, at, 'int32') : valueAs(site, at, 'int32')];
}

/** The element of an array at an index. */
export function load(place: Place, array: ArrayTerm, index: readonly Value[]): Operand {
  const { session } = place;
  const { builder } = session;
  if (array.of === 'input') {
    const inside = index.map((i, axis) => (isInside(session, array, i, axis) ? i : builder.clamped(i, builder.size('input', array.array, axis))));
    return widened(session, builder.gatherInside(array.array, session.dtypes[array.array], inside));
  }
  const value = builder.loaded(session.outputs[array.array]);
  place.effects.push({ kind: 'load', output: array.array, index, value });
  return widened(session, value);
}

/** The point's own coordinate, along an axis of the domain that is as long as the array's. */
const isInside = ({ builder, bounds }: Session, { of, array, lead = 0 }: ArrayTerm, index: Value, axis: number): boolean =>
  axis < lead || (index.kind === 'coord' && index.at === undefined && bounds?.[index.axis] === builder.size(of, array, axis));

/** Stores into an output, for the points that come here. */
export function store(place: Place, node: Node, array: ArrayTerm, index: readonly Value[], value: Operand): void {
  const { session, path: when, effects } = place;
  const dtype = session.outputs[array.array];
  // Outside wherever it is; and WGSL refuses the index.
  if (index.some((i) => i.kind === 'const' && i.value < 0)) return;
  effects.push({ kind: 'store', output: array.array, index, value: valueAs(siteAt(place, node), value, dtype), when });
}

