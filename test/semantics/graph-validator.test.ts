import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { makeExpr, type Expr, type ExprSpec } from '../../src/dsl/expr.ts';
import { affine, axis } from '../../src/dsl/view.ts';
import { validateGraph } from '../../src/dsl/validate.ts';

const source = (shape: number[], dtype: wf.DType = 'float32'): Expr => makeExpr({ kind: 'source', name: 'x', dtype, shape, src: [] });
const x = source([4, 5]);
const sum = wf.WeftArray.node(wf.ones([4, 5]).add(wf.array([[1, 2, 3, 4, 5]])));
const map = sum as Expr & { kind: 'map' };

test('what the array methods make is legal', () => {
  const a = wf.ones([6, 7]).add(1);
  const u = wf.iterate(a, 3, (s) => wf.correlate([[1, 1], [1, 1]], { border: 'wrap' })(s));
  const results = [a.slice([1, 4], [null, null, -2]).transpose(), u.sum(0), u.reshape([42]).argMax(), a.any()];
  validateGraph(results.map((y) => wf.WeftArray.node(y)));
});

const illegal: readonly [string, ExprSpec, RegExp][] = [
  ['a map over another shape', { ...map, src: [source([4, 5]), source([5])] }, /another shape/],
  ['a map over another dtype', { ...map, src: [source([4, 5], 'int32'), x] }, /another dtype/],
  ['a map with too few sources', { ...map, src: [x] }, /2 inputs for 1 sources/],
  ['a map labelled with another dtype', { ...map, dtype: 'int32' }, /result of the function/],
  ['a view beyond its source', { kind: 'view', dtype: 'float32', shape: [4, 6], src: [x], view: affine([axis(0), axis(1)]) }, /outside its source/],
  ['a view before its source', { kind: 'view', dtype: 'float32', shape: [4, 5], src: [x], view: affine([axis(0), axis(1, 1, -1)]) }, /outside its source/],
  ['a reshape that loses elements', { kind: 'view', dtype: 'float32', shape: [19], src: [x], view: { kind: 'reshape' } }, /number of elements/],
  ['a reduction to the wrong shape', { kind: 'reduce', reducer: 'sum', axes: [0], dtype: 'float32', shape: [4], src: [x] }, /does not give this shape/],
];

for (const [name, spec, message] of illegal) {
  test(`${name} is refused`, () => {
    assert.throws(() => validateGraph([makeExpr(spec)]), message);
  });
}

test.run();
