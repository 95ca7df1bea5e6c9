/**
 * Kernels with parallel loops. The text between the loops runs once; every parallel loop becomes a function of its own, over
 * the domain of its range. What it adds up in variables from outside becomes a reduction of what each turn contributes; what
 * it stores becomes effects, or a plain result where every turn stores the one element at its own place.
 */
import type { Expression, ForOfStatement, Node } from 'acorn';
import type { DType } from '../dtype.ts';
import { declare } from './assign.ts';
import { operand } from './expressions.ts';
import { flag, openLoop } from './flow.ts';
import { lowerCall } from './functions.ts';
import { rangesOf } from './for-of.ts';
import { alike, knownNumber, strongly, valueAs, valueOf, weakly, type Operand } from './infer.ts';
import type { Builder, Effect, Value } from './ir.ts';
import { startPlace } from './lower.ts';
import { itemsOf, operandAt, operandOf } from './operands.ts';
import { reject, siteAt, type Place, type Session } from './place.ts';
import { isFunction } from './names.ts';
import { walk, type Syntax } from './source.ts';
import { reductionsOf, type Combine, type Reduction } from './reductions.ts';
import type { Variable } from './state.ts';
import { statement } from './statements.ts';
import { isVariable, mapValues, scopeIn, type ArrayTerm, type Scope, type Term } from './terms.ts';
import { operandsOf } from './walk.ts';

/** Something a kernel computes, in terms of the inputs and outputs known so far. */
export type Step =
  /** Every point of the domain gives one contribution per reduction; they become inputs, in order. */
  | { readonly kind: 'reduce'; readonly domain: readonly number[]; readonly values: readonly Value[]; readonly combine: readonly Combine[]; readonly inputs: readonly number[] }
  /** Every point gives the element of the output at its own place. */
  | { readonly kind: 'map'; readonly domain: readonly number[]; readonly values: readonly Value[]; readonly outputs: readonly number[] }
  /** Effects at every point, and what every point contributes to reductions. */
  | { readonly kind: 'nest'; readonly domain: readonly number[]; readonly effects: readonly Effect[]; readonly values: readonly Value[]; readonly combine: readonly Combine[]; readonly inputs: readonly number[] };

export interface Program {
  readonly builder: Builder;
  readonly steps: readonly Step[];
  /** What the kernel returns, computed once. */
  readonly results: readonly Value[];
  /** Per input beyond the parameters: an output as it was before some step, or the result of a reduction. */
  readonly extra: readonly Extra[];
}

export type Extra = { readonly kind: 'output'; readonly output: number; readonly before: number } | { readonly kind: 'reduced'; readonly dtype: DType };

/** What is known of the arguments when the kernel is called. */
export interface Known {
  readonly shapes: { readonly input: readonly (readonly number[])[]; readonly output: readonly (readonly number[])[] };
  /** The number of a value that depends on sizes and number arguments only. */
  numberOf(v: Value): number | undefined;
}

interface Context {
  readonly session: Session & { readonly dtypes: DType[] };
  readonly steps: Step[];
  readonly extra: Extra[];
  readonly params: number;
  readonly known: Known;
}

export function lowerProgram(
  session: Session & { readonly dtypes: DType[] }, syntax: Syntax, args: readonly Term[], outer: Scope, known: Known,
): Program {
  const context: Context = { session, steps: [], extra: [], params: session.dtypes.length, known };
  const whole: Session = { ...session, parallel: (place, node, label) => parallelLoop(context, place, node, label) };
  const place = startPlace(whole, syntax, outer);
  const term = lowerCall(place, { name: syntax.source.name, ...syntax, scope: outer }, args);
  const site = siteAt(place, syntax.body);
  const items = term.kind === 'undefined' ? [] : itemsOf(place, term) ?? [term];
  const kept = flush(context, place);
  const results = items.map((item) => kept(valueOf(site, operandOf(site, item))));
  return { builder: session.builder, steps: context.steps, results, extra: context.extra };
}

/**
 * What the text between the loops stores, it stores once. What it computes from that is computed beside it and is an input
 * from then on: the variables are that already, of other values the function that is returned gives it.
 */
function flush(context: Context, place: Place): (v: Value) => Value {
  const { steps } = context;
  if (place.effects.length === 0) return (v) => v;
  const { builder } = place.session;
  const effects = [...place.effects];
  const kept = new Map<Value, Value>();
  const [values, inputs]: [Value[], number[]] = [[], []];
  const keep = (v: Value): Value => {
    if (!needsEffects(v)) return v;
    let input = kept.get(v);
    if (!input) {
      const value = v.dtype === 'bool' ? builder.cast(v, 'int32') : v;
      values.push(value);
      inputs.push(addInput(context, { kind: 'reduced', dtype: value.dtype }, value.dtype));
      const read = builder.read(inputs[inputs.length - 1], value.dtype);
      kept.set(v, (input = v.dtype === 'bool' ? builder.op('ne', [read, builder.constant(0, 'int32')]) : read));
    }
    return input;
  };
  for (const [variable, term] of place.state.all()) place.state.set(variable, mapValues(term, keep));
  steps.push({ kind: 'nest', domain: [1], effects, values, combine: values.map(() => 'max' as const), inputs });
  place.effects.length = 0;
  return keep;
}

/** Whether a value is part of what happens in order: something loaded, or the state of a loop that stores. */
function needsEffects(v: Value): boolean {
  const seen = new Set<Value>();
  const needs = (x: Value): boolean => {
    if (seen.has(x)) return false;
    seen.add(x);
    return x.kind === 'loaded' || (x.kind === 'after' && x.loop.effects.length > 0) || operandsOf(x).some(needs);
  };
  return needs(v);
}

function parallelLoop(context: Context, place: Place, node: ForOfStatement, label: string | undefined): void {
  flush(context, place);
  const { names, ranges } = rangesOf(place, node);
  const axes = ranges.map((range, axis) => axisOf(context, place, range, axis));
  const reductions = reductionsOf(place, node);
  const session: Session = { ...place.session, rank: axes.length, bounds: axes.map((a) => a.size) };
  // Outputs that the loop only reads are inputs to it: first it is seen what it stores.
  const first = lowerTurn(place, session, node, label, names, axes, reductions, new Map());
  const stored = storedIn(first.effects);
  const onlyRead = loadedIn(first.effects).filter((o) => !stored.has(o));
  const inputs = new Map(onlyRead.map((o) => [o, addInput(context, { kind: 'output', output: o, before: context.steps.length }, session.outputs[o])]));
  const turn = onlyRead.length > 0 ? lowerTurn(place, session, node, label, names, axes, reductions, inputs) : first;
  emit(context, axes.map((a) => a.count), turn);
  for (const [k, r] of reductions.entries()) {
    const input = context.params + context.extra.length - reductions.length + k;
    if (axes.some((a) => a.count === 0)) continue;
    const sum = strongly(place.session.builder.read(input, turn.values[k].dtype));
    place.state.set(r.variable, alike(siteAt(place, node), r.combine, [r.before, sum]));
  }
}

function addInput({ session, extra }: Context, what: Extra, dtype: DType): number {
  extra.push(what);
  return session.dtypes.push(dtype) - 1;
}

// ---- ranges ----

interface Axis {
  readonly count: number;
  /** int32: the turns, as a value, so that an axis of an array is recognised. */
  readonly size: Value;
  /** The loop's variable at the point. */
  readonly at: Operand;
}

function axisOf(context: Context, place: Place, range: readonly Expression[], axis: number): Axis {
  const { known } = context;
  const { builder } = place.session;
  const bounds = range.map((e) => {
    const value = int(context, place, e, operand(place, e));
    const number = value.kind === 'const' ? value.value : known.numberOf(value);
    return { value, number: number ?? reject(place, e, 'the range of a parallel loop must be known before the kernel runs', 'make it of sizes (x.shape[0], x.length), literals, constants and number arguments') };
  });
  const c = builder.coord(axis);
  if (bounds.length === 1) return { count: Math.max(0, bounds[0].number), size: bounds[0].value, at: strongly(c) };
  const [from, to] = bounds;
  const step = bounds[2] ?? { value: builder.constant(1, 'int32'), number: 1 };
  if (step.number === 0) return reject(place, range[2], 'the step of a range cannot be 0');
  const count = Math.max(0, Math.ceil((to.number - from.number) / step.number));
  const at = builder.op('add', [from.value, step.number === 1 ? c : builder.op('mul', [c, step.value])]);
  return { count, size: builder.constant(count, 'int32'), at: strongly(at) };
}

function int({ known }: Context, place: Place, node: Node, a: Operand): Value {
  const number = knownNumber(a) ?? (a.kind === 'value' ? known.numberOf(a.value) : undefined);
  if (number !== undefined && !Number.isInteger(number)) {
    return reject(place, node, `a range ends at a whole number, not at ${number}`, 'round it: Math.floor(x)');
  }
  return valueAs(siteAt(place, node), a, 'int32');
}

// ---- turns ----

interface Turn {
  readonly values: readonly Value[];
  readonly combine: readonly Combine[];
  readonly effects: readonly Effect[];
}

function lowerTurn(
  outer: Place, session: Session, node: ForOfStatement, label: string | undefined, names: readonly string[],
  axes: readonly Axis[], reductions: readonly Reduction[], read: ReadonlyMap<number, number>,
): Turn {
  const { builder } = session;
  const effects: Effect[] = [];
  const base: Place = { ...outer, session, effects, state: outer.state.fork(), scope: scopeIn(outer.scope), path: builder.constant(1, 'bool') };
  asInputs(base, read);
  const frame = openLoop(base, label);
  const place: Place = { ...base, loop: frame, state: base.state.fork() };
  names.forEach((name, k) => declare(place, place.scope, identifier(node, name), axes[k].at, true));
  for (const r of reductions) place.state.set(r.variable, start(r));
  const mark = session.reads.length;
  statement(place, node.body);
  session.reads.length = mark;
  const left = (v: Variable): boolean => {
    const term = place.state.get(v);
    return !(term?.kind === 'value' && term.value.kind === 'const' && term.value.value === 0);
  };
  if (left(frame.broken)) reject(outer, jumpIn(node.body, 'BreakStatement', label) ?? node, 'a parallel loop cannot be left early', 'its turns run at the same time: use continue to skip the rest of one, or an inner for loop');
  if (left(place.frame.returned)) reject(outer, jumpIn(node.body, 'ReturnStatement', label) ?? node, 'return inside a parallel loop is not possible', 'its turns run at the same time: reduce into a variable and return it after the loop');
  place.state.set(frame.continued, flag(place, false));
  const site = siteAt(place, node);
  const values = reductions.map((r) => contribution(site, operandAt(place, node, place.state.get(r.variable)!)));
  const own = new Set([...reductions.map((r) => r.variable), place.frame.returned, place.frame.result]);
  for (const v of place.state.changed) {
    if (!own.has(v) && outer.state.get(v) !== undefined) {
      reject(outer, node, `the parallel loop sets '${v.name}', which is declared outside`, 'declare it inside, or reduce into it: s += x, s *= x, s = Math.min(s, x)');
    }
  }
  return { values, combine: reductions.map((r) => r.combine), effects };
}

/** The first jump that leaves a loop. */
function jumpIn(body: Node, type: 'BreakStatement' | 'ReturnStatement', label: string | undefined): Node | undefined {
  let found: Node | undefined;
  const visit = (root: Node, inner: boolean): void => walk(root, (n) => {
    if (n === root) return true;
    const target = (n as Node & { label?: { readonly name: string } | null }).label?.name;
    if (n.type === type && (type === 'ReturnStatement' || (target === undefined ? !inner : target === label))) found ??= n;
    if (/^(For|While|DoWhile)/.test(n.type)) visit(n, true);
    return !isFunction(n) && !/^(For|While|DoWhile)/.test(n.type);
  });
  visit({ type: 'Root', start: body.start, end: body.end, body } as Node, false);
  return found;
}

const identifier = (at: Node, name: string) => ({ type: 'Identifier' as const, name, start: at.start, end: at.end });

/** Counts are whole numbers. */
function contribution(site: ReturnType<typeof siteAt>, a: Operand): Value {
  if (a.kind === 'value') return a.value.dtype === 'bool' ? site.builder.cast(a.value, 'int32') : a.value;
  const whole = (w: typeof a.weak): boolean => (typeof w === 'number' ? Number.isInteger(w) : whole(w.yes) && whole(w.no));
  return valueAs(site, a, whole(a.weak) ? 'int32' : site.lone);
}

/** What a turn starts from: nothing for sums, the value before the loop for the smallest and largest. */
const start = (r: Reduction): Operand => (r.combine === 'add' ? weakly(0) : r.combine === 'mul' ? weakly(1) : r.before);

/** Names of outputs that stand for inputs in this loop. */
function asInputs(place: Place, read: ReadonlyMap<number, number>): void {
  if (read.size === 0) return;
  for (let s: Scope | undefined = place.scope; s; s = s.parent) {
    for (const found of s.names.values()) {
      const term = isVariable(found) ? place.state.get(found) : undefined;
      if (!isVariable(found) || term?.kind !== 'array' || term.of !== 'output' || !read.has(term.array)) continue;
      const input: ArrayTerm = { ...term, of: 'input', array: read.get(term.array)! };
      place.state.set(found, input);
    }
  }
}

// ---- steps ----

function emit(context: Context, domain: readonly number[], { values, combine, effects }: Turn): void {
  const { steps, known } = context;
  const own = ownPlaces(effects, domain, known);
  const kinds = (): number[] => values.map((v) => addInput(context, { kind: 'reduced', dtype: v.dtype }, v.dtype));
  if (own) {
    if (own.length > 0) steps.push({ kind: 'map', domain, values: own.map((o) => o.value), outputs: own.map((o) => o.output) });
    if (values.length > 0) steps.push({ kind: 'reduce', domain, values, combine, inputs: kinds() });
    return;
  }
  steps.push({ kind: 'nest', domain, effects, values, combine, inputs: kinds() });
}

interface OwnStore {
  readonly output: number;
  readonly value: Value;
}

/** The stores, if every turn stores exactly the elements at its own place, of outputs that are as large as the domain. */
function ownPlaces(effects: readonly Effect[], domain: readonly number[], { shapes }: Known): OwnStore[] | undefined {
  const stores: OwnStore[] = [];
  for (const e of effects) {
    if (e.kind !== 'store' || e.when.kind !== 'const' || !e.when.value) return undefined;
    if (stores.some((s) => s.output === e.output)) return undefined;
    const shape = shapes.output[e.output];
    const own = shape.length === domain.length && shape.every((n, k) => n === domain[k])
      && e.index.every((i, axis) => i.kind === 'coord' && i.axis === axis && i.at === undefined);
    if (!own) return undefined;
    stores.push({ output: e.output, value: e.value });
  }
  return stores;
}

function storedIn(effects: readonly Effect[]): Set<number> {
  return new Set(effects.flatMap((e) => (e.kind === 'store' ? [e.output] : e.kind === 'loop' ? [...storedIn(e.loop.effects)] : [])));
}

function loadedIn(effects: readonly Effect[]): number[] {
  return [...new Set(effects.flatMap((e) => (e.kind === 'load' ? [e.output] : e.kind === 'loop' ? loadedIn(e.loop.effects) : [])))];
}
