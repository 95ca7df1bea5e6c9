/** Nests: points that store into whole arrays, load from them, and do so in loops. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dtypeNames, isFloat, type DType, type TypedArray } from '../../src/dsl/dtype.ts';
import type { Builder, Effect, Value } from '../../src/dsl/kernel/ir.ts';
import type { OpName } from '../../src/dsl/ops.ts';
import { sizeOf } from '../../src/dsl/shape.ts';
import { createCpuTarget } from '../../src/targets/cpu/index.ts';
import { build, expectSame, onCpu, sample, sameBits, target, type Input, type Output, type Program } from './emit-support.ts';

const test = suite('cpu nests');

const op = (b: Builder, name: OpName, ...args: Value[]): Value => b.op(name, args);
const int = (b: Builder, n: number): Value => b.constant(n, 'int32');

const store = (b: Builder, output: number, index: readonly Value[], value: Value, when: Value = b.constant(1, 'bool')): Effect =>
  ({ kind: 'store', output, index, value, when });

function load(b: Builder, output: number, dtype: DType, index: readonly Value[]): Effect & { kind: 'load' } {
  return { kind: 'load', output, index, value: b.loaded(dtype) };
}

/** `for (k = from; k < to; k++)` around effects and states. */
function forLoop(
  b: Builder, to: Value, initial: readonly Value[],
  make: (k: Value, states: readonly Value[]) => { next: readonly Value[]; effects: Effect[] },
  and: (k: Value, states: readonly Value[]) => Value = () => b.constant(1, 'bool'),
): { readonly effect: Effect; readonly after: readonly Value[] } {
  const states = b.states(['int32', ...initial.map((v) => v.dtype)]);
  const [k, ...rest] = states;
  const { next, effects } = make(k, rest);
  const after = b.loop({
    states, initial: [int(b, 0), ...initial], test: op(b, 'and', op(b, 'lt', k, to), and(k, rest)),
    next: [op(b, 'add', k, int(b, 1)), ...next], effects,
  });
  return { effect: { kind: 'loop', loop: (after[0] as Value & { kind: 'after' }).loop }, after };
}

const nest = (
  domain: readonly number[], inputs: readonly Input[], outputs: readonly Output[],
  effects: (b: Builder, read: (k: number) => Value) => readonly Effect[],
): Program => ({ domain, inputs, body: () => [], nest: { outputs, effects } });

const whole = (dtype: DType, sizes: readonly number[]): Input => ({ dtype, sizes, data: sample(dtype, sizeOf(sizes), 7) });

const domains = [[1], [2], [3], [8], [21], [3, 17], [65, 3], [2, 3, 11]];

for (const dtype of dtypeNames) {
  test(`${dtype}: stored in place, shifted, turned around, out of reach`, async () => {
    for (const domain of domains) {
      const n = domain.at(-1)!;
      const outer = (b: Builder): Value[] => domain.slice(0, -1).map((_, k) => b.coord(k));
      const shapes = [domain, domain, domain, [...domain].reverse(), [n + 4, ...domain]];
      const outputs = shapes.map((sizes): Output => ({ dtype, sizes }));
      await expectSame(nest(domain, [{ dtype, data: sample(dtype, sizeOf(domain)) }], outputs, (b, read) => {
        const x = b.coord(domain.length - 1);
        const turned = op(b, 'sub', op(b, 'sub', b.extent(domain.length - 1), int(b, 1)), x);
        return [
          store(b, 0, [...outer(b), x], read(0)),
          store(b, 1, [...outer(b), op(b, 'add', x, int(b, 2))], read(0)),
          store(b, 2, [...outer(b), turned], read(0)),
          store(b, 3, [x, ...outer(b).reverse()], read(0)),
          store(b, 4, [op(b, 'add', x, x), ...outer(b), x], read(0)),
        ];
      }), `${dtype} over [${domain}]`);
    }
  });

  test(`${dtype}: under a condition, over what was there`, async () => {
    for (const domain of domains) {
      const data = sample(dtype, sizeOf(domain), 3);
      const initial = sample(dtype, sizeOf(domain), 4);
      await expectSame(nest(domain, [{ dtype, data }], [{ dtype, sizes: domain, initial }], (b, read) => {
        const index = domain.map((_, k) => b.coord(k));
        const before = load(b, 0, dtype, index);
        const odd = op(b, 'eq', op(b, 'bitAnd', b.coord(domain.length - 1), int(b, 1)), int(b, 1));
        const sum = dtype === 'bool' ? op(b, 'xor', before.value, read(0)) : op(b, 'add', before.value, read(0));
        const again = load(b, 0, dtype, index);
        return [before, store(b, 0, index, sum, odd), again, store(b, 0, index, again.value, op(b, 'eq', again.value, read(0)))];
      }), `${dtype} over [${domain}]`);
    }
  });
}

test('rows normalised: two loops after one another, the second with stores', async () => {
  for (const [h, w] of [[1, 1], [3, 4], [10, 7], [33, 20]]) {
    for (const dtype of ['float32', 'float64'] as const) {
      await expectSame(nest([h], [whole(dtype, [h, w])], [{ dtype, sizes: [h, w] }, { dtype, sizes: [h] }], (b) => {
        const at = (k: Value): Value => b.gather(0, dtype, [b.coord(0), k]);
        const width = b.size('input', 0, 1);
        const sum = forLoop(b, width, [b.constant(0, dtype)], (k, [s]) => ({ next: [op(b, 'add', s, op(b, 'mul', at(k), at(k)))], effects: [] }));
        const norm = op(b, 'sqrt', sum.after[1]);
        const divided = forLoop(b, b.size('output', 0, 1), [], (k) =>
          ({ next: [], effects: [store(b, 0, [b.coord(0), k], op(b, 'div', at(k), norm))] }));
        return [divided.effect, store(b, 1, [b.coord(0)], norm)];
      }), `${dtype}[${h}, ${w}]`);
    }
  }
});

test('running sums down the columns, each turn reading what the one before has stored', async () => {
  for (const [h, w] of [[1, 5], [6, 3], [9, 30]]) {
    for (const dtype of ['float32', 'int32', 'uint8'] as const) {
      const initial = sample(dtype, h * w, 9);
      await expectSame(nest([w], [whole(dtype, [h, w])], [{ dtype, sizes: [h, w], initial }], (b) => {
        const sums = forLoop(b, b.size('input', 0, 0), [], (k) => {
          const above = load(b, 0, dtype, [op(b, 'sub', k, int(b, 1)), b.coord(0)]);
          return { next: [], effects: [above, store(b, 0, [k, b.coord(0)], op(b, 'add', above.value, b.gather(0, dtype, [k, b.coord(0)])))] };
        });
        return [sums.effect];
      }), `${dtype}[${h}, ${w}]`);
    }
  }
});

test('histograms of rows: loads and stores where the data says', async () => {
  for (const [h, w] of [[1, 9], [7, 40], [19, 5]]) {
    await expectSame(nest([h], [whole('uint8', [h, w])], [{ dtype: 'int32', sizes: [h, 8] }], (b) => {
      const bins = forLoop(b, b.size('input', 0, 1), [], (k) => {
        const bin = op(b, 'shr', b.cast(b.gather(0, 'uint8', [b.coord(0), k]), 'int32'), int(b, 5));
        const before = load(b, 0, 'int32', [b.coord(0), bin]);
        return { next: [], effects: [before, store(b, 0, [b.coord(0), bin], op(b, 'add', before.value, int(b, 1)))] };
      });
      return [bins.effect];
    }), `[${h}, ${w}]`);
  }
});

test('stores in loops that lanes leave one by one, under conditions, in loops in loops', async () => {
  for (const domain of [[1], [6], [29], [5, 13]]) {
    for (const dtype of ['float32', 'float64', 'int16'] as const) {
      const data = sample('int32', sizeOf(domain), 2).map((v) => Math.abs(v) % 6) as TypedArray;
      const sizes = [...domain, 5];
      await expectSame(nest(domain, [{ dtype: 'int32', data }], [{ dtype, sizes, initial: sample(dtype, sizeOf(sizes), 8) }], (b, read) => {
        const own = domain.map((_, k) => b.coord(k));
        const outer = forLoop(b, read(0), [b.constant(1, dtype)], (k, [v]) => {
          const inner = forLoop(b, op(b, 'sub', int(b, 7), k), [v], (j, [u]) => ({
            next: [op(b, 'add', u, b.cast(op(b, 'add', j, k), dtype))],
            effects: [store(b, 0, [...own, op(b, 'sub', j, int(b, 1))], u, op(b, 'ne', op(b, 'bitAnd', op(b, 'add', j, k), int(b, 1)), int(b, 0)))],
          }), (j, [u]) => op(b, 'lt', op(b, 'add', u, b.cast(j, dtype)), b.constant(40, dtype)));
          return { next: [inner.after[1]], effects: [inner.effect] };
        });
        return [outer.effect, store(b, 0, [...own, int(b, 4)], outer.after[1], op(b, 'gt', read(0), int(b, 2)))];
      }), `${dtype} over [${domain}]`);
    }
  }
});

test('one element for all points: one of them wins; one point that does everything', async () => {
  const n = 50;
  await expectSame(nest([n], [], [{ dtype: 'int32', sizes: [3] }], (b) => {
    const seven = op(b, 'eq', b.coord(0), int(b, 7));
    return [store(b, 0, [int(b, 1)], b.coord(0), seven), store(b, 0, [int(b, 2)], int(b, 5))];
  }), 'the seventh');
  for (const dtype of ['float32', 'int32', 'uint8'] as const) {
    await expectSame(nest([1], [whole(dtype, [n])], [{ dtype, sizes: [n] }], (b) => {
      const sums = forLoop(b, b.size('input', 0, 0), [b.constant(0, dtype)], (k, [s]) => {
        const next = op(b, 'add', s, b.gather(0, dtype, [k]));
        return { next: [next], effects: [store(b, 0, [k], next)] };
      });
      return [sums.effect];
    }), `running sum of ${dtype}`);
  }
});

test('empty domains, empty outputs, outputs that nobody stores to', async () => {
  const initial = sample('float32', 12);
  const put = (b: Builder): Effect[] => [store(b, 0, [b.coord(0), b.coord(0)], b.constant(1, 'float32'))];
  await expectSame(nest([0], [], [{ dtype: 'float32', sizes: [3, 4], initial }], put), 'no points');
  for (const sizes of [[0, 4], [3, 0], [0, 0]]) {
    await expectSame(nest([9], [], [{ dtype: 'float32', sizes }, { dtype: 'float32', sizes: [9] }], (b) => {
      const nothing = load(b, 0, 'float32', [b.coord(0), b.coord(0)]);
      return [...put(b), nothing, store(b, 1, [b.coord(0)], op(b, 'add', nothing.value, b.cast(b.size('output', 0, 1), 'float32')))];
    }), `output of ${sizes}`);
  }
  await expectSame(nest([5], [], [{ dtype: 'float32', sizes: [3, 4] }, { dtype: 'uint8', sizes: [7], initial: sample('uint8', 7) }], put), 'untouched');
});

test('what an output starts with may come from a launch before; large ones; any number of threads', async () => {
  const sizes = [300, 1000];
  const initial = sample('float32', sizeOf(sizes), 2);
  const program = nest([300], [whole('float32', sizes)], [{ dtype: 'float32', sizes, initial }], (b) => {
    const row = forLoop(b, b.size('input', 0, 1), [], (k) => {
      const before = load(b, 0, 'float32', [b.coord(0), k]);
      return { next: [], effects: [before, store(b, 0, [b.coord(0), k], op(b, 'sub', b.gather(0, 'float32', [b.coord(0), k]), before.value))] };
    });
    return [row.effect];
  });
  const runnable = build(program);
  const once = initial.map((v, k) => Math.fround(runnable.data[0][k] - v));
  const twice = once.map((v, k) => Math.fround(runnable.data[0][k] - v));
  for (const threads of [1, 3]) {
    const cpu = createCpuTarget({ threads });
    sameBits((await onCpu(runnable, cpu))[0], once, `${threads} threads`);
    // The same nest again, over what the first one has stored.
    const { launch, slots } = runnable;
    const buffers = [...slots, slots[2]].map((s) => cpu.allocate(s.bytes));
    runnable.data.forEach((d, k) => cpu.upload(buffers[k], d));
    const again = { ...launch, outputs: [3], stored: [{ sizes, initial: 2 }] };
    await cpu.run({ slots: [...slots, slots[2]], buffers, runs: [launch, again] });
    sameBits(await cpu.read(buffers[3], 'float32', sizeOf(sizes)), twice, `${threads} threads, twice`);
    await cpu.close();
  }
});

test('neighbours are stored together', () => {
  const { code } = target().explain(build(nest([64], [{ dtype: 'float32', data: new Float32Array(64) }], [{ dtype: 'float32', sizes: [64] }],
    (b, read) => [store(b, 0, [b.coord(0)], read(0))])).launch);
  assert.match(code, /v128\.store\n/);
});

test('floats keep their bits through loads and stores', async () => {
  for (const dtype of dtypeNames.filter(isFloat)) {
    const data = [NaN, -0, 0, Infinity, -Infinity, 1e-45, 5e-324, 1, -1.5, 3, 4, 5].map((v) => v);
    const array = dtype === 'float32' ? new Float32Array(data) : new Float64Array(data);
    await expectSame(nest([12], [{ dtype, data: array }], [{ dtype, sizes: [12] }], (b, read) =>
      [store(b, 0, [b.coord(0)], read(0), op(b, 'ne', b.coord(0), int(b, 7)))]), dtype);
  }
});

test.after(() => target().close());
test.run();
