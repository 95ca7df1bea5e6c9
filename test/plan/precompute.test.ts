/** Costly functions of single elements are taken out of stencils. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import type { Value } from '../../src/dsl/kernel/ir.ts';
import { valuesIn } from '../../src/dsl/kernel/walk.ts';
import { planCacheStats, explain } from '../../src/fusion/index.ts';
import { stencilOf, type Scalars } from '../support/nodes.ts';
import { checkValues, expectPlan, planOf } from '../support/plan.ts';

const ramp = (n: number, by = 37) => Float32Array.from({ length: n }, (_, k) => ((k * by) % 101) / 10 + 0.1);
const vector = (n = 24, by = 37) => wf.array(ramp(n, by));
const matrix = (h = 8, w = 9) => wf.array(ramp(h * w), { shape: [h, w] });

/** A blur of light: the mean of powers over a window, back through the root. */
function gammaBlur(x: wf.WeftArray, reach: number, border: wf.BorderMode): wf.WeftArray {
  const side = Array.from({ length: 2 * reach + 1 }, (_, k) => k - reach);
  return stencilOf('gammaBlur', x.shape, [x], { border: [border, border], lo: [-reach, -reach], hi: [reach, reach] }, (b) => {
    const powers = side.flatMap((i) => side.map((j) => b.op('pow', [b.at(0, i, j), b.constant(2.2, 'float32')])));
    const sum = powers.reduce((p, q) => b.add(p, q));
    return b.op('pow', [b.op('div', [sum, b.constant(powers.length, 'float32')]), b.constant(1 / 2.2, 'float32')]);
  });
}

test('a gamma blur takes one power per element, then sums', () => {
  const x = matrix();
  for (const border of ['reflect', 'mirror', 'nearest', 'wrap', 'constant', 'fill'] as const) {
    expectPlan(gammaBlur(x, 2, border)).kernels(2).passesOver(x, 1).verdict('pow', 'gammaBlur', 'materialised');
  }
  const [first, second] = planOf([gammaBlur(x, 10, 'reflect')]).launches;
  assert.is(first.kernel.name, 'pow(a, 2.2)');
  assert.is(second.kernel.name, 'gammaBlur(a)');
  assert.match(explain(planOf([gammaBlur(x, 10, 'reflect')])), /pow -> gammaBlur +materialised +computing it at each of 441 uses costs/);
});

test('what is done to the elements before is part of the map, what is done after stays', () => {
  const x = matrix();
  expectPlan(gammaBlur(x.exp().add(1), 1, 'reflect')).kernels(2).passesOver(x, 1);
  expectPlan(gammaBlur(x.transpose(), 1, 'wrap').mul(2).sum()).kernels(2);
  expectPlan([gammaBlur(x, 1, 'wrap'), gammaBlur(x, 1, 'reflect')]).kernels(2).passesOver(x, 1);
  expectPlan(wf.iterate(x, 3, (u) => gammaBlur(u, 1, 'wrap'))).kernels(2).launches(6);
  expectPlan(gammaBlur(wf.full([5, 6], 2), 1, 'reflect')).kernels(1);
});

test('where it does not pay, or is not one function, nothing changes', () => {
  const x = matrix(), line = vector();
  const sobel = wf.stencil((u: wf.Neighbors2) =>
    u(-1, -1) + 2 * u(0, -1) + u(1, -1) - u(-1, 1) - 2 * u(0, 1) - u(1, 1), { border: 'reflect' });
  expectPlan(sobel(x)).kernels(1);
  expectPlan(wf.correlate(new Array(25).fill(0.04))(line)).kernels(1);
  const one = wf.stencil((u: wf.Neighbors1) => u(1) ** 2.2, { border: 'wrap' });
  expectPlan(one(line)).kernels(1);
  const differ = wf.stencil((u: wf.Neighbors1) => Math.exp(u(-1)) + Math.exp(u(0)) + Math.sin(u(1)), { border: 'wrap' });
  expectPlan(differ(line)).kernels(1);
  const bare = wf.stencil((u: wf.Neighbors1) => Math.exp(u(-1)) + Math.exp(u(0)) + Math.exp(u(1)) + u(1), { border: 'wrap' });
  expectPlan(bare(line)).kernels(1);
  const both = wf.stencil((u: wf.Neighbors1) => Math.exp(u(-1) * u(0)) + Math.exp(u(0) * u(1)), { border: 'wrap' });
  expectPlan(both(line)).kernels(1);
  const roots = wf.stencil((u: wf.Neighbors1) => Math.sqrt(u(-1)) + Math.sqrt(u(1)), { border: 'wrap' });
  expectPlan(roots(line), { memoryRoundTrip: 64 }).kernels(1);
  expectPlan(roots(line), { memoryRoundTrip: 2 }).kernels(2);
});

test('the longest function that all elements go through', () => {
  const x = vector();
  // exp(u) + 1 at all places, then different weights.
  const y = stencilOf('y', [24], [x], { border: ['wrap'], lo: [-1], hi: [1] }, (b) => {
    const f = (o: number) => b.add(b.op('exp', [b.at(0, o)]), b.constant(1, 'float32'));
    return [-1, 0, 1].map((o) => b.op('mul', [f(o), b.constant(o + 2.5, 'float32')])).reduce((p, q) => b.add(p, q));
  });
  expectPlan(y).kernels(2);
  assert.is(planOf([y]).launches[0].kernel.name, 'exp(a) + 1');
  // Two ways out of the same square root.
  const z = stencilOf('z', [24], [x], { border: ['wrap'], lo: [-1], hi: [1] }, (b) => {
    const roots = [-1, 0, 1].map((o) => b.op('sqrt', [b.at(0, o)]));
    return roots.map((r) => b.add(b.op('sin', [r]), r)).reduce((p, q) => b.op('mul', [p, q]));
  });
  assert.is(planOf([z]).launches[0].kernel.name, 'sin(sqrt(a)) + sqrt(a)');
  expectPlan(z).kernels(2);
});

test('numbers given to the stencil are part of the function, arrays are not', () => {
  const x = vector();
  const soft = wf.stencil((u: wf.Neighbors1, p: number) => (u(-1) ** p + u(0) ** p + u(1) ** p) ** (1 / p), { border: 'constant', cval: 2 });
  expectPlan(soft(x, 1.7)).kernels(2);
  assert.is(planOf([soft(x, 1.7)]).plan, planOf([soft(x, 2.3)]).plan);
  checkValues([soft(x, 1.7), soft(x, 2.3)]);
  expectPlan(soft(x, vector().max())).kernels(2).passesOver(x, 1);
  const pair = wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => Math.exp(u(-1)) * v(1) + Math.exp(u(1)) * v(0) + Math.exp(u(0)), { border: 'wrap' });
  expectPlan(pair(x, vector(24, 11))).kernels(2).shape([1, 1], [2, 1]);
});

test('beyond the edge there is the function of cval, cells keep it', () => {
  const x = vector(7);
  const sum = (border: wf.BorderMode, cval: number) =>
    wf.stencil((u: wf.Neighbors1) => Math.exp(u(-2)) + Math.exp(u(0)) + Math.exp(u(1)), { border, cval })(x);
  for (const cval of [0, 1.5, -Infinity, NaN]) {
    expectPlan(sum('constant', cval)).kernels(2);
    expectPlan(sum('fill', cval)).kernels(2);
  }
  // One cval cannot be both.
  const mixed = wf.stencil((u: wf.Neighbors2) => Math.exp(u(-1, 0)) + Math.exp(u(0, 0)) + Math.exp(u(0, 1)), { border: ['constant', 'fill'], cval: 2 });
  expectPlan(mixed(matrix())).kernels(1);
  const pair = wf.stencil((u: wf.Neighbors1, v: wf.Neighbors1) => Math.exp(u(-1)) + Math.exp(u(0)) + Math.exp(u(1)) + v(1), { border: 'constant', cval: 2 });
  expectPlan(pair(x, vector(7, 11))).kernels(1);
});

test('narrow integers are read once, the values are of the function\'s dtype', () => {
  const x = wf.array(Uint8Array.from({ length: 30 }, (_, k) => (k * 53) % 256));
  const y = stencilOf('light', [30], [x], { border: ['constant'], lo: [-1], hi: [1], cval: 7 }, (b) => [-1, 0, 1]
    .map((o) => b.op('pow', [b.op('div', [b.cast(b.at(0, o), 'float32'), b.constant(255, 'float32')]), b.constant(2.2, 'float32')]))
    .reduce((p, q) => b.add(p, q)));
  const { launches, slots } = checkValues([y], { rtol: 0, atol: 0 });
  assert.is(launches.length, 2);
  assert.equal(slots.map((s) => s.dtype), ['uint8', 'float32', 'float32']);
});

test('a value that is there already is read, and decides nothing for other arrays', () => {
  const make = (x: wf.WeftArray, p: wf.WeftArray) => stencilOf('s', [24], [x, p], { border: ['wrap'], lo: [-1], hi: [1] },
    (b) => [-1, 0, 1].map((o) => b.op('pow', [b.at(0, o), b.at(1)])).reduce((u, v) => b.add(u, v)));
  const x = vector();
  const number = wf.full([24], 1.5), array = vector(24, 3);
  expectPlan(make(x, number)).kernels(2);
  expectPlan(make(x, array)).kernels(1);
  number.dataSync({ target: 'cpu' });
  expectPlan(make(x, number)).kernels(1);
  expectPlan(make(x, array)).kernels(1);
});

test('planned once: the next evaluation looks both plans up', () => {
  const make = (n: number) => planOf([gammaBlur(matrix(n, n), 1, 'mirror')]);
  const first = make(6);
  const { plans, misses } = planCacheStats();
  assert.is(make(9).plan, first.plan);
  assert.equal([planCacheStats().plans, planCacheStats().misses], [plans, misses]);
});

/** Functions of one element, cheap and costly. */
const functions: readonly ((b: Scalars, x: Value) => Value)[] = [
  (_, x) => x,
  (b, x) => b.op('exp', [x]),
  (b, x) => b.op('sqrt', [b.op('abs', [x])]),
  (b, x) => b.add(b.op('sin', [x]), x),
  (b, x) => b.op('select', [b.op('lt', [x, b.constant(3, 'float32')]), b.op('cos', [x]), b.op('mul', [x, x])]),
];
const borders = ['reflect', 'mirror', 'nearest', 'wrap', 'constant', 'fill', 'valid'] as const;

test('whatever the function and the borders, the values are the same bits', () => {
  const offset = fc.integer({ min: -2, max: 2 });
  const places = fc.uniqueArray(fc.tuple(offset, offset), { minLength: 1, maxLength: 6, selector: String });
  const cases = fc.record({
    places, first: fc.nat(4), second: fc.nat(4), border: fc.tuple(fc.constantFrom(...borders), fc.constantFrom(...borders)),
    cval: fc.constantFrom(0, 2.5, -1), weigh: fc.boolean(), odd: fc.boolean(), two: fc.boolean(),
  });
  fc.assert(fc.property(cases, ({ places, first, second, border, cval, weigh, odd, two }) => {
    const x = matrix(), y = wf.array(ramp(72, 11), { shape: [8, 9] });
    const lo = [0, 1].map((k) => Math.min(0, ...places.map((p) => p[k])));
    const hi = [0, 1].map((k) => Math.max(0, ...places.map((p) => p[k])));
    const shape = x.shape.map((n, k) => (border[k] === 'valid' ? n - hi[k] + lo[k] : n));
    const s = stencilOf('s', shape, two ? [x, y] : [x], { border, cval, lo, hi }, (b) => {
      const terms = places.map(([i, j], k) => {
        const f = functions[second](b, functions[odd && k === 0 ? 0 : first](b, b.at(two && k % 2 === 1 ? 1 : 0, i, j)));
        return weigh ? b.op('mul', [f, b.constant(k + 1, 'float32')]) : f;
      });
      return terms.reduce((p, q) => b.add(p, q));
    });
    checkValues([s, s.mul(2)], { rtol: 0, atol: 0 }, { memoryRoundTrip: 4 });
  }), { numRuns: 200 });
});

test('targets that ask for it get wide stencils with their loops', () => {
  const REACH = 4;
  const x = matrix(12, 13);
  for (const border of [...borders, 'constant'] as const) {
    const wide = wf.stencil((u: wf.Neighbors2) => {
      let sum = 0;
      for (let i = -REACH; i <= REACH; i++) for (let j = -REACH; j <= REACH; j++) sum += (i + 2 * j) * Math.sqrt(u(i, j));
      return sum;
    }, { border, cval: 0.25, neighborhood: [[-REACH, REACH], [-REACH, REACH]], constants: { REACH } })(x);
    const loops = (mostReads?: number): boolean =>
      checkValues([wide], { rtol: 0, atol: 0 }, { mostReads }).launches.some((l) => valuesIn(l.kernel.body).some((v) => v.kind === 'after'));
    assert.is(loops(), false);
    assert.is(loops(80), true, border);
    assert.is(loops(81), false);
  }
});

test.run();
