/** Reductions against NumPy: the cases and their expected values are in test/fixtures/numpy.json. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as wf from '../../src/index.ts';
import { decode, isFloat, loadFixture, runsOn, toWeft, tolerance, type AnyArray, type DType, type Encoded, type EncodedArray } from '../fixtures/fixture.ts';
import { expectClose, targets } from '../support/targets.ts';

type Reduction = 'sum' | 'prod' | 'min' | 'max' | 'any' | 'all' | 'mean' | 'var' | 'std' | 'argMin' | 'argMax';
interface Case {
  readonly name: string;
  readonly input: EncodedArray;
  readonly axis: number | number[] | null;
  readonly shape: readonly number[];
  /** The shape with keepDims. */
  readonly kept: readonly number[];
  readonly expect: Partial<Record<Reduction, readonly [DType, readonly Encoded[]]>>;
}
interface LengthCase {
  readonly name: string;
  readonly n: number;
  readonly sum: number;
  /** The sum of the values shifted by 105, which fit uint8. */
  readonly sumBytes: number;
  readonly min: number;
  readonly max: number;
  readonly argMin: number;
  readonly argMax: number;
  readonly mean: number;
  readonly std: number;
}

const fixture = loadFixture<{ reductions: Case[]; lengths: LengthCase[] }>('numpy.json');

type Options = { axis: Case['axis']; keepDims: boolean };
const methods: Record<Reduction, (x: AnyArray, o: Options) => AnyArray> = {
  sum: (x, o) => x.sum(o), prod: (x, o) => x.prod(o), min: (x, o) => x.min(o), max: (x, o) => x.max(o),
  any: (x, o) => x.any(o), all: (x, o) => x.all(o), mean: (x, o) => x.mean(o), var: (x, o) => x.var(o), std: (x, o) => x.std(o),
  argMin: (x, o) => x.argMin(o), argMax: (x, o) => x.argMax(o),
};
const reduce = (x: AnyArray, name: Reduction, axis: Case['axis'], keepDims = false): AnyArray =>
  methods[name](x, { axis, keepDims });

/** Sums are judged by the size of their terms, spreads by the size of the values: what rounding may cost in any order. */
function room(name: Reduction, dtype: DType, x: readonly number[]): { rtol?: number; atol?: number } {
  if (!isFloat(dtype) || name === 'min' || name === 'max') return {};
  const sizes = x.map(Math.abs).filter(Number.isFinite);
  const epsilon = dtype === 'float64' ? 2 ** -50 : 2 ** -21;
  const largest = epsilon * Math.max(0, ...sizes);
  switch (name) {
    case 'sum': case 'mean': return { rtol: 2 * epsilon, atol: epsilon * sizes.reduce((a, b) => a + b, 0) };
    case 'var': return { rtol: 16 * epsilon, atol: largest ** 2 };
    case 'std': return { rtol: 16 * epsilon, atol: largest };
    default: return tolerance(dtype);
  }
}

const test = suite('reductions');
for (const c of fixture.reductions) {
  for (const name of Object.keys(c.expect) as Reduction[]) {
    const [dtype, expected] = c.expect[name]!;
    test(`${name} of ${c.name}: shape and dtype`, () => {
      const x = toWeft(c.input);
      const y = reduce(x, name, c.axis);
      assert.equal([...y.shape], c.shape);
      assert.equal([...reduce(x, name, c.axis, true).shape], c.kept, 'keepDims');
      assert.is(y.dtype, dtype);
    });
    for (const target of targets) {
      if (!runsOn(target, c.input.dtype)) continue;
      test(`${target}: ${name} of ${c.name}`, async () => {
        const x = toWeft(c.input);
        const close = room(name, dtype, decode(c.input.data));
        const label = `${target}: ${name} of ${c.name}`;
        expectClose(await reduce(x, name, c.axis).data({ target }), decode(expected, dtype), { ...close, label });
        expectClose(await reduce(x, name, c.axis, true).data({ target }), decode(expected, dtype), { ...close, label: `${label}, keepDims` });
      });
    }
  }
}
test.run();

/** Integers of both signs; scripts/fixtures/arrays.py has the same formula. */
const pattern = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 7919) % 211) - 105);

const lengthTest = suite('reductions of every length around lanes and blocks');
for (const target of targets) for (const c of fixture.lengths) {
  lengthTest(`${target}: ${c.name}`, async () => {
    const values = pattern(c.n);
    const sources = {
      float32: Float32Array.from(values), int32: Int32Array.from(values),
      int16: Int16Array.from(values), int8: Int8Array.from(values),
    };
    for (const [dtype, source] of Object.entries(sources)) {
      for (const name of ['sum', 'min', 'max', 'argMin', 'argMax'] as const) {
        expectClose(await wf.array(source)[name]().data({ target }), [c[name]], { label: `${target}: ${name} of ${c.n} ${dtype}` });
      }
    }
    const bytes = Uint8Array.from(values, (v) => v + 105);
    expectClose(await wf.array(bytes).sum().data({ target }), [c.sumBytes], { label: `${target}: sum of ${c.n} uint8` });
    const x = wf.array(sources.float32);
    expectClose(await x.mean().data({ target }), [c.mean], { rtol: 1e-6, atol: 1e-5, label: `${target}: mean of ${c.n}` });
    expectClose(await x.std().data({ target }), [c.std], { rtol: 1e-5, atol: 1e-5, label: `${target}: std of ${c.n}` });
    // as rows of a matrix: the same length along one axis
    const rows = wf.array(Int32Array.from([...values, ...values]), { shape: [2, c.n] });
    expectClose(await rows.sum(1).data({ target }), [c.sum, c.sum], { label: `${target}: row sums of ${c.n}` });
    expectClose(await rows.transpose().sum(0).data({ target }), [c.sum, c.sum], { label: `${target}: column sums of ${c.n}` });
  });
}
lengthTest.run();
