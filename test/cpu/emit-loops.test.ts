/** Loops and conditionals over lanes: every lane gets what it would get alone, whatever its neighbours do. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dtypes, isFloat, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import type { Builder, Value } from '../../src/dsl/kernel/ir.ts';
import type { OpName } from '../../src/dsl/ops.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { build, expectSame, onCpu, sample, sameBits, target, type Program } from './emit-support.ts';

const test = suite('cpu loops');

const domains = [[1], [3], [7], [37], [5, 9], [70, 3], [2, 3, 19]];

/** Numbers from 0 up to `below`. */
const counts = (dtype: DType, length: number, below: number): TypedArray =>
  (new dtypes[dtype].array(length) as TypedArray).map((_, k) => (k * 7 + (k >> 2)) % below);

const sizeOf = (domain: readonly number[]): number => domain.reduce((n, s) => n * s, 1);

/** Ops, short. */
function notation(b: Builder) {
  return {
    op: (name: OpName, ...args: Value[]): Value => b.op(name, args),
    int: (n: number): Value => b.constant(n, 'int32'),
    num: (n: number, d: DType): Value => b.constant(n, d),
  };
}

/** `while (test) states = next` from initial values. */
function loop(
  b: Builder, initial: readonly Value[], make: (states: readonly Value[]) => { test: Value; next: readonly Value[] },
): Value[] {
  const states = b.states(initial.map((v) => v.dtype));
  return b.loop({ states, initial, ...make(states) });
}

/** `for (k = 0; k < bound; k++)` around other states; the counter comes first. */
function count(
  b: Builder, bound: Value, initial: readonly Value[], next: (k: Value, states: readonly Value[]) => readonly Value[],
): Value[] {
  const { op, int } = notation(b);
  return loop(b, [int(0), ...initial], ([k, ...states]) => ({ test: op('lt', k, bound), next: [op('add', k, int(1)), ...next(k, states)] }));
}

async function overDomains(label: string, dtype: DType, below: number, body: Program['body']): Promise<void> {
  for (const domain of domains) {
    await expectSame({
      domain, inputs: [{ dtype, data: counts(dtype, sizeOf(domain), below) }],
      uniforms: [{ dtype: 'int32', value: 5 }, { dtype: 'float32', value: 0.25 }], body,
    }, `${label} over [${domain}]`);
  }
}

test('every lane leaves at a turn of its own: Collatz', async () => {
  await overDomains('collatz', 'int32', 97, (b, read) => {
    const { op, int } = notation(b);
    return loop(b, [read(0), int(0), read(0)], ([n, steps, largest]) => {
      const half = op('shr', n, int(1));
      const triple = op('add', op('mul', n, int(3)), int(1));
      const next = op('select', op('eq', op('bitAnd', n, int(1)), int(1)), triple, half);
      return { test: op('gt', n, int(1)), next: [next, op('add', steps, int(1)), op('max', largest, next)] };
    });
  });
});

test('states that change places', async () => {
  await overDomains('fibonacci', 'int32', 30, (b, read) => {
    const { op, int } = notation(b);
    return count(b, read(0), [int(0), int(1), read(0), int(-1)], (_, [x, y, p, q]) => [y, op('add', x, y), q, p]);
  });
});

for (const dtype of ['float32', 'float64', 'int32', 'uint32', 'uint8', 'int8', 'int16', 'uint16'] as const) {
  test(`counting in ${dtype}: up, down, by more than the range holds`, async () => {
    await overDomains(dtype, dtype, 40, (b, read) => {
      const { op, num } = notation(b);
      return loop(b, [read(0), num(3, dtype), num(250, dtype), read(0)], ([n, up, far, own]) => ({
        test: op('gt', n, num(0, dtype)),
        next: [op('sub', n, num(1, dtype)), op('add', num(7, dtype), up), op('add', far, num(101, dtype)), op('sub', own, num(3, dtype))],
      }));
    });
  });
}

test('a loop that is the same in every lane, and what varies inside it', async () => {
  for (const dtype of ['float32', 'float64', 'int32'] as const) {
    await overDomains(`sum in ${dtype}`, dtype, 11, (b, read, uniform) => {
      const { op, int } = notation(b);
      const scaled = (k: Value): Value => op('mul', read(0), b.cast(op('add', k, int(1)), dtype));
      const sum = count(b, uniform(0), [read(0)], (k, [s]) => [op('add', s, scaled(k))]);
      const extent = count(b, b.extent(0), [b.cast(uniform(1), dtype)], (_, [s]) => [op('add', s, b.constant(2, dtype))]);
      return [...sum, ...extent];
    });
  }
});

test('no turn at all, in some lanes or in all', async () => {
  await overDomains('none', 'int32', 3, (b, read) => {
    const { op, int } = notation(b);
    const some = count(b, op('sub', read(0), int(1)), [read(0)], (k, [s]) => [op('add', s, k)]);
    const all = count(b, int(-1), [read(0)], (k, [s]) => [op('add', s, k)]);
    return [...some, ...all];
  });
});

test('flags: bool states, beside float32 and beside float64', async () => {
  for (const dtype of ['float32', 'float64'] as const) {
    await overDomains(`flags beside ${dtype}`, dtype, 13, (b, read) => {
      const { op, int, num } = notation(b);
      // Ends by one of two flags; which of them is told afterwards, and what had been added up until then.
      return loop(b, [int(0), b.constant(0, 'bool'), b.constant(1, 'bool'), num(0, dtype)], ([k, found, small, sum]) => {
        const next = op('add', sum, op('mul', read(0), b.cast(k, dtype)));
        return {
          test: op('and', op('and', op('not', found), small), op('lt', k, int(9))),
          next: [op('add', k, int(1)), op('gt', next, num(40, dtype)), op('xor', small, op('eq', next, num(12, dtype))), next],
        };
      });
    });
  }
});

test('loops in loops: bounds by outer states, results that go on, early ends of either', async () => {
  for (const dtype of ['float32', 'float64', 'int32'] as const) {
    await overDomains(`nested in ${dtype}`, 'int32', 9, (b, read) => {
      const { op, int, num } = notation(b);
      const outer = count(b, read(0), [num(1, dtype)], (k, [sum]) => {
        const triangle = count(b, k, [sum], (j, [s]) => [op('add', s, b.cast(op('mul', j, read(0)), dtype))]);
        const early = loop(b, [int(0), triangle[1]], ([j, s]) => ({
          test: op('and', op('lt', j, int(4)), op('lt', s, num(200, dtype))),
          next: [op('add', j, int(1)), op('add', s, op('add', s, b.cast(op('add', j, k), dtype)))],
        }));
        return [op('add', early[1], b.cast(early[0], dtype))];
      });
      const inner = count(b, int(3), [outer[1]], (_, [s]) => [op('sub', s, num(1, dtype))]);
      return [...outer, ...inner];
    });
  }
});

/** Worth a branch. */
function costly(b: Builder, v: Value): Value {
  const d = v.dtype;
  const step = (x: Value, k: number): Value => b.op(isFloat(d) ? 'div' : 'floorDiv', [b.op('add', [x, b.constant(100 * k, d)]), b.constant(k, d)]);
  return [1, 2, 3, 4, 5, 6].reduce(step, v);
}

test('tests of which a part is known to the row, or to the launch', async () => {
  for (const domain of domains) {
    await expectSame({
      domain, inputs: [{ dtype: 'int32', data: counts('int32', sizeOf(domain), 9) }],
      uniforms: [{ dtype: 'int32', value: 5 }, { dtype: 'float32', value: 2.5 }],
      body: (b, read, uniform) => {
        const { op, int, num } = notation(b);
        const launch = (least: number): Value => op('and', op('gt', uniform(0), int(least)), op('not', op('lt', uniform(1), num(-3, 'float32'))));
        const row = op('and', launch(1), op('ge', b.coord(0), int(domain.length > 1 ? 1 : 0)));
        return [launch(2), row].flatMap((known) => loop(b, [int(0), read(0)], ([k, s]) => ({
          test: op('and', op('and', known, op('lt', k, uniform(0))), op('and', op('lt', k, read(0)), op('not', op('gt', s, int(12))))),
          next: [op('add', k, int(1)), op('add', s, k)],
        })));
      },
    }, `over [${domain}]`);
  }
});

test('conditionals with costly arms: taken by all, by some, by none', async () => {
  for (const dtype of ['float32', 'float64', 'int32'] as const) {
    for (const bound of [0, 5, 99]) {
      await overDomains(`arms of ${dtype} below ${bound}`, dtype, 11, (b, read, uniform) => {
        const { op, num } = notation(b);
        const below = op('lt', read(0), num(bound, dtype));
        const byUniform = op('lt', uniform(0), b.constant(bound, 'int32'));
        // Arms of their own for each: what two conditionals need is computed outside of both.
        let arms = 0;
        const arm = (): Value => costly(b, op('mul', read(0), num(++arms % 2 === 0 ? arms : -arms, dtype)));
        return [
          op('select', below, arm(), arm()), op('select', below, arm(), read(0)), op('select', below, num(1, dtype), arm()),
          op('select', byUniform, arm(), arm()), op('select', below, op('gt', arm(), num(2, dtype)), op('lt', arm(), num(3, dtype))),
          below,
        ];
      });
    }
  }
});

test('conditionals in loops, and loops in conditionals', async () => {
  for (const dtype of ['float32', 'float64'] as const) {
    await overDomains(`both in ${dtype}`, dtype, 9, (b, read) => {
      const { op, int, num } = notation(b);
      const turns = b.cast(read(0), 'int32');
      const within = count(b, turns, [read(0)], (k, [s]) => {
        const odd = op('eq', op('bitAnd', op('add', k, turns), int(1)), int(1));
        return [op('select', odd, costly(b, s), op('add', s, num(1, dtype)))];
      });
      const long = count(b, op('mul', turns, int(3)), [read(0)], (k, [s]) => [op('add', s, costly(b, b.cast(k, dtype)))]);
      const chosen = op('select', op('gt', read(0), num(5, dtype)), long[1], costly(b, within[1]));
      return [within[1], chosen];
    });
  }
});

test('borders around a loop', async () => {
  for (const domain of [[1], [5], [40], [4, 21], [3, 70]]) {
    for (const edge of ['nearest', 'reflect', 'wrap', 'mirror'] as const) {
      await expectSame({
        domain, inputs: [{ dtype: 'int32', data: counts('int32', sizeOf(domain), 9) }],
        body: (b) => {
          const { op } = notation(b);
          const at = (o: number): Value => b.read(0, 'int32', b.point(undefined, domain.map(() => o), domain.map(() => edge)));
          const guard = b.inside(undefined, domain.map(() => -2), domain.map(() => 1));
          const sum = count(b, at(-2), [at(1)], (k, [s]) => [op('add', op('mul', s, at(0)), k)]);
          return [op('select', guard, sum[1], b.constant(-1, 'int32')), sum[0]];
        },
      }, `${edge} over [${domain}]`);
    }
  }
});

test('thousands of values inside and around a loop', async () => {
  for (const dtype of ['float32', 'float64', 'int32'] as const) {
    await expectSame({
      domain: [3, 21], inputs: [{ dtype, data: counts(dtype, 63, 7) }],
      body: (b, read) => {
        const { op, num } = notation(b);
        const early = Array.from({ length: 30 }, (_, k) => op('mul', read(0), num(k + 1, dtype)));
        const long = (from: Value, length: number): Value => {
          let v = from;
          for (let k = 0; k < length; k++) {
            const larger = op('lt', v, early[k % 30]);
            v = op('select', larger, op('sub', early[(k * 7) % 30], v), op('add', v, num(k % 5, dtype)));
            if (k % 50 === 0) v = b.cast(b.cast(v, k % 100 === 0 ? 'float32' : 'float64'), dtype);
          }
          return v;
        };
        const before = long(read(0), 400);
        const after = count(b, b.cast(read(0), 'int32'), [before, read(0)], (k, [x, y]) =>
          [long(op('add', x, b.cast(k, dtype)), 200), op('select', op('lt', x, early[5]), long(op('mul', y, early[7]), 150), op('add', y, early[3]))]);
        return [long(after[1], 200), after[2], before, early[29]];
      },
    }, dtype);
  }
});

test('a reduction of loops, along every axis', async () => {
  for (const [domain, axes] of [[[37], [0]], [[5, 40], [1]], [[5, 40], [0]], [[3, 4, 9], [0, 2]], [[70, 3], [0]]]) {
    await expectSame({
      domain, inputs: [{ dtype: 'int32', data: counts('int32', sizeOf(domain), 23) }],
      body: (b, read) => {
        const { op, int } = notation(b);
        const [turns, sum] = count(b, read(0), [int(0)], (k, [s]) => [op('add', s, op('mul', k, k))]);
        return [sum, b.cast(turns, 'float64')];
      },
      reduce: { axes, terms: [{ reducer: 'sum', value: 0 }, { reducer: 'argMax', value: 1 }, { reducer: 'max', value: 0 }], stores: [1] },
    }, `[${domain}] over ${axes}`);
  }
});

const julia = (domain: readonly number[], reduce: boolean): Program => ({
  domain, inputs: [{ dtype: 'float32', data: sample('float32', sizeOf(domain), 5).map((v) => v / 60) }],
  body: (b, read) => {
    const { op, int, num } = notation(b);
    const f = (n: number): Value => num(n, 'float32');
    const after = loop(b, [read(0), op('mul', read(0), f(0.5)), int(0)], ([x, y, n]) => ({
      test: op('and', op('lt', n, int(60)), op('le', op('add', op('mul', x, x), op('mul', y, y)), f(4))),
      next: [
        op('add', op('sub', op('mul', x, x), op('mul', y, y)), f(-0.75)),
        op('add', op('mul', op('mul', f(2), x), y), f(0.11)), op('add', n, int(1)),
      ],
    }));
    return [after[2], reduce ? b.cast(after[0], 'float32') : after[0]];
  },
  ...(reduce && { reduce: { axes: [1], terms: [{ reducer: 'sum', value: 0 }, { reducer: 'max', value: 1 }] } }),
});

test('the same bits for any number of threads', async () => {
  const [one, three] = [1, 3].map((threads) => createCpuTarget({ threads }));
  for (const reduce of [false, true]) {
    const runnable = build(julia([130, 301], reduce));
    const expected = await onCpu(runnable, one);
    for (let k = 0; k < 3; k++) {
      const actual = await onCpu(runnable, three);
      actual.forEach((a, j) => sameBits(a, expected[j], `output ${j}`));
    }
    await expectSame(julia([130, 301], reduce), 'julia', reduce ? 1e-6 : 0);
  }
  await Promise.all([one.close(), three.close()]);
});

/** The instructions of the first loop without a loop inside that multiplies lanes. */
function turnOf(p: Program): string {
  const { code } = target().explain(build(p).launch);
  const innermost = [...code.matchAll(/^( *)loop\n((?:\1 (?! *loop).*\n)*)\1end/gm)].map(([, , text]) => text);
  return innermost.find((text) => text.includes('f32x4.mul'))!;
}

test('a turn blends only what is wanted afterwards, and counting needs no blend', () => {
  const turn = turnOf(julia([64, 64], false));
  // x is wanted, y is not, and the turns are counted by the mask.
  const registers = turn.match(/f32x4\.le/g)!.length;
  assert.is(turn.match(/v128\.bitselect/g)!.length, registers);
  assert.is(turn.match(/i32x4\.sub/g)!.length, registers);
  assert.is(turn.match(/v128\.any_true/g)!.length, 1);
});

test('a loop that is the same in every lane has neither masks nor blends', () => {
  const turn = turnOf({
    domain: [64], inputs: [{ dtype: 'float32', data: new Float32Array(64) }], uniforms: [{ dtype: 'int32', value: 9 }],
    body: (b, read, uniform) => count(b, uniform(0), [read(0)], (_, [s]) => [b.op('mul', [s, read(0)])]),
  });
  assert.not.match(turn, /any_true|bitselect|i32x4/);
  assert.match(turn, /i32\.lt_s/);
});

test('the turn of a long loop uses its locals again', () => {
  const { code } = target().explain(build({
    domain: [64], inputs: [{ dtype: 'float32', data: new Float32Array(64) }],
    body: (b, read) => count(b, b.cast(read(0), 'int32'), [read(0)], (_, [s]) => {
      let v = s;
      for (let k = 0; k < 2000; k++) v = b.op(k % 2 === 0 ? 'add' : 'mul', [v, read(0)]);
      return [v];
    }),
  }).launch);
  assert.ok(code.match(/f32x4\.add/g)!.length >= 1000);
  const locals = code.match(/\(local /g)!.length;
  assert.ok(locals < 300, `${locals} locals`);
});

test('so do ops that take many, before there are many of them', () => {
  const locals = (count: number): number => target().explain(build({
    domain: [64], inputs: [{ dtype: 'float32', data: new Float32Array(64) }],
    body: (b, read) => {
      let v = read(0);
      for (let k = 0; k < count; k++) v = b.op('rem', [v, b.constant(k + 0.5, 'float32')]);
      return [v];
    },
  }).launch).code.match(/\(local /g)!.length;
  assert.ok(locals(200) < locals(40), `${locals(200)} locals for 200, ${locals(40)} for 40`);
});

test.after(() => target().close());
test.run();
