/** Nests: functions that store into whole arrays. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { explain, report } from '../../src/fusion/index.ts';
import { nestOf } from '../support/nodes.ts';
import { checkValues, expectPlan, planOf } from '../support/plan.ts';

const ramp = (n: number, by = 37) => Float32Array.from({ length: n }, (_, k) => ((k * by) % 101) / 10 - 4);
const vector = (n = 24, by = 37) => wf.array(ramp(n, by));
const matrix = (h = 4, w = 6) => wf.array(ramp(h * w), { shape: [h, w] });

/** The sum of every row, and the row less its mean. */
const centre = (x: wf.WeftArray, sums: wf.WeftArray = wf.zeros([x.shape[0]]), rest: wf.WeftArray = wf.zeros(x.shape)) =>
  nestOf('centre', [x.shape[0]], [x], [sums, rest], (b) => {
    const i = b.coord(0), width = b.size('input', 0, 1);
    const sum = b.sum(width, (k) => b.take(0, i, k));
    const mean = b.op('div', [sum, b.cast(width, 'float32')]);
    return [b.store(0, [i], sum), b.each(width, (k) => [b.store(1, [i, k], b.op('sub', [b.take(0, i, k), mean]))])];
  });

/** out[i] += x[i] wherever i is a multiple of 3, and one store far outside. */
const third = (x: wf.WeftArray, out: wf.WeftArray) => nestOf('third', x.shape, [x], [out], (b) => {
  const i = b.coord(0);
  const [load, old] = b.load(0, i);
  const when = b.op('eq', [b.op('mod', [i, b.int(3)]), b.int(0)]);
  return [load, b.store(0, [i], b.add(old, b.take(0, i)), when), b.store(0, [b.add(i, b.int(1000))], old)];
})[0];

test('all outputs of a nest come from one kernel, whoever asks for them', () => {
  const x = matrix();
  const [sums, rest] = centre(x);
  expectPlan([sums, rest]).kernels(1).shape([1, 2]).passesOver(x, 1).scratch(0);
  expectPlan(sums).kernels(1).shape([1, 2]).scratch(1);
  expectPlan(rest).kernels(1).shape([1, 2]).scratch(1);
  expectPlan([rest, sums]).kernels(1);
  expectPlan(rest.add(sums.expandDims(1))).kernels(2).scratch(1);
});

test('nothing is fused into a nest, nor a nest into anything', () => {
  const x = matrix();
  expectPlan(centre(x.exp())[1]).kernels(2).verdict('exp', 'centre', 'materialised');
  expectPlan(centre(x)[1].mul(2)).kernels(2).verdict('centre', 'mul', 'materialised');
  expectPlan([centre(x)[0], x.sum(1)]).kernels(2);
  expectPlan(centre(centre(x)[1])[1]).kernels(2);
});

test('the inputs of a nest are whole: views are strides', () => {
  const x = matrix();
  expectPlan(centre(x.transpose())).kernels(1);
  expectPlan(centre(x.slice([1, 4, 2], [5, null, -2]).flip(0))).kernels(1);
  expectPlan(centre(wf.full([3, 4], 2))).kernels(1).shape([0, 2]);
  expectPlan(centre(x.transpose().reshape([3, 8]))).kernels(2);
});

test('outputs start with zeros, or with a copy of what is in memory', () => {
  const x = vector(), y = vector(24, 11);
  const initial = (out: wf.WeftArray) => planOf([third(x, out)]).launches.at(-1)!.stored!.map((s) => s.initial === undefined);
  assert.equal(initial(wf.zeros([24])), [true]);
  assert.equal(initial(y), [false]);
  expectPlan(third(x, wf.zeros([24]))).kernels(1).scratch(0);
  expectPlan(third(x, y)).kernels(1).scratch(0);
  expectPlan(third(x, x)).kernels(1).shape([1, 1]);
  expectPlan(third(x, wf.full([24], 7))).kernels(2).scratch(1);
  expectPlan(third(x, y.exp())).kernels(2).verdict('exp', 'third', 'materialised');
  expectPlan(third(x, y.flip())).kernels(2);
  expectPlan(third(x, matrix().reshape([24]))).kernels(1);
  expectPlan(third(third(x, y), third(y, x))).kernels(3);
  expectPlan([y, third(x, y)]).kernels(1);
});

test('whether an output starts with zeros is structure, other numbers are not', () => {
  const x = vector();
  const plan = (value: number) => planOf([third(x, wf.full([24], value))]).plan;
  assert.is(plan(3), plan(5));
  assert.is.not(plan(3), plan(0));
  assert.is.not(plan(-0), plan(0));
});

test('outputs of any shape, domains of any rank and size', () => {
  const x = vector(6);
  // Every point adds to its diagonal.
  const spread = (h: number, w: number) => nestOf('spread', [h, w], [x], [wf.zeros([h, w, 2]), wf.zeros([h + w])], (b) => {
    const [i, j] = [b.coord(0), b.coord(1)];
    return [b.store(0, [i, j, b.int(1)], b.take(0, b.add(i, j))), b.store(1, [b.add(i, b.op('mul', [j, b.extent(0)]))], b.take(0, i))];
  });
  expectPlan(spread(3, 4)).kernels(1);
  expectPlan(spread(1, 4)).kernels(1);
  checkValues(spread(0, 3));
  checkValues(centre(wf.array(new Float32Array(0), { shape: [3, 0] })));
  const point = nestOf('point', [], [x], [vector(6, 7)], (b) => [b.store(0, [b.int(2)], b.take(0, b.int(-5)))]);
  expectPlan(point).kernels(1).ranks(1);
  const nowhere = nestOf('nowhere', [0], [x], [vector(6, 7)], (b) => [b.store(0, [b.coord(0)], b.take(0, b.coord(0)))]);
  expectPlan(nowhere).kernels(1);
  assert.is(planOf(spread(3, 4)).plan, planOf(spread(5, 2)).plan);
  assert.is.not(planOf(spread(3, 4)).plan, planOf(spread(5, 1)).plan, 'axes of one element may vanish');
});

test('what one point stores it loads again, in order', () => {
  const x = vector(6);
  // Prefix sums by a single point.
  const [scan] = nestOf('scan', [1], [x], [x], (b) => [b.each(b.size('output', 0, 0), (k) => {
    const [load, before] = b.load(0, b.op('sub', [k, b.int(1)]));
    const [own, value] = b.load(0, k);
    return [load, own, b.store(0, [k], b.add(value, before), b.op('gt', [k, b.int(0)]))];
  })]);
  const [values] = checkValues([scan]).launches;
  assert.is(values.kernel.schedule, 'nest');
  const twice = nestOf('twice', [6], [x], [x], (b) => {
    const i = b.coord(0);
    const [first, a] = b.load(0, i);
    const [second, c] = b.load(0, i);
    return [first, b.store(0, [i], b.add(a, a)), second, b.store(0, [i], b.add(c, b.constant(1, 'float32')))];
  });
  checkValues(twice);
});

test('nests inside loops: states rotate', () => {
  const x = vector(), m = matrix();
  for (const n of [0, 1, 2, 3, 6]) {
    expectPlan(wf.iterate(m, n, (u) => centre(u)[1])).launches(n);
    expectPlan(wf.iterate(x, n, (u) => third(x, u))).launches(n);
    expectPlan(wf.iterate(x, n, (u) => third(u, u))).launches(n);
    expectPlan(wf.iterate(x, n, (u) => third(u.mul(2), wf.full([24], 0.5)).add(u)));
    expectPlan(wf.iterate([x, x.mul(2)], n, ([a, b]) => [third(b, a), third(a, b)]));
    expectPlan(wf.iterate([m, m.sum(1)], n, ([u, s]) => [centre(u)[1].add(s.expandDims(1)), centre(u)[0]]));
    expectPlan(wf.iterate([m, m.sum(1)], n, ([u]) => {
      const [sums, rest] = centre(u.mul(0.5));
      return [rest, sums];
    })).launches(n === 0 ? 1 : 1 + 2 * n);
    expectPlan(wf.iterate(x, n, (u) => wf.iterate(u, 2, (v) => third(v, u))));
  }
});

test('what a nest in a loop starts with is computed once', () => {
  const x = vector();
  expectPlan(wf.iterate(x, 4, (u) => third(u, x.exp()))).launches(5);
  expectPlan(wf.iterate(x, 4, (u) => third(u, wf.full([24], 3)))).launches(5);
});

test('explain shows what a nest makes and moves', () => {
  const x = matrix(10, 20);
  const [sums, rest] = centre(x);
  assert.is(explain(planOf([rest.mul(2)])), [
    '2 kernels, 2 launches; moves 3.24 kB, unfused 3.20 kB; scratch 40 B',
    '  1. [_, t1] = centre(array)',
    '     nest over [10], 1 input, 2 outputs, 1.64 kB (unfused 1.60 kB)',
    '  2. result = t1*2',
    '     map over [200], 1 input, 1 output, 1.60 kB (unfused 1.60 kB)',
    'decisions',
    '  centre -> mul  materialised  it is stored to by a nest of loops',
  ].join('\n'));
  const both = report(planOf([sums, rest]));
  assert.equal(both.kernels.map((k) => [k.expression, k.bytes]), [['[result1, result2] = centre(array)', 800 + 800 + 40]]);
  assert.is(report(planOf([third(vector(10), vector(10, 3))])).bytes, 3 * 40);
});

test.run();
