/** Rows that indices pick, as parts of loops over rows: random shapes, axes, views and uses, against the interpreter. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as wf from '../../src/index.ts';
import { dtypeNames, type DType } from '../../src/dsl/dtype.ts';
import { compute } from '../support/compute.ts';
import { dtypesOn, small } from '../support/lists.ts';
import { random, typed } from '../support/special.ts';
import { expectClose, fastTargets, type TargetName } from '../support/targets.ts';

type Use = (rows: wf.WeftArray, others: wf.WeftArray, source: wf.WeftArray) => wf.WeftArray;

/** Numbers are small and whole, so that sums are exact in any order. */
const uses: Readonly<Record<string, Use>> = {
  map: (rows) => rows.mul(2).add(1),
  two: (rows, others) => rows.sub(others),
  sum: (rows) => rows.asType('int32').sum(),
  'sums of two': (rows, others) => rows.asType('int32').mul(others.asType('int32')).sum(-1),
  'largest down the rows': (rows, others) => rows.maximum(others).max(0),
  'where the largest is': (rows) => rows.argMax(-1),
  'stored and summed': (rows, others) => rows.add(others).asType('int32').cumSum(-1),
  'besides the source': (rows, _, source) => rows.asType('int32').sum().add(source.asType('int32').sum(0)),
  chosen: (rows, others) => wf.where(rows.gt(others), rows, 0),
};

interface Case {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly axis: number;
  /** Of the indices. */
  readonly picked: readonly number[];
  readonly view: 'as it is' | 'flipped' | 'transposed' | 'every other' | 'computed';
  readonly use: string;
  readonly seed: number;
}

const cases = (target: TargetName): fc.Arbitrary<Case> => {
  const few = fc.integer({ min: 1, max: 6 });
  const columns = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 250, max: 700 }));
  const shapes = fc.tuple(fc.array(few, { minLength: 1, maxLength: 2 }), columns).map(([rows, last]) => [...rows, last]);
  return shapes.chain((shape) => fc.record({
    dtype: fc.constantFrom(...(target === 'webgpu' ? dtypesOn(target) : dtypeNames)), shape: fc.constant(shape),
    axis: fc.integer({ min: 0, max: shape.length - 2 }), picked: fc.array(few, { maxLength: 2 }),
    view: fc.constantFrom('as it is', 'flipped', 'transposed', 'every other', 'computed'),
    use: fc.constantFrom(...Object.keys(uses)), seed: fc.integer({ min: 1, max: 1e6 }),
  }));
};

function build({ dtype, shape, axis, picked, view, use, seed }: Case): wf.WeftArray {
  const made = (...of: readonly number[]): wf.WeftArray =>
    wf.array(typed(dtype, small(dtype, of, seed).data), { shape: of, dtype });
  const last = shape.length - 1, before = shape.slice(0, -1), columns = shape[last];
  const rows = before.map(() => null);
  const views: Readonly<Record<Case['view'], () => wf.WeftArray>> = {
    'as it is': () => made(...shape),
    flipped: () => made(...shape).flip(last),
    transposed: () => made(...shape.toReversed()).transpose(),
    'every other': () => made(...before, 2 * columns).slice(...rows, [1, null, 2]),
    computed: () => made(...shape).maximum(1).cumMax(last),
  };
  const source = views[view]();
  const next = random(seed);
  /** From the front, from the back, and beyond either end. */
  const index = (n: number): number => Math.floor(next() * (2 * n + 3)) - n - 1;
  const take = (): wf.WeftArray => {
    const indices = Int32Array.from({ length: picked.reduce((n, k) => n * k, 1) }, () => index(shape[axis]));
    const taken = source.take(wf.array(indices, { shape: picked }), axis);
    return dtype === 'bool' ? taken.asType('int8') : taken;
  };
  return uses[use](take(), take(), source);
}

const runs = Number(process.env.WEFT_FUZZ_RUNS) || 100;
const seed = Number(process.env.WEFT_FUZZ_SEED) || 20261124;
for (const target of fastTargets) {
  const test = suite(`rows that indices pick on ${target}`);
  test('are what the interpreter picks', async () => {
    await fc.assert(fc.asyncProperty(cases(target), async (given) => {
      const expected = await compute('interpreter', () => build(given));
      expectClose((await compute(target, () => build(given))).values, expected.values);
    }), { numRuns: target === 'webgpu' ? Math.ceil(runs / 4) : runs, seed, includeErrorInReport: true });
  });
  test('at indices that take a remainder, and nothing else does', async () => {
    const total = wf.kernel((x: wf.Mat, at: wf.Vec) => {
      let sum = 0;
      for (const [i, j] of wf.prange([at.length, x.shape[1]])) sum += x[Math.floor(at[i] % 3)][j];
      return sum;
    });
    const build = () => total(wf.arange(3 * 37).reshape([3, 37]), wf.array([0.5, 4.5, 17, 3])) as wf.WeftArray;
    const { values } = await compute('interpreter', build);
    expectClose((await compute(target, build)).values, values);
  });
  test.run();
}
