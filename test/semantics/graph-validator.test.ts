import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { makeExpr, type Expr, type ExprSpec } from '../../src/dsl/expr.ts';
import { affine, axis } from '../../src/dsl/view.ts';
import { validateGraph } from '../../src/dsl/validate.ts';
import { mapOf, nestOf, stencilOf } from '../support/nodes.ts';

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

test('maps and stencils of whole sources, and nests, are legal', () => {
  const a = wf.ones([6]), table = wf.ones([3, 2]);
  const look = mapOf('look', [6], [a, { whole: table }], (b) => b.take(1, b.coord(0), b.int(1)));
  const edges = { border: ['valid' as const], lo: [-1], hi: [0] };
  const near = stencilOf('near', [5], [a, { whole: table }], edges, (b) => b.add(b.at(0, -1), b.take(1, b.coord(0), b.int(0))));
  validateGraph([look, near, ...nestOf('put', [4], [table], [a], (b) => [b.store(0, [b.coord(0)], b.take(0, b.coord(0), b.int(0)))])]
    .map((y) => wf.WeftArray.node(y)));
});

const gather = wf.WeftArray.node(mapOf('look', [4], [{ whole: wf.ones([5, 2]) }], (b) => b.take(0, b.coord(0), b.int(1)))) as Expr & { kind: 'map' };
const [put] = nestOf('put', [4], [wf.ones([3])], [wf.ones([5])], (b) => [b.store(0, [b.coord(0)], b.take(0, b.coord(0)))]);
const nest = wf.WeftArray.node(put) as Expr & { kind: 'nest' };

const illegal: readonly [string, ExprSpec, RegExp][] = [
  ['a map over another shape', { ...map, src: [source([4, 5]), source([5])] }, /another shape/],
  ['a map over another dtype', { ...map, src: [source([4, 5], 'int32'), x] }, /another dtype/],
  ['a map with too few sources', { ...map, src: [x] }, /2 inputs for 1 sources/],
  ['a map labelled with another dtype', { ...map, dtype: 'int32' }, /result of the function/],
  ['a view beyond its source', { kind: 'view', dtype: 'float32', shape: [4, 6], src: [x], view: affine([axis(0), axis(1)]) }, /outside its source/],
  ['a view before its source', { kind: 'view', dtype: 'float32', shape: [4, 5], src: [x], view: affine([axis(0), axis(1, 1, -1)]) }, /outside its source/],
  ['a reshape that loses elements', { kind: 'view', dtype: 'float32', shape: [19], src: [x], view: { kind: 'reshape' } }, /number of elements/],
  ['a whole source of another rank', { ...gather, src: [source([5])] }, /rank 1 that the function reads with 2/],
  ['a map of a function that stores', { ...map, fn: { ...map.fn, key: 'stores', outputs: nest.fn.outputs } }, /the function stores/],
  ['a nest without what its outputs start with', { ...nest, src: [source([3])] }, /1 inputs and 1 outputs for 1 sources/],
  ['a nest that starts with another shape', { ...nest, src: [source([3]), source([4])] }, /another dtype or shape/],
  ['a nest that starts with another rank', { ...nest, src: [source([3]), source([5, 1])] }, /another dtype or rank/],
  ['a nest over a domain of another rank', { ...nest, domain: [2, 2] }, /rank 1 over/],
  ['a nest of an input of another dtype', { ...nest, src: [source([3], 'int32'), source([5])] }, /another dtype/],
  ['a reduction to the wrong shape', { kind: 'reduce', reducer: 'sum', axes: [0], dtype: 'float32', shape: [4], src: [x] }, /does not give this shape/],
];

for (const [name, spec, message] of illegal) {
  test(`${name} is refused`, () => {
    assert.throws(() => validateGraph([makeExpr(spec)]), message);
  });
}

test.run();
