/**
 * Control flow over lanes. An arm of a conditional runs where some lane takes it; a loop runs until no lane is left in it. What
 * lanes that are not there compute meanwhile is of no interest: it is left out where arms join and where a loop ends.
 */
import { isInteger } from '../../../dsl/dtype.ts';
import type { LoopStatement, Statement } from '../../../dsl/kernel/blocks.ts';
import type { Value } from '../../../dsl/kernel/ir.ts';
import type { Code, Scalar } from './code.ts';
import type { Evaluator, Held } from './evaluate.ts';
import { registers, type Regs, type Width } from './lanes.ts';
import { opTable } from './ops.ts';
import { preload } from './preload.ts';
import type { Run } from './runs.ts';
import { activeWidth, likelyWidth } from './widths.ts';
import type { Local } from '../wasm/index.ts';

/** Leaves on the stack whether some lane of a mask is set. */
export function pushAny(c: Code, mask: Regs): void {
  c.raw('v128.any_true', [mask.reduce((all, m) => c.x('v128.or', [all, m]))]);
}

/** How a value is kept in locals that are assigned: as an i32, in one register, or in as many as there are lanes for. */
interface Place {
  readonly form: 'scalar' | Width;
  readonly uniform: boolean;
  readonly locals: readonly Local[];
}

function placeFor(e: Evaluator, v: Value, name: string): Place {
  const { c, count, scheme } = e;
  if (scheme.isScalar(v)) return { form: 'scalar', uniform: true, locals: [c.f.local('i32', name)] };
  const form = likelyWidth(v);
  const uniform = count > 1 && scheme.isUniform(v);
  return { form, uniform, locals: c.variables(uniform ? 1 : registers(count, form), name) };
}

const heldIn = ({ form, uniform, locals }: Place): Held =>
  ({ natural: form, uniform, ...(form === 'scalar' ? { scalar: locals[0] } : { [form]: locals }) });

/** The locals of `v` as they go into a place. */
const taken = (e: Evaluator, v: Value, { form, locals }: Place): readonly Scalar[] =>
  (form === 'scalar' ? [e.scalar(v)] : e.regs(v, form).slice(0, locals.length));

// ---- conditionals ----

export function emitBranch(e: Evaluator, s: Statement & { kind: 'branch' }): void {
  const { c } = e;
  const { f } = c;
  const [condition, yes, no] = s.value.args;
  const out = placeFor(e, s.value, 'chosen');
  if (e.isUniform(condition)) {
    c.push(e.scalar(condition));
    f.if(
      () => e.scoped(() => { e.statements(s.yes); c.move(out.locals, taken(e, yes, out)); }),
      () => e.scoped(() => { e.statements(s.no); c.move(out.locals, taken(e, no, out)); }),
    );
  } else {
    emitDivergent(e, s, out);
  }
  e.set(s.value, heldIn(out));
}

function emitDivergent(e: Evaluator, s: Statement & { kind: 'branch' }, out: Place): void {
  const { c } = e;
  const [condition, yes, no] = s.value.args;
  const width = likelyWidth(condition);
  const mask = e.regs(condition, width);
  const among = e.active && e.regs(e.active, width);
  const both = (): void => {
    const choice = e.regs(condition, out.form as Width);
    const [a, b] = [taken(e, yes, out), taken(e, no, out)];
    c.move(out.locals, a.map((v, j) => c.x('v128.bitselect', [v, b[j], choice[j]])));
  };
  /** `arm` and then `join`, if some lane takes it. */
  const arm = (lanes: Regs, emit: () => void): void => {
    pushAny(c, lanes);
    c.f.if(() => e.scoped(() => {
      const before = e.active;
      e.active = e.mask(lanes, width);
      emit();
      e.active = before;
    }));
  };
  const takers = (): Regs => (among ? mask.map((m, j) => c.x('v128.and', [m, among[j]])) : mask);
  const others = (): Regs => mask.map((m, j) => (among ? c.x('v128.andnot', [among[j], m]) : c.x('v128.not', [m])));
  if (s.no.length === 0) {
    c.move(out.locals, taken(e, no, out));
    arm(takers(), () => { e.statements(s.yes); both(); });
  } else if (s.yes.length === 0) {
    c.move(out.locals, taken(e, yes, out));
    arm(others(), () => { e.statements(s.no); both(); });
  } else {
    arm(takers(), () => { e.statements(s.yes); c.move(out.locals, taken(e, yes, out)); });
    arm(others(), () => {
      e.statements(s.no);
      const choice = e.regs(condition, out.form as Width);
      const b = taken(e, no, out);
      c.move(out.locals, out.locals.map((v, j) => c.x('v128.bitselect', [v, b[j], choice[j]])));
    });
  }
}

// ---- loops ----

/** A state: where it is during the turns, and what it is in the end, if that is a place of its own. */
interface Carried {
  readonly index: number;
  readonly state: Value;
  readonly place: Place;
  /** Lanes that have left the loop keep their values here. */
  readonly last: Place | undefined;
  /** Of a state that indices run with, the first lane. */
  readonly run: (Run & { readonly first: Local }) | undefined;
}

export function emitLoop(e: Evaluator, s: LoopStatement): void {
  const { c } = e;
  const { f } = c;
  const { loop } = s;
  const { uniform, varying } = e.scheme.testsOf(loop);
  preload(e, s);
  const carried = carriedBy(e, s, varying.length > 0);
  const start = carried.map(({ index, place, last }) => [place, ...(last && last !== place ? [last] : [])]
    .map((to) => ({ to: to.locals, from: taken(e, loop.initial[index], to) }))).flat();
  c.move(start.flatMap(({ to }) => to), start.flatMap(({ from }) => from));
  const width = activeWidth(varying.map((t) => t.value));
  const inLoop = varying.length > 0 ? c.variables(registers(e.count, width), 'active') : [];
  if (varying.length > 0) c.move(inLoop, e.active ? e.regs(e.active, width) : inLoop.map(() => c.f.constant('i32x4', -1)));

  f.block((exit) => f.loop((again) => {
    e.scoped(() => {
      const before = e.active;
      for (const { state, place, run } of carried) {
        e.set(state, heldIn(place));
        if (run) e.setRun(state, run);
      }
      e.statements(s.head);
      for (const test of uniform) {
        c.raw('i32.eqz', [e.scalar(test)]);
        f.brIf(exit);
      }
      if (varying.length > 0) {
        const left = varying.reduce<Regs>((mask, { value, negated }) =>
          e.regs(value, width).map((t, j) => c.x(negated ? 'v128.andnot' : 'v128.and', [mask[j], t])), inLoop);
        c.move(inLoop, left);
        pushAny(c, inLoop);
        f.op('i32.eqz');
        f.brIf(exit);
        e.active = e.mask(inLoop, width);
      }
      e.statements(s.body);
      advance(e, s, carried);
      e.active = before;
    });
    f.br(again);
  }));
  for (const v of s.after) {
    const { place, last } = carried.find(({ index }) => index === v.index)!;
    e.set(v, heldIn(last ?? place));
  }
}

/**
 * In a loop that lanes leave one by one, a state that is wanted afterwards stays as it is in lanes that have left. That costs
 * a blend per turn; states that are not wanted run on. One that is the same in all lanes runs on as such, and its blend is
 * another place.
 */
function carriedBy(e: Evaluator, { loop, states, after }: LoopStatement, divergent: boolean): Carried[] {
  return states.map((index) => {
    const state = loop.states[index];
    const place = placeFor(e, state, `state${index}`);
    const run = e.scheme.isRunning(state) ? startRun(e, loop.initial[index]) : undefined;
    if (!divergent || !after.some((v) => v.index === index)) return { index, state, place, last: undefined, run };
    if (!place.uniform) return { index, state, place, last: place, run };
    const form = likelyWidth(state);
    const locals = e.c.variables(registers(e.count, form), `last${index}`);
    return { index, state, place, run, last: { form, uniform: false, locals } };
  });
}

function startRun(e: Evaluator, initial: Value): Carried['run'] {
  const { first, step, whole } = e.run(initial);
  return { first: e.c.variable(first, 'first'), step, whole };
}

/** All states take their next values at once: each next value is there before a state is assigned. */
function advance(e: Evaluator, { loop }: LoopStatement, carried: readonly Carried[]): void {
  const to: Local[] = [];
  const from: Scalar[] = [];
  const assign = (place: Place, values: readonly Scalar[]): void => {
    to.push(...place.locals);
    from.push(...values);
  };
  for (const { index, state, place, last, run } of carried) {
    const next = loop.next[index];
    if (next === state) continue;
    if (run) {
      to.push(run.first);
      from.push(e.run(next).first);
    }
    if (last) assign(last, blended(e, state, next, last));
    if (last !== place) assign(place, taken(e, next, place));
  }
  e.c.move(to, from);
}

/** `next` in the active lanes. */
function blended(e: Evaluator, state: Value, next: Value, { form, locals }: Place): Regs {
  const { c } = e;
  const mask = e.regs(e.active!, form as Width);
  const by = stepOf(state, next);
  if (by) {
    // Counting: lanes that have left count by 0.
    const context = { c, dtype: state.dtype, right: undefined, lanes: e.count, fmod: undefined };
    const { add, sub } = opTable(state.dtype, form as Width);
    if (by.sign * by.value === 1) return locals.map((v, j) => sub(context, v, mask[j], v));
    const steps = e.regs(by.constant, form as Width);
    return locals.map((v, j) => (by.sign === 1 ? add : sub)(context, v, c.x('v128.and', [steps[j], mask[j]]), v));
  }
  return e.regs(next, form as Width).map((v, j) => c.x('v128.bitselect', [v, locals[j], mask[j]]));
}

interface Step { readonly constant: Value; readonly value: number; readonly sign: 1 | -1 }

/** `next` as state + constant or state - constant, of integers. */
function stepOf(state: Value, next: Value): Step | undefined {
  if (next.kind !== 'op' || !isInteger(state.dtype) || (next.op !== 'add' && next.op !== 'sub')) return undefined;
  const [a, b] = next.args;
  if (a === state && b.kind === 'const') return { constant: b, value: b.value, sign: next.op === 'add' ? 1 : -1 };
  return b === state && a.kind === 'const' && next.op === 'add' ? { constant: a, value: a.value, sign: 1 } : undefined;
}
