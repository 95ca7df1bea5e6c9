/**
 * Runs: indices that go up or down with the lanes by a constant step, such as x[i + 1] where lanes are neighbours along i.
 * Clamped and wrapped indices are runs too, as long as no lane leaves the array, which is asked when the code runs; and so
 * are states that start as a run and move on by the same in every lane.
 */
import type { Loop, Value } from '../../../dsl/kernel/ir.ts';
import type { OpName } from '../../../dsl/ops.ts';
import type { Code, Scalar } from './code.ts';

export interface Run {
  /** Of the first lane. */
  readonly first: Scalar;
  /** From lane to lane. */
  readonly step: number;
  /** Condition (0 or 1): the lanes are as said. */
  readonly whole: Scalar;
}

type Op = Value & { kind: 'op' };

/** Steps beyond this are no runs, so that no run wraps around 2^32. */
const LARGEST_STEP = 64;

/** Says of values whether they are runs along the axis `inner`. */
export function runFinder(
  inner: number, isUniform: (v: Value) => boolean, loopOf: (state: Value & { kind: 'state' }) => Loop,
): (v: Value) => boolean {
  const known = new Map<Value, number | undefined>();
  /** The step of a run, 0 of a uniform value; undefined where it is neither. */
  const stepOf = (v: Value): number | undefined => {
    if (!known.has(v)) known.set(v, decide(v));
    return known.get(v);
  };
  const decide = (v: Value): number | undefined => {
    if (isUniform(v)) return 0;
    if (v.kind === 'coord') return v.axis === inner ? 1 : undefined;
    if (v.kind === 'state' && v.dtype === 'int32') return movesAlike(v, loopOf(v), isUniform) ? stepOf(loopOf(v).initial[v.index]) : undefined;
    if (v.kind !== 'op' || v.dtype !== 'int32' || !runOps.has(v.op)) return undefined;
    const [a, b] = v.args.map(stepOf);
    const step = a === undefined || b === undefined ? undefined : combined(v, a, b);
    return step !== undefined && Math.abs(step) <= LARGEST_STEP ? step : undefined;
  };
  return (v) => (stepOf(v) ?? 0) !== 0;
}

/** Whether the next state is the state plus or minus what is the same in every lane. */
function movesAlike(state: Value & { kind: 'state' }, { next }: Loop, isUniform: (v: Value) => boolean): boolean {
  const v = next[state.index];
  if (v.kind !== 'op' || (v.op !== 'add' && v.op !== 'sub')) return false;
  const [a, b] = v.args;
  return (a === state && isUniform(b)) || (b === state && v.op === 'add' && isUniform(a));
}

const runOps: ReadonlySet<OpName> = new Set<OpName>(['add', 'sub', 'mul', 'min', 'max', 'rem']);

function combined(v: Op, a: number, b: number): number | undefined {
  switch (v.op) {
    case 'add': return a + b;
    case 'sub': return a - b;
    case 'mul': return constantFactor(v, 0, b) ?? constantFactor(v, 1, a);
    case 'rem': return b === 0 ? a : undefined;
    default: return [a, b][chosen(a, b)];
  }
}

const constantFactor = ({ args }: Op, k: 0 | 1, step: number): number | undefined => {
  const factor = args[k];
  return factor.kind === 'const' ? factor.value * step : undefined;
};

/** Which operand of a minimum or maximum is expected to be the result: one that moves, and rather up than down. */
const chosen = (a: number, b: number): 0 | 1 => (a === 0 || (b !== 0 && b > a) ? 1 : 0);

export interface RunSource {
  readonly c: Code;
  /** Lanes of a run. */
  readonly count: number;
  readonly inner: number;
  isUniform(v: Value): boolean;
  /** Of uniform values. */
  scalar(v: Value): Scalar;
  /** The coordinate of the first lane, and whether the others follow. */
  column(v: Value & { kind: 'coord' }): { readonly first: Scalar; readonly whole: Scalar };
  /** The run of an operand, each computed once; that of a state is there. */
  run(v: Value): Run;
}

/** Emits what `v` is, having been found to be a run; or the run of step 0 of a uniform value. */
export function runOf(s: RunSource, v: Value): Run {
  const { c } = s;
  if (s.isUniform(v)) return { first: s.scalar(v), step: 0, whole: 1 };
  if (v.kind === 'coord') return { ...s.column(v), step: 1 };
  const op = v as Op;
  const clamped = clampedRun(s, op);
  if (clamped) return clamped;
  const [a, b] = op.args.map((x) => s.run(x));
  const both = c.and(a.whole, b.whole);
  const last = (r: Run): Scalar => lastOf(s, r);
  switch (op.op) {
    case 'add': return { first: c.add(a.first, b.first), step: a.step + b.step, whole: both };
    case 'sub': return { first: c.sub(a.first, b.first), step: a.step - b.step, whole: both };
    case 'mul': {
      const step = constantFactor(op, 0, b.step) ?? constantFactor(op, 1, a.step)!;
      return { first: c.mul(a.first, b.first), step, whole: both };
    }
    case 'min': case 'max': {
      // Differences of runs are runs: what holds for the first and the last lane holds between.
      const [it, other] = chosen(a.step, b.step) === 0 ? [a, b] : [b, a];
      const test = op.op === 'min' ? 'i32.le_s' : 'i32.ge_s';
      const ends = c.and(c.x(test, [it.first, other.first]), c.x(test, [last(it), last(other)]));
      return { first: it.first, step: it.step, whole: c.and(both, ends) };
    }
    default: {
      // rem: nothing happens to lanes from 0 up to the divisor.
      const ends = c.and(c.x('i32.lt_u', [a.first, b.first]), c.x('i32.lt_u', [last(a), b.first]));
      return { first: a.first, step: a.step, whole: c.and(both, c.and(ends, c.x('i32.gt_s', [b.first, 0]))) };
    }
  }
}

/** Of the last lane. */
export const lastOf = ({ c, count }: Pick<RunSource, 'c' | 'count'>, { first, step }: Run): Scalar => c.add(first, step * (count - 1));

/** max(min(run, top), 0), the way all indices are brought inside, in few instructions. */
function clampedRun(s: RunSource, v: Op): Run | undefined {
  const { c } = s;
  const [low, zero] = v.args;
  if (v.op !== 'max' || zero.kind !== 'const' || zero.value !== 0 || low.kind !== 'op' || low.op !== 'min') return undefined;
  const [index, top] = low.args;
  if (s.isUniform(index) || !s.isUniform(top)) return undefined;
  const run = s.run(index);
  const last = lastOf(s, run);
  // Neither end is negative, so the run does not wrap, and its larger end is the largest.
  const positive = c.x('i32.ge_s', [c.x('i32.or', [run.first, last]), 0]);
  const high = c.x('i32.le_s', [run.step > 0 ? last : run.first, s.scalar(top)]);
  return { ...run, whole: c.and(run.whole, c.and(positive, high)) };
}
