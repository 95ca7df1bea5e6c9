/**
 * What a function means, in JavaScript, one point at a time. Written to be read, not to be fast: everything lazily, straight
 * from the graph, without the order that `blocks.ts` gives to emitters.
 */
import { InternalError } from '../../errors.ts';
import { castNumber } from '../dtype.ts';
import { evaluateOp } from '../ops.ts';
import type { Effect, Fn, Loop, Value } from './ir.ts';
import { bottomUp, chained } from './walk.ts';

export type Leaf = Exclude<Value, { kind: 'const' | 'op' | 'gather' | 'state' | 'after' | 'loaded' }>;

/** What a function reads and writes at one point. */
export interface Surroundings {
  leaf(v: Leaf): number;
  /** Element of a whole input; the index is inside it. */
  gather?(input: number, index: readonly number[]): number;
  /** Element of an output; an index outside is brought to the edge. */
  load?(output: number, index: readonly number[]): number;
  /** An index outside is left out. */
  store?(output: number, index: readonly number[], value: number): void;
}

/** What has been computed: in the function, or in one turn of a loop. */
interface Frame {
  readonly outer: Frame | undefined;
  readonly known: Map<Value | Loop, number | readonly number[]>;
}

/** The results of `fn` at a point; its effects happen. */
export function interpret(fn: Pick<Fn, 'results' | 'effects'>, at: Surroundings): number[] {
  const top: Frame = { outer: undefined, known: new Map() };
  perform(fn.effects, top, at);
  return fn.results.map((v) => valueIn(v, top, at));
}

function recall<T>(key: Value | Loop, frame: Frame): T | undefined {
  for (let f: Frame | undefined = frame; f; f = f.outer) {
    const found = f.known.get(key);
    if (found !== undefined) return found as T;
  }
  return undefined;
}

function valueIn(v: Value, frame: Frame, at: Surroundings): number {
  const known = (o: Value): boolean => recall(o, frame) !== undefined;
  // Of a select, the arm that it takes, once that is known.
  const needs = (o: Value): readonly Value[] => {
    if (o.kind !== 'op' || o.op !== 'select') return chained(o);
    const cond = recall<number>(o.args[0], frame);
    return [cond === undefined ? o.args[0] : cond ? o.args[1] : o.args[2]];
  };
  bottomUp(v, known, (o) => void frame.known.set(o, compute(o, frame, at)), needs);
  return recall<number>(v, frame)!;
}

function compute(v: Value, frame: Frame, at: Surroundings): number {
  const value = (x: Value): number => valueIn(x, frame, at);
  switch (v.kind) {
    case 'const': return v.value;
    case 'op':
      if (v.op === 'select') return value(value(v.args[0]) ? v.args[1] : v.args[2]);
      return evaluateOp(v.op, v.args.map(value), v.args[0].dtype, v.dtype);
    case 'gather': return (at.gather ?? missing(v))(v.input, v.index.map(value));
    case 'after': return statesAfter(v.loop, frame, at)[v.index];
    case 'state': case 'loaded': return missing(v);
    default: return at.leaf(v);
  }
}

const missing = (v: Value): never => {
  throw new InternalError(`interpret: a ${v.kind} where there is none`);
};

function statesAfter(loop: Loop, frame: Frame, at: Surroundings): readonly number[] {
  const found = recall<readonly number[]>(loop, frame);
  if (found) return found;
  let states: readonly number[] = loop.initial.map((v) => valueIn(v, frame, at));
  for (;;) {
    const turn: Frame = { outer: frame, known: new Map(loop.states.map((s, k) => [s, states[k]])) };
    if (!valueIn(loop.test, turn, at)) break;
    perform(loop.effects, turn, at);
    states = loop.next.map((v) => valueIn(v, turn, at));
  }
  frame.known.set(loop, states);
  return states;
}

function perform(effects: readonly Effect[], frame: Frame, at: Surroundings): void {
  const value = (v: Value): number => valueIn(v, frame, at);
  for (const e of effects) {
    switch (e.kind) {
      case 'loop':
        statesAfter(e.loop, frame, at);
        break;
      case 'load':
        frame.known.set(e.value, castNumber(at.load!(e.output, e.index.map(value)), 'float64', e.value.dtype));
        break;
      case 'store':
        if (value(e.when)) at.store!(e.output, e.index.map(value), value(e.value));
        break;
      default: e satisfies never;
    }
  }
}
