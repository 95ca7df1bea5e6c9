/**
 * Random functions whose results are exact on every device: integers, bools and small whole floats. Values are added to a
 * pool, from which the next ones take their operands. Every loop ends.
 */
import { isFloat, isInteger, dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import type { Builder, Effect, Value } from '../../src/dsl/kernel/ir.ts';
import type { OpName } from '../../src/dsl/ops.ts';

export type Next = () => number;
export const pick = <T>(next: Next, list: readonly T[]): T => list[Math.floor(next() * list.length)];

export const deviceDtypes = dtypeNames.filter((d) => d !== 'float64');

const integerOps: readonly OpName[] = ['add', 'sub', 'mul', 'floorDiv', 'mod', 'rem', 'min', 'max', 'neg', 'abs', 'sign', 'bitAnd', 'bitOr', 'bitXor', 'bitNot', 'shl', 'shr'];
const floatOps: readonly OpName[] = ['add', 'sub', 'mul', 'min', 'max', 'neg', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'round', 'roundHalfUp'];
const boolOps: readonly OpName[] = ['and', 'or', 'xor', 'not'];
const comparisons: readonly OpName[] = ['lt', 'le', 'gt', 'ge', 'eq', 'ne'];
const unary: ReadonlySet<OpName> = new Set<OpName>(['neg', 'abs', 'sign', 'bitNot', 'not', 'floor', 'ceil', 'trunc', 'round', 'roundHalfUp']);

/** Floats stay small and whole, so that every sum and product is exact however it is contracted. */
export const bounded = (b: Builder, v: Value): Value => (isFloat(v.dtype)
  ? b.op('max', [b.op('min', [v, b.constant(500, 'float32')]), b.constant(-500, 'float32')]) : v);

const like = (next: Next, pool: readonly Value[], dtype: DType): Value => pick(next, pool.filter((v) => v.dtype === dtype));

/** A cast, a comparison, a selection or an operation on values of the pool. */
export function randomOp(b: Builder, next: Next, pool: readonly Value[]): Value {
  const x = pick(next, pool), d = x.dtype;
  const same = (): Value => like(next, pool, d);
  const choice = next();
  if (choice < 0.2) return bounded(b, b.cast(x, pick(next, deviceDtypes)));
  if (choice < 0.3) return b.op(pick(next, comparisons), [x, same()]);
  if (choice < 0.4) return b.op('select', [b.op('ne', [x, same()]), x, same()]);
  const op = pick(next, d === 'bool' ? boolOps : isInteger(d) ? integerOps : floatOps);
  return bounded(b, b.op(op, unary.has(op) ? [x] : [x, same()]));
}

/** A value that is worth a branch. */
function costly(b: Builder, next: Next, v: Value): Value {
  let x = b.cast(v, 'int32');
  for (let k = 0; k < 4; k++) {
    const divisor = b.constant(Math.floor(next() * 9) - 4, 'int32');
    x = b.op(pick(next, ['floorDiv', 'mod', 'rem']), [b.op('sub', [b.constant(1000 + k, 'int32'), x]), divisor]);
  }
  return bounded(b, b.cast(x, v.dtype));
}

/** A conditional with one or two arms that are worth a branch. */
function randomBranch(b: Builder, next: Next, pool: readonly Value[]): Value {
  const x = pick(next, pool), y = like(next, pool, x.dtype);
  const which = next();
  const arms = [which < 0.7 ? costly(b, next, x) : x, which > 0.4 ? costly(b, next, y) : y];
  return b.op('select', [randomTest(b, next, pool), ...arms]);
}

function randomTest(b: Builder, next: Next, pool: readonly Value[]): Value {
  const x = pick(next, pool);
  return b.op(pick(next, comparisons), [x, like(next, pool, x.dtype)]);
}

const deepest = 3;

/** What happens in a turn of a loop; values that it makes are added to the pool. */
type Happens = (pool: Value[], depth: number) => Effect[];

/**
 * A loop with a counter and states that start with values of the pool; how often it turns depends on the data. Some states
 * change places. Returns the states after it.
 */
function randomLoop(b: Builder, next: Next, pool: readonly Value[], depth: number, happens: Happens = () => []): Value[] {
  const initial = [b.constant(0, 'int32'), ...Array.from({ length: 1 + Math.floor(next() * 3) }, () => pick(next, pool))];
  if (next() < 0.7) initial.push(like(next, pool, initial[1].dtype)); // one to change places with
  const turns = b.op('mod', [b.cast(pick(next, pool), 'int32'), b.constant(6, 'int32')]);
  const states = b.states(initial.map((v) => v.dtype));
  const inner = [...pool, ...states, ...states];
  const goesOn = b.op('lt', [states[0], turns]);
  const test = next() < 0.5 ? goesOn : b.op('and', [goesOn, randomTest(b, next, inner)]);
  const effects = happens(inner, depth + 1);
  addValues(b, next, inner, 4, depth + 1);
  const changed = states.map((s) => like(next, inner.slice(pool.length), s.dtype));
  changed[0] = b.op('add', [states[0], b.constant(1, 'int32')]);
  const last = states.length - 1;
  if (last > 1 && states[1].dtype === states[last].dtype) [changed[1], changed[last]] = [states[last], states[1]];
  return b.loop({ states, initial, test, next: changed, effects });
}

/** Adds about `count` values to the pool. */
export function addValues(b: Builder, next: Next, pool: Value[], count: number, depth = 0): void {
  for (let k = 0; k < count; k++) {
    const choice = next();
    if (choice < 0.2) pool.push(randomBranch(b, next, pool));
    else if (choice < 0.35 && depth < deepest) pool.push(...randomLoop(b, next, pool, depth));
    else pool.push(randomOp(b, next, pool));
  }
}

/** An output that effects may use: the elements of one point are not those of another, so that their order does not matter. */
export interface Sink {
  readonly dtype: DType;
  /** The element for an index along the axis that the points do not share. */
  at(free: Value): readonly Value[];
  readonly loads: boolean;
}

/** Stores, loads and loops with both. */
export function randomEffects(b: Builder, next: Next, pool: Value[], sinks: readonly Sink[], depth = 0): Effect[] {
  const index = (): Value => b.op('sub', [b.op('mod', [b.cast(pick(next, pool), 'int32'), b.constant(8, 'int32')]), b.constant(2, 'int32')]);
  return Array.from({ length: 2 + Math.floor(next() * 3) }, (): Effect => {
    if (next() < 0.5) addValues(b, next, pool, 1, depth);
    const output = Math.floor(next() * sinks.length), { dtype, at, loads } = sinks[output];
    const choice = next();
    if (choice < 0.4 && depth < 2) {
      const after = randomLoop(b, next, pool, depth, (inner, deeper) => randomEffects(b, next, inner, sinks, deeper));
      pool.push(...after);
      return { kind: 'loop', loop: (after[0] as Value & { kind: 'after' }).loop };
    }
    if (choice < 0.6 && loads) {
      const value = b.loaded(dtype);
      const load: Effect = { kind: 'load', output, index: at(index()), value };
      pool.push(bounded(b, value));
      return load;
    }
    const when = next() < 0.5 ? b.constant(1, 'bool') : randomTest(b, next, pool);
    const value = pick(next, next() < 0.7 ? pool.slice(-3) : pool); // what is new may not be used otherwise
    return { kind: 'store', output, index: at(index()), value: bounded(b, b.cast(value, dtype)), when };
  });
}
