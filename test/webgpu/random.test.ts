/** Random kernels on the device against the interpreter of plans. Everything is exact: integers, bools and small whole floats. */
import { test } from 'uvu';
import fc from 'fast-check';
import { isFloat, type DType } from '../../src/dsl/dtype.ts';
import type { EdgeMap } from '../../src/dsl/border.ts';
import { Builder, type Point, type Value } from '../../src/dsl/kernel/ir.ts';
import type { ReducerName } from '../../src/dsl/reducers.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import { anyValue, random, typed } from '../support/special.ts';
import { available, closeTargets, expectSame } from './harness.ts';
import { mapLaunch, nestLaunch, reduceLaunch, type MapSpec, type Where } from './launches.ts';
import { addValues, deviceDtypes, pick, randomEffects, randomOp, type Next, type Sink } from './random-functions.ts';

const gpuTest = available ? test : test.skip;

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

/** What a function of the inputs starts with: reads at points and anywhere, coordinates. */
function leaves(next: Next, b: Builder, inputs: readonly Where[], rank: number): Value[] {
  const edges: readonly EdgeMap[] = ['nearest', 'wrap', 'reflect', 'mirror'];
  const points: (Point | undefined)[] = [undefined];
  for (let k = 0; k < 3; k++) {
    const each = <T>(make: () => T): T[] => Array.from({ length: rank }, make);
    points.push(b.point(pick(next, points), each(() => Math.floor(next() * 7) - 3), each(() => pick(next, edges))));
  }
  const values: Value[] = [];
  inputs.forEach((w, k) => { if (!w.sizes) values.push(b.read(k, w.dtype), b.read(k, w.dtype, pick(next, points))); });
  values.push(b.coord(Math.floor(next() * rank), pick(next, points)), b.extent(Math.floor(next() * rank)));
  values.push(b.inside(pick(next, points), Array.from({ length: rank }, () => -1), Array.from({ length: rank }, () => 2)));
  inputs.forEach((w, k) => w.sizes?.forEach((_, axis) => values.push(b.size('input', k, axis))));
  return values;
}

/** Elements of the inputs that are read anywhere, at indices that the values give; some are outside. */
function gathers(next: Next, b: Builder, inputs: readonly Where[], values: readonly Value[]): Value[] {
  const index = (): Value => b.op('mod', [b.cast(pick(next, values), 'int32'), b.constant(7, 'int32')]);
  return inputs.flatMap(({ dtype, sizes }, k) => (sizes ? [b.gather(k, dtype, sizes.map(index))] : []));
}

function simple(next: Next, inputs: readonly Where[], rank: number): (b: Builder) => Value[] {
  return (b) => {
    const values = leaves(next, b, inputs, rank);
    for (let k = 0; k < 12; k++) values.push(randomOp(b, next, values));
    return values.slice(-3);
  };
}

/** With loops, branches and reads anywhere. */
function looping(next: Next, inputs: readonly Where[], rank: number): (b: Builder) => Value[] {
  return (b) => {
    const values = leaves(next, b, inputs, rank);
    for (let k = 0; k < 2; k++) {
      addValues(b, next, values, 4);
      values.push(...gathers(next, b, inputs, values));
    }
    addValues(b, next, values, 3);
    return values.slice(-3);
  };
}

const domains = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 });

/** Two inputs at points of the domain and one anywhere. */
function specOf(next: Next, domain: number[], body: typeof simple = simple): { spec: MapSpec; given: ReturnType<typeof data>[] } {
  const sizes = Array.from({ length: 1 + Math.floor(next() * 3) }, () => 1 + Math.floor(next() * 6));
  const inputs = [domain, domain, sizes].map((over, k): Where =>
    ({ ...where(next, over, pick(next, deviceDtypes)), ...(k === 2 && { sizes }) }));
  const seed = Math.floor(next() * 2 ** 31);
  return {
    // The same numbers every time the body is built.
    spec: { domain, inputs, body: (b) => body(random(seed), inputs, domain.length)(b) },
    given: inputs.map((w) => data(next, w.dtype, sizeOf(w.sizes ?? domain))),
  };
}

/** Other kernels at every run only when asked for, so that a failure is a change's own. */
const asked = Number(process.env.WEFT_FUZZ_RUNS ?? 0);
const runs = { includeErrorInReport: true, ...(asked > 0 ? { numRuns: asked } : { numRuns: 20, seed: 42 }) };

for (const body of [simple, looping]) {
  gpuTest(`random maps, ${body.name}`, async () => {
    await fc.assert(fc.asyncProperty(fc.nat(), domains, async (seed, domain) => {
      const { spec, given } = specOf(random(seed), domain, body);
      await expectSame(mapLaunch(spec), given);
    }), runs);
  });

  gpuTest(`random reductions, ${body.name}`, async () => {
    await fc.assert(fc.asyncProperty(fc.nat(), domains, fc.boolean(), async (seed, domain, long) => {
      const next = random(seed);
      if (long) domain[Math.floor(next() * domain.length)] = body === simple ? 3000 : 300;
      const { spec, given } = specOf(next, domain, body);
      const axes = domain.map((_, k) => k).filter(() => next() < 0.6);
      const terms = [0, 1].map((): ReducerName => pick(next, ['sum', 'min', 'max', 'argMin', 'argMax']));
      await expectSame(reduceLaunch({ ...spec, axes: axes.length > 0 ? axes : [0], terms, store: [2] }), given);
    }), runs);
  });
}

/** An output over the points of the domain, forwards or backwards, and one more axis; it may be too small for all of them. */
function sinkOf(next: Next, b: Builder, domain: readonly number[]): Sink & { sizes: readonly number[] } {
  const loads = next() < 0.7, free = 1 + Math.floor(next() * 5), place = Math.floor(next() * (domain.length + 1));
  const sizes = domain.map((n) => (loads ? n : Math.max(1, n - 1)));
  const own = domain.map((_, k) => (next() < 0.5 ? b.coord(k) : b.op('sub', [b.op('sub', [b.extent(k), b.constant(1, 'int32')]), b.coord(k)])));
  return {
    dtype: pick(next, deviceDtypes), loads,
    sizes: [...sizes.slice(0, place), free, ...sizes.slice(place)],
    at: (index) => [...own.slice(0, place), index, ...own.slice(place)],
  };
}

gpuTest('random nests', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), domains, async (seed, domain) => {
    const next = random(seed);
    const { spec: { inputs }, given } = specOf(next, domain);
    const b = new Builder();
    const sinks = Array.from({ length: 1 + Math.floor(next() * 3) }, () => sinkOf(next, b, domain));
    const stored = sinks.map(({ dtype, sizes }) => ({ dtype, sizes, initial: next() < 0.5 }));
    const initial = stored.filter((s) => s.initial).map((s) => data(next, s.dtype, sizeOf(s.sizes)));
    const values = leaves(next, b, inputs, domain.length);
    values.push(...gathers(next, b, inputs, values));
    sinks.forEach((s, k) => values.push(b.size('output', k, s.sizes.length - 1)));
    const effects = randomEffects(b, next, values, sinks);
    await expectSame(nestLaunch({ domain, inputs, stored, builder: b, effects: () => effects }), [...given, ...initial]);
  }), runs);
});

test.after(closeTargets);
test.run();
