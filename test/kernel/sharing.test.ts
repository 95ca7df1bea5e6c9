/** Equal values of one builder are one object, loops within loops included: what is copied twice is there once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Builder, type Value } from '../../src/dsl/kernel/ir.ts';
import { valuesOf } from '../../src/dsl/kernel/walk.ts';

const test = suite('kernel sharing');

/** `for (k = 0; k < bound; k++) s = next(k, s)` from 0; what s is in the end. */
function count(b: Builder, bound: Value, next: (k: Value, s: Value) => Value): Value {
  const [k, s] = b.states(['int32', 'int32']);
  const zero = b.constant(0, 'int32');
  return b.loop({
    states: [k, s], initial: [zero, zero], test: b.op('lt', [k, bound]), next: [b.op('add', [k, b.constant(1, 'int32')]), next(k, s)],
  })[1];
}

const add = (b: Builder, ...values: Value[]): Value => values.reduce((x, y) => b.op('add', [x, y]));

test('loops', () => {
  const b = new Builder();
  const [x, y] = [0, 1].map((k) => b.read(k, 'int32'));
  const sum = (bound: Value, by: Value): Value => count(b, bound, (_, s) => add(b, s, by));
  assert.is(sum(x, y), sum(x, y));
  assert.is.not(sum(x, y), sum(y, x));
  assert.is.not(sum(x, y), sum(x, x));
});

test('loops within loops, by what is theirs and by what is around them', () => {
  const b = new Builder();
  const [x, y] = [0, 1].map((k) => b.read(k, 'int32'));
  const nested = (by: Value): Value =>
    count(b, x, (k, s) => add(b, s, count(b, k, (j, t) => add(b, t, j, count(b, j, (i, u) => add(b, u, i, k, by))))));
  const apart = (by: Value): Value => count(b, x, (_, s) => add(b, s, count(b, by, (j, t) => add(b, t, j))));
  assert.is(nested(y), nested(y));
  assert.is.not(nested(y), nested(x));
  assert.is(apart(y), apart(y));
  assert.is.not(apart(y), apart(x));
  // States of the loops around are not what they are elsewhere.
  const inner = (swapped: boolean): Value =>
    count(b, x, (k, s) => add(b, s, count(b, y, (j, t) => b.op('sub', swapped ? [add(b, t, k), j] : [add(b, t, j), k]))));
  assert.is(inner(true), inner(true));
  assert.is.not(inner(true), inner(false));
});

test('a turn of thousands of values', () => {
  const b = new Builder();
  const x = b.read(0, 'int32');
  const long = (): Value => count(b, x, (k, s) => {
    let v = s;
    for (let n = 0; n < 20_000; n++) v = b.op(n % 2 === 0 ? 'add' : 'mul', [v, k]);
    return v;
  });
  assert.is(long(), long());
  assert.ok(valuesOf([long()]).length > 20_000);
});

test.run();
