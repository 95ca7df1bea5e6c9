/** Loops and conditionals inside functions: their text, states that change places, nests, branches, in maps and reductions. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DType } from '../../src/dsl/dtype.ts';
import type { Builder, Value } from '../../src/dsl/kernel/ir.ts';
import { emitMap } from '../../src/targets/webgpu/emit.ts';
import { random, typed } from '../support/special.ts';
import { available, closeTargets, expectSame, expectValid, sharedTarget } from './harness.ts';
import { mapLaunch, reduceLaunch, type MapSpec } from './launches.ts';

const gpuTest = available ? test : test.skip;
const int = (b: Builder, v: number): Value => b.constant(v, 'int32');

/** Numbers from 0 to `most`. */
const upTo = (most: number, length: number, dtype: DType = 'int32') => {
  const next = random(length);
  return typed(dtype, Array.from({ length }, () => Math.floor(next() * (most + 1))));
};

interface Turns {
  /** The first state counts the turns. */
  readonly initial: readonly Value[];
  readonly turns: Value;
  next(states: readonly Value[]): readonly Value[];
  until?(states: readonly Value[]): Value;
}

/** `for (let k = 0; k < turns && !until; k++) states = next`. The states after it, without the counter. */
function repeat(b: Builder, { initial, turns, next, until }: Turns): Value[] {
  const states = b.states(['int32', ...initial.map((v) => v.dtype)]);
  const goesOn = b.op('lt', [states[0], turns]);
  const test = until ? b.op('and', [goesOn, b.op('not', [until(states)])]) : goesOn;
  return b.loop({
    states, initial: [int(b, 0), ...initial], test, next: [b.op('add', [states[0], int(b, 1)]), ...next(states)],
  }).slice(1);
}

/** The statements of a map at a point of a domain of one axis. */
function statementsOf(spec: MapSpec): string[] {
  const { kernel, inner } = mapLaunch(spec);
  const lines = emitMap(kernel, inner, { portable: false, library: () => undefined }).code.split('\n');
  return lines.slice(lines.indexOf('  let c0 = i32(i);') + 1, lines.lastIndexOf('}'));
}

const fibonacci = (b: Builder): Value[] => {
  const zero = int(b, 0), n = b.read(0, 'int32');
  return [repeat(b, { initial: [zero, int(b, 1)], turns: n, next: ([, a, c]) => [c, b.op('add', [a, c])] })[0]];
};

test('a loop reads like one', () => {
  assert.equal(statementsOf({ domain: [4], inputs: [{ dtype: 'int32' }], body: fibonacci }), [
    '  let v1: i32 = in0[P.in0_offset + c0];',
    '  var s0: i32 = 0i;',
    '  var s1: i32 = 0i;',
    '  var s2: i32 = 1i;',
    '  loop {',
    '    let v6: bool = s0 < v1;',
    '    if (!v6) { break; }',
    '    let v8: i32 = s0 + 1i;',
    '    let v9: i32 = s1 + s2;',
    '    s0 = v8;',
    '    s1 = s2;',
    '    s2 = v9;',
    '  }',
    '  out0[i] = s1;',
  ]);
});

/** Three values that follow each other round: every one needs another's old value. */
const round = (b: Builder): Value[] => {
  const initial = [0, 1, 2].map((k) => b.op('mul', [b.read(0, 'int32'), int(b, 10 ** k)]));
  return repeat(b, { initial, turns: b.coord(0), next: ([, x, y, z]) => [y, z, x] });
};

test('states that change places wait for each other', () => {
  const lines = statementsOf({ domain: [4], inputs: [{ dtype: 'int32' }], body: round });
  assert.equal(lines.slice(lines.indexOf('  loop {') + 4, lines.indexOf('  }')), [
    '    s0 = v11;',
    '    let v13 = s1;',
    '    s1 = s2;',
    '    s2 = s3;',
    '    s3 = v13;',
  ]);
});

/** A remainder of remainders: worth a branch. */
const costly = (b: Builder, v: Value): Value =>
  [97, 89, 83, 79].reduce((x, p) => b.op('floorDiv', [b.op('mul', [x, int(b, 31)]), int(b, p)]), v);

const branch = (b: Builder, arm: 'first' | 'second' | 'both'): Value[] => {
  const x = b.read(0, 'int32'), other = b.op('neg', [x]);
  const yes = arm === 'second' ? x : costly(b, x), no = arm === 'first' ? x : costly(b, other);
  return [b.op('select', [b.op('gt', [x, int(b, 5)]), yes, no])];
};

test('an arm that computes nothing is the first value of the variable', () => {
  const lines = statementsOf({ domain: [4], inputs: [{ dtype: 'int32' }], body: (b) => branch(b, 'first') });
  assert.equal(lines.slice(0, 5), [
    '  let v1: i32 = in0[P.in0_offset + c0];',
    '  let v2: bool = v1 > 5i;',
    '  var v3: i32 = v1;',
    '  if (v2) {',
    '    let v5: i32 = v1 * 31i;',
  ]);
  assert.equal(lines.slice(-3), ['    v3 = v12;', '  }', '  out0[i] = v3;']);
});

gpuTest('branches with one costly arm or two', async () => {
  for (const arm of ['first', 'second', 'both'] as const) {
    await expectSame(mapLaunch({ domain: [301], inputs: [{ dtype: 'int32' }], body: (b) => branch(b, arm) }), [upTo(10, 301)]);
  }
});

gpuTest('moved coordinates are known where they are used', async () => {
  // The next row is needed in one arm, then in the other, then behind both.
  const body = (b: Builder): Value[] => {
    const at = (column: number): Value => b.read(0, 'int32', b.point(undefined, [1, column], ['wrap', 'wrap']));
    const here = b.read(0, 'int32');
    return [b.op('select', [b.op('gt', [here, int(b, 5)]), costly(b, at(0)), costly(b, at(1))]), b.op('add', [here, at(2)])];
  };
  await expectSame(mapLaunch({ domain: [8, 5], inputs: [{ dtype: 'int32' }], body }), [upTo(10, 40)]);
});

gpuTest('as many turns as the data says, none too', async () => {
  for (const body of [fibonacci, round]) await expectSame(mapLaunch({ domain: [500], inputs: [{ dtype: 'int32' }], body }), [upTo(40, 500)]);
});

gpuTest('a state that nobody needs is left out, one that stays as it is is not set', async () => {
  const body = (b: Builder): Value[] => {
    const x = b.read(0, 'int32');
    const next = ([, sum, dead, same]: readonly Value[]): Value[] =>
      [b.op('add', [sum, same]), b.op('mul', [dead, int(b, 3)]), same];
    return [repeat(b, { initial: [x, x, x], turns: int(b, 7), next })[0]];
  };
  const spec: MapSpec = { domain: [9], inputs: [{ dtype: 'int32' }], body };
  assert.not.match(statementsOf(spec).join('\n'), / \* 3i|s2 = s2/);
  await expectSame(mapLaunch(spec), [upTo(9, 9)]);
});

gpuTest('a loop in a loop, with turns that depend on the outer one', async () => {
  const body = (b: Builder): Value[] => {
    const x = b.read(0, 'int32');
    const inner = (k: Value, sum: Value): Value => repeat(b, {
      initial: [sum], turns: b.op('rem', [b.op('add', [k, x]), int(b, 5)]),
      next: ([j, s]) => [b.op('add', [s, b.op('mul', [k, j])])],
    })[0];
    return repeat(b, { initial: [int(b, 0)], turns: x, next: ([k, sum]) => [inner(k, sum)] });
  };
  await expectSame(mapLaunch({ domain: [300], inputs: [{ dtype: 'int32' }], body }), [upTo(12, 300)]);
});

gpuTest('a loop in one arm of a conditional', async () => {
  const body = (b: Builder): Value[] => {
    const [sum] = repeat(b, { initial: [int(b, 0)], turns: b.read(0, 'int32'), next: ([k, s]) => [costly(b, b.op('add', [s, k]))] });
    return [b.op('select', [b.op('lt', [b.coord(0), int(b, 100)]), sum, int(b, -1)])];
  };
  const spec: MapSpec = { domain: [300], inputs: [{ dtype: 'int32' }], body };
  assert.match(statementsOf(spec).join('\n'), / {2}if \(v\d+\) \{\n(.*\n)* {4}loop \{/);
  await expectSame(mapLaunch(spec), [upTo(12, 300)]);
});

/** Turns of z -> z^2 + c before |z| > 2: so few, and from such points, that nothing is rounded. */
const mandelbrot = (b: Builder): Value[] => {
  const [x, y] = [1, 0].map((axis) => b.op('sub', [b.op('mul', [b.cast(b.coord(axis), 'float32'), b.constant(0.5, 'float32')]), b.constant(2, 'float32')]));
  const zero = b.constant(0, 'float32'), four = b.constant(4, 'float32');
  const square = (v: Value): Value => b.op('mul', [v, v]);
  const [,, count] = repeat(b, {
    initial: [zero, zero, int(b, 0)], turns: int(b, 5),
    until: ([, u, v]) => b.op('gt', [b.op('add', [square(u), square(v)]), four]),
    next: ([, u, v, n]) => [
      b.op('add', [b.op('sub', [square(u), square(v)]), x]),
      b.op('add', [b.op('mul', [b.op('add', [u, u]), v]), y]),
      b.op('add', [n, int(b, 1)]),
    ],
  });
  return [b.cast(count, 'uint8')];
};

gpuTest('early ends, float states, packed results', async () => {
  await expectSame(mapLaunch({ domain: [9, 7], inputs: [], body: mandelbrot }), []);
});

gpuTest('floats that converge', async () => {
  // Newton's square root: the last turn may be another one, the root is the same but for rounding.
  const body = (b: Builder): Value[] => {
    const x = b.read(0, 'float32'), half = b.constant(0.5, 'float32');
    const better = (y: Value): Value => b.op('mul', [half, b.op('add', [y, b.op('div', [x, y])])]);
    return repeat(b, { initial: [x], turns: int(b, 40), next: ([, y]) => [better(y)], until: ([, y]) => b.op('eq', [better(y), y]) });
  };
  const data = typed('float32', Array.from({ length: 200 }, (_, k) => 1.07 ** k / 100));
  await expectSame(mapLaunch({ domain: [200], inputs: [{ dtype: 'float32' }], body }), [data], { ulp: 4 });
});

gpuTest('bool states', async () => {
  // Parity of the number of set bits.
  const body = (b: Builder): Value[] => {
    const one = b.constant(1, 'uint32');
    const [odd] = repeat(b, {
      initial: [b.constant(0, 'bool'), b.read(0, 'uint32')], turns: int(b, 32),
      next: ([, p, x]) => [b.op('xor', [p, b.cast(b.op('bitAnd', [x, one]), 'bool')]), b.op('shr', [x, one])],
    });
    return [odd];
  };
  await expectSame(mapLaunch({ domain: [50], inputs: [{ dtype: 'uint32' }], body }), [upTo(2 ** 32 - 1, 50, 'uint32')]);
});

gpuTest('reductions of what loops compute, whole, by rows, by columns', async () => {
  for (const [domain, axes] of [[[40, 70], [0, 1]], [[40, 70], [0]], [[40, 70], [1]], [[3, 5000], [1]], [[5000, 3], [0]]]) {
    const launch = reduceLaunch({
      domain, axes, inputs: [{ dtype: 'int32' }], terms: ['sum', 'argMax'], store: [0],
      body: fibonacci,
      epilogue: (e, [sum, at]) => [sum, repeat(e, { initial: [sum], turns: at, until: ([k]) => e.op('gt', [k, int(e, 9)]), next: ([k, s]) => [e.op('add', [s, k])] })[0]],
    });
    await expectSame(launch, [upTo(20, domain[0] * domain[1])]);
  }
});

test('shaders with loops are valid without a driver', async () => {
  for (const body of [fibonacci, round, (b: Builder) => branch(b, 'both')]) {
    const { kernel, inner } = mapLaunch({ domain: [4], inputs: [{ dtype: 'int32' }], body });
    await expectValid([emitMap(kernel, inner, { portable: false, library: () => undefined }).code]);
  }
});

gpuTest('a new number of turns compiles nothing', async () => {
  const target = await sharedTarget();
  const launch = (value: number) => mapLaunch({
    domain: [6], inputs: [], uniforms: [{ dtype: 'int32', value }],
    body: (b) => repeat(b, { initial: [b.coord(0)], turns: b.uniform(0, 'int32'), next: ([k, s]) => [b.op('add', [s, k])] }),
  });
  await expectSame(launch(3), []);
  const before = target.compilations;
  await expectSame(launch(900), []);
  assert.is(target.compilations, before);
});

test.after(closeTargets);
test.run();
