/** Equal expressions are one node, and what was worked out for an expression serves others that differ in scalars only. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { WeftArray } from '../../src/dsl/array.ts';
import { planCacheStats } from '../../src/fusion/index.ts';
import { collect } from '../support/spy.ts';
import { expectClose } from '../support/targets.ts';

const onCpu = { target: 'cpu' };
const values = Float32Array.from({ length: 12 }, (_, k) => k);
const x = wf.array(values, { shape: [3, 4] });
const smooth = wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0), { border: 'constant', cval: 2 });

test('equal expressions are one node, others are not', () => {
  const different: (() => wf.WeftArray)[] = [
    () => x.add(1), () => x.add(2), () => x.add(-1), () => x.sub(1), () => x.add(x), () => x.asType('int32'), () => x.asType('uint32'),
    () => x.sum(), () => x.max(), () => x.sum(0), () => x.sum(1), () => x.sum().add(x.max()),
    () => x.transpose(), () => x.flip(0), () => x.flip(1), () => x.slice([0, 2]), () => x.slice([1, 3]), () => x.reshape([12]),
    () => x.reshape([4, 3]), () => x.broadcastTo([2, 3, 4]), () => smooth(x), () => smooth(x.add(1)),
    () => wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0), { border: 'constant', cval: 3 })(x),
    () => wf.stencil((u: wf.Neighbors2) => u(-1, 0) + u(1, 0), { border: 'nearest' })(x),
    () => wf.full([2], 0), () => wf.full([2], -0), () => wf.full([3], 0), () => wf.full([2], 0, { dtype: 'int32' }), () => wf.full([2], NaN),
    () => wf.full([2], 0.25), () => wf.full([2], 0.5), () => x.matmul(x.transpose()),
  ];
  const nodes = different.map((make) => WeftArray.node(make()));
  assert.is(new Set(nodes).size, nodes.length);
  different.forEach((make, k) => assert.is(WeftArray.node(make()), nodes[k], String(make)));
});

test('values from outside are never shared', () => {
  assert.is.not(WeftArray.node(wf.array([1, 2])), WeftArray.node(wf.array([1, 2])));
});

test('thousands of expressions are found again, and make room when they are forgotten', async () => {
  const make = (n: number): wf.WeftArray => x.mul(n).add(1);
  for (let round = 0; round < 4; round++) {
    const kept = Array.from({ length: 3000 }, (_, n) => make(n + round));
    kept.forEach((y, n) => assert.is(WeftArray.node(make(n + round)), WeftArray.node(y)));
    await collect();
  }
});

test('other scalars in a plan that is known: maps, reductions, stages that run side by side, loops', async () => {
  const programs: { readonly [name: string]: (x: wf.WeftArray, k: number) => wf.WeftArray } = {
    map: (x, k) => x.mul(k).sub(k),
    reduction: (x, k) => x.mul(k).sum(1).add(k),
    softmax: (x, k) => {
      const e = x.mul(k / 10).exp();
      return e.div(e.sum(1, { keepDims: true }));
    },
    stencils: (x, k) => smooth(smooth(x.add(k)).mul(k)),
    loop: (x, k) => wf.iterate(x, 7, (u) => smooth(u).mul(k / 10).add(k)),
    start: (x, k) => wf.iterate(x.add(k), 3, (u) => u.mul(0.75)),
  };
  // Arrays of their own, so that nobody finds what was computed before.
  const compute = (name: string, k: number, target: string) =>
    programs[name](wf.array(values, { shape: [3, 4] }), k).data({ target });
  for (const name of Object.keys(programs)) {
    await compute(name, 1, 'cpu');
    const { misses } = planCacheStats();
    for (const k of [2, -3, 2, 0.5, 1]) {
      const label = `${name} ${k}`;
      expectClose(await compute(name, k, 'cpu'), await compute(name, k, 'reference'), { rtol: 1e-5, atol: 1e-5, label });
    }
    assert.is(planCacheStats().misses, misses, name);
  }
});

test('what has run is explained with the scalars and arrays that it had', async () => {
  const make = (name: number, k: number): wf.WeftArray => (name ? x : x.add(1)).mul(k);
  const [three, four] = [await make(1, 3).eval(onCpu), await make(1, 4).eval(onCpu)];
  const sum = await three.add(four).eval(onCpu);
  assert.match(three.explain({ level: 1 }), /\*3/);
  assert.match(four.explain({ level: 1 }), /\*4/);
  assert.match(sum.explain({ level: 1 }), /evaluated \+ evaluated2/);
  assert.match(sum.explain({ level: 1 }), /evaluated \+ evaluated2/);
});

test.run();
