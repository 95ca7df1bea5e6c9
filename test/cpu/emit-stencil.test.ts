/** Relative reads on the cpu target: every edge map, ranks 1 to 4, arrays smaller than the neighbourhood, chains of points. */
import { suite } from 'uvu';
import { borderRules, type BorderMode, type EdgeMap } from '../../src/dsl/border.ts';
import type { DType } from '../../src/dsl/dtype.ts';
import type { Builder, Point, Value } from '../../src/dsl/kernel/ir.ts';
import { expectSame, sample, target, type Program } from './emit-support.ts';

const test = suite('cpu stencils');

const edges: EdgeMap[] = ['nearest', 'wrap', 'reflect', 'mirror'];
const domains = [
  [1], [2], [3], [7], [16], [33], [1000],
  [1, 1], [1, 9], [9, 1], [2, 3], [5, 8], [11, 29], [3, 200], [2, 3, 4], [5, 1, 17], [4, 6, 20], [2, 2, 2, 2], [3, 2, 4, 13],
  [70, 3], [3, 66, 2],
];
const dtypes: DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

/** Distinct neighbours with different weights, so that a mix-up shows. */
function weighted(b: Builder, dtype: DType, reads: readonly Value[]): Value {
  const values = dtype === 'bool' || dtype === 'uint8' ? reads.map((v) => b.cast(v, 'int32')) : reads;
  const kind = values[0].dtype;
  return values.map((v, k) => b.op('mul', [v, b.constant(2 * k + 1, kind)])).reduce((s, v) => b.op('add', [s, v]));
}

/** A cross and the two long diagonals. */
function offsetsOf(rank: number, reach: number): number[][] {
  const same = (o: number): number[] => new Array<number>(rank).fill(o);
  const cross = same(0).flatMap((_, axis) => [-reach, -1, 1, reach - 1].map((o) => same(0).map((_, k) => (k === axis ? o : 0))));
  return [same(0), ...cross, same(-reach), same(reach)];
}

const dense = (domain: readonly number[], dtype: DType): Program['inputs'] =>
  [{ dtype, data: sample(dtype, domain.reduce((n, s) => n * s, 1), 3) }];

for (const edge of edges) {
  test(edge, async () => {
    for (const domain of domains) {
      const rank = domain.length;
      for (const dtype of dtypes) {
        const reach = domain.length === 1 ? 5 : 2;
        await expectSame({
          domain, inputs: dense(domain, dtype),
          body: (b) => {
            const at = (o: number[]): Value => b.read(0, dtype, b.point(undefined, o, domain.map(() => edge)));
            return [weighted(b, dtype, offsetsOf(rank, reach).map(at))];
          },
        }, `${edge} of ${dtype}[${domain}]`);
      }
    }
  });
}

test('one edge map per axis', async () => {
  for (const domain of [[5, 9], [3, 40], [3, 4, 18]]) {
    const maps = domain.map((_, k) => edges[k % 4]);
    await expectSame({
      domain, inputs: dense(domain, 'float32'),
      body: (b) => [weighted(b, 'float32', offsetsOf(domain.length, 3).map((o) => b.read(0, 'float32', b.point(undefined, o, maps))))],
    }, `${maps} of [${domain}]`);
  }
});

/** What the planner makes of a stencil with a border mode. */
function bordered(b: Builder, mode: BorderMode, dtype: DType, rank: number, reach: number, base?: Point): Value {
  const rule = borderRules[mode];
  const cval = b.constant(-1, dtype);
  const zero = new Array<number>(rank).fill(0);
  const reads = offsetsOf(rank, reach).map((o) => {
    const value = b.read(0, dtype, b.point(base, o, o.map(() => rule.edge)));
    return rule.readGuard ? b.op('select', [b.inside(base, o, o), value, cval]) : value;
  });
  const sum = weighted(b, dtype, reads);
  return rule.cellGuard ? b.op('select', [b.inside(base, zero.map(() => -reach), zero.map(() => reach)), sum, cval]) : sum;
}

for (const mode of ['constant', 'fill'] as const) {
  test(mode, async () => {
    for (const domain of domains) {
      for (const dtype of ['float32', 'float64', 'int32'] as const) {
        await expectSame({ domain, inputs: dense(domain, dtype), body: (b) => [bordered(b, mode, dtype, domain.length, 2)] }, `${mode} of ${dtype}[${domain}]`);
      }
    }
  });
}

test('a guard on one axis only', async () => {
  for (const domain of [[9], [4, 21], [4, 5, 19]]) {
    for (const axis of domain.map((_, k) => k)) {
      const at = (o: number): number[] => domain.map((_, k) => (k === axis ? o : 0));
      await expectSame({
        domain, inputs: dense(domain, 'float32'),
        body: (b) => {
          const read = b.read(0, 'float32', b.point(undefined, at(-2), domain.map(() => 'nearest')));
          return [b.op('select', [b.inside(undefined, at(-2), at(1)), read, b.constant(9, 'float32')])];
        },
      }, `axis ${axis} of [${domain}]`);
    }
  }
});

test('chains: a stencil of a stencil maps both borders', async () => {
  for (const domain of [[1], [4], [23], [3, 5], [6, 25], [3, 4, 12], [2, 65, 3]]) {
    const rank = domain.length;
    for (const [first, second] of [['reflect', 'wrap'], ['mirror', 'mirror'], ['fill', 'nearest'], ['constant', 'constant'], ['fill', 'fill']] as const) {
      await expectSame({
        domain, inputs: dense(domain, 'float32'),
        body: (b) => {
          const outer = offsetsOf(rank, 1).map((o) => {
            const at = b.point(undefined, o, o.map(() => borderRules[first].edge));
            const value = bordered(b, second, 'float32', rank, 2, at);
            return borderRules[first].readGuard ? b.op('select', [b.inside(undefined, o, o), value, b.constant(0, 'float32')]) : value;
          });
          const sum = weighted(b, 'float32', outer);
          if (!borderRules[first].cellGuard) return [sum];
          return [b.op('select', [b.inside(undefined, domain.map(() => -1), domain.map(() => 1)), sum, b.constant(5, 'float32')])];
        },
      }, `${first} of ${second} of [${domain}]`);
    }
  }
});

test('unguarded points read inside a larger array', async () => {
  for (const [h, w] of [[1, 1], [4, 7], [5, 30]]) {
    await expectSame({
      domain: [h, w], inputs: [{ dtype: 'float32', data: sample('float32', (h + 2) * (w + 3)), strides: [w + 3, 1], offset: w + 3 + 2 }],
      body: (b) => [weighted(b, 'float32', [[-1, -2], [0, 0], [1, 1], [0, 1]].map((o) => b.read(0, 'float32', b.point(undefined, o, ['none', 'none']))))],
    }, `valid ${h}x${w}`);
  }
});

test('strided, splat and coordinate reads at points', async () => {
  for (const [h, w] of [[1, 1], [3, 4], [7, 26]]) {
    for (const strides of [[w, 1], [1, h], [0, 1], [w, 0], [2 * w, 2], [-w, -1]]) {
      const offset = strides.reduce((o, s, k) => o + (s < 0 ? -s * ([h, w][k] - 1) : 0), 0);
      await expectSame({
        domain: [h, w], inputs: [{ dtype: 'float32', data: sample('float32', 2 * h * w), strides, offset }],
        body: (b) => {
          const at = b.point(undefined, [1, -2], ['mirror', 'wrap']);
          const far = b.point(at, [-1, 4], ['reflect', 'nearest']);
          const position = b.op('add', [b.op('mul', [b.coord(0, far), b.constant(100, 'int32')]), b.coord(1, far)]);
          return [weighted(b, 'float32', [b.read(0, 'float32', at), b.read(0, 'float32', far), b.read(0, 'float32')]), position];
        },
      }, `${h}x${w} by ${strides}`);
    }
  }
});

test('a reduction of a stencil', async () => {
  for (const domain of [[3], [40], [5, 26], [3, 4, 11]]) {
    for (const axes of [[0], [domain.length - 1], domain.map((_, k) => k)]) {
      for (const mode of ['reflect', 'fill', 'constant'] as const) {
        await expectSame({
          domain, inputs: dense(domain, 'float32'), body: (b) => [bordered(b, mode, 'float32', domain.length, 2)],
          reduce: { axes, terms: [{ reducer: 'sum', value: 0 }, { reducer: 'argMax', value: 0 }], stores: [0] },
        }, `${mode} of [${domain}] over ${axes}`);
      }
    }
  }
});

test.after(() => target().close());
test.run();
