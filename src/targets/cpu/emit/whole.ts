/**
 * Elements of whole arrays: gathers from inputs, and the loads and stores of kernels that store. Where all indices are the same
 * in every lane there is one access. Where they run with the lanes, one access or a regular step serves all of them, unless
 * some lane leaves the array; otherwise lanes are served one by one.
 */
import { dtypes } from '../../../dsl/dtype.ts';
import type { Effect, Value } from '../../../dsl/kernel/ir.ts';
import type { Bytes, Pointer } from './address.ts';
import type { Code, Scalar } from './code.ts';
import type { Evaluator, Held } from './evaluate.ts';
import type { Whole } from './frame.ts';
import { registers, widthOf, type Regs } from './lanes.ts';
import { gather, gatherAt, load, loadInteger, loadSplat, scatter, scatterAt, store, storeOne } from './memory.ts';
import { lastOf, type Run } from './runs.ts';
import { asResult } from './subnormals.ts';
import type { Local } from '../wasm/index.ts';

type Gather = Value & { kind: 'gather' };

/** The registers of a gather; one if it is the same in every lane. Its indices are inside. */
export function gatherLanes(e: Evaluator, { input, index }: Gather): Regs {
  if (e.count === 1) return [loadSplat(e.c, e.site.whole('input', input).dtype, cellOf(e, 'input', input, index))];
  return loadLanes(e, e.site.whole('input', input), index, {
    scalar: (v) => e.scalar(v), lanes: (v) => e.regs(v), isInside: () => 1,
  });
}

/** A gather of 32-bit integers or bools that is the same in every lane. */
export function gatherScalar(e: Evaluator, { input, index }: Gather): Scalar {
  return loadInteger(e.c, e.site.whole('input', input).dtype, cellOf(e, 'input', input, index));
}

/** A load from an output: indices are brought inside first, where they may be outside. */
export function loadStored(e: Evaluator, { output, index, value, inside: isInside = false }: Effect & { kind: 'load' }): Held {
  const { c } = e;
  const from = e.site.whole('output', output);
  const inside = (v: Value, k: number): Scalar => (isInside ? e.scalar(v) : c.max(c.min(e.scalar(v), from.tops[k]), 0));
  if (e.count === 1) {
    const address = isInside ? cellOf(e, 'output', output, index) : addressOf(c, from, index.map(inside));
    if (e.scheme.isScalar(value)) return { natural: 'scalar', uniform: true, scalar: loadInteger(c, from.dtype, address) };
    const width = widthOf(from.dtype);
    return { natural: width, uniform: false, [width]: [loadSplat(c, from.dtype, address)] };
  }
  const zero = c.f.constant('i32x4', 0);
  const regs = loadLanes(e, from, index, {
    scalar: inside,
    lanes: (v, k) => (isInside ? e.regs(v)
      : e.regs(v).map((i) => c.x('i32x4.max_s', [c.x('i32x4.min_s', [i, from.topLanes[k]]), zero]))),
    isInside: (i, k) => (isInside ? 1 : c.x('i32.lt_u', [i, from.sizes[k]])),
  });
  const lanes = regs.length === 1 && e.count > 1 ? new Array<Local>(registers(e.count, widthOf(from.dtype))).fill(regs[0]) : regs;
  return { natural: widthOf(value.dtype), uniform: false, [widthOf(value.dtype)]: lanes };
}

/** Stores `value` in the lanes that are active, where `when` holds and the index is inside. */
export function storeLanes(e: Evaluator, { output, index, value, when, inside: isInside = false }: Effect & { kind: 'store' }): void {
  const { c } = e;
  const to = e.site.whole('output', output);
  const inside = (i: Scalar, k: number): Scalar => (isInside ? 1 : c.x('i32.lt_u', [i, to.sizes[k]]));
  const fixed = index.map((v) => e.isUniform(v));
  let condition = e.isUniform(when) ? e.scalar(when) : 1;
  index.forEach((v, k) => { if (fixed[k]) condition = c.and(condition, inside(e.scalar(v), k)); });
  choose(e, condition, () => {
    if (e.count === 1) {
      const address = cellOf(e, 'output', output, index);
      if (e.scheme.isScalar(value)) c.raw(to.dtype === 'bool' ? 'i32.store8' : 'i32.store', [address, e.scalar(value)]);
      else storeOne(c, to.dtype, address, 0, asResult(c, to.dtype, e.regs(value, widthOf(to.dtype)))[0]);
      return;
    }
    const values = asResult(c, to.dtype, e.regs(value, widthOf(to.dtype)));
    const masks = [...(e.isUniform(when) ? [] : [e.regs(when, 32)]), ...(e.active ? [e.regs(e.active, 32)] : [])];
    const mask = masks.length > 0 ? masks.reduce((a, b) => a.map((m, j) => c.x('v128.and', [m, b[j]]))) : undefined;
    const oneByOne = (): void => storeOneByOne(e, to, index, values, mask, isInside);
    const runs = runsOf(e, index);
    if (!runs) return oneByOne();
    const ends = runs.flatMap((r, k) => (fixed[k] ? [] : [inside(r.first, k), inside(lastOf(e, r), k)]));
    const all = mask ? [c.x('i32x4.all_true', [mask.reduce((a, b) => c.x('v128.and', [a, b]))])] : [];
    const whole = [...runs.map((r) => r.whole), ...ends, ...all].reduce((a, b) => c.and(a, b));
    const together = (): void => {
      const { address, step } = walkOf(c, to, runs);
      const lined = (): void => store(c, to.dtype, address as Pointer, 0, values, e.count);
      choose(e, besides(c, to, step), lined, () => scatter(c, to.dtype, address, step, values, e.count));
    };
    choose(e, whole, together, oneByOne);
  });
}

function storeOneByOne(
  e: Evaluator, to: Whole, index: readonly Value[], values: Regs, mask: Regs | undefined, isInside: boolean,
): void {
  const { c } = e;
  const tests = index.flatMap((v, k) => (isInside || e.isUniform(v) ? [] : [e.regs(v).map((i) => c.x('i32x4.lt_u', [i, to.sizeLanes[k]]))]));
  const all = [...(mask ? [mask] : []), ...tests];
  const address = laneAddresses(e, to, index, { scalar: (v) => e.scalar(v), lanes: (v) => e.regs(v) });
  const bits = all.length === 0 ? undefined : all.reduce((a, b) => a.map((m, j) => c.x('v128.and', [m, b[j]])))
    .map((m) => c.x('i32x4.bitmask', [m]));
  scatterAt(c, to.dtype, values, e.count, (lane, put) => {
    if (!bits) return put(address(lane));
    c.raw('i32.and', [bits[lane >> 2], 1 << (lane & 3)]);
    c.f.if(() => put(address(lane)));
  });
}

/** How indices are had: as scalars and as lanes, inside the array; and whether the end of a run is inside. */
interface Indices {
  readonly scalar: (v: Value, axis: number) => Scalar;
  readonly lanes: (v: Value, axis: number) => Regs;
  readonly isInside: (i: Scalar, axis: number) => Scalar;
}

function loadLanes(e: Evaluator, from: Whole, index: readonly Value[], how: Indices): Regs {
  const { c, count } = e;
  if (index.every((v) => e.isUniform(v))) {
    return [loadSplat(c, from.dtype, addressOf(c, from, index.map((v, k) => how.scalar(v, k))))];
  }
  const oneByOne = (): Regs => gatherAt(c, from.dtype, 0, count, laneAddresses(e, from, index, how));
  const runs = runsOf(e, index);
  if (!runs) return oneByOne();
  const ends = runs.flatMap((r, k) => (r.step === 0 ? [] : [how.isInside(r.first, k), how.isInside(lastOf(e, r), k)]));
  const whole = [...runs.map((r) => r.whole), ...ends].reduce((a, b) => c.and(a, b));
  const together = (): Regs => {
    const inside = runs.map((r, k) => (r.step === 0 ? { ...r, first: how.scalar(index[k], k) } : r));
    const { address, step } = walkOf(c, from, inside);
    return either(e, from, besides(c, from, step),
      () => load(c, from.dtype, address as Pointer, 0, count), () => gather(c, from.dtype, address, 0, step, count));
  };
  return either(e, from, whole, together, oneByOne);
}

/** One of two ways to get lanes of an array. */
function either(e: Evaluator, { dtype }: Whole, condition: Scalar, yes: () => Regs, no: () => Regs): Regs {
  const { c } = e;
  if (typeof condition === 'number') return condition ? yes() : no();
  const out = c.variables(registers(e.count, widthOf(dtype)), 'gathered');
  c.push(condition);
  c.f.if(() => e.scoped(() => c.move(out, yes())), () => e.scoped(() => c.move(out, no())));
  return out;
}

/** Whether lanes lie side by side. Along axes other than the last that is known when the code runs, of arrays of one column. */
const besides = (c: Code, { dtype }: Whole, step: Bytes): Scalar =>
  (typeof step === 'number' ? Number(step === dtypes[dtype].bytes) : c.at.isEqual(step, dtypes[dtype].bytes));

// ---- addresses ----

const addressOf = (c: Code, { base, strides }: Whole, index: readonly Scalar[]): Bytes =>
  index.reduce<Bytes>((at, i, k) => c.at.plus(at, c.at.times(i, strides[k])), base);

/** Where a loop works: the address that the indices give which its turns do not change. */
export interface Base {
  readonly address: Bytes;
  readonly isFixed: readonly boolean[];
}

/** Of a single cell: the address of indices that are inside. */
function cellOf(e: Evaluator, of: 'input' | 'output', n: number, index: readonly Value[]): Bytes {
  const { base, strides } = e.site.whole(of, n);
  const known = e.base(of + n, index);
  const plus = (at: Bytes, v: Value, k: number): Bytes => e.c.at.plus(at, e.c.at.times(e.scalar(v), strides[k]));
  return index.reduce<Bytes>((at, v, k) => (known?.isFixed[k] ? at : plus(at, v, k)), known?.address ?? base);
}

/** Before a loop over single cells: an address that it comes back to, but for what its turns change. */
export function keepBase(
  e: Evaluator, of: 'input' | 'output', n: number, index: readonly Value[], isOutside: (v: Value) => boolean,
): void {
  if (e.count > 1) return;
  const isFixed = index.map(isOutside);
  if (!isFixed.includes(true)) return;
  const whole = e.site.whole(of, n);
  const plus = (at: Bytes, v: Value, k: number): Bytes => e.c.at.plus(at, e.c.at.times(e.scalar(v), whole.strides[k]));
  const address = index.reduce<Bytes>((at, v, k) => (isFixed[k] ? plus(at, v, k) : at), whole.base);
  e.setBase(of + n, index, { address, isFixed });
}

/** The runs of all indices, those of step 0 among them; undefined where one is anything else. */
function runsOf(e: Evaluator, index: readonly Value[]): readonly Run[] | undefined {
  const able = index.every((v) => e.isUniform(v) || e.scheme.isRun(v)) && index.some((v) => e.scheme.isRun(v));
  return able ? index.map((v) => e.run(v)) : undefined;
}

/** The address of the first lane, and bytes from lane to lane. */
function walkOf(c: Code, array: Whole, runs: readonly Run[]): { readonly address: Bytes; readonly step: Bytes } {
  const address = addressOf(c, array, runs.map((r) => r.first));
  const step = runs.reduce<Bytes>((sum, r, k) => c.at.plus(sum, c.at.times(r.step, array.strides[k])), 0);
  return { address, step };
}

/** Each lane's address. */
function laneAddresses(
  e: Evaluator, array: Whole, index: readonly Value[], { scalar, lanes }: Pick<Indices, 'scalar' | 'lanes'>,
): (lane: number) => Bytes {
  const { c } = e;
  const fixed = index.map((v) => e.isUniform(v));
  const base = addressOf(c, array, index.map((v, k) => (fixed[k] ? scalar(v, k) : 0)));
  const varying = index.flatMap((v, k) => (fixed[k] ? [] : [distances(c, array, k, lanes(v, k))]));
  if (varying.length === 0) return () => base;
  return c.at.spread(base, varying, array.unit);
}

/** From where an axis begins, in units. */
function distances(c: Code, { strides, strideLanes, unit }: Whole, axis: number, index: Regs): Regs {
  const stride = strides[axis];
  if (stride === unit) return index;
  if (typeof stride === 'number' && stride > 0) return index.map((v) => c.x('i32x4.shl', [v, Math.log2(stride / unit)]));
  return index.map((v) => c.x('i32x4.mul', [v, strideLanes[axis]]));
}

function choose(e: Evaluator, condition: Scalar, yes: () => void, no?: () => void): void {
  if (condition === 1) return yes();
  if (condition === 0) return no?.();
  e.c.push(condition);
  e.c.f.if(() => e.scoped(yes), no && (() => e.scoped(no)));
}
