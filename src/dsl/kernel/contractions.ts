/**
 * Products that are added to something, rounded once instead of twice, as C compilers do within an expression: for targets that
 * have an instruction for it. Only within one function, before it is inlined anywhere, so that fused and unfused programs agree
 * to the bit; and with more care than C's:
 *
 * - What decides (comparisons, rounding to whole numbers, casts to integers and so indices) is computed as it is written, with
 *   everything that it depends on: no branch is taken, and no element read, that plain JavaScript would not.
 * - A sum of two products stays: `b * b - 4 * a * c` is 0 where it should be, and never a little less.
 */
import { isFloat } from '../dtype.ts';
import type { OpName } from '../ops.ts';
import { inlineAll, sameLeaves } from './copy.ts';
import { Builder, type Effect, type Fn, type Loop, type Value } from './ir.ts';
import { operandsOf, operandsOfEffects, valuesIn } from './walk.ts';

type Op = Value & { readonly kind: 'op' };

const contractedOf = new WeakMap<Fn, Fn>();

/** The same function with `fma` and `fnma` where a product is added to, or subtracted from, what is no product. */
export function contracted(fn: Fn): Fn {
  let made = contractedOf.get(fn);
  if (!made) contractedOf.set(fn, made = contract(fn));
  return made;
}

function contract(fn: Fn): Fn {
  const values = valuesIn(fn);
  if (!values.some(isCandidate)) return fn;
  const exact = deciding(fn, values);
  const uses = useCounts(fn, values);
  const builder = new Builder();
  const { results, effects } = inlineAll(builder, fn.results, fn.effects, {
    ...sameLeaves(builder),
    op: (v, args) => {
      if (!isCandidate(v) || exact.has(v)) return undefined;
      const [product, other] = productIn(v);
      if (uses.get(product)! > 1) return undefined; // it has to be computed anyway, and sums wait for it no longer
      const at = v.args.indexOf(product);
      return builder.op(v.op === 'add' ? 'fma' : 'fnma', [args[v.args.indexOf(other)], ...(args[at] as Op).args]);
    },
  });
  return builder.fn(fn.name, { ...fn, results, effects });
}

const isProduct = (v: Value): v is Op => v.kind === 'op' && v.op === 'mul';

/** x * y + z, z + x * y and z - x * y, where z is no product. */
const isCandidate = (v: Value): v is Op => v.kind === 'op' && isFloat(v.dtype)
  && ((v.op === 'add' && isProduct(v.args[0]) !== isProduct(v.args[1])) || (v.op === 'sub' && !isProduct(v.args[0]) && isProduct(v.args[1])));

const productIn = ({ args: [a, b] }: Op): readonly [Op, Value] => (isProduct(a) ? [a, b] : [b as Op, a]);

/** Ops of floats whose results jump where an operand changes by little. */
const jumps: ReadonlySet<OpName> = new Set<OpName>([
  'floor', 'ceil', 'trunc', 'round', 'roundHalfUp', 'sign', 'floorDiv', 'mod', 'rem', 'exponent', 'mantissa',
]);

const decides = (v: Value): boolean =>
  v.kind === 'op' && v.args.some((a) => isFloat(a.dtype)) && (!isFloat(v.dtype) || jumps.has(v.op));

/** All that decisions depend on. */
function deciding(fn: Fn, values: readonly Value[]): ReadonlySet<Value> {
  const found = new Set<Value>();
  const stateOf = new Map<Value, readonly Value[]>();
  const stored = new Map<number, Value[]>();
  const loadedFrom = new Map<Value, number>();
  const visitLoop = (l: Loop): void => {
    l.states.forEach((s, k) => stateOf.set(s, [l.initial[k], l.next[k]]));
    visitEffects(l.effects);
  };
  const visitEffects = (effects: readonly Effect[]): void => effects.forEach((e) => {
    switch (e.kind) {
      case 'loop': return visitLoop(e.loop);
      case 'load': return void loadedFrom.set(e.value, e.output);
      case 'store': return void stored.set(e.output, [...stored.get(e.output) ?? [], e.value]);
      default: return e satisfies never;
    }
  });
  visitEffects(fn.effects);
  for (const v of values) if (v.kind === 'after') visitLoop(v.loop);

  const open = values.filter(decides).flatMap((v) => [...(v as Op).args]);
  const needs = (v: Value): readonly Value[] => {
    switch (v.kind) {
      case 'state': return stateOf.get(v) ?? [];
      case 'after': return stateOf.get(v.loop.states[v.index])!;
      case 'loaded': return stored.get(loadedFrom.get(v)!) ?? [];
      default: return operandsOf(v);
    }
  };
  while (open.length > 0) {
    const v = open.pop()!;
    if (found.has(v)) continue;
    found.add(v);
    open.push(...needs(v));
  }
  return found;
}

/** How often values are used; of a result that is one use more. */
function useCounts(fn: Fn, values: readonly Value[]): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  const loops = new Set<Loop>();
  const count = (v: Value): void => void counts.set(v, (counts.get(v) ?? 0) + 1);
  for (const v of values) {
    if (v.kind === 'after') {
      if (loops.has(v.loop)) continue;
      loops.add(v.loop);
    }
    operandsOf(v).forEach(count);
  }
  operandsOfEffects(fn.effects).forEach(count);
  fn.results.forEach(count);
  return counts;
}
