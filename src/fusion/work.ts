/** How much work a point of a body is. Loops whose bounds follow from sizes are counted, of others the turns are guessed. */
import type { Effect, Fn, Loop, Value } from '../dsl/kernel/ir.ts';
import { operandsOf, operandsOfEffects, valuesIn } from '../dsl/kernel/walk.ts';
import { evaluateOp, opInfo } from '../dsl/ops.ts';
import type { Launch } from './kernel.ts';

export interface Work {
  /** Of one point, in adds, unless it was asked for otherwise. */
  readonly cost: number;
  /** False where a loop may make many more turns, or fewer. */
  readonly certain: boolean;
}

/** Turns of a loop of which nothing is known. */
const TYPICAL_TURNS = 16;
/** A gather, or a load from an output; a store is one to several places. */
const ACCESS_COST = 4;

type Sizes = Pick<Launch, 'domain' | 'inputs' | 'stored'>;

/** What values count, by themselves; a store to an array; and whether indices of gathers count at all. */
export interface Weights {
  readonly value: (v: Value) => number;
  readonly store: number;
  readonly indices: boolean;
}

export const hasLoops = (body: Fn): boolean =>
  body.effects.some((e) => e.kind === 'loop') || valuesIn(body).some((v) => v.kind === 'after');

/** The work of a body by the sizes of a launch; the same for all sizes if there are no loops. */
export function workOf(body: Fn, loops: boolean, weights = adds): (launch: Sizes) => Work {
  if (loops) return (launch) => new Estimate(launch, weights).of(body);
  const fixed = new Estimate({ domain: [], inputs: [] }, weights).of(body);
  return () => fixed;
}

class Estimate {
  private cost = 0;
  private certain = true;
  private turns = 1;
  private readonly seen = new Set<Value | Loop>();
  private readonly numbers = new Map<Value, number | undefined>();

  constructor(private readonly launch: Sizes, private readonly weights: Weights) {}

  of({ results, effects }: Pick<Fn, 'results' | 'effects'>): Work {
    effects.forEach((e) => this.effect(e));
    results.forEach((v) => this.value(v));
    return { cost: this.cost, certain: this.certain };
  }

  private readonly value = (v: Value): void => {
    if (this.seen.has(v)) return;
    this.seen.add(v);
    this.cost += this.turns * this.weights.value(v);
    if (v.kind === 'after') this.loop(v.loop);
    else if (v.kind !== 'gather' || this.weights.indices) operandsOf(v).forEach(this.value);
  };

  private effect(e: Effect): void {
    if (e.kind === 'loop') return this.loop(e.loop);
    this.cost += this.turns * this.weights.store;
    if (this.weights.indices) operandsOfEffects([e]).forEach(this.value);
    else if (e.kind === 'store') [e.value, e.when].forEach(this.value);
  }

  private loop(l: Loop): void {
    if (this.seen.has(l)) return;
    this.seen.add(l);
    l.initial.forEach(this.value);
    const before = this.turns;
    this.turns *= this.turnsOf(l);
    [l.test, ...l.next].forEach(this.value);
    l.effects.forEach((e) => this.effect(e));
    this.turns = before;
  }

  /** Of a loop that counts up to what is known: as many as that, or half if it may end before. */
  private turnsOf(loop: Loop): number {
    const tests = conjuncts(loop.test);
    const counts = tests.flatMap((t) => this.count(loop, t) ?? []);
    if (counts.length === 0 || tests.length > 1) this.certain = false;
    if (counts.length === 0) return TYPICAL_TURNS;
    return Math.max(1, Math.min(...counts) / (tests.length > 1 ? 2 : 1));
  }

  /** The turns after which `state < bound` or its like fails. */
  private count(loop: Loop, test: Value): number | undefined {
    if (test.kind !== 'op' || !['lt', 'le', 'gt', 'ge', 'ne'].includes(test.op)) return undefined;
    for (const [state, bound] of [test.args, [...test.args].reverse()]) {
      if (state.kind !== 'state' || state.loop !== loop.id) continue;
      const [from, to] = [loop.initial[state.index], bound].map((v) => this.number(v));
      const by = this.step(state, loop.next[state.index]);
      if (from !== undefined && to !== undefined && by) return Math.max(0, Math.ceil((to - from) / by));
    }
    return undefined;
  }

  private step(state: Value, next: Value): number | undefined {
    if (next.kind !== 'op' || (next.op !== 'add' && next.op !== 'sub')) return undefined;
    const [a, b] = next.args;
    const by = this.number(a === state ? b : a);
    return by !== undefined && (a === state || b === state) ? (next.op === 'add' ? by : -by) : undefined;
  }

  /** What follows from sizes; a coordinate is taken to be in the middle. */
  private number(v: Value): number | undefined {
    if (!this.numbers.has(v)) this.numbers.set(v, this.evaluate(v));
    return this.numbers.get(v);
  }

  private evaluate(v: Value): number | undefined {
    const { domain, inputs, stored } = this.launch;
    switch (v.kind) {
      case 'const': return v.value;
      case 'extent': return domain[v.axis];
      case 'coord': return domain[v.axis] >> 1;
      case 'size': return (v.of === 'input' ? inputs[v.array].sizes : stored?.[v.array]?.sizes)?.[v.axis];
      case 'op': {
        const args = v.args.map((a) => this.number(a));
        return args.some((a) => a === undefined) ? undefined : evaluateOp(v.op, args as number[], v.args[0].dtype, v.dtype);
      }
      default: return undefined;
    }
  }
}

function ownCost(v: Value): number {
  switch (v.kind) {
    case 'op': return opInfo(v.op).cost;
    case 'gather': return ACCESS_COST;
    case 'read': return 1;
    default: return 0;
  }
}

const adds: Weights = { value: ownCost, store: ACCESS_COST, indices: true };

const conjuncts = (v: Value): Value[] => (v.kind === 'op' && v.op === 'and' ? v.args.flatMap(conjuncts) : [v]);
