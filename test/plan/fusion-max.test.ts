/** `fusion: { max: n }`: every n gives the same values, and a wrong fusion is found by trying them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { expectPlan } from '../../src/testing.ts';
import { expectClose, targets } from '../support/targets.ts';

const test = suite('fusion max');
const numbers = (n: number) => Float32Array.from({ length: n }, (_, k) => ((k * 37) % 101) / 101 - 0.5);
const blur = wf.stencil((u: wf.Neighbors2) => (u(-1, 0) + u(1, 0) + u(0, -1) + u(0, 1)) / 4, { border: 'reflect' });
const edge = wf.stencil((u: wf.Neighbors2) => u(0, 1) - u(0, -1), { border: 'nearest' });

/** Programs with fusions of every kind. */
const programs: { readonly [name: string]: () => wf.WeftArray[] } = {
  maps: () => {
    const a = wf.array(numbers(600), { shape: [20, 30] });
    const e = a.mul(3).exp();
    return [e.add(1).log(), e.mul(a), a.transpose().flip().abs().sqrt()];
  },
  reductions: () => {
    const a = wf.array(numbers(600), { shape: [20, 30] });
    const centred = a.sub(a.mean(1, { keepDims: true }));
    return [centred.div(a.std(1, { keepDims: true })), a.min(), a.max(), centred.abs().sum(0).sqrt().add(1)];
  },
  stencils: () => {
    const a = wf.array(numbers(1200), { shape: [40, 30] });
    const [x, y] = [edge(a), edge(a.mul(2))];
    return [blur(x.square().add(y.square())), blur(blur(a)).sub(a), x.max()];
  },
  loops: () => {
    const a = wf.array(numbers(1200), { shape: [40, 30] });
    const [u, v] = wf.iterate([a, a.neg()], 6, ([now, before]) => [blur(now).add(a.abs().mul(0.1)), now.sub(before)]);
    return [u, v.sum()];
  },
  sweeps: () => [wf.iterate(wf.array(numbers(67_600), { shape: [260, 260] }), 5, (u) => blur(u).mul(0.99)).add(1)],
  products: () => {
    const a = wf.array(numbers(24 * 16), { shape: [24, 16] });
    const weights = wf.array(numbers(16 * 8), { shape: [16, 8] });
    return [wf.matmul(a.mul(2), weights).maximum(0)];
  },
};

const fusionsOf = (arrays: readonly wf.WeftArray[], target: string, max?: number): readonly wf.FusionReport[] =>
  expectPlan(arrays, { target, ...max !== undefined && { fusion: { max } } }).report.fusions;

for (const target of targets.filter((t) => t !== 'interpreter')) {
  for (const [name, program] of Object.entries(programs)) {
    test(`${target}: ${name} are the same for every n`, async () => {
      if (target === 'webgpu') await wf.ones(1).add(1).eval({ target });
      const expected = await Promise.all((await wf.evaluate(program(), { target: 'interpreter' })).map((x) => x.data()));
      const all = fusionsOf(program(), target);
      // Software adapters are slow.
      const tried = target === 'cpu' ? [...all.keys(), all.length] : [0, all.length >> 1];
      for (const max of tried) {
        const made = fusionsOf(program(), target, max);
        assert.is(made.length, max, 'as many fusions as asked for');
        // A sweep needs the sizes: it comes last.
        assert.equal(made.filter((f) => f.kind !== 'sweep'), all.slice(0, max).filter((f) => f.kind !== 'sweep'), 'in the same order');
        const results = await wf.evaluate(program(), { target, fusion: { max } });
        for (const [k, r] of results.entries()) {
          expectClose(await r.data(), expected[k], { rtol: 1e-5, atol: 1e-5, label: `${name}, at most ${max} fusions, result ${k}` });
        }
      }
      assert.equal(fusionsOf(program(), target, all.length + 5), all, 'more than there are');
    });
  }
}

test('cpu: without sums values are equal bit for bit', async () => {
  for (const program of [programs.maps, programs.stencils, programs.sweeps]) {
    const values = async (max?: number) =>
      Promise.all((await wf.evaluate(program(), { target: 'cpu', fusion: { max } })).map((x) => x.data()));
    assert.equal(await values(0), await values());
  }
});

test('0 is a loop for every operation', () => {
  const a = wf.array(numbers(600), { shape: [20, 30] });
  const y = () => a.mul(3).exp().add(1).sum(1).sqrt();
  expectPlan(y(), { target: 'cpu' }).kernels(1);
  expectPlan(y(), { target: 'cpu', fusion: { max: 0 } }).kernels(5).verdict('exp', 'add', 'materialised');
  assert.match(y().explain({ target: 'cpu', fusion: { max: 0 } }), /exp -> add +materialised +fusion: \{ max: 0 \} is reached/);
});

test('the limit is part of what plans are kept by', () => {
  const y = () => wf.array(numbers(50)).mul(3).exp().add(1);
  for (const [max, kernels] of [[undefined, 1], [0, 3], [1, 2], [undefined, 1], [2, 1], [0, 3]] as const) {
    expectPlan(y(), { target: 'cpu', fusion: { max } }).kernels(kernels);
  }
});

test('configure() limits everything, a call itself', () => {
  const y = () => wf.array(numbers(50)).mul(3).exp().add(1);
  wf.configure({ fusion: { max: 1 } });
  expectPlan(y(), { target: 'cpu' }).kernels(2);
  expectPlan(y(), { target: 'cpu', fusion: {} }).kernels(1);
  wf.configure({ fusion: {} });
  expectPlan(y(), { target: 'cpu' }).kernels(1);
});

test('limits that there are not', () => {
  const message = /fusion: expected \{ max: n \} with a whole number n of at least 0, or \{\}, got/;
  for (const fusion of [{ max: -1 }, { max: 1.5 }, { most: 3 }, 3, null]) {
    assert.throws(() => wf.configure({ fusion: fusion as object }), message);
    assert.throws(() => wf.ones(3).add(1).explain({ target: 'cpu', fusion: fusion as object }), message);
  }
});

test('a wrong fusion is found by halves', async () => {
  const program = () => programs.reductions();
  const { fusions } = wf.explain(program(), { target: 'cpu', format: 'json' });
  // Stands for a miscompile: the values are wrong as soon as this fusion is made.
  const guilty = Math.floor(fusions.length / 2);
  const isRight = async (max: number) => fusionsOf(program(), 'cpu', max).length <= guilty;
  let [right, wrong] = [0, fusions.length];
  let tries = 0;
  while (wrong - right > 1) {
    const max = (right + wrong) >> 1;
    if (await isRight(max)) right = max;
    else wrong = max;
    tries++;
  }
  assert.equal(fusions[wrong - 1], fusions[guilty]);
  assert.ok(tries <= Math.ceil(Math.log2(fusions.length)) + 1);
});

test.after(() => wf.closeTargets());
test.run();
