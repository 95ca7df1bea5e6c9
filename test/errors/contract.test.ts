/** What users get wrong with products of vectors and matrices: the message names the operands, their shapes and the way out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';

const m = (...shape: number[]): wf.WeftArray => wf.zeros(shape);

const rows: readonly (readonly [call: () => unknown, error: unknown, message: RegExp])[] = [
  [() => m(2, 3).matmul(m(4, 5)), wf.ShapeError, /^matmul: a has shape \[2, 3\] and b \[4, 5\]: axis -1 of a \(size 3\) and axis -2 of b \(size 4\) are summed together, so their sizes must be equal$/],
  [() => m(3).matmul(m(4)), wf.ShapeError, /axis -1 of a \(size 3\) and axis -1 of b \(size 4\)/],
  [() => m().matmul(m(4)), wf.ShapeError, /^matmul: a is a scalar: multiply with mul\(\); it needs an axis at least$/],
  [() => wf.matmul(m(2, 2), 3), wf.ShapeError, /^matmul: b is a scalar/],
  [() => m(2, 3, 4).matmul(m(5, 4, 2)), wf.ShapeError, /^matmul: leading axes: shapes \[2\] and \[5\] do not broadcast/],
  [() => m(3).matVec(m(3)), wf.ShapeError, /^matVec: a has shape \[3\]; it needs 2 axes at least$/],
  [() => m(2, 3).matVec(m(2)), wf.ShapeError, /^matVec: a has shape \[2, 3\] and b \[2\]/],
  [() => m(2).vecMat(m(3, 2)), wf.ShapeError, /axis -1 of a \(size 2\) and axis -2 of b \(size 3\)/],
  [() => m(2, 3).dot(m(2, 3)), wf.ShapeError, /^dot: .*axis -1 of a \(size 3\) and axis -2 of b \(size 2\)/],
  [() => m(2, 3).vecDot(m(2, 3), 2), wf.ShapeError, /^vecDot: axis: 2 is out of range for rank 2/],
  [() => m(2, 3).vecDot(m(2, 4)), wf.ShapeError, /^vecDot: .*axis -1/],
  [() => m(2, 3).tensorDot(m(3, 3)), wf.ShapeError, /^tensorDot: .*axis -2 of a \(size 2\) and axis -2 of b \(size 3\)/],
  [() => m(2, 3).tensorDot(m(3, 2), 1.5), wf.ShapeError, /^tensorDot: axes: expected how many axes/],
  [() => m(2, 3).tensorDot(m(3), 2), wf.ShapeError, /^tensorDot: b has shape \[3\]; it needs 2 axes/],
  [() => m(2, 3).tensorDot(m(3, 2), [[0, 1], [1]]), wf.ShapeError, /^tensorDot: axes: 2 of a are paired with 1 of b$/],
  [() => m(2, 2).tensorDot(m(2, 2), [[0, 0], [0, 1]]), wf.ShapeError, /names an axis twice/],
  [() => m(2).dot(m(2), { dtype: 'int64' as never }), wf.DTypeError, /^dot: dtype: unknown dtype "int64"/],
  [() => m(2).dot(m(2), { dtype: 'bool' }), wf.DTypeError, /^dot: dtype: sums of products are numbers/],
  [() => m(2).dot(undefined as never), wf.ArgumentError, /^dot: b: expected an array or a number, got undefined$/],
  [() => wf.einsum('ij,jk->ik', m(2, 3)), wf.ArgumentError, /^einsum: 'ij,jk->ik': 2 terms for 1 operands$/],
  [() => wf.einsum('ij->i->j', m(2, 3)), wf.ArgumentError, /more than one arrow/],
  [() => wf.einsum('ij,j1->i', m(2, 3), m(3, 2)), wf.ArgumentError, /'j1' is not made of letters/],
  [() => wf.einsum('ijk,jk', m(2, 3), m(3, 2)), wf.ArgumentError, /'ijk' names 3 axes, operand 0 has shape \[2, 3\]$/],
  [() => wf.einsum('...ijk', m(2, 3)), wf.ArgumentError, /names 3 axes at least, operand 0 has shape \[2, 3\]$/],
  [() => wf.einsum('ij->ii', m(2, 3)), wf.ArgumentError, /the result has 'i' twice$/],
  [() => wf.einsum('ij->k', m(2, 3)), wf.ArgumentError, /the result has 'k', which no operand has$/],
  [() => wf.einsum('ij,jk', m(2, 3), m(4, 2)), wf.ShapeError, /^einsum: axes of 'j' have sizes 3 and 4 in operands 0 and 1 \(shapes \[2, 3\] and \[4, 2\]\); they must be equal, or 1$/],
  [() => wf.einsum('ii', m(2, 3)), wf.ShapeError, /axes of 'i' have sizes 2 and 3 in operand 0/],
  [() => wf.einsum(3 as never, m(2, 3)), wf.ArgumentError, /^einsum: subscripts: expected a text such as 'ij,jk->ik', got number$/],
  [() => wf.einsum('i', 'x' as never), wf.ArgumentError, /^einsum: operand 0: /],
];

for (const [call, error, message] of rows) {
  test(String(call).replace(/^\(\) => /, ''), () => {
    let thrown: unknown;
    try {
      call();
    } catch (e) {
      thrown = e;
    }
    assert.instance(thrown, error);
    assert.match((thrown as Error).message, message);
  });
}

test.run();
