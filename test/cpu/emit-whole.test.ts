/** Gathers: elements of whole arrays at indices of every kind, inside and outside, and never beyond the array. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { edgeMaps, type EdgeMap, type IndexArithmetic } from '../../src/dsl/border.ts';
import { dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import type { Builder, Value } from '../../src/dsl/kernel/ir.ts';
import type { OpName } from '../../src/dsl/ops.ts';
import { sizeOf, type Shape } from '../../src/dsl/shape.ts';
import { build, expectSame, sample, target, type Input, type Program } from './emit-support.ts';

const test = suite('cpu gathers');

const whole = (dtype: DType, sizes: Shape, more: Partial<Input> = {}): Input =>
  ({ dtype, sizes, data: sample(dtype, 3 * sizeOf(sizes) + 8, sizes.length + 1), ...more });

const op = (b: Builder, name: OpName, ...args: Value[]): Value => b.op(name, args);
const int = (b: Builder, n: number): Value => b.constant(n, 'int32');

const domains = [[1], [4], [19], [40], [3, 21], [67, 3], [2, 3, 18]];

/** Indices in terms of the coordinates: of an array of `n` elements, over a domain whose last axis is `x`. */
const indices: Record<string, (b: Builder, x: Value, n: Value) => Value> = {
  'the same element': (b) => int(b, 3),
  'neighbours': (_, x) => x,
  'neighbours, shifted back': (b, x) => op(b, 'sub', x, int(b, 3)),
  'neighbours, shifted by a scalar': (b, x) => op(b, 'add', b.uniform(0, 'int32'), x),
  'backwards': (b, x, n) => op(b, 'sub', op(b, 'sub', n, int(b, 1)), x),
  'every third': (b, x) => op(b, 'mul', x, int(b, 3)),
  'every other, backwards': (b, x, n) => op(b, 'sub', n, op(b, 'mul', int(b, 2), x)),
  'each twice': (b, x) => op(b, 'shr', x, int(b, 1)),
  'scattered': (b, x) => op(b, 'sub', op(b, 'bitAnd', op(b, 'mul', x, int(b, 37)), int(b, 31)), int(b, 5)),
  'huge': (b, x) => op(b, 'mul', x, int(b, 123456789)),
  'twice the coordinate': (b, x) => op(b, 'add', x, x),
};

for (const dtype of dtypeNames) {
  test(`${dtype}: indices of every kind`, async () => {
    for (const domain of domains) {
      for (const n of [1, 7, 26]) {
        await expectSame({
          domain, inputs: [whole(dtype, [n])], uniforms: [{ dtype: 'int32', value: 2 }],
          body: (b) => Object.values(indices).map((index) => b.gather(0, dtype, [index(b, b.coord(domain.length - 1), b.size('input', 0, 0))])),
        }, `${dtype}[${n}] over [${domain}]`);
      }
    }
  });
}

test('arrays of two and three axes: rows, columns, planes; strides of every kind', async () => {
  for (const domain of [[9], [4, 13], [66, 2]]) {
    for (const strides of [[12, 1], [1, 5], [0, 1], [12, 0], [0, 0], [-12, 1], [12, -1], [24, 2]]) {
      const sizes = [5, 12];
      const offset = strides.reduce((o, s, k) => o + (s < 0 ? -s * (sizes[k] - 1) : 0), 1);
      await expectSame({
        domain, inputs: [whole('float32', sizes, { strides, offset }), whole('int16', [2, 3, 11])],
        body: (b) => {
          const [x, y] = [b.coord(domain.length - 1), b.coord(0)];
          const at = (...index: Value[]): Value => b.gather(0, 'float32', index);
          return [
            at(y, x), at(x, y), at(int(b, 2), x), at(x, int(b, 1)), at(x, x), at(y, y), at(op(b, 'sub', y, int(b, 1)), op(b, 'add', x, y)),
            b.gather(1, 'int16', [y, x, op(b, 'add', x, int(b, 1))]), b.size('input', 1, 2),
          ];
        },
      }, `strides ${strides} over [${domain}]`);
    }
  }
});

test('indices read from arrays', async () => {
  for (const dtype of ['int32', 'uint8', 'int16', 'bool'] as const) {
    await expectSame({
      domain: [3, 17], inputs: [{ dtype, data: sample(dtype, 51) }, whole(dtype, [9]), whole('float64', [13])],
      body: (b, read) => {
        const first = b.cast(read(0), 'int32');
        const second = b.cast(b.gather(1, dtype, [first]), 'int32');
        const fixed = b.cast(b.gather(1, dtype, [b.coord(0)]), 'int32');
        return [first, second, fixed].map((i) => b.gather(2, 'float64', [i]));
      },
    }, dtype);
  }
});

test('no axes: one element; no elements: zeros', async () => {
  for (const domain of [[5], [3, 20]]) {
    await expectSame({
      domain, inputs: [whole('float32', []), whole('int32', [0]), whole('float64', [4, 0]), whole('uint8', [0, 5])],
      body: (b) => {
        const x = b.coord(domain.length - 1);
        return [
          b.gather(0, 'float32', []), b.gather(1, 'int32', [x]), b.gather(2, 'float64', [x, x]), b.gather(3, 'uint8', [int(b, 0), x]),
          b.size('input', 1, 0), b.size('input', 3, 1),
        ];
      },
    }, `[${domain}]`);
  }
});

const arithmetic = (b: Builder): IndexArithmetic<Value> => ({
  constant: (n) => int(b, n), add: (x, y) => op(b, 'add', x, y), sub: (x, y) => op(b, 'sub', x, y), mul: (x, y) => op(b, 'mul', x, y),
  min: (x, y) => op(b, 'min', x, y), max: (x, y) => op(b, 'max', x, y), rem: (x, y) => op(b, 'rem', x, y),
});

/** Weighted sums over a neighbourhood that a loop walks, with the border's map applied to each index. */
function boxSum(domain: readonly number[], edge: EdgeMap, reach: number): Program {
  return {
    domain, inputs: [whole('float32', domain)], uniforms: [{ dtype: 'int32', value: reach }],
    body: (b) => {
      const along = (axis: number, sum: Value, index: readonly Value[]): Value => {
        if (axis === domain.length) return op(b, 'add', sum, b.gather(0, 'float32', index));
        const states = b.states(['int32', 'float32']);
        const [k, s] = states;
        const at = edgeMaps[edge](arithmetic(b), op(b, 'add', b.coord(axis), k), b.size('input', 0, axis));
        return b.loop({
          states, initial: [op(b, 'neg', b.uniform(0, 'int32')), sum], test: op(b, 'le', k, b.uniform(0, 'int32')),
          next: [op(b, 'add', k, int(b, 1)), along(axis + 1, op(b, 'mul', s, b.constant(0.5, 'float32')), [...index, at])],
        })[1];
      };
      return [along(0, b.constant(0, 'float32'), [])];
    },
  };
}

test('loops over neighbourhoods, every border', async () => {
  for (const edge of ['nearest', 'wrap', 'reflect', 'mirror'] as const) {
    for (const domain of [[1], [2], [30], [3, 5], [9, 33]]) {
      await expectSame(boxSum(domain, edge, 2), `${edge} over [${domain}]`);
      await expectSame(boxSum(domain, edge, 7), `${edge} over [${domain}], reach 7`);
    }
  }
});

/** Sums along the rows or columns of a matrix, a search that ends early, and steps of a size of their own. */
test('rows and columns in loops', async () => {
  for (const [h, w] of [[1, 1], [3, 5], [9, 14], [20, 33]]) {
    for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
      const wide: DType = dtype === 'uint8' ? 'int32' : dtype;
      for (const axis of [0, 1]) {
        await expectSame({
          domain: [axis === 0 ? h : w], inputs: [whole(dtype, [h, w])],
          body: (b) => {
            const at = (k: Value): Value => b.cast(b.gather(0, dtype, axis === 0 ? [b.coord(0), k] : [k, b.coord(0)]), wide);
            const length = b.size('input', 0, 1 - axis);
            const sum = b.states(['int32', wide]);
            const sums = b.loop({
              states: sum, initial: [int(b, 0), b.constant(0, wide)], test: op(b, 'lt', sum[0], length),
              next: [op(b, 'add', sum[0], int(b, 1)), op(b, 'add', sum[1], at(sum[0]))],
            });
            const found = b.states(['int32']);
            const search = b.loop({
              states: found, initial: [int(b, 0)],
              test: op(b, 'and', op(b, 'lt', found[0], length), op(b, 'le', at(found[0]), b.constant(20, wide))),
              next: [op(b, 'add', found[0], int(b, 1))],
            });
            const own = b.states(['int32', wide]);
            const steps = b.loop({
              states: own, initial: [b.coord(0), b.constant(1, wide)], test: op(b, 'lt', own[0], length),
              next: [op(b, 'add', own[0], b.extent(0)), op(b, 'max', own[1], at(own[0]))],
            });
            return [sums[1], search[0], steps[1]];
          },
        }, `${dtype}[${h}, ${w}] along ${axis}`);
      }
    }
  }
});

test('a gather in an epilogue', async () => {
  await expectSame({
    domain: [5, 12], inputs: [{ dtype: 'int32', data: sample('int32', 60) }, whole('float32', [4])],
    body: (_, read) => [read(0)],
    reduce: {
      axes: [1], terms: [{ reducer: 'argMax', value: 0 }],
      epilogue: (b, reduced) => [b.gather(1, 'float32', [reduced(0)]), op(b, 'add', reduced(0), b.size('input', 1, 0))],
    },
  }, 'table of positions');
});

test('lanes that are neighbours are loaded together', () => {
  const { code } = target().explain(build(boxSum([64, 64], 'reflect', 2)).launch);
  assert.match(code, /v128\.load\n/);
});

test.after(() => target().close());
test.run();
