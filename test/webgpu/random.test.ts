/** Random kernels on the device against the interpreter of plans. Everything is exact: integers, bools and small whole floats. */
import { test } from 'uvu';
import fc from 'fast-check';
import { dtypeNames, isFloat, isInteger, type DType } from '../../src/dsl/dtype.ts';
import type { EdgeMap } from '../../src/dsl/border.ts';
import type { Builder, Point, Value } from '../../src/dsl/kernel/ir.ts';
import type { OpName } from '../../src/dsl/ops.ts';
import type { ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import { anyValue, random, typed } from '../support/special.ts';
import { available, closeTargets, expectSame } from './harness.ts';
import { mapLaunch, reduceLaunch, type MapSpec, type Where } from './launches.ts';

const gpuTest = available ? test : test.skip;
const dtypes = dtypeNames.filter((d) => d !== 'float64');
type Next = () => number;
const pick = <T>(next: Next, list: readonly T[]): T => list[Math.floor(next() * list.length)];

const integerOps: readonly OpName[] = ['add', 'sub', 'mul', 'floorDiv', 'mod', 'rem', 'min', 'max', 'neg', 'abs', 'sign', 'bitAnd', 'bitOr', 'bitXor', 'bitNot', 'shl', 'shr'];
const floatOps: readonly OpName[] = ['add', 'sub', 'mul', 'min', 'max', 'neg', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'round', 'roundHalfUp'];
const boolOps: readonly OpName[] = ['and', 'or', 'xor', 'not'];
const comparisons: readonly OpName[] = ['lt', 'le', 'gt', 'ge', 'eq', 'ne'];
const unary: ReadonlySet<OpName> = new Set<OpName>(['neg', 'abs', 'sign', 'bitNot', 'not', 'floor', 'ceil', 'trunc', 'round', 'roundHalfUp']);

/** Strides into an array large enough for every domain of the test: dense, broadcast along an axis, or backwards. */
function where(next: Next, domain: readonly number[], dtype: DType): Where {
  const dense: number[] = domain.map((_, k) => sizeOf(domain.slice(k + 1)));
  switch (Math.floor(next() * 4)) {
    case 0: return { dtype, strides: dense.map((s) => (next() < 0.5 ? 0 : s)) };
    case 1: return { dtype, strides: dense.map((s) => -s), offset: sizeOf(domain) - 1 };
    default: return { dtype };
  }
}

const data = (next: Next, dtype: DType, length: number) =>
  typed(dtype, Array.from({ length }, () => (isFloat(dtype) ? Math.floor(next() * 41) - 20 : anyValue(dtype, next))));

function body(next: Next, inputs: readonly Where[], rank: number): (b: Builder) => Value[] {
  return (b) => {
    const edges: readonly EdgeMap[] = ['nearest', 'wrap', 'reflect', 'mirror'];
    const points: (Point | undefined)[] = [undefined];
    for (let k = 0; k < 3; k++) {
      const each = <T>(make: () => T): T[] => Array.from({ length: rank }, make);
      points.push(b.point(pick(next, points), each(() => Math.floor(next() * 7) - 3), each(() => pick(next, edges))));
    }
    const values: Value[] = inputs.map((w, k) => b.read(k, w.dtype));
    inputs.forEach((w, k) => values.push(b.read(k, w.dtype, pick(next, points))));
    values.push(b.coord(Math.floor(next() * rank), pick(next, points)), b.extent(Math.floor(next() * rank)));
    values.push(b.inside(pick(next, points), Array.from({ length: rank }, () => -1), Array.from({ length: rank }, () => 2)));
    for (let k = 0; k < 12; k++) {
      const x = pick(next, values), d = x.dtype;
      const same = () => pick(next, values.filter((v) => v.dtype === d));
      const choice = next();
      if (choice < 0.2) values.push(bounded(b, b.cast(x, pick(next, dtypes))));
      else if (choice < 0.3) values.push(b.op(pick(next, comparisons), [x, same()]));
      else if (choice < 0.4) values.push(b.op('select', [b.op('ne', [x, same()]), x, same()]));
      else {
        const op = pick(next, d === 'bool' ? boolOps : isInteger(d) ? integerOps : floatOps);
        values.push(bounded(b, b.op(op, unary.has(op) ? [x] : [x, same()])));
      }
    }
    return [values.at(-1)!, values.at(-2)!, values.at(-3)!];
  };
}

/** Floats stay small and whole, so that every sum and product is exact however it is contracted. */
const bounded = (b: Builder, v: Value): Value => (isFloat(v.dtype)
  ? b.op('max', [b.op('min', [v, b.constant(500, 'float32')]), b.constant(-500, 'float32')]) : v);

const domains = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });

function specOf(next: Next, domain: number[]): { spec: MapSpec; inputs: ReturnType<typeof data>[] } {
  const inputs = Array.from({ length: 3 }, () => where(next, domain, pick(next, dtypes)));
  const seed = Math.floor(next() * 2 ** 31);
  return {
    // The same numbers every time the body is built.
    spec: { domain, inputs, body: (b) => body(random(seed), inputs, domain.length)(b) },
    inputs: inputs.map((w) => data(next, w.dtype, sizeOf(domain))),
  };
}

/** Other kernels at every run only when asked for, so that a failure is a change's own. */
const runs = process.env.WEFT_FUZZ_RUNS ? { numRuns: Number(process.env.WEFT_FUZZ_RUNS) } : { numRuns: 20, seed: 42 };

gpuTest('random maps', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), domains, async (seed, domain) => {
    const { spec, inputs } = specOf(random(seed), domain);
    await expectSame(mapLaunch(spec), inputs);
  }), runs);
});

gpuTest('random reductions', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), domains, fc.boolean(), async (seed, domain, long) => {
    const next = random(seed);
    if (long) domain[Math.floor(next() * domain.length)] = 3000;
    const { spec, inputs } = specOf(next, domain);
    const axes = domain.map((_, k) => k).filter(() => next() < 0.6);
    const terms = [0, 1].map((): ReducerName => pick(next, ['sum', 'min', 'max', 'argMin', 'argMax']));
    await expectSame(reduceLaunch({ ...spec, axes: axes.length > 0 ? axes : [0], terms, store: [2] }), inputs);
  }), runs);
});

test.after(closeTargets);
test.run();
