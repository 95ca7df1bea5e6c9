/** erf, erfc, gamma and lgamma: of numbers, of arrays, and in kernels, on every target. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { erf, erfc, gamma, lgamma } from '../../src/index.ts';
import * as wf from '../../src/index.ts';
import { compute } from '../support/compute.ts';
import { expectClose, targets } from '../support/targets.ts';

const test = suite('special functions');

const x = [-5.5, -2.75, -0.5, 0.1, 0.5, 1, 1.5, 2, 3.25, 10];
const functions = { erf, erfc, gamma, lgamma } as const;
type Name = keyof typeof functions;
const names = Object.keys(functions) as Name[];

/** With 40 digits, rounded. */
const values: Readonly<Record<Name, readonly number[]>> = {
  erf: [-0.9999999999999927, -0.9998993780778803, -0.5204998778130465, 0.1124629160182849, 0.5204998778130465, 0.8427007929497149,
    0.9661051464753108, 0.9953222650189527, 0.9999956972205363, 1],
  erfc: [1.9999999999999927, 1.9998993780778804, 1.5204998778130465, 0.8875370839817152, 0.4795001221869535, 0.15729920705028513,
    0.033894853524689274, 0.004677734981047266, 4.302779463675122e-6, 2.088487583762545e-45],
  gamma: [0.010912654781909862, -1.0044979832303123, -3.544907701811032, 9.513507698668732, 1.772453850905516, 1,
    0.886226925452758, 1, 2.5492569667185294, 362880],
  lgamma: [-4.517832174007741, 0.004487897535955773, 1.2655121234846454, 2.252712651734206, 0.5723649429247001, 0,
    -0.12078223763524522, 0, 0.9358019311087253, 12.801827480081469],
};

for (const name of names) {
  test(`${name} of numbers, in double precision`, () => {
    x.forEach((v, k) => {
      const got = functions[name](v), want = values[name][k];
      assert.ok(Math.abs(got - want) <= Math.abs(want) * 1e-12, `${name}(${v}) is ${got}, expected ${want}`);
    });
  });

  for (const target of targets) {
    test(`${name} of arrays, as a function and as a method, on ${target}`, async () => {
      for (const build of [() => functions[name](wf.array(x)), () => wf.array(x)[name](), () => functions[name](x)]) {
        const { values: got, dtype } = await compute(target, build);
        assert.is(dtype, 'float32');
        // 10 and -2.75 are no hard cases, and a device's division may be off by 2.5 ULP.
        expectClose(got, values[name].map(Math.fround), { ulp: 8, atol: 2 ** -126, label: name });
      }
    });
  }
}

test('integers give float32, float64 stays', async () => {
  assert.is(wf.gamma(wf.array(new Int32Array([5]))).dtype, 'float32');
  assert.is(wf.array(new Float64Array([5])).lgamma().dtype, 'float64');
  assert.equal(await wf.gamma(wf.array(new Float64Array([5, 18]))).array(), [24, 355687428096000]);
});

for (const target of targets) {
  test(`kernels call them through the namespace and by name on ${target}`, async () => {
    const through = wf.vectorize((v: number) => wf.erf(v) + wf.erfc(v) + wf.gamma(v) + wf.lgamma(v));
    const byName = wf.vectorize((v: number) => erf(v) + erfc(v) + gamma(v) + lgamma(v));
    const positive = x.filter((v) => v > 0);
    const want = positive.map((v) => Math.fround(1 + gamma(v) + lgamma(v)));
    for (const f of [through, byName]) {
      const { values: got } = await compute(target, () => f(wf.array(positive)));
      expectClose(got, want, { ulp: 12, label: target });
    }
  });
}

test('a kernel that calls them is plain JavaScript', () => {
  const normal = (v: number): number => 0.5 * wf.erfc(-v * Math.SQRT1_2);
  assert.is(normal(0), 0.5);
  assert.ok(Math.abs(normal(1.96) - 0.9750021048517795) < 1e-15);
});

test('a parameter may have the name of one', async () => {
  const power = wf.vectorize((v: number, gamma: number) => v ** gamma);
  assert.equal(await power(wf.array([2, 3]), 2).array(), [4, 9]);
});

test('numbers at the ends', () => {
  assert.is(wf.gamma(171) > 1e306, true);
  assert.is(wf.gamma(172), Infinity);
  assert.is(wf.lgamma(1e300) > 1e302, true);
  assert.ok(Number.isNaN(wf.gamma(-3)));
});

test.run();
