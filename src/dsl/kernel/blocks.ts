/**
 * From the graph of a function to statements: where every value is computed. Guarantees: operands before users; a value
 * that does not depend on a loop's states is computed outside the loop; what only one arm of a conditional needs, and is
 * worth a test, is computed in that arm; states that nobody needs are gone. All emitters and interpreters walk blocks.
 */
import { opInfo } from '../ops.ts';
import type { Effect, Fn, Loop, Value } from './ir.ts';
import { operandsOf, valuesOf } from './walk.ts';

export type Select = Value & { readonly kind: 'op'; readonly op: 'select' };
export type After = Value & { readonly kind: 'after' };
export type StoreEffect = Effect & { readonly kind: 'store' };
export type LoadEffect = Effect & { readonly kind: 'load' };

export type Statement =
  /** Any value but constants, states, loaded values and those below. Leaves are listed too, where they are first needed. */
  | { readonly kind: 'let'; readonly value: Value }
  /** A select whose arms are computed only where some point takes them. */
  | { readonly kind: 'branch'; readonly value: Select; readonly yes: Block; readonly no: Block }
  | LoopStatement
  | { readonly kind: 'store'; readonly effect: StoreEffect }
  | { readonly kind: 'load'; readonly effect: LoadEffect };

/** `loop { head; if (!test) break; body; states = next }`, of the states that are needed. */
export interface LoopStatement {
  readonly kind: 'loop';
  readonly loop: Loop;
  /** Indices of the states that exist. */
  readonly states: readonly number[];
  /** What the test needs. */
  readonly head: Block;
  readonly body: Block;
  /** The values that stand for the states after the loop, where somebody needs them. */
  readonly after: readonly After[];
}

export type Block = readonly Statement[];

/** An arm that costs less than this, in adds, is computed whether it is taken or not. */
const WORTH_A_BRANCH = 32;
/** So is one that costs less than this part of the other arm, unless it has loops: for the rare points that take the other. */
const SMALL_PART = 1 / 3;

/** What gathers cost, in adds, where indices are regular and where data says what they are. */
const GATHERS = { regular: 4, led: 12 } as const;

/** The statements of a function. */
export const blockOf = (fn: Pick<Fn, 'results' | 'effects'>): Block => new Scheduler(fn.results, fn.effects).block();

/** A place for statements: the function, the body of a loop, an arm of a select. */
interface Region {
  readonly parent: Region | undefined;
  readonly depth: number;
  /** Of a loop's body. */
  readonly loop: Loop | undefined;
  /** Sum of what is computed here and below. */
  cost: number;
  /** Whether a loop is in it, which may cost anything. */
  loops: boolean;
  statements: Statement[];
}

class Scheduler {
  private readonly root = region(undefined, undefined);
  private readonly order: readonly Value[];
  private readonly regionOf = new Map<Value | Loop, Region>();
  private readonly bodies = new Map<Loop, Region>();
  private readonly arms = new Map<Value, readonly [yes: Region, no: Region]>();
  private readonly live = new Map<Loop, Set<number>>();
  private readonly afters = new Map<Loop, Set<After>>();
  /** Innermost-first is not needed: the set of loops whose turn a value depends on. */
  private readonly turns = new Map<Value, ReadonlySet<number>>();
  private readonly placed = new Set<Value | Loop>();
  /** The loop in whose turns loads and loops with effects happen, whatever they depend on. */
  private readonly happensIn = new Map<Value | Loop, number>();

  constructor(private readonly results: readonly Value[], private readonly effects: readonly Effect[]) {
    this.order = valuesOf(results, effects);
  }

  block(): Block {
    if (this.isStraight()) return this.order.filter(isComputed).map((value) => ({ kind: 'let', value }));
    this.findTurns(this.effects, undefined);
    for (const v of this.order) this.turns.set(v, this.turnsOf(v));
    this.findLive();
    this.placeAll();
    this.dropCheapArms();
    this.effects.forEach((e) => this.perform(e, this.root));
    this.results.forEach((v) => this.need(v));
    return this.root.statements;
  }

  /** Nothing but values in order: the common case, and no analysis for it. */
  private isStraight(): boolean {
    if (this.effects.length > 0) return false;
    let cost = 0, selects = false;
    for (const v of this.order) {
      if (v.kind === 'after') return false;
      if (v.kind === 'gather') cost += this.ownCost(v);
      if (v.kind === 'op') {
        cost += opInfo(v.op).cost;
        selects ||= v.op === 'select';
      }
    }
    return !selects || cost < WORTH_A_BRANCH;
  }

  // ---- what depends on what ----

  private findTurns(effects: readonly Effect[], loop: Loop | undefined): void {
    for (const e of effects) {
      if (e.kind !== 'store' && loop) this.happensIn.set(e.kind === 'load' ? e.value : e.loop, loop.id);
      if (e.kind === 'loop') this.findTurns(e.loop.effects, e.loop);
    }
  }

  private turnsOf(v: Value): ReadonlySet<number> {
    if (v.kind === 'state') return new Set([v.loop]);
    let out: Set<number> | undefined;
    for (const o of operandsOf(v)) for (const id of this.turns.get(o)!) (out ??= new Set()).add(id);
    if (v.kind === 'after') out?.delete(v.loop.id);
    const around = this.happensIn.get(v.kind === 'after' ? v.loop : v);
    if (around !== undefined) (out ??= new Set()).add(around);
    return out && out.size > 0 ? out : noTurns;
  }

  /** States that the results, the test or the effects need, directly or through the next ones. Outer loops first. */
  private findLive(): void {
    const seen = new Set<Value>();
    const visit = (v: Value): void => {
      if (seen.has(v)) return;
      seen.add(v);
      if (v.kind === 'state') return this.markState(v, visit);
      if (v.kind !== 'after') return operandsOf(v).forEach(visit);
      this.enter(v.loop, visit);
      add(this.afters, v.loop, v);
      this.markLive(v.loop, v.index, visit);
    };
    this.visitEffects(this.effects, visit);
    this.results.forEach(visit);
  }

  private visitEffects(effects: readonly Effect[], visit: (v: Value) => void): void {
    for (const e of effects) {
      if (e.kind === 'loop') this.enter(e.loop, visit);
      else {
        e.index.forEach(visit);
        if (e.kind === 'store') [e.value, e.when].forEach(visit);
      }
    }
  }

  private readonly byId = new Map<number, Loop>();

  private enter(loop: Loop, visit: (v: Value) => void): void {
    if (this.live.has(loop)) return;
    this.live.set(loop, new Set());
    this.byId.set(loop.id, loop);
    visit(loop.test);
    this.visitEffects(loop.effects, visit);
  }

  private markState(v: Value & { kind: 'state' }, visit: (v: Value) => void): void {
    this.markLive(this.byId.get(v.loop)!, v.index, visit);
  }

  private markLive(loop: Loop, index: number, visit: (v: Value) => void): void {
    const live = this.live.get(loop)!;
    if (live.has(index)) return;
    live.add(index);
    visit(loop.initial[index]);
    visit(loop.next[index]);
  }

  // ---- regions ----

  /** Users before operands: a value goes where all its users are, outside the loops it does not depend on. */
  private placeAll(): void {
    const uses = new Map<Value | Loop, Region>();
    const use = (v: Value | Loop, from: Region): void => {
      const before = uses.get(v);
      uses.set(v, before ? common(before, from) : from);
    };
    const useEffects = (effects: readonly Effect[], from: Region): void => {
      for (const e of effects) {
        if (e.kind === 'loop') {
          use(e.loop, from);
          continue;
        }
        e.index.forEach((i) => use(i, from));
        if (e.kind === 'store') [e.value, e.when].forEach((x) => use(x, from));
      }
    };
    const settle = (v: Value | Loop, turns: ReadonlySet<number>): Region | undefined => {
      const at = uses.get(v);
      if (!at) return undefined; // only dead states need it
      const home = hoisted(at, turns);
      this.regionOf.set(v, home);
      return home;
    };
    useEffects(this.effects, this.root);
    this.results.forEach((v) => use(v, this.root));
    for (const item of this.itemsBackwards()) {
      if ('states' in item) {
        const home = settle(item, item.effects.length > 0 ? this.allTurns : this.turnsOfLoop(item));
        if (!home) continue;
        const body = region(home, item);
        this.bodies.set(item, body);
        for (let r: Region | undefined = home; r; r = r.parent) r.loops = true;
        use(item.test, body);
        useEffects(item.effects, body);
        for (const k of this.live.get(item)!) {
          use(item.next[k], body);
          use(item.initial[k], home);
        }
        continue;
      }
      const home = settle(item, this.turns.get(item)!);
      if (!home) continue;
      if (item.kind === 'after') use(item.loop, home);
      else if (isSelect(item)) {
        const [cond, yes, no] = item.args;
        const arms = [region(home, undefined), region(home, undefined)] as const;
        this.arms.set(item, arms);
        use(cond, home);
        use(yes, arms[0]);
        use(no, arms[1]);
      } else operandsOf(item).forEach((o) => use(o, home));
      for (let r: Region | undefined = home; r; r = r.parent) r.cost += this.ownCost(item);
    }
  }

  /** Effects stay in the loop they are in, whatever they depend on. */
  private readonly allTurns: ReadonlySet<number> = { has: () => true } as unknown as ReadonlySet<number>;

  private turnsOfLoop(loop: Loop): ReadonlySet<number> {
    const out = new Set<number>();
    const whole = [...loop.initial, loop.test, ...loop.next];
    for (const v of whole) for (const id of this.turns.get(v)!) if (id !== loop.id) out.add(id);
    return out;
  }

  /** Values and loops, users first; a loop after all values that stand for its states, before what is inside. */
  private *itemsBackwards(): Generator<Value | Loop> {
    const items: (Value | Loop)[] = [];
    const seen = new Set<Value | Loop>();
    const visitLoop = (l: Loop): void => {
      if (seen.has(l)) return;
      l.initial.forEach(visit);
      visit(l.test);
      visitEffects(l.effects);
      l.next.forEach(visit);
      seen.add(l);
      items.push(l);
    };
    const visit = (v: Value): void => {
      if (seen.has(v)) return;
      seen.add(v);
      if (v.kind === 'after') visitLoop(v.loop);
      else operandsOf(v).forEach(visit);
      items.push(v);
    };
    const visitEffects = (effects: readonly Effect[]): void => effects.forEach((e) => {
      if (e.kind === 'loop') return visitLoop(e.loop);
      e.index.forEach(visit);
      if (e.kind === 'store') [e.value, e.when].forEach(visit);
    });
    visitEffects(this.effects);
    this.results.forEach(visit);
    for (let k = items.length - 1; k >= 0; k--) yield items[k];
  }

  private ownCost(v: Value): number {
    switch (v.kind) {
      case 'op': return opInfo(v.op).cost;
      case 'gather': return v.index.some(this.isLed) ? GATHERS.led : GATHERS.regular;
      case 'after': return WORTH_A_BRANCH;
      default: return 0;
    }
  }

  private readonly led = new Map<Value, boolean>();

  /** Whether data says what it is: elements there are anywhere, and lanes read one by one. */
  private readonly isLed = (v: Value): boolean => {
    let is = this.led.get(v);
    if (is === undefined) this.led.set(v, is = v.kind === 'op' ? v.args.some(this.isLed) : ['read', 'gather', 'loaded'].includes(v.kind));
    return is;
  };

  /** Arms that are not worth a test become part of what is around them. */
  private dropCheapArms(): void {
    const kept = new Set<Region>();
    const worth = (arm: Region, other: Region): boolean =>
      arm.cost >= WORTH_A_BRANCH && (arm.loops || arm.cost >= SMALL_PART * other.cost);
    for (const [select, [yes, no]] of this.arms) {
      if (worth(yes, no)) kept.add(yes);
      if (worth(no, yes)) kept.add(no);
      if (!kept.has(yes) && !kept.has(no)) this.arms.delete(select);
    }
    for (const [v, at] of this.regionOf) {
      let home = at;
      while (home.parent && !home.loop && !kept.has(home)) home = home.parent;
      this.regionOf.set(v, home);
    }
  }

  // ---- statements ----

  private need(v: Value): void {
    if (this.placed.has(v) || !isComputed(v)) return;
    this.placed.add(v);
    const home = this.regionOf.get(v)!;
    if (v.kind === 'after') return this.loop(v.loop);
    const arms = this.arms.get(v);
    if (!arms || !isSelect(v)) {
      operandsOf(v).forEach((o) => this.need(o));
      home.statements.push({ kind: 'let', value: v });
      return;
    }
    this.need(v.args[0]);
    this.need(v.args[1]);
    this.need(v.args[2]);
    home.statements.push({ kind: 'branch', value: v, yes: arms[0].statements, no: arms[1].statements });
  }

  private loop(loop: Loop): void {
    if (this.placed.has(loop)) return;
    this.placed.add(loop);
    const body = this.bodies.get(loop)!;
    const states = [...this.live.get(loop)!].sort((a, b) => a - b);
    states.forEach((k) => this.need(loop.initial[k]));
    this.need(loop.test);
    const head = body.statements;
    body.statements = [];
    loop.effects.forEach((e) => this.perform(e, body));
    states.forEach((k) => this.need(loop.next[k]));
    const after = [...this.afters.get(loop) ?? []];
    this.regionOf.get(loop)!.statements.push({ kind: 'loop', loop, states, head, body: body.statements, after });
  }

  private perform(e: Effect, at: Region): void {
    if (e.kind === 'loop') return this.loop(e.loop);
    e.index.forEach((i) => this.need(i));
    if (e.kind === 'load') {
      at.statements.push({ kind: 'load', effect: e });
      return;
    }
    this.need(e.value);
    this.need(e.when);
    at.statements.push({ kind: 'store', effect: e });
  }
}

const noTurns: ReadonlySet<number> = new Set<number>();
const isSelect = (v: Value): v is Select => v.kind === 'op' && v.op === 'select';
const isComputed = (v: Value): boolean => v.kind !== 'const' && v.kind !== 'state' && v.kind !== 'loaded';

const region = (parent: Region | undefined, loop: Loop | undefined): Region =>
  ({ parent, depth: parent ? parent.depth + 1 : 0, loop, cost: 0, loops: false, statements: [] });

function common(a: Region, b: Region): Region {
  while (a !== b) {
    if (a.depth >= b.depth) a = a.parent!;
    else b = b.parent!;
  }
  return a;
}

/** Out of every loop on whose turn nothing depends. */
function hoisted(at: Region, turns: ReadonlySet<number>): Region {
  let home = at;
  for (let r: Region | undefined = at; r; r = r.parent) {
    if (!r.loop) continue;
    if (turns.has(r.loop.id)) break;
    home = r.parent!;
  }
  return home;
}

function add<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}
